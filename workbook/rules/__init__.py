"""Which rules a claim breaks, by what authority, and what could not be checked.

Others may use: `audit`, `Audit`, `peers`, `Peers`, `rule`, `rules`, `Card`.
"""

import sys
from types import ModuleType

from workbook.rules.audit import Audit, audit
from workbook.rules.card import Card, rule, rules
from workbook.rules.peers import Peers, peers

__all__ = ["Audit", "Card", "Peers", "audit", "peers", "rule", "rules"]


class _Room(ModuleType):
    """This room bears the name of its verb: importing it would otherwise hide `wb.rules()` behind the module."""

    def __call__(self) -> list[Card]:
        """The catalogue: every card, by id."""
        return rules()


sys.modules[__name__].__class__ = _Room
