"""Cases are listed, shown and checked, and a practice is made, in a terminal."""

from tests.cli.terminal import run
from workbook.encounters.case import FOLDER


def test_a_practice_is_written_into_the_folder_that_is_named(capsys, tmp_path):
    status, out, _ = run(capsys, "practice", tmp_path / "year", "--seed", "7")
    assert status == 0
    assert "balanced" in out and f"131 errors planted; written into {tmp_path / 'year'}" in out
    assert {p.name for p in (tmp_path / "year").glob("*.83?")} == {
        "professional.837",
        "institutional.837",
        "remittance.835",
    }


def test_a_practice_that_cannot_be_written_is_one_line(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = run(capsys, "practice", tmp_path / "file")
    assert status == 2 and "cannot be made a folder" in err and len(err.splitlines()) == 1


def test_cases_templates_and_exercises_are_listed(capsys):
    status, out, _ = run(capsys, "cases", "list")
    lines = out.splitlines()
    assert status == 0 and lines[0].startswith("ENC-001  level 1  family medicine")
    assert sum(line.startswith("VAR-") for line in lines) >= 30 and sum(line.startswith("MOD-") for line in lines) >= 40


def test_a_note_is_shown_without_its_key(capsys):
    status, out, _ = run(capsys, "cases", "show", "ENC-001", "VAR-001-7", "MOD-012", FOLDER / "ENC-003.yaml")
    assert status == 0 and "My heart flutters" in out
    assert "R00.2" not in out and "E11.42" not in out


def test_a_case_that_is_not_there_is_one_line(capsys):
    for wanted in ("ENC-999", "VAR-999", "MOD-999", "nowhere.yaml"):
        status, _, err = run(capsys, "cases", "show", wanted)
        assert status == 2 and len(err.splitlines()) == 1 and wanted.split(".")[0] in err


def test_a_page_is_checked_and_each_doubt_is_a_line(capsys, tmp_path):
    page = (FOLDER / "ENC-001.yaml").read_text(encoding="utf-8")
    assert run(capsys, "cases", "check", FOLDER / "ENC-001.yaml")[0] == 0
    own = tmp_path / "ENC-001.yaml"
    own.write_text(page.replace("problems: {uncertain_new: 1}", "problems: {threat_to_life: 1}").replace(
        "data: {tests: 2}", "data: {tests: 3}"), encoding="utf-8")  # fmt: skip
    status, out, _ = run(capsys, "cases", "check", own)
    assert status == 1 and "its elements reach 99214" in out and "the key says 99213" in out
    own.write_text(page.replace("level: 1", "level: 9"), encoding="utf-8")
    status, out, _ = run(capsys, "cases", "check", own)
    assert status == 1 and "ENC-001.yaml, line 3, level: expected 1, 2 or 3, found 9" in out
