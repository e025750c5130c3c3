"""What happens to every column: the decisions of plan.yaml, checked against the declared tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from workbook.claims.tables import CLAIM_TABLES, REMITTANCE_TABLES
from workbook.engine.table import Table
from workbook.engine.yaml import plain, read_yaml
from workbook.terms import WorkbookError

PLAN = Path(__file__).with_name("plan.yaml")
#: what a decision does → what its second word must be: a letter of the rule, a form, or nothing
_ACTIONS = {
    "keep": "form", "drop": "letter", "pseudonym": "letter", "date": "letter", "birth": "letter", "zip3": "letter",
    "npi": "", "payer": "", "split": "",
}  # fmt: skip


class Decision(NamedTuple):
    """What is done with a column, the letter of 164.514(b)(2)(i) it answers, and the form that kept text must have."""

    action: str
    letter: str = ""
    form: str = ""


class Split(NamedTuple):
    """A column whose decision depends on others: `by`, the cases, and what holds for all else."""

    by: tuple[str, ...]
    cases: dict[tuple[str, ...], Decision]
    otherwise: Decision


@dataclass(frozen=True)
class Plan:
    """The page as read: table → column → decision, and what the decisions refer to."""

    letters: Mapping[str, str]
    no_column: tuple[str, ...]
    patterns: Mapping[str, str]
    closed: frozenset[str]
    zip3_000: frozenset[str]
    tables: Mapping[str, Mapping[str, Decision]]
    splits: Mapping[str, Split]


@cache
def load_plan(path: Path = PLAN) -> Plan:
    """Read the page. Raises WorkbookError when a declared column has no decision, or two, or one that is not known."""
    page = plain(read_yaml(path))
    lists = {name: words.split() for name, words in page["lists"].items()}
    patterns = page["forms"] | {name: f"({'|'.join(words)})(:[0-9]{{1,2}})?" for name, words in lists.items()}
    read = _Reader(path.name, page["letters"], patterns)
    shared = {name: dict(read.columns(f"shared {name}", body)) for name, body in page["shared"].items()}
    tables = {}
    for table in (CLAIM_TABLES | REMITTANCE_TABLES).values():
        body = dict(page["tables"].get(table.name, {}))
        more = shared.get(body.pop("same as", ""), {})
        own = dict(read.columns(table.name, body))
        tables[table.name] = read.complete(table, own, more)
    zips = re.findall(r"\d{3}", " ".join(map(str, page["zip3_000"].values())))
    splits = {name: read.split(name, body) for name, body in page["splits"].items()}
    return Plan(page["letters"], page["no_column"], patterns, frozenset(lists), frozenset(zips), tables, splits)


class _Reader:
    def __init__(self, where: str, letters: Mapping[str, str], patterns: Mapping[str, str]) -> None:
        self._where, self._known = where, {"letter": letters, "form": patterns}

    def decision(self, place: str, text: str) -> Decision:
        action, _, rest = text.partition(" ")
        kind = _ACTIONS.get(action)
        if kind is None:
            raise WorkbookError(f"{self._where}, {place}: {action!r} is no decision; there are {', '.join(_ACTIONS)}")
        if (rest and not kind) or (rest and rest not in self._known[kind]) or (kind == "letter" and not rest):
            raise WorkbookError(f"{self._where}, {place}: {text!r} does not end in a {kind or 'decision'} of the page")
        return Decision(action, **({kind: rest} if rest else {}))

    def columns(self, place: str, body: Mapping[str, str]) -> Iterator[tuple[str, Decision]]:
        seen: set[str] = set()
        for text, names in body.items():
            for name in names.split():
                if name in seen:
                    raise WorkbookError(f"{self._where}, {place}: column {name} has two decisions; keep one")
                seen.add(name)
                yield name, self.decision(place, text)

    def split(self, name: str, body: Mapping[str, Any]) -> Split:
        cases = {tuple(case.split()): self.decision(name, text) for case, text in body["cases"].items()}
        longest_first = dict(sorted(cases.items(), key=lambda item: -len(item[0])))
        return Split(body["by"], longest_first, self.decision(name, body["otherwise"]))

    def complete(self, table: Table, own: dict[str, Decision], shared: dict[str, Decision]) -> dict[str, Decision]:
        """Own and shared decisions in the order of the table's columns; every column has exactly one."""
        decided = shared | own
        faults = [f"{n} has no decision" for n in table.names if n not in decided]
        faults += [f"{n} has two decisions" for n in own if n in shared]
        faults += [f"{n} is no column" for n in decided if n not in table.names]
        for column in table.columns:
            decision = decided.get(column.name)
            is_date = decision is not None and decision.action in ("date", "birth")
            if decision and decision.action != "drop" and is_date != (column.type == "date"):
                faults.append(f"{column.name} is of type {column.type}, which {decision.action} does not fit")
            if decision and decision.action == "keep" and column.type == "text" and not decision.form:
                faults.append(f"{column.name} is text, and keep names no form")
        if faults:
            raise WorkbookError(f"{self._where}, table {table.name}: {'; '.join(faults)}; correct the page")
        return {name: decided[name] for name in table.names}
