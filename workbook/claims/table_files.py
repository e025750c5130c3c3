"""How are named tables kept in a folder: one CSV or Parquet file for each, named after its table?"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.x12.rows import Problems
from workbook.engine.table import Column, Table
from workbook.terms import WorkbookError, private_file

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".csv")
_FORMS = {
    "integer": "a whole number, such as 12",
    "money": "an amount in dollars and cents, such as 125.00",
    "quantity": "a number with at most three decimals, such as 1.5",
    "rate": "a number with at most four decimals",
    "date": "a date as year-month-day, such as 2025-11-03",
    "boolean": "yes, no, true or false",
}


def read_tables(
    folder: Path, declared: Mapping[str, Table], needed: Iterable[str], problems: Problems
) -> dict[str, pa.Table]:
    """Read the tables that `folder` holds (claim.csv or claim.parquet …), with their declared types.

    A table that is not there is left out. An empty cell in a required column is reported to `problems`. Raises
    WorkbookError when a `needed` table or a required column is missing, a column is unknown, or a cell does not fit its
    column, naming file, row (the header is row 1), column and value.
    """
    tables: dict[str, pa.Table] = {}
    for name, table in declared.items():
        path = next((p for suffix in SUFFIXES if (p := folder / f"{name}{suffix}").is_file()), None)
        if path is not None:
            problems.file = str(path)
            tables[name] = _typed(_read(path), table, path, problems)
    strangers = sorted(p.name for p in folder.iterdir() if p.suffix in SUFFIXES and p.stem not in declared)
    for name in needed:
        if name not in tables:
            found = f"; it has {', '.join(strangers)}" if strangers else ""
            raise WorkbookError(
                f"{folder}: {name}.csv (or {name}.parquet) is missing{found}; add it or rename the file"
            )
    for stranger in strangers:
        problems.file = str(folder / stranger)
        problems.add(f"not read: no table is called so{nearest(Path(stranger).stem, declared)}", severity="warning")
    return tables


def parquet_tables_in(folder: Path, declared: Iterable[str]) -> dict[str, Path]:
    """Each `declared` table that `folder` holds as Parquet: a file (claim.parquet) or a folder of files (claim/).

    None at all when one of them is there as CSV alone: such a folder is for `read_tables`.
    """
    found = {}
    for name in declared:
        file, parts = folder / f"{name}.parquet", folder / name
        if file.is_file():
            found[name] = file
        elif parts.is_dir() and any(parts.rglob("*.parquet")):
            found[name] = parts
        elif (folder / f"{name}.csv").is_file():
            return {}
    return found


def write_csv_tables(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write each table as CSV into `folder`, made if need be; only their owner may read the files (mode 0600)."""
    import pyarrow.csv as arrow_csv

    _make(folder)
    for name, table in tables.items():
        with private_file(folder / f"{name}.csv") as stream:
            arrow_csv.write_csv(table, stream, arrow_csv.WriteOptions(quoting_style="needed"))


def write_parquet_tables(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write each table as Parquet into `folder`, made if need be; only their owner may read the files (mode 0600)."""
    import pyarrow.parquet as pq

    _make(folder)
    for name, table in tables.items():
        with private_file(folder / f"{name}.parquet") as stream:
            pq.write_table(table, stream)


@contextmanager
def parquet_tables(declared: Mapping[str, Table], folder: Path) -> Iterator[Callable[[Mapping[str, pa.Table]], None]]:
    """Open Parquet files in `folder` for tables that come in batches; what is yielded appends one batch.

    The files take their places when all is written, and not at all when something raises.
    """
    import pyarrow.parquet as pq

    _make(folder)
    with ExitStack() as stack:
        writers = {}
        for name, table in declared.items():
            stream = stack.enter_context(private_file(folder / f"{name}.parquet"))
            writers[name] = stack.enter_context(pq.ParquetWriter(stream, table.schema))

        def append(tables: Mapping[str, pa.Table]) -> None:
            for name, rows in tables.items():
                if rows.num_rows:
                    writers[name].write_table(rows)

        yield append


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(f"{folder} cannot be made: {error.strerror}; choose another folder") from None


def _read(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.stat().st_size == 0:
            raise WorkbookError(f"{path} is empty; its first row should name the columns")
        return pq.read_table(path) if path.suffix == ".parquet" else _read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        what = _ragged_row(path) if path.suffix == ".csv" else str(error).splitlines()[0]
        raise WorkbookError(
            f"{path} cannot be read as {path.suffix[1:].upper()}: {what or error}; mend it or export it again"
        ) from None


def _ragged_row(path: Path) -> str:
    """Name the first row that has more or fewer cells than the header, without repeating what it holds."""
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        rows = csv.reader(stream)
        width = len(next(rows, []))
        for number, row in enumerate(rows, 2):
            if row and len(row) != width:
                return f"row {number} has {len(row)} cells, the header names {width} columns"
    return ""


def _read_csv(path: Path) -> pa.Table:
    """Read every cell as text (types come later, so that 00123 stays a code), in UTF-8 or else Latin-1."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        names = next(csv.reader(stream), [])
    every_column_text = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    may_break_lines = arrow_csv.ParseOptions(newlines_in_values=True)
    try:
        return arrow_csv.read_csv(path, arrow_csv.ReadOptions(), may_break_lines, every_column_text)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
        return arrow_csv.read_csv(path, arrow_csv.ReadOptions(encoding="latin1"), may_break_lines, every_column_text)


def _typed(found: pa.Table, table: Table, path: Path, problems: Problems) -> pa.Table:
    import pyarrow as pa

    check_names(found.column_names, table, path)
    columns = []
    for column, field in zip(table.columns, table.schema, strict=True):
        if column.name not in found.column_names:
            columns.append(pa.nulls(found.num_rows, field.type))
            continue
        values = _convert(found[column.name].combine_chunks(), column, field.type, path)
        if column.required and values.null_count:
            first = values.is_null().index(True).as_py() + 2
            message = f"column {column.name} is empty in {values.null_count} rows, the first of them row {first}"
            problems.add(message, element=column.name, level=2)
        columns.append(values)
    return pa.Table.from_arrays(columns, schema=table.schema)


def check_names(found: list[str], table: Table, path: Path | str) -> None:
    """Raise WorkbookError when a column is unknown or stands twice, or a required one is missing."""
    has = ", ".join(found)
    for name in found:
        if name not in table.names:
            raise WorkbookError(
                f"{path}: {table.name} has no column {name!r}{nearest(name, table.names)}; "
                f"its columns are {', '.join(table.names)}"
            )
        if found.count(name) > 1:
            raise WorkbookError(f"{path}: column {name} stands there {found.count(name)} times; keep one of them")
    missing = [column.name for column in table.columns if column.required and column.name not in found]
    if missing:
        raise WorkbookError(f"{path} lacks the columns {', '.join(missing)}; it has {has}; add what is missing")


def nearest(name: str, choices: Iterable[str]) -> str:
    """A name like the one that was typed, as a question in brackets, or nothing."""
    found = difflib.get_close_matches(name, list(choices), n=1)
    return f" (is it {found[0]}?)" if found else ""


def _convert(values: pa.Array, column: Column, kind: pa.DataType, path: Path) -> pa.Array:
    """Give a column its type; each different text is parsed once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type) or pa.types.is_large_string(values.type):
        values = values.cast(pa.string())
    if not pa.types.is_string(values.type):
        try:
            return values.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise WorkbookError(
                f"{path}, column {column.name}: {values.type} does not become {column.type}: {error}"
            ) from None
    if column.type == "text":
        trimmed = pc.utf8_trim_whitespace(values)
        return pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    encoded = values.dictionary_encode()
    parsed = [_parse(text, column, kind, values, path) for text in encoded.dictionary.to_pylist()]
    return pa.array(parsed, kind).take(encoded.indices)


def _parse(text: str, column: Column, kind: pa.DataType, values: pa.Array, path: Path) -> Any:
    import pyarrow as pa

    try:
        value = column.parse(text)
        pa.scalar(value, kind)  # refuses part cents and numbers too large for the column
    except (ValueError, KeyError, OverflowError):  # Arrow's own error is a ValueError
        row = values.index(text).as_py() + 2
        raise WorkbookError(
            f"{path}, row {row}, column {column.name}: {text!r} is not {_FORMS[column.type]}; correct the cell"
        ) from None
    return value
