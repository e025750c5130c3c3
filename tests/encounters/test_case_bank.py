"""Every shipped case: its words stand in the note, its codes are real, its key can be trusted and scores 100."""

import csv
import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from workbook.encounters.case import FOLDER, SETTINGS, encounters, folded
from workbook.encounters.case_review import review_cases
from workbook.encounters.scoring import check

CASES = encounters()
EACH = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
BOXES = {"diagnosis": "diagnoses", "procedure": "procedures"}
#: What the bank's dates of service lie between: the codes of FY 2026 and the fees of 2025 serve all of them.
FIRST, LAST = date(2025, 10, 1), date(2025, 12, 31)


@pytest.fixture(scope="module")
def doubts():
    return review_cases(sorted(FOLDER.glob("ENC-*.yaml")))


def test_no_key_is_in_error(doubts):
    assert [str(doubt) for doubt in doubts if doubt.is_error] == []


def test_the_bank_is_spread_over_levels_specialties_and_settings():
    assert len(CASES) >= 120
    assert len({case.specialty for case in CASES}) >= 12
    assert {case.level for case in CASES} == {1, 2, 3}
    assert min(Counter(case.level for case in CASES).values()) >= 20
    assert {case.setting for case in CASES} == set(SETTINGS)
    assert sum(case.coding == "facility" for case in CASES) >= 9
    assert sum(case.visit.is_stay for case in CASES) >= 4


def test_no_two_cases_are_equal():
    for part in ("title", "note"):
        assert Counter(getattr(case, part) for case in CASES).most_common(1)[0][1] == 1


def test_the_cases_together_teach_what_a_beginner_gets_wrong():
    taught = " ".join(" ".join(case.teaches) for case in CASES)
    for idea in (
        "combination code", "seventh character", "laterality", "modifier 25", "modifier 26", "modifier RT", "units",
        "first-listed", "long-term drug use", "uncertain diagnosis", "diagnosis pointers",
    ):  # fmt: skip
        assert idea in taught
    modifiers = {modifier for case in CASES for item in case.procedures for modifier in item.modifiers}
    assert {"25", "26", "LT", "RT", "59", "95", "AA", "GP"} <= modifiers


def test_the_dates_of_service_lie_in_the_last_quarter_of_2025():
    assert [case.id for case in CASES if not FIRST <= case.visit.service_date <= LAST] == []


@EACH
def test_every_evidence_stands_word_for_word_in_the_note(case):
    for item in case.answer_key:
        for words in item.evidence:
            assert folded(words) in folded(case.note)


@EACH
def test_the_key_typed_in_full_scores_100_with_and_without_dots(case):
    marks = {item.code: f"/{item.present_on_admission}" for item in case.diagnoses if item.present_on_admission}
    procedures = ["-".join((item.code, *item.modifiers)) + f" x{item.units}" * (not case.visit.is_stay)
                  for item in case.procedures]  # fmt: skip
    codes = [item.code for item in case.diagnoses]
    for dotted in (codes, [code.replace(".", "").lower() for code in codes]):
        diagnoses = [typed + marks.get(code, "") for typed, code in zip(dotted, codes, strict=True)]
        feedback = check(case, {"diagnoses": diagnoses, "procedures": procedures})
        assert (feedback.score, feedback.missing) == (Decimal("100.0"), ())
        assert feedback.first_listed is (True if codes else None)
        assert not feedback.present_on_admission


@EACH
def test_every_near_miss_scores_what_its_page_says(case):
    for miss in case.near_misses:
        (item,) = check(case, {BOXES[miss.kind]: miss.code}).items
        assert (item.verdict, item.points, item.say) == ("near miss", miss.credit, miss.say)


def second_coding():
    with (FOLDER / "second_coding.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_key_was_coded_a_second_time_blind_and_every_difference_is_decided():
    rows = second_coding()
    assert {row["decision"] for row in rows} <= {"agree", "kept", "changed"}
    assert [row for row in rows if row["decision"] != "agree" and not row["why"]] == []
    assert {row["case"] for row in rows} == {case.id for case in CASES}
    for case in CASES:
        own = [row for row in rows if row["case"] == case.id]
        texts = [row["first"] for row in own]
        texts += [f"{row['second']} {row['why']}" for row in own if row["decision"] == "changed"]
        logged = {code for text in texts for code in re.findall(r"[A-Z0-9.]{3,8}", text)}
        assert {item.code for item in case.answer_key} - logged == set(), case.id


def test_the_readme_reports_how_often_the_second_coder_agreed():
    rows = second_coding()
    agreed = sum(row["decision"] == "agree" for row in rows)
    said = f"{agreed:,} of {len(rows):,} codes ({agreed / len(rows):.1%})"
    assert said in (FOLDER.parent / "README.md").read_text(encoding="utf-8")
