"""Why a code beyond the key is wrong, each with its authority and without naming what is still to find."""

import pytest

import workbook as wb
from workbook.encounters.scoring import check

PALPITATIONS = wb.encounter("ENC-001")
DIABETES = wb.encounter("ENC-003")
SKIN = wb.encounter("ENC-006")


def extra(case, answer):
    return [(item.say, item.authority) for item in check(case, answer).items if item.verdict == "extra"]


@pytest.mark.parametrize(
    ("case", "answer", "says", "authority"),
    [
        (DIABETES, "E11.42, E10.9", "are not coded together", "ICD-10-CM Official Guidelines, I.A.12.a"),
        (DIABETES, "E11.42, I10", "The note does not say that this was found", "ICD-10-CM Guidelines, IV.J"),
        (DIABETES, "E11.42, Z79.4, E66", "is not complete", "ICD-10-CM Guidelines, I.B.2"),
        (DIABETES, "E11.42, X99.9Q", "is not in ICD-10-CM", "ICD-10-CM Guidelines, I.B.2"),
        (PALPITATIONS, "R00.2, 17003", "only ever added to another service", "NCCI Policy Manual, ch. I"),
        (
            wb.encounter("ENC-049"),
            "27447-AS-LT, 20610",
            "20610 is included in 27447 unless",
            "NCCI Policy Manual, ch. I",
        ),
        (PALPITATIONS, "R00.2, 27447", "does not show that this was done", "42 USC 1395l(e)"),
    ],
)
def test_the_kind_of_fault_is_named(case, answer, says, authority):
    ((say, cited),) = extra(case, answer)
    assert says in say and cited == authority


def test_only_what_was_found_is_named():
    """Excludes1 with a keyed diagnosis that was not entered would give it away."""
    ((say, authority),) = extra(DIABETES, "E10.9")
    assert "E11" not in say and authority == "ICD-10-CM Guidelines, IV.J"
    ((say, _),) = extra(wb.encounter("ENC-049"), {"procedures": "20610"})
    assert "27447" not in say


def test_the_law_of_medicare_is_not_cited_to_other_payers():
    assert extra(wb.encounter("ENC-012"), {"procedures": "27447"}) == [
        ("The note does not show that this was done and is to be billed here.", None)
    ]


def test_a_stay_cites_its_own_guideline():
    assert extra(wb.encounter("ENC-046"), "K57.32")[0][1] == "ICD-10-CM Guidelines, III"
