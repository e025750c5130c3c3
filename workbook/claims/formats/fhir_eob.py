"""How does a paid claim become a FHIR R4 ExplanationOfBenefit?"""

from __future__ import annotations

from collections.abc import Iterable

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
    number,
    period,
    provider,
    pruned,
    quantity,
    sequence,
    service,
)

#: What an ExplanationOfBenefit carries of each table; the rest is named to the user.
CARRIED = {
    "remittance": {
        "remittance_id", "payer_id", "payer_name", "payee_npi", "payee_name", "payment_date", "trace_number",
        "payment_amount",
    },
    "remittance_claim": {
        "remittance_id", "claim_sequence", "claim_id", "claim_status_code", "billed_amount", "paid_amount",
        "patient_responsibility_amount", "payer_claim_id", "patient_id", "statement_from_date",
        "statement_through_date", "received_date", "ms_drg",
    },
    "remittance_line": {
        "remittance_id", "claim_sequence", "claim_id", "line_number", "service_date", "service_through_date",
        "revenue_code", "hcpcs_code", "modifiers", "billed_amount", "allowed_amount", "paid_amount", "units",
    },
    "adjustment": {
        "remittance_id", "claim_sequence", "claim_id", "line_number", "level", "group_code", "carc", "amount",
        "quantity",
    },
    "remark": {"remittance_id", "claim_sequence", "claim_id", "line_number", "rarc"},
}  # fmt: skip

#: Totals: column of the paid claim, and the system and code of its category.
_TOTALS = (
    ("billed_amount", "adjudication", "submitted"),
    ("paid_amount", "adjudication", "benefit"),
    ("patient_responsibility_amount", "c4bb_adjudication", "memberliability"),
)


def benefit_resource(claim: Row, remittance: Row, rows: Children) -> Json:
    """One paid claim, its remittance and its rows as an ExplanationOfBenefit."""
    lines = rows["remittance_line"]
    payer = known_by(remittance["payer_id"], remittance["payer_name"]) or ABSENT
    created = day(remittance["payment_date"])
    institutional = bool(claim["ms_drg"] or any(line["revenue_code"] for line in lines))
    found: Json = pruned({
        "resourceType": "ExplanationOfBenefit",
        "identifier": [{"value": claim["payer_claim_id"]}],
        "status": "active",
        "type": concept("type", "institutional") if institutional else ABSENT,  # an 835 does not say which
        "use": "claim",
        "patient": known_by(claim["patient_id"]) or ABSENT,
        "billablePeriod": period(claim["statement_from_date"], claim["statement_through_date"]),
        "created": created,
        "_created": None if created else ABSENT,
        "insurer": payer,
        "provider": provider(remittance["payee_npi"], remittance["payee_name"]) or ABSENT,
        "claim": known_by(claim["claim_id"]),
        "outcome": "complete",
        "disposition": f"claim status {claim['claim_status_code']}" if claim["claim_status_code"] else None,
        "supportingInfo": _info(claim),
        "insurance": [{"focal": True, "coverage": payer}],
        "item": [_item(position, line, rows) for position, line in enumerate(lines, 1)],
        "adjudication": _reasons(_about(rows, None)),
        "total": [
            {"category": concept(system, code), "amount": amount(claim[column])}
            for column, system, code in _TOTALS
            if claim[column] is not None
        ],
        "payment": {
            "date": created, "amount": amount(remittance["payment_amount"]),
            "identifier": {"value": remittance["trace_number"]} if remittance["trace_number"] else None,
        },
    })  # fmt: skip
    return found


def _info(claim: Row) -> list[Json]:
    found: list[Json] = []
    if claim["ms_drg"]:
        found.append({"category": concept("info", "drg"), "code": concept("drg", claim["ms_drg"])})
    if claim["received_date"]:
        found.append({"category": concept("info", "clmrecvddate"), "timingDate": day(claim["received_date"])})
    return [{"sequence": position, **info} for position, info in enumerate(found, 1)]


def _about(rows: Children, line_number: int | None) -> tuple[list[Row], list[Row]]:
    adjustments, remarks = (
        [row for row in rows[table] if row["line_number"] == line_number] for table in ("adjustment", "remark")
    )
    return adjustments, remarks


def _reasons(about: tuple[Iterable[Row], Iterable[Row]]) -> list[Json]:
    """Adjustments with their group and reason, then remarks, each as one adjudication."""
    adjustments, remarks = about
    found: list[Json] = []
    for row in adjustments:
        codes = [("group", row["group_code"]), ("carc", row["carc"])]
        reason = {"coding": [{"system": SYSTEMS[system], "code": code} for system, code in codes]}
        found.append({
            "category": concept("adjustment", "adjustmentreason"), "reason": reason,
            "amount": amount(row["amount"]), "value": number(row["quantity"]),
        })  # fmt: skip
    category = concept("adjustment", "adjustmentreason")
    return found + [{"category": category, "reason": concept("rarc", row["rarc"])} for row in remarks]


def _item(position: int, line: Row, rows: Children) -> Json:
    first, last = line["service_date"], line["service_through_date"]
    spans = bool(last and last != first)
    amounts = {"submitted": "billed_amount", "eligible": "allowed_amount", "benefit": "paid_amount"}
    stated = [
        {"category": concept("adjudication", code), "amount": amount(line[column])}
        for code, column in amounts.items()
        if line[column] is not None
    ]
    return {
        "sequence": sequence(line["line_number"], position),
        "revenue": concept("revenue", line["revenue_code"]),
        "productOrService": service(line["hcpcs_code"]),
        "modifier": [concept("hcpcs", modifier) for modifier in (line["modifiers"] or "").split(":")],
        "servicedDate": None if spans else day(first),
        "servicedPeriod": period(first, last) if spans else None,
        "quantity": quantity(line["units"]),
        "adjudication": stated + _reasons(_about(rows, line["line_number"])),
    }
