"""Claims that others wrote go the whole way: read, judged fit or not, audited, priced, remitted; nothing is lost."""

import json
from decimal import Decimal

import pytest

import workbook as wb
from tests.conftest import SHARED
from workbook.terms import WorkbookError

FOLDER = SHARED / "x12" / "kputnam+stupidedi" / "spec" / "fixtures" / "005010"
FILES = sorted(FOLDER.glob("X222*/*/*.edi"))
EACH = pytest.mark.parametrize("path", FILES or [None], ids=lambda p: p.stem if p else "absent")


@pytest.fixture(autouse=True)
def _need_the_files():
    if not FILES:
        pytest.skip("the public files (../shared/x12) are not on this machine")


def counted(path):
    """How many CLM segments the file has, counted by someone else."""
    facts = json.loads((SHARED / "x12" / "facts.json").read_text(encoding="utf-8"))
    (own,) = (f for f in facts if f["file"] == str(path.relative_to(SHARED / "x12")))
    return own["CLM"]


@EACH
def test_every_claim_arrives_and_its_lines_add_up(path):
    claims = wb.read_claims(path)
    assert claims.arrow["claim"].num_rows == counted(path) > 0
    totals = dict.fromkeys(claims.arrow["claim"]["claim_id"].to_pylist(), Decimal(0))
    for line in claims.arrow["claim_line"].to_pylist():
        totals[line["claim_id"]] += line["billed_amount"]
    billed = dict(zip(*(claims.arrow["claim"][c].to_pylist() for c in ("claim_id", "billed_amount")), strict=True))
    assert totals == billed


@EACH
def test_an_audit_accounts_for_every_line_and_diagnosis_of_every_rule(path):
    claims = wb.read_claims(path)
    audit = wb.audit(claims)
    size = {"claim": "claim", "line": "claim_line", "diagnosis": "claim_diagnosis"}
    for card in wb.rules():
        rows = [r for r in audit.arrow_coverage.to_pylist() if r["rule_id"] == card.id]
        assert sum(r["count"] for r in rows) == claims.arrow[size[card.judges]].num_rows, card.id
        assert all(r["why"] for r in rows if r["outcome"] != "checked")


#: what is said of lines of dates that no fee is loaded for
NOTHING_LOADED = (
    "no conversion factor for", "no DMEPOS fee file is loaded for", "no drug payment limits are loaded for",
    "no base units are loaded for",
)  # fmt: skip


@EACH
def test_every_line_is_priced_denied_or_says_why_not_and_the_835_balances(path, tmp_path):
    claims = wb.read_claims(path)
    refused = wb.price(claims)
    assert all(r.startswith(NOTHING_LOADED) for r in refused.not_priced["not_priced_reason"])
    assert len(refused.not_priced) == claims.arrow["claim_line"].num_rows
    moved = wb.price(claims, denials=wb.audit(claims).denials, as_if_on="2025-11-03")
    for line in moved.arrow_lines.to_pylist():
        assert (
            sum(
                [
                    line["paid_amount"] is not None and not line["denial_carc"],
                    bool(line["denial_carc"]),
                    bool(line["not_priced_reason"]),
                ]
            )
            == 1
        )
    assert moved.is_balanced
    remitted = set(moved.arrow["remittance_claim"]["claim_id"].to_pylist())
    assert remitted | set(moved.not_priced["claim_id"]) == set(claims.arrow["claim"]["claim_id"].to_pylist())
    if remitted:
        wb.write_835(moved, tmp_path / "remittance.835")
        read = wb.read_remittance(tmp_path / "remittance.835")
        assert read.is_balanced
        assert read.arrow["adjustment"].to_pylist() == moved.arrow["adjustment"].to_pylist()


def test_the_commercial_example_is_priced_where_the_schedule_pays_and_waits_where_it_does_not():
    (path,) = (p for p in FILES if p.stem == "commercial-health-insurance" and "X222A1" in p.parent.parent.name)
    moved = wb.price(
        wb.read_claims(path), as_if_on="2025-11-03", deductible_met={"JS00111223333-" + _dependent(path): 257}
    )
    # 99213 charged 40, fee 88.95: allowed 40; 20 % = 8.00; 32.00 less 2 % (0.64) = 31.36. 99214 charged 35: 27.44.
    # 87070 is a laboratory test, without coinsurance: 8.62 less 2 % (0.17) = 8.45
    assert [str(p) if p is not None else None for p in moved.arrow_lines["paid_amount"].to_pylist()] == [
        "31.36",
        "8.45",
        "27.44",
        None,
    ]
    assert moved.not_priced["hcpcs_code"].tolist() == ["86663"]
    assert "Claims with filing code CI are priced as if Medicare were the payer." in moved.assumptions


def _dependent(path):
    """The part of the patient's id that tells a dependent from the subscriber."""
    return wb.read_claims(path).arrow["claim"]["patient_id"][0].as_py().partition("-")[2]


@EACH
def test_intake_judges_it_and_says_why(path):
    result = wb.intake(wb.read_claims(path))
    failed = result.checks[result.checks["outcome"] == "failed"]
    has_error = (failed["severity"] == "error").any()
    assert result.verdict == ("not fit" if has_error else "fit with warnings" if len(failed) else "fit")
    assert failed["why"].astype(bool).all()
    assert (result.checks["outcome"] == "could not run").sum() == 0


def test_no_public_file_raises_anything_but_one_clear_message(shared):
    files = [p for p in (shared / "x12").rglob("*") if p.is_file()]
    assert len(files) > 200
    for path in files:
        for read in (wb.read_claims, wb.read_remittance):
            try:
                read(path)
            except WorkbookError as error:
                assert len(str(error).splitlines()) == 1, path
