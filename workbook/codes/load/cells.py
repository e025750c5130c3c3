"""How one cell of an official file is read: dates, amounts, rates and codes as the files write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def _ymd(text: str) -> date | None:
    return None if text in ("*", "00000000") else datetime.strptime(text.replace("-", ""), "%Y%m%d").date()


def _yddd(text: str) -> date | None:
    return None if text in ("*", "0000000") else datetime.strptime(text, "%Y%j").date()


def _dollars(text: str) -> Decimal | None:
    number = text.replace("$", "").replace(",", "").strip()
    return Decimal(number).quantize(Decimal("0.01")) if number not in ("", ".") else None  # a dot stands for none


def _rate(text: str) -> Decimal | None:
    return None if text in (".", "*") else Decimal(text).quantize(Decimal("0.0001"))  # a dot stands for none


def _fee(text: str) -> Decimal | None:
    """An amount of a fee file; nought stands for none, where the carrier sets the fee."""
    return _dollars(text) or None


def read_day(text: str) -> date:
    """A day as 2026-04-01 (a time may follow) or 4/1/2026. Raises ValueError when it is none."""
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return date(int(found[3]), int(found[1]), int(found[2]))
    return date.fromisoformat(text[:10])


#: name → how a cell that is not empty is read, what is expected in words, and a pattern for the raw cell or None
READERS: dict[str, tuple[Callable[[str], Any], str, str | None]] = {
    "text": (str, "text", None),
    "ymd": (_ymd, "a date as 20260401, or * where there is none", None),
    "yddd": (_yddd, "a date as 2026091 (year and day of the year)", None),
    "rate": (_rate, "a number", None),
    "quantity": (lambda s: Decimal(s).quantize(Decimal("0.001")), "a number", None),
    "cents": (lambda s: Decimal(s).quantize(Decimal("0.01")), "an amount", None),
    "flag": (lambda s: {"1": True, "0": False}[s], "1 or 0", None),
    "first": (lambda s: s[0], "text that begins with the indicator", None),
    "carrier": (lambda s: s.zfill(5), "a contractor number", r"\d{4,5}"),
    "two": (lambda s: s.zfill(2), "a locality number", r"\d{1,2}"),
    "three": (lambda s: s.removesuffix(".0").zfill(3), "a number of three digits", r"\d{1,3}(?:\.0)?"),
    "whole": (lambda s: s.removesuffix(".0"), "a whole number", None),
    "dollars": (_dollars, "an amount", None),
    "fee": (_fee, "an amount", None),
    "percent": (lambda s: Decimal(s.removesuffix("%")).quantize(Decimal("0.0001")), "a percentage", None),
    "anesthesia": (lambda s: s.zfill(5), "an anesthesia code", r"\d{3,5}"),
    "zip": (lambda s: s.zfill(5), "a ZIP code", r"\d{3,5}"),
    "yes": (lambda s: {"yes": True, "y": True, "no": False, "n": False}[s.lower()], "yes or no", None),
    "day": (read_day, "a date as 2026-04-01 or 4/1/2026", None),
    "undotted": (lambda s: s.replace(".", "").upper(), "a diagnosis code", None),
    "name": (lambda s: s.rstrip("* "), "a name", None),
}
