"""What a diagnosis code means, and whether it is valid and complete on a date of service."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from workbook.codes.diagnosis import ICD_EDITION
from workbook.codes.reference import edition_on, reference
from workbook.codes.tabular import Note, nodes, notes_of
from workbook.codes.tabular import ancestors as nodes_above
from workbook.terms import Edition, parse_date


def undotted(code: str) -> str:
    """A diagnosis code as it is stored: upper case, no dot, no spaces."""
    return code.strip().upper().replace(".", "").replace(" ", "")


def dotted(code: str) -> str:
    """A diagnosis code as it is shown: a dot after the third character."""
    code = undotted(code)
    return code if len(code) <= 3 else f"{code[:3]}.{code[3:]}"


def shown(node: str) -> str:
    """A node of the Tabular as it is shown: E11.9, a block E08-E13, a chapter "Chapter 4"."""
    if node.isdigit():
        return f"Chapter {node}"
    return node if "-" in node else dotted(node)


#: what the Tabular prints above each kind of note
NOTE_HEADINGS = {
    "includes": "Includes", "inclusion_term": "Also called", "excludes1": "Excludes1", "excludes2": "Excludes2",
    "code_first": "Code first", "use_additional": "Use additional", "code_also": "Code also", "note": "Note",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A code as one edition has it. `status` is valid, incomplete, unknown, or not known (no edition for the date).

    `ancestors` are (code, title), chapter first. `notes` are the code's own, then each ancestor's, nearest first; a
    note's `on` is the undotted node it stands on. `seventh_characters` are (character, meaning).
    """

    code: str
    status: str
    on: date
    title: str | None = None
    children: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    edition: Edition | None = None
    ancestors: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()
    seventh_characters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        name = f"{self.code} {self.title}" if self.title else self.code
        match self.status:
            case "valid":
                text = f"{name}: valid and complete on {self.on}"
            case "incomplete":
                text = f"{name}: incomplete, needs one of {', '.join(self.children)}"
            case "unknown":
                text = f"{name}: no such code" + (f"; near it: {', '.join(self.near)}" if self.near else "")
            case _:
                return f"{name}: not known on {self.on}: no loaded edition serves that date"
        return f"{text} [{self.edition}]"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(str(self))}</p>"]
        if self.ancestors:
            path = " › ".join(f"{code} {title}" for code, title in self.ancestors)
            parts.append(f"<p>In: {html.escape(path)}</p>")
        for kind, heading in NOTE_HEADINGS.items():
            items = "".join(f"<li>{self._note_html(n)}</li>" for n in self.notes if n.kind == kind)
            parts.append(f"<h4>{heading}</h4><ul>{items}</ul>" if items else "")
        rows = "".join(f"<li>{html.escape(f'{c}: {meaning}')}</li>" for c, meaning in self.seventh_characters)
        parts.append(f"<h4>7th character</h4><ul>{rows}</ul>" if rows else "")
        return "".join(parts)

    def _note_html(self, note: Note) -> str:
        origin = "" if note.on == undotted(self.code) else f" <small>(from {html.escape(shown(note.on))})</small>"
        return html.escape(note.text) + origin


#: kinds of nodes that are no codes
_ABOVE = ("chapter", "block")


@cache
def _index(edition: Edition = ICD_EDITION) -> dict[str, tuple[str, bool]]:
    """The codes of one edition: undotted code → title, billable. The package's own unless another is named."""
    if edition.version == ICD_EDITION.version:
        columns = [nodes()[name].to_pylist() for name in ("code", "title", "is_billable", "kind")]
        return {c: (title, billable) for c, title, billable, kind in zip(*columns, strict=True) if kind not in _ABOVE}
    columns = [
        reference(["diagnosis"])["diagnosis"][name].to_pylist()
        for name in ("diagnosis_code", "title", "is_billable", "edition")
    ]
    return {c: (title, billable) for c, title, billable, v in zip(*columns, strict=True) if v == edition.version}


@cache
def _titles() -> dict[str, str]:
    table = nodes()
    return dict(zip(table["code"].to_pylist(), table["title"].to_pylist(), strict=True))


def title_of(code: str) -> str:
    """The title of a code, category, block or chapter, dotted or not; empty when there is none."""
    return _titles().get(undotted(code), "")


def is_known(code: str) -> bool:
    """True when a code, dotted or not, is a category or code of the loaded edition."""
    return undotted(code) in _index()


def is_billable(code: str) -> bool:
    """True when a code, dotted or not, has every character it needs in the loaded edition."""
    return _index().get(undotted(code), ("", False))[1]


def lookup(code: str, on: date | str) -> Entry:
    """Look a diagnosis code up on a date of service; with or without its dot, in any case.

    Raises WorkbookError when `on` is not a date. A date outside the loaded editions is "not known", never "valid".
    """
    day, wanted = parse_date(on, "on"), undotted(code)
    edition = edition_on("diagnosis", day)
    if edition is None:
        return Entry(dotted(wanted), "not known", day)
    index = _index(edition)
    if wanted in index:
        title, billable = index[wanted]
        entry = Entry(dotted(wanted), "valid", day, title, edition=edition)
        if edition.version == ICD_EDITION.version:  # the notes are known for that edition alone
            entry = _with_tabular(entry, wanted)
        if billable:
            return entry
        children = sorted(c for c in index if c.startswith(wanted) and len(c) == len(wanted) + 1)
        children = children or sorted(c for c in index if c.startswith(wanted) and c != wanted and index[c][1])
        return replace(entry, status="incomplete", children=tuple(map(dotted, children[:20])))
    stem = next((wanted[:n] for n in range(len(wanted) - 1, 2, -1) if wanted[:n] in index), "")
    near = sorted(c for c in index if stem and c.startswith(stem))[:6]
    return Entry(dotted(wanted), "unknown", day, near=tuple(map(dotted, near)), edition=edition)


def _with_tabular(entry: Entry, code: str) -> Entry:
    """Add what the Tabular says about an undotted code: its path, its notes and its 7th characters."""
    path = tuple((shown(node), title_of(node)) for node in reversed(nodes_above(code)))
    notes = tuple(n for n in notes_of(code) if n.kind != "seventh_character")
    return replace(entry, ancestors=path, notes=notes, seventh_characters=seventh_characters(code))


def seventh_characters(code: str) -> tuple[tuple[str, str], ...]:
    """The 7th characters an undotted code takes, with their meaning, from the nearest node that defines any."""
    found = notes_of(code, ["seventh_character"])
    return tuple((n.extension or "", n.text) for n in found if n.on == found[0].on)
