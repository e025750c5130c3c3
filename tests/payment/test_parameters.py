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


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [
        # CMS-1808-IFC, Table 1: 4,478.09 + 2,146.30 above a wage index of 1, 4,107.12 + 2,517.27 at most 1
        ("inpatient_operating_rate", date(2024, 10, 1), "6624.39"),
        ("inpatient_labor_share", date(2025, 9, 30), "0.676"),
        ("inpatient_labor_share_low", date(2025, 9, 30), "0.62"),
        ("inpatient_outlier_threshold", date(2025, 9, 30), "46217"),
        ("inpatient_operating_rate", date(2025, 10, 1), "6752.61"),
        ("inpatient_labor_share", date(2025, 10, 1), "0.66"),
        ("inpatient_outlier_threshold", date(2026, 9, 30), "40397"),
        ("part_a_deductible", date(2024, 12, 31), "1632"),
        ("part_a_deductible", date(2025, 1, 1), "1676"),
        ("part_a_deductible", date(2026, 1, 1), "1736"),
        ("hospital_coinsurance", date(2024, 6, 3), "408"),
        ("hospital_coinsurance", date(2025, 6, 3), "419"),
        ("hospital_coinsurance", date(2026, 6, 3), "434"),
        ("lifetime_reserve_coinsurance", date(2024, 6, 3), "816"),
        ("lifetime_reserve_coinsurance", date(2025, 6, 3), "838"),
        ("lifetime_reserve_coinsurance", date(2026, 6, 3), "868"),
        ("nursing_facility_coinsurance", date(2024, 6, 3), "204"),
        ("nursing_facility_coinsurance", date(2025, 6, 3), "209.50"),
        ("nursing_facility_coinsurance", date(2026, 6, 3), "217"),
    ],
)
def test_the_hospital_amounts_of_a_date(name, day, value):
    assert wb.parameter(name).on(day).value == Decimal(value)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("inpatient_operating_rate", date(2024, 9, 30)),
        ("inpatient_operating_rate", date(2026, 10, 1)),
        ("inpatient_capital_rate", date(2025, 9, 30)),  # of fiscal year 2025 no two sources were found
        ("part_a_deductible", date(2023, 12, 31)),
        ("hospital_coinsurance", date(2023, 12, 31)),
        ("lifetime_reserve_coinsurance", date(2027, 1, 1)),
        ("nursing_facility_coinsurance", date(2027, 1, 1)),
    ],
)
def test_a_hospital_amount_of_a_date_that_is_not_known_is_refused(name, day):
    with pytest.raises(DateNotCoveredError, match=f"no value for {day}"):
        wb.parameter(name).on(day)


@pytest.mark.parametrize("parts", [("4478.09", "2146.30", "0.676"), ("4107.12", "2517.27", "0.62")])
def test_the_labor_share_of_fiscal_year_2025_is_that_of_the_printed_parts(parts):
    labor, rest, share = map(Decimal, parts)
    assert labor + rest == wb.parameter("inpatient_operating_rate").on(date(2025, 1, 1)).value
    assert round(labor / (labor + rest), 4) == Decimal(share)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_daily_coinsurance_of_a_year_is_the_part_of_its_deductible_that_the_law_sets(year):
    day = date(year, 1, 1)
    deductible = wb.parameter("part_a_deductible").on(day).value
    for name, part in (
        ("hospital_coinsurance", 4),
        ("lifetime_reserve_coinsurance", 2),
        ("nursing_facility_coinsurance", 8),
    ):
        assert wb.parameter(name).on(day).value == deductible / part


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
