"""A review names each convention a list of codes breaks, quotes the note it rests on, and never passes what it cannot check."""

import re
from pathlib import Path

import pytest

from workbook.codes import is_billable
from workbook.codes.conventions import demands_of
from workbook.codes.patient import review_rules
from workbook.codes.problem import WEIGHTS
from workbook.codes.review import review_codes
from workbook.codes.tabular import nodes, notes
from workbook.terms import WorkbookError

DAY = "2025-11-03"


def found(codes, kind=None, on=DAY, **more):
    return [(p.kind, p.codes, p.on_node) for p in review_codes(codes, on=on, **more) if kind is None or p.kind == kind]


def errors(codes, on=DAY, **more):
    return [(p.kind, p.codes, p.on_node) for p in review_codes(codes, on=on, **more).errors]


@pytest.mark.parametrize("blank", [[], [""], [None, " "], ""])
def test_a_blank_list_says_that_nothing_was_given(blank):
    review = review_codes(blank, on=DAY)
    assert (len(review), review.summary) == (0, "No codes were given, so nothing was reviewed.")


def test_a_sound_list_has_no_errors():
    assert errors(["E11.42", "Z79.4", "I10"]) == []


@pytest.mark.parametrize(
    ("code", "kind", "node"),
    [
        ("E11", "incomplete", "E11"),
        ("S72.0", "incomplete", "S720"),
        ("S72.001", "seventh character", "S72"),
        ("S72.001Z", "seventh character", "S72"),
        ("T88.0", "seventh character", "T88"),
        ("T36.0X", "incomplete", "T360X"),
        ("I10.XXXA", "seventh character", "I10"),
        ("T88.0A", "placeholder", "T880XXA"),
        ("T36.05A", "placeholder", "T360X5A"),
        ("I10X", "placeholder", "I10"),
        ("ZZZ", "unknown", None),
        ("E11.421", "unknown", None),
        ("not a code", "unknown", None),
    ],
)
def test_a_code_that_cannot_stand_says_what_it_lacks(code, kind, node):
    assert [(k, n) for k, _, n in errors([code])] == [(kind, node)]


def test_a_missing_7th_character_shows_the_placeholder_and_the_choices():
    (problem,) = review_codes(["T88.0"], on=DAY).errors
    assert problem.say == (
        "T88.0 needs a 7th character after the placeholder XX, for example T88.0XXA: "
        "A initial encounter; D subsequent encounter; S sequela."
    )


@pytest.mark.parametrize("codes", [["E11.9", "E10.9"], ["E10.9", "E11.9"]])
def test_excludes1_holds_in_both_directions_and_quotes_the_ancestors_note(codes):
    (problem,) = review_codes(codes, on=DAY).errors
    assert (problem.kind, sorted(problem.codes)) == ("excludes1", ["E10.9", "E11.9"])
    assert (problem.quote, problem.on_node) in [
        ("type 1 diabetes mellitus (E10.-)", "E11"),
        ("type 2 diabetes mellitus (E11.-)", "E10"),
    ]
    assert "two unrelated conditions may both stand" in problem.say


@pytest.mark.parametrize(
    ("codes", "conflicts"),
    [
        (["E87.20", "E11.10"], True),  # E87.2: "see categories E08-E10, E11, E13 with ketoacidosis"
        (["E87.20", "E11.9"], False),
        (["G63", "E11.42"], True),  # G63: "(E08-E13 with .42)"
        (["G63", "E11.9"], False),
        (["R47.01", "I69.320"], True),  # R47.01: "(I69. with final characters -20)"
        (["R47.01", "I69.321"], False),
        (["S61.001A", "S62.001B"], True),  # S61: "(S62.- with 7th character B)"
        (["S61.001A", "S62.001A"], False),
        (["R44.0", "F11.151"], True),  # R44: "(F11-F19 with fifth to sixth characters 51)"
        (["R44.0", "F11.10"], False),
        (["A15.0", "A17.0"], False),  # A15-A19: "any type in A15 (J65)" points to J65
    ],
)
def test_a_narrowed_reference_excludes_only_what_it_names(codes, conflicts):
    assert bool(found(codes, "excludes1")) is conflicts


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["D63.1", "N18.4"], [("code first", ("D63.1", "N18.4"), "D631")]),
        (["N18.4", "D63.1"], []),
        (["D63.1"], [("code first", ("D63.1",), "D631")]),
        (["I10", "D63.1"], [("code first", ("D63.1",), "D631")]),
        (["F02.80", "G30.9"], [("code first", ("F02.80", "G30.9"), "F02"), ("manifestation first", ("F02.80",), "F0280")]),
        (["G30.9", "F02.80"], []),
        (["I50.9"], []),  # heart failure alone: the note names complications it may have
        (["I50.9", "I11.0"], [("code first", ("I50.9", "I11.0"), "I50")]),
        (["T36.0X1A"], []),  # poisoning: the note at T36-T50 speaks to adverse effects
        (["T36.0X5A"], []),
        (["J12.82"], [("code first", ("J12.82",), "J1282")]),
        (["U07.1", "J12.82"], []),
    ],
)  # fmt: skip
def test_code_first_is_an_error_only_when_the_cause_is_missing_or_late(codes, expected):
    wanted = {"code first", "manifestation first"}
    assert [p for p in errors(codes) if p[0] in wanted] == expected


def test_a_list_of_examples_asks_the_record_when_another_code_stands_before():
    assert ("code first prompt", ("F02.80",), "F02") in found(["I10", "F02.80"])


def test_one_prompt_lists_all_its_items_and_any_of_them_satisfies_it():
    (problem,) = [p for p in review_codes(["E11.9"], on=DAY) if p.kind == "use additional"]
    assert problem.quote == (
        "code to identify control using:\n"
        "injectable non-insulin antidiabetic drugs (Z79.85)\n"
        "insulin (Z79.4)\n"
        "oral antidiabetic drugs (Z79.84)\n"
        "oral hypoglycemic drugs (Z79.84)"
    )
    assert problem.on_node == "E11"
    assert not problem.is_error
    assert [c for _, (c, *_), _ in found(["E11.9", "Z79.4"], "use additional")] == []


def test_two_prompts_of_one_node_stay_two():
    # I13.2: the type of heart failure and the stage of the kidney disease
    assert [d.texts for d in demands_of("I132", "use_additional")[:2]] == [
        ("code to identify type of heart failure (I50.-)",),
        ("code to identify the stage of chronic kidney disease (N18.5, N18.6)",),
    ]


@pytest.mark.parametrize(
    ("codes", "setting", "kind"),
    [
        (["W01.0XXA", "S72.001A"], "outpatient", "external cause first"),
        (["S72.001A", "W01.0XXA"], "outpatient", None),
        (["Z37.0", "O80"], "outpatient", "unacceptable first"),
        (["B96.20", "N39.0"], "outpatient", "unacceptable first"),
        (["T36.0X6A"], "outpatient", "unacceptable first"),
        (["T36.0X1A"], "outpatient", None),
        (["Z08"], "outpatient", None),
        (["Z08"], "inpatient", "unacceptable first"),
    ],
)
def test_what_may_not_stand_first(codes, setting, kind):
    kinds = [k for k, _, _ in found(codes, setting=setting) if k.endswith("first") and k != "code first"]
    assert kinds == ([kind] if kind else [])


def test_an_unspecified_side_names_the_sided_codes():
    (problem,) = review_codes(["M25.569"], on=DAY)
    assert (problem.kind, problem.say) == (
        "laterality",
        "M25.569 (Pain in unspecified knee) does not say which side; M25.561, M25.562 would.",
    )


def test_an_unspecified_code_names_what_stands_beside_it():
    assert found(["G30.9"], "unspecified") == [("unspecified", ("G30.9",), "G309")]


@pytest.mark.parametrize(
    ("code", "age", "conflict"),
    [("O80", 64, False), ("O80", 65, True), ("O80", 8, True), ("Z38.00", 0, False), ("Z38.00", 1, True),
     ("N40.0", 14, True), ("N40.0", 15, False), ("Z00.129", 17, False), ("Z00.129", 18, True), ("O80", None, False)],
)  # fmt: skip
def test_a_code_must_fit_the_patients_age(code, age, conflict):
    assert bool(found([code], "age", patient={"age": age})) is conflict


@pytest.mark.parametrize(
    ("on", "kinds"),
    [("2024-09-30", ["not known", "sex"]), ("2024-10-01", ["not known"]), (DAY, [])],
)
def test_sex_conflicts_ended_on_2024_10_01(on, kinds):
    assert [k for k, _, _ in found(["C61"], on=on, patient={"sex": "F"}) if k in ("sex", "not known")] == kinds


def test_a_date_outside_the_loaded_editions_is_not_known_and_says_what_was_not_checked():
    (problem,) = review_codes(["E11.9", "E10.9"], on="2026-10-01")
    assert (problem.kind, problem.codes) == ("not known", ("E11.9", "E10.9"))


def test_a_duplicate_is_named_once():
    assert found(["I10", "i10", "I10"], "duplicate") == [("duplicate", ("I10",), None)]


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [  # pairs that coding classes and payers' denials name most often, and pairs that are often taken for conflicts
        ("M54.50", "M51.26", True), ("M54.50", "M54.41", True), ("F10.10", "F10.20", True), ("J44.1", "J42", True),
        ("I10", "O10.011", True), ("E03.9", "E89.0", True), ("J96.00", "J80", True), ("R42", "H81.10", True),
        ("F32.9", "F33.9", True), ("R73.03", "E11.9", True), ("J30.9", "J45.909", True), ("E10.9", "E11.9", True),
        ("J20.9", "J44.0", False), ("J45.909", "J44.9", False), ("R51.9", "G43.909", False), ("I21.4", "I25.2", False),
        ("K21.9", "K20.90", False), ("N18.6", "I12.0", False), ("E11.22", "N18.30", False),
    ],
)  # fmt: skip
def test_the_well_known_pairs_conflict_whichever_comes_first(one, other, conflict):
    for codes in ([one, other], [other, one]):
        assert bool(found(codes, "excludes1")) is conflict, codes


def test_kinds_weigh_in_the_order_in_which_they_matter():
    heaviest_first = [
        "not known", "unknown", "incomplete", "seventh character", "placeholder", "excludes1", "code first",
        "external cause first", "manifestation first", "unacceptable first", "duplicate", "age", "laterality",
        "code first prompt", "use additional", "code also", "unspecified",
    ]  # fmt: skip
    weights = [WEIGHTS[kind] for kind in heaviest_first]
    assert weights == sorted(weights, reverse=True)
    assert set(WEIGHTS) - set(heaviest_first) == {"notes not known", "sex"}  # beside "not known", beside "age"


def test_problems_come_heaviest_first_and_each_quotes_something():
    review = review_codes(["W01.0XXA", "E11", "E10.9", "E11.9", "M25.569", "ZZZ", "D63.1", "Z85.6"], on=DAY)
    weights = [p.weight for p in review]
    assert weights == sorted(weights, reverse=True)
    assert all(p.quote and p.authority for p in review)
    assert review._repr_html_().startswith("<p>8 codes on 2025-11-03")


def test_every_quote_with_a_node_stands_word_for_word_in_the_tabular():
    texts = set(zip(notes()["code"].to_pylist(), notes()["text"].to_pylist(), strict=True))
    codes = [c for c, b in zip(nodes()["code"].to_pylist(), nodes()["is_billable"].to_pylist(), strict=True) if b]
    noted = {"excludes1", "code first", "code first prompt", "use additional", "code also"}
    for start in range(0, 74_000, 740):  # a hundred lists of three over the whole Tabular
        for problem in review_codes(codes[start : start + 3], on=DAY):
            if problem.kind in noted:
                assert all((problem.on_node, line) in texts for line in problem.quote.split("\n")), problem


def test_the_rules_page_names_codes_that_exist_and_quotes_notes_that_stand():
    page = review_rules()
    every = nodes()["code"].to_pylist()
    rules = [page["external_cause"], *page["unacceptable_first"], *page["age"], *page["sex"]]
    for rule in rules:
        for end in (e for family in rule["codes"] for e in str(family).split("-")):
            assert any(code.startswith(end) for code in every), end
        if "on_node" in rule:
            of_node = [
                t
                for c, t in zip(notes()["code"].to_pylist(), notes()["text"].to_pylist(), strict=True)
                if c == rule["on_node"]
            ]
            assert any(rule["quote"] in text for text in of_node), rule["quote"]


def test_a_setting_or_an_age_that_cannot_be_read_is_refused_in_words():
    with pytest.raises(WorkbookError, match="choose one of outpatient, inpatient"):
        review_codes(["I10"], on=DAY, setting="home")
    with pytest.raises(WorkbookError, match="age 'old' is not a number of whole years"):
        review_codes(["I10"], on=DAY, patient={"age": "old"})


def test_the_codes_in_these_tests_exist():
    page = re.findall(r'"([A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4})"', Path(__file__).read_text(encoding="utf-8"))
    meant_wrong = {"I10.XXXA", "S72.0", "S72.001", "S72.001Z", "T88.0", "T36.0X", "T88.0A", "T36.05A", "E11.421"}
    assert {c for c in page if not is_billable(c)} == meant_wrong
