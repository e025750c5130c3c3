"""The remittance tables of plain paid claims, from the columns that `plain_payments` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12.arrays import numbered, value_of
from workbook.claims.x12.column_run import typed
from workbook.claims.x12.plain_payments import PlainPayments

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Ints


class Stretch(NamedTuple):
    """Claims of a run, from number `first` to that before `last`, that follow each other in one remittance.

    The first of them is claim `sequence` of it, and has details already: so many are `told`.
    """

    first: int
    last: int
    remittance_id: str
    sequence: int
    told: int


def paid_tables(run: PlainPayments, stretches: Sequence[Stretch]) -> dict[str, tuple[pa.Table, Ints]]:
    """The tables of the claims of these stretches, and for each row where its claim, or its line, begins."""
    import numpy as np
    import pyarrow as pa

    count = len(run.starts)
    which, sequence, before = (np.full(count + 1, fill, np.int64) for fill in (-1, 0, 0))  # the last: no claim
    for at, stretch in enumerate(stretches):
        which[stretch.first : stretch.last] = at
        sequence[stretch.first : stretch.last] = np.arange(stretch.last - stretch.first) + stretch.sequence
        before[stretch.first] = stretch.told
    ids = pa.array([stretch.remittance_id for stretch in stretches], pa.string())
    lines = np.append(run.line_number, 0)

    def table(
        name: str, claims: Ints, told: Mapping[str, Any], at: Ints | None = None, line: Ints | None = None
    ) -> tuple[pa.Table, Ints]:
        keys = {"remittance_id": value_of(ids, which[claims]), "claim_sequence": sequence[claims]}
        keys["claim_id"] = value_of(run.claim["claim_id"], claims)
        if line is not None:
            keys["line_number"] = pa.array(lines[line], mask=line < 0)
        found = typed(REMITTANCE_TABLES[name], {**told, **keys}, len(claims))
        places = run.number + (run.starts[claims] if at is None else at)
        kept = which[claims] >= 0
        return (found, places) if kept.all() else (found.filter(pa.array(kept)), places[kept])

    def about(name: str, rows: Ints, told: Mapping[str, Any]) -> tuple[pa.Table, Ints]:
        return table(name, run.family[rows], told, line=run.line_of(rows))

    rows, details = _details(run)
    of_claim, of_line = run.family[rows], run.line_of(rows)
    details["sequence"] = numbered(of_claim, of_line) + np.where(of_line < 0, before[of_claim], 0)
    return {
        "remittance_claim": table("remittance_claim", np.arange(count), run.claim),
        "remittance_line": table(
            "remittance_line", run.line_claim, {**run.line, "line_number": run.line_number}, run.lines
        ),
        "adjustment": about("adjustment", *run.adjustment),
        "remark": about("remark", run.remark[0], {"rarc": run.remark[1]}),
        "remittance_party": about("remittance_party", *run.party),
        "remittance_detail": about("remittance_detail", rows, details),
    }


def _details(run: PlainPayments) -> tuple[Ints, dict[str, Any]]:
    """The segments of all details and their columns, in the order of segments and elements."""
    import numpy as np
    import pyarrow as pa

    rows, pieces, told = run.detail_table(REMITTANCE_TABLES["remittance_detail"])
    order = np.lexsort((pieces, rows))
    table = told.take(pa.array(order))
    return rows[order], {name: table[name] for name in table.column_names}
