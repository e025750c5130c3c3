"""Tables that no SELECT can compute: reckoned from the claims when a card reads one.

Each is a declared table and a function that reads the claim tables in an engine in bounded batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.engine import Engine, Table, base_tables
from workbook.payment.regroup import grouped_stays
from workbook.payment.tables import REGROUPED_DRG

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Derived:
    """One such table, and how its rows are made from the claims in an engine."""

    table: Table
    rows: Callable[[Engine], pa.Table]


DERIVED: Mapping[str, Derived] = {REGROUPED_DRG.name: Derived(REGROUPED_DRG, grouped_stays)}


def put_derived(engine: Engine, names: Iterable[str]) -> None:
    """Make the derived tables among `names`, or behind the views among them, readable in an engine of claims."""
    for name in sorted(base_tables(names) & DERIVED.keys() - engine.tables()):
        engine.put(name, DERIVED[name].rows(engine))
