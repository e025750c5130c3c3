"""The hunt and the card browser as state: what a click changes, with no widget in sight."""

from __future__ import annotations

import pytest

from workbook.encounters.hunt import Hunt, hunt
from workbook.ui.cards import CardState
from workbook.ui.hunt import MarkState


@pytest.fixture(scope="module")
def drawn() -> Hunt:
    return hunt(seed=1, claims=6)


def test_marking_goes_with_the_open_claim(drawn: Hunt) -> None:
    state = MarkState(drawn)
    first, second = drawn.claim_ids[:2]
    assert state.claim_id == first and first in state.form_html
    state.is_marked = True
    state.claim_id = second
    assert (state.is_marked, state.marks) == (False, [first])
    state.is_marked = True
    state.claim_id = first
    assert state.is_marked
    state.is_marked = False
    assert state.marks == [second]
    assert (f"✗ {second}", second) in state.choices


def test_the_score_reveals_only_when_asked(drawn: Hunt) -> None:
    state = MarkState(drawn)
    state.score()
    assert state.summary.startswith("You: 0 of")
    assert "What is wrong" not in state.result_html
    state.score(reveal=True)
    assert "What is wrong" in state.result_html


def test_cards_are_found_by_words_of_title_text_and_authority(drawn: Hunt) -> None:
    state = CardState(drawn.claims)
    every = len(state.hits)
    state.query = "unlikely edit"
    assert 0 < len(state.hits) < every
    assert any(rule_id == "MUE-002" for _, rule_id in state.hits)
    state.query = "nothing has these words"
    assert state.hits == []


def test_a_card_runs_and_runs_changed(drawn: Hunt) -> None:
    state = CardState(drawn.claims)
    state.run()
    assert state.message == "Open a card first."
    state.open("SUM-001")
    assert "SUM-001" in state.card_html
    state.run()
    assert state.message.startswith("SUM-001: 1 rule:")
    state.sql = state.sql.replace("<>", "=")
    state.run()
    assert state.message.startswith("Your change of SUM-001: 1 rule:")
    assert "<table" in state.result_html


def test_a_mistake_in_the_sql_is_said_and_not_raised(drawn: Hunt) -> None:
    state = CardState(drawn.claims)
    state.open("SUM-001")
    state.sql = "selec nothing"
    state.run()
    assert "SUM-001" in state.message and state.result_html == ""
    state.sql = "select claim_id from read_csv('/etc/passwd')"
    state.run()
    assert state.message and state.result_html == ""
