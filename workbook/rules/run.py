"""Runs one card: what it judges, what it could not judge and why, and what it finds.

A row is a finding only where the card's rule was in force, every reference table it reads has an edition for the
date of service, and nothing it needs is missing. Everything else is coverage: no data is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from workbook.engine import Engine
from workbook.rules.card import JUDGED, Card
from workbook.terms import Edition, Span

if TYPE_CHECKING:
    import pyarrow as pa


def run_card(engine: Engine, card: Card, editions: Iterable[Edition]) -> tuple[pa.Table, pa.Table]:
    """Run a card over the tables and views in `engine`.

    Returns the findings (the columns of the card's SELECT, then service_date) and the coverage (outcome, why, count,
    claims).
    """
    engine.keep("judged", judged_sql(card, list(editions)))
    key = ", ".join(f"j.{k}" for k in card.key)
    match = " and ".join(f"f.{k} = j.{k}" for k in card.key)
    own = ", ".join(f"f.{c}" for c in card.select.columns if c not in (*card.key, "service_date"))
    findings = engine.query(
        f"select {key}, {own + ', ' if own else ''}j.service_date from ({card.select.sql}) f "
        f"join judged j on {match} where j.outcome = 'checked' order by {key}"
    )
    coverage = engine.query(
        "select outcome, why, count(*) as count, count(distinct claim_id) as claims "
        "from judged group by outcome, why order by outcome, why"
    )
    return findings, coverage


def judged_sql(card: Card, editions: list[Edition]) -> str:
    """A SELECT of everything the card could judge, with the outcome (checked, not checked, not applicable) and why."""
    view, key = JUDGED[card.judges]
    columns = ", ".join(f"p.{k}" for k in key)
    cases = _cases(card, editions)
    join = ""
    if card.coverage:
        match = " and ".join(f"v.{k} = p.{k}" for k in key)
        join = f"left join ({card.coverage.sql}) v on {match}"
        cases.append("when v.why is not null then v.why")
    reason = "case " + " ".join(cases) + " end"
    prefix = "not applicable: "
    return (
        f"select {', '.join(key)}, service_date, "
        f"case when reason is null then 'checked' when reason like '{prefix}%' then 'not applicable' "
        f"else 'not checked' end as outcome, "
        f"case when reason like '{prefix}%' then substr(reason, {len(prefix) + 1}) else reason end as why "
        f"from (select {columns}, p.service_date, {reason} as reason from {view} p {join}) q"
    )


def _cases(card: Card, editions: list[Edition]) -> list[str]:
    cases = []
    if card.applies_to != "all":
        cases.append(f"when p.claim_type <> '{card.applies_to}' then 'not applicable: not a {card.applies_to} claim'")
    cases.append("when p.service_date is null then 'the date of service is missing'")
    cases.append(f"when not ({_within([card.in_force])}) then 'not applicable: the rule was not in force'")
    for table in card.edition_names:
        served = [e.span for e in editions if e.table_name == table]
        cases.append(f"when not ({_within(served)}) then '{table}: no loaded edition serves the date of service'")
    cases += [f"when p.{column} is null then '{column} is missing'" for column in card.needs]
    return cases


def _within(spans: Iterable[Span]) -> str:
    parts = []
    for span in spans:
        upper = f" and p.service_date <= {_literal(span.end_date)}" if span.end_date else ""
        parts.append(f"(p.service_date >= {_literal(span.effective_date)}{upper})")
    return " or ".join(parts) or "1 = 0"


def _literal(day: date) -> str:
    return f"date '{day.isoformat()}'"
