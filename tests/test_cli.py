"""The terminal: 0 nothing found, 1 findings, 2 one clear line on standard error; never a traceback."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

import workbook as wb
from workbook.cli import main
from workbook.payment import read_ledger
from workbook.ui.demo import SENT

SEGMENTS = SENT.read_text(encoding="utf-8")


def run(capsys, *arguments):
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stopped:
        status = stopped.code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err + shown.out
    return status, shown.out, shown.err


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


def test_prices_are_written_as_a_balanced_835(capsys, tmp_path):
    status, out, _ = run(capsys, "price", SENT, "--locality", "10112-00", "--out", tmp_path)
    assert status == 0
    assert "VISIT-001 line 3  93010  billed $25.00  denied CO-236" in out
    assert wb.read_remittance(tmp_path / "remittance.835").is_balanced


def test_what_could_not_be_priced_is_said_and_no_835_is_written(capsys, tmp_path):
    old = tmp_path / "old.837"
    old.write_text(SEGMENTS.replace("20251014", "20061014"))
    status, out, err = run(capsys, "price", old, "--no-audit", "--out", tmp_path / "out")  # ICD-10-CM in 2006 is denied
    assert status == 1
    assert "not priced: no conversion factor for 2006-10-14; loaded are 2024-01-01 to 2026-12-31" in out
    assert "no 835 was written" in err
    assert not (tmp_path / "out" / "remittance.835").exists()


def test_intake_says_whether_a_file_is_fit(capsys):
    status, out, _ = run(capsys, "intake", SENT)
    assert (status, out.split(":")[0]) == (0, "Fit")


def test_a_folder_of_parquet_is_judged_without_being_read_as_a_whole_and_silently_when_piped(
    capsys, tmp_path, monkeypatch
):
    run(capsys, "convert", SENT, tmp_path / "tables", "--as", "parquet")
    monkeypatch.setattr("workbook.claims.files.read_tables", None)
    status, out, err = run(capsys, "intake", tmp_path / "tables")
    assert (status, out.split(":")[0], err) == (0, "Fit", "")
    (tmp_path / "tables" / "claim_line.parquet").unlink()
    status, out, _ = run(capsys, "intake", tmp_path / "tables")
    assert status == 1
    assert "claim_line: units is present: could not run. there is no claim_line table" in out
    assert run(capsys, "intake", tmp_path / "tables", "--received", "soon")[0] == 2


@pytest.mark.parametrize(("code", "status"), [("R00.2", 0), ("R00", 1), ("XYZ", 1)])
def test_a_code_is_looked_up(capsys, code, status):
    assert run(capsys, "codes", "lookup", code, "--on", "2025-11-03")[0] == status


def test_the_rules_are_listed_and_shown(capsys):
    assert len(run(capsys, "rules", "list")[1].splitlines()) == len(wb.rules())
    assert "# Two codes that need a modifier" in run(capsys, "rules", "show", "ptp-002")[1]


def test_the_demonstration_runs(capsys):
    status, out, _ = run(capsys, "demo")
    assert status == 0
    assert "9. The patient's statement" in out


def bad_inputs(folder: Path):
    """name → (what stands there, what the one line must say)."""
    (folder / "tables").mkdir()
    (folder / "tables" / "claim.csv").write_text("claim_id\nC1\n")
    (folder / "tables" / "claim_line.csv").write_text("claim_id,line_number\nC1,1\n")
    (folder / "empty").mkdir()
    (folder / "note.txt").write_text("Dear payer,\nplease pay.")
    (folder / "nothing.837").write_text("")
    (folder / "cut.837").write_text(SEGMENTS[:60])
    (folder / "utf16.837").write_bytes(SEGMENTS.encode("utf-16-le"))
    (folder / "page.html").write_text("<html>")
    (folder / "binary.837").write_bytes(bytes(range(256)) * 4)
    return {
        "missing.837": "there is no such file",
        "nothing.837": "is empty",
        "note.txt": "is not X12",
        "cut.837": "cut short",
        "utf16.837": "is not X12",
        "page.html": "is not X12",
        "binary.837": "is not X12",
        "empty": "empty",
        "tables": "missing",
    }


@pytest.mark.parametrize(
    "name",
    ["missing.837", "nothing.837", "note.txt", "cut.837", "utf16.837", "page.html", "binary.837", "empty", "tables"],
)
@pytest.mark.parametrize("verb", ["audit", "price", "intake"])
def test_bad_input_gets_one_clear_line_and_status_2(capsys, tmp_path, verb, name):
    says = bad_inputs(tmp_path)[name]
    status, out, err = run(capsys, verb, tmp_path / name)
    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("workbook: ") and name in err and says in err, err


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes_and_said(capsys, tmp_path):
    cut = tmp_path / "cut.837"
    cut.write_text(SEGMENTS[: SEGMENTS.index("LX*3")])
    status, out, err = run(capsys, "audit", cut)
    assert status == 1
    assert "the file ends inside claim VISIT-001" in err
    assert "1 claim, 2 lines" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", SENT, "--rules", "PTP-999"], "no rule is called 'PTP-999'"),
        (["price", SENT, "--locality", "nowhere"], "locality 'nowhere' is not loaded"),
        (["price", SENT, "--as-if-on", "2025-13-01"], "as_if_on '2025-13-01' is not a date"),
        (["audit", SENT, "--received", "soon"], "'soon' is not a date"),
        (["codes", "lookup", "R00.2", "--on", "today"], "on 'today' is not a date"),
        (["rules", "show", "XXX"], "no rule is called 'XXX'"),
        (["audit", SENT, "--out", SENT], "cannot be made a folder"),
        (["audit"], "the following arguments are required: PATH"),
        (["adjudicate"], "invalid choice: 'adjudicate'"),
        (["audit", SENT, "--loud"], "unrecognized arguments: --loud"),
    ],
)  # fmt: skip
def test_wrong_usage_gets_one_clear_line_and_status_2(capsys, arguments, says):
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert says in err


def test_the_command_is_installed_and_silent_when_its_reader_leaves():
    piped = subprocess.run(
        f"{sys.executable} -m workbook.cli rules list | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert piped.stdout.startswith(wb.rules()[0].id)
    assert piped.stderr == ""


def test_a_code_is_found_by_the_words_of_the_note(capsys):
    status, out, _ = run(capsys, "codes", "search", "numb", "feet", "diabetes")
    assert (status, out.splitlines()[0]) == (0, "E11.42 Type 2 diabetes mellitus with diabetic polyneuropathy")
    assert run(capsys, "codes", "search", "zzzzqqq")[0] == 1


def test_official_files_are_added_listed_and_removed(capsys, tmp_path, monkeypatch, shared):
    from workbook.codes.reference import forget

    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    forget()
    assert run(capsys, "codes", "add", shared / "cms" / "GPCI2025.csv")[:2][0] == 0
    assert "GPCI2025.csv  sha256" in run(capsys, "codes", "list")[1]
    assert run(capsys, "codes", "remove", "locality", "GPCI2025")[0] == 0
    assert "sha256" not in run(capsys, "codes", "list")[1]
    status, _, err = run(capsys, "codes", "add", shared / "cms" / "README.md")
    assert (status, err.startswith("workbook: README.md: not a code file")) == (2, True)
    forget()


def test_a_practice_is_written_into_the_folder_that_is_named(capsys, tmp_path):
    status, out, _ = run(capsys, "practice", tmp_path / "year", "--seed", "7")
    assert status == 0
    assert "balanced" in out and f"131 errors planted; written into {tmp_path / 'year'}" in out
    assert {p.name for p in (tmp_path / "year").glob("*.83?")} == {
        "professional.837",
        "institutional.837",
        "remittance.835",
    }


def test_a_practice_that_cannot_be_written_is_one_line(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = run(capsys, "practice", tmp_path / "file")
    assert status == 2 and "cannot be made a folder" in err and len(err.splitlines()) == 1


def test_check_tells_what_is_wrong_by_level_and_ends_with_1(capsys, tmp_path):
    spoiled = tmp_path / "spoiled.837"
    spoiled.write_text(SEGMENTS.replace("SV1*HC:93000*", "SV1*ZZ:93000*"))
    status, out, err = run(capsys, "check", spoiled)
    assert (status, err) == (1, "")
    assert "SV101-1 is 'ZZ'; expected ER, HC, IV, WK" in out
    assert "errors: 1; warnings: 1" in out
    status, out, _ = run(capsys, "check", spoiled, "--json")
    assert status == 1
    assert next(iter(json.loads(out)))["element"] == "SV101-1"


def test_check_takes_a_folder_and_says_what_it_skipped(capsys, tmp_path):
    (tmp_path / "clean.837").write_text(SEGMENTS)
    (tmp_path / "notes.txt").write_text("not X12")
    status, out, _ = run(capsys, "check", tmp_path)
    assert status == 0
    assert "notes.txt is not X12" in out
    assert "errors: 0; warnings: 2" in out


def test_check_of_a_clean_file_ends_with_0_and_says_what_was_not_checked(capsys):
    status, out, _ = run(capsys, "check", SENT)
    assert status == 0
    assert "not checked: 3 times a HCPCS code of 2025-10-14" in out


REMITTANCE = Path(__file__).parents[1] / "sample_data" / "claims" / "remittance.835"
PRACTICE = REMITTANCE.with_name("tables")


@pytest.fixture
def paid(capsys, tmp_path):
    """The 835 of the claim that was sent."""
    run(capsys, "price", SENT, "--out", tmp_path / "paid")
    return tmp_path / "paid" / "remittance.835"


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


def test_what_was_paid_is_held_against_the_price(capsys, paid):
    status, out, _ = run(capsys, "variance", SENT, "--remittance", paid)
    assert status == 1  # the reading was denied
    assert "line 3  93010  denied" in out


def test_denials_are_listed_with_their_last_day(capsys, tmp_path):
    status, out, _ = run(capsys, "denials", REMITTANCE, "--on", "2026-01-31", "--out", tmp_path)
    assert status == 1
    assert out.startswith("141 denials on 87 claims, $161,509.00 at charges; 13 past their last day on 2026-01-31")
    assert len((tmp_path / "denials.csv").read_text().splitlines()) == 142


def test_an_appeal_is_drafted_and_says_what_is_missing(capsys, tmp_path):
    status, out, err = run(capsys, "appeal", REMITTANCE, "--claim", "P0107", "--on", "2025-06-01")
    assert (status, out.splitlines()[0]) == (0, "Request for a redetermination")
    assert "The contractor must have it by 2025-09-16." in err
    assert "to fill in: why the decision is wrong" in err
    run(capsys, "appeal", REMITTANCE, "--claim", "P0107", "--on", "2025-06-01", "--out", tmp_path / "appeal.html")
    assert (tmp_path / "appeal.html").stat().st_mode & 0o777 == 0o600


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
        (["receivables", "nothing.csv"], "nothing.csv: there is no such file"),
        (["receivables", "nothing.csv", "--month", "2025-10"], "--month needs --remittance"),
    ],
)  # fmt: skip
def test_after_the_payment_wrong_usage_gets_one_clear_line_and_status_2(capsys, arguments, says):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert says in err, err
