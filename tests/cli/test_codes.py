"""Codes are looked up, found by words and loaded in a terminal."""

import pytest

from tests.cli.terminal import run


@pytest.mark.parametrize(("code", "status"), [("R00.2", 0), ("R00", 1), ("XYZ", 1)])
def test_a_code_is_looked_up(capsys, code, status):
    assert run(capsys, "codes", "lookup", code, "--on", "2025-11-03")[0] == status


def test_a_code_is_found_by_the_words_of_the_note(capsys):
    status, out, _ = run(capsys, "codes", "search", "numb", "feet", "diabetes")
    assert (status, out.splitlines()[0]) == (0, "E11.42 Type 2 diabetes mellitus with diabetic polyneuropathy")
    assert run(capsys, "codes", "search", "zzzzqqq")[0] == 1


def test_official_files_are_added_listed_and_removed(capsys, tmp_path, monkeypatch, shared):
    from workbook.codes.reference import forget

    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    forget()
    assert run(capsys, "codes", "add", shared / "cms" / "GPCI2025.csv")[:2][0] == 0
    assert "GPCI2025.csv  sha256" in run(capsys, "codes", "list")[1]
    assert run(capsys, "codes", "remove", "locality", "GPCI2025")[0] == 0
    assert "sha256" not in run(capsys, "codes", "list")[1]
    status, _, err = run(capsys, "codes", "add", shared / "cms" / "README.md")
    assert (status, err.startswith("workbook: README.md: not a code file")) == (2, True)
    forget()
