"""Runs one card: what it judges, what it could not judge and why, and what it finds.

A row is a finding only where the card's rule was in force, every reference table it reads has an edition for the
date of service, and nothing it needs is missing. Everything else is coverage: no data is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbook.engine import Engine, Select, add_views
from workbook.engine.views import read_view, view_names, views_read
from workbook.rules.card import ALSO_LISTED, JUDGED, Card
from workbook.terms import Edition, Span

if TYPE_CHECKING:
    import pyarrow as pa

NOT_APPLICABLE = "not applicable: "
#: So many claims or lines without a column are an extract that lacks it; fewer may each be at fault.
LARGE_EXTRACT = 100


class Universe:
    """The claims in an engine on which cards run, and the editions loaded for them.

    How many there are is asked once for all cards, and so the tables must not change meanwhile.
    """

    def __init__(self, engine: Engine, editions: Iterable[Edition]) -> None:
        self.engine = engine
        self.editions = list(editions)
        self._totals: dict[str, int] = {}
        self._gaps: dict[tuple[str, str], str | None] = {}

    def total(self, name: str) -> int:
        """How many rows a table or a view has."""
        if name not in self._totals:
            (self._totals[name],) = self.engine.query(f"select count(*) as n from {name}")["n"].to_pylist()
        return self._totals[name]

    def not_of_this_type(self, card: Card) -> list[dict[str, Any]]:
        """The coverage of a card when no claim is of the type it is for: nothing else need be asked."""
        if not self._all["claim"]["count"]:
            return _nothing(card)
        outcome, why = _outcome(_wrong_type(card))
        return [{"outcome": outcome, "why": why, **self._all[card.judges]}]

    def lacks(self, card: Card) -> str | None:
        """What a large extract never says and the card must read, if anything: its absence is no claim's fault."""
        for place in card.extract_has:
            if (place, card.applies_to) not in self._gaps:
                self._gaps[place, card.applies_to] = self._gap(place, card.applies_to)
            if gap := self._gaps[place, card.applies_to]:
                return gap
        return None

    def _gap(self, place: str, claim_type: str) -> str | None:
        table, _, column = place.partition(".")
        of_type = "" if claim_type == "all" else f"where c.claim_type = '{claim_type}'"
        [row] = self.engine.query(
            f"select count(*) as count, count(t.{column or 'claim_id'}) as known "
            f"from claim c left join {table} t on t.claim_id = c.claim_id {of_type}"
        ).to_pylist()
        each = "line" if table.endswith("_line") else "claim"
        return (
            f"no {each} of the extract has {column or f'a {table}'}"
            if row["count"] >= LARGE_EXTRACT and not row["known"]
            else None
        )

    @cached_property
    def _all(self) -> dict[str, dict[str, int]]:
        return {judged: self.engine.query(sql).to_pylist()[0] for judged, sql in _ALL.items()}


#: the views that list things to judge; each has the place of its claim besides
_LISTS = {view for view, _ in JUDGED.values()}.union(*ALSO_LISTED.values())


def views_of(card: Card) -> frozenset[str]:
    """The shared views a card reads or is judged by."""
    return (card.reads | {JUDGED[card.judges][0]}) & view_names()


def keep_views(engine: Engine, card: Card, cards: Iterable[Card]) -> None:
    """Keep the views that `card` needs, with the columns that `cards` (all that will still run) read of them.

    DuckDB counts the claims behind a reason as bits of their place among all claims, many times as fast as by name.
    """
    readers = [s for c in cards for s in _selects(c)]
    readers += [read_view(name) for name in views_read(name for c in cards for name in views_of(c))]
    if engine.name == "duckdb" and "claim_place" not in engine.tables():
        engine.keep(
            "claim_place",
            "select claim_id, cast(row_number() over () - 1 as integer) as claim_place "
            "from (select distinct claim_id from claim) c",
        )

    def completed(view: str, sql: str) -> str:
        if engine.name != "duckdb" or view not in _LISTS:
            return sql
        return f"select q.*, n.claim_place from ({sql}) q left join claim_place n on n.claim_id = q.claim_id"

    add_views(engine, views_of(card), readers, completed)


def drop_views(engine: Engine, cards: Iterable[Card]) -> None:
    """Drop the views that none of `cards` (all that will still run) needs, nor a view that is yet to be kept."""
    needed: set[str] = set()
    for view in {view for card in cards for view in views_of(card)}:
        needed |= {view} if view in engine.tables() else views_read([view])
    for view in engine.tables() & view_names() - needed:
        engine.drop(view)


def _selects(card: Card) -> list[Select]:
    (view, _), key = _listed(card), card.key
    judged = f"select {', '.join((*key, 'service_date', 'claim_type', *card.needs))} from {view}"
    return [card.select, *([card.coverage] if card.coverage else []), Select(judged, (), frozenset({view}))]


def run_card(universe: Universe, card: Card) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Run a card over the tables and views in the engine.

    Returns the findings (the columns of the card's SELECT, then service_date, in the order of all of these) and the
    coverage (outcome, why, count, claims), one row for each outcome and reason.
    """
    try:
        covered = _coverage(universe, card)
        return _findings(universe, card), covered
    finally:
        _drop(universe.engine)


#: what a card may judge → how many there are, as the view that lists them has it
_ALL = {
    "claim": "select count(*) as count, count(*) as claims from claim",
    "line": "select count(*) as count, count(distinct l.claim_id) as claims "
    "from claim_line l join claim c on c.claim_id = l.claim_id",
    "diagnosis": "select count(*) as count, count(distinct d.claim_id) as claims "
    "from claim_diagnosis d join claim c on c.claim_id = d.claim_id",
}


def claim_types(engine: Engine) -> set[str | None]:
    """The types of the claims at hand; a card of another type has nothing to judge."""
    return set(engine.query("select distinct claim_type from claim")["claim_type"].to_pylist())


def _wrong_type(card: Card) -> str:
    return f"{NOT_APPLICABLE}not a {card.applies_to} claim"


def findings_and_outcomes(universe: Universe, card: Card) -> tuple[pa.Table, list[tuple[str, str]]]:
    """A card's findings, as `run_card` has them, and each judged thing's claim and outcome, one by one."""
    engine = universe.engine
    try:
        if card.coverage:
            _keep_why_not(engine, card, once=True)
        rows = engine.query(f"select claim_id, reason from ({_judged_sql(universe, card)}) j").to_pylist()
        return _findings(universe, card), [(row["claim_id"], _outcome(row["reason"])[0]) for row in rows]
    finally:
        _drop(engine)


def _drop(engine: Engine) -> None:
    for name in ("found", "found_judged", "judged", "why_not"):
        engine.drop(name)


def _coverage(universe: Universe, card: Card) -> list[dict[str, Any]]:
    if card.coverage and not _listed(card)[1]:
        _keep_why_not(universe.engine, card)
    rows = _counted(universe, card)
    if card.coverage and sum(row["count"] for row in rows) != universe.total(JUDGED[card.judges][0]):
        # its joins gave some things two reasons, or none
        universe.engine.drop("judged")
        _keep_why_not(universe.engine, card, once=True)
        rows = _counted(universe, card)
    if not rows:
        return _nothing(card)
    found = [dict(zip(("outcome", "why"), _outcome(r["reason"]), strict=True)) | r for r in rows]
    return sorted(found, key=lambda r: (r["outcome"], r["why"] or ""))


def _nothing(card: Card) -> list[dict[str, Any]]:
    """The coverage of a card when the data hold none of what it judges: a rule is never passed over in silence."""
    return [{"outcome": "not checked", "why": f"the data have no {card.judges}", "count": 0, "claims": 0}]


def _counted(universe: Universe, card: Card) -> list[dict[str, Any]]:
    engine, number = universe.engine, "count(distinct claim_id)"
    if engine.name == "duckdb":
        number = f"bit_count(bitstring_agg(claim_place, 0, {universe.total('claim_place')}))"
    judged = _judged_sql(universe, card)
    if card.coverage and "why_not" not in engine.tables() and card.coverage.reads & view_names() - {_listed(card)[0]}:
        engine.keep("judged", judged)  # asked again for the findings, and dear
        judged = "select * from judged"
    rows: list[dict[str, Any]] = engine.query(
        f"select reason, count(*) as count, cast({number} as bigint) as claims from ({judged}) j group by reason"
    ).to_pylist()
    return rows


def _outcome(reason: str | None) -> tuple[str, str | None]:
    if reason is None:
        return "checked", None
    if reason.startswith(NOT_APPLICABLE):
        return "not applicable", reason.removeprefix(NOT_APPLICABLE)
    return "not checked", reason


def _keep_why_not(engine: Engine, card: Card, once: bool = False) -> None:
    """Keep what the Coverage SELECT says, where it says anything; with `once` one reason for each judged thing."""
    assert card.coverage
    key = ", ".join(card.key)
    why, group = ("min(why) as why", f" group by {key}") if once else ("why", "")
    engine.keep("why_not", f"select {key}, {why} from ({card.coverage.sql}) v where v.why is not null{group}")


def _findings(universe: Universe, card: Card) -> pa.Table:
    engine = universe.engine
    engine.keep("found", card.select.sql)
    names = [*card.key, *(c for c in card.select.columns if c not in (*card.key, "service_date"))]
    first = engine.query(f"select {', '.join(names)}, cast(null as date) as service_date from found limit 1")
    if not first.num_rows:  # as with most cards and few claims
        return first
    if "judged" in engine.tables():
        judged = "select * from judged"
    else:
        same = " and ".join(f"f.{k} = p.{k}" for k in card.key)
        some = f"select p.* from {_judged_view(engine, card)[0]} p where exists (select 1 from found f where {same})"
        engine.keep("found_judged", some)
        judged = _judged_sql(universe, card, "found_judged")
    shown = ", ".join(f"f.{c}" for c in names)
    order = ", ".join(f"{n} nulls last" for n in range(1, len(names) + 1))
    same = " and ".join(f"f.{k} = j.{k}" for k in card.key)
    return engine.query(
        f"select {shown}, j.service_date from found f join ({judged}) j on {same} "
        f"where j.reason is null order by {order}"
    )


def _listed(card: Card) -> tuple[str, str | None]:
    """The view that lists what a card judges, and its alias in the Coverage SELECT if that returns each of its rows."""
    view, key = JUDGED[card.judges]
    needed = {*card.needs, "service_date", "claim_type"}
    for other in (view, *ALSO_LISTED[card.judges]):
        fits = card.coverage and needed <= set(read_view(other).columns)
        if fits and card.coverage and (alias := card.coverage.row_by_row(other, key)):
            return other, alias
    return view, None


def _judged_view(engine: Engine, card: Card) -> tuple[str, str | None]:
    """As `_listed`, but the shared view when the reasons were kept apart."""
    return (JUDGED[card.judges][0], None) if "why_not" in engine.tables() else _listed(card)


def _judged_sql(universe: Universe, card: Card, among: str | None = None) -> str:
    """A SELECT of everything the card could judge (`among`: of these alone) and the reason why it was not checked.

    What was kept as `why_not` is joined. Else the Coverage SELECT itself returns the columns of what it judges, which
    saves joining every line to itself.
    """
    engine, key = universe.engine, card.key
    view, alias = _judged_view(engine, card)
    place = ("claim_place",) if engine.name == "duckdb" else ()
    columns = (*key, "service_date", "claim_type", *(c for c in card.needs if c not in key), *place)
    cases = _cases(card, universe.editions)
    source = f"select {', '.join(columns)} from {among or view}"
    if "why_not" in engine.tables():
        same = " and ".join(f"w.{k} = v.{k}" for k in key)
        source = (
            f"select {', '.join(f'v.{c}' for c in columns)}, w.why from {among or view} v left join why_not w on {same}"
        )
    elif card.coverage and alias:
        source = card.coverage.reading(alias, among or view, columns).sql
    if card.coverage:
        cases.append("when p.why is not null then p.why")
    if gap := universe.lacks(card):
        cases.append(f"when p.claim_id is not null then '{gap}'")
    returned = ", ".join(f"p.{c}" for c in (*key, "service_date", *place))
    return f"select {returned}, case {' '.join(cases)} end as reason from ({source}) p"


def _cases(card: Card, editions: Sequence[Edition]) -> list[str]:
    cases = []
    if card.applies_to != "all":
        cases.append("when p.claim_type is null then 'claim_type is missing'")
        cases.append(f"when p.claim_type <> '{card.applies_to}' then '{_wrong_type(card)}'")
    cases.append("when p.service_date is null then 'the date of service is missing'")
    cases.append(f"when not ({_within([card.in_force])}) then '{NOT_APPLICABLE}the rule was not in force'")
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
