"""The ICD-10-CM Tabular List: every chapter, block, category and code with its notes, and what each inherits.

An edition is one SQLite file, so that a lookup reads a few rows. What ships is read once from the XML that the
simple-icd-10-cm package carries, without importing it. Source of the content: CDC/NCHS, in the public domain.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.codes.store import data_folder
from workbook.engine.table import Column, Table
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

RELEASE = "FY2026-April"

NODE = Table(
    "node",
    "one chapter, block, category, subcategory or code of the Tabular",
    ("code",),
    (
        Column("code", "text", "undotted; a chapter is its number, a block its range", required=True),
        Column("title", "text", "the Tabular's title", required=True),
        Column("parent", "text", "the node above; null for a chapter"),
        Column("kind", "text", "chapter, block, category, subcategory or code", required=True),
        Column("is_billable", "boolean", "complete: nothing stands below it", required=True),
    ),
)
NOTE = Table(
    "note",
    "one note of one node",
    ("code", "kind", "sequence"),
    (
        Column("code", "text", "the node the note stands on", required=True),
        Column("kind", "text", "one of NOTE_KINDS", required=True),
        Column("sequence", "integer", "from 1, in the Tabular's order", required=True),
        Column("extension", "text", "the 7th character a seventh_character note defines"),
        Column("text", "text", "the Tabular's words", required=True),
    ),
)
#: kind → whether what stands below inherits it. An inclusion term belongs to its own node alone.
NOTE_KINDS = {
    "includes": True, "inclusion_term": False, "excludes1": True, "excludes2": True, "code_first": True,
    "use_additional": True, "code_also": True, "note": True, "seventh_character": True,
}  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One note as it applies to a code: `on` is the node it stands on, which may be an ancestor."""

    on: str
    kind: str
    text: str
    extension: str | None = None


@dataclass(frozen=True)
class Reference:
    """Codes that a note points to, undotted: from `first` to `last` and everything below them."""

    first: str
    last: str
    written: str

    def __contains__(self, code: str) -> bool:
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


_CODE = r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?"  # the Tabular writes its dots; H1N1 and G6PD are words
_REFERENCE = re.compile(rf"(?<!vitamin )\b({_CODE})(?:\.?-(?![A-Z]\d)|\b)(?:\s*(?:-|to)\s*({_CODE})(?:\.?-|\b))?")


def references(text: str) -> list[Reference]:
    """Every code or range of codes that a note names: `(E08-E13)`, `(O98.-)`, `(T81.44-)`, `(Z79.4, Z79.84)`."""
    found = []
    for match in _REFERENCE.finditer(text):
        first = match[1].replace(".", "")
        last = (match[2] or match[1]).replace(".", "")
        found.append(Reference(first, last, match[0]))
    return found


#: kinds of nodes that are no codes
_ABOVE = ("chapter", "block")


@dataclass(frozen=True)
class Node:
    """One chapter, block, category, subcategory or code, as a row of `NODE`."""

    code: str
    title: str
    parent: str | None
    kind: str
    is_billable: bool

    @property
    def is_code(self) -> bool:
        """True for a category and all below it."""
        return self.kind not in _ABOVE


def _node(row: tuple[Any, ...]) -> Node:
    code, title, parent, kind, is_billable = row
    return Node(code, title, parent, kind, bool(is_billable))


class Tabular:
    """One edition: its nodes and its notes, or of an edition that is an order file, its codes alone."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._nodes: dict[str, Node | None] = {}
        self._notes: dict[str, tuple[Note, ...]] = {}
        self.has_notes = bool(self.rows("select 1 from note limit 1"))

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """The rows of one SQL query over its tables `node` and `note`."""
        return self._db.execute(query, values).fetchall()

    def node(self, code: str) -> Node | None:
        """The node of an undotted code, a block or a chapter's number; None when there is none."""
        if code not in self._nodes:
            found = self.rows("select code, title, parent, kind, is_billable from node where code = ?", code)
            self._nodes[code] = _node(found[0]) if found else None
        return self._nodes[code]

    def below(self, start: str) -> list[Node]:
        """The categories and codes that begin with some characters, by code."""
        query = "select code, title, parent, kind, is_billable from node where code >= ? and code < ? order by code"
        found = [_node(row) for row in self.rows(query, start, start + "~")]
        return [node for node in found if node.is_code]

    def own_notes(self, code: str) -> tuple[Note, ...]:
        """The notes that stand on a node itself, by kind in the order of NOTE_KINDS."""
        if code not in self._notes:
            found = self.rows("select kind, text, extension from note where code = ? order by kind, sequence", code)
            notes = [Note(code, *row) for row in found]
            self._notes[code] = tuple(sorted(notes, key=lambda n: _KIND_ORDER[n.kind]))
        return self._notes[code]


_KIND_ORDER = {kind: n for n, kind in enumerate(NOTE_KINDS)}
_current: ContextVar[Tabular | None] = ContextVar("tabular", default=None)


def current() -> Tabular:
    """The edition that is being asked: the one `using` names, else the one that ships."""
    return _current.get() or shipped()


@contextmanager
def using(edition: Tabular) -> Iterator[None]:
    """Ask another edition within a `with` block: every function of this module then answers from it."""
    token = _current.set(edition)
    try:
        yield
    finally:
        _current.reset(token)


def ancestors(code: str) -> list[str]:
    """The nodes above an undotted code, nearest first, up to its chapter."""
    found, node = [], current().node(code)
    while node is not None and node.parent is not None:
        found.append(node.parent)
        node = current().node(node.parent)
    return found


def notes_of(code: str, kinds: Iterable[str] | None = None) -> list[Note]:
    """The notes that apply to an undotted code: its own, then each ancestor's that are inherited, nearest first."""
    wanted, book = set(kinds or NOTE_KINDS), current()
    own = [n for n in book.own_notes(code) if n.kind in wanted]
    above = [n for a in ancestors(code) for n in book.own_notes(a) if n.kind in wanted and NOTE_KINDS[n.kind]]
    return own + above


@cache
def nodes() -> pa.Table:
    """Every node of the edition that ships, in its order, as rows of `NODE`."""
    found = shipped().rows("select code, title, parent, kind, is_billable from node order by place")
    return _arrow(NODE, found)


@cache
def notes() -> pa.Table:
    """Every note of the edition that ships, in its order, as rows of `NOTE`."""
    found = shipped().rows(
        "select note.code, note.kind, sequence, extension, text from note join node using (code) order by place"
    )
    place = {code: n for n, code in enumerate(dict.fromkeys(row[0] for row in found))}
    found.sort(key=lambda row: (place[row[0]], _KIND_ORDER[row[1]], row[2]))
    return _arrow(NOTE, found)


def _arrow(table: Table, rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True)
    read = {
        c.name: list(map(bool, v)) if c.type == "boolean" else list(v)
        for c, v in zip(table.columns, columns, strict=True)
    }
    return table.from_columns(read, len(rows))


def shipped() -> Tabular:
    """The edition that ships, read from the package's XML when it is asked for the first time."""
    return _opened(data_folder() / f"icd10cm-tabular-{RELEASE}-{_package_version()}.sqlite")


@cache
def _package_version() -> str:
    """Looking it up takes 3 ms, longer than looking a code up."""
    from importlib.metadata import version

    return version("simple-icd-10-cm")


def opened(path: Path) -> Tabular:
    """An edition that was added, from its SQLite file. Raises WorkbookError when the file is gone."""
    if not path.exists():
        raise WorkbookError(f"{path} is gone; add the edition's file again, or remove the edition")
    return _opened(path)


@cache
def _opened(path: Path) -> Tabular:
    if not path.exists():
        _build(path)
    # serialised by SQLite itself, and read only: safe to share between threads
    return Tabular(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    )


def codes_alone(rows: Iterable[tuple[str, str, bool]]) -> Tabular:
    """An edition of which only the codes are known: (undotted code, title, is billable)."""
    from workbook.codes.load.tabular_xml import SCHEMA

    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.executescript(SCHEMA)
    db.executemany("insert or replace into node (code, title, is_billable, kind) values (?, ?, ?, 'code')", rows)
    return Tabular(db)


def package_xml() -> Path:
    """The Tabular's XML that the simple-icd-10-cm package carries."""
    from importlib.util import find_spec

    spec = find_spec("simple_icd_10_cm")
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else Path()
    found = sorted(folder.glob("*tabular*.xml"))
    if len(found) != 1:
        raise WorkbookError("simple-icd-10-cm does not carry the Tabular's XML; install it again (pip install -e .)")
    return found[0]


def _build(path: Path) -> None:
    from workbook.codes.load.tabular_xml import build

    xml = package_xml()
    with xml.open("rb") as stream:
        build(stream, xml.name, path)


def package() -> Any:
    """The simple-icd-10-cm package itself; ask `nodes` and `notes` for what it holds."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads its files in a way that Python calls old
        import simple_icd_10_cm

    return simple_icd_10_cm
