"""A day off is a Saturday, a Sunday or a federal holiday on the day it is observed."""

from datetime import date

import pytest
from pandas.tseries.holiday import USFederalHolidayCalendar

from workbook.payment.workdays import day_off, federal_holidays, last_workday, next_workday


@pytest.mark.parametrize("year", [2020, 2021, 2022, 2023, 2024, 2025, 2026, 2027, 2028])
def test_the_holidays_are_those_of_a_second_source(year):
    # Juneteenth has been a holiday since 2021; pandas keeps its own list
    theirs = USFederalHolidayCalendar().holidays(f"{year}-01-01", f"{year}-12-31")
    assert list(federal_holidays(year)) == [day.date() for day in theirs]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 3, 29), "a Sunday"),
        (date(2026, 7, 3), "Independence Day"),  # the 4th is a Saturday
        (date(2026, 7, 6), None),
        (date(2022, 12, 26), "Christmas Day"),  # the 25th is a Sunday
        (date(2021, 12, 31), "New Year's Day"),  # the 1st of January 2022 is a Saturday
        (date(2024, 2, 29), None),
        (date(2026, 11, 26), "Thanksgiving Day"),  # the fourth Thursday; the 27th is a working day
        (date(2026, 11, 27), None),
    ],
)
def test_a_day_off_says_why(day, why):
    assert day_off(day) == why


@pytest.mark.parametrize(
    ("day", "after", "before"),
    [
        (date(2025, 10, 11), date(2025, 10, 14), date(2025, 10, 10)),  # the Saturday before Columbus Day
        (date(2026, 5, 23), date(2026, 5, 26), date(2026, 5, 22)),  # the Saturday before Memorial Day
        (date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29)),
        (date(2025, 5, 31), date(2025, 6, 2), date(2025, 5, 30)),  # over the end of a month
    ],
)
def test_the_nearest_working_day_is_found_on_both_sides(day, after, before):
    assert (next_workday(day), last_workday(day)) == (after, before)
