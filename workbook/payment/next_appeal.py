"""What comes next for a refused claim: a new claim, a reopening, or which level of appeal, and until when?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from workbook.claims.model import Remittance
from workbook.payment.appeal_path import AppealDecision, AppealStep, appeal_decisions, decided_on, next_level
from workbook.payment.appeals import Deadline, appeal_level, deadline, is_medicare, other_payer, page
from workbook.payment.denials import denial_worklist
from workbook.terms import WorkbookError, dollars, parse_date

Row = dict[str, Any]
Decisions = Iterable[AppealDecision | Mapping[str, Any]]


@dataclass(frozen=True)
class Refused:
    """The refused lines of a claim, its answer and the decisions on its appeals, as they stood on a day."""

    claim: Row
    rows: list[Row]
    decided: list[AppealDecision]
    on: date

    @property
    def notice(self) -> date | None:
        """The date of the remittance."""
        found: date | None = self.rows[0]["notice_date"]
        return found

    @property
    def medicare(self) -> bool:
        """True when original Medicare decided."""
        return is_medicare(self.claim["claim_filing_code"])

    @property
    def unprocessable(self) -> list[Row]:
        """The rows that were returned, not decided."""
        return [r for r in self.rows if set((r["rarcs"] or "").split(", ")) & set(page().unprocessable.rarcs)]

    @property
    def untimely(self) -> bool:
        """True when Medicare refused all of it for its time limit, which is no matter for an appeal."""
        return self.medicare and {r["route"] for r in self.rows} == {"exception"}

    @property
    def amount(self) -> Decimal:
        """What was refused, at charges."""
        return sum((r["denied_amount"] for r in self.rows), Decimal("0.00"))


def refused_lines(
    remittance: Remittance,
    claim_id: str,
    lines: Iterable[int] | None = None,
    decided: Decisions = (),
    on: date | str | None = None,
) -> Refused:
    """What of a claim was refused, line by line, on a day (today unless given).

    Raises WorkbookError when the claim is not in the remittance, nothing of it was refused, a line was not, or the
    lines stand at different levels of appeal.
    """
    day = date.today() if on is None else parse_date(on, "on")
    rows = [r for r in denial_worklist(remittance, on=day).arrow.to_pylist() if r["claim_id"] == claim_id]
    answered = [c for c in remittance.arrow["remittance_claim"].to_pylist() if c["claim_id"] == claim_id]
    if not answered:
        raise WorkbookError(f"claim {claim_id!r} is not in this remittance")
    wanted = None if lines is None else set(lines)
    if unknown := sorted((wanted or set()) - {r["line_number"] for r in rows}):
        raise WorkbookError(f"line {unknown[0]} of claim {claim_id} was not refused; refused are {_numbers(rows)}")
    rows = [r for r in rows if wanted is None or r["line_number"] in wanted]
    if not rows:
        raise WorkbookError(f"nothing of claim {claim_id} was refused or cut; there is nothing to appeal")
    rows.sort(key=lambda r: (r["line_number"] or 0, r["carc"]))
    decisions = appeal_decisions(decided, claim_id)
    histories = [decided_on(decisions, claim_id, r["line_number"]) for r in rows]
    if any(h != histories[0] for h in histories):
        raise WorkbookError(f"the lines of claim {claim_id} stand at different levels of appeal; name some with lines")
    return Refused(answered[-1], rows, histories[0], day)


def next_appeal(
    remittance: Remittance,
    claim_id: str,
    decided: Decisions = (),
    *,
    lines: Iterable[int] | None = None,
    on: date | str | None = None,
) -> AppealStep:
    """The next step for a claim's refused lines, given what was decided on its appeals before.

    A claim that was unprocessable (remark MA130) has no right of appeal and is sent as new; one that came too late
    needs an exception to the time limit; a clerical error goes by way of a reopening; else the next level of original
    Medicare's five, with who decides, the last day, the least amount in controversy and, when it is late, what may
    excuse it. `decided` are `AppealDecision`s or rows with its fields; `claim_id` may be left out of them. Of other
    payers what the page knows is said. `on` is the day from which is judged (today unless given).

    Raises WorkbookError when the claim is not in the remittance, nothing of it was refused, or the decisions do not
    follow each other.
    """
    found = refused_lines(remittance, claim_id, lines, decided, on)
    if not found.decided and (step := _no_appeal(found)):
        return step
    if not found.medicare:
        return _by_contract(found)
    if found.notice is None:
        return _way(deadline("appeal", found.claim["claim_filing_code"], None, None, None))
    step = next_level(found.notice, found.decided, found.on)
    return replace(step, cautions=(*step.cautions, *refused_amount(found, step), *not_appealed(found)))


def _no_appeal(found: Refused) -> AppealStep | None:
    """The step of a claim that is not appealed at all: sent as new, an exception, reopened, or nothing to file."""
    routes = {r["route"] for r in found.rows}
    if len(found.unprocessable) == len(found.rows):
        step = _way(_limit(found, "new claim"))
        why = page().unprocessable
        until = f", by {step.due}: {step.says}" if step.due else f": {step.says}"
        says = (
            f"The claim was unprocessable ({', '.join(why.rarcs)}): it was not decided, so there is no right of appeal "
            f"({why.citation}). Mend it and send it as a new claim{until}."
        )
        return replace(step, says=says)
    if len(routes) > 1 or routes & {"appeal", "correct or appeal"} or (routes == {"exception"} and not found.medicare):
        return None
    (route,) = routes
    step = _way(_limit(found, route))
    return _reopening(found, step) if route == "correct" and found.medicare else step


def _reopening(found: Refused, step: AppealStep) -> AppealStep:
    """A clerical error: mended by a reopening; the days of the appeal run on beside it."""
    rule = page().reopening
    said = [f"Later: {rule.later.says} ({rule.later.citation})."]
    if found.notice:
        first = appeal_level(1, found.notice)
        said.append(
            f"The {first.name}'s days run on beside it: where the contractor finds no clerical error, what is left is "
            f"an appeal received by {first.due}."
        )
    says = f"A clerical error is mended by a reopening, not by an appeal ({rule.citation}): {step.says}, by {step.due}."
    return replace(step, says=says, cautions=tuple(said))


def _by_contract(found: Refused) -> AppealStep:
    filing = found.claim["claim_filing_code"]
    other = other_payer(filing)
    step = _way(_limit(found, "appeal"))
    if other is None:
        return replace(step, says=f"{step.says}.")
    said = [f"It is to be decided within {other.decides_in} days of its receipt."] if other.decides_in else []
    said += [f"After that: {other.then}."] if other.then else []
    return replace(step, says=f"{step.says} ({other.citation}).", cautions=tuple(said))


def _limit(found: Refused, route: str) -> Deadline:
    row = found.rows[0]
    return deadline(route, found.claim["claim_filing_code"], found.notice, row["service_date"], row["payer_name"])


def _way(limit: Deadline) -> AppealStep:
    return AppealStep(limit.way, limit.rule, limit.due, authority=limit.authority)


def refused_amount(found: Refused, step: AppealStep) -> list[str]:
    """What the remittance can say of the amount in controversy, where one is asked for and none was given."""
    if not step.level or step.level.least_amount is None or found.decided[-1].amount is not None:
        return []
    return [f"By the remittance at most {dollars(found.amount)} was refused on these lines, at charges."]


def not_appealed(found: Refused) -> list[str]:
    """The lines among those refused that are better not appealed."""
    said = [
        f"{r['group_code']}-{r['carc']} is usually not appealed ({r['route']}): {r['action']}"
        for r in found.rows
        if r["route"] not in ("appeal", "correct or appeal")
    ]
    return list(dict.fromkeys(said))


def _numbers(rows: list[Row]) -> str:
    named = {"the whole claim" if r["line_number"] is None else f"line {r['line_number']}" for r in rows}
    return ", ".join(sorted(named)) or "none"
