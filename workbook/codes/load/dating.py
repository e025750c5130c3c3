"""Which release a file is and which dates of service it serves, told from its name, its zip's name and its title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from workbook.terms import OPEN_END, Span

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*"
_RELEASE_LETTERS = {"a": 1, "b": 2, "c": 3, "d": 4}


@dataclass(frozen=True)
class Release:
    """A release's short name, as 2026Q4, and the dates it serves; `effective_date` None: from its earliest row."""

    name: str
    effective_date: date | None
    end_date: date


def quarter(year: int, number: int) -> Release:
    """Quarter 1 to 4 of a calendar year."""
    first = date(year, 3 * number - 2, 1)
    following = date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)
    return Release(f"{year}Q{number}", first, following - timedelta(days=1))


def _quarter_in(text: str) -> Release | None:
    """A quarter told as 2026Q4, as `Eff_10-01-2026`, as 2026-10, or as a year beside a month."""
    if found := re.search(r"(20\d\d)[-_ ]?q([1-4])(?!\d)", text):
        return quarter(int(found[1]), int(found[2]))
    if found := re.search(r"(?<!\d)(0[1-9]|1[0-2])-\d\d-(20\d\d)(?!\d)", text):
        return quarter(int(found[2]), (int(found[1]) + 2) // 3)
    if found := re.search(r"(?<!\d)(20\d\d)-(0[1-9]|1[0-2])(?!\d)", text):
        return quarter(int(found[1]), (int(found[2]) + 2) // 3)
    for pattern in (rf"(?P<year>20\d\d)[-_ ]?{_MONTH}", rf"(?<![a-z]){_MONTH}[-_ ]*(?P<year>20\d\d)"):
        if found := re.search(pattern, text):
            return quarter(int(found["year"]), _MONTHS.index(found["month"]) // 3 + 1)
    return None


def ncci(name: str, title: str) -> Release | None:
    """NCCI version 32.3 is the fourth quarter of 2026: version 26.0 began on 2020-01-01, .1 to .3 follow by quarter.

    A file of pairs holds their history, so it serves from its earliest effective date to its quarter's end.
    """
    found = re.search(r"v(\d\d)([0-3])r\d", name)
    release = quarter(1994 + int(found[1]), int(found[2]) + 1) if found else _quarter_in(name)
    return Release(release.name, None, release.end_date) if release else None


def quarterly(name: str, title: str) -> Release | None:
    """The quarter that the file's name tells, or else its title; a ZIP5 line ends in year and quarter, 20264."""
    if release := _quarter_in(name) or _quarter_in(title):
        return release
    found = re.search(r"\b(20\d\d)([1-4])\b", title)
    return quarter(int(found[1]), int(found[2])) if found else None


def physician_fee(name: str, title: str) -> Release | None:
    """RVU25D is the October release of 2025: from its title, `PPRRVU2025_Oct`, `PPRRVU25_OCT` or `RVU25D`."""
    release = None
    if found := re.search(rf"(20\d\d) national physician fee schedule relative value file {_MONTH} release", title):
        release = quarter(int(found[1]), _MONTHS.index(found["month"]) // 3 + 1)
    elif found := re.search(rf"pprrvu(?:20)?(\d\d)[-_ ]?{_MONTH}", name):
        release = quarter(2000 + int(found[1]), _MONTHS.index(found["month"]) // 3 + 1)
    elif found := re.search(r"rvu(\d\d)([a-d])(?![a-z])", name):
        release = quarter(2000 + int(found[1]), _RELEASE_LETTERS[found[2]])
    if release is None:
        return None
    letter = "ABCD"[int(release.name[-1]) - 1]
    return Release(f"{release.name[2:4]}{letter}", release.effective_date, release.end_date)


def dmepos(name: str, title: str) -> Release | None:
    """The quarter told as `DMEPOS25_JAN`, `DME25-A`, `Quarter 1 2025`, or as other quarterly files tell it."""
    if found := re.search(rf"dmepos(?:20)?(\d\d)[-_ ]?{_MONTH}", name):
        return quarter(2000 + int(found[1]), _MONTHS.index(found["month"]) // 3 + 1)
    if found := re.search(r"quarter[-_ ]*([1-4])[-_ ]*(20\d\d)", name):
        return quarter(int(found[2]), int(found[1]))
    if found := re.search(r"dme(\d\d)[-_ ]?([a-d])(?![a-z])", name):
        return quarter(2000 + int(found[1]), _RELEASE_LETTERS[found[2]])
    return quarterly(name, title)


def calendar_year(name: str, title: str) -> Release | None:
    """The calendar year that the title tells, as `2025 PW GPCI`, or else the name, as `ANES2025` or `RVU25D`."""
    found = re.search(r"\b(20\d\d) (?:pw|pe|mp) gpci", title) or re.search(r"(?<!\d)(20\d\d)(?!\d)", name)
    found = found or re.search(r"included in (20\d\d) localities", title)
    if found is None:
        short = re.search(r"rvu(\d\d)[a-d](?![a-z])|(?<!\d)(\d\d)locco", name)
        year = 2000 + int(short[1] or short[2]) if short else 0
    else:
        year = int(found[1])
    return Release(str(year), date(year, 1, 1), date(year, 12, 31)) if year else None


def fiscal_year(name: str, title: str) -> Release | None:
    """The fiscal year in the name: FY2027 is October 2026 to September 2027; an April release begins in April."""
    found = re.search(r"(?<!\d)(20\d\d)(?!\d)", name) or re.search(r"\bfy ?(20\d\d)", title)
    short = re.search(r"(?:fy|apr)(\d\d)(?!\d)", name)  # as in POAexemptCodesFY25 and POAexemptCodesApr23
    if found is None and short is None:
        return None
    year = int(found[1]) if found else 2000 + int(short[1]) if short else 0
    if re.search(r"(?<![a-z])apr(il)?(?![a-z])|apr\d\d(?!\d)", name):
        return Release(f"FY{year}-April", date(year, 4, 1), date(year, 9, 30))
    return Release(f"FY{year}", date(year - 1, 10, 1), date(year, 9, 30))


def without(span: Span, taken: list[Span]) -> list[Span]:
    """What is left of a span when others have taken their dates out of it, in order."""
    left = [span]
    for other in taken:
        pieces = []
        for piece in left:
            first, last = other.effective_date, other.end_date or OPEN_END
            if last < piece.effective_date or first > (piece.end_date or OPEN_END):
                pieces.append(piece)
                continue
            if piece.effective_date < first:
                pieces.append(Span(piece.effective_date, first - timedelta(days=1)))
            if last < (piece.end_date or OPEN_END):
                pieces.append(Span(last + timedelta(days=1), piece.end_date))
        left = pieces
    return left
