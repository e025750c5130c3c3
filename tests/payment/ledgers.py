"""Claims and remittances made of a few numbers, for the tests of what comes after the payment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import CLAIM, CLAIM_LINE, REMITTANCE_TABLES

NPI, PAYER, DAY, PAID_ON = "1234567893", "10112", date(2025, 11, 3), date(2025, 11, 24)


def claims_of(charges, **facts):
    """claim_id → the charges of its lines; `facts` go onto every claim."""
    head = {"claim_type": "professional", "payer_id": PAYER, "claim_filing_code": "MB", "billing_provider_npi": NPI,
            "patient_id": "P1", "frequency_code": "1", "received_date": date(2025, 11, 10)}  # fmt: skip
    rows = [
        {**head, "claim_id": c, "billed_amount": sum(map(Decimal, amounts)), **facts} for c, amounts in charges.items()
    ]
    lines = [
        {
            "claim_id": c,
            "line_number": n,
            "service_from_date": DAY,
            "hcpcs_code": "99213",
            "units": Decimal(1),
            "billed_amount": Decimal(amount),
        }
        for c, amounts in charges.items()
        for n, amount in enumerate(amounts, 1)
    ]
    return Claims({"claim": CLAIM.from_rows(rows), "claim_line": CLAIM_LINE.from_rows(lines)})


def answer(name, members, beside=(), payer=PAYER, paid_on=PAID_ON, filing="MB", payer_name="A PAYER"):
    """A remittance: (claim_id, status, [(paid, [(group, carc, amount), …]), …]) for each claim; PLB as (code, amount)."""
    rows = {table: [] for table in REMITTANCE_TABLES}
    total = Decimal("0.00")
    for sequence, (claim_id, status, lines) in enumerate(members, 1):
        key = {"remittance_id": name, "claim_sequence": sequence, "claim_id": claim_id}
        billed = paid_claim = patient = Decimal("0.00")
        for number, (paid, adjustments) in enumerate(lines, 1):
            amounts = [(g, c, Decimal(a)) for g, c, a in adjustments]
            charge = Decimal(paid) + sum((a for _, _, a in amounts), Decimal("0.00"))
            billed, paid_claim = billed + charge, paid_claim + Decimal(paid)
            patient += sum((a for g, _, a in amounts if g == "PR"), Decimal("0.00"))
            rows["remittance_line"].append(
                {
                    **key,
                    "line_number": number,
                    "service_date": DAY,
                    "hcpcs_code": "99213",
                    "billed_amount": charge,
                    "paid_amount": Decimal(paid),
                    "units": Decimal(1),
                }
            )
            rows["adjustment"] += [
                {**key, "line_number": number, "level": "line", "group_code": g, "carc": c, "amount": a}
                for g, c, a in amounts
            ]
        total += paid_claim
        rows["remittance_claim"].append(
            {
                **key,
                "claim_status_code": status,
                "billed_amount": billed,
                "paid_amount": paid_claim,
                "patient_responsibility_amount": patient,
                "payer_claim_id": f"{name}-{claim_id}",
                "claim_filing_code": filing,
                "patient_id": "P1",
            }
        )
    for number, (code, amount) in enumerate(beside, 1):
        total -= Decimal(amount)
        rows["provider_adjustment"].append(
            {"remittance_id": name, "reason_code": code, "reference": f"X{number}", "amount": Decimal(amount)}
        )
    rows["remittance"].append(
        {
            "remittance_id": name,
            "payer_id": payer,
            "payer_name": payer_name,
            "payee_npi": NPI,
            "payee_name": "A PRACTICE",
            "payment_amount": total,
            "payment_method": "CHK",
            "payment_date": paid_on,
            "trace_number": name,
        }
    )
    return Remittance({table: REMITTANCE_TABLES[table].from_rows(found) for table, found in rows.items()})


def together(*remittances):
    """Several remittances as one, as they are read from several files."""
    rows = {name: [row for r in remittances for row in r.arrow[name].to_pylist()] for name in REMITTANCE_TABLES}
    return Remittance({name: table.from_rows(rows[name]) for name, table in REMITTANCE_TABLES.items()})


def amounts(ledger, claim_id=None):
    """The accounts that are not zero, as text."""
    return {name: str(amount) for name, amount in ledger.balances(claim_id).items() if amount}
