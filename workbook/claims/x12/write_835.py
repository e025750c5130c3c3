"""How does a remittance become an 835? A 005010X221A1 file, from the remittance tables, that balances to the cent."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from workbook.claims.balance import balance
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12 import columns as c
from workbook.claims.x12.claim_segments import adjustment_segments
from workbook.claims.x12.compose import COMPONENT, Element, count, interchange, lines_of, segment, transaction
from workbook.claims.x12.imbalance import imbalance
from workbook.claims.x12.party_segments import (
    Row,
    contact_segments,
    detail_segments,
    elements_of,
    name_segment,
    named,
    place_segments,
    tax_segments,
    without,
)
from workbook.claims.x12.read_835 import originator
from workbook.terms import WorkbookError, private_file

GUIDE = "005010X221A1"
#: What the guide requires and the tables may leave null.
REQUIRED = {
    "remittance": ("payer_name", "payee_name", "payment_method", "payment_date"),
    "remittance_claim": ("claim_status_code", "claim_filing_code", "payer_claim_id"),
    "adjustment": ("group_code", "carc"),
    "provider_adjustment": ("reason_code",),
}
#: The guide requires an address and a technical contact of the payer, and of the patient a last name, unless a pharmacy
#: bills. Where the tables hold none of them, the file says so.
PAYER_CONTACT = (
    f"N3*ADDRESS {c.NOT_ON_FILE}", f"N4*{c.NOT_ON_FILE}", f"PER*BL*CONTACT {c.NOT_ON_FILE}*TE*{c.NO_PHONE}"
)  # fmt: skip
PATIENT_NAME = f"NAME {c.NOT_ON_FILE}"
_DENTAL = re.compile("D[0-9]{4}")


def write_835(remittance: Remittance, path: str | Path) -> None:
    """Write a remittance as an 835 file that only its owner may read (mode 0600); see `format_835`."""
    content = format_835(remittance).encode()
    with private_file(Path(path)) as stream:
        stream.write(content)


def format_835(remittance: Remittance) -> str:
    """Put a remittance into the text of an 835: one interchange with a transaction for each remittance.

    The same tables give the same text: control numbers derive from the content, the interchange bears the first payment
    date and the time 0000. It is marked as a test (ISA15 is T). TRN02 is trace_number, or remittance_id where there is
    none; TRN03 is a number derived from payer_id. What else the guide wants and the tables do not hold says "NOT ON
    FILE". `wb.read_remittance` reads it back to equal tables when remittance_id is trace_number, claim_sequence counts
    from 1, units and the provider's fiscal_period_end are not null, payer, payee and patients are rows of
    remittance_party, and rows stand in the order of claims and lines, those about a whole claim first.

    Raises WorkbookError when the remittance does not balance, saying which level is off by how much; when a value the
    guide requires is null, a row belongs to no claim or line, or a text holds a separator.
    """
    tables = {name: remittance.arrow[name].to_pylist() for name in REMITTANCE_TABLES}
    if not tables["remittance"]:
        raise WorkbookError("there is no remittance to write; its table has no row")
    _refuse_imbalance(remittance)
    _refuse_missing(tables)
    _refuse_orphans(tables)
    claims = _by(tables["remittance_claim"], "remittance_id")
    details = {
        name: _by(tables[name], "remittance_id", "claim_sequence")
        for name in ("remittance_line", "adjustment", "remark", "remittance_party", "remittance_detail")
    }
    withheld = _by(tables["provider_adjustment"], "remittance_id")
    body: list[str] = []
    for position, row in enumerate(tables["remittance"], 1):
        name = row["remittance_id"]
        segments = [
            *_header(row, details["remittance_party"][name, None], details["remittance_detail"][name, None]),
            *_claims(sorted(claims[name], key=_sequence), details),
            *_withheld(row, withheld[name]),
        ]
        body += transaction("835", position, segments)
    first = tables["remittance"][0]
    sender, receiver = first["payer_id"] or "PAYER", first["payee_npi"] or "PAYEE"
    sets = len(tables["remittance"])
    return "".join(lines_of(interchange("HP", GUIDE, sender, receiver, first["payment_date"], body, sets)))


def _refuse_imbalance(remittance: Remittance) -> None:
    off = [row for row in balance(remittance.arrow).to_pylist() if not row["is_balanced"]]
    if off:
        more = f"; and {len(off) - 3} more" if len(off) > 3 else ""
        raise WorkbookError(
            f"the remittance does not balance, so no 835 is written: {'; '.join(map(imbalance, off[:3]))}{more}; "
            "correct the amounts or the adjustments (.balance shows all)"
        )


def _refuse_missing(tables: dict[str, list[Row]]) -> None:
    for table, columns in REQUIRED.items():
        for number, row in enumerate(tables[table], 1):
            missing = [column for column in columns if row[column] is None]
            if missing:
                raise WorkbookError(
                    f"an 835 must state {', '.join(missing)}, which row {number} of table {table} "
                    f"({_key(table, row)}) leaves null; fill it in and write again"
                )
    for row in tables["remittance"]:
        if row["payment_amount"] < 0:
            raise WorkbookError(
                f"remittance {row['remittance_id']} pays {row['payment_amount']}; an 835 cannot pay less than nothing: "
                "carry the balance forward with a provider adjustment (FB) and pay 0.00"
            )


def _refuse_orphans(tables: dict[str, list[Row]]) -> None:
    """A row that belongs to no claim or line would be left out in silence, one that comes twice written twice."""
    known: dict[str, set[Any]] = {"": {(row["remittance_id"],) for row in tables["remittance"]}}
    known["claim"] = {_claim_key(row) for row in tables["remittance_claim"]}
    known["line"] = {(*_claim_key(row), row["line_number"]) for row in tables["remittance_line"]}
    for table in ("remittance", "remittance_claim", "remittance_line"):
        times = Counter(_key(table, row) for row in tables[table])
        if twice := [key for key, count in times.items() if count > 1]:
            raise WorkbookError(f"table {table} has {twice[0]} more than once; its key must be unique")
    for table in ("remittance_claim", "provider_adjustment"):
        _refuse_strangers(table, [row for row in tables[table] if (row["remittance_id"],) not in known[""]])
    _refuse_strangers("remittance_line", [r for r in tables["remittance_line"] if _claim_key(r) not in known["claim"]])
    for table in ("adjustment", "remark"):
        _refuse_strangers(table, [row for row in tables[table] if not _is_known(row, known)])


def _is_known(row: Row, known: dict[str, set[Any]]) -> bool:
    if row["line_number"] is None:
        return _claim_key(row) in known["claim"] and row.get("level", "claim") == "claim"
    return (*_claim_key(row), row["line_number"]) in known["line"] and row.get("level", "line") == "line"


def _refuse_strangers(table: str, rows: list[Row]) -> None:
    if rows:
        raise WorkbookError(
            f"table {table} has {_key(table, rows[0])}, which belongs to no remittance, claim or line; take the row out"
        )


def _key(table: str, row: Row) -> str:
    return ", ".join(f"{name} {row[name]}" for name in REMITTANCE_TABLES[table].key)


def _claim_key(row: Row) -> tuple[str, int]:
    return row["remittance_id"], row["claim_sequence"]


def _sequence(row: Row) -> int:
    sequence: int = row["claim_sequence"]
    return sequence


def _by(rows: list[Row], *columns: str) -> defaultdict[Any, list[Row]]:
    groups: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns)].append(row)
    return groups


def _header(row: Row, parties: list[Row], details: list[Row]) -> Iterator[str]:
    paid_on, method = row["payment_date"], row["payment_method"]

    def about(role: str | None) -> list[Row]:
        return [d for d in details if d["about"] == role]

    own = about(None)
    rest = elements_of(own)
    handling = "H" if method == "NON" else "I"  # H notification only, I remittance information only
    yield segment("BPR", handling, row["payment_amount"], "C", method, *[None] * 11, paid_on, rest=rest)
    number = originator(row["payer_id"] or row["payer_name"])
    yield segment("TRN", "1", row["trace_number"] or row["remittance_id"], number, rest=rest)
    told = [*detail_segments([d for d in own if d["kind"] != "date"])]
    yield from named(told, "CUR", "REF")
    yield segment("DTM", "405", paid_on)
    yield from _dates([d for d in own if d["kind"] == "date"])
    first = {p["role"]: p for p in reversed(parties)}
    payer = {**first.get("payer", {}), "last_name": row["payer_name"]}
    other_id = row["payer_id"] if row["payer_id"] != payer.get("identifier") else None
    yield from _named_in_header("PR", payer, about("payer"), other_id)
    payee = {**first.get("payee", {}), "last_name": row["payee_name"]}
    if row["payee_npi"]:
        payee |= {"identifier_type": "XX", "identifier": row["payee_npi"]}
    if payee.get("identifier") is None:
        raise WorkbookError(
            f"an 835 must state payee_npi, which remittance {row['remittance_id']} leaves null; "
            "fill it in and write again"
        )
    yield from _named_in_header("PE", payee, about("payee"))
    codes = {role: code for code, role in c.REMITTANCE_ROLES.items()}
    for party in parties:
        if party["role"] not in codes:
            yield from _named_in_header(party["role"], party, about(party["role"]))
        elif party is not first[party["role"]]:  # a file may name one twice
            yield from _named_in_header(codes[party["role"]], party, [])
    yield from without(told, "CUR", "REF")


def _named_in_header(code: str, party: Row, details: list[Row], payer_id: str | None = None) -> Iterator[str]:
    """Loop 1000: the payer, who needs an address and a contact, or the payee."""
    is_payer = code == "PR"
    yield segment("N1", code, party.get("last_name"), party.get("identifier_type"), party.get("identifier"))
    place = [*place_segments(party)]
    yield from place or (PAYER_CONTACT[:2] if is_payer else ())
    if payer_id is not None:
        yield segment("REF", "2U", payer_id)
    yield from tax_segments(party)
    told = [*detail_segments(details)]
    yield from named(told, "REF")
    contact = [*contact_segments("BL" if is_payer else "CX", party)]
    is_lacking = is_payer and not contact and not [*named(told, "PER")]
    yield from [PAYER_CONTACT[2]] if is_lacking else contact
    yield from without(told, "REF")


def _dates(details: list[Row]) -> Iterator[str]:
    return (segment("DTM", d["qualifier"], d["from_date"]) for d in details if d["kind"] == "date")


def _claims(claims: list[Row], rows: dict[str, defaultdict[Any, list[Row]]]) -> Iterator[str]:
    for position, claim in enumerate(claims):
        key = _claim_key(claim)
        details = rows["remittance_detail"][key]
        group = [d for d in details if d["about"] == "group"]
        if group or position == 0:
            number = next((d["value"] for d in group if d["kind"] == "element"), "1")
            yield segment("LX", number)
            yield from detail_segments([d for d in group if d["kind"] != "element"])
        yield from _claim(claim, [d for d in details if d["about"] != "group"], rows, key)


def _claim(claim: Row, details: list[Row], rows: dict[str, defaultdict[Any, list[Row]]], key: Any) -> Iterator[str]:
    adjustments = _by(rows["adjustment"][key], "line_number")
    remarks = _by(rows["remark"][key], "line_number")
    own = [d for d in details if d["line_number"] is None]
    rest = elements_of([d for d in own if d["about"] is None])
    elements: list[Any] = [None] * 11
    elements[:5] = (claim["claim_id"], claim["claim_status_code"], claim["billed_amount"], claim["paid_amount"],
                    claim["patient_responsibility_amount"])  # fmt: skip
    for place, column in c.PAID_CLAIM_TEXT.items():
        elements[place - 1] = claim[column]
    yield segment("CLP", *elements, rest=rest)
    yield from adjustment_segments(adjustments[None])
    yield from _claim_names(claim, rows["remittance_party"][key])
    yield from _claim_remarks(claim, [row["rarc"] for row in remarks[None]], rest)
    told = [d for d in own if d["about"] is None]
    segments = [*detail_segments([d for d in told if d["kind"] != "date"])]
    yield from named(segments, "REF")
    for qualifier, column in c.PAID_CLAIM_DATES.items():
        if claim[column] is not None:
            yield segment("DTM", qualifier, claim[column])
    yield from _dates(told)
    for name in ("PER", "AMT", "QTY"):
        yield from named(segments, name)
    for line in rows["remittance_line"][key]:
        number = line["line_number"]
        about = [d for d in details if d["line_number"] == number]
        yield from _line(line, adjustments[number], [row["rarc"] for row in remarks[number]], about)


def _claim_names(claim: Row, parties: list[Row]) -> Iterator[str]:
    """NM1 of a claim, the patient first."""
    patient = claim["patient_id"]
    if not any(p["role"] == "patient" for p in parties):
        yield segment("NM1", "QC", "1", PATIENT_NAME, *[None] * 4, "MI" if patient else None, patient)
    codes = {role: code for code, role in c.PAID_CLAIM_ROLES.items()}
    for party in sorted(parties, key=lambda p: list(codes).index(p["role"]) if p["role"] in codes else len(codes)):
        who = {**party, "is_organization": bool(party["is_organization"])}
        lacking = PATIENT_NAME if party["role"] == "patient" else None
        yield name_segment(str(codes.get(party["role"], party["role"])), who, lacking)


def _claim_remarks(claim: Row, remarks: list[str], rest: dict[str, str]) -> Iterator[str]:
    if len(remarks) > 5:
        raise WorkbookError(
            f"claim {claim['claim_id']} has {len(remarks)} remarks that concern no line; "
            "an 835 has room for five (MOA03 to MOA07)"
        )
    name = "MIA" if any(place.startswith("MIA") for place in rest) else "MOA"
    elements: list[Any] = [None] * 24
    for place, rarc in zip(c.REMARKS[name], remarks, strict=False):
        elements[place - 1] = rarc
    if remarks or any(place.startswith(name) for place in rest):
        yield segment(name, *elements, rest=rest)


def _line(line: Row, adjustments: list[Row], remarks: list[str], details: list[Row]) -> Iterator[str]:
    code, revenue, rest = line["hcpcs_code"], line["revenue_code"], elements_of(details)
    procedure: tuple[str | None, ...] | None = None
    if code is not None:
        procedure = ("AD" if _DENTAL.fullmatch(code) else "HC", code, *(line["modifiers"] or "").split(COMPONENT))
    elif revenue is not None:
        procedure, revenue = ("NU", revenue), None
    elif "SVC01" not in rest:
        raise WorkbookError(
            f"an 835 must state hcpcs_code or revenue_code, which line {line['line_number']} of claim "
            f"{line['claim_id']} leaves null; fill it in and write again"
        )
    billed = None if line["billed_hcpcs_code"] is None else ("HC", line["billed_hcpcs_code"])
    yield segment("SVC", procedure, line["billed_amount"], line["paid_amount"], revenue, count(line["units"]), billed,
                  count(line["billed_units"]), rest=rest)  # fmt: skip
    first, last = line["service_date"], line["service_through_date"]
    if first is not None:
        yield segment("DTM", "472" if last is None else "150", first)
    if last is not None:
        yield segment("DTM", "151", last)
    yield from _dates(details)
    yield from adjustment_segments(adjustments)
    yield segment("REF", "6R", line["line_control_number"] or line["line_number"])
    told = [*detail_segments([d for d in details if d["kind"] != "date"])]
    yield from named(told, "REF")
    if line["allowed_amount"] is not None:
        yield segment("AMT", "B6", line["allowed_amount"])
    yield from named(told, "AMT", "QTY")
    for rarc in remarks:
        yield segment("LQ", "HE", rarc)
    yield from without(told, "REF", "AMT", "QTY")


def _withheld(remittance: Row, rows: list[Row]) -> Iterator[str]:
    usual = date(remittance["payment_date"].year, 12, 31)
    for ends, run in groupby(rows, key=lambda row: row["fiscal_period_end"] or usual):
        listed = list(run)
        for start in range(0, len(listed), 6):
            pairs: list[Element] = []
            for row in listed[start : start + 6]:
                pairs += [(row["reason_code"], row["reference"]), row["amount"]]
            yield segment("PLB", remittance["payee_npi"], ends, *pairs)
