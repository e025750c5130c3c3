"""The verbs that the notebooks use: `import workbook as wb`.

Each verb is loaded when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.claims.deidentify import deidentify
    from workbook.claims.files import check_x12, read_claims, read_remittance, write_csv
    from workbook.claims.forms import claim_form, remittance_view
    from workbook.claims.intake import intake
    from workbook.claims.x12.write_835 import write_835
    from workbook.claims.x12.write_837 import write_837
    from workbook.codes.lookup import lookup
    from workbook.codes.review import review_codes
    from workbook.codes.search import search
    from workbook.encounters.case import encounter, encounters
    from workbook.encounters.effect import effect
    from workbook.encounters.em import em_level, em_words
    from workbook.encounters.exercise import exercise, exercises
    from workbook.encounters.hunt import hunt
    from workbook.encounters.scoring import check
    from workbook.encounters.to_claim import to_claim
    from workbook.encounters.variants import variants
    from workbook.payment.appeal_letter import appeal_letter
    from workbook.payment.corrections import reversal_and_correction
    from workbook.payment.denials import denial_worklist
    from workbook.payment.fee import fee
    from workbook.payment.measures import month_numbers
    from workbook.payment.next_appeal import next_appeal
    from workbook.payment.parameters import parameter
    from workbook.payment.posting import post, record
    from workbook.payment.price import price
    from workbook.payment.receivables import receivables
    from workbook.payment.statement import statement
    from workbook.payment.variance import payment_variance
    from workbook.rules.audit import audit
    from workbook.rules.card import rule, rules
    from workbook.rules.peers import peers

__version__ = "0.1.0"

_VERBS = {
    "appeal_letter": "workbook.payment.appeal_letter",
    "audit": "workbook.rules.audit",
    "check": "workbook.encounters.scoring",
    "check_x12": "workbook.claims.files",
    "claim_form": "workbook.claims.forms",
    "deidentify": "workbook.claims.deidentify",
    "denial_worklist": "workbook.payment.denials",
    "effect": "workbook.encounters.effect",
    "em_level": "workbook.encounters.em",
    "em_words": "workbook.encounters.em",
    "encounter": "workbook.encounters.case",
    "encounters": "workbook.encounters",
    "exercise": "workbook.encounters.exercise",
    "exercises": "workbook.encounters.exercise",
    "fee": "workbook.payment.fee",
    "hunt": "workbook.encounters.hunt",
    "intake": "workbook.claims.intake",
    "lookup": "workbook.codes.lookup",
    "month_numbers": "workbook.payment.measures",
    "next_appeal": "workbook.payment.next_appeal",
    "parameter": "workbook.payment.parameters",
    "payment_variance": "workbook.payment.variance",
    "peers": "workbook.rules.peers",
    "post": "workbook.payment.posting",
    "price": "workbook.payment.price",
    "read_claims": "workbook.claims.files",
    "read_remittance": "workbook.claims.files",
    "receivables": "workbook.payment.receivables",
    "record": "workbook.payment.posting",
    "remittance_view": "workbook.claims.forms",
    "reversal_and_correction": "workbook.payment.corrections",
    "review_codes": "workbook.codes.review",
    "rule": "workbook.rules.card",
    "rules": "workbook.rules",
    "search": "workbook.codes.search",
    "statement": "workbook.payment.statement",
    "to_claim": "workbook.encounters.to_claim",
    "variants": "workbook.encounters.variants",
    "write_835": "workbook.claims.x12.write_835",
    "write_837": "workbook.claims.x12.write_837",
    "write_csv": "workbook.claims.files",
}

__all__ = [
    "appeal_letter", "audit", "check", "check_x12", "claim_form", "deidentify", "denial_worklist", "effect",
    "em_level", "em_words", "encounter", "encounters", "exercise", "exercises", "fee", "hunt", "intake",
    "lookup", "month_numbers", "next_appeal", "parameter", "payment_variance", "peers", "post", "price", "read_claims",
    "read_remittance", "receivables", "record", "remittance_view", "reversal_and_correction", "review_codes",
    "rule", "rules", "search", "statement", "to_claim", "variants", "write_835", "write_837", "write_csv",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a verb when it is first asked for."""
    if name in _VERBS:
        module = import_module(_VERBS[name])
        verb = module if name in ("encounters", "rules") else getattr(module, name)  # rooms called as their verbs
        globals()[name] = verb
        return verb
    raise AttributeError(f"workbook has no verb {name!r}; it has {', '.join(_VERBS)}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
