"""Which lines did payers refuse or cut, who can mend each, by which way and until when, and what is it worth?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims, Remittance
from workbook.engine import Column, Table, to_pandas
from workbook.engine.export import write_people_csv
from workbook.engine.html import notebook_html, safe, table_html
from workbook.payment.appeal_path import AppealDecision, appeal_decisions, decided_on, next_level
from workbook.payment.appeals import Deadline, deadline, declared, is_medicare, level_deadline
from workbook.payment.books import PREDETERMINED, REPLACEMENT, REVERSAL, VOID
from workbook.payment.price import price
from workbook.payment.reasons import NOT_CLASSIFIED, reason
from workbook.payment.statement_answers import known_by, rows_by_answer
from workbook.payment.variance import FIRST_PAYER
from workbook.terms import dollars, parse_date

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Row = dict[str, Any]
ZERO = Decimal("0.00")
#: reason codes of what the payer holds for a claim that it has already
DUPLICATES = ("18", "B13")
#: denials that a notebook shows
SHOWN = 15

WORKLIST = Table(
    "denial",
    "one reason for which a line, or a whole claim, was refused or cut",
    (),
    (
        Column("claim_id", "text", "the claim", required=True),
        Column("line_number", "integer", "the line; null for the whole claim"),
        Column("patient_id", "text", "the patient"),
        Column("payer_name", "text", "who decided"),
        Column("payer_claim_id", "text", "the payer's number of the claim"),
        Column("notice_date", "date", "the remittance's payment date"),
        Column("service_date", "date", "first day of service"),
        Column("revenue_code", "text", "institutional: four digits"),
        Column("hcpcs_code", "text", "the code"),
        Column("modifiers", "text", "joined by a colon"),
        Column("group_code", "text", "CO, PR, OA or PI", required=True),
        Column("carc", "text", "claim adjustment reason code", required=True),
        Column("rarcs", "text", "remark codes, joined by a comma"),
        Column("denied_amount", "money", "what was refused, at charges", required=True),
        Column("expected_amount", "money", "what Medicare Part B would pay for the line; null where not priced"),
        Column("category", "text", "kind of reason, or: not classified", required=True),
        Column("cause", "text", "why it happened", required=True),
        Column("fixer", "text", "front desk, coder, biller, clinician, payer or nobody", required=True),
        Column("route", "text", "correct, new claim, appeal, exception, other payer … (reasons.yaml)", required=True),
        Column("action", "text", "what to do", required=True),
        Column("way", "text", "the way whose time limit is shown"),
        Column("appeal_level", "integer", "its level in Medicare's appeals, 1 to 5; null for any other way"),
        Column("due_date", "date", "its last day; null where the contract says it, or there is nothing to file"),
        Column("days_left", "integer", "days to it; below zero when it is past"),
        Column("due_rule", "text", "how the last day comes about"),
        Column("corrected_by", "text", "the claim sent to replace or void it, where the claims given hold one"),
        Column("authority", "text", "on what the way rests"),
    ),
)  # fmt: skip


class DenialWorklist:
    """What payers refused, most dollars first. `arrow` has the rows of `WORKLIST`; `on` is the day it was drawn up."""

    def __init__(self, rows: pa.Table, on: date) -> None:
        self.arrow = rows
        self.on = on

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The rows as a pandas frame."""
        return to_pandas(self.arrow)

    @property
    def not_classified(self) -> tuple[str, ...]:
        """The reason codes that no page knows, each once."""
        rows = self.arrow.to_pylist()
        return tuple(sorted({f"{r['group_code']}-{r['carc']}" for r in rows if r["category"] == NOT_CLASSIFIED}))

    def by(self, column: str) -> dict[str, tuple[int, Decimal]]:
        """How many and how much at charges, for each value of a column, most dollars first."""
        found: dict[str, tuple[int, Decimal]] = {}
        for value, amount in zip(self.arrow[column].to_pylist(), self.arrow["denied_amount"].to_pylist(), strict=True):
            count, total = found.get(value or "", (0, ZERO))
            found[value or ""] = (count + 1, total + amount)
        return dict(sorted(found.items(), key=lambda item: -item[1][1]))

    def write(self, path: str | Path) -> Path:
        """Write the rows as a CSV file for people (mode 0600); returns its path."""
        write_people_csv(self.arrow, Path(path))
        return Path(path)

    def __repr__(self) -> str:
        rows = self.arrow.to_pylist()
        total = sum((r["denied_amount"] for r in rows), ZERO)
        late = sum(r["days_left"] is not None and r["days_left"] < 0 for r in rows)
        past = f"; {late:,} past their last day on {self.on}" if late else ""
        unknown = f"; NOT CLASSIFIED: {', '.join(self.not_classified)}" if self.not_classified else ""
        claims = len({r["claim_id"] for r in rows})
        return f"{len(rows):,} denials on {claims:,} claims, {dollars(total)} at charges{past}{unknown}"

    def _repr_html_(self) -> str:
        header = ["Claim", "Line", "Code", "Reason", "Denied", "Who", "Way", "Last day", "What to do"]
        rows = (
            [r["claim_id"], r["line_number"] or "all", r["hcpcs_code"] or r["revenue_code"],
             f"{r['group_code']}-{r['carc']}" + (f" {r['rarcs']}" if r["rarcs"] else ""), dollars(r["denied_amount"]),
             r["fixer"], way_of(r), _last_day(r), r["action"]]
            for r in self.arrow.slice(0, SHOWN).to_pylist()
        )  # fmt: skip
        rest = self.arrow.num_rows - SHOWN
        more = f"<p>… and {rest:,} more in <code>.lines</code></p>" if rest > 0 else ""
        table = table_html(header, rows, words=["Who", "Way", "Last day", "What to do"])
        return notebook_html(f"<p>{safe(repr(self))}</p>", table, more)


def way_of(row: Row) -> str:
    """The way of a row of the worklist, with its level where it has one."""
    return f"level {row['appeal_level']}: {row['way']}" if row["appeal_level"] else str(row["way"])


def until(row: Row) -> str:
    """The last day of a row of the worklist, else in short why there is none; `due_rule` has all of it."""
    return str(row["due_date"] or (row["due_rule"] or "").split("; ")[0])


def denial_worklist(
    remittance: Remittance,
    claims: Claims | None = None,
    on: date | str | None = None,
    decided: Iterable[AppealDecision | Mapping[str, Any]] = (),
) -> DenialWorklist:
    """Every refused or cut line of an 835: cause, who mends it, the way, its last day, the dollars.

    What was reversed, or decided anew by a later answer, is not on it; a duplicate decides nothing.
    `claims` give each line's expected payment by Medicare Part B with the deductible unmet, and tell which claims were
    sent to correct others. `on` is the day of the list (today unless given): later remittances are left out, and days
    are counted from it. Reason codes that are expected (contract, deductible, coinsurance, earlier payers, pending) are
    not denials; one that no page knows is listed as "not classified". `decided` are decisions on appeals of original
    Medicare up to the day (`AppealDecision`, or rows with its fields): the next level and its last day are shown.
    Sorted by dollars, then by last day. Raises WorkbookError for a malformed date, or decisions that do not follow
    each other.
    """
    day = date.today() if on is None else parse_date(on, "on")
    appeals = [d for d in appeal_decisions(decided) if d.notice is None or d.notice <= day]
    expected, corrected = _expected(claims), _corrections(claims)
    payments = {r["remittance_id"]: r for r in remittance.arrow["remittance"].to_pylist()}
    paid = {(c["remittance_id"], c["claim_sequence"]): c for c in remittance.arrow["remittance_claim"].to_pylist()}
    lines = {
        (r["remittance_id"], r["claim_sequence"], r["line_number"]): r
        for r in remittance.arrow["remittance_line"].to_pylist()
    }
    first_day: dict[tuple[str, int], date] = {}
    for (name, sequence, _), r in lines.items():
        if r["service_date"]:
            first_day[name, sequence] = min(first_day.get((name, sequence), r["service_date"]), r["service_date"])
    remarks: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for r in remittance.arrow["remark"].to_pylist():
        remarks[r["remittance_id"], r["claim_sequence"], r["line_number"]].append(r["rarc"])
    rows = []
    for a, amount in _net(remittance, payments, day):
        key = (a["remittance_id"], a["claim_sequence"], a["line_number"])
        said = [*remarks.get(key, []), *remarks.get((*key[:2], None), [])]
        found = reason(a["carc"], said)
        if amount <= 0 or found.kind not in ("denial", "reduction"):
            continue
        claim, payment, line = paid.get(key[:2], {}), payments.get(key[0], {}), lines.get(key, {})
        row = {c: line.get(c) for c in ("service_date", "revenue_code", "hcpcs_code", "modifiers")}
        row["service_date"] = row["service_date"] or first_day.get(key[:2]) or claim.get("statement_from_date")
        payer = payment.get("payer_name") or payment.get("payer_id")
        filing, notice = claim.get("claim_filing_code"), payment.get("payment_date")
        limit = deadline(found.route, filing, notice, row["service_date"], payer)
        history = decided_on(appeals, a["claim_id"], a["line_number"]) if is_medicare(filing) else []
        if history:
            limit = _after(history, notice or day, day)
        patient = " The payer puts it on the patient (group PR)." if a["group_code"] == "PR" else ""
        by = corrected.get(claim.get("payer_claim_id") or "") or corrected.get(a["claim_id"])
        sent = f"Claim {by} was sent to correct it; wait for its answer. " if by else ""
        authority = [str(c) for c in (found.authority, limit.authority) if c]
        rows.append(
            row | {
                "claim_id": a["claim_id"], "line_number": a["line_number"], "patient_id": claim.get("patient_id"),
                "payer_name": payer, "payer_claim_id": claim.get("payer_claim_id"),
                "notice_date": payment.get("payment_date"), "group_code": a["group_code"], "carc": a["carc"],
                "rarcs": ", ".join(dict.fromkeys(said)) or None, "denied_amount": amount,
                "expected_amount": expected.get((a["claim_id"], a["line_number"])), "category": found.category,
                "cause": found.cause, "fixer": found.fixer, "route": found.route,
                "action": sent + _told(history) + found.do + patient,
                "way": limit.way, "appeal_level": limit.level, "due_date": limit.due,
                "days_left": (limit.due - day).days if limit.due else None,
                "due_rule": limit.rule, "corrected_by": by, "authority": "; ".join(dict.fromkeys(authority)) or None,
            }
        )  # fmt: skip
    rows.sort(key=lambda r: (-r["denied_amount"], r["due_date"] or date.max, r["claim_id"], r["line_number"] or 0))
    return DenialWorklist(WORKLIST.from_rows(rows), day)


def _last_day(row: Row) -> str:
    """As `until`, and in words where the day is past."""
    is_past = row["days_left"] is not None and row["days_left"] < 0
    return f"{until(row)}, past" if is_past else until(row)


def _after(history: list[AppealDecision], notice: date, day: date) -> Deadline:
    """The way that is open after the decisions on appeals, and its last day."""
    step, last = next_level(notice, history, day), history[-1]
    if step.level and last.notice:
        return level_deadline(step.level, last.notice)
    return Deadline(None, step.way, step.says, step.authority)


def _told(history: list[AppealDecision]) -> str:
    """What was decided so far, as sentences before what to do."""
    return "".join(
        f"{declared(d.level).name.capitalize()}: {d.outcome}{f' ({d.notice})' if d.notice else ''}. " for d in history
    )


def _net(remittance: Remittance, payments: dict[str, Row], on: date) -> list[tuple[Row, Decimal]]:
    """Each adjustment that stands on a day, once for its payer, claim, line, group and reason, net of reversals."""
    lines, taken = (rows_by_answer(remittance, name) for name in ("remittance_line", "adjustment"))
    standing: dict[tuple[Any, ...], dict[tuple[Any, ...], tuple[Decimal, Row | None]]] = defaultdict(dict)

    def day_of(claim: Row) -> date:
        return payments.get(claim["remittance_id"], {}).get("payment_date") or on

    for claim in sorted(remittance.arrow["remittance_claim"].to_pylist(), key=day_of):
        if day_of(claim) > on or claim["claim_status_code"] == PREDETERMINED:
            continue  # not known yet; or only asked about, so that there was nothing to refuse
        payment = payments.get(claim["remittance_id"], {})
        payer = (payment.get("payer_id"), payment.get("payer_name"))
        answer = (claim["remittance_id"], claim["claim_sequence"])
        own = standing[known_by(claim, lines[answer])]
        if claim["claim_status_code"] != REVERSAL:
            is_first = claim["claim_status_code"] in FIRST_PAYER
            for key in _decided_anew(own, payer, lines[answer], taken[answer], is_first=is_first):
                del own[key]
        for a in taken[answer]:
            key = (payer, a["line_number"], a["group_code"], a["carc"])
            total, last = own.get(key, (ZERO, None))
            own[key] = (total + a["amount"], a if a["amount"] > 0 else last)
    return [(last, total) for own in standing.values() for total, last in own.values() if last]


def _decided_anew(
    own: Iterable[tuple[Any, ...]], payer: tuple[Any, ...], lines: list[Row], taken: list[Row], *, is_first: bool
) -> list[tuple[Any, ...]]:
    """What stands no more once a payer answers lines without a reversal.

    That is its own word on them and on the claim as a whole, and other payers' on what this one, as the first, pays or
    leaves to the patient. A duplicate decides nothing.
    """
    answered = {r["line_number"] for r in lines} | {a["line_number"] for a in taken}
    answered -= {a["line_number"] for a in taken if a["carc"] in DUPLICATES}
    settled = {r["line_number"] for r in lines if r["paid_amount"] > 0} if is_first else set()
    settled |= {a["line_number"] for a in taken if is_first and reason(a["carc"]).kind == "patient" and a["amount"] > 0}
    return [
        key for key in own
        if (key[0] == payer and (key[1] in answered or (answered and key[1] is None))) or key[1] in settled
    ]  # fmt: skip


def _corrections(claims: Claims | None) -> dict[str, str]:
    """The payer's number, and our own, of each claim that another replaces or voids → that other."""
    found: dict[str, str] = {}
    for claim in claims.arrow["claim"].to_pylist() if claims is not None else []:
        if claim["frequency_code"] in (REPLACEMENT, VOID):
            numbers = (claim["original_claim_id"], claim["patient_control_number"])
            found |= {n: claim["claim_id"] for n in numbers if n and n != claim["claim_id"]}
    return found


def _expected(claims: Claims | None) -> dict[tuple[str, int], Decimal]:
    if claims is None:
        return {}
    filing = {c["claim_id"]: c["claim_filing_code"] for c in claims.arrow["claim"].to_pylist()}
    return {
        (r["claim_id"], r["line_number"]): r["paid_amount"]
        for r in price(claims).arrow_lines.to_pylist()
        if r["paid_amount"] is not None and filing[r["claim_id"]] == "MB"
    }
