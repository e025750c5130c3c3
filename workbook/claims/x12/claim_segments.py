"""The segments of one claim, loops 2300 to 2440, in the order of the guides."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from workbook.claims.x12 import columns as c
from workbook.claims.x12.compose import COMPONENT, count, raw, segment
from workbook.claims.x12.party_segments import Row, detail_segments, dtp, elements_of, party_segments

#: The order of segments in loops 2300 and 2400; what is not here comes before the codes (HI), or last on a line.
_CLAIM_ORDER = (
    "DTP", "CL1", "DN1", "DN2", "PWK", "CN1", "AMT", "REF", "K3", "NTE", "CR1", "CR2", "CR3", "CR5", "CR6", "CRC", "HI",
    "HCP",
)  # fmt: skip
_LINE_ORDER = (
    "SV4", "SV5", "SV6", "SV7", "TOO", "PWK", "CR1", "CR3", "CR5", "CRC", "DTP", "QTY", "MEA", "CN1", "REF", "AMT",
    "K3", "NTE", "PS1", "IMM", "HSD", "HCP",
)  # fmt: skip
_PAYER_ORDER = ("CAS", "AMT", "DMG", "OI", "MIA", "MOA")
_CODES_IN_ONE_HI = 12


class Bundle:
    """A claim with its rows of every table."""

    def __init__(self, claim: Row, rows: dict[str, list[Row]]) -> None:
        self.claim, self.rows = claim, rows
        self.lines: list[Row] = rows["claim_line"]
        self.details = sorted(rows["claim_detail"], key=lambda d: d["sequence"])
        known = set(c.HEADER_ROLES.values())
        at_claim = [p for p in rows["claim_party"] if p["line_number"] is None]
        named = sorted((p for p in at_claim if p["role"] in known), key=lambda p: -p["sequence"])
        self.header: dict[str, Row] = {p["role"]: p for p in named}
        self._again = [p for p in named[::-1] if p is not self.header[p["role"]]]
        self.parties = [p for p in at_claim if p["role"] not in known]

    def again(self, role: str) -> Iterator[str]:
        """The segments of parties that a file names more than once where the guide has room for one."""
        for party in self._again:
            if party["role"] == role:
                yield from party_segments(role, c.HEADER, party, self.about_party(party))

    def about(self, role: str | None, line: int | None = None) -> list[Row]:
        """The details about a party, or with None about the claim or line itself, in the order sent."""
        return [d for d in self.details if d["about"] == role and d["line_number"] == line]

    def about_party(self, party: Row, line: int | None = None) -> list[Row]:
        """The details about a party, which are named by its role, with its number from the second on."""
        return self.about(party["role"] if party["sequence"] == 1 else f"{party['role']}:{party['sequence']}", line)


def claim_segments(bundle: Bundle) -> Iterator[str]:
    """Loop 2300 and all below it."""
    own = bundle.about(None)
    yield _clm(bundle.claim, elements_of(own))
    yield from _in_order([*_claim_columns(bundle, own), *detail_segments(own), *_codes(bundle, own)], _CLAIM_ORDER)
    yield from _claim_parties(bundle)
    for number, payer in enumerate((r for r in bundle.rows["other_payer"] if r["line_number"] is None), 1):
        if payer["payer_sequence"] is not None or payer["payer_id"] is not None:
            yield from _other_payer(bundle, payer, number)
    for line in bundle.lines:
        yield from _line(bundle, line)


def _clm(claim: Row, rest: dict[str, str]) -> str:
    place, kind = (claim["place_of_service"], "B")
    if claim["claim_type"] == "institutional":
        place, kind = ((claim["type_of_bill"] or "").removesuffix(claim["frequency_code"] or "") or None, "A")
    causes = [*(claim["related_causes"] or "").split(COMPONENT), "", ""][:3]
    related = (*causes, claim["accident_state"], rest.get("CLM11-5")) if claim["related_causes"] else None
    return segment(
        "CLM", claim["patient_control_number"] or claim["claim_id"], claim["billed_amount"], None, None,
        (place, kind, claim["frequency_code"]),
        {True: "Y", False: "N"}.get(claim["provider_signature"]),
        {True: "A", False: "C"}.get(claim["accepts_assignment"]),
        claim["benefits_assigned"], claim["release_of_information"], None, related,
        *[None] * 8, claim["delay_reason_code"], rest=rest,
    )  # fmt: skip


def _claim_columns(bundle: Bundle, own: list[Row]) -> Iterator[str]:
    claim = bundle.claim
    yield from _dates(claim, c.CLAIM, own)
    if any(claim[column] is not None for column in c.INSTITUTIONAL.values()):
        yield segment("CL1", *(claim[column] for column in c.INSTITUTIONAL.values()), rest=elements_of(own))
    first = next((r for r in bundle.rows["other_payer"] if r["line_number"] is None), None)
    if first and first["obligated_amount"] is not None:
        yield segment("CN1", "09", first["obligated_amount"])
    for (place, qualifier), column in c.AMOUNTS.items():
        if place == c.CLAIM and claim[column] is not None:
            yield segment("AMT", qualifier, claim[column])
    yield from _references(claim, c.CLAIM)


def _dates(row: Row, place: int, told: list[Row]) -> Iterator[str]:
    """The dates that have columns; one that was sent with its hour is a detail, and is written from there."""
    with_hour = {d["qualifier"] for d in told if d["kind"] == "date" and d["value"] and d["from_date"]}
    for (at, use), names in c.DATES.items():
        if at != place or use in with_hour or row[names[0]] is None:
            continue
        last = row[names[1]] if len(names) > 1 else None
        yield dtp(use, row[names[0]], last)


def _references(row: Row, place: int) -> Iterator[str]:
    """REF of the columns that are references."""
    for (at, qualifier), column in c.REFERENCES.items():
        if at == place and row[column] is not None:
            yield segment("REF", qualifier, row[column])


def _in_order(segments: list[str], order: tuple[str, ...]) -> list[str]:
    """Segments by the order of the guide; those of one name as they came, one without a place before the codes (HI)."""
    places: dict[str, float] = {name: place for place, name in enumerate(order)}
    elsewhere = places.get("HI", len(places)) - 0.5
    return sorted(segments, key=lambda text: places.get(text.partition("*")[0], elsewhere))


def _codes(bundle: Bundle, own: list[Row]) -> Iterator[str]:
    """HI: diagnoses by role, procedures, the DRG, and the codes that are details."""
    by_role: dict[str, list[Row]] = {}
    for row in sorted(bundle.rows["claim_diagnosis"], key=lambda r: r["sequence"]):
        by_role.setdefault(row["role"], []).append(row)
    is_institutional = bundle.claim["claim_type"] == "institutional"
    qualifiers = {(role, code_set): q for q, (role, code_set) in c.DIAGNOSIS_ROLES.items()}

    def of(role: str) -> list[str]:
        return [_diagnosis(qualifiers[role, row["code_set"]], row) for row in by_role.get(role, [])]

    drg = [_joined("DR", bundle.claim["ms_drg"])] if bundle.claim["ms_drg"] else []
    if is_institutional:
        for role in ("principal", "admitting", "reason_for_visit", "external_cause"):
            yield from _hi(of(role))
        yield from _hi(drg)
        yield from _hi(of("other"))
    else:
        yield from _hi([*of("principal"), *of("other")])
        for role in ("admitting", "reason_for_visit", "external_cause"):
            yield from _hi(of(role))
        yield from _hi(drg)
    procedures = sorted(bundle.rows["claim_procedure"], key=lambda r: r["sequence"])
    yield from _hi([_procedure_code(p, is_first=True) for p in procedures[:1]])
    yield from _hi([_procedure_code(p, is_first=False) for p in procedures[1:]])
    kinds = {kind: qualifier for qualifier, kind in c.CODE_KINDS.items()}
    for kind in ("occurrence_span", "occurrence", "value", "condition", "treatment"):
        yield from _hi([_code(kinds[kind], d["qualifier"], d) for d in own if d["kind"] == kind])
    yield from _hi([_code(d["qualifier"], d["value"], d) for d in own if d["kind"] == "code"])


def _hi(codes: list[str]) -> Iterator[str]:
    for start in range(0, len(codes), _CODES_IN_ONE_HI):
        yield "*".join(["HI", *codes[start : start + _CODES_IN_ONE_HI]])


def _joined(*parts: object) -> str:
    return COMPONENT.join("" if p is None else raw("HI", str(p), "[*:^~\r\n]") for p in parts).rstrip(COMPONENT)


def _diagnosis(qualifier: str, row: Row) -> str:
    return _joined(qualifier, row["diagnosis_code"], *[None] * 6, row["present_on_admission"])


def _procedure_code(row: Row, *, is_first: bool) -> str:
    is_icd9 = row["procedure_code"].isdigit() and len(row["procedure_code"]) <= 4
    qualifier = ("BR" if is_first else "BQ") if is_icd9 else "BBR" if is_first else "BBQ"
    performed = row["procedure_date"]
    return _joined(qualifier, row["procedure_code"], *(("D8", f"{performed:%Y%m%d}") if performed else ()))


def _code(qualifier: str, code: str | None, d: Row) -> str:
    first, last = d["from_date"], d["through_date"]
    when: tuple[str | None, str | None] = (None, None)
    if first:
        when = ("RD8", f"{first:%Y%m%d}-{last:%Y%m%d}") if last else ("D8", f"{first:%Y%m%d}")
    return _joined(qualifier, code, *when, d["amount"])


def _claim_parties(bundle: Bundle) -> Iterator[str]:
    """Loop 2310: the parties of the claim in the order of the table; an NPI without a party gets one."""
    places = {role: place for place, role in enumerate(dict.fromkeys(c.CLAIM_ROLES.values()))}
    own = [p for p in bundle.parties if not p["role"].startswith("other_payer") and p["role"] not in _OTHER]
    institutional = bundle.claim["claim_type"] == "institutional"
    stand_ins = _stand_ins(bundle.claim, c.CLAIM_NPI, own)
    order = places | ({"attending": -3, "operating": -2, "other_operating": -1} if institutional else
                      {"referring": -3, "primary_care": -2, "rendering": -1})  # fmt: skip
    for party in sorted([*own, *stand_ins], key=lambda p: order.get(p["role"], len(places))):
        yield from party_segments(party["role"], c.CLAIM, party, bundle.about_party(party))


_OTHER = ("other_subscriber", "other_patient")


def _stand_ins(row: Row, npi_columns: dict[str, str], parties: list[Row]) -> list[Row]:
    """A party for each provider of whom the tables hold the NPI alone."""
    named = {npi_columns[p["role"]] for p in parties if p["role"] in npi_columns}
    found: dict[str, Row] = {}
    for role, column in npi_columns.items():
        if column not in named and row.get(column) and column not in found:
            organization = role == "facility"
            found[column] = {"role": role, "sequence": 1, "identifier_type": "XX", "identifier": row[column],
                             "is_organization": organization}  # fmt: skip
            if organization:
                found[column] |= {"address_1": c.NOT_ON_FILE, "city": c.NOT_ON_FILE}
    return list(found.values())


def _other_payer(bundle: Bundle, payer: Row, number: int) -> Iterator[str]:
    """Loop 2320 of one earlier payer, and its parties."""
    about = f"other_payer:{number}"
    details = bundle.about(about)
    elements: list[Any] = [None] * 9
    for position, column in c.SUBSCRIBER.items():
        elements[position - 1] = payer[column]
    elements[1] = payer["patient_relationship"]
    yield segment("SBR", *elements, rest=elements_of(details))
    patient_part = _patient_part(bundle, payer)
    told = [d for d in details if not (d["kind"] in ("reference", "date") or d["qualifier"] in ("N3", "N4", "PER"))]
    own = [*_adjustments(bundle, payer["payer_id"], None), *_payer_amounts(payer, patient_part), *detail_segments(told)]
    yield from _in_order(own, _PAYER_ORDER)
    parties = {p["role"]: p for p in bundle.parties if p["sequence"] == number}
    subscriber = parties.pop("other_subscriber", None)
    if subscriber is None and payer["subscriber_id"]:
        subscriber = {"is_organization": False, "identifier_type": "MI", "identifier": payer["subscriber_id"]}
    if subscriber:
        told = bundle.about(f"other_subscriber:{number}")
        yield from party_segments("other_subscriber", c.OTHER_PAYER, subscriber, told)
    insurer = parties.pop("other_payer", None)
    if insurer is None and payer["payer_id"]:
        insurer = {"is_organization": True, "identifier_type": "PI", "identifier": payer["payer_id"]}
    spoken = [d for d in details if d["kind"] in ("reference", "date") or d["qualifier"] in ("N3", "N4", "PER")]
    lines = list(party_segments("other_payer", c.OTHER_PAYER, insurer, spoken) if insurer else detail_segments(spoken))
    if payer["adjudicated_date"] is not None:
        place = next((i for i, text in enumerate(lines) if text[:3] in ("REF", "PER", "DTP")), len(lines))
        lines.insert(place, dtp("573", payer["adjudicated_date"], None))
    yield from lines
    for role, party in parties.items():
        if role.startswith("other_"):
            yield from party_segments(role, c.OTHER_PAYER, party, bundle.about(f"{role}:{number}"))


def _patient_part(bundle: Bundle, payer: Row) -> Decimal:
    """What an earlier payer left to the patient: on the claim, and for the claim's own row on its lines as well."""
    rows = [a for a in bundle.rows["other_payer_adjustment"] if a["payer_id"] == payer["payer_id"]]
    if payer["line_number"] is not None:
        rows = [a for a in rows if a["line_number"] == payer["line_number"]]
    return sum((a["amount"] for a in rows if a["group_code"] == "PR" and a["amount"] is not None), Decimal(0))


def _payer_amounts(payer: Row, patient_part: Decimal) -> Iterator[str]:
    paid, allowed = payer["paid_amount"], payer["allowed_amount"]
    if payer["line_number"] is None and paid is not None:
        yield segment("AMT", "D", paid)
    if allowed is not None and (paid is None or allowed != paid + patient_part):  # else it follows from the others
        yield segment("AMT", "B6", allowed)


def _adjustments(bundle: Bundle, payer_id: str | None, line: int | None) -> Iterator[str]:
    rows = [a for a in bundle.rows["other_payer_adjustment"] if (a["payer_id"], a["line_number"]) == (payer_id, line)]
    yield from adjustment_segments(rows)


def adjustment_segments(rows: list[Row]) -> Iterator[str]:
    """One CAS for each run of rows of one group, or several: six reasons fit in one."""
    for group, run in groupby(rows, key=lambda row: row["group_code"]):
        listed = list(run)
        for start in range(0, len(listed), 6):
            six = listed[start : start + 6]
            triplets = [cell for row in six for cell in (row["carc"], row["amount"], count(row["quantity"]))]
            yield segment("CAS", group, *triplets)


def _line(bundle: Bundle, line: Row) -> Iterator[str]:
    """Loop 2400 and all below it."""
    number = line["line_number"]
    own = bundle.about(None, number)
    yield segment("LX", number)
    yield _service(bundle.claim, line, elements_of(own))
    columns = [*_dates(line, c.LINE, own)]
    payers = [r for r in bundle.rows["other_payer"] if r["line_number"] == number]
    obligated = next((r["obligated_amount"] for r in payers if r["obligated_amount"] is not None), None)
    if obligated is not None:
        columns.append(segment("CN1", "09", obligated))
    columns += _references(line, c.LINE)
    last = [d for d in own if d["kind"] == "segment" and d["qualifier"] in ("LQ", "FRM")]
    yield from _in_order([*columns, *detail_segments([d for d in own if d not in last])], _LINE_ORDER)
    yield from _drug(bundle, line)
    parties = [p for p in bundle.rows["claim_party"] if p["line_number"] == number]
    for party in [*parties, *_stand_ins(line, c.LINE_NPI, parties)]:
        yield from party_segments(party["role"], c.LINE, party, bundle.about_party(party, number))
    for place, payer in enumerate(payers, 1):
        if payer["payer_id"] is not None or payer["paid_amount"] is not None:
            yield from _line_payer(bundle, payer, place)
    yield from detail_segments(last)


def _procedure(line: Row, segment_name: str, place: int, rest: dict[str, str]) -> tuple[str | None, ...] | None:
    if line["hcpcs_code"] is None:
        return None
    tail = [rest.get(f"{segment_name}{place:02}-{n}") for n in (7, 8)]
    modifiers = [line[f"modifier_{n}"] for n in range(1, 5)]
    return (line["code_qualifier"] or "HC", line["hcpcs_code"], *modifiers, *tail)


def _service(claim: Row, line: Row, rest: dict[str, str]) -> str:
    emergency = {True: "Y", False: "N"}.get(line["is_emergency"])
    pointers = tuple(
        None if line[f"diagnosis_pointer_{n}"] is None else str(line[f"diagnosis_pointer_{n}"]) for n in range(1, 5)
    )
    pointed = pointers if any(pointers) else None
    charge, basis, units = line["billed_amount"], line["unit_basis"] or "UN", count(line["units"])
    if claim["claim_type"] == "institutional":
        return segment("SV2", line["revenue_code"], _procedure(line, "SV2", 2, rest), charge, basis, units, None,
                       line["non_covered_amount"], rest=rest)  # fmt: skip
    if claim["claim_type"] == "dental":
        return segment("SV3", _procedure(line, "SV3", 1, rest), charge, line["place_of_service"], None, None, units,
                       *[None] * 4, pointed, rest=rest)  # fmt: skip
    return segment("SV1", _procedure(line, "SV1", 1, rest), charge, basis, units, line["place_of_service"], None,
                   pointed, None, emergency, rest=rest)  # fmt: skip


def _drug(bundle: Bundle, line: Row) -> Iterator[str]:
    details = bundle.about("drug", line["line_number"])
    if line["ndc"] is None and not details:
        return
    if line["ndc"] is not None:
        yield segment("LIN", None, "N4", line["ndc"])
    if line["ndc_quantity"] is not None:
        yield segment("CTP", None, None, None, count(line["ndc_quantity"]), line["ndc_unit"], rest=elements_of(details))
    yield from detail_segments(details)


def _line_payer(bundle: Bundle, payer: Row, number: int) -> Iterator[str]:
    """Loop 2430: what an earlier payer decided for the line."""
    details = bundle.about(f"other_payer:{number}", payer["line_number"])
    rest = elements_of(details)
    procedure = None
    if payer["hcpcs_code"] is not None:
        procedure = ("HC", payer["hcpcs_code"], *(payer["modifiers"] or "").split(COMPONENT))
    yield segment("SVD", payer["payer_id"], payer["paid_amount"], procedure, None, count(payer["units"]), rest=rest)
    yield from _adjustments(bundle, payer["payer_id"], payer["line_number"])
    if payer["adjudicated_date"] is not None:
        yield dtp("573", payer["adjudicated_date"], None)
    yield from _payer_amounts(payer, _patient_part(bundle, payer))
    yield from detail_segments(details)
