"""What one diagnosis code lacks: unknown, incomplete, without its 7th character, or with its placeholder X amiss."""

from __future__ import annotations

from datetime import date

from workbook.codes.lookup import Entry, dotted, is_billable, lookup, seventh_characters, title_of, undotted
from workbook.codes.problem import Problem, named
from workbook.codes.tabular import current, notes_of

_COMPLETE = "ICD-10-CM Official Guidelines, I.B.2"
_SEVENTH = "ICD-10-CM Official Guidelines, I.A.5"
_PLACEHOLDER = "ICD-10-CM Official Guidelines, I.A.4"


def code_problem(code: str, on: date) -> Problem | None:
    """What keeps an undotted code from standing on a claim of that date, or None. Its date must be in an edition."""
    entry = lookup(code, on)
    if entry.status == "valid":
        return None
    if entry.status == "incomplete":
        return _incomplete(code, entry)
    if entry.other:
        return Problem("unknown", (dotted(code),), f"{entry}.", str(entry.other), "ICD-10-CM Tabular List")
    return _wrong_placeholder(code) or _wrong_seventh(code) or _unknown(code, entry)


def validity_problem(code: str, on: date) -> Problem | None:
    """What an edition without notes can say against an undotted code: that it is unknown or incomplete; or None."""
    entry = lookup(code, on)
    if entry.status == "valid":
        return None
    kind = entry.status if entry.status in ("incomplete", "not known") else "unknown"
    return Problem(kind, (dotted(code),), f"{entry}.", str(entry.edition), _COMPLETE)


def _incomplete(code: str, entry: Entry) -> Problem:
    if all(len(undotted(child)) == 7 for child in entry.children):
        return _seventh_missing(code, entry.children[0])
    some = ", ".join(named(undotted(c)) for c in entry.children[:6])
    more = f" and {len(entry.children) - 6} more" if len(entry.children) > 6 else ""
    say = f"{dotted(code)} is a heading, not a complete code: it needs one of {some}{more}."
    return Problem("incomplete", (dotted(code),), say, title_of(code), _COMPLETE, code)


def _seventh_missing(code: str, example: str) -> Problem:
    choices = seventh_characters(code)
    fill = undotted(example)[len(code) : 6]
    where = f" after the placeholder {fill}" if fill else ""
    say = f"{dotted(code)} needs a 7th character{where}, for example {example}: {_choices(code)}."
    return Problem(
        "seventh character", (dotted(code),), say, _choices_quote(choices, code), _SEVENTH, _defined_at(code)
    )


def _choices(code: str) -> str:
    """The 7th characters that really stand below a code, with their meaning where the Tabular gives it."""
    below = sorted({c[6] for c in _with_stem(code[:6].ljust(6, "X"))})
    meaning = dict(seventh_characters(code))
    shown = [" ".join(f"{c} {meaning.get(c, '')}".split()) for c in below or meaning]
    return "; ".join(shown[:3]) + (f"; {len(shown) - 3} more" if len(shown) > 3 else "")


def _choices_quote(choices: tuple[tuple[str, str], ...], code: str) -> str:
    return "\n".join(f"{character} {meaning}" for character, meaning in choices) or title_of(code)


def _defined_at(code: str) -> str:
    found = notes_of(code, ["seventh_character"])
    return found[0].on if found else code


def _wrong_placeholder(code: str) -> Problem | None:
    """The same characters without, or with other, placeholders X make a code: say which."""
    meant = _by_letters(code)
    if meant is None:
        return None
    fewer = "X" in code[3:] and meant.count("X") < code.count("X")
    fault = "a placeholder X too many" if fewer else "no placeholder X, or one in the wrong position"
    say = f"{dotted(code)} has {fault}; the code is {named(meant)}."
    return Problem("placeholder", (dotted(code),), say, f"{dotted(meant)} {title_of(meant)}", _PLACEHOLDER, meant)


def _wrong_seventh(code: str) -> Problem | None:
    """Six characters are right and the 7th is not among those defined, or none is wanted at all."""
    if len(code) != 7 or not _with_stem(code[:6]):
        stem = next((code[:n] for n in range(len(code) - 1, 2, -1) if is_billable(code[:n])), None)
        is_padded = stem is not None and set(code[len(stem) : -1]) <= {"X"} and len(code) == 7
        if stem is None or not is_padded:
            return None
        say = f"{dotted(code)} carries a 7th character, but {named(stem)} is complete without one."
        return Problem("seventh character", (dotted(code),), say, title_of(stem), _SEVENTH, stem)
    node = code[:6].rstrip("X") if not title_of(code[:6]) else code[:6]
    say = f"{code[6]} is not a 7th character of {dotted(node)}; those are {_choices(code[:6])}."
    quote = _choices_quote(seventh_characters(node), node)
    return Problem("seventh character", (dotted(code),), say, quote, _SEVENTH, _defined_at(node))


def _unknown(code: str, entry: Entry) -> Problem:
    near = f"; near it: {', '.join(named(undotted(c)) for c in entry.near[:3])}" if entry.near else ""
    say = f"{dotted(code) or 'A blank'} is not a code on {entry.on}{near}."
    return Problem("unknown", (dotted(code),), say, f"Looked in: {entry.edition}", "ICD-10-CM Tabular List")


def _without_placeholders(code: str) -> str:
    return code[:3] + code[3:].replace("X", "")


def _by_letters(code: str) -> str | None:
    """The one complete code that has the same characters but for placeholders; None when none or several do."""
    letters = _without_placeholders(code)
    same = [n.code for n in current().below(code[:3]) if n.is_billable and _without_placeholders(n.code) == letters]
    return same[0] if len(same) == 1 else None


def _with_stem(stem: str) -> list[str]:
    """The seven-character codes that begin with these six."""
    return [n.code for n in current().below(stem) if len(n.code) == 7] if len(stem) == 6 else []
