"""What the learner does changes the state; the widgets only show it."""

import pytest

import workbook as wb
from workbook.ui import code_visit, find_the_error, follow_the_dollars
from workbook.ui.demo import RECEIVED, SENT, demo
from workbook.ui.state import CodingState, HuntState, PaymentState


@pytest.fixture(scope="module")
def claims():
    return wb.read_claims(SENT, received_date=RECEIVED)


@pytest.fixture(scope="module")
def audit(claims):
    return wb.audit(claims)


def test_a_visit_not_yet_coded_says_so():
    state = CodingState(wb.encounter("ENC-001"))
    assert state.summary == "Not answered yet"
    state.check()
    assert state.summary == "Not answered yet"


def test_codes_are_scored_and_hints_go_from_words_to_code():
    state = CodingState(wb.encounter("ENC-001"))
    state.diagnoses, state.procedures = "I48.91", "99213, 93000"
    state.check()
    assert state.summary == "Score 2 of 3 (66.7 %); another diagnosis comes first; still to find: 1 diagnosis"
    hints = []
    for _ in range(4):
        state.hint()
        hints.append((state.hint_level, "R00.2" in state.hint_html))
    assert hints == [(1, False), (2, False), (3, True), (3, True)]


def test_the_key_is_not_in_what_a_wrong_answer_shows():
    state = CodingState(wb.encounter("ENC-001"))
    state.diagnoses = "I48.91"
    state.check()
    assert "R00.2" not in state.feedback_html
    assert "93000" not in state.feedback_html


def test_the_codes_become_a_claim():
    state = CodingState(wb.encounter("ENC-001"))
    state.diagnoses, state.procedures = "R00.2", "99213-25 93000"
    assert state.claim().arrow["claim_line"]["hcpcs_code"].to_pylist() == ["99213", "93000"]


def test_what_is_typed_is_shown_escaped():
    state = CodingState(wb.encounter("ENC-001"))
    state.diagnoses = "<script>alert(1)</script>"
    state.check()
    assert "<script>" not in state.feedback_html
    assert "&lt;script&gt;" in state.feedback_html


def test_the_sent_claim_has_exactly_the_planted_error(claims, audit):
    assert claims.arrow_problems.num_rows == 0
    assert [(f["rule_id"], f["line_number"]) for f in audit.arrow_findings.to_pylist()] == [("PTP-002", 3)]


@pytest.mark.parametrize(("line", "verdict"), [(0, "Not answered yet"), (1, "Not this line"), (3, "Found")])
def test_the_error_is_found_on_its_line_alone(claims, audit, line, verdict):
    state = HuntState(claims, audit)
    state.line_number = line
    state.check()
    assert state.verdict == verdict
    assert ("PTP-002" in state.explanation) == (line == 3)


def test_the_dollars_follow_the_terms(claims, audit):
    # national: 99213 88.95 + 93000 13.91 = 102.86 allowed; 20 % = 17.79 + 2.78; 2 % of the rest = 1.42 + 0.22
    state = PaymentState(claims, audit)
    assert state.summary.startswith("1 claim remitted: $260.00 billed, $0.00 paid, $102.86 owed by patients; balanced")
    state.deductible_met = "257"
    assert state.summary.startswith("1 claim remitted: $260.00 billed, $80.65 paid, $20.57 owed by patients; balanced")
    state.is_corrected = True
    assert state.summary.startswith("1 claim remitted: $235.00 billed, $80.65 paid, $20.57 owed by patients; balanced")
    state.locality = "10112-00"
    assert state.summary.startswith("1 claim remitted: $235.00 billed, $74.08 paid, $18.89 owed by patients; balanced")


def test_every_control_has_a_description(claims, audit):
    import ipywidgets as w

    for view in (code_visit(wb.encounter("ENC-001")), find_the_error(claims, audit), follow_the_dollars(claims, audit)):
        controls = [c for c in _all(view) if isinstance(c, w.Text | w.Dropdown | w.Checkbox | w.Button)]
        assert controls
        assert [c for c in controls if not c.description] == []


def _all(widget):
    for child in widget.children:
        yield child
        if hasattr(child, "children"):
            yield from _all(child)


def test_the_demonstration_goes_from_note_to_statement_and_its_835_balances():
    stages = dict(demo())
    assert [title.split(" (")[0].split(":")[0] for title in stages] == [
        "The note", "A first try", "A second try", "The claim that the practice sent", "Intake", "Audit",
        "Payment, line by line", "The remittance", "The patient's statement",
    ]  # fmt: skip
    assert "The remittance (835), balanced" in stages
    assert stages["The patient's statement"].endswith("You owe $18.89")
    assert "CAS*CO*236*25" in stages["The remittance (835), balanced"]
