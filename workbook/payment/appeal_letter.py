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
from workbook.payment.appeal_path import AppealStep, next_level
from workbook.payment.appeals import AppealLevel, Request, declared, known_of, other_payer, page
from workbook.payment.next_appeal import Decisions, Refused, not_appealed, refused_amount, refused_lines
from workbook.payment.reasons import reason
from workbook.terms import WorkbookError, dollars, private_file

Row = dict[str, Any]


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

    HEADER = ("Line", "Date of service", "Code", "Amount refused", "Reason given")

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
    decided: Decisions = (),
    lines: Iterable[int] | None = None,
    requester: str | None = None,
    on: date | str | None = None,
) -> AppealLetter:
    """Draft the appeal of a claim's refused lines that comes next, for original Medicare levels 1 to 4.

    A Medicare request holds what the regulation of its level requires: 42 CFR 405.944(b) of a redetermination,
    405.964(b) of a reconsideration, 405.1014(a) of a hearing, 405.1112 of a review by the Council. Level 5 is a
    lawsuit, for which a lawyer files a complaint. `decided` are the decisions on appeals so far
    (`AppealDecision`, or rows with its fields). `requester` is the party or representative (the payee unless given).
    What neither the remittance nor `claims` hold is a marked blank and stands in `missing`; why the decision is wrong
    is always a blank, since no table knows it. `lines` are the line numbers in question (all that were refused, unless
    given).

    Raises WorkbookError when the claim is not in the remittance, nothing of it was refused, a line was not, it was
    unprocessable (remark MA130) or came to Medicare too late, which gives no right of appeal, or what comes next is no
    request of levels 1 to 4.
    """
    found = refused_lines(remittance, claim_id, lines, decided, on)
    if found.unprocessable:
        raise WorkbookError(
            f"claim {claim_id} was unprocessable (remark {', '.join(page().unprocessable.rarcs)}): it gives no right "
            "of appeal; mend it and send it as a new claim"
        )
    if found.untimely and not found.decided:
        raise WorkbookError(f"claim {claim_id}: {page().untimely.says} ({page().untimely.citation})")
    step = next_level(found.notice, found.decided, found.on) if found.medicare and found.notice else None
    if step and (step.level is None or step.level.level > len(page().requests)):
        more = " ".join(step.cautions) if step.level else f"A draft is made of levels 1 to {len(page().requests)} only"
        raise WorkbookError(f"claim {claim_id}: {step.says} {more}")
    return _draft(remittance, claims, found, step, requester)


class _Blanks:
    """What is known, or a marked blank; `missing` gathers the blanks."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def __call__(self, value: Any, what: str) -> str:
        if value in (None, ""):
            self.missing.append(what)
            return f"[FILL IN: {what}]"
        return str(value)


def _draft(
    remittance: Remittance, claims: Claims | None, found: Refused, step: AppealStep | None, requester: str | None
) -> AppealLetter:
    known, claim = _Blanks(), found.claim
    payment = next(
        p for p in remittance.arrow["remittance"].to_pylist() if p["remittance_id"] == claim["remittance_id"]
    )
    request = page().requests[step.level.level - 1 if step and step.level else 0] if found.medicare else None
    patient = _patient(remittance, claims, claim)
    address = None if requester else _payee_address(remittance, claim)
    facts = _facts(known, found, payment, patient, requester, address, request)
    rows = tuple(
        (str(r["line_number"] or "whole claim"), known(r["service_date"], "date of service"),
         known(_code(r), "service or item"), dollars(r["denied_amount"]), _reason(r))
        for r in found.rows
    )  # fmt: skip
    body = (
        _ask(request, step),
        "Why the decision is wrong: [FILL IN: the facts of the record that answer the reason, with page and date]",
        "Rule or policy that applies: [FILL IN: statute, regulation, LCD, NCD or contract clause in force on the "
        "date of service]",
        *(f"{name}: {known(None, what)}" for name, what in (request.body.items() if request else ())),
        *_late(step, found),
        "Enclosed: [FILL IN: the records that are sent with this request]",
        "Signature: [FILL IN: signature, printed name, telephone, date]",
    )
    missing = [*known.missing, "why the decision is wrong", "rule or policy that applies", "enclosures", "signature"]
    heading = _heading(request, step)
    cautions = _cautions(found, step, request, payment["payer_name"])
    return AppealLetter(
        claim["claim_id"], heading, facts, rows, body, tuple(dict.fromkeys(missing)), cautions,
        step.level if step else None,
    )  # fmt: skip


def _heading(request: Request | None, step: AppealStep | None) -> str:
    if request is None:
        return "Request for review of a claim decision"
    return (
        f"Request for review of a dismissal (level {request.level})" if step and step.of_dismissal else request.heading
    )


def _ask(request: Request | None, step: AppealStep | None) -> str:
    if request is None:
        return "This is a request to review the decision on the services listed above."
    if step and step.of_dismissal:
        return (
            f"This is a request to review the dismissal of the request on the services listed above ({step.authority})."
        )
    return request.ask


def _facts(
    known: _Blanks,
    found: Refused,
    payment: Row,
    patient: Row,
    requester: str | None,
    address: str | None,
    request: Request | None,
) -> tuple[tuple[str, str], ...]:
    """The letter's head, what is not on file as blanks."""
    number, who = ("Medicare number", "beneficiary's name") if found.medicare else ("member number", "patient's name")
    on_file = {"Beneficiary's address": patient.get("address")}
    if request and request.to:
        to = known(None, request.to)
    else:
        to = f"{known(payment['payer_name'], 'name of the payer')}, {known(None, 'its address for appeals')}"
    return (
        ("Date", str(found.on)),
        ("To", to),
        (who.capitalize(), known(patient.get("name"), who)),
        (number[0].upper() + number[1:], known(patient.get("number"), number)),
        ("Payer's claim number", known(found.claim["payer_claim_id"], "payer's claim number")),
        ("Our claim number", found.claim["claim_id"]),
        ("Notice (remittance) of", known(found.notice, "date of the notice")),
        *_decisions(known, found, payment),
        *((name, known(on_file.get(name), what)) for name, what in (request.facts.items() if request else ())),
        ("Requested by", known(requester or payment["payee_name"], "name of the party or representative")),
        ("Requester's address", known(address, "requester's address")),
        ("Requester's NPI", known(payment["payee_npi"], "requester's NPI")),
    )


def _decisions(known: _Blanks, found: Refused, payment: Row) -> list[tuple[str, str]]:
    """What was decided before, and by whom, where the remittance names the contractor."""
    said = []
    for d in found.decided:
        level = declared(d.level)
        by = known(payment["payer_name"], "contractor that decided") if d.level == 1 else level.decided_by
        name = level.decision or level.name
        said.append((f"{name[0].upper()}{name[1:]} of {d.notice}", f"{d.outcome}, by {by}"))
    return said


def _late(step: AppealStep | None, found: Refused) -> tuple[str, ...]:
    """A paragraph for the good cause of a late request."""
    if not step or step.due is None or found.on <= step.due:
        return ()
    return ("Why this request is late: [FILL IN: the good cause, with evidence]",)


def _cautions(found: Refused, step: AppealStep | None, request: Request | None, payer: str | None) -> tuple[str, ...]:
    if not (step and request):
        other = other_payer(found.claim["claim_filing_code"])
        known = (f"{known_of(other, found.notice)} ({other.citation}).",) if other else ()
        named = f"The time limit and the form are those of the contract with {payer or 'the payer'} and of its notice."
        return (named, *known, *not_appealed(found))
    holds = f"It must hold, by {request.citation}: {', '.join(request.elements)}."
    more = (request.caution,) if request.caution else ()
    return tuple(dict.fromkeys([*step.cautions, holds, *more, *refused_amount(found, step), *not_appealed(found)]))


def _payee_address(remittance: Remittance, claim: Row) -> str | None:
    """The payee's address, where the remittance has it."""
    parties = remittance.arrow["remittance_party"].to_pylist()
    own = (p for p in parties if p["remittance_id"] == claim["remittance_id"] and p["role"] == "payee")
    return next((_named(p)["address"] for p in own), None)


def _patient(remittance: Remittance, claims: Claims | None, claim: Row) -> dict[str, str | None]:
    """The patient's name, number and address: from the remittance, else from the claim."""
    key = (claim["remittance_id"], claim["claim_sequence"])
    found = [
        p for p in remittance.arrow["remittance_party"].to_pylist()
        if (p["remittance_id"], p["claim_sequence"]) == key and p["role"] == "patient"
    ]  # fmt: skip
    told = {"name": None, "number": None, "address": None} | (_named(found[0]) if found else {})
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
    place = " ".join(filter(None, (party["state"], party["zip_code"])))
    address = ", ".join(filter(None, (party["address_1"], party["address_2"], party["city"], place)))
    return {"name": name or None, "number": party["identifier"], "address": address or None}


def _code(row: Row) -> str:
    if row["line_number"] is None:
        return "every service of the claim"
    revenue = f"revenue code {row['revenue_code']}" if row["revenue_code"] else None
    return " ".join(filter(None, (revenue, row["hcpcs_code"], (row["modifiers"] or "").replace(":", " "))))


def _reason(row: Row) -> str:
    meanings = {r["rarc"]: r["meaning"] for r in reference(["rarc"])["rarc"].to_pylist()}
    remarks = [f"{r} ({meanings.get(r, 'not in the list here')})" for r in (row["rarcs"] or "").split(", ") if r]
    return "; ".join([f"{row['group_code']}-{row['carc']} ({reason(row['carc']).meaning})", *remarks])
