"""Runs the catalogue over claims: findings with their authority, and what could not be checked and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.codes import edition_rows, editions, reference
from workbook.engine import Engine, add_views, open_engine, to_pandas
from workbook.engine.html import safe, table_html
from workbook.payment.tables import DENIAL
from workbook.rules.card import JUDGED, Card, choose, fill
from workbook.rules.derived import put_derived
from workbook.rules.run import run_card
from workbook.rules.tables import COVERAGE, FINDING
from workbook.terms import Edition, dollars

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
        return to_pandas(self.arrow_findings)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """One row per rule, outcome (checked, not checked, not applicable) and reason, with counts."""
        return to_pandas(self.arrow_coverage)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per rule: title, severity, findings, amount at stake, checked, not checked, not applicable."""
        import pandas as pd

        counts = self.arrow_coverage.to_pylist()
        found = self.arrow_findings.to_pylist()
        rows = []
        for card in self.cards:
            own = [f for f in found if f["rule_id"] == card.id]
            stakes = [f["amount_at_stake"] for f in own if f["amount_at_stake"] is not None]
            tally = {
                o: sum(c["count"] for c in counts if c["rule_id"] == card.id and c["outcome"] == o) for o in _OUTCOMES
            }
            rows.append(
                {
                    "rule_id": card.id,
                    "title": card.title,
                    "severity": card.severity,
                    "findings": len(own),
                    "amount_at_stake": sum(stakes, Decimal("0.00")) if stakes else None,
                    **{o.replace(" ", "_"): n for o, n in tally.items()},
                }
            )
        return pd.DataFrame(rows).set_index("rule_id")

    @property
    def denials(self) -> pa.Table:
        """The findings that a payer would deny, as rows of `workbook.payment.tables.DENIAL`."""
        cards = {card.id: card for card in self.cards}
        rows = []
        for finding in self.arrow_findings.to_pylist():
            card = cards[finding["rule_id"]]
            if card.denies:
                rows.append(
                    {k: finding[k] for k in ("claim_id", "line_number", "rule_id", "carc")}
                    | {"group_code": card.group_code, "rarc": card.rarc}
                )
        return DENIAL.from_rows(rows)

    @property
    def not_checked(self) -> list[str]:
        """Each rule that could not judge something, with how many and why, in one line."""
        gaps = [c for c in self.arrow_coverage.to_pylist() if c["outcome"] == "not checked"]
        return [f"{c['rule_id']}: {_counted(c['count'], c['judged'])} not checked, because {c['why']}" for c in gaps]

    def __repr__(self) -> str:
        by = {s: self.arrow_findings["severity"].to_pylist().count(s) for s in ("error", "warning", "review")}
        counts = ", ".join(f"{n} {s}" for s, n in by.items() if n) or "nothing found"
        silent = sum(not self._checked(card) for card in self.cards)
        text = f"{len(self.cards)} rules: {counts}"
        return text + (f"; {silent} rules checked nothing (see coverage)" if silent else "")

    def _checked(self, card: Card) -> bool:
        return any(c["rule_id"] == card.id and c["outcome"] == "checked" for c in self.arrow_coverage.to_pylist())

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
        return (
            f"<p>{safe(repr(self))}</p>{table}"
            + (f"<p>… and {more:,} more in <code>.findings</code></p>" if more > 0 else "")
            + (f"<details><summary>Not checked</summary><ul>{gaps}</ul></details>" if gaps else "")
        )


def _counted(count: int, noun: str) -> str:
    plural = {"diagnosis": "diagnoses"}.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else plural}"


_OUTCOMES = ("checked", "not checked", "not applicable")


def audit(
    claims: Claims | Mapping[str, pa.Table | str | Path],
    rules: Iterable[str] | None = None,
    engine: str | Engine = "duckdb",
    price: bool = True,
) -> Audit:
    """Run rule cards over claims.

    `claims` is a `Claims`, or a mapping of table name → Arrow table or path (glob) of Parquet files, which stays in
    the engine. `rules` are card ids, all active cards when None. `engine` is "duckdb", "spark" or an open engine.
    With `price` each finding carries what Medicare would pay for its line. Raises WorkbookError for an unknown rule.
    """
    chosen = [c for c in choose(rules) if c.status == "active" or rules is not None]
    opened = open_engine(engine) if isinstance(engine, str) else engine
    try:
        for name, table in _tables_of(claims).items():
            opened.put(name, table)
        loaded = _load_reference(opened, chosen)
        names = {name for c in chosen for name in (JUDGED[c.judges][0], *c.reads)}
        put_derived(opened, names)
        add_views(opened, names)
        found, covered = [], []
        for card in chosen:
            findings, coverage = run_card(opened, card, loaded)
            found += _findings(card, findings.to_pylist(), loaded)
            covered += [{"rule_id": card.id, "judged": card.judges, **row} for row in coverage.to_pylist()]
        if price and found:
            _put_stakes(opened, found)
        return Audit(FINDING.from_rows(found), COVERAGE.from_rows(covered), tuple(chosen))
    finally:
        if isinstance(engine, str):
            opened.close()


def _tables_of(claims: Claims | Mapping[str, Any]) -> dict[str, Any]:
    given = claims.arrow if isinstance(claims, Claims) else dict(claims)
    return {name: given.get(name, table.empty()) for name, table in CLAIM_TABLES.items()}


def _load_reference(engine: Engine, cards: list[Card]) -> list[Edition]:
    names = {table for card in cards for table in card.reference_tables} - {"edition"}
    for name, table in reference(sorted(names)).items():
        engine.put(name, table)
    loaded = [e for e in editions() if e.table_name in {name for card in cards for name in card.edition_names}]
    engine.put("edition", edition_rows(loaded))
    return loaded


def _findings(card: Card, rows: list[dict[str, Any]], loaded: list[Edition]) -> list[dict[str, Any]]:
    """What a card's rows say, as rows of `FINDING` without their stakes."""
    authority = "; ".join(map(str, card.authority))
    used = [e for e in loaded if e.table_name in card.edition_names]
    served = {
        day: "; ".join(str(e) for e in used if day in e.span) or None for day in {r["service_date"] for r in rows}
    }
    found = []
    for row in rows:
        evidence = json.dumps(
            {k: _plain(v) for k, v in row.items() if k not in ("claim_id", "line_number")}, sort_keys=True
        )
        mark = f"{card.id}|{row['claim_id']}|{row.get('line_number')}|{evidence}"
        found.append(
            {
                "finding_id": hashlib.sha256(mark.encode()).hexdigest()[:12],
                "rule_id": card.id,
                "severity": card.severity,
                "claim_id": row["claim_id"],
                "line_number": row.get("line_number"),
                "message": fill(card.says, row),
                "evidence": evidence,
                "carc": card.carc,
                "authority": authority,
                "edition": served[row["service_date"]],
            }
        )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def _put_stakes(engine: Engine, found: list[dict[str, Any]]) -> None:
    """Give each finding what Medicare would pay for its line, or for all lines of its claim; null when not priced."""
    from workbook.payment.price import paid_by_line

    paid = paid_by_line(engine, {f["claim_id"] for f in found})
    by_claim: dict[str, list[Decimal | None]] = {}
    for (claim_id, _), amount in paid.items():
        by_claim.setdefault(claim_id, []).append(amount)
    for finding in found:
        if finding["line_number"] is not None:
            finding["amount_at_stake"] = paid.get((finding["claim_id"], finding["line_number"]))
        else:
            amounts = by_claim.get(finding["claim_id"], [])
            known = [a for a in amounts if a is not None]
            finding["amount_at_stake"] = sum(known) if amounts and len(known) == len(amounts) else None
