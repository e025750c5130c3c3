"""The ICD-10-CM Tabular List: every chapter, block, category and code with its notes, and what each inherits.

Read once from the simple-icd-10-cm package into two Parquet files in the user's data folder: importing the package
parses XML for seconds and hundreds of megabytes. Source of the content: CDC/NCHS, in the public domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from workbook.codes.store import data_folder
from workbook.engine.table import Column, Table
from workbook.terms import private_file

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


@cache
def nodes() -> pa.Table:
    """Every node of the Tabular in its order, as rows of `NODE`."""
    return _cached("node", NODE)


@cache
def notes() -> pa.Table:
    """Every note of the Tabular in its order, as rows of `NOTE`."""
    return _cached("note", NOTE)


@cache
def _parents() -> dict[str, str | None]:
    table = nodes()
    return dict(zip(table["code"].to_pylist(), table["parent"].to_pylist(), strict=True))


@cache
def _note_rows() -> dict[str, tuple[int, int]]:
    """Where each node's notes stand in `notes()`: first row and how many; they stand together."""
    found: dict[str, tuple[int, int]] = {}
    for row, code in enumerate(notes()["code"].to_pylist()):
        first, count = found.get(code, (row, 0))
        found[code] = (first, count + 1)
    return found


@cache
def _own_notes(code: str) -> tuple[Note, ...]:
    if code not in _note_rows():
        return ()
    rows = notes().slice(*_note_rows()[code]).to_pylist()
    return tuple(Note(code, r["kind"], r["text"], r["extension"]) for r in rows)


def ancestors(code: str) -> list[str]:
    """The nodes above an undotted code, nearest first, up to its chapter."""
    found, parents = [], _parents()
    above = parents.get(code)
    while above is not None:
        found.append(above)
        above = parents[above]
    return found


def notes_of(code: str, kinds: Iterable[str] | None = None) -> list[Note]:
    """The notes that apply to an undotted code: its own, then each ancestor's that are inherited, nearest first."""
    wanted = set(kinds or NOTE_KINDS)
    own = [n for n in _own_notes(code) if n.kind in wanted]
    above = [n for a in ancestors(code) for n in _own_notes(a) if n.kind in wanted and NOTE_KINDS[n.kind]]
    return own + above


def _cached(name: str, table: Table) -> pa.Table:
    from importlib.metadata import version

    import pyarrow.parquet as pq

    path = data_folder() / f"icd10cm-{name}-{RELEASE}-{version('simple-icd-10-cm')}.parquet"
    if not path.exists():
        icd = package()
        rows = _read_nodes(icd) if name == "node" else _read_notes(icd)
        built = table.from_rows(rows)
        with private_file(path) as stream:
            pq.write_table(built, stream)
    with pq.ParquetFile(path) as file:  # read_table would import pandas
        return file.read()


def package() -> Any:
    """The simple-icd-10-cm package itself; ask `nodes` and `notes` for what it holds."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads its files in a way that Python calls old
        import simple_icd_10_cm

    return simple_icd_10_cm


def _read_nodes(icd: Any) -> Iterator[dict[str, Any]]:
    for code in dict.fromkeys(icd.get_all_codes()):
        kind = _kind(icd, code)
        parent = icd.get_parent(code)
        # five categories share their block's name (B20, F99, P84, R99, Z66): the category stands for both
        if parent == code:
            parent = icd.get_ancestors(code)[-1]
        yield {
            "code": code.replace(".", ""),
            "title": icd.get_description(code),
            "parent": parent.replace(".", "") or None,
            "kind": kind,
            "is_billable": kind not in ("chapter", "block") and icd.is_leaf(code),
        }


def _kind(icd: Any, code: str) -> str:
    if icd.is_category(code):
        return "category"
    if icd.is_chapter(code):
        return "chapter"
    if icd.is_block(code):
        return "block"
    return "code" if icd.is_leaf(code) else "subcategory"


def _read_notes(icd: Any) -> Iterator[dict[str, Any]]:
    readers = {
        "includes": icd.get_includes,
        "inclusion_term": icd.get_inclusion_term,
        "excludes1": icd.get_excludes1,
        "excludes2": icd.get_excludes2,
        "code_first": icd.get_code_first,
        "use_additional": icd.get_use_additional_code,
        "code_also": icd.get_code_also,
        "note": icd.get_notes,
    }
    for code in dict.fromkeys(icd.get_all_codes()):
        own = code.replace(".", "")
        for kind, read in readers.items():
            found = read(code)
            texts = found.split("\n") if isinstance(found, str) else found
            for sequence, text in enumerate((t for t in texts if t.strip()), 1):
                yield {"code": own, "kind": kind, "sequence": sequence, "text": text}
        for sequence, (extension, text) in enumerate(icd.get_seven_chr_def(code).items(), 1):
            yield {"code": own, "kind": "seventh_character", "sequence": sequence, "extension": extension, "text": text}
