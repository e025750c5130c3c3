"""Who reads a spreadsheet? The tables leave as one workbook, a sheet each, in which no text can run as a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims, Remittance
from workbook.engine.export import guarded
from workbook.terms import WorkbookError, private_file

if TYPE_CHECKING:
    import pyarrow as pa

#: The most rows a sheet takes, its header among them, and the most characters a cell takes (Excel's own limits).
SHEET_ROWS, CELL_CHARACTERS = 1_048_576, 32_767
#: Characters that a spreadsheet's XML cannot hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MONEY = "#,##0.00"


def write_xlsx(tables: Claims | Remittance, path: str | Path) -> None:
    """Write a workbook (mode 0600) with a sheet for each table that has rows, and one for the problems.

    Codes stay text with their zeros, amounts numbers, dates dates. A text that a spreadsheet would take for a formula
    begins with an apostrophe. Raises WorkbookError when openpyxl is missing, a table has more rows than a sheet takes,
    or a text is too long for a cell.
    """
    try:
        openpyxl = import_module("openpyxl")
    except ImportError:
        raise WorkbookError("a spreadsheet needs the package openpyxl; run: pip install openpyxl") from None
    sheets = {name: table for name, table in tables.arrow.items() if table.num_rows}
    sheets["problem"] = tables.arrow_problems
    for name, table in sheets.items():
        if table.num_rows >= SHEET_ROWS:
            raise WorkbookError(
                f"table {name} has {table.num_rows:,} rows and a sheet takes {SHEET_ROWS - 1:,}; "
                "write a folder of CSV or Parquet files instead"
            )
        _check_lengths(name, table)
    with private_file(Path(path)) as stream:
        book = openpyxl.Workbook(write_only=True)
        for name, table in sheets.items():
            sheet = book.create_sheet(name)
            sheet.freeze_panes = "A2"
            sheet.append(table.column_names)
            for row in _rows(table, sheet):
                sheet.append(row)
        book.save(stream)


def _rows(table: pa.Table, sheet: Any) -> Iterator[list[Any]]:
    import pyarrow as pa

    cell_of = import_module("openpyxl.cell").WriteOnlyCell
    kinds = [pa.types.is_decimal(kind) and kind.scale == 2 for kind in table.schema.types]
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            cells: list[Any] = []
            for value, is_money in zip(row.values(), kinds, strict=True):
                if is_money and value is not None:
                    cell = cell_of(sheet, value)
                    cell.number_format = _MONEY
                    cells.append(cell)
                else:
                    cells.append(_plain(value))
            yield cells


def _plain(value: Any) -> Any:
    return guarded(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)) if isinstance(value, str) else value


def _check_lengths(name: str, table: pa.Table) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    for field in table.schema:
        if pa.types.is_string(field.type):
            longest = pc.max(pc.utf8_length(table[field.name])).as_py() or 0
            if longest >= CELL_CHARACTERS:  # one more may be the apostrophe
                raise WorkbookError(
                    f"{name}.{field.name} holds a text of {longest:,} characters and a cell takes fewer than "
                    f"{CELL_CHARACTERS:,}; write a folder of CSV or Parquet files instead"
                )
