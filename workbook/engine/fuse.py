"""Rows to which SELECTs give columns, one after the other, written once for many SELECTs and not once for each.

A SELECT that looks at each row alone (it reads the rows once, gathers none and ranks none) is turned into one that
hands on every row with what it returns for it beside. Such SELECTs follow each other inside one statement. Others are
joined to the rows by key, and read them as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbook.engine.run import Engine, columns_of
from workbook.engine.select import GATHERING, Select, parsed
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Given:
    """A column that a SELECT gives: its SQL type, and its value over what is returned (`a`) and the row before (`l`).

    A row for which the SELECT returns nothing keeps what it has there, or has null when the column is new.
    """

    name: str
    type: str
    value: str


class RowTwiceError(WorkbookError):
    """A SELECT returned two rows for one: which SELECT (as it was called), and the key of the row."""

    def __init__(self, called: str, key: dict[str, Any]) -> None:
        super().__init__(f"{called}: two rows for {key}")
        self.called = called
        self.key = key


@dataclass(frozen=True)
class _Gift:
    called: str
    select: Select
    given: tuple[Given, ...]
    needed: frozenset[str] | None


#: so many SELECTs wait at most until rows are written, for all are reckoned again for each that gathers rows
MOST_WAITING = 8
#: few rows are written sooner than a long statement is read
FEW_ROWS, MOST_WAITING_FOR_FEW = 50_000, 3


class Rows:
    """The rows kept as `table` in an engine, which SELECTs read as `name` and give columns to.

    What they give is reckoned whenever the rows are read, until it is written: call `write` before you read them often.
    `table` goes when the rows are written anew. `types` are of its columns (name → SQL type): those that are null on
    every row are written no more.
    """

    def __init__(self, engine: Engine, name: str, table: str, key: Sequence[str], types: Mapping[str, str]) -> None:
        self._engine = engine
        self._name = name
        self._key = tuple(key)
        columns = columns_of(engine, table).names
        counts = (f"count({c}) as {c}" for c in columns)
        [held] = engine.query(f"select {', '.join(counts)}, count(*) as all_rows_ from {table}").to_pylist()
        self._most = MOST_WAITING_FOR_FEW if held["all_rows_"] < FEW_ROWS else MOST_WAITING
        nulls = {c: types[c] for c in columns if not held[c] and c in types and c not in self._key}
        self._start(table, tuple(c for c in columns if c not in nulls), nulls)
        self._show()

    def _start(self, table: str, columns: tuple[str, ...], nulls: dict[str, str]) -> None:
        self._table = table
        self._columns = columns  # what the rows have when all that waits is given
        self._nulls = nulls  # and what is null on every row, which no table holds: name → SQL type
        self._written = columns, nulls
        self._waiting: list[_Gift | dict[str, str]] = []
        self._parts = [f"select {', '.join((*columns, *_nulls(nulls)))} from {table}"]  # each reads the one before
        self._joined: list[str] = []  # kept for the parts that join it
        self._shown = ""

    def give(self, called: str, select: Select, given: Sequence[Given], needed: frozenset[str] | None = None) -> None:
        """Give columns to the rows for which `select` returns any, by its key; after it the `needed` alone are kept.

        Errors name the SELECT as it is `called`.
        """
        self._give(_Gift(called, select, tuple(given), needed))

    def give_nothing(self, columns: dict[str, str]) -> None:
        """Give every row these columns (name → SQL type), null."""
        new = {name: kind for name, kind in columns.items() if name not in (*self._columns, *self._nulls)}
        if new:
            self._parts.append(f"select *, {', '.join(_nulls(new))} from {self._last}")
            self._waiting.append(new)
            self._nulls = self._nulls | new

    def write(self, columns: Iterable[str] | None = None) -> None:
        """Write the rows anew with all that they were given; of their columns these, or all. Raises RowTwiceError."""
        wanted = None if columns is None else {*columns, *self._key}
        self._leave(wanted)
        if self._gifts:
            self._write()
        self._leave(wanted)  # again: where rows were given one by one, they have all columns
        self._show()

    def _leave(self, wanted: set[str] | None) -> None:
        if wanted is not None:
            self._columns = tuple(c for c in self._columns if c in wanted)
            self._nulls = {name: kind for name, kind in self._nulls.items() if name in wanted}

    def written(self) -> frozenset[str]:
        """The columns that can be asked of the rows without what waits."""
        return frozenset((*self._written[0], *self._nulls)) - {g.name for gift in self._gifts for g in gift.given}

    def any(self, selects: Sequence[Select]) -> list[bool]:
        """For each SELECT from the rows, of written columns alone, whether it returns any."""
        asked = []
        for number, select in enumerate(selects):
            held = (c for c in self._written[0] if c in select.mentions)
            nulls = _nulls({name: kind for name, kind in self._nulls.items() if name in select.mentions})
            rows = f"select {', '.join((*held, *nulls)) or '1 as one'} from {self._table}"
            asked.append(f"select {number} as n where exists (with {self._name} as ({rows}) {select.sql})")
        found = set(self._engine.query(" union all ".join(asked))["n"].to_pylist())
        return [number in found for number in range(len(selects))]

    def _give(self, gift: _Gift, apart: bool = False) -> None:
        is_alone = not apart and looks_at_each_row_alone(gift.select, self._name, self._key)
        if len(self._gifts) >= self._most:
            self._write()
        if not is_alone:
            self._show()
            self._joined.append(f"{self._name}_given_{len(self._parts)}")
            self._engine.keep(self._joined[-1], gift.select.sql)
        present = {*self._columns, *self._nulls}
        given = {g.name: g for g in gift.given}
        left = [*self._columns, *(g for g in given if g not in self._columns)]
        if gift.needed is not None:
            left = [c for c in left if c in gift.needed or c in self._key]
        read = {name for g in gift.given for name in re.findall(r"\bl\.(\w+)", g.value)}
        handed_on = tuple(c for c in (*self._columns, *self._nulls) if c in left or c in read)
        if is_alone:
            inner = _opened_sql(gift.select.sql, self._name, self._key, self._last, handed_on)
        else:
            inner = _joined_sql(gift.select, self._last, self._joined[-1], self._key, handed_on)
        told = (_told(given[c], c in present) if c in given else f"r.l_{c} as {c}" for c in left)
        self._nulls = {
            name: kind
            for name, kind in self._nulls.items()
            if name not in given and (gift.needed is None or name in gift.needed)
        }
        self._columns = tuple(left)
        self._parts.append(f"select {', '.join((*told, *_nulls(self._nulls)))} from ({inner}) r")
        self._waiting.append(gift)

    @property
    def _gifts(self) -> list[_Gift]:
        return [gift for gift in self._waiting if isinstance(gift, _Gift)]

    @property
    def _last(self) -> str:
        """What the next part reads."""
        return f"{self._name}_part_{len(self._parts) - 1}"

    def _rows(self, columns: Iterable[str]) -> str:
        """A SELECT of the rows with all that waits."""
        parts = (f"{self._name}_part_{n} as ({sql})" for n, sql in enumerate(self._parts))
        return f"with {', '.join(parts)} select {', '.join(columns)} from {self._last}"

    def _show(self) -> None:
        shown = self._rows((*self._columns, *_nulls(self._nulls)))
        if shown != self._shown:
            self._engine.view(self._name, shown)
            self._shown = shown

    def _write(self) -> None:
        *_, number = self._table.rpartition("_")
        written = f"{self._name}_{int(number) + 1 if number.isdigit() else 1}"
        self._engine.keep(written, self._rows(self._columns))
        rows = [_count(self._engine, table) for table in (written, self._table)]
        for name in (self._name, *self._joined):
            self._engine.drop(name)
        if rows[0] == rows[1]:
            self._engine.drop(self._table)
            self._start(written, self._columns, self._nulls)
        else:
            self._engine.drop(written)
            self._one_by_one()

    def _one_by_one(self) -> None:
        """Give what waits by key, each alone, to find the SELECT that returns two rows for one.

        A join that finds two partners for a row that the SELECT does not return has made two of it, and is no fault.
        """
        waiting = self._waiting
        self._start(self._table, *self._written)
        for gift in waiting:
            if isinstance(gift, dict):
                self.give_nothing(gift)
                continue
            self._show()
            key = ", ".join(self._key)
            twice = f"select {key} from ({gift.select.sql}) a group by {key} having count(*) > 1 limit 1"
            if found := self._engine.query(twice).to_pylist():
                raise RowTwiceError(gift.called, found[0])
            self._give(gift, apart=True)
            self._write()


def _count(engine: Engine, table: str) -> int:
    [rows] = engine.query(f"select count(*) as n from {table}")["n"].to_pylist()
    return int(rows)


def _nulls(columns: dict[str, str]) -> Iterable[str]:
    return (f"cast(null as {kind}) as {name}" for name, kind in columns.items())


def _told(given: Given, is_present: bool) -> str:
    """The column of a row: what is given where the SELECT returned the row, else what it was."""
    value = re.sub(r"\b([al])\.(\w+)", r"r.\1_\2", given.value)
    otherwise = f" else r.l_{given.name}" if is_present else ""
    return f"cast(case when r.kept_ then {value}{otherwise} end as {given.type}) as {given.name}"


def _joined_sql(select: Select, name: str, joined: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """The rows with what a SELECT returned for their key, which is kept as `joined`."""
    rows = (f"l.{c} as l_{c}" for c in columns)
    returned = (f"a.{c} as a_{c}" for c in select.columns)
    same = " and ".join(f"a.{k} = l.{k}" for k in key)
    listed = ", ".join((*rows, *returned, f"a.{key[0]} is not null as kept_"))
    return f"select {listed} from {name} l left join {joined} a on {same}"


def looks_at_each_row_alone(select: Select, table: str, key: Iterable[str]) -> bool:
    """True when the SELECT returns the key of each row of `table`, and nothing of it hangs on another row."""
    return _opened_sql(select.sql, table, tuple(key), table, ()) is not None


@lru_cache(maxsize=1024)
def _opened_sql(sql: str, table: str, key: tuple[str, ...], source: str, columns: tuple[str, ...]) -> str | None:
    """The SELECT over every row of `source`: its `columns` as l_…, what is returned as a_…, and whether it is (kept_).

    None when it does not look at each row alone.
    """
    return _opened(parsed(sql).copy(), table, key, source, columns, "a_")


def _opened(
    tree: exp.Expr, table: str, key: tuple[str, ...], source: str, columns: tuple[str, ...], prefix: str = ""
) -> str | None:
    """One level of it. What is returned is reckoned on rows alone that are kept: on others it may overflow."""
    from sqlglot import exp

    first = tree.args.get("from_")
    if not isinstance(tree, exp.Select) or first is None or any(tree.args.get(part) for part in ("order", *GATHERING)):
        return None
    joins, where, alias = tree.args.get("joins") or [], tree.args.get("where"), first.this.alias_or_name
    conditions = [c for c in (where, *(j.args.get("on") for j in joins)) if c is not None]
    if any(e.find(exp.Window, exp.AggFunc, exp.Query) for e in (*tree.expressions, *conditions)):
        return None
    if any(t.name == table for j in joins for t in j.find_all(exp.Table)) or not _returns(tree, key, alias):
        return None
    if not all(_is_plainly_named(source) for source in (first.this, *(j.this for j in joins))):
        return None
    if any(map(_may_fail, conditions)) or _uses_own_names(tree, conditions) or (not prefix and _takes_our_names(tree)):
        return None
    crossed = {j.this.alias_or_name for j in joins if j.args.get("on") is None}
    if where is not None and any(column.table in crossed for column in where.find_all(exp.Column)):
        return None  # it would be every row with every partner
    kept: list[str] = []
    if isinstance(first.this, exp.Table) and first.this.name == table:
        read, handed_on = source, (f"{alias}.{c} as l_{c}" for c in columns)
    elif isinstance(first.this, exp.Subquery) and (inner := _opened(first.this.this, table, key, source, columns)):
        read, handed_on = f"({inner})", (f"{alias}.l_{c} as l_{c}" for c in columns)
        kept.append(f"{alias}.kept_")
    else:
        return None
    opened = [_opened_join(join, kept) for join in joins]
    if None in opened:
        return None
    if where is not None:
        kept.append(f"coalesce({_text(where.this)}, false)")
    is_kept = " and ".join(kept) or "true"
    returned = (
        f"{_text(e) if _is_plain(e) or not kept else f'case when {is_kept} then {_text(e)} end'} as {prefix}{name}"
        for e, name in ((e.unalias(), e.alias_or_name) for e in tree.expressions)
    )
    listed = ", ".join((*returned, *handed_on, f"{is_kept} as kept_"))
    return " ".join((f"select {listed} from {read} {alias}", *map(str, opened)))


def _text(tree: exp.Expr) -> str:
    text: str = tree.sql("duckdb", copy=False)
    return text


def _is_plain(value: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(value, exp.Column | exp.Literal | exp.Boolean | exp.Null)


def _is_plainly_named(source: exp.Expr) -> bool:
    """True for a table or a SELECT under a name, whose columns keep theirs."""
    from sqlglot import exp

    alias = source.args.get("alias")
    is_select = isinstance(source, exp.Subquery) and isinstance(source.this, exp.Query) and alias is not None
    joined = source.args.get("joins") or source.args.get("laterals") or source.args.get("pivots")
    return (is_select or isinstance(source, exp.Table)) and not joined and not (alias and alias.args.get("columns"))


def _may_fail(condition: exp.Expr) -> bool:
    """True when a condition can fail on a row that another condition would leave out, for all are reckoned."""
    from sqlglot import exp

    return any(
        isinstance(part, exp.Div | exp.Mod | exp.Mul | exp.Add | exp.Sub)
        or (isinstance(part, exp.Cast) and not isinstance(part.this, exp.Literal | exp.Null))
        for part in condition.walk()
    )


def _uses_own_names(tree: exp.Select, conditions: Iterable[exp.Expr]) -> bool:
    """True when a name given by the SELECT is used in it: it is another expression's there."""
    from sqlglot import exp

    given = {e.alias for e in tree.expressions if isinstance(e, exp.Alias)}
    parts = (*conditions, *(e.unalias() for e in tree.expressions))
    return any(c.name in given and not c.table for part in parts for c in part.find_all(exp.Column))


def _takes_our_names(tree: exp.Select) -> bool:
    return any(e.alias_or_name.startswith("l_") or e.alias_or_name in ("kept_", "found_") for e in tree.expressions)


def _returns(tree: exp.Select, key: tuple[str, ...], alias: str) -> bool:
    """True when the SELECT returns the key as it stands in its first source."""
    from sqlglot import exp

    own = {e.alias_or_name: e.unalias() for e in tree.expressions}
    found = [own.get(k) for k in key]
    return all(
        isinstance(e, exp.Column) and e.name == k and e.table in ("", alias) for k, e in zip(key, found, strict=True)
    )


def _opened_join(join: exp.Join, kept: list[str]) -> str | None:
    """A join as one that drops no row, and adds to `kept` what tells whether it found a partner; None for another."""
    from sqlglot import exp

    if join.args.get("using") or join.method:
        return None
    if join.side == "LEFT":
        return _text(join)
    alias, on = join.this.alias_or_name, join.args.get("on")
    if join.side or join.kind not in ("", "INNER", "CROSS") or (on is None and join.kind != "CROSS"):
        return None
    partner = join.this.name if isinstance(join.this, exp.Table) else f"({_text(join.this.this)})"
    kept.append(f"{alias}.found_ is not null")
    condition = "true" if on is None else _text(on)
    return f"left join (select *, true as found_ from {partner} x) {alias} on {condition}"
