"""How the intake result is shown: words first, then the checks that did not pass, then the rows that failed."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.result import KEPT

if TYPE_CHECKING:
    from workbook.claims.intake.result import IntakeResult

ROWS_SHOWN = 100
_MEANING = {
    "fit": "Every check passed.",
    "fit with warnings": "The extract can be audited; mind the rows that the warnings name.",
    "not fit": "Mend the extract before you audit it: an error failed, or a check could not run.",
}
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top}
caption{text-align:left;font-weight:bold;padding:.6rem 0}"""


def fragment(result: IntakeResult) -> str:
    """The result for a notebook cell, every value escaped."""
    checks, rows = result.checks, result.rows
    passed = checks["outcome"] == "passed"
    parts = [f"<p><strong>{html.escape(result.summary)}.</strong> {_MEANING[result.verdict]}</p>"]
    if not passed.all():
        parts.append(_table("Checks that did not pass", checks.columns, checks[~passed].itertuples(index=False)))
    if len(rows):
        parts.append(
            _table(
                rows_caption(len(rows), int(checks["rows_failed"].sum())),
                rows.columns,
                rows.head(ROWS_SHOWN).itertuples(index=False),
            )
        )
    listed = _table("Checks that passed", checks.columns, checks[passed].itertuples(index=False))
    parts.append(f"<details><summary>{passed.sum():,} checks passed</summary>{listed}</details>")
    return "\n".join(parts)


def page(result: IntakeResult) -> str:
    """The result as a whole page: no script, no outside style, font or image."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Intake check: {result.verdict}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>Intake check: {result.verdict}</h1>\n{fragment(result)}\n</main></body></html>\n"
    )


def rows_caption(kept: int, count: int) -> str:
    """What stands over the failing rows: how many are shown, how many there are, and where the others are."""
    if count <= ROWS_SHOWN:
        return "Failing rows"
    where = "all in .rows" if kept == count else f"the first {KEPT:,} of each check in .rows"
    return f"Failing rows: the first {ROWS_SHOWN} of {count:,} ({where})"


def _table(caption: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(str(c)).replace("_", " ")}</th>' for c in columns)
    body = "\n".join("<tr>" + "".join(f"<td>{_cell(v)}</td>" for v in row) + "</tr>" for row in rows)
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"
    )


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "empty"
    return html.escape(f"{value:,}" if isinstance(value, int) else str(value))
