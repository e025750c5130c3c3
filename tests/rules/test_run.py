"""Coverage is counted once for each thing judged, however a card's Coverage is written; views live as long as they are read."""

from pathlib import Path

import pytest

import workbook as wb
from tests.rules.test_audit import claims, outcomes
from tests.rules.test_own import CARD
from workbook.claims.given import given_tables, put_tables
from workbook.codes import edition_rows, editions, reference
from workbook.engine import add_views, open_engine
from workbook.rules.card import ALSO_LISTED, JUDGED

SAID = CARD[CARD.index("select l.claim_id, l.line_number, case") : CARD.index("```\n\n## Flagged")]
LINES = [{"hcpcs_code": "99213"}, {"hcpcs_code": None}, {"hcpcs_code": "93000"}, {"hcpcs_code": None}]
WHY = "case when l.hcpcs_code is null then 'the line has no code' end"


@pytest.mark.parametrize(
    "coverage",
    [
        SAID,
        f"select l.claim_id, l.line_number, {WHY} as why from service_line l\n"
        "left join (select 1 as n union all select 2 as n) d on d.n > 0",
        "select l.claim_id, l.line_number, 'the line has no code' as why from service_line l where l.hcpcs_code is null",
        f"select l.claim_id, l.line_number, min({WHY}) as why from service_line l group by l.claim_id, l.line_number",
        f"select l.claim_id, l.line_number, {WHY} as why from service_line l\n"
        f"union all select l.claim_id, l.line_number, {WHY} as why from service_line l",
        f"select q.claim_id, q.line_number, q.why from (select l.claim_id, l.line_number, {WHY} as why from service_line l) q",
    ],
    ids=["row by row", "twice by a join", "some alone", "grouped", "twice by a union", "from a subquery"],
)
def test_a_coverage_may_be_written_in_any_way(tmp_path, coverage):
    (tmp_path / "OWN-001.md").write_text(CARD.replace(SAID, coverage + "\n"))
    audit = wb.audit(claims(LINES), rules=["OWN-001"], cards=tmp_path, price=False)
    assert outcomes(audit, "OWN-001") == {("checked", None): 2, ("not checked", "the line has no code"): 2}
    assert [c["claims"] for c in audit.arrow_coverage.to_pylist()] == [1, 1]


def test_what_could_not_be_checked_is_no_finding(tmp_path):
    (tmp_path / "OWN-001.md").write_text(CARD)
    lines = [{**line, "billed_amount": 600} for line in LINES]
    audit = wb.audit(claims(lines), rules=["OWN-001"], cards=tmp_path, price=False)
    assert audit.arrow_findings["line_number"].to_pylist() == [1, 3]


def test_rows_that_say_the_same_are_one_finding(tmp_path):
    twice = CARD.replace(
        "from service_line l\nwhere",
        "from service_line l\njoin (select 1 as n union all select 2 as n) d on d.n > 0\nwhere",
    )
    (tmp_path / "OWN-001.md").write_text(twice)
    audit = wb.audit(
        claims([{"hcpcs_code": "99213", "billed_amount": 600}]), rules=["OWN-001"], cards=tmp_path, price=False
    )
    assert audit.arrow_findings.num_rows == 1


def test_a_view_is_kept_when_the_first_rule_reads_it_and_dropped_after_the_last():
    engine = open_engine()
    seen = {}
    wb.audit(
        claims(LINES), engine=engine, price=False, progress=lambda n, of, card: seen.update({card.id: engine.tables()})
    )
    engine.close()
    assert "visit_pair_same_day" not in seen["SUM-001"]
    orders = [("claim_npi" in kept, "line_modifier" in kept) for kept in seen.values()]
    assert (True, True) not in orders  # what judges claims and what judges lines never stand side by side


def test_a_view_is_kept_with_the_columns_alone_that_are_read():
    engine = open_engine()
    kept = {}
    keep = engine.keep
    engine.keep = lambda name, sql: (kept.setdefault(name, sql), keep(name, sql))
    wb.audit(claims(LINES), rules=["TIME-001"], engine=engine, price=False)
    engine.close()
    first = kept["service_line"].partition(" from ")[0]
    assert "received_date" in kept["service_line"] and "modifier_4" not in kept["service_line"].split("from (select")[0]
    assert first.startswith("select q.*")


def test_views_that_list_the_same_things_list_each_of_them_once():
    engine = open_engine()
    practice = wb.read_claims(Path(__file__).parents[2] / "sample_data" / "claims")
    put_tables(engine, given_tables(practice), None)
    for name, table in reference(["ptp", "mue"]).items():
        engine.put(name, table)
    engine.put("edition", edition_rows(editions()))
    for judged, others in ALSO_LISTED.items():
        view, key = JUDGED[judged]
        for other in others:
            add_views(engine, [view, other])
            columns = ", ".join((*key, "service_date", "claim_type"))
            one, two = (engine.query(f"select {columns} from {v} order by all") for v in (view, other))
            assert one.num_rows > 100 and one.equals(two), other
    engine.close()
