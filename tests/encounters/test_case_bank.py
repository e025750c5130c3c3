"""Every shipped case: its words stand in the note, its codes are real, its key scores 100."""

import csv
import re
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from workbook.codes import is_billable
from workbook.codes.tabular import package
from workbook.encounters.case import FOLDER, encounters, folded
from workbook.encounters.charges import charge_master
from workbook.encounters.scoring import check

CASES = encounters()
EACH = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
AUTHORITIES = re.compile(
    r"ICD-10-CM Guidelines, (I\.[ABC]|IV\.)|NCCI Policy Manual, ch\. |CPM ch\. \d+, "
    r"|CPT E/M guidelines 2023 \(MDM table\)|HCPCS Level II \("
)


def test_there_are_seven_cases_two_easy_three_middling_two_hard():
    assert [case.id for case in CASES] == [f"ENC-00{n}" for n in range(1, 8)]
    assert [case.level for case in CASES] == [1, 1, 2, 2, 2, 3, 3]
    assert len(list(FOLDER.glob("*.yaml"))) == 7


def test_no_two_cases_are_equal():
    for part in ("title", "note", "answer_key"):
        assert len({getattr(case, part) for case in CASES}) == 7
    assert len({case.visit.service_date for case in CASES}) == 7


def test_the_cases_together_teach_what_a_beginner_gets_wrong():
    taught = " ".join(" ".join(case.teaches) for case in CASES)
    for idea in (
        "combination code", "seventh character", "laterality", "modifier 25", "modifier 26", "modifier RT", "units",
        "first-listed", "long-term drug use", "uncertain diagnosis", "diagnosis pointers",
    ):  # fmt: skip
        assert idea in taught
    modifiers = {modifier for case in CASES for item in case.procedures for modifier in item.modifiers}
    assert modifiers == {"25", "26", "LT", "RT"}


@EACH
def test_the_visit_is_in_the_last_quarter_of_2025_and_the_note_reads_like_one(case):
    assert date(2025, 10, 6) <= case.visit.service_date <= date(2025, 12, 19)
    assert case.visit.service_date.weekday() < 5
    assert case.visit.place_of_service in {"11", "22", "23"}
    assert 80 <= len(case.note.split()) <= 250


@EACH
def test_every_evidence_stands_word_for_word_in_the_note(case):
    for item in case.answer_key:
        for words in item.evidence:
            assert folded(words) in folded(case.note)


@EACH
def test_every_diagnosis_is_complete_and_real(case):
    codes = [code for item in case.diagnoses for code in item.codes]
    codes += [miss.code for miss in case.near_misses if not miss.code[0].isdigit() and miss.code not in charge_master()]
    assert [code for code in codes if not is_billable(code)] == []


@EACH
def test_no_keyed_diagnosis_excludes_another(case):
    for one, other in permutations((item.code for item in case.diagnoses), 2):
        assert [note for note in _excluded(one) if other.startswith(note)] == []


@EACH
def test_every_service_is_of_the_exercise_set(case):
    codes = [item.code for item in case.procedures]
    codes += [miss.code for miss in case.near_misses if "." not in miss.code and len(miss.code) == 5]
    assert set(codes) <= set(charge_master())


@EACH
def test_every_case_has_two_near_misses_and_says_why(case):
    assert len(case.near_misses) >= 2
    assert len({miss.code for miss in case.near_misses}) == len(case.near_misses)


@EACH
def test_every_authority_is_of_a_known_kind(case):
    given = [item.authority for item in case.answer_key] + [
        miss.authority for miss in case.near_misses if miss.authority
    ]
    assert [cite for cite in given if not AUTHORITIES.match(cite)] == []


@EACH
def test_a_case_with_a_visit_code_says_how_its_level_was_reached(case):
    has_visit = any(item.code.startswith("992") for item in case.procedures)
    assert has_visit == (case.em is not None)


@EACH
def test_the_level_is_the_one_that_two_of_the_three_elements_reach(case):
    if case.em is None:
        return
    ladders = {"minimal": 0, "low": 1, "limited": 1, "moderate": 2, "high": 3, "extensive": 3}
    reached = sorted(ladders[element] for element in (case.em.problems, case.em.data, case.em.risk))[1]
    visit = next(item for item in case.procedures if item.code.startswith("992"))
    assert visit.code == ["99212", "99213", "99214", "99215"][reached]
    assert case.visit.patient_is_new is False


@EACH
def test_the_key_typed_in_full_scores_100_with_and_without_dots(case):
    procedures = ["-".join((item.code, *item.modifiers)) + f" x{item.units}" for item in case.procedures]
    codes = [item.code for item in case.diagnoses]
    for answer in ([*codes, *procedures], [code.replace(".", "").lower() for code in codes] + procedures):
        feedback = check(case, answer)
        assert (feedback.score, feedback.first_listed, feedback.missing) == (Decimal("100.0"), True, ())


@EACH
def test_every_near_miss_scores_what_its_page_says(case):
    for miss in case.near_misses:
        (item,) = check(case, {"diagnoses": miss.code} if "." in miss.code else {"procedures": miss.code}).items
        assert (item.verdict, item.points, item.say) == ("near miss", miss.credit, miss.say)


def _excluded(code):
    """Code stems in the Excludes1 notes of a code and of everything above it."""
    icd = package()
    notes = [note for place in (code, *icd.get_ancestors(code)) for note in icd.get_excludes1(place)]
    inside = [part for note in notes for part in re.findall(r"\(([^)]*)\)", note)]
    return {stem.rstrip("-.") for part in inside for stem in re.findall(r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]*)?-?", part)}


def test_every_key_was_coded_a_second_time_blind_and_every_difference_is_decided():
    with (FOLDER / "second_coding.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["decision"] for row in rows} == {"agree", "kept", "changed"}
    assert all(row["why"] for row in rows if row["decision"] != "agree")
    for case in CASES:
        logged = [row["first"].split(",")[0].split()[0].split("-")[0] for row in rows if row["case"] == case.id]
        assert logged == [item.code for item in (*case.diagnoses, *case.procedures)], case.id
    agreed = sum(row["decision"] == "agree" for row in rows)
    assert (agreed, len(rows)) == (24, 27)  # 88.9 %
