"""Which frames is Great Expectations handed? A table in batches, as exact Python objects, what is derived beside.

A text, date, decimal, integer or boolean becomes the Python object of that kind and a null becomes None, so no amount
passes through a float; a cell that is not of its column's type is text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.derive import DERIVED, select
from workbook.claims.intake.sources import Rows
from workbook.claims.intake.suites import ROW, UNIQUE_KEY, Check, unreadable
from workbook.engine import Engine

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def frames(
    engine: Engine, rows: Mapping[str, Rows], table: str, checks: Collection[Check], batch_rows: int
) -> Iterator[pd.DataFrame]:
    """The rows of `table` in their order, with the columns that `checks` look at or show; one frame at least."""
    own = rows[table]
    wanted = dict.fromkeys([*(c for check in checks for c in (*check.judged, *check.shows)), "claim_id", "line_number"])
    derived = [c for c in wanted if c == UNIQUE_KEY or c in DERIVED[table]]
    given = [c for c in own.columns if c in wanted]
    texts = [unreadable(c) for c in own.parsed if unreadable(c) in wanted or c in own.with_unreadable]
    helpers = [unreadable(c) for c in own.columns if unreadable(c) in wanted]
    batches = own.piece.batches([ROW, *given, *texts], batch_rows)
    is_empty = True
    if derived:  # apart, so that the engine need not sort whole rows
        answers = engine.batches(select(rows, table, derived), batch_rows)
        batches = (_beside(batch, answer) for batch, answer in zip(batches, answers, strict=True))
    for batch in batches:
        yield _frame(batch, [*given, *derived, *helpers], own)
        is_empty = False
    if is_empty:
        yield _frame(own.piece.schema.empty_table(), [*given, *derived, *helpers], own)


def _beside(batch: pa.Table, answer: pa.Table) -> pa.Table:
    """The derived columns of the same rows beside those given."""
    for name in answer.column_names:
        if name != ROW:
            batch = batch.append_column(name, answer[name])
    return batch


def _frame(batch: pa.Table, columns: list[str], rows: Rows) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    frame = {ROW: _objects(batch[ROW])}
    for column in columns:
        if column not in batch.column_names:  # nothing was unreadable, or there is no row to derive it for
            frame[column] = np.full(batch.num_rows, None, dtype=object)
            continue
        frame[column] = _objects(batch[column])
        if column in rows.with_unreadable:
            texts = _objects(batch[unreadable(column)])
            frame[column] = np.where(pd.isna(texts), frame[column], texts)
    return pd.DataFrame(frame, index=range(batch.num_rows), dtype=object)


def _objects(column: pa.ChunkedArray) -> Any:
    """The values as Python objects, null as None; equal ones are one object, which keeps a batch small."""
    import numpy as np

    encoded = column.combine_chunks().dictionary_encode()
    different = len(encoded.dictionary)
    values = np.full(different + 1, None, dtype=object)
    values[:different] = encoded.dictionary.to_pylist()
    return values[encoded.indices.fill_null(different).to_numpy(zero_copy_only=False)]
