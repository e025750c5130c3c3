"""The reference tables in force: what the user has loaded, over the curated ones that ship and ICD-10-CM's package.

A loaded edition serves its dates alone; what ships serves the others.
A date of service that no loaded edition serves is not checked; no data is never a pass.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.codes.tables import EDITION, REFERENCE_TABLES
from workbook.engine.table import Table
from workbook.terms import Edition, Span, WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = Path(__file__).parents[2] / "sample_data" / "codes"


@cache
def curated(name: str) -> pa.Table:
    """A curated table that ships with the workbook, from `sample_data/codes/<name>.csv`."""
    table = REFERENCE_TABLES[name]
    path = FOLDER / f"{name}.csv"
    return table.from_rows(read_csv(path, table)) if path.exists() else table.empty()


def read_csv(path: Path, table: Table) -> list[dict[str, Any]]:
    """Read a CSV file in a declared table's columns. Raises WorkbookError that names file, row and column."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        header = list(reader.fieldnames or [])
        if unknown := [name for name in header if name not in table.names]:
            raise WorkbookError(
                f"{path.name}: unknown column {unknown[0]!r}; {table.name} has {', '.join(table.names)}"
            )
        rows = []
        for record in reader:
            row: dict[str, Any] = {}
            for name in header:
                try:
                    row[name] = table[name].parse(record[name])
                except (ValueError, KeyError):
                    raise WorkbookError(
                        f"{path.name}, row {reader.line_num}: {name} is {record[name]!r}, expected a {table[name].type}"
                    ) from None
                if row[name] is None and table[name].required:
                    raise WorkbookError(f"{path.name}, row {reader.line_num}: {name} is empty")
            rows.append(row)
        return rows


@cache
def editions() -> tuple[Edition, ...]:
    """Every edition that serves a date: which release of which table, and those dates. No two of a table overlap."""
    from workbook.codes.load.dating import without
    from workbook.codes.load.shelf import visible

    held = [(record.edition(span), record.has_notes) for name in REFERENCE_TABLES for record, span in visible(name)]
    taken: dict[str, list[Span]] = {}
    for edition, _ in held:
        taken.setdefault(edition.table_name, []).append(edition.span)
    left = [replace(e, span=gap) for e in _shipped() for gap in without(e.span, taken.get(e.table_name, []))]
    with_notes = [e for e, has_notes in held if has_notes] + [e for e in left if e.table_name == "diagnosis"]
    return *(e for e, _ in held), *left, *(replace(e, table_name="diagnosis_note") for e in with_notes)


def _shipped() -> list[Edition]:
    from workbook.codes.diagnosis import ICD_EDITION
    from workbook.codes.limit_table import LIMIT_EDITION

    return [
        ICD_EDITION,
        LIMIT_EDITION,
        *(
            Edition(
                table_name=row["table_name"],
                source=row["source"],
                version=row["version"],
                span=Span(row["effective_date"], row["end_date"]),
                is_whole=row["is_whole"],
            )
            for row in read_csv(FOLDER / "edition.csv", EDITION)
        ),
    ]


def reference(names: Iterable[str]) -> dict[str, pa.Table]:
    """The named reference tables as Arrow tables, the user's editions in place of what ships for their dates."""
    return {name: _DERIVED[name]() if name in _DERIVED else _overlaid(name) for name in names}


def _overlaid(name: str) -> pa.Table:
    from workbook.codes.diagnosis import diagnosis_table
    from workbook.codes.load.shelf import overlay

    return overlay(diagnosis_table() if name == "diagnosis" else curated(name), name)


def _notes() -> pa.Table:
    import pyarrow as pa

    from workbook.codes.lookup import book_of
    from workbook.codes.note_table import diagnosis_note_table

    served = [e for e in editions() if e.table_name == "diagnosis_note"]
    empty = REFERENCE_TABLES["diagnosis_note"].empty()
    return pa.concat_tables([empty, *(diagnosis_note_table(e, book_of(e)) for e in served)])


def _limits() -> pa.Table:
    from workbook.codes.limit_table import diagnosis_limit_table

    return diagnosis_limit_table()


#: tables that are derived from other tables or pages and never loaded themselves
_DERIVED = {"diagnosis_note": _notes, "diagnosis_limit": _limits}


def forget() -> None:
    """Read the loaded editions anew: what was loaded has changed, or the data folder has moved."""
    editions.cache_clear()


def edition_on(table_name: str, on: date) -> Edition | None:
    """The loaded edition of a table that serves a date of service, or None: the table is not known on that date."""
    for edition in editions():
        if edition.table_name == table_name and on in edition.span:
            return edition
    return None


def edition_rows(loaded: Iterable[Edition]) -> pa.Table:
    """Editions as rows of the `edition` table."""
    return EDITION.from_rows(
        {
            "table_name": e.table_name,
            "version": e.version,
            "source": e.source,
            "effective_date": e.span.effective_date,
            "end_date": e.span.end_date,
            "is_whole": e.is_whole,
            "sha256": e.sha256,
            "loaded_on": e.loaded_on,
        }
        for e in loaded
    )
