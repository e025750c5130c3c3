"""How billed becomes paid, one step at a time: as a table, and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbook.engine.html import safe, table_html
from workbook.payment.step import steps
from workbook.terms import dollars

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Fall:
    """One step down (or up, where `amount` is below nought): what is left after it, who bears it, by what authority."""

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
        parts += [
            f"{'less' if f.amount > 0 else 'and'} {dollars(abs(f.amount))} {f.name.lower()}"
            for f in self.falls
            if f.amount
        ]
        return f"Waterfall of {self.label}: {', '.join(parts)}, Medicare pays {dollars(self.paid)}."

    def svg(self) -> str:
        """The picture as SVG, drawn on this machine."""
        import altair as alt
        import pandas as pd
        import vl_convert

        bars: list[dict[str, Any]] = [{"step": "Billed", "low": ZERO, "high": self.billed, "kind": "total"}]
        bars += [
            {
                "step": f.name,
                "low": min(f.after, f.before),
                "high": max(f.after, f.before),
                "kind": "taken away" if f.amount > 0 else "added",
            }
            for f in self.falls
            if f.amount
        ]
        bars.append({"step": "Medicare pays", "low": ZERO, "high": self.paid, "kind": "total"})
        frame = pd.DataFrame(
            {
                "step": [b["step"] for b in bars],
                "low": [float(b["low"]) for b in bars],
                "high": [float(b["high"]) for b in bars],
                "kind": [b["kind"] for b in bars],
                "text": [
                    dollars(b["low"] - b["high"] if b["kind"] == "taken away" else b["high"] - b["low"]) for b in bars
                ],
            }
        )
        added = ["added"] if any(b["kind"] == "added" for b in bars) else []
        base = alt.Chart(frame, width=520, height=230).encode(
            x=alt.X("step:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelLimit=130)),
        )
        bar = base.mark_bar(stroke="#444").encode(
            y=alt.Y("low:Q", title="US dollars"),
            y2="high:Q",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(
                    domain=["total", "taken away", *added], range=["#2b6ca3", "#e0a33a", "#5b8c5a"][: 2 + len(added)]
                ),
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
        label += f", line {rows[0]['line_number']}, {rows[0]['hcpcs_code'] or rows[0]['revenue_code']}"
    authority = {step.id: "; ".join(c.cite for c in step.authority) for step in steps()}
    billed = sum((r["billed_amount"] for r in rows), ZERO)
    priced = [r for r in rows if r["paid_amount"] is not None and not r["denial_carc"]]
    above = sum((r["billed_amount"] - r["allowed_amount"] for r in priced), ZERO)
    taken = [
        (
            "Not priced",
            "waits",
            "030_not_priced",
            _sum(rows, "billed_amount", lambda r: r["not_priced_reason"] is not None),
        ),
        ("Denied", "provider", "010_denials", _sum(rows, "billed_amount", lambda r: r["denial_carc"] is not None)),
        ("Above the fee", "provider (contract)", "400_lesser_of_charge_and_fee", max(above, ZERO)),
        ("Paid above the charge", "Medicare", "400_lesser_of_charge_and_fee", min(above, ZERO)),
        ("Deductible", "patient", _deductible_step(priced), _sum(priced, "deductible_amount")),
        ("Coinsurance", "patient", "510_coinsurance", _sum(priced, "coinsurance_amount")),
        ("Sequestration", "provider", "900_sequestration", _sum(priced, "sequestration_amount")),
    ]
    falls, left = [], billed
    for name, borne_by, step_id, amount in taken:
        if amount or name not in ("Not priced", "Denied", "Paid above the charge"):
            falls.append(Fall(name, left, left - amount, borne_by, authority[step_id]))
            left -= amount
    reasons = tuple(dict.fromkeys(r["not_priced_reason"] for r in rows if r["not_priced_reason"]))
    return Waterfall(label, billed, tuple(falls), left, reasons)


def _deductible_step(rows: list[dict[str, Any]]) -> str:
    """A stay has the deductible of Part A."""
    return "505_hospital_deductible" if any(r["payment_system"] == "inpatient" for r in rows) else "500_deductible"


def _sum(rows: list[dict[str, Any]], column: str, when: Any = None) -> Decimal:
    return sum((r[column] for r in rows if when is None or when(r)), ZERO)
