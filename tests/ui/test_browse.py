"""The code browser: search, walk the tree, follow what the notes name, put codes aside."""

import pytest

from workbook.codes.lookup import shown
from workbook.ui.browse import SHOWN, BrowseState
from workbook.ui.views import browse_codes


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
    named = {text: dict(codes) for _, text, codes in state.links}
    (insulin,) = [text for text in named if text.startswith("insulin")]
    assert named[insulin] == {"Z79.4": "Z794"}
    assert "E10" in {code for codes in named.values() for code in codes.values()}
    assert "E11.42" in state.entry_html
    assert insulin not in state.entry_html  # shown once


def test_both_ends_of_a_range_can_be_opened(state):
    state.open("E1142")
    assert [link for link in state.links if "gestational" in link[1]] == [
        ("Excludes1", "gestational diabetes (O24.4-) (from E11)", [("O24.4", "O244")])
    ]
    state.open("4")
    (neoplasms,) = [named for _, text, named in state.links if text.startswith("All neoplasms")]
    assert [shown for shown, _ in neoplasms] == [
        "E05.8",
        "E07.0",
        "E16",
        "E31",
        "E34",
    ]  # "E05.8, E07.0, E16-E31, E34.-"


def test_a_button_behind_a_note_opens_what_it_names():
    view = browse_codes("2025-11-03")
    view.state.open("E1142")
    rows = [row for row in view.children[-1].children if hasattr(row, "children")]
    (insulin,) = [button for row in rows for button in row.children[1:] if button.description == "Z79.4"]
    insulin.click()
    assert view.state.code == "Z794"
    assert "Z79.4 Long term (current) use of insulin" in view.state.entry_html


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
