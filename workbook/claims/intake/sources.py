"""Where the rows to judge come from: tables in memory, or Parquet files that are read a batch at a time.

Every row gets its number and every cell its column's type; a cell that has not that type stands apart, as text. Only
the columns that a check needs are read.
"""

from __future__ import annotations

import difflib
import glob
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.suites import JUDGED_TABLES, ROW, unreadable
from workbook.claims.model import Claims
from workbook.claims.table_files import SUFFIXES, parquet_tables_in
from workbook.claims.tables import CLAIM_TABLES, PROBLEM
from workbook.claims.x12.rows import Problems
from workbook.engine import Column, Engine, Table, regrouped
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_READ_FIRST = "read a file with read_claims(path) first"


@dataclass(frozen=True)
class Piece:
    """One file of a table, or the table itself: its columns with their types, and its rows in their order.

    `batches(columns, rows)` gives those columns, `rows` at a time.
    """

    name: str
    schema: pa.Schema
    count: int
    batches: Callable[[list[str], int], Iterator[pa.Table]]
    is_in_memory: bool = False


@dataclass
class Rows:
    """A table to judge, its rows numbered and typed: which columns there are, and where a cell could not be read."""

    columns: tuple[str, ...]
    missing: dict[str, str]
    with_unreadable: set[str] = field(default_factory=set)
    #: columns that were not of their declared type, and so have a second one for the text that could not be read
    parsed: set[str] = field(default_factory=set)
    piece: Piece = field(init=False)

    def obstacle(self, table: str, column: str) -> str | None:
        """Why a check of the values of a column cannot run, or None."""
        if column in self.missing or column not in self.columns:
            return f"{table}.{column} is missing{self.missing.get(column, '')}"
        if column in self.with_unreadable:
            return f"{table}.{column} has values that are not of the type {JUDGED_TABLES[table][column].type}"
        return None


def pieces_of(given: Any) -> dict[str, list[Piece]]:
    """Table name → what it is read from, for all that `intake` takes.

    What no reader has read has no problems noted, save files of a folder that are no table. Raises WorkbookError when
    `given` is nothing that can be judged.
    """
    if isinstance(given, Claims):
        return pieces_of({**given.arrow, PROBLEM.name: given.arrow_problems})
    if isinstance(given, str | Path):
        return _of_folder(Path(given))
    if not isinstance(given, Mapping):
        raise WorkbookError(
            f"intake judges Claims, a folder of Parquet files, or table names with their rows (such as "
            f"{{'claim_line': frame}}), not {type(given).__name__}; {_READ_FIRST}"
        )
    if unknown := [name for name in given if name not in JUDGED_TABLES]:
        raise WorkbookError(f"no table is called {unknown[0]!r}; the tables are {', '.join(JUDGED_TABLES)}")
    found = {name: _pieces(name, rows) for name, rows in given.items()}
    return {PROBLEM.name: [_in_memory(PROBLEM.name, PROBLEM.empty())], **found}


def _of_folder(folder: Path) -> dict[str, list[Piece]]:
    tables = parquet_tables_in(folder, CLAIM_TABLES)
    if not tables:
        what = (
            "there is no such folder" if not folder.exists() else "it is no folder of Parquet tables (claim.parquet …)"
        )
        raise WorkbookError(f"{folder}: {what}; {_READ_FIRST}")
    problems = Problems()
    for other in sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.stem not in JUDGED_TABLES):
        problems.file = str(other)
        nearest = difflib.get_close_matches(other.stem, CLAIM_TABLES, n=1)
        is_it = f" (is it {nearest[0]}?)" if nearest else ""
        problems.add(f"not read: no table is called so{is_it}", severity="warning")
    told = [_in_memory(PROBLEM.name, problems.to_arrow())]
    found = pieces_of({**tables, **parquet_tables_in(folder, [PROBLEM.name])})
    return {**found, PROBLEM.name: told + found[PROBLEM.name]}


def _pieces(name: str, rows: Any) -> list[Piece]:
    import pandas as pd
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return [_in_memory(name, rows)]
    if isinstance(rows, pd.DataFrame):
        return [_in_memory(name, _arrow(rows))]
    if isinstance(rows, str | Path):
        return [_parquet(path) for path in _files(name, rows)]
    raise WorkbookError(
        f"table {name} is {type(rows).__name__}; give an Arrow table, a pandas frame, or the path of Parquet files"
    )


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame as Arrow; a column whose cells are of several kinds becomes text, to be read cell by cell."""
    import pandas as pd
    import pyarrow as pa

    columns = {}
    for name in frame.columns:
        try:
            columns[str(name)] = pa.array(frame[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns[str(name)] = pa.array([None if pd.isna(c) else str(c) for c in frame[name]], pa.string())
    return pa.table(columns)


def _in_memory(name: str, table: pa.Table) -> Piece:
    def batches(columns: list[str], rows: int) -> Iterator[pa.Table]:
        chosen = table.select(columns)
        return (chosen.slice(start, rows) for start in range(0, table.num_rows, rows))

    return Piece(name, table.schema, table.num_rows, batches, is_in_memory=True)


def _files(table: str, path: str | Path) -> list[Path]:
    """The Parquet files that a path, a folder or a glob names, in the order of their names."""
    one = Path(path)
    if one.is_dir():
        found = sorted(one.rglob("*.parquet"))
    else:
        found = [one] if one.is_file() else sorted(map(Path, glob.glob(str(path))))  # noqa: PTH207 (may be absolute)
    if not found:
        raise WorkbookError(f"{path}: there is no Parquet file for table {table} there; check the path")
    return found


def _parquet(path: Path) -> Piece:
    import pyarrow.parquet as pq

    with _told(path), pq.ParquetFile(path) as file:
        schema, count = file.schema_arrow, file.metadata.num_rows

    def batches(columns: list[str], rows: int) -> Iterator[pa.Table]:
        with _told(path), pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            yield from regrouped(file.iter_batches(rows, columns=columns), rows)

    return Piece(str(path), schema, count, batches)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in words that a file cannot be read."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        what = "it is empty" if path.is_file() and not path.stat().st_size else str(error).splitlines()[0]
        raise WorkbookError(f"{path} cannot be read as Parquet: {what}; mend it or export it again") from None


def put_rows(
    engine: Engine, name: str, pieces: list[Piece], needed: set[str], folder: Path, rows: int,
    read: Callable[[int], None],
) -> Rows:  # fmt: skip
    """Make the rows of a table readable in `engine`, numbered and typed.

    `needed` are the columns to take. Of files `rows` are held in memory at a time, and what was read waits in `folder`;
    a table in memory stays there. `read` is told of each number of rows read.
    """
    import pyarrow as pa

    table = JUDGED_TABLES[name]
    found = _described(table, pieces, needed)
    kinds = {column: table.schema.field(column).type for column in found.columns}
    texts = [unreadable(column) for column in found.columns if column in found.parsed]
    schema = pa.schema([(ROW, pa.int64()), *kinds.items(), *((text, pa.string()) for text in texts)])

    def typed() -> Iterator[pa.Table]:
        first = 1
        for piece in pieces:
            for batch in piece.batches(list(found.columns), rows):
                yield _typed(batch, table, found, first, schema)
                first += batch.num_rows
                read(batch.num_rows)

    in_memory = all(piece.is_in_memory for piece in pieces)
    if in_memory:
        whole = pa.concat_tables([schema.empty_table(), *typed()])
        found.piece = _in_memory(name, whole)
        engine.put(name, whole)
    else:
        path = _spooled(typed(), schema, folder / f"{name}.parquet")
        found.piece = _parquet(path)
        engine.put(name, path)
    return found


def _spooled(batches: Iterator[pa.Table], schema: pa.Schema, path: Path) -> Path:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            for batch in batches:
                writer.write_table(batch)
    except OSError as error:
        raise WorkbookError(
            f"{path.parent}: what was read cannot wait there ({error}); name a folder with more room in TMPDIR"
        ) from None
    return path


def _described(table: Table, pieces: list[Piece], needed: set[str]) -> Rows:
    missing: dict[str, str] = {}
    parsed = set()
    for piece in pieces:
        for column in sorted(needed):
            stands = piece.schema.get_all_field_indices(column)
            if len(stands) > 1:
                raise WorkbookError(f"{piece.name}: column {column} stands there {len(stands)} times; keep one of them")
            if not stands:
                missing[column] = f" in {piece.name}" if len(pieces) > 1 else ""
            elif piece.schema.field(stands[0]).type != table.schema.field(column).type:
                parsed.add(column)
    columns = tuple(c for c in table.names if c in needed and c not in missing)
    return Rows(columns, missing, parsed=parsed - missing.keys())


def _typed(batch: pa.Table, table: Table, found: Rows, first: int, schema: pa.Schema) -> pa.Table:
    """The batch in the declared types, its rows numbered from `first`."""
    import pyarrow as pa

    columns: dict[str, Any] = {ROW: pa.array(range(first, first + batch.num_rows), pa.int64())}
    for column in found.columns:
        values, declared, kind = batch[column].combine_chunks(), table[column], schema.field(column).type
        if column in found.parsed:
            values, bad = _read(values, declared, kind)
            columns[unreadable(column)] = bad
            if bad.null_count < len(bad):
                found.with_unreadable.add(column)
        columns[column] = _without_blanks(values) if declared.required and declared.type == "text" else values
    return pa.table(columns).select(schema.names)


def _without_blanks(texts: pa.Array) -> pa.Array:
    """A blank is no value: what must be there is missing."""
    import pyarrow.compute as pc

    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(texts), ""), None, texts)


def _read(values: pa.Array, column: Column, kind: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """The column in its declared type, null where a cell cannot be read; and the text of those cells."""
    import pyarrow as pa

    if (cast := _cast(values, kind)) is not None:
        return cast, pa.nulls(len(cast), pa.string())
    try:
        encoded = values.dictionary_encode()
    except pa.ArrowNotImplementedError:  # lists and structs
        encoded = pa.array([None if c is None else str(c) for c in values.to_pylist()]).dictionary_encode()
    texts = [None if cell is None else _text(cell) for cell in encoded.dictionary.to_pylist()]
    parsed, bad = [], []
    for text in texts:
        is_readable = _is_readable(text, column, kind)
        parsed.append(column.parse(text) if is_readable else None)
        bad.append(None if is_readable else text)
    return pa.array(parsed, kind).take(encoded.indices), pa.array(bad, pa.string()).take(encoded.indices)


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """The values in another type of the same sort, which loses nothing; None where a cell needs to be looked at."""
    import pyarrow as pa

    is_of = pa.types
    given = values.type.value_type if is_of.is_dictionary(values.type) else values.type
    sorts = (
        (is_of.is_string, (is_of.is_string, is_of.is_large_string, is_of.is_string_view, is_of.is_binary)),
        (is_of.is_int64, (is_of.is_integer,)),
        (is_of.is_decimal, (is_of.is_decimal,)),
    )
    same = any(wanted(kind) and any(test(given) for test in tests) for wanted, tests in sorts)
    if not (same or is_of.is_null(given)):
        return None
    try:
        return values.cast(given).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _text(cell: Any) -> str:
    """A cell as text; a moment at midnight is a day."""
    if isinstance(cell, datetime) and cell.tzinfo is None and cell.time() == time():
        return str(cell.date())
    return str(cell)


def _is_readable(cell: str | None, column: Column, kind: pa.DataType) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(column.parse(cell), kind)
    except (ValueError, KeyError, OverflowError, pa.ArrowException):
        return False
    return True
