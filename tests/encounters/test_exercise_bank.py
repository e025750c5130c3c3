"""Every shipped exercise: its key can be trusted and scores 100, its near misses are answered, the rules agree."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from workbook.claims.model import Claims
from workbook.encounters.case_review import review_cases
from workbook.encounters.exercise import FOLDER, exercises
from workbook.encounters.scoring import check
from workbook.encounters.to_claim import to_claim
from workbook.rules.audit import audit

EXERCISES = exercises()
BY_ID = {one.id: one for one in EXERCISES}
EACH = pytest.mark.parametrize("one", EXERCISES, ids=list(BY_ID))
FIRST, LAST = date(2025, 10, 1), date(2025, 12, 19)


def typed(item):
    return "-".join((item.code, *item.modifiers)) + f" x{item.units}"


def test_no_key_is_in_error():
    doubts = review_cases(sorted(FOLDER.glob("MOD-*.yaml")))
    assert [str(doubt) for doubt in doubts if doubt.is_error] == []


def test_the_bank_is_large_enough_and_covers_what_was_promised():
    assert len(EXERCISES) >= 48
    assert min(Counter(one.level for one in EXERCISES).values()) >= 8
    keyed = {m for one in EXERCISES for item in one.answer_key for m in item.modifiers}
    keyed |= {
        m for one in EXERCISES for item in one.answer_key for ms in item.modifier_alternatives.values() for m in ms
    }
    assert keyed >= {
        "25", "57", "24", "58", "78", "79", "59", "XE", "XS", "XU", "26", "TC", "50", "LT", "RT", "F7", "T5", "E4", "LD", "RC",
        "76", "77", "91", "62", "80", "82", "AS", "22", "52", "53", "73", "74", "54", "55", "56", "AA", "QK", "QX", "QY", "QZ",
        "AD", "JW", "JZ", "GA", "GY", "GZ", "KX", "CQ", "CO", "GP", "GO", "33", "PT", "95", "93", "QW", "FS",
    }  # fmt: skip
    units = [
        item.units for one in EXERCISES for item in one.answer_key if item.unit_basis == "units" and item.units > 1
    ]
    minutes = [item.units for one in EXERCISES for item in one.answer_key if item.unit_basis == "minutes"]
    assert len(units) >= 12 and len(minutes) >= 5


def test_no_two_exercises_are_equal_and_the_dates_lie_in_the_last_quarter_of_2025():
    for part in ("title", "note"):
        assert Counter(getattr(one, part) for one in EXERCISES).most_common(1)[0][1] == 1
    assert [one.id for one in EXERCISES if not FIRST <= one.visit.service_date <= LAST] == []


@EACH
def test_the_key_typed_in_full_scores_100(one):
    feedback = check(one, [typed(item) for item in one.answer_key])
    assert (feedback.score, feedback.missing) == (Decimal("100.0"), ())


@EACH
def test_every_near_miss_is_answered_in_the_words_of_the_page_and_earns_half_at_most(one):
    for miss in one.near_misses:
        (item,) = check(one, miss.answer).items
        right = any(miss.code in keyed.codes for keyed in one.answer_key)
        assert (item.verdict, item.points) == (("half", Decimal("0.5")) if right else ("near miss", Decimal(0)))
        assert item.say.endswith(miss.say)
        assert item.authority


@EACH
def test_feedback_and_the_first_two_hints_never_name_a_modifier_that_is_to_be_found(one):
    for item in one.answer_key:
        feedback = check(one, item.code)
        for hidden in item.modifiers:
            said = " ".join(part.say + " " + (part.authority or "") for part in feedback.items)
            assert hidden not in [*said.split(), *str(feedback.hint(2)).split()]


#: an exercise, a wrong answer, and the rule that finds the same fault in the claim that the answer makes
WRONG = [
    ("MOD-001", "99214, 17110", "GLOB-001"),
    ("MOD-003", "G0439, 99213", "PTP-002"),
    ("MOD-005", "99204-57, 10060", "GLOB-005"),
    ("MOD-012", "11102, 17000", "PTP-002"),
    ("MOD-013", "45385, 45380", "PTP-002"),
    ("MOD-014", "45385, 45380", "PTP-002"),
    ("MOD-015", "11042, 97597-76", "PTP-002"),
    ("MOD-016", "71046-26, 71045-26-76", "PTP-002"),
    ("MOD-019", "94060, 94010-59", "PTP-001"),
    ("MOD-020", "20610-50 x2", "BILAT-002"),
    ("MOD-022", "69210-50", "BILAT-001"),
    ("MOD-028", "71046", "COMP-004"),
    ("MOD-030", "93000-26", "COMP-001"),
    ("MOD-032", "71045-26, 71045-26", "DUP-001"),
    ("MOD-047", "97110 x2", "THER-003"),
    ("MOD-052", "G0283-GP x2, 97110-GP", "THER-002"),
    ("MOD-054", "97110-GP x2, 97110-CQ", "THER-004"),
    ("MOD-057", "01402 x118", "ANES-001"),
    ("MOD-066", "Q5103 x32, Q5103-JZ x8, Q5103-JW x8", "DRUG-002"),
    ("MOD-072", "45385", "PREV-004"),
    ("MOD-073", "45385", "PREV-004"),
]


def found_by_exercise(answers):
    """The ids of the rules that find something in the claims of these answers (None: of the key), by exercise."""
    made = [to_claim(BY_ID[name], answer).arrow for name, answer in answers.items()]
    tables = {name: pa.concat_tables(one[name] for one in made) for name in made[0]}
    findings = audit(Claims(tables), price=False).arrow_findings.to_pylist()
    return {name: {f["rule_id"] for f in findings if f["claim_id"] == name} for name in answers}


def test_the_rules_find_the_same_fault_in_the_claim_of_a_wrong_answer_and_none_in_that_of_the_key():
    of_the_keys = found_by_exercise({name: None for name, _, _ in WRONG})
    of_the_answers = found_by_exercise({name: wrong for name, wrong, _ in WRONG})
    assert len(of_the_answers) == len(WRONG)
    for name, _, rule in WRONG:
        assert rule in of_the_answers[name] and rule not in of_the_keys[name], name


def test_every_exercise_was_solved_a_second_time_and_every_difference_is_decided():
    with (FOLDER / "second_solving.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["exercise"] for row in rows] == list(BY_ID)
    assert {row["decision"] for row in rows} == {"agree", "kept", "changed"}
    assert [row for row in rows if row["decision"] != "agree" and not row["why"]] == []
    for row in rows:
        assert check(BY_ID[row["exercise"]], row["third"]).score == Decimal("100.0"), row  # from the stem alone
        if row["decision"] != "changed":
            assert check(BY_ID[row["exercise"]], row["second"]).score == Decimal("100.0")
