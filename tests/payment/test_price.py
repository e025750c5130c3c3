"""Every cent between billed and paid stands in an adjustment, and what has no price says why."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbook as wb
from tests.rules.test_audit import claims
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_LINE
from workbook.payment.tables import DENIAL
from workbook.terms import WorkbookError

VISIT, ECG, READING, DRAW = ({"hcpcs_code": c} for c in ("99213", "93000", "93010", "36415"))


def adjustments(remittance, line=None):
    rows = remittance.arrow["adjustment"].to_pylist()
    return [(r["group_code"], r["carc"], str(r["amount"])) for r in rows if line in (None, r["line_number"])]


def test_a_visit_with_the_deductible_met_is_paid_69_74():
    # allowed 88.95; coinsurance 17.79; 71.16 less 2 % (1.42) = 69.74
    remittance = wb.price(claims([VISIT]), deductible_met={"P1": 257})
    assert adjustments(remittance) == [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")]
    (claim,) = remittance.arrow["remittance_claim"].to_pylist()
    assert (claim["paid_amount"], claim["patient_responsibility_amount"]) == (Decimal("69.74"), Decimal("17.79"))
    assert remittance.is_balanced


def test_a_visit_before_the_deductible_is_the_patients():
    remittance = wb.price(claims([VISIT]))
    assert adjustments(remittance) == [("CO", "45", "11.05"), ("PR", "1", "88.95")]
    assert remittance.arrow["remittance"]["payment_method"].to_pylist() == ["NON"]
    assert remittance.is_balanced


def test_a_charge_below_the_fee_is_the_allowed_amount():
    remittance = wb.price(claims([{**VISIT, "billed_amount": Decimal("80.00")}]), deductible_met={"P1": 257})
    assert adjustments(remittance) == [("PR", "2", "16.00"), ("CO", "253", "1.28")]


def test_a_denied_line_stands_in_the_remittance_with_its_reason_and_costs_the_patient_nothing():
    given = claims([VISIT, ECG, READING])
    remittance = wb.price(given, denials=wb.audit(given).denials, deductible_met={"P1": 257})
    assert adjustments(remittance, 3) == [("CO", "236", "100.00")]
    assert wb.statement(remittance, "P1").lines[2].owed == 0


def test_a_line_without_a_price_waits_beside_priced_ones_and_is_never_zero():
    remittance = wb.price(claims([VISIT, DRAW]), deductible_met={"P1": 257})
    assert adjustments(remittance, 2) == [("OA", "133", "100.00")]
    assert remittance.not_priced["not_priced_reason"].tolist() == [
        "status X: paid by another fee schedule, which is not modelled"
    ]
    assert remittance.arrow["remittance_line"]["allowed_amount"].to_pylist() == [Decimal("88.95"), None]
    assert remittance.is_balanced


def test_a_claim_of_which_no_line_has_a_price_is_not_remitted_but_said():
    remittance = wb.price(claims([DRAW]))
    assert remittance.arrow["remittance_claim"].num_rows == 0
    assert len(remittance.not_priced) == 1
    assert repr(remittance) == "no claim remitted; 1 of 1 lines not priced (see .not_priced)"


def test_a_total_that_is_not_the_sum_of_its_lines_is_adjusted_at_the_claim():
    remittance = wb.price(claims([VISIT], billed=Decimal(110)), deductible_met={"P1": 257})
    assert ("CO", "16", "10.00") in adjustments(remittance, None)
    assert remittance.arrow["remark"]["rarc"].to_pylist() == ["M54"]
    assert remittance.is_balanced


def test_wellness_visits_cost_the_patient_nothing():
    remittance = wb.price(claims([{"hcpcs_code": "G0439"}]))
    # charged 100, below the fee: allowed 100, nothing from the patient, 2 % withheld
    assert adjustments(remittance) == [("CO", "253", "2.00")]
    assert remittance.arrow["remittance_claim"]["patient_responsibility_amount"].to_pylist() == [Decimal("0.00")]


def test_the_deductible_is_used_up_over_claims_in_the_order_received():
    # 257 = 88.95 + 88.95 + 79.10; the last visit pays the rest: 88.95 − 79.10 = 9.85, 20 % = 1.97, 7.88 less 0.16 = 7.72
    base = claims([VISIT]).arrow
    head, line = base["claim"].to_pylist()[0], base["claim_line"].to_pylist()[0]
    ids = ["C3", "C1", "C2"]
    many = Claims(
        {
            "claim": CLAIM.from_rows(
                {**head, "claim_id": c, "received_date": date(2025, 11, 10 + n)} for n, c in enumerate(ids)
            ),
            "claim_line": CLAIM_LINE.from_rows({**line, "claim_id": c} for c in ids),
        }
    )
    remittance = wb.price(many)
    paid = dict(
        zip(*(remittance.arrow["remittance_claim"][c].to_pylist() for c in ("claim_id", "paid_amount")), strict=True)
    )
    assert paid == {"C3": 0, "C1": 0, "C2": Decimal("7.72")}


def test_old_claims_are_refused_their_price_unless_they_are_moved_on_request():
    old = claims(
        [VISIT, {**ECG, "service_from_date": date(2006, 10, 10)}], day=date(2006, 10, 3), received=date(2006, 11, 1)
    )
    refused = wb.price(old)
    assert set(refused.not_priced["not_priced_reason"]) == {
        "no conversion factor for 2006-10-03; loaded are 2024-01-01 to 2026-12-31",
        "no conversion factor for 2006-10-10; loaded are 2024-01-01 to 2026-12-31",
    }
    moved = wb.price(old, as_if_on="2025-11-03")
    assert moved.arrow_lines["service_date"].to_pylist() == [date(2025, 11, 3), date(2025, 11, 10)]
    assert (
        moved.arrow_lines["received_date"].to_pylist()
        == [date(2006, 11, 1) + timedelta(days=(date(2025, 11, 3) - date(2006, 10, 3)).days)] * 2
    )
    assert (
        moved.assumptions[-1] == "Asked for: each claim is priced as if its first day of service had been 2025-11-03."
    )


def test_other_payers_claims_are_priced_as_medicare_and_that_is_said():
    remittance = wb.price(claims([VISIT], claim_filing_code="CI"))
    assert "Claims with filing code CI are priced as if Medicare were the payer." in remittance.assumptions


def test_the_statement_owes_what_the_remittance_says_the_patient_owes():
    remittance = wb.price(claims([VISIT, ECG, DRAW]), deductible_met={"P1": 150})
    owed = wb.statement(remittance, "P1").owed
    assert remittance.arrow["remittance_claim"]["patient_responsibility_amount"].to_pylist() == [owed]


def test_the_waterfall_falls_from_billed_to_paid_without_a_gap():
    remittance = wb.price(claims([VISIT, ECG, DRAW]), deductible_met={"P1": 150})
    fall = remittance.waterfall("C1")
    assert fall.billed == 300
    assert [f.before for f in fall.falls] == [fall.billed, *[f.after for f in fall.falls[:-1]]]
    assert fall.falls[-1].after == fall.paid == remittance.arrow["remittance_claim"]["paid_amount"].to_pylist()[0]
    assert "status X: paid by another fee schedule, which is not modelled" in str(fall)


def test_the_picture_says_in_words_what_it_shows():
    picture = wb.price(claims([VISIT]), deductible_met={"P1": 257}).waterfall("C1").svg()
    assert 'aria-label="Waterfall of claim C1, line 1, 99213: billed $100.00, less $11.05 above the fee' in picture
    assert "<svg" in picture and "http" not in picture.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"locality": "99999-99"}, "locality '99999-99' is not loaded"),
        ({"as_if_on": "yesterday"}, "as_if_on 'yesterday' is not a date"),
        ({"deductible_met": {"P9": 10}}, "deductible_met names patient 'P9', who is on none of the claims"),
    ],
)
def test_a_wrong_question_is_refused_in_words(options, message):
    with pytest.raises(WorkbookError, match=message):
        wb.price(claims([VISIT]), **options)


CODES = ["99213", "99214", "93000", "93010", "G0439", "80053", "20610", "17000", "97110", "J3301", "ZZZZZ", "71046"]
MONEY = st.decimals(min_value=0, max_value=5000, places=2)


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(st.tuples(st.sampled_from(CODES), MONEY, st.integers(1, 9), st.sampled_from([None, "26", "25", "50"])), min_size=1, max_size=6),
    denied=st.sets(st.integers(1, 6)),
    met=st.decimals(min_value=0, max_value=400, places=2),
    off=st.decimals(min_value=-5, max_value=5, places=2),
)  # fmt: skip
def test_random_claims_balance_to_the_cent_and_their_statements_agree(lines, denied, met, off):
    rows = [{"hcpcs_code": c, "billed_amount": b, "units": Decimal(u), "modifier_1": m} for c, b, u, m in lines]
    total = sum((r["billed_amount"] for r in rows), Decimal(0)) + off
    given_claims = claims(rows, billed=total)
    refused = DENIAL.from_rows(
        {"claim_id": "C1", "line_number": n, "group_code": "CO", "carc": "236"} for n in denied if n <= len(rows)
    )
    remittance = wb.price(given_claims, denials=refused, deductible_met={"P1": met})
    assert remittance.is_balanced
    for row in remittance.arrow["remittance_claim"].to_pylist():
        assert row["patient_responsibility_amount"] == wb.statement(remittance, "P1").owed
        patient = sum(r["amount"] for r in remittance.arrow["adjustment"].to_pylist() if r["group_code"] == "PR")
        assert row["patient_responsibility_amount"] == patient
    remitted = {r["claim_id"] for r in remittance.arrow["remittance_claim"].to_pylist()}
    assert remitted | set(remittance.not_priced["claim_id"]) == {"C1"}
