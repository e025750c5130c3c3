"""A line of a page says what a segment must be; the quick test of it and the one that finds words agree."""

from __future__ import annotations

import pytest

from tests.claims.x12.check_snippets import BASES
from workbook.claims.x12.check import broken_notes
from workbook.claims.x12.guide.notation import parse_line, parse_shapes
from workbook.claims.x12.guide.pages import guide_of, shapes
from workbook.claims.x12.guide.track import Track
from workbook.claims.x12.segments import Delimiters
from workbook.terms import WorkbookError

USUAL = Delimiters("*", ":", "^", "~")
VALUES = [
    "", "X", "A ", " ", "é", "\t", ":", "1:2", "A:B:C:D:E:F:G:H:I:J", "0", "-1.5", ".", "-", "1.", ".5", "20251301", "20251231",
    "20240229", "20230229", "251231", "2460", "235959", "9" * 18, "9" * 19, "9" * 81, "UN", "XX", "HC:99213:25",
]  # fmt: skip


def faults(line: str, segment: str) -> list[tuple[str, int, str]]:
    spec = parse_line(line, shapes()).spec
    return [(f.element, f.level, f.message) for f in spec.faults(segment.split("*"), USUAL)]


def test_a_line_gives_need_number_and_codes() -> None:
    line = parse_line("CLM R1 RR..R(RRR)S 5-2=B 6=Y,N", shapes())
    assert (line.is_required, line.most, line.spec.name) == (True, 1, "CLM")
    amount, place = line.spec.elements[1], line.spec.elements[4]
    assert (amount.use, amount.kind, amount.least, amount.most) == ("R", "R", 1, 18)
    assert [part.codes for part in place.parts] == [(), ("B",), ()]
    assert line.spec.elements[5].codes == ("Y", "N")
    assert parse_line("PER R>1 RS 1=BL", shapes()).most is None


def test_a_run_of_elements_and_of_components_shares_its_codes() -> None:
    spec = parse_line("HI S1 R(RR)S(RR)*2 1..3-1=BG", shapes()).spec
    assert [element.parts[0].codes for element in spec.elements] == [("BG",)] * 3
    assert [part.codes for part in parse_line("TOO S32 RSS(RSS) 3-1..2=B,D", shapes()).spec.elements[2].parts] == [
        ("B", "D"), ("B", "D"), (),
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["XXX R1 R", "REF Q1 RR", "REF R1 RR 1:G1"])
def test_a_line_that_cannot_be_read_is_refused_in_words(line: str) -> None:
    with pytest.raises(WorkbookError, match="a guide's page"):
        parse_line(line, shapes())


def test_a_type_that_cannot_be_read_is_refused_in_words() -> None:
    with pytest.raises(WorkbookError, match="'ZZ9' is not a type and length"):
        parse_shapes({"REF": "ZZ9"}, {}, {})


@pytest.mark.parametrize(("segment", "expected"), [
    ("REF*F8*1", []),
    ("REF*F8", [("REF02", 2, "REF02 is missing; the guide requires it")]),
    ("REF*F8*1*2", [("REF03", 2, "REF03 is filled; the guide does not use it")]),
    ("REF*F8*1*", [("REF", 1, "REF ends in an empty element; leave it out")]),
    ("REF*F8*1*2*3*4", [
        ("REF", 1, "REF has 5 elements; at most 4 were expected"),
        ("REF03", 2, "REF03 is filled; the guide does not use it"),
        ("REF04", 2, "REF04 is filled; the guide does not use it"),
        ("REF05", 2, "REF05 is filled; the guide does not use it"),
    ]),
])  # fmt: skip
def test_faults_are_told_element_by_element(segment: str, expected: list[tuple[str, int, str]]) -> None:
    assert faults("REF S1 RR 1=F8", segment) == expected


@pytest.mark.parametrize("base", BASES)
def test_the_quick_test_and_the_one_that_finds_words_agree(base: str) -> None:
    version, kind, _, body = BASES[base]
    guide = guide_of(kind, version)
    assert guide is not None
    track = Track(guide, 1, lambda *_, **__: None, lambda _: None)
    for number, segment in enumerate(body, 1):
        elements = segment.split("*")
        slot = track.add(number, elements, ":")
        assert slot is not None
        for at in range(1, len(elements) + 1):
            for value in VALUES:
                spoiled = [*elements[:at], value, *elements[at + 1 :]]
                text = "*".join(spoiled)
                assert slot.spec.is_right(text, USUAL) == (not list(slot.spec.faults(spoiled, USUAL))), text


@pytest.mark.parametrize(("notes", "filled", "words"), [
    (("P0304",), (True, True, True, True), "NM103, NM104 stand together: all of them or none; NM104 is empty"),  # 4 is cut
    (("P0304",), (True, True, True), None),
    (("P0304",), (True, True, True, True, True), None),
    (("R0203",), (True, True), "one of NM102, NM103 is needed; NM102 is empty"),
    (("E0207",), (True, True, True, False, False, False, False, True), "only one of NM102, NM107 may be sent; NM107 is filled too"),
    (("C0605",), (True, True, True, True, True, False, True), "NM106 needs NM105; NM105 is empty"),
    (("L050607",), (True, True, True, True, True, True), "NM105 needs one of NM106, NM107; NM106 is empty"),
])  # fmt: skip
def test_elements_that_stand_together(notes: tuple[str, ...], filled: tuple[bool, ...], words: str | None) -> None:
    found = [message for message, _ in broken_notes("NM1", notes, filled)]
    assert found == ([words] if words else [])
