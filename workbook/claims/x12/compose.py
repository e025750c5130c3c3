"""How a value becomes an element, elements a segment and segments an interchange: what both writers share."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO

from workbook.terms import WorkbookError

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"
#: An element is text, a number, a date, a composite of texts, or absent.
Element = str | int | Decimal | date | tuple[str | None, ...] | None
_SEPARATOR = re.compile(f"[{re.escape(ELEMENT + COMPONENT + REPETITION + TERMINATOR)}\r\n]")
_IN_MEMORY = 1 << 20  # bytes of a spool before it becomes a file
_SEGMENTS = 1_000  # written at one time


def segment(name: str, *elements: Element, rest: Mapping[str, str] | None = None) -> str:
    """Put elements into a segment; trailing absent ones are left off, as X12 wants.

    `rest` are texts of further elements by their place, as SV111; they may hold the separators : and ^.
    """
    texts = [name]
    for element in elements:
        if element is None:
            texts.append("")
        elif type(element) is str and element.isalnum():
            texts.append(element)
        else:
            texts.append(_text(name, len(texts), element))
    for place, value in (rest or {}).items():
        number = place.removeprefix(name)
        if len(number) == 2 and number.isdigit() and place != number:
            position = int(number)
            texts += [""] * (position + 1 - len(texts))
            texts[position] = raw(place, value)
    return ELEMENT.join(texts).rstrip(ELEMENT)


def _text(name: str, position: int, element: Element) -> str:
    match element:
        case str():
            if found := _SEPARATOR.search(element):
                raise WorkbookError(
                    f"{name}{position:02} would be {element!r}, which holds {found[0]!r}: that separates the parts of "
                    "the file; take it out of the table"
                )
            return element
        case date():
            return _day(element)
        case tuple():
            return COMPONENT.join("" if p is None else _text(name, position, p) for p in element).rstrip(COMPONENT)
        case _:
            return str(element)


@lru_cache(maxsize=1 << 12)
def _day(value: date) -> str:
    return f"{value:%Y%m%d}"


def raw(place: str, value: str, forbidden: str = f"[{re.escape(ELEMENT + TERMINATOR)}\r\n]") -> str:
    """Text that may hold the separators of components and repetitions."""
    if found := re.search(forbidden, value):
        raise WorkbookError(f"{place} would be {value!r}, which holds {found[0]!r}; take it out of the table")
    return value


def whole(value: str) -> str:
    """A segment kept as it stood, with the separators * : ^."""
    return raw("a segment", value, f"[{re.escape(TERMINATOR)}\r\n]")


@lru_cache(maxsize=1 << 12)
def count(value: Decimal | None) -> str | None:
    """A quantity without zeros at its end."""
    return None if value is None else f"{value.normalize():f}"


def digits(text: str) -> str:
    """Nine digits that the same text always gives."""
    return _nine_digits(hashlib.sha256(text.encode()))


def _nine_digits(digest: hashlib._Hash) -> str:
    return f"{int(digest.hexdigest(), 16) % (10**9 - 1) + 1:09}"


class Spool:
    """Segments that wait for what stands before them in the file; `number` is nine digits that the same ones give."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._digest, self.count = stream, hashlib.sha256(), 0

    def add(self, segments: Iterable[str]) -> None:
        """Add segments at the end."""
        coming = iter(segments)
        while some := list(islice(coming, _SEGMENTS)):
            self._digest.update("".join(some).encode())
            self._stream.write(lines(some))
            self.count += len(some)

    def add_all_of(self, other: Spool) -> None:
        """Add what another spool holds, a block at a time."""
        other._stream.seek(0)
        while block := other._stream.read(_IN_MEMORY):
            self._digest.update(block.translate(None, f"{TERMINATOR}\n".encode()))
            self._stream.write(block)
        self.count += other.count

    @property
    def number(self) -> str:
        """Nine digits that the same segments always give."""
        return _nine_digits(self._digest)

    def copy_to(self, stream: IO[bytes]) -> None:
        """Write what is held to a file."""
        self._stream.seek(0)
        shutil.copyfileobj(self._stream, stream, _IN_MEMORY)


@contextmanager
def spool(folder: Path | None) -> Iterator[Spool]:
    """A spool that becomes, when large, a nameless file in `folder`, for its owner alone; without one it stays."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY if folder else 0, dir=str(folder) if folder else None) as stream:
        yield Spool(stream)


def lines(segments: list[str]) -> bytes:
    """Segments as lines of a file."""
    return "".join([f"{text}{TERMINATOR}\n" for text in segments]).encode()


def write_interchange(
    stream: IO[bytes], group: str, guide: str, sender: str, receiver: str, on: date, body: Spool, sets: int
) -> None:
    """ISA to IEA round the transactions of one group, marked as a test (ISA15); numbers derive from the content."""
    sender, receiver = (_text("ISA", 6, name)[:15].strip() or "UNKNOWN" for name in (sender, receiver))
    number = body.number
    isa = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{sender:15}", "ZZ", f"{receiver:15}", f"{on:%y%m%d}", "0000"]
    isa += [REPETITION, "00501", number, "0", "T", COMPONENT]
    header = segment("GS", group, sender, receiver, on, "0000", str(int(number)), "X", guide)
    stream.write(lines([ELEMENT.join(isa), header]))
    body.copy_to(stream)
    stream.write(lines([segment("GE", sets, str(int(number))), segment("IEA", 1, number)]))


@contextmanager
def transaction(body: Spool, kind: str, position: int, guide: str | None = None) -> Iterator[None]:
    """ST before, and SE after, the segments that are added inside."""
    control_number, before = f"{position:04}", body.count
    body.add([segment("ST", kind, control_number, guide)])
    yield
    body.add([segment("SE", body.count - before + 1, control_number)])
