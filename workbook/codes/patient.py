"""Which diagnosis may stand first, and which fits the patient: the dated rules of review_rules.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from workbook.codes.lookup import dotted, title_of
from workbook.codes.problem import Problem, named
from workbook.codes.tabular import Reference
from workbook.engine.yaml import read_yaml
from workbook.terms import Span, WorkbookError

_SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


@cache
def review_rules() -> Mapping[str, Any]:
    """The rules as the page has them."""
    return read_yaml(Path(__file__).with_name("review_rules.yaml"))


def covers(rule: Mapping[str, Any], code: str) -> bool:
    """True when an undotted code is in one of the rule's families."""
    spans = (str(family).partition("-") for family in rule["codes"])
    is_in = any(code in Reference(first, last or first, first) for first, _, last in spans)
    return is_in and title_of(code).startswith(rule.get("title_starts", ""))


def _in_force(rule: Mapping[str, Any], day: date) -> bool:
    return day in Span(rule["effective_date"], rule.get("end_date"))


def first_listed_problems(codes: list[str], day: date, setting: str) -> Iterator[Problem]:
    """What keeps the first of the undotted codes from standing first: an external cause, or an unacceptable one."""
    first, rules = codes[0], review_rules()
    if covers(rules["external_cause"], first):
        say = f"{named(first)} tells how an injury came about; the injury or condition itself comes first."
        yield _problem("external cause first", first, say, rules["external_cause"])
    for rule in rules["unacceptable_first"]:
        if covers(rule, first) and setting in rule["settings"] and _in_force(rule, day):
            say = f"{named(first)} is not acceptable as the {_place(setting)} diagnosis."
            yield _problem("unacceptable first", first, say, rule)


def _place(setting: str) -> str:
    return "principal" if setting == "inpatient" else "first-listed"


def patient_problems(codes: list[str], day: date, patient: Mapping[str, Any] | None) -> Iterator[Problem]:
    """Codes that do not fit the patient's age, or on dates when that was an edit, the patient's sex."""
    age, sex = _age(patient or {}), _SEXES.get(str((patient or {}).get("sex") or "").strip().lower())
    for code in dict.fromkeys(codes):
        for rule in (r for r in review_rules()["age"] if covers(r, code) and _in_force(r, day)):
            low, high = rule["ages"]
            if age is not None and not low <= age <= high:
                allowed = f"age {low}" if low == high else f"ages {low} to {high}"
                say = f"{named(code)} is a {rule['name']} diagnosis ({allowed}); the patient is {age}."
                yield _problem("age", code, say, rule)
        for rule in (r for r in review_rules()["sex"] if covers(r, code) and _in_force(r, day)):
            if sex is not None and sex != rule["name"]:
                say = f"{named(code)} was edited as a diagnosis of {rule['name']} patients; this patient is {sex}."
                yield _problem("sex", code, say, rule)


def _age(patient: Mapping[str, Any]) -> int | None:
    age = patient.get("age")
    if age is None or age == "":
        return None
    try:
        return int(age)
    except (TypeError, ValueError):
        raise WorkbookError(f"patient age {age!r} is not a number of whole years; write for example 67") from None


def _problem(kind: str, code: str, say: str, rule: Mapping[str, Any]) -> Problem:
    return Problem(kind, (dotted(code),), say, str(rule["quote"]), str(rule["authority"]), rule.get("on_node"))
