"""Questions are judged by a page, and what the page calls right is what the workbook works out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

import workbook as wb
from tests.rules.test_audit import claims
from workbook.payment.appeals import appeal_level
from workbook.payment.reasons import reason
from workbook.terms import WorkbookError, money
from workbook.ui import judge
from workbook.ui.questions import AMOUNT, DATE, questions


def fee(code, **terms):
    return wb.fee(code, on="2025-11-03", **terms).amount


def paid(column, code="99213", **terms):
    return wb.price(claims([{"hcpcs_code": code, "billed_amount": Decimal(190)}]), **terms).lines[column][0]


WORKED_OUT = {
    "fee-of-99214": lambda: fee("99214"),
    "visit-with-the-deductible-met": lambda: paid("paid_amount", locality="10112-00", deductible_met={"P1": 257}),
    "both-endoscopies-in-a-hospital": lambda: (
        fee("45385", setting="facility") + fee("45380", setting="facility") - fee("45378", setting="facility")
    ),
    "second-payer": lambda: money(min(200 - 100, Decimal("140") * Decimal("0.8"), max(140, 160) - 100)),
    "member-of-gold": lambda: paid("coinsurance_amount", "20610", plan="GOLD", deductible_met={"P1": 500}),
}


@pytest.mark.parametrize("name", [n for n, parts in questions().items() if AMOUNT in parts])
def test_the_right_amount_is_what_the_workbook_works_out(name):
    assert Decimal(questions()[name][AMOUNT].right) == WORKED_OUT[name]()


def test_the_last_day_is_5_and_120_days_after_the_notice():
    right = questions()["last-day"][DATE].right
    assert right == str(date(2025, 5, 14) + timedelta(days=5 + 120)) == str(appeal_level(1, "2025-05-14").due)


def test_reasons_are_sorted_as_their_page_sorts_them():
    kinds = {"contractual": "contract", "patient": "patient", "denial": "denial"}
    parts = questions()["contract-patient-or-denial"]
    assert {code: part.right for code, part in parts.items()} == {
        code: kinds[reason(code.split("-")[1]).kind] for code in parts
    }


def test_no_near_miss_is_the_right_answer_and_every_choice_has_its_word():
    for parts in questions().values():
        for kind, part in parts.items():
            assert part.right not in part.near
            assert (part.right in part.choices) is (kind not in (AMOUNT, DATE))


@pytest.mark.parametrize("blank", [None, "", " ", {}])
def test_a_blank_is_not_answered_yet(blank):
    assert set(repr(judge("who-bears-a-refusal", blank)).splitlines()) == {
        f"{item}: Not answered yet." for item in questions()["who-bears-a-refusal"]
    }
    if blank != {}:
        assert judge("fee-of-99214", blank) == judge("last-day", blank) == "Not answered yet."


@pytest.mark.parametrize("written", ["125.18", "$125.18", 125.18, Decimal("125.180"), " 125.18 "])
def test_an_amount_is_read_as_people_write_it(written):
    assert judge("fee-of-99214", written).startswith("Right. 1.92 + 1.80 + 0.15")


def test_a_near_miss_says_what_went_wrong_and_any_other_by_how_much():
    assert judge("fee-of-99214", "93.80").startswith("Not yet. That is the facility fee")
    assert judge("fee-of-99214", 126) == "Not yet: $0.82 too much."
    assert judge("fee-of-99214", "125.00") == "Not yet: $0.18 too little."
    assert judge("fee-of-99214", "a lot") == "'a lot' is not an amount: write dollars and cents, as in 81.86."
    assert judge("last-day", "2025-09-14").startswith("Not yet. Those are four months from the notice")
    assert judge("last-day", "2025-10-01") == "Not yet: earlier."
    assert "is not a date" in judge("last-day", "16 September")


def test_a_choice_is_judged_with_its_reason_and_an_unknown_word_names_the_choices():
    told = judge("contract-patient-or-denial", {"CO-45": " Contract", "PR-2": "denial", "CO-50": "x", "CO-1": "denial"})
    lines = told.splitlines()
    assert lines[0].startswith("CO-45: Right. The charge is above") and lines[1].startswith("PR-2: No. Coinsurance")
    assert "CO-50: 'x' is not among the choices: contract, patient, denial." in lines
    assert lines[-1] == "CO-1: this is not asked"


def test_a_long_sentence_is_shown_in_lines_that_fit():
    told = judge("contract-patient-or-denial", dict.fromkeys(questions()["contract-patient-or-denial"], "patient"))
    assert max(map(len, str(told).splitlines())) > 100 >= max(map(len, repr(told).splitlines()))


def test_a_question_that_there_is_not_is_refused():
    with pytest.raises(WorkbookError, match="no question is called 'x'; they are fee-of-99214"):
        judge("x", 1)
