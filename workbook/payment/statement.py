"""What the patient is told: what was billed, what the plan allowed and paid, and what is theirs to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from workbook.claims.model import Remittance
from workbook.codes import reference
from workbook.engine.html import notebook_html, page_html, safe, table_html
from workbook.payment.remit import ZERO, PricedRemittance, patient_amount
from workbook.payment.statement_answers import COINSURANCE, DEDUCTIBLE, answered, decisive
from workbook.payment.waterfall import MEDICARE
from workbook.terms import WorkbookError, dollars, private_file

NOT_COVERED = "not covered"
NOT_BILLED = "not covered; you are not billed for it"
WAITS = "waits for a decision; nothing is due yet"


@dataclass(frozen=True)
class StatementLine:
    """One service on a statement."""

    service_date: date | None
    hcpcs_code: str
    label: str
    billed: Decimal
    adjusted: Decimal
    paid: Decimal
    deductible: Decimal
    coinsurance: Decimal
    owed: Decimal
    note: str


@dataclass(frozen=True)
class Statement:
    """A patient's statement. `owed` is what the remittance calls patient responsibility, to the cent."""

    patient_id: str
    lines: tuple[StatementLine, ...]
    patient_name: str | None = None
    practice_name: str | None = None
    payer: str = MEDICARE

    @property
    def owed(self) -> Decimal:
        """What the patient owes."""
        return sum((line.owed for line in self.lines), ZERO)

    def __str__(self) -> str:
        rows = [f"Statement for patient {self.patient_id}"]
        for x in self.lines:
            rows.append(f"  {x.service_date}  {x.hcpcs_code:<6}{x.label}")
            note = f"  ({x.note})" if x.note else ""
            rows.append(
                f"      charge {dollars(x.billed)}, adjustment {dollars(-x.adjusted)}, "
                f"{self.payer} paid {dollars(x.paid)}, you owe {dollars(x.owed)}{note}"
            )
        rows.append(f"  You owe {dollars(self.owed)}")
        return "\n".join(rows)

    __repr__ = __str__

    def to_html(self, path: str | Path) -> Path:
        """Write the statement as a page for a browser (mode 0600); returns its path."""
        named = [("From", self.practice_name), ("For", self.patient_name)]
        names = "".join(f"<p>{word}: {safe(name)}</p>" for word, name in named if name)
        title = f"Statement for patient {self.patient_id}"
        return self._write(path, page_html(title, names + self._repr_html_()).encode())

    def to_pdf(self, path: str | Path) -> Path:
        """Write the statement as a PDF of letter size (mode 0600); returns its path."""
        from workbook.payment.statement_page import to_pdf

        return self._write(path, to_pdf(self))

    def _write(self, path: str | Path, content: bytes) -> Path:
        with private_file(Path(path)) as stream:
            stream.write(content)
        return Path(path)

    def _repr_html_(self) -> str:
        table = table_html(
            [
                "Date",
                "Service",
                "Charge",
                "Adjustment",
                f"{self.payer} paid",
                "Deductible",
                "Coinsurance",
                "You owe",
                "Note",
            ],
            (
                [x.service_date, f"{x.label} ({x.hcpcs_code})"]
                + [dollars(a) for a in (x.billed, -x.adjusted, x.paid, x.deductible, x.coinsurance, x.owed)]
                + [x.note]
                for x in self.lines
            ),
            words=["Service", "Note"],
        )
        owed = f"<p><b>You owe {dollars(self.owed)}</b></p>"
        return notebook_html(f"<p><b>Statement for patient {safe(self.patient_id)}</b></p>", table, owed)


def statement(remittance: Remittance, patient_id: str) -> Statement:
    """The statement of one patient over all claims of a remittance: our own price, or what payers answered (835).

    Of several answers to a claim the last of each payer stands, and the last payer's says what is left to the patient;
    a reversal takes away what it reverses. What the patient has paid already is not in it: the ledger has that.
    Raises WorkbookError when the patient is on none of the claims.
    """
    labels = {r["hcpcs_code"]: r["label"] for r in reference(["hcpcs"])["hcpcs"].to_pylist()}
    if not isinstance(remittance, PricedRemittance):
        return _of_answers(remittance, patient_id, labels)
    rows = [r for r in remittance.arrow_lines.to_pylist() if r["patient_id"] == patient_id]
    if not rows:
        raise WorkbookError(f"patient {patient_id!r} is on none of these claims")
    lines = []
    for r in rows:
        owed, paid = patient_amount(r), r["paid_amount"] or ZERO
        note = ""
        if r["denial_carc"]:
            note = NOT_COVERED if owed else NOT_BILLED
        elif owed is None:
            note = WAITS
        elif r["paid_to_patient_amount"]:
            note = f"Medicare pays {dollars(r['paid_to_patient_amount'])} of it to you"
        elif r["supplement_amount"]:
            note = f"your supplement pays {dollars(r['supplement_amount'])} of it"
        lines.append(
            StatementLine(
                service_date=r["service_date"],
                hcpcs_code=r["hcpcs_code"] or "",
                label=labels.get(r["hcpcs_code"], "Service"),
                billed=r["billed_amount"],
                adjusted=ZERO if owed is None else r["billed_amount"] - paid - owed,
                paid=paid,
                deductible=(r["deductible_amount"] or ZERO),
                coinsurance=(r["coinsurance_amount"] or ZERO),
                owed=owed or ZERO,
                note=note,
            )
        )
    return Statement(patient_id, tuple(lines), *_names(remittance, {r["claim_id"] for r in rows}), remittance.payer)


def _of_answers(remittance: Remittance, patient_id: str, labels: dict[str, str]) -> Statement:
    """The statement of what payers answered."""
    claims = [c for c in remittance.arrow["remittance_claim"].to_pylist() if c["patient_id"] == patient_id]
    if not claims:
        raise WorkbookError(f"patient {patient_id!r} is on none of these claims")
    lines = []
    for answers in answered(remittance, patient_id):
        last, row = decisive(answers), answers[0].row
        billed, paid, owed = answers[0].billed, sum((a.paid for a in answers), ZERO), last.left()
        note = ""
        if waits := last.has("pending") and not owed:
            note = WAITS
        elif last.has("denial") and not paid:
            note = NOT_COVERED if owed else NOT_BILLED
        code = row["hcpcs_code"] or ""
        label = labels.get(code, "Service" if code else "Claim")
        lines.append(
            StatementLine(
                service_date=row["service_date"], hcpcs_code=code, label=label,
                billed=billed, adjusted=ZERO if waits else billed - paid - owed, paid=paid,
                deductible=last.left(*DEDUCTIBLE), coinsurance=last.left(*COINSURANCE), owed=owed, note=note,
            )
        )  # fmt: skip
    payments = {r["remittance_id"]: r for r in remittance.arrow["remittance"].to_pylist()}
    own = [payments[c["remittance_id"]] for c in claims]
    payers = {p["payer_name"] for p in own}
    parties = remittance.arrow["remittance_party"].to_pylist()
    keys = {(c["remittance_id"], c["claim_sequence"]) for c in claims}
    patient = (p for p in parties if (p["remittance_id"], p["claim_sequence"]) in keys and p["role"] == "patient")
    payer = payers.pop() or "your plan" if len(payers) == 1 else "your plans"
    return Statement(patient_id, tuple(lines), _name(next(patient, None)), own[-1]["payee_name"], payer)


def _name(party: dict[str, Any] | None) -> str | None:
    return " ".join(filter(None, (party["first_name"], party["last_name"]))) or None if party else None


def _names(remittance: PricedRemittance, claim_ids: set[str]) -> tuple[str | None, str | None]:
    """The patient's and the practice's name, where the claims hold them; the patient is the subscriber if not named."""
    parties = [p for p in remittance.claims.arrow["claim_party"].to_pylist() if p["claim_id"] in claim_ids]
    found = {p["role"]: p for p in reversed(parties)}
    return _name(found.get("patient") or found.get("subscriber")), _name(found.get("billing"))
