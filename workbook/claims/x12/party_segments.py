"""Segments that 837 and 835 share: a party's name, place and contact, and the details that have no column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from workbook.claims.x12 import columns as c
from workbook.claims.x12.compose import segment, whole

Row = dict[str, Any]
#: Parties of whom the guides want no name.
_NAMELESS = ("pay_to", "pick_up", "drop_off")
#: role → PRV01, which the guides (and 004010) tie to it; any other performs (PE)
_SPECIALTY = {
    "billing": "BI", "pay_to": "PT", "attending": "AT", "operating": "OP", "other_operating": "OT", "referring": "RF",
    "assistant": "AS", "facility": "RP",
}  # fmt: skip


def elements_of(details: list[Row]) -> dict[str, str]:
    """The details that are elements of segments, by place."""
    return {d["qualifier"]: d["value"] for d in details if d["kind"] == "element"}


def detail_segments(details: list[Row]) -> Iterator[str]:
    """The details that are segments of their own."""
    for d in details:
        kind, qualifier, value = d["kind"], d["qualifier"], d["value"]
        if kind == "segment":
            yield whole(value)
        elif kind == "reference":
            yield segment("REF", qualifier, value)
        elif kind == "note":
            yield segment("NTE", qualifier, value)
        elif kind == "amount":
            yield segment("AMT", qualifier, d["amount"])
        elif kind == "date" and value is not None:
            yield segment("DTP", qualifier, "DT" if d["from_date"] else "TM", value)
        elif kind == "date":
            yield dtp(qualifier, d["from_date"], d["through_date"])


def dtp(use: str, first: date, last: date | None) -> str:
    """DTP of a day, or of a span of days."""
    if last is None:
        return segment("DTP", use, "D8", first)
    return segment("DTP", use, "RD8", f"{first:%Y%m%d}-{last:%Y%m%d}")


def named(segments: list[str], *names: str) -> Iterator[str]:
    """Those segments that have one of some names."""
    return (text for text in segments if text.partition("*")[0] in names)


def without(segments: list[str], *names: str) -> Iterator[str]:
    """Those segments that have none of some names."""
    return (text for text in segments if text.partition("*")[0] not in names)


def name_segment(code: str, party: Row, name: str | None, rest: dict[str, str] | None = None) -> str:
    """NM1 of a party, with `name` where its own is missing."""
    elements: list[Any] = [None] * 9
    for position, column in c.NAME.items():
        elements[position - 1] = party.get(column)
    elements[0], elements[1] = code, "1" if party.get("is_organization") is False else "2"
    elements[2] = elements[2] or name
    return segment("NM1", *elements, rest=rest)


def place_segments(party: Row) -> Iterator[str]:
    """N3 and N4 of a party, as far as it has them."""
    for name, found in (("N3", c.STREET), ("N4", c.CITY)):
        if any(party.get(column) for column in found.values()):
            yield segment(name, *(party.get(column) for column in found.values()))


def tax_segments(party: Row) -> Iterator[str]:
    """REF of a party's tax number, where it has one."""
    if party.get("tax_id"):
        yield segment("REF", party.get("tax_id_type") or "EI", party["tax_id"])


def contact_segments(function: str, party: Row) -> Iterator[str]:
    """PER of a party, where it has a contact."""
    numbers = [(qualifier, party[column]) for qualifier, column in c.CONTACT.items() if party.get(column)]
    if numbers or party.get("contact_name"):
        yield segment("PER", function, party.get("contact_name"), *(part for pair in numbers for part in pair))


def party_segments(role: str, place: int, party: Row, details: list[Row]) -> Iterator[str]:
    """NM1 and what follows it: PRV, N2, N3, N4, DMG, REF, PER and what else was said of the party."""
    code = next((code for code, named_so in c.ROLES[place].items() if named_so == role), role)
    rest = elements_of(details)
    has_name = role not in _NAMELESS and not role.startswith("other_payer_")
    yield name_segment(code, party, c.NOT_ON_FILE if has_name else None, rest)
    if party.get("taxonomy_code"):
        kind = _SPECIALTY.get(role.removeprefix("other_payer_"), "PE")
        yield segment("PRV", kind, "PXC", party["taxonomy_code"])
    told = [*detail_segments(details)]
    yield from named(told, "N2")
    yield from place_segments(party)
    yield from named(told, "DTP")
    born = party.get("birth_date")
    if born or party.get("sex") or any(k.startswith("DMG") for k in rest):
        yield segment("DMG", "D8" if born else None, born, party.get("sex"), rest=rest)
    yield from tax_segments(party)
    yield from named(told, "REF")
    yield from contact_segments("IC", party)
    yield from without(told, "N2", "DTP", "REF")
