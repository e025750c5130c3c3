"""Two hundred and fifty X12 files that others published: counts, balances and sums agree with an independent count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oxedi
import pytest

from workbook.claims.files import read_claims, read_remittance
from workbook.claims.x12.read_835 import read_remittance as read_835
from workbook.claims.x12.read_837 import read_837
from workbook.terms import WorkbookError

PUBLIC = Path(__file__).parents[4] / "shared" / "x12"
pytestmark = pytest.mark.skipif(
    not PUBLIC.is_dir(), reason="the public X12 files (../shared/x12) are not on this machine"
)
FACTS: list[dict[str, Any]] = json.loads((PUBLIC / "facts.json").read_text()) if PUBLIC.is_dir() else []
CLAIMS = [fact for fact in FACTS if fact["kind"].startswith("837")]
REMITTANCES = [fact for fact in FACTS if fact["kind"] == "835"]
#: Every amount of this file is a word ("DTEST"): read as 0.00 with errors, and nothing is off nothing by 0.00.
AMOUNTS_ARE_WORDS = "jdavisp3+TigerShark/X12-0.08/t/sample_835.txt"


def name(fact: dict[str, Any]) -> str:
    return Path(fact["file"]).name


@pytest.mark.parametrize("fact", CLAIMS, ids=name)
def test_every_claim_is_a_row(fact: dict[str, Any]) -> None:
    claims = read_837(PUBLIC / fact["file"])
    assert claims.arrow["claim"].num_rows == fact["CLM"]
    assert len(set(claims.arrow["claim"]["claim_id"].to_pylist())) == fact["CLM"]


@pytest.mark.parametrize("fact", CLAIMS + REMITTANCES, ids=name)
def test_no_text_is_blank_or_has_spaces_round_it(fact: dict[str, Any]) -> None:
    tables = (read_835 if fact["kind"] == "835" else read_837)(PUBLIC / fact["file"]).arrow
    texts = [v for table in tables.values() for row in table.to_pylist() for v in row.values() if isinstance(v, str)]
    assert [text for text in texts if not text or text != text.strip()] == []


@pytest.mark.parametrize("fact", CLAIMS, ids=name)
def test_every_envelope_fault_is_told(fact: dict[str, Any]) -> None:
    found = read_837(PUBLIC / fact["file"]).arrow_problems.to_pylist()
    envelope = [
        row for row in found if row["segment"] in ("ISA", "GS", "ST", "SE", "GE", "IEA") and row["severity"] == "error"
    ]
    assert bool(envelope) == bool(fact["env_issues"])


@pytest.mark.parametrize("fact", [f for f in CLAIMS if "X222A1" in f["file"] and "/pass/" in f["file"]], ids=name)
def test_the_lines_of_a_valid_claim_sum_to_its_charge(fact: dict[str, Any]) -> None:
    claims = read_837(PUBLIC / fact["file"])
    lines, charges = claims.arrow["claim_line"].to_pylist(), claims.arrow["claim"].to_pylist()
    for claim in charges:
        assert (
            sum(line["billed_amount"] for line in lines if line["claim_id"] == claim["claim_id"])
            == claim["billed_amount"]
        )
    assert "error" not in claims.arrow_problems["severity"].to_pylist()


@pytest.mark.parametrize("fact", REMITTANCES, ids=name)
def test_every_paid_claim_is_a_row(fact: dict[str, Any]) -> None:
    remittance = read_835(PUBLIC / fact["file"])
    assert remittance.arrow["remittance_claim"].num_rows == fact["CLP"]
    assert remittance.arrow["remittance"].num_rows == fact["ST"]


@pytest.mark.parametrize("fact", [f for f in REMITTANCES if f["file"] != AMOUNTS_ARE_WORDS], ids=name)
def test_the_balance_is_what_others_counted(fact: dict[str, Any]) -> None:
    balance = read_835(PUBLIC / fact["file"]).balance
    off = balance[~balance["is_balanced"].astype(bool)]
    found = []
    for remittance_id in balance[balance["level"] == "transaction"]["remittance_id"]:
        levels = off[off["remittance_id"] == remittance_id]["level"].tolist()
        found.append(("transaction" not in levels, levels.count("claim"), levels.count("line")))
    assert found == [(fact["tx_ok"], fact["claims_off"], fact["svcs_off"]) for fact in fact["bal"]]


def test_amounts_that_are_words_are_errors() -> None:
    if not PUBLIC.is_dir():
        pytest.skip("no public files")
    remittance = read_835(PUBLIC / AMOUNTS_ARE_WORDS)
    assert "CLP03 'DTEST' is not an amount in dollars and cents" in remittance.arrow_problems["message"].to_pylist()


@pytest.mark.parametrize("reader", [read_claims, read_remittance])
@pytest.mark.parametrize("fact", FACTS, ids=name)
def test_no_file_raises_anything_but_one_clear_message(reader: Any, fact: dict[str, Any]) -> None:
    wanted = "837" if reader is read_claims else "835"
    try:
        reader(PUBLIC / fact["file"])
    except WorkbookError as error:
        assert not fact["kind"].startswith(wanted)
        assert fact["file"] in str(error)


#: oxedi wants ISA at the very beginning.
STARTS_WITH_ISA = [f for f in REMITTANCES if (PUBLIC / f["file"]).read_bytes()[:3] == b"ISA"] if PUBLIC.is_dir() else []


@pytest.mark.parametrize("fact", STARTS_WITH_ISA, ids=name)
def test_oxedi_counts_the_same_claims_lines_adjustments_and_dollars(fact: dict[str, Any]) -> None:
    theirs = oxedi.parse_file(str(PUBLIC / fact["file"]))
    ours = read_835(PUBLIC / fact["file"]).arrow
    same = {
        "claims": "remittance_claim", "services": "remittance_line", "adjustments": "adjustment",
        "payments": "remittance", "provider_adjustments": "provider_adjustment",
    }  # fmt: skip
    counted = {table: len(frame) for table, frame in theirs.tables.to_pandas().items()}
    assert counted == {their: ours[our].num_rows for their, our in same.items()}
    assert theirs.sum_payments() == sum(ours["remittance"]["payment_amount"].to_pylist())
