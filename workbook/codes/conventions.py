"""What a note of the Tabular asks for: the codes it points to, and the heading and items that belong together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from workbook.codes.lookup import title_of
from workbook.codes.tabular import Note, Reference, notes_of, references

_PARENTHESES = re.compile(r"\([^()]*(?:\)|$)")
_QUALIFIER = re.compile(r"^[\s,.)-]*with\s+(.+)$")
_CHARACTERS = re.compile(r"characters?\s+\.?([0-9A-Z]+(?:\s*-\s*[0-9A-Z])?(?:\s*(?:,|or)\s*[0-9A-Z](?:-[0-9A-Z])?)*)\b")
_SUFFIX = re.compile(r"[.-](\d+)")
_FIFTH_TO_SIXTH = re.compile(r"fifth to sixth characters (\d\d)")
_CHAPTERS = {"1": Reference("A00", "B99", "Chapter 1"), "20": Reference("V00", "Y99", "Chapter 20")}
#: openings of a prompt that stands on its own although a list is open above it
_NEW_PROMPT = re.compile(r"^(,|codes?\b|external cause code)")
_CONDITIONAL = re.compile(r"if\s+(known|applicable|present)|complicating|^any\b|^, |for adverse effects", re.IGNORECASE)
#: code-first notes that only hold when the named condition is there, although they do not say so
CONDITIONAL_NODES = frozenset({"B39", "C46", "E8814", "G9081", "I42", "I50", "N641"})


@dataclass(frozen=True)
class Pointer:
    """The codes one note points to: its references, narrowed by "with fifth character 1" or "with .42"."""

    references: tuple[Reference, ...]
    qualifier: str = ""

    def __contains__(self, code: str) -> bool:
        return any(code in r for r in self.references) and (not self.qualifier or _narrow(self.qualifier)(code))

    def __bool__(self) -> bool:
        return bool(self.references)


@dataclass(frozen=True)
class Demand:
    """One thing a code-first, use-additional or code-also note asks: a heading and its items, word for word."""

    on: str
    kind: str
    texts: tuple[str, ...]

    @property
    def quote(self) -> str:
        """The note, verbatim, one line for each of its lines."""
        return "\n".join(self.texts)

    @property
    def pointers(self) -> tuple[Pointer, ...]:
        """What each line points to; empty when the note names no code."""
        return tuple(p for text in self.texts if (p := pointer(text)))

    @property
    def has_examples_only(self) -> bool:
        """True when the codes named are examples ("such as") or none is named: another code may satisfy the note."""
        return not self.pointers or "such as" in self.quote

    @property
    def is_mandatory(self) -> bool:
        """True when the note holds whatever the record says; "if applicable", "any associated" and the like do not."""
        return self.on not in CONDITIONAL_NODES and not _CONDITIONAL.search(self.texts[0])

    def is_met_by(self, code: str) -> bool:
        """True when the note points to this undotted code."""
        return any(code in p for p in self.pointers)


@cache
def pointer(text: str) -> Pointer:
    """The codes a note points to. Where some stand in parentheses, those outside are the note's own words."""
    inside = " ".join(_PARENTHESES.findall(text))
    found = references(inside) or references(text)
    found += [_CHAPTERS[n] for n in re.findall(r"\(Chapter (\d+)\)", text) if n in _CHAPTERS]
    if not found:
        return Pointer(())
    tail = text[text.rfind(found[-1].written) + len(found[-1].written) :]
    match = _QUALIFIER.match(tail)
    qualifier = match[1] if match and is_qualifier(match[1]) else ""
    return Pointer(tuple(found), qualifier)


def is_qualifier(words: str) -> bool:
    """True when words after "with" narrow the codes before them and do not merely go on describing the condition."""
    if "to indicate intent" in words:
        return False
    return "character" in words or words.startswith((".", "ketoacidosis"))


@cache
def _narrow(qualifier: str) -> Callable[[str], bool]:
    """Turn "fifth or sixth character 1-4", ".42", "final characters -91" into a test of an undotted code."""
    if qualifier.startswith("ketoacidosis"):
        return lambda code: "with ketoacidosis" in title_of(code)
    if "open fracture" in qualifier:
        return lambda code: "open fracture" in title_of(code)
    if both := _FIFTH_TO_SIXTH.search(qualifier):
        pair = both[1]
        return lambda code: code[4:6] == pair
    if qualifier.startswith("final characters"):
        endings = tuple(_SUFFIX.findall(qualifier))
        # "final characters .00 or .01" follow the category, "final characters -91" end the code
        return lambda code: code[3:].startswith(endings) if "." in qualifier else code.endswith(endings)
    if qualifier.startswith("."):
        starts = tuple(_SUFFIX.findall(qualifier))
        return lambda code: code[3:].startswith(starts)
    match = _CHARACTERS.search(qualifier)
    allowed = _spelled_out(match[1]) if match else frozenset()
    return lambda code: _character(code, qualifier) in allowed


def _character(code: str, qualifier: str) -> str:
    if "final" in qualifier or " or six" in qualifier:  # the intent: sixth, or fifth where the sixth is a placeholder
        return code[5:6] if code[5:6] not in ("", "X") else code[4:5]
    places = {"fifth": 4, "5th": 4, "sixth": 5, "6th": 5, "seventh": 6, "7th": 6}
    place = next(n for word, n in places.items() if word in qualifier)
    return code[place : place + 1]


def _spelled_out(characters: str) -> frozenset[str]:
    """ "1-4 or 6" as 1, 2, 3, 4, 6."""
    found: set[str] = set()
    for first, last in re.findall(r"([0-9A-Z])(?:\s*-\s*([0-9A-Z]))?", characters):
        found.update(chr(n) for n in range(ord(first), ord(last or first) + 1))
    return frozenset(found)


def demands_of(code: str, kind: str) -> list[Demand]:
    """What the notes of one kind ask of an undotted code, nearest node first, inherited ones included."""
    by_node: dict[str, list[Note]] = {}
    for note in notes_of(code, [kind]):
        by_node.setdefault(note.on, []).append(note)
    return [demand for on, notes in by_node.items() for demand in _demands(on, kind, tuple(n.text for n in notes))]


@cache
def _demands(on: str, kind: str, texts: tuple[str, ...]) -> tuple[Demand, ...]:
    if kind == "code_first":  # alternatives: any one of the node's lines satisfies it
        return (Demand(on, kind, texts),)
    groups: list[list[str]] = []
    is_open = False
    for text in texts:
        if is_open and not _NEW_PROMPT.match(text):
            groups[-1].append(text)
            continue
        groups.append([text])
        is_open = text.rstrip().endswith((":", "such as"))
    return tuple(Demand(on, kind, tuple(group)) for group in groups)
