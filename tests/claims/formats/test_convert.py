"""`workbook convert` reads whatever it is given and writes what is asked for, or says in one line why not."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import openpyxl
import pytest

from tests.claims.formats.extracts import carrier, found
from tests.claims.x12.x12_snippets import LINE, REMITTANCE, claim_837, envelope, remittance_835, save
from workbook.claims.files import read_claims, read_remittance
from workbook.claims.formats import convert, read_wide
from workbook.claims.model import Claims
from workbook.cli import main
from workbook.terms import WorkbookError


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["convert", *map(str, arguments)])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err + shown.out
    return status, shown.out, shown.err


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_written_from_an_837_reads_back_equal(tmp_path: Path, kind: str) -> None:
    source = save(tmp_path, envelope(claim_837()))
    convert(source, tmp_path / "out", kind=kind)
    assert read_claims(tmp_path / "out") == read_claims(source)
    assert {p.suffix for p in (tmp_path / "out").iterdir()} == {f".{kind}"}
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "out").iterdir()} == {0o600}


def test_csv_to_parquet_to_csv_loses_nothing(tmp_path: Path) -> None:
    convert(carrier(tmp_path, {}, {"LINE_NUM": "2"}), tmp_path / "a")
    convert(tmp_path / "a", tmp_path / "b", kind="parquet")
    convert(tmp_path / "b", tmp_path / "c")
    first = read_claims(tmp_path / "a")
    assert read_claims(tmp_path / "b") == first == read_claims(tmp_path / "c")
    assert (tmp_path / "a" / "claim_line.csv").read_text() == (tmp_path / "c" / "claim_line.csv").read_text()


def test_a_wide_extract_becomes_an_837_that_says_the_same(tmp_path: Path) -> None:
    wide = convert(carrier(tmp_path, {}, {"LINE_NUM": "2", "LINE_SBMTD_CHRG_AMT": "50"}), tmp_path / "c.837")
    assert isinstance(wide, Claims)
    back = read_claims(tmp_path / "c.837")
    for name in ("hcpcs_code", "modifier_1", "units", "billed_amount", "diagnosis_pointer_1", "service_from_date"):
        assert back.arrow["claim_line"][name].to_pylist() == wide.arrow["claim_line"][name].to_pylist(), name
    assert back.arrow["claim_diagnosis"]["diagnosis_code"].to_pylist() == ["E1142", "I10"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_remittance_folder_reads_back_equal_and_becomes_an_835(tmp_path: Path, kind: str) -> None:
    source = save(tmp_path, remittance_835(), "a.835")
    convert(source, tmp_path / "out", kind=kind)
    assert read_remittance(tmp_path / "out") == read_remittance(source)
    convert(tmp_path / "out", tmp_path / "b.835")
    assert read_remittance(tmp_path / "b.835").is_balanced


def test_a_folder_of_x12_is_converted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in", envelope(claim_837()), "a.837")
    save(tmp_path / "in", envelope(claim_837()).replace("PCN1", "PCN2"), "b.837")
    convert(tmp_path / "in", tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["claim"]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["PCN1", "PCN2"]


def test_the_terminal_says_what_was_read_and_where_it_went(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, err = run(capsys, carrier(tmp_path, {}), tmp_path / "out")
    assert status == 0
    assert out.splitlines()[1] == f"wrote {tmp_path / 'out'}"
    assert "1 claim, 1 line, $150.75 billed" in out
    assert "the layout carries no DML_IND" in err


def test_an_extract_with_faults_is_converted_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = carrier(tmp_path, {}, {"CLM_ID": ""})
    status, _, err = run(capsys, path, tmp_path / "out", "--problems", tmp_path / "problems.csv")
    assert status == 1
    assert "row 3: CLM_ID is empty, so the row belongs to no claim" in err
    with (tmp_path / "problems.csv").open() as stream:
        messages = [row["message"] for row in csv.DictReader(stream) if row["severity"] == "error"]
    assert messages == ["row 3: CLM_ID is empty, so the row belongs to no claim"]


def test_the_template_is_printed_and_works_as_a_map(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = run(capsys, "--template")
    assert status == 0
    (tmp_path / "mine.yaml").write_text(out)
    (tmp_path / "extract.csv").write_text(
        "CLAIM_NO,STATUS,BILLING_NPI,MEMBER_ID,PAYER,ASSIGNED,DX1,DX2,DX3,DX4,SERVICE_DATE,PROCEDURE,MOD1,UNITS,CHARGE,"
        "DX_POINTER\nC1,PAID,1234567893,M1,P,Y,I10,,,,01/05/2025,G0463,,1,$5.00,1\n"
    )
    status, _, err = run(capsys, tmp_path / "extract.csv", tmp_path / "out", "--map", tmp_path / "mine.yaml")
    assert (status, err) == (0, "")
    assert read_claims(tmp_path / "out").arrow["claim_line"]["hcpcs_code"].to_pylist() == ["G0463"]


def test_what_fhir_does_not_carry_is_a_warning(tmp_path: Path) -> None:
    tables = convert(save(tmp_path, envelope(claim_837())), tmp_path / "c.ndjson")
    assert isinstance(tables, Claims)
    (message,) = found(tables, "warning")
    assert message.startswith("FHIR carries no claim.claim_filing_code (1 rows)")


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("nowhere.837", "out", "nowhere.837: there is no such file or folder; check the path"),
        ("empty.csv", "out", "empty.csv is empty"),
        ("claims.837", "out.docx", "no kind of file ends in .docx; end in .xlsx, .ndjson, .json, .835, .837"),
        ("claims.837", "out.835", "holds claims and an 835 answers them; price them first: workbook price"),
        ("a.835", "out.837", "holds a remittance, which an 837 cannot carry; write an 835 or a folder"),
        ("picture.png", "out", "is neither X12 nor CSV nor Parquet"),
        ("claim.csv", "out", "claim.csv is one table; give the folder"),
        ("strange.csv", "out", "has the columns of no known layout"),
        ("claims.837", "claims.837", "is what is read; name another place to write to"),
        ("claims.837", "no/such/folder/c.xlsx", "cannot be written"),
        ("nothing", "out", "has the columns of no known layout"),
        ("both", "out", "both holds claims and a remittance; put each into a folder of its own"),
    ],
)
def test_what_cannot_be_converted_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, source: str, target: str, says: str
) -> None:
    save(tmp_path, envelope(claim_837()))
    save(tmp_path, remittance_835(), "a.835")
    save(tmp_path, "", "empty.csv")
    save(tmp_path, b"\x89PNG", "picture.png")
    save(tmp_path, "claim_id\nC1\n", "claim.csv")
    save(tmp_path, "a,b\n1,2\n", "strange.csv")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "both").mkdir()
    save(tmp_path / "both", envelope(claim_837()), "a.837")
    save(tmp_path / "both", remittance_835(), "a.835")
    status, out, err = run(capsys, tmp_path / source, tmp_path / target)
    assert (status, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_missing_target_is_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, tmp_path)
    assert status == 2
    assert "convert needs what to read and what to write" in err


def test_a_layout_may_be_named(tmp_path: Path) -> None:
    path = carrier(tmp_path, {}, name="any.dat")
    assert read_wide(path, "rif_carrier").arrow["claim"].num_rows == 1
    convert(path, tmp_path / "out", layout="rif_carrier")
    assert read_claims(tmp_path / "out").arrow["claim"].num_rows == 1


def test_x12_below_other_text_is_still_x12(tmp_path: Path) -> None:
    path = save(tmp_path, "Our sample follows.\n" + envelope(claim_837()), "sample.edi")
    convert(path, tmp_path / "out")
    assert read_claims(tmp_path / "out").arrow["claim"]["claim_id"].to_pylist() == ["PCN1"]


def test_a_folder_is_not_filled_with_both_forms_of_a_table(tmp_path: Path) -> None:
    source = carrier(tmp_path, {})
    convert(source, tmp_path / "out", kind="parquet")
    with pytest.raises(WorkbookError, match=r"out holds claim\.parquet already; name a new folder"):
        convert(source, tmp_path / "out", kind="csv")
    convert(source, tmp_path / "out", kind="parquet")  # the same form is written anew


def test_a_broken_file_among_x12_files_is_told_and_the_others_are_converted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in", envelope(claim_837()), "a.837")
    save(tmp_path / "in", "ISA*00*", "b.837")
    tables = convert(tmp_path / "in", tmp_path / "out")
    assert read_claims(tmp_path / "out").arrow["claim"].num_rows == 1
    assert isinstance(tables, Claims)
    assert [m for m in found(tables, "warning") if "b.837" in m]


def test_an_837_goes_to_parquet_in_batches_and_reads_back_as_it_would_have_been_held(tmp_path: Path) -> None:
    source = save(tmp_path, envelope([*claim_837(), "CLM*PCN1*125***11:B:1*Y*A*Y*Y", "K9*X", *LINE]))
    streamed = convert(source, tmp_path / "out", kind="parquet")
    assert repr(streamed) == "2 claims, 2 lines, $250.00 billed"
    held = read_claims(source)
    assert streamed.arrow_problems == held.arrow_problems
    back = read_claims(tmp_path / "out")
    for name, table in held.arrow.items():
        assert back.arrow[name].to_pylist() == table.to_pylist(), name
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "out").iterdir()} == {0o600}


def test_an_835_goes_to_parquet_in_batches_and_reads_back_as_it_would_have_been_held(tmp_path: Path) -> None:
    wrong = [s.replace("CAS*CO*45*25", "CAS*CO*45*24") for s in REMITTANCE]
    source = save(tmp_path, remittance_835([*REMITTANCE, *wrong[7:]]), "answer.835")
    streamed = convert(source, tmp_path / "out", kind="parquet")
    held = read_remittance(source)
    assert repr(streamed) == repr(held) == (
        "2 claims remitted: $250.00 billed, $160.00 paid, $40.00 owed by patients; NOT balanced"
    )  # fmt: skip
    assert streamed.arrow_problems == held.arrow_problems
    back = read_remittance(tmp_path / "out")
    for name, table in held.arrow.items():
        assert back.arrow[name].to_pylist() == table.to_pylist(), name
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "out").iterdir()} == {0o600}


def test_a_stream_that_breaks_leaves_no_table_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = save(tmp_path, envelope(claim_837()))

    def breaks(path: Path, each: Callable[[Claims], None]) -> int:
        each(read_claims(path))
        raise WorkbookError("the disk was pulled out")

    monkeypatch.setattr(import_module("workbook.claims.formats.convert"), "stream_837", breaks)
    with pytest.raises(WorkbookError, match="the disk was pulled out"):
        convert(source, tmp_path / "out", kind="parquet")
    assert list((tmp_path / "out").iterdir()) == []
