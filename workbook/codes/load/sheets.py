"""How a spreadsheet is read as the text it would have been: its longest sheet, a line a row, in a private file."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from workbook.terms import WorkbookError

SUFFIXES = (".xlsx", ".xls")
KEPT = 8
#: a file is opened to be recognised and again to be read; an edition has four parts
_kept: dict[tuple[str, Path, int], IO[str]] = {}


def as_csv(name: str, path: Path, read: Callable[[], bytes]) -> IO[bytes]:
    """The longest sheet of the spreadsheet `name` in `path` as comma-separated UTF-8, whose bytes `read` gives.

    Raises WorkbookError when it cannot be read as a spreadsheet or holds no row.
    """
    key = (name, path, path.stat().st_mtime_ns)
    if key not in _kept:
        while len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept))).close()
        _kept[key] = _converted(name, read())
    kept = _kept[key]
    stream = os.fdopen(os.dup(kept.fileno()), "rb")
    stream.seek(0)
    return stream


def _converted(name: str, content: bytes) -> IO[str]:
    """A temporary file without a name, which only its owner may read and which goes when nothing holds it."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [book.get_sheet_by_index(i) for i in range(len(book.sheet_names))]
    except (python_calamine.CalamineError, ValueError) as error:
        raise WorkbookError(
            f"{name}: cannot be read as a spreadsheet ({str(error).splitlines()[0]}); it may be damaged or protected "
            "by a password: download it again, or save it as .csv"
        ) from None
    longest = max(sheets, key=lambda sheet: sheet.height, default=None)
    if longest is None or longest.height == 0:
        raise WorkbookError(f"{name}: the spreadsheet is empty; download it again")
    kept = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
    writer = csv.writer(kept, lineterminator="\n")
    # rows above the first that holds anything are not given: put back, so that a line's number is its row's
    writer.writerows([" "] for _ in range(longest.start[0] if longest.start else 0))
    for row in longest.iter_rows():
        writer.writerow([_text(cell) for cell in row])
    kept.flush()
    return kept


def _text(cell: Any) -> str:
    """A cell as it would stand in a text file: whole numbers without a point, dates as 2026-04-01, no line breaks."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return " ".join(str(cell).split())
