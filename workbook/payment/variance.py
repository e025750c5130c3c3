"""Did the payer pay what the fee schedule says: line by line, expected against paid, and why they differ?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims, Remittance
from workbook.engine import Column, Table, to_pandas
from workbook.engine.html import notebook_html, safe, table_html
from workbook.payment.books import REVERSAL
from workbook.payment.parameters import parameter
from workbook.payment.price import NATIONAL, price
from workbook.payment.reasons import reason
from workbook.payment.remit import patient_amount
from workbook.terms import WorkbookError, dollars, money

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ZERO = Decimal("0.00")
#: CLP02 of the payer that decides first, alone or sending the claim on, or denies it
FIRST_PAYER = ("1", "4", "19")
#: the filing code that the payment steps price
PRICED = "MB"

VARIANCE = Table(
    "payment_variance",
    "one line of a claim, as expected and as the first payer answered it",
    ("claim_id", "line_number"),
    (
        Column("claim_id", "text", "the claim", required=True),
        Column("line_number", "integer", "the line; null for a claim decided as a whole"),
        Column("payer_name", "text", "who answered"),
        Column("service_date", "date", "first day of service"),
        Column("hcpcs_code", "text", "the code"),
        Column("billed_amount", "money", "the charge"),
        Column("expected_allowed_amount", "money", "what the payment steps allow"),
        Column("allowed_amount", "money", "what the payer allowed, where it says so"),
        Column("expected_patient_amount", "money", "what the steps leave to the patient"),
        Column("patient_amount", "money", "what the payer left to the patient (group PR)"),
        Column("expected_paid_amount", "money", "what the steps pay"),
        Column("paid_amount", "money", "what the payer paid"),
        Column("difference_amount", "money", "paid, less what was due with the share left to the patient"),
        Column("outcome", "text", "as expected, underpaid, overpaid, share differs, denied, not compared"),
        Column("adjustments", "text", "the payer's reason codes with their amounts"),
        Column("why", "text", "why it differs, or why it was not compared"),
    ),
)  # fmt: skip


class PaymentVariance:
    """Expected against paid. `arrow` has the rows of `VARIANCE`, `assumptions` what the expected amounts rest on."""

    def __init__(self, rows: pa.Table, assumptions: tuple[str, ...]) -> None:
        self.arrow = rows
        self.assumptions = assumptions

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The rows as a pandas frame."""
        return to_pandas(self.arrow)

    @property
    def summary(self) -> dict[str, tuple[int, Decimal]]:
        """outcome → how many lines, and the sum of their differences in US dollars."""
        found: dict[str, tuple[int, Decimal]] = {}
        for outcome, amount in zip(*(self.arrow[c].to_pylist() for c in ("outcome", "difference_amount")), strict=True):
            count, total = found.get(outcome, (0, ZERO))
            found[outcome] = (count + 1, total + (amount or ZERO))
        return found

    def __repr__(self) -> str:
        told = [
            f"{count:,} {outcome}" + (f" ({dollars(total)})" if total else "")
            for outcome, (count, total) in sorted(self.summary.items())
        ]
        return "; ".join(told) or "no line to compare"

    def _repr_html_(self) -> str:
        shown = [r for r in self.arrow.to_pylist() if r["outcome"] not in ("as expected", "not compared")][:50]
        header = ["Claim", "Line", "Code", "Allowed", "Patient's share", "Due", "Paid", "Difference", "Outcome", "Why"]
        rows = (
            [r["claim_id"], r["line_number"], r["hcpcs_code"], dollars(r["expected_allowed_amount"]),
             dollars(r["expected_patient_amount" if r["outcome"] == "denied" else "patient_amount"]),
             *map(dollars, (r["paid_amount"] - r["difference_amount"], r["paid_amount"], r["difference_amount"])),
             r["outcome"], r["why"]]
            for r in shown
        )  # fmt: skip
        return notebook_html(
            f"<p>{safe(repr(self))}</p>",
            table_html(header, rows, words=["Outcome", "Why"]),
            f"<p><small>{safe(' '.join(self.assumptions))}</small></p>",
        )


def payment_variance(
    claims: Claims,
    remittance: Remittance,
    *,
    tolerance: Decimal | int | str = "0.00",
    locality: str = NATIONAL,
    deductible_met: Mapping[str, Decimal | int | str] | None = None,
    plan: str | Path | None = None,
) -> PaymentVariance:
    """Compare what the payment steps expect of each line with what the first payer paid and left to the patient.

    Both sides are net of reversals. A line is under- or overpaid when the payment differs by more than `tolerance` (US
    dollars) from what was due: the expected allowed amount less the share that the payer left to the patient, less
    sequestration. It is "share differs" when only that share is not the expected one, as with a deductible, and
    "denied" when the payer refused it: then all that was expected is the difference. What the steps do not price, what
    no payer answered, and claims of payers whose rates are not known are "not compared", each with its reason. The
    rates are Medicare Part B's, or with `plan` (a name or a page, as in `price`) that plan's, for all but Medicare's
    claims. Raises WorkbookError for a tolerance below zero, an unknown locality or an unknown plan.
    """
    try:
        allowance = money(tolerance)
    except ArithmeticError:
        raise WorkbookError(f"tolerance {tolerance!r} is not an amount in dollars and cents") from None
    if allowance < 0:
        raise WorkbookError(f"tolerance {dollars(allowance)}: a tolerance is zero or more")
    priced = price(claims, locality=locality, deductible_met=deductible_met, plan=plan)
    filing = {c["claim_id"]: c["claim_filing_code"] for c in claims.arrow["claim"].to_pylist()}
    found = _found(remittance)
    rows = []
    for line in priced.arrow_lines.to_pylist():
        key = (line["claim_id"], line["line_number"])
        unknown = _unknown_rates(filing[line["claim_id"]], plan)
        answer = found.lines.pop(key, None)
        rows.append(_compared(line, unknown, answer, found.claims, allowance, is_medicare=plan is None))
    rows += [
        _row(row) | {"outcome": "not compared", "why": "the claim, or the line on it, is not among those given"}
        for row in found.lines.values()
    ]
    return PaymentVariance(VARIANCE.from_rows(rows), priced.assumptions)


class _Found:
    """What the first payer answered, net of reversals: by line, and the claims that were answered at all."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, int], dict[str, Any]] = {}
        self.claims: set[str] = set()


def _found(remittance: Remittance) -> _Found:
    payers = {r["remittance_id"]: r["payer_name"] or r["payer_id"] for r in remittance.arrow["remittance"].to_pylist()}
    paid = remittance.arrow["remittance_claim"].to_pylist()
    later = {
        (c["claim_id"], payers[c["remittance_id"]])
        for c in paid
        if c["claim_status_code"] not in (*FIRST_PAYER, REVERSAL)
    }
    keys = {
        (c["remittance_id"], c["claim_sequence"])
        for c in paid
        if c["claim_status_code"] in FIRST_PAYER
        or (c["claim_status_code"] == REVERSAL and (c["claim_id"], payers[c["remittance_id"]]) not in later)
    }
    found = _Found()
    found.claims = {c["claim_id"] for c in paid}
    adjustments: dict[tuple[str, int], dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for a in remittance.arrow["adjustment"].to_pylist():
        if (a["remittance_id"], a["claim_sequence"]) in keys and a["line_number"] is not None:
            adjustments[a["claim_id"], a["line_number"]][a["group_code"], a["carc"]] += a["amount"]
    for line in remittance.arrow["remittance_line"].to_pylist():
        if (line["remittance_id"], line["claim_sequence"]) not in keys:
            continue
        key = (line["claim_id"], line["line_number"])
        row = found.lines.setdefault(
            key, {**line, "payer_name": payers.get(line["remittance_id"]), "billed_amount": ZERO, "paid_amount": ZERO,
                  "allowed_amount": None, "codes": {k: v for k, v in adjustments[key].items() if v}}
        )  # fmt: skip
        row["hcpcs_code"] = line["hcpcs_code"]
        for name in ("billed_amount", "paid_amount", "allowed_amount"):
            if line[name] is not None:
                row[name] = (row[name] or ZERO) + line[name]
    return found


def _row(found: dict[str, Any]) -> dict[str, Any]:
    """The payer's side of a row."""
    codes = found["codes"]
    return {
        **{c: found[c] for c in ("claim_id", "line_number", "payer_name", "service_date", "hcpcs_code")},
        **{c: found[c] for c in ("billed_amount", "allowed_amount", "paid_amount")},
        "patient_amount": sum((a for (group, _), a in codes.items() if group == "PR"), ZERO),
        "adjustments": ", ".join(f"{group}-{carc} {dollars(a)}" for (group, carc), a in codes.items()) or None,
    }


def _unknown_rates(filing: str | None, plan: str | Path | None) -> str | None:
    """Why the rates of a claim's payer are not known; None where they are."""
    if plan is not None and filing == PRICED:
        return f"filing code {filing}: Medicare does not pay by plan {plan}"
    if plan is None and filing != PRICED:
        return f"filing code {filing or 'missing'}: the rates of this payer's contract are not given (plan)"
    return None


def _compared(
    line: dict[str, Any],
    unknown: str | None,
    found: dict[str, Any] | None,
    answered: set[str],
    allowance: Decimal,
    *,
    is_medicare: bool,
) -> dict[str, Any]:
    row = {c: line[c] for c in ("claim_id", "line_number", "service_date", "hcpcs_code", "billed_amount")}
    row |= _row(found) if found else {}
    if found is None:
        why = "the payer answers the claim without this line" if line["claim_id"] in answered else "no payer answers it"
        return row | {"outcome": "not compared", "why": why}
    if unknown:
        return row | {"outcome": "not compared", "why": unknown}
    if line["not_priced_reason"]:
        return row | {"outcome": "not compared", "why": f"not priced: {line['not_priced_reason']}"}
    if not found["billed_amount"]:
        return row | {"outcome": "not compared", "why": "the payer took its answer back and gave no other"}
    if pending := sum((a for (_, carc), a in found["codes"].items() if reason(carc).kind == "pending"), ZERO):
        return row | {"outcome": "not compared", "why": f"the payer has not decided {dollars(pending)} of it"}
    expected = {
        "expected_allowed_amount": line["allowed_amount"],
        "expected_patient_amount": patient_amount(line),
        "expected_paid_amount": line["paid_amount"],
    }
    # what is due moves with the share that the payer left to the patient, and Medicare's sequestration with what is due
    withheld, shift = line["sequestration_amount"] or ZERO, row["patient_amount"] - expected["expected_patient_amount"]
    due = line["paid_amount"] + withheld - shift
    if shift and is_medicare:
        withheld = money(max(due, ZERO) * parameter("sequestration_rate").on(line["service_date"]).value)
    difference = row["paid_amount"] - (due - withheld)
    return row | expected | {"difference_amount": difference} | _judged(row | expected, found, difference, allowance)


def _judged(row: dict[str, Any], found: dict[str, Any], difference: Decimal, allowance: Decimal) -> dict[str, Any]:
    """The outcome, and why it is not as expected."""
    kinds = {(group, carc): reason(carc).kind for group, carc in found["codes"]}
    denied = sum((a for k, a in found["codes"].items() if kinds[k] == "denial"), ZERO)
    why = [
        f"{group}-{carc} {dollars(a)}: {reason(carc).meaning}"
        for (group, carc), a in found["codes"].items()
        if kinds[group, carc] in ("denial", "reduction")
    ]
    if denied and not row["paid_amount"]:
        return {"outcome": "denied", "why": "; ".join(why), "difference_amount": -row["expected_paid_amount"]}
    allowed, expected = row["allowed_amount"], row["expected_allowed_amount"]
    if allowed is not None and abs(allowed - expected) > allowance:
        why.append(f"allowed {dollars(allowed)}, the fee schedule gives {dollars(expected)}")
    shift = row["patient_amount"] - row["expected_patient_amount"]
    if abs(shift) > allowance:
        left, share = row["patient_amount"], row["expected_patient_amount"]
        why.append(f"left {dollars(left)} to the patient, expected were {dollars(share)}")
    if abs(difference) > allowance:
        return {
            "outcome": "underpaid" if difference < 0 else "overpaid",
            "why": "; ".join(why) or "paid otherwise than allowed",
        }
    if abs(shift) > allowance:
        return {"outcome": "share differs", "why": "; ".join(why)}
    return {"outcome": "as expected", "why": "; ".join(why)}
