"""Claims and remittances are read from whatever holds them, and refused in one clear message when nothing does."""

from __future__ import annotations

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.claims.x12.x12_snippets import CLINIC, claim_837, envelope, remittance_835, save
from workbook.claims.files import read_claims, read_remittance, write_csv
from workbook.claims.model import Claims
from workbook.claims.table_files import parquet_tables_in
from workbook.claims.tables import CLAIM_TABLES
from workbook.terms import WorkbookError

CLAIM_HEADER = "claim_id,claim_type,billing_provider_npi,patient_id,billed_amount,accepts_assignment,payer_id"
LINE_HEADER = "claim_id,line_number,service_from_date,hcpcs_code,units,billed_amount"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two tables that claims need, written by hand."""
    (tmp_path / "claim.csv").write_text(f"{CLAIM_HEADER}\nC1,professional,{CLINIC},M1,125.5,yes,00882\n")
    (tmp_path / "claim_line.csv").write_text(f"{LINE_HEADER}\nC1,1,2025-01-14,0001F,1.5,125.50\n")
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def messages(claims: Claims) -> list[str]:
    found: list[str] = claims.arrow_problems["message"].to_pylist()
    return found


def test_an_837_file_is_read(tmp_path: Path) -> None:
    claims = read_claims(save(tmp_path, envelope(claim_837())), received_date=date(2025, 1, 20))
    assert claims.arrow["claim"]["claim_id"].to_pylist() == ["PCN1"]
    assert claims.arrow["claim"]["received_date"].to_pylist() == [date(2025, 1, 20)]


def test_a_file_is_known_by_its_content_not_its_name(tmp_path: Path) -> None:
    assert read_claims(str(save(tmp_path, envelope(claim_837()), "export.dat"))).arrow["claim"].num_rows == 1


def test_a_folder_of_x12_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.837", "a.edi", "c.TXT", "d.x12"):
        save(tmp_path, envelope(claim_837()).replace("PCN1", name[0].upper()), name)
    save(tmp_path, "nothing to see", "notes.md")
    assert read_claims(tmp_path).arrow["claim"]["claim_id"].to_pylist() == ["A", "B", "C", "D"]


def test_a_text_among_x12_files_is_skipped_with_a_warning(tmp_path: Path) -> None:
    save(tmp_path, envelope(claim_837()))
    save(tmp_path, "Please pay soon.", "readme.txt")
    claims = read_claims(tmp_path)
    assert claims.arrow["claim"].num_rows == 1
    assert claims.arrow_problems["severity"].to_pylist() == ["warning"]
    assert "readme.txt is not X12" in messages(claims)[0]


def test_a_list_of_files_and_folders_is_read(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    files = [save(tmp_path, envelope(claim_837())), tmp_path / "more"]
    save(tmp_path / "more", envelope(claim_837()))
    assert read_claims(files).arrow["claim"]["claim_id"].to_pylist() == ["PCN1", "PCN1#2"]


def test_a_remittance_is_read(tmp_path: Path) -> None:
    assert read_remittance(save(tmp_path, remittance_835())).arrow["remittance_claim"].num_rows == 1


def test_a_remittance_given_as_claims_names_the_right_verb(tmp_path: Path) -> None:
    path = save(tmp_path, remittance_835(), "answer.835")
    message = (
        r"answer\.835 holds transaction 835 \(remittance\), not transaction 837 \(claim\); use wb\.read_remittance"
    )
    with pytest.raises(WorkbookError, match=message):
        read_claims(path)


def test_claims_given_as_a_remittance_name_the_right_verb(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"holds transaction 837 \(claim\), not .*; use wb\.read_claims"):
        read_remittance(save(tmp_path, envelope(claim_837())))


def test_another_transaction_is_named(tmp_path: Path) -> None:
    path = save(tmp_path, envelope(["BHT*0022"], kind="270", guide="005010X279A1", group="HS"))
    with pytest.raises(WorkbookError, match=r"holds transaction 270 \(eligibility inquiry\), not .*; 837 and 835 are"):
        read_claims(path)


def test_an_837_without_claims_is_read_with_a_problem(tmp_path: Path) -> None:
    claims = read_claims(save(tmp_path, envelope(["BHT*0019"])))
    assert messages(claims) == ["the file's 837 transactions hold no claim (CLM)"]


def test_tables_in_csv_keep_codes_money_and_dates(folder: Path) -> None:
    claims = read_claims(folder, received_date="2025-02-01")
    claim, line = claims.arrow["claim"].to_pylist()[0], claims.arrow["claim_line"].to_pylist()[0]
    assert (claim["payer_id"], claim["billed_amount"], claim["accepts_assignment"]) == (
        "00882",
        Decimal("125.50"),
        True,
    )
    assert (line["hcpcs_code"], line["units"]) == ("0001F", Decimal("1.500"))
    assert (claim["received_date"], line["service_from_date"]) == (date(2025, 2, 1), date(2025, 1, 14))
    assert claim["payer_name"] is None
    assert claims.arrow["claim_diagnosis"].num_rows == 0
    assert messages(claims) == []


def test_what_is_written_as_csv_is_read_back_the_same(tmp_path: Path) -> None:
    claims = read_claims(save(tmp_path, envelope(claim_837())))
    write_csv(claims, tmp_path / "out")
    assert read_claims(tmp_path / "out") == claims
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}
    remittance = read_remittance(save(tmp_path, remittance_835()))
    write_csv(remittance, tmp_path / "answer")
    assert read_remittance(tmp_path / "answer") == remittance


def test_empty_claims_make_a_template(tmp_path: Path) -> None:
    write_csv(Claims(), tmp_path)
    assert (tmp_path / "claim_procedure.csv").read_text() == '"claim_id","sequence","procedure_code","procedure_date"\n'
    assert sorted(path.stem for path in tmp_path.iterdir()) == [
        "claim", "claim_detail", "claim_diagnosis", "claim_line", "claim_party", "claim_procedure", "other_payer",
        "other_payer_adjustment",
    ]  # fmt: skip
    assert read_claims(tmp_path) == Claims()


def test_a_parquet_folder_is_read(tmp_path: Path) -> None:
    claims = read_claims(save(tmp_path, envelope(claim_837())))
    (tmp_path / "tables").mkdir()
    for name, table in claims.arrow.items():
        pq.write_table(table, tmp_path / "tables" / f"{name}.parquet")
    assert read_claims(tmp_path / "tables") == claims


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["claim.parquet", "claim_line/1.parquet", "claim_line/2.parquet"], {"claim": "claim.parquet", "claim_line": "claim_line"}),
        (["claim/year=2025/1.parquet"], {"claim": "claim"}),
        (["claim.parquet", "claim.csv"], {"claim": "claim.parquet"}),
        (["claim.parquet", "claim/1.parquet"], {"claim": "claim.parquet"}),
        (["claim.parquet", "claim_line.csv"], {}),
        (["claim.parquet", "notes.csv", "notes.parquet"], {"claim": "claim.parquet"}),
        (["claim/readme.txt", "claims.parquet"], {}),
    ],
)  # fmt: skip
def test_parquet_tables_are_found_as_files_or_folders_unless_one_is_there_as_csv_alone(
    tmp_path: Path, files: list[str], found: dict[str, str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert parquet_tables_in(tmp_path, CLAIM_TABLES) == {name: tmp_path / place for name, place in found.items()}


def test_what_is_no_folder_holds_no_parquet_tables(folder: Path) -> None:
    assert parquet_tables_in(folder / "claim.csv", CLAIM_TABLES) == {}
    assert parquet_tables_in(folder / "nowhere", CLAIM_TABLES) == {}


def test_parquet_text_is_given_its_types(folder: Path) -> None:
    (folder / "claim_line.csv").unlink()
    columns = {"claim_id": ["C1"], "line_number": ["1"], "service_from_date": ["2025-01-14"], "units": ["1"]}
    pq.write_table(pa.table({**columns, "billed_amount": [99.5]}), folder / "claim_line.parquet")
    assert read_claims(folder).arrow["claim_line"]["billed_amount"].to_pylist() == [Decimal("99.50")]


def test_parquet_of_the_wrong_type_is_refused(folder: Path) -> None:
    (folder / "claim_line.csv").unlink()
    columns = {"claim_id": ["C1"], "line_number": [1.5], "service_from_date": ["2025-01-14"], "units": ["1"]}
    pq.write_table(pa.table({**columns, "billed_amount": ["1"]}), folder / "claim_line.parquet")
    with pytest.raises(WorkbookError, match=r"claim_line\.parquet, column line_number: double does not become integer"):
        read_claims(folder)


def test_a_missing_column_is_named_with_those_that_are_there(folder: Path) -> None:
    replace(folder / "claim_line.csv", "units,", "")
    replace(folder / "claim_line.csv", "1.5,", "")
    message = (
        r"claim_line\.csv lacks the columns units; it has claim_id, line_number, service_from_date, hcpcs_code, billed"
    )
    with pytest.raises(WorkbookError, match=message):
        read_claims(folder)


def test_an_unknown_column_is_named_with_the_nearest(folder: Path) -> None:
    replace(folder / "claim_line.csv", "hcpcs_code", "hcpc_code")
    message = r"has no column 'hcpc_code' \(is it hcpcs_code\?\); its columns are claim_id, line_number"
    with pytest.raises(WorkbookError, match=message):
        read_claims(folder)


def test_a_column_that_comes_twice_is_refused(folder: Path) -> None:
    replace(folder / "claim_line.csv", "hcpcs_code", "units")
    with pytest.raises(WorkbookError, match="column units stands there 2 times; keep one of them"):
        read_claims(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",1,", ",one,", "row 2, column line_number: 'one' is not a whole number"),
        ("2025-01-14", "01/14/2025", "row 2, column service_from_date: '01/14/2025' is not a date as year-month-day"),
        ("1.5,", "1.2345,", "row 2, column units: '1.2345' is not a number with at most three decimals"),
        ("125.50", "$125.50", r"row 2, column billed_amount: '\$125.50' is not an amount in dollars and cents"),
        ("125.50", "125.505", "row 2, column billed_amount: '125.505' is not an amount in dollars and cents"),
        ("125.50", "NaN", "row 2, column billed_amount: 'NaN' is not an amount in dollars and cents"),
        ("125.50", "99999999999", "row 2, column billed_amount: '99999999999' is not an amount in dollars and cents"),
    ],
)
def test_a_cell_that_does_not_fit_is_named(folder: Path, old: str, new: str, message: str) -> None:
    replace(folder / "claim_line.csv", old, new)
    with pytest.raises(WorkbookError, match=rf"claim_line\.csv, {message}"):
        read_claims(folder)


def test_the_row_of_a_bad_cell_counts_the_header(folder: Path) -> None:
    with (folder / "claim.csv").open("a") as file:
        file.write(f"C2,professional,{CLINIC},M1,1,no,1\nC3,professional,{CLINIC},M1,1,maybe,1\n")
    with pytest.raises(
        WorkbookError, match=r"claim\.csv, row 4, column accepts_assignment: 'maybe' is not yes, no, true"
    ):
        read_claims(folder)


def test_a_row_of_another_width_is_named_without_its_content(folder: Path) -> None:
    with (folder / "claim.csv").open("a") as file:
        file.write("C2,professional\n")
    message = r"claim\.csv cannot be read as CSV: row 3 has 2 cells, the header names 7 columns; mend it"
    with pytest.raises(WorkbookError, match=message) as raised:
        read_claims(folder)
    assert "C2" not in str(raised.value)


def test_an_empty_required_cell_is_a_problem_not_an_exception(folder: Path) -> None:
    replace(folder / "claim.csv", ",M1,", ", ,")
    claims = read_claims(folder)
    assert claims.arrow["claim"]["patient_id"].to_pylist() == [None]
    assert messages(claims) == ["column patient_id is empty in 1 rows, the first of them row 2"]


def test_a_needed_table_that_is_missing_is_named(folder: Path) -> None:
    (folder / "claim_line.csv").rename(folder / "claim_lines.csv")
    with pytest.raises(
        WorkbookError, match=r"claim_line\.csv \(or claim_line\.parquet\) is missing; it has claim_lines\.csv"
    ):
        read_claims(folder)


def test_a_table_nobody_knows_is_a_warning(folder: Path) -> None:
    (folder / "claim_diagnoses.csv").write_text("a\n1\n")
    assert messages(read_claims(folder)) == ["not read: no table is called so (is it claim_diagnosis?)"]


def test_latin_1_in_a_csv_is_read(folder: Path) -> None:
    text = (folder / "claim.csv").read_text().replace("payer_id", "payer_name").replace("00882", "SEGURO MUÑOZ")
    (folder / "claim.csv").write_bytes(text.encode("latin-1"))
    assert read_claims(folder).arrow["claim"]["payer_name"].to_pylist() == ["SEGURO MUÑOZ"]


def test_a_byte_order_mark_in_a_csv_is_no_part_of_the_first_name(folder: Path) -> None:
    (folder / "claim.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "claim.csv").read_bytes())
    assert read_claims(folder).arrow["claim"]["claim_id"].to_pylist() == ["C1"]


def test_one_table_alone_asks_for_its_folder(folder: Path) -> None:
    with pytest.raises(WorkbookError, match=r"claim\.csv is one table; give the folder that holds claim\.csv"):
        read_claims(folder / "claim.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no such file"), (b"", "is empty"), (b"hello", "is not X12: it begins with 'hello'")],
)
def test_what_cannot_be_read_is_told_in_one_message(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "claims.837"
    if content is not None:
        path.write_bytes(content)
    for read in (read_claims, read_remittance):
        with pytest.raises(WorkbookError, match=message):
            read(path)


def test_an_empty_table_file_is_told(folder: Path) -> None:
    (folder / "claim.csv").write_text("")
    with pytest.raises(WorkbookError, match=r"claim\.csv is empty; its first row should name the columns"):
        read_claims(folder)


def test_a_folder_with_nothing_to_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"holds no X12 file \(\*\.837, .*\) and no claim\.csv; check the folder"):
        read_claims(tmp_path)


def test_no_path_at_all_is_told() -> None:
    with pytest.raises(WorkbookError, match="no path was given"):
        read_claims([])


def test_a_bad_received_date_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"received_date '1/20/2025' is not a date"):
        read_claims(save(tmp_path, envelope(claim_837())), received_date="1/20/2025")


def test_the_verb_reads_a_remittance_from_a_file_or_a_folder(tmp_path: Path) -> None:
    import workbook as wb

    remittance = wb.read_remittance(save(tmp_path, remittance_835()))
    write_csv(remittance, tmp_path / "tables")
    assert wb.read_remittance(tmp_path / "tables") == remittance
