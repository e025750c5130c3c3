"""What a review of diagnosis codes says: one problem, and the list of them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import overload

from workbook.codes.lookup import dotted, shown, title_of

#: kind → how heavily it weighs. From 50 up the claim is wrong as it stands; below that a person must look.
WEIGHTS = {
    "not known": 100, "notes not known": 99,
    "unknown": 95, "incomplete": 90, "seventh character": 85, "placeholder": 80, "excludes1": 75,
    "code first": 70, "external cause first": 65, "manifestation first": 60, "unacceptable first": 55, "duplicate": 50,
    "age": 45, "sex": 45, "laterality": 40, "code first prompt": 30, "use additional": 25, "code also": 20,
    "unspecified": 10,
}  # fmt: skip
ERROR_WEIGHT = 50


@dataclass(frozen=True)
class Problem:
    """One convention that a list of codes meets badly.

    `quote` is the note or rule it rests on, verbatim where `on_node` names the node of the Tabular it stands on.
    """

    kind: str
    codes: tuple[str, ...]
    say: str
    quote: str
    authority: str
    on_node: str | None = None

    @property
    def weight(self) -> int:
        """How heavily the kind weighs; from 50 up it is an error, below it is a question to the record."""
        return WEIGHTS[self.kind]

    @property
    def is_error(self) -> bool:
        """True when the list is wrong as it stands."""
        return self.weight >= ERROR_WEIGHT

    def __str__(self) -> str:
        where = f" (at {shown(self.on_node)})" if self.on_node else ""
        return f"{self.say} “{self.quote}”{where} [{self.authority}]"


@dataclass(frozen=True, repr=False)
class Review(Sequence[Problem]):
    """The problems of one list of codes on one date, heaviest first; empty when there are none or nothing was given."""

    codes: tuple[str, ...]
    on: date
    problems: tuple[Problem, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Problem]: ...
    def __getitem__(self, index: int | slice) -> Problem | Sequence[Problem]:
        return self.problems[index]

    def __len__(self) -> int:
        return len(self.problems)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make the list wrong as it stands."""
        return tuple(p for p in self.problems if p.is_error)

    @property
    def prompts(self) -> tuple[Problem, ...]:
        """The questions that only the record can answer."""
        return tuple(p for p in self.problems if not p.is_error)

    @property
    def summary(self) -> str:
        """One line: how many codes, on which date, with how many errors and questions."""
        if not self.codes:
            return "No codes were given, so nothing was reviewed."
        codes = _count(len(self.codes), "code")
        found = f"{_count(len(self.errors), 'error')}, {_count(len(self.prompts), 'question')} to the record"
        return f"{codes} on {self.on}: {found}"

    def __str__(self) -> str:
        return "\n".join([self.summary, *(f"- {p}" for p in self.problems)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{'Error' if p.is_error else 'Question'}, {html.escape(p.kind)}.</b> {html.escape(p.say)}"
            f"<blockquote>{html.escape(p.quote).replace(chr(10), '<br>')}</blockquote>"
            f"<small>{html.escape(_source(p))}</small></li>"
            for p in self.problems
        )
        return f"<p>{html.escape(self.summary)}</p>" + (f"<ol>{items}</ol>" if items else "")


def _source(problem: Problem) -> str:
    if problem.on_node is None:
        return problem.authority
    return f"{problem.authority}; at {shown(problem.on_node)} {title_of(problem.on_node)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(code: str) -> str:
    """An undotted code with its title, as a sentence names it."""
    return f"{dotted(code)} ({title})" if (title := title_of(code)) else dotted(code)
