"""What a SELECT on a page reads and returns, and whether it is only a SELECT.

Pages are written in DuckDB's SQL. A page may read the tables it declares and nothing else: no file, no setting, no
function that reaches outside, no second statement. What one engine alone knows is refused as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Select:
    """One checked SELECT: its text, the columns it returns and the tables it reads."""

    sql: str
    columns: tuple[str, ...]
    reads: frozenset[str]

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Every name in the text: a column that is not among them is not read, whosever it is."""
        from sqlglot import exp

        return frozenset(i.name for i in parsed(self.sql).find_all(exp.Identifier))

    def row_by_row(self, table: str, key: Iterable[str]) -> str | None:
        """The alias of `table`, if the SELECT returns `key` from it and drops and gathers no row of it; else None.

        It may still return a row more than once, where a join finds several partners.
        """
        return _row_by_row(self.sql, table, tuple(key))

    def reading(self, alias: str, table: str, columns: Iterable[str]) -> Select:
        """The same SELECT with `alias` standing for `table` instead, which returns these columns of it besides."""
        added = tuple(c for c in columns if c not in self.columns)
        return replace(self, sql=_reading(self.sql, alias, table, added), columns=(*self.columns, *added))


@lru_cache(maxsize=4096)
def _row_by_row(sql: str, table: str, key: tuple[str, ...]) -> str | None:
    from sqlglot import exp

    tree = parsed(sql)
    source = tree.args.get("from_")
    if not isinstance(tree, exp.Select) or source is None or any(tree.args.get(part) for part in ("where", *GATHERING)):
        return None
    joins = tree.args.get("joins") or []
    if not isinstance(source.this, exp.Table) or source.this.name != table or not all(map(_keeps_rows, joins)):
        return None
    alias: str = source.this.alias_or_name
    own = {e.alias_or_name: e for e in tree.expressions}
    plain = (own[k].unalias() for k in key)
    same = all(isinstance(e, exp.Column) and (e.name, e.table) == (k, alias) for k, e in zip(key, plain, strict=True))
    return alias if same else None


@lru_cache(maxsize=4096)
def _reading(sql: str, alias: str, table: str, added: tuple[str, ...]) -> str:
    from sqlglot import exp

    tree = parsed(sql).copy()
    tree.args["from_"].set("this", exp.alias_(exp.to_table(table), alias, table=True))
    read: str = tree.select(*(exp.alias_(exp.column(c, table=alias), c) for c in added)).sql("duckdb")
    return read


#: the parts by which a SELECT gathers its rows, or leaves some out for others' sake
GATHERING = ("group", "having", "qualify", "distinct", "limit", "offset", "with_", "sample", "laterals")


def _keeps_rows(join: exp.Join) -> bool:
    """True for a left join, and for a cross join: a SELECT that loses rows by one returns too few, which is counted."""
    return (join.side == "LEFT" and join.kind in ("", "OUTER")) or (join.kind == "CROSS" and not join.side)


@lru_cache(maxsize=4096)
def _statements(sql: str) -> tuple[Any, ...]:
    """What the text says, parsed once; nobody may change it."""
    import sqlglot

    return tuple(sqlglot.parse(sql, read="duckdb"))


def parsed(sql: str) -> exp.Query:
    """The tree of a SELECT that was checked; nobody may change it."""
    from sqlglot import exp

    [tree] = _statements(sql)
    assert isinstance(tree, exp.Query)
    return tree


def parse_select(sql: str, where: str, line: int = 1) -> Select:
    """Check that `sql` is one SELECT over named tables.

    `where` and `line` (of the text's first line) name the place in errors. Raises WorkbookError when the text does
    not parse, is not a SELECT, reads a file or a table function, calls a function that not every engine knows or that
    reaches outside the tables, or returns unnamed columns.
    """
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    def refuse(why: str, node: exp.Expression | None = None) -> WorkbookError:
        at = next((n.meta["line"] for n in node.walk() if "line" in n.meta), 1) if node is not None else 1
        return WorkbookError(f"{where}, line {line + at - 1}: {why}")

    try:
        statements = _statements(sql)
    except ParseError as error:
        fault = error.errors[0]
        raise WorkbookError(
            f"{where}, line {line + int(fault['line'] or 1) - 1}: the SQL does not parse near {fault['highlight']!r}: "
            f"{fault['description']}"
        ) from None
    except TokenError as error:
        raise WorkbookError(f"{where}, line {line}: the SQL does not parse: {error}") from None
    tree = statements[0] if len(statements) == 1 else None
    if not isinstance(tree, exp.Query):
        raise refuse("expected one SELECT and nothing else")
    reads = _tables(tree, refuse)
    _check_functions(tree, refuse)
    columns = tuple(tree.named_selects)
    if not columns or not all(name.isidentifier() for name in columns):
        raise refuse("name every column the SELECT returns (no *, no unnamed expression)")
    return Select(sql, columns, frozenset(reads))


Refuse = Callable[..., WorkbookError]


def _tables(tree: exp.Query, refuse: Refuse) -> set[str]:
    """The tables that are read; a name given by WITH hides a table only where the engines agree that it does."""
    from sqlglot import exp

    first = tree.args.get("with_")
    for other in tree.find_all(exp.With):
        if other is not first or other.recursive:
            raise refuse("WITH stands before the whole SELECT, once and without RECURSIVE", other)
    reads: set[str] = set()
    known: set[str] = set()
    for cte in first.expressions if first else ():
        reads |= _read_in(cte.this, refuse) - known
        known.add(cte.alias)
    if first:
        tree = tree.copy()
        tree.set("with_", None)
    return reads | (_read_in(tree, refuse) - known)


def _read_in(tree: exp.Query, refuse: Refuse) -> set[str]:
    from sqlglot import exp

    reads = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.args.get("db") or table.this.quoted:
            raise refuse(f"{table.sql('duckdb')} is not a declared table; a page reads tables by name", table)
        reads.add(table.name)
    return reads


def _check_functions(tree: exp.Query, refuse: Refuse) -> None:
    from sqlglot import exp

    statements = (exp.Command, exp.Describe, exp.Show, exp.Summarize, exp.Into, exp.DDL, exp.DML)
    outside = (exp.ReadCSV, exp.ReadParquet, exp.GenerateSeries, exp.CurrentUser, exp.CurrentDatabase,
               exp.CurrentSchema, exp.CurrentCatalog, exp.CurrentVersion, exp.SessionUser, exp.Rand, exp.Randn,
               exp.Uuid, exp.Placeholder, exp.Parameter, exp.SessionParameter, exp.TableSample)  # fmt: skip
    for node in tree.walk():
        if isinstance(node, statements):
            raise refuse("expected one SELECT and nothing else", node)
        if isinstance(node, exp.Anonymous):
            raise refuse(f"{node.name}() is not a function that a page may call: not every engine knows it", node)
        if isinstance(node, outside):
            raise refuse(f"{node.sql('duckdb')} is not for a page: it says what the tables do not", node)


@lru_cache(maxsize=1024)
def to_spark(sql: str) -> str:
    """Translate a SELECT from DuckDB's SQL into Spark's."""
    import sqlglot

    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]
