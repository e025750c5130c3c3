"""A page may read the tables it names and nothing else."""

import pytest

from workbook.engine import parse_select
from workbook.terms import WorkbookError


def test_a_select_tells_its_columns_and_the_tables_it_reads():
    select = parse_select(
        "with q as (select a.x from t a) select q.x, count(*) as n from q join u on u.x = q.x group by q.x", "p"
    )
    assert (select.columns, select.reads) == (("x", "n"), {"t", "u"})


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select a from read_csv('/etc/passwd')", "is not a declared table"),
        ("select a from '/etc/passwd'", "is not a declared table"),
        ("select a from main.t", "is not a declared table"),
        ("copy t to 'stolen.csv'", "expected one SELECT and nothing else"),
        ("drop table t", "expected one SELECT and nothing else"),
        ("select a from t; select b from t", "expected one SELECT and nothing else"),
        ("attach 'other.db'", "expected one SELECT and nothing else"),
        ("select * from t", "name every column the SELECT returns"),
        ("select 1 from t", "name every column the SELECT returns"),
        ("select a\nfrom t\nwhere )", "p, line 12: the SQL does not parse near ')'"),
    ],
)
def test_anything_but_one_select_over_named_tables_is_refused_with_its_place(sql, message):
    with pytest.raises(WorkbookError) as caught:
        parse_select(sql, "p", 10)
    assert str(caught.value).startswith("p, line 1")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "alias"),
    [
        ("select t.k, 1 as why from t", "t"),
        ("select x.k, u.a as why from t x left join u on u.k = x.k cross join v", "x"),
        ("select x.k, u.a as why from t x join u on u.k = x.k", None),
        ("select u.k, 1 as why from t x left join u on u.k = x.k", None),
        ("select x.k, 1 as why from t x where x.a = 1", None),
        ("select x.k, min(x.a) as why from t x group by x.k", None),
        ("select distinct x.k, 1 as why from t x", None),
        ("select x.k, 1 as why from t x limit 5", None),
        ("select x.a as k, 1 as why from t x", None),
        ("select x.k, 1 as why from u x", None),
        ("select x.k, 1 as why from (select t.k from t) x", None),
        ("select x.k, 1 as why from t x union all select x.k, 2 as why from t x", None),
    ],
)
def test_a_select_that_returns_each_row_of_a_table_is_told_from_one_that_may_not(sql, alias):
    assert parse_select(sql, "p").row_by_row("t", ["k"]) == alias


def test_such_a_select_can_read_another_table_and_return_more_of_it():
    select = parse_select("select x.k, u.a as why from t x left join t u on u.k = x.k", "p").reading(
        "x", "few", ["k", "day"]
    )
    assert select.sql == "SELECT x.k, u.a AS why, x.day AS day FROM few AS x LEFT JOIN t AS u ON u.k = x.k"
