"""What a verb is given: a file that cannot be read is one line, one that was cut off is read as far as it goes."""

from pathlib import Path

import pytest

from tests.cli.terminal import SEGMENTS, run


def bad_inputs(folder: Path):
    """name → (what stands there, what the one line must say)."""
    (folder / "tables").mkdir()
    (folder / "tables" / "claim.csv").write_text("claim_id\nC1\n")
    (folder / "tables" / "claim_line.csv").write_text("claim_id,line_number\nC1,1\n")
    (folder / "empty").mkdir()
    (folder / "note.txt").write_text("Dear payer,\nplease pay.")
    (folder / "nothing.837").write_text("")
    (folder / "cut.837").write_text(SEGMENTS[:60])
    (folder / "utf16.837").write_bytes(SEGMENTS.encode("utf-16-le"))
    (folder / "page.html").write_text("<html>")
    (folder / "binary.837").write_bytes(bytes(range(256)) * 4)
    return {
        "missing.837": "there is no such file",
        "nothing.837": "is empty",
        "note.txt": "is not X12",
        "cut.837": "cut short",
        "utf16.837": "is not X12",
        "page.html": "is not X12",
        "binary.837": "is not X12",
        "empty": "empty",
        "tables": "missing",
    }


@pytest.mark.parametrize(
    "name",
    ["missing.837", "nothing.837", "note.txt", "cut.837", "utf16.837", "page.html", "binary.837", "empty", "tables"],
)
@pytest.mark.parametrize("verb", ["audit", "price", "intake"])
def test_bad_input_gets_one_clear_line_and_status_2(capsys, tmp_path, verb, name):
    says = bad_inputs(tmp_path)[name]
    status, out, err = run(capsys, verb, tmp_path / name)
    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("workbook: ") and name in err and says in err, err


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes_and_said(capsys, tmp_path):
    cut = tmp_path / "cut.837"
    cut.write_text(SEGMENTS[: SEGMENTS.index("LX*3")])
    status, out, err = run(capsys, "audit", cut)
    assert status == 1
    assert "the file ends inside claim VISIT-001" in err
    assert "1 claim, 2 lines" in out
