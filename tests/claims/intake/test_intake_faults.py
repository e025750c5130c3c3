"""Each fault fails its own check and no other, and names its row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pytest

from tests.claims.intake.intake_extract import SUM, TODAY, D, Rows, claims_of, one_claim
from workbook.claims.intake import intake
from workbook.claims.intake.result import IntakeResult
from workbook.claims.tables import CLAIM_TABLES


@dataclass(frozen=True)
class Fault:
    """An edit of a clean claim, and the check that must fail on it with what it shows; `lines` are the rows named."""

    edit: Callable[[Rows], Any]
    table: str
    check: str
    column: str
    value: str | None
    lines: tuple[int | None, ...] = (None,)


def last_line(table: str) -> tuple[int | None]:
    return (2,) if table == "claim_line" else (None,)


def put(table: str, column: str, value: Any) -> Callable[[Rows], Any]:
    """Write `value` into the last row of `table`."""
    return lambda rows: rows[table][-1].update({column: value})


def puts(table: str, **values: Any) -> Callable[[Rows], Any]:
    return lambda rows: rows[table][-1].update(values)


def again(table: str, **values: Any) -> Callable[[Rows], Any]:
    """Repeat the last row of `table`, changed by `values`."""
    return lambda rows: rows[table].append({**rows[table][-1], **values})


def cell(table: str, check: str, column: str, value: Any, text: str | None = None) -> Fault:
    """One wrong cell, named by its own column."""
    return Fault(put(table, column, value), table, check, column, text or str(value), last_line(table))


def empty_cells() -> list[Fault]:
    """Each required column empty in one row; claim_id has a test of its own."""
    return [
        Fault(
            put(table.name, c.name, None), table.name, f"{c.name} is present", c.name, None,
            (2 if table.name == "claim_line" and c.name != "line_number" else None,),
        )
        for table in CLAIM_TABLES.values() for c in table.columns if c.required and c.name != "claim_id"
    ]  # fmt: skip


NPI_FAULTS = [
    cell("claim", f"{npi} is ten digits", npi, "123456789")
    for npi in ("billing_provider_npi", "rendering_provider_npi", "referring_provider_npi", "facility_npi")
]
POINTER_FAULTS = [
    fault
    for p in (f"diagnosis_pointer_{n}" for n in (1, 2, 3, 4))
    for fault in (
        cell("claim_line", f"{p} is from 1 to 12", p, 0),
        cell("claim_line", f"{p} is from 1 to 12", p, 13),
        cell("claim_line", f"{p} points to a diagnosis of the claim", p, 3),
    )
]
ORPHANS = [
    Fault(again(t, claim_id="GONE"), t, "claim_id stands in the claim table", "claim_id", "GONE", last_line(t))
    for t in CLAIM_TABLES
    if t != "claim"
]  # fmt: skip
IN_RANGE = "is from 1990-01-01 to the day of this check"
SHAPE = "hcpcs_code has the shape of CPT, HCPCS or CDT (99213, J1885, D0120), save HIPPS rates"
FAULTS = [
    *empty_cells(), *NPI_FAULTS, *POINTER_FAULTS, *ORPHANS,
    Fault(again("claim"), "claim", "no two rows have the same claim_id", "claim_id", "=", (None, None)),
    Fault(
        again("claim_diagnosis"), "claim_diagnosis", "no two rows have the same claim_id, role, sequence",
        "claim_id, role, sequence", "=, other, 1", (None, None),
    ),
    Fault(
        again("claim_procedure"), "claim_procedure", "no two rows have the same claim_id, sequence",
        "claim_id, sequence", "=, 1", (None, None),
    ),
    Fault(
        again("claim_line", billed_amount=D("0.00")), "claim_line", "no two rows have the same claim_id, line_number",
        "claim_id, line_number", "=, 2", (2, 2),
    ),
    Fault(
        again("other_payer"), "other_payer", "no two rows have the same claim_id, line_number, payer_id",
        "claim_id, line_number, payer_id", "=, empty, PRIMARY", (None, None),
    ),
    *(
        Fault(again(table), table, f"no two rows have the same {', '.join(key)}", ", ".join(key), shown, (None, None))
        for table, key, shown in (
            ("claim_party", ("claim_id", "line_number", "role", "sequence"), "=, empty, patient, 1"),
            ("claim_detail", ("claim_id", "line_number", "sequence"), "=, empty, 1"),
            ("other_payer_adjustment", ("claim_id", "line_number", "payer_id", "group_code", "carc"),
             "=, empty, PRIMARY, CO, 45"),
        )
    ),
    cell("claim", "claim_type is professional, institutional or dental", "claim_type", "pharmacy"),
    cell("claim", "patient_sex is F, M or U", "patient_sex", "female"),
    cell("claim", "frequency_code of a professional or dental claim is 1, 7 or 8", "frequency_code", "2"),
    Fault(
        puts("claim", claim_type="institutional", frequency_code="11"), "claim",
        "frequency_code of an institutional claim is one digit or capital letter", "frequency_code", "11",
    ),
    cell("claim", "place_of_service is two digits", "place_of_service", "1"),
    Fault(put("claim", "billed_amount", D("100.31")), "claim", SUM, "billed_amount, line_total", "100.31, 100.30"),
    Fault(lambda rows: rows["claim_line"].clear(), "claim", "every claim has a service line", "claim_id", "="),
    cell("claim_diagnosis", "role is principal, other, admitting, reason_for_visit or external_cause", "role", "first"),
    cell("claim_diagnosis", "code_set is icd10 or icd9", "code_set", "ABK"),
    cell(
        "claim_diagnosis", "an icd10 diagnosis_code has the shape of ICD-10-CM, undotted (E119)",
        "diagnosis_code", "E11.9",
    ),
    Fault(
        puts("claim_line", service_from_date=date(2026, 1, 1), service_through_date=None), "claim_line",
        f"service_from_date {IN_RANGE}", "service_from_date", "2026-01-01", (2,),
    ),
    Fault(
        lambda rows: (
            rows["claim"][0].update(patient_birth_date=None),
            rows["claim_line"][-1].update(service_from_date=date(1989, 12, 31))
        ),
        "claim_line", f"service_from_date {IN_RANGE}", "service_from_date", "1989-12-31", (2,),
    ),
    cell("claim_line", f"service_through_date {IN_RANGE}", "service_through_date", date(2026, 1, 1)),
    Fault(
        put("claim_line", "service_through_date", date(2025, 3, 13)), "claim_line",
        "service_through_date is not before service_from_date", "service_from_date, service_through_date",
        "2025-03-14, 2025-03-13", (2,),
    ),
    Fault(
        put("claim", "patient_birth_date", date(2025, 3, 15)), "claim_line",
        "the patient was born by service_from_date", "patient_birth_date, service_from_date",
        "2025-03-15, 2025-03-14", (1, 2),
    ),
    Fault(
        put("claim", "patient_birth_date", date(1902, 3, 13)), "claim_line",
        "the patient is at most 122 years old", "patient_birth_date", "1902-03-13", (1, 2),
    ),
    Fault(
        lambda rows: (
            rows["claim"][0].update(billed_amount=D("462.20")),  # 60.10 + 402.10, where others charge 40.20
            rows["claim_line"][-1].update(billed_amount=D("402.10")),
        ),
        "claim_line", "the charge for a unit is at most 10 times the median of its code", "billed_amount", "402.10", (2,),
    ),
    *(cell("claim_line", SHAPE, "hcpcs_code", code) for code in ("9921", "99213-25", "j1885", "ABCDE")),
    cell("claim_line", "place_of_service is two digits", "place_of_service", "Office"),
    cell("claim_line", "rendering_provider_npi is ten digits", "rendering_provider_npi", "12345678931"),
    cell("claim_line", "units are more than zero", "units", D("0.000")),
    Fault(
        lambda rows: (
            rows["claim"][0].update(billed_amount=D("20.10")),  # 60.10 - 40.00
            rows["claim_line"][-1].update(billed_amount=D("-40.00")),
        ),
        "claim_line", "billed_amount is not negative", "billed_amount", "-40.00", (2,),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def faulty() -> IntakeResult:
    """One extract in which claim F0 has the first fault, F1 the second, and so on."""
    parts = []
    for number, fault in enumerate(FAULTS):
        rows = one_claim(f"F{number}")
        fault.edit(rows)
        for table in rows.values():
            table[:] = [{**r, "claim_id": f"GONE{number}"} if r["claim_id"] == "GONE" else r for r in table]
        parts.append(rows)
    return intake(claims_of(one_claim("C1"), *parts), today=TODAY)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[f"{f.table}: not {f.check} ({f.value})" for f in FAULTS])
def test_each_fault_fails_exactly_its_check_and_names_its_row(faulty: IntakeResult, number: int) -> None:
    fault, rows = FAULTS[number], faulty.rows
    own = rows[rows["claim_id"].isin([f"F{number}", f"GONE{number}"])]
    value = None if fault.value is None else fault.value.replace("=", f"F{number}").replace("GONE", f"GONE{number}")
    assert [
        (
            r.table,
            r.check,
            None if pd.isna(r.line_number) else r.line_number,
            r.column,
            None if pd.isna(r.value) else r.value,
        )
        for r in own.itertuples()
    ] == [(fault.table, fault.check, line, fault.column, value) for line in fault.lines]


def test_a_clean_claim_beside_faulty_ones_has_no_failing_row(faulty: IntakeResult) -> None:
    assert "C1" not in set(faulty.rows["claim_id"])
    assert faulty.verdict == "not fit"


def test_every_check_is_failed_by_some_fault(faulty: IntakeResult) -> None:
    elsewhere = (
        "is a date",
        "decimals",
        "dollars and cents",
        "at least one",
        "was read",
        "claim_id is present",
        "at least 95%",
    )
    unfailed = [
        (o.check.table, o.check.says)
        for o in faulty.outcomes
        if o.outcome != "failed" and not any(words in o.check.says for words in elsewhere)
    ]
    assert unfailed == [("claim", "billed_amount is not negative")]  # cannot fail alone: see test_intake.py


def test_rows_failed_counts_the_rows_and_why_says_where_the_first_one_is(faulty: IntakeResult) -> None:
    counts = faulty.rows.groupby(["table", "check"], sort=False).size()
    of_checks = faulty.checks[faulty.checks["outcome"] == "failed"].set_index(["table", "check"])["rows_failed"]
    assert counts.to_dict() == of_checks.to_dict()
    number = next(i for i, f in enumerate(FAULTS) if f.check == "units are more than zero")
    outcome = next(o for o in faulty.outcomes if o.check.says == "units are more than zero")
    assert outcome.why.startswith(f"1 of {outcome.rows_checked} rows; the first is row ")
    assert outcome.why.endswith(f"(claim F{number}, line 2)")
