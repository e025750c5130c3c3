"""Writes a table for people to open: a spreadsheet must not run what a claim file wrote into a cell."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.terms import private_file

if TYPE_CHECKING:
    import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made plain by a leading apostrophe; all else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_people_csv(table: pa.Table, path: Path) -> None:
    """Write a CSV file for people (mode 0600): nulls empty, texts guarded against being run as formulas."""

    with private_file(path) as stream, io.TextIOWrapper(stream, encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=10_000):
            writer.writerows([guarded(v) for v in row.values()] for row in batch.to_pylist())


def to_json(value: Any) -> str:
    """JSON for machines: amounts and dates as text, nothing guarded."""

    def plain(item: Any) -> Any:
        if isinstance(item, Decimal | date):
            return str(item)
        raise TypeError(type(item).__name__)

    return json.dumps(value, default=plain, indent=2, ensure_ascii=False)
