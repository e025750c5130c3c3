"""A practice is made in a terminal."""

from tests.cli.terminal import run


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
