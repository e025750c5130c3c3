"""Reads what is to be de-identified and writes what was, all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.files import X12_SUFFIXES, read_claims, read_remittance
from workbook.claims.table_files import SUFFIXES, write_csv_tables, write_parquet_tables
from workbook.claims.x12.envelope import first_transaction
from workbook.engine.export import to_json
from workbook.terms import WorkbookError, private_file

if TYPE_CHECKING:
    from workbook.claims.deidentify import Deidentified
    from workbook.claims.model import Claims, Remittance


def read_sources(paths: Sequence[Path]) -> tuple[Claims | None, Remittance | None]:
    """Sort files and folders into claims and remittances by what they hold, and read each kind at once."""
    sources: dict[str, list[Path]] = {"claim": [], "remittance": []}
    x12: dict[str, list[Path]] = {"claim": [], "remittance": []}
    for path in paths:
        for kind in (found := _tables_in(path)):
            sources[kind].append(path)
        for file in [] if found else _files_in(path):
            x12[_kind(file)].append(file)
    for kind, folders in sources.items():
        if len(folders) + bool(x12[kind]) > 1:
            raise WorkbookError(
                f"{folders[0]} holds {kind} tables, and so does another source, whose {kind} numbers might be the "
                "same; give one folder of tables, or X12 files alone"
            )
    claims = sources["claim"][0] if sources["claim"] else x12["claim"]
    remittance = sources["remittance"][0] if sources["remittance"] else x12["remittance"]
    return read_claims(claims) if claims else None, read_remittance(remittance) if remittance else None


def _tables_in(path: Path) -> list[str]:
    """Of "claim" and "remittance", those that the folder holds as tables."""
    return [k for k in ("claim", "remittance") if any((path / f"{k}{suffix}").is_file() for suffix in SUFFIXES)]


def _files_in(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() in X12_SUFFIXES)
    if not files:
        raise WorkbookError(f"{path} holds no X12 file and neither claim.csv nor remittance.csv; check the folder")
    return files


def _kind(file: Path) -> str:
    kind = {"837": "claim", "835": "remittance"}.get(first_transaction(file) or "")
    if kind is None:
        raise WorkbookError(f"{file} holds neither claims (837) nor a remittance (835); leave it out")
    return kind


def write(result: Deidentified, folder: Path, form: str) -> None:
    """Write into a folder beside `folder` first, which then takes its place, if that is empty or not there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkbookError(f"{folder} is there and not empty; name a new folder, so that nothing old lies beside it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # mode 0700
    except OSError as error:
        raise WorkbookError(f"{folder} cannot be made: {error.strerror}; choose another folder") from None
    try:
        (write_csv_tables if form == "csv" else write_parquet_tables)(result.tables, building)
        report = result.report
        texts = {"txt": report.to_text(), "html": report.to_html(), "json": to_json(report.to_dict()) + "\n"}
        for suffix, text in texts.items():
            with private_file(building / f"report.{suffix}") as stream:
                stream.write(text.encode())
        if folder.exists():
            folder.rmdir()
        building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
