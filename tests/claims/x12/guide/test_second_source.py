"""The pages' facts beside a second source: where x12sdk's models say otherwise, it is named here and why ours stands."""

from __future__ import annotations

import enum
import importlib
import re
import typing
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from workbook.claims.x12.guide.notation import Element
from workbook.claims.x12.guide.pages import Guide, Loop, Slot, guides

MODELS = {"837P": "x12_837_005010X222A2", "837I": "x12_837_005010X223A3", "835": "x12_835_005010X221A1"}
NAME = re.compile(r"(?:Loop(\d{4}[A-Za-z]{0,2}?)|Header|Footer)([A-Z][a-z]*[0-9]?)Segment")
#: Where the lists differ. TR3 is meant by "the guide"; pyx12's map is the other source of the pages.
CODES_DIFFER = {
    "837P 1000B NM102": "a receiver is an organization (2) in pyx12 and in 837I",
    "837P 2000B SBR01": "x12sdk lacks H, which 837I has",
    "837P 2010AA PER03": "EX is an extension, never the first number (pyx12; other loops of x12sdk)",
    "837P 2010AC REF01": "x12sdk writes 2u",
    "837P 2320 SBR09": "x12sdk lacks 15, which its loop 2000B has",
    "837P 2400 PWK02": "x12sdk has one of the two PWK: the certificate's codes are missing",
    "837P 2400 CRC01": "x12sdk has three of the four CRC apart",
    "837P 2400 CRC04": "as CRC01", "837P 2400 CRC05": "as CRC01", "837P 2400 CRC06": "as CRC01", "837P 2400 CRC07": "as CRC01",
    "837P 2420C NM102": "a facility is an organization in pyx12 and in 2310C of both",
    "837P 2420D NM102": "a supervisor is a person in pyx12 and in 2310D of both",
    "837P 2420E PER03": "as 2010AA",
    "837I 2010AA PER03": "as 2010AA",
    "837I 2010AC REF01": "x12sdk lacks EI, the one that is required there",
    "837I 2300 NTE01": "x12sdk has one of the two NTE",
    "837I 2310F REF01": "x12sdk lacks G2, which 837P has",
    "837I 2400 DTP02": "x12sdk lacks RD8, which 837P has",
    "837I 2410 REF01": "x12sdk lacks VY, which 837P has",
    "837I 2420A NM101": "x12sdk has the attending provider (71) where the operating physician (72) stands",
    "835 2110 REF01": "x12sdk lacks HPI, SY and TJ",
}  # fmt: skip
#: Where the need differs; R of x12sdk against an element that pyx12 has as situational or not used, or the reverse.
USE_DIFFERS = {
    "837P": "1000A NM109, 1000B NM109, 2000B SBR09, 2010AC NM103, 2010AC NM109, 2010BA NM108, 2010BB NM109, 2310D NM108, "
    "2310D REF03, 2310D REF11, 2320 SBR02, 2320 SBR09, 2330A NM108, 2330A NM109, 2330C NM103, 2330E NM103, 2330F NM103, "
    "2330G NM103, 2400 CN104, 2420A NM108, 2420A PRV03, 2420B NM103, 2420B NM108, 2420G NM103, 2420H NM103",
    "837I": "1000B NM109, 2000B SBR09, 2010AC NM109, 2310B NM108, 2310D REF03, 2310D REF11, 2310E NM103, 2320 SBR09, "
    "2420A NM108",
    "835": "1000B N104",
}


def said(annotation: Any) -> set[str]:
    """The codes that an annotation allows: of a Literal or an Enum, alone or Optional."""
    if typing.get_origin(annotation) is typing.Literal:
        return {str(value) for value in typing.get_args(annotation)}
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return {str(member.value) for member in annotation}
    return set().union(*map(said, typing.get_args(annotation))) if typing.get_origin(annotation) else set()


def slots(loop: Loop) -> Iterator[Slot]:
    for node in loop.holds:
        if isinstance(node, Loop):
            yield from slots(node)
        else:
            yield node


def compared(guide: Guide) -> Iterator[tuple[str, Any, list[Element | None]]]:
    """Each element that x12sdk describes by loop: its place, its field there, and ours in every segment of that name."""
    ours: dict[tuple[str, str], dict[Any, Slot]] = defaultdict(dict)
    for slot in slots(guide.top):
        ours[slot.loop.number, slot.spec.name][tuple(slot.spec.elements)] = slot
    for name, model in vars(importlib.import_module(f"x12sdk.v5010.{MODELS[guide.name]}.segments")).items():
        match = NAME.fullmatch(name)
        if match is None:
            continue
        loop, segment = (match[1] or "transaction"), match[2].upper()
        loop = loop if loop == "transaction" else loop.upper()
        held = ours.get((loop, segment), {}).values()
        fields = [f for f in model.model_fields if f not in ("delimiters", "segment_name")]
        for at, field in enumerate(fields if held else []):
            elements = [s.spec.elements[at] if at < len(s.spec.elements) else None for s in held]
            yield f"{loop} {segment}{at + 1:02}", model.model_fields[field], elements


@pytest.mark.parametrize("guide", [g for g in guides() if g.name in MODELS], ids=lambda g: g.name)
def test_the_lists_of_codes_are_those_of_a_second_source(guide: Guide) -> None:
    differ, count = set(), 0
    for place, field, elements in compared(guide):
        theirs, mine = said(field.annotation), {code for e in elements if e for code in e.codes}
        if theirs and mine:
            count += 1
            differ |= {f"{guide.name} {place}"} if theirs != mine else set()
    assert differ == {place for place in CODES_DIFFER if place.startswith(guide.name)}
    assert count > 20


@pytest.mark.parametrize("guide", [g for g in guides() if g.name in MODELS], ids=lambda g: g.name)
def test_what_is_required_is_what_a_second_source_requires(guide: Guide) -> None:
    differ, count = set(), 0
    for place, field, elements in compared(guide):
        uses = {e.use if e else "." for e in elements}
        if len(uses) == 1:
            count += 1
            differ |= {place} if field.is_required() != (uses == {"R"}) else set()
    assert differ == set(USE_DIFFERS[guide.name].split(", "))
    assert count > 90
