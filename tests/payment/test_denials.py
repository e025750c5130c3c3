"""What a payer refused is on the list with who can mend it, by which way and until when; what is expected is not."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from tests.payment.ledgers import answer, claims_of, together
from tests.rules.test_audit import claims
from workbook.payment.denials import denial_worklist


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
    # 2025-11-24 and 5 days to receive it and 120 days: 1 left in November, 31, 31, 28 and 29 of March; that is a Sunday
    assert (row["due_date"], row["days_left"], row["appeal_level"]) == (date(2026, 3, 30), 58, 1)
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


def test_what_medicare_refused_as_too_late_is_no_appeal_but_an_exception():
    (row,) = listed(("0", [("CO", "29", "100")])).arrow.to_pylist()
    assert (row["route"], row["way"], row["appeal_level"], row["due_date"]) == ("exception", "exception", None, None)
    assert "gives no right of appeal" in row["due_rule"]


def test_another_payers_time_limit_is_in_its_contract():
    (row,) = listed(("0", [("CO", "50", "100")]), filing="CI").arrow.to_pylist()
    assert (row["due_date"], row["appeal_level"]) == (None, None)
    assert row["due_rule"].startswith(
        "see the contract with A PAYER, and its notice; commercial: a provider appeals by"
    )


@pytest.mark.parametrize(
    ("decisions", "way", "level", "due"),
    [
        # the redetermination of 12 January: received on the 17th, and 180 days: 14, 28, 31, 30, 31, 30 and 16 of July
        ([(1, "unfavorable", "2026-01-12")], "reconsideration", 2, date(2026, 7, 16)),
        ([(1, "dismissed", "2026-01-12")], "review of the dismissal", 2, date(2026, 3, 18)),
        ([(1, "favorable", "2026-01-12")], "none", None, None),
        ([(1, "pending", None)], "wait", None, None),
        ([(1, "unfavorable", "2026-02-01")], "redetermination", 1, date(2026, 3, 30)),  # after the day of the list
    ],
)
def test_what_was_decided_on_appeal_leads_the_list_to_the_next_level(decisions, way, level, due):
    rows = [{"claim_id": "C1", "level": n, "outcome": o, "notice": d} for n, o, d in decisions]
    remittance = answer("R1", [("C1", "1", [("0", [("CO", "50", "100")])])])
    found = denial_worklist(remittance, on="2026-01-31", decided=rows)
    (row,) = found.arrow.to_pylist()
    assert (row["way"], row["appeal_level"], row["due_date"]) == (way, level, due)
    assert ("level 2: " in found._repr_html_()) == (level == 2)


def test_a_decision_on_one_line_leaves_the_other_where_it_was():
    remittance = answer("R1", [("C1", "1", [("0", [("CO", "50", "100")]), ("0", [("CO", "50", "90")])])])
    decided = [{"claim_id": "C1", "line_number": 2, "level": 1, "outcome": "unfavorable", "notice": "2026-01-12"}]
    first, second = denial_worklist(remittance, on="2026-01-31", decided=decided).arrow.to_pylist()
    assert (first["appeal_level"], second["appeal_level"]) == (1, 2)
    assert second["action"].startswith("Redetermination: unfavorable (2026-01-12). ")


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


def after(*answers, on="2026-01-31"):
    return [
        (r["line_number"], r["carc"], r["denied_amount"])
        for r in denial_worklist(together(*answers), on=on).arrow.to_pylist()
    ]


VISIT = [("64", [("CO", "45", "20"), ("PR", "2", "16")])]
REFUSED = answer("R1", [("C1", "4", [("0", [("CO", "16", "100")])])])


def test_what_was_sent_again_as_new_and_paid_is_off_the_list():
    assert after(REFUSED, answer("R2", [("C1", "1", VISIT)], paid_on=date(2025, 12, 20))) == []
    # before the second answer it was still on it
    assert after(REFUSED, answer("R2", [("C1", "1", VISIT)], paid_on=date(2025, 12, 20)), on="2025-12-01") == [
        (1, "16", 100)
    ]


def test_what_is_refused_twice_is_listed_once_by_its_last_reason():
    again = answer("R2", [("C1", "4", [("0", [("CO", "50", "100")])])], paid_on=date(2025, 12, 20))
    assert after(REFUSED, again) == [(1, "50", 100)]
    same = answer("R2", [("C1", "4", [("0", [("CO", "16", "100")])])], paid_on=date(2025, 12, 20))
    assert after(REFUSED, same) == [(1, "16", 100)]


def test_a_duplicate_does_not_hide_the_refusal_before_it():
    again = answer("R2", [("C1", "4", [("0", [("CO", "18", "100")])])], paid_on=date(2025, 12, 20))
    assert sorted(carc for _, carc, _ in after(REFUSED, again)) == ["16", "18"]


def test_what_the_right_payer_pays_is_off_the_wrong_ones_list():
    right = answer("S1", [("C1", "1", VISIT)], payer="PLAN", paid_on=date(2025, 12, 20))
    assert after(answer("R1", [("C1", "4", [("0", [("CO", "109", "100")])])]), right) == []


def test_a_later_payer_leaves_what_the_first_refused_on_the_list():
    first = answer("R1", [("C1", "1", [*VISIT, ("0", [("CO", "50", "40")])])])
    later = answer("S1", [("C1", "2", [("16", [("OA", "23", "84")]), ("0", [("OA", "23", "40")])])], payer="PLAN")
    assert after(first, later) == [(2, "50", 40)]


def test_claims_that_share_a_number_are_listed_each():
    two = answer("R1", [("C1", "4", [("0", [("CO", "50", "100")])]), ("C1", "4", [("0", [("CO", "50", "60")])])])
    assert after(two) == [(1, "50", 100), (1, "50", 60)]


def test_what_was_only_asked_about_is_not_refused():
    asked = answer("R1", [("C1", "25", [("0", [("OA", "101", "100")])])])
    assert denial_worklist(asked, on="2026-01-31").arrow.num_rows == 0


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
    refused = ("0", [("CO", "50", "100")])  # day 125 is Sunday, 29 March
    assert ">2026-03-30, past<" in listed(refused, on="2026-03-31")._repr_html_()
    assert ">2026-03-30<" in listed(refused, on="2026-03-30")._repr_html_()


def test_a_page_escapes_what_a_claim_says():
    assert (
        "<script>"
        not in denial_worklist(
            answer("R1", [("<script>", "1", [("0", [("CO", "50", "1")])])]), on="2026-01-31"
        )._repr_html_()
    )
