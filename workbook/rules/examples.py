"""Runs the worked examples that stand on a card: they are the card's tests.

A column that an example does not show comes from `clean_claim.yaml`, one claim that no rule finds fault with; for a
rule about institutional claims, from the stay or the outpatient bill of `clean_hospital_claim.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes import edition_rows, undotted
from workbook.codes.tables import EDITION, REFERENCE_TABLES
from workbook.engine import Column, Engine, Section, Table
from workbook.engine.yaml import plain, read_yaml
from workbook.rules.card import Card, edition_name
from workbook.rules.derived import put_derived
from workbook.rules.run import Universe, findings_and_outcomes, keep_views
from workbook.terms import Edition, Span, parse_date

if TYPE_CHECKING:
    import pyarrow as pa

#: columns an example may show beside those of the claim tables
_EXTRA = Table(
    "example",
    "one row of an example",
    (),
    (
        Column("flagged", "boolean", "no: this row is context, not a finding"),
        Column("diagnosis_codes", "text", "the claim's diagnoses in order, separated by spaces; I10/Y with POA"),
        Column("procedure_codes", "text", "the claim's ICD-10-PCS codes in order; 0SRC0J9@2025-11-03 with the day"),
        Column("condition_codes", "text", "the claim's condition codes, separated by spaces"),
        Column("value_codes", "text", "the claim's value codes with their amounts: 80=3 81=1"),
    ),
)
_EXAMPLES = ("Flagged", "Passes", "Near miss", "Not checked")
#: tables of which an example has rows only where it names their columns, as other_payer.paid_amount
_NAMED_ONLY = ("claim_procedure", "claim_party", "claim_detail", "other_payer", "other_payer_adjustment")


@dataclass(frozen=True)
class Example:
    """One worked example and what running it gave."""

    card_id: str
    heading: str
    expected: frozenset[tuple[Any, ...]]
    found: frozenset[tuple[Any, ...]]
    expected_not_checked: int
    not_checked: int

    @property
    def holds(self) -> bool:
        """True when the card found exactly what the page says."""
        return self.expected == self.found and self.expected_not_checked == self.not_checked


def examples(card: Card) -> list[Section]:
    """The examples on a card, in order."""
    return card.page.of_kind(*_EXAMPLES)


def run_examples(engine: Engine, card: Card) -> list[Example]:
    """Run every example of a card at once on an engine that holds no tables yet.

    Each example keeps to itself: its claims and patients carry its number while it runs.
    """
    sections = examples(card)
    parsed = []
    built: dict[str, list[dict[str, Any]]] = {name: [] for name in CLAIM_TABLES}
    for number, section in enumerate(sections):
        owners = _columns(card, section)
        parsed.append(section.tables[0].parsed(owners))
        for name, rows in _claim_rows(card, parsed[-1], owners).items():
            built[name] += [_marked(number, row) for row in rows]
    for name, table in CLAIM_TABLES.items():
        engine.put(name, table.from_rows(built[name]))
    given, editions = _given(card)
    for name, table in given.items():
        engine.put(name, table)
    engine.put("edition", edition_rows(editions))
    put_derived(engine, card.reads)
    keep_views(engine, card, [card])
    findings, judged = findings_and_outcomes(Universe(engine, editions), card)
    keys = [k for k in card.key if k != "role"]
    found = list(zip(*(findings[k].to_pylist() for k in keys), strict=True))
    return [_example(card, n, s, parsed[n], keys, found, judged) for n, s in enumerate(sections)]


def _example(
    card: Card,
    number: int,
    section: Section,
    rows: list[dict[str, Any]],
    keys: list[str],
    found: list[tuple[Any, ...]],
    judged: list[tuple[str, str]],
) -> Example:
    """What one example expected, and what of the common run is its own."""
    mark = f"{number}/"
    wanted = {tuple(r[k] for k in keys) for r in rows if r.get("flagged") is not False}
    own = {(key[0].removeprefix(mark), *key[1:]) for key in found if key[0].startswith(mark)}
    unchecked = sum(outcome == "not checked" and claim_id.startswith(mark) for claim_id, outcome in judged)
    return Example(
        card_id=card.id,
        heading=section.heading,
        expected=frozenset(wanted if section.kind == "Flagged" else ()),
        found=frozenset(own),
        expected_not_checked=len(wanted) if section.kind == "Not checked" else 0,
        not_checked=unchecked,
    )


def _marked(number: int, row: dict[str, Any]) -> dict[str, Any]:
    return {k: f"{number}/{v}" if k in ("claim_id", "patient_id") and v is not None else v for k, v in row.items()}


def _columns(card: Card, section: Section) -> dict[str, Table]:
    """Which table declares each column an example shows: the table it names, or the nearest to what is judged."""
    table = section.tables[0]
    order = {
        "claim": ["claim", "claim_line"],
        "line": ["claim_line", "claim"],
        "diagnosis": ["claim_diagnosis", "claim", "claim_line"],
    }[card.judges]
    if "line_number" in table.header:
        order = ["claim_line", *[name for name in order if name != "claim_line"]]
    found = {}
    for header in table.header:
        qualifier, _, name = header.rpartition(".")
        candidates = [CLAIM_TABLES[qualifier]] if qualifier in CLAIM_TABLES else [CLAIM_TABLES[n] for n in order]
        owner = next((t for t in [*candidates, _EXTRA] if name in t.names), None)
        if owner is None:
            raise card.page.error(section.line, f"{header!r} is not a column of {', '.join(CLAIM_TABLES)}")
        found[header] = owner
    if missing := [k for k in card.key if k not in table.header and k != "role"]:
        raise card.page.error(section.line, f"an example of a {card.judges} shows {missing[0]}")
    return found


@cache
def clean_claim(kind: str = "professional") -> Mapping[str, Mapping[str, Any]]:
    """The professional, inpatient or outpatient claim that no rule finds fault with: table name → column → value."""
    if kind == "professional":
        tables = plain(read_yaml(Path(__file__).with_name("clean_claim.yaml")))
    else:
        tables = plain(read_yaml(Path(__file__).with_name("clean_hospital_claim.yaml")))[kind]
    return {
        name: {column: CLAIM_TABLES[name][column].parse(str(v)) for column, v in row.items()}
        for name, row in tables.items()
    }


def _clean(card: Card, claim: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What fills up an example's claim."""
    if card.applies_to != "institutional":
        return clean_claim()
    return clean_claim("inpatient" if re.match("0?(11|18|21|41)", claim.get("type_of_bill") or "") else "outpatient")


def _claim_rows(card: Card, rows: list[dict[str, Any]], owners: Mapping[str, Table]) -> dict[str, list[dict[str, Any]]]:
    """The rows of the claim tables an example stands for, filled up from the clean claim."""

    def part(row: Mapping[str, Any], table: str) -> dict[str, Any]:
        return {h.rpartition(".")[2]: v for h, v in row.items() if owners[h].name == table}

    claims: dict[str, dict[str, Any]] = {}
    named: dict[str, list[dict[str, Any]]] = {name: [] for name in _NAMED_ONLY}
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    diagnoses: dict[tuple[Any, ...], dict[str, Any]] = {}
    procedures: dict[tuple[Any, ...], dict[str, Any]] = {}
    details: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        claim_id = row["claim_id"]
        clean = _clean(card, part(row, "claim"))
        claims.setdefault(claim_id, {**clean["claim"], "claim_id": claim_id}).update(part(row, "claim"))
        line = {**clean["claim_line"], **part(row, "claim_line"), "claim_id": claim_id}
        lines[claim_id, line["line_number"]] = line
        for name in _NAMED_ONLY:
            shown = {k: v for k, v in part(row, name).items() if v is not None}
            if shown and (own_row := {"claim_id": claim_id} | shown) not in named[name]:
                named[name].append(own_row)
        for procedure in _procedures(claim_id, row.get("procedure_codes") or ""):
            procedures[claim_id, procedure["sequence"]] = procedure
        details[claim_id] = _details(claim_id, row)
        if card.judges == "diagnosis":
            own = {**clean["claim_diagnosis"], **part(row, "claim_diagnosis"), "claim_id": claim_id}
            own["diagnosis_code"] = undotted(own["diagnosis_code"])
            diagnoses[claim_id, own["role"], own["sequence"]] = own
            continue
        codes = row.get("diagnosis_codes") or clean["claim_diagnosis"]["diagnosis_code"]
        for sequence, text in enumerate(codes.split(), 1):
            code, _, mark = text.partition("/")
            role = "principal" if sequence == 1 else "other"
            own = {"claim_id": claim_id, "sequence": sequence, "role": role, "diagnosis_code": undotted(code)}
            own |= {"present_on_admission": mark} if mark else {}
            diagnoses[claim_id, role, sequence] = {**clean["claim_diagnosis"], **own}
    for claim_id, claim in claims.items():
        total = sum((v["billed_amount"] for (c, _), v in lines.items() if c == claim_id), Decimal(0))
        claim.setdefault("billed_amount", total)
        claim["patient_control_number"] = claim_id
    found = {
        "claim": [*claims.values()],
        "claim_line": [*lines.values()],
        "claim_diagnosis": [*diagnoses.values()],
        "claim_procedure": [*procedures.values()],
        "claim_detail": [detail for own in details.values() for detail in own],
    }
    return {name: found.get(name, []) + named.get(name, []) for name in {**found, **named}}


def _procedures(claim_id: str, codes: str) -> list[dict[str, Any]]:
    """Rows of claim_procedure for 0SRC0J9@2025-11-03 0JH60PZ."""
    found = []
    for sequence, text in enumerate(codes.split(), 1):
        code, _, day = text.partition("@")
        row = {"claim_id": claim_id, "sequence": sequence, "procedure_code": code}
        found.append({**row, "procedure_date": parse_date(day) if day else None})
    return found


def _details(claim_id: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of claim_detail for the condition codes and value codes of an example."""
    told: list[tuple[str, str, Decimal | None]] = []
    told += [("condition", code, None) for code in (row.get("condition_codes") or "").split()]
    for text in (row.get("value_codes") or "").split():
        code, _, amount = text.partition("=")
        told.append(("value", code, Decimal(amount)))
    return [
        {"claim_id": claim_id, "sequence": sequence, "kind": kind, "qualifier": code, "amount": amount}
        for sequence, (kind, code, amount) in enumerate(told, 1)
    ]


def _given(card: Card) -> tuple[dict[str, pa.Table], list[Edition]]:
    """The reference tables the page gives; unless it gives editions, each is whole and serves every date."""
    given = {s.name: s.tables[0].as_table(REFERENCE_TABLES[s.name]) for s in card.page.of_kind("Given")}
    stated = given.get("edition", EDITION.empty()).to_pylist()
    editions = [
        Edition(r["table_name"], "example", r["version"], Span(r["effective_date"], r["end_date"]), r["is_whole"])
        for r in stated
    ]
    always = Span(parse_date("1900-01-01"))
    named = {e.table_name for e in editions}
    editions += [
        Edition(name, "example", "example", always)
        for name in (edition_name(n, card.scope) for n in given)
        if name not in named
    ]
    return {n: t for n, t in given.items() if n != "edition"}, editions
