from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook.encounters.case import encounter, load_encounter
from workbook.encounters.scoring import check
from workbook.terms import WorkbookError

PALPITATIONS = encounter("ENC-001")  # R00.2, 99213 (25 welcome), 93000
FOOT = encounter("ENC-002")  # S90.32XA, 99213, 73630-LT; W20.8XXA optional
DIABETES = encounter("ENC-003")  # E11.42, Z79.4, Z79.84, 99214
KNEE = encounter("ENC-004")  # M17.11, 20610-RT, J3301 x4
WELLNESS = encounter("ENC-005")  # Z00.01, M77.11, G0439, 99213-25


def verdicts(case, answer):
    return [(item.entered, item.verdict) for item in check(case, answer).items]


@pytest.mark.parametrize("blank", [None, [], "", "  ", {}, {"diagnoses": [], "procedures": []}, [None, ""]])
def test_a_blank_answer_says_not_answered_yet(blank):
    feedback = check(PALPITATIONS, blank)
    assert str(feedback) == repr(feedback) == "Not answered yet"
    assert feedback._repr_html_() == '<p role="status">Not answered yet</p>'
    assert feedback.is_answered is False
    assert (feedback.score, feedback.points, feedback.out_of) == (Decimal("0.0"), 0, 3)


@pytest.mark.parametrize(
    ("case", "answer", "expected"),
    [
        (PALPITATIONS, "R00.2 99213 93000", "Score 3 of 3 (100.0 %); first-listed right; nothing left to find"),
        (PALPITATIONS, "93000 99213-25 r002", "Score 3 of 3 (100.0 %); first-listed right; nothing left to find"),
        (PALPITATIONS, ["R00.2"], "Score 1 of 3 (33.3 %); first-listed right; still to find: 2 procedures"),
        (PALPITATIONS, "99213", "Score 1 of 3 (33.3 %); still to find: 1 diagnosis and 1 procedure"),
        # 2 right of 3 keyed; the rule-out is wrong
        (
            PALPITATIONS, "I48.91 99213 93000",
            "Score 2 of 3 (66.7 %); another diagnosis comes first; still to find: 1 diagnosis",
        ),
        # 3 right of 4 entered
        (PALPITATIONS, "R00.2 99213 93000 93010", "Score 3 of 4 (75.0 %); first-listed right; nothing left to find"),
        (DIABETES, "E11.42 Z79.4 99214", "Score 3 of 4 (75.0 %); first-listed right; still to find: 1 diagnosis"),
        # 1 + ½ (no modifier) + ½ (wrong units) of 3
        (KNEE, "M17.11 20610 J3301", "Score 2 of 3 (66.7 %); first-listed right; half right: 2; nothing left to find"),
        (
            KNEE, "M17.11 20610-LT",
            "Score 1.5 of 3 (50.0 %); first-listed right; half right: 1; still to find: 1 procedure",
        ),
        # E11.40 earns ½ for E11.42, which is still to find
        (DIABETES, "E11.40 Z79.4 Z79.84 99214", "Score 3.5 of 4 (87.5 %); still to find: 1 diagnosis"),
        (PALPITATIONS, "hello", "Score 0 of 3 (0.0 %); not readable: 1; still to find: 1 diagnosis and 2 procedures"),
    ],
)  # fmt: skip
def test_the_score_is_right_over_the_larger_of_entered_and_key(case, answer, expected):
    assert str(check(case, answer)) == expected


def test_five_keyed_and_six_entered_with_four_right_is_two_thirds(tmp_path):
    case = load_encounter(_case_with(tmp_path, ["A00.0", "A00.1", "A00.9", "A01.00", "A01.01"]))
    assert check(case, "A00.0 A00.1 A00.9 A01.00 B00.1 B00.2").score == Decimal("66.7")  # 4 ÷ 6
    assert check(case, "A00.0 A00.1 A00.9 A01.00").score == Decimal("80.0")  # 4 ÷ 5


def test_the_order_of_secondary_codes_does_not_matter():
    assert check(DIABETES, "99214 E11.42 Z79.84 Z79.4").score == Decimal("100.0")


def test_which_diagnosis_is_first_is_judged_apart_from_the_score():
    feedback = check(WELLNESS, "M77.11 Z00.01 G0439 99213-25")
    assert (feedback.score, feedback.first_listed) == (Decimal("100.0"), False)


def test_a_near_miss_for_the_first_diagnosis_leaves_the_order_unjudged():
    assert check(DIABETES, "E11.40 Z79.4").first_listed is None


def test_a_modifier_that_is_needed_and_missing_costs_half():
    assert verdicts(WELLNESS, "99213 G0439") == [("99213", "half"), ("G0439", "right")]
    assert check(WELLNESS, "99213").items[0].say == "The right code; a modifier is missing."


def test_a_modifier_that_is_not_called_for_costs_half():
    item = check(PALPITATIONS, "99213-57").items[0]
    assert (item.verdict, item.points) == ("half", Decimal("0.5"))
    assert item.say == (
        "The right code; modifier 57 is not called for. 57 (Visit that decided on major surgery) is right when: "
        "The day before or the day of a procedure with 90 global days, when it was decided there."
    )
    assert item.authority == "CPT E/M guidelines 2023 (MDM table)"


def test_a_modifier_that_is_in_no_list_is_said_to_be_in_none():
    assert check(PALPITATIONS, "99213-ZQ").items[0].say.endswith(" ZQ is no modifier of the workbook's list.")


def test_wrong_units_cost_half_and_the_right_number_is_not_told():
    item = check(KNEE, "J3301 x40").items[0]
    assert (item.verdict, item.say) == ("half", "The right code; the number of units is not right: 40 is too many.")
    assert check(KNEE, "J3301 x3").items[0].say.endswith("not right: 3 is too few.")


def test_optional_modifiers_and_codes_never_cost():
    assert check(PALPITATIONS, "R00.2 99213-25 93000").score == check(PALPITATIONS, "R00.2 99213 93000").score
    without, with_it = check(FOOT, "S90.32XA 99213 73630-LT"), check(FOOT, "S90.32XA W20.8XXA 99213 73630-LT")
    assert without.score == with_it.score == Decimal("100.0")
    assert with_it.items[1].verdict == "optional"
    assert with_it.out_of == 3


def test_a_code_entered_twice_counts_as_entered_and_says_so():
    feedback = check(PALPITATIONS, "R00.2 R00.2 99213 93000")
    assert [item.verdict for item in feedback.items] == ["right", "extra", "right", "right"]
    assert feedback.items[1].say == "Entered already: report it once."
    assert feedback.items[1].authority == "ICD-10-CM Guidelines, I.B.12"
    assert feedback.score == Decimal("75.0")


def test_of_two_lines_with_one_code_the_better_one_is_taken():
    assert verdicts(KNEE, "20610 20610-RT") == [("20610", "extra"), ("20610-RT", "right")]


def test_each_of_two_keyed_lines_of_one_code_takes_the_answer_that_fits_it_best(tmp_path):
    line = """  - code: J3301
    place: procedure
    evidence: seen
    because: It is.
    authority: none
    supports: [A00.0]
"""
    case = load_encounter(_case_with(tmp_path, ["A00.0"], line + "    units: 3\n" + line + "    modifiers: [JW]\n"))
    wasted = check(case, "J3301-JW x9")
    assert wasted.items[0].say == "The right code; the number of units is not right: 9 is too many."
    assert check(case, "A00.0, J3301-JW, J3301 x3").score == Decimal("100.0")


def test_one_of_several_modifiers_that_say_the_same_is_enough_and_two_are_too_many(tmp_path):
    line = """  - code: "17000"
    place: procedure
    evidence: seen
    because: It is.
    authority: none
    supports: [A00.0]
    modifiers: [XS]
    modifier_alternatives: {XS: ["59"]}
"""
    case = load_encounter(_case_with(tmp_path, ["A00.0"], line))
    assert verdicts(case, "17000-XS") == [("17000-XS", "right")]
    assert verdicts(case, "17000-59") == [("17000-59", "right")]
    assert check(case, "17000-XS-59").items[0].say.startswith("The right code; modifier 59 is not called for.")
    assert check(case, "17000").items[0].say == "The right code; a modifier is missing."
    assert "17000-XS (procedure, 59 instead of XS)" in str(check(case, "17000").reveal())


def test_a_near_miss_may_be_a_line_of_the_right_code(tmp_path):
    page = _case_with(
        tmp_path,
        ["A00.0"],
        """  - code: "97110"
    place: procedure
    evidence: seen
    because: It is.
    authority: CPM ch. 5, sec. 20.2 (GP)
    supports: [A00.0]
    modifiers: [GP]
    units: 2
near_misses:
  - {code: "97110", modifiers: [GP], units: 3, credit: 0, say: Count the minutes., authority: The manual}
""",
    )
    case = load_encounter(page)
    item = check(case, "97110-GP x3").items[0]
    assert (item.verdict, item.points, item.authority) == ("half", Decimal("0.5"), "The manual")
    assert item.say == "The right code; the number of units is not right: 3 is too many. Count the minutes."
    hidden = check(case, "97110 x2").items[0]
    assert (hidden.say, hidden.authority) == ("The right code; a modifier is missing.", None)  # it would name GP


def test_a_near_miss_earns_its_credit_once_and_only_while_the_right_code_is_missing():
    assert check(DIABETES, "E11.40 E11.40").points == Decimal("0.5")
    assert check(DIABETES, "E11.40 E11.42").points == Decimal(1)
    assert check(FOOT, "S90.30XA S90.32XD").points == Decimal("0.5")


def test_a_near_miss_says_why_with_its_authority():
    item = check(PALPITATIONS, "I48.91").items[0]
    assert (item.verdict, item.points, item.authority) == ("near miss", 0, "ICD-10-CM Guidelines, IV.H")
    assert item.say.startswith("The note only rules out atrial fibrillation.")


def test_an_alternative_is_as_right_as_the_key(tmp_path):
    case = load_encounter(_case_with(tmp_path, ["A00.0", "A00.1"], more="    alternatives: [A00.9]\n"))
    assert check(case, "A00.9 A00.1").score == Decimal("100.0")
    assert check(case, "A00.0 A00.9").items[1].say == "Another code entered says this: report one of them."


@pytest.mark.parametrize(
    ("answer", "say"),
    [
        ("R00", "R00 is not complete: it needs more characters."),
        ("R00.22", "R00.22 is not in ICD-10-CM."),
        ("R00.1", "The right category, another code: compare each of its words with the note."),
        ("I10", "The note does not say that this was found, treated or weighed at this visit."),
        ("85025", "The note does not show that this was done and is to be billed here."),
        ("99203", "A visit is right, at another level: weigh problems, data and risk again; two of the three decide."),
    ],
)
def test_a_code_outside_the_key_is_answered_in_words(answer, say):
    item = check(PALPITATIONS, answer).items[0]
    assert (item.verdict, item.say) == ("extra", say)


def test_what_cannot_be_read_is_not_counted_as_entered():
    feedback = check(PALPITATIONS, ["R00.2", "99213", "93000", "oops"])
    assert (feedback.score, feedback.out_of) == (Decimal("100.0"), 3)
    assert feedback.items[3].say.startswith("Not counted: 'oops' is not a code;")


def test_pointers_are_judged_apart_from_the_score():
    right = check(WELLNESS, ["Z00.01", "M77.11", "G0439 -> 1", "99213-25 -> M77.11"])
    wrong = check(WELLNESS, ["Z00.01", "M77.11", "G0439 -> 2", "99213-25 -> B"])
    assert str(right) == "Score 4 of 4 (100.0 %); first-listed right; pointers right; nothing left to find"
    assert wrong.score == Decimal("100.0")
    assert wrong.pointers == ("G0439: M77.11 is not the reason for this service",)
    assert "pointers to check: 1" in str(wrong)
    assert check(WELLNESS, "Z00.01 99213-25").pointers is None


def test_what_is_missing_shows_where_to_look_and_not_the_code():
    feedback = check(PALPITATIONS, "99213 93000")
    assert [(missing.kind, missing.evidence) for missing in feedback.missing] == [
        ("diagnosis", ("Palpitations, new, cause not yet known",))
    ]
    assert "R00.2" not in repr(feedback.missing) and "R00.2" not in feedback._repr_html_()


def test_hints_go_from_the_words_to_the_category_to_the_code():
    feedback = check(KNEE, "20610")
    assert list(feedback.hint(1)) == [
        "A diagnosis: read again “Primary osteoarthritis of the right knee”.",
        "A procedure: read again “triamcinolone acetonide 40 mg”.",
        "A procedure: read again “6 mL clear straw-colored fluid withdrawn” and "
        "“injected into the joint through the same needle”.",
    ]
    assert list(feedback.hint(2)) == [
        "A diagnosis in category M17.", "A drug given by the practice.", "A surgical procedure.",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in feedback.hint(3)] == ["M17.11", "J3301 x4", "20610-RT"]
    assert str(check(KNEE, "M17.11 20610-RT J3301 x4").hint()) == "nothing left to find"


def test_a_hint_beyond_the_third_is_refused_in_words():
    with pytest.raises(WorkbookError, match=r"there is no hint 4; hints are 1 \(where\), 2 \(what kind\) and 3"):
        check(KNEE, "").hint(4)


def test_reveal_gives_the_key_with_reasons_and_authorities():
    lines = check(PALPITATIONS, None).reveal()
    assert lines[0].startswith("R00.2 (first-listed): ") and lines[0].endswith("[ICD-10-CM Guidelines, IV.D]")
    assert lines[1].startswith("99213 (procedure, modifier 25 accepted): ") and "It points to R00.2." in lines[1]
    assert lines[3].startswith("Visit level: problems moderate, data limited, risk low, decision making low: 99213.")
    assert lines._repr_html_().startswith("<ul><li>R00.2 (first-listed): ")


def test_feedback_marks_the_note_and_says_in_words_what_each_mark_means():
    shown = check(PALPITATIONS, "93000 I10")._repr_html_()
    assert '<p role="status"><strong>Score 1 of 3 (33.3 %); another diagnosis comes first;' in shown
    assert "12-lead ECG done in the office today and read by me</mark><small>[93000]</small>" in shown
    assert "Palpitations, new, cause not yet known</mark><small>[to find: diagnosis]</small>" in shown
    assert 'data-evidence="found"' in shown and 'data-evidence="missing"' in shown
    assert ">not in the key</td>" in shown
    assert "var(--jp-" in shown


def test_feedback_escapes_what_was_typed():
    shown = check(PALPITATIONS, ["<script>alert(1)</script>"])._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


@settings(deadline=None)
@given(st.text() | st.lists(st.text(max_size=12), max_size=6) | st.dictionaries(st.text(), st.text()))
def test_no_answer_raises_and_every_score_is_from_0_to_100(answer):
    feedback = check(DIABETES, answer)
    assert 0 <= feedback.score <= 100
    assert feedback._repr_html_() and str(feedback)


CODES = ["E11.42", "E11.40", "Z79.4", "Z79.84", "99214", "99214-25", "99213", "G62.9", "R00", "oops", "99214 -> 1"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(CODES), max_size=8))
def test_points_never_exceed_what_they_are_out_of(answer):
    feedback = check(DIABETES, answer)
    assert 0 <= feedback.points <= feedback.out_of
    assert len(feedback.missing) + sum(item.verdict in ("right", "half") for item in feedback.items) == 4


def _case_with(tmp_path, codes, more=""):
    items = "".join(
        f"  - code: {code}\n    place: {'secondary' if n else 'first-listed'}\n    evidence: seen\n"
        f"    because: It is.\n    authority: none\n{'' if n else more}"
        for n, code in enumerate(codes)
    )
    path = tmp_path / "ENC-901.yaml"
    path.write_text(
        "id: ENC-901\ntitle: Made up\nlevel: 1\nspecialty: none\nsetting: office\nteaches: [counting]\nnote: seen\nanswer_key:\n" + items
        + 'visit: {service_date: 2025-10-14, place_of_service: "11"}\npatient: {age: 40, sex: F, payer: Aster Health}\n'
    )  # fmt: skip
    return path
