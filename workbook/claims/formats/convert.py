"""How does one form of claims or remittances become another? Read whatever it is, write what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.files import X12_SUFFIXES, read_claims, read_remittance, write_csv
from workbook.claims.formats.fhir import write_fhir
from workbook.claims.formats.layout import layout_of
from workbook.claims.formats.wide import read_wide
from workbook.claims.formats.xlsx import write_xlsx
from workbook.claims.model import Claims, Remittance, remitted
from workbook.claims.table_files import SUFFIXES, parquet_tables, write_parquet_tables
from workbook.claims.tables import CLAIM_TABLES, REMITTANCE_TABLES
from workbook.claims.x12.envelope import first_transaction
from workbook.claims.x12.read_835 import stream_835
from workbook.claims.x12.read_837 import stream_837
from workbook.claims.x12.rows import Problems
from workbook.claims.x12.write_835 import write_835
from workbook.claims.x12.write_837 import write_837
from workbook.terms import WorkbookError, dollars

if TYPE_CHECKING:
    import pyarrow as pa

Tables = Claims | Remittance


@dataclass(frozen=True, repr=False)
class Streamed:
    """What went from file to file without being held: how much of it, in words, and what was wrong with it."""

    summary: str
    arrow_problems: pa.Table

    def __repr__(self) -> str:
        return self.summary


#: What a name of the target says; a name without one of these is a folder of CSV files.
KINDS = {
    ".xlsx": "xlsx",
    ".ndjson": "fhir",
    ".json": "fhir",
    ".835": "835",
    ".837": "837",
}


def convert(
    source: str | Path, target: str | Path, layout: str | Path | None = None, kind: str | None = None
) -> Tables | Streamed:
    """Read `source` and write it as `target`; returns what was read, with its `.problems`.

    A single 837 or 835 goes to Parquet in batches, whatever its size; of it only a count and the problems are returned.

    `source` is an 837 or 835 file, a folder of them, a folder of CSV or Parquet tables, or a wide extract (`layout`
    names its page; without it the columns tell). `kind` is csv, parquet, xlsx, fhir, 835 or 837; None takes it from the
    target's name. What a FHIR file does not carry becomes a warning among the problems.

    Raises WorkbookError when the source is missing, empty or of no known kind, or the target cannot hold it.
    """
    chosen = kind or kind_of(Path(target))
    if chosen not in _WRITERS:
        raise WorkbookError(f"{chosen!r} is no kind of file that is written; choose one of {', '.join(_WRITERS)}")
    if Path(source).exists() and Path(source).resolve() == Path(target).resolve():
        raise WorkbookError(f"{target} is what is read; name another place to write to")
    streams = {"837": (CLAIM_TABLES, _stream_claims), "835": (REMITTANCE_TABLES, _stream_remittance)}
    if chosen == "parquet" and layout is None and (found := _kind_of_file(Path(source))) in streams:
        declared, stream = streams[found]
        _refuse_mixed(declared, Path(target), ".csv")
        return stream(Path(source), Path(target))
    tables = read_any(Path(source), layout)
    _WRITERS[chosen](tables, Path(target))
    return tables


def _kind_of_file(source: Path) -> str | None:
    return _transaction(source) if source.is_file() and source.stat().st_size > 0 else None


def _stream_claims(source: Path, target: Path) -> Streamed:
    import pyarrow as pa

    problems, lines, billed = [], 0, Decimal("0.00")
    with parquet_tables(CLAIM_TABLES, target) as append:

        def each(claims: Claims) -> None:
            nonlocal lines, billed
            append(claims.arrow)
            problems.append(claims.arrow_problems)
            lines += claims.arrow["claim_line"].num_rows
            billed += _sum(claims.arrow["claim"]["billed_amount"])

        count = stream_837(source, each)
    return Streamed(f"{count:,} claims, {lines:,} lines, {dollars(billed)} billed", pa.concat_tables(problems))


def _stream_remittance(source: Path, target: Path) -> Streamed:
    import pyarrow as pa

    problems, is_balanced = [], True
    sums = dict.fromkeys(("billed_amount", "paid_amount", "patient_responsibility_amount"), Decimal("0.00"))
    with parquet_tables(REMITTANCE_TABLES, target) as append:

        def each(part: Remittance) -> None:
            nonlocal is_balanced
            append(part.arrow)
            problems.append(part.arrow_problems)
            is_balanced = is_balanced and part.is_balanced
            for name in sums:
                sums[name] += _sum(part.arrow["remittance_claim"][name])

        count = stream_835(source, each)
    return Streamed(remitted(count, *sums.values(), is_balanced=is_balanced), pa.concat_tables(problems))


def _sum(amounts: pa.ChunkedArray) -> Decimal:
    import pyarrow.compute as pc

    return pc.sum(amounts).as_py() or Decimal("0.00")


def kind_of(target: Path) -> str:
    """What a target is by its name: a known ending, or else a folder of CSV files."""
    if target.suffix.lower() in KINDS:
        return KINDS[target.suffix.lower()]
    if target.suffix and not target.is_dir():
        raise WorkbookError(
            f"{target}: no kind of file ends in {target.suffix}; end in {', '.join(KINDS)}, or name a folder "
            "(of CSV files, or of Parquet files with --as parquet)"
        )
    return "csv"


def read_any(source: Path, layout: str | Path | None = None) -> Tables:
    """Read claims or a remittance from whatever `source` is; a `layout` says that it is a wide extract."""
    if not source.exists():
        raise WorkbookError(f"{source}: there is no such file or folder; check the path")
    if layout is not None:
        return read_wide(source, layout_of(layout))
    if source.is_dir():
        return _read_folder(source)
    if source.stat().st_size == 0:
        raise WorkbookError(f"{source} is empty; export it again")
    if source.stem.lower() in (*CLAIM_TABLES, *REMITTANCE_TABLES) and source.suffix.lower() in SUFFIXES:
        return read_claims(source)  # which says that one table is not enough
    if kind := _transaction(source):
        return read_remittance(source) if kind == "835" else read_claims(source)
    if source.suffix.lower() in (*SUFFIXES, ".rif", ".txt", ".tsv", ".psv", ".dat"):
        return read_wide(source)
    raise WorkbookError(
        f"{source} is neither X12 nor CSV nor Parquet; give an 837 or 835, a folder of tables, or a wide extract"
    )


def _read_folder(folder: Path) -> Tables:
    files = [p for p in folder.iterdir() if p.is_file()]
    tables = {p.stem.lower() for p in files if p.suffix.lower() in SUFFIXES}
    kinds = {_transaction(p, is_alone=False) for p in files if p.suffix.lower() in X12_SUFFIXES}
    has_remittance = not tables.isdisjoint(REMITTANCE_TABLES) or "835" in kinds
    has_claims = not tables.isdisjoint(CLAIM_TABLES) or "837" in kinds
    if has_claims and has_remittance:
        raise WorkbookError(f"{folder} holds claims and a remittance; put each into a folder of its own")
    if has_remittance:
        return read_remittance(folder)
    return read_claims(folder) if has_claims or kinds - {None} else read_wide(folder)


def _transaction(path: Path, is_alone: bool = True) -> str | None:
    """The kind of X12 that a file holds, 837 or 835 …; None where it is not X12.

    A broken file that is named itself is refused; among others its reader tells of it.
    """
    with path.open("rb") as stream:
        begins = stream.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"ISA")
    if path.suffix.lower() in SUFFIXES and not begins:
        return None
    try:
        return first_transaction(path) or "none"
    except WorkbookError:
        if begins and is_alone:
            raise
        return None  # X12 may stand below other text, so the reader is asked first


def _csv(tables: Tables, target: Path) -> None:
    _refuse_mixed(tables.arrow, target, ".parquet")
    write_csv(tables, target)


def _parquet(tables: Tables, target: Path) -> None:
    _refuse_mixed(tables.arrow, target, ".csv")
    write_parquet_tables(tables.arrow, target)


def _refuse_mixed(tables: Iterable[str], target: Path, other: str) -> None:
    """A folder with both forms of a table would be read as one thing and meant as the other."""
    if there := [name for name in tables if (target / f"{name}{other}").exists()]:
        raise WorkbookError(f"{target} holds {there[0]}{other} already; name a new folder")


def _fhir(tables: Tables, target: Path) -> None:
    import pyarrow as pa

    if lost := write_fhir(tables, target):
        told = Problems(str(target))
        told.add(f"FHIR carries no {', '.join(lost)}", severity="warning")
        tables.arrow_problems = pa.concat_tables([tables.arrow_problems, told.to_arrow()])


def _835(tables: Tables, target: Path) -> None:
    if not isinstance(tables, Remittance):
        raise WorkbookError(f"{tables.source} holds claims and an 835 answers them; price them first: workbook price")
    write_835(tables, target)


def _837(tables: Tables, target: Path) -> None:
    if not isinstance(tables, Claims):
        raise WorkbookError(f"{tables.source} holds a remittance, which an 837 cannot carry; write an 835 or a folder")
    write_837(tables, target)


_WRITERS: dict[str, Callable[[Tables, Path], None]] = {
    "csv": _csv, "parquet": _parquet, "xlsx": write_xlsx, "fhir": _fhir, "835": _835, "837": _837,
}  # fmt: skip
