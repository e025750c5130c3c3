"""Dated, cited numbers: each one page, each value with the dates of service it serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from workbook.engine import Column, Table
from workbook.engine.front import Authority, Strict
from workbook.engine.yaml import faults_error, read_yaml, validated
from workbook.terms import Citation, DateNotCoveredError, Span, WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = Path(__file__).with_name("parameters")


class _Value(Authority):
    effective_date: date
    value: str = Field(pattern=r"^-?\d+(\.\d+)?$")
    note: str | None = None


class _Page(Strict):
    title: str
    meaning: str
    unit: str
    values: tuple[_Value, ...] = Field(min_length=1)
    end_date: date


@dataclass(frozen=True)
class DatedValue:
    """One value, the dates of service it serves, and its authority."""

    span: Span
    value: Decimal
    citation: Citation
    note: str | None


@dataclass(frozen=True)
class Parameter:
    """A number of the field over time. Ask it with `.on(date)`."""

    name: str
    title: str
    meaning: str
    unit: str
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue:
        """The value that serves a date of service. Raises DateNotCoveredError with the dates that are covered."""
        for value in self.values:
            if day in value.span:
                return value
        raise DateNotCoveredError(f"{self.title}: no value for {day}; covered are {self.covered}")

    @property
    def covered(self) -> Span:
        """The first and the last date of service that any value serves."""
        return Span(self.values[0].span.effective_date, self.values[-1].span.end_date)

    def as_table(self) -> pa.Table:
        """The values as rows: effective_date, end_date, value."""
        return table_of(self.name).from_rows(
            {"effective_date": v.span.effective_date, "end_date": v.span.end_date, "value": v.value}
            for v in self.values
        )


def table_of(name: str) -> Table:
    """How a parameter looks to a step: one row per value and span of dates."""
    return Table(
        name,
        "one value and span of dates",
        ("effective_date",),
        (
            Column("effective_date", "date", "first date of service", required=True),
            Column("end_date", "date", "last date of service", required=True),
            Column("value", "rate", "the number", required=True),
        ),
    )


@cache
def parameter_names() -> tuple[str, ...]:
    """The names of the parameters, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def parameter(name: str) -> Parameter:
    """One parameter. Raises WorkbookError with the list when there is none."""
    if name not in parameter_names():
        raise WorkbookError(f"no parameter is called {name!r}; the parameters are {', '.join(parameter_names())}")
    return read_parameter(FOLDER / f"{name}.yaml")


def read_parameter(path: Path) -> Parameter:
    """Read and check one page. Raises WorkbookError that names file and line."""
    raw = read_yaml(path)
    page = validated(_Page, raw, path.name)
    starts = [v.effective_date for v in page.values]
    if starts != sorted(set(starts)) or page.end_date < starts[-1]:
        raise faults_error(raw, path.name, [(("values",), "the dates must rise, and end on or before end_date")])
    ends = [start - timedelta(days=1) for start in starts[1:]] + [page.end_date]
    values = tuple(
        DatedValue(Span(v.effective_date, end), Decimal(v.value), v.citation, v.note)
        for v, end in zip(page.values, ends, strict=True)
    )
    return Parameter(path.stem, page.title, page.meaning, page.unit, values)
