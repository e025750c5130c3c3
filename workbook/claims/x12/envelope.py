"""Is the envelope whole: does every ISA, GS and ST have its trailer, with the right number and count?

`walk` reads a file, checks the envelope, and hands each segment inside a transaction to the reader that wants it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from workbook.claims.x12.rows import Problems
from workbook.claims.x12.segments import Delimiters, Run, Segments, read_runs, read_segments
from workbook.claims.x12.values import cell

Handler = Callable[[int, list[str]], None]
#: What is shown a segment of the envelope: its number, its text and its interchange's separators.
Observer = Callable[[int, str, Delimiters], None]

#: What a transaction is called (ST01), for messages; the names of the transaction sets in ASC X12 005010.
TRANSACTIONS = {
    "270": "eligibility inquiry",
    "271": "eligibility response",
    "276": "claim status request",
    "277": "claim status response",
    "278": "authorization review",
    "820": "premium payment",
    "824": "application advice",
    "834": "enrollment",
    "835": "remittance",
    "837": "claim",
    "997": "acknowledgment",
    "999": "acknowledgment",
}
_KIND_BY_GROUP = {"HC": "837", "HP": "835"}  # GS01, for a transaction whose ST is missing
_ISA_LENGTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)


@dataclass(frozen=True)
class Transaction:
    """One ST: its kind (ST01), guide version (ST03, else GS08), control number, place and separators."""

    kind: str
    version: str
    control_number: str
    number: int
    delimiters: Delimiters


class TransactionReader(Protocol):
    """What `walk` needs of a reader: the kind of transaction it wants and what to do with its segments."""

    kind: str

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin a transaction; returns what to do with each segment, by name. A name that is absent is unknown."""

    def finish(self) -> None:
        """End the transaction that was begun."""

    @property
    def open_claim(self) -> str | None:
        """The claim being read, for the message that a file ends inside it."""


def named(kind: str) -> str:
    """Name a transaction for a message: "transaction 835 (remittance)"."""
    return f"transaction {kind} ({TRANSACTIONS[kind]})" if kind in TRANSACTIONS else f"transaction {kind or '?'}"


def first_transaction(path: str | Path) -> str | None:
    """Say what a file holds: the kind (ST01) of its first transaction; None when it has none."""
    for _, elements, _ in read_segments(path):
        if elements[0] == "ST":
            return cell(elements, 1)
    return None


def walk(
    path: str | Path,
    reader: TransactionReader,
    problems: Problems,
    observe: Observer | None = None,
    columns: ColumnReader | None = None,
) -> None:
    """Read one file: check its envelope and give `reader` the segments of its transactions.

    `observe` is shown each segment of the envelope (ISA, GS, ST and their trailers) before it is read. `columns` reads
    whole stretches of a run at once, of which `reader` then sees nothing. Nothing inside the file raises; see
    `read_runs` for what does.
    """
    envelope = _Envelope(reader, problems)
    last = (0, "")
    runs, first = read_runs(path, problems), 1
    for segments, envelope.delimiters, spans in columns.gather(runs) if columns else ((*run, ()) for run in runs):
        done, count = 0, len(segments)
        for start, stop in spans:
            if done < start:
                last = envelope.rows(first + done, segments.strings[done:start], observe) or last
            done = stop if envelope.is_reading and columns and columns.take(start, stop) else start
        if done < count:
            last = envelope.rows(first + done, segments.strings[done:], observe) or last
        first += count
        if columns:
            columns.end_run()
    envelope.end_of_file(*last)


def _shown(name: str) -> str:
    """A segment's name for a message; what is no name may be long, and about a person."""
    name = name.strip()
    return name if len(name) <= 5 else f"{name[:5]}…"


#: a run, and which stretches of it can be read as columns: each from its first segment to behind its last, in order
Stretches = tuple[Segments, Delimiters, Sequence[tuple[int, int]]]


class ColumnReader(Protocol):
    """What `walk` needs of a reader of columns."""

    def gather(self, runs: Iterator[Run]) -> Iterator[Stretches]:
        """Cut the runs anew where a stretch may end; the run that was given last is the one that is being read."""

    def take(self, start: int, stop: int) -> bool:
        """Read a stretch, if what stands above it allows that; the segments before it have been read."""

    def end_run(self) -> None:
        """The whole run has been read."""


@dataclass
class _Level:
    """An open interchange, group or transaction: where it began, its control number, what was counted inside."""

    number: int
    control_number: str
    count: int = 0


@dataclass
class _Envelope:
    """Which interchange, group and transaction are open, and what was wrong with those before."""

    reader: TransactionReader
    problems: Problems
    delimiters: Delimiters = field(default=Delimiters("*", ":", None, "~"))
    handlers: Mapping[str, Handler] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.control: dict[str, Handler] = {
            "ISA": self.interchange_header,
            "GS": self.group_header,
            "ST": self.transaction_header,
            "SE": self.transaction_trailer,
            "GE": self.group_trailer,
            "IEA": self.interchange_trailer,
            "TA1": lambda number, elements: None,
        }
        self.interchange: _Level | None = None
        self.group: _Level | None = None
        self.transaction: _Level | None = None
        self.group_kind = self.group_version = ""
        self.is_reading = False
        self.is_wanted_anywhere = False
        self.unknown: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.first: dict[str, int] = {}  # where an unknown segment, a skipped kind, or a segment outside was first met
        self.outside = 0

    def rows(self, first: int, segments: list[str], observe: Observer | None) -> tuple[int, str] | None:
        """Read segments one by one; returns the number and name of the last."""
        control, handlers, element = self.control, self.handlers, self.delimiters.element
        elements = None
        number = first - 1
        for number, segment in enumerate(segments, first):
            elements = segment.split(element)
            if handler := handlers.get(elements[0]):
                handler(number, elements)
                continue
            if observe and elements[0] in control:
                observe(number, segment, self.delimiters)
            control.get(elements[0], self.other_segment)(number, elements)
            handlers = self.handlers
        return (number, _shown(elements[0])) if elements else None

    def interchange_header(self, number: int, elements: list[str]) -> None:
        """Begin an interchange, after closing whatever the one before left open."""
        self._close("interchange", number)
        if len(elements) != 17:
            self.problems.add(
                "the ISA is malformed: 16 elements were expected; the separators before it are kept", number, "ISA"
            )
        for position, (element, length) in enumerate(zip(elements[1:], _ISA_LENGTHS, strict=False), 1):
            if len(element) != length:
                message = f"ISA{position:02} has {len(element)} characters where {length} were expected"
                self.problems.add(message, number, "ISA", f"ISA{position:02}", severity="warning")
                break
        self.interchange = _Level(number, cell(elements, 13))

    def group_header(self, number: int, elements: list[str]) -> None:
        """Begin a functional group."""
        self._close("group", number)
        if self.interchange:
            self.interchange.count += 1
        self.group = _Level(number, cell(elements, 6))
        self.group_kind, self.group_version = cell(elements, 1), cell(elements, 8)

    def transaction_header(self, number: int, elements: list[str]) -> None:
        """Begin a transaction; hand it to the reader when it is of the kind it wants."""
        self._close("transaction", number)
        if self.group:
            self.group.count += 1
        else:
            self.problems.add("ST without a GS before it", number, "ST")
        self.transaction = _Level(number, cell(elements, 2))
        kind, version = cell(elements, 1), cell(elements, 3) or self.group_version
        if kind == self.reader.kind:
            self._start(Transaction(kind, version, self.transaction.control_number, number, self.delimiters))
        else:
            self.skipped[kind] += 1
            self.first.setdefault(kind, number)

    def _start(self, transaction: Transaction) -> None:
        self.handlers = self.reader.start(transaction)
        self.is_reading = self.is_wanted_anywhere = True

    def _stop(self) -> None:
        if self.is_reading:
            self.reader.finish()
        self.handlers, self.is_reading = {}, False

    def transaction_trailer(self, number: int, elements: list[str]) -> None:
        """Check SE01 (segments from ST to SE) and SE02 (the number in ST02)."""
        self._stop()
        level, self.transaction = self.transaction, None
        if level is None:
            self.problems.add("SE without an ST before it", number, "SE")
            return
        self._check_count(number, elements, number - level.number + 1, "segments from ST to SE")
        if cell(elements, 2) != level.control_number:
            self._mismatch(number, "SE", cell(elements, 2), "ST02", level.control_number)

    def group_trailer(self, number: int, elements: list[str]) -> None:
        """Check GE01 (transactions in the group) and GE02 (the number in GS06)."""
        self._close("transaction", number)
        level, self.group = self.group, None
        self._check_trailer(level, number, elements, "GS", "GS06", "transactions")

    def interchange_trailer(self, number: int, elements: list[str]) -> None:
        """Check IEA01 (groups in the interchange) and IEA02 (the number in ISA13)."""
        self._close("group", number)
        level, self.interchange = self.interchange, None
        self._check_trailer(level, number, elements, "ISA", "ISA13", "groups")

    def _check_trailer(
        self, level: _Level | None, number: int, elements: list[str], header: str, element: str, counted: str
    ) -> None:
        trailer = elements[0]
        if level is None:
            self.problems.add(f"{trailer} without {'an ISA' if header == 'ISA' else 'a GS'} before it", number, trailer)
            return
        self._check_count(number, elements, level.count, counted)
        found = cell(elements, 2)  # a number (type N0), so that leading zeros do not count
        if found.lstrip("0") != level.control_number.lstrip("0"):
            self._mismatch(number, trailer, found, element, level.control_number)

    def _check_count(self, number: int, elements: list[str], counted: int, what: str) -> None:
        stated = cell(elements, 1)
        if stated.lstrip("0") != str(counted).lstrip("0"):
            name = f"{elements[0]}01"
            self.problems.add(
                f"{name} says {stated or 'nothing'}; {counted} {what} were counted", number, elements[0], name
            )

    def _mismatch(self, number: int, trailer: str, found: str, header: str, expected: str) -> None:
        name = f"{trailer}02"
        self.problems.add(f"{name} is {found or 'empty'}; {header} says {expected or 'nothing'}", number, trailer, name)

    def _close(self, what: str, number: int) -> None:
        """Report each level at or below `what` that is still open when a new header or an outer trailer comes."""
        for name, segment in (("transaction", "SE"), ("group", "GE"), ("interchange", "IEA")):
            level: _Level | None = getattr(self, name)
            if level:
                claim = self._open_claim() if name == "transaction" else None
                self.problems.add(
                    f"{name} {level.control_number} (begun at segment {level.number}) has no {segment}; "
                    f"it ends where segment {number} begins",
                    number, segment, claim_id=claim,
                )  # fmt: skip
            if name == "transaction":
                self._stop()
            setattr(self, name, None)
            if name == what:
                return

    def _open_claim(self) -> str | None:
        return self.reader.open_claim if self.is_reading else None

    def other_segment(self, number: int, elements: list[str]) -> None:
        """Meet a segment that no handler knows: unknown, outside every transaction, or part of a skipped one."""
        name = _shown(elements[0])
        if self.is_reading:
            self.unknown[name] += 1
            self.first.setdefault(name, number)
        elif self.transaction is None:
            self._outside(number, name, elements)

    def _outside(self, number: int, name: str, elements: list[str]) -> None:
        """Read segments without an ST before them as if it stood there: a claim is never dropped for its envelope."""
        kind = _KIND_BY_GROUP.get(self.group_kind, self.reader.kind)
        if kind != self.reader.kind:
            self.outside += 1
            self.first.setdefault("outside", number)
            return
        self.problems.add(
            f"{name!r} stands outside every transaction (no ST); read as transaction {kind}", number, name
        )
        self._start(Transaction(kind, self.group_version, "", number, self.delimiters))
        if handler := self.handlers.get(elements[0]):
            handler(number, elements)

    def end_of_file(self, number: int, last: str) -> None:
        """Report a file that stops before its trailers, what was skipped and the segments nobody knew."""
        open_levels = [name for name in ("transaction", "group", "interchange") if getattr(self, name)]
        if open_levels:
            self._cut_short(open_levels[0], number, last)
        self._stop()
        if self.outside:
            self.problems.add(
                f"{self.outside} segments stand outside every transaction (no ST); skipped", self.first["outside"]
            )
        self._report_skipped()
        for name, count in self.unknown.items():
            self.problems.add(
                f"segment name {name!r} is not known here; skipped {count} times, first at segment {self.first[name]}",
                self.first[name], name, severity="warning",
            )  # fmt: skip

    def _cut_short(self, inside: str, number: int, last: str) -> None:
        level: _Level = getattr(self, inside)
        claim = self._open_claim()
        missing = {"transaction": "SE, GE and IEA", "group": "GE and IEA", "interchange": "IEA"}[inside]
        self.problems.add(
            f"the file ends inside {f'claim {claim}, ' if claim else ''}{inside} {level.control_number}, after segment "
            f"{number} ({last}): {missing} are missing, so it was probably cut short; ask for the whole file",
            number, last, claim_id=claim,
        )  # fmt: skip

    def _report_skipped(self) -> None:
        wanted = TRANSACTIONS[self.reader.kind]
        for kind, count in self.skipped.items():
            times = f" ({count} of them)" if count > 1 else ""
            self.problems.add(
                f"{named(kind)} is not a {wanted}; skipped{times}",
                self.first[kind], "ST", "ST01", severity="warning" if self.is_wanted_anywhere else "error",
            )  # fmt: skip
        if not self.is_wanted_anywhere and not self.skipped:
            self.problems.add(f"the file holds no transaction; a {wanted} ({self.reader.kind}) was expected", level=2)
