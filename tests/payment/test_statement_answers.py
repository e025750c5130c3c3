"""A statement of payers' answers asks the patient for what the 835 and the ledger say, whatever was taken back or sent on."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbook as wb
from tests.payment.ledgers import answer, claims_of, together
from workbook.payment.posting import post
from workbook.terms import WorkbookError

VISIT = [("64", [("CO", "45", "20"), ("PR", "2", "16")])]
BACK = [("-64", [("CO", "45", "-20"), ("PR", "2", "-16")])]


def told(*remittances):
    return wb.statement(together(*remittances), "P1")


def test_an_answer_is_a_statement_to_the_cent(tmp_path):
    lines = [*VISIT, ("0", [("CO", "50", "40")]), ("0", [("PR", "96", "30")]), ("0", [("OA", "133", "25")])]
    found = told(answer("R1", [("C1", "1", [("0", [("PR", "1", "10")]), *lines])]))
    assert [(x.billed, x.adjusted, x.paid, x.deductible, x.coinsurance, x.owed, x.note) for x in found.lines] == [
        (10, 0, 0, 10, 0, 10, ""),
        (100, 20, 64, 0, 16, 16, ""),
        (40, 40, 0, 0, 0, 0, "not covered; you are not billed for it"),
        (30, 0, 0, 0, 0, 30, "not covered"),
        (25, 0, 0, 0, 0, 0, "waits for a decision; nothing is due yet"),
    ]
    assert found.owed == 56
    assert "A PAYER paid $64.00" in str(found)
    assert found.practice_name == "A PRACTICE"
    assert found.to_pdf(tmp_path / "s.pdf").read_bytes().startswith(b"%PDF")
    assert "You owe $56.00" in found.to_html(tmp_path / "s.html").read_text()


def test_what_was_taken_back_is_on_no_statement_and_its_correction_is():
    again = [("40", [("CO", "45", "50"), ("PR", "2", "10")])]
    second = answer("R2", [("C1", "22", BACK), ("C1", "1", again)], beside=[("FB", "-24")], paid_on=date(2025, 12, 20))
    (line,) = told(answer("R1", [("C1", "1", VISIT)]), second).lines
    assert (line.billed, line.adjusted, line.paid, line.owed) == (100, 50, 40, 10)


def test_the_last_payer_says_what_is_left_and_both_payments_count():
    second = answer("S1", [("C1", "2", [("13", [("OA", "23", "84"), ("PR", "2", "3")])])], payer="MEDIGAP")
    found = told(answer("R1", [("C1", "1", VISIT)]), second)
    (line,) = found.lines
    assert (line.billed, line.adjusted, line.paid, line.owed) == (100, 20, 77, 3)


def test_a_later_payer_that_only_refuses_changes_nothing():
    second = answer("S1", [("C1", "4", [("0", [("CO", "96", "100")])])], payer="MEDIGAP")
    assert told(answer("R1", [("C1", "1", VISIT)]), second).owed == 16


def test_a_claim_refused_and_sent_again_stands_once():
    found = told(answer("R1", [("C1", "4", [("0", [("CO", "16", "100")])])]), answer("R2", [("C1", "1", VISIT)]))
    assert [(x.billed, x.owed, x.note) for x in found.lines] == [(100, 16, "")]


def test_what_was_only_asked_about_is_not_billed():
    asked = answer("R1", [("C1", "25", [("0", [("PR", "2", "100")])]), ("C2", "1", VISIT)])
    assert [x.owed for x in told(asked).lines] == [16]


def test_a_patient_without_a_claim_is_refused_in_words():
    with pytest.raises(WorkbookError, match="patient 'P9' is on none of these claims"):
        wb.statement(answer("R1", [("C1", "1", VISIT)]), "P9")


def test_the_practices_patients_owe_by_their_statements_what_the_ledger_says():
    year = wb.read_remittance("sample_data/claims/remittance.835")
    owed = {p: Decimal("0.00") for p in year.arrow["remittance_claim"]["patient_id"].to_pylist()}
    for item in post(None, None, year).open_items():
        if item["account"] == "receivable from patient":
            owed[item["party"]] += item["amount"]
    some = sorted(owed)[::8]
    assert {p: wb.statement(year, p).owed for p in some} == {p: owed[p] for p in some}


CENTS = st.integers(0, 50_000).map(lambda n: Decimal(n) / 100)
LINES = st.lists(st.tuples(CENTS, CENTS, CENTS, CENTS), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(lines=LINES, corrected=st.booleans(), shares=st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_statement_remittance_and_ledger_agree_through_corrections_and_later_payers(lines, corrected, shares):
    def decided(rows):
        return [
            (paid, [("CO", "45", contract), ("PR", "2", patient), ("CO", "50", denied)])
            for paid, contract, patient, denied in rows
        ]

    def negated(rows):
        return [(-paid, [(g, c, -a) for g, c, a in taken]) for paid, taken in rows]

    sent = [answer("R1", [("C1", "1", decided(lines))])]
    if corrected:  # what was paid becomes the patient's, and the other way round
        new = [(patient, contract, paid, denied) for paid, contract, patient, denied in lines]
        sent.append(answer("R2", [("C1", "22", negated(decided(lines))), ("C1", "1", decided(new))]))
        lines = new
    quarters = [
        (patient * share / 4).quantize(Decimal("0.01"))
        for (_, _, patient, _), share in zip(lines, shares, strict=False)
    ]
    later = [
        (part, [("OA", "23", paid + contract + denied), ("PR", "2", patient - part)])
        for (paid, contract, patient, denied), part in zip(lines, quarters, strict=True)
    ]
    sent.append(answer("S1", [("C1", "2", later)], payer="MEDIGAP"))
    ledger = post(None, claims_of({"C1": [sum(line) + Decimal(0) for line in lines]}), sent)
    left = sum(patient - part for (_, _, patient, _), part in zip(lines, quarters, strict=True))
    assert told(*sent).owed == left == ledger.balances()["receivable from patient"]
