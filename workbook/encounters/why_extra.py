"""Why a code that the key does not hold is wrong: no such code, a convention, bundled, or not documented.

Only what the learner has found already is named; the rest of the key stays hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from workbook.codes import is_billable, is_known, reference
from workbook.encounters.answer import Entry
from workbook.encounters.case import Encounter

#: What Medicare may not pay without: information that shows what is due.
NOT_SHOWN = "42 USC 1395l(e)"
NCCI = "NCCI Policy Manual, ch. I"
#: status of the fee schedule → why a line of it is never paid by itself
NEVER_ALONE = {
    "B": "Medicare counts it as part of what else was done that day",
    "P": "Medicare counts it as part of what else was done that day",
    "N": "Medicare does not cover it",
    "I": "Medicare does not take this code; it has another for the service",
}


def why_extra(case: Encounter, entry: Entry, found: Sequence[Entry]) -> tuple[str, str | None]:
    """What is wrong with an entry that the key does not hold, and its authority; `found` are those that are right."""
    if entry.kind == "diagnosis":
        return _diagnosis(case, entry.code, [e.code for e in found if e.kind == "diagnosis"])
    return _procedure(case, entry, [e for e in found if e.kind == "procedure"])


def _diagnosis(case: Encounter, code: str, right: list[str]) -> tuple[str, str]:
    from workbook.codes.review import review_codes

    if not is_known(code):
        return f"{code} is not in ICD-10-CM.", "ICD-10-CM Guidelines, I.B.2"
    if not is_billable(code):
        return f"{code} is not complete: it needs more characters.", "ICD-10-CM Guidelines, I.B.2"
    setting = "inpatient" if case.visit.is_stay else "outpatient"
    patient = {"age": case.patient.age, "sex": case.patient.sex}
    for problem in review_codes([*right, code], case.visit.service_date, patient, setting):
        if problem.is_error and code in problem.codes:
            return f"{problem.say} “{problem.quote}”", problem.authority
    documented = "ICD-10-CM Guidelines, III" if case.visit.is_stay else "ICD-10-CM Guidelines, IV.J"
    return "The note does not say that this was found, treated or weighed at this visit.", documented


def _procedure(case: Encounter, entry: Entry, right: list[Entry]) -> tuple[str, str | None]:
    is_medicare = case.patient.payer.startswith("Medicare")
    day, code = case.visit.service_date, entry.code
    setting = "hospital" if case.coding == "facility" else "practitioner"
    here = {other.code for other in right}
    for pair in _serving("ptp", "column_two_code", code, day):
        if pair["setting"] == setting and pair["column_one_code"] in here:
            unless = " unless it was separate, and a modifier says so" if pair["modifier_indicator"] == "1" else ""
            return f"{code} is included in {pair['column_one_code']}{unless}; the note shows one service.", NCCI
    primaries = {row["primary_code"] for row in _serving("add_on", "add_on_code", code, day)}
    if primaries and not primaries & here:
        return f"{code} is only ever added to another service, and none that it goes with is here.", NCCI
    fees = _serving("physician_fee", "hcpcs_code", code, day) if is_medicare else ()
    for status in (row["status_code"] for row in fees if not row["modifier"]):
        if status in NEVER_ALONE:
            return f"{NEVER_ALONE[status]} (status {status}).", "CPM ch. 23, Addendum (MPFSDB record layout)"
    return "The note does not show that this was done and is to be billed here.", NOT_SHOWN if is_medicare else None


def _serving(table: str, column: str, code: str, day: date) -> Iterable[dict[str, Any]]:
    """The rows of a table for a code that serve a day."""
    import pyarrow.compute as pc

    rows = reference([table])[table]
    for row in rows.filter(pc.equal(rows[column], code)).to_pylist():
        if row["effective_date"] <= day <= (row["end_date"] or date.max):
            yield row
