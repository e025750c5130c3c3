"""How billed becomes paid, one step at a time: as a table, and as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbook.engine.html import safe, table_html
from workbook.payment.step import steps
from workbook.terms import dollars

ZERO = Decimal("0.00")


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
    """The way of an amount from billed to paid. `not_priced` holds the reasons of lines that have no price.

    `fee` is, for one line, how its fee came about: the fee for its units, then each step that changed it.
    """

    label: str
    billed: Decimal
    falls: tuple[Fall, ...]
    paid: Decimal
    not_priced: tuple[str, ...] = ()
    fee: tuple[Fall, ...] = ()

    def __str__(self) -> str:
        width = max([len("billed"), len("Medicare pays"), *(len(f.name) for f in self.falls)])
        text = [f"{self.label}", f"  {'billed':<{width}} {dollars(self.billed):>12}"]
        text += [f"  {f.name:<{width}} {dollars(-f.amount):>12}  {f.borne_by}" for f in self.falls if f.amount]
        text.append(f"  {'Medicare pays':<{width}} {dollars(self.paid):>12}")
        text += [f"  the fee: {f.name.lower()}, {dollars(f.before)} → {dollars(f.after)}" for f in self.fee]
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
        fee = table_html(
            ["How the fee came about", "Before", "After", "Authority"],
            [[f.name, dollars(f.before), dollars(f.after), f.authority] for f in self.fee],
            words=["How the fee came about", "Authority"],
        )
        return f"{self.svg()}{table}" + (fee if self.fee else "") + (f"<ul>{gaps}</ul>" if gaps else "")

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
    billed = sum((r["billed_amount"] for r in rows), ZERO)
    priced = [r for r in rows if r["paid_amount"] is not None and not r["denial_carc"]]
    taken = [
        ("Not priced", "waits", _authority("030_not_priced"),
         _sum((r for r in rows if r["not_priced_reason"] is not None), "billed_amount")),
        ("Denied", "provider", _authority("010_denials"),
         _sum((r for r in rows if r["denial_carc"] is not None), "billed_amount")),
    ]  # fmt: skip
    taken = [t for t in taken if t[3]]
    for step in steps():
        for a in step.adjusts:
            if (amount := _sum(priced, a.column)) or a.column in _ALWAYS:
                taken.append((step.name, _BORNE_BY[a.group_code], _authority(step.id), amount))
    falls, left = [], billed
    for name, borne_by, authority, amount in taken:
        falls.append(Fall(name, left, left - amount, borne_by, authority))
        left -= amount
    reasons = tuple(dict.fromkeys(r["not_priced_reason"] for r in rows if r["not_priced_reason"]))
    return Waterfall(label, billed, tuple(falls), left, reasons, _fee(rows[0]) if len(rows) == 1 else ())


#: what is shown even where it takes nothing away
_ALWAYS = ("contractual_amount", "deductible_amount", "coinsurance_amount", "sequestration_amount")
_BORNE_BY = {"CO": "provider (contract)", "PR": "patient", "OA": "another payer", "PI": "provider"}


def _authority(step_id: str) -> str:
    return next("; ".join(c.cite for c in step.authority) for step in steps() if step.id == step_id)


def _fee(row: dict[str, Any]) -> tuple[Fall, ...]:
    """Each step that changed the line's fee, with the fee before and after it."""
    found: list[Fall] = []
    for step in steps():
        for column in step.trace:
            if row[column.name] is not None:
                before = found[-1].after if found else _first_fee(row)
                found.append(Fall(step.name, before, row[column.name], "", _authority(step.id)))
    return tuple(found)


def _first_fee(row: dict[str, Any]) -> Decimal:
    return Decimal(row["unit_fee_amount"] * row["units"]).quantize(Decimal("0.01"))


def _sum(rows: Iterable[dict[str, Any]], column: str) -> Decimal:
    return sum((r[column] or ZERO for r in rows), ZERO)
