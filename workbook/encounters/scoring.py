"""How much of a case a learner's codes get right, said code by code without giving the key away.

The rule is the one AAPC publishes for Practicode: correct ÷ the larger of codes entered and codes in the key, × 100.
Half credit for the right procedure with a wrong modifier or number of units; optional codes and modifiers never cost;
a near miss is worth what its case says. What cannot be read is pointed out and not counted as entered. Which diagnosis
comes first and what each line points to are judged apart from the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from workbook.codes import is_billable
from workbook.encounters.answer import Entry, read_answer
from workbook.encounters.case import Encounter, KeyItem, NearMiss
from workbook.encounters.why_extra import why_extra
from workbook.terms import WorkbookError

ONE, HALF, NONE = Decimal(1), Decimal("0.5"), Decimal(0)
NOT_ANSWERED = "Not answered yet"
#: verdict → whether the entry counts as entered
VERDICTS = {"right": True, "half": True, "near miss": True, "extra": True, "optional": False, "unreadable": False}
#: first and last CPT number → kind of service, in the workbook's own words
SERVICES = (
    ("10004", "69990", "a surgical procedure"),
    ("70010", "79999", "imaging"),
    ("80047", "89398", "a laboratory test"),
    ("99202", "99499", "a visit"),
    ("90281", "99607", "a medical service or test"),
)
LETTERED_SERVICES = {"G": "a Medicare service with a G code", "J": "a drug given by the practice"}


@dataclass(frozen=True)
class Item:
    """One code as entered, its verdict (a key of `VERDICTS`), its points, and why."""

    entered: str
    kind: str
    verdict: str
    points: Decimal
    say: str
    evidence: tuple[str, ...] = ()
    authority: str | None = None


@dataclass(frozen=True)
class Missing:
    """A keyed code not found yet: its kind and the words of the note that call for it; the code stays hidden."""

    kind: str
    evidence: tuple[str, ...]
    _key: KeyItem = field(repr=False)


class Lines(tuple[str, ...]):
    """A few sentences, one a line."""

    def __repr__(self) -> str:
        return "\n".join(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from workbook.encounters.show import lines_html

        return lines_html(self)


@dataclass(frozen=True, repr=False)
class Feedback:
    """What `check` found: `score` (0 to 100, one decimal), `points` of `out_of`, `items`, and what is `missing`.

    `first_listed` is True, False, or None when it could not be judged; `pointers` says what is wrong with the arrows
    and is None when there was none to judge; `present_on_admission` does the same for the marks of a stay.
    """

    case: Encounter
    items: tuple[Item, ...]
    missing: tuple[Missing, ...]
    score: Decimal
    points: Decimal
    out_of: int
    first_listed: bool | None = None
    pointers: tuple[str, ...] | None = None
    present_on_admission: tuple[str, ...] | None = None
    _to_mend: tuple[KeyItem, ...] = ()

    @property
    def is_answered(self) -> bool:
        """False when nothing was entered."""
        return bool(self.items)

    def __str__(self) -> str:
        if not self.is_answered:
            return NOT_ANSWERED
        parts = [f"Score {number(self.points)} of {self.out_of} ({self.score} %)", _order(self.first_listed)]
        if self.pointers is not None:
            parts.append(f"pointers to check: {len(self.pointers)}" if self.pointers else "pointers right")
        if (marks := self.present_on_admission) is not None:
            parts.append(f"POA marks to check: {len(marks)}" if marks else "POA marks right")
        if self._to_mend:
            parts.append(f"half right: {len(self._to_mend)}")
        if unreadable := sum(item.verdict == "unreadable" for item in self.items):
            parts.append(f"not readable: {unreadable}")
        return "; ".join([part for part in parts if part] + [_still_to_find(self.missing)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from workbook.encounters.show import feedback_html

        return feedback_html(self)

    def hint(self, level: int = 1) -> Lines:
        """Help with what is missing or half right: 1 its words, 2 the category or kind of service, 3 the code.

        Of a code that an exercise gives, 2 says which families of modifiers, and whether units, are asked for.
        """
        if level not in (1, 2, 3):
            raise WorkbookError(f"there is no hint {level!r}; hints are 1 (where), 2 (what kind) and 3 (which code)")
        keyed = (*(missing._key for missing in self.missing), *self._to_mend)
        return Lines(_hint(self.case, item, level) for item in keyed) or Lines([_still_to_find(())])

    def reveal(self) -> Lines:
        """The whole key: each code with its reason and its authority."""
        lines = [_revealed(item) for item in (*self.case.diagnoses, *self.case.procedures)]
        if (em := self.case.em) and (level := self.case.em_level):
            judged = ", ".join(f"{step.element} {step.reaches}" for step in level.trace)
            lines.append(f"Visit level: {judged}. {em.because}")
        return Lines(lines)


def check(case: Encounter, answer: object) -> Feedback:
    """Score a learner's answer (any form `read_answer` takes) against the case's key.

    A blank answer gives feedback that says "Not answered yet"; nothing typed raises.
    """
    entries = read_answer(answer, of_a_stay=case.visit.is_stay, given=case.given_diagnoses)
    matched = _match(case, entries)
    items = _items(case, entries, matched)
    found = list(matched.values())
    needed = [item for item in case.answer_key if not item.optional]
    missing = tuple(Missing(item.kind, item.evidence, item) for item in needed if item not in found)
    out_of = max(sum(VERDICTS[item.verdict] for item in items), len(needed))
    points = sum((item.points for item in items), NONE)
    return Feedback(
        case, items, missing, (points / out_of * 100).quantize(Decimal("0.1"), ROUND_HALF_UP), points, out_of,
        first_listed=_first_listed(case, entries), pointers=_pointers(case, entries, matched),
        present_on_admission=_present_on_admission(case, entries, matched),
        _to_mend=tuple(matched[at] for at, item in enumerate(items) if item.verdict == "half"),
    )  # fmt: skip


def number(points: Decimal) -> str:
    """Points as a person writes them: 3, 2.5."""
    return f"{points.normalize():f}"


def _match(case: Encounter, entries: tuple[Entry, ...]) -> dict[int, KeyItem]:
    """Entry position → the key item it answers: lines right in every part choose first, each what it fits best."""
    matched: dict[int, KeyItem] = {}
    free = list(case.answer_key)
    for wants_all in (True, False):
        for at, entry in enumerate(entries):
            fitting = [item for item in free if entry.kind == item.kind and entry.code in item.codes]
            if at in matched or not fitting:
                continue
            item = min(fitting, key=lambda item: len(_faults(entry, item)))
            if not (wants_all and _faults(entry, item)):
                matched[at] = item
                free.remove(item)
    return matched


def _faults(entry: Entry, item: KeyItem) -> list[str]:
    """What is wrong with a line whose code is right, without what would be right."""
    if item.kind != "procedure":
        return []
    missing, stray = item.compared(entry.modifiers)
    faults = ["a modifier is missing"] if missing else []
    faults += [f"modifier {modifier} is not called for" for modifier in stray]
    if entry.units != item.units:
        what = "minutes" if item.unit_basis == "minutes" else "units"
        faults.append(f"the number of {what} is not right: {entry.units} is too {_few_or_many(entry, item)}")
    return faults


def _few_or_many(entry: Entry, item: KeyItem) -> str:
    return "few" if entry.units < item.units else "many"


def _explained(modifiers: Iterable[str]) -> str:
    """What modifiers that were entered in vain are for, so that a learner sees why they are not called for here."""
    from workbook.codes.systems import SYSTEMS, rows_of

    rows = {modifier: rows_of(SYSTEMS["modifier"], modifier) for modifier in modifiers}
    known = [f" {m} ({row[-1]['label']}) is right when: {row[-1]['when_right']}." for m, row in rows.items() if row]
    return "".join([*known, *(f" {m} is no modifier of the workbook's list." for m, row in rows.items() if not row)])


def _items(case: Encounter, entries: tuple[Entry, ...], matched: dict[int, KeyItem]) -> tuple[Item, ...]:
    found = {code for item in matched.values() for code in item.codes}
    credited = set(found)
    seen: set[str] = set()
    shown: set[str] = set()
    items = []
    for at, entry in enumerate(entries):
        if entry.kind == "unreadable":
            item = Item(entry.text, entry.kind, "unreadable", NONE, f"Not counted: {entry.message}.")
        elif entry.kind == "diagnosis" and entry.code in case.given_diagnoses:
            item = Item(str(entry), entry.kind, "optional", NONE, "Given already; only the lines are asked for.")
        elif at in matched:
            item = _answered(entry, matched[at], _near(case, entry))
        elif (line := _near(case, entry)) and line.is_line and line.code in found and str(entry) not in shown:
            item = _near_miss(entry, line, NONE)
        elif entry.code in found or entry.code in seen:
            item = _repeated(entry, entry.code in seen)
        elif miss := _near(case, entry):
            item = _near_miss(entry, miss, NONE if miss.instead_of in credited else miss.credit)
            credited.add(miss.instead_of or "")
        else:
            still_open = [k for k in case.answer_key if k not in matched.values()]
            item = _extra(case, entry, still_open, [entries[n] for n in matched])
        seen.add(entry.code)
        shown.add(str(entry))
        items.append(item)
    return tuple(items)


def _near(case: Encounter, entry: Entry) -> NearMiss | None:
    """What the page says of an entry: of just this line, else, where the key has not its code, of the code."""
    misses = [miss for miss in case.near_misses if miss.code == entry.code]
    found = [miss for miss in misses if miss.is_like(entry.modifiers, entry.units)]
    if not found and not any(entry.code in item.codes for item in case.answer_key):
        found = misses
    return found[0] if found else None


def _answered(entry: Entry, key: KeyItem, miss: NearMiss | None) -> Item:
    faults = _faults(entry, key)
    if key.optional:
        say = f"Welcome, and never needed. {key.because}"
        return Item(str(entry), entry.kind, "optional", NONE, say, key.evidence, key.authority)
    if faults:
        missing, stray = key.compared(entry.modifiers)
        # the authority may name the very modifier that is to be found
        authority = None if set(missing) & set(re.findall(r"\w+", key.authority)) else key.authority
        say = f"The right code; {' and '.join(faults)}." + (f" {miss.say}" if miss else _explained(stray))
        return Item(str(entry), entry.kind, "half", HALF, say, key.evidence, (miss and miss.authority) or authority)
    return Item(str(entry), entry.kind, "right", ONE, key.because, key.evidence, key.authority)


def _repeated(entry: Entry, is_same_code: bool) -> Item:
    authority = "ICD-10-CM Guidelines, I.B.12" if entry.kind == "diagnosis" and is_same_code else None
    say = "Entered already: report it once." if is_same_code else "Another code entered says this: report one of them."
    return Item(str(entry), entry.kind, "extra", NONE, say, authority=authority)


def _near_miss(entry: Entry, miss: NearMiss, credit: Decimal) -> Item:
    return Item(str(entry), entry.kind, "near miss", credit, miss.say, authority=miss.authority)


def _extra(case: Encounter, entry: Entry, open_items: list[KeyItem], found: list[Entry]) -> Item:
    """An entry that no keyed code matches: near one that is still open, or wrong by a rule that can be named."""
    if (
        entry.kind == "diagnosis"
        and is_billable(entry.code)
        and any(entry.code[:3] == item.code[:3] for item in open_items)
    ):
        say, authority = "The right category, another code: compare each of its words with the note.", None
    elif _service(entry.code) == "a visit" and any(_service(item.code) == "a visit" for item in open_items):
        say = "A visit is right, at another level: weigh problems, data and risk again; two of the three decide."
        authority = "CPT E/M guidelines 2023 (MDM table)"
    else:
        say, authority = why_extra(case, entry, found)
    return Item(str(entry), entry.kind, "extra", NONE, say, authority=authority)


def _first_listed(case: Encounter, entries: tuple[Entry, ...]) -> bool | None:
    """Whether the first diagnosis entered is keyed first; None without one, or when it is a near miss for that one."""
    first = next((entry.code for entry in entries if entry.kind == "diagnosis"), None)
    keyed = next((item for item in case.answer_key if item.place == "first-listed"), None)
    if first is None or keyed is None:
        return None
    if any(miss.code == first and miss.instead_of == keyed.code for miss in case.near_misses):
        return None
    return first in keyed.codes


def _pointers(case: Encounter, entries: tuple[Entry, ...], matched: dict[int, KeyItem]) -> tuple[str, ...] | None:
    """What is wrong with the arrows of lines whose code is right: each must name reasons the key names."""
    typed = {at: entry for at, entry in enumerate(entries) if entry.code and (entry.message or entry.points_to)}
    judged = {at: entry for at, entry in typed.items() if entry.message or at in matched}
    if not judged:
        return None
    keyed_as = {code: item.code for item in case.diagnoses for code in item.codes}
    keyed_as |= {miss.code: miss.instead_of for miss in case.near_misses if miss.instead_of}
    keyed_as |= {code: code for code in case.given_diagnoses}
    wrong = []
    for at, entry in judged.items():
        if entry.message:
            wrong.append(f"{entry}: {entry.message}")
        else:
            reasons = matched[at].supports or case.given_diagnoses
            strangers = [code for code in entry.points_to if keyed_as.get(code) not in reasons]
            wrong += [f"{entry}: {code} is not the reason for this service" for code in strangers]
    return tuple(wrong)


def _present_on_admission(
    case: Encounter, entries: tuple[Entry, ...], matched: dict[int, KeyItem]
) -> tuple[str, ...] | None:
    """What is wrong with the marks of a stay's diagnoses; None when none was given or asked for."""
    if not case.visit.is_stay or not any(entry.present_on_admission for entry in entries):
        return None
    wrong = []
    for at, item in matched.items():
        if item.present_on_admission and entries[at].present_on_admission != item.present_on_admission:
            given = entries[at].present_on_admission
            wrong.append(f"{entries[at]}: {f'{given} is not right' if given else 'the mark is missing'}")
    return tuple(wrong)


def _order(first_listed: bool | None) -> str:
    if first_listed is None:
        return ""
    return "first-listed right" if first_listed else "another diagnosis comes first"


def _still_to_find(missing: Iterable[Missing]) -> str:
    kinds = [item.kind for item in missing]
    counts = [
        (kinds.count("diagnosis"), "diagnosis", "diagnoses"),
        (kinds.count("procedure"), "procedure", "procedures"),
    ]
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]
    return f"still to find: {' and '.join(parts)}" if parts else "nothing left to find"


def _service(code: str) -> str:
    """The kind of service a procedure code is, in the workbook's own words."""
    if len(code) == 7:
        return f"an inpatient procedure of ICD-10-PCS that begins with {code[:3]}"
    if not code[0].isdigit():
        return LETTERED_SERVICES.get(code[0], "a HCPCS level II service or supply")
    found = [kind for first, last, kind in SERVICES if first <= code <= last]
    return found[0] if found else "a service"


def _hint(case: Encounter, item: KeyItem, level: int) -> str:
    if level == 1:
        what = item.code if item.code in case.given_codes else f"A {item.kind}"
        return f"{what}: read again “{'” and “'.join(item.evidence)}”."
    if level == 3:
        return f"{_whole(item)}: {item.because}"
    if item.kind == "diagnosis":
        return f"A diagnosis in category {item.code[:3]}."
    if item.code in case.given_codes:
        return f"{item.code}: {_asked(item)}."
    return f"{_service(item.code).capitalize()}{f': {_asked(item)}' if case.given_diagnoses else ''}."


def _asked(item: KeyItem) -> str:
    """The families of a line's modifiers and what is counted, as far as an exercise may tell it."""
    from workbook.codes.systems import SYSTEMS, rows_of

    rows = [rows_of(SYSTEMS["modifier"], modifier) for modifier in item.modifiers]
    families = dict.fromkeys(row[-1]["family"] for row in rows if row)
    parts = [f"one of the modifiers called “{family}”" for family in families] or ["no modifier"]
    units = "its minutes" if item.unit_basis == "minutes" else "one unit" if item.units == 1 else "more than one unit"
    return ", ".join([*parts, units])


def _whole(item: KeyItem) -> str:
    units = f" x{item.units}" if item.units > 1 else ""
    units += " minutes" if item.unit_basis == "minutes" else ""
    mark = f"/{item.present_on_admission}" if item.present_on_admission else ""
    return "-".join((item.code, *item.modifiers)) + units + mark


def _revealed(item: KeyItem) -> str:
    options = [f"or {code}" for code in item.alternatives]
    options += [f"{' or '.join(others)} instead of {m}" for m, others in item.modifier_alternatives.items()]
    options += [f"modifier {m} accepted" for m in item.optional_modifiers]
    options += ["optional"] if item.optional else []
    note = f" ({', '.join([item.place, *options])})"
    points = f" It points to {', '.join(item.supports)}." if item.supports else ""
    return f"{_whole(item)}{note}: {item.because}{points} [{item.authority}]"
