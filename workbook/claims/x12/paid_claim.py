"""What one claim of an 835 holds until the next one begins: its row, its lines, and what was taken off the charge."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from workbook.claims.x12 import columns as c
from workbook.claims.x12.facts import ZERO, Facts, Row, Values, cells_of, is_remark
from workbook.claims.x12.parties import Separators, person_of
from workbook.claims.x12.values import cell, code_and_modifiers, text

ONE = Decimal("1.000")
LINE_NUMBER = re.compile("0*[1-9][0-9]{0,8}")
_DENTAL = re.compile("D[0-9]{4}")
TAKEN_OF_CLP = frozenset({1, 2, 3, 4, 5, *c.PAID_CLAIM_TEXT})
TAKEN_OF_SVC = frozenset(range(1, 8))
_NONE: dict[str, str] = {}
_TAKEN_OF_NM1 = frozenset({1, 2, *c.NAME})


class PaidClaim(Facts):
    """A claim being read (loops 2100 and 2110); every segment from CLP on is given to one of its methods.

    `key` names its place, remittance_id and claim_sequence; `group` is what stands before it about its group.
    """

    def __init__(
        self, values: Values, separators: Separators, key: Row, number: int, elements: list[str], group: list[Row]
    ) -> None:
        super().__init__(values, separators)
        self.details = group
        cells = cells_of(elements, 11)
        self.number = number
        self.values.claim_id = claim_id = cells[1] or f"segment-{number}"
        self.key: Row = {**key, "claim_id": claim_id}
        self.row: Row = {**self.key, "claim_status_code": cells[2] or None}
        self.lines: list[Row] = []
        self.line_places: list[int] = []  # the segment number of each line
        self.adjustments: list[Row] = []
        self.remarks: list[Row] = []
        self.parties: list[Row] = []
        self._line: Row | None = None
        self._numbers: set[int] = set()
        self._roles: dict[str, int] = {}
        self._patient_amount = ZERO
        self._read_amounts(cells)

    def _read_amounts(self, cells: list[str]) -> None:
        values, number, row = self.values, self.number, self.row
        if not cells[1]:
            values.fault("CLP01 is empty; the claim is named after its segment", number, "CLP01")
        if not cells[2]:
            values.fault("CLP02, the claim's status, is empty", number, "CLP02")
        row["billed_amount"] = billed = values.money(cells, 3, number)
        row["paid_amount"] = values.money(cells, 4, number)
        row["patient_responsibility_amount"] = values.optional_money(cells, 5, number)
        for position, column in c.PAID_CLAIM_TEXT.items():
            row[column] = cells[position] or None
        if cells[2] == "22" and billed > 0:
            message = "CLP02 22 reverses a claim, but CLP03 is not negative"
            values.fault(message, number, "CLP03", severity="warning")
        self.tell_rest(cells, TAKEN_OF_CLP)

    def finish(self) -> None:
        """Fill what a line takes from its claim, and report a share of the patient that does not add up."""
        stated = self.row["patient_responsibility_amount"]
        if stated is not None and stated != self._patient_amount:
            message = (
                f"CLP05 says the patient owes {stated}; the adjustments of group PR come to {self._patient_amount}"
            )
            self.values.fault(message, self.number, "CLP05", level=3, severity="warning")
        for line in self.lines:
            if line["service_date"] is None:
                line["service_date"] = self.row.get("statement_from_date")  # it holds for the lines that state none

    def adjust(self, number: int, elements: list[str]) -> None:
        """Take a CAS: up to six times a reason, an amount and a quantity, of the claim or of the line that is open."""
        length = len(elements)
        cells = cells_of(elements, length + 1)  # the last amount and quantity may be left off
        group = cells[1] or None
        if group is None:
            self.values.fault("CAS01, the adjustment's group, is empty", number, "CAS01")
        line, level = self.line_number, "line" if self._line else "claim"
        for position in range(2, length, 3):
            carc = cells[position] or None
            if carc is None and not cells[position + 1] and not cells[position + 2]:
                continue
            value = self.values.money(cells, position + 1, number)
            counted = self.values.quantity(cells, position + 2, number) if cells[position + 2] else None
            self.adjustments.append(
                {**self.key, "line_number": line, "level": level, "group_code": group, "carc": carc, "amount": value,
                 "quantity": counted}
            )  # fmt: skip
            if group == "PR":
                self._patient_amount += value

    def name(self, number: int, elements: list[str]) -> None:
        """Take an NM1."""
        person = person_of(elements)
        code = cell(elements, 1)
        role = person["role"] = c.PAID_CLAIM_ROLES.get(code, code)
        person["sequence"] = self._roles[role] = self._roles.get(role, 0) + 1
        self.parties.append(person)
        if code == "QC":
            self.row["patient_id"] = person.get("identifier")
        if len(elements) > 10 or elements[6:7] not in ([], [""]):
            self.tell_lost(number, elements, _TAKEN_OF_NM1)

    def take_remarks(self, elements: list[str]) -> None:
        """Take an MIA or MOA: the remarks of the claim, among amounts that have no columns."""
        places = c.REMARKS[elements[0]]
        for place in places:
            if rarc := text(elements, place):
                self._remark(rarc)
        self.tell_rest(elements, places)

    def take_remark(self, elements: list[str]) -> None:
        """Take an LQ."""
        if is_remark(elements):
            self._remark(elements[2].strip())
        else:
            self.tell_segment(elements)

    def _remark(self, rarc: str) -> None:
        self.remarks.append({**self.key, "line_number": self.line_number, "rarc": rarc})

    def begin_line(self, number: int, elements: list[str]) -> None:
        """Take an SVC."""
        cells = cells_of(elements, 7)
        component = self.separators[0]
        code, modifiers, revenue, is_whole = procedure_paid(cells[1], component)
        if code is None and revenue is None and cells[1]:
            message = f"SVC01 {cells[1]!r} is not a HCPCS code (qualifier HC); it is null here"
            self.values.fault(message, number, "SVC01", level=5, severity="warning")
        self._is_numbered = False
        #: how many rows of the claim stand before those of the line
        self._before_line = len(self.adjustments), len(self.remarks), len(self.details)
        taken = TAKEN_OF_SVC
        if not is_whole or (revenue and cells[4]):
            taken = taken - {1}
        billed, is_billed_whole = procedure_billed(cells[6], component)
        if not is_billed_whole:
            taken = taken - {6}
        self.line_number = self._unused_number(len(self.lines) + 1)
        self._line = {
            **self.key,
            "line_number": self.line_number,
            "service_date": None,
            "hcpcs_code": code,
            "modifiers": modifiers,
            "revenue_code": cells[4] or revenue,
            "billed_hcpcs_code": billed,
            "billed_amount": self.values.money(cells, 2, number),
            "paid_amount": self.values.money(cells, 3, number),
            "units": self.values.quantity(cells, 5, number) if cells[5] else ONE,
            "billed_units": self.values.quantity(cells, 7, number) if cells[7] else None,
        }
        self._numbers.add(self.line_number)
        self.lines.append(self._line)
        self.line_places.append(number)
        if taken is not TAKEN_OF_SVC or len(cells) > 8:
            self.tell_rest(cells, taken)

    def _unused_number(self, number: int) -> int:
        while number in self._numbers:
            number += 1
        return number

    def date(self, number: int, elements: list[str]) -> None:
        """Take a DTM."""
        row, columns = (self.row, c.PAID_CLAIM_DATES) if self._line is None else (self._line, c.PAID_LINE_DATES)
        self.take_date(number, elements, row, columns)

    def amount(self, number: int, elements: list[str]) -> None:
        """Take an AMT."""
        row, columns = (self.row, _NONE) if self._line is None else (self._line, c.PAID_LINE_AMOUNTS)
        self.take_amount(number, elements, row, columns)

    def reference(self, number: int, elements: list[str]) -> None:
        """Take a REF."""
        _, use, value, *more = cells_of(elements, 2)
        if self._line is None or use != "6R" or self._is_numbered:
            self.tell_segment(elements)
            return
        self._number_line(self._line, number, value)
        if more:
            self.tell_lost(number, elements, (1, 2))

    def _number_line(self, line: Row, number: int, stated: str) -> None:
        """Renumber the open line as REF*6R says, with what was read about it, unless that is no number or taken."""
        self._is_numbered = True
        old = line["line_number"]
        if stated == str(old):
            return
        new = int(stated) if LINE_NUMBER.fullmatch(stated) else old
        if new != old and new in self._numbers:
            self.values.fault(f"REF*6R {stated!r} was used before on this claim", number, "REF02", severity="warning")
        elif new != old:
            self._numbers.remove(old)
            self._numbers.add(new)
            line["line_number"] = self.line_number = new
            for rows, before in zip((self.adjustments, self.remarks, self.details), self._before_line, strict=True):
                for row in rows[before:]:
                    row["line_number"] = new
        if stated != str(line["line_number"]):
            line["line_control_number"] = stated or None


@lru_cache(maxsize=1 << 16)
def procedure_paid(composite: str, component: str) -> tuple[str | None, str | None, str | None, bool]:
    """Read SVC01: its code, modifiers and revenue code (qualifier NU), and whether these say all that it says."""
    code, modifiers = code_and_modifiers(composite, component) or (None, None)
    if code is not None:
        whole = component.join([qualifier_of(code), code, *(modifiers or "").split(":")])
        return code, modifiers, None, composite == whole.rstrip(component)
    qualifier, _, revenue = composite.partition(component)
    return None, None, (revenue.strip() or None) if qualifier == "NU" else None, qualifier == "NU" or not composite


def procedure_billed(composite: str, component: str) -> tuple[str | None, bool]:
    """Read SVC06: the code that was billed where it has no modifiers, and whether that says all that it says."""
    if not composite:
        return None, True
    code, modifiers, *_ = procedure_paid(composite, component)
    return None if modifiers else code, not modifiers and composite == f"HC{component}{code}"


def qualifier_of(code: str) -> str:
    """SVC01-1 of a procedure: AD for a dental code (D and four digits), HC for any other."""
    return "AD" if _DENTAL.fullmatch(code) else "HC"
