"""A spreadsheet shows what the tables say and never runs what a claim wrote into a cell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from tests.claims.formats.extracts import carrier
from workbook.claims.formats import xlsx
from workbook.claims.formats.wide import read_wide
from workbook.claims.formats.xlsx import write_xlsx
from workbook.claims.model import Claims
from workbook.terms import WorkbookError


def sheets(claims: Claims, path: Path) -> dict[str, list[dict[str, object]]]:
    write_xlsx(claims, path)
    found = {}
    for sheet in openpyxl.load_workbook(path):
        head, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(head, row, strict=True)) for row in rows]
    return found


def test_codes_keep_their_zeros_amounts_are_numbers_and_dates_dates(tmp_path: Path) -> None:
    found = sheets(read_wide(carrier(tmp_path, {})), tmp_path / "c.xlsx")
    assert list(found) == ["claim", "claim_diagnosis", "claim_line", "problem"]
    (claim,), (line,) = found["claim"], found["claim_line"]
    assert (claim["payer_id"], claim["billed_amount"], claim["accepts_assignment"]) == ("00882", 150.75, True)
    assert line["service_from_date"] == datetime(2024, 10, 27)
    assert (tmp_path / "c.xlsx").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_text_becomes_a_formula(tmp_path: Path, text: str) -> None:
    claims = read_wide(carrier(tmp_path, {"CARR_NUM": text.replace("|", "!").replace('"', "")}))
    write_xlsx(claims, tmp_path / "c.xlsx")
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert f"'{text.replace('|', '!').replace(chr(34), '')}" in [cell.value for cell in cells]


def test_a_character_that_a_sheet_cannot_hold_is_replaced(tmp_path: Path) -> None:
    found = sheets(read_wide(carrier(tmp_path, {"CARR_NUM": "a\x0bb"})), tmp_path / "c.xlsx")
    assert found["claim"][0]["payer_id"] == "a\N{REPLACEMENT CHARACTER}b"


def test_a_text_too_long_for_a_cell_is_refused(tmp_path: Path) -> None:
    claims = read_wide(carrier(tmp_path, {"CARR_NUM": "x" * 32_768}))
    with pytest.raises(
        WorkbookError, match=r"claim\.payer_id holds a text of 32,768 characters and a cell takes fewer"
    ):
        write_xlsx(claims, tmp_path / "c.xlsx")
    assert not (tmp_path / "c.xlsx").exists()


def test_more_rows_than_a_sheet_takes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "SHEET_ROWS", 3)
    claims = read_wide(carrier(tmp_path, *({"LINE_NUM": str(n)} for n in (1, 2, 3))))
    with pytest.raises(WorkbookError, match="table claim_line has 3 rows and a sheet takes 2; write a folder"):
        write_xlsx(claims, tmp_path / "c.xlsx")


def test_the_problems_are_a_sheet(tmp_path: Path) -> None:
    found = sheets(read_wide(carrier(tmp_path, {"LINE_NUM": "one"})), tmp_path / "c.xlsx")
    assert [p["message"] for p in found["problem"] if p["severity"] == "error"] == [
        "row 2: 'one' in LINE_NUM is not a whole number, as claim_line.line_number needs; left empty"
    ]
