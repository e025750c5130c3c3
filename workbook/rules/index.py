"""The catalogue as one page that opens offline: every card by family, with what it finds, its SQL and its examples."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbook.engine.html import safe
from workbook.rules.card import Card
from workbook.terms import WorkbookError

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.2rem .5rem;text-align:left;vertical-align:top}
article{border-top:2px solid #767676;margin-top:2rem}pre{background:#f4f4f4;padding:.7rem;overflow:auto}
.retired{color:#595959}"""


def index_page(cards: Iterable[Card]) -> str:
    """All cards as one HTML page: no script, no outside style, font or image."""
    listed = sorted(cards, key=lambda card: card.id)
    families: dict[str, list[Card]] = {}
    for card in listed:
        families.setdefault(card.id.partition("-")[0], []).append(card)
    contents = "".join(
        f"<h2 id='family-{family}'>{family}</h2><ul>{''.join(map(_entry, members))}</ul>"
        for family, members in families.items()
    )
    whole = "".join(f"<article id='{card.id}'>{card._repr_html_()}</article>" for card in listed)
    active = sum(card.status == "active" for card in listed)
    jumps = " ".join(f"<a href='#family-{family}'>{family}</a>" for family in families)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Rules</title><style>{_STYLE}</style></head><body><main><h1>{active} rules in {len(families)} families"
        f"</h1><p>{jumps}</p>{contents}{whole}</main></body></html>\n"
    )


def _entry(card: Card) -> str:
    retired = " (retired)" if card.status == "retired" else ""
    return (
        f"<li class='{card.status}'><a href='#{card.id}'>{card.id}</a> {safe(card.title)}{retired}: {card.severity}; "
        f"{safe('; '.join(map(str, card.authority)))}</li>"
    )


def write_index(cards: Iterable[Card], path: str | Path) -> Path:
    """Write the page; returns its path."""
    target = Path(path)
    try:
        target.write_text(index_page(cards), encoding="utf-8")
    except OSError as error:
        raise WorkbookError(f"{target}: cannot be written ({error.strerror}); choose another file") from None
    return target
