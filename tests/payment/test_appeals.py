"""Each level of Medicare's appeals has its last day, its least amount and its decider; other payers have what is known."""

from datetime import date
from decimal import Decimal

import pytest

from workbook.payment.appeals import appeal_level, deadline, least_amount, page
from workbook.terms import DateNotCoveredError, WorkbookError


@pytest.mark.parametrize(
    ("level", "due", "least"),
    [
        (1, date(2026, 5, 11), None),  # the 10th is a Sunday
        (2, date(2026, 7, 9), None),
        (3, date(2026, 3, 11), 200),
        (4, date(2026, 3, 11), None),
        (5, date(2026, 3, 11), 1960),
    ],
)
def test_each_level_has_its_days_after_receipt_and_its_least_amount(level, due, least):
    # notice of 2026-01-05, received on the 10th: 120, 180, 60, 60 and 60 days
    found = appeal_level(level, "2026-01-05")
    assert (found.received, found.due, found.least_amount) == (date(2026, 1, 10), due, least)


@pytest.mark.parametrize(
    ("level", "notice", "due"),
    [
        (1, "2023-10-31", date(2024, 3, 4)),  # 5 Nov + 25 + 31 + 31 + 29 (leap year) = 29 Feb, + 4
        (1, "2024-10-31", date(2025, 3, 5)),  # a year later February has 28 days
        (3, "2023-12-27", date(2024, 3, 1)),  # received on 1 January: 30 to the 31st, 29 of February, 1 of March
        (3, "2024-12-27", date(2025, 3, 2)),  # a Sunday, which no rule that was read moves
        (2, "2025-08-31", date(2026, 3, 4)),  # 5 Sep + 25 + 31 + 30 + 31 + 31 + 28 = 28 Feb, + 4
        (4, "2026-01-31", date(2026, 4, 6)),  # 5 Feb + 23 + 31 = 31 Mar, + 6
    ],
)
def test_days_are_counted_over_leap_years_and_ends_of_months(level, notice, due):
    assert appeal_level(level, notice).due == due


@pytest.mark.parametrize(
    ("level", "notice", "counted", "due", "note"),
    [
        # Medicare's contractors move the last day to the next working day, over a holiday too
        (1, "2025-11-24", date(2026, 3, 29), date(2026, 3, 30), "2026-03-29 is a Sunday; the next working day counts"),
        (1, "2025-06-08", date(2025, 10, 11), date(2025, 10, 14), "2025-10-11 is a Saturday; the next working day counts"),
        (1, "2025-10-14", date(2026, 2, 16), date(2026, 2, 17), "2026-02-16 is Washington's Birthday; the next working day counts"),
        # so do the rules of the federal courts
        (5, "2026-01-23", date(2026, 3, 29), date(2026, 3, 30), "2026-03-29 is a Sunday; the next working day counts"),
        # of the levels between no such rule was read
        (3, "2026-01-23", date(2026, 3, 29), date(2026, 3, 29), "a Sunday; no rule was read that moves it, so have it there by 2026-03-27"),
        (2, "2025-12-26", date(2026, 6, 29), date(2026, 6, 29), None),
    ],
)  # fmt: skip
def test_a_last_day_on_a_day_off_moves_only_where_a_rule_moves_it(level, notice, counted, due, note):
    found = appeal_level(level, notice)
    assert (found.counted, found.due, found.note) == (counted, due, note)


def test_evidence_of_receipt_goes_before_the_presumption():
    # received on 20 January instead of the 10th: 120 days on is 20 May, a Wednesday
    assert appeal_level(1, "2026-01-05", received="2026-01-20").due == date(2026, 5, 20)
    with pytest.raises(WorkbookError, match="received 2026-01-04 is before the notice of 2026-01-05"):
        appeal_level(1, "2026-01-05", received="2026-01-04")


@pytest.mark.parametrize(
    ("filed", "hearing", "court"),
    [
        ("2023-12-31", 180, 1850),
        ("2024-01-01", 180, 1840),  # the court's went down
        ("2024-12-31", 180, 1840),
        ("2025-01-01", 190, 1900),
        ("2026-01-01", 200, 1960),
        ("2026-12-31", 200, 1960),
    ],
)
def test_the_least_amount_is_that_of_the_year_of_the_request(filed, hearing, court):
    day = date.fromisoformat(filed)
    assert (least_amount(3, day), least_amount(5, day)) == (Decimal(hearing), Decimal(court))
    assert [least_amount(level, day) for level in (1, 2, 4)] == [None, None, None]


def test_a_request_that_may_be_filed_in_two_years_tells_both_amounts():
    assert appeal_level(3, "2025-12-01").least == ", at least $200.00 ($190.00 when filed in 2025)"
    assert appeal_level(3, "2023-12-01").least == ", at least $180.00"  # both years ask the same


def test_a_least_amount_that_is_not_loaded_is_said():
    assert "the least amount for 2027 is not loaded" in str(appeal_level(3, "2026-12-01"))
    with pytest.raises(DateNotCoveredError, match="2027-01-02"):
        least_amount(3, date(2027, 1, 2))


def test_a_level_that_there_is_not_is_refused():
    with pytest.raises(WorkbookError, match="Medicare's appeals have levels 1 to 5"):
        appeal_level(6, "2026-01-05")


def test_each_level_says_who_decides_and_how_long_it_has():
    assert [(x.name, x.decided_by, x.decides_in, x.escalates) for x in page().levels] == [
        ("redetermination", "the Medicare administrative contractor", 60, False),
        ("reconsideration", "a qualified independent contractor (QIC)", 60, True),
        ("hearing", "an administrative law judge (OMHA)", 90, True),
        ("Council review", "the Medicare Appeals Council", 90, True),
        ("judicial review", "a federal district court", None, False),
    ]


@pytest.mark.parametrize(("level", "due"), [(2, date(2026, 3, 11)), (3, date(2026, 3, 11)), (4, date(2026, 3, 11))])
def test_a_dismissal_is_reviewed_within_60_days_of_receipt_at_every_level(level, due):
    # a reconsideration has 180 days, the review of a dismissal 60
    found = appeal_level(level, "2026-01-05", dismissed=True)
    assert (found.name, found.days, found.due) == ("review of the dismissal", 60, due)


@pytest.mark.parametrize("level", [1, 5])
def test_the_first_level_and_the_court_review_no_dismissal(level):
    with pytest.raises(WorkbookError, match="levels 2 to 4 do"):
        appeal_level(level, "2026-01-05", dismissed=True)


PAID_ON = date(2025, 11, 24)


@pytest.mark.parametrize(
    ("facts", "due", "rule"),
    [
        (("appeal", "MB", None, None, "M"), None, "the remittance bears no date"),
        (("new claim", "MB", PAID_ON, None, "M"), None, "the date of service is missing"),
        (("other payer", "MB", PAID_ON, None, "M"), None, "the other payer's own time limit runs"),
        (("none", "MB", PAID_ON, None, "M"), None, "there is nothing to file"),
        (
            ("new claim", "MA", PAID_ON, date(2024, 2, 29), "M"),
            date(2025, 2, 28),
            "one calendar year after the service of 2024-02-29",
        ),
        (("appeal", "ZZ", PAID_ON, None, "M"), None, "see the contract with M, and its notice"),
        (("new claim", "CI", PAID_ON, None, "M"), None, "see the contract with M, and its notice"),
    ],
)
def test_a_day_that_cannot_be_known_says_why(facts, due, rule):
    found = deadline(*facts)
    assert (found.due, found.rule) == (due, rule)


@pytest.mark.parametrize(
    ("notice", "ends"),
    [
        (date(2024, 12, 31), "60 days after the notice: by 2025-03-01"),
        (date(2025, 1, 1), "65 days after the notice: by 2025-03-07"),
    ],
)
def test_medicare_advantage_has_65_days_since_2025_and_asks_for_a_waiver_of_liability(notice, ends):
    found = deadline("appeal", "16", notice, None, "A PLAN")
    assert found.due is None  # whether the provider is contracted no claim tells
    assert found.rule.startswith(
        "see the contract with A PLAN, and its notice; Medicare Advantage: a contracted provider"
    )
    assert "signed waiver of liability" in found.rule
    assert found.rule.endswith(ends)


@pytest.mark.parametrize(
    ("filing", "says", "unverified"),
    [
        ("CI", "at least 180 days from receipt of the denial", False),
        ("MC", "a matter of the state", True),
        ("CH", "a network provider is no appealing party", False),
    ],
)
def test_of_other_payers_what_is_known_is_said_and_whether_its_text_was_read(filing, says, unverified):
    found = deadline("appeal", filing, PAID_ON, None, "A PAYER")
    assert (found.due, found.level) == (None, None)
    assert says in found.rule
    assert found.authority.unverified is unverified
