"""What a learner typed, read as codes: whatever cannot be read becomes an entry that says so, never an exception.

Accepted: None; one string, codes apart by commas, semicolons, spaces or new lines; a list of such strings; a dict
{"diagnoses": [...], "procedures": [...]}; for a line, also {"code": "99213", "modifiers": ["25"], "units": 1,
"supports": ["R00.2"]}. Case, dots and stray spaces do not matter. A line is written 99213-25, 99213 25, J3301 x4, or
20610-RT -> M17.11 to say which diagnosis it points to (a code, a number or a letter of the claim form).

Of a hospital stay, a diagnosis may say whether it was present on admission (I50.23/Y), and procedures are the seven
characters of ICD-10-PCS.

A letter and four digits without a dot can be either kind. In a dict's two lists the list decides. Elsewhere, in order:
a modifier or units make it a procedure; so does a charge in the practice's list; otherwise it is a diagnosis when
ICD-10-CM has it; otherwise a procedure when its letter begins HCPCS codes. With its dot it is always a diagnosis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workbook.codes import dotted, is_known
from workbook.encounters.charges import charge_master

HCPCS_LETTERS = frozenset("ABCEGHJKLMPQRSTV")
BOXES = {"diagnoses": "diagnosis", "procedures": "procedure"}
HOW = "diagnoses look like E11.42, procedures like 99213-25 or J3301 x4"

_FLAGS = re.IGNORECASE | re.ASCII
_END = r"(?=\s|$)"
_NOT_UNITS = r"(?!X[0-9]|[01][0-9]|2[01])"  # no modifier is 00 to 21: such a number is a count without its x
_PROCEDURE = re.compile(
    rf"([0-9]{{4}}[0-9FTU]|[A-Z][0-9]{{4}})((?:(?:\s*[-:]\s*|\s+){_NOT_UNITS}[A-Z0-9]{{2}}(?![A-Z0-9.]))*)"
    rf"(?:\s*[X×*]\s*([0-9]{{1,4}}))?{_END}",
    _FLAGS,
)
_PART = "[0-9A-NP-Z]"  # no ICD-10-CM code has the letter O after its first place
_DIAGNOSIS = re.compile(rf"([A-Z][0-9]{_PART}(?:\.?{_PART}{{1,4}})?)(?:\s*/\s*([YNUW1]))?{_END}", _FLAGS)
_OF_A_STAY = re.compile(rf"([0-9BCDFGHX][0-9A-HJ-NP-Z]{{6}}){_END}", _FLAGS)
_ARROW = re.compile(r"->|=>|→")
_POSITION = re.compile(r"[1-9]|1[0-2]|[A-L]", _FLAGS)


@dataclass(frozen=True)
class Entry:
    """One thing the learner typed: its text, its kind (diagnosis, procedure or unreadable) and what was read from it.

    A diagnosis code is dotted, and `present_on_admission` is empty unless it was said. `points_to` are the diagnosis
    codes a line was said to point to; `message` says what could not be read.
    """

    text: str
    kind: str
    code: str = ""
    modifiers: tuple[str, ...] = ()
    units: int = 1
    points_to: tuple[str, ...] = ()
    present_on_admission: str = ""
    message: str = ""

    def __str__(self) -> str:
        units = f" x{self.units}" if self.units > 1 else ""
        return "-".join((self.code, *self.modifiers)) + units if self.code else self.text


def read_answer(answer: object, *, of_a_stay: bool = False, given: tuple[str, ...] = ()) -> tuple[Entry, ...]:
    """Read an answer in any of the forms above; a blank one gives no entries. Never raises on what was typed.

    `of_a_stay` reads seven characters as ICD-10-PCS, unless they are a diagnosis that is known. `given` are diagnoses
    that an arrow may point to without their being entered.
    """
    entries = tuple(_procedures_of_a_stay(_entries(answer, None)) if of_a_stay else _entries(answer, None))
    diagnoses = [*given, *(e.code for e in entries if e.kind == "diagnosis" and e.code not in given)]
    return tuple(_with_codes(entry, diagnoses) for entry in entries)


def _entries(answer: object, kind: str | None, depth: int = 0) -> Iterator[Entry]:
    match answer:
        case None:
            return
        case Entry():
            yield answer
        case str():
            for line in re.split(r"[,;\r\n]", answer):
                yield from _line(line, kind)
        case int() if not isinstance(answer, bool):
            yield from _line(str(answer), kind)
        case Mapping() if "code" in answer:
            yield from _line(_written(answer), kind)
        case Mapping():
            yield from _boxes(answer, depth)
        case Iterable() if depth < 4 and not isinstance(answer, bytes):
            for part in answer:
                yield from _entries(part, kind, depth + 1)
        case _:
            yield Entry(_shown(answer), "unreadable", message=f"{_shown(answer)} is not text; {HOW}")


def _boxes(answer: Mapping[object, object], depth: int) -> Iterator[Entry]:
    for name, part in answer.items():
        if name in BOXES:
            yield from _entries(part, BOXES[str(name)], depth + 1)
        elif part:
            say = f"{_shown(name)} is not a list that is read; the lists are diagnoses and procedures"
            yield Entry(_shown(name), "unreadable", message=say)


def _written(line: Mapping[object, object]) -> str:
    """A line given as a dict, as a person would type it; unknown fields are part of it, so that they are refused."""
    fields = dict(line)
    code, units = fields.pop("code"), fields.pop("units", None)
    text = "-".join([str(code), *_texts(fields.pop("modifiers", None))])
    text += f" x{units}" if units is not None and str(units) != "1" else ""
    supports = _texts(fields.pop("supports", None))
    text += " " + " ".join(map(str, fields)) if fields else ""
    return f"{text} -> {' '.join(supports)}" if supports else text


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else [str(part) for part in _listed(value)]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _line(text: str, kind: str | None) -> Iterator[Entry]:
    text = re.sub(r"\s*\.\s*", ".", " ".join(text.split())).strip(" .'\"()[]•")
    if not text:
        return
    if not _ARROW.search(text):
        entries = list(_scan(text, kind))
        if entries[0].kind == "unreadable" and len(entries) == 1 and " " in text:
            joined = list(_scan(text.replace(" ", ""), kind))  # E 11.42
            entries = entries if joined[0].kind == "unreadable" else joined
        yield from entries
        return
    left, *right = _ARROW.split(text)
    entries = list(_scan(left.strip(), kind))
    if len(right) != 1 or len(entries) != 1 or entries[0].kind != "procedure":
        yield Entry(text, "unreadable", message=f"{text!r}: an arrow stands between one procedure and its diagnoses")
    else:
        yield replace(entries[0], text=text, points_to=tuple(re.split(r"[\s+&]+", right[0].strip())))


def _scan(text: str, kind: str | None) -> Iterator[Entry]:
    """The entries in one stretch of text from left to right; words that are no code are kept together."""
    at, words = 0, ""
    while at < len(text):
        if entry := _entry_at(text, at, kind):
            if words:
                yield _unreadable(words, kind)
            yield entry
            at, words = at + len(entry.text) + 1, ""
        else:
            word = text[at:].split(" ", 1)[0]
            words, at = f"{words} {word}".strip(), at + len(word) + 1
    if words:
        yield _unreadable(words, kind)


def _entry_at(text: str, at: int, kind: str | None) -> Entry | None:
    line = _PROCEDURE.match(text, at) if kind != "diagnosis" else None
    diagnosis = _DIAGNOSIS.match(text, at) if kind != "procedure" else None
    if line and diagnosis and not line[2] and not line[3] and not _is_procedure(line[1].upper()):
        line = None
    if line:
        return _procedure(line)
    if diagnosis is None:
        return None
    mark = (diagnosis[2] or "").upper()
    return Entry(diagnosis[0], "diagnosis", dotted(diagnosis[1]), present_on_admission=mark)


def _is_procedure(code: str) -> bool:
    if code in charge_master():  # G0439 and J1100 are also the letters of G04.39 and J11.00
        return True
    return code[0] in HCPCS_LETTERS and not is_known(dotted(code))


def _procedure(line: re.Match[str]) -> Entry:
    modifiers = tuple(re.findall(r"[A-Z0-9]{2}", line[2].upper()))
    units = int(line[3] or 1)
    if units < 1:
        return Entry(line[0], "unreadable", message=f"{line[0]!r}: units start at 1")
    if len(modifiers) > 4:
        return Entry(line[0], "unreadable", message=f"{line[0]!r}: a line holds at most four modifiers")
    return Entry(line[0], "procedure", line[1].upper(), modifiers, units)


def _procedures_of_a_stay(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        code = _OF_A_STAY.fullmatch(entry.text.strip())
        if code and not (entry.kind == "diagnosis" and is_known(entry.code)):
            yield Entry(entry.text, "procedure", code[1].upper())
        else:
            yield entry


def _unreadable(words: str, kind: str | None) -> Entry:
    return Entry(words, "unreadable", message=f"{words!r} {_why(words, kind)}")


def _why(words: str, kind: str | None) -> str:
    if kind == "diagnosis" and _PROCEDURE.fullmatch(words):
        return "is a procedure; it belongs under procedures"
    if kind == "procedure" and _DIAGNOSIS.fullmatch(words):
        return "is a diagnosis; it belongs under diagnoses"
    zeros = re.sub("O", "0", words, flags=_FLAGS)
    if zeros != words and (_PROCEDURE.fullmatch(zeros) or _DIAGNOSIS.fullmatch(zeros)):
        return f"has the letter O where a zero belongs; did you mean {zeros.upper()}?"
    if re.fullmatch(r"[A-Z0-9]{1,2}|X\s*[0-9]+", words, _FLAGS):
        return "is not a code; a modifier stands on its code (99213-25), units after an x (J3301 x4)"
    return f"is not a code; {HOW}"


def _with_codes(entry: Entry, diagnoses: list[str]) -> Entry:
    """The entry with its pointers as diagnosis codes: 2 and B are the second diagnosis entered."""
    read = [(pointer, _pointed(pointer, diagnoses)) for pointer in entry.points_to]
    lost = [pointer for pointer, code in read if code is None]
    say = f"the arrow points to {', '.join(lost)}, which is no diagnosis entered" if lost else entry.message
    return replace(entry, points_to=tuple(code for _, code in read if code), message=say)


def _pointed(pointer: str, diagnoses: list[str]) -> str | None:
    if _POSITION.fullmatch(pointer):
        place = int(pointer) if pointer.isdigit() else ord(pointer.upper()) - ord("A") + 1
        return diagnoses[place - 1] if place <= len(diagnoses) else None
    return dotted(pointer) if _DIAGNOSIS.fullmatch(pointer) else None


def _shown(value: object) -> str:
    try:
        return str(value)[:60]
    except Exception:
        return type(value).__name__
