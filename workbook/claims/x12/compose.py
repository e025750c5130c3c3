"""How a value becomes an element, elements a segment and segments an interchange: what both writers share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from workbook.terms import WorkbookError

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"
#: An element is text, a number, a date, a composite of texts, or absent.
Element = str | int | Decimal | date | tuple[str | None, ...] | None
_SEPARATOR = re.compile(f"[{re.escape(ELEMENT + COMPONENT + REPETITION + TERMINATOR)}\r\n]")


def segment(name: str, *elements: Element, rest: Mapping[str, str] | None = None) -> str:
    """Put elements into a segment; trailing absent ones are left off, as X12 wants.

    `rest` are texts of further elements by their place, as SV111; they may hold the separators : and ^.
    """
    texts = [element_text(f"{name}{position:02}", element) for position, element in enumerate(elements, 1)]
    for place, value in (rest or {}).items():
        if re.fullmatch(rf"{name}\d\d", place):
            position = int(place[-2:])
            texts += [""] * (position - len(texts))
            texts[position - 1] = raw(place, value)
    return ELEMENT.join([name, *texts]).rstrip(ELEMENT)


def element_text(place: str, element: Element) -> str:
    """One element as text. Raises WorkbookError when it holds a separator of the file."""
    match element:
        case None:
            return ""
        case date():
            return f"{element:%Y%m%d}"
        case tuple():
            return COMPONENT.join(element_text(place, part) for part in element).rstrip(COMPONENT)
        case str():
            if found := _SEPARATOR.search(element):
                raise WorkbookError(
                    f"{place} would be {element!r}, which holds {found[0]!r}: that separates the parts of the file; "
                    "take it out of the table"
                )
            return element
        case _:
            return str(element)


def raw(place: str, value: str, forbidden: str = f"[{re.escape(ELEMENT + TERMINATOR)}\r\n]") -> str:
    """Text that may hold the separators of components and repetitions."""
    if found := re.search(forbidden, value):
        raise WorkbookError(f"{place} would be {value!r}, which holds {found[0]!r}; take it out of the table")
    return value


def whole(value: str) -> str:
    """A segment kept as it stood, with the separators * : ^."""
    return raw("a segment", value, f"[{re.escape(TERMINATOR)}\r\n]")


def count(value: Decimal | None) -> str | None:
    """A quantity without zeros at its end."""
    return None if value is None else f"{value.normalize():f}"


def digits(text: str) -> str:
    """Nine digits that the same text always gives."""
    return f"{int(hashlib.sha256(text.encode()).hexdigest(), 16) % (10**9 - 1) + 1:09}"


def interchange(group: str, guide: str, sender: str, receiver: str, on: date, body: list[str], sets: int) -> list[str]:
    """ISA to IEA round the transactions of one group, marked as a test (ISA15); numbers derive from the content."""
    sender, receiver = (element_text("ISA06", name)[:15].strip() or "UNKNOWN" for name in (sender, receiver))
    number = digits("".join(body))
    isa = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{sender:15}", "ZZ", f"{receiver:15}", f"{on:%y%m%d}", "0000"]
    isa += [REPETITION, "00501", number, "0", "T", COMPONENT]
    return [
        ELEMENT.join(isa),
        segment("GS", group, sender, receiver, on, "0000", str(int(number)), "X", guide),
        *body,
        segment("GE", sets, str(int(number))),
        segment("IEA", 1, number),
    ]


def transaction(kind: str, position: int, segments: list[str], guide: str | None = None) -> list[str]:
    """ST to SE round the segments of a transaction."""
    control_number = f"{position:04}"
    return [
        segment("ST", kind, control_number, guide),
        *segments,
        segment("SE", len(segments) + 2, control_number),
    ]


def lines_of(segments: list[str]) -> Iterator[str]:
    """Segments as lines of a file."""
    return (f"{text}{TERMINATOR}\n" for text in segments)
