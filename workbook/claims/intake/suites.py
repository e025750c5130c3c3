"""What must hold before an extract is audited: checks derived from the table declarations, and checks stated by hand.

An error makes the extract not fit: rows are missing, doubled, unlinked or undated, or dollars do not add up. A warning
leaves it fit: some rows will be flagged or skipped by the rules that need the value. This module only declares; it
names Great Expectations' classes as text, so that importing it costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from workbook.claims.tables import CLAIM_TABLES, PROBLEM
from workbook.engine.table import Column, Table

Severity = Literal["error", "warning"]

EARLIEST_SERVICE = date(1990, 1, 1)
#: Nobody is known to have lived longer: Jeanne Calment died at 122, in 1997.
OLDEST_PATIENT = 122
#: Share of professional lines that must point to a diagnosis; what is below hints at a field that was not extracted.
SHARE_POINTING = 0.95
#: A charge for one unit of more than so many times the median of its code is shown, where so many lines have the code.
OUTLYING, LINES_TO_COMPARE = 10, 20
POINTERS = tuple(f"diagnosis_pointer_{n}" for n in (1, 2, 3, 4))
#: The column that numbers the rows of a table from 1, in the order in which they were given.
ROW = "row_number_"
#: The derived column that says whether no other row of a table has the key.
UNIQUE_KEY = "key_is_unique"
#: The tables an extract is judged by; `problem` is what its reader found wrong.
JUDGED_TABLES: dict[str, Table] = {**CLAIM_TABLES, PROBLEM.name: PROBLEM}
#: Tables that most extracts do without: when one is empty there is nothing to say about it.
OPTIONAL_TABLES = ("claim_party", "claim_detail", "other_payer_adjustment")
#: Tables that no extract does without; of others that are not there nothing is said.
NEEDED_TABLES = ("claim", "claim_line", "claim_diagnosis")

_NOT_NULL, _IN_SET = "ExpectColumnValuesToNotBeNull", "ExpectColumnValuesToBeInSet"
_KINDS = {"date": "a date", "money": "an amount in dollars and cents", "quantity": "a number of at most three decimals"}
_NPI = "^[0-9]{10}$"
_PLACE_OF_SERVICE = "^[0-9]{2}$"
_ICD_10_CM = "^[A-Z][0-9][A-Z0-9](?:[A-Z0-9]{1,4})?$"
_HCPCS = "^[A-Z0-9][0-9]{3}[A-Z0-9]$"


@dataclass(frozen=True, eq=False)
class Check:
    """One expectation on one table: what it says, how bad a failure is, and what a failing row is shown with.

    `arguments` may name columns that `derive.DERIVED` adds to the table, such as a claim's `line_total`.
    """

    table: str
    says: str
    severity: Severity
    expectation: str
    arguments: Mapping[str, Any]
    shows: tuple[str, ...]
    when_empty: str = "there was nothing to check"

    @property
    def judged(self) -> tuple[str, ...]:
        """The columns the expectation looks at."""
        return tuple(self.arguments[k] for k in ("column", "column_A", "column_B") if k in self.arguments)

    @property
    def needs_values(self) -> bool:
        """False when it is enough that a cell holds something, readable or not."""
        return self.expectation != _NOT_NULL


def suites(today: date) -> dict[str, tuple[Check, ...]]:
    """Every check, by the table it judges, in the order in which it is reported."""
    stated = [*_claim(), *_diagnosis(), *_line(today), *_reading(), *_standing()]
    return {
        name: (*(_declared(table) if table is not PROBLEM else ()), *(c for c in stated if c.table == name))
        for name, table in JUDGED_TABLES.items()
    }


def unreadable(column: str) -> str:
    """The derived column that holds the text of those cells of `column` that are not of its declared type."""
    return f"{column}_unreadable"


def _declared(table: Table) -> list[Check]:
    """Checks that follow from the declaration: required columns, types and the key."""
    required = [_present(table.name, c) for c in table.columns if c.required]
    types = [_typed(table.name, c) for c in table.columns if c.type in _KINDS]
    return [*required, *types, _unique(table)]


def _present(table: str, column: Column) -> Check:
    return _column(table, f"{column.name} is present", "error", _NOT_NULL, column.name)


def _typed(table: str, column: Column) -> Check:
    says = f"{column.name} is {_KINDS[column.type]}"
    helper = {"column": unreadable(column.name)}
    return Check(table, says, "error", "ExpectColumnValuesToBeNull", helper, (column.name,))


def _unique(table: Table) -> Check:
    says = f"no two rows have the same {', '.join(table.key)}"
    return Check(table.name, says, "error", _IN_SET, {"column": UNIQUE_KEY, "value_set": [True]}, table.key)


def _claim() -> list[Check]:
    billing, others = "billing_provider_npi", ("rendering_provider_npi", "referring_provider_npi", "facility_npi")
    types = ["professional", "institutional", "dental"]
    return [
        _has_rows("claim", "there is at least one claim"),
        _one_of("claim", "claim_type is professional, institutional or dental", "error", "claim_type", types),
        _one_of("claim", "patient_sex is F, M or U", "warning", "patient_sex", ["F", "M", "U"]),
        _one_of(
            "claim", "frequency_code of a professional or dental claim is 1, 7 or 8", "warning",
            "professional_frequency_code", ["1", "7", "8"], "frequency_code",
        ),
        _matches(
            "claim", "frequency_code of an institutional claim is one digit or capital letter",
            "institutional_frequency_code", "^[0-9A-Z]$", "frequency_code",
        ),
        *(_matches("claim", f"{npi} is ten digits", npi, _NPI) for npi in (billing, *others)),
        _matches("claim", "place_of_service is two digits", "place_of_service", _PLACE_OF_SERVICE),
        _between("claim", "billed_amount is not negative", "error", "billed_amount", min_value=0),
        _true("claim", "every claim has a service line", "has_a_line", "claim_id"),
        Check(
            "claim", "billed_amount is the sum of the charges of the claim's lines", "error",
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "billed_amount", "column_B": "line_total", "ignore_row_if": "either_value_is_missing"},
            ("billed_amount", "line_total"),
        ),
    ]  # fmt: skip


def _diagnosis() -> list[Check]:
    roles = ["principal", "other", "admitting", "reason_for_visit", "external_cause"]
    return [
        _one_of("claim_diagnosis", f"role is {', '.join(roles[:-1])} or {roles[-1]}", "error", "role", roles),
        _one_of("claim_diagnosis", "code_set is icd10 or icd9", "error", "code_set", ["icd10", "icd9"]),
        _matches(
            "claim_diagnosis", "an icd10 diagnosis_code has the shape of ICD-10-CM, undotted (E119)",
            "icd10_code", _ICD_10_CM, "diagnosis_code",
        ),
    ]  # fmt: skip


def _line(today: date) -> list[Check]:
    dates = ("service_from_date", "service_through_date")
    within = f"is from {EARLIEST_SERVICE} to the day of this check"
    between: dict[str, Any] = {"min_value": EARLIEST_SERVICE, "max_value": today}
    return [
        _has_rows("claim_line", "there is at least one service line"),
        *(_between("claim_line", f"{name} {within}", "error", name, **between) for name in dates),
        _not_before("service_through_date is not before service_from_date", "error", dates[1], dates[0]),
        _not_before("the patient was born by service_from_date", "warning", dates[0], "patient_birth_date"),
        _matches(
            "claim_line", "hcpcs_code has the shape of CPT, HCPCS or CDT (99213, J1885, D0120), save HIPPS rates",
            "hcpcs_code_to_judge", _HCPCS, "hcpcs_code",
        ),
        _matches("claim_line", "place_of_service is two digits", "place_of_service", _PLACE_OF_SERVICE),
        _matches("claim_line", "rendering_provider_npi is ten digits", "rendering_provider_npi", _NPI),
        _between("claim_line", "units are more than zero", "warning", "units", min_value=0, strict_min=True),
        _between("claim_line", "billed_amount is not negative", "error", "billed_amount", min_value=0),
        _between(
            "claim_line", f"the patient is at most {OLDEST_PATIENT} years old", "warning", "patient_age",
            max_value=OLDEST_PATIENT, shows="patient_birth_date",
        ),
        Check(
            "claim_line", f"at least {SHARE_POINTING:.0%} of professional lines point to a diagnosis", "warning",
            _IN_SET, {"column": "points", "value_set": [True], "mostly": SHARE_POINTING},
            ("diagnosis_pointer_1",),
        ),
        Check(
            "claim_line", f"the charge for a unit is at most {OUTLYING} times the median of its code", "warning",
            _IN_SET, {"column": "charge_is_usual", "value_set": [True]}, ("billed_amount",),
            when_empty=f"no code has {LINES_TO_COMPARE} lines to compare",
        ),
        *(_between("claim_line", f"{p} is from 1 to 12", "error", p, min_value=1, max_value=12) for p in POINTERS),
        *(_true("claim_line", f"{p} points to a diagnosis of the claim", f"{p}_is_met", p) for p in POINTERS),
    ]  # fmt: skip


def _reading() -> list[Check]:
    return [
        Check(
            PROBLEM.name, f"the file was read without {severity}s", severity,
            "ExpectColumnValuesToNotBeInSet", {"column": "severity", "value_set": [severity]}, ("message",),
            when_empty="its reader noted no problem",
        )
        for severity in ("error", "warning")
    ]  # fmt: skip


def _standing() -> list[Check]:
    tables = [name for name in CLAIM_TABLES if name != "claim"]
    return [_true(t, "claim_id stands in the claim table", "claim_stands", "claim_id") for t in tables]


def _has_rows(table: str, says: str) -> Check:
    return Check(table, says, "error", "ExpectTableRowCountToBeBetween", {"min_value": 1}, ())


def _column(
    table: str, says: str, severity: Severity, expectation: str, column: str, shows: str | None = None, **arguments: Any
) -> Check:
    return Check(table, says, severity, expectation, {"column": column, **arguments}, (shows or column,))


def _one_of(
    table: str, says: str, severity: Severity, column: str, values: list[Any], shows: str | None = None
) -> Check:
    return _column(table, says, severity, _IN_SET, column, shows, value_set=values)


def _true(table: str, says: str, column: str, shows: str) -> Check:
    return _one_of(table, says, "error", column, [True], shows)


def _matches(table: str, says: str, column: str, regex: str, shows: str | None = None) -> Check:
    return _column(table, says, "warning", "ExpectColumnValuesToMatchRegex", column, shows, regex=regex)


def _between(table: str, says: str, severity: Severity, column: str, shows: str | None = None, **limits: Any) -> Check:
    return _column(table, says, severity, "ExpectColumnValuesToBeBetween", column, shows, **limits)


def _not_before(says: str, severity: Severity, later: str, earlier: str) -> Check:
    pair = {"column_A": later, "column_B": earlier, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return Check("claim_line", says, severity, "ExpectColumnPairValuesAToBeGreaterThanB", pair, (earlier, later))
