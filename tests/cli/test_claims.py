"""Extracts are judged and X12 is checked in a terminal."""

import json

from tests.cli.terminal import SEGMENTS, run
from workbook.ui.demo import SENT


def test_intake_says_whether_a_file_is_fit(capsys):
    status, out, _ = run(capsys, "intake", SENT)
    assert (status, out.split(":")[0]) == (0, "Fit")


def test_a_folder_of_parquet_is_judged_without_being_read_as_a_whole_and_silently_when_piped(
    capsys, tmp_path, monkeypatch
):
    run(capsys, "convert", SENT, tmp_path / "tables", "--as", "parquet")
    monkeypatch.setattr("workbook.claims.files.read_tables", None)
    status, out, err = run(capsys, "intake", tmp_path / "tables")
    assert (status, out.split(":")[0], err) == (0, "Fit", "")
    (tmp_path / "tables" / "claim_line.parquet").unlink()
    status, out, _ = run(capsys, "intake", tmp_path / "tables")
    assert status == 1
    assert "claim_line: units is present: could not run. there is no claim_line table" in out
    assert run(capsys, "intake", tmp_path / "tables", "--received", "soon")[0] == 2


def test_check_tells_what_is_wrong_by_level_and_ends_with_1(capsys, tmp_path):
    spoiled = tmp_path / "spoiled.837"
    spoiled.write_text(SEGMENTS.replace("SV1*HC:93000*", "SV1*ZZ:93000*"))
    status, out, err = run(capsys, "check", spoiled)
    assert (status, err) == (1, "")
    assert "SV101-1 is 'ZZ'; expected ER, HC, IV, WK" in out
    assert "errors: 1; warnings: 1" in out
    status, out, _ = run(capsys, "check", spoiled, "--json")
    assert status == 1
    assert next(iter(json.loads(out)))["element"] == "SV101-1"


def test_check_takes_a_folder_and_says_what_it_skipped(capsys, tmp_path):
    (tmp_path / "clean.837").write_text(SEGMENTS)
    (tmp_path / "notes.txt").write_text("not X12")
    status, out, _ = run(capsys, "check", tmp_path)
    assert status == 0
    assert "notes.txt is not X12" in out
    assert "errors: 0; warnings: 2" in out


def test_check_of_a_clean_file_ends_with_0_and_says_what_was_not_checked(capsys):
    status, out, _ = run(capsys, "check", SENT)
    assert status == 0
    assert "not checked: 3 times a HCPCS code of 2025-10-14" in out
