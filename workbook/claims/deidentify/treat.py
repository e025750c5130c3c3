"""Carries out the decisions on whole columns, and counts what was done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from workbook.claims.deidentify.leaks import Hidden
from workbook.claims.deidentify.plan import Decision, Plan, Split
from workbook.claims.deidentify.pseudonyms import NPI_PATTERN, Pseudonyms, luhn_sum

if TYPE_CHECKING:
    import pyarrow as pa

_DROP_ASKED = Decision("drop", "R")


class Change(NamedTuple):
    """What was done to one column, or to one case of it: how many values it had, and how many it has now."""

    table: str
    column: str
    done: str
    letter: str
    values: int
    left: int


class Treatment:
    """One run: the same pseudonyms, shifts and counts for every table.

    `last_year` is the latest birth year of people who are, or this year become, 90 or older.
    """

    def __init__(
        self, plan: Plan, pseudonyms: Pseudonyms, *, years: bool, last_year: int, keep: Collection[str],
        drop: Collection[str],
    ) -> None:  # fmt: skip
        self._plan, self.pseudonyms, self._years, self._last_year = plan, pseudonyms, years, last_year
        self._keep, self._drop = keep, drop
        self.changes: list[Change] = []
        self.hidden: list[Hidden] = []
        self.shown: dict[str, pa.Array] = {}

    def table(self, name: str, table: pa.Table, persons: pa.Array | None) -> pa.Table:
        """The table with every decision carried out, its rows in the order of its key, so that the old one is lost.

        Dates become years in columns so named (service_from_date → service_from_year), unless they are shifted.
        """
        import pyarrow as pa

        columns = {}
        for column, decision in self._plan.tables[name].items():
            values = table[column].combine_chunks()
            if f"{name}.{column}" in self._drop:
                result = self._apply(name, column, _DROP_ASKED, values, persons)
            elif decision.action == "split":
                result = self._split(name, column, self._plan.splits[column], table, persons)
            else:
                result = self._apply(name, column, decision, values, persons)
            renamed = self._years and pa.types.is_date(values.type)
            columns[column.removesuffix("date") + "year" if renamed else column] = result
        return pa.table(columns)

    def _split(self, name: str, column: str, split: Split, table: pa.Table, persons: pa.Array | None) -> pa.Array:
        """Each row by the case that fits it; a case of two words goes before one of one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = table[column].combine_chunks()
        by = [table[c].combine_chunks() for c in split.by]
        result = pa.nulls(len(values), values.type)
        todo = pa.repeat(pa.scalar(True), len(values))
        for words, decision in [*split.cases.items(), ((), split.otherwise)]:
            fits = todo
            if words:
                fits = pc.and_(fits, pc.equal(by[0], words[0]).fill_null(False))
            if words[1:]:
                one = [pc.equal(other, words[1]).fill_null(False) for other in by[1:]]
                fits = pc.and_(fits, one[0] if len(one) == 1 else pc.or_(*one))
            todo = pc.and_(todo, pc.invert(fits))
            some = pc.if_else(fits, values, None)
            if some.null_count < len(some):
                case = f"{column} ({' '.join(words) or 'else'})"
                result = pc.coalesce(result, self._apply(name, case, decision, some, persons))
        return result

    def _apply(
        self, table: str, column: str, decision: Decision, values: pa.Array, persons: pa.Array | None
    ) -> pa.Array:
        import pyarrow as pa

        done, result = self._treated(decision, values, persons)
        before, left = len(values) - values.null_count, len(result) - result.null_count
        if before:
            self.changes.append(Change(table, column, done, decision.letter, before, left))
        if before and pa.types.is_string(values.type):
            place = f"{table}.{column}"
            if decision.action == "keep" and decision.form not in self._plan.closed:
                self.shown[place] = result.unique()
            elif decision.action not in (*self._keep, "keep"):
                self.hidden.append(Hidden(place, values, decision.letter in ("A", "B")))
        return result

    def _treated(self, decision: Decision, values: pa.Array, persons: pa.Array | None) -> tuple[str, pa.Array]:
        import pyarrow as pa

        match decision.action:
            case "keep" if decision.form:
                return f"kept where it fits {decision.form}", self._formed(values, self._plan.patterns[decision.form])
            case "keep":
                return "kept", values
            case "drop":
                is_year = self._years and pa.types.is_date(values.type)
                return "dropped", pa.nulls(len(values), pa.int64() if is_year else values.type)
            case "zip3":
                return "first three digits, or 000", _each(values, self._zip3)
            case "date" | "birth":
                return self._dated(decision, values, persons)
            case "npi" if "npi" in self._keep:
                return "kept where it is an NPI", _each(values, lambda v: v if _is_npi(v) else None)
            case "npi":
                return "pseudonym of ten digits", self._npi(values)
            case "payer" if "payer" in self._keep:
                return "kept, as asked", values
        return "pseudonym", self.pseudonyms.of(values)

    def _formed(self, values: pa.Array, pattern: str) -> pa.Array:
        import pyarrow.compute as pc

        encoded = values.dictionary_encode()
        words = encoded.dictionary
        return pc.if_else(pc.match_substring_regex(words, f"^({pattern})$"), words, None).take(encoded.indices)

    def _zip3(self, code: str) -> str | None:
        """Three digits of a ZIP code of five or nine; null when it is none."""
        digits = code.replace("-", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) in (5, 9)):
            return None
        return "000" if digits[:3] in self._plan.zip3_000 else digits[:3]

    def _npi(self, values: pa.Array) -> pa.Array:
        """A ten-digit pseudonym for what is an NPI, a plain one for what is not."""
        import pyarrow.compute as pc

        numbers = _each(values, lambda v: self.pseudonyms.npi(v) if _is_npi(v) else None)
        others = self.pseudonyms.of(pc.if_else(numbers.is_null(), values, None))
        return pc.coalesce(numbers, others)

    def _dated(self, decision: Decision, values: pa.Array, persons: pa.Array | None) -> tuple[str, pa.Array]:
        """Years, or days moved back; what lies in `last_year` or before tells an age over 89, and goes or is capped."""
        import datetime

        import pyarrow as pa
        import pyarrow.compute as pc

        if self._years:
            result, years = (pc.year(values),) * 2
            cap = pa.scalar(self._last_year)
        else:
            assert persons is not None  # they are worked out for a run that shifts
            back = _each(persons, self.pseudonyms.weeks, pa.int32())
            result = pc.subtract(values.cast(pa.int32()), pc.multiply(back, pa.scalar(7, pa.int32()))).cast(pa.date32())
            years = pc.year(result)
            cap = pa.scalar(datetime.date(self._last_year, 1, 1), pa.date32())
        old = pc.less_equal(years, self._last_year)
        birth = decision.action == "birth"
        done = "year alone" if self._years else "shifted with the patient's dates"
        done += (
            f"; {self._last_year} stands for it and before" if birth else f"; dropped in {self._last_year} and before"
        )
        return done, pc.if_else(old, cap if birth else pa.scalar(None, result.type), result)


def _each(values: pa.Array, change: Callable[[str], object], kind: pa.DataType | None = None) -> pa.Array:
    """`change` of every value, worked out once for each different one."""
    import pyarrow as pa

    encoded = values.dictionary_encode()
    changed = pa.array([change(value) for value in encoded.dictionary.to_pylist()], kind or pa.string())
    return changed.take(encoded.indices)


def _is_npi(number: str) -> bool:
    import re

    return re.fullmatch(NPI_PATTERN, number) is not None and luhn_sum(number) % 10 == 0
