"""What would be paid if the terms of a claim were others, line by line, beside what is paid as it stands."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import traitlets as tl

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_LINE
from workbook.engine.html import table_html
from workbook.payment.plans import plan_row
from workbook.payment.price import MORE_THAN_ANY_DEDUCTIBLE, NATIONAL, price
from workbook.payment.remit import ZERO, PricedRemittance, patient_amount
from workbook.payment.waterfall import MEDICARE
from workbook.terms import WorkbookError, dollars

NONE = "none"
ALL = "all"
PARTICIPATES = "participates"
ASSIGNED = "does not participate, takes assignment"
NOT_ASSIGNED = "does not participate, takes no assignment"
_MODIFIERS = tuple(f"modifier_{n}" for n in range(1, 5))


class WhatIfState(tl.HasTraits):
    """One claim, the terms that can be changed, and what comes of it beside the claim as it is."""

    line_number = tl.Int()
    place_of_service = tl.Unicode()
    modifiers = tl.Unicode()
    is_turned_round = tl.Bool(False)
    locality = tl.Unicode(NATIONAL)
    participation = tl.Unicode(PARTICIPATES)
    payer = tl.Unicode(MEDICARE)
    supplement = tl.Unicode(NONE)
    deductible_met = tl.Unicode("0")
    summary = tl.Unicode()
    lines_html = tl.Unicode()
    waterfall_html = tl.Unicode()

    def __init__(self, claims: Claims, claim_id: str | None = None) -> None:
        super().__init__()
        known = claims.arrow["claim"]["claim_id"].to_pylist()
        self.claim_id = claim_id or (known[0] if known else None)
        if self.claim_id not in known:
            raise WorkbookError(f"claim {self.claim_id!r} is not among these; they begin {', '.join(known[:5])}")
        self.claims = _only(claims, self.claim_id)
        self.rows = self.claims.arrow["claim_line"].to_pylist()
        self.before = price(self.claims)
        self.line_number = self.rows[0]["line_number"]
        self._show_line()
        self.reprice()
        self.observe(lambda _: self._show_line(), "line_number")
        self.observe(
            lambda _: self.reprice(),
            [
                "place_of_service",
                "modifiers",
                "is_turned_round",
                "locality",
                "participation",
                "payer",
                "supplement",
                "deductible_met",
            ],
        )

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The lines to choose from, as (shown, line number)."""
        return [(f"{r['line_number']}: {r['hcpcs_code'] or 'no code'}", r["line_number"]) for r in self.rows]

    def _show_line(self) -> None:
        """Show the chosen line's place and modifiers as they are on the claim."""
        row = self._row()
        place = row["place_of_service"] or self.claims.arrow["claim"]["place_of_service"][0].as_py() or ""
        with self.hold_trait_notifications():
            self.place_of_service = place
            self.modifiers = " ".join(row[m] for m in _MODIFIERS if row[m])

    def _row(self) -> dict[str, Any]:
        return next(r for r in self.rows if r["line_number"] == self.line_number)

    def reprice(self) -> None:
        """Price the claim anew; what cannot be priced as asked says why."""
        try:
            met = self._met()
            patient = self.claims.arrow["claim"]["patient_id"][0].as_py()
            after = price(
                self._changed(),
                locality=self.locality,
                deductible_met={patient: met} if met and patient else None,
                participates=not self._is_outside,
                plan=None if self.payer == MEDICARE else self.payer,
                supplement=None if self.supplement == NONE or self.payer != MEDICARE else self.supplement,
            )
        except WorkbookError as error:
            self.summary, self.lines_html, self.waterfall_html = str(error), "", ""
            return
        told = f"As it is: {_said(self.before)}. With these terms: {_said(after)}."
        is_idle = self.supplement != NONE and self.payer != MEDICARE
        self.summary = told + (f" Supplement {self.supplement} goes with Medicare alone." if is_idle else "")
        self.lines_html = _compared(self.before, after)
        self.waterfall_html = after.waterfall(self.claim_id, self._place_after())._repr_html_()

    @property
    def _is_outside(self) -> bool:
        """The provider has not agreed to accept assignment always; a commercial plan does not ask."""
        return self.participation != PARTICIPATES and self.payer == MEDICARE

    def _met(self) -> Decimal:
        """What of the payer's deductible was met before; a plan's maximum counts it."""
        if self.deductible_met != ALL:
            return Decimal(self.deductible_met)
        return MORE_THAN_ANY_DEDUCTIBLE if self.payer == MEDICARE else plan_row(self.payer)["deductible"]

    def _place_after(self) -> int:
        """The number that the chosen line has after the lines were turned round."""
        numbers = [r["line_number"] for r in self.rows]
        return numbers[-1 - numbers.index(self.line_number)] if self.is_turned_round else self.line_number

    def _changed(self) -> Claims:
        """The claim under the terms as they stand."""
        marks = [m for m in re.split(r"[\s,:-]+", self.modifiers.upper()) if m]
        if len(marks) > len(_MODIFIERS) or any(len(m) != 2 for m in marks):
            raise WorkbookError(f"modifiers {self.modifiers!r}: write up to four of two characters, as in 50 59")
        padded = [*marks, *[None] * (len(_MODIFIERS) - len(marks))]
        own = {"place_of_service": self.place_of_service or None, **dict(zip(_MODIFIERS, padded, strict=True))}
        rows = [{**r, **(own if r["line_number"] == self.line_number else {})} for r in self.rows]
        if self.is_turned_round:
            numbers = [r["line_number"] for r in rows]
            rows = [{**r, "line_number": n} for r, n in zip(reversed(rows), numbers, strict=True)]
        changed = {"claim_line": CLAIM_LINE.from_rows(rows)}
        if self._is_outside:
            takes = {"accepts_assignment": self.participation == ASSIGNED}
            changed["claim"] = CLAIM.from_rows(r | takes for r in self.claims.arrow["claim"].to_pylist())
        return Claims({**self.claims.arrow, **changed}, source=self.claims.source)


def _only(claims: Claims, claim_id: str | None) -> Claims:
    import pyarrow.compute as pc

    own = {name: table.filter(pc.equal(table["claim_id"], claim_id)) for name, table in claims.arrow.items()}
    return Claims(own, source=claims.source)


def _said(remittance: PricedRemittance) -> str:
    rows = remittance.arrow_lines.to_pylist()
    paid = sum((r["paid_amount"] or ZERO for r in rows), ZERO)
    owed = sum(((patient_amount(r) or ZERO) - (r["supplement_amount"] or ZERO) for r in rows), ZERO)
    waits = sum(r["not_priced_reason"] is not None for r in rows)
    sent = sum((r["paid_to_patient_amount"] or ZERO for r in rows), ZERO)
    told = f"{dollars(paid)} paid" + (f", {dollars(sent)} to the patient" if sent else "")
    return f"{told}, {dollars(owed)} the patient's" + (f", {waits} not priced" if waits else "")


def _compared(before: PricedRemittance, after: PricedRemittance) -> str:
    """Each line as it is and as it would be; a line is known by its code and charge, not by its number."""
    old = {(r["hcpcs_code"], r["billed_amount"]): r for r in before.arrow_lines.to_pylist()}
    rows = []
    for row in after.arrow_lines.to_pylist():
        was = old.get((row["hcpcs_code"], row["billed_amount"]))
        rows.append([
            row["line_number"], row["hcpcs_code"], *(dollars(r and r["allowed_amount"]) for r in (was, row)),
            *(dollars(r and r["paid_amount"]) for r in (was, row)), dollars(patient_amount(row)),
            row["not_priced_reason"] or (f"denied {row['denial_carc']}" if row["denial_carc"] else ""),
        ])  # fmt: skip
    header = [
        "Line",
        "Code",
        "Allowed as it is",
        "Allowed so",
        "Paid as it is",
        "Paid so",
        "Patient's share so",
        "Note",
    ]
    return table_html(header, rows, words=["Note"])
