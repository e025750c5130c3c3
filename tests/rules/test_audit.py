"""An audit says what it found, and as loudly what it could not check."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE
from workbook.terms import WorkbookError
from workbook.ui.show import findings_text

DAY = date(2025, 11, 3)
NPI = "1234567893"


def claims(lines, day=DAY, diagnoses=("R002",), received=date(2025, 11, 10), billed=None, code_set="icd10", **claim):
    rows = [
        {
            "claim_id": "C1",
            "line_number": n,
            "service_from_date": day,
            "units": Decimal(1),
            "billed_amount": Decimal(100),
            "diagnosis_pointer_1": 1,
            **r,
        }
        for n, r in enumerate(lines, 1)
    ]
    total = sum(r["billed_amount"] for r in rows) if billed is None else billed
    head = {"claim_id": "C1", "claim_type": "professional", "billing_provider_npi": NPI, "patient_id": "P1",
            "billed_amount": total, "place_of_service": "11", "claim_filing_code": "MB", "received_date": received,
            "patient_birth_date": date(1958, 2, 11), "patient_sex": "F"}  # fmt: skip
    codes = [
        {
            "claim_id": "C1",
            "sequence": n,
            "role": "other" if n > 1 else "principal",
            "diagnosis_code": c,
            "code_set": code_set,
        }
        for n, c in enumerate(diagnoses, 1)
    ]
    return Claims(
        {
            "claim": CLAIM.from_rows([{**head, **claim}]),
            "claim_line": CLAIM_LINE.from_rows(rows),
            "claim_diagnosis": CLAIM_DIAGNOSIS.from_rows(codes),
        }
    )


def outcomes(audit, rule_id):
    return {(r["outcome"], r["why"]): r["count"] for r in audit.arrow_coverage.to_pylist() if r["rule_id"] == rule_id}


def test_a_finding_carries_rule_line_sentence_authority_edition_and_dollars():
    audit = wb.audit(claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "93000"}, {"hcpcs_code": "93010"}]))
    (finding,) = audit.arrow_findings.to_pylist()
    assert (finding["rule_id"], finding["claim_id"], finding["line_number"], finding["carc"]) == (
        "PTP-002",
        "C1",
        3,
        "236",
    )
    assert finding["message"].startswith("93010 is included in 93000 (claim C1, line 2)")
    assert "NCCI Policy Manual" in finding["authority"]
    assert "ptp teaching-2026Q2" in finding["edition"]
    # 0.17 + 0.06 + 0.01 = 0.24 RVU × 32.3465 = 7.76; less 20 % (1.55) = 6.21; less 2 % (0.12) = 6.09
    assert finding["amount_at_stake"] == Decimal("6.09")


def test_money_left_behind_is_below_nought_and_is_that_of_the_code_not_billed():
    given = claims([{"hcpcs_code": "99213"}, {"hcpcs_code": "J1885", "units": Decimal(2)}])
    audit = wb.audit(given, rules=["MISS-001"])
    (finding,) = audit.arrow_findings.to_pylist()
    # 96372: 0.17 + 0.25 + 0.01 = 0.43 RVU × 32.3465 = 13.91; less 20 % (2.78) = 11.13; less 2 % (0.22) = 10.91
    assert (finding["line_number"], finding["amount_at_stake"]) == (2, Decimal("-10.91"))
    assert "Left behind $10.91." in findings_text(audit)


def test_what_a_line_would_be_paid_is_not_at_stake_where_another_is_missing():
    given = claims([{"hcpcs_code": "90471"}])
    (finding,) = wb.audit(given, rules=["MISS-004"]).arrow_findings.to_pylist()
    assert finding["amount_at_stake"] is None


def test_a_clean_claim_has_no_findings():
    assert wb.audit(claims([{"hcpcs_code": "99213"}])).arrow_findings.num_rows == 0


def test_findings_have_the_same_ids_in_a_second_run():
    given = claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93000"}])
    first, second = wb.audit(given), wb.audit(given)
    assert first.arrow_findings["finding_id"].to_pylist() == second.arrow_findings["finding_id"].to_pylist()
    assert first.arrow_findings.num_rows == 1


def test_a_date_that_no_edition_serves_is_not_checked_and_never_a_pass():
    audit = wb.audit(
        claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93010"}], day=date(2015, 11, 3), received=date(2015, 11, 9))
    )
    why = "ptp: no loaded edition serves the date of service"
    assert outcomes(audit, "PTP-002") == {("not checked", why): 2}
    assert f"PTP-002: 2 lines not checked, because {why}" in audit.not_checked


def test_a_rule_does_not_apply_before_it_was_in_force():
    audit = wb.audit(
        claims([{"hcpcs_code": "99213"}], day=date(2009, 12, 31), received=date(2015, 1, 1)), rules=["TIME-001"]
    )
    assert outcomes(audit, "TIME-001") == {("not applicable", "the rule was not in force"): 1}
    assert audit.arrow_findings.num_rows == 0


def test_what_a_rule_needs_and_is_missing_is_said():
    audit = wb.audit(claims([{"hcpcs_code": "99213"}], received=None), rules=["TIME-001"])
    assert outcomes(audit, "TIME-001") == {("not checked", "received_date is missing"): 1}


def test_an_institutional_claim_is_not_judged_by_a_professional_rule():
    audit = wb.audit(claims([{"hcpcs_code": "99213"}], claim_type="institutional"), rules=["DUP-001", "SUM-001"])
    assert outcomes(audit, "DUP-001") == {("not applicable", "not a professional claim"): 1}
    assert outcomes(audit, "SUM-001") == {("checked", None): 1}


def test_every_judged_thing_has_exactly_one_outcome_for_every_rule():
    audit = wb.audit(
        claims([{"hcpcs_code": c} for c in ("99213", "93000", "93010", "45378")], diagnoses=("R002", "E11"))
    )
    totals = {"line": 4, "claim": 1, "diagnosis": 2}
    for card in wb.rules():
        assert sum(outcomes(audit, card.id).values()) == totals[card.judges], card.id


def test_an_incomplete_and_an_unknown_diagnosis_are_told_apart():
    audit = wb.audit(claims([{"hcpcs_code": "99213"}], diagnoses=("E11", "E1199X")))
    assert [(f["rule_id"], f["message"][:16]) for f in audit.arrow_findings.to_pylist()] == [
        ("DX-001", "Diagnosis E11.99"),
        ("DX-002", "Diagnosis E11 is"),
    ]


def test_an_icd_9_code_is_not_judged_as_icd_10():
    audit = wb.audit(claims([{"hcpcs_code": "99213"}], diagnoses=("0340",), code_set="icd9"), rules=["DX-001"])
    assert outcomes(audit, "DX-001") == {("not applicable", "the code is not ICD-10-CM"): 1}


def test_denials_are_what_a_payer_would_refuse_with_group_and_reason():
    given = claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93000"}], billed=Decimal(100))
    audit = wb.audit(given)
    assert {f["rule_id"] for f in audit.arrow_findings.to_pylist()} == {"DUP-001", "SUM-001"}
    assert [(d["line_number"], d["group_code"], d["carc"]) for d in audit.denials.to_pylist()] == [(2, "OA", "18")]


def test_empty_claims_give_no_findings_and_nothing_checked():
    audit = wb.audit(Claims())
    assert audit.arrow_findings.num_rows == 0
    assert outcomes(audit, "SUM-001") == {("not checked", "the data have no claim"): 0}
    assert outcomes(audit, "DX-001") == {("not checked", "the data have no diagnosis"): 0}
    assert {c["rule_id"] for c in audit.arrow_coverage.to_pylist()} == {card.id for card in wb.rules()}
    assert f"{len(wb.rules())} rules could check nothing" in repr(audit)


def test_a_rule_about_diagnoses_is_not_passed_over_where_the_data_have_none():
    audit = wb.audit(claims([{"hcpcs_code": "99213"}], diagnoses=()), price=False)
    assert outcomes(audit, "DX-001") == {("not checked", "the data have no diagnosis"): 0}
    assert "DX-001: 0 diagnoses not checked, because the data have no diagnosis" in audit.not_checked
    assert outcomes(audit, "DX-012") == {("not applicable", "not a institutional claim"): 0}


def test_a_claim_of_no_stated_type_is_not_judged_by_a_rule_for_one_type():
    audit = wb.audit(claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93000"}], claim_type=None), price=False)
    assert outcomes(audit, "DUP-001") == {("not checked", "claim_type is missing"): 2}
    assert audit.arrow_findings.num_rows == 0


def test_what_a_claim_says_is_escaped_where_it_is_shown():
    audit = wb.audit(claims([{"hcpcs_code": "<b>x</b>"}, {"hcpcs_code": "<b>x</b>"}]))
    assert "<b>x</b>" not in audit._repr_html_()
    assert "&lt;b&gt;x&lt;/b&gt;" in audit._repr_html_()


def test_parquet_files_are_audited_without_passing_through_pandas(tmp_path):
    import pyarrow.parquet as pq

    given = claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93010"}])
    for name, table in given.arrow.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    audit = wb.audit({name: tmp_path / f"{name}.parquet" for name in given.arrow})
    assert audit.arrow_findings.equals(wb.audit(given).arrow_findings)


@pytest.mark.parametrize(("engine", "message"), [("sqlite", "no engine is called 'sqlite'")])
def test_an_unknown_engine_is_refused_with_the_choices(engine, message):
    with pytest.raises(WorkbookError, match=message):
        wb.audit(Claims(), engine=engine)


def test_the_room_and_the_verb_of_the_same_name_both_work():
    import workbook.rules

    assert wb.rules() == workbook.rules.rules()
    assert wb.rules is workbook.rules
