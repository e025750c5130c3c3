"""Where the codes of other systems than ICD-10-CM stand, and how a code is told to be one of theirs.

HCPCS (CPT among it), ICD-10-PCS, modifiers, places of service, adjustment reasons, remarks and groups.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from workbook.codes.reference import edition_on, reference
from workbook.terms import OPEN_END, Edition

Row = dict[str, Any]


@dataclass(frozen=True)
class System:
    """A system's reference table, the column of the code and of its words; `told`: column → what it is called."""

    table: str
    code: str
    words: str
    told: Mapping[str, str]


SYSTEMS = {
    "hcpcs": System("hcpcs", "hcpcs_code", "label", {}),
    "pcs": System("procedure", "procedure_code", "title", {}),
    "modifier": System("modifier", "modifier", "label", {"family": "family", "when_right": "right when"}),
    "pos": System("place_of_service", "place_of_service", "label", {"is_facility": "facility rate"}),
    "carc": System("carc", "carc", "meaning", {"category": "category"}),
    "rarc": System("rarc", "rarc", "meaning", {}),
    "group": System("group_code", "group_code", "meaning", {"who_bears_it": "borne by"}),
}
#: what else is told of a HCPCS code that is in one of these tables on the date
FEE = System("physician_fee", "hcpcs_code", "", {"status_code": "fee status", "global_days": "global days"})
LIMIT = System("mue", "hcpcs_code", "", {"mue_value": "MUE units", "mai": "MUE indicator"})
_SAME = {"cpt": "hcpcs", "mod": "modifier", "place": "pos"}
#: shapes that no diagnosis code has → the systems that may hold it, the likelier first
_NEVER_A_DIAGNOSIS = {
    r"\d{4}[0-9FTU]": ("hcpcs",),
    r"\d[0-9A-HJ-NP-Z]{6}": ("pcs",),
    r"[0-9A-Z]{2}": ("modifier", "pos"),
}
#: shapes that some diagnosis codes have as well; J1100 is J11.00 unless it is written HCPCS J1100
_MAY_BE_ONE = {r"[A-CE-V]\d{4}": ("hcpcs",), r"[0-9A-HJ-NP-Z]{7}": ("pcs",)}


def systems_of(text: str) -> tuple[tuple[str, ...], str]:
    """The systems a code is of, and the code: "CARC 45", "POS 11", 99213, LT. None: it may be a diagnosis."""
    word, _, code = " ".join(text.upper().split()).partition(" ")
    key = word.lower()
    key = _SAME.get(key, key)
    if code and key in SYSTEMS:
        return (key,), code
    return _by_shape(word + code, _NEVER_A_DIAGNOSIS), word + code


def other_systems_of(code: str) -> tuple[str, ...]:
    """The systems that an undotted code may be of when it is no diagnosis."""
    return _by_shape(code, _MAY_BE_ONE)


def _by_shape(code: str, shapes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return next((keys for shape, keys in shapes.items() if re.fullmatch(shape, code)), ())


def rows_of(system: System, code: str) -> list[Row]:
    """Every row of a code, the earliest first."""
    import pyarrow.compute as pc

    table = reference([system.table])[system.table]
    held = table.filter(pc.equal(table[system.code], code)).to_pylist()
    return sorted(held, key=lambda row: row["effective_date"])


def in_force(row: Row, day: date) -> bool:
    """True when a row serves a day."""
    return bool(row["effective_date"] <= day <= (row["end_date"] or OPEN_END))


def edition_of(system: System, code: str, day: date) -> Edition | None:
    """The edition that answers for a code on a day; a HCPCS code in the fee schedule of the day is answered by that."""
    # a list of Level II answers for no CPT number, and a licensed list of CPT for no Level II code
    is_cpt = system.table == "hcpcs" and code[:1].isdigit()
    found = edition_on("hcpcs/level I" if is_cpt else system.table, day)
    if found is None and system.table == "hcpcs" and _fact_row(FEE, code, day):
        return edition_on(FEE.table, day)
    return found


def facts_of(system: System, code: str, row: Row, day: date) -> tuple[tuple[str, str], ...]:
    """What else is told of a code on a day, as (what, value)."""
    found = [(name, row[column]) for column, name in system.told.items()]
    if system.table == "hcpcs":
        for more in (FEE, LIMIT):
            if fact := _fact_row(more, code, day):
                found += [(name, fact[column]) for column, name in more.told.items()]
    return tuple((name, _said(value)) for name, value in found if value is not None)


def _fact_row(system: System, code: str, day: date) -> Row | None:
    """The plain row of a code: without modifier, for practitioners."""
    for row in rows_of(system, code):
        if in_force(row, day) and not row.get("modifier") and row.get("setting", "practitioner") == "practitioner":
            return row
    return None


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)
