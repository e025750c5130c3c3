"""What a layout page says: which column of a wide extract is which column of the claim tables."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from workbook.claims.tables import CLAIM_TABLES
from workbook.engine import Column
from workbook.engine.front import Strict
from workbook.engine.yaml import parse_yaml, read_yaml, validated
from workbook.terms import WorkbookError

FOLDER = Path(__file__).with_name("layouts")
TEMPLATE = FOLDER / "template.yaml"
_DATE_FORM = re.compile(r"(?:%[YmdbByjHIMSfp%]|[^%])+")
#: Columns that are counted where a page does not map them.
COUNTED = ("sequence", "line_number")


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Source(Strict):
    """Where one value comes from: exactly one of the fields before `values`."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    first_of: tuple[str, ...] = ()
    constant: str | None = Field(None, alias="is")
    diagnosis: str | None = None
    sum_of_lines: str | None = None
    values: dict[str, str | None] = Field({})
    empty: Texts = ()

    @model_validator(mode="after")
    def _one_of(self) -> Source:
        ways = (self.column, self.columns, self.first_of, self.constant, self.diagnosis, self.sum_of_lines)
        if len([way for way in ways if way]) != 1:
            raise ValueError("give exactly one of column, columns, first_of, is, diagnosis and sum_of_lines")
        return self

    def reads(self) -> tuple[str, ...]:
        """The columns of the extract that it is made from, with # where they repeat."""
        return tuple(filter(None, (self.column, *self.columns, *self.first_of, self.diagnosis)))


def _source(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Block(Strict):
    """Rows of one table: one for each row of the extract, or `repeat` of them from numbered columns."""

    file: str | None = None
    repeat: int = Field(1, ge=1, le=999)
    present: Texts = ()
    unless_equal: str | None = None
    leave_out: dict[str, Texts] = Field({})
    columns: dict[str, Annotated[Source, BeforeValidator(_source)]]

    def reads(self) -> list[str]:
        """The columns of the extract that the block reads, with # replaced by 1 to `repeat`."""
        named = [*self.present, *self.leave_out, *filter(None, [self.unless_equal])]
        named += [name for source in self.columns.values() for name in source.reads()]
        numbers = range(1, self.repeat + 1)
        return list(dict.fromkeys(name.replace("#", str(n)) for name in named for n in numbers))


class File(Strict):
    """One file of the extract: what it may be called, its column of the claim's number, which rows are kept."""

    names: Texts
    claim_id: str
    keep: dict[str, Texts] = Field({})


class Layout(Strict):
    """A layout page. `source` says where its column names are from, `unverified` what could not be checked.

    A column of `optional` may be absent from an extract and is then empty.
    """

    title: str
    source: str
    unverified: str | None = None
    grain: Literal["claim", "line"]
    separator: str = Field(",", min_length=1, max_length=1)
    dates: Texts = ("%Y-%m-%d",)
    amounts: Literal["plain", "dollars"] = "plain"
    empty: Texts = ()
    optional: Texts = ()
    files: dict[str, File] = Field(min_length=1)
    tables: dict[str, tuple[Block, ...]]

    @model_validator(mode="after")
    def _known_names(self) -> Layout:
        for name in self.files:
            if not re.fullmatch("[a-z][a-z0-9_]*", name):
                raise ValueError(f"files: {name!r} is no name; use small letters, digits and underscores")
        for form in self.dates:
            if not _DATE_FORM.fullmatch(form):
                raise ValueError(f"dates: {form!r} is no form of a date; use %Y %m %d %b %B %y %j %H %I %M %S %f %p")
        for name in ("claim", "claim_line"):
            if name not in self.tables:
                raise ValueError(f"tables lacks {name}; an extract must give claims and lines")
        for name, blocks in self.tables.items():
            if name not in CLAIM_TABLES:
                raise ValueError(f"no table is called {name}; the tables are {', '.join(CLAIM_TABLES)}")
            for block in blocks:
                self._check(name, block)
        return self

    def _check(self, table: str, block: Block) -> None:
        declared = CLAIM_TABLES[table]
        for column, source in block.columns.items():
            if column not in declared.names or column == "claim_id":
                has = ", ".join(n for n in declared.names if n != "claim_id")
                raise ValueError(f"table {table} takes no column {column} (claim_id is set under files); it has {has}")
            if source.diagnosis and "claim_diagnosis" not in self.tables:
                raise ValueError(f"{table}.{column} points to a diagnosis, and tables lacks claim_diagnosis")
            if source.diagnosis and (table != "claim_line" or declared[column].type != "integer"):
                raise ValueError(f"{table}.{column}: diagnosis: is for the diagnosis pointers of claim_line")
            if source.sum_of_lines and (table != "claim" or source.sum_of_lines not in self._line_columns()):
                raise ValueError(f"{table}.{column}: sum_of_lines: names a column of claim_line that the page maps")
            self._check_texts(f"{table}.{column}", declared[column], source)
        if "role" in declared.names and "role" not in block.columns:
            raise ValueError(f"a block of {table} lacks role; map it, as in role: {{is: other}}")
        if block.unless_equal and not block.present:
            raise ValueError(f"a block of {table} says unless_equal but not which column is present")
        if block.file is not None and block.file not in self.files:
            raise ValueError(f"table {table} reads the file {block.file}, which is not under files")

    @staticmethod
    def _check_texts(place: str, column: Column, source: Source) -> None:
        """Refuse a constant or a translation that is none of the column's type."""
        for said in filter(None, (source.constant, *source.values.values())):
            try:
                column.parse(said.replace("#", "1"))
            except (ValueError, KeyError):
                raise ValueError(f"{place} is {column.type} and {said!r} is none") from None

    def _line_columns(self) -> set[str]:
        return {column for block in self.tables["claim_line"] for column in block.columns}

    @property
    def main(self) -> str:
        """The name of the file that gives the claims: the first one."""
        return next(iter(self.files))

    def blocks(self, file: str) -> list[tuple[str, Block]]:
        """The blocks that read `file`, each with the name of its table."""
        return [(t, b) for t, blocks in self.tables.items() for b in blocks if (b.file or self.main) == file]

    def needs(self, file: str) -> list[str]:
        """The columns that `file` must have."""
        found = [self.files[file].claim_id, *self.files[file].keep]
        found += [name for _, block in self.blocks(file) for name in block.reads()]
        spelt: dict[str, str] = {}
        for name in found:
            spelt.setdefault(name.upper(), name)
        return list(spelt.values())


def read_layout(path: str | Path) -> Layout:
    """Read a layout page. Raises WorkbookError naming file, line and field of every fault."""
    page = read_yaml(Path(path))
    return validated(Layout, page, Path(path).name)


@cache
def layouts() -> dict[str, Layout]:
    """The layouts that come with the package, by name."""
    pages = [p for p in sorted(FOLDER.glob("*.yaml")) if p != TEMPLATE]
    return {p.stem: validated(Layout, parse_yaml(p.read_text(encoding="utf-8"), p.name), p.name) for p in pages}


def layout_of(named: str | Path) -> Layout:
    """The layout of that name, or the page at that path."""
    if str(named) in layouts():
        return layouts()[str(named)]
    if Path(named).is_file():
        return read_layout(named)
    raise WorkbookError(
        f"{named}: no layout is called so and there is no such file; the layouts are {', '.join(layouts())}, "
        "and `workbook convert --template` prints a page to start your own from"
    )
