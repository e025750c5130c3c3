import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook.encounters.answer import Entry, read_answer


def read(answer):
    """What was read, as (kind, code with modifiers and units)."""
    return [(entry.kind, str(entry)) for entry in read_answer(answer)]


@pytest.mark.parametrize("blank", [None, "", "  \n", ",", [], {}, (), [""], {"diagnoses": [], "procedures": ""}])
def test_a_blank_answer_has_no_entries(blank):
    assert read_answer(blank) == ()


@pytest.mark.parametrize(
    "typed", ["E11.42", "e11.42", "E1142", "e1142", " E11 . 42 ", "E 11.42", "E11.42.", "'e11.42'"]
)
def test_dots_case_and_spaces_do_not_matter_in_a_diagnosis(typed):
    assert read([typed]) == [("diagnosis", "E11.42")]


@pytest.mark.parametrize("typed", ["99213-25", "99213 25", "99213 - 25", "99213:25", "99213-25 x1", " 99213-25"])
def test_a_modifier_follows_its_code(typed):
    assert read_answer([typed])[0].modifiers == ("25",)
    assert read([typed]) == [("procedure", "99213-25")]


@pytest.mark.parametrize("typed", ["J3301 x4", "J3301x4", "j3301 X 4", "J3301 × 4", "J3301*4"])
def test_units_follow_an_x(typed):
    assert read_answer([typed])[0].units == 4
    assert read([typed]) == [("procedure", "J3301 x4")]


def test_modifiers_and_units_stand_together():
    assert read(["20610-RT-59 x 2"]) == [("procedure", "20610-RT-59 x2")]


@pytest.mark.parametrize(
    "answer",
    [
        ["R00.2", "99213-25", "93000"],
        "R00.2, 99213-25, 93000",
        "r002\n99213 25\n93000",
        "R00.2 99213 25 93000",
        ("R00.2; 99213-25; 93000",),
        {"diagnoses": "R00.2", "procedures": ["99213-25", 93000]},
        [{"code": "R00.2"}, {"code": "99213", "modifiers": ["25"], "units": 1}, {"code": 93000}],
    ],
)
def test_one_answer_may_be_written_in_many_ways(answer):
    assert read(answer) == [("diagnosis", "R00.2"), ("procedure", "99213-25"), ("procedure", "93000")]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("E1142", ("diagnosis", "E11.42")),  # in ICD-10-CM
        ("Z0001", ("diagnosis", "Z00.01")),  # in ICD-10-CM
        ("J3301", ("procedure", "J3301")),  # taught by the cases
        ("J0696", ("procedure", "J0696")),  # J06.96 is not in ICD-10-CM
        ("G0439", ("procedure", "G0439")),  # taught; G04.39 is also a diagnosis
        ("G04.39", ("diagnosis", "G04.39")),  # the dot decides
        ("J1100", ("procedure", "J1100")),  # taught; J11.00 is also a diagnosis
        ("J11.00", ("diagnosis", "J11.00")),
        ("J1000", ("diagnosis", "J10.00")),  # not charged for, and in ICD-10-CM
        ("J1000-25", ("procedure", "J1000-25")),  # a modifier decides
        ("J1000 x1", ("procedure", "J1000")),  # units decide
        ("Z9999", ("diagnosis", "Z99.99")),  # no HCPCS code begins with Z
        ("0001F", ("procedure", "0001F")),
    ],
)
def test_a_letter_and_four_digits_is_read_by_the_documented_order(typed, expected):
    assert read(typed) == [expected]


def test_the_boxes_of_a_dict_are_never_ambiguous():
    assert read({"diagnoses": ["J1100"]}) == [("diagnosis", "J11.00")]
    assert read({"procedures": ["E1142"]}) == [("procedure", "E1142")]


@pytest.mark.parametrize(
    ("answer", "say"),
    [
        (
            "hello there",
            "'hello there' is not a code; diagnoses look like E11.42, procedures like 99213-25 or J3301 x4",
        ),
        ("99O13", "'99O13' has the letter O where a zero belongs; did you mean 99013?"),
        ("E11.O2", "'E11.O2' has the letter O where a zero belongs; did you mean E11.02?"),
        ("25", "'25' is not a code; a modifier stands on its code (99213-25), units after an x (J3301 x4)"),
        ("17003 x0", "'17003 x0': units start at 1"),
        ("99213-24-25-57-58-59", "'99213-24-25-57-58-59': a line holds at most four modifiers"),
        ({"diagnoses": "99213"}, "'99213' is a procedure; it belongs under procedures"),
        ({"procedures": "I10"}, "'I10' is a diagnosis; it belongs under diagnoses"),
        ({"dx": "I10"}, "dx is not a list that is read; the lists are diagnoses and procedures"),
        ([3.5], "3.5 is not text; diagnoses look like E11.42, procedures like 99213-25 or J3301 x4"),
        ("R00.2 -> I10", "'R00.2 -> I10': an arrow stands between one procedure and its diagnoses"),
    ],
)
def test_what_cannot_be_read_becomes_an_entry_that_says_so(answer, say):
    assert [(entry.kind, entry.message) for entry in read_answer(answer)] == [("unreadable", say)]


def test_words_among_codes_leave_the_codes_readable():
    assert read("then 99213 25 and R00.2") == [
        ("unreadable", "then"), ("procedure", "99213-25"), ("unreadable", "and"), ("diagnosis", "R00.2"),
    ]  # fmt: skip


def test_a_count_without_its_x_is_no_modifier():
    assert read("17003 13") == [("procedure", "17003"), ("unreadable", "13")]


@pytest.mark.parametrize("line", ["99213 -> R00.2", "99213 -> 2", "99213 → b", "99213=>r002"])
def test_an_arrow_names_the_diagnosis_by_code_number_or_letter(line):
    assert read_answer(["I10", "R00.2", line])[2].points_to == ("R00.2",)


def test_a_line_given_as_a_dict_may_say_what_it_supports():
    entries = read_answer(["I10", {"code": "99213", "supports": ["I10"]}])
    assert entries[1].points_to == ("I10",)


def test_an_arrow_to_a_diagnosis_that_is_not_there_says_so():
    entry = read_answer(["R00.2", "99213 -> 3"])[1]
    assert (entry.kind, entry.points_to) == ("procedure", ())
    assert entry.message == "the arrow points to 3, which is no diagnosis entered"


def test_entries_that_were_read_before_are_taken_as_they_are():
    entry = Entry("I10", "diagnosis", "I10")
    assert read_answer([entry]) == (entry,)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["code", "diagnoses"]), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(NESTED)
def test_nothing_that_is_typed_raises(answer):
    assert all(entry.kind in ("diagnosis", "procedure", "unreadable") for entry in read_answer(answer))


@settings(deadline=None)
@given(st.text(alphabet="0123456789ABEGJLORTXYZabx.-> ,\n*", max_size=40))
def test_nothing_that_looks_like_codes_raises(answer):
    for entry in read_answer(answer):
        assert entry.code or entry.message
