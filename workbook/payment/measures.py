"""The numbers a manager asks for at the end of a month, each with its formula, its period and its authority."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from workbook.claims.model import Claims, Remittance
from workbook.engine.front import Authority, Strict
from workbook.engine.html import notebook_html, safe, table_html
from workbook.engine.yaml import read_yaml, validated
from workbook.payment.accounts import CASH, CONTRACTUAL, INTEREST, RECEIVABLES, REFUND, REVENUE
from workbook.payment.ledger import Ledger
from workbook.payment.reasons import reason
from workbook.payment.receivables import receivables, up_to
from workbook.payment.variance import FIRST_PAYER
from workbook.terms import Citation, WorkbookError, dollars

PAGE = Path(__file__).with_name("measures.yaml")
ZERO = Decimal("0.00")


class _Measure(Authority):
    id: str
    name: str
    unit: Literal["share", "days"]
    formula: str
    note: str


class _Page(Strict):
    title: str
    measures: tuple[_Measure, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Measure:
    """One number: its value, or why there is none, with numerator, denominator, period, formula and authority."""

    id: str
    name: str
    value: Decimal | None
    unit: str
    numerator: str
    denominator: str
    period: str
    formula: str
    note: str
    authority: Citation
    why_not: str | None = None

    @property
    def shown(self) -> str:
        """The value as a person writes it."""
        if self.value is None:
            return f"not measured: {self.why_not}"
        return f"{self.value * 100:.1f} %" if self.unit == "share" else f"{self.value:.1f} days"

    @property
    def parts(self) -> str:
        """What was divided by what; empty where there is no value."""
        return "" if self.value is None else f"{self.numerator} ÷ {self.denominator}"

    def __str__(self) -> str:
        parts = f" = {self.parts}" if self.parts else ""
        return f"{self.name}: {self.shown}{parts} ({self.period})\n    {self.formula} [{self.authority}]"


@dataclass(frozen=True)
class MonthNumbers:
    """The numbers of a month, in the page's order."""

    month: str
    measures: tuple[Measure, ...]

    def __getitem__(self, measure_id: str) -> Measure:
        for measure in self.measures:
            if measure.id == measure_id:
                return measure
        raise WorkbookError(f"no number is called {measure_id!r}; they are {', '.join(m.id for m in self.measures)}")

    def __str__(self) -> str:
        return "\n".join([f"Numbers of {self.month}", *(f"  {m}" for m in self.measures)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            [m.name, m.shown, m.parts, m.period, m.formula, m.note, str(m.authority)] for m in self.measures
        ]  # fmt: skip
        header = ["Number", "Value", "From", "Period", "Formula", "Note", "Authority"]
        return notebook_html(f"<p><b>Numbers of {safe(self.month)}</b></p>", table_html(header, rows, words=header))


@cache
def _page() -> _Page:
    return validated(_Page, read_yaml(PAGE), PAGE.name)


def month_numbers(
    ledger: Ledger,
    remittance: Remittance,
    month: str,
    claims: Claims | None = None,
    stopped: Iterable[str] | None = None,
    days: int = 90,
) -> MonthNumbers:
    """The numbers of a calendar month ("2025-10"): denial rates, days in receivables, collection rates, clean claims.

    Denial rates count the first answers of first payers in the month. Balances are those of its last day; cash, charges
    and adjustments are those posted in the `days` that end on it. `claims` and `stopped` (the ids of claims that an
    edit stopped, as those with an error in an audit's findings) give the clean claim rate. A number without its data,
    or with nothing to divide by, is "not measured" and says why. Raises WorkbookError for a malformed month or number
    of days.
    """
    first, last = _month(month)
    if days < 1:
        raise WorkbookError(f"days {days}: a period has at least one day")
    found: dict[str, tuple[Any, Any, str, str | None]] = {}
    answered, refused, charges, refused_charges = _first_answers(remittance, first, last)
    none = None if answered else "no claim was first answered in the month"
    found["initial_denial_rate_claims"] = (refused, answered, month, none)
    found["initial_denial_rate_dollars"] = (refused_charges, charges, month, none)
    start = last - timedelta(days=days - 1)
    period = f"{start} to {last}"
    at_end = up_to(ledger, last)
    posted = _posted(ledger, start, last)
    balances = at_end.balances()
    owed = sum((balances[a] for a in RECEIVABLES), ZERO) - balances[REFUND]
    charged, no_charge = posted[REVENUE], None if posted[REVENUE] > 0 else "no charge in the period"
    found["days_in_receivables"] = (owed * days, charged, f"charges of {period}, balances of {last}", no_charge)
    aged = receivables(ledger, last) if at_end.arrow.num_rows else None
    over = [(r["days"] or 0, r["amount"]) for r in aged.arrow.to_pylist() if r["amount"] > 0] if aged else []
    total = sum((a for _, a in over), ZERO)
    found["share_over_90_days"] = (
        sum((a for d, a in over if d > 90), ZERO), total, f"on {last}", None if total else "nothing is owed"
    )  # fmt: skip
    collected = posted[CASH] - posted[INTEREST] - posted[REFUND]
    found["gross_collection_rate"] = (collected, charged, period, no_charge)
    net = charged - posted[CONTRACTUAL]
    why = no_charge or (None if net > 0 else "the contractual adjustments are no less than the charges")
    found["net_collection_rate"] = (collected, net, period, why)
    found["clean_claim_rate"] = _clean(claims, stopped, first, last, month)
    measures = {m.id: _measured(m, *found[m.id]) for m in _page().measures}
    measures["days_in_receivables"] = replace(
        measures["days_in_receivables"], numerator=dollars(owed), denominator=f"({dollars(charged)} ÷ {days} days)"
    )
    return MonthNumbers(month, tuple(measures.values()))


def _month(month: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{month}-01")
    except (TypeError, ValueError):
        raise WorkbookError(f"month {month!r} is not a month; write it as year-month, for example 2025-10") from None
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _measured(page: _Measure, numerator: Any, denominator: Any, period: str, why: str | None) -> Measure:
    value = None if why else Decimal(numerator) / Decimal(denominator)
    told = [dollars(x) if isinstance(x, Decimal) else f"{x:,}" for x in (numerator, denominator)]
    return Measure(
        page.id, page.name, value, page.unit, told[0], told[1], period, page.formula, page.note, page.citation, why
    )


def _first_answers(remittance: Remittance, first: date, last: date) -> tuple[int, int, Decimal, Decimal]:
    """Claims first answered in the month, those of them refused in part or whole; the charges of both."""
    paid_on = {r["remittance_id"]: r["payment_date"] for r in remittance.arrow["remittance"].to_pylist()}
    earliest: dict[str, tuple[date, dict[str, Any]]] = {}
    for claim in remittance.arrow["remittance_claim"].to_pylist():
        day = paid_on.get(claim["remittance_id"])
        if day is None or claim["claim_status_code"] not in FIRST_PAYER:
            continue
        if claim["claim_id"] not in earliest or day < earliest[claim["claim_id"]][0]:
            earliest[claim["claim_id"]] = (day, claim)
    keys = {
        (c["remittance_id"], c["claim_sequence"]): c["billed_amount"]
        for day, c in earliest.values()
        if first <= day <= last
    }
    refused: dict[tuple[str, int], Decimal] = {}
    for a in remittance.arrow["adjustment"].to_pylist():
        key = (a["remittance_id"], a["claim_sequence"])
        if key in keys and a["amount"] > 0 and reason(a["carc"]).kind == "denial":
            refused[key] = refused.get(key, ZERO) + a["amount"]
    return len(keys), len(refused), sum(keys.values(), ZERO), sum(refused.values(), ZERO)


def _posted(ledger: Ledger, start: date, last: date) -> dict[str, Decimal]:
    """What the entries of a period add to each account, in its nature."""
    before, after = up_to(ledger, start - timedelta(days=1)).balances(), up_to(ledger, last).balances()
    return {name: after[name] - before[name] for name in after}


def _clean(
    claims: Claims | None, stopped: Iterable[str] | None, first: date, last: date, month: str
) -> tuple[int, int, str, str | None]:
    if claims is None or stopped is None:
        return 0, 0, month, "give the claims, and which of them an edit stopped (an audit's findings)"
    received = {
        c["claim_id"]
        for c in claims.arrow["claim"].to_pylist()
        if c["received_date"] and first <= c["received_date"] <= last
    }
    clean = len(received - set(stopped))
    return clean, len(received), month, None if received else "no claim was received in the month"
