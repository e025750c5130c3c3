"""A clean extract is fit, what is missing is never a pass, and the result shows itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from tests.claims.intake.intake_extract import SUM, TODAY, D, claims_of, clean, could_not_run, failed, one_claim
from workbook.claims.intake import intake
from workbook.claims.intake.great import Suite
from workbook.claims.intake.suites import suites
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES, PROBLEM
from workbook.terms import WorkbookError


def test_a_clean_extract_is_fit() -> None:
    result = intake(clean(), today=TODAY)
    assert result.verdict == "fit"
    assert repr(result) == "Fit: 108 of 108 checks passed on 2 claims, 4 lines"
    assert set(result.checks["outcome"]) == {"passed"}
    assert list(result.checks) == ["table", "check", "severity", "outcome", "rows_checked", "rows_failed", "why"]
    assert list(result.rows) == ["table", "check", "row_number", "claim_id", "line_number", "column", "value"]
    assert len(result.rows) == 0


def test_a_warning_leaves_the_extract_fit_with_warnings() -> None:
    rows = one_claim("C1")
    rows["claim"][0]["patient_sex"] = "X"
    result = intake(claims_of(rows), today=TODAY)
    assert result.verdict == "fit with warnings"
    assert repr(result) == "Fit with warnings: 107 of 108 checks passed on 1 claim, 2 lines"


def test_empty_tables_are_not_fit() -> None:
    result = intake(Claims())
    assert result.verdict == "not fit"
    assert failed(result) == [
        ("claim", "there is at least one claim"),
        ("claim_line", "there is at least one service line"),
    ]
    assert {o.why for o in result.outcomes if o.outcome == "failed"} == {"the table has no rows"}
    assert {o.rows_checked for o in result.outcomes} == {0}


def test_a_required_column_that_is_all_null_fails_on_every_row() -> None:
    claims = clean()
    frames = {name: getattr(claims, name) for name in CLAIM_TABLES}
    frames["claim_line"] = frames["claim_line"].drop(columns="units")
    result = intake(Claims.from_frames(frames), today=TODAY)
    assert failed(result) == [("claim_line", "units is present")]
    assert result.rows[["claim_id", "line_number"]].values.tolist() == [["C1", 1], ["C1", 2], ["C2", 1], ["C2", 2]]


def test_a_negative_claim_without_lines_is_both_negative_and_without_lines() -> None:
    rows = one_claim("C1")
    rows["claim"].append({**rows["claim"][0], "claim_id": "C2", "billed_amount": D("-1.00")})
    result = intake(claims_of(rows), today=TODAY)
    assert failed(result) == [("claim", "billed_amount is not negative"), ("claim", "every claim has a service line")]
    assert result.rows[["claim_id", "value"]].values.tolist() == [["C2", "-1.00"], ["C2", "C2"]]


@pytest.mark.parametrize("table", CLAIM_TABLES)
def test_a_row_without_a_claim_id_fails_only_that_it_is_present(table: str) -> None:
    rows = one_claim("C1")
    rows[table].append({**rows[table][-1], "claim_id": None})
    result = intake(claims_of(rows), today=TODAY)
    assert failed(result) == [(table, "claim_id is present")]
    assert result.rows["value"].isna().all()
    assert f"the first is row {len(rows[table])}" in next(o.why for o in result.outcomes if o.outcome == "failed")


def test_a_missing_column_could_not_be_checked_and_is_not_fit() -> None:
    claims = clean()
    claims.arrow["claim"] = claims.arrow["claim"].drop_columns(["patient_sex", "patient_birth_date"])
    result = intake(claims, today=TODAY)
    assert result.verdict == "not fit"
    assert failed(result) == []
    assert could_not_run(result) == {
        "patient_sex is F, M or U": "claim.patient_sex is missing",
        "patient_birth_date is a date": "claim.patient_birth_date is missing",
        "the patient was born by service_from_date": "claim.patient_birth_date is missing",
        "the patient is at most 122 years old": "claim.patient_birth_date is missing",
    }
    assert repr(result) == "Not fit: 104 of 108 checks passed on 2 claims, 4 lines; 4 could not run"


def test_a_missing_table_could_not_be_checked_and_is_not_fit() -> None:
    claims = clean()
    del claims.arrow["claim_line"]
    result = intake(claims, today=TODAY)
    assert result.verdict == "not fit"
    assert set(could_not_run(result).values()) == {"there is no claim_line table"}
    assert "there is at least one service line" in could_not_run(result)
    assert "every claim has a service line" in could_not_run(result)


def as_text(claims: Claims, spoil: bool) -> Claims:
    """The claims with every date, amount and quantity as text; with `spoil`, the last row's is not readable."""
    for name, table in CLAIM_TABLES.items():
        for position, column in enumerate(table.columns):
            if column.type in ("date", "money", "quantity"):
                cells = [None if c is None else str(c) for c in claims.arrow[name][column.name].to_pylist()]
                cells[-1] = (
                    {"date": "2025-02-30", "money": "$12", "quantity": "two"}[column.type] if spoil else cells[-1]
                )
                changed = claims.arrow[name].set_column(position, column.name, pa.array(cells, pa.string()))
                claims.arrow[name] = changed
    return claims


def test_text_that_reads_as_a_date_or_an_amount_is_judged_as_one() -> None:
    assert (
        repr(intake(as_text(clean(), spoil=False), today=TODAY)) == "Fit: 108 of 108 checks passed on 2 claims, 4 lines"
    )


def test_text_that_is_no_date_or_amount_is_named_and_what_needs_it_could_not_run() -> None:
    result = intake(as_text(clean(), spoil=True), today=TODAY)
    typed = [
        (t.name, c.name) for t in CLAIM_TABLES.values() for c in t.columns if c.type in ("date", "money", "quantity")
    ]
    assert list(zip(result.rows["table"], result.rows["column"], strict=True)) == typed
    assert set(result.rows["value"]) == {"2025-02-30", "$12", "two"}
    assert set(result.rows["claim_id"]) == {"C2"}
    whys = could_not_run(result)
    assert whys["units are more than zero"] == "claim_line.units has values that are not of the type quantity"
    assert SUM in whys


@pytest.mark.parametrize("text", ["0.333", "NaN", "12345678901.00", "1,000"])
def test_an_amount_that_money_cannot_hold_is_unreadable_rather_than_rounded(text: str) -> None:
    claims = claims_of(one_claim("C1"))
    position = claims.arrow["other_payer"].column_names.index("paid_amount")
    claims.arrow["other_payer"] = claims.arrow["other_payer"].set_column(position, "paid_amount", pa.array([text]))
    result = intake(claims, today=TODAY)
    assert failed(result) == [("other_payer", "paid_amount is an amount in dollars and cents")]
    assert result.rows["value"].tolist() == [text]


def test_great_expectations_is_handed_exact_python_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    handed, validate = [], Suite.validate
    monkeypatch.setattr(Suite, "validate", lambda suite, frame: (handed.append(frame), validate(suite, frame))[1])
    intake(clean(), today=TODAY)
    frame = next(frame for frame in handed if "diagnosis_pointer_1" in frame)
    assert set(frame.dtypes) == {pd.Series([None], dtype=object).dtype}
    first = frame.iloc[0]
    assert (type(first["billed_amount"]), str(first["billed_amount"])) == (D, "60.10")
    assert (type(first["service_from_date"]), first["service_from_date"]) == (date, date(2025, 3, 14))
    assert (type(first["diagnosis_pointer_1"]), type(first["hcpcs_code"])) == (int, str)
    assert first["diagnosis_pointer_3"] is None


def test_charges_are_added_exactly() -> None:
    rows = one_claim("C1")
    for line in rows["claim_line"]:
        line["billed_amount"] = D("0.10")
    rows["claim_line"].append({**rows["claim_line"][0], "line_number": 3})
    rows["claim"][0]["billed_amount"] = D("0.30")  # 0.1 + 0.1 + 0.1 is 0.30000000000000004 in floating point
    assert intake(claims_of(rows), today=TODAY).verdict == "fit"


def test_a_cent_is_seen_in_ten_thousand_million_dollars_and_an_overflow_is_only_a_wrong_sum() -> None:
    rows = one_claim("C1")
    rows["claim"][0]["billed_amount"] = D("9999999999.99")
    rows["claim_line"][0]["billed_amount"], rows["claim_line"][1]["billed_amount"] = D("9999999999.99"), D("0.01")
    result = intake(claims_of(rows), today=TODAY)
    assert failed(result) == [("claim", SUM)]
    assert result.rows["value"].tolist() == ["9999999999.99, 10000000000.00"]


@pytest.mark.parametrize(("severity", "verdict"), [("error", "not fit"), ("warning", "fit with warnings")])
def test_what_the_reader_found_wrong_counts(severity: str, verdict: str) -> None:
    problem = {
        "file": "a.837",
        "segment_number": 7,
        "severity": severity,
        "claim_id": "C1",
        "message": "CLM02 is not a number",
    }
    claims = Claims(clean().arrow, problems=PROBLEM.from_rows([problem]))
    result = intake(claims, today=TODAY)
    assert result.verdict == verdict
    assert failed(result) == [("problem", f"the file was read without {severity}s")]
    assert result.rows[["claim_id", "column", "value"]].values.tolist() == [["C1", "message", "CLM02 is not a number"]]


def test_a_hipps_rate_and_an_icd9_code_are_not_held_to_the_shapes_of_hcpcs_and_icd10() -> None:
    rows = one_claim("C1")
    rows["claim_line"][0].update(revenue_code="0022", hcpcs_code="KAGD1")
    rows["claim_diagnosis"][1].update(code_set="icd9", diagnosis_code="25000")
    assert intake(claims_of(rows), today=TODAY).verdict == "fit"


def test_only_the_principal_and_other_diagnoses_can_be_pointed_to() -> None:
    rows = one_claim("C1")
    rows["claim_diagnosis"][1]["role"] = "admitting"
    result = intake(claims_of(rows), today=TODAY)
    assert failed(result) == [("claim_line", "diagnosis_pointer_2 points to a diagnosis of the claim")]


def test_a_pointer_of_a_claim_without_any_diagnosis_points_nowhere() -> None:
    rows = one_claim("C1")
    rows["claim_diagnosis"].clear()
    says = "diagnosis_pointer_{} points to a diagnosis of the claim".format
    assert failed(intake(claims_of(rows), today=TODAY)) == [("claim_line", says(1)), ("claim_line", says(2))]


def test_something_else_than_claims_is_refused_in_words() -> None:
    with pytest.raises(WorkbookError, match="not int; read a file with read_claims"):
        intake(837)  # type: ignore[arg-type]
    with pytest.raises(WorkbookError, match=r"claims.837: there is no such folder; read a file with read_claims"):
        intake("claims.837")


def test_the_page_escapes_what_the_extract_says_and_needs_no_other_file(tmp_path: Path) -> None:
    rows = one_claim("<script>alert(1)</script>")
    rows["claim"][0]["patient_sex"] = "<b>"
    result = intake(claims_of(rows), today=TODAY)
    page = result.to_html(tmp_path / "intake.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<td>&lt;b&gt;</td>" in page
    assert not any(word in page for word in ("http:", "https:", "src=", "<link", "@import", "url("))
    assert "<h1>Intake check: fit with warnings</h1>" in page
    assert result._repr_html_() in page
    assert "<td>warning</td><td>failed</td>" in page


def test_a_notebook_shows_the_first_hundred_failing_rows_and_says_how_many_there_are() -> None:
    parts = [one_claim(f"C{n}") for n in range(60)]
    for rows in parts:
        for line in rows["claim_line"]:
            line["units"] = D("0")
    shown = intake(claims_of(*parts), today=TODAY)._repr_html_()
    assert "Failing rows: the first 100 of 120 (all in .rows)" in shown
    assert "C49</td>" in shown and "C50</td>" not in shown  # two lines a claim: C0 … C49


def test_the_sentences_of_a_table_are_all_different() -> None:
    for checks in suites(TODAY).values():
        assert len({c.says for c in checks}) == len(checks)


@pytest.mark.parametrize(("without", "verdict"), [(2, "fit"), (3, "fit with warnings")])
def test_a_share_of_lines_may_point_to_no_diagnosis_before_a_warning(without: int, verdict: str) -> None:
    parts = [one_claim(f"C{number}") for number in range(20)]  # 40 lines: 2 are 5%
    for part in parts[:without]:
        part["claim_line"][0].update(diagnosis_pointer_1=None, diagnosis_pointer_2=None)
    result = intake(claims_of(*parts), today=TODAY)
    assert result.verdict == verdict
    said = [o for o in result.outcomes if o.check.says == "at least 95% of professional lines point to a diagnosis"]
    assert [o.outcome for o in said] == ["passed" if without == 2 else "failed"]


def test_charges_are_compared_only_where_enough_lines_have_the_code() -> None:
    parts = [one_claim(f"C{number}") for number in range(10)]
    parts[0]["claim"][0]["billed_amount"] = D("4080.10")
    parts[0]["claim_line"][1]["billed_amount"] = D("4020.00")
    assert intake(claims_of(*parts), today=TODAY).verdict == "fit"  # ten lines have J1885: too few
