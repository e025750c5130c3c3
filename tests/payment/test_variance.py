"""What a payer paid is held against what the fee schedule says; what cannot be compared says why."""

from decimal import Decimal

import pytest

import workbook as wb
from tests.payment.ledgers import answer, together
from tests.rules.test_audit import claims
from workbook.payment.variance import payment_variance
from workbook.terms import WorkbookError

MET = {"deductible_met": {"P1": 257}}
GIVEN = claims([{"hcpcs_code": "99213"}])  # allowed 88.95, patient 17.79, sequestration 1.42, paid 69.74


def only(*lines, given=GIVEN, **options):
    """The outcome and the reason of the one claim's lines, when the payer answers so."""
    found = payment_variance(given, answer("R1", [("C1", "1", [*lines])]), **{**MET, **options})
    return [(r["outcome"], str(r["difference_amount"]), r["why"]) for r in found.arrow.to_pylist()]


def test_what_is_paid_by_the_fee_schedule_is_as_expected():
    assert only(("69.74", [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")])) == [
        ("as expected", "0.00", "")
    ]


def test_what_a_later_payer_takes_back_is_not_taken_from_the_first():
    taken = [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")]
    first = answer("R1", [("C1", "1", [("69.74", taken)])])
    later = [("C1", "2", [("17.79", [("OA", "23", "82.21")])]), ("C1", "22", [("-17.79", [("OA", "23", "-82.21")])])]
    both = together(first, answer("S1", later, payer="MEDIGAP", payer_name="MEDIGAP"))
    found = payment_variance(GIVEN, both, **MET)
    assert found.summary == {"as expected": (1, 0)}


def test_a_payment_below_the_fee_schedule_is_underpaid_by_what_was_due():
    # the payer allows 80.00 and leaves 16.00 to the patient; due were 88.95 − 16.00 = 72.95 less 1.46 = 71.49; 62.72 − 71.49
    ((outcome, difference, why),) = only(("62.72", [("CO", "45", "20"), ("PR", "2", "16"), ("CO", "253", "1.28")]))
    assert (outcome, difference) == ("underpaid", "-8.77")
    assert "left $16.00 to the patient, expected were $17.79" in why


def test_a_difference_within_the_tolerance_is_as_expected():
    assert (
        only(("69.70", [("CO", "45", "11.09"), ("PR", "2", "17.79"), ("CO", "253", "1.42")]), tolerance="0.05")[0][0]
        == "as expected"
    )


def test_more_than_the_fee_schedule_is_overpaid():
    assert only(("71.16", [("CO", "45", "11.05"), ("PR", "2", "17.79")]))[0][:2] == ("overpaid", "1.42")


def test_a_deductible_that_the_payer_took_changes_only_the_share():
    # 88.95 allowed; the payer takes 50 as deductible: 20 % of 38.95 = 7.79, 31.16 less 0.62 = 30.54
    ((outcome, difference, why),) = only(
        ("30.54", [("CO", "45", "11.05"), ("PR", "1", "50"), ("PR", "2", "7.79"), ("CO", "253", "0.62")])
    )
    assert (outcome, difference) == ("share differs", "0.00")
    assert why == "left $57.79 to the patient, expected were $17.79"


def test_a_denied_line_says_by_which_reason():
    ((outcome, difference, why),) = only(("0", [("CO", "50", "100")]))
    assert (outcome, difference) == ("denied", "-69.74")
    assert why == "CO-50 $100.00: The payer does not find the service medically necessary"


def test_what_is_shown_as_due_and_paid_differs_by_the_difference():
    low = ("62.72", [("CO", "45", "20"), ("PR", "2", "16"), ("CO", "253", "1.28")])  # due 71.49
    shown = payment_variance(GIVEN, answer("R1", [("C1", "1", [low])]), **MET)._repr_html_()
    assert "<td>$88.95</td><td>$16.00</td><td>$71.49</td><td>$62.72</td><td>-$8.77</td>" in shown
    refused = payment_variance(GIVEN, answer("R1", [("C1", "1", [("0", [("CO", "50", "100")])])]), **MET)._repr_html_()
    assert "<td>$88.95</td><td>$17.79</td><td>$69.74</td><td>$0.00</td><td>-$69.74</td>" in refused


def test_a_reversed_and_corrected_line_counts_once():
    first = ("62.72", [("CO", "45", "20"), ("PR", "2", "16"), ("CO", "253", "1.28")])
    back = ("-62.72", [("CO", "45", "-20"), ("PR", "2", "-16"), ("CO", "253", "-1.28")])
    right = ("69.74", [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")])
    remittance = answer("R1", [("C1", "1", [first]), ("C1", "22", [back]), ("C1", "1", [right])])
    assert payment_variance(GIVEN, remittance, **MET).summary == {"as expected": (1, Decimal("0.00"))}


def test_what_cannot_be_compared_says_why():
    visit_and_unknown = claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "ZZZZZ"}])
    paid = ("69.74", [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")])
    assert only(paid, ("10", [("CO", "45", "90")]), given=visit_and_unknown)[1] == (
        "not compared",
        "None",
        "not priced: ZZZZZ is not in the loaded fee file",
    )
    assert only(paid, given=visit_and_unknown)[1][2] == "the payer answers the claim without this line"
    assert (
        only(paid, given=claims([{"hcpcs_code": "99213"}], claim_filing_code="CI"))[0][2]
        == "filing code CI: the rates of this payer's contract are not given (plan)"
    )
    assert only(("0", [("OA", "133", "100")]))[0][2] == "the payer has not decided $100.00 of it"
    assert only(paid, paid)[1][2] == "the claim, or the line on it, is not among those given"
    unanswered = payment_variance(GIVEN, answer("R1", []), **MET)
    assert unanswered.arrow["why"].to_pylist() == ["no payer answers it"]
    assert repr(unanswered) == "1 not compared"


def test_our_own_price_is_as_expected_in_every_line():
    given = claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}, {"hcpcs_code": "G0439"}])
    found = payment_variance(given, wb.price(given, deductible_met={"P1": 200}), deductible_met={"P1": 200})
    assert found.summary == {"as expected": (3, Decimal("0.00"))}


def test_a_plans_payment_is_held_against_the_plans_own_terms():
    given = claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}], claim_filing_code="CI")
    paid = wb.price(given, plan="GOLD")
    assert payment_variance(given, paid, plan="GOLD").summary == {"as expected": (2, Decimal("0.00"))}
    assert payment_variance(given, paid, plan="SILVER").summary.keys() != {"as expected"}
    medicare = claims([{"hcpcs_code": "99213"}])
    assert payment_variance(medicare, wb.price(medicare), plan="GOLD").arrow["why"].to_pylist() == [
        "filing code MB: Medicare does not pay by plan GOLD"
    ]


def test_where_all_was_expected_of_the_patient_what_the_payer_pays_is_still_less_sequestration():
    # expected: 88.95 of deductible; the payer found it met: 71.16 due, less 1.42
    ((outcome, difference, _),) = only(
        ("69.74", [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")]), deductible_met=None
    )
    assert (outcome, difference) == ("share differs", "0.00")


@pytest.mark.parametrize(
    ("tolerance", "says"), [("-1", "a tolerance is zero or more"), ("some", "'some' is not an amount")]
)
def test_a_wrong_tolerance_is_refused_in_words(tolerance, says):
    with pytest.raises(WorkbookError, match=says):
        only(("0", []), tolerance=tolerance)
