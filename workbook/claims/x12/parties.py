"""Who bills, for which patient, to which payer: what loops 2000A to 2010 of an 837 say about the claims below them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

from workbook.claims.x12.rows import Problems
from workbook.claims.x12.values import cell, day, text


@dataclass(slots=True)
class Person:
    """A subscriber or dependent; the name serves the patient_id and is then dropped."""

    member_id: str | None = None
    name: str = ""
    birth_text: str = ""
    birth_date: date | None = None
    sex: str | None = None

    def identify(self, elements: list[str]) -> None:
        """Take the member number and the name from an NM1 segment."""
        self.member_id = text(elements, 9)
        self.name = f"{cell(elements, 3)}|{cell(elements, 4)}"

    def hash(self) -> str:
        """Eight hexadecimal digits of SHA-256 over LAST|FIRST|CCYYMMDD, in capitals."""
        return hashlib.sha256(f"{self.name}|{self.birth_text}".upper().encode()).hexdigest()[:8]


@dataclass(slots=True)
class Parties:
    """The billing provider, subscriber, patient and payer of the loops that are open.

    `level` is HL03 of the last HL: 20 billing provider, 22 subscriber, 23 dependent; "" before the first.
    """

    level: str = ""
    billing_npi: str | None = None
    filing_code: str | None = None
    payer_id: str | None = None
    payer_name: str | None = None
    insured: Person = field(default_factory=Person)
    dependent: Person | None = None
    _named_last: Person | None = None  # whom a DMG is about

    @property
    def patient(self) -> Person:
        """The dependent where there is one, else the subscriber."""
        return self.dependent or self.insured

    def below(self, level: str) -> Parties:
        """What still holds after an HL of `level`: a subscriber keeps the provider, a dependent keeps both."""
        if level == "20":
            return Parties(level)
        if level == "22":
            return Parties(level, self.billing_npi)
        dependent = Person() if level == "23" else None
        return Parties(
            level, self.billing_npi, self.filing_code, self.payer_id, self.payer_name, self.insured, dependent
        )

    def name(self, elements: list[str]) -> None:
        """Take an NM1: 85 billing provider, IL subscriber, QC patient, PR payer; others (87, 41, 40 …) are not kept."""
        entity = cell(elements, 1)
        self._named_last = None
        if entity == "85":
            self.billing_npi = npi(elements)
        elif entity == "IL":
            self._named_last = self.insured
            self.insured.identify(elements)
        elif entity == "QC":
            self._named_last = self.dependent = self.dependent or Person()
            self.dependent.identify(elements)
        elif entity == "PR":
            self.payer_name, self.payer_id = text(elements, 3), text(elements, 9)

    def demographics(self, number: int, elements: list[str], problems: Problems) -> None:
        """Take birth date and sex from the DMG after an NM1*IL or NM1*QC."""
        person = self._named_last
        if person is None:
            return
        person.birth_text = cell(elements, 2)
        person.birth_date = day(person.birth_text)
        person.sex = text(elements, 3)
        if person.birth_text and person.birth_date is None:
            message = f"DMG02 {person.birth_text!r} is not a date of birth (CCYYMMDD); it is null here"
            problems.add(message, number, "DMG", "DMG02")

    def patient_id(self) -> tuple[str | None, str]:
        """The patient's id, and why there is none: the member number, with a hash added for a dependent."""
        if self.insured.member_id is None:
            return None, "the subscriber has no member number (NM109 of NM1*IL); the patient is unknown"
        if self.dependent is None:
            return self.insured.member_id, ""
        if not self.dependent.name.strip("|") and not self.dependent.birth_text:
            return None, "the patient has neither a name (NM1*QC) nor a birth date (DMG)"
        return f"{self.insured.member_id}-{self.dependent.hash()}", ""


def npi(elements: list[str]) -> str | None:
    """The NPI of an NM1 segment: NM109 where NM108 says XX; other identifiers (tax numbers) are not it."""
    return text(elements, 9) if cell(elements, 8) == "XX" else None
