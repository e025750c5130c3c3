from datetime import date
from decimal import Decimal

import pytest

import workbook.encounters.case as case_module
from workbook.encounters.case import encounter, encounters, load_encounter
from workbook.terms import WorkbookError

PAGE = """\
id: ENC-900
title: A <sore> throat
level: 1
specialty: family medicine
setting: office
teaches: [symptom]
visit: {service_date: 2025-10-14, place_of_service: "11"}
patient: {age: 40, sex: F, payer: Medicare Part B}
note: |
  Throat sore for two
  days. Strep test negative.
answer_key:
  - code: R07.0
    place: first-listed
    evidence: Throat sore for two days
    because: No cause is found.
    authority: ICD-10-CM Guidelines, IV.D
  - code: "99212"
    place: procedure
    evidence: [Throat sore, Strep test negative]
    because: A small problem.
    authority: CPT E/M guidelines 2023 (MDM table)
    supports: [R07.0]
near_misses:
  - {code: J02.0, credit: 0, say: The test is negative.}
"""


def load(tmp_path, old="", new="", name="ENC-900.yaml"):
    assert old in PAGE
    path = tmp_path / name
    path.write_text(PAGE.replace(old, new, 1) if old else PAGE, encoding="utf-8")
    return load_encounter(path)


def fault(tmp_path, old, new, **names):
    with pytest.raises(WorkbookError) as raised:
        load(tmp_path, old, new, **names)
    return str(raised.value)


def test_a_page_becomes_a_case(tmp_path):
    case = load(tmp_path)
    assert (case.id, case.level, case.visit.service_date) == ("ENC-900", 1, date(2025, 10, 14))
    assert case.visit.patient_is_new is False
    assert [item.code for item in case.diagnoses] == ["R07.0"]
    assert [item.code for item in case.procedures] == ["99212"]
    assert case.procedures[0].evidence == ("Throat sore", "Strep test negative")
    assert (case.procedures[0].units, case.procedures[0].modifiers) == (1, ())
    assert case.near_misses[0].credit == Decimal(0)


def test_a_case_shows_its_note_escaped_and_never_its_key(tmp_path):
    case = load(tmp_path)
    shown = case._repr_html_()
    assert "A &lt;sore&gt; throat" in shown
    assert "Throat sore for two\ndays." in shown
    assert '<pre style="white-space:pre-wrap;word-break:normal">' in shown
    for text in (shown, repr(case), str(case)):
        assert "R07.0" not in text and "99212" not in text and "J02.0" not in text
    assert repr(case) == "Encounter(id='ENC-900', title='A <sore> throat', level=1)"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("level: 1", "level: 4", "ENC-900.yaml, line 3, level: expected 1, 2 or 3, found 4"),
        ("title: A <sore> throat\n", "", "ENC-900.yaml, line 1, title: this field is missing"),
        ("teaches:", "teach:", "ENC-900.yaml, line 6, teach: there is no such field; correct its name or remove it"),
        ('"99212"', "99212", "ENC-900.yaml, line 18, answer_key.1.code: expected text, found 99212; put it in quotes"),
        (
            '"99212"',
            "E11.42",
            "line 18, answer_key.1.code: expected a procedure such as 99213 or J3301, found 'E11.42'",
        ),
        ("R07.0", "R070", "line 13, answer_key.0.code: expected a diagnosis with its dot such as E11.42, found 'R070'"),
        ("[R07.0]", "[I10]", "line 23, answer_key.1.supports: I10 is not a diagnosis of the key"),
        ("    supports: [R07.0]\n", "", "line 18, answer_key.1.supports: expected one to four diagnoses of the key"),
        (
            "[Throat sore,",
            "[Sore throat,",
            "line 20, answer_key.1.evidence: 'Sore throat' does not stand word for word",
        ),
        ("first-listed", "secondary", "line 12, answer_key: expected one first-listed diagnosis, found 0"),
        ("credit: 0", "credit: 0.25", "line 25, near_misses.0.credit: credit is 0 or 0.5; found 0.25"),
        ("credit: 0", "credit: 0.5", "line 25, near_misses.0.instead_of: a near miss with credit names the keyed code"),
        ("code: J02.0", "code: R07.0", "line 25, near_misses.0.code: R07.0 is right by the key"),
        ("2025-10-14", "in October", "line 7, visit.service_date: Input should be a valid date"),
        ("age: 40", "age: -1", "line 8, patient.age: Input should be greater than or equal to 0; found -1"),
        (
            "[R07.0]",
            "[R07.0]\n    modifiers: ['2']",
            "line 24, answer_key.1.modifiers: expected two characters such as",
        ),
        ("level: 1", "level: 1\nlevel: 2", "ENC-900.yaml, line 4: level stands twice"),
        ("level: 1", "level: [1", "ENC-900.yaml, line 4: did not find expected ',' or ']'"),
    ],
)
def test_a_fault_names_file_line_field_and_what_is_expected(tmp_path, old, new, expected):
    assert expected in fault(tmp_path, old, new)


def test_every_fault_of_a_page_is_told_at_once(tmp_path):
    lines = fault(
        tmp_path,
        PAGE.split("id: ENC-900\n")[1].split("visit:")[0],
        "title: A\nlevel: 9\nspecialty: x\nsetting: office\nteaches: []\n",
    ).splitlines()
    assert [line.split(":")[0] for line in lines] == ["ENC-900.yaml, line 3, level", "ENC-900.yaml, line 6, teaches"]


def test_the_id_is_the_name_of_the_file(tmp_path):
    expected = "ENC-901.yaml, line 1, id: expected ENC-901, the name of the file, found ENC-900"
    assert fault(tmp_path, "", "", name="ENC-901.yaml") == expected


def test_a_diagnosis_has_no_modifiers(tmp_path):
    say = fault(tmp_path, "    evidence: Throat", '    modifiers: ["25"]\n    evidence: Throat')
    assert "line 15, answer_key.0.modifiers: only a procedure has this" in say


def test_a_page_that_is_not_there_or_not_a_mapping_is_refused_in_words(tmp_path):
    with pytest.raises(WorkbookError, match=r"ENC-1\.yaml: there is no such file"):
        load_encounter(tmp_path / "ENC-1.yaml")
    (tmp_path / "ENC-002.yaml").write_text("- a\n")
    with pytest.raises(WorkbookError, match=r"ENC-002\.yaml, line 1: expected fields such as id: and title:"):
        load_encounter(tmp_path / "ENC-002.yaml")
    (tmp_path / "ENC-003.yaml").write_bytes(b"id: \xff\xfe")
    with pytest.raises(WorkbookError, match=r"ENC-003\.yaml: cannot be read as UTF-8"):
        load_encounter(tmp_path / "ENC-003.yaml")


def test_a_case_is_asked_for_by_its_id():
    assert encounter("ENC-001").title == "A heart that flutters"
    assert encounter(" enc-001 ").id == "ENC-001"


def test_an_unknown_id_is_answered_with_the_ids_there_are():
    with pytest.raises(
        WorkbookError, match=r"there is no case 'ENC-999'; did you mean ENC-099\? the cases are ENC-001 to"
    ):
        encounter("ENC-999")


def test_the_catalogue_is_sorted_and_shows_no_code():
    cases = encounters()
    assert [case.id for case in cases] == sorted(case.id for case in cases)
    assert repr(cases).splitlines()[0] == "ENC-001  level 1  family medicine: A heart that flutters"
    assert "symptom as diagnosis" in cases._repr_html_()
    assert "R00.2" not in cases._repr_html_()


def test_the_catalogue_can_be_narrowed():
    chosen = encounters(level=3, specialty="hospital medicine", coding="facility")
    assert chosen and {(c.level, c.specialty, c.coding) for c in chosen} == {(3, "hospital medicine", "facility")}
    assert {c.setting for c in encounters(setting="anesthesia")} == {"anesthesia"}


@pytest.mark.parametrize("choice", [{"level": 4}, {"specialty": "alchemy"}, {"setting": "moon"}])
def test_a_choice_that_no_case_has_is_answered_with_what_there_is(choice):
    with pytest.raises(WorkbookError, match=r"no case has the \w+ .*; there are "):
        encounters(**choice)


def test_a_missing_folder_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(case_module, "FOLDER", tmp_path / "nowhere")
    with pytest.raises(WorkbookError, match=r"the cases are missing: there is no folder .*nowhere"):
        encounters()
