"""A reason code has one meaning, one cause, one who can mend it and one way; or it is loudly not classified."""

from workbook.codes import reference
from workbook.payment.reasons import reason, reasons


def test_every_reason_code_with_a_meaning_has_its_way_and_no_other_has():
    assert set(reasons()) == {row["carc"] for row in reference(["carc"])["carc"].to_pylist()}


def test_every_way_names_its_authority_or_says_that_none_was_read():
    assert all(r.authority.url or r.authority.unverified for r in reasons().values())


def test_a_code_that_no_page_knows_is_a_denial_and_not_classified():
    unknown = reason("999")
    assert (unknown.kind, unknown.category, unknown.is_classified) == ("denial", "not classified", False)


def test_the_remark_code_decides_who_mends_missing_information():
    assert reason("16").fixer == "biller"
    assert reason("16", ["MA27"]).fixer == "front desk"
    assert reason("16", ["M76"]).fixer == "coder"
    assert reason("226", ["N706"]).fixer == "clinician"


def test_an_unprocessable_claim_is_never_appealed():
    assert reason("A1").route == "correct or appeal"
    assert reason("A1", ["MA130"]).route == "new claim"
    assert reason("45", ["MA130"]).route == "none"  # a remark changes a denial, not the contract's part
