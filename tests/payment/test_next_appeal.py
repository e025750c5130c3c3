"""A refused claim has one next step: sent as new, reopened, or the level of appeal that is open."""

from datetime import date

import pytest

import workbook as wb
from tests.payment.ledgers import answer
from tests.payment.test_appeal_letter import unprocessable
from workbook.payment.next_appeal import next_appeal
from workbook.terms import WorkbookError

NECESSITY = [("0", [("CO", "50", "100")])]
MODIFIER = [("0", [("CO", "4", "100")])]
ONE = {"level": 1, "outcome": "unfavorable", "notice": "2026-01-12"}


def step(lines=NECESSITY, *decided, on="2026-01-31", **facts):
    return next_appeal(answer("R1", [("C1", "1", lines)], **facts), "C1", decided, on=on)


def test_a_denial_goes_to_the_first_level():
    found = step()
    # paid on 24 November: 5 days and 120 end on Sunday, 29 March
    assert (found.way, found.level.level, found.due) == ("redetermination", 1, date(2026, 3, 30))
    assert str(found).startswith("Level 1, redetermination by the Medicare administrative contractor, of the notice of")


def test_a_decision_leads_to_the_next_level():
    found = step(NECESSITY, ONE)
    assert (found.way, found.due) == ("reconsideration", date(2026, 7, 16))


def test_an_unprocessable_claim_has_no_right_of_appeal_and_is_sent_as_new():
    found = next_appeal(unprocessable(), "C1", on="2026-01-31")
    assert (found.way, found.level, found.due) == ("new claim", None, date(2026, 11, 3))  # a year after 3 November 2025
    assert "unprocessable (MA130): it was not decided, so there is no right of appeal" in found.says


def test_a_claim_that_came_too_late_needs_an_exception_with_medicare_and_an_appeal_with_others():
    late = [("0", [("CO", "29", "100")])]
    found = step(late)
    assert (found.way, found.level, found.due) == ("exception", None, None)
    assert "ask the contractor for an exception to it (42 CFR 424.44(b))" in found.says
    other = step(late, filing="CI")
    assert other.way == "appeal"
    assert other.says.startswith("see the contract with A PAYER, and its notice; commercial")


def test_a_court_is_for_a_lawyer():
    levels = [{"level": n, "outcome": "unfavorable", "notice": f"2026-0{n + 1}-12"} for n in (1, 2, 3, 4)]
    found = step(NECESSITY, *levels, on="2026-05-20")
    assert (found.way, found.level.level) == ("judicial review", 5)
    assert any(c.startswith("A lawyer files a complaint, no letter is drafted") for c in found.cautions)
    assert any(c.startswith("Bring: the Council's decision") for c in found.cautions)


def test_a_step_shows_itself_with_what_to_think_of():
    shown = step()._repr_html_()
    assert "<p>Level 1, redetermination by" in shown
    assert "<li>It must be received by 2026-03-30" in shown


def test_a_clerical_error_is_reopened_while_the_days_of_the_appeal_run_on():
    found = step(MODIFIER)
    assert (found.way, found.level, found.due) == ("reopening", None, date(2026, 11, 24))
    assert found.says.startswith("A clerical error is mended by a reopening, not by an appeal (42 CFR 405.980(a)(3)")
    assert "for a clerical error that went against the party, at any time" in found.cautions[0]
    assert "an appeal received by 2026-03-30" in found.cautions[1]


def test_of_lines_of_two_kinds_the_appeal_leads_and_the_other_is_named():
    found = step(NECESSITY + MODIFIER)
    assert found.way == "redetermination"
    assert found.cautions[-1].startswith("CO-4 is usually not appealed (correct)")


def test_what_a_hearing_asks_for_is_set_beside_what_was_refused():
    two = {"level": 2, "outcome": "unfavorable", "notice": "2026-05-04"}
    assert step(NECESSITY, ONE, two, on="2026-05-20").cautions[-1] == (
        "By the remittance at most $100.00 was refused on these lines, at charges."
    )
    told = step(NECESSITY, ONE, two | {"amount": "100"}, on="2026-05-20")
    assert any("$100.00 is too little alone" in c for c in told.cautions)
    assert not any("at most" in c for c in told.cautions)


def test_another_payers_appeal_is_by_contract():
    found = step(filing="16")
    assert (found.way, found.due, found.level) == ("appeal", None, None)
    # 24 November and 65 days: 6 left in November, 31 and 28 of January
    assert "signed waiver of liability" in found.says
    assert "65 days after the notice: by 2026-01-28 (42 CFR 422.574(b)" in found.says
    assert found.cautions == (
        "It is to be decided within 60 days of its receipt.",
        "After that: what the plan upholds goes by itself to the independent review entity, then to a hearing, the "
        "Council and a court.",
    )


def test_of_a_payer_that_no_page_knows_the_contract_says_all():
    found = step(filing="ZZ")
    assert (found.says, found.cautions) == ("see the contract with A PAYER, and its notice.", ())


def test_lines_at_different_levels_are_to_be_named():
    remittance = answer("R1", [("C1", "1", NECESSITY + NECESSITY)])
    decided = [ONE | {"line_number": 2}]
    with pytest.raises(WorkbookError, match="stand at different levels of appeal; name some with lines"):
        next_appeal(remittance, "C1", decided, on="2026-01-31")
    assert next_appeal(remittance, "C1", decided, lines=[2], on="2026-01-31").way == "reconsideration"


def test_every_refused_claim_of_the_practice_has_a_next_step():
    remittance = wb.read_remittance("sample_data/claims/remittance.835")
    listed = wb.denial_worklist(remittance, on="2026-01-31").arrow.to_pylist()
    claims = list(dict.fromkeys(r["claim_id"] for r in listed))[::6]
    ways = {next_appeal(remittance, c, on="2026-01-31").way for c in claims}
    assert len(claims) > 10
    assert ways <= {"new claim", "reopening", "redetermination", "appeal", "correct"}
    assert {"new claim", "redetermination"} <= ways
