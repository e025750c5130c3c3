"""Plants errors on clean claims, each as its page says, and keeps the clean twin of every claim that was changed."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE
from workbook.encounters.charges import charge_master
from workbook.encounters.practice.claims import Bundle, Row, in_order
from workbook.encounters.practice.page import Plant, Where, plants
from workbook.engine.table import Table
from workbook.terms import WorkbookError, money

NOTHING = "nothing"


@dataclass(frozen=True)
class Planted:
    """One planted error: the claim and the line that bear it, its clean twin's claim, and what was changed in words."""

    claim_id: str
    line_number: int | None
    twin_id: str
    plant: Plant
    changed: str


def plant_errors(clean: list[Bundle], seed: int) -> tuple[list[Bundle], list[Planted]]:
    """Plant every error of `plants.yaml`, one on a claim at most; the claims come back in the order of the files.

    Raises WorkbookError when too few claims can bear a kind of error.
    """
    rng = Random(f"{seed} errors")  # noqa: S311 - invented data, not a secret
    claims = {bundle["claim"][0]["claim_id"]: bundle for bundle in clean}
    taken: set[str] = set()
    found: list[Planted] = []
    able_to = {plant.kind: {i for i, bundle in claims.items() if _bears(bundle, plant)} for plant in plants()}
    waiting = list(plants())
    while waiting:
        plant = min(waiting, key=lambda p: len(able_to[p.kind] - taken) - p.count)  # who has the least choice left
        waiting.remove(plant)
        able = sorted(able_to[plant.kind] - taken)
        if len(able) < plant.count:
            raise WorkbookError(
                f"plants.yaml: {plant.kind!r} needs {plant.count} claims and {len(able)} can bear it; "
                "lower its count or add such visits"
            )
        for claim_id in sorted(rng.sample(able, plant.count)):
            bundle, planted = _planted(claims, claim_id, plant)
            claims[planted.claim_id] = bundle
            taken |= {claim_id, planted.claim_id}
            found.append(planted)
    return in_order(claims.values()), sorted(found, key=lambda p: p.claim_id)


def _bears(bundle: Bundle, plant: Plant) -> bool:
    where, [claim], lines = plant.where, bundle["claim"], bundle["claim_line"]
    day = lines[0]["service_from_date"]
    age = (day - claim["patient_birth_date"]).days // 365.25
    codes = [line["hcpcs_code"] or "" for line in lines]
    wanted = [*where.lines, *([where.also] if where.also else [])]
    anchor = _anchor(bundle, where)
    return (
        where.type in (None, claim["claim_type"])
        and where.bill in (None, claim.get("type_of_bill"))
        and (where.payers is None or claim["claim_filing_code"] in where.payers)
        and where.sex in (None, claim["patient_sex"])
        and where.ages[0] <= age <= where.ages[1]
        and where.first <= day <= where.last
        and all(any(re.fullmatch(pattern, code) for code in codes) for pattern in wanted)
        and (not where.lines or (anchor is not None and (not plant.do.set or _changes(anchor, plant.do.set))))
        and (where.dx is None or bool(re.fullmatch(where.dx, _diagnosis_at(bundle, where.at))))
        and (not where.poa or bool((_at(bundle, 2) or {}).get("present_on_admission")))
    )


def _changes(line: Row, values: Row) -> bool:
    return any(_reckoned(line.get(column), value) != line.get(column) for column, value in values.items())


def _anchor(bundle: Bundle, where: Where) -> Row | None:
    """The line that is changed: the first with a code of `lines[0]`, and with the modifier where one is named."""
    if not where.lines:
        return None
    for line in bundle["claim_line"]:
        if re.fullmatch(where.lines[0], line["hcpcs_code"] or "") and where.modifier in (None, line.get("modifier_1")):
            return line
    return None


def _at(bundle: Bundle, sequence: int) -> Row | None:
    listed = (d for d in bundle["claim_diagnosis"] if d["role"] in ("principal", "other"))
    return next((d for d in listed if d["sequence"] == sequence), None)


def _diagnosis_at(bundle: Bundle, sequence: int) -> str:
    return str((_at(bundle, sequence) or {}).get("diagnosis_code", ""))


def _planted(claims: dict[str, Bundle], twin_id: str, plant: Plant) -> tuple[Bundle, Planted]:
    bundle, do = deepcopy(claims[twin_id]), plant.do
    if do.send_again is not None:
        claim_id = _next_id(claims, twin_id)
        for row in (row for rows in bundle.values() for row in rows):
            row["claim_id"] = claim_id
        [claim] = bundle["claim"]
        claim |= {
            "patient_control_number": claim_id,
            "received_date": claim["received_date"] + timedelta(do.send_again),
        }
        return bundle, Planted(claim_id, None, twin_id, plant, f"claim: sent again as {claim_id}, first as {twin_id}")
    told: list[str] = []
    number = _change_lines(bundle, plant, told)
    [claim] = bundle["claim"]
    if do.diagnosis and (named := _at(bundle, do.diagnosis["sequence"])):
        _set(named, do.diagnosis, CLAIM_DIAGNOSIS, f"diagnosis {named['sequence']}", told)
    if do.more_diagnosis:
        last = [d for d in bundle["claim_diagnosis"] if d["role"] in ("principal", "other")][-1]
        further = {**last, "sequence": last["sequence"] + 1, "role": "other", "diagnosis_code": do.more_diagnosis}
        bundle["claim_diagnosis"].append(further)
        told.append(f"diagnosis {further['sequence']}: added {do.more_diagnosis}")
    total = sum((line["billed_amount"] for line in bundle["claim_line"]), Decimal(0))
    if total != claim["billed_amount"]:
        _set(claim, {"billed_amount": total}, CLAIM, "claim", told)
    before = dict(claim)
    _set(claim, do.claim, CLAIM, "claim", told)
    _follow(bundle, before)
    return bundle, Planted(twin_id, number, twin_id, plant, "; ".join(told))


def _next_id(claims: dict[str, Bundle], like: str) -> str:
    return f"{like[0]}{max(int(claim_id[1:]) for claim_id in claims if claim_id[0] == like[0]) + 1:04}"


def _change_lines(bundle: Bundle, plant: Plant, told: list[str]) -> int | None:
    """Change, add or drop a line; returns the number of the line that bears the error."""
    do, lines = plant.do, bundle["claim_line"]
    anchor = _anchor(bundle, plant.where)
    if anchor is None or not (do.set or do.drop or do.add is not None):
        return None
    number: int = anchor["line_number"]
    if do.drop:
        lines.remove(anchor)
        for place, line in enumerate(lines, 1):
            line["line_number"] = place
        told.append(f"line {number}: dropped ({anchor['hcpcs_code']})")
        return None
    if do.set:
        _set(anchor, do.set, CLAIM_LINE, f"line {number}", told)
        return number
    added: Row = {**anchor, **(do.add or {}), "line_number": len(lines) + 1}
    if do.add and "hcpcs_code" in do.add:
        kept = {c: v for c, v in added.items() if not c.startswith("modifier_")}
        modifiers = {c: v for c, v in do.add.items() if c.startswith("modifier_")}
        added = {**kept, **modifiers, "units": Decimal(1), "billed_amount": money(charge_master()[added["hcpcs_code"]])}
    lines.append(added)
    told.append(f"line {added['line_number']}: added ({added['hcpcs_code']})")
    return int(added["line_number"])


def _set(row: Row, values: Row, table: Table, place: str, told: list[str]) -> None:
    for column, value in values.items():
        old = row.get(column)
        new = _reckoned(old, value)
        if table[column].type in ("money", "quantity") and new is not None:
            new = money(new) if table[column].type == "money" else Decimal(str(new))
        if new != old:
            row[column] = new
            told.append(f"{place}: {column} {_shown(old)} to {_shown(new)}")


def _reckoned(old: Any, value: Any) -> Any:
    """What a value of the page comes to, given what stood there."""
    if not isinstance(value, dict):
        return value
    [(how, much)] = value.items()
    if how == "none":
        return None
    if how == "first":
        return old[:much]
    if how == "days":
        return old + timedelta(much)
    if how == "more":
        return old + Decimal(str(much))
    if how == "times":
        return old * Decimal(str(much))
    return old[:-1] + str((int(old[-1]) + much) % 10)  # other_check_digit


def _shown(value: Any) -> str:
    if value is None:
        return NOTHING
    return value.isoformat() if isinstance(value, date) else str(value)


def _follow(bundle: Bundle, before: Row) -> None:
    """The party of a provider bears the number that the claim now gives it, the hour of admission its day."""
    [claim] = bundle["claim"]
    for detail in bundle["claim_detail"]:
        if detail["qualifier"] == "435" and (day := claim["admission_date"]) != detail["from_date"]:
            detail |= {"from_date": day, "value": f"{day:%Y%m%d}{detail['value'][8:]}"}
    for party in bundle["claim_party"]:
        column = f"{party['role']}_provider_npi"
        if column in claim and before.get(column) != claim[column]:
            party["identifier"] = claim[column]
