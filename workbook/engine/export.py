"""Writes a table for people to open: a spreadsheet must not run what a claim file wrote into a cell."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.engine.table import Table
from workbook.terms import WorkbookError, private_file

if TYPE_CHECKING:
    import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made plain by a leading apostrophe; all else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_people_csv(table: pa.Table, path: Path) -> None:
    """Write a CSV file for people (mode 0600): nulls empty, texts guarded against being run as formulas."""
    import pyarrow.csv as arrow_csv

    options = arrow_csv.WriteOptions(quoting_style="needed", quoting_header="none")
    with (
        private_file(path) as stream,
        arrow_csv.CSVWriter(stream, _guarded(table.slice(0, 0)).schema, write_options=options) as out,
    ):
        for start in range(0, table.num_rows, 100_000):
            out.write_table(_guarded(table.slice(start, 100_000)))


def _guarded(table: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    def guard(column: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if not pa.types.is_string(column.type):
            return column
        is_formula = pc.match_substring_regex(column, f"^[{re.escape(''.join(_FORMULA))}]")
        return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)

    return pa.table({name: guard(table[name]) for name in table.column_names})


def read_people_csv(path: Path, table: Table) -> pa.Table:
    """Read a file that `write_people_csv` wrote of a table's rows, with the table's types.

    Raises WorkbookError when it cannot be read, or a column does not fit; a column may be missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv

    types = {field.name: field.type for field in table.schema}
    options = arrow_csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    try:
        found = arrow_csv.read_csv(
            path, parse_options=arrow_csv.ParseOptions(newlines_in_values=True), convert_options=options
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise WorkbookError(
            f"{path} cannot be read as the {table.name}s.csv of an earlier run: {str(error).splitlines()[0]}"
        ) from None
    guard = f"^'([{re.escape(''.join(_FORMULA))}])"
    return pa.table(
        {
            name: pc.replace_substring_regex(found[name], guard, r"\1")
            if types.get(name) == pa.string()
            else found[name]
            for name in found.column_names
        }
    )


def to_json(value: Any) -> str:
    """JSON for machines: amounts and dates as text, nothing guarded."""

    def plain(item: Any) -> Any:
        if isinstance(item, Decimal | date):
            return str(item)
        raise TypeError(type(item).__name__)

    return json.dumps(value, default=plain, indent=2, ensure_ascii=False)
