"""Claim tables as they are handed over, in memory or not: are they the declared ones? Then an engine may read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims
from workbook.claims.table_files import check_names, nearest, parquet_tables_in
from workbook.claims.tables import CLAIM_TABLES
from workbook.engine import TYPES, Column, Engine, Table, view_names
from workbook.engine.run import columns_of, kind_of
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

NEEDED = ("claim", "claim_line")


def given_tables(claims: Claims | Mapping[str, Any] | str | Path) -> dict[str, Any]:
    """Table name → what was handed over for it; a folder gives its Parquet files (claim.parquet, or claim/*.parquet).

    Raises WorkbookError for an unknown name, and when claim or claim_line is not among them.
    """
    if isinstance(claims, Claims):
        return dict(claims.arrow)
    if isinstance(claims, str | Path):
        found: dict[str, Any] = {**parquet_tables_in(Path(claims), CLAIM_TABLES)}
        if "claim" not in found:
            raise WorkbookError(f"{claims} is no folder of Parquet tables; read other files with wb.read_claims first")
    else:
        found = dict(claims)
    for name in found:
        if name not in CLAIM_TABLES:
            raise WorkbookError(
                f"no table is called {name!r}{nearest(name, CLAIM_TABLES)}; the tables are {', '.join(CLAIM_TABLES)}"
            )
    for name in NEEDED:
        if name not in found:
            raise WorkbookError(f"table {name} is missing; an audit needs {' and '.join(NEEDED)}")
    return found


def put_tables(engine: Engine, tables: Mapping[str, Any], received_date: date | None = None) -> None:
    """Make every claim table readable in `engine` with its declared columns; what was not given is empty.

    Data that are not in memory stay where they are. `received_date` is given to the claims that state none. Raises
    WorkbookError that names table and column where one is missing, unknown or of another type.
    """
    for name in engine.tables() & view_names():
        engine.drop(name)  # it was kept from other claims
    for name, table in CLAIM_TABLES.items():
        data = tables.get(name, table.empty())
        if kind_of(data) == "pandas":
            data = table.to_arrow(data)
        is_dated = name == "claim" and received_date is not None
        if kind_of(data) == "arrow" and data.schema == table.schema and not is_dated:
            engine.put(name, data)
            continue
        try:
            engine.put(f"given_{name}", data)
        except WorkbookError as error:
            raise WorkbookError(str(error).removeprefix("given_")) from None
        columns = _fitted(table, columns_of(engine, f"given_{name}"))
        if is_dated:
            columns["received_date"] = f"coalesce({columns['received_date']}, date '{received_date}')"
        shown = ", ".join(f"{sql} as {column}" for column, sql in columns.items())
        engine.view(name, f"select {shown} from given_{name}")


def _fitted(table: Table, found: pa.Schema) -> dict[str, str]:
    """Declared column → the SQL that gives it out of what was found."""
    check_names(found.names, table, f"table {table.name}")
    declared = {field.name: field.type for field in table.schema}
    fitted = {}
    for column in table.columns:
        kind = found.field(column.name).type if column.name in found.names else None
        if kind is not None and not _fits(kind, column):
            raise WorkbookError(
                f"table {table.name}: column {column.name} is {kind}, expected {column.type} ({TYPES[column.type]}); "
                "give it that type first"
            )
        source = "null" if kind is None else column.name
        fitted[column.name] = source if kind == declared[column.name] else f"cast({source} as {TYPES[column.type]})"
    return fitted


def _fits(kind: pa.DataType, column: Column) -> bool:
    """Whether values of an Arrow type can be the column's without a guess: binary fractions are not amounts."""
    import pyarrow.types as t

    if t.is_dictionary(kind):
        kind = kind.value_type
    match column.type:
        case "text":
            fits = t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind)
        case "integer":
            fits = t.is_integer(kind)
        case "date":
            fits = t.is_date(kind)
        case "boolean":
            fits = t.is_boolean(kind)
        case _:
            fits = t.is_decimal(kind) or t.is_integer(kind)
    return bool(fits or t.is_null(kind))
