"""Which verbs are there, in the order in which help lists them?"""

from __future__ import annotations

import argparse

from workbook.cli import claims, codes, encounters, lab, payment, receivables, rules
from workbook.cli.arguments import Run


def verb_parser() -> argparse.ArgumentParser:
    """The parser of every verb; what it gives has the verb's function as `run`, which returns the exit status."""
    parser = argparse.ArgumentParser(prog="workbook", description="Learn, audit and price American medical claims.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: Run | None, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        if run is not None:
            added.set_defaults(run=run)
        return added

    for add in (
        lab.declare_lab,
        lab.declare_demo,
        rules.declare_audit,
        payment.declare_price,
        claims.declare_intake,
        encounters.declare_cases,
        claims.declare_check,
        rules.declare_peers,
        receivables.declare_post,
        payment.declare_variance,
        receivables.declare_denials,
        receivables.declare_appeal,
        receivables.declare_receivables,
        encounters.declare_practice,
        claims.declare_convert,
        claims.declare_deidentify,
        codes.declare_codes,
        rules.declare_rules,
    ):
        add(verb)
    return parser
