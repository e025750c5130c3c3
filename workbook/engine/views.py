"""The shared building blocks that rules and payment steps read, each one file under `views/`.

A view is kept once per run, before anything reads it: what many rules share is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from workbook.engine.run import Engine
from workbook.engine.select import Select, parse_select

FOLDER = Path(__file__).with_name("views")


@cache
def view_names() -> frozenset[str]:
    """The names of the shared views."""
    return frozenset(path.stem for path in FOLDER.glob("*.sql"))


@cache
def read_view(name: str) -> Select:
    """One view's SELECT."""
    path = FOLDER / f"{name}.sql"
    return parse_select(path.read_text(encoding="utf-8"), path.name)


def add_views(
    engine: Engine,
    names: Iterable[str],
    readers: Iterable[Select] = (),
    completed: Callable[[str, str], str] = lambda name, sql: sql,
) -> None:
    """Keep in `engine` each named view that it does not hold yet, after the views that one reads.

    With `readers` (everything that will read them), a view is kept with the columns alone that one of them mentions.
    `completed` may add to a view's SELECT (name, SQL → SQL).
    """
    readers = list(readers)
    for name in sorted(set(names) & view_names()):
        if name not in engine.tables():  # asked anew each time: an earlier view may have kept this one
            select = read_view(name)
            add_views(engine, select.reads, readers, completed)
            mentioned = frozenset().union(*(r.mentions for r in readers if name in r.reads))
            columns = [c for c in select.columns if c in mentioned] or select.columns
            sql = (
                f"select {', '.join(columns)} from ({select.sql}) v"
                if len(columns) < len(select.columns)
                else select.sql
            )
            engine.keep(name, completed(name, sql))


def show_views(engine: Engine, names: Iterable[str]) -> None:
    """Make each named view readable that `engine` does not hold yet, to run when it is read: it has one reader."""
    for name in sorted(set(names) & view_names() - engine.tables()):
        select = read_view(name)
        show_views(engine, select.reads)
        engine.view(name, select.sql)


def views_read(names: Iterable[str]) -> set[str]:
    """The views among these names, and those that they read in turn."""
    found = set(names) & view_names()
    return found.union(*(views_read(read_view(name).reads) for name in found))


def base_tables(names: Iterable[str]) -> set[str]:
    """The tables that these views and tables rest on, views resolved."""
    found: set[str] = set()
    for name in names:
        found |= base_tables(read_view(name).reads) if name in view_names() else {name}
    return found
