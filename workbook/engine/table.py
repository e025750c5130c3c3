"""How a table is declared once and understood by Arrow, pandas, DuckDB and Spark alike.

Codes are text, money is DECIMAL(12,2), dates are dates and a missing value is null, never "".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

#: name → DuckDB type. Rates (relative value units, indices, conversion factors) keep four decimals,
#: and few enough digits that a product of three still fits a decimal of 38.
TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "money": "DECIMAL(12,2)",
    "quantity": "DECIMAL(12,3)",
    "rate": "DECIMAL(9,4)",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column: its name, its type (a key of `TYPES`), what it means, and whether it must be present."""

    name: str
    type: str
    meaning: str
    required: bool = False

    def parse(self, text: str | None) -> Any:
        """Read a cell of a page or CSV file; an empty cell is null. Raises ValueError when it does not fit."""
        if text is None or text.strip() == "":
            return None
        text = text.strip()
        match self.type:
            case "text":
                return text
            case "integer":
                return int(text)
            case "date":
                return date.fromisoformat(text)
            case "boolean":
                return {"yes": True, "true": True, "no": False, "false": False}[text.lower()]
            case _:
                try:
                    return Decimal(text)
                except InvalidOperation:
                    raise ValueError(text) from None


@dataclass(frozen=True)
class Table:
    """A table's name, its grain in words, its key and its columns, in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        unknown = [c.name for c in self.columns if c.type not in TYPES] + [k for k in self.key if k not in self.names]
        if unknown:
            raise ValueError(f"table {self.name}: {unknown} have an unknown type or are not columns")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(c.name for c in self.columns)

    @cached_property
    def sql_types(self) -> dict[str, str]:
        """name → SQL type, in order."""
        return {c.name: TYPES[c.type] for c in self.columns}

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}; it has {', '.join(self.names)}")

    @cached_property
    def schema(self) -> pa.Schema:
        """The table as an Arrow schema."""
        import pyarrow as pa

        types = {
            "text": pa.string(),
            "integer": pa.int64(),
            "money": pa.decimal128(12, 2),
            "quantity": pa.decimal128(12, 3),
            "rate": pa.decimal128(9, 4),
            "date": pa.date32(),
            "boolean": pa.bool_(),
        }
        return pa.schema([(c.name, types[c.type]) for c in self.columns])

    def from_rows(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """Build the Arrow table from rows (column name → value); a column a row does not name is null."""
        import pyarrow as pa

        rows = list(rows)
        try:
            types = {f.name: f.type for f in self.schema}
            return pa.table({name: pa.array([r.get(name) for r in rows], kind) for name, kind in types.items()})
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise WorkbookError(f"table {self.name}: {error}") from None

    def from_columns(self, columns: Mapping[str, list[Any]], length: int) -> pa.Table:
        """Build the Arrow table from whole columns; a column that is not given is null."""
        import pyarrow as pa

        return pa.table(
            {
                f.name: pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(length, f.type)
                for f in self.schema
            }
        )

    def empty(self) -> pa.Table:
        """The table without rows."""
        return self.schema.empty_table()

    def to_arrow(self, frame: pd.DataFrame) -> pa.Table:
        """Give a pandas frame this table's types; a missing column is null, an unknown one is refused."""
        import pyarrow as pa

        unknown = [c for c in frame.columns if c not in self.names]
        if unknown:
            raise WorkbookError(f"table {self.name} has no column {unknown}; it has {', '.join(self.names)}")
        columns = []
        for field in self.schema:
            if field.name not in frame.columns:
                columns.append(pa.nulls(len(frame), field.type))
                continue
            try:
                columns.append(pa.array(_exact(frame[field.name], field.type), field.type, from_pandas=True))
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise WorkbookError(f"table {self.name}, column {field.name}: {error}") from None
        return pa.table(columns, schema=self.schema)


def _exact(values: pd.Series[Any], kind: pa.DataType) -> Any:
    """Whole numbers and floats of a frame as what they say in decimals, where decimals are wanted: 0.1 is 0.1."""
    import pyarrow as pa

    if not pa.types.is_decimal(kind) or getattr(values.dtype, "kind", "") not in "iuf":
        return values
    missing = values.isna()
    return [None if gap else Decimal(repr(value)) for value, gap in zip(values.tolist(), missing, strict=True)]


def regrouped(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The rows of record batches as tables of `rows` each; only the last one has fewer."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        rest = batch
        while count + rest.num_rows >= rows:
            yield pa.Table.from_batches([*waiting, rest.slice(0, rows - count)])
            rest, waiting, count = rest.slice(rows - count), [], 0
        if rest.num_rows:
            waiting.append(rest)
            count += rest.num_rows
    if waiting:
        yield pa.Table.from_batches(waiting)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Show an Arrow table as a pandas frame that keeps decimals exact, dates as dates and nulls as nulls."""
    import pandas as pd
    import pyarrow as pa

    def dtype(kind: pa.DataType) -> Any:
        if pa.types.is_decimal(kind) or pa.types.is_date(kind):
            return pd.ArrowDtype(kind)
        if pa.types.is_integer(kind):
            return pd.Int64Dtype()
        if pa.types.is_boolean(kind):
            return pd.BooleanDtype()
        return None

    frame: pd.DataFrame = table.to_pandas(types_mapper=dtype)
    return frame
