"""Which box of a form shows which column of the claim tables: read from a page beside this file, and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbook.claims.tables import CLAIM_TABLES
from workbook.engine.front import Strict
from workbook.engine.table import Column
from workbook.engine.yaml import read_yaml, validated
from workbook.terms import WorkbookError

FOLDER = Path(__file__).parent
#: claim_type → its page; any other kind of claim shows its lines only
PAGES = {"professional": "cms1500.yaml", "institutional": "ub04.yaml"}
OTHERWISE = "lines_only.yaml"

_SOURCE = re.compile(r"(?P<table>\w+)(?:\[(?P<where>[^\]]+)\])?\.(?P<shows>\w+)")
_CONDITION = re.compile(r"(?P<column>[\w.]+)(?P<sign>!?=)(?P<values>[^=]+)")


@dataclass(frozen=True)
class Condition:
    """`role=patient`, `qualifier=431|484` or `claim.patient_relationship=18`: what a row must say to be shown."""

    table: str
    column: str
    values: tuple[str, ...]
    is_equal: bool


@dataclass(frozen=True)
class Source:
    """One place to look: a table, which of its rows, and the columns to show of each, joined by `between`."""

    table: str
    conditions: tuple[Condition, ...]
    columns: tuple[Column, ...]
    between: str


@dataclass(frozen=True)
class Part:
    """One entry of a box: the first of its sources that has something is shown, after the prefix."""

    prefix: str
    sources: tuple[Source, ...]


class _Group(Strict):
    columns: tuple[str, ...] = Field(min_length=1)
    between: str


class Box(Strict):
    """One box: its number on the form, our own label, and where its value stands in the claim tables."""

    box: str
    label: str
    written: tuple[str, ...] = Field(default=(), alias="from")
    other: tuple[str, ...] = ()
    words: dict[str, str] = Field(default={})
    shown: Literal["plain", "lettered", "letters", "any", "sum", "numbers", "hour"] = Field(default="plain", alias="as")
    has: str | None = None
    slots: int | None = None
    wide: int = Field(default=3, ge=1, le=12)
    why_blank: str | None = None


class Section(Strict):
    """Boxes that stand together: once, or once for each line (`lines` to a page) or payer (`payers` on paper)."""

    title: str
    lines: int | None = None
    payers: int | None = None
    boxes: tuple[Box, ...] = Field(min_length=1)


class _Page(Strict):
    title: str
    word: str
    groups: dict[str, _Group] = Field(default={})
    sections: tuple[Section, ...] = Field(min_length=1)


class Layout:
    """One form: its title, what a box is called ("Box", "FL"), and its sections."""

    def __init__(self, page: _Page, name: str) -> None:
        self.title, self.word, self.sections = page.title, page.word, page.sections
        self._groups, self._name = page.groups, name
        self.parts: dict[str, tuple[Part, ...]] = {}
        self.other_parts: dict[str, tuple[Part, ...]] = {}
        for box in self.boxes:
            if box.box in self.parts:
                raise self._error(box, "stands twice on the page; give each box its own number")
            self.parts[box.box] = tuple(self._part(box, text) for text in box.written)
            self.other_parts[box.box] = tuple(self._part(box, text) for text in box.other)

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Every box, in the order of the page."""
        return tuple(box for section in self.sections for box in section.boxes)

    def columns(self, box: Box) -> set[tuple[str, str]]:
        """The (table, column) pairs that a box can show."""
        parts = (*self.parts[box.box], *self.other_parts[box.box])
        return {(s.table, column.name) for part in parts for s in part.sources for column in s.columns}

    def showing(self, column: str, is_of_line: bool) -> list[Box]:
        """The boxes that show a column, named `column` or `table.column`: of the lines, or of the claim."""
        table, _, name = column.rpartition(".")
        return [
            box
            for section in self.sections
            if (section.lines is not None) == is_of_line
            for box in section.boxes
            if any(name == c and table in ("", t) for t, c in self.columns(box))
        ]

    def _part(self, box: Box, text: str) -> Part:
        prefix, colon, rest = text.partition(": ")
        if not colon:
            prefix, rest = "", text
        return Part(prefix, tuple(self._source(box, one) for one in rest.split(" else ")))

    def _source(self, box: Box, text: str) -> Source:
        match = _SOURCE.fullmatch(text)
        if not match or match["table"] not in CLAIM_TABLES:
            raise self._error(box, f"{text!r} is not of the form table[condition, …].column with a claim table")
        table, shows = match["table"], match["shows"]
        group = self._groups.get(shows, _Group(columns=(shows,), between=""))
        conditions = tuple(self._condition(box, table, c) for c in re.split(r",\s*", match["where"] or "") if c)
        return Source(table, conditions, tuple(self._column(box, table, c) for c in group.columns), group.between)

    def _condition(self, box: Box, table: str, text: str) -> Condition:
        match = _CONDITION.fullmatch(text)
        if not match:
            raise self._error(box, f"{text!r} is not a condition; write column=value, or column!=value")
        other, _, column = match["column"].rpartition(".")
        where = other or table
        if where not in (table, "claim"):
            raise self._error(box, f"{text!r} asks {where}; a condition asks {table} or claim")
        self._column(box, where, column)
        return Condition(where, column, tuple(match["values"].split("|")), match["sign"] == "=")

    def _column(self, box: Box, table: str, name: str) -> Column:
        try:
            return CLAIM_TABLES[table][name]
        except KeyError as error:
            raise self._error(box, error.args[0]) from None

    def _error(self, box: Box, message: str) -> WorkbookError:
        return WorkbookError(f"{self._name}, box {box.box}: {message}")


def layout_of(claim_type: str) -> Layout:
    """The form of a kind of claim; of a kind that has none, the one that shows its lines."""
    return read_layout(FOLDER / PAGES.get(claim_type, OTHERWISE))


@cache
def read_layout(path: Path) -> Layout:
    """Read a form's page. Raises WorkbookError that names file, box and what is wrong."""
    return Layout(validated(_Page, read_yaml(path), path.name), path.name)
