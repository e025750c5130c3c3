"""How does a wide extract become claim tables? One row per claim or line, mapped by a page, inside the engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.formats import wide_sql as sql
from workbook.claims.formats.layout import COUNTED, Block, Layout, Source, layout_of, layouts
from workbook.claims.formats.spool import AT, FILE, ROW, header, lacking, spool
from workbook.claims.model import Claims
from workbook.claims.table_files import SUFFIXES
from workbook.claims.tables import CLAIM_TABLES, PROBLEM
from workbook.claims.x12.rows import Problems
from workbook.engine import Engine, Table, open_engine
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

#: What the engine may hold in memory before it spills into a folder that is removed in the end.
MEMORY_LIMIT = "1GB"
_FORMS = {
    "text": "its list of values",
    "integer": "a whole number",
    "money": "an amount in dollars and cents",
    "quantity": "a number with at most three decimals",
    "date": "a date as the layout writes it",
    "boolean": "yes, no, true or false",
}


def read_wide(path: str | Path, layout: str | Path | Layout | None = None, memory_limit: str = MEMORY_LIMIT) -> Claims:
    """Read a wide CSV or Parquet extract as claims.

    `path` is a file, or the folder that holds the files of the layout. `layout` is the name of a layout of the package
    (`layouts()`), a page of your own, or None: then the columns tell which it is. A row that cannot become a claim or a
    line, and a cell that does not fit its column, is a row of `.problems`; so is what the layout does not carry. The
    engine takes `memory_limit` and spills the rest to disk; the claims themselves, about 350 MB a million lines, and
    the reader of the file come on top.

    Raises WorkbookError when a file is missing, empty or lacks a column, no layout fits, or the limit is too low.
    """
    chosen = layout if isinstance(layout, Layout) else layout_of(layout) if layout else recognised(Path(path))
    return _read(_files(Path(path), chosen), chosen, str(path), memory_limit)


def recognised(path: Path) -> Layout:
    """The one layout whose columns the files at `path` have."""
    fitting = {name: layout for name, layout in layouts().items() if _fits(path, layout)}
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    if fitting:
        raise WorkbookError(
            f"{path} holds files of several layouts, {' and '.join(fitting)}; convert one file at a time, or name one "
            "with --map"
        )
    if path.is_file():
        header(path, ",")  # says when it is empty or unreadable
    elif not path.exists():
        raise WorkbookError(f"{path}: there is no such file or folder; check the path")
    known = ", ".join(f"{name} ({layout.title})" for name, layout in layouts().items())
    raise WorkbookError(
        f"{path} has the columns of no known layout: {known}; give a page of your own with --map "
        "(`workbook convert --template` prints one to start from)"
    )


def _fits(path: Path, layout: Layout) -> bool:
    try:
        files = _files(path, layout)
    except WorkbookError:
        return False
    return not any(
        lacking(header(p, layout.separator), layout.needs(f), layout.optional)
        for f, paths in files.items()
        for p in paths
    )


def _files(path: Path, layout: Layout) -> dict[str, list[Path]]:
    """The files of each part of the layout; beside a file that is named itself stand the others."""
    if not path.exists():
        raise WorkbookError(f"{path}: there is no such file or folder; check the path")
    folder = path if path.is_dir() else path.parent
    found: dict[str, list[Path]] = {}
    for name, file in layout.files.items():
        if path.is_file() and name == layout.main:
            found[name] = [path]
            continue
        lower = [pattern.lower() for pattern in file.names]
        found[name] = sorted(
            p for p in folder.iterdir() if p.is_file() and any(Path(p.name.lower()).match(one) for one in lower)
        )
        if not found[name]:
            raise WorkbookError(
                f"{folder} holds no file called {' or '.join(file.names)}, which layout {layout.title!r} expects"
            )
    return found


def _read(files: dict[str, list[Path]], layout: Layout, source: str, memory_limit: str) -> Claims:
    with tempfile.TemporaryDirectory(prefix="workbook-wide-") as folder:
        problems = Problems()
        engine = open_engine("duckdb", memory_limit=memory_limit, spill_folder=folder)
        try:
            for name, paths in files.items():
                target = Path(folder) / f"{name}.parquet"
                spool(paths, layout.needs(name), layout.separator, target, problems, layout.optional)
                engine.put(f"spooled_{name}", target)
            _name_unread(Path(source), files, problems)
            told = [engine.query(sql.collected(_rows(engine, layout)))]
            tables = dict(_tables(engine, layout, told))
            return Claims(tables, _problems(engine, told, layout, problems), source)
        finally:
            engine.close()


def _name_unread(path: Path, files: dict[str, list[Path]], problems: Problems) -> None:
    """Tell of the tables of a folder that are no part of the extract."""
    if not path.is_dir():
        return
    read = {p for paths in files.values() for p in paths}
    for other in sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p not in read):
        problems.file = str(other)
        problems.add("not read: it is no part of the layout", severity="warning")


def _rows(engine: Engine, layout: Layout) -> Iterator[str]:
    """Keep the rows that become claims and lines; yields the SELECTs of those that cannot."""
    main = layout.main
    for file, one in layout.files.items():
        rows = sql.clean(layout, file)
        engine.keep(f"seen_{file}", f"select {ROW}, {FILE}, {AT}, key_, {sql.said(layout, file)} as said from ({rows})")
        yield _lost(f"seen_{file} s where s.key_ is null", f": {one.claim_id} is empty, so the row belongs to no claim")
        if one.keep:
            kept = " and ".join(f"{column} is {' or '.join(values)}" for column, values in one.keep.items())
            left = f"from spooled_{file} x anti join seen_{file} s on s.{ROW} = x.{ROW} having count(*) > 0"
            message = f"count(*) || {sql.text(f' rows left out: the layout keeps those where {kept}')}"
            yield sql.problem(left, message, severity="warning", file=f"min(x.{FILE})", at="0")
    engine.keep("claim_ids", f"select key_, min({ROW}) as {ROW} from seen_{main} where key_ is not null group by key_")
    later = f"seen_{main} s join claim_ids c on c.key_ = s.key_ and c.{ROW} <> s.{ROW}"
    if layout.grain == "claim":
        yield _lost(later, ": the claim stands in an earlier row too; this row was not read", "s.key_")
    else:
        later += f" join seen_{main} f on f.{ROW} = c.{ROW} where s.said <> f.said"
        yield _lost(later, ": it does not say of the claim what the claim's first row says, which counts", "s.key_")
    for file in layout.files:
        if file != main:
            orphans = f"seen_{file} s anti join claim_ids c on c.key_ = s.key_ where s.key_ is not null"
            yield _lost(orphans, f": its claim is not in {main}, so it was not read", "s.key_")
        by = ROW if file == main and layout.grain == "claim" else "key_"
        rows = f"select r.* from ({sql.clean(layout, file)}) r semi join claim_ids c on c.{by} = r.{by}"
        engine.keep(f"rows_{file}", rows)
    if layout.grain == "line":
        engine.keep(f"first_{main}", f"select r.* from rows_{main} r semi join claim_ids c on c.{ROW} = r.{ROW}")


def _lost(rows: str, what: str, claim: str = "cast(null as varchar)") -> str:
    message = f"'row ' || s.{AT} || {sql.text(what)}"
    return sql.problem(f"from {rows}", message, claim=claim, file=f"s.{FILE}", at=f"s.{AT}")


def _tables(engine: Engine, layout: Layout, told: list[pa.Table]) -> Iterator[tuple[str, pa.Table]]:
    """The claim tables of the kept rows, one after the other; what does not fit is added to `told`."""
    for name in sorted(layout.tables, key=_order):
        table = CLAIM_TABLES[name]
        found: dict[str, list[Source]] = {}
        for block in layout.tables[name]:
            for column, source in block.columns.items():
                found.setdefault(column, []).append(source)
        mapped = [column for column in table.names if column in found]
        kept = _raw(engine, layout, table, found, mapped)
        engine.keep(name, sql.typed(layout, table, mapped, kept))
        at_fault = [_left_out(layout, name, block) for block in layout.tables[name] if block.leave_out]
        for column, sources in found.items():
            if summed := [s.sum_of_lines for s in sources if s.sum_of_lines]:
                engine.keep("summed", sql.summed(column, summed[0]))
                engine.keep(name, "select * from summed")
            elif any(s.constant is None for s in sources):
                at_fault.append(sql.unfit(layout, table[column], _expected(table, column, sources), kept))
                if table[column].required:
                    at_fault.append(sql.empty(table, table[column], kept))
        told.append(engine.query(sql.collected(at_fault)))
        engine.drop(kept)
        yield name, _result(engine, table, mapped)
        if name == "claim_diagnosis":
            engine.keep("listed_diagnosis", sql.LISTED_DIAGNOSIS)
        if name not in ("claim", "claim_line"):  # these two are compared in the end
            engine.drop(name)


def _raw(engine: Engine, layout: Layout, table: Table, found: dict[str, list[Source]], mapped: list[str]) -> str:
    """Keep the rows of a table with their values as text; gives the name they are kept under."""
    engine.keep("raw", sql.raw(layout, table, mapped))
    if pointers := [column for column, sources in found.items() if any(s.diagnosis for s in sources)]:
        engine.keep("pointed", sql.pointed(pointers, "raw"))
        engine.drop("raw")
        return "pointed"
    return "raw"


def _left_out(layout: Layout, table: str, block: Block) -> str:
    values = " or ".join(f"{column} is {' or '.join(values)}" for column, values in block.leave_out.items())
    message = f"count(*) || {sql.text(f' rows make no {table}: the layout leaves out those where {values}')}"
    where = f"from rows_{block.file or layout.main} where {sql.leave_out(block)} having count(*) > 0"
    return sql.problem(where, message, severity="warning", file=f"min({FILE})", at="0")


def _order(table: str) -> int:
    """Diagnoses before the lines that point to them, lines before the claims that sum them up."""
    return {"claim_diagnosis": 0, "claim_line": 1, "claim": 2}.get(table, 3)


def _expected(table: Table, column: str, sources: list[Source]) -> str:
    read = [name for source in sources for name in source.reads()]
    listed = [value for source in sources for value in source.values]
    if any(source.diagnosis for source in sources):
        form = "no diagnosis of the claim and no position from 1 to 12"
    elif listed:
        form = f"not one of {', '.join(listed)}"
    else:
        form = f"not {_FORMS[table[column].type]}"
    return f"in {' or '.join(dict.fromkeys(read))} is {form}, as {table.name}.{column} needs"


def _result(engine: Engine, table: Table, mapped: list[str]) -> pa.Table:
    """A finished table in the order of the extract, with its declared columns."""
    import pyarrow as pa

    counted = [column for column in COUNTED if column in table.names and table[column].required]
    columns = [sql.name(column) for column in dict.fromkeys(["claim_id", *mapped, *counted])]
    if table.name == "claim":
        columns.append(f"{FILE} as source_file")
    found = engine.query(f"select {', '.join(columns)} from {table.name} order by {ROW}, slot_")
    have = set(found.column_names)
    return pa.table(
        [found[f.name].cast(f.type) if f.name in have else pa.nulls(found.num_rows, f.type) for f in table.schema],
        schema=table.schema,
    )


def _problems(engine: Engine, told: list[pa.Table], layout: Layout, problems: Problems) -> pa.Table:
    """What was met while spooling, and what the SELECTs find, file by file and row by row."""
    import pyarrow as pa

    lineless = "from claim c anti join claim_line l on l.claim_id = c.claim_id"
    message = f"'row ' || {AT} || ': the claim has no line'"
    told.append(engine.query(sql.collected([sql.problem(lineless, message, "", "c.claim_id", "warning")])))
    (problems.file,) = engine.query(f"select min({FILE}) as file from spooled_{layout.main}")["file"].to_pylist()
    for name, blocks in layout.tables.items():
        given = {column for block in blocks for column in block.columns} | {"claim_id", *COUNTED}
        if missing := [c.name for c in CLAIM_TABLES[name].columns if c.required and c.name not in given]:
            say = f"the layout has no column for {', '.join(missing)} of {name}; there they are empty"
            problems.add(say, severity="warning")
    found = pa.concat_tables(told).sort_by([(c, "ascending") for c in ("file", "at_", "element", "message")])
    rows = {column: found[column] for column in ("file", "element", "severity", "claim_id", "message")}
    rows["level"] = pa.repeat(pa.scalar(2, pa.int64()), found.num_rows)
    columns = [
        rows[f.name].cast(f.type) if f.name in rows else pa.nulls(found.num_rows, f.type) for f in PROBLEM.schema
    ]
    return pa.concat_tables([problems.to_arrow(), pa.table(columns, schema=PROBLEM.schema)])
