"""The notes and limits that rule cards join say what the review of codes says, code by code."""

import random
from collections import defaultdict
from datetime import date

import pytest

from workbook.codes.limit_table import diagnosis_limit_table
from workbook.codes.patient import covers, review_rules
from workbook.codes.reference import editions, reference
from workbook.codes.review import review_codes
from workbook.codes.tables import DIAGNOSIS_LIMIT
from workbook.codes.tabular import nodes

DAY = date(2025, 11, 3)


@pytest.fixture(scope="module")
def sides():
    """kind → code → the notes it stands under, and the notes that name it."""
    found = {k: {p: defaultdict(set) for p in ("under", "named")} for k in ("excludes1", "code_first")}
    table = reference(["diagnosis_note"])["diagnosis_note"]
    columns = (table[c].to_pylist() for c in ("note_kind", "part", "diagnosis_code", "note"))
    for kind, part, code, note in zip(*columns, strict=True):
        found[kind][part][code].add(note)
    return found


def set_apart(sides, one, other):
    notes = sides["excludes1"]
    return bool(notes["under"][one] & notes["named"][other] or notes["under"][other] & notes["named"][one])


def test_type_1_and_type_2_diabetes_are_set_apart_and_type_2_and_high_blood_pressure_are_not(sides):
    assert set_apart(sides, "E109", "E119") and set_apart(sides, "E119", "E109")
    assert not set_apart(sides, "E119", "I10")


def test_two_codes_under_one_note_are_not_set_apart_by_it(sides):
    assert not set_apart(sides, "E1140", "E1142")


def random_pairs():
    rng = random.Random(20251103)
    table = nodes().filter(nodes()["is_billable"])["code"].to_pylist()
    by_letter = defaultdict(list)
    for code in table:
        by_letter[code[0]].append(code)
    for _ in range(400):  # two codes of one letter are set apart far more often than any two
        yield rng.sample(by_letter[rng.choice("BEFGHIJKLMNOPQRSTZ")], 2)


def test_the_table_sets_apart_what_the_review_sets_apart(sides):
    told = {tuple(p): any(x.kind == "excludes1" for x in review_codes(p, on=DAY)) for p in random_pairs()}
    assert {p: set_apart(sides, *p) for p in told} == told
    assert 5 < sum(told.values()) < 200


def test_a_code_that_needs_its_cause_first_has_the_causes_that_its_notes_name(sides):
    notes = sides["code_first"]
    assert notes["under"]["J910"] and notes["under"]["J910"] & notes["named"]["C3490"]
    assert not notes["under"]["J910"] & notes["named"]["E119"]
    assert not notes["under"]["I10"]


def test_a_note_that_only_holds_if_applicable_or_gives_examples_asks_nothing(sides):
    assert not sides["code_first"]["under"]["I5020"] and not sides["code_first"]["under"]["H42"]


def test_the_notes_serve_the_dates_of_the_edition_they_stand_in():
    (edition,) = [e for e in editions() if e.table_name == "diagnosis_note"]
    assert [edition.span] == [e.span for e in editions() if e.table_name == "diagnosis"]
    days = set(reference(["diagnosis_note"])["diagnosis_note"]["effective_date"].to_pylist())
    assert days == {edition.span.effective_date}


def limits(kind):
    return [r for r in diagnosis_limit_table().to_pylist() if r["limit_kind"] == kind]


def test_a_limit_holds_for_the_codes_that_its_rule_covers_and_no_other():
    codes = random.Random(7).sample(nodes().filter(nodes()["is_billable"])["code"].to_pylist(), 3_000)
    codes += ["A33", "Z00110", "O80", "N400", "Z3A39", "O9A111", "Z0000", "Z006", "Z529", "Z9912"]
    for kind in ("age", "sex", "first_listed_only"):
        for rule in review_rules()[kind]:
            stems = tuple(r["stem"] for r in limits(kind) if r["name"] == rule.get("name"))
            assert [c for c in codes if c.startswith(stems)] == [c for c in codes if covers(rule, c)]


def test_the_first_listed_ones_leave_out_the_two_that_the_guideline_leaves_out():
    stems = tuple(r["stem"] for r in limits("first_listed_only"))
    assert "Z0000".startswith(stems) and "Z5111".startswith(stems)
    assert not any(code.startswith(stems) for code in ("Z006", "Z529", "Z23", "Z5189", "Z9911"))


def test_the_key_of_the_limits_is_unique():
    keys = [tuple(r[k] for k in DIAGNOSIS_LIMIT.key) for r in diagnosis_limit_table().to_pylist()]
    assert len(keys) == len(set(keys)) > 1_000
