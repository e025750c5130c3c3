"""Who bills, for which patient, to which payer: what loops 1000 to 2010 of an 837 say about the claims below them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbook.claims.tables import CLAIM_PARTY
from workbook.claims.x12 import columns as c
from workbook.claims.x12.rows import Problems, RowBuffer
from workbook.claims.x12.values import cell, day, text

if TYPE_CHECKING:
    import pyarrow as pa

#: The columns of a party, and "birth_text", which no table keeps.
Person = dict[str, Any]
Row = dict[str, Any]
#: (component, repetition) of the file that is read
Separators = tuple[str, str | None]


_IS_ORGANIZATION = {"1": False, "2": True}


def person_of(elements: list[str]) -> Person:
    """Read an NM1 segment."""
    sent = [element.strip() or None for element in elements]
    person: Person = {column: sent[position] for position, column in c.NAME.items() if position < len(sent)}
    if len(sent) > 2:
        person["is_organization"] = _IS_ORGANIZATION.get(sent[2] or "")
    name = person.get("last_name")
    if name and name.endswith(c.NOT_ON_FILE):
        person["last_name"] = None
    return person


def npi(elements: list[str]) -> str | None:
    """The NPI of an NM1 segment: NM109 where NM108 says XX; other identifiers (tax numbers) are not it."""
    return text(elements, 9) if cell(elements, 8) == "XX" else None


def complete(person: Person, elements: list[str]) -> bool:
    """Take what N3, N4, PER, PRV or a tax number in REF says of a party; False when no column has a place for it."""
    name = elements[0]
    if name in ("N3", "N4"):
        found = c.STREET if name == "N3" else c.CITY
        told = {column: text(elements, position) for position, column in found.items()}
        if any(person.get(column) for column in found.values()) or any(elements[len(found) + 1 :]):
            return False
        person.update({k: None if (v or "").endswith(c.NOT_ON_FILE) else v for k, v in told.items()})
    elif name == "PER":
        return _contact(person, elements)
    elif name == "PRV":
        if person.get("taxonomy_code") or cell(elements, 2) not in ("PXC", "ZZ") or len(elements) > 4:
            return False
        person["taxonomy_code"] = text(elements, 3)
    elif name == "REF":
        if cell(elements, 1) not in c.TAX_IDS or person.get("tax_id") or len(elements) > 3:
            return False
        person["tax_id_type"], person["tax_id"] = cell(elements, 1), text(elements, 2)
    else:
        return False
    return True


def _contact(person: Person, elements: list[str]) -> bool:
    told: Person = {"contact_name": text(elements, 2)}
    for position in range(3, len(elements) - 1, 2):
        column = c.CONTACT.get(cell(elements, position))
        if column is None or column in told:
            return False
        told[column] = text(elements, position + 1)
    if any(person.get(column) for column in told):
        return False
    person.update({k: None if (v or "").endswith((c.NOT_ON_FILE, c.NO_PHONE)) else v for k, v in told.items()})
    return True


@dataclass(slots=True)
class Level:
    """What one HL, or the transaction, says: parties by role, details that have no column, and columns of a claim."""

    parties: list[tuple[str, Person]] = field(default_factory=list)
    details: list[Row] = field(default_factory=list)
    columns: Row = field(default_factory=dict)


@dataclass(slots=True)
class Parties:
    """The levels that are open: transaction, billing provider (20), subscriber (22) and dependent (23).

    `level` is HL03 of the last HL; "" before the first.
    """

    level: str = ""
    levels: dict[str, Level] = field(default_factory=lambda: {"": Level()})
    role: str | None = None  # whom the next N3, REF, DMG … is about
    _columns: Row | None = None  # what claims below these levels share, until another segment is read

    def claim_columns(self) -> Row:
        """The columns that the levels give to every claim below them, and why the patient is unknown (`why_not`)."""
        if self._columns is None:
            subscriber, payer, billing = self.party("subscriber"), self.party("payer"), self.party("billing")
            patient = self.party("patient") or subscriber
            patient_id, why_not = self.patient_id()
            self._columns = {name: value for level in self.levels.values() for name, value in level.columns.items()}
            self._columns |= {
                "payer_id": payer.get("identifier"),
                "payer_name": payer.get("last_name"),
                "billing_provider_npi": billing.get("identifier") if billing.get("identifier_type") == "XX" else None,
                "subscriber_id": subscriber.get("identifier"),
                "patient_birth_date": patient.get("birth_date"),
                "patient_sex": patient.get("sex"),
                "patient_id": patient_id,
                "why_not": why_not,
            }
        return self._columns

    def below(self, level: str) -> None:
        """Begin an HL: a subscriber keeps the provider, a dependent keeps both."""
        self._columns = None
        kept = {"20": ("",), "22": ("", "20")}.get(level, ("", "20", "22"))
        self.levels = {name: self.levels[name] for name in kept if name in self.levels}
        self.levels[level] = Level()
        self.level, self.role = level, None

    @property
    def here(self) -> Level:
        """The level of the last HL."""
        return self.levels[self.level]

    def party(self, role: str) -> Person:
        """A party of any open level; empty when none was named."""
        return next((who for level in self.levels.values() for named, who in level.parties if named == role), {})

    def name(self, elements: list[str]) -> None:
        """Take an NM1."""
        self._columns = None
        entity = cell(elements, 1)
        self.role = c.HEADER_ROLES.get(entity, entity)
        person = person_of(elements)
        self.here.parties.append((self.role, person))
        if self.role == "billing" and "taxonomy_code" in self.here.columns:
            person["taxonomy_code"] = self.here.columns.pop("taxonomy_code")

    def more(self, number: int, elements: list[str], problems: Problems, separators: Separators) -> None:
        """Take any other segment: about the party last named, or the level."""
        self._columns = None
        if elements[0] == "PRV" and self.role is None:  # loop 2000A: the billing provider's, before it is named
            self.here.columns["taxonomy_code"] = text(elements, 3)
            return
        person = self.here.parties[-1][1] if self.role else None
        if person is not None and elements[0] == "DMG":
            self._demographics(person, number, elements, problems)
            self.here.details += leftovers(elements, (1, 2, 3), self.role, separators)
        elif person is None or not complete(person, elements):
            self.here.details.append(detail_of(elements, self.role or _LEVEL_ROLES.get(self.level), separators))

    def _demographics(self, person: Person, number: int, elements: list[str], problems: Problems) -> None:
        sent = cell(elements, 2)
        person["birth_text"], person["birth_date"], person["sex"] = sent, day(sent), text(elements, 3)
        if sent and person["birth_date"] is None:
            message = f"DMG02 {sent!r} is not a date of birth (CCYYMMDD); it is null here"
            problems.add(message, number, "DMG", "DMG02")

    def patient_id(self) -> tuple[str | None, str]:
        """The patient's id, and why there is none: the member number, with a hash added for a dependent."""
        member_id = self.party("subscriber").get("identifier")
        if member_id is None:
            return None, "the subscriber has no member number (NM109 of NM1*IL); the patient is unknown"
        if "23" not in self.levels and not self.party("patient"):
            return member_id, ""
        patient = self.party("patient")
        last, first = patient.get("last_name") or "", patient.get("first_name") or ""
        birth = patient.get("birth_text") or ""
        if not (last or first or birth):
            return None, "the patient has neither a name (NM1*QC) nor a birth date (DMG)"
        digest = hashlib.sha256(f"{last}|{first}|{birth}".upper().encode()).hexdigest()
        return f"{member_id}-{digest[:8]}", ""


_LEVEL_ROLES = {"": "transaction", "20": "billing", "22": "subscriber", "23": "patient"}


def plain(value: str, separators: Separators) -> str:
    """Text of an element with the separators : and ^, whatever the file's own are."""
    component, repetition = separators
    if component != ":":
        value = value.replace(component, ":")
    return value.replace(repetition, "^") if repetition and repetition != "^" else value


def leftovers(elements: list[str], taken: Collection[int], about: str | None, separators: Separators) -> list[Row]:
    """The elements of a segment that no column takes, each a detail."""
    left = [at for at, sent in enumerate(elements) if sent and at and at not in taken and sent.strip()]
    return [
        {
            "about": about,
            "kind": "element",
            "qualifier": f"{elements[0]}{at:02}",
            "value": plain(elements[at].strip(), separators),
        }
        for at in left
    ]


def detail_of(elements: list[str], about: str | None, separators: Separators) -> Row:
    """A segment as a detail: a reference or a note in its parts, any other as it stands."""
    name = elements[0]
    if name == "REF" and len(elements) == 3:
        return {"about": about, "kind": "reference", "qualifier": cell(elements, 1), "value": text(elements, 2)}
    if name == "NTE" and len(elements) == 3:
        return {"about": about, "kind": "note", "qualifier": cell(elements, 1), "value": text(elements, 2)}
    sent = "*".join(plain(e.strip(), separators) for e in elements).rstrip("*")
    return {"about": about, "kind": "segment", "qualifier": name, "value": sent}


class PartyBuffer:
    """The claim_party table being filled: a party that many claims share is held once until its batch is made."""

    _LINKS = 20_000

    def __init__(self) -> None:
        self._links: list[tuple[str, int | None, str, int, Person]] = []
        self._batches: list[pa.Table] = []

    def add(self, claim_id: str, line_number: int | None, role: str, sequence: int, person: Person) -> None:
        """Add a party of a claim or of a line."""
        self._links.append((claim_id, line_number, role, sequence, person))

    def rest(self) -> None:
        """Between two claims: make a batch when enough has piled up."""
        if len(self._links) >= self._LINKS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        places: dict[int, int] = {}
        people: list[Person] = []
        for *_, person in self._links:
            if places.setdefault(id(person), len(people)) == len(people):
                people.append(person)
        rows = RowBuffer(CLAIM_PARTY)
        rows.extend(people)
        table = rows.to_arrow().take([places[id(link[4])] for link in self._links])
        for position, name in enumerate(("claim_id", "line_number", "role", "sequence")):
            at = table.column_names.index(name)
            values = pa.array([link[position] for link in self._links], table.schema.field(name).type)
            table = table.set_column(at, table.schema.field(name), values)
        self._batches.append(table)
        self._links = []

    def to_arrow(self) -> pa.Table:
        """All rows so far."""
        import pyarrow as pa

        if self._links:
            self._flush()
        return pa.concat_tables(self._batches) if self._batches else CLAIM_PARTY.empty()
