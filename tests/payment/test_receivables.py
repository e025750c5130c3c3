"""What is owed is somebody's, has an age, and adds up to the ledger; each number of the month says how it came about."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from tests.payment.ledgers import answer, claims_of
from workbook.payment.ledger import Ledger
from workbook.payment.measures import month_numbers
from workbook.payment.posting import post, record
from workbook.payment.receivables import receivables
from workbook.terms import WorkbookError

VISIT = [("64", [("CO", "45", "20"), ("PR", "2", "16")])]
DENIED = [("0", [("CO", "50", "40")])]


def year():
    """C1 paid, C2 denied, C3 not answered; all served on 3 November 2025, and answered on 24 November."""
    return post(
        None,
        claims_of({"C1": ["100"], "C2": ["40"], "C3": ["60"]}),
        answer("R1", [("C1", "1", VISIT), ("C2", "4", DENIED)]),
    )


@pytest.mark.parametrize(
    ("on", "age"),
    [
        ("2025-12-03", "0–30"),
        ("2025-12-04", "31–60"),
        ("2026-01-02", "31–60"),
        ("2026-01-03", "61–90"),
        ("2026-02-02", "91–120"),
        ("2026-03-03", "91–120"),
        ("2026-03-04", "over 120"),
    ],
)
def test_age_runs_from_the_first_day_of_service(on, age):
    # 30 days after 3 November is 3 December; 60 is 2 January, 90 is 1 February, 120 is 3 March
    assert set(receivables(year(), on).arrow["age"].to_pylist()) == {age}


def test_each_open_item_is_with_a_payer_a_patient_or_denied():
    items = [
        (r["claim_id"], r["account"], r["party"], r["amount"])
        for r in receivables(year(), "2025-12-31").arrow.to_pylist()
    ]
    assert items == [
        ("C3", "receivable from payer", "10112", 60),
        ("C2", "denied claims", "10112", 40),
        ("C1", "receivable from patient", "P1", 16),
    ]


def test_before_the_payer_answered_the_whole_charge_was_its_own():
    assert receivables(year(), "2025-11-20").by_age("account") == {("receivable from payer",): {"0–30": 200}}


def test_a_patients_early_payment_is_a_credit_not_a_debt():
    ledger = record(post(None, claims_of({"C1": ["100"]})), "patient payment", "C1", 25, "2025-11-03")
    found = receivables(ledger, "2025-12-31")
    assert found.by_age("account")["receivable from patient",] == {"credit": -25}
    assert found.total == 75


def test_the_list_adds_up_to_the_ledger_and_is_written_for_its_owner(tmp_path):
    ledger = year()
    found = receivables(ledger, "2026-01-31")
    assert found.total == sum(
        ledger.balances()[a] for a in ("receivable from payer", "receivable from patient", "denied claims")
    )
    assert found.write(tmp_path / "r.csv").stat().st_mode & 0o777 == 0o600
    assert "denied claims" in str(found)


def test_the_picture_says_in_words_what_it_shows():
    picture = receivables(year(), "2025-12-31").svg()
    assert 'aria-label="Receivables by age on 2025-12-31: 0–30 days $0.00, 31–60 days $116.00' in picture
    assert "<svg" in picture and "http" not in picture.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("ledger", "on", "says"),
    [(Ledger(), "2025-12-31", "no entry up to 2025-12-31"), (year(), "soon", "on 'soon' is not a date")],
)
def test_a_wrong_question_is_refused_in_words(ledger, on, says):
    with pytest.raises(WorkbookError, match=says):
        receivables(ledger, on)


def numbers(month="2025-11", **options):
    remittance = answer("R1", [("C1", "1", VISIT), ("C2", "4", DENIED)])
    given = claims_of({"C1": ["100"], "C2": ["40"], "C3": ["60"]})
    return month_numbers(post(None, given, remittance), remittance, month, **options)


def test_the_numbers_of_a_month_are_those_of_its_formulas():
    found = numbers(claims=claims_of({"C1": ["100"], "C2": ["40"], "C3": ["60"]}), stopped=["C2"])
    assert found["initial_denial_rate_claims"].value == Decimal("0.5")  # C2 of C1 and C2
    assert found["initial_denial_rate_dollars"].shown == "28.6 %"  # 40 of 140
    assert found["gross_collection_rate"].value == Decimal("0.32")  # 64 of 200
    assert found["net_collection_rate"].shown == "35.6 %"  # 64 of 200 − 20
    # 60 + 40 + 16 owed; 200 charged in 90 days: 116 × 90 ÷ 200 = 52.2 days (2.22 a day, rounded, would make it 52.3)
    assert (found["days_in_receivables"].shown, found["days_in_receivables"].parts) == (
        "52.2 days", "$116.00 ÷ ($200.00 ÷ 90 days)",
    )  # fmt: skip
    assert found["share_over_90_days"].value == 0
    assert found["clean_claim_rate"].shown == "66.7 %"  # C1 and C3 of three


def test_interest_and_what_is_to_be_refunded_are_not_collected():
    # 64 are paid, and 64 again by mistake, with 1.50 of interest: collected are 64 of 100, or of 100 − 20
    paid = [answer("R1", [("C1", "1", VISIT)], beside=[("L6", "-1.50")]), answer("R2", [("C1", "1", VISIT)])]
    found = month_numbers(post(None, claims_of({"C1": ["100"]}), paid), paid[0], "2025-11")
    assert found["gross_collection_rate"].parts == "$64.00 ÷ $100.00"
    assert found["net_collection_rate"].parts == "$64.00 ÷ $80.00"


def test_every_number_has_its_formula_and_its_authority():
    for measure in numbers().measures:
        assert measure.formula and measure.authority.url and measure.period
        assert str(measure.authority) in str(numbers())


def test_a_number_without_its_data_says_why():
    found = numbers("2026-10", days=30)
    assert (
        found["clean_claim_rate"].shown
        == "not measured: give the claims, and which of them an edit stopped (an audit's findings)"
    )
    assert found["initial_denial_rate_claims"].shown == "not measured: no claim was first answered in the month"
    assert found["gross_collection_rate"].shown == "not measured: no charge in the period"


def test_a_second_answer_does_not_count_as_a_first():
    again = answer(
        "R2", [("C2", "22", [("0", [("CO", "50", "-40")])]), ("C2", "1", [("40", [])])], paid_on=date(2025, 12, 5)
    )
    first = answer("R1", [("C2", "4", DENIED)])
    both = type(first)({name: pa_concat(first, again, name) for name in first.arrow})
    ledger = post(None, claims_of({"C2": ["40"]}), [first, again])
    assert month_numbers(ledger, both, "2025-11")["initial_denial_rate_claims"].value == 1
    assert month_numbers(ledger, both, "2025-12")["initial_denial_rate_claims"].value is None


def pa_concat(first, again, name):
    import pyarrow as pa

    return pa.concat_tables([first.arrow[name], again.arrow[name]])


@pytest.mark.parametrize(
    ("options", "says"),
    [({"month": "October"}, "'October' is not a month"), ({"days": 0}, "a period has at least one day")],
)
def test_a_wrong_month_is_refused_in_words(options, says):
    with pytest.raises(WorkbookError, match=says):
        numbers(**options)


def test_an_unknown_number_is_refused_with_the_list():
    with pytest.raises(WorkbookError, match="no number is called 'luck'; they are initial_denial_rate_claims"):
        numbers()["luck"]


def test_the_practices_year_has_its_numbers():
    given, remittance = (
        wb.read_claims("sample_data/claims/tables"),
        wb.read_remittance("sample_data/claims/remittance.835"),
    )
    found = month_numbers(post(None, given, remittance), remittance, "2025-10")
    assert found["initial_denial_rate_claims"].parts == "5 ÷ 56"
    assert "<script" not in found._repr_html_()
