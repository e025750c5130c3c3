"""Audits in a terminal, and the catalogue of rules."""

import csv
import json

import workbook as wb
from tests.cli.terminal import SEGMENTS, run
from workbook.ui.demo import SENT


def test_an_audit_prints_its_findings_and_what_it_did_not_check(capsys):
    status, out, _ = run(capsys, "audit", SENT, "--received", "2025-10-21")
    assert status == 1
    assert "error   PTP-002  VISIT-001 line 3: 93010 is included in 93000" in out
    assert "MUE-001: 3 lines not checked, because mue: no loaded edition serves the date of service" in out


def test_a_clean_claim_ends_with_0(capsys, tmp_path):
    clean = tmp_path / "clean.837"
    text = SEGMENTS.replace("LX*3~\nSV1*HC:93010*25*UN*1***1~\nDTP*472*D8*20251014~\n", "").replace("*260*", "*235*")
    clean.write_text(text.replace("SE*30*", "SE*27*"))
    status, _, err = run(capsys, "audit", clean, "--received", "2025-10-21")
    assert (status, err) == (0, "")


def test_an_audit_writes_private_files_for_people(capsys, tmp_path):
    status, _, _ = run(capsys, "audit", SENT, "--out", tmp_path / "found")
    assert status == 1
    with (tmp_path / "found" / "findings.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["rule_id"], row["line_number"]) == ("PTP-002", "3")
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "found").iterdir()} == {0o600}


def test_json_is_for_machines(capsys):
    _, out, _ = run(capsys, "audit", SENT, "--json")
    assert json.loads(out)["findings"][0]["rule_id"] == "PTP-002"


def test_the_rules_are_listed_and_shown(capsys):
    assert len(run(capsys, "rules", "list")[1].splitlines()) == len(wb.rules())
    assert "# Two codes that need a modifier" in run(capsys, "rules", "show", "ptp-002")[1]
