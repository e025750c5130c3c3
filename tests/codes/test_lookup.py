"""A code is valid, incomplete, unknown, or not known on a date; never valid for lack of data."""

import subprocess
import sys

import pyarrow.compute as pc
import pytest

from workbook.codes import lookup
from workbook.codes.diagnosis import diagnosis_table
from workbook.terms import WorkbookError


def test_the_edition_holds_every_billable_code_of_fiscal_year_2026():
    # 74,719: the CDC's order file of the April 2026 release
    assert pc.sum(diagnosis_table()["is_billable"]).as_py() == 74_719
    codes = diagnosis_table()["diagnosis_code"].to_pylist()
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("typed", ["E11.42", "e1142", " E11.42 ", "E1142"])
def test_a_code_is_found_with_or_without_dot_in_any_case(typed):
    entry = lookup(typed, on="2025-11-03")
    assert (entry.code, entry.status) == ("E11.42", "valid")
    assert entry.title == "Type 2 diabetes mellitus with diabetic polyneuropathy"


@pytest.mark.parametrize("code", ["B20", "F99", "P84", "R99", "Z66"])
def test_a_category_that_shares_its_name_with_its_block_is_billable(code):
    assert lookup(code, on="2025-11-03").status == "valid"


def test_an_incomplete_code_names_what_stands_below_it():
    entry = lookup("E11.4", on="2025-11-03")
    assert (entry.status, entry.children[:2]) == ("incomplete", ("E11.40", "E11.41"))


def test_g35_was_split_in_october_2025():
    assert lookup("G35", on="2025-11-03").status == "incomplete"
    assert lookup("G35.D", on="2025-11-03").status == "valid"


def test_an_unknown_code_names_what_is_near():
    entry = lookup("E11.421", on="2025-11-03")
    assert (entry.status, entry.near) == ("unknown", ("E11.42",))


@pytest.mark.parametrize("day", ["2025-09-30", "2026-10-01", "2015-10-01"])
def test_a_date_outside_the_loaded_edition_is_not_known_never_valid(day):
    entry = lookup("E11.42", on=day)
    assert (entry.status, entry.edition) == ("not known", None)


def test_a_malformed_date_is_refused_with_an_example():
    with pytest.raises(WorkbookError, match=r"on '11/3/2025' is not a date; write it as .* 2025-11-03"):
        lookup("E11.42", on="11/3/2025")


def test_an_entry_shows_its_path_from_the_chapter_down():
    entry = lookup("E11.42", on="2025-11-03")
    assert entry.ancestors == (
        ("Chapter 4", "Endocrine, nutritional and metabolic diseases (E00-E89)"),
        ("E08-E13", "Diabetes mellitus (E08-E13)"),
        ("E11", "Type 2 diabetes mellitus"),
        ("E11.4", "Type 2 diabetes mellitus with neurological complications"),
    )


def test_an_entry_holds_its_own_notes_and_those_it_inherits_with_their_node():
    entry = lookup("E11.42", on="2025-11-03")
    found = [(n.on, n.kind, n.text) for n in entry.notes]
    assert ("E1142", "inclusion_term", "Type 2 diabetes mellitus with diabetic neuralgia") in found
    assert ("E11", "use_additional", "insulin (Z79.4)") in found


def test_an_entry_holds_its_7th_characters():
    assert lookup("T88.0", on="2025-11-03").seventh_characters == (
        ("A", "initial encounter"),
        ("D", "subsequent encounter"),
        ("S", "sequela"),
    )
    assert lookup("E11.42", on="2025-11-03").seventh_characters == ()


def test_an_entry_shows_its_notes_by_kind_escaped_and_with_where_they_come_from():
    shown = lookup("E11.42", on="2025-11-03")._repr_html_()
    assert (
        "<h4>Excludes1</h4><ul><li>diabetes mellitus due to underlying condition (E08.-) <small>(from E11)</small>"
        in shown
    )
    assert "&lt;b&gt;" in lookup("<b>", on="2025-11-03")._repr_html_().lower()


def test_an_entry_of_no_edition_claims_nothing_about_the_code():
    entry = lookup("E11.42", on="2026-10-01")
    assert (entry.ancestors, entry.notes, entry.seventh_characters) == ((), (), ())


def test_a_lookup_loads_no_heavy_library():
    code = (
        "import sys, workbook as wb; wb.lookup('E11.42', on='2025-11-03'); "
        "print([m for m in ('pyarrow', 'pandas', 'duckdb', 'simple_icd_10_cm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_7th_characters_that_a_note_says_do_not_apply_make_no_code():
    # the note at S06: D and S do not apply where the 6th character is 7 or 8, for the patient died
    found = {c: lookup(f"S06.1X{c}", on="2025-11-03").status for c in ("7A", "7D", "7S", "8A", "8D", "6D")}
    assert found == {"7A": "valid", "7D": "unknown", "7S": "unknown", "8A": "valid", "8D": "unknown", "6D": "valid"}
