"""The clean claims of the year: every visit of `visits.yaml`, its patient, its day and its rows in the claim tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.encounters.charges import charge_master
from workbook.encounters.practice.page import LineText, Provider, Variant, Visit, visits, who
from workbook.encounters.practice.people import Person, new_person, provider_npi
from workbook.terms import WorkbookError, money

Row = dict[str, Any]
#: The rows of one claim by table.
Bundle = dict[str, list[Row]]
_TRIES = 500
_KNOWN_PATIENT = 0.6


@dataclass
class _Draft:
    visit: Visit
    variant: Variant
    person: Person
    first: date
    last: date
    received: date


def clean_claims(seed: int) -> list[Bundle]:
    """The year without an error, in the order in which the files hold it: by type, payer, patient and day."""
    rng, people = Random(seed), list[Person]()  # noqa: S311 - invented data, not a secret
    numbered = []
    for letter, kinds in (("P", visits().professional), ("H", visits().institutional)):
        drafts = [draft for visit in kinds for _ in range(visit.count) for draft in _episode(rng, people, visit)]
        drafts.sort(key=lambda d: (d.received, d.first, d.person.number))
        numbered += [(f"{letter}{number:04}", draft) for number, draft in enumerate(drafts, 1)]
    return in_order(_bundle(claim_id, draft) for claim_id, draft in numbered)


def in_order(bundles: Iterable[Bundle]) -> list[Bundle]:
    """Professional before institutional, then by payer, patient and day: claims that share a loop stand together."""

    def key(bundle: Bundle) -> tuple[Any, ...]:
        [claim] = bundle["claim"]
        day = bundle["claim_line"][0]["service_from_date"]
        return claim["claim_type"] != "professional", claim["payer_id"], claim["patient_id"], day, claim["claim_id"]

    return sorted(bundles, key=key)


def as_claims(bundles: Iterable[Bundle]) -> Claims:
    """Bundles as claim tables."""
    kept = list(bundles)
    return Claims(
        {name: table.from_rows(row for b in kept for row in b.get(name, [])) for name, table in CLAIM_TABLES.items()}
    )


def _episode(rng: Random, people: list[Person], visit: Visit) -> Iterator[_Draft]:
    variant = rng.choice(visit.variants)
    ages = variant.ages or visit.ages
    offered = [p for p in visit.payers if _fits(p, ages)]
    payer = rng.choices(offered, [who().payers[p].weight for p in offered])[0]
    for _ in range(_TRIES):
        person = _someone(rng, people, visit, payer, ages)
        first = date(who().year, 1, 1) + timedelta(rng.randrange(365))
        last = first + timedelta(rng.randint(*visit.stay))
        after = rng.randint(*visit.then.days) if visit.then else 0
        ends = last + timedelta(after)
        fits = ages[0] <= person.age_on(first) <= ages[1] and person.is_free(visit, first, ends)
        if not (fits and _is_open(visit, first) and (not after or _is_open(visit, ends)) and ends.year == first.year):
            continue
        if person.number > len(people):
            people.append(person)
        person.new_on = first if visit.new else person.new_on
        person.visits.append((first, ends, visit.kind, visit.alone))
        yield _Draft(visit, variant, person, first, last, _received(rng, last))
        if visit.then:
            yield _Draft(visit, rng.choice(visit.then.variants), person, ends, ends, _received(rng, ends))
        return
    raise WorkbookError(f"visits.yaml: no day was found for {visit.name!r}; lower its count or widen ages and months")


def _fits(payer: str, ages: tuple[int, int]) -> bool:
    low, high = who().payers[payer].ages
    return max(low, ages[0]) < min(high, ages[1])


def _someone(rng: Random, people: list[Person], visit: Visit, payer: str, ages: tuple[int, int]) -> Person:
    known = [p for p in people if p.payer == payer and visit.sex in (None, p.sex)]
    if known and not visit.new and rng.random() < _KNOWN_PATIENT:
        return rng.choice(known)
    return new_person(rng, len(people) + 1, visit, payer, ages)


def _is_open(visit: Visit, day: date) -> bool:
    is_office = visit.bill is None and visit.place not in ("21", "23")
    return day.month in visit.months and not (is_office and (day.weekday() > 4 or day in who().closed))


def _received(rng: Random, day: date) -> date:
    return day + timedelta(rng.randint(*who().received_after_days))


def _bundle(claim_id: str, d: _Draft) -> Bundle:
    lines = [_line(d, number, text) for number, text in enumerate(d.variant.lines, 1)]
    claim = _claim(d, sum((line["billed_amount"] for line in lines), Decimal(0)))
    done = {"sequence": 1, "procedure_code": d.variant.procedure, "procedure_date": d.first}
    rows: Bundle = {
        "claim": [claim],
        "claim_party": list(_parties(d, claim)),
        "claim_diagnosis": list(_diagnoses(d.variant)),
        "claim_procedure": [done] if d.variant.procedure else [],
        "claim_line": lines,
        "claim_detail": [{"sequence": n, **row} for n, row in enumerate(_details(d), 1)],
    }
    return {name: [{"claim_id": claim_id, **row} for row in table] for name, table in rows.items()} | {
        "claim": [{"claim_id": claim_id, "patient_control_number": claim_id, **claim}]
    }


def _claim(d: _Draft, billed: Decimal) -> Row:
    filing = who().hospital_filing.get(d.person.payer, d.person.payer) if d.visit.bill else d.person.payer
    payer = who().payers[filing]
    return {
        "payer_id": payer.id, "payer_name": payer.name, "claim_filing_code": filing, "payer_sequence": "P",
        "patient_id": d.person.member_number, "subscriber_id": d.person.member_number, "patient_relationship": "18",
        "patient_birth_date": d.person.birth_date, "patient_sex": d.person.sex, "billed_amount": billed,
        "frequency_code": "1", "accepts_assignment": True, "benefits_assigned": "Y", "release_of_information": "Y",
        "purpose": "CH", "received_date": d.received, **(_hospital(d) if d.visit.bill else _office(d)),
    }  # fmt: skip


def _office(d: _Draft) -> Row:
    return {
        "claim_type": "professional", "billing_provider_npi": provider_npi("practice"),
        "rendering_provider_npi": provider_npi(d.visit.by), "provider_signature": True,
        "referring_provider_npi": provider_npi(d.visit.referred_by) if d.visit.referred_by else None,
        "facility_npi": None if d.visit.place == "11" else provider_npi("hospital"),
        "place_of_service": d.visit.place,
        "admission_date": d.first - timedelta(d.visit.admitted_before) if d.visit.place == "21" else None,
    }  # fmt: skip


def _hospital(d: _Draft) -> Row:
    is_stay = d.visit.drg is not None
    return {
        "claim_type": "institutional", "billing_provider_npi": provider_npi("hospital"),
        "attending_provider_npi": provider_npi(d.visit.by), "type_of_bill": d.visit.bill,
        "operating_provider_npi": provider_npi(d.visit.by) if d.variant.procedure else None,
        "statement_from_date": d.first, "statement_through_date": d.last,
        "admission_date": d.first if is_stay else None, "admission_type": d.visit.admission, "admission_source": "1",
        "patient_status": "01", "ms_drg": d.visit.drg,
    }  # fmt: skip


def _parties(d: _Draft, claim: Row) -> Iterator[Row]:
    """Who the claim names, in the order in which an 837 names them."""
    page, biller = who(), "hospital" if d.visit.bill else "practice"
    payer = {"is_organization": True, "last_name": claim["payer_name"]}
    office = _organization(page.providers[biller])
    found: list[tuple[str, Row, str, str | None]] = [
        ("submitter", {"is_organization": True, "last_name": office["last_name"], **page.contact}, "46",
         provider_npi(biller)),
        ("receiver", payer, "46", claim["payer_id"]),
        ("billing", office | page.place | {"tax_id_type": "EI", "tax_id": page.tax_id}, "XX", provider_npi(biller)),
        ("subscriber", d.person.as_party(), "MI", claim["subscriber_id"]),
        ("payer", payer, "PI", claim["payer_id"]),
        *((role, _clinician(role, key), "XX", provider_npi(key) if key else None) for role, key in _clinicians(d)),
        ("facility", _organization(page.providers["hospital"]) | page.place | {"taxonomy_code": None}, "XX",
         claim.get("facility_npi")),
    ]  # fmt: skip
    for role, row, kind, number in found:
        if number:
            yield {"role": role, "sequence": 1, **row, "identifier_type": kind, "identifier": number}


def _clinicians(d: _Draft) -> list[tuple[str, str | None]]:
    if d.visit.bill:
        return [("attending", d.visit.by), ("operating", d.visit.by if d.variant.procedure else None)]
    return [("referring", d.visit.referred_by), ("rendering", d.visit.by)]


def _clinician(role: str, key: str | None) -> Row:
    if key is None:
        return {}
    p = who().providers[key]
    own = {"taxonomy_code": p.taxonomy} if role in ("attending", "rendering") else {}
    return {"is_organization": False, "last_name": p.last_name, "first_name": p.first_name, **own}


def _organization(p: Provider) -> Row:
    return {"is_organization": True, "last_name": p.last_name, "taxonomy_code": p.taxonomy}


def _diagnoses(variant: Variant) -> Iterator[Row]:
    for sequence, text in enumerate(variant.diagnoses, 1):
        code, _, mark = text.partition(":")
        yield _diagnosis("other" if sequence > 1 else "principal", sequence, code) | {
            "present_on_admission": mark.strip("-") or None
        }
    for role, other in (
        ("admitting", variant.admitting), ("reason_for_visit", variant.reason), ("external_cause", variant.external)
    ):  # fmt: skip
        if other:
            yield _diagnosis(role, 1, other)


def _diagnosis(role: str, sequence: int, code: str) -> Row:
    return {"sequence": sequence, "role": role, "diagnosis_code": code.replace(".", ""), "code_set": "icd10"}


def _details(d: _Draft) -> Iterator[Row]:
    """The note of therapy, and the hours of a stay, which an 837I states with the days."""
    if d.variant.note:
        yield {"kind": "note", "qualifier": "ADD", "value": d.variant.note}
    if d.visit.drg:
        admitted, left = who().hours["435"], who().hours["096"]
        yield {"kind": "date", "qualifier": "096", "value": left}
        yield {"kind": "date", "qualifier": "435", "value": f"{d.first:%Y%m%d}{admitted}", "from_date": d.first}


def _line(d: _Draft, number: int, text: LineText) -> Row:
    days = max((d.last - d.first).days, 1)
    units = days if text.units == "D" else int(text.units or 1)
    code, modifiers = text.hcpcs_code, text.modifiers.split("-")[1:]
    price = Decimal(text.charge) if text.charge else charge_master()[code or ""]  # `read_visits` has looked
    drug = who().drugs.get(f"{code}{text.modifiers}")
    points = text.points.split() if text.points else []
    return {
        "line_number": number, "service_from_date": d.first, "revenue_code": text.revenue_code, "hcpcs_code": code,
        **{f"modifier_{n}": modifier for n, modifier in enumerate(modifiers, 1)},
        **{f"diagnosis_pointer_{n}": int(point) for n, point in enumerate(points, 1)},
        "units": Decimal(units), "unit_basis": "DA" if text.units == "D" else "UN",
        "billed_amount": money(price * units),
        **({"ndc": drug.ndc, "ndc_quantity": drug.millilitres * units, "ndc_unit": "ML"} if drug else {}),
    }  # fmt: skip
