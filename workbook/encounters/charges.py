"""What the invented practice charges for each service: one undated list, every charge above Medicare's 2025 fees."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from workbook.terms import WorkbookError, money

FILE = Path(__file__).resolve().parents[2] / "sample_data" / "codes" / "charges.csv"


def charge_master(path: Path | str | None = None) -> dict[str, Decimal]:
    """Read hcpcs_code → charge for one unit (US dollars) from a CSV file with the columns hcpcs_code and charge.

    Without a path: the practice of the cases (`sample_data/codes/charges.csv`).
    """
    path = FILE if path is None else Path(path)
    if not path.is_file():
        raise WorkbookError(f"the charges are missing: there is no file {path}")
    return dict(_charges(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=16)
def _charges(path: Path, changed: int) -> dict[str, Decimal]:
    charges: dict[str, Decimal] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != ["hcpcs_code", "charge"]:
            raise WorkbookError(f"{path.name}, line 1: expected the columns hcpcs_code,charge, found {rows.fieldnames}")
        for row in rows:
            code, charge = row["hcpcs_code"], row["charge"]
            if code in charges:
                raise WorkbookError(f"{path.name}, line {rows.line_num}: {code} stands twice")
            charges[code] = _amount(charge, f"{path.name}, line {rows.line_num}, {code}")
    return charges


def _amount(text: str | None, where: str) -> Decimal:
    try:
        amount = money(text or "")
    except InvalidOperation:
        raise WorkbookError(f"{where}: expected a charge such as 190.00, found {text!r}") from None
    if not amount.is_finite() or amount <= 0:
        raise WorkbookError(f"{where}: a charge is more than 0, found {text}")
    return amount
