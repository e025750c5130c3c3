"""What the intake check found: a verdict, every check with its outcome, and the failing rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbook.claims.intake.suites import ROW, Check

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["fit", "fit with warnings", "not fit"]
#: Of each check so many failing rows are kept, the first ones; all are counted.
KEPT = 10_000
_ROW_COLUMNS = ("table", "check", "row_number", "claim_id", "line_number", "column", "value")
_NUMBERS = ("row_number", "line_number")


@dataclass(frozen=True)
class Outcome:
    """One check's outcome: passed, failed or could not run; `rows_checked` counts the rows that have a value.

    `rows_failed` counts every failing row; `rows` holds the first `KEPT` of them, in the columns of
    `IntakeResult.rows`.
    """

    check: Check
    outcome: Literal["passed", "failed", "could not run"]
    rows_checked: int
    rows_failed: int
    why: str
    rows: pd.DataFrame | None = None

    @classmethod
    def could_not_run(cls, check: Check, why: str) -> Outcome:
        """The check was not made, so it says nothing about the rows."""
        return cls(check, "could not run", 0, 0, why)

    @classmethod
    def of(cls, check: Check, success: bool, checked: int, failed: int, rows: pd.DataFrame | None) -> Outcome:
        """The check was made on `checked` rows of which `failed` failed; `rows` are the first of them."""
        if success:
            return cls(check, "passed", checked, 0, "" if checked else check.when_empty)
        if rows is None:
            return cls(check, "failed", checked, 0, "the table has no rows")
        why = f"{failed:,} of {checked:,} rows; the first is row {rows['row_number'].iloc[0]:,}{_place(rows)}"
        kept = f"; the first {len(rows):,} are kept" if len(rows) < failed else ""
        return cls(check, "failed", checked, failed, why + kept, rows)

    @property
    def rows_kept(self) -> int:
        """How many of the failing rows `rows` holds."""
        return 0 if self.rows is None else len(self.rows)


def failing_rows(check: Check, failing: pd.DataFrame) -> pd.DataFrame:
    """What names and shows the rows of the frame `failing`, in the columns of `IntakeResult.rows`."""
    import pandas as pd

    shown = [failing[c] if c in failing else pd.Series(None, failing.index, dtype=object) for c in check.shows]
    if len(shown) == 1:
        values = [None if v is None else str(v) for v in shown[0]]
    else:
        values = [", ".join("empty" if v is None else str(v) for v in row) for row in zip(*shown, strict=True)]
    none = [None] * len(failing)
    return pd.DataFrame(
        {
            "table": pd.Series([check.table] * len(failing), dtype="str"),
            "check": pd.Series([check.says] * len(failing), dtype="str"),
            "row_number": _whole_numbers(failing[ROW]),
            "claim_id": _texts(failing.get("claim_id", none)),
            "line_number": _whole_numbers(failing.get("line_number", none)),
            "column": pd.Series([", ".join(check.shows)] * len(failing), dtype="str"),
            "value": _texts(values),
        }
    )


def _texts(values: Any) -> pd.Series:
    import pandas as pd

    return pd.Series([None if v is None else str(v) for v in values], dtype="str")


def _whole_numbers(values: Any) -> pd.Series:
    import pandas as pd

    return pd.Series([v if isinstance(v, int) else None for v in values], dtype="Int64")


def _place(rows: pd.DataFrame) -> str:
    """Where the first failing row is, in words: " (claim C1, line 2)"."""
    import pandas as pd

    claim_id, line_number = rows["claim_id"].iloc[0], rows["line_number"].iloc[0]
    words = [] if pd.isna(claim_id) else [f"claim {claim_id}"]
    words += [] if pd.isna(line_number) else [f"line {line_number}"]
    return f" ({', '.join(words)})" if words else ""


class IntakeResult:
    """Whether an extract is fit to audit; shows itself in a notebook.

    `verdict` is "not fit" when a check of severity error failed or any check could not run, "fit with warnings" when
    only checks of severity warning failed, and "fit" otherwise. `outcomes` lists every check as an `Outcome`.
    """

    def __init__(self, outcomes: Sequence[Outcome], claims: int, lines: int) -> None:
        self.outcomes = tuple(outcomes)
        self.claim_count = claims
        self.line_count = lines

    @property
    def verdict(self) -> Verdict:
        """Fit, fit with warnings, or not fit."""
        failed = {o.check.severity for o in self.outcomes if o.outcome == "failed"}
        if "error" in failed or any(o.outcome == "could not run" for o in self.outcomes):
            return "not fit"
        return "fit with warnings" if failed else "fit"

    @cached_property
    def checks(self) -> pd.DataFrame:
        """One row for each check: table, check, severity, outcome, rows_checked, rows_failed, why."""
        import pandas as pd

        columns = ["table", "check", "severity", "outcome", "rows_checked", "rows_failed", "why"]
        found = [
            (o.check.table, o.check.says, o.check.severity, o.outcome, o.rows_checked, o.rows_failed, o.why)
            for o in self.outcomes
        ]
        return pd.DataFrame(found, columns=columns)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The failing rows of each check, the first `KEPT` of them: `checks` has the count of all.

        Columns: table, check, row_number (from 1, in the order of the table as given), claim_id, line_number, column,
        value (text).
        """
        import pandas as pd

        found = [o.rows for o in self.outcomes if o.rows is not None]
        if found:
            return pd.concat(found, ignore_index=True)
        types = {name: "Int64" if name in _NUMBERS else "str" for name in _ROW_COLUMNS}
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in types.items()})

    @property
    def summary(self) -> str:
        """One line: the verdict, and how many checks passed on how many claims and lines."""
        count = {word: sum(o.outcome == word for o in self.outcomes) for word in ("passed", "could not run")}
        text = (
            f"{self.verdict.capitalize()}: {count['passed']} of {_number(len(self.outcomes), 'check')} passed "
            f"on {_number(self.claim_count, 'claim')}, {_number(self.line_count, 'line')}"
        )
        return f"{text}; {count['could not run']} could not run" if count["could not run"] else text

    def __repr__(self) -> str:
        return self.summary

    def _repr_html_(self) -> str:
        from workbook.claims.intake.page import fragment

        return fragment(self)

    def to_html(self, path: str | Path) -> Path:
        """Write the result as one page that needs no other file; it shows values of failing rows. Returns the path."""
        from workbook.claims.intake.page import page

        target = Path(path)
        target.write_text(page(self), encoding="utf-8")
        return target


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
