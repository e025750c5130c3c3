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
