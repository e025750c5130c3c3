"""Prices claims: runs the steps over every line, and says of each line that has no price why.

Payment knows no rules: what is denied reaches it as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from workbook.claims.given import given_tables, put_tables
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_LINE
from workbook.codes import edition_rows, editions, reference
from workbook.codes.tables import REFERENCE_TABLES
from workbook.engine import Engine, open_engine, show_views, view_names
from workbook.engine.run import columns_of
from workbook.payment.parameters import parameter, parameter_names
from workbook.payment.plans import plan_row, supplement_row
from workbook.payment.regroup import UNGROUPED_STAY, grouped_stays
from workbook.payment.remit import PricedRemittance, remit
from workbook.payment.step import columns_read, line_table, run_steps, steps
from workbook.payment.tables import (
    DEDUCTIBLE_MET,
    DENIAL,
    HOSPITAL_DAYS_USED,
    LINE,
    PLAN,
    PRICING_TERMS,
    REGROUPED_DRG,
    SUPPLEMENT,
)
from workbook.payment.waterfall import MEDICARE
from workbook.terms import WorkbookError, money, parse_date

if TYPE_CHECKING:
    import pyarrow as pa

NATIONAL = "NATIONAL"
BY_ZIP = "ZIP"
MORE_THAN_ANY_DEDUCTIBLE = Decimal(100_000)
Amount: TypeAlias = Decimal | int | str


def price(
    claims: Claims,
    *,
    denials: pa.Table | None = None,
    locality: str = NATIONAL,
    deductible_met: Mapping[str, Amount | Mapping[int, Amount]] | None = None,
    hospital_days_used: Mapping[str, int] | None = None,
    reserve_days_used: Mapping[str, int] | None = None,
    plan: str | Path | None = None,
    supplement: str | None = None,
    payment_date: date | str | None = None,
    as_if_on: date | str | None = None,
    participates: bool = True,
    is_apm_participant: bool = False,
    wage_index: Decimal | int | str | None = None,
    cost_ratios: tuple[Decimal | int | str, Decimal | int | str] | None = None,
    engine: str | Engine = "duckdb",
) -> PricedRemittance:
    """Price claims as Medicare, or a commercial plan, would, and return the remittance with every line's waterfall.

    `denials` are rows of `DENIAL` (an audit's `.denials`). `locality` is carrier-locality ("10112-00"), NATIONAL,
    where every geographic index is 1, or ZIP: the locality of each claim's ZIP code, by CMS's file where it is loaded.
    `deductible_met` is what each patient had met before these claims, in the year of each date of service, or in each
    of several: {"P1": {2025: 257, 2026: 0}}.
    `hospital_days_used` is how many hospital days each patient had used of the benefit period that the first stay
    continues; who is not named begins one, with the deductible and 60 days without coinsurance. `reserve_days_used` is
    how many of the 60 lifetime reserve days each patient had used in earlier benefit periods. `plan` is a
    commercial plan that pays in Medicare's place: the name of a shipped one, or the path of a page of your own.
    `supplement` is the letter of the Medicare supplement that the patients have. `payment_date` is 14 days after the
    last claim was received unless given. `as_if_on` moves each claim's first day of service to that date, to see what
    old claims would be paid then; the result says so. `participates=False` prices for a provider who has not agreed
    to accept assignment always: 95 percent, and a limiting charge where a claim is not assigned; neither touches who
    must always accept it.
    `is_apm_participant` takes the conversion factor of qualifying APM participants. `wage_index` is the hospital's or
    surgical center's (1 unless given), `cost_ratios` the hospital's operating and capital costs to its charges,
    without which no stay is paid as an outlier. Raises WorkbookError for an unknown locality, plan or supplement, a
    malformed date, or a wage index or ratio that is none.
    """
    check_locality(locality)
    if plan is not None and supplement is not None:
        raise WorkbookError("a supplement goes with Medicare; price without plan, or without supplement")
    terms = {"locality": locality, "participates": participates, "is_apm_participant": is_apm_participant}
    terms |= _hospital_terms(wage_index, cost_ratios)
    payers = {
        "pricing_terms": PRICING_TERMS.from_rows([terms]),
        "plan": PLAN.from_rows([] if plan is None else [plan_row(plan)]),
        "supplement": SUPPLEMENT.from_rows([] if supplement is None else [supplement_row(supplement)]),
        "hospital_days_used": _days_used_rows(claims, hospital_days_used or {}, reserve_days_used or {}),
    }
    moved = parse_date(as_if_on, "as_if_on") if as_if_on is not None else None
    priced_claims = claims if moved is None else _moved(claims, moved)
    opened = open_engine(engine) if isinstance(engine, str) else engine
    try:
        put_tables(opened, priced_claims.arrow)
        lines = run_all(opened, denials, _met_rows(priced_claims, deductible_met or {}), payers)
    finally:
        if isinstance(engine, str):
            opened.close()
    day = parse_date(payment_date, "payment_date") if payment_date is not None else None
    said = _assumptions(priced_claims, lines, deductible_met, moved, payers)
    payer = next((f"The plan {row['plan_id']}" for row in payers["plan"].to_pylist()), MEDICARE)
    return remit(priced_claims, lines, day, said, payer)


def _hospital_terms(
    wage_index: Decimal | int | str | None,
    cost_ratios: tuple[Decimal | int | str, Decimal | int | str] | None,
) -> dict[str, Any]:
    """The columns of `PRICING_TERMS` that are a hospital's, the numbers checked."""
    operating, capital = cost_ratios if cost_ratios is not None else (None, None)
    given = {"wage_index": wage_index, "operating_cost_ratio": operating, "capital_cost_ratio": capital}
    return {name: _number(name, value) for name, value in given.items() if value is not None}


def _number(name: str, value: Decimal | int | str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or not 0 < number < 10:
        raise WorkbookError(f"{name} {value!r}: expected a number above 0 and below 10, as 0.8842")
    return number.quantize(Decimal("0.0001"))


def run_all(
    engine: Engine,
    denials: pa.Table | None = None,
    met: pa.Table | None = None,
    terms: Mapping[str, pa.Table] | None = None,
) -> pa.Table:
    """Run every step over the lines of the claim tables in `engine`; returns the table `line` after the last step.

    `terms` are rows of `PRICING_TERMS`, `PLAN`, `SUPPLEMENT` and `HOSPITAL_DAYS_USED`; what is not among them is
    national, and Medicare's, and no day was used.
    """
    put_terms(engine, denials, terms)
    engine.put("deductible_met", DEDUCTIBLE_MET.empty() if met is None else met)
    _price_all(engine)
    table = line_table()
    return engine.query(f"select {', '.join(table.names)} from line order by claim_id, line_number").cast(table.schema)


def put_terms(engine: Engine, denials: pa.Table | None = None, terms: Mapping[str, pa.Table] | None = None) -> None:
    """Put what the steps read beside the lines and the claims."""
    names = sorted({name for step in steps() for name in step.select.reads} & REFERENCE_TABLES.keys() - {"edition"})
    for name, table in reference(names).items():
        engine.put(name, table)
    engine.put("edition", edition_rows(editions()))
    for name in parameter_names():
        engine.put(name, parameter(name).as_table())
    engine.put("denial", DENIAL.empty() if denials is None else denials)
    national = PRICING_TERMS.from_rows([{"locality": NATIONAL}])
    usual = {"pricing_terms": national} | {t.name: t.empty() for t in (PLAN, SUPPLEMENT, HOSPITAL_DAYS_USED)}
    for name, table in (usual | dict(terms or {})).items():
        engine.put(name, table)


def _price_all(engine: Engine, wanted: Iterable[str] | None = None) -> None:
    show_views(engine, ["payable_line"])
    engine.put(REGROUPED_DRG.name, grouped_stays(engine, UNGROUPED_STAY))
    read = LINE.names if wanted is None else columns_read(wanted)
    billed = [c for c in LINE.names if c in read and c not in (*LINE.key, "locality")]
    others = "".join(f", {c}" for c in billed)
    engine.keep("line_0", f"select claim_id, line_number{others}, cast(null as varchar) as locality from payable_line")
    mixed = engine.query(
        "select distinct claim_id from (select claim_id from line_0 group by claim_id, line_number "
        "having count(*) > 1 or line_number is null) m"
    )
    if not mixed.num_rows:
        run_steps(engine, "line_0", wanted=wanted)
        return
    engine.put("mixed_claim", mixed)  # a step gives to a line by its number
    engine.keep("mixed_line", "select * from line_0 where claim_id in (select claim_id from mixed_claim)")
    engine.keep("line_1", "select * from line_0 where claim_id not in (select claim_id from mixed_claim)")
    engine.drop("line_0")
    run_steps(engine, "line_1", wanted=wanted)
    known, types = {*LINE.key, *billed}, line_table().sql_types
    columns = columns_of(engine, "line").names
    told = (
        f"'{_MIXED}' as {c}" if c == "not_priced_reason" else c if c in known else f"cast(null as {types[c]}) as {c}"
        for c in columns
    )
    engine.keep(
        "told_line",
        f"select {', '.join(columns)} from line union all select {', '.join(told)} from mixed_line",
    )
    engine.drop("mixed_line")
    engine.view("line", "select * from told_line")


_MIXED = "lines of the claim share a number, or have none: number them apart"


#: what is told of each line of many
PRICED = (
    "hcpcs_code", "service_date", "units", "payment_system", "billed_amount", "fee_amount", "allowed_amount",
    "deductible_amount", "coinsurance_amount", "copay_amount", "other_payer_amount", "sequestration_amount",
    "paid_amount", "paid_to_patient_amount", "denial_carc", "not_priced_reason",
)  # fmt: skip
LINES_AT_ONCE = 2_000_000


def price_lines(
    claims: Claims | Mapping[str, Any] | str | Path,
    *,
    columns: Iterable[str] = PRICED,
    locality: str = NATIONAL,
    plan: str | Path | None = None,
    participates: bool = True,
    engine: str | Engine = "duckdb",
    memory_limit: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pa.Table:
    """Price lines by the million: claim_id, line_number and the `columns`, in no order.

    `columns` are any of a priced line; steps that none of them hangs on are not run, so that
    ("fee_amount", "not_priced_reason") is the fee with all its reductions and no more.

    `claims` are what `wb.audit` takes: a `Claims`, a folder of Parquet tables, or table name → data, which stay in
    their engine. Patients are priced some at a time, so that memory does not grow with their number; what one patient
    has on all claims is priced together. `progress` is told how many parts of how many are done. For remittances and
    waterfalls see `wb.price`. Raises WorkbookError as `wb.price` does, for tables that are not as declared, and for an
    unknown column.
    """
    import pyarrow as pa

    wanted = tuple(c for c in columns if c not in LINE.key)
    if unknown := [c for c in wanted if c not in line_table().names]:
        raise WorkbookError(f"a priced line has no column {unknown[0]!r}; it has {', '.join(line_table().names)}")
    check_locality(locality)
    terms = {
        "pricing_terms": PRICING_TERMS.from_rows([{"locality": locality, "participates": participates}]),
        "plan": PLAN.from_rows([] if plan is None else [plan_row(plan)]),
    }
    tables = given_tables(claims)
    opened = open_engine(engine, memory_limit=memory_limit) if engine == "duckdb" else engine
    opened = open_engine(opened) if isinstance(opened, str) else opened
    try:
        put_tables(opened, tables)
        put_terms(opened, terms=terms)
        opened.put("deductible_met", DEDUCTIBLE_MET.empty())
        [lines] = opened.query("select count(*) as n from claim_line")["n"].to_pylist()
        parts = max(1, -(-lines // LINES_AT_ONCE)) if opened.name == "duckdb" else 1
        found = []
        if parts > 1:
            opened.keep("every_claim", "select * from claim")
            opened.drop("claim")
        for part in range(parts):
            if parts > 1:
                opened.view(
                    "claim", f"select * from every_claim where hash(coalesce(patient_id, claim_id)) % {parts} = {part}"
                )
            _price_all(opened, wanted)
            found.append(opened.query(f"select {', '.join((*LINE.key, *wanted))} from line"))
            for view in opened.tables() & view_names():
                opened.drop(view)
            if progress:
                progress(part + 1, parts)
        if parts > 1:
            opened.view("claim", "select * from every_claim")
        return pa.concat_tables(found)
    finally:
        if isinstance(engine, str):
            opened.close()


def keep_paid(engine: Engine) -> None:
    """Keep what Medicare would pay for each line of the claim tables in `engine`, the deductible met, as `line`.

    `paid_amount` is null where the line is not priced.
    """
    met = PRICING_TERMS.from_rows([{"locality": NATIONAL, "hospital_deductible_met": True}])
    put_terms(engine, terms={"pricing_terms": met})
    show_views(engine, ["payable_line"])
    engine.keep(
        "deductible_met",
        f"select distinct patient_id, year(service_date) as calendar_year, "
        f"cast({MORE_THAN_ANY_DEDUCTIBLE} as decimal(12, 2)) as amount "
        "from payable_line where patient_id is not null and service_date is not null",
    )
    _price_all(engine, ["paid_amount"])


def check_locality(locality: str) -> None:
    """Raise WorkbookError, with near names, when a locality is not loaded."""
    known = {BY_ZIP, *reference(["locality"])["locality"]["locality"].to_pylist()}
    if locality not in known:
        from difflib import get_close_matches

        near = get_close_matches(locality, known, n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise WorkbookError(
            f"locality {locality!r} is not loaded; write carrier-locality as in 10112-00, NATIONAL, or ZIP to take it "
            f"from the claim{hint}"
        )


def _is_amount(value: Amount) -> bool:
    try:
        return money(value) >= 0
    except (ArithmeticError, ValueError, TypeError):
        return False


def _met_rows(claims: Claims, met: Mapping[str, Amount | Mapping[int, Amount]]) -> pa.Table:
    """One row per patient and year of service among the claims."""
    patients = dict(zip(*(claims.arrow["claim"][c].to_pylist() for c in ("claim_id", "patient_id")), strict=True))
    line = claims.arrow["claim_line"]
    years = {
        (patients.get(c), d.year)
        for c, d in zip(line["claim_id"].to_pylist(), line["service_from_date"].to_pylist(), strict=True)
        if d is not None
    }
    if unknown := sorted(set(met) - {p for p, _ in years if p}):
        raise WorkbookError(f"deductible_met names patient {unknown[0]!r}, who is on none of the claims")
    rows = []
    for patient, year in sorted(years, key=str):
        given = met.get(patient or "", 0)
        amount = given.get(year, 0) if isinstance(given, Mapping) else given
        if not _is_amount(amount):
            raise WorkbookError(
                f"deductible_met of patient {patient!r} is {amount!r}; expected dollars and cents, 0 or more"
            )
        if patient and amount:
            rows.append({"patient_id": patient, "calendar_year": year, "amount": money(amount)})
    return DEDUCTIBLE_MET.from_rows(rows)


#: the days of a benefit period: 60 in full, 30 with coinsurance, 60 of the lifetime reserve
HOSPITAL_DAYS = 150
RESERVE_DAYS = 60


def _days_used_rows(claims: Claims, used: Mapping[str, int], reserve: Mapping[str, int]) -> pa.Table:
    """One row per patient. Raises WorkbookError for one who is on none of the claims, and for what is no count."""
    patients = set(claims.arrow["claim"]["patient_id"].to_pylist())
    for name, given, most in (
        ("hospital_days_used", used, HOSPITAL_DAYS),
        ("reserve_days_used", reserve, RESERVE_DAYS),
    ):
        if unknown := sorted(set(given) - patients):
            raise WorkbookError(f"{name} names patient {unknown[0]!r}, who is on none of the claims")
        for patient, days in given.items():
            if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= most:
                raise WorkbookError(f"{name} of patient {patient!r} is {days!r}; expected whole days, 0 to {most}")
    for patient, days in reserve.items():
        if used.get(patient, 0) + days > HOSPITAL_DAYS:
            raise WorkbookError(
                f"patient {patient!r} used {days} reserve days in earlier benefit periods, which leaves "
                f"{HOSPITAL_DAYS - days} days to this one; hospital_days_used says {used[patient]}"
            )
    return HOSPITAL_DAYS_USED.from_rows(
        {"patient_id": p, "days": used.get(p, 0), "reserve_days": reserve.get(p)} for p in {**used, **reserve}
    )


def _moved(claims: Claims, day: date) -> Claims:
    """The claims with each one's first day of service moved to `day`, all its other dates by as many days."""
    first: dict[str, date] = {}
    for row in claims.arrow["claim_line"].to_pylist():
        served = row["service_from_date"]
        if served is not None:
            first[row["claim_id"]] = min(first.get(row["claim_id"], served), served)

    def shift(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
        if row["claim_id"] not in first:
            return row
        by: timedelta = day - first[row["claim_id"]]
        return {k: v + by if k in columns and v is not None else v for k, v in row.items()}

    dates = {t.name: tuple(c.name for c in t.columns if c.type == "date") for t in (CLAIM, CLAIM_LINE)}
    keep = tuple(c for c in dates["claim"] if c != "patient_birth_date")
    moved = dict(claims.arrow)
    moved["claim"] = CLAIM.from_rows(shift(r, keep) for r in claims.arrow["claim"].to_pylist())
    moved["claim_line"] = CLAIM_LINE.from_rows(
        shift(r, dates["claim_line"]) for r in claims.arrow["claim_line"].to_pylist()
    )
    return Claims(moved, claims.arrow_problems, claims.source)


def _assumptions(
    claims: Claims,
    lines: pa.Table,
    met: Mapping[str, Any] | None,
    moved: date | None,
    payers: Mapping[str, pa.Table],
) -> tuple[str, ...]:
    """What the prices take for granted, each in one sentence."""
    [terms] = payers["pricing_terms"].to_pylist()
    locality = terms["locality"]
    where = {NATIONAL: "nationally (every geographic index 1)", BY_ZIP: "in the locality of each claim's ZIP code"}.get(
        locality, f"in locality {locality}"
    )
    provider = "the provider participates" if terms["participates"] else "the provider does not participate"
    said = [f"Priced {where}, by Medicare's fee schedules; {provider}."]
    if lines["provider_taxonomy"].null_count:
        said.append("A line whose claim does not name the specialty of who performed it is priced as a physician's.")
    said += [
        f"The plan {plan['plan_id']} ({plan['title']}) pays, at {plan['fee_share']:.0%} of Medicare's fee."
        for plan in payers["plan"].to_pylist()
    ]
    said += [f"Every patient has the Medicare supplement {s['letter']}." for s in payers["supplement"].to_pylist()]
    heads = claims.arrow["claim"].select(["claim_type", "claim_filing_code"]).to_pylist()
    if any(c["claim_type"] == "institutional" for c in heads):
        said.append(
            "Hospitals are general acute care hospitals that report quality and use electronic records; "
            f"wage index {(terms['wage_index'] or Decimal(1)).normalize():f}."
        )
        if terms["operating_cost_ratio"] is None:
            said.append("No cost-to-charge ratio is given: no stay is paid as an outlier.")
    if "inpatient" in lines["payment_system"].to_pylist():
        said.append(
            "Where the claim does not count coinsurance days, and no days used before are given, a patient's first "
            "stay has the first days of a benefit period; nor, where none are given, was a lifetime reserve day used "
            "in an earlier one."
        )
    others = payers["plan"].num_rows == 0 and sorted({c["claim_filing_code"] for c in heads} - {None, "MB", "MA"})
    if others:
        said.append(f"Claims with filing code {', '.join(others)} are priced as if Medicare were the payer.")
    if not met:
        said.append("No patient had met any of the year's deductible before these claims.")
    if moved is not None:
        said.append(f"Asked for: each claim is priced as if its first day of service had been {moved}.")
    return tuple(said)
