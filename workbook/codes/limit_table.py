"""Where and on whom a diagnosis may stand, as a reference table: the rules of review_rules.yaml, by category.

The families of those rules are spelled out as the categories and stems they hold, so that a rule card can join them by
equality. The one family that is told by its titles (underdosing) is left out: see the card that names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from itertools import product
from string import ascii_uppercase, digits
from typing import TYPE_CHECKING, Any

from workbook.codes.patient import review_rules
from workbook.codes.tables import DIAGNOSIS_LIMIT
from workbook.codes.tabular import Reference
from workbook.terms import Edition, Span

if TYPE_CHECKING:
    import pyarrow as pa

#: ICD-10-CM has been reported since this day
_FIRST_DAY = date(2015, 10, 1)
LIMIT_EDITION = Edition(
    table_name="diagnosis_limit",
    source="Medicare Code Editor and ICD-10-CM Official Guidelines, whole families only (review_rules.yaml)",
    version="families-2026",
    span=Span(_FIRST_DAY, date(2026, 9, 30)),
    is_whole=False,
)


@cache
def diagnosis_limit_table() -> pa.Table:
    """The families of the review rules as rows of `DIAGNOSIS_LIMIT`."""
    rules = review_rules()
    rows = [*_rows("external_cause", rules["external_cause"] | {"effective_date": _FIRST_DAY})]
    for rule in rules["unacceptable_first"]:
        for setting in rule["settings"] if "title_starts" not in rule else ():
            rows += _rows("unacceptable_first", rule, setting=setting)
    for rule in rules["first_listed_only"]:
        rows += _rows("first_listed_only", rule)
    for rule in rules["age"]:
        rows += _rows("age", rule, lowest_age=rule["ages"][0], highest_age=rule["ages"][1])
    for rule in rules["sex"]:
        rows += _rows("sex", rule, sex=rule["name"][0].upper())
    return DIAGNOSIS_LIMIT.from_rows(rows)


def _rows(kind: str, rule: Mapping[str, Any], **more: Any) -> Iterator[dict[str, Any]]:
    for stem in dict.fromkeys(stem for family in rule["codes"] for stem in _stems(str(family))):
        yield {
            "limit_kind": kind,
            "stem": stem,
            "category": stem[:3],
            "name": rule.get("name"),
            "effective_date": rule["effective_date"],
            "end_date": rule.get("end_date"),
            "edition": LIMIT_EDITION.version,
            "source": str(rule["authority"]),
        } | more


def _stems(family: str) -> list[str]:
    """ "C51-C58" as every category that may stand between the two; a code or stem is itself."""
    first, _, last = family.partition("-")
    if not last:
        return [first]
    span = Reference(first, last, family)
    return [category for category in _categories(first[0], last[0]) if category in span]


def _categories(first: str, last: str) -> Iterator[str]:
    letters = ascii_uppercase[ascii_uppercase.index(first) : ascii_uppercase.index(last) + 1]
    yield from map("".join, product(letters, digits, digits + ascii_uppercase))
