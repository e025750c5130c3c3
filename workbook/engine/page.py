"""Reads one literate page: front matter, a title, prose, a SELECT, given tables and worked examples.

A rule card and a payment step are both such pages. The reader is strict: what it does not know is an error that
names file and line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.engine.table import Table
from workbook.engine.yaml import Fields, line_of, parse_yaml
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True)
class PageTable:
    """A Markdown table on a page: header, rows of text, and the line each row stands on."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    where: str

    def parsed(self, columns: Mapping[str, Table]) -> list[dict[str, Any]]:
        """Read every cell by its column's declaration (`columns`: header → the table that declares it)."""
        rows = []
        for cells, line in zip(self.rows, self.lines, strict=True):
            row = {}
            for name, text in zip(self.header, cells, strict=True):
                column = columns[name][name.rpartition(".")[2]]
                try:
                    row[name] = column.parse(text)
                except (ValueError, KeyError):
                    raise WorkbookError(
                        f"{self.where}, line {line}: {name} is {text!r}, expected a {column.type}"
                    ) from None
            rows.append(row)
        return rows

    def as_table(self, table: Table) -> pa.Table:
        """Read the whole as rows of one declared table."""
        unknown = [name for name in self.header if name not in table.names]
        if unknown:
            line = self.lines[0] - 2 if self.lines else 0
            raise WorkbookError(
                f"{self.where}, line {line}: {table.name} has no column {unknown[0]!r}; it has {', '.join(table.names)}"
            )
        return table.from_rows(self.parsed(dict.fromkeys(self.header, table)))


@dataclass
class Section:
    """What stands under one heading: its text, its SELECT, its tables."""

    heading: str
    line: int
    text: str = ""
    sql: str | None = None
    sql_line: int = 0
    tables: list[PageTable] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The heading up to its colon or its back-quoted name: "Flagged", "Given", …"""
        return self.heading.partition(":")[0].partition("`")[0].strip()

    @property
    def name(self) -> str:
        """The heading after its colon, or the name in its back quotes."""
        if "`" in self.heading:
            return self.heading.split("`")[1]
        return self.heading.partition(":")[2].strip()


@dataclass
class Page:
    """One page: front matter, title, the section under the title, and the sections under each further heading."""

    path: Path
    front: Fields
    top: Section
    sections: list[Section]
    source: str

    @property
    def name(self) -> str:
        """The file's name, as errors give it."""
        return self.path.name

    def error(self, line: int, message: str) -> WorkbookError:
        """An error that names this page and a line on it."""
        return WorkbookError(f"{self.name}, line {line}: {message}")

    def line(self, *location: str | int) -> int:
        """The line of a field of the front matter."""
        return line_of(self.front, location)

    def of_kind(self, *kinds: str) -> list[Section]:
        """The sections whose heading is of one of these kinds."""
        return [s for s in self.sections if s.kind in kinds]


def read_page(path: Path, kinds: tuple[str, ...]) -> Page:
    """Read the page at `path`; `kinds` are the headings it may have. Raises WorkbookError with file and line."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbookError(f"{path}: cannot be read: {error}") from None
    front, body, offset = _front_matter(path.name, source)
    sections = _sections(path.name, body, offset)
    if not sections or sections[0].line == 0:
        raise WorkbookError(f"{path.name}, line {offset + 1}: expected a title (# …) after the front matter")
    page = Page(path, front, sections[0], sections[1:], source)
    for section in page.sections:
        if section.kind not in kinds:
            raise page.error(section.line, f"unknown heading {section.heading!r}; the headings are {', '.join(kinds)}")
    return page


def _front_matter(name: str, source: str) -> tuple[Fields, str, int]:
    lines = source.split("\n")
    if lines[0].strip() != "---":
        raise WorkbookError(f"{name}, line 1: expected front matter between two lines of ---")
    try:
        end = next(i for i in range(1, len(lines)) if lines[i].strip() == "---")
    except StopIteration:
        raise WorkbookError(f"{name}, line 1: the front matter has no closing ---") from None
    front = parse_yaml("\n".join(["", *lines[1:end]]), name)  # the empty line keeps the line numbers right
    return front, "\n".join(lines[end + 1 :]), end + 1


@cache
def _markdown() -> MarkdownIt:
    """Markdown with tables, parsed into blocks alone: what stands within a line is kept as it is written."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _sections(name: str, body: str, offset: int) -> list[Section]:
    tokens = _markdown().parse(body)
    lines = body.split("\n")
    sections: list[Section] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        first = offset + 1 + (token.map[0] if token.map else 0)
        if token.type == "heading_open" and token.level == 0:
            sections.append(Section(tokens[index + 1].content, first))
        elif not sections:
            sections.append(Section("", 0))
        elif token.type == "fence" and token.info.strip() == "sql":
            if sections[-1].sql is not None:
                raise WorkbookError(f"{name}, line {first}: a second SELECT under one heading; keep one")
            sections[-1].sql, sections[-1].sql_line = token.content, first + 1
        elif token.type == "table_open":
            end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
            sections[-1].tables.append(_table(name, tokens[index:end], offset + 1))
            index = end
        elif token.level == 0 and token.map and token.nesting >= 0:
            sections[-1].text += "\n".join(lines[token.map[0] : token.map[1]]) + "\n\n"
        index += 1
    return sections


def _table(name: str, tokens: list[Token], offset: int) -> PageTable:
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    cells: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
            lines.append(offset + (token.map[0] if token.map else 0))
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "tr_close":
            rows.append(tuple(cells))
    if len(set(rows[0])) != len(rows[0]):
        raise WorkbookError(f"{name}, line {lines[0]}: a column stands twice in {', '.join(rows[0])}")
    return PageTable(rows[0], tuple(rows[1:]), tuple(lines[1:]), name)
