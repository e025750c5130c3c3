"""A code of another system is told by its shape or by the word before it, and answers for the date."""

import pytest

import workbook as wb
from workbook.cli import main


def at(code, on="2025-11-03"):
    return wb.lookup(code, on=on)


@pytest.mark.parametrize(
    ("written", "code", "title", "table"),
    [
        ("99213", "99213", "Established patient visit, low complexity", "physician_fee"),
        ("cpt 99213", "99213", "Established patient visit, low complexity", "physician_fee"),
        ("g0101", "G0101", "Cervical and breast cancer screening exam", "physician_fee"),
        ("LT", "LT", "Left side", "modifier"),
        ("modifier 25", "25", "Separate visit on the day of a procedure", "modifier"),
        ("11", "11", "Office", "place_of_service"),  # no modifier is called 11
        ("POS 22", "22", "Hospital outpatient department, on campus", "place_of_service"),
        ("22", "22", "Much more work than usual", "modifier"),
        ("  carc   45 ", "45", "The charge is above what the fee schedule or the contract allows", "carc"),
        ("group CO", "CO", "Contract: the provider must not collect it from the patient", "group_code"),
        ("CO", "CO", "Occupational therapy assistant took part", "modifier"),
    ],
)
def test_a_code_is_found_in_its_system(written, code, title, table):
    entry = at(written)
    assert (entry.status, entry.code, entry.title) == ("valid", code, title)
    assert entry.edition.table_name == table


def test_what_else_is_known_is_told():
    assert at("99213").facts == (("fee status", "A"), ("global days", "XXX"))
    assert dict(at("POS 22").facts) == {"facility rate": "yes"}
    assert dict(at("CARC 236").facts) == {"category": "bundling"}
    assert at("99213", on="2026-08-03").facts == (("fee status", "A"), ("global days", "XXX"))
    assert dict(at("99213", on="2027-11-03").facts) == {}  # the fee schedule that ships ends with 2026
    assert str(at("LT")).startswith("LT Left side: valid on 2025-11-03; family: side or site; right when:")


def test_a_code_that_two_systems_have_is_a_diagnosis_unless_its_system_is_named():
    assert at("J1100").code == "J11.00"
    assert at("HCPCS J1100").title == "Dexamethasone injection, per 1 mg"


def test_a_code_begins_on_its_first_day():
    entry = at("JZ", on="2022-12-31")
    assert entry.status == "not yet"
    assert "it begins 2023-01-01" in str(entry)
    assert at("JZ", on="2023-01-01").status == "valid"


def test_a_teaching_set_that_lacks_a_code_does_not_call_it_unknown():
    assert at("CARC 999").status == "not known"
    assert "only an extract and lacks it" in str(at("CARC 999"))
    assert at("group XX").status == "unknown"  # the four groups are all there are


@pytest.mark.parametrize(
    ("code", "on"), [("99213", "2027-01-04"), ("0016070", "2025-11-03"), ("RARC N362", "2027-01-04")]
)
def test_a_date_or_a_system_that_is_not_loaded_is_not_known(code, on):
    assert at(code, on=on).status == "not known"
    assert "no loaded edition serves that date" in str(at(code, on=on))


def test_a_word_that_names_no_system_is_looked_up_as_a_diagnosis():
    assert at("E11 .42").code == "E11.42"
    assert at("hello 45").status == "unknown"


def test_the_command_takes_a_code_with_its_system(capsys):
    assert main(["codes", "lookup", "CARC", "45", "--on", "2025-11-03"]) == 0
    assert "category: contract" in capsys.readouterr().out
    assert main(["codes", "lookup", "CARC", "999", "--on", "2025-11-03"]) == 1
