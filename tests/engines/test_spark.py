"""The same pages give the same answers on Spark, to the cent."""

import os
import shutil

import pytest

from tests.engines.faults import PRACTICE, faulty_claims
from workbook.engine import open_engine, parse_select
from workbook.engine.fuse import Given, Rows
from workbook.payment.step import run_example as run_step_example
from workbook.payment.step import steps
from workbook.rules.card import rules
from workbook.rules.examples import run_examples
from workbook.terms import WorkbookError

if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
    reason = "Java is not installed; Spark needs 17 or later. On Debian: apt-get install openjdk-17-jre-headless"
    if os.environ.get("CI"):
        raise RuntimeError(reason)
    pytest.skip(reason, allow_module_level=True)

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::FutureWarning:pyspark")]
STEPS = [pytest.param(s, e, id=f"{s.id} {e.heading}") for s in steps() for e in s.page.of_kind("Example")]


@pytest.fixture(scope="module")
def session():
    first = open_engine("spark")
    # a few rows: compiling Java, and a second partition, cost more than they gain
    first._session.conf.set("spark.sql.codegen.wholeStage", "false")
    first._session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    first._session.conf.set("spark.sql.shuffle.partitions", "1")
    first._session.conf.set("spark.sql.leafNodeDefaultParallelism", "1")
    yield first._session
    first.close()


@pytest.fixture
def engine(session):
    opened = open_engine("spark", session=session)
    yield opened
    opened.close()


def test_rows_are_given_columns_as_on_duckdb(engine):
    engine.keep("rate", "select 'A' as code, 2 as share")
    engine.keep(
        "line_0", "select * from (values ('C1', 1, 'A', 10), ('C1', 2, 'B', 20)) t(claim_id, line_number, code, fee)"
    )
    rows = Rows(engine, "line", "line_0", ("claim_id", "line_number"), {"code": "VARCHAR", "fee": "BIGINT"})
    rows.give_nothing({"why": "VARCHAR"})
    twice = "select l.claim_id, l.line_number, l.fee * r.share as fee from line l join rate r on r.code = l.code"
    ranked = "select claim_id, line_number, row_number() over (order by fee) as place from line"
    rows.give(
        "twice", parse_select(twice, "page"), [Given("fee", "BIGINT", "a.fee"), Given("before", "BIGINT", "l.fee")]
    )
    rows.give("ranked", parse_select(ranked, "page"), [Given("place", "BIGINT", "a.place")])
    rows.write()
    found = engine.query("select fee, before, place, why from line order by line_number").to_pylist()
    assert [(r["fee"], r["before"], r["why"]) for r in found] == [(20, 10, None), (20, None, None)]
    assert sorted(r["place"] for r in found) == [1, 2]
    assert rows.any([parse_select(f"select 1 as one from line l where l.fee = {n}", "page") for n in (20, 30)]) == [
        True,
        False,
    ]


@pytest.mark.parametrize("card", rules(), ids=lambda c: c.id)
def test_a_card_finds_on_spark_what_it_finds_on_duckdb(engine, card):
    assert [example for example in run_examples(engine, card) if not example.holds] == []


@pytest.mark.parametrize(("step", "section"), STEPS)
def test_a_step_computes_on_spark_what_it_computes_on_duckdb(engine, step, section):
    worked = run_step_example(engine, step, section)
    assert worked.found == worked.expected


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_what_is_dropped_can_be_read_no_more_and_kept_anew(session, name):
    opened = open_engine(name, **({"session": session} if name == "spark" else {}))
    opened.keep("gone", "select 1 as one")
    opened.drop("gone")
    assert "gone" not in opened.tables()
    opened.keep("gone", "select 2 as one")
    assert opened.query("select one from gone")["one"].to_pylist() == [2]
    opened.close()


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_batches_hand_over_every_row_in_order_and_no_more_at_a_time_than_asked(session, name):
    opened = open_engine(name, **({"session": session} if name == "spark" else {}))
    opened.keep("five", " union all ".join(f"select {n} as n, 'x' as t" for n in range(5)))
    parts = [batch.to_pylist() for batch in opened.batches("select n, t from five order by n", 2)]
    assert max(map(len, parts)) <= 2
    assert [row["n"] for part in parts for row in part] == [0, 1, 2, 3, 4]
    assert list(opened.batches("select n from five where n > 9", 2)) == []
    opened.close()


def test_an_audit_with_its_prices_is_the_same_on_both_engines(session):
    import workbook as wb
    from tests.rules.test_audit import claims

    given = claims(
        [{"hcpcs_code": c} for c in ("99213", "93000", "93010", "93010", "80053", "J1885")], diagnoses=("R002", "E11")
    )
    opened = open_engine("spark", session=session)
    rules = ["DUP-001", "DX-002", "MISS-001", "MUE-002", "PTP-002"]
    on_spark, on_duckdb = wb.audit(given, rules, engine=opened), wb.audit(given, rules)
    opened.close()
    assert on_spark.arrow_findings.to_pylist() == on_duckdb.arrow_findings.to_pylist()
    assert on_spark.arrow_coverage.to_pylist() == on_duckdb.arrow_coverage.to_pylist()
    assert on_duckdb.arrow_findings.num_rows == 5


def both(session, given):
    """An audit's findings and coverage on DuckDB and on Spark, without prices."""
    import workbook as wb

    opened = open_engine("spark", session=session)
    try:
        audits = [wb.audit(given, price=False), wb.audit(given, engine=opened, price=False)]
    finally:
        opened.close()
    return [(a.arrow_findings.to_pylist(), a.arrow_coverage.to_pylist()) for a in audits]


def test_the_sample_practice_has_the_same_findings_and_coverage_on_both_engines(session):
    from workbook.claims.files import read_claims

    on_duckdb, on_spark = both(session, read_claims(PRACTICE))
    assert on_duckdb == on_spark
    assert len(on_duckdb[0]) > 50


def test_twenty_thousand_claims_with_random_faults_are_judged_the_same_on_both_engines(session):
    on_duckdb, on_spark = both(session, faulty_claims(20_000, seed=7))
    assert on_duckdb == on_spark
    assert len(on_duckdb[0]) > 2_000
    assert len({f["finding_id"] for f in on_duckdb[0]}) == len(on_duckdb[0])


def test_spark_frames_are_audited_where_they_are_and_the_session_keeps_its_own_views(session):
    from pyspark.sql.functions import lit

    import workbook as wb
    from tests.rules.test_audit import claims

    given = claims([{"hcpcs_code": "93000"}, {"hcpcs_code": "93010"}])
    session.range(3).createOrReplaceTempView("claim")
    frames = {name: session.createDataFrame(table) for name, table in given.arrow.items() if table.num_rows}
    audit = wb.audit(frames, rules=["PTP-002", "MOD-001"])
    assert audit.arrow_findings.to_pylist() == wb.audit(given, rules=["PTP-002", "MOD-001"]).arrow_findings.to_pylist()
    assert audit.arrow_findings.num_rows == 1
    assert session.table("claim").count() == 3
    assert not session.catalog.tableExists("service_line")
    session.catalog.dropTempView("claim")
    with pytest.raises(WorkbookError, match="claim_line: column hcpcs_code is int64, expected text"):
        wb.audit({**frames, "claim_line": frames["claim_line"].withColumn("hcpcs_code", lit(93000).cast("bigint"))})
    with pytest.raises(WorkbookError, match="a spark cannot be read here"):
        wb.audit(frames, engine="duckdb")


def test_prices_are_the_same_on_both_engines(session):
    import workbook as wb
    from tests.rules.test_audit import claims

    given = claims([{"hcpcs_code": c} for c in ("99213", "G0439", "80053", "20610", "17000")])
    opened = open_engine("spark", session=session)
    on_spark, on_duckdb = wb.price(given, engine=opened), wb.price(given)
    opened.close()
    assert on_spark.arrow_lines.to_pylist() == on_duckdb.arrow_lines.to_pylist()
