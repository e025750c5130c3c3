"""Claims are audited where they are: in frames, in Parquet, in DuckDB; what does not fit is said by table and column."""

from datetime import date

import pytest

import workbook as wb
from tests.rules.test_audit import claims
from workbook.claims.files import read_claims
from workbook.claims.model import Claims
from workbook.claims.table_files import write_parquet_tables
from workbook.engine import open_engine
from workbook.terms import WorkbookError

GIVEN = claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93010"}, {"hcpcs_code": "93000"}], diagnoses=("E11",))


@pytest.fixture(scope="module")
def expected():
    return wb.audit(GIVEN)


@pytest.fixture
def folder(tmp_path):
    write_parquet_tables({n: t for n, t in GIVEN.arrow.items() if t.num_rows}, tmp_path / "tables")
    return tmp_path / "tables"


def same(audit, expected):
    assert audit.arrow_findings.to_pylist() == expected.arrow_findings.to_pylist()
    assert audit.arrow_coverage.to_pylist() == expected.arrow_coverage.to_pylist()
    assert audit.arrow_findings.num_rows == 3
    return True


def test_pandas_frames_are_audited_as_claims_are(expected):
    frames = {"claim": GIVEN.claim, "claim_line": GIVEN.claim_line.drop(columns=["ndc", "is_emergency"])}
    assert same(wb.audit({**frames, "claim_diagnosis": GIVEN.claim_diagnosis}), expected)


def test_a_folder_of_parquet_is_audited_without_being_read_into_memory(expected, folder, monkeypatch):
    monkeypatch.setattr("workbook.claims.table_files.read_tables", None)
    assert same(wb.audit(folder), expected)
    assert same(wb.audit({p.stem: str(p) for p in folder.iterdir()}), expected)


def test_a_table_may_be_many_files(expected, folder):
    import pyarrow.parquet as pq

    lines = pq.read_table(folder / "claim_line.parquet")
    (folder / "claim_line").mkdir()
    for n in range(lines.num_rows):
        pq.write_table(lines.slice(n, 1), folder / "claim_line" / f"{n}.parquet")
    (folder / "claim_line.parquet").unlink()
    assert same(wb.audit(folder), expected)
    tables = {p.stem: p for p in folder.glob("*.parquet")}
    assert same(wb.audit({**tables, "claim_line": f"{folder}/claim_line/*.parquet"}), expected)


def test_duckdb_relations_of_another_connection_are_audited(expected, folder):
    import duckdb

    with duckdb.connect() as connection:
        relations = {p.stem: connection.read_parquet(str(p)) for p in folder.iterdir()}
        assert same(wb.audit(relations), expected)
        assert connection.sql("select current_setting('enable_external_access')").fetchall() == [(True,)]


def test_one_engine_audits_one_extract_after_another_and_keeps_nothing(expected):
    engine = open_engine()
    assert wb.audit(claims([{"hcpcs_code": "99213"}]), engine=engine).arrow_findings.num_rows == 0
    assert same(wb.audit(GIVEN, engine=engine), expected)
    assert engine.tables() == set()
    engine.close()


def test_the_received_date_is_given_to_claims_that_state_none(folder):
    late = wb.audit(folder, received_date="2027-01-01", rules=["TIME-001"])
    assert late.arrow_findings.num_rows == 0  # they state one
    given = claims([{"hcpcs_code": "93000"}], received=None)
    audit = wb.audit(given, received_date=date(2027, 1, 1), rules=["TIME-001"])
    assert audit.arrow_findings["message"].to_pylist() == [
        "The service of 2025-11-03 reached the payer on 2027-01-01; the last day was 2026-11-03."
    ]


def test_a_small_memory_limit_changes_nothing(expected):
    assert same(wb.audit(GIVEN, memory_limit="200MB"), expected)
    with pytest.raises(WorkbookError, match=r"spark\.driver\.memory"):
        wb.audit(GIVEN, engine="spark", memory_limit="200MB")


def test_progress_tells_each_rule_once():
    told = []
    wb.audit(GIVEN, price=False, progress=lambda number, count, card: told.append((number, count, card.id)))
    count = len(wb.rules())
    assert [n for n, _, _ in told] == list(range(1, count + 1))
    assert {c for _, c, _ in told} == {count}
    assert {i for _, _, i in told} == {card.id for card in wb.rules()}


def changed(table, column, kind):
    index = table.schema.get_field_index(column)
    return table.set_column(index, column, table[column].cast(kind))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, pa: {"claim": t["claim"]}, "table claim_line is missing"),
        (lambda t, pa: {**t, "claim_lines": t["claim_line"]}, r"no table is called 'claim_lines' \(is it claim_line\?\)"),
        (lambda t, pa: {**t, "claim_line": t["claim_line"].drop(["units"])}, "table claim_line lacks the columns units"),
        (lambda t, pa: {**t, "claim_line": t["claim_line"].rename_columns({"ndc": "ndcc"})},
         r"claim_line has no column 'ndcc' \(is it ndc\?\)"),
        (lambda t, pa: {**t, "claim": changed(t["claim"], "billed_amount", pa.float64())},
         r"table claim: column billed_amount is double, expected money \(DECIMAL\(12,2\)\)"),
        (lambda t, pa: {**t, "claim_line": changed(t["claim_line"], "service_from_date", pa.string())},
         r"table claim_line: column service_from_date is string, expected date"),
        (lambda t, pa: {**t, "claim": 5}, "claim: a int cannot be read here; give an Arrow table"),
        (lambda t, pa: {**t, "claim": "nowhere/*.parquet"}, "claim: there is no Parquet file at nowhere"),
    ],
)  # fmt: skip
def test_what_is_not_the_declared_table_is_said_in_one_line(change, message):
    import pyarrow as pa

    with pytest.raises(WorkbookError, match=message) as caught:
        wb.audit(change(dict(GIVEN.arrow), pa))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_parquet_and_a_folder_without_claims_are_refused(folder, tmp_path):
    (folder / "claim.parquet").write_text("not Parquet")
    with pytest.raises(WorkbookError, match=r"^claim: .*cannot be read as Parquet"):
        wb.audit(folder)
    with pytest.raises(WorkbookError, match="is no folder of Parquet tables"):
        wb.audit(tmp_path)


def test_an_amount_too_large_for_its_column_is_said_and_not_cut():
    import pyarrow as pa

    wide = changed(GIVEN.arrow["claim"], "billed_amount", pa.decimal128(38, 2))
    from decimal import Decimal

    index = wide.schema.get_field_index("billed_amount")
    wide = wide.set_column(index, "billed_amount", pa.array([Decimal("123456789012.00")], pa.decimal128(38, 2)))
    with pytest.raises(WorkbookError, match="the data cannot be used as they are"):
        wb.audit({**GIVEN.arrow, "claim": wide})


def test_the_terminal_audits_a_folder_of_parquet(folder, capsys):
    from workbook.cli import main

    assert main(["audit", str(folder), "--memory-limit", "1GB", "--received", "2025-12-01"]) == 1
    shown = capsys.readouterr()
    assert "PTP-002" in shown.out
    assert shown.err == ""


def test_a_table_that_is_there_as_csv_alone_is_not_passed_over(folder, capsys):
    from workbook.cli import main

    (folder / "claim_diagnosis.parquet").unlink()
    GIVEN.claim_diagnosis.to_csv(folder / "claim_diagnosis.csv", index=False)
    with pytest.raises(WorkbookError, match="is no folder of Parquet tables; read other files"):
        wb.audit(folder)
    assert main(["audit", str(folder)]) == 1
    assert "1 claim, 3 lines" in capsys.readouterr().out  # read as a whole, and so with its CSV


def test_claims_of_the_practice_are_the_same_from_memory_and_from_parquet(tmp_path):
    practice = read_claims("sample_data/claims")
    write_parquet_tables(practice.arrow, tmp_path)
    one, other = wb.audit(practice, price=False), wb.audit(tmp_path, price=False)
    assert one.arrow_findings.equals(other.arrow_findings)
    assert isinstance(practice, Claims) and one.arrow_findings.num_rows > 50
