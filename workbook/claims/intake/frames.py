"""Which frames Great Expectations judges: each claim table as exact Python objects, with its answers from other tables.

A text, date, decimal, integer or boolean becomes the Python object of that kind and a null becomes None, so no amount
passes through a float. What another table must answer (a claim's `line_total`) is worked out in Arrow, in linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.suites import (
    JUDGED_TABLES,
    LINES_TO_COMPARE,
    OUTLYING,
    POINTERS,
    Check,
    unreadable,
)
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.engine.table import Column
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

HIPPS_REVENUE_CODES = ("0022", "0023", "0024")
_NOT_POINTED_TO = ("admitting", "reason_for_visit", "external_cause")


@dataclass(frozen=True)
class Judged:
    """A frame to judge, and for each column that is missing or not of its type, why a check of it cannot run."""

    frame: pd.DataFrame
    obstacles: dict[str, str]


@dataclass
class Sources:
    """The Arrow tables of the claims in their declared types, with the cells that could not be read apart."""

    tables: dict[str, pa.Table]
    unreadable: dict[tuple[str, str], pa.Array] = field(default_factory=dict)

    @classmethod
    def of(cls, claims: Claims) -> Sources:
        """Take the tables of `claims`; a column that is not of its declared type is parsed cell by cell."""
        given = {**claims.arrow, "problem": claims.arrow_problems}
        sources = cls({name: table for name, table in given.items() if name in JUDGED_TABLES})
        for name in sources.tables:
            sources._read_as_declared(name)
        return sources

    def _read_as_declared(self, name: str) -> None:
        table, declared = self.tables[name], JUDGED_TABLES[name]
        for position, column in enumerate(table.column_names):
            if column in declared.names and table.schema.field(column).type != declared.schema.field(column).type:
                parsed, bad = _parse(table[column], declared[column], declared.schema.field(column).type)
                table = table.set_column(position, column, parsed)
                self.unreadable[name, column] = bad
        self.tables[name] = table

    def column(self, table: str, name: str) -> pa.ChunkedArray:
        """A column whose every value is of its declared type; a WorkbookError says why there is none."""
        if table not in self.tables:
            raise WorkbookError(absence(table))
        if name not in self.tables[table].column_names:
            raise WorkbookError(f"{table}.{name} is missing")
        found, declared = self.tables[table][name], JUDGED_TABLES[table]
        if found.type != declared.schema.field(name).type:
            raise WorkbookError(f"{table}.{name} has values that are not of the type {declared[name].type}")
        return found


def absence(table: str) -> str:
    """Why a check of a table that is not there cannot run."""
    return f"there is no {table} table"


def judged(sources: Sources, name: str, checks: Collection[Check]) -> Judged:
    """The table `name` as `checks` need it: their columns, the derived ones, and what names a row."""
    import pandas as pd

    table = sources.tables[name]
    wanted = dict.fromkeys([*(c for check in checks for c in (*check.judged, *check.shows)), "claim_id", "line_number"])
    frame, obstacles = {}, {}
    for column in wanted:
        if column not in JUDGED_TABLES[name].names and not _is_derived(name, column):
            continue
        try:
            frame[column] = _objects(_derive(sources, name, column))
        except WorkbookError as error:
            obstacles[column] = str(error)
            if column in table.column_names:
                frame[column] = _objects(table[column])
    return Judged(pd.DataFrame(frame, index=range(table.num_rows)), obstacles)


def _objects(array: pa.ChunkedArray) -> pd.Series:
    import pandas as pd

    return pd.Series(array.to_pylist(), dtype=object)


def _parse(array: pa.ChunkedArray, column: Column, kind: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """The column in its declared type, or as text if some cell cannot be read; and the text of those cells."""
    import pyarrow as pa

    cells = [None if cell is None else str(cell) for cell in array.to_pylist()]
    bad = pa.array([None if _is_readable(cell, column, kind) else cell for cell in cells], pa.string())
    if bad.null_count < len(bad):
        return pa.array(cells, pa.string()), bad
    return pa.array([column.parse(cell) for cell in cells], kind), bad


def _is_readable(cell: str | None, column: Column, kind: pa.DataType) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(column.parse(cell), kind)
    except (ValueError, KeyError, pa.ArrowException):
        return False
    return True


def _is_derived(table: str, column: str) -> bool:
    return column in DERIVED[table] or column in map(unreadable, JUDGED_TABLES[table].names)


def _derive(sources: Sources, table: str, column: str) -> pa.ChunkedArray:
    """A column of the table, or one that is worked out for it."""
    import pyarrow as pa

    if column in DERIVED[table]:
        return DERIVED[table][column](sources)
    for name in JUDGED_TABLES[table].names:
        if column == unreadable(name):
            if name not in sources.tables[table].column_names:
                raise WorkbookError(f"{table}.{name} is missing")
            return sources.unreadable.get((table, name), pa.nulls(sources.tables[table].num_rows, pa.string()))
    return sources.column(table, column)


def _claim_stands(table: str, sources: Sources) -> Any:
    """Whether the row's claim is in the claim table; null where the row names no claim."""
    import pyarrow.compute as pc

    own = sources.column(table, "claim_id")
    return pc.if_else(own.is_valid(), pc.is_in(own, _values(sources.column("claim", "claim_id"))), None)


def _has_a_line(sources: Sources) -> Any:
    import pyarrow.compute as pc

    own = sources.column("claim", "claim_id")
    return pc.if_else(own.is_valid(), pc.is_in(own, _values(sources.column("claim_line", "claim_id"))), None)


def _line_total(sources: Sources) -> Any:
    """The sum of the charges of the claim's lines; null without lines, and where a line's charge is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    charges = pa.table({c: sources.column("claim_line", c) for c in ("claim_id", "billed_amount")})
    add = [("billed_amount", "sum", pc.ScalarAggregateOptions(skip_nulls=False))]
    totals = charges.group_by("claim_id").aggregate(add)
    return _look_up(sources.column("claim", "claim_id"), totals["claim_id"], totals["billed_amount_sum"])


def _birth_date(sources: Sources) -> Any:
    births = sources.column("claim", "claim_id"), sources.column("claim", "patient_birth_date")
    return _look_up(sources.column("claim_line", "claim_id"), *births)


def _patient_age(sources: Sources) -> Any:
    """Whole years on the first day of service."""
    import pyarrow as pa
    import pyarrow.compute as pc

    born, day = _birth_date(sources), sources.column("claim_line", "service_from_date")

    def month_and_day(dates: Any) -> Any:
        return pc.add(pc.multiply(pc.month(dates), 100), pc.day(dates))

    had_no_birthday = pc.less(month_and_day(day), month_and_day(born)).cast(pa.int64())
    return pc.subtract(pc.subtract(pc.year(day), pc.year(born)), had_no_birthday)


def _points(sources: Sources) -> Any:
    """Whether a professional line points to a diagnosis; null on other lines."""
    import pyarrow.compute as pc

    kinds = (sources.column("claim", c) for c in ("claim_id", "claim_type"))
    kind = _look_up(sources.column("claim_line", "claim_id"), *kinds)
    first = sources.column("claim_line", POINTERS[0])
    return pc.if_else(pc.equal(kind, "professional"), first.is_valid(), None)


def _charge_is_usual(sources: Sources) -> Any:
    """Whether a unit costs at most `OUTLYING` times the median of its code; null where too few lines have the code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = ("hcpcs_code", "billed_amount", "units")
    code, charge, units = (sources.column("claim_line", name) for name in names)
    charge, units = charge.cast(pa.float64()), units.cast(pa.float64())
    price = pc.divide(charge, pc.if_else(pc.greater(units, 0), units, None))
    add = [("price", "approximate_median"), ("price", "count")]
    by_code = pa.table({"code": code, "price": price}).group_by("code").aggregate(add)
    by_code = by_code.filter(pc.greater_equal(by_code["price_count"], LINES_TO_COMPARE))
    by_code = by_code.filter(by_code["code"].is_valid())
    median = _look_up(code, by_code["code"], by_code["price_approximate_median"])
    return pc.less_equal(price, pc.multiply(median, float(OUTLYING)))


def _pointer_is_met(pointer: str, sources: Sources) -> Any:
    """Whether the claim has as many diagnoses as the pointer counts; null where another check judges the pointer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pa.table({c: sources.column("claim_diagnosis", c) for c in ("claim_id", "role")})
    found = found.filter(pc.invert(pc.is_in(found["role"], pa.array(_NOT_POINTED_TO))))
    counts = found.group_by("claim_id").aggregate([([], "count_all")])
    count = _look_up(sources.column("claim_line", "claim_id"), counts["claim_id"], counts["count_all"])
    position = sources.column("claim_line", pointer)
    is_judged = pc.and_(
        pc.and_(pc.greater_equal(position, 1), pc.less_equal(position, 12)), _claim_stands("claim_line", sources)
    )
    return pc.if_else(is_judged, pc.less_equal(position, pc.fill_null(count, 0)), None)


def _where(table: str, column: str, by: str, values: tuple[str, ...], sources: Sources, *, is_in: bool = True) -> Any:
    """The column where `by` is one of `values` (or, with is_in=False, none of them); null elsewhere."""
    import pyarrow as pa
    import pyarrow.compute as pc

    chosen = pc.is_in(sources.column(table, by), pa.array(values))
    return pc.if_else(chosen if is_in else pc.invert(chosen), sources.column(table, column), None)


def _look_up(keys: pa.ChunkedArray, names: pa.ChunkedArray, values: pa.ChunkedArray) -> Any:
    """For each key the value that stands at that name, or null."""
    import pyarrow.compute as pc

    return pc.take(values, pc.index_in(keys, _values(names), skip_nulls=True))


def _values(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


#: table → derived column → how it is worked out
DERIVED: Mapping[str, Mapping[str, Callable[[Sources], Any]]] = {
    **{name: {"claim_stands": partial(_claim_stands, name)} for name in CLAIM_TABLES},
    "problem": {},
    "claim": {
        "has_a_line": _has_a_line,
        "line_total": _line_total,
        "professional_frequency_code": partial(
            _where, "claim", "frequency_code", "claim_type", ("professional", "dental")
        ),
        "institutional_frequency_code": partial(_where, "claim", "frequency_code", "claim_type", ("institutional",)),
    },
    "claim_diagnosis": {
        "claim_stands": partial(_claim_stands, "claim_diagnosis"),
        "icd10_code": partial(_where, "claim_diagnosis", "diagnosis_code", "code_set", ("icd10",)),
    },
    "claim_line": {
        "claim_stands": partial(_claim_stands, "claim_line"),
        "patient_birth_date": _birth_date,
        "patient_age": _patient_age,
        "points": _points,
        "charge_is_usual": _charge_is_usual,
        "hcpcs_code_to_judge": partial(
            _where, "claim_line", "hcpcs_code", "revenue_code", HIPPS_REVENUE_CODES, is_in=False
        ),
        **{f"{pointer}_is_met": partial(_pointer_is_met, pointer) for pointer in POINTERS},
    },
}
