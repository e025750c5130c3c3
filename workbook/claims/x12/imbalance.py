"""How is an amount that does not balance told: which level of which claim or line, and by how much?"""

from __future__ import annotations

from typing import Any

from workbook.terms import dollars

#: level → (segment, element) that states the payment
PAYMENT_ELEMENTS = {"transaction": ("BPR", "BPR02"), "claim": ("CLP", "CLP04"), "line": ("SVC", "SVC03")}


def imbalance(row: dict[str, Any]) -> str:
    """Put one row of the balance table that does not balance into a sentence."""
    what, derived = f"claim {row['claim_id']}", "charge less adjustments comes"
    if row["level"] == "transaction":
        what, derived = f"remittance {row['remittance_id']}", "claims less provider adjustments come"
    elif row["level"] == "line":
        what = f"line {row['line_number']} of claim {row['claim_id']}"
    expected, found = dollars(row["expected_amount"]), dollars(row["found_amount"])
    element = PAYMENT_ELEMENTS[row["level"]][1]
    return f"{what} is off by {dollars(row['off_by_amount'])}: its {derived} to {expected}, {element} says {found}"
