"""Until when, and by which way, can a payer's decision be changed?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import Field

from workbook.engine.front import Authority, Strict
from workbook.engine.yaml import read_yaml, validated
from workbook.payment.parameters import parameter
from workbook.terms import Citation, DateNotCoveredError, WorkbookError, dollars, parse_date

PAGE = Path(__file__).with_name("appeals.yaml")


class _Level(Authority):
    level: int
    name: str
    decided_by: str
    days: int
    least: str | None = None


class _Years(Authority):
    years: int


class _Request(Authority):
    elements: tuple[str, ...]


class _Page(Strict):
    title: str
    filing_codes: tuple[str, ...]
    receipt_days: int
    levels: tuple[_Level, ...] = Field(min_length=1)
    reopening: _Years
    filing: _Years
    request: _Request


@dataclass(frozen=True)
class Deadline:
    """The last day of a way: `due` is null where the contract, not a page, says it; `rule` says how it comes about."""

    due: date | None
    way: str
    rule: str
    authority: Citation | None


@dataclass(frozen=True)
class AppealLevel:
    """A level of appeal, its last day, and what must remain in controversy, where that is known."""

    level: int
    name: str
    decided_by: str
    days: int
    due: date
    least_amount: Decimal | None
    least_why: str | None
    authority: Citation

    def __str__(self) -> str:
        least = self.least_why or (f", at least {dollars(self.least_amount)}" if self.least_amount is not None else "")
        return f"level {self.level}, {self.name} by {self.decided_by}: received by {self.due}{least} ({self.authority})"


@cache
def page() -> _Page:
    """The page of ways and time limits."""
    return validated(_Page, read_yaml(PAGE), PAGE.name)


def is_medicare(filing_code: str | None) -> bool:
    """True for claims of original Medicare, whose ways the page knows."""
    return filing_code in page().filing_codes


def appeal_level(level: int, notice: date | str) -> AppealLevel:
    """A level of Medicare's appeals, from the date of the notice that is appealed: its last day is receipt plus days.

    Raises WorkbookError for a level that there is not, or a malformed date.
    """
    day = parse_date(notice, "notice")
    found = next((x for x in page().levels if x.level == level), None)
    if found is None:
        raise WorkbookError(f"level {level!r}: Medicare's appeals have levels 1 to {len(page().levels)}")
    due = day + timedelta(days=page().receipt_days + found.days)
    least, why = None, None
    if found.least:
        try:
            least = parameter(found.least).on(due).value
        except DateNotCoveredError:
            why = f"; the least amount for {due.year} is not loaded"
    return AppealLevel(found.level, found.name, found.decided_by, found.days, due, least, why, found.citation)


def deadline(
    route: str, filing_code: str | None, notice: date | None, service_date: date | None, payer: str | None
) -> Deadline:
    """The last day of the way that a reason leads to (`Reason.route`), by the payer and the dates of a line."""
    way = {"correct or appeal": "appeal"}.get(route, route)
    if way in ("none", "patient", "other payer"):
        said = "the other payer's own time limit runs" if way == "other payer" else "there is nothing to file"
        return Deadline(None, way, said, None)
    if not is_medicare(filing_code):
        return Deadline(None, way, f"see the contract with {payer or 'the payer'}, and its notice", None)
    if way == "new claim":
        if service_date is None:
            return Deadline(None, way, "the date of service is missing", page().filing.citation)
        due = _years_after(service_date, page().filing.years)
        return Deadline(due, way, f"one calendar year after the service of {service_date}", page().filing.citation)
    if notice is None:
        return Deadline(None, way, "the remittance bears no date", page().levels[0].citation)
    if way == "correct":
        due = _years_after(notice, page().reopening.years)
        return Deadline(due, "reopening", f"one year after the notice of {notice}", page().reopening.citation)
    first = appeal_level(1, notice)
    rule = f"{first.days} days from receipt, presumed {page().receipt_days} days after the notice of {notice}"
    return Deadline(first.due, first.name, rule, first.authority)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
