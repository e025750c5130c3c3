"""A corrected or voided claim is answered by the reversal of the old payment and the new decision, to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbook as wb
from tests.payment.ledgers import amounts
from tests.rules.test_audit import claims
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE
from workbook.payment.corrections import reversal_and_correction
from workbook.payment.posting import post
from workbook.payment.tables import DENIAL
from workbook.terms import WorkbookError

MET = {"deductible_met": {"P1": 257}}
READ_BACK = ("remittance", "remittance_claim", "remittance_line", "adjustment", "remark", "provider_adjustment")


def original():
    given = claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}], payer_id="10112", payer_name="SAMPLE MEDICARE")
    return given, wb.price(given, **MET)


def corrected(lines, frequency="7", **facts):
    """The claim C1 sent again as C2, naming the payer's number."""
    facts = {"original_claim_id": "R000001-00001", "patient_control_number": "C1", **facts}
    sent = claims(
        lines,
        payer_id="10112",
        payer_name="SAMPLE MEDICARE",
        frequency_code=frequency,
        received=date(2025, 12, 1),
        **facts,
    )
    tables = {
        t.name: t.from_rows({**r, "claim_id": "C2"} for r in sent.arrow[t.name].to_pylist())
        for t in (CLAIM, CLAIM_LINE, CLAIM_DIAGNOSIS)
    }
    return Claims(tables)


def test_the_old_payment_is_negated_and_stands_before_the_new_one():
    _, first = original()
    again = corrected([{"hcpcs_code": "99214"}, {"hcpcs_code": "93000"}])
    both = reversal_and_correction(first, wb.price(again, **MET))
    back, new = both.arrow["remittance_claim"].to_pylist()
    assert (back["claim_id"], back["claim_status_code"], back["payer_claim_id"]) == ("C1", "22", "R000001-00001")
    # 99213 pays 69.74; 93000: 0.43 RVU × 32.3465 = 13.91, less 2.78, less 2 % of 11.13 (0.22) = 10.91; 80.65 in all, 17.79 + 2.78
    assert (back["billed_amount"], back["paid_amount"], back["patient_responsibility_amount"]) == (
        -200,
        Decimal("-80.65"),
        Decimal("-20.57"),
    )
    assert (new["claim_id"], new["claim_status_code"], new["payer_claim_id"]) == ("C2", "1", "R000002-00002")
    assert both.arrow["remittance"]["remittance_id"].to_pylist() == ["R000002"]  # the first one is taken
    taken = [
        (a["group_code"], a["carc"], str(a["amount"]))
        for a in both.arrow["adjustment"].to_pylist()
        if a["claim_id"] == "C1" and a["line_number"] == 1
    ]
    assert taken == [("CO", "45", "-11.05"), ("PR", "2", "-17.79"), ("CO", "253", "-1.42")]
    assert both.is_balanced


def test_it_is_written_as_an_835_and_comes_back_equal(tmp_path):
    _, first = original()
    both = reversal_and_correction(
        first, wb.price(corrected([{"hcpcs_code": "99214"}, {"hcpcs_code": "93000"}]), **MET)
    )
    wb.write_835(both, tmp_path / "corrected.835")
    again = wb.read_remittance(tmp_path / "corrected.835")
    assert again.is_balanced
    assert {name: again.arrow[name] for name in READ_BACK} == {name: both.arrow[name] for name in READ_BACK}


def test_a_smaller_payment_is_carried_forward_not_paid_below_nothing(tmp_path):
    _, first = original()
    both = reversal_and_correction(first, wb.price(corrected([{"hcpcs_code": "93000"}]), **MET))
    (payment,) = both.arrow["remittance"].to_pylist()
    (beside,) = both.arrow["provider_adjustment"].to_pylist()
    assert (payment["payment_amount"], payment["payment_method"]) == (0, "NON")
    assert (beside["reason_code"], beside["amount"]) == ("FB", Decimal("-69.74"))  # 10.91 − 80.65
    assert both.is_balanced
    wb.write_835(both, tmp_path / "less.835")
    assert wb.read_remittance(tmp_path / "less.835").arrow["provider_adjustment"] == both.arrow["provider_adjustment"]


def test_a_void_is_the_reversal_alone():
    _, first = original()
    both = reversal_and_correction(
        first, wb.price(corrected([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}], "8"), **MET)
    )
    assert [(c["claim_id"], c["claim_status_code"]) for c in both.arrow["remittance_claim"].to_pylist()] == [
        ("C1", "22")
    ]
    assert both.arrow["remittance"]["payment_date"].to_pylist() == [date(2025, 12, 15)]  # received 1 December
    assert both.is_balanced


def test_a_void_is_reversed_on_the_day_that_was_asked_for():
    _, first = original()
    void = wb.price(corrected([{"hcpcs_code": "99213"}], "8"), payment_date="2026-01-05", **MET)
    both = reversal_and_correction(first, void)
    assert both.arrow["remittance"]["payment_date"].to_pylist() == [date(2026, 1, 5)]


def test_a_void_is_no_charge_for_new_services_and_is_not_denied():
    refused = DENIAL.from_rows([{"claim_id": "C2", "line_number": 1, "group_code": "CO", "carc": "236"}])
    void = wb.price(corrected([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}], "8"), denials=refused, **MET)
    assert void.not_priced["not_priced_reason"].tolist() == [
        "a void takes back claim R000001-00001: it asks for no payment"
    ] * 2  # fmt: skip
    assert void.arrow["remittance_claim"].num_rows == 0
    assert {r[c] for r in void.arrow_lines.to_pylist() for c in ("allowed_amount", "paid_amount", "denial_carc")} == {
        None
    }


def test_a_replacement_is_priced_as_any_claim():
    again = wb.price(corrected([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}]), **MET)
    assert [str(r["paid_amount"]) for r in again.arrow_lines.to_pylist()] == ["69.74", "10.91"]


def test_a_void_neither_uses_the_deductible_nor_reduces_what_stands_on_other_claims():
    """Two procedures of one session: the void of the higher one leaves the other in full."""
    kept = claims([{"hcpcs_code": "20610"}])
    void = corrected([{"hcpcs_code": "17110"}], "8", patient_control_number="C0")
    both = Claims(
        {
            t.name: t.from_rows(kept.arrow[t.name].to_pylist() + void.arrow[t.name].to_pylist())
            for t in (CLAIM, CLAIM_LINE)
        }
    )
    alone, beside = (
        [
            (str(r["fee_amount"]), str(r["deductible_amount"]), str(r["paid_amount"]))
            for r in wb.price(found).arrow_lines.to_pylist()
            if r["claim_id"] == "C1"
        ]
        for found in (kept, both)
    )
    assert alone == beside == [("63.40", "63.40", "0.00")]


CODES = st.lists(
    st.tuples(st.sampled_from(["99213", "99214", "93000", "G0439", "ZZZZZ"]), st.integers(1, 40_000)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=8, deadline=None)
@given(before=CODES, after=CODES, frequency=st.sampled_from(["7", "8"]))
def test_the_ledger_holds_the_corrected_claim_alone(before, after, frequency):
    def lines(pairs):
        return [{"hcpcs_code": code, "billed_amount": Decimal(cents) / 100} for code, cents in pairs]

    facts = {"payer_id": "10112", "payer_name": "SAMPLE MEDICARE"}
    given = claims(lines(before), **facts)
    first = wb.price(given, **MET)
    if not first.arrow["remittance_claim"].num_rows:
        return  # not one line has a price: there is no payment to take back
    again = corrected(lines(after), frequency)
    if frequency == "7" and not wb.price(again, **MET).arrow["remittance_claim"].num_rows:
        return
    both = reversal_and_correction(first, wb.price(again, **MET))
    ledger = post(post(None, given, first), again, both)
    alone = post(None, corrected(lines(after)), wb.price(again, **MET))
    assert both.is_balanced
    assert amounts(ledger, "C1") == {}
    assert amounts(ledger, "C2") == ({} if frequency == "8" else amounts(alone, "C2"))


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (
            {"original_claim_id": "ICN9", "patient_control_number": "X"},
            r"claim C2 \(frequency 7\) names the payer's claim ICN9",
        ),
        ({"original_claim_id": None, "patient_control_number": None}, "names the payer's claim None"),
    ],
)
def test_an_original_that_is_not_there_is_refused_in_words(facts, says):
    _, first = original()
    with pytest.raises(WorkbookError, match=says):
        reversal_and_correction(first, wb.price(corrected([{"hcpcs_code": "99213"}], **facts), **MET))


def test_a_replacement_without_a_price_leaves_the_old_payment_where_it_is():
    _, first = original()
    with pytest.raises(WorkbookError, match="claim C2 replaces another, and not one line of it has a price"):
        reversal_and_correction(first, wb.price(corrected([{"hcpcs_code": "ZZZZZ"}]), **MET))


def test_a_payment_is_taken_back_once():
    _, first = original()
    both = reversal_and_correction(first, wb.price(corrected([{"hcpcs_code": "99213"}], "8"), **MET))
    with pytest.raises(WorkbookError, match="the payment of C1 was taken back already"):
        reversal_and_correction(both, wb.price(corrected([{"hcpcs_code": "99213"}]), **MET))
