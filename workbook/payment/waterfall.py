"""How billed becomes paid, one step at a time: as a table, and as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from textwrap import fill
from typing import Any

from workbook.engine.html import notebook_html, safe, table_html
from workbook.payment.step import Step, steps
from workbook.terms import dollars, money

ZERO = Decimal("0.00")
MEDICARE = "Medicare"


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
    payer: str = MEDICARE

    def __str__(self) -> str:
        width = max([len("billed"), len(self._pays), *(len(f.name) for f in self.falls)])
        text = [f"{self.label}", f"  {'billed':<{width}} {dollars(self.billed):>12}"]
        text += [f"  {f.name:<{width}} {dollars(-f.amount):>12}  {f.borne_by}" for f in self.falls if f.amount]
        text.append(f"  {self._pays:<{width}} {dollars(self.paid):>12}")
        text += [f"  not priced: {reason}" for reason in self.not_priced]
        return "\n".join(text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = table_html(
            ["Step", "Change", "Left", "Who bears it", "Authority"],
            [
                ["Billed", "", dollars(self.billed), "", ""],
                *([f.name, dollars(-f.amount), dollars(f.after), f.borne_by, f.authority] for f in self.falls),
                [self._pays, "", dollars(self.paid), "", ""],
            ],
            words=["Step", "Who bears it", "Authority"],
        )
        gaps = "".join(f"<li>not priced: {safe(r)}</li>" for r in self.not_priced)
        return notebook_html(self.svg(), table, f"<ul>{gaps}</ul>" if gaps else "")

    @property
    def _pays(self) -> str:
        return f"{self.payer} pays"

    @property
    def alt_text(self) -> str:
        """The picture in words."""
        parts = [f"billed {dollars(self.billed)}"]
        parts += [
            f"{'less' if f.amount > 0 else 'and'} {dollars(abs(f.amount))} {f.name.lower()}"
            for f in self.falls
            if f.amount
        ]
        return f"Waterfall of {self.label}: {', '.join(parts)}, {self._pays} {dollars(self.paid)}."

    def svg(self) -> str:
        """The picture as SVG, drawn on this machine."""
        import altair as alt
        import pandas as pd
        import vl_convert

        bars: list[dict[str, Any]] = [{"step": "Billed", "low": ZERO, "high": self.billed, "kind": "total"}]
        bars += [
            {"step": f.name, "low": min(f.after, f.before), "high": max(f.after, f.before),
             "kind": "taken away" if f.amount > 0 else "added"}
            for f in self.falls if f.amount
        ]  # fmt: skip
        kinds = {"total": "#2b6ca3", "taken away": "#e0a33a", "added": "#5b8c5a"}
        kinds = {
            kind: color for kind, color in kinds.items() if kind != "added" or any(b["kind"] == kind for b in bars)
        }
        bars.append({"step": self._pays, "low": ZERO, "high": self.paid, "kind": "total"})
        frame = pd.DataFrame(
            {
                "step": [fill(b["step"], 15) for b in bars],  # a long name on several lines
                "low": [float(b["low"]) for b in bars],
                "high": [float(b["high"]) for b in bars],
                "kind": [b["kind"] for b in bars],
                "text": [dollars((b["high"] - b["low"]) * (-1 if b["kind"] == "taken away" else 1)) for b in bars],
            }
        )
        title = f"{self.label}: from billed to paid".replace("claim", "Claim", 1)
        base = alt.Chart(frame, width=max(520, 85 * len(bars)), height=230, title=title).encode(
            x=alt.X(
                "step:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, '\\n')")
            ),
        )
        above = 1.08 * max(float(b["high"]) for b in bars) or 1  # room for the label of the highest bar
        bar = base.mark_bar(stroke="#444").encode(
            y=alt.Y("low:Q", title="US dollars", scale=alt.Scale(domainMax=above)),
            y2="high:Q",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(kinds), range=list(kinds.values())),
                legend=alt.Legend(orient="top", columnPadding=30),  # a browser's letters are wider
            ),
        )
        label = base.mark_text(dy=-7).encode(y="high:Q", text="text:N")
        picture = vl_convert.vegalite_to_svg((bar + label).to_json())
        style = "background:#fff;display:inline-block"
        return f'<div role="img" aria-label="{safe(self.alt_text)}" style="{style}">{picture}</div>'


def waterfall(rows: list[dict[str, Any]], payer: str = MEDICARE) -> Waterfall:
    """Add up the steps of priced lines (rows of `line` after the last step)."""
    label = f"claim {rows[0]['claim_id']}"
    if len(rows) == 1:
        label += f", line {rows[0]['line_number']}, {rows[0]['hcpcs_code'] or rows[0]['revenue_code']}"
    billed = sum((r["billed_amount"] for r in rows), ZERO)
    priced = [r for r in rows if r["paid_amount"] is not None and not r["denial_carc"]]
    taken = [
        ("Not priced", "waits", _authority("030_not_priced"),
         _sum((r for r in rows if r["not_priced_reason"] is not None), "billed_amount")),
        ("Denied", "provider", _authority("010_denials"),
         _sum((r for r in rows if r["denial_carc"] is not None and r["denial_group_code"] != "PR"), "billed_amount")),
        ("Denied", "patient", _authority("015_liability"),
         _sum((r for r in rows if r["denial_carc"] is not None and r["denial_group_code"] == "PR"), "billed_amount")),
    ]  # fmt: skip
    taken = [t for t in taken if t[3]]
    reduced = _reductions(priced)
    for step in steps():
        for a in step.adjusts:
            amount = _sum(priced, a.column) - (sum(reduced.values(), ZERO) if a.column == CONTRACTUAL else ZERO)
            if amount or a.column in (_ALWAYS if payer == MEDICARE else _ALWAYS_OF_A_PLAN):
                decided = _decided(step, a.column, rows)
                by_contract = a.column == CONTRACTUAL
                is_above_the_charge = amount < 0 and (by_contract or a.carc == ABOVE_THE_CHARGE)
                borne_by = payer if is_above_the_charge else _BY_CONTRACT if by_contract else _BORNE_BY[a.group_code]
                taken.append((decided.name, borne_by, _authority(decided.id if payer == MEDICARE else _PLAN), amount))
            if a.column == CONTRACTUAL:
                taken += [
                    (name, payer if part < 0 else _BY_CONTRACT, _authority(of), part)
                    for (of, name), part in reduced.items()
                ]
    falls, left = [], billed
    for name, borne_by, authority, amount in taken:
        falls.append(Fall(name, left, left - amount, borne_by, authority))
        left -= amount
    reasons = tuple(dict.fromkeys(r["not_priced_reason"] for r in rows if r["not_priced_reason"]))
    return Waterfall(label, billed, tuple(falls), left, reasons, payer)


#: what is shown even where it takes nothing away
CONTRACTUAL = "contractual_amount"
#: the reason of a payment that is more than was billed
ABOVE_THE_CHARGE = "94"
_ALWAYS = (CONTRACTUAL, "deductible_amount", "coinsurance_amount", "sequestration_amount")
_ALWAYS_OF_A_PLAN = (CONTRACTUAL, "deductible_amount", "coinsurance_amount")
#: the step whose authority, the contract, stands for whatever a commercial plan takes off
_PLAN = "390_plan"
_BY_CONTRACT = "provider (contract)"
_BORNE_BY = {"CO": "provider", "PR": "patient", "OA": "another payer", "PI": "provider"}


def _decided(step: Step, column: str, rows: list[dict[str, Any]]) -> Step:
    """The step that decides a column of rows of one payment system: a later one of that system's, else its own.

    A step with an adjustment of its own moves an amount there; it does not decide the column it takes it from.
    """
    own = {r["payment_system"] for r in rows}
    deciding = (s for s in reversed(steps()) if column in s.changes and s.systems and not s.adjusts)
    return next((s for s in deciding if own <= set(s.systems)), step)


def _authority(step_id: str) -> str:
    return next("; ".join(c.cite for c in step.authority) for step in steps() if step.id == step_id)


def _sum(rows: Iterable[dict[str, Any]], column: str) -> Decimal:
    return sum((r[column] or ZERO for r in rows), ZERO)


def _scheduled_fee(row: dict[str, Any]) -> Decimal | None:
    """What the physician fee schedule pays for a line before any reduction; None for another system's."""
    if row["is_physician_fee"]:
        return money(row["unit_fee_amount"] * row["units"])
    # the units of anesthesia are minutes: its amount is the line's
    return Decimal(row["unit_fee_amount"]) if row["payment_system"] == "anesthesia" else None


def _reductions(priced: list[dict[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """What each step that changed a physician's fee took off what is allowed: (step id, name) → amount.

    Negative where it added, as for both sides. What the charge caps anyway is nobody's reduction.
    """
    found: dict[tuple[str, str], Decimal] = {}
    for row in priced:
        fee = _scheduled_fee(row)
        for step in steps():
            for left in (row[column.name] for column in step.trace):
                if fee is not None and left is not None:
                    taken = min(row["billed_amount"], fee) - min(row["billed_amount"], left)
                    found[step.id, step.name] = found.get((step.id, step.name), ZERO) + taken
                    fee = left
    return dict(sorted((key, amount) for key, amount in found.items() if amount))
