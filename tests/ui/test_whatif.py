"""A claim is priced anew as soon as a term changes, and what cannot be asked says so."""

from decimal import Decimal

import pytest

from tests.rules.test_audit import claims
from workbook.terms import WorkbookError
from workbook.ui import what_if
from workbook.ui.whatif import WhatIfState


@pytest.fixture(scope="module")
def given():
    return claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000", "billed_amount": Decimal(50)}])


def test_each_term_changes_what_is_paid(given):
    state = WhatIfState(given)
    said = "As it is: $0.00 paid, $102.86 the patient's. With these terms: "
    assert state.summary == f"{said}$0.00 paid, $102.86 the patient's."
    state.deductible_met = "all"
    assert state.summary == f"{said}$80.65 paid, $20.57 the patient's."
    state.place_of_service = "22"  # 63.72 of the visit
    assert "$60.87 paid, $15.52 the patient's" in state.summary
    state.supplement = "G"
    assert "$60.87 paid, $0.00 the patient's" in state.summary
    state.payer = "SILVER"
    assert "35.00" in state.lines_html
    assert state.summary.endswith("Supplement G goes with Medicare alone.")


def test_who_does_not_participate_is_paid_less_and_without_assignment_the_patient_is_paid(given):
    state = WhatIfState(given)
    state.deductible_met = "all"
    state.participation = "does not participate, takes assignment"
    # 84.50 and 13.21: 16.90 and 2.64; 67.60 − 1.35 and 10.57 − 0.21
    assert state.summary.endswith("With these terms: $76.61 paid, $19.54 the patient's.")
    state.participation = "does not participate, takes no assignment"
    # the limits: 97.18, and 13.91 × 1.0925 = 15.20
    assert state.summary.endswith("With these terms: $0.00 paid, $76.61 to the patient, $112.38 the patient's.")
    state.supplement = "G"  # pays the coinsurance and what is above Medicare's amount: 76.61 and 1.56 withheld are left
    assert state.summary.endswith("$76.61 to the patient, $78.17 the patient's.")
    state.payer = "SILVER"  # does not ask who participates
    assert "to the patient" not in state.summary


def test_a_line_shows_its_own_place_and_modifiers_and_the_order_of_lines_changes_nothing(given):
    state = WhatIfState(given)
    before = state.summary
    state.modifiers = "25"
    state.is_turned_round = True
    assert state.summary == before
    assert "line 2, 99213" in state.waterfall_html
    state.line_number = 2
    assert (state.modifiers, state.place_of_service) == ("", "11")
    assert "line 1, 93000" in state.waterfall_html


def test_a_modifier_of_one_character_is_refused_in_words_and_the_panel_goes_on(given):
    state = WhatIfState(given)
    state.modifiers = "2"
    assert state.summary == "modifiers '2': write up to four of two characters, as in 50 59"
    state.modifiers = ""
    assert state.summary.startswith("As it is: ")


def test_a_claim_that_is_not_there_is_refused(given):
    with pytest.raises(WorkbookError, match="claim 'C9' is not among these; they begin C1"):
        WhatIfState(given, "C9")


def test_the_panel_shows_every_term_with_its_name(given):
    panel = what_if(given)
    names = [box.description for box in panel.children if box.__class__.__name__ != "HTML"]
    assert names == ["Line", "Place", "Modifiers", "The lines in the opposite order", "Locality", "The provider", "Who pays",
                     "Supplement", "Deductible met"]  # fmt: skip
    assert repr(panel) == "<terms to change>"
