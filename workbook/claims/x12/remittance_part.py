"""What was read of remittances since the last part was handed over: rows in the order of the file, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from workbook.claims.balance import balance
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12.column_run import merged
from workbook.claims.x12.facts import Row
from workbook.claims.x12.imbalance import PAYMENT_ELEMENTS, imbalance
from workbook.claims.x12.rows import Problems, RowBuffer

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Ints

#: table → the level at which its rows are judged
_LEVEL_OF = {"remittance": "transaction", "remittance_claim": "claim", "remittance_line": "line"}


class RemittancePart:
    """The tables that are being filled.

    Every row has a place: the number of the segment where it begins, or the claim or transaction that it belongs to.
    """

    def __init__(self, problems: Problems, source: str) -> None:
        self._problems, self._source = problems, source
        self._begin()
        self._begin_rows()

    def _begin(self) -> None:
        self._done: dict[str, list[pa.Table]] = {name: [] for name in REMITTANCE_TABLES}
        #: level → file and places of the rows of its table, to place what does not balance
        self._done_places: dict[str, list[tuple[str, Ints]]] = {level: [] for level in PAYMENT_ELEMENTS}

    def _begin_rows(self) -> None:
        self._rows = {name: RowBuffer(table) for name, table in REMITTANCE_TABLES.items()}
        self._places: dict[str, list[int]] = {name: [] for name in REMITTANCE_TABLES}

    def add(self, name: str, rows: list[Row], *places: int) -> None:
        """Add rows to a table; each has a place of its own, or all have one."""
        self._rows[name].extend(rows)
        self._places[name] += places if len(places) == len(rows) else places * len(rows)

    def settle(self, columns: Mapping[str, tuple[pa.Table, Ints]]) -> None:
        """Put rows added since the last time, and tables read as `columns` with their places, in the file's order."""
        import numpy as np

        for name, buffer in self._rows.items():
            if buffer.count:
                rows = buffer.to_arrow(), np.array(self._places[name], np.int64)
                table, places = merged(rows, columns[name]) if name in columns else rows
            elif name in columns:
                table, places = columns[name]
            else:
                continue
            self._done[name].append(table)
            if level := _LEVEL_OF.get(name):
                self._done_places[level].append((self._problems.file, places))
        self._begin_rows()

    def close(self, paid_before: Mapping[str, Decimal]) -> Remittance:
        """Judge what was settled and give it away with its problems; see `balance` for `paid_before`."""
        import pyarrow as pa

        tables = {n: pa.concat_tables(t) if t else REMITTANCE_TABLES[n].empty() for n, t in self._done.items()}
        self._report_imbalance(balance(tables, paid_before))
        self._begin()
        return Remittance(tables, self._problems.take(), self._source, paid_before)

    def _report_imbalance(self, found: pa.Table) -> None:
        """Report every transaction, claim and line that does not balance, as SNIP level 3 errors."""
        import numpy as np
        import pyarrow.compute as pc

        file = self._problems.file
        off = pc.indices_nonzero(pc.invert(found["is_balanced"])).to_pylist()
        done = [place for level in PAYMENT_ELEMENTS for place in self._done_places[level]]  # in the order of `found`
        ends = np.cumsum([len(numbers) for _, numbers in done])
        for at, row in zip(off, found.take(off).to_pylist() if off else (), strict=True):
            which = int(np.searchsorted(ends, at, "right"))
            self._problems.file, numbers = done[which]
            segment, element = PAYMENT_ELEMENTS[row["level"]]
            number = int(numbers[at - ends[which]])  # counted from its end
            self._problems.add(imbalance(row), number, segment, element, level=3, claim_id=row["claim_id"])
        self._problems.file = file
