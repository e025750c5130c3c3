"""What claim a case makes: the one-claim `Claims` of its key, or of a learner's answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE, CLAIM_PARTY, PROBLEM
from workbook.encounters.answer import Entry, read_answer
from workbook.encounters.case import Encounter, KeyItem
from workbook.encounters.charges import charge_master
from workbook.terms import WorkbookError, money

if TYPE_CHECKING:
    import pyarrow as pa

#: Invented providers; the numbers only have a right check digit (Luhn over 80840 and the first nine).
BILLING_NPI = "1999999984"
RENDERING_NPI = "1999999976"
FACILITY_NPI = "1999999968"
#: payer name → (payer id, claim filing code); any other payer is taken for a commercial one. The ids are invented.
PAYERS = {"Medicare Part B": ("MEDICAREB", "MB"), "Medicaid": ("MEDICAID", "MC")}
DAYS_TO_RECEIPT = 7
#: Who is named on every claim; all invented.
CLINIC = {
    "is_organization": True, "last_name": "SAMPLE CLINIC", "address_1": "1 MAIN STREET", "city": "MONTGOMERY",
    "state": "AL", "zip_code": "361040001", "tax_id_type": "EI", "tax_id": "999999999",
}  # fmt: skip
PATIENT = {
    "is_organization": False, "last_name": "EXAMPLE", "first_name": "PAT", "address_1": "2 SIDE STREET",
    "city": "MONTGOMERY", "state": "AL", "zip_code": "36104",
}  # fmt: skip
DOCTOR = {"is_organization": False, "last_name": "SAMPLE", "first_name": "DOCTOR"}
FACILITY = CLINIC | {"last_name": "SAMPLE HOSPITAL", "tax_id_type": None, "tax_id": None}


def to_claim(case: Encounter, answer: object = None, charges: Mapping[str, Decimal] | None = None) -> Claims:
    """The professional claim of the case's key, or of `answer` (any form `read_answer` takes) when one is given.

    The key's lines carry their needed and their optional modifiers. A line of an answer that points nowhere points to
    the first four diagnoses, as billing programs do. What cannot be read stands in `.problems`; a blank answer ([], "")
    gives a claim table without rows. `charges` is HCPCS code → US dollars for one unit; without it, the practice's own.
    """
    entries = _key_entries(case) if answer is None else read_answer(answer)
    prices = charge_master() if charges is None else charges
    diagnoses = [entry.code for entry in entries if entry.kind == "diagnosis"]
    lines = [_line(case, n, entry, diagnoses, prices) for n, entry in enumerate(_procedures(entries), start=1)]
    if not diagnoses and not lines:
        return Claims(problems=_problems(case, entries), source=case.id)
    claim = _claim(case, sum((line["billed_amount"] for line in lines), Decimal(0)))
    tables = {
        "claim": CLAIM.from_rows([claim]),
        "claim_party": CLAIM_PARTY.from_rows(_parties(claim)),
        "claim_diagnosis": CLAIM_DIAGNOSIS.from_rows([_diagnosis(case, n, code) for n, code in enumerate(diagnoses)]),
        "claim_line": CLAIM_LINE.from_rows(lines),
    }
    return Claims(tables, _problems(case, entries), source=case.id)


def _key_entries(case: Encounter) -> tuple[Entry, ...]:
    needed = [item for item in (*case.diagnoses, *case.procedures) if not item.optional]
    return tuple(_key_entry(item) for item in needed)


def _key_entry(item: KeyItem) -> Entry:
    return Entry(
        item.code, item.kind, item.code, (*item.modifiers, *item.optional_modifiers), item.units, item.supports
    )


def _procedures(entries: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.kind == "procedure"]


def _claim(case: Encounter, billed: Decimal) -> dict[str, Any]:
    payer_id, filing = PAYERS.get(case.patient.payer, ("COMMERCIAL", "CI"))
    visit, number = case.visit, case.id[-3:]
    return {
        "claim_id": case.id,
        "patient_control_number": case.id,
        "claim_type": "professional",
        "payer_id": payer_id,
        "payer_name": case.patient.payer,
        "claim_filing_code": filing,
        "billing_provider_npi": BILLING_NPI,
        "rendering_provider_npi": RENDERING_NPI,
        "facility_npi": None if visit.place_of_service == "11" else FACILITY_NPI,
        "patient_id": f"PAT-{number}",
        # A Medicare number never has S in second place, so this one is nobody's.
        "subscriber_id": f"1S00E0{number[0]}AA{number[1:]}" if filing == "MB" else f"MEMBER{number}",
        "patient_birth_date": date(visit.service_date.year - case.patient.age, 1, 1),
        "patient_sex": case.patient.sex,
        "billed_amount": billed,
        "place_of_service": visit.place_of_service,
        "frequency_code": "1",
        "payer_sequence": "P",
        "patient_relationship": "18",
        "provider_signature": True,
        "accepts_assignment": True,
        "benefits_assigned": "Y",
        "release_of_information": "Y",
        "purpose": "CH",
        "received_date": visit.service_date + timedelta(days=DAYS_TO_RECEIPT),
    }


def _parties(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """Who the claim names, in the order in which an 837 names them."""
    payer = {"is_organization": True, "last_name": claim["payer_name"].upper()}
    found: list[tuple[str, dict[str, Any], str, str | None]] = [
        ("submitter", {"is_organization": True, "last_name": CLINIC["last_name"], "contact_name": "BILLING OFFICE",
                       "phone": "3345550100"}, "46", BILLING_NPI),
        ("receiver", payer, "46", claim["payer_id"]),
        ("billing", CLINIC, "XX", claim["billing_provider_npi"]),
        ("subscriber", PATIENT | {"birth_date": claim["patient_birth_date"], "sex": claim["patient_sex"]}, "MI",
         claim["subscriber_id"]),
        ("payer", payer, "PI", claim["payer_id"]),
        ("rendering", DOCTOR, "XX", claim["rendering_provider_npi"]),
        ("facility", FACILITY, "XX", claim["facility_npi"]),
    ]  # fmt: skip
    return [
        {
            "claim_id": claim["claim_id"],
            "role": role,
            "sequence": 1,
            **who,
            "identifier_type": kind,
            "identifier": number,
        }
        for role, who, kind, number in found
        if number
    ]


def _diagnosis(case: Encounter, place: int, code: str) -> dict[str, Any]:
    role = "other" if place else "principal"
    return {
        "claim_id": case.id,
        "sequence": place + 1,
        "role": role,
        "diagnosis_code": code.replace(".", ""),
        "code_set": "icd10",
    }


def _line(
    case: Encounter, line_number: int, entry: Entry, diagnoses: list[str], charges: Mapping[str, Decimal]
) -> dict[str, Any]:
    if entry.code not in charges:
        raise WorkbookError(
            f"{entry.code} has no charge; add a charge for it, for example charges={{'{entry.code}': 100}}"
        )
    pointed = [diagnoses.index(code) + 1 for code in dict.fromkeys(entry.points_to) if code in diagnoses]
    pointers = (pointed or list(range(1, len(diagnoses) + 1)))[:4]
    return {
        "claim_id": case.id,
        "line_number": line_number,
        "service_from_date": case.visit.service_date,
        "hcpcs_code": entry.code,
        **{f"modifier_{n}": modifier for n, modifier in enumerate(entry.modifiers, start=1)},
        **{f"diagnosis_pointer_{n}": pointer for n, pointer in enumerate(pointers, start=1)},
        "units": Decimal(entry.units),
        "unit_basis": "UN",
        "billed_amount": money(charges[entry.code] * entry.units),
    }


def _problems(case: Encounter, entries: tuple[Entry, ...]) -> pa.Table:
    says = [entry.message for entry in entries if entry.message]
    if entries and not _procedures(entries):
        says.append("no procedure was entered, so the claim has no service line")
    return PROBLEM.from_rows(
        {"file": case.id, "severity": "error", "claim_id": case.id, "message": say} for say in says
    )
