"""After each decision the next level is known, or that there is none; decisions that do not follow each other are refused."""

from datetime import date
from decimal import Decimal

import pytest

from workbook.payment.appeal_path import appeal_decisions, decided_on, next_level, read_appeal_decisions
from workbook.terms import WorkbookError

NOTICE = date(2025, 3, 3)
DATES = ["2025-06-02", "2025-09-02", "2025-12-01", "2026-03-02", "2026-06-01"]


def decided(*outcomes, **last):
    rows = [{"level": n, "outcome": o, "notice": d} for n, (o, d) in enumerate(zip(outcomes, DATES, strict=False), 1)]
    rows[-1] |= last
    return decided_on(appeal_decisions(rows, "C1"), "C1", None)


def after(*outcomes, on="2025-06-10", **last):
    return next_level(NOTICE, decided(*outcomes, **last) if outcomes else [], date.fromisoformat(on))


@pytest.mark.parametrize(
    ("outcomes", "level", "way", "due"),
    [
        ((), 1, "redetermination", date(2025, 7, 7)),  # 8 March + 120 = 6 July, a Sunday
        (("unfavorable",), 2, "reconsideration", date(2025, 12, 4)),  # 7 June + 180
        (("partly favorable",), 2, "reconsideration", date(2025, 12, 4)),
        (("unfavorable",) * 2, 3, "hearing", date(2025, 11, 6)),  # 7 September + 60
        (("unfavorable",) * 3, 4, "Council review", date(2026, 2, 4)),  # 6 December + 60
        (("unfavorable",) * 4, 5, "judicial review", date(2026, 5, 6)),  # 7 March + 60
    ],
)
def test_each_decision_leads_to_the_next_level_from_its_own_notice(outcomes, level, way, due):
    step = after(*outcomes)
    assert (step.level.level, step.way, step.due) == (level, way, due)


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        (("favorable",), "The redetermination of 2025-06-02 is in your favor"),
        (("unfavorable",) * 5, "The court has decided"),
        (("dismissed", "unfavorable"), "The dismissal was upheld on 2025-09-02; that is binding."),
        (("unfavorable", "dismissed", "unfavorable"), "The dismissal was upheld on 2025-12-01; that is binding."),
        (("unfavorable", "unfavorable", "unfavorable", "dismissed"), "The Council dismissed the request on 2026-03-02"),
    ],
)
def test_where_nothing_can_be_filed_it_says_so(outcomes, says):
    step = after(*outcomes)
    assert (step.way, step.due, step.level) == ("none", None, None)
    assert step.says.startswith(says)


def test_a_dismissal_has_60_days_for_its_review_and_180_to_be_vacated():
    step = after("dismissed")
    # 7 June + 60; a decision would have had 180. To vacate: 180 days from the notice of 2 June
    assert (step.way, step.level.level, step.due) == ("review of the dismissal", 2, date(2025, 8, 6))
    assert "vacate the dismissal, by 2025-11-29" in step.cautions[-1]


@pytest.mark.parametrize(
    ("outcomes", "on", "way", "says"),
    [
        (("pending",), "2025-07-01", "wait", "which is to decide by 2025-08-01."),  # 2 June + 60
        (("pending",), "2025-08-02", "wait", "It cannot be escalated."),
        (("unfavorable", "pending"), "2025-08-01", "wait", "which is to decide by 2025-08-01."),
        (("unfavorable", "pending"), "2025-08-02", "escalate", "escalated to an administrative law judge (OMHA), where the least amount remains in controversy (42 CFR 405.1006(a) and (d)); from there it is to be decided within 180 days"),
        (("unfavorable",) * 2 + ("pending",), "2025-09-01", "escalate", "to the Medicare Appeals Council; from there it is to be decided within 180 days"),
        (("unfavorable",) * 3 + ("pending",), "2025-09-01", "escalate", "to a federal district court, where the least amount"),
        (("unfavorable",) * 4 + ("pending",), "2027-01-01", "wait", "The judicial review is pending"),
    ],
)  # fmt: skip
def test_a_pending_request_waits_and_may_be_escalated_when_its_time_has_passed(outcomes, on, way, says):
    # 60 days for the contractors, 90 for judge and Council, from 2 June
    step = after(*outcomes, on=on, filed="2025-06-02", notice=None)
    assert (step.way, step.due) == (way, None)
    assert says in step.says


@pytest.mark.parametrize(
    ("amount", "on", "enough"),
    [
        ("190.00", "2025-12-31", True),  # filed in 2025, at least $190
        ("189.99", "2025-12-31", False),
        ("190.00", "2026-01-02", False),  # filed in 2026, at least $200
        ("200.00", "2026-01-02", True),
    ],
)
def test_too_little_in_controversy_asks_to_add_up_claims(amount, on, enough):
    # a reconsideration of 1 December 2025 may be taken to a hearing until 4 February 2026
    step = after("unfavorable", "unfavorable", on=on, notice="2025-12-01", amount=amount)
    assert step.due == date(2026, 2, 4)
    assert any("too little alone: several claims may be added up" in c for c in step.cautions) is not enough


def test_a_late_request_is_told_what_may_excuse_it():
    step = after("unfavorable", on="2025-12-06")
    assert step.cautions[1].startswith("That was 2 days ago: show good cause (42 CFR 405.962(b))")
    assert "a notice that never came" in step.cautions[1]
    assert not any("good cause" in c for c in after("unfavorable", on="2025-12-04").cautions)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"level": 2, "outcome": "unfavorable", "notice": "2025-06-02"}], "level 2 is given, but level 1 below it is not"),
        ([{"level": 1, "outcome": "unfavorable", "notice": "2025-06-02"}] * 2, "level 1 stands twice"),
        (
            [
                {"level": 1, "outcome": "favorable", "notice": "2025-06-02"},
                {"level": 2, "outcome": "unfavorable", "notice": "2025-09-02"},
            ],
            "level 1 is favorable, so no level above it can be decided",
        ),
        (
            [
                {"level": 1, "outcome": "unfavorable", "notice": "2025-09-02"},
                {"level": 2, "outcome": "unfavorable", "notice": "2025-06-02"},
            ],
            "level 2 is dated 2025-06-02, before level 1 of 2025-09-02",
        ),
        ([{"level": 6, "outcome": "unfavorable", "notice": "2025-06-02"}], "levels 1 to 5"),
        ([{"level": "one", "outcome": "unfavorable", "notice": "2025-06-02"}], "level 'one' is not a whole number"),
        ([{"level": 1, "outcome": "lost", "notice": "2025-06-02"}], "outcome 'lost': it is one of unfavorable"),
        ([{"level": 1, "outcome": "unfavorable"}], "the decision of level 1 bears no notice"),
        ([{"level": 1, "outcome": "unfavorable", "notice": "soon"}], "notice 'soon' is not a date"),
        ([{"level": 1, "outcome": "unfavorable", "date": "2025-06-02"}], "a decision has no 'date'; it has claim_id"),
        ([{"level": 1, "outcome": "pending", "amount": "NaN"}], "amount 'NaN' is not an amount"),
    ],
)  # fmt: skip
def test_decisions_that_do_not_follow_each_other_are_refused(rows, says):
    with pytest.raises(WorkbookError, match=says):
        decided_on(appeal_decisions(rows, "C1"), "C1", None)


def test_a_lines_own_decisions_go_before_the_claims():
    rows = appeal_decisions(
        [
            {"level": 1, "outcome": "unfavorable", "notice": "2025-06-02"},
            {"level": 1, "outcome": "favorable", "notice": "2025-06-03", "line_number": 2},
        ],
        "C1",
    )
    assert [d.outcome for d in decided_on(rows, "C1", 1)] == ["unfavorable"]
    assert [d.outcome for d in decided_on(rows, "C1", 2)] == ["favorable"]
    assert decided_on(rows, "C2", 1) == []


def test_decisions_are_read_from_a_file(tmp_path):
    path = tmp_path / "decided.csv"
    path.write_text("claim_id,line_number,level,outcome,notice,filed,amount\nC1,2,1,unfavorable,2025-06-02,,212.50\n")
    (found,) = read_appeal_decisions(path)
    assert (found.claim_id, found.line_number, found.notice, found.filed, found.amount) == (
        "C1", 2, date(2025, 6, 2), None, Decimal("212.50"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("claim_id,level,outcome,notice\n,1,unfavorable,2025-06-02\n", "row 2: a decision names no claim_id"),
        ("", "the column claim_id is missing; decisions have claim_id, line_number, level"),
        ("level,outcome,notice\n1,unfavorable,2025-06-02\n", "the column claim_id is missing"),
        ("hello\n", "the column claim_id is missing"),
        ("claim_id,level,outcome\nC1,1,pending,x\n", "row 2: a decision has no 'cell beyond the header'"),
        ("claim_id,level,outcome,notice\nC1,1,unfavorable,2025-06-02\nC2,1,lost,2025-06-02\n", "row 3: outcome 'lost'"),
    ],
)
def test_a_file_of_decisions_names_the_row_of_its_fault(tmp_path, text, says):
    (tmp_path / "decided.csv").write_text(text)
    with pytest.raises(WorkbookError, match=says):
        read_appeal_decisions(tmp_path / "decided.csv")


def test_a_folder_is_no_file_of_decisions(tmp_path):
    with pytest.raises(WorkbookError, match=r"cannot be read as CSV \(Is a directory\)"):
        read_appeal_decisions(tmp_path)


def test_a_file_of_decisions_that_there_is_not_says_its_columns(tmp_path):
    with pytest.raises(WorkbookError, match="there is no such file; write one with the columns claim_id, line_number"):
        read_appeal_decisions(tmp_path / "none.csv")
