"""Where do claims and remittances come from? X12 files, or a folder of CSV or Parquet tables, told apart by content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.model import Claims, Remittance
from workbook.claims.table_files import SUFFIXES, read_tables, write_csv_tables
from workbook.claims.tables import CLAIM_TABLES, REMITTANCE_TABLES
from workbook.claims.x12.envelope import first_transaction, named
from workbook.claims.x12.rows import Problems
from workbook.engine.table import Table
from workbook.terms import WorkbookError, parse_date

if TYPE_CHECKING:
    import pyarrow as pa

Paths = str | Path | Iterable[str | Path]
#: Names of X12 files inside a folder; a file that is named itself may be called anything.
X12_SUFFIXES = (".837", ".837p", ".837i", ".837d", ".835", ".edi", ".txt", ".x12")
_VERBS = {"837": "wb.read_claims", "835": "wb.read_remittance"}


def read_claims(path: Paths, received_date: date | str | None = None) -> Claims:
    """Read claims: an 837 file, a folder of them, a list of either, or a folder of tables (claim.csv …).

    `received_date` (a date or year-month-day) is given to the claims that state none; no 837 does. What is wrong inside
    X12 becomes `.problems`. Raises WorkbookError when a path is missing, nothing there is a claim, or a CSV or Parquet
    file does not fit its table as `workbook.claims.tables` declares it.
    """
    folder = _table_folder(path, CLAIM_TABLES)
    if folder is None:
        files, skipped = _x12_files(path, "claim.csv")
        from workbook.claims.x12.read_837 import read_837  # each reader is read in only where it is used

        claims = read_837(files, received_date)
        if not claims.arrow["claim"].num_rows:
            _refuse_other_kinds(files, "837")
        return Claims(claims.arrow, _concat(skipped, claims.arrow_problems), claims.source)
    problems = Problems()
    tables = read_tables(folder, CLAIM_TABLES, ("claim", "claim_line"), problems)
    if received_date is not None:
        tables["claim"] = _with_received_date(tables["claim"], parse_date(received_date, "received_date"))
    return Claims(tables, problems.to_arrow(), str(folder))


def read_remittance(path: Paths) -> Remittance:
    """Read remittances: an 835 file, a folder of them, a list, or a folder of tables (remittance.csv …).

    What is wrong inside X12, and what does not balance there, becomes `.problems`. Raises WorkbookError as
    `read_claims` does.
    """
    folder = _table_folder(path, REMITTANCE_TABLES)
    if folder is None:
        files, skipped = _x12_files(path, "remittance.csv")
        from workbook.claims.x12 import read_835

        remittance = read_835.read_remittance(files)
        if not remittance.arrow["remittance"].num_rows:
            _refuse_other_kinds(files, "835")
        found = _concat(skipped, remittance.arrow_problems)
        return Remittance(remittance.arrow, found, remittance.source)
    problems = Problems()
    tables = read_tables(folder, REMITTANCE_TABLES, ("remittance", "remittance_claim"), problems)
    return Remittance(tables, problems.to_arrow(), str(folder))


def check_x12(path: Paths) -> pa.Table:
    """The problems of 837 and 835 files, or of those in folders, by SNIP level; see `workbook.claims.x12.check`.

    Raises WorkbookError when a path is missing, empty or not X12.
    """
    files, skipped = _x12_files(path, "an 837 or 835 file")
    from workbook.claims.x12.check import check

    return _concat(skipped, check(files))


def write_csv(tables: Claims | Remittance, folder: str | Path) -> None:
    """Write claims or a remittance as one CSV for each table into `folder`: to be read back, or as a template.

    Codes keep their zeros, amounts their cents; a missing value is an empty cell. Claims are health information: the
    files are made for their owner alone (mode 0600). Raises WorkbookError when the folder cannot be written.
    """
    write_csv_tables(tables.arrow, Path(folder))


def _table_folder(path: Paths, declared: Mapping[str, Table]) -> Path | None:
    """The folder, when it holds a declared table, or CSV or Parquet files and no X12 (then one is misnamed)."""
    if not isinstance(path, (str, Path)) or not Path(path).is_dir():
        return None
    names = [file.name.lower() for file in Path(path).iterdir()]
    has_declared = any(f"{name}{suffix}" in names for name in declared for suffix in SUFFIXES)
    has_others = any(n.endswith(SUFFIXES) for n in names) and not any(n.endswith(X12_SUFFIXES) for n in names)
    return Path(path) if has_declared or has_others else None


def _x12_files(path: Paths, table_file: str) -> tuple[list[str | Path], Problems]:
    """The files to read as X12, and what was skipped: files of a folder that are not X12 after all."""
    skipped = Problems()
    files: list[str | Path] = []
    for one in [path] if isinstance(path, (str, Path)) else path:
        if Path(one).is_dir():
            files += _x12_files_of(Path(one), table_file, skipped)
        elif Path(one).suffix.lower() in SUFFIXES and Path(one).exists():
            raise WorkbookError(
                f"{one} is one table; give the folder that holds {table_file} and the tables beside it, or turn a wide "
                "extract into such a folder with `workbook convert`"
            )
        else:
            files.append(one)
    if not files:
        raise WorkbookError("no path was given; name an X12 file or a folder")
    return files, skipped


def _x12_files_of(folder: Path, table_file: str, skipped: Problems) -> list[Path]:
    files = []
    for file in sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in X12_SUFFIXES):
        try:
            first_transaction(file)
        except WorkbookError as error:
            skipped.file = str(file)
            skipped.add(f"skipped: {error}", severity="warning")
        else:
            files.append(file)
    if not files:
        wanted = ", ".join(f"*{suffix}" for suffix in X12_SUFFIXES)
        raise WorkbookError(f"{folder} holds no X12 file ({wanted}) and no {table_file}; check the folder")
    return files


def _refuse_other_kinds(files: list[str | Path], wanted: str) -> None:
    """Say what the files are and what reads them, unless there is one of the wanted kind among them."""
    kinds = {file: first_transaction(file) for file in files}
    if wanted in kinds.values():
        return  # it holds none all the same, which is a problem of the file and told there
    file, kind = next(iter(kinds.items()))
    others = f" (and {len(kinds) - 1} other files)" if len(kinds) > 1 else ""
    what = f"holds {named(kind)}" if kind else "holds no transaction"
    use = f"use {_VERBS[kind]}" if kind in _VERBS else f"{' and '.join(_VERBS)} are the transactions read here"
    raise WorkbookError(f"{file}{others} {what}, not {named(wanted)}; {use}")


def _with_received_date(claim: pa.Table, received: date) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.coalesce(claim["received_date"], pa.scalar(received, pa.date32()))
    return claim.set_column(claim.schema.get_field_index("received_date"), "received_date", column)


def _concat(skipped: Problems, problems: pa.Table) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables([skipped.to_arrow(), problems])
