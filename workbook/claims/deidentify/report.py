"""What a run changed, and what it leaves to its user to judge: as text, HTML and JSON, without a value of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbook.claims.deidentify.leaks import LEAST_DIGITS, LEAST_LETTERS, LEAST_MIXED
from workbook.claims.deidentify.plan import Plan
from workbook.claims.deidentify.treat import Change
from workbook.engine.html import safe, table_html

_RULE = "45 CFR 164.514"
_HEADER = ("Table", "Column", "What was done", "Letter", "Values", "Left")


@dataclass(frozen=True)
class Report:
    """The changes of one run and how it was run; `rows` is table → rows written."""

    dates: str
    has_key: bool
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    last_year: int
    rows: dict[str, int]
    changes: Sequence[Change]
    plan: Plan

    @property
    def is_safe_harbor(self) -> bool:
        """True when nothing in the run goes beyond Safe Harbor; what `to_judge` lists is still the user's."""
        return self.dates == "year" and not self.has_key

    @property
    def method(self) -> tuple[str, ...]:
        """Which method of de-identification the result can claim, and why, in sentences."""
        if self.is_safe_harbor:
            verdict = (
                f"Made for Safe Harbor, {_RULE}(b)(2): the identifiers (A) to (R) that the tables have a place for "
                "were removed. It is Safe Harbor only once what is left to judge, below, has been judged."
            )
        else:
            verdict = (
                f"NOT Safe Harbor. Before this leaves your hands an expert must determine and document that the risk "
                f"of identifying anyone is very small ({_RULE}(b)(1), Expert Determination)."
            )
        dates = (
            "Dates: the year alone, as a whole number in columns named ..._year, so that nobody takes it for a day."
            if self.dates == "year"
            else "Dates: each patient's dates moved back by the same 1 to 52 whole weeks; intervals and days of the "
            "week are true, the dates are not: rules, editions and fees that go by the date judge another date. Safe "
            "Harbor lets only the year stay, (b)(2)(i)(C)."
        )
        codes = (
            "Pseudonyms: HMAC-SHA256 of the number with your key. Whoever has the key can make them again, and (c)(1) "
            "wants a code that is not derived from information about the person; keep the key apart from the data."
            if self.has_key
            else "Pseudonyms: drawn at random and not kept, so they are derived from nothing, (c)(1), and cannot be "
            "traced back; two runs cannot be linked."
        )
        ages = (
            f"Ages over 89: birth year {self.last_year} stands for {self.last_year} and before, that is 90 or older by "
            f"the end of {self.last_year + 90}; other dates of those years were dropped."
        )
        return verdict, dates, codes, ages

    @property
    def to_judge(self) -> tuple[str, ...]:
        """What no program can settle."""
        points = [
            f"Actual knowledge, {_RULE}(b)(2)(ii): you must not know that what is left could identify someone, alone "
            "or with other information.",
            "(R), any other unique characteristic: a rare diagnosis or procedure, an odd amount or a combination of "
            "codes may point to one person. Leave such a column out with --drop TABLE.COLUMN, or drop the claims.",
            "The state of a provider and three digits of its ZIP code stay, like the patient's. The list of small ZIP "
            "areas joins the counts of 2000 and 2020; look for newer census data.",
            f"The search for leftovers skips words of fewer than {LEAST_LETTERS} letters, numbers of fewer than "
            f"{LEAST_DIGITS} digits and mixtures of fewer than {LEAST_MIXED} characters, which codes are made of; "
            "amounts and counts are not searched.",
            f"A limited data set, {_RULE}(e), is something else (dates and ZIP codes stay, a data use agreement is "
            "needed) and is not made here.",
        ]
        if self.kept:
            points.insert(2, f"Kept as you asked: {' and '.join(self.kept)} numbers. They are public and name a "
                          "provider or payer, hence a place, and perhaps an employer's own plan.")  # fmt: skip
        return tuple(points)

    @property
    def unfit(self) -> tuple[str, ...]:
        """Columns that are kept, but held values that are no such code and may be anything."""
        lost = [c for c in self.changes if c.left < c.values and c.done.startswith("kept")]
        return tuple(f"{c.table}.{c.column}: {c.values - c.left:,} of {c.values:,}" for c in lost)

    def to_text(self) -> str:
        """For a terminal or a file."""
        width = max((len(f"{c.table}.{c.column}") for c in self.changes), default=0)
        lines = ["De-identification report", "", *self.method, "", "What was done (values, and how many are left)"]
        lines += [
            f"  {f'{c.table}.{c.column}':<{width}}  {c.letter or '-'}  {c.values:>9,} → {c.left:>9,}  {c.done}"
            for c in self.changes
        ]
        if self.unfit:
            lines += ["", "Not what their column is for, so dropped", *(f"  {line}" for line in self.unfit)]
        lines += ["", "Rows written: " + ", ".join(f"{n} {count:,}" for n, count in self.rows.items() if count)]
        lines += ["", "By letter of the rule", *(f"  {line}" for line in self._letters())]
        lines += ["", "Left for you to judge", *(f"  - {point}" for point in self.to_judge)]
        return "\n".join(lines) + "\n"

    def to_html(self) -> str:
        """One page that needs nothing else."""
        style = "body{font:16px sans-serif;max-width:70em;margin:2em auto}td,th{padding:.2em .6em;text-align:right}"
        head = f"<meta charset='utf-8'><title>De-identification report</title><style>{style}</style>"
        body = f"<h1>De-identification report</h1>{self.to_fragment()}"
        return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"

    def to_fragment(self) -> str:
        """The same inside a notebook."""
        body = "".join(f"<p>{safe(line)}</p>" for line in self.method)
        body += "<h2>Left for you to judge</h2>" + _list(self.to_judge)
        body += "<h2>What was done</h2>" + table_html(_HEADER, self.changes, ("Table", "Column", "What was done"))
        if self.unfit:
            body += "<h2>Not what their column is for, so dropped</h2>" + _list(self.unfit)
        return body + "<h2>By letter of the rule</h2>" + _list(self._letters())

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "is_safe_harbor": self.is_safe_harbor, "dates": self.dates, "has_key": self.has_key, "kept": self.kept,
            "dropped": self.dropped, "method": self.method, "left_to_judge": self.to_judge, "rows": self.rows,
            "letters": dict(self.plan.letters), "unfit": self.unfit, "changes": [c._asdict() for c in self.changes],
        }  # fmt: skip

    def _letters(self) -> list[str]:
        """Each identifier of the rule and what became of it here."""
        return [f"({letter}) {meaning}: {self._of(letter)}" for letter, meaning in self.plan.letters.items()]

    def _of(self, letter: str) -> str:
        columns = sorted({f"{c.table}.{c.column}" for c in self.changes if c.letter == letter})
        if columns:
            return f"found in {len(columns)} column{'s' if len(columns) > 1 else ''}"
        if letter in self.plan.no_column:
            return "no column is for these; free text is dropped, references are pseudonyms"
        return "none was there"


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{safe(line)}</li>' for line in lines)}</ul>"
