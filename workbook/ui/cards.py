"""Which rule card is open, how its SELECT was changed, and what the changed one finds."""

from __future__ import annotations

import traitlets as tl

from workbook.claims.model import Claims
from workbook.rules.audit import audit
from workbook.rules.card import Card, rule, rules
from workbook.terms import WorkbookError


class CardState(tl.HasTraits):
    """A browser of rule cards: words to look for, the cards that have them, the open card, and a run of its SQL."""

    query = tl.Unicode()
    hits = tl.List()
    rule_id = tl.Unicode()
    card_html = tl.Unicode("<p>No card is open.</p>")
    sql = tl.Unicode()
    message = tl.Unicode()
    result_html = tl.Unicode()

    def __init__(self, claims: Claims) -> None:
        super().__init__()
        self.claims = claims
        self.observe(lambda _: self._search(), "query")
        self._search()

    def _search(self) -> None:
        words = self.query.lower().split()
        found = [card for card in rules() if all(word in _words(card) for word in words)]
        self.hits = [(f"{card.id}  {card.title}", card.id) for card in found]

    def open(self, rule_id: str) -> None:
        """Open a card and put its SELECT where it can be changed."""
        card = rule(rule_id)
        self.rule_id, self.card_html, self.sql = card.id, card._repr_html_(), card.select.sql.strip()
        self.message, self.result_html = "", ""

    def run(self) -> None:
        """Run the SELECT as it stands now, over the claims; what is wrong with it is said, not raised."""
        if not self.rule_id:
            self.message = "Open a card first."
            return
        card = rule(self.rule_id)
        is_changed = self.sql.strip() != card.select.sql.strip()
        try:
            found = audit(self.claims, rules=[card.with_sql(self.sql) if is_changed else card], price=False)
        except WorkbookError as error:
            self.message, self.result_html = str(error), ""
            return
        self.message = f"{'Your change of ' if is_changed else ''}{card.id}: {found}"
        self.result_html = found._repr_html_()


def _words(card: Card) -> str:
    return " ".join([card.id, card.name, card.title, card.prose, *map(str, card.authority)]).lower()
