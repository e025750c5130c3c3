"""What is wrong with an 837 or 835 file, at which SNIP level, and where? One pass, in bounded memory.

    level 1  the standard: types and lengths of elements, characters, the envelope, elements that belong together
    level 2  the guide: loops, segments and elements that are missing, not expected, too many, or not of the list
    level 4  situations: what one part of a claim asks of another (guide/situations.yaml)
    level 5  code sets: whether a code was valid on the date of service (guide/code_sets.yaml)

Level 3, whether amounts balance, is what the readers of claims and remittances tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.tables import PROBLEM
from workbook.claims.x12.envelope import Handler, Transaction, first_transaction, named, walk
from workbook.claims.x12.guide.code_sets import CodeSets
from workbook.claims.x12.guide.notation import DATE, TIME
from workbook.claims.x12.guide.pages import envelope, guide_of, shapes
from workbook.claims.x12.guide.situations import rules
from workbook.claims.x12.guide.track import Instance, Track
from workbook.claims.x12.rows import Problems
from workbook.claims.x12.segments import Delimiters
from workbook.claims.x12.values import cell, span

if TYPE_CHECKING:
    import pyarrow as pa

#: A kind of problem is told this many times in one file; what goes beyond is counted.
TOLD_EACH = 20
_GROUPS = {"837": "HC", "835": "HP"}  # ST01 → GS01
_KINDS_KEPT = 5_000  # a file of noise has a new kind in every segment
_NUMBERS_KEPT = 100_000
_ENVELOPE = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"})
_Kind = tuple[str | None, str | None, int, str]
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9]+")
#: Where a qualifier says how a date is written, and which element is that date (in HI, components of every element).
_FORMATS = {"DTP": (2, 3), "DMG": (1, 2), "PAT": (5, 6)}
_DATED = frozenset({"HI", *_FORMATS})
_WRITTEN = {"D8": "CCYYMMDD", "RD8": "CCYYMMDD-CCYYMMDD", "DT": "CCYYMMDDHHMM", "TM": "HHMM"}


def check(paths: str | Path | Iterable[str | Path]) -> pa.Table:
    """Check 837 and 835 files; gives the problem table, empty when nothing was found.

    Of each kind of problem the first twenty in a file are told, and one row counts them all. Codes of dates that no
    loaded edition serves are told once as not checked. Raises WorkbookError when a file is missing, empty or not X12.
    """
    import pyarrow as pa

    code_sets, found = CodeSets(), []
    for path in [paths] if isinstance(paths, (str, Path)) else list(paths):
        problems = _Limited(str(path))
        kind = first_transaction(path) or "837"
        if kind in ("837", "835"):
            checker = _Checker(kind, problems, code_sets)
            walk(path, checker, problems, checker.control)
        else:
            message = f"{named(kind)} is not checked; an 837 or 835 was expected"
            problems.add(message, None, "ST", "ST01", level=2, severity="warning")
        code_sets.end_file(problems.add)
        problems.end_file()
        found.append(problems.to_arrow().sort_by("segment_number"))
    return pa.concat_tables(found) if found else PROBLEM.empty()


class _Limited(Problems):
    """The problems of one file, of which no kind fills the memory."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self._kinds: Counter[_Kind] = Counter()
        self._first: dict[_Kind, tuple[str, str | None, str | None, str]] = {}

    def add(
        self, message: str, number: int | None = None, segment: str | None = None, element: str | None = None,
        *, level: int = 1, severity: str = "error", claim_id: str | None = None, kind: str | None = None,
    ) -> None:  # fmt: skip
        """Record one fault, unless its kind was told often enough in this file."""
        asked = (None, None, level, kind) if kind else (segment, element, level, _PARTICULAR.sub("", message))
        if len(self._kinds) >= _KINDS_KEPT and asked not in self._kinds:
            asked = (None, None, level, "many kinds")
        self._first.setdefault(asked, (message, segment, element, severity))
        self._kinds[asked] += 1
        if self._kinds[asked] <= TOLD_EACH:
            super().add(message, number, segment, element, level=level, severity=severity, claim_id=claim_id)

    def end_file(self) -> None:
        """Count what was not told."""
        for asked, count in self._kinds.items():
            if count > TOLD_EACH:
                first, segment, element, severity = self._first[asked]
                message = f"{count - TOLD_EACH:,} more of this kind, {count:,} in all; the first was: {first}"
                super().add(message, None, segment, element, level=asked[2], severity=severity)


class _Checker:
    """The transaction being checked. See `TransactionReader` for how `walk` uses it."""

    def __init__(self, kind: str, problems: _Limited, code_sets: CodeSets) -> None:
        self.kind, self._problems, self._code_sets = kind, problems, code_sets
        self._track: Track | None = None
        self._group = ("", "")  # GS01, GS08
        self._numbers: dict[str, set[str]] = {"ISA": set(), "GS": set(), "ST": set()}

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin a transaction in its guide; one whose guide has no page is not looked into."""
        self._delimiters = transaction.delimiters
        guide = guide_of(transaction.kind, transaction.version)
        if guide is None:
            self._track = None
            version = transaction.version or "(none)"
            message = f"guide {version} has no page here; only the envelope was checked; 005010 was expected"
            self._problems.add(message, transaction.number, "ST", "ST03", level=2, severity="warning")
            return _Every(lambda number, elements: None)
        self._guide = guide
        self._known = shapes().elements
        self._track = Track(guide, transaction.number, self._problems.add, self._closed)
        return _Every(self._segment)

    def finish(self) -> None:
        """End the transaction."""
        if self._track:
            self._track.end()
        self._track = None

    @property
    def open_claim(self) -> str | None:
        """The claim being checked."""
        return self._track.here.claim_id if self._track else None

    def control(self, number: int, segment: str, delimiters: Delimiters) -> None:
        """Check a segment of the envelope."""
        elements = segment.split(delimiters.element)
        if elements[0] == "ISA":
            elements = elements[:16]  # ISA16 is the component separator itself
        spec = envelope()[elements[0]]
        for fault in spec.faults(elements, delimiters):
            if fault.element != "ISA16" and (elements[0] != "ISA" or fault.level == 2):  # lengths of an ISA: see walk
                self._problems.add(
                    fault.message, number, elements[0], fault.element, level=fault.level, severity=fault.severity
                )
        if elements[0] in self._numbers:
            self._check_unique(number, elements)
        if elements[0] == "GS":
            self._group = (cell(elements, 1), cell(elements, 8))
        elif elements[0] == "ST":
            self._check_group(number, cell(elements, 1), cell(elements, 3))

    def _check_group(self, number: int, kind: str, version: str) -> None:
        """A transaction is of its group's kind (GS01) and guide (GS08)."""
        group_kind, group_version = self._group
        if group_kind and group_kind != _GROUPS.get(kind, group_kind):
            message = f"ST01 is {kind}; GS01 says {group_kind}, where {_GROUPS[kind]} was expected"
            self._problems.add(message, number, "ST", "ST01", level=2)
        if version and group_version and version != group_version:
            message = f"ST03 is {version[:20]!r}; GS08 says {group_version[:20]!r}; the same guide was expected"
            self._problems.add(message, number, "ST", "ST03", level=2)

    def _check_unique(self, number: int, elements: list[str]) -> None:
        """Control numbers do not recur: ISA13 in the file, GS06 in the interchange, ST02 in the group."""
        name = elements[0]
        at = {"ISA": 13, "GS": 6, "ST": 2}[name]
        for inner in {"ISA": ("GS", "ST"), "GS": ("ST",), "ST": ()}[name]:
            self._numbers[inner].clear()
        value, seen = cell(elements, at), self._numbers[name]
        if value in seen:
            message = f"{name}{at:02} {value[:14]!r} was used before; a control number of its own was expected"
            self._problems.add(message, number, name, f"{name}{at:02}")
        elif len(seen) < _NUMBERS_KEPT:
            seen.add(value)

    def _segment(self, number: int, elements: list[str]) -> None:
        assert self._track is not None
        name = elements[0]
        if name not in self._known:
            message = f"{name[:5]!r} is not a segment of the {self._guide.name}"
            self._tell(message, number, name[:5], None, 1, "error", "unknown segment")
            return
        slot = self._track.add(number, elements, self._delimiters.component)
        if slot is None:
            return
        if not slot.spec.is_right(self._delimiters.element.join(elements), self._delimiters):
            for fault in slot.spec.faults(elements, self._delimiters):
                is_soft = self._guide.is_part and fault.level == 2
                self._tell(
                    fault.message, number, name, fault.element, fault.level, "warning" if is_soft else fault.severity
                )
        elif slot.spec.notes:
            for message, element in broken_notes(name, slot.spec.notes, tuple([bool(e) for e in elements])):
                self._tell(message, number, name, element, 1)
        if name in _DATED:
            for element, message, level in _misdated(elements, self._delimiters.component):
                self._tell(message, number, name, element, level)

    def _tell(
        self, message: str, number: int, segment: str, element: str | None, level: int, severity: str = "error",
        kind: str | None = None,
    ) -> None:  # fmt: skip
        self._problems.add(
            message, number, segment, element, level=level, severity=severity, claim_id=self.open_claim, kind=kind
        )

    def _closed(self, ended: Instance) -> None:
        """Judge a loop that has ended, and those inside it, by the rules and the code sets."""
        component, tell = self._delimiters.component, self._problems.add
        by_loop = rules(self._guide.name)
        for instance in ended.all():
            for rule in by_loop.get(instance.loop.number, ()):
                rule.judge(instance, component, tell)
            self._code_sets.judge(instance, component, tell)


class _Every(Mapping[str, Handler]):
    """One handler for every segment that is not of the envelope."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def get(self, name: str, default: object = None) -> Handler | None:  # type: ignore[override]
        return None if name in _ENVELOPE else self._handler

    def __getitem__(self, name: str) -> Handler:
        return self._handler

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_NOTE_WORDS = {
    "P": "{} stand together: all of them or none",
    "R": "one of {} is needed",
    "E": "only one of {} may be sent",
    "C": "{} needs {}",
    "L": "{} needs one of {}",
}


@lru_cache(maxsize=1 << 12)
def broken_notes(name: str, notes: tuple[str, ...], filled: tuple[bool, ...]) -> tuple[tuple[str, str], ...]:
    """Which of the standard's notes on elements that belong together a segment breaks: (words, element)."""
    found = []
    for note in notes:
        places = [int(note[at : at + 2]) for at in range(1, len(note), 2)]
        held = [place < len(filled) and filled[place] for place in places]
        if _is_kept(note[0], held):
            continue
        names = [f"{name}{place:02}" for place in places]
        if note[0] in "CL":
            words = _NOTE_WORDS[note[0]].format(names[0], ", ".join(names[1:]))
        else:
            words = _NOTE_WORDS[note[0]].format(", ".join(names))
        missing = next((n for n, there in zip(names, held, strict=True) if not there), names[-1])
        found.append(
            (f"{words}; {missing} is {'empty' if missing != names[-1] or not held[-1] else 'filled too'}", missing)
        )
    return tuple(found)


def _is_kept(kind: str, held: list[bool]) -> bool:
    match kind:
        case "P":
            return all(held) or not any(held)
        case "R":
            return any(held)
        case "E":
            return sum(held) <= 1
        case "C":
            return not held[0] or all(held)
    return not held[0] or any(held[1:])


def _misdated(elements: list[str], component: str) -> Iterator[tuple[str, str, int]]:
    """Dates that are not written as their qualifier says: (element, words, level)."""
    name = elements[0]
    if name == "HI":
        for at, element in enumerate(elements[1:], 1):
            parts = element.split(component)
            if len(parts) > 3 and (fault := _date_fault(parts[2], parts[3])):
                yield f"HI{at:02}-4", f"HI{at:02}-4 {fault[0]}", fault[1]
    else:
        qualifier, at = _FORMATS[name]
        if len(elements) > at and elements[at] and (fault := _date_fault(elements[qualifier], elements[at])):
            yield f"{name}{at:02}", f"{name}{at:02} {fault[0]}", fault[1]


@lru_cache(maxsize=1 << 14)
def _date_fault(qualifier: str, value: str) -> tuple[str, int] | None:
    wanted = _WRITTEN.get(qualifier)
    if wanted is None or not value:
        return None
    if qualifier == "TM":
        is_right = re.fullmatch(TIME, value) is not None
    elif qualifier == "DT":
        is_right = len(value) == 12 and re.fullmatch(DATE + TIME, value) is not None
    else:
        days = span(qualifier, value)
        if days and days[0] > days[1]:
            return "ends before it begins", 4
        is_right = days is not None
    return None if is_right else (f"is not {wanted}, as its qualifier {qualifier} says", 1)
