"""The editions a user has loaded, on disk: one Parquet file a part, and a small JSON file that names them.

The JSON file is written last and takes its place at once: an edition is there whole, or as it was before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.codes.load.dating import without
from workbook.codes.load.layouts import PLAIN, SCOPES
from workbook.codes.store import data_folder
from workbook.terms import OPEN_END, Edition, Span, WorkbookError, private_file

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Part:
    """One file of an edition."""

    file: str
    source: str
    sha256: str
    rows: int
    effective_date: date
    end_date: date


@dataclass(frozen=True)
class Record:
    """An edition as it lies on the shelf; `least` rows and `parts_expected` parts make it whole."""

    table: str
    version: str
    scope: str
    loaded_on: date
    parts: dict[str, Part]
    least: int
    parts_expected: int

    @property
    def span(self) -> Span:
        """From the earliest date of its parts to the latest."""
        parts = self.parts.values()
        return Span(min(p.effective_date for p in parts), max(p.end_date for p in parts))

    @property
    def has_notes(self) -> bool:
        """True for the Tabular with its notes, which goes before an order file of the same dates."""
        return any(part.file.endswith(".sqlite") for part in self.parts.values())

    @property
    def is_whole(self) -> bool:
        """True when every part is there and the rows are as many as an official file has."""
        enough = sum(p.rows for p in self.parts.values()) >= self.least
        return enough and ("all" in self.parts or len(self.parts) >= self.parts_expected)

    @property
    def table_name(self) -> str:
        """The name its edition is listed under: the table's own for its first scope, else as ptp/hospital."""
        return self.table if self.scope in PLAIN else f"{self.table}/{self.scope}"

    def edition(self, span: Span | None = None) -> Edition:
        """The edition as every room knows it, over its own span or what is left of it."""
        parts = [self.parts[k] for k in sorted(self.parts)]
        lacking = "" if self.is_whole else " (not whole: only an extract, or parts are missing)"
        return Edition(
            table_name=self.table_name,
            source=", ".join(p.source for p in parts) + lacking,
            version=self.version,
            span=span or self.span,
            is_whole=self.is_whole,
            sha256=", ".join(p.sha256 for p in parts),
            loaded_on=self.loaded_on,
        )


def folder(table: str) -> Path:
    """The folder of a table's loaded editions, made when absent (mode 0700)."""
    path = data_folder() / "codes" / table
    for made in (path.parent, path):
        made.mkdir(exist_ok=True, mode=0o700)
    return path


def records(table: str | None = None) -> list[Record]:
    """The editions on the shelf, the one that wins its dates first: the latest to end, then the latest to begin."""
    root = data_folder() / "codes"
    found = [_record(path) for path in sorted(root.glob(f"{table or '*'}/*.json"))] if root.is_dir() else []
    return sorted(found, key=lambda r: (r.span.end_date, r.span.effective_date, r.has_notes, r.loaded_on), reverse=True)


def _record(path: Path) -> Record:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored["loaded_on"] = date.fromisoformat(stored["loaded_on"])
        stored["parts"] = {
            name: Part(**part | {k: date.fromisoformat(part[k]) for k in ("effective_date", "end_date")})
            for name, part in stored["parts"].items()
        }
        return Record(**stored)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WorkbookError(f"{path} is not an edition's record; delete it and add the edition's file again") from None


def put(record: Record) -> None:
    """Put an edition on the shelf in place of the one of its version; `sweep` then deletes what it no longer names."""
    place = folder(record.table)
    with private_file(place / f"{record.version}.json") as stream:
        stream.write(json.dumps(asdict(record), default=str, indent=1).encode())


def named(table: str) -> set[str]:
    """The Parquet files that a table's editions name."""
    return {part.file for record in records(table) for part in record.parts.values()}


def sweep(table: str, files: set[str]) -> None:
    """Delete those of some Parquet files of a table that no edition names; another's files are left alone."""
    for name in files - named(table):
        (folder(table) / name).unlink(missing_ok=True)


def loaded() -> list[Edition]:
    """Every edition the user has loaded, each over all the dates it could serve."""
    return [record.edition() for record in records()]


def remove(table: str, version: str) -> None:
    """Take a loaded edition off the shelf; raises WorkbookError, with what is there, when it is not loaded."""
    name = table.split("/")[0]
    here = {r.version for r in records() if r.table == name}
    if version not in here:
        known = ", ".join(sorted(here)) or "nothing"
        raise WorkbookError(f"{name} {version} is not loaded; loaded for {name}: {known}")
    before = named(name)
    (folder(name) / f"{version}.json").unlink()
    sweep(name, before)
    from workbook.codes.reference import forget

    forget()


def visible(table: str) -> Iterator[tuple[Record, Span]]:
    """Each loaded edition of a table with the dates that no better one of its scope takes from it."""
    taken: dict[str, list[Span]] = {}
    for record in records(table):
        for span in without(record.span, taken.setdefault(record.scope, [])):
            yield record, span
        taken[record.scope].append(record.span)


def clip(rows: pa.Table, span: Span) -> pa.Table:
    """The rows in force within a span, their own dates cut to it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first, last = pa.scalar(span.effective_date, pa.date32()), pa.scalar(span.end_date or OPEN_END, pa.date32())
    ends = pc.fill_null(rows["end_date"], pa.scalar(OPEN_END, pa.date32()))
    rows = rows.filter(pc.and_(pc.less_equal(rows["effective_date"], last), pc.greater_equal(ends, first)))
    begins = pc.max_element_wise(rows["effective_date"], first)
    # min_element_wise skips nulls: an open end is cut to the span's
    cut = rows["end_date"] if span.end_date is None else pc.min_element_wise(rows["end_date"], last)
    at = rows.schema.names.index
    rows = rows.set_column(at("effective_date"), rows.schema.field("effective_date"), begins)
    return rows.set_column(at("end_date"), rows.schema.field("end_date"), cut)


def overlay(shipped: pa.Table, table: str) -> pa.Table:
    """A shipped table with the loaded editions in place of it, for their dates and their part of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    held = list(visible(table))
    if not held:
        return shipped
    pieces, rest = [], shipped
    for scope in dict.fromkeys(record.scope for record, _ in held):
        if not scope:
            mine, rest = rest, rest.slice(0, 0)
        else:
            column, pattern = SCOPES[scope]
            is_mine = pc.fill_null(pc.match_substring_regex(rest[column], pattern), False)
            mine, rest = rest.filter(is_mine), rest.filter(pc.invert(is_mine))
        taken = [record.span for record, _ in held if record.scope == scope]
        pieces += [clip(mine, gap) for gap in without(Span(date.min), taken)]
    for record, span in held:
        for part in record.parts.values():
            path = folder(table) / part.file
            if not path.exists():
                raise WorkbookError(f"{path} is gone; add {part.source} again, or remove {table} {record.version}")
            rows = (
                _of_tabular(path, part, record.version, shipped.schema)
                if path.suffix == ".sqlite"
                else pq.read_table(path, schema=shipped.schema)
            )
            pieces.append(clip(rows, span))
    return pa.concat_tables([rest, *pieces])


def _of_tabular(path: Path, part: Part, version: str, schema: pa.Schema) -> pa.Table:
    """The categories and codes of a Tabular's SQLite file as rows of the diagnosis table."""
    import sqlite3
    from contextlib import closing

    import pyarrow as pa

    with closing(sqlite3.connect(path)) as db:
        query = "select code, title, is_billable from node where kind not in ('chapter', 'block') order by place"
        codes, titles, billable = zip(*db.execute(query), strict=True)
    fixed = {"effective_date": part.effective_date, "end_date": part.end_date, "edition": version}
    columns = {"diagnosis_code": list(codes), "title": list(titles), "is_billable": [bool(b) for b in billable]}
    return pa.table({f.name: columns.get(f.name, [fixed.get(f.name)] * len(codes)) for f in schema}, schema=schema)


def version_name(layout_name: str, scope: str, release: str) -> str:
    """An edition's version, fit for a file name: PTP-practitioner-2026Q4, RVU25D, GPCI2025."""
    middle = f"-{scope}-" if scope and scope != "level II" else "" if layout_name in ("RVU", "GPCI", "ANES") else "-"
    return re.sub(r"[^0-9A-Za-z.-]", "_", f"{layout_name}{middle}{release}")
