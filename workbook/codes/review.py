"""Which conventions of ICD-10-CM a list of diagnosis codes breaks on a date, each with the note or rule it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Any

from workbook.codes.completeness import code_problem, validity_problem
from workbook.codes.conventions import Demand, demands_of, pointer
from workbook.codes.lookup import book_of, dotted, is_billable, is_known, title_of, undotted
from workbook.codes.patient import first_listed_problems, patient_problems
from workbook.codes.problem import Problem, Review, named
from workbook.codes.reference import edition_on, editions
from workbook.codes.tabular import Note, current, notes_of, shipped, using
from workbook.terms import Edition, WorkbookError, parse_date

SETTINGS = ("outpatient", "inpatient")
_GUIDELINES = "ICD-10-CM Official Guidelines"
_ELSEWHERE = re.compile(r"\bin (\w+ )*diseases classified elsewhere", re.IGNORECASE)
_SIDES = re.compile(r"\b(right|left|bilateral)\b", re.IGNORECASE)


def review_codes(
    codes: Iterable[object] | str,
    on: date | str,
    patient: Mapping[str, Any] | None = None,
    setting: str = "outpatient",
) -> Review:
    """Review diagnosis codes, first-listed first, as of a date of service; dotted or not, in any case.

    `patient` may hold `age` (whole years) and `sex` (F or M). A bad code is a problem, never an exception; a date or
    a setting that cannot be read raises WorkbookError. Outside the loaded editions only the checks that need no
    edition are made, and the review says so.
    """
    day = parse_date(on, "on")
    if setting not in SETTINGS:
        raise WorkbookError(f"setting {setting!r} is not known; choose one of {', '.join(SETTINGS)}")
    given = re.split(r"[\s,;]+", codes.strip()) if isinstance(codes, str) else codes
    listed = [c for c in (undotted(str(code)) for code in given if code is not None) if c]
    if not listed:
        return Review((), day)
    edition = edition_on("diagnosis", day)
    with using(book_of(edition) if edition else shipped()):
        found = [
            *_duplicates(listed),
            *first_listed_problems(listed, day, setting),
            *patient_problems(listed, day, patient),
            *(_of_edition(listed, day, edition) if edition else [_not_known(listed, day)]),
        ]
    found.sort(key=lambda p: -p.weight)
    return Review(tuple(map(dotted, listed)), day, tuple(found))


def _of_edition(listed: list[str], day: date, edition: Edition) -> Iterator[Problem]:
    codes = list(dict.fromkeys(listed))
    if current().has_notes:
        yield from _tabular_problems(codes, day)
        return
    yield _notes_not_known(listed, edition)
    yield from (p for code in codes if (p := validity_problem(code, day)))


def _tabular_problems(codes: list[str], day: date) -> Iterator[Problem]:
    for code in codes:
        if problem := code_problem(code, day):
            yield problem
    known = [c for c in codes if is_known(c)]
    for one, other in combinations(known, 2):
        if problem := _excludes1(one, other):
            yield problem
    if is_known(codes[0]) and _ELSEWHERE.search(title_of(codes[0])):
        yield _manifestation_first(codes[0])
    for code in filter(is_billable, known):
        yield from _code_first(code, codes)
        yield from _additional(code, codes)
        yield from _could_say_more(code)


def _notes_not_known(codes: list[str], edition: Edition) -> Problem:
    say = f"Only validity was checked: the notes of {edition} are not loaded, so no convention was judged."
    return Problem("notes not known", tuple(map(dotted, codes)), say, str(edition), "the editions that are loaded")


def _not_known(codes: list[str], day: date) -> Problem:
    shown = tuple(dict.fromkeys(map(dotted, codes)))
    loaded = [e for e in editions() if e.table_name == "diagnosis"]
    say = f"No loaded edition of ICD-10-CM serves {day}: whether the codes are valid or conflict was not checked."
    return Problem("not known", shown, say, f"Loaded: {'; '.join(map(str, loaded)) or 'none'}", "loaded editions")


def _duplicates(codes: list[str]) -> Iterator[Problem]:
    for code in dict.fromkeys(c for c in codes if codes.count(c) > 1):
        say = f"{dotted(code)} is listed {codes.count(code)} times; a code stands once for an encounter."
        quote = "Each unique diagnosis code is reported once for an encounter."
        yield Problem("duplicate", (dotted(code),), say, quote, f"{_GUIDELINES}, I.B.12")


def _excludes1(one: str, other: str) -> Problem | None:
    """The Excludes1 note, on either code or above it, that points to the other code and not to its own."""
    for code, excluded in ((one, other), (other, one)):
        for note in notes_of(code, ["excludes1"]):
            points_to = pointer(note.text)
            if excluded in points_to and code not in points_to:
                return _excludes1_problem(code, excluded, note)
    return None


def _excludes1_problem(code: str, excluded: str, note: Note) -> Problem:
    say = (
        f"{named(code)} and {named(excluded)} are not coded together: an Excludes1 note sets them apart."
        " Only when the record shows two unrelated conditions may both stand."
    )
    codes = (dotted(code), dotted(excluded))
    return Problem("excludes1", codes, say, note.text, f"{_GUIDELINES}, I.A.12.a", note.on)


def _manifestation_first(code: str) -> Problem:
    say = f"{named(code)} is a manifestation and cannot stand first: the disease that causes it comes before it."
    return Problem("manifestation first", (dotted(code),), say, title_of(code), f"{_GUIDELINES}, I.A.13", code)


def _code_first(code: str, codes: list[str]) -> Iterator[Problem]:
    """At most one problem for a code: the nearest code-first note that nothing listed before it satisfies."""
    before, after = codes[: codes.index(code)], codes[codes.index(code) + 1 :]
    demands = [d for d in demands_of(code, "code_first") if _concerns(d, code)]
    if any(d.is_met_by(c) for d in demands for c in before):
        return
    demands.sort(key=lambda d: not d.is_mandatory)  # a note that always holds speaks before one that may not
    for demand in demands:
        if late := next((c for c in after if demand.is_met_by(c)), None):
            yield _code_first_problem(code, demand, bool(before), late)
            return
    if demands:
        yield _code_first_problem(code, demands[0], bool(before), None)


def _concerns(demand: Demand, code: str) -> bool:
    """A note "for adverse effects" speaks to the adverse-effect codes of its block alone."""
    return "for adverse effects" not in demand.texts[0] or title_of(code).startswith("Adverse effect")


def _code_first_problem(code: str, demand: Demand, has_before: bool, late: str | None) -> Problem:
    kind, asked = "code first", (dotted(late),) if late else ()
    if late:
        say = f"{named(late)} comes before {named(code)}: its code-first note puts the cause ahead."
    elif not demand.is_mandatory:
        kind, say = (
            "code first prompt",
            f"{named(code)}: if the record names the condition in the note, code that first.",
        )
    elif demand.has_examples_only and has_before:
        kind = "code first prompt"
        say = f"{named(code)} needs its cause before it: check that a code listed before it is what the note asks for."
    else:
        say = f"{named(code)} cannot stand without the code its code-first note asks for, listed before it."
    return Problem(kind, (dotted(code), *asked), say, demand.quote, f"{_GUIDELINES}, I.A.13", demand.on)


def _additional(code: str, codes: list[str]) -> Iterator[Problem]:
    """Use-additional and code-also notes that no other listed code satisfies: questions to the record."""
    others = [c for c in codes if c != code]
    asks = {"use_additional": ("use additional", "asks for an additional code", "I.A.13"),
            "code_also": ("code also", "asks to code also, in the order the visit calls for,", "I.A.17")}  # fmt: skip
    for note_kind, (kind, verb, section) in asks.items():
        for demand in demands_of(code, note_kind):
            if not any(demand.is_met_by(c) for c in others):
                say = f"{named(code)} {verb} where the record supports it."
                yield Problem(kind, (dotted(code),), say, demand.quote, f"{_GUIDELINES}, {section}", demand.on)


def _could_say_more(code: str) -> Iterator[Problem]:
    """An unspecified side, or an unspecified code beside more specific ones."""
    title = title_of(code)
    if "unspecified" not in title.lower():
        return
    beside = [(c, t) for c, t in _siblings(code) if "unspecified" not in t.lower()]
    sided = [] if _SIDES.search(title) else [(c, t) for c, t in beside if _SIDES.search(t)]
    if sided:
        say = f"{named(code)} does not say which side; {', '.join(dotted(c) for c, _ in sided[:3])} would."
        quote = "\n".join(f"{dotted(c)} {t}" for c, t in [(code, title), *sided[:3]])
        yield Problem("laterality", (dotted(code),), say, quote, f"{_GUIDELINES}, I.B.13", code)
    elif beside:
        say = (
            f"{named(code)} is unspecified; the note may support one of {', '.join(dotted(c) for c, _ in beside[:4])}."
        )
        quote = "\n".join(f"{dotted(c)} {t}" for c, t in [(code, title), *beside[:4]])
        yield Problem("unspecified", (dotted(code),), say, quote, f"{_GUIDELINES}, I.B.18", code)


def _siblings(code: str) -> list[tuple[str, str]]:
    """The codes that differ from this one in its last character; for a 7th character, in its sixth."""
    if len(code) == 7 and code[5] == "X":
        return []
    stem, ending = (code[:5], code[6]) if len(code) == 7 else (code[:-1], "")
    beside = [n for n in current().below(stem) if n.is_billable and len(n.code) == len(code) and n.code != code]
    return [(n.code, n.title) for n in beside if n.code[6:] == ending]
