"""What an audit gives back: findings, and the coverage of every rule."""

from __future__ import annotations

from workbook.engine.table import Column, Table

FINDING = Table(
    "finding",
    "one fault",
    ("finding_id",),
    (
        Column("finding_id", "text", "the same in a second run over the same claims", required=True),
        Column("rule_id", "text", "the card", required=True),
        Column(
            "severity",
            "text",
            "error: a payer denies it; warning: likely wrong; review: a person must look",
            required=True,
        ),
        Column("claim_id", "text", "the claim", required=True),
        Column("line_number", "integer", "the line; null when it is about the claim"),
        Column("message", "text", "what was found, in one sentence", required=True),
        Column("evidence", "text", "the values it rests on, as JSON", required=True),
        Column(
            "amount_at_stake",
            "money",
            "what Medicare would pay for the line or claim, the deductible met; below nought what was left behind; "
            "null if not priced",
        ),
        Column("carc", "text", "the claim adjustment reason code of the denial"),
        Column("authority", "text", "what the rule rests on", required=True),
        Column("edition", "text", "the reference tables that served the date of service"),
    ),
)
COVERAGE = Table(
    "coverage",
    "one rule, one outcome and one reason",
    ("rule_id", "outcome", "why"),
    (
        Column("rule_id", "text", "the card", required=True),
        Column("outcome", "text", "checked, not checked or not applicable", required=True),
        Column("why", "text", "why it was not checked or does not apply"),
        Column("judged", "text", "what is counted: claim, line or diagnosis", required=True),
        Column("count", "integer", "how many of them", required=True),
        Column("claims", "integer", "on how many claims", required=True),
    ),
)
