"""What other rows and other tables must answer of a row, worked out by the engine for the whole extract at once.

Each derived column is an expression over the judged table `t` and the look-ups joined to it; null where there is
nothing to judge. The same SQL runs on DuckDB and on Spark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbook.claims.intake.sources import Rows
from workbook.claims.intake.suites import (
    JUDGED_TABLES,
    LINES_TO_COMPARE,
    OUTLYING,
    POINTERS,
    ROW,
    UNIQUE_KEY,
    unreadable,
)
from workbook.claims.tables import CLAIM_TABLES

HIPPS_REVENUE_CODES = ("0022", "0023", "0024")
_NOT_POINTED_TO = ("admitting", "reason_for_visit", "external_cause")


@dataclass(frozen=True)
class LookUp:
    """Rows that are joined to the judged table, at most one to each of its rows."""

    name: str
    sql: str
    on: str


@dataclass(frozen=True)
class Derived:
    """A derived column: its expression, the columns (table.column) it needs, and the look-ups it is taken from."""

    sql: str
    needs: tuple[str, ...]
    of: tuple[LookUp, ...] = ()


def _by_claim(name: str, sql: str) -> LookUp:
    return LookUp(name, sql, f"{name}.claim_id = t.claim_id")


def _of_first_claim(name: str, column: str) -> LookUp:
    """What the claim table says of a claim; where the claim stands there twice, its first row counts."""
    first = f"select min({ROW}) as first_row from claim where claim_id is not null group by claim_id"
    return _by_claim(name, f"select c.claim_id, c.{column} from claim c join ({first}) f on f.first_row = c.{ROW}")


CLAIMS = _by_claim("claims", "select distinct claim_id from claim where claim_id is not null")
WITH_LINES = _by_claim("with_lines", "select distinct claim_id from claim_line where claim_id is not null")
BIRTHS = _of_first_claim("births", "patient_birth_date")
TYPES = _of_first_claim("types", "claim_type")
#: The sum of the charges of a claim's lines; null where a line's charge is missing.
TOTALS = _by_claim(
    "totals",
    "select claim_id, case when count(*) = count(billed_amount) then sum(billed_amount) end as line_total "
    "from claim_line where claim_id is not null group by claim_id",
)
DIAGNOSES = _by_claim(
    "diagnoses",
    "select claim_id, count(*) as diagnosis_count from claim_diagnosis "
    f"where claim_id is not null and (role is null or role not in {_NOT_POINTED_TO}) group by claim_id",
)
_PRICE = "cast(billed_amount / units as decimal(20, 6))"
#: Per code the two middle prices of a unit, which are one where the number of lines is odd: their mean is the median.
#: Equal prices are counted, not listed, so that a code of many lines takes little memory.
PRICES = LookUp(
    "prices",
    f"""select hcpcs_code, min(case when 2 * up_to >= line_count then price end) as lower_price,
            min(case when 2 * up_to > line_count then price end) as upper_price
        from (select hcpcs_code, price, sum(lines) over (partition by hcpcs_code order by price
                    rows between unbounded preceding and current row) as up_to,
                sum(lines) over (partition by hcpcs_code) as line_count
            from (select hcpcs_code, {_PRICE} as price, count(*) as lines from claim_line
                where units > 0 and billed_amount is not null and hcpcs_code is not null
                group by hcpcs_code, {_PRICE}) counted) ranked
        where line_count >= {LINES_TO_COMPARE} group by hcpcs_code""",
    "prices.hcpcs_code = t.hcpcs_code",
)

_STANDS = "case when t.claim_id is not null then claims.claim_id is not null end"
_MONTH_AND_DAY = "month({0}) * 100 + day({0})"
_BORN, _DAY = "births.patient_birth_date", "t.service_from_date"
_BIRTHS_NEED = ("claim_line.claim_id", "claim.claim_id", "claim.patient_birth_date")


def _stands(table: str) -> Derived:
    """Whether the row's claim is in the claim table; null where the row names no claim."""
    return Derived(_STANDS, (f"{table}.claim_id", "claim.claim_id"), (CLAIMS,))


def _is_met(pointer: str) -> Derived:
    """Whether the claim has as many diagnoses as the pointer counts; null where another check judges the pointer."""
    sql = (
        f"case when t.{pointer} between 1 and 12 and claims.claim_id is not null "
        f"then t.{pointer} <= coalesce(diagnoses.diagnosis_count, 0) end"
    )
    needs = ("claim_diagnosis.claim_id", "claim_diagnosis.role", "claim_line.claim_id", f"claim_line.{pointer}")
    return Derived(sql, (*needs, "claim.claim_id"), (CLAIMS, DIAGNOSES))


def _of_types(*types: str) -> Derived:
    """The frequency code of claims of these types."""
    sql = "case when t.claim_type in ({}) then t.frequency_code end".format(", ".join(f"'{t}'" for t in types))
    return Derived(sql, ("claim.claim_type", "claim.frequency_code"))


#: table → derived column → how it is worked out; every table has a `UNIQUE_KEY`, too.
DERIVED: Mapping[str, Mapping[str, Derived]] = {
    **{name: {"claim_stands": _stands(name)} for name in CLAIM_TABLES},
    "problem": {},
    "claim": {
        "has_a_line": Derived(
            "case when t.claim_id is not null then with_lines.claim_id is not null end",
            ("claim.claim_id", "claim_line.claim_id"), (WITH_LINES,),
        ),
        "line_total": Derived(
            "totals.line_total", ("claim_line.claim_id", "claim_line.billed_amount", "claim.claim_id"), (TOTALS,)
        ),
        "professional_frequency_code": _of_types("professional", "dental"),
        "institutional_frequency_code": _of_types("institutional"),
    },
    "claim_diagnosis": {
        "claim_stands": _stands("claim_diagnosis"),
        "icd10_code": Derived(
            "case when t.code_set = 'icd10' then t.diagnosis_code end",
            ("claim_diagnosis.code_set", "claim_diagnosis.diagnosis_code"),
        ),
    },
    "claim_line": {
        "claim_stands": _stands("claim_line"),
        "patient_birth_date": Derived(_BORN, _BIRTHS_NEED, (BIRTHS,)),
        # whole years on the first day of service
        "patient_age": Derived(
            f"year({_DAY}) - year({_BORN}) - "
            f"case when {_MONTH_AND_DAY.format(_DAY)} < {_MONTH_AND_DAY.format(_BORN)} then 1 else 0 end",
            (*_BIRTHS_NEED, "claim_line.service_from_date"), (BIRTHS,),
        ),
        # whether a professional line points to a diagnosis; null on other lines
        "points": Derived(
            f"case when types.claim_type = 'professional' then t.{POINTERS[0]} is not null end",
            ("claim.claim_id", "claim.claim_type", "claim_line.claim_id", f"claim_line.{POINTERS[0]}"), (TYPES,),
        ),
        # whether a unit costs at most OUTLYING times the median of its code; null where too few lines have the code
        "charge_is_usual": Derived(
            f"case when t.units > 0 then 2 * {_PRICE.replace('billed', 't.billed').replace('units', 't.units')} "
            f"<= {OUTLYING} * (prices.lower_price + prices.upper_price) end",
            ("claim_line.hcpcs_code", "claim_line.billed_amount", "claim_line.units"), (PRICES,),
        ),
        "hcpcs_code_to_judge": Derived(
            f"case when t.revenue_code is null or t.revenue_code not in {HIPPS_REVENUE_CODES} then t.hcpcs_code end",
            ("claim_line.revenue_code", "claim_line.hcpcs_code"),
        ),
        **{f"{pointer}_is_met": _is_met(pointer) for pointer in POINTERS},
    },
}  # fmt: skip


def obstacle(rows: Mapping[str, Rows], table: str, column: str) -> str | None:
    """Why a check of `column`, of the table or derived, cannot run; None when it can."""
    name = next((c for c in JUDGED_TABLES[table].names if column == unreadable(c)), None)
    if name is not None:
        return None if name in rows[table].columns else rows[table].obstacle(table, name)
    if column == UNIQUE_KEY:
        return next(
            (rows[table].obstacle(table, k) for k in JUDGED_TABLES[table].key if k not in rows[table].columns), None
        )
    if column not in DERIVED[table]:
        return rows[table].obstacle(table, column)
    for needed in DERIVED[table][column].needs:
        other, _, its = needed.partition(".")
        if (why := absence(other) if other not in rows else rows[other].obstacle(other, its)) is not None:
            return why
    return None


def absence(table: str) -> str:
    """Why a check of a table that is not there cannot run."""
    return f"there is no {table} table"


def needed_columns(table: str) -> set[str]:
    """The columns of `table` that some derived column needs, and its key."""
    needs = {need.partition(".")[::2] for columns in DERIVED.values() for one in columns.values() for need in one.needs}
    return {column for name, column in needs if name == table} | set(JUDGED_TABLES[table].key)


def select(rows: Mapping[str, Rows], table: str, columns: Iterable[str]) -> str:
    """SELECT the derived `columns` of every row of `table`, with the row's number, in the order of the rows."""
    look_ups: dict[str, LookUp] = {}
    chosen = [f"t.{ROW}"]
    for column in columns:
        derived = _unique_key(rows, table) if column == UNIQUE_KEY else DERIVED[table][column]
        look_ups |= {look_up.name: look_up for look_up in derived.of}
        chosen.append(f"{derived.sql} as {column}")
    joins = "".join(f" left join ({one.sql}) {one.name} on {one.on}" for one in look_ups.values())
    return f"select {', '.join(chosen)} from {table} t{joins} order by t.{ROW}"


def _unique_key(rows: Mapping[str, Rows], table: str) -> Derived:
    """Whether no other row has the key; a key that is partly missing is one, and one that is wholly missing is none.

    The text of a cell of the key that could not be read tells rows apart as well as a value would.
    """
    keys = JUDGED_TABLES[table].key
    key = [*keys, *(unreadable(k) for k in keys if k in rows[table].with_unreadable)]
    names, has_key = ", ".join(key), " or ".join(f"t.{k} is not null" for k in key)
    sql = f"select {names}, true as is_repeated from {table} group by {names} having count(*) > 1"
    on = " and ".join(f"repeated.{k} is not distinct from t.{k}" for k in key)
    return Derived(f"case when {has_key} then repeated.is_repeated is null end", (), (LookUp("repeated", sql, on),))
