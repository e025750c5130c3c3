"""A draft of an appeal from the facts of a claim: what is not on file is a marked blank, and nothing is made up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workbook.claims.model import Claims, Remittance
from workbook.codes import reference
from workbook.engine.html import notebook_html, page_html, safe, table_html
from workbook.payment.appeals import AppealLevel, appeal_level, is_medicare, page
from workbook.payment.denials import denial_worklist
from workbook.payment.reasons import reason
from workbook.terms import WorkbookError, dollars, parse_date, private_file

Row = dict[str, Any]
UNPROCESSABLE = "MA130"


@dataclass(frozen=True)
class AppealLetter:
    """A draft: `missing` names what a person must fill in, `cautions` what to think of before it is sent.

    Blanks stand in the text as [FILL IN: …].
    """

    claim_id: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, ...], ...]
    body: tuple[str, ...]
    missing: tuple[str, ...]
    cautions: tuple[str, ...]
    level: AppealLevel | None

    HEADER = ("Line", "Date of service", "Code", "Charge", "Reason given")

    @property
    def text(self) -> str:
        """The draft as plain text."""
        rows = [self.heading, "", *(f"{name}: {value}" for name, value in self.facts), "", "Services in question:"]
        rows += [
            "  " + "; ".join(f"{h.lower()} {v}" for h, v in zip(self.HEADER, line, strict=True)) for line in self.lines
        ]
        return "\n".join([*rows, "", *(p + "\n" for p in self.body)]).rstrip() + "\n"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        gaps = f"to fill in: {', '.join(self.missing)}" if self.missing else "nothing is missing"
        return f"{self.heading} for claim {self.claim_id}; {gaps}"

    def to_html(self) -> str:
        """The draft as HTML, every text of the claim escaped."""
        facts = "".join(f"<li>{safe(name)}: {safe(value)}</li>" for name, value in self.facts)
        table = table_html(self.HEADER, self.lines, words=self.HEADER)
        body = "".join(f"<p>{safe(p)}</p>" for p in self.body)
        return f"<h2>{safe(self.heading)}</h2><ul>{facts}</ul>{table}{body}"

    def _repr_html_(self) -> str:
        notes = [f"to fill in: {m}" for m in self.missing] + list(self.cautions)
        told = "".join(f"<li>{safe(n)}</li>" for n in notes)
        return notebook_html(self.to_html(), f"<p><b>Before it is sent</b></p><ul>{told}</ul>")

    def write(self, path: str | Path) -> Path:
        """Write the draft (mode 0600): HTML where the name ends in .html, else text; returns its path."""
        path = Path(path)
        is_page = path.suffix.lower() in (".html", ".htm")
        text = page_html(self.heading, self.to_html()) if is_page else self.text
        with private_file(path) as stream:
            stream.write(text.encode("utf-8", "replace"))
        return path


def appeal_letter(
    remittance: Remittance,
    claim_id: str,
    claims: Claims | None = None,
    *,
    lines: Iterable[int] | None = None,
    requester: str | None = None,
    on: date | str | None = None,
) -> AppealLetter:
    """Draft the first appeal of a claim's refused lines, for original Medicare a request for a redetermination.

    A Medicare request holds what 42 CFR 405.944(b) requires: the beneficiary's name, the Medicare number, the services
    with their dates, and the name of the party or representative (`requester`; the payee unless given). What neither
    the remittance nor `claims` hold is a marked blank and stands in `missing`; why the decision is wrong is always a
    blank, since no table knows it. `lines` are the line numbers in question (all that were refused, unless given).

    Raises WorkbookError when the claim is not in the remittance, nothing of it was refused, a line was not, or it was
    unprocessable (remark MA130), which gives no right of appeal.
    """
    day = date.today() if on is None else parse_date(on, "on")
    listed = denial_worklist(remittance, on=day).arrow.to_pylist()
    refused = [r for r in listed if r["claim_id"] == claim_id]
    answered = [c for c in remittance.arrow["remittance_claim"].to_pylist() if c["claim_id"] == claim_id]
    if not answered:
        raise WorkbookError(f"claim {claim_id!r} is not in this remittance")
    wanted = None if lines is None else set(lines)
    if unknown := sorted((wanted or set()) - {r["line_number"] for r in refused}):
        raise WorkbookError(f"line {unknown[0]} of claim {claim_id} was not refused; refused are {_numbers(refused)}")
    refused = [r for r in refused if wanted is None or r["line_number"] in wanted]
    if not refused:
        raise WorkbookError(f"nothing of claim {claim_id} was refused or cut; there is nothing to appeal")
    if any(UNPROCESSABLE in (r["rarcs"] or "") for r in refused):
        raise WorkbookError(
            f"claim {claim_id} was unprocessable (remark {UNPROCESSABLE}): it gives no right of appeal; mend it and "
            "send it as a new claim"
        )
    refused.sort(key=lambda r: (r["line_number"] or 0, r["carc"]))
    return _draft(remittance, claims, answered[-1], refused, requester, day)


def _draft(
    remittance: Remittance, claims: Claims | None, claim: Row, refused: list[Row], requester: str | None, day: date
) -> AppealLetter:
    missing: list[str] = []

    def known(value: Any, what: str) -> str:
        if value in (None, ""):
            missing.append(what)
            return f"[FILL IN: {what}]"
        return str(value)

    payment = next(
        p for p in remittance.arrow["remittance"].to_pylist() if p["remittance_id"] == claim["remittance_id"]
    )
    medicare = is_medicare(claim["claim_filing_code"])
    patient = _patient(remittance, claims, claim)
    notice = refused[0]["notice_date"]
    level = appeal_level(1, notice) if medicare and notice else None
    number = "Medicare number" if medicare else "member number"
    who = "beneficiary's name" if medicare else "patient's name"
    facts = (
        ("Date", str(day)),
        ("To", known(payment["payer_name"], "name and address of the payer's appeals department")),
        (who.capitalize(), known(patient.get("name"), who)),
        (number[0].upper() + number[1:], known(patient.get("number"), number)),
        ("Payer's claim number", known(claim["payer_claim_id"], "payer's claim number")),
        ("Our claim number", claim["claim_id"]),
        ("Notice (remittance) of", known(notice, "date of the notice")),
        ("Requested by", known(requester or payment["payee_name"], "name of the party or representative")),
        ("Requester's NPI", known(payment["payee_npi"], "requester's NPI")),
    )
    rows = tuple(
        (str(r["line_number"] or "whole claim"), known(r["service_date"], "date of service"),
         known(_code(r), "service or item"), dollars(r["denied_amount"]), _reason(r))
        for r in refused
    )  # fmt: skip
    ask = (
        "This is a request for a redetermination under 42 CFR 405.940 to 405.944 of the services listed above."
        if medicare
        else "This is a request to review the decision on the services listed above."
    )
    body = (
        ask,
        "Why the decision is wrong: [FILL IN: the facts of the record that answer the reason, with page and date]",
        "Rule or policy that applies: [FILL IN: statute, regulation, LCD, NCD or contract clause in force on the "
        "date of service]",
        "Enclosed: [FILL IN: the records that are sent with this request]",
        "Signature: [FILL IN: signature, printed name, telephone, date]",
    )
    missing += ["why the decision is wrong", "rule or policy that applies", "enclosures", "signature"]
    heading = "Request for a redetermination" if medicare else "Request for review of a claim decision"
    cautions = _cautions(refused, level, day, payment["payer_name"])
    return AppealLetter(
        claim["claim_id"], heading, facts, rows, body, tuple(dict.fromkeys(missing)), cautions, level
    )  # fmt: skip


def _cautions(refused: list[Row], level: AppealLevel | None, day: date, payer: str | None) -> tuple[str, ...]:
    said = []
    if level is None:
        said.append(
            f"The time limit and the form are those of the contract with {payer or 'the payer'} and of its notice."
        )
    else:
        late = (
            f"; that was {(day - level.due).days} days ago: show good cause (42 CFR 405.942(b))"
            if day > level.due
            else ""
        )
        said.append(f"The contractor must have it by {level.due}{late}.")
        said.append(f"It must hold, by {page().request.citation}: {', '.join(page().request.elements)}.")
    said += [
        f"{r['group_code']}-{r['carc']} is usually not appealed ({r['route']}): {r['action']}"
        for r in refused
        if r["route"] not in ("appeal", "correct or appeal")
    ]
    return tuple(dict.fromkeys(said))


def _patient(remittance: Remittance, claims: Claims | None, claim: Row) -> dict[str, str | None]:
    """The patient's name and number: from the remittance, else from the claim."""
    key = (claim["remittance_id"], claim["claim_sequence"])
    found = [
        p for p in remittance.arrow["remittance_party"].to_pylist()
        if (p["remittance_id"], p["claim_sequence"]) == key and p["role"] == "patient"
    ]  # fmt: skip
    told = {"name": None, "number": None} | (_named(found[0]) if found else {})
    if claims is None:
        return told
    parties = [p for p in claims.arrow["claim_party"].to_pylist() if p["claim_id"] == claim["claim_id"]]
    for role in ("patient", "subscriber"):
        for party in (p for p in parties if p["role"] == role):
            told = {k: v or _named(party)[k] for k, v in told.items()}
    heads = [c for c in claims.arrow["claim"].to_pylist() if c["claim_id"] == claim["claim_id"]]
    return {**told, "number": told["number"] or (heads[0]["subscriber_id"] if heads else None)}


def _named(party: Row) -> dict[str, str | None]:
    name = " ".join(filter(None, (party["first_name"], party["middle_name"], party["last_name"])))
    return {"name": name or None, "number": party["identifier"]}


def _code(row: Row) -> str:
    if row["line_number"] is None:
        return "every service of the claim"
    revenue = f"revenue code {row['revenue_code']}" if row["revenue_code"] else None
    return " ".join(filter(None, (revenue, row["hcpcs_code"], (row["modifiers"] or "").replace(":", " "))))


def _reason(row: Row) -> str:
    meanings = {r["rarc"]: r["meaning"] for r in reference(["rarc"])["rarc"].to_pylist()}
    remarks = [f"{r} ({meanings.get(r, 'not in the list here')})" for r in (row["rarcs"] or "").split(", ") if r]
    return "; ".join([f"{row['group_code']}-{row['carc']} ({reason(row['carc']).meaning})", *remarks])


def _numbers(refused: list[Row]) -> str:
    return (
        ", ".join(
            sorted({"the whole claim" if r["line_number"] is None else f"line {r['line_number']}" for r in refused})
        )
        or "none"
    )
