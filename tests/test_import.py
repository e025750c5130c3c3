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


def test_an_unknown_verb_is_refused_with_the_list():
    try:
        wb.adjudicate  # noqa: B018
    except AttributeError as error:
        assert str(error).startswith("workbook has no verb 'adjudicate'; it has appeal_letter, audit")
    else:
        raise AssertionError("expected an AttributeError")
