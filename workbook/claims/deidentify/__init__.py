"""What may leave the house? Claims and remittances without what HIPAA's Safe Harbor calls identifiers.

Others may use: `deidentify`, `read_sources`, `Deidentified`. Every column's fate is on the page plan.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.deidentify.report import Report
    from workbook.claims.model import Claims, Remittance

__all__ = ["Deidentified", "deidentify", "read_sources"]

_CHOICES = {"dates": ("year", "shift"), "keep": ("npi", "payer"), "form": ("parquet", "csv")}


@dataclass(frozen=True)
class Deidentified:
    """The tables as they may be handed on, by name, and the report of what was done."""

    tables: dict[str, pa.Table]
    report: Report

    def __repr__(self) -> str:
        return self.report.method[0]

    def _repr_html_(self) -> str:
        return self.report.to_fragment()

    def write(self, folder: str | Path, form: str = "parquet") -> None:
        """Write a Parquet or CSV file a table, and report.txt, .html and .json, for their owner alone (mode 0600).

        All of it or nothing: the folder appears when everything is written. Raises WorkbookError when it holds anything
        already, or cannot be made.
        """
        from workbook.claims.deidentify.write import write

        _check("form", form)
        write(self, Path(folder), form)


def deidentify(
    claims: Claims | None = None,
    remittance: Remittance | None = None,
    *,
    dates: str = "year",
    key: str | Path | None = None,
    keep: Collection[str] = (),
    drop: Collection[str] = (),
    today: date | None = None,
) -> Deidentified:
    """Take out of claims and remittances what 45 CFR 164.514(b)(2)(i)(A)-(R) names.

    `dates` "year" leaves years, in whole-number columns (Safe Harbor); "shift" moves all dates of a patient back by the
    same 1 to 52 weeks (for an expert to determine). `key` is a file, made when it is not there, that lets two runs be
    linked; without it pseudonyms are random. `keep` may name "npi" and "payer", whose numbers are else pseudonyms;
    `drop` names further columns, as "claim_line.ndc". Ages are reckoned at the end of the year of `today`.

    Give claims and their remittances together, so that pseudonyms and shifts agree. Raises WorkbookError for a choice
    that does not exist, and when a value that was taken out is found again in what is left.
    """
    from workbook.claims.deidentify.leaks import find_leaks
    from workbook.claims.deidentify.persons import persons
    from workbook.claims.deidentify.plan import load_plan
    from workbook.claims.deidentify.pseudonyms import Pseudonyms, read_key
    from workbook.claims.deidentify.report import Report
    from workbook.claims.deidentify.treat import Treatment
    from workbook.claims.tables import CLAIM_TABLES, REMITTANCE_TABLES

    plan = load_plan()
    _check("dates", dates)
    for one in keep:
        _check("keep", one)
    for place in drop:
        if place not in (known := [f"{t}.{c}" for t, columns in plan.tables.items() for c in columns]):
            raise WorkbookError(f"drop {place!r}: there is no such column; name one as {known[0]}")
    given = [dict(tables.arrow) if tables is not None else {} for tables in (claims, remittance)]
    if not any(given):
        raise WorkbookError("nothing to de-identify: give claims, a remittance or both")
    whose = persons(*given) if dates == "shift" else {}
    last_year = (today or date.today()).year - 90
    treatment = Treatment(
        plan, Pseudonyms(read_key(Path(key)) if key is not None else None), years=dates == "year", last_year=last_year,
        keep=keep, drop=drop,
    )  # fmt: skip
    declared = CLAIM_TABLES | REMITTANCE_TABLES
    tables = {
        name: _in_order(treatment.table(name, table, whose.get(name)), declared[name].key)
        for one in given
        for name, table in one.items()
    }
    leaks = find_leaks(treatment.hidden, treatment.shown, treatment.pseudonyms)
    if leaks:
        more = f" (and {len(leaks) - 1} more such pairs)" if len(leaks) > 1 else ""
        raise WorkbookError(
            f"not de-identified: {leaks[0][1]} holds a value that {leaks[0][0]} holds too, which identifies{more}; "
            f"look at the rows and mend them, or leave the column out (--drop {leaks[0][1].partition(' ')[0]})"
        )
    rows = {name: table.num_rows for name, table in tables.items()}
    report = Report(
        dates, key is not None, tuple(keep), tuple(drop), last_year, rows, tuple(treatment.changes), plan
    )  # fmt: skip
    return Deidentified(tables, report)


def read_sources(paths: Iterable[str | Path]) -> tuple[Claims | None, Remittance | None]:
    """Read claims and remittances out of files and folders, whichever each of them holds.

    Raises WorkbookError when a path holds neither, or two of them hold tables of the same kind: ids might collide.
    """
    from workbook.claims.deidentify.write import read_sources

    return read_sources([Path(path) for path in paths])


def _in_order(table: pa.Table, key: Iterable[str]) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in key]) if table.num_rows else table


def _check(name: str, value: str) -> None:
    if value not in _CHOICES[name]:
        raise WorkbookError(f"{name} {value!r} is no choice; choose {' or '.join(_CHOICES[name])}")
