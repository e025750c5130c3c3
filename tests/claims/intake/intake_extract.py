"""A clean extract for the tests of intake, and what they ask of its result."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from workbook.claims.intake.result import IntakeResult
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES

D = Decimal
Rows = dict[str, list[dict[str, Any]]]
TODAY = date(2025, 12, 31)
SUM = "billed_amount is the sum of the charges of the claim's lines"


def one_claim(claim_id: str) -> Rows:
    """A clean professional claim: two diagnoses, two lines of 60.10 and 40.20, which add up to 100.30."""
    line = {
        "claim_id": claim_id, "service_from_date": date(2025, 3, 14), "service_through_date": date(2025, 3, 15),
        "hcpcs_code": "99213", "units": D("1.000"), "place_of_service": "11", "rendering_provider_npi": "1234567893",
        "diagnosis_pointer_1": 1, "diagnosis_pointer_2": 2,
    }  # fmt: skip
    diagnosis = {"claim_id": claim_id, "code_set": "icd10"}
    return {
        "claim": [
            {
                "claim_id": claim_id, "claim_type": "professional", "billing_provider_npi": "1234567893",
                "patient_id": "P1", "patient_birth_date": date(1958, 1, 31), "patient_sex": "F",
                "billed_amount": D("100.30"), "place_of_service": "11", "frequency_code": "1",
            }
        ],
        "claim_diagnosis": [
            {**diagnosis, "sequence": 1, "role": "principal", "diagnosis_code": "E1142"},
            {**diagnosis, "sequence": 1, "role": "other", "diagnosis_code": "Z794"},
        ],
        "claim_procedure": [{"claim_id": claim_id, "sequence": 1, "procedure_code": "0DTJ4ZZ"}],
        "claim_line": [
            {**line, "line_number": 1, "billed_amount": D("60.10")},
            {**line, "line_number": 2, "billed_amount": D("40.20"), "hcpcs_code": "J1885"},
        ],
        "other_payer": [{"claim_id": claim_id, "payer_id": "PRIMARY", "paid_amount": D("1.00")}],
        "other_payer_adjustment": [
            {"claim_id": claim_id, "payer_id": "PRIMARY", "group_code": "CO", "carc": "45", "amount": D("99.30")}
        ],
        "claim_party": [{"claim_id": claim_id, "role": "patient", "sequence": 1, "last_name": "INVENTED"}],
        "claim_detail": [{"claim_id": claim_id, "sequence": 1, "kind": "date", "qualifier": "431"}],
    }  # fmt: skip


def claims_of(*parts: Rows) -> Claims:
    return Claims({name: t.from_rows([r for p in parts for r in p[name]]) for name, t in CLAIM_TABLES.items()})


def clean() -> Claims:
    return claims_of(one_claim("C1"), one_claim("C2"))


def failed(result: IntakeResult) -> list[tuple[str, str]]:
    return [(o.check.table, o.check.says) for o in result.outcomes if o.outcome == "failed"]


def could_not_run(result: IntakeResult) -> dict[str, str]:
    return {o.check.says: o.why for o in result.outcomes if o.outcome == "could not run"}
