"""SELECTs give columns to rows, one after the other, and it does not show whether they were run together or apart."""

from decimal import Decimal

import pytest

from workbook.engine import fuse, open_engine, parse_select
from workbook.engine.fuse import Given, Rows, RowTwiceError, looks_at_each_row_alone

KEY = ("claim_id", "line_number")
LINES = """select * from (values
    ('C1', 1, '99213', cast(100.00 as decimal(12, 2)), cast(null as varchar)),
    ('C1', 2, '71046', cast(40.00 as decimal(12, 2)), null),
    ('C2', 1, '99213', cast(0.00 as decimal(12, 2)), null),
    ('C2', 2, 'XXXXX', cast(9999999999.99 as decimal(12, 2)), null)
) t(claim_id, line_number, hcpcs_code, charge, modifiers)"""
TYPES = {"hcpcs_code": "VARCHAR", "charge": "DECIMAL(12,2)", "modifiers": "VARCHAR"}
MONEY = "DECIMAL(12,2)"


@pytest.fixture
def engine():
    opened = open_engine()
    opened.keep("line_0", LINES)
    opened.keep(
        "rate",
        "select * from (values ('99213', cast(0.5 as decimal(9, 4))), ('71046', cast(0.25 as decimal(9, 4)))) t(hcpcs_code, share)",
    )
    yield opened
    opened.close()


def lines(engine):
    return Rows(engine, "line", "line_0", KEY, TYPES)


def values(engine, column):
    return [
        row[column] for row in engine.query(f"select {column} from line order by claim_id, line_number").to_pylist()
    ]


def select(sql):
    return parse_select(sql, "page")


FEE = select(
    "select l.claim_id, l.line_number, cast(l.charge * r.share as decimal(12, 2)) as fee "
    "from line l join rate r on r.hcpcs_code = l.hcpcs_code where l.charge > 0"
)
GIVES_FEE = [Given("fee", MONEY, "a.fee")]
HALF = select("select l.claim_id, l.line_number, cast(l.fee / 2 as decimal(12, 2)) as fee from line l where l.fee < 20")
HALVES = [Given("fee", MONEY, "a.fee"), Given("fee_after", MONEY, "case when a.fee <> l.fee then a.fee end")]
SHARE = select(
    "select l.claim_id, l.line_number, cast(sum(l.fee) over (partition by l.hcpcs_code) as decimal(12, 2)) as all_fees "
    "from line l"
)
SHARES = [Given("all_fees", MONEY, "a.all_fees")]


@pytest.mark.parametrize("most", [1, 2, 8])
def test_what_is_given_is_the_same_however_many_selects_wait(engine, monkeypatch, most):
    monkeypatch.setattr(fuse, "MOST_WAITING_FOR_FEW", most)
    rows = lines(engine)
    rows.give("fee", FEE, GIVES_FEE)
    rows.give("half", HALF, HALVES)
    rows.give("share", SHARE, SHARES)
    rows.give("half again", HALF, [Given("fee", MONEY, "a.fee"), Given("fee_after_again", MONEY, "a.fee")])
    rows.write()
    assert values(engine, "fee") == [Decimal("50.00"), Decimal("2.50"), None, None]
    assert values(engine, "fee_after") == [None, Decimal("5.00"), None, None]
    assert values(engine, "fee_after_again") == [None, Decimal("2.50"), None, None]
    assert values(engine, "all_fees") == [Decimal("50.00"), Decimal("5.00"), Decimal("50.00"), None]


def test_a_value_is_reckoned_only_on_rows_that_the_select_returns(engine):
    """The last line's charge times ten fits no amount, and the SELECT leaves that line out."""
    ten = select(
        "select x.claim_id, x.line_number, cast(x.tenfold + 1 as decimal(12, 2)) as tenfold from (select l.claim_id, "
        "l.line_number, cast(l.charge * 10 as decimal(12, 2)) as tenfold from line l where l.charge < 1000) x"
    )
    assert looks_at_each_row_alone(ten, "line", KEY)
    rows = lines(engine)
    rows.give("ten", ten, [Given("tenfold", MONEY, "a.tenfold")])
    rows.write()
    assert values(engine, "tenfold") == [Decimal("1001.00"), Decimal("401.00"), Decimal("1.00"), None]


@pytest.mark.parametrize(
    ("sql", "alone"),
    [
        ("select l.claim_id, l.line_number, l.charge as c from line l", True),
        ("select claim_id, line_number, charge as c from line", True),
        ("select l.claim_id, l.line_number, r.share as c from line l left join rate r on r.hcpcs_code = l.hcpcs_code", True),
        ("select l.claim_id, l.line_number, r.share as c from line l cross join (select max(share) as share from rate) r", True),
        ("select q.claim_id, q.line_number, q.c from (select claim_id, line_number, charge as c from line where charge > 1) q where q.c < 9", True),
        ("select l.claim_id, l.line_number, sum(l.charge) over (partition by l.claim_id) as c from line l", False),
        ("select l.claim_id, min(l.line_number) as line_number, sum(l.charge) as c from line l group by l.claim_id", False),
        ("select distinct l.claim_id, l.line_number, l.charge as c from line l", False),
        ("select l.claim_id, 1 as line_number, l.charge as c from line l", False),
        ("select l.claim_id, l.line_number, o.charge as c from line l left join line o on o.claim_id = l.claim_id", False),
        ("select r.hcpcs_code as claim_id, l.line_number, l.charge as c from rate r join line l on l.hcpcs_code = r.hcpcs_code", False),
        ("select l.claim_id, l.line_number, l.charge as c from line l where exists (select 1 from line o where o.charge = 0)", False),
        ("select l.claim_id, l.line_number, r.share as c from line l right join rate r on r.hcpcs_code = l.hcpcs_code", False),
        ("with x as (select claim_id, line_number, charge as c from line) select x.claim_id, x.line_number, x.c from x", False),
        ("select l.claim_id, l.line_number, l.charge as c from line l where cast(l.hcpcs_code as integer) > 80000", False),
        ("select l.claim_id, l.line_number, r.share as c from line l join rate r on l.charge / r.share > 1", False),
        ("select q.claim_id, q.line_number, q.l_x as c from (select claim_id, line_number, charge as l_x from line) q", False),
        ("select claim_id, line_number, m as c from (select claim_id, line_number, charge as m from line)", False),
        ("select q.claim_id, q.line_number, q.m as c from (select claim_id, line_number, charge from line) q(claim_id, line_number, m)", False),
        ("select claim_id, line_number, charge as c from line where c > 1", False),
        ("select l.claim_id, l.line_number, v.b as c from line l join (values ('a', 1)) v(a, b) on v.a = l.hcpcs_code", False),
        ("select l.claim_id, l.line_number, r.share as c from line l, rate r where r.hcpcs_code = l.hcpcs_code", False),
        ("select l.claim_id, l.line_number, r.share as c from line l cross join rate r where r.hcpcs_code = l.hcpcs_code", False),
        ("select claim_id, line_number, charge as c from line union all select claim_id, line_number, charge as c from line", False),
    ],
)  # fmt: skip
def test_a_select_that_hangs_on_other_rows_is_known(engine, sql, alone):
    assert looks_at_each_row_alone(select(sql), "line", KEY) is alone


def put_two_rates(engine):
    engine.keep("rate", "select '99213' as hcpcs_code, cast(n as decimal(9, 4)) as share from (values (1), (2)) t(n)")


#: it leaves out the rows that have two rates
OTHERS = select(
    "select l.claim_id, l.line_number, r.share from line l left join rate r on r.hcpcs_code = l.hcpcs_code "
    "where l.hcpcs_code <> '99213'"
)


def test_a_row_that_a_select_returns_twice_is_named_with_it(engine):
    put_two_rates(engine)
    rows = lines(engine)
    rows.give("harmless", HALF_CHARGE, [Given("half", MONEY, "a.half")])
    rows.give("fee", FEE, GIVES_FEE)
    with pytest.raises(RowTwiceError) as told:
        rows.write()
    assert (told.value.called, told.value.key) == ("fee", {"claim_id": "C1", "line_number": 1})


HALF_CHARGE = select("select l.claim_id, l.line_number, cast(l.charge / 2 as decimal(12, 2)) as half from line l")


def test_two_partners_of_a_row_that_the_select_leaves_out_are_no_fault(engine):
    put_two_rates(engine)
    rows = lines(engine)
    rows.give("half", HALF_CHARGE, [Given("half", MONEY, "a.half")])
    rows.give("others", OTHERS, [Given("share", "DECIMAL(9,4)", "a.share")])
    rows.write()
    assert len(values(engine, "share")) == 4
    assert values(engine, "half")[:2] == [Decimal("50.00"), Decimal("20.00")]


def test_columns_that_are_null_on_every_row_can_be_read_and_be_given_later(engine):
    rows = lines(engine)
    assert values(engine, "modifiers") == [None] * 4
    rows.give_nothing({"reason": "VARCHAR"})
    why = select(
        "select l.claim_id, l.line_number, 'free' as reason from line l where l.charge = 0 and l.reason is null"
    )
    rows.give("why", why, [Given("reason", "VARCHAR", "a.reason")])
    rows.give_nothing({"later": "DATE"})
    rows.write()
    assert values(engine, "reason") == [None, None, "free", None]
    assert values(engine, "later") == values(engine, "modifiers") == [None] * 4


def test_what_is_asked_of_the_rows_is_answered_without_what_waits(engine):
    rows = lines(engine)
    rows.give("fee", FEE, GIVES_FEE)
    assert "fee" not in rows.written() and {"charge", "modifiers"} <= rows.written()
    asked = [
        "l.charge = 0",
        "l.charge < 0",
        "l.modifiers is null",
        "exists (select 1 from rate r where r.share = 0.25)",
    ]
    assert rows.any([select(f"select 1 as one from line l where {a}") for a in asked]) == [True, False, True, True]
    rows.write()
    assert "fee" in rows.written()
    assert rows.any([select("select 1 as one from line l where l.fee = 10")]) == [True]


def test_columns_that_nobody_needs_any_more_go(engine):
    rows = lines(engine)
    rows.give("fee", FEE, GIVES_FEE, needed=frozenset({"fee"}))
    rows.give("half", HALF, HALVES[:1], needed=frozenset({"fee"}))
    rows.write(["fee"])
    assert engine.query("select * from line").column_names == ["claim_id", "line_number", "fee"]
    assert engine.tables() >= {"line"} and "line_0" not in engine.tables()


def test_no_row_at_all_is_given_columns_too():
    engine = open_engine()
    engine.keep("line_0", f"{LINES} where false")
    engine.keep("rate", "select '99213' as hcpcs_code, cast(0.5 as decimal(9, 4)) as share")
    rows = lines(engine)
    rows.give("fee", FEE, GIVES_FEE, needed=frozenset({"fee"}))
    rows.write(["fee"])
    assert engine.query("select * from line").column_names == ["claim_id", "line_number", "fee"]
    engine.close()


def test_rows_that_were_given_one_by_one_have_no_other_columns(engine):
    put_two_rates(engine)
    rows = lines(engine)
    rows.give("others", OTHERS, [Given("share", "DECIMAL(9,4)", "a.share")])
    rows.write(["share"])
    assert engine.query("select * from line").column_names == ["claim_id", "line_number", "share"]
