"""One fee-schedule amount with the arithmetic behind it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes import reference
from workbook.engine import Engine, open_engine
from workbook.engine.html import notebook_html
from workbook.payment.parameters import parameter
from workbook.payment.price import BY_ZIP, NATIONAL, check_locality, put_terms
from workbook.payment.step import run_steps, steps
from workbook.payment.tables import LINE, PRICING_TERMS, REGROUPED_DRG
from workbook.terms import WorkbookError, dollars, parse_date

if TYPE_CHECKING:
    import pyarrow as pa

#: the first step that looks at the charge
ALLOWED = "400"
#: what a line of a whole fee schedule tells
SCHEDULED = (
    "hcpcs_code", "modifier_1", "locality", "place_of_service", "status_code", "fee_amount", "not_priced_reason",
    "refused_because",
)  # fmt: skip
#: what a line holds that asks for a fee alone
_LINE = {
    "claim_id": "fee", "line_number": 1, "claim_type": "professional", "patient_id": "fee", "units": Decimal(1),
    "unit_basis": "UN", "billed_amount": Decimal(0), "frequency_code": "1",
}  # fmt: skip
#: payment system → whose amount it is, where it is not worked out from relative values
SCHEDULES = {"drug": "the drug's payment limit of the quarter", "laboratory": "the clinical laboratory fee schedule"}
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
        return notebook_html(f"<p><b>{html.escape(str(self))}</b></p>", f"<ol>{rows}</ol>" if rows else "")


def fee(
    hcpcs_code: str,
    on: date | str,
    locality: str = NATIONAL,
    setting: str = "nonfacility",
    modifiers: Iterable[str] = (),
    *,
    is_apm_participant: bool = False,
    participates: bool = True,
) -> Fee:
    """What Medicare pays a provider for one unit of a code on a date of service.

    By the physician fee schedule, or by the drug limits or the laboratory fee schedule where the code is theirs.

    Modifiers that reduce the fee are applied: 50, 54, 62, 80, AS, FX and others; `trace` names each.

    `locality` is carrier-locality ("10112-00") or NATIONAL; `setting` is nonfacility or facility. A qualifying APM
    participant has a conversion factor of its own from 2026. With `participates=False` it is the fee of a provider
    who has not agreed to accept assignment always, and `trace` ends with the limiting charge. A code, date or
    modifier that is not priced gives a `Fee` without an amount that says why. Raises WorkbookError for a malformed
    date or modifier, an unknown locality or setting.
    """
    day, code, marks = parse_date(on, "on"), hcpcs_code.strip().upper(), tuple(m.strip().upper() for m in modifiers)
    if setting not in PLACES:
        raise WorkbookError(f"setting {setting!r}; the settings are nonfacility and facility")
    if len(marks) > 4:
        raise WorkbookError(f"{len(marks)} modifiers; a line holds four")
    if odd := [mark for mark in marks if len(mark) != 2]:
        raise WorkbookError(f'modifier {odd[0]!r}: a modifier has two characters; write a list of them, as ["LT"]')
    if locality == BY_ZIP:
        raise WorkbookError("a fee has no claim to take a ZIP code from; name the locality")
    check_locality(locality)
    line = {**_LINE, "service_date": day, "hcpcs_code": code, "place_of_service": PLACES[setting], "locality": locality}
    line |= {f"modifier_{n}": m for n, m in enumerate(marks, 1)}
    line["accepts_assignment"] = participates
    engine = open_engine()
    try:
        engine.put("line_0", LINE.from_rows([line]))
        [row] = _priced(engine, is_apm_participant, participates=participates).to_pylist()
    finally:
        engine.close()
    denied = row["denial_carc"] and f"refused with reason {row['denial_group_code']}-{row['denial_carc']}"
    why_not = row["not_priced_reason"] or row["refused_because"] or denied
    trace: tuple[str, ...] = ()
    if why_not is None and row["payment_system"] in SCHEDULES:
        trace = (f"{SCHEDULES[row['payment_system']]}: {dollars(row['fee_amount'])}",)
    elif why_not is None:
        trace = _trace(row, day, locality, is_apm_participant)
    return Fee(code, marks, day, locality, setting, row["fee_amount"], why_not, trace)


def fee_schedule(
    on: date | str, localities: Iterable[str] | None = None, *, is_apm_participant: bool = False
) -> pa.Table:
    """Every code of the loaded physician fee file in every locality, in and outside a facility, on a date of service.

    Columns: hcpcs_code, modifier, locality, setting, status_code, amount (USD for one unit), why_not. `localities` are
    all that are loaded unless given. Raises WorkbookError for a malformed date and an unknown locality.
    """
    day = parse_date(on, "on")
    chosen = None if localities is None else list(localities)
    for locality in chosen or ():
        check_locality(locality)
    engine = open_engine()
    try:
        for name, table in reference(["physician_fee", "locality"]).items():
            engine.put(f"all_{name}", table)
        served = f"date '{day}' between r.effective_date and coalesce(r.end_date, date '9999-12-31')"
        some = "" if chosen is None else "and r.locality in ({})".format(", ".join(f"'{name}'" for name in chosen))
        rows = {
            **{name: f"cast(null as {kind})" for name, kind in LINE.sql_types.items()},
            **{name: f"'{value}'" for name, value in _LINE.items()},
            "claim_id": "concat_ws(' ', f.hcpcs_code, coalesce(f.modifier, ''), g.locality, p.place)",
            "service_date": f"date '{day}'",
            "hcpcs_code": "f.hcpcs_code",
            "modifier_1": "f.modifier",
            "place_of_service": "p.place",
            "locality": "g.locality",
        }
        rows |= {"patient_id": rows["claim_id"], "line_number": "cast(1 as bigint)"}
        rows |= {"units": "cast(1 as decimal(12, 3))", "billed_amount": "cast(0 as decimal(12, 2))"}
        places = " union all ".join(f"select '{place}' as place" for place in PLACES.values())
        engine.keep(
            "line_0",
            f"select {', '.join(f'{sql} as {name}' for name, sql in rows.items())} "
            f"from (select distinct r.hcpcs_code, r.modifier from all_physician_fee r where {served}) f "
            f"cross join (select distinct r.locality from all_locality r where {served} {some}) g "
            f"cross join ({places}) p",
        )
        _priced(engine, is_apm_participant, "select 1 as n from line limit 0", SCHEDULED)
        settings = " ".join(f"when '{place}' then '{setting}'" for setting, place in PLACES.items())
        return engine.query(
            f"select hcpcs_code, modifier_1 as modifier, locality, case place_of_service {settings} end as setting, "
            "status_code, fee_amount as amount, coalesce(not_priced_reason, refused_because) as why_not "
            "from line order by hcpcs_code, modifier nulls first, locality, setting desc"
        )
    finally:
        engine.close()


def _priced(
    engine: Engine,
    is_apm_participant: bool,
    sql: str = "select * from line",
    wanted: Iterable[str] | None = None,
    *,
    participates: bool = True,
) -> pa.Table:
    """Run the steps that decide a fee over the lines kept as `line_0`, then a SELECT of the `wanted` columns."""
    how = {"is_apm_participant": is_apm_participant, "participates": participates}
    terms = PRICING_TERMS.from_rows([{"locality": NATIONAL, **how}])
    put_terms(engine, terms={"pricing_terms": terms})
    for name, table in CLAIM_TABLES.items():  # a step may ask for more of the claim, of which there is none
        engine.put(name, table.empty())
    engine.put(REGROUPED_DRG.name, REGROUPED_DRG.empty())
    run_steps(engine, "line_0", before=ALLOWED, wanted=wanted)
    return engine.query(sql)


def _trace(row: dict[str, Decimal], day: date, locality: str, is_apm_participant: bool) -> tuple[str, ...]:
    indices = next(
        r
        for r in reference(["locality"])["locality"].to_pylist()
        if r["locality"] == locality and r["effective_date"] <= day <= (r["end_date"] or date.max)
    )
    apm = parameter("apm_conversion_factor")
    factor = (apm if is_apm_participant and day in apm.covered else parameter("conversion_factor")).on(day)
    parts = [
        ("work", row["work_rvu"], indices["work_gpci"]),
        ("practice expense", row["practice_expense_rvu"], indices["practice_expense_gpci"]),
        ("malpractice", row["malpractice_rvu"], indices["malpractice_gpci"]),
    ]
    total = sum((rvu * gpci for _, rvu, gpci in parts), Decimal(0))
    lines = [f"{name}: {_plain(rvu)} RVU × {_plain(gpci)} = {_plain(rvu * gpci)}" for name, rvu, gpci in parts]
    lines.append(f"together {_plain(total)} RVU × {_plain(factor.value)} ({factor.citation})")
    lines.append(f"= {_plain(total * factor.value)}, rounded to {dollars(row['unit_fee_amount'])}")
    left = [(step.name, row[column.name]) for step in steps() if step.id < ALLOWED for column in step.trace]
    lines += [f"{name}: {dollars(amount)}" for name, amount in left if amount is not None]
    if row["limiting_charge_amount"] is not None:
        by_steps = dollars(row["limiting_charge_in_two_steps"])
        lines.append(f"limiting charge: {dollars(row['limiting_charge_amount'])}; of the rounded fee {by_steps}")
    return tuple(lines)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
