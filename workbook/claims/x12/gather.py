"""Which rows of other tables belong to each row of one? A slice at a time, so that few are Python objects at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Row = dict[str, Any]
#: Rows of the parent table that are Python objects at one time.
SLICE_ROWS = 500


def gathered(
    parent: pa.Table, tables: Mapping[str, pa.Table], key: tuple[str, ...], name: str
) -> Iterator[tuple[Row, dict[str, list[Row]]]]:
    """Yield each row of `parent`, in its order, with its rows of the other tables, in theirs, by the table's name.

    `name` is what the parent table is called. Raises WorkbookError when a key stands twice in `parent`, or a row of
    another table has a key that `parent` has not.
    """
    import numpy as np

    _refuse_twice(parent, key, name)
    sorted_tables = {child: _by_place(child, table, parent, key, name) for child, table in tables.items()}
    for start in range(0, parent.num_rows, SLICE_ROWS):
        rows = parent.slice(start, SLICE_ROWS).to_pylist()
        below: list[dict[str, list[Row]]] = [{child: [] for child in tables} for _ in rows]
        for child, (table, places) in sorted_tables.items():
            first, end = np.searchsorted(places, [start, start + len(rows)]).tolist()
            found = table.slice(first, end - first).to_pylist()
            for place, row in zip((places[first:end] - start).tolist(), found, strict=True):
                below[place][child].append(row)
        yield from zip(rows, below, strict=True)


def _by_place(
    child: str, table: pa.Table, parent: pa.Table, key: tuple[str, ...], name: str
) -> tuple[pa.Table, np.ndarray]:
    """A table in the order of its parent's rows, with the number of that row for each of its own."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_rows:
        return table, np.empty(0, np.int64)
    numbered = parent.select(list(key)).append_column("place", pa.array(np.arange(parent.num_rows)))
    own = table.select(list(key)).append_column("row", pa.array(np.arange(table.num_rows)))
    joined = own.join(numbered, list(key)).sort_by("row")["place"].combine_chunks()
    if joined.null_count:
        row = table.slice(pc.index(joined.is_null(), True).as_py(), 1).select(list(key)).to_pylist()[0]
        said = ", ".join(f"{column} {value}" for column, value in row.items())
        raise WorkbookError(f"table {child} has a row of {said}, which table {name} does not have; take the row out")
    places = joined.to_numpy()
    if (places[1:] >= places[:-1]).all():
        return table, places
    order = np.argsort(places, kind="stable")
    return table.take(pa.array(order)), places[order]


def _refuse_twice(parent: pa.Table, key: tuple[str, ...], name: str) -> None:
    import pyarrow.compute as pc

    counts = parent.group_by(list(key)).aggregate([([], "count_all")])
    if counts.num_rows < parent.num_rows:
        row = counts.filter(pc.greater(counts["count_all"], 1)).slice(0, 1).select(list(key)).to_pylist()[0]
        said = ", ".join(f"{column} {value}" for column, value in row.items())
        raise WorkbookError(f"table {name} has {said} more than once; its key must be unique")
