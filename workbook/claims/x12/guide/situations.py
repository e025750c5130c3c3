"""Is what one part of a claim says followed by what the guide then asks of another? The rules of situations.yaml.

A rule looks at one loop: when all its `when` hold, all its `need` must. Each names a place and what must be true of it:

    CLM05-3 is 7 8        REF*F8 present         2000B/SBR02 is not 18       loop 2400 present
    N403 like \\d{9}       DTP*431:03 not after 2400/DTP*472:03               SVD01 among 2330B/NM109

A place in another loop is looked for in the loops around this one, then inside them. ` or ` joins alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from workbook.claims.x12.guide.pages import FOLDER, Loop
from workbook.claims.x12.guide.track import Instance, Tell
from workbook.engine.yaml import plain, read_yaml
from workbook.terms import WorkbookError

_PLACE = re.compile(r"(?:(\w+)/)?([A-Z][A-Z0-9]{1,2}?)(?:\*([A-Z0-9+]+))?:?([0-9]{2}(?:,[0-9]{2})*)?(?:-([0-9]+))?")
_CONDITION = re.compile(
    r"(\S+) (is not|is an NPI|is|like|unlike|same as|differs from|among|not after|within|points into|each has part|"
    r"present|absent)(?: (.+))?"
)
_DAY = re.compile("[0-9]{8}")
#: Segments whose elements name people: a message never repeats them.
_PRIVATE = frozenset({"NM1", "N3", "N4", "DMG", "PER", "REF"})


#: What one element says, its segment's number, and the element's.
Value = tuple[str, int, int]


@dataclass(frozen=True)
class Place:
    """Where a condition looks: a loop (None: the rule's own), a segment with its qualifiers, elements, a component."""

    loop: str | None
    segment: str
    keys: frozenset[str]
    elements: tuple[int, ...]
    part: int | None

    def values(self, instance: Instance, component: str) -> list[Value]:
        """What stands there, as far as it is not empty; of a segment without element, all of it joined by *."""
        if self.loop is None:
            held = instance.named.get(self.segment)
            return self._said(held, component) if held else []
        found: list[Value] = []
        for where in reached(instance, self.loop):
            if held := where.named.get(self.segment):
                found += self._said(held, component)
        return found

    def _said(self, segments: list[tuple[int, list[str]]], component: str) -> list[Value]:
        found = []
        for number, elements in segments:
            if self.keys and (len(elements) < 2 or elements[1].split(component, 1)[0] not in self.keys):
                continue
            if not self.elements:
                found.append(("*".join(elements), number, 0))
            for element in self.elements:
                text = elements[element].strip() if element < len(elements) else ""
                if text and self.part is not None:
                    parts = text.split(component)
                    text = parts[self.part - 1].strip() if self.part <= len(parts) else ""
                if text:
                    found.append((text, number, element))
        return found

    def name(self, element: int) -> str | None:
        """How an element is called in a message: CLM05-3."""
        return f"{self.segment}{element:02}" + (f"-{self.part}" if self.part else "") if element else None


def reached(instance: Instance, number: str) -> list[Instance]:
    """The loops of this number: one around the instance, or else all inside the nearest loop that may hold them."""
    around: Instance | None = instance
    while around:
        if around.loop.number == number:
            return [around]
        around = around.parent
    around = instance
    while around and number not in around.loop.inside:
        around = around.parent
    return _inside(around, number) if around else []


def _inside(instance: Instance, number: str) -> list[Instance]:
    found: list[Instance] = []
    for child in instance.children:
        if child.loop.number == number:
            found.append(child)
        elif number in child.loop.inside:
            found += _inside(child, number)
    return found


@cache
def place(text: str) -> Place:
    """Read a place: CLM05-3, REF*F8, 2400/DTP*472:03, CAS02,05."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise WorkbookError(f"a guide's rule: {text!r} is not a place such as 2300/CLM05-3")
    loop, segment, keys, elements, part = match.groups()
    numbers = tuple(map(int, elements.split(","))) if elements else ()
    return Place(loop, segment, frozenset((keys or "").split("+")) - {""}, numbers, int(part) if part else None)


def days(text: str) -> tuple[str, str]:
    """The first and the last day that a date, a span or a date with time names, as CCYYMMDD."""
    found = _DAY.findall(text)
    return (found[0], found[-1]) if found else ("", "")


Test = Callable[[Instance, str], bool]


@dataclass(frozen=True)
class Condition:
    """One thing that must hold: the place it is about, and the test."""

    at: Place | None
    holds: Test
    is_shown: bool


def condition(text: str) -> Condition:
    """Read a condition; see the head of this module. Raises WorkbookError when it is not one."""
    parts = [_single(part) for part in text.split(" or ")]
    if len(parts) == 1:
        return parts[0]
    tests = [part.holds for part in parts]
    return Condition(parts[0].at, lambda i, c: any(test(i, c) for test in tests), all(p.is_shown for p in parts))


def _single(text: str) -> Condition:
    if found := re.fullmatch(r"loop (\w+) (present|absent)", text):
        number, wanted = found[1], found[2] == "present"
        return Condition(None, lambda i, c: _has_loop(i, number) == wanted, False)
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise WorkbookError(f"a guide's rule: {text!r} is not a condition such as CLM05-3 is 7 8")
    at, verb, rest = place(match[1]), match[2], match[3] or ""
    test = _VERBS[verb](at, rest)
    return Condition(at, test, verb in ("is", "like", "is not") and at.segment not in _PRIVATE)


def _has_loop(instance: Instance, number: str) -> bool:
    counted = any(isinstance(node, Loop) and node.number == number for node in instance.counts)
    return counted or bool(reached(instance, number))


def _any_of(at: Place, rest: str) -> Test:
    codes = frozenset(rest.split())

    def test(instance: Instance, component: str) -> bool:
        for text, _, _ in at.values(instance, component):  # noqa: SIM110  any() takes twice as long, on every claim
            if text in codes:
                return True
        return False

    return test


def _like(at: Place, rest: str) -> Test:
    pattern = re.compile(rest)
    return lambda i, c: any(pattern.fullmatch(v[0]) for v in at.values(i, c))


def _present(at: Place, rest: str) -> Test:
    return lambda i, c: bool(at.values(i, c))


def _not(make: Callable[[Place, str], Test]) -> Callable[[Place, str], Test]:
    def made(at: Place, rest: str) -> Test:
        test = make(at, rest)
        return lambda i, c: not test(i, c)

    return made


def _same(at: Place, rest: str) -> Test:
    """All values are among those at the other place; true when nothing stands there."""
    other = place(rest)

    def test(instance: Instance, component: str) -> bool:
        allowed = {v[0] for v in other.values(instance, component)}
        return not allowed or all(v[0] in allowed for v in at.values(instance, component))

    return test


def _shared(at: Place, rest: str) -> Test:
    other = place(rest)

    def test(instance: Instance, component: str) -> bool:
        there = {v[0] for v in other.values(instance, component)}
        return any(v[0] in there for v in at.values(instance, component))

    return test


def _not_after(at: Place, rest: str) -> Test:
    """The first day of each value is not after a day, or the last one at the other place; true where one is missing."""
    if _DAY.fullmatch(rest):
        return lambda i, c: all(days(v[0])[0] <= rest for v in at.values(i, c))
    other = place(rest)

    def test(instance: Instance, component: str) -> bool:
        latest = max((days(v[0])[1] for v in other.values(instance, component)), default="")
        return not latest or all(days(v[0])[0] <= latest for v in at.values(instance, component))

    return test


def _within(at: Place, rest: str) -> Test:
    other = place(rest)

    def test(instance: Instance, component: str) -> bool:
        spans = [days(v[0]) for v in other.values(instance, component)]
        inside = (days(v[0]) for v in at.values(instance, component))
        return not spans or all(spans[0][0] <= first and last <= spans[0][1] for first, last in inside if first)

    return test


def _points_into(at: Place, rest: str) -> Test:
    """Every component is a number of one of the elements that the other segment fills."""
    other = place(rest)

    def test(instance: Instance, component: str) -> bool:
        filled = sum(len([e for e in v[0].split("*")[1:] if e]) for v in other.values(instance, component))
        pointers = [p for v in at.values(instance, component) for p in v[0].split(component) if p]
        return all(p.isdigit() and 1 <= int(p[:3]) <= filled for p in pointers)

    return test


def _each_has_part(at: Place, rest: str) -> Test:
    part = int(rest)

    def test(instance: Instance, component: str) -> bool:
        codes = (e.split(component) for v in at.values(instance, component) for e in v[0].split("*")[1:] if e)
        return all(len(parts) >= part and parts[part - 1] for parts in codes)

    return test


def is_npi(text: str) -> bool:
    """True for ten digits whose check digit is right: Luhn's sum over 80840 and the number ends in 0."""
    if not re.fullmatch("[12][0-9]{9}", text):
        return False
    # From the right: the check digit counts once, its neighbour twice, and so on.
    total = sum(n // 10 + n % 10 for n in (int(d) * (1 + i % 2) for i, d in enumerate(reversed("80840" + text))))
    return total % 10 == 0


def _npi(at: Place, rest: str) -> Test:
    return lambda i, c: all(is_npi(v[0]) for v in at.values(i, c))


_VERBS: dict[str, Callable[[Place, str], Test]] = {
    "is": _any_of, "is not": _not(_any_of), "like": _like, "unlike": _not(_like), "present": _present,
    "absent": _not(_present), "same as": _same, "among": _same, "differs from": _not(_shared),
    "not after": _not_after, "within": _within, "points into": _points_into, "each has part": _each_has_part,
    "is an NPI": _npi,
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule: the loops and guides it is for, when it asks, what it needs, and how its breach is told."""

    id: str
    loops: frozenset[str]
    guides: frozenset[str]
    when: tuple[Condition, ...]
    need: tuple[Condition, ...]
    say: str
    why: str
    level: int
    severity: str

    def judge(self, instance: Instance, component: str, tell: Tell) -> None:
        """Tell of a breach, at the place that is wrong or, where something is missing, at the loop's head."""
        for condition in self.when:
            if not condition.holds(instance, component):
                return
        for condition in self.need:
            if not condition.holds(instance, component):
                self._tell(condition, instance, component, tell)
                return

    def _tell(self, broken: Condition, instance: Instance, component: str, tell: Tell) -> None:
        at = broken.at or next((c.at for c in self.when if c.at), None)
        there = at.values(instance, component) if at else []
        head = next(iter(reached(instance, at.loop)), instance) if at and at.loop else instance
        _, number, element = there[0] if there else ("", head.number, 0)
        segment = at.segment if at else instance.loop.head.spec.name
        name = at.name(element or (at.elements or (0,))[0]) if at else None
        tell(f"{self._found(instance, component)}{self.say}. {self.why}", number, segment, name,
             level=self.level, severity=self.severity, claim_id=instance.claim_id, kind=self.id)  # fmt: skip

    def _found(self, instance: Instance, component: str) -> str:
        told = ""
        for condition in self.when:
            if condition.is_shown and condition.at:
                for text, _, element in condition.at.values(instance, component)[:1]:
                    told += f"{condition.at.name(element)} is {text[:20]}; "
        return told


@cache
def rules(guide: str) -> dict[str, tuple[Rule, ...]]:
    """The rules of a guide, by the loop they are for."""
    page: dict[str, Any] = plain(read_yaml(FOLDER / "situations.yaml"))
    found: dict[str, list[Rule]] = {}
    for fields in page["rules"]:
        rule = _rule(fields)
        for loop in rule.loops if guide in rule.guides else ():
            found.setdefault(loop, []).append(rule)
    return {loop: tuple(held) for loop, held in found.items()}


def _rule(fields: dict[str, Any]) -> Rule:
    def several(name: str) -> tuple[str, ...]:
        given = fields.get(name, ())
        return (given,) if isinstance(given, str) else tuple(map(str, given))

    return Rule(
        fields["id"], frozenset(several("in")), frozenset(several("of")),
        tuple(map(condition, several("when"))), tuple(map(condition, several("need"))),
        fields["say"], fields["why"], int(fields.get("level", 4)), fields.get("severity", "error"),
    )  # fmt: skip
