"""How an extract of any size is judged: its rows pass in batches, and what each batch shows becomes one outcome."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.derive import absence, needed_columns, obstacle
from workbook.claims.intake.frames import frames
from workbook.claims.intake.great import Suite, faults, session
from workbook.claims.intake.result import KEPT, IntakeResult, Outcome, failing_rows
from workbook.claims.intake.sources import Rows, pieces_of, put_rows
from workbook.claims.intake.suites import JUDGED_TABLES, NEEDED_TABLES, OPTIONAL_TABLES, Check, suites, unreadable
from workbook.engine import Engine, open_engine

if TYPE_CHECKING:
    import pandas as pd

#: Rows of a table that are Python objects at one time.
BATCH_ROWS = 100_000
#: What the engine may hold in memory before it spills into a folder that is removed in the end.
MEMORY_LIMIT = "512MB"
#: Called with what is done ("read" or "judged") and the number of rows so far.
Progress = Callable[[str, int], None]


def judge(
    claims: Any,
    today: date,
    *,
    engine: str | Engine = "duckdb",
    batch_rows: int = BATCH_ROWS,
    progress: Progress | None = None,
) -> IntakeResult:
    """Run every check of `suites(today)` on `claims` (see `sources.pieces_of`), `batch_rows` of a table at a time."""
    pieces, checks = pieces_of(claims), suites(today)
    with tempfile.TemporaryDirectory(prefix="workbook-intake-") as name:
        folder = Path(name)
        options = {"memory_limit": MEMORY_LIMIT, "spill_folder": folder / "spill"} if engine == "duckdb" else {}
        opened = open_engine(engine, **options) if isinstance(engine, str) else engine
        try:
            read = _counter(progress, "read")
            rows = {
                table: put_rows(opened, table, pieces[table], _needed(table, checks[table]), folder, batch_rows, read)
                for table in JUDGED_TABLES
                if table in pieces
            }
            judged = _counter(progress, "judged")
            with session() as (gx, source):
                outcomes = [
                    outcome
                    for table, its in checks.items()
                    for outcome in _judge_table(opened, gx, source, rows, table, its, batch_rows, judged)
                ]
        finally:
            if isinstance(engine, str):
                opened.close()
    counts = {table: found.piece.count for table, found in rows.items()}
    return IntakeResult(outcomes, claims=counts.get("claim", 0), lines=counts.get("claim_line", 0))


def _counter(progress: Progress | None, what: str) -> Callable[[int], None]:
    total = 0

    def count(rows: int) -> None:
        nonlocal total
        total += rows
        if progress is not None:
            progress(what, total)

    return count


def _needed(table: str, checks: Iterable[Check]) -> set[str]:
    """The columns of `table` as given that its checks, other tables' checks and the naming of a row need."""
    wanted = {"claim_id", "line_number", *needed_columns(table), *(c for k in checks for c in (*k.judged, *k.shows))}
    return wanted & set(JUDGED_TABLES[table].names) | {c for c in JUDGED_TABLES[table].names if unreadable(c) in wanted}


def _judge_table(
    engine: Engine, gx: Any, source: Any, rows: Mapping[str, Rows], table: str, checks: Sequence[Check],
    batch_rows: int, judged: Callable[[int], None],
) -> list[Outcome]:  # fmt: skip
    if table not in rows:
        return [Outcome.could_not_run(c, absence(table)) for c in checks] if table in NEEDED_TABLES else []
    if table in OPTIONAL_TABLES and not rows[table].piece.count:
        return []
    obstacles = {check: _obstacles(rows, check) for check in checks}
    tallies = [Tally(check) for check, why in obstacles.items() if not why]
    if tallies:
        runnable = [tally.check for tally in tallies]
        suite = Suite(gx, source, table, runnable)
        for frame in frames(engine, rows, table, runnable, batch_rows):
            for tally, validation in zip(tallies, suite.validate(frame), strict=True):
                tally.add(validation, frame)
            judged(len(frame))
    made = {tally.check: tally.outcome() for tally in tallies}
    return [made.get(check) or Outcome.could_not_run(check, why) for check, why in obstacles.items()]


def _obstacles(rows: Mapping[str, Rows], check: Check) -> str:
    """Why a check cannot run: what it looks at is missing or, where values matter, not of its type. "" when it can."""
    own = rows[check.table]
    columns = check.judged if check.needs_values else [c for c in check.judged if c not in own.with_unreadable]
    return "; ".join(dict.fromkeys(why for c in columns if (why := obstacle(rows, check.table, c)) is not None))


class Tally:
    """What the batches so far show of one check: counts of all rows, and the first failing rows themselves."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self._checked = self._failed = self._kept = 0
        self._rows: list[pd.DataFrame] = []
        self._fault: str | None = None

    def add(self, validation: Any, frame: pd.DataFrame) -> None:
        """Add what Great Expectations found on `frame`."""
        if fault := next(iter(faults(validation)), None):
            self._fault = self._fault or fault
            return
        found = validation.result
        self._checked += found.get("observed_value", found.get("element_count", 0) - found.get("missing_count", 0))
        positions = sorted(found.get("unexpected_index_list") or [])
        self._failed += len(positions)
        if kept := positions[: KEPT - self._kept]:
            self._rows.append(failing_rows(self.check, frame.iloc[kept]))
            self._kept += len(kept)

    def outcome(self) -> Outcome:
        """The outcome over all rows."""
        import pandas as pd

        if self._fault:
            return Outcome.could_not_run(self.check, self._fault)
        rows = pd.concat(self._rows, ignore_index=True) if self._rows else None
        return Outcome.of(self.check, self._holds, self._checked, self._failed, rows)

    @property
    def _holds(self) -> bool:
        """Whether enough rows pass; a share, and the number of rows, are judged over all of them."""
        if "min_value" in self.check.arguments and not self.check.judged:
            return bool(self._checked >= self.check.arguments["min_value"])
        share = Fraction(str(self.check.arguments.get("mostly", 1)))
        return self._checked - self._failed >= share * self._checked
