"""Turns priced lines into a balanced remittance: every cent between billed and paid stands in an adjustment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import ADJUSTMENT, REMARK, REMITTANCE, REMITTANCE_CLAIM, REMITTANCE_LINE
from workbook.engine import to_pandas
from workbook.engine.html import safe, table_html
from workbook.payment.step import adjustments
from workbook.payment.waterfall import MEDICARE, Waterfall, waterfall
from workbook.terms import WorkbookError, dollars

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ZERO = Decimal("0.00")
#: Days from receipt to payment of an electronic claim (Medicare Claims Processing Manual, ch. 1, sec. 80.2.1.2).
PAYMENT_FLOOR = timedelta(days=14)
#: A line that waits for a decision; it may stand beside decided lines only, and is reversed when it is decided.
PENDING = ("OA", "133")
#: CLP02: denied, else decided by the first payer, the second or the third, as SBR01 of the claim says
DENIED = "4"
DECIDED_AS = {"P": "1", "S": "2", "T": "3"}


class PricedRemittance(Remittance):
    """A remittance with the priced lines it was made from.

    `lines` has every step's columns; `not_priced` the lines without a price and why; `assumptions` what was taken for
    granted, `payment_date` the date that was asked for. A claim of which no line has a price is not remitted: it stands
    in `not_priced` alone.
    """

    def __init__(
        self,
        tables: dict[str, pa.Table],
        claims: Claims,
        lines: pa.Table,
        assumptions: tuple[str, ...],
        payer: str = MEDICARE,
        payment_date: date | None = None,
    ) -> None:
        super().__init__(tables, source=claims.source)
        self.payer = payer
        self.payment_date = payment_date
        self.claims = claims
        self.arrow_lines = lines
        self.assumptions = assumptions

    @cached_property
    def lines(self) -> pd.DataFrame:
        """One row per line, with the columns that each step added."""
        return to_pandas(self.arrow_lines)

    @cached_property
    def not_priced(self) -> pd.DataFrame:
        """The lines without a price: claim_id, line_number, hcpcs_code, billed_amount, not_priced_reason."""
        columns = ["claim_id", "line_number", "hcpcs_code", "billed_amount", "not_priced_reason"]
        frame = self.lines
        return frame[frame["not_priced_reason"].notna()][columns].reset_index(drop=True)

    def waterfall(self, claim_id: str, line_number: int | None = None) -> Waterfall:
        """How a line, or a whole claim, falls from billed to paid, step by step. Raises WorkbookError when absent."""
        rows = [
            r
            for r in self.arrow_lines.to_pylist()
            if r["claim_id"] == claim_id and line_number in (None, r["line_number"])
        ]
        if not rows:
            known = sorted(set(self.arrow_lines["claim_id"].to_pylist()))[:5]
            what = f"claim {claim_id!r}" if line_number is None else f"line {line_number} of claim {claim_id!r}"
            raise WorkbookError(f"{what} is not among those priced; they begin {', '.join(known)}")
        return waterfall(rows, self.payer)

    def _summary(self) -> str:
        text = super()._summary()
        missing = sum(r is not None for r in self.arrow_lines["not_priced_reason"].to_pylist())
        return (
            f"{text}; {missing} of {self.arrow_lines.num_rows} lines not priced (see .not_priced)" if missing else text
        )

    def _repr_html_(self) -> str:
        table = table_html(
            ["Claim", "Line", "Code", "Billed", "Allowed", "Patient", "Paid", "Note"],
            (
                [r["claim_id"], r["line_number"], r["hcpcs_code"] or r["revenue_code"], dollars(r["billed_amount"]),
                 dollars(r["allowed_amount"]), dollars(patient_amount(r)), dollars(r["paid_amount"]), _remark(r)]
                for r in self.arrow_lines.slice(0, 50).to_pylist()
            ),
            words=["Note"],
        )  # fmt: skip
        return f"<p>{safe(self._summary())}</p>{table}<p><small>{safe(' '.join(self.assumptions))}</small></p>"


def _remark(row: dict[str, Any]) -> str:
    if row["denial_carc"]:
        return f"denied, {row['denial_group_code']}-{row['denial_carc']}"
    return f"not priced: {row['not_priced_reason']}" if row["not_priced_reason"] else row["packaged_reason"] or ""


def patient_amount(row: dict[str, Any]) -> Decimal | None:
    """What the patient owes of a line; None when it is not priced."""
    if row["paid_amount"] is None and not row["denial_carc"]:
        return None
    return sum((amount for group, _, amount in line_adjustments(row) if group == "PR"), ZERO)


def line_adjustments(row: dict[str, Any]) -> list[tuple[str, str, Decimal]]:
    """The adjustments of a priced line as (group, reason, amount): with what is paid they add up to what is billed."""
    billed = row["billed_amount"]
    if row["denial_carc"]:
        return [(row["denial_group_code"], row["denial_carc"], billed)] if billed else []
    if row["paid_amount"] is None:
        return [(*PENDING, billed)] if billed else []
    found: dict[tuple[str, str], Decimal] = {}
    for a in adjustments():
        found[a.group_code, a.carc] = found.get((a.group_code, a.carc), ZERO) + (row.get(a.column) or ZERO)
    return [(*why, amount) for why, amount in found.items() if amount]


def remit(
    claims: Claims,
    lines: pa.Table,
    payment_date: date | None,
    assumptions: tuple[str, ...],
    payer: str = MEDICARE,
) -> PricedRemittance:
    """Build the remittance: one transaction per payer and billing provider, claims in the order they stand.

    `payer` is what waterfalls and statements call whoever pays.
    """
    by_claim: dict[str, list[dict[str, Any]]] = {}
    for row in lines.to_pylist():
        by_claim.setdefault(row["claim_id"], []).append(row)
    remitted = [
        claim
        for claim in claims.arrow["claim"].to_pylist()
        if any(r["paid_amount"] is not None or r["denial_carc"] for r in by_claim.get(claim["claim_id"], []))
    ]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for claim in remitted:
        groups.setdefault((claim["payer_id"], claim["payer_name"], claim["billing_provider_npi"]), []).append(claim)
    rows: dict[str, list[dict[str, Any]]] = {
        t.name: [] for t in (REMITTANCE, REMITTANCE_CLAIM, REMITTANCE_LINE, ADJUSTMENT, REMARK)
    }
    for number, ((payer_id, payer_name, npi), members) in enumerate(groups.items(), 1):
        remittance_id = f"R{number:06d}"
        total = ZERO
        for sequence, claim in enumerate(members, 1):
            total += _add_claim(rows, remittance_id, sequence, claim, by_claim[claim["claim_id"]])
        day = payment_date or _payment_date(members, by_claim)
        rows["remittance"].append(
            {
                "remittance_id": remittance_id,
                "payer_id": payer_id,
                "payer_name": payer_name or "PAYER NOT NAMED",
                "payee_npi": npi,
                "payee_name": f"PROVIDER {npi or 'NOT NAMED'}",  # the claim tables hold no names
                "payment_amount": total,
                "payment_method": "CHK" if total else "NON",
                "payment_date": day,
                "trace_number": remittance_id,
            }
        )
    tables = {
        t.name: t.from_rows(rows[t.name]) for t in (REMITTANCE, REMITTANCE_CLAIM, REMITTANCE_LINE, ADJUSTMENT, REMARK)
    }
    return PricedRemittance(tables, claims, lines, assumptions, payer, payment_date)


def _payment_date(claims: Iterable[dict[str, Any]], by_claim: dict[str, list[dict[str, Any]]]) -> date | None:
    days = [c["received_date"] for c in claims if c["received_date"]]
    days = days or [r["service_date"] for c in claims for r in by_claim[c["claim_id"]] if r["service_date"]]
    return max(days) + PAYMENT_FLOOR if days else None


def _add_claim(
    rows: dict[str, list[dict[str, Any]]],
    remittance_id: str,
    sequence: int,
    claim: dict[str, Any],
    lines: list[dict[str, Any]],
) -> Decimal:
    """Add one claim with its lines, adjustments and remarks; returns what is paid."""
    key = {"remittance_id": remittance_id, "claim_sequence": sequence, "claim_id": claim["claim_id"]}
    paid = patient = billed = ZERO
    for line in lines:
        own = {**key, "line_number": line["line_number"]}
        billed += line["billed_amount"]
        paid += line["paid_amount"] or ZERO
        rows["remittance_line"].append(
            {
                **own,
                "service_date": line["service_date"],
                "revenue_code": line["revenue_code"],
                "hcpcs_code": line["hcpcs_code"],
                "modifiers": ":".join(m for m in (line[f"modifier_{n}"] for n in range(1, 5)) if m) or None,
                "billed_amount": line["billed_amount"],
                "allowed_amount": line["allowed_amount"],
                "paid_amount": line["paid_amount"] or ZERO,
                "units": line["units"],
            }
        )
        for group, carc, amount in line_adjustments(line):
            patient += amount if group == "PR" else ZERO
            rows["adjustment"].append({**own, "level": "line", "group_code": group, "carc": carc, "amount": amount})
        if line["denial_rarc"]:
            rows["remark"].append({**own, "rarc": line["denial_rarc"]})
    if difference := claim["billed_amount"] - billed:
        # The claim's total is not the sum of its lines, so the claim could not balance: a billing error (16) in the
        # total charge (remark M54), at the level of the claim.
        rows["adjustment"].append({**key, "level": "claim", "group_code": "CO", "carc": "16", "amount": difference})
        rows["remark"].append({**key, "rarc": "M54"})
    denied = all(line["denial_carc"] for line in lines)
    rows["remittance_claim"].append(
        {
            **key,
            "claim_status_code": DENIED if denied else DECIDED_AS.get(claim["payer_sequence"] or "P", "1"),
            "billed_amount": claim["billed_amount"],
            "paid_amount": paid,
            "patient_responsibility_amount": patient,
            "claim_filing_code": claim["claim_filing_code"] or "ZZ",
            "payer_claim_id": f"{remittance_id}-{sequence:05d}",
            "patient_id": claim["patient_id"],
            "ms_drg": lines[0]["priced_drg"],
        }
    )
    return paid
