"""The code browser: search, walk the tree, follow what the notes name, put codes aside."""

import pytest

from workbook.codes.lookup import shown
from workbook.ui.browse import SHOWN, BrowseState


@pytest.fixture
def state():
    return BrowseState("2025-11-03")


def codes(options):
    return [code for _, code in options]


def test_it_opens_on_the_chapters(state):
    assert codes(state.below)[:3] == ["1", "2", "3"]
    assert len(state.below) == 22


def test_a_search_lists_the_best_hits_first(state):
    state.query = "numb feet diabetes"
    assert codes(state.hits)[0] == "E1142"
    state.query = "zzzzqqq"
    assert (state.hits, state.message) == ([], "Nothing found; try another word for it.")
    state.query = ""
    assert state.message == "Type what the note says, or a code."


def test_one_walks_down_and_up_the_tree(state):
    for code in ("4", "E08-E13", "E11", "E114"):
        assert code in codes(state.below)
        state.open(code)
    assert codes(state.below) == ["E1140", "E1141", "E1142", "E1143", "E1144", "E1149"]
    for above in ("E11", "E08-E13", "4", ""):
        state.up()
        assert state.code == above


def test_the_notes_of_an_entry_name_other_codes_to_open(state):
    state.open("E1142")
    assert {"E10", "Z794", "Z7984"} <= set(codes(state.named))
    assert "E11.42" in state.entry_html


def test_a_code_is_put_aside_once(state):
    state.open("E1142")
    state.add()
    state.add()
    assert state.my_codes == ["E11.42"]


def test_a_long_list_is_cut_and_says_so(state):
    options = state._options(["E1142"] * (SHOWN + 5))
    assert len(options) == SHOWN + 1
    assert options[-1] == ("… and 5 more; search to narrow them", "")


@pytest.mark.parametrize(("code", "text"), [("4", "Chapter 4"), ("E08-E13", "E08-E13"), ("E1142", "E11.42")])
def test_nodes_are_written_as_people_write_them(code, text):
    assert shown(code) == text
