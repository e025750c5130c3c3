"""Claims and a remittance about invented people, with something identifying in every place where it can stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import CLAIM_TABLES, REMITTANCE_TABLES

D = Decimal
Rows = dict[str, list[dict[str, Any]]]
CLINIC, DOCTOR = "1234567893", "1987654328"
PATIENT = {
    "role": "patient", "sequence": 1, "is_organization": False, "last_name": "Quackenbush", "first_name": "Wilhelmina",
    "middle_name": "Ottoline", "name_suffix": "Esquire", "identifier_type": "MI", "identifier": "MEMBER-000777",
    "birth_date": date(1950, 3, 9), "sex": "F", "tax_id_type": "SY", "tax_id": "123-45-6789",
    "address_1": "4711 Nightingale Crescent", "address_2": "Apartment 1203B", "city": "Gumdropville", "state": "OH",
    "zip_code": "44114-9876", "contact_name": "Cornelius Pettigrew", "phone": "2165550147", "phone_extension": "99887766",
    "fax": "2165550148", "email": "wilhelmina@example.org",
}  # fmt: skip
#: (kind, qualifier, value) of claim_detail rows that say who the patient is
DETAILS = [
    ("reference", "EA", "CHART-556677"),
    ("reference", "SY", "123-45-6789"),
    ("reference", "G1", "AUTHORIZED-8765"),
    ("reference", "0B", "LICENSE-24680"),
    ("note", "ADD", "Mrs. Quackenbush phoned from Gumdropville"),
    ("segment", "K3", "K3*PLATE-HH4711"),
    ("element", "CLM19", "DEVICE-SERIAL-0815"),
    ("date", "431", "20250302"),
    ("something new", "ZZ", "VOICEPRINT-3141"),
]
SECRETS = [
    *(v for k, v in PATIENT.items() if isinstance(v, str) and k not in ("role", "identifier_type", "sex", "state", "tax_id_type")),
    *(value for _, _, value in DETAILS),
    "Quackenbush", "Nightingale", "Gumdropville", "44114", "CLAIM-A1", "CONTROL-A1", "GROUP-5150", "Acme Anvils",
    "ORIGINAL-31337", "PRIOR-90210", "REFERRAL-60606", "Buckeye Mutual", "BUCKEYE-PAYS", "/home/clerk/quackenbush.837",
    "LINE-A1-1", "CHECK-424242", "PAYER-CLAIM-99", "LOAN-778899", "Sample Clinic LLC", CLINIC, DOCTOR,
]  # fmt: skip


def rows_of(claim_id: str = "CLAIM-A1", patient: str = "MEMBER-000777", **claim: Any) -> Rows:
    """One claim with two lines, and all that can be said about it; `claim` overrides columns of its claim row."""
    own = {"claim_id": claim_id}
    detail = {**own, "about": None, "from_date": date(2025, 3, 2)}
    return {
        "claim": [
            {
                **own, "patient_control_number": claim_id.replace("CLAIM", "CONTROL"), "claim_type": "professional",
                "payer_id": "BUCKEYE-PAYS", "payer_name": "Buckeye Mutual", "claim_filing_code": "CI",
                "billing_provider_npi": CLINIC, "rendering_provider_npi": DOCTOR, "patient_id": patient,
                "subscriber_id": patient, "group_number": "GROUP-5150", "group_name": "Acme Anvils",
                "patient_birth_date": date(1950, 3, 9), "patient_sex": "F", "billed_amount": D("100.30"),
                "place_of_service": "11", "frequency_code": "7", "original_claim_id": "ORIGINAL-31337",
                "prior_authorization": "PRIOR-90210", "referral_number": "REFERRAL-60606", "accident_state": "OH",
                "received_date": date(2025, 3, 20), "source_file": "/home/clerk/quackenbush.837", "source_segment": 7,
                **claim,
            }
        ],
        "claim_diagnosis": [{**own, "sequence": 1, "role": "principal", "diagnosis_code": "E1142", "code_set": "icd10"}],
        "claim_procedure": [{**own, "sequence": 1, "procedure_code": "0DTJ4ZZ", "procedure_date": date(2025, 3, 14)}],
        "claim_line": [
            {**own, "line_number": 1, "service_from_date": date(2025, 3, 14), "hcpcs_code": "99213", "units": D("1.000"),
             "billed_amount": D("60.10"), "line_control_number": claim_id.replace("CLAIM", "LINE") + "-1"},
            {**own, "line_number": 2, "service_from_date": date(2025, 3, 17), "hcpcs_code": "J1885", "units": D("2.000"),
             "billed_amount": D("40.20"), "ndc": "00409379501"},
        ],
        "claim_party": [{**own, **PATIENT}],
        "claim_detail": [
            *({**detail, "sequence": n, "kind": k, "qualifier": q, "value": v} for n, (k, q, v) in enumerate(DETAILS, 1)),
            {**detail, "sequence": 90, "kind": "value", "qualifier": "A0", "amount": D("44114.00")},
            {**detail, "sequence": 91, "kind": "value", "qualifier": "80", "amount": D("3.00")},
            {**detail, "sequence": 92, "kind": "condition", "qualifier": "BG", "value": "17"},
        ],
        "other_payer": [
            {**own, "payer_id": "BUCKEYE-PAYS", "subscriber_id": patient, "group_name": "Acme Anvils",
             "adjudicated_date": date(2025, 3, 18), "paid_amount": D("1.00")}
        ],
        "other_payer_adjustment": [
            {**own, "payer_id": "BUCKEYE-PAYS", "group_code": "CO", "carc": "45", "amount": D("99.30")}
        ],
    }  # fmt: skip


def answer_to(*claims: str) -> Remittance:
    """One remittance that pays each of the claims in full."""
    paid = [{"remittance_id": "CHECK-424242", "claim_sequence": n, "claim_id": c} for n, c in enumerate(claims, 1)]
    amounts = {"billed_amount": D("100.30"), "paid_amount": D("100.30")}
    rows: Rows = {
        "remittance": [
            {"remittance_id": "CHECK-424242", "trace_number": "CHECK-424242", "payer_id": "BUCKEYE-PAYS",
             "payer_name": "Buckeye Mutual", "payee_npi": CLINIC, "payee_name": "Sample Clinic LLC",
             "payment_amount": 100 * D("1.00"), "payment_method": "ACH", "payment_date": date(2025, 4, 1)}
        ],
        "remittance_claim": [
            {**one, **amounts, "claim_status_code": "1", "payer_claim_id": "PAYER-CLAIM-99", "patient_id": None,
             "received_date": date(2025, 3, 20)} for one in paid
        ],
        "remittance_line": [
            {**one, **amounts, "line_number": 1, "service_date": date(2025, 3, 14), "hcpcs_code": "99213",
             "line_control_number": "LINE-A1-1"} for one in paid
        ],
        "adjustment": [{**one, "level": "claim", "group_code": "PR", "carc": "1", "amount": D("0.00")} for one in paid],
        "remark": [{**one, "rarc": "MA130"} for one in paid],
        "provider_adjustment": [
            {"remittance_id": "CHECK-424242", "reason_code": "WO", "reference": "LOAN-778899", "amount": D("1.00")}
        ],
        "remittance_party": [{"remittance_id": "CHECK-424242", "claim_sequence": 1, **PATIENT}],
        "remittance_detail": [
            {"remittance_id": "CHECK-424242", "claim_sequence": 1, "sequence": 1, "kind": "date", "qualifier": "050",
             "from_date": date(2025, 3, 20)},
            {"remittance_id": "CHECK-424242", "sequence": 2, "kind": "reference", "qualifier": "EV", "value": "LOAN-778899"},
        ],
    }  # fmt: skip
    return Remittance({name: REMITTANCE_TABLES[name].from_rows(some) for name, some in rows.items()})


def claims_of(*parts: Rows) -> Claims:
    return Claims({name: t.from_rows([r for p in parts for r in p.get(name, [])]) for name, t in CLAIM_TABLES.items()})


def cells(tables: Iterable[pa.Table]) -> list[str]:
    """Every value that stands in the tables, as text."""
    return [str(v) for table in tables for column in table.columns for v in column.to_pylist() if v is not None]
