"""A dated number serves the dates it covers and no other."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from workbook.payment.parameters import FOLDER, parameter_names, read_parameter
from workbook.terms import DateNotCoveredError, WorkbookError


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(2024, 1, 1), "32.7442"),
        (date(2024, 3, 8), "32.7442"),
        (date(2024, 3, 9), "33.2875"),
        (date(2025, 12, 31), "32.3465"),
        (date(2026, 1, 1), "33.4009"),
    ],
)
def test_the_conversion_factor_of_a_date_of_service(day, value):
    assert wb.parameter("conversion_factor").on(day).value == Decimal(value)


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2027, 1, 1)])
def test_a_date_that_no_value_covers_is_refused_with_the_dates_that_are_covered(day):
    with pytest.raises(DateNotCoveredError, match=f"no value for {day}; covered are 2024-01-01 to 2026-12-31"):
        wb.parameter("conversion_factor").on(day)


def test_no_parameter_reaches_into_2027():
    for name in parameter_names():
        assert wb.parameter(name).covered.end_date <= date(2026, 12, 31)


def test_every_value_has_an_authority():
    for name in parameter_names():
        assert all(v.citation.cite for v in wb.parameter(name).values)


PAGE = (FOLDER / "conversion_factor.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"32.7442"', "32.7442", "line 5, values.0.value"),
        ("title:", "titel:", "line 1, titel: there is no such field"),
        ("2024-03-09", "2023-03-09", "line 4, values: the dates must rise"),
        ("end_date: 2026-12-31", "end_date: 2026-12-31\nunit: again", "unit stands twice"),
        ("end_date: 2026-12-31", "end_date: soon", "line 9, end_date"),
    ],
)
def test_a_broken_parameter_is_an_error_that_names_file_line_and_field(tmp_path, old, new, message):
    assert old in PAGE
    path = tmp_path / "conversion_factor.yaml"
    path.write_text(PAGE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorkbookError) as caught:
        read_parameter(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith("conversion_factor.yaml")


def test_an_unknown_parameter_is_refused_with_the_list():
    with pytest.raises(WorkbookError, match=r"no parameter is called 'luck'; the parameters are .*coinsurance_rate, "):
        wb.parameter("luck")
