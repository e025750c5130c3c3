"""The small pieces of FHIR that claims and explanations of benefit share, and the code systems they name.

Systems: HL7 Terminology, the CARIN Blue Button guide (C4BB) and the addresses that CMS's own Blue Button API uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

Json = dict[str, Any]
Row = Mapping[str, Any]
Children = Mapping[str, list[Row]]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_C4BB = "http://hl7.org/fhir/us/carin-bb/CodeSystem/"
_NUBC = "https://www.nubc.org/CodeSystem/"
SYSTEMS = {
    "type": f"{_TERMINOLOGY}claim-type",
    "priority": f"{_TERMINOLOGY}processpriority",
    "related": f"{_TERMINOLOGY}ex-relatedclaimrelationship",
    "diagnosis_type": f"{_TERMINOLOGY}ex-diagnosistype",
    "c4bb_diagnosis_type": f"{_C4BB}C4BBClaimDiagnosisType",
    "on_admission": f"{_TERMINOLOGY}ex-diagnosis-on-admission",
    "role": f"{_C4BB}C4BBClaimCareTeamRole",
    "hl7_role": f"{_TERMINOLOGY}claimcareteamrole",
    "info": f"{_C4BB}C4BBSupportingInfoType",
    "adjudication": f"{_TERMINOLOGY}adjudication",
    "c4bb_adjudication": f"{_C4BB}C4BBAdjudication",
    "adjustment": f"{_C4BB}C4BBAdjudicationDiscriminator",
    "relationship": f"{_TERMINOLOGY}subscriber-relationship",
    "coverage_class": f"{_TERMINOLOGY}coverage-class",
    "absent": f"{_TERMINOLOGY}data-absent-reason",
    "bill": f"{_NUBC}TypeOfBill",
    "discharge": f"{_NUBC}PatDischargeStatus",
    "admission_type": f"{_NUBC}PriorityTypeOfAdmitOrVisit",
    "origin": f"{_NUBC}PointOfOrigin",
    "revenue": f"{_NUBC}RevenueCodes",
    "drg": "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/AcuteInpatientPPS/"
    "MS-DRG-Classifications-and-Software",
    "place": "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set",
    "hcpcs": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "hipps": "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/ProspMedicareFeeSvcPmtGen/HIPPSCodes",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "cdt": "http://www.ada.org/cdt",
    "snomed": "http://snomed.info/sct",
    "icd10": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd9": "http://hl7.org/fhir/sid/icd-9-cm",
    "pcs": "http://www.cms.gov/Medicare/Coding/ICD10",
    "npi": "http://hl7.org/fhir/sid/us-npi",
    "ndc": "http://hl7.org/fhir/sid/ndc",
    "carc": "https://x12.org/codes/claim-adjustment-reason-codes",
    "group": "https://x12.org/codes/claim-adjustment-group-codes",
    "rarc": "https://x12.org/codes/remittance-advice-remark-codes",
}  # fmt: skip
#: What FHIR requires and the tables do not hold.
ABSENT: Json = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}


def pruned(value: Any) -> Any:
    """Without what is missing: FHIR has no null, no empty list and no empty object."""
    if isinstance(value, dict):
        kept = {key: pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [], "")}
    if isinstance(value, list):
        return [item for item in map(pruned, value) if item not in (None, {}, [], "")]
    return value


def concept(system: str, code: str | None) -> Json | None:
    """A CodeableConcept of one code; None without a code."""
    return {"coding": [{"system": SYSTEMS[system], "code": code}]} if code else None


def day(value: date | None) -> str | None:
    """A date as FHIR writes it."""
    return value.isoformat() if value else None


def number(value: Decimal | None) -> int | float | None:
    """A decimal as a JSON number; up to fifteen digits, and ours have twelve, it reads back as the same amount."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def amount(value: Decimal | None) -> Json | None:
    """Money in US dollars."""
    return None if value is None else {"value": number(value), "currency": "USD"}


def quantity(value: Decimal | None, unit: str | None = None) -> Json | None:
    """A count, with its unit as the claim writes it."""
    return None if value is None else {"value": number(value), "unit": unit}


def provider(npi: str | None, name: str | None = None) -> Json | None:
    """A reference to who is known by an NPI or a name."""
    identifier = {"system": SYSTEMS["npi"], "value": npi} if npi else None
    return {"identifier": identifier, "display": name} if npi or name else None


def known_by(value: str | None, name: str | None = None) -> Json | None:
    """A reference to who or what is known by an identifier of the sender's own, or a name."""
    return {"identifier": {"value": value} if value else None, "display": name} if value or name else None


def period(start: date | None, end: date | None) -> Json | None:
    """A period of days."""
    return {"start": day(start), "end": day(end)} if start or end else None


def sequence(stated: int | None, position: int) -> int:
    """A number from 1, as FHIR wants it: the one that is stated, or else the position."""
    return stated if stated and stated > 0 else position


def service(code: str | None, qualifier: str | None = None) -> Json:
    """A procedure code in its own system, told by its form; a line with a revenue code alone says "not applicable"."""
    if not code:
        return {"coding": [{"system": SYSTEMS["absent"], "code": "not-applicable"}]}
    if qualifier == "HP":
        system = "hipps"
    elif code.isdigit() and len(code) > 5:
        system = "snomed"
    elif code[0] == "D":
        system = "cdt"
    else:
        system = "cpt" if code[0].isdigit() else "hcpcs"
    return concept(system, code) or {}


def children(
    parent: pa.Table, tables: Mapping[str, pa.Table], key: tuple[str, ...], chunk: int = 5_000
) -> Iterator[tuple[Row, Children]]:
    """Each row of `parent` with its rows of each other table, in order; only `chunk` parents are objects at a time.

    Raises WorkbookError when a row belongs to no parent, which would be lost.
    """
    import numpy as np
    import pyarrow.compute as pc

    keys = _joined(parent, key)
    places, orders = {}, {}
    for name, table in tables.items():
        place = pc.index_in(_joined(table, key), value_set=keys)
        if place.null_count:
            lost = table.slice(pc.index(pc.is_null(place), True).as_py(), 1).to_pylist()[0]
            said = ", ".join(f"{column} {lost[column]}" for column in key)
            raise WorkbookError(
                f"{place.null_count} rows of table {name} belong to no {key[-1].split('_')[0]} (the first has {said}); "
                "add what they belong to, or remove them"
            )
        found = place.to_numpy(zero_copy_only=False)
        orders[name] = np.argsort(found, kind="stable")
        places[name] = found[orders[name]]
    for start in range(0, parent.num_rows, chunk):
        rows = parent.slice(start, chunk).to_pylist()
        grouped: list[dict[str, list[Row]]] = [{name: [] for name in tables} for _ in rows]
        for name, table in tables.items():
            low, high = np.searchsorted(places[name], (start, start + len(rows)))
            taken = table.take(orders[name][low:high]).to_pylist()
            for place, row in zip(places[name][low:high], taken, strict=True):
                grouped[place - start][name].append(row)
        yield from zip(rows, grouped, strict=True)


def _joined(table: pa.Table, key: tuple[str, ...]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [table[name].cast(pa.string()) for name in key]
    joined = pc.binary_join_element_wise(*columns, "\x1f") if len(columns) > 1 else columns[0]
    return joined.combine_chunks()
