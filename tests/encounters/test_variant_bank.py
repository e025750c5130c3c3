"""Every shipped template over two hundred seeds: each case can be trusted as a case of the bank can, and scores 100."""

from datetime import date
from decimal import Decimal

import pytest

from workbook.encounters.case import DIAGNOSIS_CODE
from workbook.encounters.case_review import review_case, review_cases, review_claims
from workbook.encounters.scoring import check
from workbook.encounters.variants import FOLDER, PLACEHOLDER, variants

TEMPLATES = variants()
SEEDS = 200
EACH = pytest.mark.parametrize("template", TEMPLATES, ids=[template.id for template in TEMPLATES])
FIRST, LAST = date(2025, 10, 1), date(2025, 12, 19)
#: Where care goes on at weekends.
ALWAYS_OPEN = {"emergency", "inpatient"}


def key_of(case):
    return tuple((item.code, item.modifiers, item.units, item.optional) for item in case.answer_key)


def typed(case):
    lines = ["-".join((item.code, *item.modifiers)) + f" x{item.units}" for item in case.procedures]
    return {"diagnoses": [item.code for item in case.diagnoses], "procedures": lines}


@EACH
def test_two_hundred_seeds_make_sound_cases_that_score_100(template):
    keys, notes, missed = set(), set(), set()
    for seed in range(SEEDS):
        case = template.draw(seed)
        assert [str(doubt) for doubt in review_case(case) if doubt.is_error] == []
        assert FIRST <= case.visit.service_date <= LAST
        assert case.setting in ALWAYS_OPEN or case.visit.service_date.weekday() < 5, case.id
        assert max(map(len, case.note.splitlines())) <= 118
        assert PLACEHOLDER.search(case.model_dump_json()) is None
        feedback = check(case, typed(case))
        assert (feedback.score, feedback.missing, feedback.first_listed) == (Decimal("100.0"), (), True)
        keys.add(key_of(case))
        notes.add(case.note)
        if (key_of(case), case.near_misses) not in missed:
            missed.add((key_of(case), case.near_misses))
            near_misses_score_what_the_page_says(case)
    assert len(keys) >= 4  # not only the numbers of the note change
    assert len(notes) >= 40


def near_misses_score_what_the_page_says(case):
    for miss in case.near_misses:
        kind = "diagnoses" if DIAGNOSIS_CODE.fullmatch(miss.code) else "procedures"
        (item,) = check(case, {kind: miss.code}).items
        assert (item.verdict, item.points, item.say) == ("near miss", miss.credit, miss.say), case.id


def test_the_audit_of_the_claims_finds_no_error():
    cases = [template.draw(seed) for template in TEMPLATES for seed in (1, 2)]
    assert [str(doubt) for doubt in review_claims(cases) if doubt.is_error] == []


def test_the_templates_are_spread_over_specialties_settings_levels_and_payers():
    assert len(TEMPLATES) >= 30
    assert len({template.specialty for template in TEMPLATES}) >= 10
    assert len({template.setting for template in TEMPLATES}) >= 7
    assert {template.level for template in TEMPLATES} == {1, 2, 3}
    drawn = [template.draw(seed) for template in TEMPLATES for seed in range(10)]
    medicare = sum(case.patient.payer == "Medicare Part B" for case in drawn) / len(drawn)
    assert 0.4 < medicare < 0.9
    assert any(case.coding == "facility" for case in drawn)


def test_no_two_templates_are_equal():
    assert len({template.title for template in TEMPLATES}) == len(TEMPLATES)


def test_a_template_is_checked_as_a_page_of_cases_is_and_each_doubt_is_said_once(tmp_path):
    page = (FOLDER / "VAR-029.yaml").read_text(encoding="utf-8").replace("stem: H25.1,", "stem: H25.9,")
    (tmp_path / "VAR-029.yaml").write_text(page, encoding="utf-8")
    doubts = [str(doubt) for doubt in review_cases([tmp_path / "VAR-029.yaml"]) if doubt.is_error]
    assert doubts and all("H25.9" in doubt for doubt in doubts)
    assert len(doubts) == len({doubt.split(": ", 1)[1] for doubt in doubts})
