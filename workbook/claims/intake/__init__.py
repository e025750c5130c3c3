"""Is this extract fit to audit? Great Expectations judges the claim tables, and the failing rows are named.

Others may use: `intake`. Great Expectations (3 seconds, 200 MB) is imported when `intake` runs, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbook.claims.intake.result import IntakeResult
    from workbook.claims.model import Claims
    from workbook.engine import Engine

__all__ = ["intake"]


def intake(
    claims: Claims | str | Path | Mapping[str, pa.Table | pd.DataFrame | str | Path],
    today: date | None = None,
    engine: str | Engine = "duckdb",
    progress: Callable[[str, int], None] | None = None,
) -> IntakeResult:
    """Judge whether `claims` are fit to audit: "fit", "fit with warnings" or "not fit", with the failing rows.

    `claims` is a `Claims`, or a folder of Parquet tables (claim.parquet, or claim/*.parquet), or a mapping of table
    name → Arrow table, pandas frame, or path (file, folder or glob) of Parquet files. Files are read a batch of rows at
    a time, whatever their size: of each check every failing row is counted, and the first 10,000 are kept. Of tables
    that are not given nothing is said, save that claim, claim_line and claim_diagnosis are needed.

    Service dates after `today` (default: the date of the computer) are faults. `engine` ("duckdb", "spark" or an open
    engine) answers what compares rows and tables. `progress` is called with "read" or "judged" and the rows so far.

    Nothing is sent anywhere and no file stays behind; what is read from files waits in a temporary folder that only you
    may open. The result's `.rows` holds values of the extract, so treat it as you treat the extract. Raises
    WorkbookError when a path is missing or is no Parquet, or a table has a name that is not known.
    """
    from workbook.claims.intake.judge import judge

    return judge(claims, today or date.today(), engine=engine, progress=progress)
