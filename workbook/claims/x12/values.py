"""What one X12 element says: an amount, a quantity, a date or a span of dates, a procedure, or nothing.

The parsers are strict and return None for what they cannot read; the reader that asked reports it. They are
cached because the same amounts, dates and procedures come thousands of times in one file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

#: X12 type R without an exponent, which no HIPAA guide allows: optional minus, digits, optional point.
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_POINTER = re.compile("[1-9]|1[0-2]")  # a claim has twelve diagnoses at most
#: SV101-1 and its like: HC HCPCS and CPT, AD dental (level II, letter D), HP the rate codes billed in their place.
HCPCS_QUALIFIERS = frozenset({"HC", "AD", "HP"})
_DIGITS_BEFORE_POINT = {2: 10, 3: 9}  # DECIMAL(12,2) and DECIMAL(12,3)


def cell(elements: list[str], position: int) -> str:
    """Give the text of an element without surrounding spaces; "" when the segment ends before it."""
    return elements[position].strip() if len(elements) > position else ""


def text(elements: list[str], position: int) -> str | None:
    """Give the text of an element, or None when it is empty or absent."""
    return (elements[position].strip() or None) if len(elements) > position else None


def _decimal(value: str, places: int) -> Decimal | None:
    if not _NUMBER.fullmatch(value):
        return None
    number = Decimal(value)
    if number != (kept := number.quantize(Decimal(1).scaleb(-places))):
        return None
    return kept if abs(kept) < 10 ** _DIGITS_BEFORE_POINT[places] else None


@lru_cache(maxsize=1 << 16)
def amount(value: str) -> Decimal | None:
    """Read dollars: "79.04", "79", "-.5"; None when it is not a number, has part cents or is ten billion or more."""
    return _decimal(value.strip(), 2) if len(value) <= 18 else None


@lru_cache(maxsize=1 << 16)
def quantity(value: str) -> Decimal | None:
    """Read a count with at most three decimals; None when it is not one."""
    return _decimal(value.strip(), 3) if len(value) <= 18 else None


@lru_cache(maxsize=1 << 16)
def day(value: str) -> date | None:
    """Read CCYYMMDD; None when it is not a day of the calendar."""
    if len(value) != 8 or not (value.isascii() and value.isdigit()):
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=1 << 16)
def span(qualifier: str, value: str) -> tuple[date, date] | None:
    """Read the days a DTP names: D8 one day, RD8 first-last, DT a day with a time; None when it cannot be read."""
    if qualifier == "RD8":
        first, _, last = value.partition("-")
        start, end = day(first), day(last)
        return (start, end) if start and end else None
    if qualifier == "DT":  # CCYYMMDDHHMM: the tables keep the day
        value = value[:8] if len(value) in (12, 14) and value.isdigit() else ""
    elif qualifier != "D8":
        return None
    start = day(value)
    return (start, start) if start else None


@lru_cache(maxsize=1 << 16)
def procedure(composite: str, component: str) -> Mapping[str, str | None] | None:
    """Read a composite procedure (SV101, SV202, SVC01): hcpcs_code and modifier_1 to 4, as far as it has them.

    Empty when there is none; None when its qualifier is not of a HCPCS code.
    """
    if not composite:
        return {}
    qualifier, *parts = (part.strip() for part in composite.split(component))
    if qualifier not in HCPCS_QUALIFIERS or not parts:
        return None
    names = ("hcpcs_code", "modifier_1", "modifier_2", "modifier_3", "modifier_4")
    columns = {name: part or None for name, part in zip(names, parts, strict=False)}
    return columns if qualifier == "HC" else columns | {"code_qualifier": qualifier}


@lru_cache(maxsize=1 << 16)
def code_and_modifiers(composite: str, component: str) -> tuple[str | None, str | None] | None:
    """Read SVC01: the HCPCS code and its modifiers joined by a colon; None when it is not a HCPCS code."""
    columns = procedure(composite, component)
    if columns is None:
        return None
    modifiers = [columns.get(f"modifier_{place}") for place in range(1, 5)]
    return columns.get("hcpcs_code"), ":".join(filter(None, modifiers)) or None


@lru_cache(maxsize=1 << 12)
def pointers(composite: str, component: str) -> Mapping[str, int] | None:
    """Read which diagnoses a line is for (SV107, SV311) as diagnosis_pointer_1 to 4; None if one is bad."""
    parts = [part.strip() for part in composite.split(component)[:4]]
    if any(part and not _POINTER.fullmatch(part) for part in parts):
        return None
    return {f"diagnosis_pointer_{place}": int(part) for place, part in enumerate(parts, 1) if part}


@lru_cache(maxsize=1 << 12)
def facility_code(composite: str, component: str) -> tuple[str | None, str | None, str | None]:
    """Read CLM05: facility type or place of service, its qualifier (A or B), and the claim's frequency."""
    facility, qualifier, frequency, *_ = (
        *(part.strip() or None for part in composite.split(component)),
        None,
        None,
        None,
    )
    return facility, qualifier, frequency
