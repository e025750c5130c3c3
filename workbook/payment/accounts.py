"""Which accounts does the ledger have, and where does a provider adjustment or a hand-made record go?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbook.engine.front import Strict
from workbook.engine.yaml import read_yaml, validated
from workbook.terms import WorkbookError

PAGE = Path(__file__).with_name("accounts.yaml")

PAYER = "receivable from payer"
PATIENT = "receivable from patient"
DENIED = "denied claims"
CASH = "cash"
CONTRACTUAL = "contractual adjustment"
REVENUE = "patient service revenue"
REFUND = "refund due"
INTEREST = "interest received"
#: where a provider adjustment goes whose code is on no page
OTHER = "other provider adjustment"
RECEIVABLES = (PAYER, PATIENT, DENIED)


class _Account(Strict):
    name: str
    nature: Literal["debit", "credit"]
    meaning: str


class _Provider(Strict):
    codes: tuple[str, ...]
    account: str


class _Record(Strict):
    kind: str
    debit: str
    credit: str
    meaning: str


class _Page(Strict):
    title: str
    accounts: tuple[_Account, ...] = Field(min_length=1)
    provider_adjustments: tuple[_Provider, ...]
    records: tuple[_Record, ...]


@dataclass(frozen=True)
class RecordKind:
    """What a person may record: which account it debits, and which it credits."""

    kind: str
    debit: str
    credit: str
    meaning: str


@cache
def _page() -> _Page:
    page = validated(_Page, read_yaml(PAGE), PAGE.name)
    named = [a.name for a in page.accounts]
    used = {p.account for p in page.provider_adjustments} | {x for r in page.records for x in (r.debit, r.credit)}
    used |= {*RECEIVABLES, CASH, CONTRACTUAL, REVENUE, REFUND, INTEREST, OTHER}
    if unknown := sorted(used - set(named)):
        raise WorkbookError(f"{PAGE.name}: no account is called {unknown[0]!r}; the accounts are {', '.join(named)}")
    return page


@cache
def natures() -> dict[str, int]:
    """Each account, in the page's order: 1 where a debit raises it, -1 where a credit does."""
    return {a.name: 1 if a.nature == "debit" else -1 for a in _page().accounts}


def account_of_plb(code: str | None) -> str | None:
    """The account of a provider adjustment's reason code (PLB03-1); None when no page knows the code."""
    return next((p.account for p in _page().provider_adjustments if code in p.codes), None)


def record_kind(kind: str) -> RecordKind:
    """A kind of record by its name. Raises WorkbookError with the list when there is none."""
    kinds = {r.kind: RecordKind(r.kind, r.debit, r.credit, r.meaning) for r in _page().records}
    if kind not in kinds:
        raise WorkbookError(f"nothing is recorded as {kind!r}; write one of: {', '.join(kinds)}")
    return kinds[kind]
