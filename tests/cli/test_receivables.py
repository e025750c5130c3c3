"""After the payment, in a terminal: the ledger, denials, an appeal, what is owed."""

import json

import pytest

import workbook as wb
from tests.cli.terminal import PRACTICE, REMITTANCE, run
from workbook.payment import read_ledger
from workbook.ui.demo import SENT


def test_claims_and_answers_are_posted_to_a_ledger_and_it_goes_on(capsys, tmp_path, paid):
    status, out, _ = run(capsys, "post", SENT, "--out", tmp_path / "books")
    assert (status, out.split(": ")[0]) == (0, "1 entry")
    status, out, err = run(
        capsys, "post", "--ledger", tmp_path / "books" / "ledger.csv", "--remittance", paid, "--out", tmp_path / "books"
    )
    assert status == 0
    assert "denied claims $25.00" in out  # the reading, within the tracing
    assert (tmp_path / "books" / "ledger.csv").stat().st_mode & 0o777 == 0o600
    status, _, err = run(capsys, "post", "--ledger", tmp_path / "books" / "ledger.csv", "--remittance", paid)
    assert (status, "was posted before" in err) == (1, True)


def test_denials_are_listed_with_their_last_day(capsys, tmp_path):
    status, out, _ = run(capsys, "denials", REMITTANCE, "--on", "2026-01-31", "--out", tmp_path)
    assert status == 1
    assert out.startswith("141 denials on 87 claims, $161,509.00 at charges; 13 past their last day on 2026-01-31")
    assert len((tmp_path / "denials.csv").read_text().splitlines()) == 142


def test_an_appeal_is_drafted_and_says_what_is_missing(capsys, tmp_path):
    status, out, err = run(capsys, "appeal", REMITTANCE, "--claim", "P0107", "--on", "2025-06-01")
    assert (status, out.splitlines()[0]) == (0, "Request for a redetermination")
    assert "It must be received by 2025-09-16." in err
    assert "to fill in: why the decision is wrong" in err
    run(capsys, "appeal", REMITTANCE, "--claim", "P0107", "--on", "2025-06-01", "--out", tmp_path / "appeal.html")
    assert (tmp_path / "appeal.html").stat().st_mode & 0o777 == 0o600


def test_decisions_on_appeals_lead_to_the_next_level(capsys, tmp_path):
    decided = tmp_path / "decided.csv"
    decided.write_text("claim_id,level,outcome,notice\nP0107,1,unfavorable,2025-08-01\n")
    _, out, _ = run(capsys, "denials", REMITTANCE, "--on", "2025-09-01", "--decided", decided)
    # received on 6 August, and 180 days: 25, 30, 31, 30, 31, 31 and 2 of February
    assert "clinician: level 2: reconsideration, by 2026-02-02" in out
    _, out, err = run(capsys, "appeal", REMITTANCE, "--claim", "P0107", "--on", "2025-09-01", "--decided", decided)
    assert out.splitlines()[0] == "Request for a reconsideration"
    assert "It must be received by 2026-02-02." in err


def test_receivables_are_listed_by_age_with_the_months_numbers(capsys, tmp_path):
    run(capsys, "post", PRACTICE, "--remittance", REMITTANCE, "--out", tmp_path)
    status, out, _ = run(
        capsys,
        "receivables",
        tmp_path / "ledger.csv",
        "--on",
        "2025-10-31",
        "--month",
        "2025-10",
        "--remittance",
        REMITTANCE,
    )
    assert status == 0
    assert repr(wb.receivables(read_ledger(tmp_path / "ledger.csv"), on="2025-10-31")) in out
    assert "Initial denial rate, claims: 8.9 % = 5 ÷ 56 (2025-10)" in out
    _, out, _ = run(capsys, "receivables", tmp_path / "ledger.csv", "--on", "2025-10-31", "--json")
    assert json.loads(out)["numbers"] == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["post"], "post needs claims, or --remittance with 835 files"),
        (["post", "--remittance", SENT], "holds transaction 837 (claim), not transaction 835"),
        (["post", SENT, "--ledger", SENT], "the column entry_id is missing"),
        (["post", SENT, "--ledger", "nothing.csv"], "nothing.csv: there is no such file"),
        (["variance", SENT, "--remittance", REMITTANCE, "--tolerance", "some"], "tolerance 'some' is not an amount"),
        (["denials", SENT], "holds transaction 837 (claim), not transaction 835"),
        (["denials", REMITTANCE, "--on", "soon"], "on 'soon' is not a date"),
        (["appeal", REMITTANCE, "--claim", "NONE"], "claim 'NONE' is not in this remittance"),
        (["appeal", REMITTANCE], "required: --claim"),
        (["denials", REMITTANCE, "--decided", REMITTANCE], "the column claim_id is missing; decisions have claim_id, line"),
        (["denials", REMITTANCE, "--decided", "none.csv"], "none.csv: there is no such file; write one with the columns"),
        (["receivables", "nothing.csv"], "nothing.csv: there is no such file"),
        (["receivables", "nothing.csv", "--month", "2025-10"], "--month needs --remittance"),
    ],
)  # fmt: skip
def test_after_the_payment_wrong_usage_gets_one_clear_line_and_status_2(capsys, arguments, says):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert says in err, err
