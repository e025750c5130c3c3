"""The CDC's Tabular XML, read as a stream into one SQLite file: every node, every note, every 7th-character code.

The XML defines 7th characters and leaves the codes that carry them to the reader: a node with nothing below it takes
each character of the nearest definition, after placeholders X, but for those that a note says do not apply.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from workbook.codes.load.read import Source
from workbook.terms import WorkbookError

ROOT = "ICD10CM.tabular"
EXPECTED = f"the ICD-10-CM Tabular List as the CDC publishes it (icd10cm_tabular_YYYY.xml, root element {ROOT})"
NODE_TAGS = ("chapter", "section", "diag")
#: element → kind of note, in the order the notes of a node are kept
NOTE_TAGS = {
    "includes": "includes", "inclusionTerm": "inclusion_term", "excludes1": "excludes1", "excludes2": "excludes2",
    "codeFirst": "code_first", "useAdditionalCode": "use_additional", "codeAlso": "code_also", "notes": "note",
}  # fmt: skip
SCHEMA = """
create table node (place integer primary key, code text not null unique, title text not null, parent text,
                   kind text not null, is_billable integer not null);
create table note (code text not null, kind text not null, sequence integer not null, extension text,
                   text text not null, primary key (code, kind, sequence)) without rowid;
create table version (version text);
"""
_CHUNK = 1 << 16
_DEEPEST, _LONGEST, _LARGEST = 30, 20_000, 1 << 27
#: at S06, where the patient died: "7th characters D and S do not apply to codes in category S06 with 6th character 7 -
#: death …, or 8 - …"
_NOT_APPLIED = re.compile(
    r"7th characters ([A-Z]) and ([A-Z]) do not apply to codes in category (\w{3}) with 6th character (\w) .*\bor (\w) "
)


class _Node:
    __slots__ = ("code", "has_children", "notes", "place", "seventh", "tag", "title")

    def __init__(self, tag: str, place: int, code: str) -> None:
        self.tag, self.place, self.code, self.title = tag, place, code, ""
        self.notes: dict[str, list[str]] = {}
        self.seventh: dict[str, str] = {}
        self.has_children = False


class _Reader:
    """Handlers of one parse; each node is written when its element ends, and then forgotten."""

    def __init__(self, where: str, db: sqlite3.Connection) -> None:
        self.where, self.db = where, db
        self.not_applied: set[tuple[str, str, str]] = set()
        self.tags: list[str] = []
        self.nodes: list[_Node] = []
        self.text: list[str] = []
        self.length, self.place, self.version, self.extension = 0, 0, "", ""

    def refuse(self, seen: str) -> WorkbookError:
        return WorkbookError(f"{self.where}: {seen}; expected {EXPECTED}; add the file as downloaded")

    def no_entities(self, *_: Any) -> None:
        raise self.refuse("it declares a document type or entities, which the CDC's file never does")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.tags and tag != ROOT:
            raise self.refuse(f"its root element is {tag}")
        if len(self.tags) > _DEEPEST:
            raise self.refuse(f"elements stand more than {_DEEPEST} deep")
        self.tags.append(tag)
        self.text, self.length = [], 0
        if tag in NODE_TAGS:
            if self.nodes:
                self.nodes[-1].has_children = True
            self.place += 100  # room for the codes with a 7th character, which follow their node
            self.nodes.append(_Node(tag, self.place, attributes.get("id", "")))
        elif tag == "extension":
            self.extension = attributes.get("char", "")

    def characters(self, text: str) -> None:
        self.length += len(text)
        if self.length > _LONGEST:
            raise self.refuse(f"one text has more than {_LONGEST} characters")
        self.text.append(text)

    def end(self, tag: str) -> None:
        self.tags.pop()
        above, text = self.tags[-1] if self.tags else "", "".join(self.text)
        self.text, self.length = [], 0
        if tag == "version" and above == ROOT:
            self.version = text.strip()
        if not self.nodes:
            return
        node = self.nodes[-1]
        if tag in NODE_TAGS:
            self.finish(self.nodes.pop())
        elif tag == "name" and above in NODE_TAGS:
            node.code = text.strip().replace(".", "")
        elif tag == "desc" and above in NODE_TAGS:
            node.title = text
        elif tag == "note" and above in NOTE_TAGS and text.strip():
            node.notes.setdefault(NOTE_TAGS[above], []).append(text)
            if above == "notes" and "do not apply" in text and "7th character" in text:
                self.limit(text)
        elif above == "sevenChrDef" and tag == "extension":
            node.seventh[self.extension] = text
        elif above == "sevenChrDef" and tag == "note" and self.extension in node.seventh:
            node.seventh[self.extension] += f"/{text}"

    def limit(self, text: str) -> None:
        """Keep which 7th characters a note takes from which sixth of which category."""
        found = _NOT_APPLIED.match(text)
        if found is None:
            raise self.refuse(f"the note {text!r} on 7th characters is worded in a way that is not known")
        one, two, category, *sixth = found.groups()
        self.not_applied |= {(category, place, c) for place in sixth for c in (one, two)}

    def finish(self, node: _Node) -> None:
        """Write a node, its notes, and below a leaf the codes that its 7th characters make."""
        if not node.code or not node.title:
            raise self.refuse(
                f"the {node.tag} {node.code or 'without a name'} has no {'title' if node.code else 'code'}"
            )
        above = [n.code for n in reversed(self.nodes) if n.code != node.code]
        if node.tag == "section" and self.db.execute("select 1 from node where code = ?", (node.code,)).fetchone():
            return  # a block of one category (B20): the category stands for both
        extended = [] if node.tag != "diag" or node.has_children else self.extended(node)
        is_leaf = node.tag == "diag" and not node.has_children and not extended
        kind = {"chapter": "chapter", "section": "block"}.get(node.tag) or (
            "category" if len(node.code) == 3 else "code" if is_leaf else "subcategory"
        )
        rows = [(node.place, node.code, node.title, above[0] if above else None, kind, is_leaf)]
        rows += [(node.place + n, code, title, node.code, "code", True) for n, (code, title) in enumerate(extended, 1)]
        try:
            self.db.executemany("insert into node values (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.IntegrityError:
            raise self.refuse(f"{node.code} stands in it twice") from None
        notes: list[tuple[Any, ...]] = [
            (node.code, k, n, None, t) for k, texts in node.notes.items() for n, t in enumerate(texts, 1)
        ]
        notes += [(node.code, "seventh_character", n, c, t) for n, (c, t) in enumerate(node.seventh.items(), 1)]
        self.db.executemany("insert into note values (?, ?, ?, ?, ?)", notes)

    def extended(self, node: _Node) -> list[tuple[str, str]]:
        """The codes, with titles, that the nearest definition of 7th characters makes of a node."""
        seventh = next((n.seventh for n in (node, *reversed(self.nodes)) if n.seventh), {})
        stem = node.code.ljust(6, "X")
        return [
            (stem + c, f"{node.title}, {meaning}")
            for c, meaning in seventh.items()
            if (stem[:3], stem[5], c) not in self.not_applied
        ]


def read_tabular(stream: IO[bytes], where: str, path: Path) -> str:
    """Read the Tabular's XML into a new SQLite file at `path` and return its `version` element, as 2026.

    Raises WorkbookError for any other XML, for a document type or entities, and for a file cut short. The memory it
    takes does not grow with the file.
    """
    db, size = sqlite3.connect(path), 0
    try:
        db.executescript("pragma journal_mode = off; pragma synchronous = off;" + SCHEMA)
        reader = _Reader(where, db)
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler = reader.characters
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.no_entities
        try:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > _LARGEST:
                    raise reader.refuse(f"it is larger than {_LARGEST >> 20} MB")
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise reader.refuse(f"it is not whole XML ({error})") from None
        if not reader.place:
            raise reader.refuse("it has no chapters")
        db.execute("insert into version values (?)", (reader.version,))
        db.execute("create index node_parent on node (parent)")
        db.commit()
        return reader.version
    finally:
        db.close()


def build(stream: IO[bytes], where: str, path: Path) -> tuple[str, int]:
    """As `read_tabular`, into a file that takes its place, readable by its owner alone, only when all is read.

    Returns the version and how many categories and codes it has.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes mode 0600
    os.close(handle)
    try:
        version = read_tabular(stream, where, Path(name))
        with closing(sqlite3.connect(name)) as db:
            query = "select count(*) from node where kind not in ('chapter', 'block')"
            (count,) = db.execute(query).fetchone()
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return version, count


def tabular_source(path: Path) -> Source | None:
    """The Tabular's XML as a path or in a zip; None when it is of another kind."""
    if path.suffix.lower() == ".xml":
        return Source(path) if path.is_file() else None
    if not path.is_file() or not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as pack:
        names = [n for n in pack.namelist() if "__MACOSX" not in n and "addenda" not in n.lower()]
    found = [n for n in names if re.search(r"tabular[^/]*\.xml$", n.lower())]
    return Source(path, found[0]) if found else None
