"""What claim a case makes: the one-claim `Claims` of its key, or of a learner's answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE, CLAIM_PARTY, CLAIM_PROCEDURE, PROBLEM
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
REFERRING_NPI = "1999999950"
#: Settings in which another physician has ordered what is done, and is named on the claim.
ORDERED = frozenset({"imaging", "laboratory", "therapy"})
#: payer name → (payer id, claim filing code); any other payer is taken for a commercial one. The ids are invented.
PAYERS = {
    "Medicare Part A": ("MEDICAREA", "MA"), "Medicare Part B": ("MEDICAREB", "MB"), "Medicaid": ("MEDICAID", "MC"),
}  # fmt: skip
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
HOSPITAL = CLINIC | {"last_name": "SAMPLE HOSPITAL"}
FACILITY = HOSPITAL | {"tax_id_type": None, "tax_id": None}
#: Places of service that need no facility beside the practice: telehealth, office, home.
AT_THE_PRACTICE = frozenset({"02", "10", "11", "12"})
#: What a day of the stay is charged, in an invented list price.
ROOM = ("0120", Decimal("2400.00"))
#: first and last code → the revenue code of a hospital's line, for what the key does not say
REVENUE_CODES = (
    ("10004", "69990", "0360"), ("70010", "76499", "0320"), ("76506", "76999", "0402"), ("77046", "79999", "0320"),
    ("80047", "89398", "0300"), ("90460", "90749", "0771"), ("93000", "93278", "0730"), ("97010", "97799", "0420"),
    ("99281", "99292", "0450"), ("J0000", "J9999", "0636"),
)  # fmt: skip


def to_claim(case: Encounter, answer: object = None, charges: Mapping[str, Decimal] | None = None) -> Claims:
    """The claim of the case's key, or of `answer` (any form `read_answer` takes) when one is given.

    A professional case makes a professional claim, a facility's an institutional one. The key's lines carry their
    needed and their optional modifiers. A line of an answer that points nowhere points to the first four diagnoses, as
    billing programs do. What cannot be read stands in `.problems`; a blank answer ([], "") gives a claim table without
    rows. An exercise's given diagnoses come first. `charges` is HCPCS code → US dollars for one unit; without it, the
    practice's own.
    """
    entries = _key_entries(case) if answer is None else _answer_entries(case, answer)
    if entries:
        typed = {entry.code for entry in entries}
        entries = (*(Entry(c, "diagnosis", c) for c in case.given_diagnoses if c not in typed), *entries)
    prices = charge_master() if charges is None else charges
    diagnoses = [entry for entry in entries if entry.kind == "diagnosis"]
    codes = [entry.code for entry in diagnoses]
    if case.visit.is_stay:
        done, lines = _procedures(entries), [_days(case)] if entries else []
    else:
        done, lines = [], [_line(case, n, e, codes, prices) for n, e in enumerate(_procedures(entries), start=1)]
    if not diagnoses and not lines:
        return Claims(problems=_problems(case, entries), source=case.id)
    claim = _claim(case, sum((line["billed_amount"] for line in lines), Decimal(0)))
    tables = {
        "claim": CLAIM.from_rows([claim]),
        "claim_party": CLAIM_PARTY.from_rows(_parties(claim)),
        "claim_diagnosis": CLAIM_DIAGNOSIS.from_rows(_diagnosis(case, n, entry) for n, entry in enumerate(diagnoses)),
        "claim_procedure": CLAIM_PROCEDURE.from_rows(_inpatient_procedure(case, n, e) for n, e in enumerate(done, 1)),
        "claim_line": CLAIM_LINE.from_rows(lines),
    }
    return Claims(tables, _problems(case, entries), source=case.id)


def _answer_entries(case: Encounter, answer: object) -> tuple[Entry, ...]:
    return read_answer(answer, of_a_stay=case.visit.is_stay, given=case.given_diagnoses)


def _key_entries(case: Encounter) -> tuple[Entry, ...]:
    needed = [item for item in (*case.diagnoses, *case.procedures) if not item.optional]
    return tuple(_key_entry(item) for item in needed)


def _key_entry(item: KeyItem) -> Entry:
    modifiers = (*item.modifiers, *item.optional_modifiers)
    mark = item.present_on_admission or ""
    return Entry(item.code, item.kind, item.code, modifiers, item.units, item.supports, mark)


def _procedures(entries: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.kind == "procedure"]


def _claim(case: Encounter, billed: Decimal) -> dict[str, Any]:
    payer_id, filing = PAYERS.get(case.patient.payer, ("COMMERCIAL", "CI"))
    visit, number = case.visit, "".join(filter(str.isdigit, case.id))[-3:].zfill(3)
    own = _hospital(case) if case.coding == "facility" else _office(case)
    if case.coding == "facility" and filing == "MB":
        payer_id, filing = "MEDICAREA", "MA"
    return own | {
        "claim_id": case.id,
        "patient_control_number": case.id,
        "payer_id": payer_id,
        "payer_name": case.patient.payer,
        "claim_filing_code": filing,
        "patient_id": f"PAT-{case.id.removeprefix('ENC-')}",
        # A Medicare number never has S in second place, so this one is nobody's.
        "subscriber_id": f"1S00E0{number[0]}AA{number[1:]}" if filing in ("MA", "MB") else f"MEMBER{number}",
        "patient_birth_date": date(visit.service_date.year - case.patient.age, 1, 1),
        "patient_sex": case.patient.sex,
        "billed_amount": billed,
        "frequency_code": "1",
        "payer_sequence": "P",
        "patient_relationship": "18",
        "accepts_assignment": True,
        "benefits_assigned": "Y",
        "release_of_information": "Y",
        "purpose": "CH",
        "received_date": visit.service_date + timedelta(days=DAYS_TO_RECEIPT),
    }


def _office(case: Encounter) -> dict[str, Any]:
    visit = case.visit
    return {
        "claim_type": "professional",
        "billing_provider_npi": BILLING_NPI,
        "rendering_provider_npi": RENDERING_NPI,
        "referring_provider_npi": REFERRING_NPI if case.setting in ORDERED else None,
        "facility_npi": None if visit.place_of_service in AT_THE_PRACTICE else FACILITY_NPI,
        "place_of_service": visit.place_of_service,
        "admission_date": visit.service_date if visit.place_of_service == "21" else None,
        "provider_signature": True,
    }


def _hospital(case: Encounter) -> dict[str, Any]:
    visit = case.visit
    return {
        "claim_type": "institutional",
        "billing_provider_npi": FACILITY_NPI,
        "attending_provider_npi": RENDERING_NPI,
        "operating_provider_npi": RENDERING_NPI if visit.is_stay and case.procedures else None,
        "type_of_bill": (visit.type_of_bill or "").lstrip("0"),  # its leading zero is not sent
        "statement_from_date": visit.admitted or visit.service_date,
        "statement_through_date": visit.service_date,
        "admission_date": visit.admitted,
        "admission_type": "1" if case.setting == "emergency" else "3",
        "admission_source": "1",
        "patient_status": visit.patient_status or "01",
    }


def _parties(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """Who the claim names, in the order in which an 837 names them."""
    payer = {"is_organization": True, "last_name": claim["payer_name"].upper()}
    biller = CLINIC if claim["claim_type"] == "professional" else HOSPITAL
    found: list[tuple[str, dict[str, Any], str, str | None]] = [
        ("submitter", {"is_organization": True, "last_name": biller["last_name"], "contact_name": "BILLING OFFICE",
                       "phone": "3345550100"}, "46", claim["billing_provider_npi"]),
        ("receiver", payer, "46", claim["payer_id"]),
        ("billing", biller, "XX", claim["billing_provider_npi"]),
        ("subscriber", PATIENT | {"birth_date": claim["patient_birth_date"], "sex": claim["patient_sex"]}, "MI",
         claim["subscriber_id"]),
        ("payer", payer, "PI", claim["payer_id"]),
        ("referring", DOCTOR, "XX", claim.get("referring_provider_npi")),
        ("rendering", DOCTOR, "XX", claim.get("rendering_provider_npi")),
        ("attending", DOCTOR, "XX", claim.get("attending_provider_npi")),
        ("operating", DOCTOR, "XX", claim.get("operating_provider_npi")),
        ("facility", FACILITY, "XX", claim.get("facility_npi")),
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


def _diagnosis(case: Encounter, place: int, entry: Entry) -> dict[str, Any]:
    return {
        "claim_id": case.id,
        "sequence": place + 1,
        "role": "other" if place else "principal",
        "diagnosis_code": entry.code.replace(".", ""),
        "code_set": "icd10",
        # On a claim an exempt diagnosis has no mark; a person writes 1 for it.
        "present_on_admission": entry.present_on_admission.strip("1") or None,
    }


def _inpatient_procedure(case: Encounter, sequence: int, entry: Entry) -> dict[str, Any]:
    return {
        "claim_id": case.id,
        "sequence": sequence,
        "procedure_code": entry.code,
        "procedure_date": case.visit.admitted,
    }


def _days(case: Encounter) -> dict[str, Any]:
    """The line of room and board: a stay is billed by its days, its services by their departments."""
    first = case.visit.admitted or case.visit.service_date
    days = max((case.visit.service_date - first).days, 1)
    revenue_code, price = ROOM
    return {
        "claim_id": case.id,
        "line_number": 1,
        "service_from_date": first,
        "revenue_code": revenue_code,
        "units": Decimal(days),
        "unit_basis": "DA",
        "billed_amount": money(price * days),
    }


def _line(
    case: Encounter, line_number: int, entry: Entry, diagnoses: list[str], charges: Mapping[str, Decimal]
) -> dict[str, Any]:
    if entry.code not in charges:
        raise WorkbookError(
            f"{entry.code} has no charge; add a charge for it, for example charges={{'{entry.code}': 100}}"
        )
    key = next((item for item in case.procedures if entry.code in item.codes), None)
    is_hospital = case.coding == "facility"
    pointed = [diagnoses.index(code) + 1 for code in dict.fromkeys(entry.points_to) if code in diagnoses]
    pointers = [] if is_hospital else (pointed or list(range(1, len(diagnoses) + 1)))[:4]
    return {
        "claim_id": case.id,
        "line_number": line_number,
        "service_from_date": case.visit.service_date,
        "hcpcs_code": entry.code,
        "revenue_code": ((key and key.revenue_code) or _revenue_code(entry.code)) if is_hospital else None,
        **{f"modifier_{n}": modifier for n, modifier in enumerate(entry.modifiers, start=1)},
        **{f"diagnosis_pointer_{n}": pointer for n, pointer in enumerate(pointers, start=1)},
        "units": Decimal(entry.units),
        "unit_basis": "MJ" if _is_anesthesia(entry.code) else "UN",
        "billed_amount": money(charges[entry.code] * entry.units),
    }


def _is_anesthesia(code: str) -> bool:
    return "00100" <= code <= "01992"


def _revenue_code(code: str) -> str:
    return next((revenue for first, last, revenue in REVENUE_CODES if first <= code <= last), "0510")


def _problems(case: Encounter, entries: tuple[Entry, ...]) -> pa.Table:
    says = [entry.message for entry in entries if entry.message]
    if entries and not _procedures(entries):
        says.append("no procedure was entered, so the claim has no service line")
    return PROBLEM.from_rows(
        {"file": case.id, "severity": "error", "claim_id": case.id, "message": say} for say in says
    )
