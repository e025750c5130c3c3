"""What one claim of an 837 holds until its last segment is read, and what is then wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from workbook.claims.x12 import columns as c
from workbook.claims.x12.parties import Person, Separators, detail_of, leftovers, plain
from workbook.claims.x12.rows import Problems
from workbook.claims.x12.values import HCPCS_QUALIFIERS, amount, cell, day, pointers, procedure, quantity, span

Row = dict[str, Any]
ZERO = Decimal("0.00")

_CODES_WITH_COLUMNS = {*c.DIAGNOSIS_ROLES, *c.PROCEDURE_QUALIFIERS, "DR"}
_LINE_NUMBER = re.compile("0*[1-9][0-9]{0,5}")


@dataclass(slots=True)
class EarlierPayer:
    """What an earlier payer decided for the claim (loop 2320) or one line (2430); `told` are columns kept as sent."""

    line_number: int | None
    payer_id: str | None = None
    told: Row = field(default_factory=dict)
    adjustments: list[Row] = field(default_factory=list)
    allowed_amount: Decimal | None = None
    paid_amount: Decimal | None = None
    obligated_amount: Decimal | None = None
    adjudicated_date: date | None = None
    patient_amount: Decimal = ZERO
    is_adjusted: bool = False

    def allowed(self, patient_amount_on_lines: Decimal, is_adjusted_on_lines: bool) -> Decimal | None:
        """What it allowed: as sent (AMT*B6), else what it paid plus what it left to the patient (CAS group PR).

        5010 files no longer send the amount. Null when there is no adjustment to derive it from.
        """
        if self.allowed_amount is not None or self.paid_amount is None:
            return self.allowed_amount
        if not (self.is_adjusted or is_adjusted_on_lines):
            return None
        return self.paid_amount + self.patient_amount + patient_amount_on_lines


class OpenClaim:
    """A claim being read: its row, and the rows of the tables below it."""

    def __init__(self, row: Row, number: int, separators: Separators, problems: Problems) -> None:
        self.row, self.number, self.separators, self.problems = row, number, separators, problems
        self.component = separators[0]
        self.claim_id: str = row["claim_id"]
        self.lines: list[Row] = []
        self.diagnoses: list[Row] = []
        self.procedures: list[Row] = []
        self.payers: list[EarlierPayer] = []
        self.parties: list[tuple[int | None, str, int, Person]] = []  # line, role, sequence
        self.details: list[Row] = []
        self._roles: dict[tuple[int | None, str], int] = {}
        self.obligated_amount: Decimal | None = None
        self.has_obligated_line = False  # a line waits for its SVD with what CN1*09 said
        self.service_dates: tuple[date, date] | None = None  # loop 2300, dental
        self._line_numbers: set[int] = set()
        self._line_places: list[int] = []  # the segment number of each line
        self._sequences: dict[str, int] = {}

    def fault(self, message: str, number: int, element: str, *, level: int = 2, severity: str = "error") -> None:
        """Record what is wrong at `element` (CLM02) of segment `number`."""
        segment = element.partition("-")[0][:-2]  # CLM02, HI01-4: two digits after the segment's name
        self.problems.add(message, number, segment, element, level=level, severity=severity, claim_id=self.claim_id)

    def money(self, elements: list[str], position: int, number: int, *, is_required: bool = False) -> Decimal | None:
        """Read an amount; one that is absent though required, or cannot be read, is null and reported."""
        value = amount(elements[position]) if len(elements) > position else None
        if value is None:
            self._no_number("an amount in dollars and cents", elements, position, number, is_required)
        return value

    def count(self, elements: list[str], position: int, number: int, *, is_required: bool = False) -> Decimal | None:
        """Read a quantity; one that is absent though required, or cannot be read, is null and reported."""
        value = quantity(elements[position]) if len(elements) > position else None
        if value is None:
            self._no_number("a quantity with at most three decimals", elements, position, number, is_required)
        return value

    def _no_number(self, what: str, elements: list[str], position: int, number: int, is_required: bool) -> None:
        value = cell(elements, position)
        if value or is_required:
            element = f"{elements[0]}{position:02}"
            found = f"{element} {value!r} is not" if value else f"{element} is empty; it should be"
            self.fault(f"{found} {what}; it is null here", number, element, level=1 if value else 2)

    def dates(self, elements: list[str], number: int) -> tuple[date, date] | None:
        """Read the days of a DTP segment (its format in DTP02, its value in DTP03); what cannot be read is reported."""
        days = span(cell(elements, 2), cell(elements, 3))
        if days is None:
            self.fault(
                f"DTP03 {cell(elements, 3)!r} is not a date in the form {cell(elements, 2) or '(none)'}; null here",
                number,
                "DTP03",
                level=1,
            )
        elif days[1] < days[0]:
            self.fault(f"the dates end ({days[1]}) before they begin ({days[0]})", number, "DTP03")
        return days

    def tell(self, kind: str, qualifier: str | None, about: str | None, line: int | None, **facts: Any) -> None:
        """Keep a fact that has no column."""
        self.details.append({"line_number": line, "about": about, "kind": kind, "qualifier": qualifier, **facts})

    def tell_segment(self, elements: list[str], about: str | None, line: int | None) -> None:
        """Keep a segment that has no columns."""
        self.details.append({"line_number": line, **detail_of(elements, about, self.separators)})

    def tell_rest(self, elements: list[str], taken: Collection[int], about: str | None, line: int | None) -> None:
        """Keep the elements of a segment that no column takes."""
        self.details += [{"line_number": line, **row} for row in leftovers(elements, taken, about, self.separators)]

    def add_party(self, line: int | None, role: str, person: Person, sequence: int | None = None) -> str:
        """Add a party; returns what a detail about it names it by: its role, with its number from the second on."""
        if sequence is None:
            sequence = self._roles[line, role] = self._roles.get((line, role), 0) + 1
            named = role if sequence == 1 else f"{role}:{sequence}"
        else:
            named = f"{role}:{sequence}"
        self.parties.append((line, role, sequence, person))
        return named

    def add_codes(self, number: int, elements: list[str]) -> None:
        """Take the codes of an HI segment: diagnoses, procedures, the DRG, and as details all others."""
        for position in range(1, len(elements)):
            parts = elements[position].split(self.component)
            qualifier = parts[0]
            if qualifier not in _CODES_WITH_COLUMNS:
                if elements[position].strip():
                    self._add_code(qualifier, parts, number, f"HI{position:02}")
                continue
            sent = parts[1].strip() if len(parts) > 1 else ""
            code = sent.replace(".", "")
            if code != sent:
                self.fault(
                    f"HI{position:02} has a dot; codes carry none", number, f"HI{position:02}", severity="warning"
                )
            if not code:
                self.fault(f"HI{position:02} {elements[position]!r} holds no code", number, f"HI{position:02}", level=1)
            elif qualifier in c.DIAGNOSIS_ROLES:
                self._add_diagnosis(qualifier, code, parts)
            elif qualifier == "DR":
                self.row["ms_drg"] = code
            else:
                self._add_procedure(qualifier, code, parts, number, f"HI{position:02}")

    def _add_code(self, qualifier: str, parts: list[str], number: int, element: str) -> None:
        """A condition, occurrence (with its day or days), value (with its amount), treatment or other code."""
        code, form, when, sum_text = ([*(part.strip() for part in parts[1:5]), "", "", "", ""])[:4]
        facts: Row = {"value": code or None}
        if when:
            days = span(form, when)
            if days is None:
                self.fault(
                    f"{element}-4 {when!r} is not a date in the form {form or '(none)'}", number, element, level=1
                )
                facts["value"] = plain(self.component.join(parts[1:]), self.separators)
            else:
                facts["from_date"] = days[0]
                facts["through_date"] = days[1] if form == "RD8" else None
        if sum_text:
            facts["amount"] = amount(sum_text)
            if facts["amount"] is None:
                self.fault(f"{element}-5 {sum_text!r} is not an amount; it is null here", number, element, level=1)
        kind = c.CODE_KINDS.get(qualifier, "code")
        self.tell(kind, qualifier if kind == "code" else code or None, None, None,
                  **(facts if kind == "code" else facts | {"value": None}))  # fmt: skip

    def _add_diagnosis(self, qualifier: str, code: str, parts: list[str]) -> None:
        role, code_set = c.DIAGNOSIS_ROLES[qualifier]
        if self.row["claim_type"] == "professional" and role in ("principal", "other"):
            role = "other" if self._sequences.get("listed") else "principal"  # the first is principal, the rest other
        counted = "listed" if role in ("principal", "other") else role  # one list, into which pointers point
        sequence = self._sequences[counted] = self._sequences.get(counted, 0) + 1
        self.diagnoses.append(
            {
                "claim_id": self.claim_id,
                "sequence": sequence,
                "role": role,
                "diagnosis_code": code,
                "code_set": code_set,
                "present_on_admission": parts[8].strip() or None if len(parts) > 8 else None,
            }
        )

    def _add_procedure(self, qualifier: str, code: str, parts: list[str], number: int, element: str) -> None:
        if c.PROCEDURE_QUALIFIERS[qualifier] == "icd9":
            self.fault(
                f"{element} {code} is an ICD-9 procedure code, not ICD-10-PCS",
                number,
                element,
                level=5,
                severity="warning",
            )
        date_text = parts[3].strip() if len(parts) > 3 else ""
        performed = day(date_text)
        if date_text and performed is None:
            self.fault(f"{element}-4 {date_text!r} is not a date; it is null here", number, element, level=1)
        self.procedures.append(
            {
                "claim_id": self.claim_id,
                "sequence": len(self.procedures) + 1,
                "procedure_code": code,
                "procedure_date": performed,
            }
        )

    def begin_line(self, number: int, stated: str | None) -> Row:
        """Begin a service line, numbered as LX01 says unless that is no number or was used before."""
        line_number = len(self.lines) + 1
        used = self._line_numbers
        if stated is not None and (stated != str(line_number) or line_number in used):
            if _LINE_NUMBER.fullmatch(stated) and int(stated) not in used:
                line_number = int(stated)
            else:
                self.fault(f"LX01 {stated!r} is not a new line number", number, "LX01", severity="warning")
        while line_number in used:
            line_number += 1
        used.add(line_number)
        line: Row = {"claim_id": self.claim_id, "line_number": line_number}
        self.lines.append(line)
        self._line_places.append(number)
        return line

    def procedure(self, elements: list[str], position: int, number: int) -> Mapping[str, str | None]:
        """Read a composite procedure (SV101, SV202, SV301) as columns of a line; one that is not HCPCS is reported."""
        composite = cell(elements, position)
        columns = procedure(composite, self.component)
        if columns is not None:
            return columns
        line = self.lines[-1]["line_number"]
        self.tell("element", f"{elements[0]}{position:02}", None, line, value=plain(composite, self.separators))
        element = f"{elements[0]}{position:02}"
        if self.component not in composite and composite[:2] in HCPCS_QUALIFIERS:
            message = f"{element} {composite!r} is not separated by {self.component!r}, as ISA16 says"
            self.fault(f"{message}; its code is null here", number, element)
        else:
            message = f"{element} {composite!r} is not a HCPCS code (qualifier HC); it is null here"
            self.fault(message, number, element, level=5, severity="warning")
        return {}

    def pointers(self, elements: list[str], position: int, number: int) -> Mapping[str, int]:
        """Read diagnosis pointers (SV107, SV311) as columns of a line; a bad one is reported and all are null."""
        columns = pointers(elements[position], self.component) if len(elements) > position else {}
        if columns is None:
            element = f"{elements[0]}{position:02}"
            message = f"{element} {elements[position]!r} does not point to diagnoses 1 to 12; null here"
            self.fault(message, number, element)
        return columns or {}

    def finish(self) -> None:
        """Fill what a line takes from its claim, and report what the claim lacks."""
        if any(line.get("service_from_date") is None for line in self.lines):
            self._date_lines()
        if not self.lines:
            self.fault("the claim has no service line", self.number, "CLM01")
        if self.row["billing_provider_npi"] is None:
            self.fault("the billing provider has no NPI (NM1*85 with XX in NM108)", self.number, "NM109")
        self._check_sum()

    def _check_sum(self) -> None:
        total, are_charges_known = ZERO, bool(self.lines)
        for line, place in zip(self.lines, self._line_places, strict=True):
            charge = line.get("billed_amount")
            if charge is not None:
                total += charge
            else:
                are_charges_known = False
                if "billed_amount" not in line:
                    self.fault(f"line {line['line_number']} has no SV1, SV2 or SV3", place, "LX01")
        stated = self.row["billed_amount"]
        if are_charges_known and stated is not None and total != stated:
            count = len(self.lines)
            lines = "one line comes" if count == 1 else f"{count} lines come"
            message = f"CLM02 says {stated}; its {lines} to {total}, off by {total - stated}"
            self.fault(message, self.number, "CLM02", level=3)

    def _date_lines(self) -> None:
        undated = [place for place, line in enumerate(self.lines) if line.get("service_from_date") is None]
        row = self.row
        statement = (row.get("statement_from_date"), row.get("statement_through_date"))
        days = self.service_dates or (statement if statement[0] and statement[0] == statement[1] else None)
        if days is not None:  # loop 2300 dates every line of a dental claim; a statement of one day leaves no choice
            for place in undated:
                self.lines[place]["service_from_date"] = days[0]
                self.lines[place]["service_through_date"] = days[1] if days[1] != days[0] else None
            return
        numbers = ", ".join(str(self.lines[place]["line_number"]) for place in undated[:10])
        more = f" and {len(undated) - 10} more" if len(undated) > 10 else ""
        if statement[0]:  # usual for inpatient lines
            because, severity = f"; the statement covers {statement[0]} to {statement[1]}", "warning"
        else:
            because, severity = "", "error"
        self.fault(
            f"no date of service on line {numbers}{more}{because}; it is null here",
            self._line_places[undated[0]], "DTP03", severity=severity,
        )  # fmt: skip

    def earlier_payer_rows(self) -> list[Row]:
        """The claim's and lines' earlier payers as rows; what the provider must accept (CN1*09) goes to the first."""
        if not self.payers and self.obligated_amount is None and not self.has_obligated_line:
            return []
        first = next((payer for payer in self.payers if payer.line_number is None), None)
        if self.obligated_amount is not None:
            if first is None:
                first = EarlierPayer(None)
                self.payers.insert(0, first)
            first.obligated_amount = self.obligated_amount
        for line in self.lines:  # a line's CN1*09 that no SVD took up
            if amount := line.pop("obligated_amount", None):
                self.payers.append(EarlierPayer(line["line_number"], obligated_amount=amount))
        return [self._earlier_payer_row(payer) for payer in self.payers]

    def _earlier_payer_row(self, payer: EarlierPayer) -> Row:
        same = [p for p in self.payers if p.line_number is not None and p.payer_id == payer.payer_id]
        on_lines = same if payer.line_number is None and payer.payer_id else []
        patient_amount = sum((p.patient_amount for p in on_lines), ZERO)
        return {
            **payer.told,
            "claim_id": self.claim_id,
            "line_number": payer.line_number,
            "payer_id": payer.payer_id,
            "allowed_amount": payer.allowed(patient_amount, any(p.is_adjusted for p in on_lines)),
            "paid_amount": payer.paid_amount,
            "obligated_amount": payer.obligated_amount,
            "adjudicated_date": payer.adjudicated_date,
        }

    def adjustment_rows(self) -> list[Row]:
        """What earlier payers took off the charge, as rows."""
        return [
            {"claim_id": self.claim_id, "line_number": payer.line_number, "payer_id": payer.payer_id, **row}
            for payer in self.payers
            for row in payer.adjustments
        ]

    def detail_rows(self) -> list[Row]:
        """The details as rows, numbered on the claim and on each line."""
        counts: dict[int | None, int] = {}
        for row in self.details:
            line = row.get("line_number")
            counts[line] = row["sequence"] = counts.get(line, 0) + 1
            row["claim_id"] = self.claim_id
        return self.details
