"""Who is treated, by whom: invented persons with a calendar that keeps their visits apart, and invented numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from workbook.encounters.practice.page import Visit, who

#: Days between two visits of one person: no two claims share a day, and no outpatient visit lies in the three days
#: before a stay.
APART = 4


def npi(digits: str) -> str:
    """1999999, two digits, and the Luhn check digit over 80840 and the nine (45 CFR 162.406)."""
    nine = f"1999999{digits}"
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(reversed(f"80840{nine}"))]
    return nine + str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def provider_npi(key: str) -> str:
    """The NPI of a provider of `practice.yaml`."""
    return npi(who().providers[key].npi)


@dataclass
class Person:
    """An invented patient, and the visits so far as (first day, last day, name, days alone)."""

    number: int
    payer: str
    sex: str
    birth_date: date
    last_name: str
    first_name: str
    address: str
    new_on: date | None = None
    visits: list[tuple[date, date, str, int]] = field(default_factory=list)

    @property
    def member_number(self) -> str:
        """The payer's number for the patient, who is the insured; it serves as the patient's number as well."""
        return who().payers[self.payer].member.format(*f"{self.number:04}")

    def age_on(self, day: date) -> int:
        """In whole years."""
        before = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before

    def is_free(self, visit: Visit, first: date, last: date) -> bool:
        """True when the visit fits beside the others: far enough from each, and not before a first visit."""
        if self.new_on is not None and first <= self.new_on:
            return False
        return all(
            _days_between((first, last), (begin, end)) >= max(APART, alone, visit.alone)
            and (kind != visit.kind or _days_between((first, last), (begin, end)) >= visit.again)
            for begin, end, kind, alone in self.visits
        )

    def as_party(self) -> dict[str, Any]:
        """Columns of claim_party."""
        return {
            "is_organization": False, "last_name": self.last_name, "first_name": self.first_name,
            **who().place, "address_1": self.address, "birth_date": self.birth_date, "sex": self.sex,
        }  # fmt: skip


def _days_between(one: tuple[date, date], other: tuple[date, date]) -> int:
    return max((other[0] - one[1]).days, (one[0] - other[1]).days)


def new_person(rng: Random, number: int, visit: Visit, payer: str, ages: tuple[int, int]) -> Person:
    """A person who fits a visit."""
    page = who()
    low, high = max(ages[0], page.payers[payer].ages[0]), min(ages[1], page.payers[payer].ages[1])
    sex: str = visit.sex or rng.choice(["F", "M"])
    born = date(page.year - rng.randint(low + 1, high), rng.randint(1, 12), rng.randint(1, 28))
    return Person(
        number, payer, sex, born, rng.choice(page.names["last"]), rng.choice(page.names[sex]),
        f"{rng.randint(1, 99)} {rng.choice(page.streets)}",
    )  # fmt: skip
