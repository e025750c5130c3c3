"""How billed becomes paid, one step at a time: as a table, and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbook.engine.html import safe, table_html
from workbook.payment.step import steps
from workbook.terms import dollars

ZERO = Decimal("0.00")
ALWAYS_SHOWN = ("Above the fee", "Deductible", "Coinsurance", "Sequestration")


@dataclass(frozen=True)
class Fall:
    """One step down: its name, what is left after it, who bears the difference, and by what authority."""

    name: str
    before: Decimal
    after: Decimal
    borne_by: str
    authority: str

    @property
    def amount(self) -> Decimal:
        """What the step takes away."""
        return self.before - self.after


@dataclass(frozen=True)
class Waterfall:
    """The way of an amount from billed to paid. `not_priced` holds the reasons of lines that have no price."""

    label: str
    billed: Decimal
    falls: tuple[Fall, ...]
    paid: Decimal
    not_priced: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max([len("billed"), len("Medicare pays"), *(len(f.name) for f in self.falls)])
        text = [f"{self.label}", f"  {'billed':<{width}} {dollars(self.billed):>12}"]
        text += [f"  {f.name:<{width}} {dollars(-f.amount):>12}  {f.borne_by}" for f in self.falls if f.amount]
        text.append(f"  {'Medicare pays':<{width}} {dollars(self.paid):>12}")
        text += [f"  not priced: {reason}" for reason in self.not_priced]
        return "\n".join(text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = table_html(
            ["Step", "Change", "Left", "Who bears it", "Authority"],
            [
                ["Billed", "", dollars(self.billed), "", ""],
                *([f.name, dollars(-f.amount), dollars(f.after), f.borne_by, f.authority] for f in self.falls),
                ["Medicare pays", "", dollars(self.paid), "", ""],
            ],
            words=["Step", "Who bears it", "Authority"],
        )
        gaps = "".join(f"<li>not priced: {safe(r)}</li>" for r in self.not_priced)
        return f"{self.svg()}{table}" + (f"<ul>{gaps}</ul>" if gaps else "")

    @property
    def alt_text(self) -> str:
        """The picture in words."""
        parts = [f"billed {dollars(self.billed)}"]
        parts += [f"less {dollars(f.amount)} {f.name.lower()}" for f in self.falls if f.amount]
        return f"Waterfall of {self.label}: {', '.join(parts)}, Medicare pays {dollars(self.paid)}."

    def svg(self) -> str:
        """The picture as SVG, drawn on this machine."""
        import altair as alt
        import pandas as pd
        import vl_convert

        bars: list[dict[str, Any]] = [{"step": "Billed", "low": ZERO, "high": self.billed, "kind": "total"}]
        bars += [
            {"step": f.name, "low": f.after, "high": f.before, "kind": "taken away"} for f in self.falls if f.amount
        ]
        bars.append({"step": "Medicare pays", "low": ZERO, "high": self.paid, "kind": "total"})
        frame = pd.DataFrame(
            {
                "step": [b["step"] for b in bars],
                "low": [float(b["low"]) for b in bars],
                "high": [float(b["high"]) for b in bars],
                "kind": [b["kind"] for b in bars],
                "text": [dollars(b["high"] - b["low"] if b["kind"] == "total" else b["low"] - b["high"]) for b in bars],
            }
        )
        base = alt.Chart(frame, width=520, height=230).encode(
            x=alt.X("step:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelLimit=130)),
        )
        bar = base.mark_bar(stroke="#444").encode(
            y=alt.Y("low:Q", title="US dollars"),
            y2="high:Q",
            color=alt.Color(
                "kind:N", title=None, scale=alt.Scale(domain=["total", "taken away"], range=["#2b6ca3", "#e0a33a"])
            ),
        )
        label = base.mark_text(dy=-7).encode(y="high:Q", text="text:N")
        picture = vl_convert.vegalite_to_svg((bar + label).to_json())
        style = "background:#fff;display:inline-block"
        return f'<div role="img" aria-label="{safe(self.alt_text)}" style="{style}">{picture}</div>'


def waterfall(rows: list[dict[str, Any]]) -> Waterfall:
    """Add up the steps of priced lines (rows of `line` after the last step)."""
    label = f"claim {rows[0]['claim_id']}"
    if len(rows) == 1:
        label += f", line {rows[0]['line_number']}, {rows[0]['hcpcs_code']}"
    authority = {step.id: "; ".join(c.cite for c in step.authority) for step in steps()}
    billed = sum((r["billed_amount"] for r in rows), ZERO)
    priced = [r for r in rows if r["paid_amount"] is not None and not r["denial_carc"]]
    above = sum((r["billed_amount"] - r["allowed_amount"] for r in priced), ZERO)
    reduced = _reductions(priced)
    taken = [
        (
            "Not priced",
            "waits",
            "030_not_priced",
            _sum(rows, "billed_amount", lambda r: r["not_priced_reason"] is not None),
        ),
        ("Denied", "provider", "010_denials", _sum(rows, "billed_amount", lambda r: r["denial_carc"] is not None)),
        ("Above the fee", "provider (contract)", "400_lesser_of_charge_and_fee", above - sum(reduced.values(), ZERO)),
        *((name, "provider (contract)", step_id, amount) for (step_id, name), amount in reduced.items()),
        ("Deductible", "patient", "500_deductible", _sum(priced, "deductible_amount")),
        ("Coinsurance", "patient", "510_coinsurance", _sum(priced, "coinsurance_amount")),
        (
            "Therapy assistants",
            "provider",
            "530_therapy_assistants",
            sum((r["therapy_assistant_reduction"] or ZERO for r in priced), ZERO),
        ),
        ("Sequestration", "provider", "900_sequestration", _sum(priced, "sequestration_amount")),
    ]
    falls, left = [], billed
    for name, borne_by, step_id, amount in taken:
        if amount or name in ALWAYS_SHOWN:
            falls.append(Fall(name, left, left - amount, borne_by, authority[step_id]))
            left -= amount
    reasons = tuple(dict.fromkeys(r["not_priced_reason"] for r in rows if r["not_priced_reason"]))
    return Waterfall(label, billed, tuple(falls), left, reasons)


def _sum(rows: list[dict[str, Any]], column: str, when: Any = None) -> Decimal:
    return sum((r[column] for r in rows if when is None or when(r)), ZERO)


def _reductions(priced: list[dict[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """What each step that changed a physician's fee took off what is allowed: (step id, name) → amount.

    Negative where it added, as for both sides. What the charge caps anyway is nobody's reduction.
    """
    found: dict[tuple[str, str], Decimal] = {}
    for row in priced:
        fee = row["unit_fee_amount"] * row["units"] if row["is_physician_fee"] else None
        for step in steps():
            for left in (row[column.name] for column in step.trace):
                if fee is not None and left is not None:
                    taken = min(row["billed_amount"], fee) - min(row["billed_amount"], left)
                    found[step.id, step.name] = found.get((step.id, step.name), ZERO) + taken
                    fee = left
    return dict(sorted((key, amount) for key, amount in found.items() if amount))
