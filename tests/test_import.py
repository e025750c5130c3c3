"""Importing the package costs next to nothing: heavy libraries are loaded where they are used."""

import subprocess
import sys

import workbook as wb

HEAVY = [
    "pandas",
    "pyarrow",
    "duckdb",
    "sqlglot",
    "great_expectations",
    "ipywidgets",
    "pydantic",
    "yaml",
    "simple_icd_10_cm",
]


def test_importing_the_workbook_loads_no_heavy_library():
    code = f"import sys, workbook; print([m for m in {HEAVY} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_every_verb_loads_and_says_what_it_gives():
    for name in wb.__all__:
        assert getattr(wb, name).__doc__, name


def test_a_verb_that_bears_the_name_of_its_room_is_still_a_verb_when_the_room_was_imported():
    code = (
        "import workbook as wb, workbook.encounters, workbook.rules; from workbook import ui;"
        "print(wb.encounters(level=1)[0].id, wb.rules()[0].id)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert told == "ENC-001 ADD-001"


def test_an_unknown_verb_is_refused_with_the_list():
    try:
        wb.adjudicate  # noqa: B018
    except AttributeError as error:
        assert str(error).startswith("workbook has no verb 'adjudicate'; it has appeal_letter, audit")
    else:
        raise AssertionError("expected an AttributeError")
