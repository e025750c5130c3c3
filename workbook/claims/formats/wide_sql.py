"""How does a layout page become SQL? Values as text, then as their columns' types, and the cells that do not fit."""

from __future__ import annotations

from collections.abc import Iterable

from workbook.claims.formats.layout import COUNTED, Block, Layout, Source
from workbook.claims.formats.spool import AT, FILE, ROW
from workbook.engine.table import TYPES, Column, Table

#: Stands before a text that its column cannot take, so that the typed column is null and the cell is told.
UNFIT = "\x01"
#: Code columns are kept undotted and in capitals.
_UNDOTTED = ("diagnosis_code", "procedure_code")
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")  # how dates and timestamps of a Parquet file read as text
#: What a counted column is counted within, besides the claim: of these, what a page maps.
_WITHIN = ("line_number", "role")
_ROLE = "case when role in ('principal', 'other') then 'listed' else role end"  # they are one list


def name(text: str) -> str:
    """An identifier in quotes."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def clean(layout: Layout, file: str) -> str:
    """SELECT the rows of a spooled file that are kept: cells trimmed, empty ones null, the claim's number as key_."""
    empty = ", ".join(text(value) for value in ("", *layout.empty))
    cells = [
        f"case when trim({name(c)}) in ({empty}) then null else trim({name(c)}) end as {name(c)}"
        for c in layout.needs(file)
    ]
    kept = " and ".join(
        f"trim(coalesce({name(column)}, '')) in ({', '.join(text(v) for v in values)})"
        for column, values in layout.files[file].keep.items()
    )
    rows = f"select {ROW}, {FILE}, {AT}, {', '.join(cells)} from {name('spooled_' + file)} where {kept or 'true'}"
    return f"select *, {name(layout.files[file].claim_id)} as key_ from ({rows})"


def said(layout: Layout, file: str) -> str:
    """A number that differs where two rows of one claim differ in what they say of the whole claim."""
    columns = [c for t, b in layout.blocks(file) if not of_line(t, b) for c in b.reads()]
    return f"hash({', '.join(name(c) for c in dict.fromkeys(columns))})" if columns else "0"


def of_line(table: str, block: Block) -> bool:
    """True when a block says something about a line, so that every row of the extract has its own."""
    return table == "claim_line" or "line_number" in block.columns


def raw(layout: Layout, table: Table, mapped: list[str]) -> str:
    """SELECT the rows of a table with values as text: row_, file_, at_, slot_, claim_id and the mapped columns."""
    parts = []
    for order, block in enumerate(layout.tables[table.name]):
        file = block.file or layout.main
        once = layout.grain == "line" and file == layout.main and not of_line(table.name, block)
        source = name(f"{'first' if once else 'rows'}_{file}")
        for n in range(1, block.repeat + 1):
            values = [
                f"{_value(block.columns[c], n, table[c])} as {name(c)}" if c in block.columns
                else f"cast(null as varchar) as {name(c)}"
                for c in mapped
            ]  # fmt: skip
            present = ", ".join(_numbered(column, n) for column in block.present)
            given = [f"coalesce({present}) is not null"] if present else []
            if block.unless_equal:
                given += [f"{_numbered(c, n)} is distinct from {name(block.unless_equal)}" for c in block.present]
            given += [f"not ({left_out})" for left_out in [leave_out(block)] if left_out]
            parts.append(
                f"select {ROW}, {FILE}, {AT}, {order * 1000 + n} as slot_, key_ as claim_id, {', '.join(values)} "
                f"from {source} where {' and '.join(given) or 'true'}"
            )
    return " union all ".join(parts)


def leave_out(block: Block) -> str:
    """The condition of the rows that a block leaves out; empty when there is none."""
    return " or ".join(
        f"coalesce({name(column)}, '') in ({', '.join(text(v) for v in values)})"
        for column, values in block.leave_out.items()
    )


def _numbered(column: str, n: int) -> str:
    return name(column.replace("#", str(n)))


def _value(source: Source, n: int, column: Column) -> str:
    """One value as text. A value that `values` does not list is marked UNFIT."""
    if source.constant is not None:
        return text(source.constant.replace("#", str(n)))
    if source.sum_of_lines:
        return "cast(null as varchar)"  # filled in when the lines are known
    if source.columns:
        return " || ".join(_numbered(c, n) for c in source.columns)
    found = _numbered(source.column or source.diagnosis or "", n)
    if source.first_of:
        found = f"coalesce({', '.join(_numbered(c, n) for c in source.first_of)})"
    if source.empty:
        found = f"case when {found} not in ({', '.join(text(v) for v in source.empty)}) then {found} end"
    if source.values:
        cases = " ".join(
            f"when {text(old)} then {'cast(null as varchar)' if new is None else text(new)}"
            for old, new in source.values.items()
        )
        return f"case {found} {cases} else {text(UNFIT)} || {found} end"
    return f"upper(replace({found}, '.', ''))" if column.name in _UNDOTTED else found


def pointed(columns: list[str], raw_line: str) -> str:
    """SELECT the raw lines with each diagnosis that a line names turned into its position on the claim."""
    taken, joins = [], []
    for i, column in enumerate(columns):
        cell = f"l.{name(column)}"
        taken.append(
            f"case when {cell} is null then null when p{i}.sequence is not null then cast(p{i}.sequence as varchar) "
            f"when regexp_full_match({cell}, '[1-9]|1[0-2]') then {cell} "
            f"else {text(UNFIT)} || {cell} end as {name(column)}"
        )
        joins.append(
            f"left join listed_diagnosis p{i} on p{i}.claim_id = l.claim_id "
            f"and p{i}.diagnosis_code = upper(replace({cell}, '.', ''))"
        )
    return f"select l.* replace ({', '.join(taken)}) from {name(raw_line)} l {' '.join(joins)}"


LISTED_DIAGNOSIS = (
    "select claim_id, diagnosis_code, min(sequence) as sequence from claim_diagnosis "
    "where role in ('principal', 'other') group by all"
)


def summed(column: str, of_lines: str) -> str:
    """SELECT the claims with a column set to the sum of a column of their lines; null where a line's is null."""
    amount = name(of_lines)
    total = f"case when count(*) = count({amount}) then cast(sum({amount}) as decimal(12,2)) end"
    sums = f"select claim_id, {total} as total from claim_line group by claim_id"
    return (
        f"select c.* replace (s.total as {name(column)}) from claim c left join ({sums}) s on s.claim_id = c.claim_id"
    )


def typed(layout: Layout, table: Table, mapped: list[str], source: str) -> str:
    """SELECT a table with its types out of its raw rows; sequence and line_number are counted where not mapped."""
    columns = [f"{fitted(table[c], name(c), layout)} as {name(c)}" for c in mapped]
    for counted in COUNTED:
        if counted in table.names and counted not in mapped and table[counted].required:
            within = ["claim_id", *(_ROLE if c == "role" else c for c in _WITHIN if c in mapped)]
            columns.append(f"row_number() over (partition by {', '.join(within)} order by {ROW}, slot_) as {counted}")
    return f"select {ROW}, slot_, {FILE}, {AT}, claim_id, {', '.join(columns)} from {name(source)}"


def fitted(column: Column, cell: str, layout: Layout) -> str:
    """A cell as its column's type; null when it does not fit, so that part cents and part units are never rounded."""
    kind = TYPES[column.type]
    match column.type:
        case "text":
            return f"case when starts_with({cell}, {text(UNFIT)}) then null else {cell} end"
        case "date":
            forms = ", ".join(text(form) for form in (*layout.dates, *_ISO))
            day = f"cast(try_strptime({cell}, [{forms}]) as date)"
            return f"case when year({day}) between 1850 and 2199 then {day} end"
        case "boolean":
            yes, no = (f"lower({cell}) in ({said})" for said in ("'yes', 'true'", "'no', 'false'"))
            return f"case when {yes} then true when {no} then false end"
    amount = cell
    if column.type == "money" and layout.amounts == "dollars":
        amount = f"replace(replace({cell}, '$', ''), ',', '')"
        amount = f"regexp_replace({amount}, '^\\((.*)\\)$', '-\\1')"
    whole = f"try_cast({amount} as decimal(30,10))"
    return f"case when {whole} = try_cast({amount} as {kind}) then try_cast({amount} as {kind}) end"


def unfit(layout: Layout, column: Column, what: str, source: str) -> str:
    """SELECT the cells of one column that do not fit, as problems; `what` says what was expected."""
    cell = name(column.name)
    shown = f"replace(replace({cell}, {text(UNFIT)}, ''), chr(10), ' ')"
    message = f"'row ' || {AT} || ': ' || chr(39) || {shown} || chr(39) || {text(f' {what}; left empty')}"
    where = f"from {name(source)} where {cell} is not null and {fitted(column, cell, layout)} is null"
    return problem(where, message, column.name, "claim_id")


def empty(table: Table, column: Column, source: str) -> str:
    """SELECT one problem that counts the empty cells of a required column."""
    said = text(f"{table.name}.{column.name} is empty in ")
    message = f"{said} || count(*) || ' rows, the first of them row ' || min({AT})"
    where = f"from {name(source)} where {name(column.name)} is null having count(*) > 0"
    return problem(where, message, column.name, file=f"min({FILE})", at="0")


def collected(selects: Iterable[str]) -> str:
    """SELECT all rows of several SELECTs of problems."""
    columns = "cast(file as varchar) as file, cast(at_ as bigint) as at_, claim_id, element, severity, message"
    nothing = problem("where false", "cast(null as varchar)", file="cast(null as varchar)", at="0")
    return f"select {columns} from ({' union all '.join([*selects, nothing])})"


def problem(
    where: str, message: str, element: str = "", claim: str = "cast(null as varchar)", severity: str = "error",
    file: str = FILE, at: str = AT,
) -> str:  # fmt: skip
    """SELECT rows of the problem table; `where` is the FROM and WHERE of the rows at fault."""
    named = text(element) if element else "cast(null as varchar)"
    return (
        f"select {file} as file, {at} as at_, {claim} as claim_id, {named} as element, {text(severity)} as severity, "
        f"{message} as message {where}"
    )
