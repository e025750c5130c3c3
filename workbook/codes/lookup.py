"""What a diagnosis code means, and whether it is valid and complete on a date of service."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from workbook.codes.diagnosis import ICD_EDITION
from workbook.codes.reference import edition_on, editions
from workbook.codes.systems import (
    SYSTEMS,
    System,
    edition_of,
    facts_of,
    in_force,
    other_systems_of,
    rows_of,
    systems_of,
)
from workbook.codes.tabular import Note, Tabular, codes_alone, current, notes_of, opened, shipped, using
from workbook.codes.tabular import ancestors as nodes_above
from workbook.terms import Edition, Span, parse_date


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
    """A code as one edition has it. `status` is valid, incomplete, not yet, no longer, unknown, or not known.

    Not known: no edition serves the date, or one that is only an extract lacks the code.
    Not yet and no longer: `other` is the edition that has the code.

    `ancestors` are (code, title), chapter first. `notes` are the code's own, then each ancestor's, nearest first; a
    note's `on` is the undotted node it stands on. `seventh_characters` are (character, meaning). `facts` are what else
    is told of a code of another system, as (what, value).
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
    other: Edition | None = None
    facts: tuple[tuple[str, str], ...] = ()
    is_diagnosis: bool = True

    def __str__(self) -> str:
        name = f"{self.code} {self.title}" if self.title else self.code
        match self.status:
            case "valid":
                text = f"{name}: {'valid and complete' if self.is_diagnosis else 'valid'} on {self.on}"
                text += "".join(f"; {what}: {value}" for what, value in self.facts)
            case "incomplete":
                text = f"{name}: incomplete, needs one of {', '.join(self.children)}"
            case "not yet" if self.other:
                text = f"{name}: not yet valid on {self.on}; it begins {self.other.span.effective_date} in {self.other}"
            case "no longer" if self.other:
                text = f"{name}: no longer valid on {self.on}; it ended {self.other.span.end_date} with {self.other}"
            case "unknown":
                text = f"{name}: no such code" + (f"; near it: {', '.join(self.near)}" if self.near else "")
            case _:
                if self.edition:
                    return f"{name}: not known on {self.on}: {self.edition} is only an extract and lacks it"
                return f"{name}: not known on {self.on}: no loaded edition serves that date"
        return f"{text} [{self.edition}]"

    __repr__ = __str__

    def sections(self) -> list[tuple[str, list[str]]]:
        """What the Tabular says of it, as (heading, lines): notes by kind, each with its origin, and 7th characters."""
        return [(heading, [f"{text}{f' ({origin})' if origin else ''}" for text, origin in lines])
                for heading, lines in self._told()]  # fmt: skip

    def _told(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The sections, each line as its text and where it comes from."""
        found = [(heading, [n for n in self.notes if n.kind == kind]) for kind, heading in NOTE_HEADINGS.items()]
        told = [(heading, [(n.text, self._origin(n)) for n in notes]) for heading, notes in found]
        told.append(("7th character", [(f"{c}: {meaning}", "") for c, meaning in self.seventh_characters]))
        return [(heading, lines) for heading, lines in told if lines]

    def text(self) -> str:
        """All of it for a terminal: the line that `print` gives, where it stands, and the sections below."""
        below = (f"{heading}:\n" + "\n".join(f"  {line}" for line in lines) for heading, lines in self.sections())
        return "\n".join([str(self), *self._path(), *below])

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(line)}</p>" for line in (str(self), *self._path())]
        for heading, lines in self._told():
            small = [f" <small>({html.escape(origin)})</small>" if origin else "" for _, origin in lines]
            items = "".join(f"<li>{html.escape(text)}{told}</li>" for (text, _), told in zip(lines, small, strict=True))
            parts.append(f"<h4>{heading}</h4><ul>{items}</ul>")
        return "".join(parts)

    def _path(self) -> list[str]:
        path = " › ".join(f"{code} {title}" for code, title in self.ancestors)
        return [f"In: {path}"] if path else []

    def _origin(self, note: Note) -> str:
        return "" if note.on == undotted(self.code) else f"from {shown(note.on)}"


def book_of(edition: Edition) -> Tabular:
    """The nodes and notes of an edition of ICD-10-CM; of one that came as an order file, the codes alone."""
    from workbook.codes.load.shelf import folder, records

    if edition.version == ICD_EDITION.version:
        return shipped()
    record = next(r for r in records("diagnosis") if r.version == edition.version)
    paths = tuple(folder("diagnosis") / part.file for part in record.parts.values())
    return opened(paths[0]) if record.has_notes else _of_order_file(paths)


@cache
def _of_order_file(paths: tuple[Path, ...]) -> Tabular:
    import pyarrow.parquet as pq

    rows: list[tuple[str, str, bool]] = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["diagnosis_code", "title", "is_billable"])
        rows += zip(*(column.to_pylist() for column in table.columns), strict=True)
    return codes_alone(rows)


def title_of(code: str) -> str:
    """The title of a code, category, block or chapter, dotted or not; empty when there is none."""
    node = current().node(undotted(code))
    return node.title if node else ""


def is_known(code: str) -> bool:
    """True when a code, dotted or not, is a category or code of the edition being asked."""
    node = current().node(undotted(code))
    return node is not None and node.is_code


def is_billable(code: str) -> bool:
    """True when a code, dotted or not, has every character it needs in the edition being asked."""
    node = current().node(undotted(code))
    return node is not None and node.is_billable


def lookup(code: str, on: date | str) -> Entry:
    """Look a code up on a date of service, in any case; a diagnosis with or without its dot.

    A code of another system is told by its shape (99213, 0016070, LT) or by the word before it: "HCPCS J1100",
    "PCS …", "modifier 25", "POS 11", "CARC 45", "RARC N362", "group CO". Raises WorkbookError when `on` is not a date.
    A date outside the loaded editions is "not known", never "valid".
    """
    day, wanted = parse_date(on, "on"), undotted(code)
    others, elsewhere = systems_of(code)
    if others:
        return _in_systems(others, elsewhere, day)
    edition = edition_on("diagnosis", day)
    if edition is None:
        entry = Entry(dotted(wanted), "not known", day)
    else:
        with using(book_of(edition)):
            entry = _found(wanted, day, edition) or _absent(wanted, day, edition)
    if entry.status in ("unknown", "not known") and (others := other_systems_of(wanted)):
        other = _in_systems(others, wanted, day)
        return other if other.title else entry
    return entry


def _in_systems(names: tuple[str, ...], code: str, day: date) -> Entry:
    """A code of another system: of the first that has it."""
    found = [_in_system(SYSTEMS[name], code, day) for name in names]
    return next((entry for entry in found if entry.title), found[0])


def _in_system(system: System, code: str, day: date) -> Entry:
    rows, edition = rows_of(system, code), edition_of(system, code, day)
    row = next((r for r in rows if in_force(r, day)), rows[-1] if rows else None)
    title = None if row is None else str(row[system.words] or code)
    entry = Entry(code, "not known", day, title, edition=edition, is_diagnosis=False)
    if edition is None or (row is None and not edition.is_whole):
        return entry
    if row is None:
        return replace(entry, status="unknown")
    if in_force(row, day):
        return replace(entry, status="valid", facts=facts_of(system, code, row, day))
    begins = next((r for r in rows if r["effective_date"] > day), row)
    span = Span(begins["effective_date"], begins["end_date"])
    status = "not yet" if span.effective_date > day else "no longer"
    return replace(entry, status=status, other=replace(edition, span=span))


def _found(code: str, day: date, edition: Edition) -> Entry | None:
    node = current().node(code)
    if node is None or not node.is_code:
        return None
    entry = Entry(dotted(code), "valid", day, node.title, edition=edition)
    if current().has_notes:
        entry = _with_tabular(entry, code)
    if node.is_billable:
        return entry
    below = [n for n in current().below(code) if n.code != code]
    children = [n.code for n in below if len(n.code) == len(code) + 1] or [n.code for n in below if n.is_billable]
    return replace(entry, status="incomplete", children=tuple(map(dotted, children[:20])))


def _absent(code: str, day: date, edition: Edition) -> Entry:
    """A code that the edition of the date lacks: of a later edition, of an earlier one, or of none that is loaded."""
    if not edition.is_whole:
        return Entry(dotted(code), "not known", day, edition=edition)
    entry = Entry(dotted(code), "unknown", day, edition=edition)
    others = sorted((e for e in editions() if e.table_name == "diagnosis"), key=lambda e: e.span.effective_date)
    others = [e for e in others if e.version != edition.version]
    for status, among in (
        ("no longer", [e for e in reversed(others) if e.span.effective_date < day]),
        ("not yet", [e for e in others if e.span.effective_date > day]),
    ):
        for other in among:
            if (node := book_of(other).node(code)) and node.is_code:
                return replace(entry, status=status, title=node.title, other=other)
    stem = next((code[:n] for n in range(len(code) - 1, 2, -1) if is_known(code[:n])), "")
    near = [n.code for n in current().below(stem)][:6] if stem else []
    return replace(entry, near=tuple(map(dotted, near)))


def _with_tabular(entry: Entry, code: str) -> Entry:
    """Add what the Tabular says about an undotted code: its path, its notes and its 7th characters."""
    path = tuple((shown(node), title_of(node)) for node in reversed(nodes_above(code)))
    notes = tuple(n for n in notes_of(code) if n.kind != "seventh_character")
    return replace(entry, ancestors=path, notes=notes, seventh_characters=seventh_characters(code))


def seventh_characters(code: str) -> tuple[tuple[str, str], ...]:
    """The 7th characters an undotted code takes, with their meaning, from the nearest node that defines any."""
    found = notes_of(code, ["seventh_character"])
    return tuple((n.extension or "", n.text) for n in found if n.on == found[0].on)
