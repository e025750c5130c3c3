"""How does a claim become a FHIR R4 Claim?"""

from __future__ import annotations

from typing import Any

from workbook.claims.formats.fhir_parts import (
    ABSENT,
    SYSTEMS,
    Children,
    Json,
    Row,
    amount,
    concept,
    day,
    known_by,
    period,
    provider,
    pruned,
    quantity,
    sequence,
    service,
)
from workbook.codes.lookup import dotted

_TYPES = {"professional": "professional", "institutional": "institutional", "dental": "oral"}
#: Who took part: column of the claim or line → the code of the role and the system it is from.
_ROLES = {
    "rendering_provider_npi": ("role", "rendering"),
    "referring_provider_npi": ("role", "referring"),
    "attending_provider_npi": ("role", "attending"),
    "operating_provider_npi": ("role", "operating"),
    "supervising_provider_npi": ("hl7_role", "supervisor"),
    "ordering_provider_npi": ("hl7_role", "other"),
}
#: Supporting information: column → its category, and the system of its code (None: a date).
_INFO = {
    "type_of_bill": ("typeofbill", "bill"),
    "ms_drg": ("drg", "drg"),
    "admission_type": ("admtype", "admission_type"),
    "admission_source": ("pointoforigin", "origin"),
    "patient_status": ("discharge-status", "discharge"),
    "received_date": ("clmrecvddate", None),
}
_DIAGNOSIS_TYPES = {
    "principal": ("diagnosis_type", "principal"),
    "admitting": ("diagnosis_type", "admitting"),
    "other": ("c4bb_diagnosis_type", "other"),
    "external_cause": ("c4bb_diagnosis_type", "externalcauseofinjury"),
    "reason_for_visit": ("c4bb_diagnosis_type", "patientreasonforvisit"),
}
_RELATIONSHIPS = {"18": "self", "01": "spouse", "19": "child"}
_GENDERS = {"F": "female", "M": "male", "U": "unknown"}
#: What a Claim carries of each table; the rest is named to the user.
CARRIED = {
    "claim": {
        "claim_id", "patient_control_number", "claim_type", "payer_id", "payer_name", "billing_provider_npi",
        "facility_npi", "patient_id", "subscriber_id", "group_number", "group_name", "patient_relationship",
        "patient_birth_date", "patient_sex", "billed_amount", "place_of_service", "original_claim_id",
        "statement_from_date", "statement_through_date", "admission_date", "prior_authorization", *_INFO, *_ROLES,
        "source_file", "source_segment",
    },
    "claim_diagnosis": {"claim_id", "sequence", "role", "diagnosis_code", "code_set", "present_on_admission"},
    "claim_procedure": {"claim_id", "sequence", "procedure_code", "procedure_date"},
    "claim_line": {
        "claim_id", "line_number", "service_from_date", "service_through_date", "hcpcs_code", "code_qualifier",
        *(f"modifier_{n}" for n in range(1, 5)), *(f"diagnosis_pointer_{n}" for n in range(1, 5)), "revenue_code",
        "units", "unit_basis", "billed_amount", "place_of_service", "ndc", "ndc_quantity", "ndc_unit",
        *(name for name in _ROLES if name not in ("attending_provider_npi", "operating_provider_npi")),
    },
}  # fmt: skip


def claim_resource(claim: Row, rows: Children) -> Json:
    """One claim and its rows as a Claim; patient, coverage and billing provider stand inside it."""
    team = _Team(claim)
    parties = {party["role"]: party for party in reversed(rows["claim_party"]) if not party["line_number"]}
    first = min((line["service_from_date"] for line in rows["claim_line"] if line["service_from_date"]), default=None)
    created = day(claim["received_date"] or claim["statement_through_date"] or first)
    items = [_item(position, line, claim, team) for position, line in enumerate(rows["claim_line"], 1)]
    found: Json = pruned({
        "resourceType": "Claim",
        "contained": [_patient(claim, parties), _coverage(claim), _billing(claim, parties.get("billing"))],
        "identifier": [{"value": claim["claim_id"]}, {"value": _other_number(claim)}],
        "status": "active",
        "type": concept("type", _TYPES.get(claim["claim_type"])) or ABSENT,
        "use": "claim",
        "patient": {"reference": "#patient"},
        "billablePeriod": period(claim["statement_from_date"], claim["statement_through_date"]),
        "created": created,
        "_created": None if created else ABSENT,
        "insurer": known_by(claim["payer_id"], claim["payer_name"]),
        "provider": {"reference": "#billing"},
        "priority": concept("priority", "normal"),
        "related": _related(claim),
        "facility": provider(claim["facility_npi"]),
        "careTeam": team.members,
        "supportingInfo": _info(claim),
        "diagnosis": _diagnoses(rows["claim_diagnosis"]),
        "procedure": [_procedure(position, row) for position, row in enumerate(rows["claim_procedure"], 1)],
        "insurance": [{
            "sequence": 1, "focal": True, "coverage": {"reference": "#coverage"},
            "preAuthRef": [claim["prior_authorization"]],
        }],
        "item": items,
        "total": amount(claim["billed_amount"]),
    })  # fmt: skip
    return found


def _other_number(claim: Row) -> str | None:
    number: str | None = claim["patient_control_number"]
    return None if number == claim["claim_id"] else number


class _Team:
    """The people who took part, each named once; a line names its own by their position."""

    def __init__(self, claim: Row) -> None:
        self.members: list[Json] = []
        self._positions: dict[tuple[str, str], int] = {}
        self.of(claim)

    def of(self, row: Row) -> list[int]:
        """The positions of the people whom a claim or line names."""
        return [self._position(column, row[column]) for column in _ROLES if row.get(column)]

    def _position(self, column: str, npi: str) -> int:
        if (column, npi) not in self._positions:
            system, code = _ROLES[column]
            position = self._positions[column, npi] = len(self.members) + 1
            self.members.append({"sequence": position, "provider": provider(npi), "role": concept(system, code)})
        return self._positions[column, npi]


def _name(party: Row | None) -> list[Json]:
    if party is None or not party["last_name"]:
        return []
    return [{"family": party["last_name"], "given": [party["first_name"], party["middle_name"]]}]


def _patient(claim: Row, parties: dict[str, Row]) -> Json:
    person = parties.get("patient") or (parties.get("subscriber") if claim["patient_relationship"] == "18" else None)
    return {
        "resourceType": "Patient", "id": "patient", "identifier": [{"value": claim["patient_id"]}],
        "name": _name(person), "gender": _GENDERS.get(claim["patient_sex"]),
        "birthDate": day(claim["patient_birth_date"]),
    }  # fmt: skip


def _coverage(claim: Row) -> Json:
    group = {
        "type": concept("coverage_class", "group"), "value": claim["group_number"], "name": claim["group_name"]
    }  # fmt: skip
    relationship = claim["patient_relationship"]
    return {
        "resourceType": "Coverage", "id": "coverage", "status": "active", "subscriberId": claim["subscriber_id"],
        "beneficiary": {"reference": "#patient"},
        "relationship": concept("relationship", _RELATIONSHIPS.get(relationship, "other") if relationship else None),
        "payor": [known_by(claim["payer_id"], claim["payer_name"]) or ABSENT],
        "class": [group] if claim["group_number"] else [],
    }  # fmt: skip


def _billing(claim: Row, party: Row | None) -> Json:
    npi = claim["billing_provider_npi"]
    who = {"id": "billing", "identifier": [{"system": SYSTEMS["npi"], "value": npi}] if npi else []}
    if party and party["is_organization"] is False:
        return {"resourceType": "Practitioner", **who, "name": _name(party)}
    name = party["last_name"] if party else None
    known = {"name": name} if name or npi else {"name": "unknown"}  # an organization has a name or an identifier
    return {"resourceType": "Organization", **who, **known}


def _related(claim: Row) -> list[Json]:
    if not claim["original_claim_id"]:
        return []
    return [{"claim": known_by(claim["original_claim_id"]), "relationship": concept("related", "prior")}]


def _info(claim: Row) -> list[Json]:
    found: list[Json] = []
    for column, (category, system) in _INFO.items():
        if claim[column]:
            value = {"code": concept(system, claim[column])} if system else {"timingDate": day(claim[column])}
            found.append({"category": concept("info", category), **value})
    if claim["admission_date"]:
        found.append({
            "category": concept("info", "admissionperiod"), "timingPeriod": period(claim["admission_date"], None)
        })  # fmt: skip
    return [{"sequence": position, **info} for position, info in enumerate(found, 1)]


def _diagnoses(rows: list[Row]) -> list[Json]:
    """Principal and other diagnoses keep the positions that lines point to; the others follow."""
    listed = [row for row in rows if row["role"] in ("principal", "other")]
    after = max((row["sequence"] or 0 for row in listed), default=0)
    others = [row for row in rows if row["role"] not in ("principal", "other")]
    numbered = [(sequence(row["sequence"], position), row) for position, row in enumerate(listed, 1)]
    numbered += enumerate(others, max(after, len(listed)) + 1)
    return [
        {
            "sequence": position, "diagnosisCodeableConcept": _diagnosis(row),
            "type": [concept(*_DIAGNOSIS_TYPES[row["role"]]) if row["role"] in _DIAGNOSIS_TYPES else None],
            "onAdmission": _on_admission(row["present_on_admission"]),
        }
        for position, row in numbered
    ]  # fmt: skip


def _diagnosis(row: Row) -> Json | None:
    code, system = row["diagnosis_code"], row["code_set"]
    if not code:
        return ABSENT
    if system not in SYSTEMS:
        return {"text": code}
    if system == "icd9" and code.startswith("E"):
        code = code if len(code) <= 4 else f"{code[:4]}.{code[4:]}"
    elif system != "snomed":
        code = dotted(code)
    return concept(system, code)


def _on_admission(said: str | None) -> Json | None:
    """1, exempt from reporting, is in no list of HL7."""
    if said is None:
        return None
    return concept("on_admission", said.lower()) if said in ("Y", "N", "U", "W") else {"text": said}


def _procedure(position: int, row: Row) -> Json:
    code = row["procedure_code"]
    system = "pcs" if code and len(code) == 7 else "icd9"
    return {
        "sequence": sequence(row["sequence"], position), "date": day(row["procedure_date"]),
        "procedureCodeableConcept": concept(system, code) or ABSENT,
    }  # fmt: skip


def _item(position: int, line: Row, claim: Row, team: _Team) -> Json:
    first, last = line["service_from_date"], line["service_through_date"]
    spans = bool(last and last != first)
    modifiers: list[Any] = [concept("hcpcs", line[f"modifier_{n}"]) for n in range(1, 5)]
    pointers = [line[f"diagnosis_pointer_{n}"] for n in range(1, 5)]
    drug = {
        "sequence": 1, "productOrService": concept("ndc", line["ndc"]),
        "quantity": quantity(line["ndc_quantity"], line["ndc_unit"]),
    }  # fmt: skip
    return {
        "sequence": sequence(line["line_number"], position),
        "careTeamSequence": team.of(line),
        "diagnosisSequence": [pointer for pointer in pointers if pointer],
        "revenue": concept("revenue", line["revenue_code"]),
        "productOrService": service(line["hcpcs_code"], line["code_qualifier"]),
        "modifier": modifiers,
        "servicedDate": None if spans else day(first),
        "servicedPeriod": period(first, last) if spans else None,
        "locationCodeableConcept": concept("place", line["place_of_service"] or claim["place_of_service"]),
        "quantity": quantity(line["units"], line["unit_basis"]),
        "net": amount(line["billed_amount"]),
        "detail": [drug] if line["ndc"] else [],
    }
