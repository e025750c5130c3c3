"""What the payers answer: a remittance each month, and what is at stake in every planted error.

Medicare Part B's professional lines have the price that `workbook.payment` computes. Everything else (hospitals,
laboratory tests, drugs, procedures that reduce one another, other payers) has none there, and gets an INVENTED one: a
flat share of the charge, from `practice.yaml`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import Any

from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import CLAIM, REMITTANCE_TABLES
from workbook.encounters.practice.claims import Row
from workbook.encounters.practice.page import who
from workbook.encounters.practice.planting import Planted
from workbook.payment.price import price
from workbook.payment.remit import remit
from workbook.payment.step import adjustments, line_table
from workbook.payment.tables import DENIAL
from workbook.terms import money

PRICED = "MB"


def remittance_of(claims: Claims, planted: Iterable[Planted]) -> Remittance:
    """The payers' answers to every claim: one transaction for a payer, a billing provider and a month of receipt."""
    by_claim: dict[str, list[Row]] = defaultdict(list)
    for line in _priced_lines(claims, planted):
        by_claim[line["claim_id"]].append(line)
    months: dict[str, list[Row]] = defaultdict(list)
    for claim in claims.arrow["claim"].to_pylist():
        months[f"{claim['received_date']:%Y-%m}"].append(claim)
    rows: dict[str, list[Row]] = {name: [] for name in REMITTANCE_TABLES}
    numbers = count(1)
    for month in sorted(months):
        lines = line_table().from_rows(line for c in months[month] for line in by_claim[c["claim_id"]])
        answered = remit(Claims({"claim": CLAIM.from_rows(months[month])}), lines, None, ())
        names = {row["remittance_id"]: f"R{next(numbers):06}" for row in answered.arrow["remittance"].to_pylist()}
        for table, found in answered.arrow.items():
            rows[table] += [_renamed(row, names) for row in found.to_pylist()]
    _say_more(rows, claims)
    return Remittance({name: table.from_rows(rows[name]) for name, table in REMITTANCE_TABLES.items()})


def stakes(claims: Claims, clean: Claims, planted: Iterable[Planted]) -> list[tuple[Decimal, str]]:
    """For each planted error, the dollars at stake and how they were reckoned."""
    now, then = _allowed(claims), _allowed(clean)
    return [_stake(p, now, then) for p in planted]


def _stake(p: Planted, now: dict[str, dict[int, Decimal]], then: dict[str, dict[int, Decimal]]) -> tuple[Decimal, str]:
    if p.plant.do.send_again is not None:
        return sum(then[p.twin_id].values(), Decimal(0)), f"allowed for the whole claim {p.twin_id}"
    of_claim = sum(now[p.claim_id].values(), Decimal(0))
    if p.plant.stake == "line" and p.line_number is not None:
        return now[p.claim_id][p.line_number], "allowed for the line"
    if p.plant.stake == "claim":
        return of_claim, "allowed for the whole claim"
    clean = sum(then[p.twin_id].values(), Decimal(0))
    return of_claim - clean, f"allowed for the claim {of_claim} less {clean} for its clean twin"


def _allowed(claims: Claims) -> dict[str, dict[int, Decimal]]:
    found: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for line in _priced_lines(claims, ()):
        found[line["claim_id"]][line["line_number"]] = line["allowed_amount"]
    return found


def _priced_lines(claims: Claims, planted: Iterable[Planted]) -> list[Row]:
    """Every line with what is allowed, owed and paid, or with its denial."""
    denials = [
        {"claim_id": p.claim_id, "line_number": None if a.whole else p.line_number or 1, "group_code": a.group,
         "carc": a.carc, "rarc": a.rarc, "rule_id": p.plant.rule_id}
        for p in planted if (a := p.plant.answer)
    ]  # fmt: skip
    filing = {c["claim_id"]: c["claim_filing_code"] for c in claims.arrow["claim"].to_pylist()}
    lines = price(claims, denials=DENIAL.from_rows(denials)).arrow_lines.to_pylist()
    return [_invented(line, filing[line["claim_id"]]) for line in lines]


def _invented(line: Row, filing: str) -> Row:
    """The line as it is where it has a price or a denial, else with the invented one."""
    if line["denial_carc"] or (filing == PRICED and line["not_priced_reason"] is None):
        return line
    payer = who().payers[filing]
    allowed = money(line["billed_amount"] * payer.allowed_share)
    owed = money(allowed * payer.patient_share)
    nothing = {a.column: Decimal(0) for a in adjustments()}
    return line | nothing | {
        "allowed_amount": allowed, "contractual_amount": line["billed_amount"] - allowed, "coinsurance_amount": owed,
        "paid_amount": allowed - owed, "packaged_reason": None,
    }  # fmt: skip


def _renamed(row: Row, names: dict[str, str]) -> Row:
    """The row under a number that no other month has."""
    old, new = row["remittance_id"], names[row["remittance_id"]]
    return {k: v.replace(old, new, 1) if isinstance(v, str) and v.startswith(old) else v for k, v in row.items()}


def _say_more(rows: dict[str, list[Row]], claims: Claims) -> None:
    """What pricing leaves out and an 835 of such claims says: names, bill, stay, revenue codes."""
    tables = {name: claims.arrow[name].to_pylist() for name in ("claim", "claim_line", "claim_party")}
    claim_of = {c["claim_id"]: c for c in tables["claim"]}
    revenue = {(line["claim_id"], line["line_number"]): line["revenue_code"] for line in tables["claim_line"]}
    parties = {(p["claim_id"], p["role"]): p for p in tables["claim_party"]}
    for row in rows["remittance_line"]:
        row["revenue_code"] = revenue[row["claim_id"], row["line_number"]]
    first: dict[str, str] = {}
    for row in rows["remittance_claim"]:
        claim = claim_of[row["claim_id"]]
        first.setdefault(row["remittance_id"], row["claim_id"])
        bill = claim["type_of_bill"]
        row |= {
            "claim_filing_code": who().payers[claim["claim_filing_code"]].remitted_as or claim["claim_filing_code"],
            "facility_code": bill[:2] if bill else claim["place_of_service"],
            **{c: claim[c] for c in ("frequency_code", "ms_drg", "received_date")},
            **{c: claim[c] for c in ("statement_from_date", "statement_through_date")},
        }
    for row in rows["remittance"]:
        row["payee_name"] = parties[first[row["remittance_id"]], "billing"]["last_name"]
    rows["remittance_party"] = [
        {"remittance_id": row["remittance_id"], "claim_sequence": sequence, "role": role, "sequence": 1, **party}
        for row in rows["remittance"]
        for sequence, role, party in _parties(row, first, rows["remittance_claim"], parties)
    ]


def _parties(
    row: Row, first: dict[str, str], answered: list[Row], parties: dict[tuple[str, str], Row]
) -> list[tuple[int | None, str, dict[str, Any]]]:
    page, claim_id = who(), first[row["remittance_id"]]
    payer = {"is_organization": True, "last_name": row["payer_name"], **page.place, **page.contact}
    payee = {"is_organization": True, "last_name": row["payee_name"], "identifier_type": "XX",
             "identifier": parties[claim_id, "billing"]["identifier"], **page.place}  # fmt: skip
    name = ("is_organization", "last_name", "first_name", "identifier_type", "identifier")
    return [
        (None, "payer", payer), (None, "payee", payee),
        *((c["claim_sequence"], "patient", {k: parties[c["claim_id"], "subscriber"][k] for k in name})
          for c in answered if c["remittance_id"] == row["remittance_id"]),
    ]  # fmt: skip
