"""Two audits of the same claims, before and after they were mended."""

import csv
from decimal import Decimal

import pytest

import workbook as wb
from tests.rules.test_audit import claims
from workbook.engine.export import write_people_csv
from workbook.terms import WorkbookError

DOUBLED = [{"hcpcs_code": "93000"}, {"hcpcs_code": "93000"}]


def test_findings_are_new_gone_or_unchanged_by_rule_claim_line_and_evidence():
    earlier = wb.audit(claims(DOUBLED), price=False)
    later = wb.audit(claims(DOUBLED, billed=Decimal(1), diagnoses=("E11",)), price=False)
    compared = later.compare(earlier)
    assert repr(compared) == "2 new, 0 gone, 1 unchanged"
    assert sorted(compared.new["rule_id"].to_pylist()) == ["DX-002", "SUM-001"]
    back = earlier.compare(later)
    assert sorted(back.gone["rule_id"].to_pylist()) == ["DX-002", "SUM-001"]
    assert back.to_arrow()["change"].to_pylist() == ["gone", "gone", "unchanged"]


def test_the_findings_file_of_an_earlier_run_is_read_back_as_it_was(tmp_path):
    chosen = ["DUP-001", "DX-002"]
    audit = wb.audit(claims([{"hcpcs_code": "=cmd"}, {"hcpcs_code": "=cmd"}], diagnoses=("E11",)), rules=chosen)
    write_people_csv(audit.arrow_findings, tmp_path / "findings.csv")
    assert "\"'=cmd" in (tmp_path / "findings.csv").read_text()
    compared = wb.audit(claims([{"hcpcs_code": "99213"}]), rules=chosen).compare(tmp_path / "findings.csv")
    assert compared.gone.to_pylist() == audit.arrow_findings.to_pylist()
    assert repr(audit.compare(tmp_path / "findings.csv")) == "0 new, 0 gone, 2 unchanged"


def test_a_finding_is_not_gone_where_its_rule_did_not_run_or_could_check_nothing():
    earlier = wb.audit(claims(DOUBLED, billed=Decimal(1), diagnoses=("E11",)), price=False)
    fewer = wb.audit(claims(DOUBLED), rules=["SUM-001"], price=False).compare(earlier)
    assert [(f["change"], f["rule_id"]) for f in fewer.to_arrow().to_pylist()] == [
        ("gone", "SUM-001"),
        ("not judged", "DUP-001"),
        ("not judged", "DX-002"),
    ]
    assert repr(fewer).startswith("0 new, 1 gone, 0 unchanged, 2 not judged")
    undated = wb.audit(claims([{"hcpcs_code": "99213"}], diagnoses=()), price=False).compare(earlier)
    assert undated.not_judged["rule_id"].to_pylist() == ["DX-002"]


def test_an_earlier_file_may_lack_the_columns_that_may_be_empty(tmp_path):
    audit = wb.audit(claims(DOUBLED), price=False)
    kept = audit.arrow_findings.drop_columns(["amount_at_stake", "carc", "edition"])
    write_people_csv(kept, tmp_path / "findings.csv")
    assert repr(audit.compare(tmp_path / "findings.csv")) == "0 new, 0 gone, 1 unchanged"
    gone = wb.audit(claims([{"hcpcs_code": "99213"}]), price=False).compare(tmp_path / "findings.csv").gone
    assert gone.select(["rule_id", "carc"]).to_pylist() == [{"rule_id": "DUP-001", "carc": None}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read as the findings.csv of an earlier run"),
        ("", "cannot be read as the findings.csv of an earlier run"),
        ("claim_id,paid\nC1,5\n", r"finding has no column 'paid'"),
        ("finding_id,rule_id\nab,SUM-001\n", "lacks the columns severity, claim_id, message, evidence, authority"),
        ("finding_id,rule_id,severity,claim_id,line_number,message,evidence,authority\na,b,c,d,first,e,f,g\n",
         "cannot be read as the findings.csv"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_findings_file_is_refused(tmp_path, text, message):
    path = tmp_path / "findings.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(WorkbookError, match=message):
        wb.audit(claims(DOUBLED), price=False).compare(path)


def test_the_terminal_counts_and_writes_what_changed(tmp_path, capsys):
    from workbook.claims.files import write_csv
    from workbook.cli import main

    write_csv(claims(DOUBLED), tmp_path / "before")
    write_csv(claims([{"hcpcs_code": "93000"}], diagnoses=("E11",)), tmp_path / "after")
    assert main(["audit", str(tmp_path / "before"), "--out", str(tmp_path / "first")]) == 1
    capsys.readouterr()
    earlier = str(tmp_path / "first" / "findings.csv")
    assert main(["audit", str(tmp_path / "after"), "--out", str(tmp_path / "second"), "--compare", earlier]) == 1
    shown = capsys.readouterr()
    assert "1 new, 1 gone, 0 unchanged" in shown.out
    assert "rule" not in shown.err.split("wrote")[0]  # progress is for a terminal
    with (tmp_path / "second" / "comparison.csv").open() as stream:
        assert [(r["change"], r["rule_id"]) for r in csv.DictReader(stream)] == [("new", "DX-002"), ("gone", "DUP-001")]
