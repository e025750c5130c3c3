"""Is the federal government at work on a day, and which working day comes next to it?

The holidays are those of 5 U.S.C. 6103. A day that the President alone gives off is not among them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@cache
def federal_holidays(year: int) -> dict[date, str]:
    """The days of a year on which a federal holiday is observed: the Friday for a Saturday, the Monday for a Sunday.

    New Year's Day of the next year is observed in this one when it falls on a Saturday.
    """
    fixed = {date(year, 1, 1): "New Year's Day", date(year, 7, 4): "Independence Day",
             date(year, 11, 11): "Veterans Day", date(year, 12, 25): "Christmas Day",
             date(year + 1, 1, 1): "New Year's Day"}  # fmt: skip
    if year >= 2021:
        fixed[date(year, 6, 19)] = "Juneteenth"
    floating = {
        _nth(year, 1, 0, 3): "Birthday of Martin Luther King, Jr.", _nth(year, 2, 0, 3): "Washington's Birthday",
        _nth(year, 6, 0, 1) - 7 * DAY: "Memorial Day", _nth(year, 9, 0, 1): "Labor Day",
        _nth(year, 10, 0, 2): "Columbus Day", _nth(year, 11, 3, 4): "Thanksgiving Day",
    }  # fmt: skip
    observed = {_observed(day): name for day, name in fixed.items()} | floating
    return {day: name for day, name in sorted(observed.items()) if day.year == year}


def day_off(day: date) -> str | None:
    """Why a day is no working day of the federal government ("a Sunday", "Labor Day"); null for a working day."""
    holiday = federal_holidays(day.year).get(day)
    return holiday or (f"a {WEEKDAYS[day.weekday()]}" if day.weekday() >= SATURDAY else None)


def next_workday(day: date) -> date:
    """The day itself when it is a working day, else the first one after it."""
    while day_off(day):
        day += DAY
    return day


def last_workday(day: date) -> date:
    """The day itself when it is a working day, else the last one before it."""
    while day_off(day):
        day -= DAY
    return day


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The nth weekday (0 is Monday) of a month."""
    first = date(year, month, 1)
    return first + DAY * ((weekday - first.weekday()) % 7 + 7 * (n - 1))


def _observed(day: date) -> date:
    return day + {SATURDAY: -DAY, SUNDAY: DAY}.get(day.weekday(), 0 * DAY)
