"""Money is rounded to the cent, halves away from zero; dates in force include both ends."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from workbook.terms import Citation, Span, WorkbookError, dollars, money, parse_date, private_file


@pytest.mark.parametrize(
    ("value", "cents"), [("2.675", "2.68"), ("-2.665", "-2.67"), ("88.952875", "88.95"), (1, "1.00")]
)
def test_money_is_rounded_to_the_cent_halves_away_from_zero(value, cents):
    assert money(value) == Decimal(cents)


@pytest.mark.parametrize(
    ("value", "text"), [(Decimal("1234.5"), "$1,234.50"), (Decimal("-0.5"), "-$0.50"), (None, "–")]
)
def test_dollars_are_shown_as_a_person_writes_them(value, text):
    assert dollars(value) == text


def test_both_ends_of_a_span_are_in_force():
    span = Span(date(2024, 1, 1), date(2024, 3, 8))
    assert [day in span for day in (date(2023, 12, 31), date(2024, 1, 1), date(2024, 3, 8), date(2024, 3, 9))] == [
        False,
        True,
        True,
        False,
    ]
    assert date(2999, 1, 1) in Span(date(2024, 1, 1))
    assert str(Span(date(2024, 1, 1))) == "2024-01-01 onward"


def test_a_date_is_read_from_text_date_or_moment_and_nothing_else():
    assert (
        parse_date("2025-11-03")
        == parse_date(date(2025, 11, 3))
        == parse_date(datetime(2025, 11, 3, 9))
        == date(2025, 11, 3)
    )
    for wrong in ("11/03/2025", "", None, 20251103):
        with pytest.raises(WorkbookError, match="is not a date"):
            parse_date(wrong)


def test_an_unverified_citation_says_so():
    assert str(Citation("42 CFR 414", unverified=True)) == "42 CFR 414 (unverified)"


def test_a_private_file_is_whole_or_absent(tmp_path):
    with pytest.raises(RuntimeError), private_file(tmp_path / "x.txt") as stream:
        stream.write(b"half")
        raise RuntimeError("stopped")
    assert list(tmp_path.iterdir()) == []
    with private_file(tmp_path / "x.txt") as stream:
        stream.write(b"whole")
    assert (tmp_path / "x.txt").read_bytes() == b"whole"
    assert (tmp_path / "x.txt").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_says_so(tmp_path):
    with (
        pytest.raises(WorkbookError, match=r"x\.txt cannot be written: No such file"),
        private_file(tmp_path / "no" / "x.txt"),
    ):
        pass
