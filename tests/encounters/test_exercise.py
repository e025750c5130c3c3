from decimal import Decimal

import pytest

import workbook as wb
import workbook.encounters.exercise as exercise_module
from workbook.encounters.exercise import exercise, exercises, load_exercise
from workbook.encounters.scoring import check
from workbook.encounters.to_claim import to_claim
from workbook.terms import WorkbookError

PAGE = """\
id: MOD-900
title: A <small> visit
level: 1
setting: office
teaches: [modifier 25]
visit: {service_date: 2025-10-14, place_of_service: "11"}
patient: {age: 70, sex: F, payer: Medicare Part B}
provider: Family physician
stem: >-
  Her pressure is high and her drugs were changed.
  Two warts were frozen <as well>.
given: {diagnoses: [I10, B07.8], codes: ["99214", "17110"]}
answer_key:
  - code: "99214"
    modifiers: ["25"]
    evidence: her drugs were changed
    because: The visit was about something else.
    authority: CPM ch. 12, sec. 40.2 (modifier 25)
    supports: [I10]
  - code: "17110"
    evidence: Two warts were frozen
    because: The procedure needs nothing.
    authority: NCCI Policy Manual, ch. I, sec. D
near_misses:
  - {answer: "99214", say: It is in the fee of the freezing., authority: "CPM ch. 12, sec. 40.1"}
  - {answer: 17110 x2, say: The code counts the session.}
"""
VISIT = exercise("MOD-001")  # 99214-25, 17110
UNITS = exercise("MOD-048")  # 97110-GP x2, 97140-GP
KNEES = exercise("MOD-021")  # 20610-RT, 20610-LT
SPOTS = exercise("MOD-012")  # 11102, 17000-XS or 59
ASLEEP = exercise("MOD-057")  # 01402-AA x118 minutes
ECG = exercise("MOD-030")  # 93010; no codes given


def load(tmp_path, old="", new="", name="MOD-900.yaml"):
    assert old in PAGE
    path = tmp_path / name
    path.write_text(PAGE.replace(old, new, 1) if old else PAGE, encoding="utf-8")
    return load_exercise(path)


def fault(tmp_path, old, new, **names):
    with pytest.raises(WorkbookError) as raised:
        load(tmp_path, old, new, **names)
    return str(raised.value)


def test_a_page_becomes_an_exercise(tmp_path):
    one = load(tmp_path)
    assert (one.id, one.level, one.given_diagnoses, one.given_codes) == (
        "MOD-900",
        1,
        ("I10", "B07.8"),
        ("99214", "17110"),
    )
    assert [(item.code, item.kind, item.modifiers, item.units) for item in one.answer_key] == [
        ("99214", "procedure", ("25",), 1), ("17110", "procedure", (), 1),
    ]  # fmt: skip
    assert [(m.code, m.modifiers, m.units, m.credit) for m in one.near_misses] == [
        ("99214", (), 1, Decimal(0)), ("17110", (), 2, Decimal(0)),
    ]  # fmt: skip


def test_an_exercise_shows_its_stem_and_what_is_given_and_never_its_key(tmp_path):
    one = load(tmp_path)
    shown = one._repr_html_()
    assert "A &lt;small&gt; visit" in shown and "frozen &lt;as well&gt;" in shown
    assert "<li>I10 Essential (primary) hypertension</li>" in shown
    assert "<li>99214 Established patient visit, moderate complexity</li>" in shown
    assert "70 years, F · Medicare Part B · 2025-10-14 · place of service 11 · Family physician" in shown
    assert "25" not in shown.replace("2025", "") and "something else" not in shown
    assert repr(one) == "Exercise(id='MOD-900', title='A <small> visit', level=1)"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("level: 1", "level: 0", "MOD-900.yaml, line 3, level: expected 1, 2 or 3, found 0"),
        ("stem:", "note:", "MOD-900.yaml, line 1, stem: this field is missing"),
        ("id: MOD-900", "id: ENC-900", "MOD-900.yaml, line 1, id: String should match pattern"),
        ("[I10, B07.8]", "[]", "line 12, given.diagnoses: Tuple should have at least 1 item"),
        ('"17110"]}', '"17110", "11102"]}', "line 12, given.codes: 11102 is given, and no line of the key has it"),
        ("[I10]", "[I11.9]", "line 19, answer_key.0.supports: I11.9 is not a diagnosis of the key"),
        ("her drugs were", "his drugs were", "line 16, answer_key.0.evidence: 'her drugs were changed' does not stand"),
        ('"99214", say', '"99214-25", say', "line 25, near_misses.0.modifiers: 99214 with these modifiers and units is"),
        ("answer: 17110 x2", "answer: 17110 x2 x3", "line 26, near_misses.1: answer is one line such as 99213-25 or J3"),
        ("answer: 17110 x2", "answer: I10", "line 26, near_misses.1: answer is one line such as 99213-25 or J3301 x4"),
        ("answer: 17110 x2", "answer: 17110 x2, units: 3", "line 26, near_misses.1: answer says units already"),
        ("answer: 17110 x2", 'answer: "99214"', "line 26, near_misses.1.answer: 99214 stands twice"),
        ('["25"]', '["2"]', "line 15, answer_key.0.modifiers: expected two characters such as '25', found '2'"),
        ('["25"]', '["25"]\n    modifier_alternatives: {"24": FT}', "modifier_alternatives: 24 is none of the modifiers"),
        ("  - code: \"99214\"", "  - code: \"99214\"\n    place: first-listed", "answer_key.0.place: expected 'procedure'"),
        ("level: 1", "level: 1\nlevel: 2", "MOD-900.yaml, line 4: level stands twice"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_field_and_what_is_expected(tmp_path, old, new, expected):
    assert expected in fault(tmp_path, old, new)


def test_the_id_is_the_name_of_the_file(tmp_path):
    assert "MOD-901.yaml, line 1, id: expected MOD-901, the name of the file" in fault(
        tmp_path, "", "", name="MOD-901.yaml"
    )


def test_an_exercise_is_asked_for_by_its_id_and_an_unknown_one_refused_with_what_there_is():
    assert wb.exercise(" mod-012 ").title == "A sample here, a frozen spot there"
    with pytest.raises(WorkbookError, match=r"there is no exercise 'MOD-999'; .*the exercises are MOD-001 to MOD-"):
        wb.exercise("MOD-999")


def test_the_catalogue_is_sorted_and_shows_no_answer():
    every = wb.exercises()
    assert [one.id for one in every] == sorted(one.id for one in every)
    assert repr(every).splitlines()[0] == "MOD-001  level 1  office: A visit beside the warts"
    assert "<td>MOD-012</td><td>1</td><td>office</td>" in every._repr_html_()
    assert "17000" not in every._repr_html_()


def test_a_missing_folder_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(exercise_module, "FOLDER", tmp_path / "nowhere")
    with pytest.raises(WorkbookError, match=r"the exercises are missing: there is no folder .*an exercise of your own"):
        exercises()


@pytest.mark.parametrize("blank", [None, "", [], "  "])
def test_a_blank_answer_says_not_answered_yet(blank):
    assert str(check(VISIT, blank)) == "Not answered yet"


@pytest.mark.parametrize(
    ("one", "answer", "expected"),
    [
        (VISIT, "99214-25, 17110", "Score 2 of 2 (100.0 %); nothing left to find"),
        (VISIT, "17110; 99214 25", "Score 2 of 2 (100.0 %); nothing left to find"),
        (VISIT, "99214, 17110", "Score 1.5 of 2 (75.0 %); half right: 1; nothing left to find"),
        # ½ for the units of one line, ½ for the modifier of the other
        (UNITS, "97110-GP x3, 97140", "Score 1 of 2 (50.0 %); half right: 2; nothing left to find"),
        (KNEES, "20610-50", "Score 0.5 of 2 (25.0 %); half right: 1; still to find: 1 procedure"),
        (KNEES, "20610-LT, 20610-RT", "Score 2 of 2 (100.0 %); nothing left to find"),
        (SPOTS, "11102, 17000-59", "Score 2 of 2 (100.0 %); nothing left to find"),
        (ASLEEP, "01402-AA x118", "Score 1 of 1 (100.0 %); nothing left to find"),
        (ECG, "93000-26", "Score 0 of 1 (0.0 %); still to find: 1 procedure"),
    ],
)
def test_an_exercise_is_scored_as_a_case_is(one, answer, expected):
    assert str(check(one, answer)) == expected


def test_a_wrong_modifier_is_explained_in_the_words_of_the_page_and_the_right_one_is_not_told():
    item = check(VISIT, "99214-57, 17110").items[0]
    assert (item.verdict, item.points) == ("half", Decimal("0.5"))
    assert item.say == (
        "The right code; a modifier is missing and modifier 57 is not called for. "
        "That one is for a visit that decided on major surgery, with 90 global days; freezing has 10."
    )
    assert item.authority == "CPM ch. 12, sec. 40.1 and 40.2"
    assert "25" not in item.say + item.authority


def test_a_wrong_number_of_units_is_explained_in_the_words_of_the_page():
    item = check(UNITS, "97110-GP x3").items[0]
    assert item.say.startswith(
        "The right code; the number of units is not right: 3 is too many. The day holds that many"
    )
    assert item.authority == "CPM ch. 5, sec. 20.2"


def test_minutes_of_anesthesia_are_called_minutes():
    item = check(ASLEEP, "01402-AA x8").items[0]
    assert item.say.startswith(
        "The right code; the number of minutes is not right: 8 is too few. Those are time units."
    )


def test_a_wrong_line_the_page_says_nothing_of_is_explained_by_the_list_of_modifiers():
    item = check(VISIT, "99214-25-24").items[0]
    assert item.say == (
        "The right code; modifier 24 is not called for. 24 (Visit in a global period, unrelated) is right when: "
        "The surgeon sees the patient within the global period for something else than the surgery."
    )
    assert item.authority == "CPM ch. 12, sec. 40.2; NCCI Policy Manual, ch. I, sec. D"


def test_an_authority_that_names_the_hidden_modifier_is_held_back(tmp_path):
    item = check(load(tmp_path), "99214-24").items[0]
    assert "a modifier is missing" in item.say and item.authority is None


def test_a_second_line_that_the_page_speaks_of_is_answered_in_its_words():
    right, half = check(exercise("MOD-020"), "20610-RT, 20610-LT").items
    assert (right.verdict, half.verdict, half.points) == ("half", "near miss", Decimal(0))
    assert half.say == "Medicare wants both sides of one session on one line."


def test_the_given_diagnoses_may_be_typed_and_never_cost():
    feedback = check(VISIT, "I10, B07.8, 99214-25, 17110")
    assert (feedback.score, feedback.items[0].verdict) == (Decimal("100.0"), "optional")
    assert feedback.items[0].say == "Given already; only the lines are asked for."


def test_arrows_may_point_to_the_given_diagnoses():
    assert check(VISIT, "99214-25 -> 1, 17110 -> B07.8").pointers == ()
    assert check(VISIT, "99214-25 -> 2, 17110").pointers == ("99214-25: B07.8 is not the reason for this service",)
    assert check(UNITS, "97110-GP x2 -> 1").pointers == ()  # every line is for the only diagnosis


def test_hints_go_from_the_words_to_the_family_to_the_answer():
    feedback = check(VISIT, "99214, 17110")
    assert list(feedback.hint(1)) == [
        "99214: read again “I went through her drugs, raised lisinopril to 20 mg” and "
        "“The visit was about the blood pressure alone”."
    ]
    assert list(feedback.hint(2)) == ["99214: one of the modifiers called “visit”, one unit."]
    assert feedback.hint(3)[0].startswith("99214-25: The visit is significant")
    assert list(check(UNITS, "97140-GP").hint(2)) == [
        "97110: one of the modifiers called “therapy”, more than one unit."
    ]
    assert list(check(ECG, "").hint(2)) == ["A medical service or test: no modifier, one unit."]
    assert check(ASLEEP, "").hint(3)[0].startswith("01402-AA x118 minutes: From 7:42 to 9:40")


def test_reveal_says_which_modifier_is_accepted_instead():
    assert "17000-XS (procedure, 59 instead of XS): Another spot" in str(check(SPOTS, "").reveal())


def test_an_exercise_makes_a_claim_with_its_given_diagnoses():
    claim = to_claim(VISIT, "99214, 17110")
    assert claim.arrow["claim_diagnosis"]["diagnosis_code"].to_pylist() == ["I10", "B078"]
    assert claim.arrow["claim_line"].select(["hcpcs_code", "modifier_1", "diagnosis_pointer_1"]).to_pylist() == [
        {"hcpcs_code": "99214", "modifier_1": None, "diagnosis_pointer_1": 1},
        {"hcpcs_code": "17110", "modifier_1": None, "diagnosis_pointer_1": 1},
    ]
    (line,) = to_claim(ASLEEP).arrow["claim_line"].to_pylist()
    assert (line["units"], line["unit_basis"]) == (118, "MJ")
    assert to_claim(VISIT, "").arrow["claim_line"].num_rows == 0
