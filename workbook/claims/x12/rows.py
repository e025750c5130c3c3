"""Where a reader puts what it read: rows that turn into Arrow as they pile up, and the problems met on the way."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from workbook.claims.tables import PROBLEM
from workbook.engine.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows held as Python objects before they become Arrow: an Arrow row is a tenth of the size.
BATCH_ROWS = 5_000


class RowBuffer:
    """The rows of one table, added one by one; only the last `BATCH_ROWS` of them are Python objects."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: list[dict[str, Any]] = []
        self._batches: list[pa.Table] = []
        self.count = 0

    def append(self, row: dict[str, Any]) -> None:
        """Add a row (column name → value); a column the row does not name is null."""
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= BATCH_ROWS:
            self._flush()

    def extend(self, rows: list[dict[str, Any]]) -> None:
        """Add several rows."""
        self._rows += rows
        self.count += len(rows)
        if len(self._rows) >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        schema, count = self._table.schema, len(self._rows)
        given: set[str] = set().union(*self._rows)
        columns = [
            _array(list(map(dict.get, self._rows, repeat(name))), kind) if name in given else pa.nulls(count, kind)
            for name, kind in zip(self._table.names, schema.types, strict=True)
        ]
        self._batches.append(pa.Table.from_arrays(columns, schema=schema))
        self._rows.clear()

    def to_arrow(self) -> pa.Table:
        """All rows so far, in the order they were added, with the table's types."""
        import pyarrow as pa

        if self._rows:
            self._flush()
        return pa.concat_tables(self._batches) if self._batches else self._table.empty()


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_decimal(kind):  # by way of text: ten times faster than Decimal objects one by one
        return pa.array([value if value is None else str(value) for value in values], pa.string()).cast(kind)
    return pa.array(values, kind)


class Names:
    """Names already given, so that one that recurs becomes NAME#2, NAME#3 …"""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def given(self, names: Iterable[str]) -> set[str]:
        """Those of the names that were given already."""
        return set() if self._times.keys().isdisjoint(names) else self._times.keys() & names

    def give(self, names: Iterable[str]) -> None:
        """Give names that all differ and were not given before."""
        self._times.update(dict.fromkeys(names, 1))

    def unique(self, name: str) -> str:
        """Give `name` itself the first time it is asked for, and a numbered form of it ever after."""
        times = self._times[name] = self._times.get(name, 0) + 1
        if times == 1:
            return name
        while (numbered := f"{name}#{times}") in self._times:
            times += 1
        self._times[name], self._times[numbered] = times, 1
        return numbered


class Problems:
    """The faults found while reading; `file` is the one being read now, named as its reader was given it."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        self._rows = RowBuffer(PROBLEM)
        self.errors = 0

    def add(
        self,
        message: str,
        number: int | None = None,
        segment: str | None = None,
        element: str | None = None,
        *,
        level: int = 1,
        severity: str = "error",
        claim_id: str | None = None,
    ) -> None:
        """Record one fault: its place in the file, its SNIP `level`, and its `severity`, error or warning."""
        self.errors += severity == "error"
        self._rows.append(
            {
                "file": self.file,
                "segment_number": number,
                "segment": segment,
                "element": element,
                "level": level,
                "severity": severity,
                "claim_id": claim_id,
                "message": message,
            }
        )

    @property
    def count(self) -> int:
        """How many faults were recorded."""
        return self._rows.count

    def take(self) -> pa.Table:
        """The faults since the last time as the problem table, which are then forgotten."""
        found, self._rows = self._rows.to_arrow(), RowBuffer(PROBLEM)
        return found

    def to_arrow(self) -> pa.Table:
        """The faults as the problem table, in the order they were found."""
        return self._rows.to_arrow()
