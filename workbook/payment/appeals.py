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
from workbook.payment.workdays import day_off, last_workday, next_workday
from workbook.terms import Citation, DateNotCoveredError, WorkbookError, dollars, parse_date

PAGE = Path(__file__).with_name("appeals.yaml")


class Counsel(Authority):
    """What a lawyer does at a level that is a lawsuit, and what to bring."""

    says: str
    bring: tuple[str, ...]


class _Level(Authority):
    level: int
    name: str
    decided_by: str
    days: int
    late: Authority
    decides_in: int | None = None
    escalated_in: int | None = None
    escalates: bool = False
    least: str | None = None
    form: str | None = None
    decision: str | None = None
    counsel: Counsel | None = None
    rolls: Authority | None = None
    dismissal: Authority | None = None


class _Dismissal(Authority):
    days: int
    vacate_days: int
    final: Authority


class _Controversy(Authority):
    says: str
    aggregate: str
    aggregate_authority: Authority


class _GoodCause(Authority):
    examples: tuple[str, ...]


class _Said(Authority):
    says: str


class _Reopening(Authority):
    years: int
    later: _Said


class _Years(Authority):
    years: int


class _Unprocessable(Authority):
    rarcs: tuple[str, ...]


class Request(Authority):
    """What a written request of a level must hold; `facts` and `body` are blanks beside what the claim tells."""

    level: int
    heading: str
    ask: str
    elements: tuple[str, ...]
    to: str | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    body: dict[str, str] = Field(default_factory=dict)
    caution: str | None = None


class _Days(Strict):
    start: date = Field(alias="from")
    days: int


class OtherPayer(Authority):
    """What is known of the appeals of a kind of payer; `then` is what follows its decision."""

    name: str
    filing_codes: tuple[str, ...]
    says: str
    then: str | None = None
    days: tuple[_Days, ...] = ()
    decides_in: int | None = None


class _Page(Strict):
    title: str
    filing_codes: tuple[str, ...]
    receipt_days: int
    levels: tuple[_Level, ...] = Field(min_length=1)
    dismissal: _Dismissal
    escalation: Authority
    controversy: _Controversy
    good_cause: _GoodCause
    reopening: _Reopening
    filing: _Years
    unprocessable: _Unprocessable
    untimely: _Said
    requests: tuple[Request, ...]
    others: tuple[OtherPayer, ...]


@dataclass(frozen=True)
class Deadline:
    """The last day of a way: `due` is null where the contract, not a page, says it; `rule` says how it comes about.

    `level` is the level of Medicare's appeals whose last day it is; null for every other way.
    """

    due: date | None
    way: str
    rule: str
    authority: Citation | None
    level: int | None = None


@dataclass(frozen=True)
class AppealLevel:
    """A level of appeal, its last day, and what must remain in controversy, where that is known.

    `received` is the day from which is counted, `counted` where the days end and `due` the last day; they differ only
    where a rule moves it from a day off (`note`). `decides_in` are the days in which it is to be decided.
    """

    level: int
    name: str
    decided_by: str
    days: int
    received: date
    counted: date
    due: date
    note: str | None
    decides_in: int | None
    form: str | None
    least_amount: Decimal | None
    least_why: str | None
    authority: Citation

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return (
            f"level {self.level}, {self.name} by {self.decided_by}: received by {self.due}{note}{self.least} "
            f"({self.authority})"
        )

    @property
    def least(self) -> str:
        """What must remain in controversy, as the end of a sentence."""
        return self.least_why or (f", at least {dollars(self.least_amount)}" if self.least_amount is not None else "")


@cache
def page() -> _Page:
    """The page of ways and time limits."""
    return validated(_Page, read_yaml(PAGE), PAGE.name)


def is_medicare(filing_code: str | None) -> bool:
    """True for claims of original Medicare, whose ways the page knows."""
    return filing_code in page().filing_codes


def appeal_level(
    level: int, notice: date | str, *, received: date | str | None = None, dismissed: bool = False
) -> AppealLevel:
    """A level of Medicare's appeals, from the date of the notice that is appealed: its last day is receipt plus days.

    `received` is the day on which the notice came, where there is evidence of it; else five days after its date.
    `dismissed` asks for the review of a dismissal by this level, which has time limits of its own. A last day that is
    a Saturday, a Sunday or a federal holiday is moved only where the page names a rule that moves it.

    Raises WorkbookError for a level that there is not, a malformed date, or a receipt before the notice.
    """
    day, found = parse_date(notice, "notice"), declared(level)
    came = day + timedelta(days=page().receipt_days) if received is None else parse_date(received, "received")
    if came < day:
        raise WorkbookError(f"received {came} is before the notice of {day}; check the two dates")
    if dismissed and not found.dismissal:
        raise WorkbookError(f"level {level} reviews no dismissal of a level below; levels 2 to 4 do")
    days = page().dismissal.days if dismissed else found.days
    counted = came + timedelta(days=days)
    due = next_workday(counted) if found.rolls else counted
    least, why = _least(found, day, due)
    return AppealLevel(
        level=found.level, name="review of the dismissal" if dismissed else found.name, decided_by=found.decided_by,
        days=days, received=came, counted=counted, due=due, note=_note(counted, due), decides_in=found.decides_in,
        form=found.form, least_amount=least, least_why=why,
        authority=found.dismissal.citation if dismissed and found.dismissal else found.citation,
    )  # fmt: skip


def declared(level: int) -> _Level:
    """A level as the page has it. Raises WorkbookError for a level that there is not."""
    found = next((x for x in page().levels if x.level == level), None)
    if found is None:
        raise WorkbookError(f"level {level!r}: Medicare's appeals have levels 1 to {len(page().levels)}")
    return found


def least_amount(level: int, filed: date) -> Decimal | None:
    """What must remain in controversy for a request filed on a day; null where the level has no least amount.

    Raises DateNotCoveredError for a year whose amount is not loaded.
    """
    name = declared(level).least
    return parameter(name).on(filed).value if name else None


def _least(found: _Level, notice: date, due: date) -> tuple[Decimal | None, str | None]:
    """The least amount on the last day, and what is to be said of it: the year of the request decides."""
    if not found.least:
        return None, None
    try:
        least = least_amount(found.level, due)
    except DateNotCoveredError:
        return None, f"; the least amount for {due.year} is not loaded"
    if notice.year == due.year:
        return least, None
    try:
        earlier = least_amount(found.level, notice)
    except DateNotCoveredError:
        return least, None
    if earlier == least:
        return least, None
    return least, f", at least {dollars(least)} ({dollars(earlier)} when filed in {notice.year})"


def _note(counted: date, due: date) -> str | None:
    off = day_off(counted)
    if not off:
        return None
    if due > counted:
        return f"{counted} is {off}; the next working day counts"
    return f"{off}; no rule was read that moves it, so have it there by {last_workday(counted)}"


def deadline(
    route: str, filing_code: str | None, notice: date | None, service_date: date | None, payer: str | None
) -> Deadline:
    """The last day of the way that a reason leads to (`Reason.route`), by the payer and the dates of a line."""
    way = {"correct or appeal": "appeal"}.get(route, route)
    if way in ("none", "patient", "other payer"):
        said = "the other payer's own time limit runs" if way == "other payer" else "there is nothing to file"
        return Deadline(None, way, said, None)
    if not is_medicare(filing_code):
        return _by_contract("appeal" if way == "exception" else way, filing_code, notice, payer)
    if way == "exception":
        return Deadline(None, way, page().untimely.says, page().untimely.citation)
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
    return level_deadline(appeal_level(1, notice), notice)


def level_deadline(level: AppealLevel, notice: date) -> Deadline:
    """The last day of a level as a way among others."""
    note = f"; {level.note}" if level.note else ""
    came = (level.received - notice).days
    rule = f"{level.days} days from receipt, presumed {came} days after the notice of {notice}{note}{level.least}"
    return Deadline(level.due, level.name, rule, level.authority, level.level)


def _by_contract(way: str, filing_code: str | None, notice: date | None, payer: str | None) -> Deadline:
    """What is known of another payer: no last day, for which of its rules holds no claim tells."""
    rule = f"see the contract with {payer or 'the payer'}, and its notice"
    other = other_payer(filing_code)
    if other is None or way != "appeal":
        return Deadline(None, way, rule, None)
    return Deadline(None, way, f"{rule}; {known_of(other, notice)}", other.citation)


def other_payer(filing_code: str | None) -> OtherPayer | None:
    """What the page knows of the payers of a claim filing indicator; null where it knows nothing."""
    return next((x for x in page().others if filing_code in x.filing_codes), None)


def known_of(other: OtherPayer, notice: date | None) -> str:
    """What is known of such payers' appeals, with the last day where the page has days for the date of the notice."""
    days = [x.days for x in other.days if notice and x.start <= notice]
    last = f", {days[-1]} days after the notice: by {notice + timedelta(days=days[-1])}" if notice and days else ""
    return f"{other.name}: {other.says}{last}"


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
