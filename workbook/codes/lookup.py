"""What a diagnosis code means, and whether it is valid and complete on a date of service."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date
from functools import cache

from workbook.codes.diagnosis import diagnosis_table
from workbook.codes.reference import edition_on
from workbook.terms import Edition, parse_date


def undotted(code: str) -> str:
    """A diagnosis code as it is stored: upper case, no dot, no spaces."""
    return code.strip().upper().replace(".", "").replace(" ", "")


def dotted(code: str) -> str:
    """A diagnosis code as it is shown: a dot after the third character."""
    code = undotted(code)
    return code if len(code) <= 3 else f"{code[:3]}.{code[3:]}"


@dataclass(frozen=True)
class Entry:
    """A code as one edition has it. `status` is valid, incomplete, unknown, or not known (no edition for the date)."""

    code: str
    status: str
    on: date
    title: str | None = None
    children: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    edition: Edition | None = None

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
        return f"<p>{html.escape(str(self))}</p>"


@cache
def _index() -> dict[str, tuple[str, bool]]:
    table = diagnosis_table()
    columns = (table[name].to_pylist() for name in ("diagnosis_code", "title", "is_billable"))
    return {code: (title, billable) for code, title, billable in zip(*columns, strict=True)}


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
    index = _index()
    if wanted in index:
        title, billable = index[wanted]
        if billable:
            return Entry(dotted(wanted), "valid", day, title, edition=edition)
        children = sorted(c for c in index if c.startswith(wanted) and len(c) == len(wanted) + 1)
        children = children or sorted(c for c in index if c.startswith(wanted) and c != wanted and index[c][1])
        return Entry(dotted(wanted), "incomplete", day, title, tuple(map(dotted, children[:20])), edition=edition)
    stem = next((wanted[:n] for n in range(len(wanted) - 1, 2, -1) if wanted[:n] in index), "")
    near = sorted(c for c in index if stem and c.startswith(stem))[:6]
    return Entry(dotted(wanted), "unknown", day, near=tuple(map(dotted, near)), edition=edition)
