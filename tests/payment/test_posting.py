"""Every cent of a charge is somewhere, and two looks at one claim never see different sums."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbook as wb
from tests.claims.x12.test_public_files import PUBLIC, REMITTANCES
from tests.payment.ledgers import amounts, answer, claims_of
from tests.rules.test_audit import claims
from workbook.payment.ledger import Ledger, read_ledger
from workbook.payment.posting import post, record
from workbook.payment.tables import DENIAL
from workbook.terms import WorkbookError

VISIT = [("64", [("CO", "45", "20"), ("PR", "2", "16")])]


def assert_every_entry_balances(ledger):
    sums = {}
    for row in ledger.arrow.to_pylist():
        assert (row["debit"] > 0) != (row["credit"] > 0)
        sums[row["entry_id"]] = sums.get(row["entry_id"], 0) + row["debit"] - row["credit"]
    assert set(sums.values()) <= {0}


def test_a_charge_waits_for_the_payer_until_it_answers():
    charged = post(None, claims_of({"C1": ["100"]}))
    assert amounts(charged) == {"receivable from payer": "100.00", "patient service revenue": "100.00"}
    paid = post(charged, remittance=answer("R1", [("C1", "1", VISIT)]))
    assert amounts(paid) == {
        "receivable from patient": "16.00",
        "cash": "64.00",
        "contractual adjustment": "20.00",
        "patient service revenue": "100.00",
    }
    assert paid.problems == ()


def test_what_is_denied_stays_open_and_what_is_pending_stays_with_the_payer():
    lines = [*VISIT, ("0", [("CO", "97", "50")]), ("0", [("OA", "133", "30")])]
    ledger = post(None, claims_of({"C1": ["100", "50", "30"]}), answer("R1", [("C1", "1", lines)]))
    assert amounts(ledger)["denied claims"] == "50.00"
    assert amounts(ledger)["receivable from payer"] == "30.00"


def test_the_second_payer_takes_over_what_the_first_left_to_the_patient():
    first = answer("R1", [("C1", "1", VISIT)])
    second = answer("S1", [("C1", "2", [("13", [("OA", "23", "84"), ("PR", "2", "3")])])], payer="MEDIGAP")
    ledger = post(None, claims_of({"C1": ["100"]}), [first, second])
    assert amounts(ledger) == {
        "receivable from patient": "3.00",
        "cash": "77.00",
        "contractual adjustment": "20.00",
        "patient service revenue": "100.00",
    }
    assert ledger.problems == ()


def test_a_claim_sent_on_to_the_second_payer_is_charged_once():
    sent_on = claims_of({"C1#2": ["100"]}, payer_sequence="S", patient_control_number="C1", payer_id="MEDIGAP")
    ledger = post(post(None, claims_of({"C1": ["100"]}, payer_sequence="P")), sent_on)
    assert amounts(ledger) == {"receivable from payer": "100.00", "patient service revenue": "100.00"}
    assert amounts(post(None, sent_on))["patient service revenue"] == "100.00"  # where the first claim is not on file


def test_a_second_payer_that_counts_its_contract_from_the_full_charge_still_settles_the_rest():
    # Medicaid allows 50, less than Medicare paid: it pays nothing, and the patient owes nothing
    second = answer("S1", [("C1", "2", [("0", [("CO", "45", "36"), ("OA", "23", "64")])])], payer="MEDICAID")
    ledger = post(None, claims_of({"C1": ["100"]}), [answer("R1", [("C1", "1", VISIT)]), second])
    assert amounts(ledger) == {"cash": "64.00", "contractual adjustment": "36.00", "patient service revenue": "100.00"}
    assert ledger.problems == ()


def test_a_reversal_and_its_correction_leave_the_correction_alone():
    back = [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])]
    again = [("40", [("CO", "45", "50"), ("PR", "2", "10")])]
    both = answer("R2", [("C1", "22", back), ("C1", "1", again)], beside=[("FB", "-24")])
    ledger = post(None, claims_of({"C1": ["100"]}), [answer("R1", [("C1", "1", VISIT)]), both])
    assert amounts(ledger, "C1") == amounts(
        post(None, claims_of({"C1": ["100"]}), answer("R3", [("C1", "1", again)])), "C1"
    )
    # 64 − 64 + 40 + 24 carried forward: the second remittance pays nothing, and 24 are owed to the payer
    assert amounts(ledger)["cash"] == "64.00"
    assert amounts(ledger)["balance forward"] == "-24.00"
    assert_every_entry_balances(ledger)


def test_a_claim_paid_twice_is_a_refund_due_and_said():
    ledger = post(
        None, claims_of({"C1": ["100"]}), [answer("R1", [("C1", "1", VISIT)]), answer("R2", [("C1", "1", VISIT)])]
    )
    assert amounts(ledger) == {
        "receivable from patient": "16.00",
        "cash": "128.00",
        "contractual adjustment": "20.00",
        "refund due": "64.00",
        "patient service revenue": "100.00",
    }
    assert ledger.problems == (
        "claim C1 in remittance R2: it answers for $100.00 where $0.00 are outstanding; $64.00 are a refund due",
    )


def test_a_later_payers_refusal_of_the_whole_charge_takes_nothing_and_is_said():
    second = answer("S1", [("C1", "4", [("0", [("CO", "96", "100")])])], payer="MEDIGAP")
    ledger = post(None, claims_of({"C1": ["100"]}), [answer("R1", [("C1", "1", VISIT)]), second])
    assert amounts(ledger)["receivable from patient"] == "16.00"
    assert ledger.problems == (
        "claim C1 in remittance S1: it answers for $100.00 where $0.00 are outstanding; what goes beyond was not posted",
    )


def test_interest_and_recoveries_stand_beside_the_claims():
    ledger = post(
        None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)], beside=[("L6", "-1.50"), ("WO", "10")])
    )
    found = amounts(ledger)
    assert (found["cash"], found["interest received"], found["refund due"]) == (
        "55.50",
        "1.50",
        "-10.00",
    )  # 64 + 1.50 − 10


def test_a_payment_made_twice_is_recovered_on_its_claim_and_can_be_refunded_no_more():
    twice = [answer("R1", [("C1", "1", VISIT)]), answer("R2", [("C1", "1", VISIT)])]
    ledger = post(None, claims_of({"C1": ["100"], "C2": ["100"]}), twice)
    assert amounts(ledger, "C1")["refund due"] == "64.00"
    taken = answer("R3", [("C2", "1", VISIT)])
    rows = {name: table.to_pylist() for name, table in taken.arrow.items()}
    rows["remittance"][0]["payment_amount"] -= 64
    for reference in ("R1-C1", "20251103 R1-C1"):  # the payer's number alone, or beside the day of service
        rows["provider_adjustment"] = [
            {"remittance_id": "R3", "reason_code": "WO", "reference": reference, "amount": Decimal(64)}
        ]
        taken = type(taken)({name: taken._declared[name].from_rows(found) for name, found in rows.items()})
        after = post(ledger, remittance=taken)
        assert "refund due" not in amounts(after, "C1")
        assert amounts(after)["cash"] == "128.00"  # 64 for each claim
        with pytest.raises(WorkbookError, match="stand"):
            record(after, "refund", "C1", 64, "2025-12-20")
    # the recovery is no answer: the claim's own payment can still be reversed
    back = answer("R4", [("C1", "22", [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])])], beside=[("FB", "-64")])
    assert post(after, remittance=back).problems == ()


def test_a_provider_adjustment_that_no_page_knows_is_said():
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)], beside=[("ZZ", "5")]))
    assert amounts(ledger)["other provider adjustment"] == "5.00"
    assert ledger.problems == (
        "remittance R1: provider adjustment ZZ of $5.00 is on no page; it stands on other provider adjustment",
    )


def test_a_reason_code_that_no_page_knows_is_denied_and_said():
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "4", [("0", [("CO", "999", "100")])])]))
    assert amounts(ledger)["denied claims"] == "100.00"
    assert "CO-999 is on no page" in ledger.problems[0]


def test_nothing_is_posted_twice():
    given, paid = claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)])
    once = post(None, given, paid)
    twice = post(once, given, paid)
    assert twice.arrow == once.arrow
    assert twice.problems == ("remittance R1 was posted before; nothing of it was posted again",)
    changed = post(once, claims_of({"C1": ["120"]}))
    assert changed.arrow == once.arrow
    assert "in the ledger with $100.00, and comes again with $120.00" in changed.problems[0]


def test_a_remittance_that_does_not_balance_is_not_posted():
    paid = answer("R1", [("C1", "1", VISIT)])
    rows = {name: table.to_pylist() for name, table in paid.arrow.items()}
    rows["remittance"][0]["payment_amount"] += 1
    broken = type(paid)({name: paid._declared[name].from_rows(found) for name, found in rows.items()})
    ledger = post(None, claims_of({"C1": ["100"]}), broken)
    assert amounts(ledger)["receivable from payer"] == "100.00"
    assert "remittance R1 does not balance (transaction R1 is off by $1.00) and was not posted" in ledger.problems[0]


def test_an_answer_without_its_claim_is_posted_as_stated_and_said():
    ledger = post(None, None, answer("R1", [("C1", "1", VISIT)]))
    assert amounts(ledger)["receivable from patient"] == "16.00"
    assert ledger.problems == (
        "1 claim was answered but not posted itself (C1); the charge is that which the remittance states",
    )


def test_claims_that_share_a_number_are_told_apart_by_their_charges():
    sent = claims_of({"C1": ["100"], "C1#2": ["60"]}, patient_control_number="C1")
    second = [("60", [])]
    ledger = post(None, sent, answer("R1", [("C1", "1", second), ("C1", "1", VISIT)]))
    assert ledger.problems == ()
    assert (amounts(ledger)["cash"], amounts(ledger)["receivable from patient"]) == ("124.00", "16.00")


def test_claims_that_share_a_number_and_were_not_posted_are_charged_each_as_stated():
    path = PUBLIC / next(f["file"] for f in REMITTANCES if "multiple-claims-single-check" in f["file"])
    remittance = wb.read_remittance(path)
    ledger = post(None, None, remittance)
    stated = remittance.arrow["remittance_claim"].to_pylist()
    assert len({c["claim_id"] for c in stated}) == 1 and len(stated) == 9
    balances = ledger.balances()
    assert balances["patient service revenue"] == sum(c["billed_amount"] for c in stated)
    assert balances["refund due"] == 0 and balances["cash"] == sum(c["paid_amount"] for c in stated)


def test_claims_of_an_earlier_run_that_share_a_number_are_told_apart_by_the_payers_numbers(tmp_path):
    # R1-C1 and R2-C1 are the payer's numbers; the first ledger is written and read back, as between two months
    path = post(None, None, answer("R1", [("C1", "1", VISIT)])).write(tmp_path / "ledger.csv")
    second = post(read_ledger(path), None, answer("R2", [("C1", "1", VISIT)]))
    assert amounts(second, "C1") == amounts(second, "C1#2")
    assert (amounts(second)["patient service revenue"], amounts(second)["cash"]) == ("200.00", "128.00")
    assert "refund due" not in amounts(second)


def test_of_claims_that_share_a_number_that_one_is_reversed_whose_payers_number_is_named():
    first = post(None, None, answer("R1", [("C1", "1", VISIT)]))
    both = post(first, None, answer("R2", [("C1", "1", VISIT)]))
    back = answer("R3", [("C1", "22", [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])])], beside=[("FB", "-64")])
    rows = {name: table.to_pylist() for name, table in back.arrow.items()}
    rows["remittance_claim"][0]["payer_claim_id"] = "R2-C1"
    back = type(back)({name: back._declared[name].from_rows(found) for name, found in rows.items()})
    ledger = post(both, None, back)
    assert amounts(ledger, "C1") == amounts(first, "C1")
    assert amounts(ledger, "C1#2") == {"receivable from payer": "100.00", "patient service revenue": "100.00"}


def test_the_payers_same_number_in_a_later_run_is_the_same_claim_paid_twice(tmp_path):
    path = post(None, None, answer("R1", [("C1", "1", VISIT)])).write(tmp_path / "ledger.csv")
    again = answer("R2", [("C1", "1", VISIT)])
    rows = {name: table.to_pylist() for name, table in again.arrow.items()}
    rows["remittance_claim"][0]["payer_claim_id"] = "R1-C1"
    again = type(again)({name: again._declared[name].from_rows(found) for name, found in rows.items()})
    assert amounts(post(read_ledger(path), None, again))["refund due"] == "64.00"


UNPROCESSABLE = [("0", [("CO", "16", "100")])]


def test_a_claim_that_was_refused_and_sent_again_as_new_is_paid_and_no_refund():
    refused, paid = answer("R1", [("C1", "4", UNPROCESSABLE)]), answer("R2", [("C1", "1", VISIT)])
    ledger = post(post(None, claims_of({"C1": ["100"]}), refused), remittance=paid)
    assert amounts(ledger) == amounts(post(None, claims_of({"C1": ["100"]}), paid))
    assert ledger.problems == ()
    assert_every_entry_balances(ledger)


def test_a_claim_as_stated_that_was_refused_and_sent_again_is_charged_once():
    ledger = post(None, None, answer("R1", [("C1", "4", UNPROCESSABLE)]))
    ledger = post(ledger, None, answer("R2", [("C1", "1", VISIT)]))
    assert amounts(ledger)["patient service revenue"] == "100.00"
    assert "denied claims" not in amounts(ledger)


@pytest.mark.parametrize("kind", ["write-off of a denial", "denial to patient"])
@pytest.mark.parametrize("reversal", [(), (("C1", "22", [("0", [("CO", "16", "-100")])]),)])
def test_what_was_given_up_is_taken_back_when_it_is_paid_after_all(kind, reversal):
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "4", UNPROCESSABLE)]))
    given_up = record(ledger, kind, "C1", 70, "2025-12-20")
    paid = post(given_up, remittance=answer("R2", [*reversal, ("C1", "1", VISIT)]))
    assert amounts(paid) == amounts(post(None, claims_of({"C1": ["100"]}), answer("R3", [("C1", "1", VISIT)])))
    assert paid.problems == (f"claim C1: {kind} of $70.00 was taken back, since the payer decided after all",)
    assert_every_entry_balances(paid)


def test_what_was_written_off_stays_when_it_is_refused_as_a_duplicate_of_a_paid_line():
    lines = [*VISIT, ("0", [("CO", "50", "40")])]
    ledger = post(None, claims_of({"C1": ["100", "40"]}), answer("R1", [("C1", "1", lines)]))
    ledger = record(ledger, "write-off of a denial", "C1", 40, "2025-12-20")
    twice = post(ledger, remittance=answer("R2", [("C1", "1", VISIT)]))
    assert (amounts(twice)["write-off"], amounts(twice)["refund due"]) == ("40.00", "64.00")


def test_the_right_payer_decides_what_the_wrong_one_refused():
    wrong = answer("R1", [("C1", "4", [("0", [("CO", "109", "100")])])])
    ledger = post(None, claims_of({"C1": ["100"]}), [wrong, answer("S1", [("C1", "1", VISIT)], payer="PLAN")])
    assert amounts(ledger)["receivable from patient"] == "16.00"
    assert not {"denied claims", "refund due"} & set(amounts(ledger))


def test_a_later_payer_decides_what_the_first_refused_on_the_lines_that_it_answers_and_no_other():
    # the first refuses lines 2 and 3; the second pays 30 of line 2, and leaves line 3 as it is
    first = answer("R1", [("C1", "1", [*VISIT, ("0", [("CO", "96", "50")]), ("0", [("CO", "50", "40")])])])
    second = answer(
        "S1", [("C1", "2", [("16", [("OA", "23", "84")]), ("30", [("CO", "45", "20")]), ("0", [("OA", "23", "40")])])],
        payer="PLAN",
    )  # fmt: skip
    ledger = post(None, claims_of({"C1": ["100", "50", "40"]}), [first, second])
    assert amounts(ledger) == {
        "denied claims": "40.00",
        "cash": "110.00",  # 64 + 16 + 30
        "contractual adjustment": "40.00",  # 20 + 20
        "patient service revenue": "190.00",
    }
    assert ledger.problems == ()


def test_a_second_payment_of_a_paid_line_is_a_refund_though_another_line_was_refused():
    lines = [*VISIT, ("0", [("CO", "50", "40")])]
    ledger = post(None, claims_of({"C1": ["100", "40"]}), answer("R1", [("C1", "1", lines)]))
    ledger = post(ledger, remittance=answer("R2", [("C1", "1", VISIT)]))
    assert (amounts(ledger)["denied claims"], amounts(ledger)["refund due"]) == ("40.00", "64.00")


def test_a_reversal_of_the_second_decision_brings_the_refusal_back():
    back = [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])]
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "4", UNPROCESSABLE)]))
    paid = post(ledger, remittance=answer("R2", [("C1", "1", VISIT)]))
    taken = post(paid, remittance=answer("R3", [("C1", "22", back)], beside=[("FB", "-64")]))
    assert amounts(taken, "C1") == amounts(ledger, "C1")


def test_a_predetermination_is_owed_by_nobody_and_said():
    asked = answer("R1", [("C1", "25", [("0", [("PR", "2", "20"), ("OA", "101", "80")])])])
    ledger = post(None, None, asked)
    assert amounts(ledger) == {}
    assert ledger.problems == (
        "claim C1 in remittance R1 tells what would be paid (status 25, a predetermination); nothing of it is owed, "
        "and nothing was posted",
    )


def test_a_reversal_of_what_was_never_posted_is_said():
    ledger = post(
        None,
        claims_of({"C1": ["100"]}),
        answer("R1", [("C1", "22", [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])])], beside=[("FB", "-64")]),
    )
    assert "it reverses a payment of $64.00 that was never posted" in ledger.problems[0]
    assert_every_entry_balances(ledger)


def replacement(original, number, charge, frequency="7"):
    return claims_of(
        {"C2": [charge]}, frequency_code=frequency, original_claim_id=number, patient_control_number=original
    )


def test_a_replacement_takes_the_place_of_a_denied_claim_when_it_is_answered():
    denied = answer("R1", [("C1", "4", [("0", [("CO", "4", "100")])])])
    first = post(None, claims_of({"C1": ["100"]}), denied)
    waiting = post(first, replacement("C1", "R1-C1", "110"))
    assert amounts(waiting) == amounts(first)
    assert waiting.problems == (
        "claim C2 replaces C1 and is not posted before a payer answers it; give it again with the remittance that does",
    )
    paid = answer("R2", [("C2", "1", [("64", [("CO", "45", "30"), ("PR", "2", "16")])])])
    done = post(first, replacement("C1", "R1-C1", "110"), paid)
    assert amounts(done, "C1") == {}
    assert amounts(done) == {
        "receivable from patient": "16.00",
        "cash": "64.00",
        "contractual adjustment": "30.00",
        "patient service revenue": "110.00",
    }
    assert done.problems == ()


def test_what_the_patient_paid_goes_with_the_claim_that_replaces_the_first():
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)]))
    ledger = record(ledger, "patient payment", "C1", 16, "2025-12-20")
    back = ("C1", "22", [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])])
    again = ("C2", "1", [("60", [("CO", "45", "30"), ("PR", "2", "20")])])
    ledger = post(ledger, replacement("C1", "R1-C1", "110"), answer("R2", [back, again], beside=[("FB", "-4")]))
    assert amounts(ledger, "C1") == {}
    assert amounts(ledger, "C2")["receivable from patient"] == "4.00"  # 20 less the 16 paid before
    assert ledger.problems == ()
    assert_every_entry_balances(ledger)


def test_a_replacement_of_nothing_known_is_a_charge_and_said():
    ledger = post(None, replacement("C1", "ICN9", "110"))
    assert amounts(ledger)["receivable from payer"] == "110.00"
    assert "names the payer's claim ICN9, which is not in the ledger" in ledger.problems[0]


def test_a_replacement_that_names_nothing_says_so():
    ledger = post(None, replacement(None, None, "110"))
    assert "names no claim of the payer (REF*F8), and none in the ledger bears its number" in ledger.problems[0]


def test_a_void_leaves_nothing():
    back = [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])]
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)]))
    ledger = post(
        ledger, replacement("C1", "R1-C1", "100", "8"), answer("R2", [("C1", "22", back)], beside=[("FB", "-64")])
    )
    assert amounts(ledger) == {"cash": "64.00", "balance forward": "-64.00"}
    assert ledger.problems == ()


def test_records_of_people_move_what_stands_and_no_more():
    lines = [*VISIT, ("0", [("CO", "97", "50")])]
    ledger = post(None, claims_of({"C1": ["100", "50"]}), answer("R1", [("C1", "1", lines)]))
    ledger = record(ledger, "patient payment", "C1", "16.00", "2025-12-20")
    ledger = record(ledger, "write-off of a denial", "C1", 50, date(2025, 12, 20), "bundled, no modifier fits")
    assert amounts(ledger) == {
        "cash": "80.00",
        "contractual adjustment": "20.00",
        "write-off": "50.00",
        "patient service revenue": "150.00",
    }
    assert_every_entry_balances(ledger)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (("tip", "C1", 1, "2025-12-20"), "nothing is recorded as 'tip'; write one of: patient payment"),
        (("refund", "C1", 1, "2025-12-20"), "on refund due of claim C1 stand $0.00 only"),
        (("refund", "C9", 1, "2025-12-20"), "claim 'C9' is not in the ledger"),
        (("refund", "C1", 0, "2025-12-20"), "record an amount above zero"),
        (("refund", "C1", "ten", "2025-12-20"), "'ten' is not an amount"),
        (("refund", "C1", 1, "soon"), "on 'soon' is not a date"),
    ],
)
def test_a_wrong_record_is_refused_in_words(facts, says):
    ledger = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)]))
    with pytest.raises(WorkbookError, match=says.replace("$", r"\$")):
        record(ledger, *facts)


def test_a_ledger_is_written_for_its_owner_and_comes_back(tmp_path):
    ledger = post(None, claims_of({"=C1": ["100"]}), answer("R1", [("=C1", "1", VISIT)]))
    path = ledger.write(tmp_path / "ledger.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "'=C1" in path.read_text()
    assert read_ledger(path).arrow == ledger.arrow


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("64.00,0.00", "65.00,0.00", "entry 2 does not balance: debits less credits are $1.00"),
        ("cash", "purse", "no account is called 'purse'"),
        ("entry_id", "number", "the column entry_id is missing"),
    ],
)
def test_a_ledger_that_was_altered_is_refused(tmp_path, old, new, says):
    path = post(None, claims_of({"C1": ["100"]}), answer("R1", [("C1", "1", VISIT)])).write(tmp_path / "ledger.csv")
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(WorkbookError) as error:
        read_ledger(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)


def test_the_statement_the_remittance_and_the_ledger_say_the_same():
    given = claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}, {"hcpcs_code": "93010"}])
    refused = DENIAL.from_rows([{"claim_id": "C1", "line_number": 3, "group_code": "CO", "carc": "236"}])
    remittance = wb.price(given, denials=refused, deductible_met={"P1": 200})
    ledger = post(None, given, remittance)
    (claim,) = remittance.arrow["remittance_claim"].to_pylist()
    found = ledger.balances("C1")
    assert (
        found["receivable from patient"]
        == claim["patient_responsibility_amount"]
        == wb.statement(remittance, "P1").owed
    )
    assert found["cash"] == claim["paid_amount"]
    assert found["denied claims"] == 100  # the reading, within the tracing
    assert ledger.problems == ()


def test_the_practices_year_adds_up_to_the_cent():
    given = wb.read_claims("sample_data/claims/tables")
    remittance = wb.read_remittance("sample_data/claims/remittance.835")
    ledger = post(None, given, remittance)
    paid = remittance.arrow["remittance_claim"].to_pylist()
    assert ledger.balances()["cash"] == sum(c["paid_amount"] for c in paid)
    assert ledger.balances()["receivable from patient"] == sum(c["patient_responsibility_amount"] for c in paid)
    assert ledger.balances()["patient service revenue"] == sum(given.arrow["claim"]["billed_amount"].to_pylist())
    assert_every_entry_balances(ledger)


CENTS = st.integers(0, 50_000).map(lambda n: Decimal(n) / 100)
LINE = st.tuples(
    CENTS,
    st.lists(
        st.tuples(
            st.sampled_from(["CO", "PR", "OA"]),
            st.sampled_from(["45", "2", "97", "133", "253", "16", "999", "23"]),
            CENTS,
        ),
        max_size=3,
    ),
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay again", "second payer", "reverse", "correct"]),
        st.lists(LINE, min_size=1, max_size=3),
        st.sampled_from(["", "L6", "WO", "FB", "ZZ"]),
        CENTS,
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(charges=st.lists(CENTS.map(lambda c: c + 1), min_size=1, max_size=3), events=EVENTS)
def test_whatever_payers_send_every_entry_balances_and_cash_is_what_they_paid(charges, events):
    given_claims = claims_of({"C1": charges})
    ledger, cash, last = post(None, given_claims), Decimal("0.00"), None
    for number, (kind, lines, code, beside) in enumerate(events, 1):
        if kind == "reverse" and last is None:
            continue
        negated = [(-paid, [(g, c, -a) for g, c, a in adjustments]) for paid, adjustments in last or []]
        status, members = {"second payer": ("2", lines), "reverse": ("22", negated)}.get(kind, ("1", lines))
        sent = [("C1", "22", negated), ("C1", "1", lines)] if kind == "correct" and last else [("C1", status, members)]
        remittance = answer(f"R{number}", sent, beside=[(code, -beside)] if code else [])
        last = None if kind == "reverse" else lines
        ledger = post(ledger, remittance=remittance)
        cash += remittance.arrow["remittance"]["payment_amount"][0].as_py()
        assert_every_entry_balances(ledger)
        assert ledger.balances()["cash"] == cash
        assert ledger.balances()["patient service revenue"] == sum(charges)


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(st.tuples(CENTS, CENTS, CENTS, CENTS), min_size=1, max_size=4))
def test_a_reversal_takes_back_exactly_what_was_posted(lines):
    charges = [sum(line) for line in lines]
    told = [
        (paid, [("CO", "45", contract), ("PR", "2", patient), ("CO", "50", denied)])
        for paid, contract, patient, denied in lines
    ]
    negated = [(-paid, [(g, c, -a) for g, c, a in adjustments]) for paid, adjustments in told]
    total = sum(line[0] for line in lines)
    charged = post(None, claims_of({"C1": charges}))
    there = post(charged, remittance=answer("R1", [("C1", "1", told)]))
    back = post(there, remittance=answer("R2", [("C1", "22", negated)], beside=[("FB", -total)]))
    assert there.problems == back.problems == ()
    assert amounts(back, "C1") == amounts(charged, "C1")
    assert there.balances()["receivable from patient"] == sum(line[2] for line in lines)


def test_an_empty_ledger_shows_itself():
    assert (
        repr(Ledger())
        == "0 entries: receivable from payer $0.00, receivable from patient $0.00, denied claims $0.00, refund due $0.00"
    )
    assert "<script" not in post(None, claims_of({"<script>": ["1"]}))._repr_html_()


@pytest.mark.parametrize("fact", REMITTANCES, ids=lambda f: Path(f["file"]).name)
def test_a_public_remittance_is_posted_to_the_cent_or_its_imbalance_is_said(fact):
    remittance = wb.read_remittance(PUBLIC / fact["file"])
    ledger = post(None, None, remittance)
    assert_every_entry_balances(ledger)
    refused = {p.split()[1] for p in ledger.problems if "was not posted" in p}
    paid = [
        r["payment_amount"] for r in remittance.arrow["remittance"].to_pylist() if r["remittance_id"] not in refused
    ]
    assert ledger.balances()["cash"] == sum(paid)
    assert refused or remittance.is_balanced


def test_medicare_after_another_payer_is_posted_with_what_that_one_paid():
    """42 CFR 411.33: charged 175, the first payer allowed 150 and paid 120, Medicare's fee is 125: it pays 30."""
    first = answer("A1", [("C1", "1", [("120", [("CO", "45", "25"), ("PR", "2", "30")])])], payer="EMPLOYER")
    second = answer("R1", [("C1", "2", [("30", [("OA", "23", "145")])])])
    ledger = post(None, claims_of({"C1": ["175"]}, payer_id="EMPLOYER"), [first, second])
    assert amounts(ledger) == {"cash": "150.00", "contractual adjustment": "25.00", "patient service revenue": "175.00"}
    assert ledger.problems == ()


def test_our_own_price_after_another_payer_is_the_second_payers_answer():
    from workbook.claims.model import Claims
    from workbook.claims.tables import OTHER_PAYER

    given = claims([{"hcpcs_code": "99213"}], payer_sequence="S", insurance_type_code="12")
    paid = {
        "claim_id": "C1",
        "line_number": 1,
        "payer_id": "EMPLOYER",
        "payer_sequence": "P",
        "allowed_amount": Decimal(90),
        "paid_amount": Decimal(60),
    }
    remittance = wb.price(
        Claims({**given.arrow, "other_payer": OTHER_PAYER.from_rows([paid])}), deductible_met={"P1": 257}
    )
    assert remittance.arrow["remittance_claim"]["claim_status_code"].to_pylist() == ["2"]
    assert remittance.is_balanced
