"""What do the verbs read, what is said of it on standard error, and where do their results go?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    from workbook.claims.formats.convert import Streamed
    from workbook.claims.model import Claims, Remittance


def read_claims(paths: Sequence[str], received: str | None = None) -> Claims:
    """The claims at `paths`; their reader's problems are not told yet."""
    import workbook as wb

    return wb.read_claims(list(paths) if len(paths) > 1 else paths[0], received_date=received)


def claims_if_named(paths: Sequence[str] | None, received: str | None = None) -> Claims | None:
    """The claims at `paths`, their reader's problems told; None when none are named."""
    if not paths:
        return None
    claims = read_claims(paths, received)
    say_problems(claims)
    return claims


def claims_unless_on_disk(paths: Sequence[str], received: str | None = None) -> Claims | None:
    """The claims, their reader's problems told; None for one folder of Parquet tables, which stay in the engine."""
    return None if "claim" in tables_on_disk(paths) else claims_if_named(paths, received)


def tables_on_disk(paths: Sequence[str]) -> dict[str, Path]:
    """The claim tables of one folder of Parquet: they may be of any size, and are not read as a whole."""
    from workbook.claims.table_files import parquet_tables_in
    from workbook.claims.tables import CLAIM_TABLES

    return parquet_tables_in(Path(paths[0]), CLAIM_TABLES) if len(paths) == 1 else {}


def read_remittance(paths: Sequence[str]) -> Remittance:
    """The remittances at `paths`, their reader's problems told."""
    import workbook as wb

    remittance = wb.read_remittance(list(paths))
    say_problems(remittance)
    return remittance


def say_problems(read: Claims | Remittance | Streamed) -> None:
    """What the reader found wrong, on standard error, so that a pipe carries the result alone."""
    for p in read.arrow_problems.slice(0, 20).to_pylist():
        place = f"segment {p['segment_number']} ({p['element'] or p['segment']})" if p["segment_number"] else "file"
        print(f"{p['severity']}: {p['file']}, {place}: {p['message']}", file=sys.stderr)
    if (more := read.arrow_problems.num_rows - 20) > 0:
        print(f"… and {more:,} more problems", file=sys.stderr)


def is_broken(read: Claims | Remittance | Streamed) -> bool:
    """True when the reader found an error: a broken file is never a clean one."""
    return "error" in read.arrow_problems["severity"].to_pylist()


def tell_rows(what: str, rows: int) -> None:
    """Long work on a terminal: "1,000,000 rows read", over and over on one line."""
    print(f"\r{rows:,} rows {what} ", end="", file=sys.stderr, flush=True)


def out_folder(options: argparse.Namespace) -> Path | None:
    """The folder of --out, made if need be, for its owner alone; raises WorkbookError when it cannot be made."""
    if options.out is None:
        return None
    try:
        options.out.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorkbookError(f"--out {options.out}: cannot be made a folder ({error.strerror})") from None
    return Path(options.out)


def say_written(folder: Path, *names: str) -> None:
    """Which files were written, on standard error."""
    print(f"wrote {', '.join(names)} into {folder}", file=sys.stderr)
