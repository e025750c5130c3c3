"""What became of the appeals so far, and which level comes next?"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any

from workbook.engine.html import notebook_html, safe
from workbook.payment.appeals import AppealLevel, appeal_level, declared, least_amount, page
from workbook.terms import Citation, DateNotCoveredError, WorkbookError, dollars, parse_date

OUTCOMES = ("unfavorable", "partly favorable", "favorable", "dismissed", "pending")
#: the columns that a file of decisions cannot do without
NEEDED = ("claim_id", "level", "outcome")
COLUMNS = ("claim_id", "line_number", "level", "outcome", "notice", "filed", "amount")


@dataclass(frozen=True)
class AppealDecision:
    """What a level of appeal decided on a claim, or on one of its lines.

    `notice` is the date of its notice, null while it is pending; `filed` the day its request was received; `amount`
    what remains in controversy after it, in US dollars.
    """

    claim_id: str
    level: int
    outcome: str
    notice: date | None = None
    filed: date | None = None
    line_number: int | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class AppealStep:
    """What to do next about a refused claim: by which way, until when, and what to think of.

    `way` is the name of a level, "review of the dismissal", "wait", "escalate", "new claim", "reopening", "none", or
    "appeal" where the contract says how; `level` is null for every way that is no level of Medicare's appeals.
    `of_dismissal` is true where it was dismissed, not decided, what the level is asked to review.
    """

    way: str
    says: str
    due: date | None = None
    level: AppealLevel | None = None
    cautions: tuple[str, ...] = ()
    authority: Citation | None = None
    of_dismissal: bool = False

    def __str__(self) -> str:
        return "\n".join([self.says, *(f"  {c}" for c in self.cautions)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        cautions = "".join(f"<li>{safe(c)}</li>" for c in self.cautions)
        return notebook_html(f"<p>{safe(self.says)}</p>", f"<ul>{cautions}</ul>" if cautions else "")


def appeal_decisions(rows: Iterable[AppealDecision | Mapping[str, Any]], claim_id: str = "") -> list[AppealDecision]:
    """Decisions from rows of `COLUMNS`; `claim_id` is the claim of rows that name none.

    Raises WorkbookError for an unknown column, outcome or level, a malformed date or amount, or a decision without a
    notice.
    """
    return [row if isinstance(row, AppealDecision) else _decision(row, claim_id) for row in rows]


def read_appeal_decisions(path: str | Path) -> list[AppealDecision]:
    """Decisions from a CSV file with the columns claim_id, line_number, level, outcome, notice, filed and amount.

    line_number is empty for the whole claim; filed and amount may be empty or absent. Raises WorkbookError that names
    the row.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restkey="cell beyond the header")
            rows, named = list(reader), reader.fieldnames or ()
    except FileNotFoundError:
        raise WorkbookError(f"{path}: there is no such file; write one with the columns {', '.join(COLUMNS)}") from None
    except OSError as error:
        raise WorkbookError(f"{path}: cannot be read as CSV ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise WorkbookError(f"{path}: cannot be read as CSV ({error})") from None
    if lacking := [c for c in NEEDED if c not in named]:
        raise WorkbookError(f"{path}: the column {lacking[0]} is missing; decisions have {', '.join(COLUMNS)}")
    found = []
    for number, row in enumerate(rows, 2):
        try:
            found.append(_decision({k: v for k, v in row.items() if v}, ""))
        except WorkbookError as error:
            raise WorkbookError(f"{path}, row {number}: {error}") from None
    return found


def _decision(row: Mapping[str, Any], claim_id: str) -> AppealDecision:
    if unknown := sorted(str(k) for k in row if k not in COLUMNS):
        raise WorkbookError(f"a decision has no {unknown[0]!r}; it has {', '.join(COLUMNS)}")
    claim = str(row.get("claim_id") or claim_id)
    if not claim:
        raise WorkbookError("a decision names no claim_id; name the claim that was decided")
    outcome = row.get("outcome")
    if outcome not in OUTCOMES:
        raise WorkbookError(f"outcome {outcome!r}: it is one of {', '.join(OUTCOMES)}")
    notice, filed = (None if not row.get(k) else parse_date(row[k], k) for k in ("notice", "filed"))
    if outcome != "pending" and notice is None:
        raise WorkbookError(f"the decision of level {row.get('level')} bears no notice; give the date of its notice")
    level = _whole(row.get("level"), "level")
    declared(level)
    line = row.get("line_number")
    number = None if line in (None, "") else _whole(line, "line_number")
    return AppealDecision(claim, level, str(outcome), notice, filed, number, _amount(row.get("amount")))


def _whole(value: Any, what: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise WorkbookError(f"{what} {value!r} is not a whole number") from None


def _amount(value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise WorkbookError(f"amount {value!r} is not an amount in dollars, for example 212.50")
    return found


def decided_on(decisions: Iterable[AppealDecision], claim_id: str, line_number: int | None) -> list[AppealDecision]:
    """The decisions on a line, or on the whole claim, from the first level up; a line's own go before the claim's.

    Raises WorkbookError when a level is missing below another, stands twice, is dated before the one below, or follows
    one that is in favor or pending.
    """
    of_claim = [d for d in decisions if d.claim_id == claim_id]
    own = [d for d in of_claim if line_number is not None and d.line_number == line_number]
    found = sorted(own or [d for d in of_claim if d.line_number is None], key=lambda d: d.level)
    for expected, decision in enumerate(found, 1):
        if decision.level != expected:
            what = "stands twice" if decision.level < expected else f"is given, but level {expected} below it is not"
            raise WorkbookError(f"claim {claim_id}: level {decision.level} {what}; give each level from 1 up, once")
    for decision in found[:-1]:
        if decision.outcome in ("favorable", "pending"):
            raise WorkbookError(
                f"claim {claim_id}: level {decision.level} is {decision.outcome}, so no level above it can be decided"
            )
    for below, above in pairwise(found):
        if below.notice and above.notice and above.notice < below.notice:
            raise WorkbookError(
                f"claim {claim_id}: level {above.level} is dated {above.notice}, before level {below.level} of "
                f"{below.notice}; check the two dates"
            )
    return found


def next_level(notice: date, decided: list[AppealDecision], on: date) -> AppealStep:
    """The next step in original Medicare's appeals after the decisions given (`decided_on`), on a day.

    `notice` is the date of the first notice, the remittance. A request that is dismissed goes to the next level for
    review of the dismissal, whose answer is final. A pending one waits, or may be escalated when its time has passed.
    """
    if not decided:
        return _appeal(appeal_level(1, notice), notice, None, on)
    last = decided[-1]
    if last.outcome == "pending":
        return _pending(last, on)
    assert last.notice is not None  # _decision refuses any other
    name = declared(last.level).name
    if last.outcome == "favorable":
        return AppealStep(
            "none", f"The {name} of {last.notice} is in your favor; wait for the payment that follows it."
        )
    if len(decided) > 1 and decided[-2].outcome == "dismissed":
        review = declared(last.level).dismissal
        return AppealStep("none", f"The dismissal was upheld on {last.notice}; that is binding.",
                          authority=review.citation if review else None)  # fmt: skip
    if last.level == len(page().levels):
        return AppealStep("none", "The court has decided; what comes after it is for counsel to say.")
    if last.outcome == "dismissed":
        return _dismissed(last, last.notice, on)
    return _appeal(appeal_level(last.level + 1, last.notice), last.notice, last.amount, on)


def _appeal(level: AppealLevel, notice: date, amount: Decimal | None, on: date, dismissed: bool = False) -> AppealStep:
    """A level that can be asked, with what to think of on the day."""
    done = "received" if level.form else "filed in court"
    said = [f"It must be {done} by {level.due}" + (f": {level.note}." if level.note else ".")]
    if on > level.due:
        said.append(_late(level, on))
    said += _controversy(level, amount, on)
    if level.decides_in and not dismissed:
        said.append(f"It is to be decided within {level.decides_in} days of its receipt.")
    if counsel := declared(level.level).counsel:
        said += [
            f"{counsel.says[0].upper()}{counsel.says[1:]} ({counsel.citation}).",
            f"Bring: {'; '.join(counsel.bring)}.",
        ]
    says = f"Level {level.level}, {level.name} by {level.decided_by}, of the notice of {notice}"
    form = f"; form {level.form}" if level.form else ""
    return AppealStep(level.name, f"{says}{form} ({level.authority}).", level.due, level, tuple(said), level.authority,
                      dismissed)  # fmt: skip


def _late(level: AppealLevel, on: date) -> str:
    cause = page().good_cause
    return (
        f"That was {(on - level.due).days} days ago: show good cause ({declared(level.level).late.citation}), for "
        f"example {'; '.join(cause.examples)}."
    )


def _controversy(level: AppealLevel, amount: Decimal | None, on: date) -> list[str]:
    """What must remain in controversy, and whether it does, as far as an amount is known."""
    if level.least_amount is None:
        return [level.least_why.removeprefix("; ").capitalize() + "."] if level.least_why else []
    rule = page().controversy
    least = level.least.removeprefix(", ")
    said = [f"What remains in controversy must be {least}: {rule.says} ({rule.citation})."]
    if amount is not None and amount < _needed(level, on):
        said.append(f"{dollars(amount)} is too little alone: {rule.aggregate} ({rule.aggregate_authority.citation}).")
    return said


def _needed(level: AppealLevel, on: date) -> Decimal:
    """What must remain in controversy for a request filed on the day, or on the last day when that one is past."""
    last = level.least_amount or Decimal(0)
    try:
        return (least_amount(level.level, on) if on <= level.due else None) or last
    except DateNotCoveredError:
        return last


def _pending(last: AppealDecision, on: date) -> AppealStep:
    found = declared(last.level)
    waits = f"The {found.name} is pending with {found.decided_by}"
    if last.filed is None or found.decides_in is None:
        return AppealStep("wait", f"{waits}; wait for its decision.")
    until = last.filed + timedelta(days=found.decides_in)
    if on <= until:
        return AppealStep("wait", f"{waits}, which is to decide by {until}.")
    if not found.escalates:
        return AppealStep(
            "wait", f"{waits}, which was to decide by {until}; ask for its status. It cannot be escalated."
        )
    above = declared(last.level + 1)
    least = f", where the least amount remains in controversy ({page().controversy.citation})" if above.least else ""
    within = f"; from there it is to be decided within {above.escalated_in} days" if above.escalated_in else ""
    may = f"it may be escalated to {above.decided_by}{least}{within}"
    return AppealStep(
        "escalate", f"{waits}, which was to decide by {until}: {may}.", authority=page().escalation.citation
    )


def _dismissed(last: AppealDecision, notice: date, on: date) -> AppealStep:
    rule = page().dismissal
    vacate = notice + timedelta(days=rule.vacate_days)
    also = f"Or ask whoever dismissed it to vacate the dismissal, by {vacate} ({rule.citation})."
    if last.level + 1 == len(page().levels):
        final = rule.final.citation
        return AppealStep("none", f"The Council dismissed the request on {notice}; that is binding ({final}).",
                          authority=final)  # fmt: skip
    step = _appeal(appeal_level(last.level + 1, notice, dismissed=True), notice, last.amount, on, dismissed=True)
    return AppealStep(step.way, step.says, step.due, step.level, (*step.cautions, also), step.authority, True)
