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
from workbook.terms import WorkbookError, dollars, parse_date

#: a place of service of each setting
PLACES = {"nonfacility": "11", "facility": "22"}
#: payment system → whose amount it is, where it is not worked out from relative values
SCHEDULES = {"drug": "the drug's payment limit of the quarter", "laboratory": "the clinical laboratory fee schedule"}


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
    """What Medicare pays a participating provider for one unit of a code on a date of service.

    By the physician fee schedule, or by the drug limits or the laboratory fee schedule where the code is theirs.

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
        row = price_lines(engine, terms={"locality": locality}).to_pylist()[0]
    finally:
        engine.close()
    trace: tuple[str, ...] = ()
    if row["not_priced_reason"] is None:
        physician = row["payment_system"] == "physician"
        trace = (
            _trace(row, day, locality)
            if physician
            else (f"{SCHEDULES[row['payment_system']]}: {dollars(row['fee_amount'])}",)
        )
    return Fee(code, marks, day, locality, setting, row["unit_fee_amount"], row["not_priced_reason"], trace)


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
    return (*lines, f"= {_plain(total * factor.value)}, rounded to {dollars(row['unit_fee_amount'])}")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
