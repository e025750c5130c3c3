"""An 835 a person can read: what was billed, allowed, taken off and why, owed and paid, and whether it adds up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from workbook.claims.balance import balance
from workbook.claims.forms.view import View, counted, table
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE
from workbook.codes import reference
from workbook.engine.html import NO_MATHS, safe
from workbook.engine.yaml import plain, read_yaml
from workbook.terms import dollars

Row = dict[str, Any]
ZERO = Decimal("0.00")
#: A notebook shows this many claims of a remittance; the page has all.
SHOWN = 25
_UNKNOWN = "not in the workbook's list; the payer's own list says what it means"


class RemittanceView(View):
    """A remittance in plain words. Shows itself in a notebook; `.to_html(path)` writes it whole as a page."""

    def __init__(self, remittance: Remittance) -> None:
        tables = {name: found.to_pylist() for name, found in remittance.arrow.items()}
        self._claims = _grouped(tables["remittance_claim"], "remittance_id")
        self.remittances: list[Row] = tables["remittance"]
        without = {i for (i,) in self._claims} - {r["remittance_id"] for r in self.remittances}
        self.remittances += [dict.fromkeys(REMITTANCE.names) | {"remittance_id": i} for i in sorted(without)]
        patients = (p for p in tables["remittance_party"] if p["role"] == "patient")
        self._patients = _grouped(patients, "remittance_id", "claim_sequence")
        self._of_provider = _grouped(tables["provider_adjustment"], "remittance_id")
        self._lines, self._adjustments, self._remarks = (
            _grouped(tables[name], "remittance_id", "claim_sequence")
            for name in ("remittance_line", "adjustment", "remark")
        )
        self._balance = {
            (b["remittance_id"], b["claim_sequence"], b["line_number"]): b
            for b in balance(remittance.arrow).to_pylist()
        }
        known = reference(["group_code", "carc", "rarc"])
        self._meanings = {name: _grouped(found.to_pylist(), name) for name, found in known.items()}
        claims = sum(map(len, self._claims.values()))
        paid = sum((r["payment_amount"] or ZERO for r in self.remittances), ZERO)
        off = sum(not b["is_balanced"] for b in self._balance.values())
        found = f"{counted(off, 'place')} where it does not add up" if off else "all of it adds up"
        self.title = f"Remittance: {counted(claims, 'claim')}, {dollars(paid)} paid, {found}"

    def __repr__(self) -> str:
        return self.title

    def meaning(self, table_name: str, code: str, on: date | None = None) -> str:
        """What a code of `group_code`, `carc` or `rarc` means in our own words, on a day; says so when not known."""
        rows = self._meanings[table_name].get((code,), [])
        in_force = [r for r in rows if on and r["effective_date"] <= on <= (r["end_date"] or date.max)]
        if not rows:
            return _UNKNOWN
        row = (in_force or rows)[-1]
        dated = f" (as known from {row['effective_date']})" if on and not in_force else ""
        return f"{row['meaning']}{dated}"

    def body(self) -> str:
        """The whole as HTML: each payment with its header, claims, lines, adjustments and remarks."""
        return self._body(None)

    def brief(self) -> str:
        """The same with the first claims of each payment only; it says how many more there are."""
        return self._body(SHOWN)

    def _body(self, limit: int | None) -> str:
        parts = "".join(self._payment(r, limit) for r in self.remittances) or "<p>No payment was read.</p>"
        return f"<div class='wbform {NO_MATHS}'><h2>{safe(self.title)}</h2>{parts}</div>"

    def _payment(self, payment: Row, limit: int | None) -> str:
        key, claims = (payment["remittance_id"],), self._claims.get((payment["remittance_id"],), [])
        shown = claims[:limit]
        more = f"<p>… and {counted(len(claims) - len(shown), 'more claim')}; to_html(path) writes all.</p>"
        header = {
            "Payer": _named(payment["payer_name"], payment["payer_id"]),
            "Paid to": _named(payment["payee_name"], payment["payee_npi"]),
            "Payment": dollars(payment["payment_amount"]),
            "How": _word("payment_method", payment["payment_method"]),
            "When": _text(payment["payment_date"]),
            "Trace number": _text(payment["trace_number"]),
        }
        boxes = "".join(
            f"<div style='grid-column:span 4'><dt>{safe(n)}</dt><dd>{safe(v)}</dd></div>" for n, v in header.items()
        )
        withheld = self._of_provider.get(key, [])
        return (
            f"<h3>Payment {safe(str(payment['remittance_id']))}</h3><dl>{boxes}</dl>"
            f"<p>{safe(self._payment_sum(payment, claims, withheld))}</p>"
            + table(
                "Claims",
                [
                    "Claim",
                    "Patient",
                    "Payer's number",
                    "Decision",
                    "Billed",
                    "Allowed",
                    "Taken off",
                    "Patient owes",
                    "Paid",
                    "Adds up?",
                ],
                (self._claim_row(claim) for claim in shown),
            )
            + "".join(self._claim(claim, payment["payment_date"], len(shown) <= 5) for claim in shown)
            + (more if len(shown) < len(claims) else "")
            + (_provider_table(withheld) if withheld else "<p>There is no adjustment beside the claims.</p>")
        )

    def _payment_sum(self, payment: Row, claims: list[Row], withheld: list[Row]) -> str:
        paid, taken = _sum(claims, "paid_amount"), _sum(withheld, "amount")
        verdict = self._verdict((payment["remittance_id"], None, None))
        return (
            f"Claims paid {dollars(paid)}, less adjustments beside the claims {dollars(taken)}, "
            f"is {dollars(paid - taken)}; the payment is {dollars(payment['payment_amount'])}: {verdict}."
        )

    def _verdict(self, key: tuple[Any, ...]) -> str:
        judged = self._balance.get(key)
        if judged is None:
            return "there is no payment to compare with"
        if judged["is_balanced"]:
            return "it adds up"
        off = judged["off_by_amount"]
        return "an amount is missing" if off is None else f"it does NOT add up, off by {dollars(off)}"

    def _claim_row(self, claim: Row) -> list[str]:
        key = (claim["remittance_id"], claim["claim_sequence"])
        lines, adjustments = self._lines.get(key, []), self._adjustments.get(key, [])
        whole = bool(lines) and all(r["allowed_amount"] is not None for r in lines)
        return [
            str(claim["claim_id"]), self._patient(claim), _text(claim["payer_claim_id"]),
            _word("claim_status", claim["claim_status_code"]), dollars(claim["billed_amount"]),
            dollars(_sum(lines, "allowed_amount") if whole else None), _by_group(adjustments),
            dollars(claim["patient_responsibility_amount"]), dollars(claim["paid_amount"]), self._verdict((*key, None)),
        ]  # fmt: skip

    def _patient(self, claim: Row) -> str:
        named = self._patients.get((claim["remittance_id"], claim["claim_sequence"]), [])
        names = [", ".join(filter(None, (p["last_name"], p["first_name"], p["middle_name"]))) for p in named]
        return "\n".join(filter(None, [*names, claim["patient_id"]]))

    def _claim(self, claim: Row, on: date | None, is_open: bool) -> str:
        key = (claim["remittance_id"], claim["claim_sequence"])
        lines, adjustments = self._lines.get(key, []), self._adjustments.get(key, [])
        taken = _sum(adjustments, "amount")
        owed = claim["patient_responsibility_amount"]
        of_patient = _sum((a for a in adjustments if a["group_code"] == "PR"), "amount")
        said = (
            f"Billed {dollars(claim['billed_amount'])}, less adjustments {dollars(taken)}"
            f"{f' ({_by_group(adjustments)})' if adjustments else ''}, is "
            f"{dollars((claim['billed_amount'] or ZERO) - taken)}; paid {dollars(claim['paid_amount'])}: "
            f"{self._verdict((*key, None))}. "
            + ("It does not say what the patient owes" if owed is None else f"The patient owes {dollars(owed)}")
            + ("." if (owed or ZERO) == of_patient else f"; the adjustments of group PR are {dollars(of_patient)}.")
        )
        inner = (
            self._line_table(claim, lines, adjustments) if lines else "<p>It was decided as a whole, not by line.</p>"
        )
        inner += self._reasons(claim, adjustments, on) if adjustments else "<p>Nothing was taken off.</p>"
        inner += self._remark_table(claim, self._remarks[key], on) if key in self._remarks else ""
        return (
            f"<details{' open' if is_open else ''}><summary>Claim {safe(str(claim['claim_id']))}: "
            f"{safe(_word('claim_status', claim['claim_status_code']))}, {dollars(claim['paid_amount'])} paid</summary>"
            f"<p>{safe(said)}</p>{inner}</details>"
        )

    def _line_table(self, claim: Row, lines: list[Row], adjustments: list[Row]) -> str:
        key = (claim["remittance_id"], claim["claim_sequence"])
        of_line = _grouped(adjustments, "line_number")
        return table(
            f"Lines of claim {claim['claim_id']}",
            ["Line", "Service", "Code", "Units", "Billed", "Allowed", "Taken off", "Paid", "Adds up?"],
            (
                [str(r["line_number"]), _days(r), _code(r), _quantity(r["units"]), dollars(r["billed_amount"]),
                 dollars(r["allowed_amount"]), _by_reason(of_line.get((r["line_number"],), [])),
                 dollars(r["paid_amount"]), self._verdict((*key, r["line_number"]))]
                for r in lines
            ),
        )  # fmt: skip

    def _reasons(self, claim: Row, adjustments: list[Row], on: date | None) -> str:
        return table(
            f"Adjustments of claim {claim['claim_id']}, and why",
            ["Where", "Group", "The group means", "Reason", "The reason means", "Amount"],
            (
                [_where(a), _text(a["group_code"]), self.meaning("group_code", a["group_code"], on),
                 _text(a["carc"]), self.meaning("carc", a["carc"], on), dollars(a["amount"])]
                for a in adjustments
            ),
        )  # fmt: skip

    def _remark_table(self, claim: Row, remarks: list[Row], on: date | None) -> str:
        rows = ([_where(r), _text(r["rarc"]), self.meaning("rarc", r["rarc"], on)] for r in remarks)
        return table(f"Remarks on claim {claim['claim_id']}", ["Where", "Remark", "What it means"], rows)


def remittance_view(remittance: Remittance) -> RemittanceView:
    """Show an 835 in plain words: payments, claims, lines, adjustments with what their codes mean, and the sums.

    The meanings are this project's own (reference tables group_code, carc, rarc), those in force on the payment's
    day; a code that is not among them says so. Amounts are US dollars; whether they add up is `Remittance.balance`.
    """
    return RemittanceView(remittance)


def _provider_table(rows: list[Row]) -> str:
    return table(
        "Adjustments beside the claims (a positive amount lowers the payment)",
        ["Reason", "What it means", "Refers to", "Amount"],
        (
            [_text(r["reason_code"]), _words()["provider_adjustment"].get(r["reason_code"], _UNKNOWN),
             _text(r["reference"]), dollars(r["amount"])]
            for r in rows
        ),
    )  # fmt: skip


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = plain(read_yaml(Path(__file__).with_name("words.yaml")))
    return words


def _word(kind: str, code: str | None) -> str:
    return "" if code is None else f"{code} {_words()[kind].get(code, '')}".strip()


def _grouped(rows: Iterable[Row], *columns: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[c] for c in columns), []).append(row)
    return groups


def _sum(rows: Iterable[Row], column: str) -> Decimal:
    return sum((r[column] for r in rows if r[column] is not None), ZERO)


def _by_group(adjustments: list[Row]) -> str:
    groups = _grouped(adjustments, "group_code")
    return ", ".join(f"{group} {dollars(_sum(rows, 'amount'))}" for (group,), rows in groups.items())


def _by_reason(adjustments: list[Row]) -> str:
    return "\n".join(f"{a['group_code']}-{a['carc']} {dollars(a['amount'])}" for a in adjustments)


def _where(row: Row) -> str:
    return "the claim" if row["line_number"] is None else f"line {row['line_number']}"


def _days(line: Row) -> str:
    return " to ".join(str(d) for d in (line["service_date"], line["service_through_date"]) if d)


def _code(line: Row) -> str:
    code = " ".join(
        filter(None, (line["revenue_code"], line["hcpcs_code"], (line["modifiers"] or "").replace(":", " ")))
    )
    billed = line["billed_hcpcs_code"]
    return f"{code} (billed {billed})" if billed and billed != line["hcpcs_code"] else code


def _quantity(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _named(name: str | None, number: str | None) -> str:
    return "\n".join(filter(None, (name, number)))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
