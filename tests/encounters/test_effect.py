"""What coding is worth: dollars by the payment steps and faults by the audit, over and under alike."""

from decimal import Decimal

import pytest

import workbook as wb

PALPITATIONS = wb.encounter("ENC-001")  # 99213 88.95 and 93000 13.91 by the national fees of 2025


def test_the_key_itself_costs_nothing_and_trips_nothing():
    found = wb.effect(PALPITATIONS, "R00.2, 99213, 93000")
    assert (found.over, found.under, found.findings) == (0, 0, ())
    assert str(found) == "The same money as the key; an audit would find nothing in it."


def test_a_visit_one_level_too_high_is_the_difference_of_the_two_fees():
    found = wb.effect(PALPITATIONS, "R00.2, 99214, 93000")
    assert (found.over, found.under) == (Decimal("36.23"), 0)  # 125.18 - 88.95
    assert str(found).startswith("$36.23 too much; ")


def test_what_is_left_off_is_shown_as_plainly_as_what_is_too_much():
    found = wb.effect(PALPITATIONS, "R00.2, 99213")
    assert (found.over, found.under) == (0, Decimal("13.91"))
    assert str(found).startswith("$13.91 left behind; ")


def test_a_bundled_code_brings_no_money_and_a_finding_with_its_authority():
    found = wb.effect(PALPITATIONS, "R00.2, 99213, 93000, 93010")
    assert found.over == 0
    ((rule, message, authority),) = found.findings
    assert rule == "PTP-002" and "93010" in message and "NCCI" in authority
    assert "1 fault" in str(found)


def test_a_code_without_a_price_says_so_and_is_not_counted():
    found = wb.effect(PALPITATIONS, "R00.2, 99213, 93000, 99999")
    assert [(w.code, w.why_not) for w in found.not_priced] == [("99999", "99999 is not in the loaded fee file")]
    assert (found.over, found.under) == (0, 0)


@pytest.mark.parametrize("answer", [None, "", [], {"diagnoses": []}])
def test_a_blank_answer_has_no_effect(answer):
    assert str(wb.effect(PALPITATIONS, answer)) == "Not answered yet: no claim, no money."


def test_nothing_typed_raises_and_what_is_shown_is_escaped():
    shown = wb.effect(PALPITATIONS, "<b>R00.2</b>; zzz; 99213-25-59; 12345 x0")._repr_html_()
    assert "<b>" not in shown


def test_codes_still_to_find_are_named_only_when_asked_for():
    hidden = wb.effect(PALPITATIONS, "R00.2, 99214")
    assert [w.code for w in hidden.worth] == ["99214, where another is right", "a code to find"]
    assert "99213" not in repr(hidden) + hidden._repr_html_() and "93000" not in repr(hidden)
    told = wb.effect(PALPITATIONS, "R00.2, 99214", reveal=True)
    assert [w.code for w in told.worth] == ["99214 for 99213", "93000"]


def test_units_are_worth_their_number():
    skin = wb.encounter("ENC-006")  # 17000 for the first lesion, 17003 for each of the next
    further = next(item for item in skin.procedures if item.code == "17003")
    keyed = [item.code for item in skin.diagnoses] + ["17000"]
    few = wb.effect(skin, [*keyed, "17003"])
    paid = next(w for w in few.worth if w.code == "17003")
    assert further.units > 1 and paid.answer * further.units == paid.key
    assert few.under >= paid.key - paid.answer
