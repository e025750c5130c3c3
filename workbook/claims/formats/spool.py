"""How does a large CSV or Parquet file reach the engine? As columns of text, its rows numbered, in little memory."""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.x12.rows import Problems
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

#: What every spooled row carries: its place among all rows, its file, its row there (the header is row 1).
ROW, FILE, AT = "row_", "file_", "at_"
_BLOCK_BYTES = 8 << 20
_LINE = re.compile(rb"[^\r\n]+")


def header(path: Path, separator: str) -> list[str]:
    """The column names of a CSV or Parquet file. Raises WorkbookError when it is missing, empty or unreadable."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.stat().st_size == 0:
            raise WorkbookError(f"{path} is empty; its first row should name the columns")
        if path.suffix.lower() == ".parquet":
            return list(pq.read_schema(path).names)
        with path.open("rb") as opened:
            if opened.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                raise WorkbookError(f"{path} is written in UTF-16; save it as UTF-8 or Latin-1")
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            return [name.strip() for name in next(csv.reader(stream, delimiter=separator), [])]
    except FileNotFoundError:
        raise WorkbookError(f"{path}: there is no such file; check the path") from None
    except (OSError, csv.Error, pa.ArrowInvalid) as error:
        raise WorkbookError(f"{path} cannot be read: {str(error).splitlines()[0]}; export it again") from None


def lacking(names: Iterable[str], needed: list[str], optional: Iterable[str] = ()) -> list[str]:
    """The needed columns that are not among `names` nor optional; upper and lower case are one."""
    has = {name.upper() for name in (*names, *optional)}
    return [name for name in needed if name.upper() not in has]


def spool(
    paths: list[Path], needed: list[str], separator: str, target: Path, problems: Problems, optional: Iterable[str] = ()
) -> int:
    """Copy the `needed` columns of some files as text into one Parquet file; returns the number of rows.

    A column of `optional` that a file lacks is null. A CSV row with too many or too few cells becomes a problem.
    Columns that are not needed are named in a warning.
    Raises WorkbookError when a file lacks a column, names one twice, holds no row, or cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [(ROW, pa.int64()), (FILE, pa.string()), (AT, pa.int64()), *((name, pa.string()) for name in needed)]
    )
    total = 0
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for path in paths:
            problems.file = str(path)
            before = total
            found = _columns(path, needed, separator, optional, problems)
            there = [name for name in found if name is not None]
            bad: list[int] = []
            for batch in _batches(path, there, separator, bad, problems):
                rows = total - before
                places = _places(rows, batch.num_rows, bad)
                ids = pa.array(range(total, total + batch.num_rows), pa.int64())
                file = pa.repeat(str(path), batch.num_rows)
                absent = pa.nulls(batch.num_rows, pa.string())
                columns = [absent if name is None else batch[name].cast(pa.string()) for name in found]
                writer.write_batch(pa.record_batch([ids, file, places, *columns], schema=schema))
                total += batch.num_rows
            if total == before and not bad:
                raise WorkbookError(f"{path} names its columns but holds no row; export it again")
    return total


def _columns(
    path: Path, needed: list[str], separator: str, optional: Iterable[str], problems: Problems
) -> list[str | None]:
    """The names, as the file spells them, of the needed columns; None for an optional one that is not there."""
    names = header(path, separator)
    spelt = {name.upper(): name for name in names}
    twice = [name for name, times in Counter(name.upper() for name in names).items() if times > 1]
    if wrong := [name for name in needed if name.upper() in twice]:
        raise WorkbookError(f"{path}: column {wrong[0]} stands there more than once; keep one of them")
    if missing := lacking(names, needed, optional):
        near = difflib.get_close_matches(missing[0], names, n=1)
        guess = f" (is {missing[0]} called {near[0]}?)" if near else ""
        raise WorkbookError(
            f"{path} lacks the columns {', '.join(missing)}{guess}; the layout expects them and {separator!r} between "
            f"columns; the file begins {', '.join(names[:8])}"
        )
    if absent := lacking(names, needed):
        problems.add(f"there is no column {', '.join(absent)}; what it would say is empty", severity="warning")
    wanted = {name.upper() for name in needed}
    if left := [name for name in names if name.upper() not in wanted]:
        problems.add(f"the layout carries no {', '.join(left)} into the claim tables", severity="warning")
    return [spelt.get(name.upper()) for name in needed]


def _batches(
    path: Path, names: list[str], separator: str, bad: list[int], problems: Problems
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() == ".parquet":
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(columns=names)
        else:
            yield from _csv_batches(path, names, separator, bad, problems)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise WorkbookError(f"{path} cannot be read: {str(error).splitlines()[0]}; export it again") from None


def _csv_batches(
    path: Path, names: list[str], separator: str, bad: list[int], problems: Problems
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    def refused(row: Any) -> str:
        bad.append(row.number or 0)
        place = f"row {row.number}" if row.number else "a row"
        problems.add(f"{place} has {row.actual_columns} cells, the header names {row.expected_columns}; not read")
        return "skip"

    every = header(path, separator)
    encoding, lines = _scan(path)
    read = 1  # the header
    with arrow_csv.open_csv(
        path,
        arrow_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK_BYTES, encoding=encoding, column_names=every, skip_rows=1
        ),
        arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=refused),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=names),
    ) as reader:
        for batch in reader:
            read += batch.num_rows
            yield batch
    if (more := lines - read - len(bad)) > 0:
        problems.add(
            f"{more:,} lines are inside cells: cells with line breaks, or a quote that is not closed and swallows rows",
            severity="warning",
        )


def _scan(path: Path) -> tuple[str, int]:
    """The encoding of a file, UTF-8 or else Latin-1, and how many lines it has that are not empty."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, lines, inside = "utf8", 0, False
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            lines += sum(1 for _ in _LINE.finditer(block)) - (inside and block[:1] not in b"\r\n")
            inside = block[-1:] not in b"\r\n"
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                encoding = "latin1"
    return encoding, lines


def _places(before: int, count: int, bad: list[int]) -> pa.Array:
    """The row numbers in the file of `count` read rows after `before` others, where the rows `bad` were skipped."""
    import numpy as np
    import pyarrow as pa

    read = np.arange(before, before + count)
    read_before_bad = np.array([number - skipped - 2 for skipped, number in enumerate(bad)], np.int64)
    return pa.array(read + 2 + np.searchsorted(read_before_bad, read, side="right"), pa.int64())
