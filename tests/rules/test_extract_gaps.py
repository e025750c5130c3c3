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
    "NPI-005": ("billing_provider_npi", "1234567893"),
    "POS-001": ("place_of_service", "11"),
    "HCPCS-003": ("hcpcs_code", "99213"),
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
                       **({} if rule == "NPI-005" else {"billing_provider_npi": "1234567893"}), "billed_amount": Decimal(10), **told})  # fmt: skip
        lines.append({"claim_id": f"C{n}", "line_number": 1, "service_from_date": date(2025, 11, 3),
                      "units": Decimal(1), "billed_amount": Decimal(10), **told})  # fmt: skip
    tables = {"claim": (CLAIM, claims), "claim_line": (CLAIM_LINE, lines)}
    return Claims({
        name: table.from_rows([{k: v for k, v in row.items() if k in table.names} for row in rows])
        for name, (table, rows) in tables.items()
    })  # fmt: skip


def test_visits_and_procedures_are_not_pairs_where_the_extract_has_no_modifiers():
    """DE-SynPUF is such an extract: every opened pair would look like a fault."""

    def pairs(count, **told):
        given = extract(count, "PTR-001", range(count))
        lines = given.arrow["claim_line"].to_pylist()
        lines = [{**r, "line_number": n, "hcpcs_code": c} for r in lines for n, c in ((1, "93000"), (2, "93010"))]
        lines[0] |= told
        return wb.audit(
            Claims({**given.arrow, "claim_line": CLAIM_LINE.from_rows(lines)}), rules=["PTP-002"], price=False
        )

    without, once, small = pairs(50), pairs(50, modifier_1="KX"), pairs(49)
    assert [a.arrow_findings.num_rows for a in (without, once, small)] == [0, 50, 49]
    assert "PTP-002: 100 lines not checked, because no line of the extract has modifier_1" in without.not_checked


@pytest.mark.parametrize("rule", ["PTR-002", "PREV-006", "PREV-004"])
def test_an_extract_without_diagnoses_has_no_fault_and_no_pass_for_want_of_them(rule):
    given = extract(100, "PTR-001", range(100))
    code = {"PREV-006": "G0121", "PREV-004": "45385"}.get(rule, "99213")
    lines = [{**r, "hcpcs_code": code, "modifier_1": "KX"} for r in given.arrow["claim_line"].to_pylist()]
    heads = [{**r, "claim_filing_code": "MB"} for r in given.arrow["claim"].to_pylist()]
    whole = Claims({"claim": CLAIM.from_rows(heads), "claim_line": CLAIM_LINE.from_rows(lines)})
    audit = wb.audit(whole, rules=[rule], price=False)
    assert audit.arrow_findings.num_rows == 0
    assert audit.not_checked == [
        f"{rule}: 100 lines not checked, because no claim of the extract has a claim_diagnosis"
    ]


def test_a_line_of_nobody_is_not_said_to_stand_alone():
    """Patients are compared by their number: where it is missing, an add-on's primary cannot be seen."""
    from tests.rules.test_audit import claims, outcomes

    lines = [{"hcpcs_code": "99291"}, {"hcpcs_code": "99292"}]
    audit = wb.audit(claims(lines, patient_id=None), rules=["ADD-001"], price=False)
    assert outcomes(audit, "ADD-001") == {("not checked", "patient_id is missing"): 2}
    assert audit.arrow_findings.num_rows == 0


@pytest.mark.parametrize("rule", GAPS)
@pytest.mark.parametrize(
    ("count", "known", "findings", "unchecked"), [(99, (), 99, 0), (100, (), 0, 100), (100, (7,), 99, 0)]
)
def test_what_no_claim_of_a_large_extract_says_is_not_checked(rule, count, known, findings, unchecked):
    audit = wb.audit(extract(count, rule, known), rules=[rule], price=False)
    outcomes = {c["outcome"]: c["count"] for c in audit.arrow_coverage.to_pylist()}
    assert (audit.arrow_findings.num_rows, outcomes.get("not checked", 0)) == (findings, unchecked)
