"""Is a code one that its system had on the date of service? A date that no loaded edition serves is never a pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from workbook.claims.x12.guide.pages import FOLDER
from workbook.claims.x12.guide.situations import Place, days, place
from workbook.claims.x12.guide.track import Instance, Tell
from workbook.claims.x12.values import cell, day
from workbook.codes.reference import edition_on
from workbook.codes.systems import SYSTEMS, Row, System, in_force, rows_of
from workbook.engine.yaml import plain, read_yaml
from workbook.terms import WorkbookError

#: The one system whose codes may be valid and yet not complete.
DIAGNOSES = System("diagnosis", "diagnosis_code", "title", {})
_KEPT = 1 << 16  # answers kept, so that a code is looked up once and memory stays bounded
_AT = re.compile(r"([0-9.,]+)(?:-([0-9.]+))?")
_IF = re.compile(r"(-?)([0-9]+)=(\S+)")


class Site(NamedTuple):
    """Where a code stands: elements and components, what must be said beside it, its system or shape."""

    elements: tuple[int, ...]
    parts: tuple[int, ...]
    beside: tuple[bool, int, frozenset[str]] | None
    system: str
    shape: str

    def codes(self, elements: list[str], component: str) -> Iterator[tuple[str, str]]:
        """The codes that stand there, with the names of their elements."""
        for at in self.elements:
            text = cell(elements, at)
            if not text:
                continue
            held = text.split(component)
            if self.beside:
                is_component, other, allowed = self.beside
                said = (held[other - 1] if other <= len(held) else "") if is_component else cell(elements, other)
                if said not in allowed:
                    continue
            name = f"{elements[0]}{at:02}"
            if not self.parts:
                yield text, name
            for part in self.parts:
                if part <= len(held) and held[part - 1]:
                    yield held[part - 1].strip(), f"{name}-{part}"


@cache
def _page() -> dict[str, Any]:
    return dict(plain(read_yaml(FOLDER / "code_sets.yaml")))


@cache
def sites() -> dict[str, tuple[Site, ...]]:
    """Where codes stand, by segment."""
    found: dict[str, list[Site]] = {}
    for fields in _page()["codes"]:
        at, beside = _AT.fullmatch(str(fields["at"])), None
        if at is None:
            raise WorkbookError(f"code_sets.yaml: at {fields['at']!r} is not a place such as 1..12-2")
        if asked := _IF.fullmatch(fields.get("if", "")):
            beside = (asked[1] == "-", int(asked[2]), frozenset(asked[3].split("+")))
        site = Site(_run(at[1]), _run(at[2] or ""), beside, fields.get("system", ""), fields.get("shape", ""))
        found.setdefault(fields["segment"], []).append(site)
    return {segment: tuple(held) for segment, held in found.items()}


def _run(text: str) -> tuple[int, ...]:
    if ".." in text:
        first, last = map(int, text.split(".."))
        return tuple(range(first, last + 1))
    return tuple(map(int, filter(None, text.split(","))))


@cache
def _dates() -> dict[str, tuple[Place, ...]]:
    return {loop: tuple(map(place, places)) for loop, places in _page()["dates"].items()}


@cache
def _is_shaped(shape: str, code: str) -> bool:
    rule = _page()["shapes"][shape]
    return bool(re.fullmatch(rule["like"], code)) if "like" in rule else code in rule["is"].split()


@dataclass
class Unchecked:
    """The codes of one system that no edition answers for, in one file."""

    codes: int = 0
    first: date = date.max
    last: date = date.min
    undated: int = 0


@dataclass
class CodeSets:
    """The code lists, opened as they are needed, and what they could not answer in the file being read."""

    unchecked: dict[str, Unchecked] = field(default_factory=dict)
    _rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    _verdicts: dict[tuple[str, str, date], str | None] = field(default_factory=dict)

    def judge(self, instance: Instance, component: str, tell: Tell) -> None:
        """Tell of each code in a loop that its system does not have on the loop's date."""
        by_segment = sites()
        for segment, held in instance.named.items():
            for site in by_segment.get(segment, ()):
                on = service_date(instance, component, is_last=site.system == "diagnosis") if site.system else None
                for number, elements in held:
                    for code, name in site.codes(elements, component):
                        if wrong := self._wrong(site, code, on):
                            tell(f"{name} is {code[:12]!r}; {wrong}", number, segment, name, level=5,
                                 claim_id=instance.claim_id, kind=f"code {site.system}{site.shape}")  # fmt: skip

    def end_file(self, tell: Tell) -> None:
        """Say once for each system what could not be checked in the file."""
        for system, left in self.unchecked.items():
            when = f" of {left.first} to {left.last}" if left.undated < left.codes else " without a date of service"
            what = f"{left.codes:,} times {_page()['systems'][system]}{when}"
            tell(f"not checked: {what}; no whole edition of its list is loaded for that date",
                 level=5, severity="warning", kind=f"unchecked {system}")  # fmt: skip
        self.unchecked = {}

    def _wrong(self, site: Site, code: str, on: date | None) -> str | None:
        if site.shape:
            return None if _is_shaped(site.shape, code) else f"expected {_page()['shapes'][site.shape]['say']}"
        verdict = self._verdict(site.system, code, on) if on else ""
        if verdict == "":
            left = self.unchecked.setdefault(site.system, Unchecked())
            left.codes += 1
            if on:
                left.first, left.last = min(left.first, on), max(left.last, on)
            else:
                left.undated += 1
        return verdict or None

    def _verdict(self, system: str, code: str, on: date) -> str | None:
        """None: the code is good. "": nobody knows. Else what is wrong with it."""
        asked = (system, code, on)
        if asked not in self._verdicts:
            if len(self._verdicts) >= _KEPT:
                self._verdicts.clear()
            self._verdicts[asked] = self._look_up(system, code, on)
        return self._verdicts[asked]

    def _look_up(self, system: str, code: str, on: date) -> str | None:
        book = SYSTEMS.get(system, DIAGNOSES)
        edition = edition_on(_listed_in(book.table, code), on)
        if edition is None:
            return ""
        what = _page()["systems"][system]
        serving = [row for row in self._rows_of(book, code.upper()) if in_force(row, on)]
        if serving:
            is_whole_code = serving[0].get("is_billable", True)
            return None if is_whole_code else f"it is not complete on {on}; expected {what} with every character"
        return f"expected {what} that is valid on {on} ({edition.version})" if edition.is_whole else ""

    def _rows_of(self, book: System, code: str) -> list[Row]:
        asked = (book.table, code)
        if asked not in self._rows:
            if len(self._rows) >= _KEPT:
                self._rows.clear()
            self._rows[asked] = rows_of(book, code)
        return self._rows[asked]


def _listed_in(table: str, code: str) -> str:
    """The edition that lists a code: HCPCS comes in two lists, and no list of the dental codes (D) is ever loaded."""
    if table != "hcpcs":
        return table
    return "hcpcs/level I" if code[0].isdigit() else "hcpcs/level D" if code[0] in "Dd" else table


def service_date(instance: Instance, component: str, *, is_last: bool = False) -> date | None:
    """The date of service of a loop, or of the nearest loop around it that has one; None when none has."""
    around: Instance | None = instance
    while around:
        for at in _dates().get(around.loop.number, ()):
            for value in at.values(around, component):
                if found := day(days(value[0])[is_last]):
                    return found
        around = around.parent
    return None
