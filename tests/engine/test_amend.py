"""Rows that were kept get columns and values in place: by their key, from the values as they were."""

import pytest

from workbook.engine import open_engine


@pytest.fixture
def engine():
    opened = open_engine()
    opened.keep(
        "line", "select * from (values ('C1', 1, 10), ('C1', 2, 20), ('C2', 1, 30)) t(claim_id, line_number, fee)"
    )
    yield opened
    opened.close()


def rows(engine):
    return engine.query("select * from line order by claim_id, line_number").to_pylist()


def test_a_column_that_is_added_is_null_on_every_row(engine):
    engine.widen("line", {"paid": "DECIMAL(12,2)", "why": "VARCHAR"})
    assert {(row["paid"], row["why"]) for row in rows(engine)} == {(None, None)}


def test_only_rows_of_the_same_key_change_and_each_from_its_values_before(engine):
    engine.widen("line", {"before": "INTEGER"})
    engine.keep("added", "select 'C1' as claim_id, 2 as line_number, 5 as fee")
    assert engine.amend("line", "added", ("claim_id", "line_number"), {"fee": "a.fee", "before": "l.fee"}) == 0
    assert [(row["fee"], row["before"]) for row in rows(engine)] == [(10, None), (5, 20), (30, None)]


def test_a_key_that_comes_twice_is_told(engine):
    engine.keep(
        "added", "select * from (values ('C1', 1, 5), ('C1', 1, 6), ('C2', 1, 7)) t(claim_id, line_number, fee)"
    )
    assert engine.amend("line", "added", ("claim_id", "line_number"), {"fee": "a.fee"}) == 1
    assert len(rows(engine)) == 3


def test_columns_are_taken_away(engine):
    engine.widen("line", {"paid": "DECIMAL(12,2)"})
    engine.narrow("line", ["fee", "paid"])
    assert list(rows(engine)[0]) == ["claim_id", "line_number"]
    engine.narrow("line", [])
    assert len(rows(engine)) == 3
