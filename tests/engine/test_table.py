"""A table declared once keeps its types through Arrow and pandas."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from workbook.engine import Column, Table, open_engine, regrouped, to_pandas
from workbook.engine.export import guarded, to_json, write_people_csv
from workbook.terms import WorkbookError

TABLE = Table(
    "t", "one", ("code",),
    (Column("code", "text", ""), Column("amount", "money", ""), Column("day", "date", ""),
     Column("n", "integer", ""), Column("yes", "boolean", "")),
)  # fmt: skip
ROWS = [{"code": "0450", "amount": Decimal("10.10"), "day": date(2025, 11, 3), "n": 2, "yes": True}, {"code": "NA"}]


def test_decimals_dates_and_nulls_survive_the_way_to_pandas_and_back():
    frame = to_pandas(TABLE.from_rows(ROWS))
    assert frame["amount"].sum() == Decimal("10.10")
    assert frame["code"].tolist() == ["0450", "NA"]
    assert frame["day"].isna().tolist() == [False, True]
    assert TABLE.to_arrow(frame) == TABLE.from_rows(ROWS)


def test_a_frame_with_an_unknown_column_is_refused_with_the_choices():
    with pytest.raises(WorkbookError, match=r"table t has no column \['kode'\]; it has code, amount, day, n, yes"):
        TABLE.to_arrow(pd.DataFrame({"kode": ["x"]}))


def test_a_value_that_does_not_fit_is_refused_with_its_column():
    with pytest.raises(WorkbookError, match="table t, column amount"):
        TABLE.to_arrow(pd.DataFrame({"amount": ["ten"]}))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_is_made_plain(text):
    assert guarded(text) == f"'{text}"


def test_what_people_open_is_guarded_private_and_what_machines_read_is_raw(tmp_path):
    table = TABLE.from_rows([{"code": "=cmd()", "amount": Decimal("-1.00")}])
    write_people_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == 'code,amount,day,n,yes\n"\'=cmd()",-1.00,,,\n'
    assert (tmp_path / "t.csv").stat().st_mode & 0o777 == 0o600
    assert '"code": "=cmd()"' in to_json(table.to_pylist())


def test_batches_of_any_size_are_regrouped_in_their_order():
    batches = [pa.record_batch({"n": pa.array(range(*ends))}) for ends in ((0, 1), (1, 1), (1, 8), (8, 10))]
    assert [t["n"].to_pylist() for t in regrouped(batches, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert list(regrouped([], 4)) == []


def test_the_rows_of_a_query_come_in_batches_of_the_size_asked_for():
    engine = open_engine("duckdb")
    found = list(engine.batches("select range as n from range(300000) order by n", 100_000))
    engine.close()
    assert [(len(t), t["n"][0].as_py()) for t in found] == [(100_000, 0), (100_000, 100_000), (100_000, 200_000)]
