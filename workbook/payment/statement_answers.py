"""What do payers' answers leave to a patient, line by line, when reversals and later payers are counted?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from workbook.claims.model import Remittance
from workbook.payment.books import PREDETERMINED, REVERSAL
from workbook.payment.reasons import reason

Row = dict[str, Any]
ZERO = Decimal("0.00")
DEDUCTIBLE, COINSURANCE = ("1", "66"), ("2", "3")


@dataclass
class Answer:
    """What one payer answered about a line: its charge, its payment, and what was taken off for which reason."""

    row: Row
    billed: Decimal
    paid: Decimal
    taken: list[Row] = field(default_factory=list)

    def left(self, *carcs: str) -> Decimal:
        """What is left to the patient (group PR), for some reasons or for all."""
        amounts = (a["amount"] for a in self.taken if a["group_code"] == "PR" and (not carcs or a["carc"] in carcs))
        return sum(amounts, ZERO)

    def has(self, kind: str) -> bool:
        """Whether something was taken off for a reason of that kind."""
        return any(a["amount"] > 0 and reason(a["carc"]).kind == kind for a in self.taken)


def decisive(answers: list[Answer]) -> Answer:
    """The answer that says what is left to the patient: the last that does more than refuse, else the first."""
    decided = (a for a in reversed(answers) if a.paid or a.left() or a.has("earlier payer"))
    return next(decided, answers[0])


def rows_by_answer(remittance: Remittance, table: str) -> dict[tuple[str, int], list[Row]]:
    """(remittance, place of the claim in it) → the rows of a table that belong to that answer."""
    found: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in remittance.arrow[table].to_pylist():
        found[row["remittance_id"], row["claim_sequence"]].append(row)
    return found


def known_by(claim: Row, lines: list[Row]) -> tuple[str, date | None, Decimal]:
    """By what a claim is known: its number, which comes again, its first day and its charge.

    All its payers' answers have these in common.
    """
    days = [r["service_date"] for r in lines if r["service_date"]]
    return claim["claim_id"], min(days, default=claim["statement_from_date"]), abs(claim["billed_amount"])


def answered(remittance: Remittance, patient_id: str) -> list[list[Answer]]:
    """For each line of a patient's claims the answers that stand, the first payer's first.

    What is said of a claim as a whole is a line of its own.
    """
    payments = {r["remittance_id"]: r for r in remittance.arrow["remittance"].to_pylist()}
    lines = rows_by_answer(remittance, "remittance_line")
    adjustments = rows_by_answer(remittance, "adjustment")
    found: dict[tuple[Any, ...], dict[str, dict[int | None, Answer]]] = defaultdict(dict)
    for claim in sorted(
        (c for c in remittance.arrow["remittance_claim"].to_pylist() if c["patient_id"] == patient_id),
        key=lambda c: payments[c["remittance_id"]]["payment_date"] or date.min,
    ):
        if claim["claim_status_code"] == PREDETERMINED:
            continue
        key, payment = (claim["remittance_id"], claim["claim_sequence"]), payments[claim["remittance_id"]]
        identity = known_by(claim, lines[key])
        own = found[identity]
        taken: dict[int | None, list[Row]] = defaultdict(list)
        for row in adjustments[key]:
            taken[row["line_number"]].append(row)
        payer = payment["payer_id"] or payment["payer_name"]
        if claim["claim_status_code"] == REVERSAL:
            own.pop(payer, None)
            continue
        answers: dict[int | None, Answer] = {
            r["line_number"]: Answer(r, r["billed_amount"], r["paid_amount"], taken[r["line_number"]])
            for r in lines[key]
        }
        billed = claim["billed_amount"] - sum((a.billed for a in answers.values()), ZERO)
        paid = claim["paid_amount"] - sum((a.paid for a in answers.values()), ZERO)
        if billed or paid:
            whole = {"service_date": identity[1], "hcpcs_code": None}
            answers[None] = Answer(whole, billed, paid, taken[None])
        own[payer] = own.get(payer, {}) | answers
    return [
        [answers[number] for answers in own.values() if number in answers]
        for own in found.values()
        for number in dict.fromkeys(n for answers in own.values() for n in answers)
    ]
