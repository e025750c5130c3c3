"""Runs the catalogue over claims: findings with their authority, and what could not be checked and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.given import given_tables, put_tables
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_LINE
from workbook.codes import edition_rows, editions, reference
from workbook.engine import Engine, open_engine, to_pandas
from workbook.engine.html import notebook_html, safe, table_html
from workbook.engine.run import kind_of
from workbook.payment.tables import DENIAL
from workbook.rules.card import Card, choose
from workbook.rules.compare import Comparison, compare
from workbook.rules.derived import put_derived
from workbook.rules.findings import schema, to_findings
from workbook.rules.own import own_cards
from workbook.rules.run import Universe, claim_types, drop_views, keep_views, run_card, views_of
from workbook.rules.tables import COVERAGE, FINDING
from workbook.terms import Edition, WorkbookError, dollars, parse_date

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Audit:
    """What an audit found (`findings`), what it could and could not check (`coverage`), both by rule (`summary`)."""

    arrow_findings: pa.Table
    arrow_coverage: pa.Table
    cards: tuple[Card, ...]

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row per fault, in the columns of `workbook.rules.tables.FINDING`."""
        return to_pandas(self.arrow_findings.cast(FINDING.schema))

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """One row per rule, outcome (checked, not checked, not applicable) and reason, with counts."""
        return to_pandas(self.arrow_coverage)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per rule: title, severity, findings, amount at stake, checked, not checked, not applicable."""
        import pandas as pd

        counts = self.arrow_coverage.to_pylist()
        totals = {r["rule_id"]: r for r in self._totals}
        rows = []
        for card in self.cards:
            own = totals.get(card.id, {"finding_id_count": 0, "amount_at_stake_sum": None})
            tally = {
                o: sum(c["count"] for c in counts if c["rule_id"] == card.id and c["outcome"] == o) for o in _OUTCOMES
            }
            rows.append(
                {
                    "rule_id": card.id,
                    "title": card.title,
                    "severity": card.severity,
                    "findings": own["finding_id_count"],
                    "amount_at_stake": own["amount_at_stake_sum"],
                    **{o.replace(" ", "_"): n for o, n in tally.items()},
                }
            )
        return pd.DataFrame(rows).set_index("rule_id")

    @cached_property
    def _totals(self) -> list[dict[str, Any]]:
        """One row per rule that found something: how much, and what is at stake as far as it is priced."""
        grouped = self.arrow_findings.group_by("rule_id")
        rows: list[dict[str, Any]] = grouped.aggregate(
            [("finding_id", "count"), ("amount_at_stake", "sum")]
        ).to_pylist()
        return rows

    @cached_property
    def _told(self) -> dict[str, set[str]]:
        told: dict[str, set[str]] = {}
        for row in self.arrow_coverage.to_pylist():
            told.setdefault(row["rule_id"], set()).add(row["outcome"])
        return told

    def _outcomes(self, card: Card) -> set[str]:
        """Which outcomes a card had among the things that it judges."""
        return self._told.get(card.id, {"not checked"})

    @property
    def denials(self) -> pa.Table:
        """The findings that a payer would deny, as rows of `workbook.payment.tables.DENIAL`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        cards = [card for card in self.cards if card.denies]
        ids = pa.array([card.id for card in cards], pa.string())
        place = pc.index_in(self.arrow_findings["rule_id"].cast(pa.string()), ids)
        found, place = self.arrow_findings.filter(place.is_valid()), place.drop_null()
        columns = {name: found[name].cast(pa.string()) for name in ("claim_id", "rule_id", "carc")}
        columns["line_number"] = found["line_number"]
        for name in ("group_code", "rarc"):
            columns[name] = pa.array([getattr(card, name) for card in cards], pa.string()).take(place)
        return pa.table(columns).select(DENIAL.names).cast(DENIAL.schema)

    @property
    def not_checked(self) -> list[str]:
        """Each rule that could not judge something, with how many and why, in one line."""
        gaps = [c for c in self.arrow_coverage.to_pylist() if c["outcome"] == "not checked"]
        return [f"{c['rule_id']}: {_counted(c['count'], c['judged'])} not checked, because {c['why']}" for c in gaps]

    def compare(self, earlier: Audit | pa.Table | str | Path) -> Comparison:
        """Which findings are new, gone and unchanged since an earlier audit, or its findings.csv."""
        before = earlier.arrow_findings if isinstance(earlier, Audit) else earlier
        silent = {card.id for card in self.cards if self._outcomes(card) - {"not applicable"} == {"not checked"}}
        return compare(self.arrow_findings, before, {card.id for card in self.cards} - silent)

    def __repr__(self) -> str:
        found = {row["rule_id"]: row["finding_id_count"] for row in self._totals}
        by = {s: sum(found.get(c.id, 0) for c in self.cards if c.severity == s) for s in _SEVERITIES}
        counts = ", ".join(f"{n:,} {s}" for s, n in by.items() if n) or "nothing found"
        silent = [told for told in map(self._outcomes, self.cards) if "checked" not in told]
        apart = sum("not checked" not in told for told in silent)
        text = f"{_counted(len(self.cards), 'rule')}: {counts}"
        text += f"; {_counted(apart, 'rule')} not applicable" if apart else ""
        unable = len(silent) - apart
        return text + (f"; {_counted(unable, 'rule')} could check nothing (see coverage)" if unable else "")

    def _repr_html_(self) -> str:
        shown = 50
        table = table_html(
            ["Rule", "Severity", "Claim", "Line", "Finding", "At stake", "Authority"],
            (
                [f["rule_id"], f["severity"], f["claim_id"], f["line_number"], f["message"],
                 dollars(f["amount_at_stake"]), f["authority"]]
                for f in self.arrow_findings.slice(0, shown).to_pylist()
            ),
            words=["Finding", "Authority"],
        )  # fmt: skip
        more = self.arrow_findings.num_rows - shown
        gaps = "".join(f"<li>{safe(text)}</li>" for text in self.not_checked)
        return notebook_html(
            f"<p>{safe(repr(self))}</p>{table}",
            f"<p>… and {more:,} more in <code>.findings</code></p>" if more > 0 else "",
            f"<details><summary>Not checked</summary><ul>{gaps}</ul></details>" if gaps else "",
        )


def _counted(count: int, noun: str) -> str:
    plural = {"diagnosis": "diagnoses"}.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else plural}"


_SEVERITIES = ("error", "warning", "review")
_OUTCOMES = ("checked", "not checked", "not applicable")


def audit(
    claims: Claims | Mapping[str, Any] | str | Path,
    rules: str | Iterable[str | Card] | None = None,
    engine: str | Engine | None = None,
    price: bool = True,
    *,
    cards: str | Path | None = None,
    received_date: date | str | None = None,
    memory_limit: str | None = None,
    progress: Callable[[int, int, Card], None] | None = None,
) -> Audit:
    """Run rule cards over claims.

    `claims` is a `Claims`, a folder of Parquet tables, or a mapping of table name → Arrow table, pandas frame, path or
    glob of Parquet files, DuckDB relation or Spark DataFrame; what is not in memory stays in its engine. `rules` are
    card ids or cards, the whole catalogue when None: a retired card applies to its dates. `engine` is "duckdb", "spark"
    or an open engine; unless given it is DuckDB, or the Spark of the DataFrames. With `price` each finding carries what
    Medicare would pay for its line. `cards` is a folder of further cards. `received_date` is given to the claims that
    state none. `memory_limit` ("4GB") makes DuckDB spill to disk what does not fit. `progress` is told the number of
    each rule, how many there are, and its card. Raises WorkbookError for an unknown rule, a card or a table that is not
    as it should be, and too little memory.
    """
    tables = given_tables(claims)
    chosen = choose(rules, own_cards(cards) if cards else ())
    opened = _open(engine, tables, memory_limit) if engine is None or isinstance(engine, str) else engine
    before = opened.tables()
    try:
        put_tables(opened, tables, parse_date(received_date, "received_date") if received_date is not None else None)
        types = claim_types(opened)
        here = [c for c in chosen if None in types or c.applies_to in ("all", *types)]
        universe = Universe(opened, _load_reference(opened, here))
        opened.lock()
        put_derived(opened, {name for card in here for name in card.reads})
        found, covered = _run(universe, chosen, {card.id for card in here}, progress)
        if price and found.num_rows:
            found = _with_stakes(opened, found, {card.id: card.stake for card in chosen})
        return Audit(found, COVERAGE.from_rows(covered), tuple(chosen))
    finally:
        if opened is engine:
            for name in opened.tables() - before:
                opened.drop(name)
        else:
            opened.close()


def _open(engine: str | None, tables: Mapping[str, Any], memory_limit: str | None) -> Engine:
    frames = [data for data in tables.values() if kind_of(data) == "spark"]
    if engine is None:
        engine = "spark" if frames else "duckdb"
    if memory_limit is not None and engine != "duckdb":
        raise WorkbookError("memory_limit is for DuckDB; Spark takes spark.driver.memory when it starts")
    if engine == "duckdb":
        return open_engine(engine, memory_limit=memory_limit)
    return open_engine(engine, session=frames[0].sparkSession) if frames else open_engine(engine)


def _run(
    universe: Universe,
    cards: list[Card],
    here: set[str],
    progress: Callable[[int, int, Card], None] | None,
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Run the cards, those that read the same views one after the other, each view no longer there than it is read.

    Those that are not `here` are for types of claims that are not among these.
    """
    import pyarrow as pa

    waiting = sorted((c for c in cards if c.id in here), key=lambda c: (c.judges, sorted(views_of(c)), c.id))
    apart = [c for c in cards if c.id not in here]
    found, covered = {}, {}
    for number, card in enumerate(apart, 1):
        if progress:
            progress(number, len(cards), card)
        covered[card.id] = universe.not_of_this_type(card)
    for number, card in enumerate(tuple(waiting), len(apart) + 1):
        if progress:
            progress(number, len(cards), waiting[0])
        keep_views(universe.engine, waiting[0], waiting)
        card = waiting.pop(0)
        try:
            rows, covered[card.id] = run_card(universe, card)
        except WorkbookError as error:
            raise WorkbookError(f"{card.id}: {error}") from None
        found[card.id] = to_findings(card, rows, universe.editions)
        drop_views(universe.engine, waiting)
    findings = pa.concat_tables(
        [schema().empty_table(), *(found[c.id] for c in cards if c.id in found)]
    ).unify_dictionaries()
    return findings, [{"rule_id": c.id, "judged": c.judges, **row} for c in cards for row in covered[c.id]]


def _load_reference(engine: Engine, cards: list[Card]) -> list[Edition]:
    names = {table for card in cards for table in card.reference_tables} - {"edition"}
    for name, table in reference(sorted(names)).items():
        engine.put(name, table)
    loaded = [e for e in editions() if e.table_name in {name for card in cards for name in card.edition_names}]
    engine.put("edition", edition_rows(loaded))
    return loaded


#: The number of the line that is added to a claim for what it leaves behind: this, and the finding's place.
_UNBILLED = 1_000_000
#: What that line has in common with the one that was found; the rest is null.
_LIKE_THE_FOUND = (
    "claim_id", "service_from_date", "service_through_date", "place_of_service", "rendering_provider_npi",
    "diagnosis_pointer_1", "diagnosis_pointer_2", "diagnosis_pointer_3", "diagnosis_pointer_4",
)  # fmt: skip


def _with_stakes(engine: Engine, found: pa.Table, stakes: Mapping[str, str]) -> pa.Table:
    """Give each finding its stake, by what its card says.

    That is what Medicare would pay for its line, or for all lines of its claim; below nought what it would pay for the
    code that was left behind; null when not priced or unknown.
    """
    import pyarrow as pa

    from workbook.payment.price import keep_paid

    places = pa.array(range(found.num_rows), pa.int64())
    told = [stakes[rule_id] for rule_id in found["rule_id"].to_pylist()]
    is_left = [stake == "unbilled" for stake in told]
    codes = [
        json.loads(e)["unbilled_code"] if left else None
        for e, left in zip(found["evidence"].to_pylist(), is_left, strict=True)
    ]
    keys = pa.table(
        {
            "place": places,
            "claim_id": found["claim_id"],
            "line_number": found["line_number"],
            "stake": pa.array(told, pa.string()),
            "unbilled_code": pa.array(codes, pa.string()),
        }
    )
    engine.put("finding_key", keys)
    engine.keep(
        "claim_found",
        "select c.* from claim c where exists (select 1 from finding_key f where f.claim_id = c.claim_id)",
    )
    engine.drop("claim")
    engine.view("claim", "select * from claim_found")
    if any(is_left):
        _add_unbilled_lines(engine)
    keep_paid(engine)
    paid = engine.query(
        f"""select f.place, cast(case
            when f.stake = 'unknown' then null
            when f.stake = 'unbilled' then -u.paid_amount
            when f.line_number is null then t.paid_amount
            else l.paid_amount
        end as decimal(12, 2)) as paid_amount
        from finding_key f
        left join (
            select claim_id, line_number, min(paid_amount) as paid_amount from line group by claim_id, line_number
        ) l on l.claim_id = f.claim_id and l.line_number = f.line_number
        left join (
            select claim_id, line_number, min(paid_amount) as paid_amount from line group by claim_id, line_number
        ) u on u.claim_id = f.claim_id and u.line_number = f.place + {_UNBILLED}
        left join (
            select claim_id, case when count(*) = count(paid_amount) then sum(paid_amount) end as paid_amount
            from line where line_number < {_UNBILLED} group by claim_id
        ) t on t.claim_id = f.claim_id
        order by f.place"""
    )
    return found.set_column(found.schema.get_field_index("amount_at_stake"), "amount_at_stake", paid["paid_amount"])


def _add_unbilled_lines(engine: Engine) -> None:
    """Add to the claims found a line for each code that they leave behind, charged above any fee."""
    given = {
        "line_number": f"f.place + {_UNBILLED}",
        "hcpcs_code": "f.unbilled_code",
        "units": "1",
        "unit_basis": "'UN'",
    }
    given |= {"billed_amount": "99999", **{name: f"l.{name}" for name in _LIKE_THE_FOUND}}
    columns = [f"cast({given.get(name, 'null')} as {kind}) as {name}" for name, kind in CLAIM_LINE.sql_types.items()]
    engine.keep(
        "claim_line_found",
        f"select {', '.join(f'l.{name}' for name in CLAIM_LINE.names)} from claim_line l "
        "where exists (select 1 from finding_key f where f.claim_id = l.claim_id) "
        f"union all select {', '.join(columns)} from claim_line l "
        "join finding_key f on f.claim_id = l.claim_id and f.line_number = l.line_number "
        "where f.unbilled_code is not null",
    )
    engine.drop("claim_line")
    engine.view("claim_line", "select * from claim_line_found")
