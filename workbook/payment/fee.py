"""One fee-schedule amount with the arithmetic behind it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes import reference
from workbook.engine import open_engine
from workbook.payment.parameters import parameter
from workbook.payment.price import NATIONAL, check_locality, price_lines
from workbook.payment.step import steps
from workbook.terms import WorkbookError, dollars, parse_date

#: a place of service of each setting
PLACES = {"nonfacility": "11", "facility": "22"}


@dataclass(frozen=True)
class Fee:
    """A fee for one unit, or the reason why there is none; `trace` is the arithmetic, one line each."""

    hcpcs_code: str
    modifiers: tuple[str, ...]
    on: date
    locality: str
    setting: str
    amount: Decimal | None
    why_not: str | None
    trace: tuple[str, ...]

    def __str__(self) -> str:
        code = "-".join((self.hcpcs_code, *self.modifiers))
        head = f"{code} on {self.on}, {self.setting}, {self.locality}: "
        return head + (dollars(self.amount) if self.why_not is None else f"not priced: {self.why_not}")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(f"<li>{html.escape(t)}</li>" for t in self.trace)
        return f"<p><b>{html.escape(str(self))}</b></p>" + (f"<ol>{rows}</ol>" if rows else "")


def fee(
    hcpcs_code: str,
    on: date | str,
    locality: str = NATIONAL,
    setting: str = "nonfacility",
    modifiers: Iterable[str] = (),
) -> Fee:
    """The physician fee schedule amount of one unit of a code on a date of service, for a participating physician.

    Modifiers that reduce the fee are applied: 50, 54, 62, 80, AS, FX and others; `trace` names each.

    `locality` is carrier-locality ("10112-00") or NATIONAL; `setting` is nonfacility or facility. A code, date or
    modifier that is not priced gives a `Fee` without an amount that says why. Raises WorkbookError for a malformed
    date, an unknown locality or setting.
    """
    day, code, marks = parse_date(on, "on"), hcpcs_code.strip().upper(), tuple(m.strip().upper() for m in modifiers)
    if setting not in PLACES:
        raise WorkbookError(f"setting {setting!r}; the settings are nonfacility and facility")
    if len(marks) > 4:
        raise WorkbookError(f"{len(marks)} modifiers; a line holds four")
    check_locality(locality)
    claim = {"claim_id": "fee", "claim_type": "professional", "patient_id": "fee", "place_of_service": PLACES[setting]}
    line = {"claim_id": "fee", "line_number": 1, "service_from_date": day, "hcpcs_code": code, "units": Decimal(1)}
    line |= {"billed_amount": Decimal(0)} | {f"modifier_{n}": m for n, m in enumerate(marks, 1)}
    rows: dict[str, list[dict[str, Any]]] = {"claim": [claim], "claim_line": [line]}
    engine = open_engine()
    try:
        for name, table in CLAIM_TABLES.items():
            engine.put(name, table.from_rows(rows.get(name, [])))
        row = price_lines(engine, locality=locality).to_pylist()[0]
    finally:
        engine.close()
    why_not = row["not_priced_reason"] or row["refused_because"]
    trace = () if why_not else _trace(row, day, locality)
    return Fee(code, marks, day, locality, setting, row["fee_amount"], why_not, trace)


def _trace(row: dict[str, Decimal], day: date, locality: str) -> tuple[str, ...]:
    indices = next(
        r
        for r in reference(["locality"])["locality"].to_pylist()
        if r["locality"] == locality and r["effective_date"] <= day <= (r["end_date"] or date.max)
    )
    factor = parameter("conversion_factor").on(day)
    parts = [
        ("work", row["work_rvu"], indices["work_gpci"]),
        ("practice expense", row["practice_expense_rvu"], indices["practice_expense_gpci"]),
        ("malpractice", row["malpractice_rvu"], indices["malpractice_gpci"]),
    ]
    total = sum((rvu * gpci for _, rvu, gpci in parts), Decimal(0))
    lines = [f"{name}: {_plain(rvu)} RVU × {_plain(gpci)} = {_plain(rvu * gpci)}" for name, rvu, gpci in parts]
    lines.append(f"together {_plain(total)} RVU × {_plain(factor.value)} ({factor.citation})")
    lines.append(f"= {_plain(total * factor.value)}, rounded to {dollars(row['unit_fee_amount'])}")
    left = [(step.name, row[column.name]) for step in steps() for column in step.trace]
    return (*lines, *(f"{name}: {dollars(amount)}" for name, amount in left if amount is not None))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
