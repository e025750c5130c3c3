"""What a payer refused is on the list with who can mend it, by which way and until when; what is expected is not."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from tests.payment.ledgers import answer, claims_of
from tests.rules.test_audit import claims
from workbook.payment.appeals import appeal_level, deadline
from workbook.payment.denials import denial_worklist
from workbook.terms import WorkbookError

PAID_ON = date(2025, 11, 24)


def listed(*lines, on="2026-01-31", **facts):
    return denial_worklist(answer("R1", [("C1", "1", [*lines])], **facts), on=on)


def test_what_is_expected_is_no_denial():
    assert (
        listed(
            ("64", [("CO", "45", "20"), ("PR", "2", "16"), ("CO", "253", "1"), ("OA", "23", "5"), ("OA", "133", "3")])
        ).arrow.num_rows
        == 0
    )


def test_a_denial_of_necessity_is_appealed_by_the_clinician_within_125_days_of_the_notice():
    (row,) = listed(("0", [("CO", "50", "100")])).arrow.to_pylist()
    assert (row["fixer"], row["route"], row["way"], row["category"]) == (
        "clinician",
        "appeal",
        "redetermination",
        "medical necessity",
    )
    # 2025-11-24 and 5 days to receive it and 120 days: 6 left in November, 31, 31, 28 and 29 of March
    assert (row["due_date"], row["days_left"]) == (date(2026, 3, 29), 57)
    assert "42 CFR 405.942" in row["authority"]


def test_a_wrong_modifier_is_a_clerical_error_and_has_a_year():
    (row,) = listed(("0", [("CO", "4", "100")])).arrow.to_pylist()
    assert (row["fixer"], row["route"], row["way"], row["due_date"]) == (
        "coder",
        "correct",
        "reopening",
        date(2026, 11, 24),
    )


def test_what_was_never_taken_in_has_a_year_from_the_service():
    (row,) = listed(("0", [("CO", "16", "100")])).arrow.to_pylist()
    assert (row["route"], row["due_date"], row["due_rule"]) == (
        "new claim",
        date(2026, 11, 3),
        "one calendar year after the service of 2025-11-03",
    )


def test_another_payers_time_limit_is_in_its_contract():
    (row,) = listed(("0", [("CO", "50", "100")]), filing="CI").arrow.to_pylist()
    assert (row["due_date"], row["due_rule"]) == (None, "see the contract with A PAYER, and its notice")


def test_a_denial_that_the_payer_puts_on_the_patient_says_so():
    (row,) = listed(("0", [("PR", "96", "100")])).arrow.to_pylist()
    assert row["action"].endswith("The payer puts it on the patient (group PR).")


def test_a_code_that_no_page_knows_is_loud():
    found = listed(("0", [("CO", "999", "100")]))
    assert found.not_classified == ("CO-999",)
    assert repr(found) == "1 denials on 1 claims, $100.00 at charges; NOT CLASSIFIED: CO-999"


def test_a_denial_that_was_reversed_is_off_the_list():
    remittance = answer(
        "R1",
        [
            ("C1", "4", [("0", [("CO", "97", "100")])]),
            ("C1", "22", [("0", [("CO", "97", "-100")])]),
            ("C1", "1", [("80", [("CO", "45", "20")])]),
        ],
    )
    assert denial_worklist(remittance, on="2026-01-31").arrow.num_rows == 0


def test_a_denial_that_was_corrected_waits_for_the_answer():
    denied = answer("R1", [("C1", "4", [("0", [("CO", "4", "100")])])])
    sent = claims_of({"C1": ["100"]}, claim_id="C2", frequency_code="7", original_claim_id="R1-C1")
    (row,) = denial_worklist(denied, sent, on="2026-01-31").arrow.to_pylist()
    assert row["corrected_by"] == "C2"
    assert row["action"].startswith("Claim C2 was sent to correct it; wait for its answer.")


def test_the_most_dollars_come_first_and_of_equal_ones_the_nearest_last_day():
    found = listed(("0", [("CO", "4", "50")]), ("0", [("CO", "50", "50")]), ("0", [("CO", "16", "70")]))
    assert [(r["carc"], r["denied_amount"]) for r in found.arrow.to_pylist()] == [("16", 70), ("50", 50), ("4", 50)]


def test_with_the_claims_a_line_says_what_it_would_have_been_paid():
    # the deductible is unmet: of the first visit's 88.95 and the second's nothing is paid, of the third 257 − 177.90 = 79.10 is still owed
    given = claims([{"hcpcs_code": "99213"}] * 3 + [{"hcpcs_code": "ZZZZZ"}])
    denied = answer("R1", [("C1", "4", [("0", [("CO", "50", "100")])] * 4)])
    found = {
        r["line_number"]: r["expected_amount"]
        for r in denial_worklist(denied, given, on="2026-01-31").arrow.to_pylist()
    }
    # 88.95 − 79.10 = 9.85, less 20 % (1.97), less 2 % of 7.88 (0.16) = 7.72
    assert found == {1: Decimal("0.00"), 2: Decimal("0.00"), 3: Decimal("7.72"), 4: None}


def test_the_practices_denials_are_all_listed_and_each_is_classified():
    remittance = wb.read_remittance("sample_data/claims/remittance.835")
    paid_on = {r["remittance_id"]: r["payment_date"] for r in remittance.arrow["remittance"].to_pylist()}
    ordinary = {"45", "1", "2", "253"}
    until = date(2026, 1, 31)
    expected = [
        a
        for a in remittance.arrow["adjustment"].to_pylist()
        if a["carc"] not in ordinary and paid_on[a["remittance_id"]] <= until
    ]
    found = denial_worklist(remittance, on=until)
    assert found.arrow.num_rows == len(expected) > 100
    assert sum(found.arrow["denied_amount"].to_pylist()) == sum(a["amount"] for a in expected)
    assert found.not_classified == ()
    assert set(found.by("fixer")) == {"biller", "coder", "clinician", "front desk"}


def test_a_list_is_written_for_its_owner_and_guarded(tmp_path):
    path = denial_worklist(answer("R1", [("=C1", "1", [("0", [("CO", "50", "100")])])]), on="2026-01-31").write(
        tmp_path / "d.csv"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert "'=C1" in path.read_text()


def test_a_last_day_that_is_past_says_so_in_words():
    refused = ("0", [("CO", "50", "100")])
    assert ">2026-03-29, past<" in listed(refused, on="2026-03-30")._repr_html_()
    assert ">2026-03-29<" in listed(refused, on="2026-03-29")._repr_html_()


def test_a_page_escapes_what_a_claim_says():
    assert (
        "<script>"
        not in denial_worklist(
            answer("R1", [("<script>", "1", [("0", [("CO", "50", "1")])])]), on="2026-01-31"
        )._repr_html_()
    )


@pytest.mark.parametrize(
    ("level", "due", "least"),
    [
        (1, date(2026, 5, 10), None),
        (2, date(2026, 7, 9), None),
        (3, date(2026, 3, 11), 200),
        (4, date(2026, 3, 11), None),
        (5, date(2026, 3, 11), 1960),
    ],
)
def test_each_level_has_its_days_after_receipt_and_its_least_amount(level, due, least):
    # notice of 2026-01-05, received on the 10th: 120, 180, 60, 60 and 60 days
    found = appeal_level(level, "2026-01-05")
    assert (found.due, found.least_amount) == (due, least)


def test_a_least_amount_that_is_not_loaded_is_said():
    assert "the least amount for 2027 is not loaded" in str(appeal_level(3, "2026-12-01"))


def test_a_level_that_there_is_not_is_refused():
    with pytest.raises(WorkbookError, match="Medicare's appeals have levels 1 to 5"):
        appeal_level(6, "2026-01-05")


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
    ],
)
def test_a_day_that_cannot_be_known_says_why(facts, due, rule):
    found = deadline(*facts)
    assert (found.due, found.rule) == (due, rule)
