"""A column that a whole extract lacks is not a fault of each of its claims."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_LINE

GAPS = {
    "DEMO-002": ("patient_birth_date", date(1958, 2, 11)),
    "DEMO-003": ("patient_sex", "F"),
    "NPI-008": ("attending_provider_npi", "1234567893"),
    "PTR-001": ("diagnosis_pointer_1", 1),
}


def extract(count, rule, known=()):
    """Claims of one line that lack the rule's column, but for those numbered in `known`."""
    column, value = GAPS[rule]
    kind = "institutional" if rule == "NPI-008" else "professional"
    claims, lines = [], []
    for n in range(count):
        told = {column: value} if n in known else {}
        claims.append({"claim_id": f"C{n}", "claim_type": kind, "type_of_bill": "131", "patient_id": f"P{n}",
                       "billing_provider_npi": "1234567893", "billed_amount": Decimal(10), **told})  # fmt: skip
        lines.append({"claim_id": f"C{n}", "line_number": 1, "service_from_date": date(2025, 11, 3),
                      "units": Decimal(1), "billed_amount": Decimal(10), **told})  # fmt: skip
    tables = {"claim": (CLAIM, claims), "claim_line": (CLAIM_LINE, lines)}
    return Claims({
        name: table.from_rows([{k: v for k, v in row.items() if k in table.names} for row in rows])
        for name, (table, rows) in tables.items()
    })  # fmt: skip


@pytest.mark.parametrize("rule", GAPS)
@pytest.mark.parametrize(
    ("count", "known", "findings", "unchecked"), [(99, (), 99, 0), (100, (), 0, 100), (100, (7,), 99, 0)]
)
def test_what_no_claim_of_a_large_extract_says_is_not_checked(rule, count, known, findings, unchecked):
    audit = wb.audit(extract(count, rule, known), rules=[rule], price=False)
    outcomes = {c["outcome"]: c["count"] for c in audit.arrow_coverage.to_pylist()}
    assert (audit.arrow_findings.num_rows, outcomes.get("not checked", 0)) == (findings, unchecked)
