"""The catalogue: every card is complete, and its worked examples hold."""

import pytest

from workbook.engine import open_engine
from workbook.rules.card import FOLDER, choose, read_card, rule, rules
from workbook.rules.examples import examples, run_examples
from workbook.terms import WorkbookError

FAMILIES = {
    "PTP",
    "MUE",
    "DX",
    "NPI",
    "SUM",
    "DUP",
    "TIME",
    "MOD",
    "TOB",
    "REV",
    "POA",
    "DRG",
    "IPO",
    "WIN",
    "XFER",
    "HOSP",
    "OUTP",
}


@pytest.mark.parametrize("card", rules(), ids=lambda c: c.id)
def test_a_card_finds_its_flagged_lines_and_nothing_else(card):
    engine = open_engine("duckdb")
    try:
        results = run_examples(engine, card)
    finally:
        engine.close()
    assert len(results) == len(examples(card)) >= 3
    assert [example for example in results if not example.holds] == []


def test_the_catalogue_covers_its_families():
    assert {card.id.split("-")[0] for card in rules()} >= FAMILIES
    assert len(list(FOLDER.glob("*.md"))) == len(rules())


def test_names_and_ids_are_never_used_twice():
    assert len({c.name for c in rules()}) == len({c.id for c in rules()}) == len(rules())


@pytest.mark.parametrize("card", rules(), ids=lambda c: c.id)
def test_a_denial_has_a_group_and_only_an_error_denies(card):
    assert (card.group_code is None) == (card.carc is None)
    assert card.severity == "error" or card.carc is None


def test_one_card_is_found_in_any_case_and_an_unknown_one_names_its_neighbours():
    assert rule("ptp-001").id == "PTP-001"
    with pytest.raises(WorkbookError, match=r"no rule is called 'PTP-01'; did you mean .*PTP-001"):
        rule("PTP-01")
    with pytest.raises(WorkbookError, match=r"no rule is called ''; `workbook rules list` names them all"):
        rule("")
    assert [card.id for card in choose("PTP-001")] == ["PTP-001"]


CARD = (FOLDER / "SUM-001.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: error", "severity: fatal", "SUM-001.md, line 5, severity: expected 'error', 'warning' or 'review'"),
        ("severity: error\n", "", "SUM-001.md, line 1, severity: this field is missing"),
        ("severity: error", "severity: error\ncolour: red", "SUM-001.md, line 6, colour: there is no such field"),
        ("id: SUM-001", "id: SUM-002", "SUM-001.md, line 2: id SUM-002 does not match the file's name"),
        ("[service_claim]", "[service_claims]", "SUM-001.md, line 8: no table is called 'service_claims'"),
        ("reads: [service_claim]", "reads: [claim]", "SUM-001.md, line 8: reads says ['claim'], the SELECT reads ['service_claim']"),
        ("{billed_amount}", "{charge}", "SUM-001.md, line 13: says names {charge}; the SELECT returns claim_id"),
        ("**Why it matters.**", "Why.", "SUM-001.md, line 15: expected a paragraph that begins **Why it matters.**"),
        ("## Near miss:", "## Passes:", "SUM-001.md, line 15: expected at least one example under a heading `## Near miss: …`"),
        ("select c.claim_id,", "select", "SUM-001.md, line 25: a card that judges a claim returns claim_id"),
        ("from service_claim c", "fro service_claim c", "SUM-001.md, line 26: the SQL does not parse"),
        ("## Flagged: off by a cent", "## Found: off by a cent", "SUM-001.md, line 36: unknown heading 'Found: off by a cent'"),
    ],
)  # fmt: skip
def test_a_broken_card_is_an_error_that_names_file_and_line(tmp_path, old, new, message):
    assert old in CARD
    path = tmp_path / "SUM-001.md"
    path.write_text(CARD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorkbookError) as caught:
        read_card(path)
    assert str(caught.value).startswith(message)


def test_an_example_with_an_unknown_column_names_its_line(tmp_path):
    path = tmp_path / "SUM-001.md"
    path.write_text(
        CARD.replace("| claim_id | claim.billed_amount |", "| claim_id | claim.bill |", 1), encoding="utf-8"
    )
    card = read_card(path)
    with pytest.raises(WorkbookError, match=r"SUM-001\.md, line 30: 'claim\.bill' is not a column"):
        run_examples(open_engine(), card)


def test_an_example_that_the_card_does_not_bear_out_does_not_hold(tmp_path):
    path = tmp_path / "SUM-001.md"
    path.write_text(CARD.replace("c.billed_amount <> c.line_total_amount", "c.billed_amount > c.line_total_amount"))
    card = read_card(path)
    results = [example.holds for example in run_examples(open_engine(), card)]
    assert results == [False, True, True, True]
