"""What a SELECT on a page reads and returns, and whether it is only a SELECT.

Pages are written in DuckDB's SQL. A page may read the tables it declares and nothing else: no file, no setting,
no second statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from workbook.terms import WorkbookError


@dataclass(frozen=True)
class Select:
    """One checked SELECT: its text, the columns it returns and the tables it reads."""

    sql: str
    columns: tuple[str, ...]
    reads: frozenset[str]


def parse_select(sql: str, where: str, line: int = 1) -> Select:
    """Check that `sql` is one SELECT over named tables.

    `where` and `line` (of the text's first line) name the place in errors. Raises WorkbookError when the text does
    not parse, is not a SELECT, reads a file or a table function, or returns unnamed columns.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    try:
        statements = sqlglot.parse(sql, read="duckdb")
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
        raise WorkbookError(f"{where}, line {line}: expected one SELECT and nothing else")
    with_names = {cte.alias for cte in tree.find_all(exp.CTE)}
    reads = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.db or table.this.quoted:
            raise WorkbookError(
                f"{where}, line {line}: {table.sql()} is not a declared table; a page reads tables by name"
            )
        if table.name not in with_names:
            reads.add(table.name)
    columns = tuple(tree.named_selects)
    if not columns or not all(name.isidentifier() for name in columns):
        raise WorkbookError(f"{where}, line {line}: name every column the SELECT returns (no *, no unnamed expression)")
    return Select(sql, columns, frozenset(reads))


@lru_cache(maxsize=1024)
def to_spark(sql: str) -> str:
    """Translate a SELECT from DuckDB's SQL into Spark's."""
    import sqlglot

    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]
