"""Rule cards of the user's own, in a folder: are they as complete, as harmless and as true as those that ship?"""

from __future__ import annotations

from pathlib import Path

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes.tables import REFERENCE_TABLES
from workbook.engine import Engine, Select, open_engine, view_names
from workbook.engine.run import SqlError, columns_of
from workbook.engine.views import read_view
from workbook.rules.card import JUDGED, Card, read_card, rules
from workbook.rules.derived import DERIVED
from workbook.rules.examples import Example, run_examples
from workbook.terms import WorkbookError


def own_cards(folder: str | Path) -> list[Card]:
    """Read the cards in `folder`, every .md file there but README.md, and run their examples.

    Raises WorkbookError, with file and line, for a card that is not complete, whose id or name is taken, whose SELECT
    names a column that is not there, or whose examples do not hold.
    """
    place = Path(folder)
    if not place.is_dir():
        raise WorkbookError(f"{place} is not a folder of rule cards")
    files = sorted(p for p in place.glob("*.md") if p.name != "README.md")
    if not files:
        raise WorkbookError(f"{place} holds no rule card (FAMILY-NNN.md)")
    cards = [read_card(path) for path in files]
    shipped = rules()
    taken = {card.id: "a card that ships" for card in shipped} | {card.name: card.id for card in shipped}
    for card in cards:
        for field in ("id", "name"):
            if (value := getattr(card, field)) in taken:
                raise card.page.error(
                    card.page.line(field), f"the {field} {value} is taken by {taken[value]}; choose another"
                )
        taken |= {card.id: card.page.name, card.name: card.id}
        check_card(card)
    return cards


def check_card(card: Card) -> None:
    """Run a card's SELECTs and examples. Raises WorkbookError with file and line when one does not hold."""
    engine = open_engine()
    try:
        derived = {name: each.table for name, each in DERIVED.items()}
        for name, table in {**CLAIM_TABLES, **REFERENCE_TABLES, **derived}.items():
            engine.put(name, table.empty())
        waiting = sorted(view_names())
        while waiting:
            name = next(n for n in waiting if not read_view(n).reads & set(waiting))
            engine.view(name, read_view(name).sql)
            waiting.remove(name)
        engine.lock()
        _bind(engine, card, card.select, card.page.top.sql_line)
        if card.coverage:
            _bind(engine, card, card.coverage, card.page.of_kind("Coverage")[0].sql_line)
    finally:
        engine.close()
    engine = open_engine()
    engine.lock()
    try:
        for example in run_examples(engine, card):
            if not example.holds:
                raise _does_not_hold(card, example)
    finally:
        engine.close()


def _bind(engine: Engine, card: Card, select: Select, line: int) -> None:
    import pyarrow.types as t

    try:
        engine.view("checked", select.sql)
    except SqlError as error:
        raise card.page.error(line + error.line - 1, f"the SELECT cannot run: {error}") from None
    found, judged = columns_of(engine, "checked"), columns_of(engine, JUDGED[card.judges][0])
    for name in card.key:
        kind, needed = found.field(name).type, judged.field(name).type
        if kind != needed and not (t.is_integer(kind) and t.is_integer(needed)):
            raise card.page.error(line, f"the SELECT returns {name} as {kind}; in the tables it is {needed}")


def _does_not_hold(card: Card, example: Example) -> WorkbookError:
    line = next(s.line for s in card.page.sections if s.heading == example.heading)
    if example.expected != example.found:
        expected, found = (", ".join(map(str, sorted(rows))) or "nothing" for rows in (example.expected, example.found))
    else:
        expected, found = (f"{n} not checked" for n in (example.expected_not_checked, example.not_checked))
    return card.page.error(
        line, f"the example {example.heading!r} does not hold: it says {expected}, the card finds {found}"
    )
