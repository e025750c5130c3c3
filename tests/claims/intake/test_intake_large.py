"""An extract that is not in memory is judged as one that is: files, batches of any size, either engine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.claims.intake.intake_extract import SUM, TODAY, D, claims_of, clean, could_not_run, failed, one_claim
from tests.claims.intake.test_intake_faults import FAULTS
from workbook.claims.intake import intake, page, result
from workbook.claims.intake.judge import judge
from workbook.claims.intake.result import IntakeResult
from workbook.claims.model import Claims
from workbook.claims.table_files import write_parquet_tables
from workbook.claims.tables import CLAIM_TABLES
from workbook.engine import open_engine
from workbook.terms import WorkbookError

DOLLARS = "billed_amount is an amount in dollars and cents"


def faulty_claims() -> Claims:
    """One fault of every fifth kind, each on a claim of its own, beside clean claims."""
    parts = [one_claim("C1"), one_claim("C2")]
    for number, fault in enumerate(FAULTS[::5]):
        rows = one_claim(f"F{number}")
        fault.edit(rows)
        parts.append(rows)
    return claims_of(*parts)


def shown(of: IntakeResult) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All that a result says."""
    return of.checks.to_dict("records"), of.rows.astype(object).where(of.rows.notna(), None).to_dict("records")


def as_files(claims: Claims, folder: Path) -> Path:
    write_parquet_tables(claims.arrow, folder)
    return folder


def rewritten(folder: Path, table: str, **columns: pa.Array | None) -> Path:
    """The Parquet file of a table with columns replaced, or left out where None."""
    path = folder / f"{table}.parquet"
    found = pq.read_table(path)
    for name, values in columns.items():
        position = found.column_names.index(name)
        found = found.remove_column(position) if values is None else found.set_column(position, name, values)
    pq.write_table(found, path)
    return folder


@pytest.fixture(scope="module")
def whole() -> IntakeResult:
    return intake(faulty_claims(), today=TODAY)


def test_three_rows_at_a_time_give_the_same_result_as_all_at_once(whole: IntakeResult) -> None:
    assert shown(judge(faulty_claims(), TODAY, batch_rows=3)) == shown(whole)
    assert len(failed(whole)) > 15


def test_files_give_the_same_result_as_tables_in_memory(
    whole: IntakeResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    claims, told = faulty_claims(), list[tuple[str, int]]()
    folder = as_files(claims, tmp_path / "parquet")
    found = judge(folder, TODAY, batch_rows=30, progress=lambda what, rows: told.append((what, rows)))
    assert shown(found) == shown(whole)
    rows = sum(table.num_rows for table in claims.arrow.values())
    assert [max(n for what, n in told if what == w) for w in ("read", "judged")] == [rows, rows]
    assert not list(temporary.iterdir()), "working files were left behind"


def test_rows_are_numbered_through_the_files_of_a_table_in_the_order_of_their_names(
    whole: IntakeResult, tmp_path: Path
) -> None:
    given: dict[str, Any] = dict(as_parts(faulty_claims(), tmp_path))
    assert shown(judge(given, TODAY, batch_rows=30)) == shown(whole)


def test_a_folder_whose_tables_are_folders_of_files_is_judged_as_one_of_files_is(
    whole: IntakeResult, tmp_path: Path
) -> None:
    as_parts(faulty_claims(), tmp_path)
    assert shown(judge(tmp_path, TODAY, batch_rows=30)) == shown(whole)
    (tmp_path / "claim" / "2025").mkdir()
    for part in (tmp_path / "claim").glob("*.parquet"):
        part.rename(tmp_path / "claim" / "2025" / part.name)
    assert shown(judge(tmp_path, TODAY, batch_rows=30)) == shown(whole)


def as_parts(claims: Claims, folder: Path) -> Mapping[str, str | Path]:
    """Each table as files of five rows: one half of the tables is named by folder, the other by glob."""
    places: dict[str, str | Path] = {}
    for number, (name, table) in enumerate(claims.arrow.items()):
        parts = folder / name
        parts.mkdir()
        for start in range(0, table.num_rows, 5):
            pq.write_table(table.slice(start, 5), parts / f"part-{start:05d}.parquet")
        places[name] = parts if number % 2 else f"{parts}/*.parquet"
    return places


def test_pandas_frames_are_judged_by_the_names_of_their_tables(whole: IntakeResult) -> None:
    claims = faulty_claims()
    assert shown(intake({name: getattr(claims, name) for name in CLAIM_TABLES}, today=TODAY)) == shown(whole)


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")
@pytest.mark.skipif(shutil.which("java") is None and not os.environ.get("JAVA_HOME"), reason="Java is not installed")
def test_spark_answers_what_duckdb_answers(whole: IntakeResult, tmp_path: Path) -> None:
    spark = open_engine("spark")
    try:
        assert shown(intake(as_files(faulty_claims(), tmp_path), today=TODAY, engine=spark)) == shown(whole)
    finally:
        spark.close()


def test_a_share_is_judged_over_all_rows_not_by_batch(tmp_path: Path) -> None:
    parts = [one_claim(f"C{number}") for number in range(20)]
    for line in parts[0]["claim_line"]:  # 2 of 40 lines: the share holds, though it does not in their own batch
        line.update(diagnosis_pointer_1=None, diagnosis_pointer_2=None)
    assert judge(as_files(claims_of(*parts), tmp_path), TODAY, batch_rows=20).verdict == "fit"


def test_every_failing_row_is_counted_and_the_first_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("result", "judge", "page"):
        monkeypatch.setattr(f"workbook.claims.intake.{module}.KEPT", 5)
    parts = [one_claim(f"C{number:03d}") for number in range(8)]
    for part in parts:
        for line in part["claim_line"]:
            line["units"] = D("0")
    found = judge(claims_of(*parts), TODAY, batch_rows=4)
    (outcome,) = (o for o in found.outcomes if o.outcome == "failed")
    assert (outcome.rows_checked, outcome.rows_failed, outcome.rows_kept) == (16, 16, 5)
    assert outcome.why == "16 of 16 rows; the first is row 1 (claim C000, line 1); the first 5 are kept"
    assert found.rows[["row_number", "claim_id", "line_number"]].values.tolist() == [
        [1, "C000", 1], [2, "C000", 2], [3, "C001", 1], [4, "C001", 2], [5, "C002", 1],
    ]  # fmt: skip
    assert result.KEPT == 5


def test_the_page_says_how_many_failing_rows_there_are_where_not_all_are_kept() -> None:
    assert page.rows_caption(10_000, 1_234_567) == (
        "Failing rows: the first 100 of 1,234,567 (the first 10,000 of each check in .rows)"
    )


def test_a_missing_file_and_a_missing_column_could_not_be_checked(tmp_path: Path) -> None:
    folder = rewritten(as_files(clean(), tmp_path), "claim", patient_sex=None)
    (folder / "claim_diagnosis.parquet").unlink()
    found = intake(folder, today=TODAY)
    whys = could_not_run(found)
    assert found.verdict == "not fit"
    assert failed(found) == []
    assert whys["patient_sex is F, M or U"] == "claim.patient_sex is missing"
    assert whys["diagnosis_code is present"] == "there is no claim_diagnosis table"
    assert whys["diagnosis_pointer_1 points to a diagnosis of the claim"] == "there is no claim_diagnosis table"


def test_of_tables_that_most_extracts_do_without_nothing_is_said(tmp_path: Path) -> None:
    folder = as_files(clean(), tmp_path)
    for name in ("claim_procedure", "other_payer", "claim_party", "claim_detail", "other_payer_adjustment"):
        (folder / f"{name}.parquet").unlink()
    found = intake(folder, today=TODAY)
    assert found.verdict == "fit"
    assert set(found.checks["table"]) == {"claim", "claim_diagnosis", "claim_line", "problem"}


def test_a_column_that_one_of_several_files_lacks_is_missing_and_the_file_named(tmp_path: Path) -> None:
    claims = clean()
    pq.write_table(claims.arrow["claim"].slice(0, 1), tmp_path / "a.parquet")
    pq.write_table(claims.arrow["claim"].slice(1).drop_columns(["patient_sex"]), tmp_path / "b.parquet")
    found = intake({**claims.arrow, "claim": f"{tmp_path}/*.parquet"}, today=TODAY)
    why = could_not_run(found)["patient_sex is F, M or U"]
    assert why == f"claim.patient_sex is missing in {tmp_path / 'b.parquet'}"


def test_floats_text_and_moments_are_read_where_nothing_is_lost(tmp_path: Path) -> None:
    midnight = pa.array([datetime(2025, 3, 14)] * 4, pa.timestamp("us"))
    folder = rewritten(
        as_files(clean(), tmp_path), "claim_line",
        billed_amount=pa.array([60.10, 40.20, 60.10, 40.20]), units=pa.array(["1", "1.5", " 2 ", "3.000"]),
        service_from_date=midnight, line_number=pa.array([1, 2, 1, 2], pa.int32()),
        hcpcs_code=pa.array(["99213", "J1885"] * 2).dictionary_encode(),
    )  # fmt: skip
    assert judge(folder, TODAY, batch_rows=3).verdict == "fit"


def test_a_cell_that_is_no_amount_is_shown_and_what_needs_the_column_could_not_run(tmp_path: Path) -> None:
    amounts = pa.array([60.10, 40.20, 60.10, 0.1 + 0.2])
    noon = pa.array([datetime(2025, 3, 14, 12)] + [datetime(2025, 3, 14)] * 3, pa.timestamp("us"))
    folder = rewritten(as_files(clean(), tmp_path), "claim_line", billed_amount=amounts, service_from_date=noon)
    found = judge(folder, TODAY, batch_rows=1)
    assert failed(found) == [("claim_line", "service_from_date is a date"), ("claim_line", DOLLARS)]
    assert found.rows[["row_number", "claim_id", "value"]].values.tolist() == [
        [1, "C1", "2025-03-14 12:00:00"], [4, "C2", "0.30000000000000004"],
    ]  # fmt: skip
    whys = could_not_run(found)
    assert whys[SUM] == "claim_line.billed_amount has values that are not of the type money"
    assert (
        whys["the patient is at most 122 years old"]
        == "claim_line.service_from_date has values that are not of the type date"
    )


def test_a_blank_in_a_required_column_is_missing() -> None:
    rows = one_claim("C1")
    rows["claim"][0]["patient_id"] = "  "
    assert failed(intake(claims_of(rows), today=TODAY)) == [("claim", "patient_id is present")]


def test_files_without_rows_are_not_fit(tmp_path: Path) -> None:
    found = intake(as_files(Claims(), tmp_path))
    assert failed(found) == [
        ("claim", "there is at least one claim"), ("claim_line", "there is at least one service line"),
    ]  # fmt: skip


def test_a_stray_file_of_the_folder_is_a_warning(tmp_path: Path) -> None:
    folder = as_files(clean(), tmp_path)
    (folder / "claim_lines.parquet").write_bytes((folder / "claim_line.parquet").read_bytes())
    found = intake(folder, today=TODAY)
    assert failed(found) == [("problem", "the file was read without warnings")]
    assert found.rows["value"].tolist() == ["not read: no table is called so (is it claim_line?)"]


def test_the_median_charge_is_exact_whatever_the_number_of_lines() -> None:
    parts = [one_claim(f"C{number}") for number in range(20)]  # 20 lines of J1885: the middle two are 40.20 and 41.20
    for part in parts[10:]:
        part["claim_line"][1]["billed_amount"], part["claim"][0]["billed_amount"] = D("41.20"), D("101.30")
    for charge, verdict in (("407.00", "fit"), ("407.01", "fit with warnings")):  # 10 x (40.20 + 41.20) / 2 = 407.00
        parts[19]["claim_line"][1]["billed_amount"] = D(charge)
        parts[19]["claim"][0]["billed_amount"] = D("60.10") + D(charge)
        assert intake(claims_of(*parts), today=TODAY).verdict == verdict


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"claims": "x"}, "no table is called 'claims'; the tables are claim, "),
        ({"claim": "nowhere/*.parquet"}, "nowhere/*.parquet: there is no Parquet file for table claim there"),
        ({"claim": 3}, "table claim is int; give an Arrow table, a pandas frame, or the path of Parquet files"),
        (pd.DataFrame(), "or table names with their rows (such as {'claim_line': frame}), not DataFrame"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(given: Any, says: str) -> None:
    with pytest.raises(WorkbookError) as error:
        intake(given, today=date(2025, 1, 1))
    assert says in str(error.value)


@pytest.mark.parametrize(("holds", "says"), [(b"", "it is empty"), (b"claim_id\nC1\n", "mend it or export it again")])
def test_a_file_that_is_no_parquet_is_named(tmp_path: Path, holds: bytes, says: str) -> None:
    path = tmp_path / "claim.parquet"
    path.write_bytes(holds)
    with pytest.raises(WorkbookError) as error:
        intake(tmp_path)
    assert str(error.value).startswith(f"{path} cannot be read as Parquet: ") and says in str(error.value)
    assert len(str(error.value).splitlines()) == 1
