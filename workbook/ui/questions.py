"""Is an answer to a notebook's question right, and if not, what went wrong?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from textwrap import fill

from pydantic import Field, RootModel

from workbook.engine.front import Strict
from workbook.engine.yaml import read_yaml, validated
from workbook.terms import WorkbookError, dollars, money, parse_date

PAGE = Path(__file__).with_name("questions.yaml")
#: parts whose answer is not chosen but worked out; any other part is chosen from its `choices`
AMOUNT, DATE = "amount", "date"
NOT_YET = "Not answered yet."


class Part(Strict):
    """One answer that is asked for: what is right and why, and what near misses mean."""

    right: str
    because: str
    choices: tuple[str, ...] = ()
    near: dict[str, str] = Field(default_factory=dict)


class _Page(RootModel[dict[str, dict[str, Part]]]):
    pass


class Told(str):
    """A sentence, or one for each answer, that a notebook shows in lines that fit."""

    def __repr__(self) -> str:
        return "\n".join(fill(line, 100, subsequent_indent="    ") for line in self.splitlines())


@cache
def questions() -> dict[str, dict[str, Part]]:
    """The questions by name, each with its parts: `amount`, `date`, or what is to be sorted."""
    return validated(_Page, read_yaml(PAGE), PAGE.name).root


def judge(question: str, answer: object) -> Told:
    """Say whether an answer is right and why. Of a wrong amount or date it says what went wrong, not what is right.

    An amount may be a number, a Decimal or text ("$81.86"), a date text; choices are a mapping of each item to the
    word chosen. None, or blank, is not answered yet. Raises WorkbookError for a question that there is not.
    """
    if question not in questions():
        raise WorkbookError(f"no question is called {question!r}; they are {', '.join(questions())}")
    parts = questions()[question]
    [first, *_] = parts
    if first in (AMOUNT, DATE):
        return Told(_worked_out(first, parts[first], "" if answer is None else str(answer).strip()))
    given = answer if isinstance(answer, Mapping) else {}
    lines = [f"{item}: {_chosen(part, str(given.get(item) or '').strip().lower())}" for item, part in parts.items()]
    return Told("\n".join([*lines, *(f"{item}: this is not asked" for item in given if item not in parts)]))


def _chosen(part: Part, answer: str) -> str:
    if not answer:
        return NOT_YET
    if answer not in part.choices:
        return f"{answer!r} is not among the choices: {', '.join(part.choices)}."
    return f"Right. {part.because}" if answer == part.right else f"No. {part.because}"


def _worked_out(kind: str, part: Part, answer: str) -> str:
    if not answer:
        return NOT_YET
    if kind == DATE:
        try:
            answer = str(parse_date(answer, "answer"))
        except WorkbookError as error:
            return str(error)
    else:
        try:
            given = money(Decimal(answer.replace("$", "").replace(",", "")))
        except (InvalidOperation, ArithmeticError):
            return f"{answer!r} is not an amount: write dollars and cents, as in 81.86."
        answer = str(given)
    if answer == part.right:
        return f"Right. {part.because}"
    if answer in part.near:
        return f"Not yet. {part.near[answer]}"
    if kind == DATE:
        return "Not yet: earlier." if answer > part.right else "Not yet: later."
    off = Decimal(answer) - Decimal(part.right)
    return f"Not yet: {dollars(abs(off))} too {'much' if off > 0 else 'little'}."
