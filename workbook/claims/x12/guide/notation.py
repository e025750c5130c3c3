"""How a page of a guide is written: what a segment's elements must be, and what is wrong with one that is not so.

A line of a page such as `CLM R1 RR..R(RRR)S 5-2=B 7=A,B,C` says: CLM is required, at most once; elements 1 and 2 are
required (R), 3 and 4 not used (.), 5 is a composite of three required components, 6 is situational (S); CLM05-2 must
be B, and CLM07 A, B or C. `*3` repeats what stands before it; `2..12-1=` gives codes to a run of elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import NamedTuple

from workbook.claims.x12.segments import Delimiters
from workbook.terms import WorkbookError

_USE = re.compile(r"([RS.])(?:\(([RS.]*)\))?(?:\*(\d+))?")
_TYPE = re.compile(r"(AN|ID|N0|R|DT|TM|B)(\d+)(?:-(\d+))?")
_TYPES = re.compile(r"\(([^()]*)\)(?:\*(\d+))?|(\S+)")
_CODES = re.compile(r"(\d+)(?:\.\.(\d+))?(?:-(\d+)(?:\.\.(\d+))?)?=(\S+)")
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
DATE = (
    "(?:[12][0-9]{3}(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    f"|02(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}0229)"
)
TIME = "(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:[0-9]{1,2})?)?"
_SHORT_DATE = "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"  # YYMMDD, in ISA09 alone
_WORDS = {"R": "a number", "N0": "a whole number", "DT": "a date as CCYYMMDD", "TM": "a time as HHMM"}
_ANY_LENGTH = {"R": r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", "N0": "-?[0-9]+", "DT": f"{DATE}|{_SHORT_DATE}", "TM": TIME}
#: Elements of type AN say names, addresses and numbers of people; a message tells their length, never what they say.
_SHOWN = frozenset({"ID", "N0", "R", "TM"})


class Fault(NamedTuple):
    """One thing wrong with an element: its name (CLM05-3), SNIP level, severity, and words."""

    element: str
    level: int
    severity: str
    message: str


@dataclass(frozen=True)
class Element:
    """What one element, or one component of a composite, must be."""

    use: str
    kind: str = ""
    least: int = 0
    most: int = 0
    codes: tuple[str, ...] = ()
    parts: tuple[Element, ...] = ()

    def pattern(self, separators: str) -> str:
        """A regular expression that matches what the element may say; `separators` are those it may not hold."""
        if self.codes:
            return f"(?:{'|'.join(map(re.escape, self.codes))})"
        match self.kind:
            case "R":  # the length counts neither sign nor point
                return rf"-?(?:[0-9]{{1,{self.most}}}|(?=[.0-9]{{2,{self.most + 1}}}(?![.0-9]))[0-9]*\.[0-9]*)"
            case "N0":
                return f"-?[0-9]{{{self.least},{self.most}}}"
            case "DT":
                return DATE if self.most == 8 else _SHORT_DATE
            case "TM":
                return TIME
            case "B":
                return ".+"
        if self.least == self.most:
            return f"[{_allowed(separators)}]{{{self.most}}}"
        last = f"[{_allowed(' ' + separators)}]"
        return f"[{_allowed(separators)}]{{{self.least - 1},{self.most - 1}}}{last}"

    def faults(self, name: str, value: str, separators: str) -> Iterator[Fault]:
        """Say what is wrong with a value that `pattern` refused."""
        shown = f"{name} is {value[:20]!r}" if self.kind in _SHOWN else f"{name} has {len(value)} characters"
        if value.endswith(" ") and self.least < self.most:
            yield Fault(name, 1, "warning", f"{name} ends in a space; leave spaces at the end out")
            value = value.rstrip(" ")
            if re.fullmatch(self.pattern(separators), value):
                return
        if any(c < " " or c == "\x7f" for c in value):
            yield Fault(name, 1, "error", f"{name} holds a control character; X12 allows none inside an element")
        elif not value.isascii():
            message = f"{name} holds a character outside X12's basic and extended sets; write it without accents"
            yield Fault(name, 1, "warning", message)
        if any(separator in value for separator in separators):
            yield Fault(name, 1, "error", f"{name} holds a separator; one plain value was expected")
        elif self.codes:
            few = ", ".join(self.codes[:12]) + (" …" if len(self.codes) > 12 else "")
            yield Fault(name, 2, "error", f"{name} is {value[:20]!r}; expected {few}{self._hint(value)}")
        elif self.kind in _WORDS and not re.fullmatch(_ANY_LENGTH[self.kind], value):
            found = shown if self.kind in _SHOWN else f"{name} is not one"
            yield Fault(name, 1, "error", f"{found}; expected {_WORDS[self.kind]}")
        else:
            length = len(re.sub("[-.]", "", value) if self.kind == "R" else value)
            if not self.least <= length <= self.most:
                wanted = str(self.most) if self.least == self.most else f"{self.least} to {self.most}"
                yield Fault(name, 1, "error", f"{name} has {length} characters; expected {wanted}")

    def _hint(self, value: str) -> str:
        """What a code with more behind it may mean: components parted by another character than ISA16 says."""
        code, separator = re.match("([A-Z0-9]*)(.?)", value, re.DOTALL).groups()  # type: ignore[union-attr]
        return (
            f"; is {separator!r} the component separator? ISA16 says otherwise"
            if code in self.codes and separator
            else ""
        )


@dataclass(frozen=True, eq=False)
class Spec:
    """What one segment must be in one loop."""

    name: str
    elements: tuple[Element, ...]
    room: int  # elements the standard gives the segment, used in the guide or not
    told_by: int = 0  # the element that tells it from others of its name
    notes: tuple[str, ...] = ()
    _compiled: dict[Delimiters, re.Pattern[str]] = field(default_factory=dict)

    def is_right(self, segment: str, delimiters: Delimiters) -> bool:
        """True when the segment, as text, is in every element what it must be."""
        pattern = self._compiled.get(delimiters)
        if pattern is None:
            pattern = self._compiled[delimiters] = re.compile(self._pattern(delimiters))
        return pattern.fullmatch(segment) is not None and segment[-1] not in delimiters[:2]

    def _pattern(self, delimiters: Delimiters) -> str:
        separators = delimiters.element + delimiters.component
        element, component = re.escape(delimiters.element), re.escape(delimiters.component)
        return self.name + _chain(self.elements, element, separators, component)

    def faults(self, elements: list[str], delimiters: Delimiters) -> Iterator[Fault]:
        """Say what is wrong with a segment, element by element."""
        separators = delimiters.element + delimiters.component
        if len(elements) - 1 > self.room:
            message = f"{self.name} has {len(elements) - 1} elements; at most {self.room} were expected"
            yield Fault(self.name, 1, "error", message)
        elif len(elements) > 1 and not elements[-1]:
            yield Fault(self.name, 1, "warning", f"{self.name} ends in an empty element; leave it out")
        for place in range(1, max(len(elements), len(self.elements) + 1)):
            value = elements[place] if place < len(elements) else ""
            rule = self.elements[place - 1] if place <= len(self.elements) else _NOT_USED
            yield from _judge(f"{self.name}{place:02}", value, rule, separators, delimiters.component)

    @cached_property
    def key(self) -> frozenset[str]:
        """The codes by which the segment is told from others of its name; empty when its name alone tells."""
        if not 0 < self.told_by <= len(self.elements):
            return frozenset()
        element = self.elements[self.told_by - 1]
        return frozenset((element.parts[0] if element.parts else element).codes)

    @property
    def label(self) -> str:
        """The segment's name with its qualifier where it has few: REF*F8."""
        shown = "/".join(sorted(self.key)) if 0 < len(self.key) <= 3 else ""
        return f"{self.name}*{shown}" if shown else self.name


_NOT_USED = Element(".")


def _judge(name: str, value: str, rule: Element, separators: str, component: str) -> Iterator[Fault]:
    if not value:
        if rule.use == "R":
            yield Fault(name, 2, "error", f"{name} is missing; the guide requires it")
        return
    if rule.use == ".":
        yield Fault(name, 2, "error", f"{name} is filled; the guide does not use it")
    elif rule.parts:
        values = value.split(component)
        for part in range(1, max(len(values), len(rule.parts)) + 1):
            held = values[part - 1] if part <= len(values) else ""
            inner = rule.parts[part - 1] if part <= len(rule.parts) else _NOT_USED
            yield from _judge(f"{name}-{part}", held, inner, separators, component)
    elif not re.fullmatch(rule.pattern(separators), value):
        yield from rule.faults(name, value, separators)


@cache
def _allowed(barred: str) -> str:
    """The printable ASCII characters but those barred, as the inside of a character class."""
    return "".join(re.escape(chr(code)) for code in range(32, 127) if chr(code) not in barred)


def _chain(elements: tuple[Element, ...], separator: str, barred: str, component: str) -> str:
    """Match a run of elements, each after its separator; those at its end may be left out with their separators."""
    pattern, is_needed = "", False
    for element in reversed(elements):
        is_needed = is_needed or element.use == "R"
        pattern = f"{separator}{_value(element, barred, component)}{pattern}"
        pattern = pattern if is_needed else f"(?:{pattern})?"
    return pattern


def _value(element: Element, barred: str, component: str) -> str:
    if element.use == ".":
        return ""
    if element.parts:
        first, *others = element.parts
        said = _value(first, barred, component) + _chain(tuple(others), component, barred, component)
    else:
        said = element.pattern(barred)
    return said if element.use == "R" else f"(?:{said})?"


class Shapes(NamedTuple):
    """What the standard says of segments wherever they stand: their elements' types, and which must come together.

    `told_apart_by`: the element that tells segments of one name apart in a loop; of a composite, its first component.
    """

    elements: Mapping[str, tuple[Element, ...]]
    notes: Mapping[str, tuple[str, ...]]
    told_apart_by: Mapping[str, int]


def parse_shapes(segments: Mapping[str, str], together: Mapping[str, str], told_apart_by: Mapping[str, int]) -> Shapes:
    """Read the types of elements, as in `CLM: AN1-38 R1-18 (AN1-2 ID1-2 ID1)*2`, by segment."""
    shapes = {}
    for name, text in segments.items():
        found: list[Element] = []
        for composite, times, simple in _TYPES.findall(text):
            if simple:
                found.append(_typed(simple))
            else:
                found += [Element("", parts=tuple(map(_typed, composite.split())))] * int(times or 1)
        shapes[name] = tuple(found)
    return Shapes(shapes, {name: tuple(text.split()) for name, text in together.items()}, told_apart_by)


def _typed(text: str) -> Element:
    match = _TYPE.fullmatch(text)
    if match is None:
        raise WorkbookError(f"segments.yaml: {text!r} is not a type and length such as AN1-35")
    return Element("", match[1], int(match[2]), int(match[3] or match[2]))


class Line(NamedTuple):
    """A line of a page: how often a segment must and may stand there, and what it must be."""

    is_required: bool
    most: int | None  # None: any number
    spec: Spec


def parse_line(line: str, shapes: Shapes) -> Line:
    """Read a line of a page; see the head of this module. Raises WorkbookError when it is not one."""
    name, use, letters, *lists = line.split()
    types = shapes.elements.get(name)
    match = re.fullmatch("([RS])(>1|[0-9]+)", use)
    if types is None or match is None:
        raise WorkbookError(f"a guide's page: {line!r} does not begin with a known segment and its use, as in REF S1")
    rules: list[Element] = []
    for letter, inner, times in _USE.findall(letters):
        for _ in range(int(times or 1)):
            shape = types[len(rules)]
            parts = tuple(replace(shape.parts[i], use=part) for i, part in enumerate(inner))
            rules.append(replace(shape, use=letter, parts=parts))
    for text in lists:
        _give_codes(rules, text, line)
    spec = Spec(name, tuple(rules), len(types), shapes.told_apart_by.get(name, 0), shapes.notes.get(name, ()))
    return Line(match[1] == "R", None if match[2] == ">1" else int(match[2]), spec)


def _give_codes(rules: list[Element], text: str, line: str) -> None:
    match = _CODES.fullmatch(text)
    if match is None:
        raise WorkbookError(f"a guide's page: {text!r} in {line!r} is not a list of codes such as 1=DN,P3")
    first, last, part, last_part, codes = match.groups()
    listed = tuple(codes.split(","))
    for place in range(int(first) - 1, int(last or first)):
        rule = rules[place]
        if part is None:
            rules[place] = replace(rule, codes=listed)
            continue
        chosen = range(int(part), int(last_part or part) + 1)
        parts = (replace(p, codes=listed) if i in chosen else p for i, p in enumerate(rule.parts, 1))
        rules[place] = replace(rule, parts=tuple(parts))
