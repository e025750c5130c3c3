"""Where the learner is in the Tabular: what was searched, which entry is open, which codes were put aside."""

from __future__ import annotations

from dataclasses import replace

import traitlets as tl

from workbook.codes import lookup, undotted
from workbook.codes.lookup import NOTE_HEADINGS, shown, title_of
from workbook.codes.search import search
from workbook.codes.tabular import Note, ancestors, nodes, notes_of, references

#: A list longer than this is cut, and says so: a category may hold thousands of codes.
SHOWN = 200


def _children() -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    table = nodes()
    for code, parent in zip(table["code"].to_pylist(), table["parent"].to_pylist(), strict=True):
        found.setdefault(parent, []).append(code)
    return found


class BrowseState(tl.HasTraits):
    """A code browser: search, tree, entry, and the codes that were put aside."""

    query = tl.Unicode()
    message = tl.Unicode("Type what the note says, or a code.")
    hits = tl.List()
    code = tl.Unicode()  # the open node, undotted; empty: the list of chapters
    below = tl.List()
    links = tl.List()  # the notes that name other codes: (heading, text, [(shown, node), …])
    entry_html = tl.Unicode("<p>No entry is open.</p>")
    my_codes = tl.List(tl.Unicode())

    def __init__(self, on: str) -> None:
        super().__init__()
        self.on = on
        self._children = _children()
        self.open("")
        self.observe(lambda _: self.search(), "query")

    def search(self) -> None:
        """Find what was typed; the best hits first."""
        found = search(self.query, limit=20)
        self.hits = [(f"{hit.code}  {hit.matched}", undotted(hit.code)) for hit in found]
        if not self.query.strip():
            self.message = "Type what the note says, or a code."
        else:
            self.message = f"{len(found)} found" if found else "Nothing found; try another word for it."

    def open(self, code: str) -> None:
        """Open a node: its entry, what stands below it, and the notes that name other codes."""
        self.code = code
        self.below = self._options(self._children.get(code or None, []))
        self.entry_html = self._entry(code)
        self.links = [self._link(note) for note in notes_of(code) if _named(note, code)] if code else []

    def up(self) -> None:
        """Open the node above."""
        above = ancestors(self.code)
        self.open(above[0] if above else "")

    def add(self) -> None:
        """Put the open code aside, once."""
        code = shown(self.code)
        if self.code and code not in self.my_codes:
            self.my_codes = [*self.my_codes, code]

    def _options(self, codes: list[str]) -> list[tuple[str, str]]:
        options = [(f"{shown(c)}  {title_of(c)}", c) for c in codes[:SHOWN]]
        more = len(codes) - SHOWN
        return [*options, (f"… and {more:,} more; search to narrow them", "")] if more > 0 else options

    def _entry(self, code: str) -> str:
        from workbook.engine.html import safe

        if not code:
            return "<p>The chapters of ICD-10-CM.</p>"
        if code.isdigit() or "-" in code:
            return f"<p><b>{safe(shown(code))}</b> {safe(title_of(code))}</p>"
        entry = lookup(code, on=self.on)
        return replace(entry, notes=tuple(n for n in entry.notes if not _named(n, code)))._repr_html_()

    def _link(self, note: Note) -> tuple[str, str, list[tuple[str, str]]]:
        origin = "" if note.on == self.code else f" (from {shown(note.on)})"
        named = [(shown(c), c) for c in _named(note, self.code)]
        return NOTE_HEADINGS.get(note.kind, "7th character"), note.text + origin, named


def _named(note: Note, code: str) -> list[str]:
    """The nodes that a note names, each once, in the order they stand; never the code itself."""
    found = [end for r in references(note.text) for end in (r.first, r.last)]
    return [c for c in dict.fromkeys(found) if title_of(c) and c != code]
