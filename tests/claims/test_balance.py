"""A remittance balances at three levels, and what does not is off by a stated amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from workbook.claims.balance import balance
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES

D = Decimal
CLAIM = {"remittance_id": "R1", "claim_sequence": 1, "claim_id": "C1"}


def tables(
    *, paid: str = "80", line_paid: str = "80", payment: str = "80", claim_adjustment: str | None = None, has_line: bool = True
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """A claim of 125 with one line: 25 contractual, 20 coinsurance; 80 paid."""
    line = {**CLAIM, "line_number": 1, "level": "line"}
    adjustments = [{**line, "group_code": "CO", "carc": "45", "amount": D(25)}] if has_line else []
    adjustments += [{**line, "group_code": "PR", "carc": "2", "amount": D(20)}] if has_line else []
    if claim_adjustment is not None:
        adjustments.append({**CLAIM, "level": "claim", "group_code": "OA", "carc": "23", "amount": D(claim_adjustment)})
    return {
        "remittance": [{"remittance_id": "R1", "payment_amount": D(payment)}],
        "remittance_claim": [{**CLAIM, "claim_status_code": "1", "billed_amount": D(125), "paid_amount": D(paid)}],
        "remittance_line": [{**CLAIM, "line_number": 1, "billed_amount": D(125), "paid_amount": D(line_paid)}]
        if has_line
        else [],
        "adjustment": adjustments,
        "remark": [],
        "provider_adjustment": [],
    }


def remit(rows: dict[str, list[dict[str, Any]]]) -> Remittance:
    return Remittance({name: REMITTANCE_TABLES[name].from_rows(found) for name, found in rows.items()})


def levels(rows: dict[str, list[dict[str, Any]]]) -> dict[str, tuple[Decimal, Decimal, Decimal, bool]]:
    """Each level's expected, found and off-by amount, and verdict."""
    found = balance(remit(rows).arrow).to_pylist()
    return {r["level"]: (r["expected_amount"], r["found_amount"], r["off_by_amount"], r["is_balanced"]) for r in found}


def test_charge_less_adjustments_is_payment_at_every_level() -> None:
    assert levels(tables()) == {
        "transaction": (D("80.00"), D("80.00"), D("0.00"), True),
        "claim": (D("80.00"), D("80.00"), D("0.00"), True),  # 125 - 25 - 20
        "line": (D("80.00"), D("80.00"), D("0.00"), True),
    }
    assert remit(tables()).is_balanced


def test_a_line_is_off_by_what_it_pays_too_much() -> None:
    found = levels(tables(line_paid="81.50"))
    assert found["line"] == (D("80.00"), D("81.50"), D("1.50"), False)
    assert found["claim"][3] and found["transaction"][3]


def test_a_claim_counts_its_own_adjustments_and_its_lines() -> None:
    found = levels(tables(claim_adjustment="10", paid="70", payment="70"))
    assert found["claim"] == (D("70.00"), D("70.00"), D("0.00"), True)  # 125 - 25 - 20 - 10
    assert found["line"][3]  # the claim's adjustment is not the line's


def test_a_claim_without_lines_is_judged_by_its_own_adjustments() -> None:
    assert levels(tables(has_line=False, claim_adjustment="45"))["claim"] == (D("80.00"), D("80.00"), D("0.00"), True)
    assert levels(tables(has_line=False))["claim"] == (D("125.00"), D("80.00"), D("-45.00"), False)


def test_a_transaction_pays_its_claims_less_provider_adjustments() -> None:
    rows = tables(payment="72.75")
    rows["provider_adjustment"] = [
        {"remittance_id": "R1", "reason_code": "WO", "amount": D("7.50")},
        {"remittance_id": "R1", "reason_code": "L6", "amount": D("-0.25")},
    ]
    assert levels(rows)["transaction"] == (D("72.75"), D("72.75"), D("0.00"), True)  # 80 - 7.50 + 0.25


def test_a_payment_of_nothing_may_balance() -> None:
    rows = tables(payment="0")
    rows["provider_adjustment"] = [{"remittance_id": "R1", "reason_code": "WO", "amount": D(80)}]
    assert remit(rows).is_balanced


def test_a_reversal_balances_with_negative_amounts() -> None:
    rows = tables()
    for table in ("remittance", "remittance_claim", "remittance_line", "adjustment"):
        for row in rows[table]:
            row.update({name: -value for name, value in row.items() if isinstance(value, Decimal)})
    assert remit(rows).is_balanced


def test_claims_of_one_number_are_judged_apart() -> None:
    rows = tables(payment="160")
    second = {"claim_sequence": 2}
    rows["remittance_claim"].append({**rows["remittance_claim"][0], **second})
    found = balance(remit(rows).arrow).to_pylist()
    claims = [(r["claim_sequence"], r["off_by_amount"]) for r in found if r["level"] == "claim"]
    assert claims == [(1, D("0.00")), (2, D("-45.00"))]  # the second has no adjustments: 125 expected, 80 paid


@pytest.mark.parametrize("level", ["transaction", "claim", "line"])
def test_every_row_of_the_balance_names_its_level(level: str) -> None:
    rows = [row for row in balance(remit(tables()).arrow).to_pylist() if row["level"] == level]
    assert len(rows) == 1
    assert (rows[0]["claim_id"], rows[0]["line_number"]) == {
        "transaction": (None, None), "claim": ("C1", None), "line": ("C1", 1),
    }[level]  # fmt: skip


def test_the_summary_says_in_words_whether_it_balances() -> None:
    assert repr(remit(tables())).endswith("; balanced")
    assert repr(remit(tables(payment="79.99"))).endswith("; NOT balanced")


def test_a_sum_too_large_for_a_column_does_not_balance_and_raises_nothing() -> None:
    rows = tables()
    large = {**rows["remittance_claim"][0], "billed_amount": D("9999999999.99"), "paid_amount": D("9999999999.99")}
    rows["remittance_claim"] += [{**large, "claim_sequence": number, "claim_id": f"L{number}"} for number in (2, 3)]
    found = balance(remit(rows).arrow).to_pylist()[0]
    assert (found["level"], found["expected_amount"], found["off_by_amount"], found["is_balanced"]) == (
        "transaction", None, None, False,
    )  # fmt: skip


def test_what_earlier_parts_paid_counts_for_the_transaction_alone() -> None:
    rows = tables(payment="100")
    assert balance(remit(rows).arrow, {"R1": D(20)})["is_balanced"].to_pylist() == [True, True, True]
    assert balance(remit(rows).arrow, {"R2": D(20)})["is_balanced"].to_pylist() == [False, True, True]


def test_nothing_balances() -> None:
    assert Remittance().is_balanced


def test_adjustments_count_for_the_claim_of_their_own_remittance_and_for_no_other() -> None:
    rows = tables()
    for name, found in rows.items():  # the same claim number and sequence in another remittance, nothing adjusted
        rows[name] = [*found, *({**row, "remittance_id": "R2"} for row in found if name != "adjustment")]
    rows["adjustment"].append({**rows["adjustment"][0], "remittance_id": "R3", "amount": D(1)})
    found = balance(remit(rows).arrow).to_pylist()
    assert [(r["level"], r["remittance_id"], r["off_by_amount"]) for r in found] == [
        ("transaction", "R1", D("0.00")), ("transaction", "R2", D("0.00")),
        ("claim", "R1", D("0.00")), ("claim", "R2", D("-45.00")),  # 80 paid of 125
        ("line", "R1", D("0.00")), ("line", "R2", D("-45.00")),
    ]  # fmt: skip
