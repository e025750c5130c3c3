"""What does a payer answer to a corrected or voided claim: the old payment taken back, and the new decision?"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.payment.books import REPLACEMENT, REVERSAL, VOID, Row
from workbook.payment.remit import PAYMENT_FLOOR, PricedRemittance
from workbook.terms import WorkbookError

ZERO = Decimal("0.00")
_OF_CLAIM = ("remittance_claim", "remittance_line", "adjustment", "remark", "remittance_party", "remittance_detail")
#: amounts that a reversal negates; how many units there were does not change
_AMOUNTS = ("billed_amount", "allowed_amount", "paid_amount", "patient_responsibility_amount")


def reversal_and_correction(earlier: Remittance, corrected: PricedRemittance) -> Remittance:
    """Answer corrected (frequency 7) and voided (8) claims: each earlier payment is reversed, then decided anew.

    `earlier` holds the payments to be taken back, `corrected` the priced claims that replace or void them (a void has
    no price, and needs none); others in it are paid as they are. The original is found by the payer's number
    (original_claim_id), else by the same CLM01. A reversal has status 22, the payer's old number, and every charge,
    payment and adjustment negated with its own group and reason code (X12 005010X221A1, section 1.10.2.8;
    interpretations 1147 and 1429); it stands before its correction. Where a payment would fall below zero, the rest is
    carried forward by a provider adjustment FB.

    Raises WorkbookError when a claim's original is not in `earlier`, was reversed there or comes twice, and for a
    replacement of which no line has a price.
    """
    new = {name: table.to_pylist() for name, table in corrected.arrow.items()}
    answers = _grouped(new, "remittance_id", "claim_sequence")
    old = _Earlier(earlier)
    payments = {r["remittance_id"]: r for r in new["remittance"]}
    queue: dict[str, list[tuple[Row, dict[str, list[Row]]]]] = defaultdict(list)
    decided = {r["claim_id"]: r for r in new["remittance_claim"]}
    for claim in corrected.claims.arrow["claim"].to_pylist():
        row = decided.get(claim["claim_id"])
        if claim["frequency_code"] == REPLACEMENT and row is None:
            raise WorkbookError(
                f"claim {claim['claim_id']} replaces another, and not one line of it has a price (see .not_priced): it "
                "cannot be decided, and the old payment stands; take it out"
            )
        home = row["remittance_id"] if row else None
        if claim["frequency_code"] in (REPLACEMENT, VOID):
            found = old.take(claim)
            home = home or _home_of(payments, claim, old.payment_of(found[0]), corrected.payment_date)
            queue[home].append(found)
        if row and claim["frequency_code"] != VOID:
            queue[row["remittance_id"]].append((row, answers[row["remittance_id"], row["claim_sequence"]]))
    rows: dict[str, list[Row]] = {name: [] for name in REMITTANCE_TABLES}
    taken = set(earlier.arrow["remittance"]["remittance_id"].to_pylist())
    names = (name for n in count(1) if (name := f"R{n:06d}") not in taken)
    for (remittance_id, members), name in zip(queue.items(), names, strict=False):
        payment = payments[remittance_id] | {"remittance_id": name, "trace_number": name}
        _add_payment(rows, payment, [(_numbered(claim, n, name), below) for n, (claim, below) in enumerate(members, 1)])
    return Remittance({name: table.from_rows(rows[name]) for name, table in REMITTANCE_TABLES.items()})


class _Earlier:
    """The payments that may be taken back, each once."""

    def __init__(self, earlier: Remittance) -> None:
        tables = {name: earlier.arrow[name].to_pylist() for name in _OF_CLAIM}
        self._below = _grouped(tables, "remittance_id", "claim_sequence")
        self._payments = {r["remittance_id"]: r for r in earlier.arrow["remittance"].to_pylist()}
        if lost := next((r for r in tables["remittance_claim"] if r["remittance_id"] not in self._payments), None):
            raise WorkbookError(
                f"claim {lost['claim_id']} is in remittance {lost['remittance_id']}, which has no payment"
            )
        self._by: dict[str, dict[str, list[Row]]] = {c: defaultdict(list) for c in ("payer_claim_id", "claim_id")}
        for row in tables["remittance_claim"]:
            for column, index in self._by.items():
                if row[column]:
                    index[row[column]].append(row)
        self._taken: set[tuple[str, int]] = set()

    def take(self, claim: Row) -> tuple[Row, dict[str, list[Row]]]:
        """The reversal of what the claim replaces or voids."""
        number, control = claim["original_claim_id"], claim["patient_control_number"]
        found = self._by["payer_claim_id"].get(number or "") or self._by["claim_id"].get(control or "")
        what = f"claim {claim['claim_id']} (frequency {claim['frequency_code']})"
        if not found:
            raise WorkbookError(
                f"{what} names the payer's claim {number}, which the earlier remittance does not hold; give the "
                "remittance that paid it"
            )
        row = found[-1]
        key = (row["remittance_id"], row["claim_sequence"])
        if row["claim_status_code"] == REVERSAL or key in self._taken:
            raise WorkbookError(
                f"{what}: the payment of {row['claim_id']} was taken back already; correct the claim that stands for it"
            )
        self._taken.add(key)
        below = {name: [_negated(r) for r in rows] for name, rows in self._below[key].items()}
        return {**_negated(row), "claim_status_code": REVERSAL}, below

    def payment_of(self, row: Row) -> Row:
        """The payment that a claim was part of."""
        payment: Row = self._payments[row["remittance_id"]]
        return payment


def _negated(row: Row) -> Row:
    amounts = (*_AMOUNTS, "amount") if "carc" in row else _AMOUNTS
    return {k: -v if k in amounts and v is not None else v for k, v in row.items()}


def _home_of(payments: dict[str, Row], claim: Row, earlier: Row, day: date | None) -> str:
    """The transaction for a claim that has no new decision: that of its payer and provider, else one of its own.

    One of its own is paid on the day that was asked for, else on that on which a claim received then would be paid.
    """
    for name, payment in payments.items():
        if (payment["payer_id"], payment["payee_npi"]) == (claim["payer_id"], claim["billing_provider_npi"]):
            return name
    name = f"R{len(payments) + 1:06d}"
    received = claim["received_date"]
    day = day or (received + PAYMENT_FLOOR if received else earlier["payment_date"])
    payments[name] = {**earlier, "remittance_id": name, "trace_number": name, "payment_date": day}
    return name


def _numbered(claim: Row, sequence: int, name: str) -> Row:
    """A new decision with a number of its own; a reversal keeps the number of what it takes back."""
    is_reversal = claim["claim_status_code"] == REVERSAL
    return claim if is_reversal else {**claim, "payer_claim_id": f"{name}-{sequence:05d}"}


def _add_payment(rows: dict[str, list[Row]], payment: Row, members: list[tuple[Row, dict[str, list[Row]]]]) -> None:
    name, total = payment["remittance_id"], ZERO
    for sequence, (claim, below) in enumerate(members, 1):
        total += claim["paid_amount"]
        key = {"remittance_id": name, "claim_sequence": sequence}
        rows["remittance_claim"].append({**claim, **key})
        for table in _OF_CLAIM[1:]:
            rows[table] += [{**row, **key} for row in below.get(table, [])]
    if total < 0:
        rows["provider_adjustment"].append(
            {"remittance_id": name, "reason_code": "FB", "reference": name, "amount": total,
             "fiscal_period_end": _year_end(payment)}
        )  # fmt: skip
    paid = max(total, ZERO)
    rows["remittance"].append({**payment, "payment_amount": paid, "payment_method": "CHK" if paid else "NON"})


def _year_end(payment: Row) -> Any:
    day = payment["payment_date"]
    return day and day.replace(month=12, day=31)


def _grouped(tables: dict[str, list[Row]], *key: str) -> dict[tuple[Any, ...], dict[str, list[Row]]]:
    found: dict[tuple[Any, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name in _OF_CLAIM[1:]:
        for row in tables.get(name, []):
            found[tuple(row[k] for k in key)][name].append(row)
    return found
