"""How does a remittance become an 835? A 005010X221A1 file, from the remittance tables, that balances to the cent."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from io import BytesIO
from itertools import chain, groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workbook.claims.balance import CLAIM_KEY, balance
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12 import columns as c
from workbook.claims.x12.claim_segments import adjustment_segments
from workbook.claims.x12.compose import COMPONENT, Element, count, segment, spool, transaction, write_interchange
from workbook.claims.x12.gather import gathered
from workbook.claims.x12.imbalance import imbalance
from workbook.claims.x12.paid_claim import qualifier_of
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
from workbook.claims.x12.remittance_reader import originator
from workbook.terms import WorkbookError, private_file

if TYPE_CHECKING:
    import pyarrow as pa

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
DETAIL_KINDS = ("date", "reference", "amount", "note", "element", "segment")
#: The rows of other tables that belong to a remittance or a claim, by table
Below = dict[str, list[Row]]


def write_835(remittance: Remittance, path: str | Path) -> None:
    """Write a remittance as an 835 file that only its owner may read (mode 0600); see `format_835`.

    Segments go to the file as they are made; it takes its place, over an older one, only when all is written.
    """
    with private_file(Path(path)) as stream:
        _write(remittance, stream, Path(path).parent)


def format_835(remittance: Remittance) -> str:
    """Put a remittance into the text of an 835: one interchange with a transaction for each remittance.

    The same tables give the same text: control numbers derive from the content, the interchange bears the first payment
    date and the time 0000. It is marked as a test (ISA15 is T). TRN02 is trace_number, or remittance_id where there is
    none; TRN03 is a number derived from payer_id. What else the guide wants and the tables do not hold says "NOT ON
    FILE". `wb.read_remittance` reads it back to equal tables when remittance_id is trace_number, claim_sequence counts
    from 1, units and the provider's fiscal_period_end are not null, payer, payee and patients are rows of
    remittance_party, and rows stand in the order of claims and lines, those about a whole claim first.

    Raises WorkbookError when the remittance does not balance, saying which level is off by how much; when a value the
    guide requires is null; when a row belongs to no claim or line, or is about a party that no row names; when a text
    holds a separator.
    """
    stream = BytesIO()
    _write(remittance, stream, None)
    return stream.getvalue().decode()


def _write(remittance: Remittance, stream: IO[bytes], folder: Path | None) -> None:
    tables = remittance.arrow
    if not tables["remittance"].num_rows:
        raise WorkbookError("there is no remittance to write; its table has no row")
    _refuse_imbalance(remittance)
    _refuse_missing(tables)
    first = tables["remittance"].slice(0, 1).to_pylist()[0]
    with spool(folder) as body:
        for position, segments in enumerate(_transactions(tables), 1):
            with transaction(body, "835", position):
                body.add(segments)
        sender, receiver = first["payer_id"] or "PAYER", first["payee_npi"] or "PAYEE"
        sets = tables["remittance"].num_rows
        write_interchange(stream, "HP", GUIDE, sender, receiver, first["payment_date"], body, sets)


def _transactions(tables: Mapping[str, pa.Table]) -> Iterator[Iterator[str]]:
    """The segments of each remittance, each to be used up before the next."""
    import pyarrow.compute as pc

    remittance = tables["remittance"]
    about_claims, about_all = {}, {"provider_adjustment": tables["provider_adjustment"]}
    for name in ("remittance_party", "remittance_detail"):
        is_of_all = pc.is_null(tables[name]["claim_sequence"])
        about_all[name] = tables[name].filter(is_of_all)
        about_claims[name] = tables[name].filter(pc.invert(is_of_all))
    about_claims |= {name: tables[name] for name in ("remittance_line", "adjustment", "remark")}
    claim = _in_order(tables["remittance_claim"], remittance)
    claims = gathered(claim, about_claims, CLAIM_KEY, "remittance_claim")
    of_remittance = groupby(claims, key=lambda found: found[0]["remittance_id"])
    coming = next(of_remittance, None)
    for row, below in gathered(remittance, about_all, ("remittance_id",), "remittance"):
        payee = _payee(row, below["remittance_party"])
        own: Iterable[tuple[Row, Below]] = ()
        if coming is not None and coming[0] == row["remittance_id"]:
            own = coming[1]
        group = [d for d in below["remittance_detail"] if d["about"] == "group"]  # one without a claim
        withheld = _withheld(row, payee, below["provider_adjustment"])
        yield chain(_header(row, payee, below), _claims(own), _group(group), withheld)
        if own:
            coming = next(of_remittance, None)


def _in_order(claim: pa.Table, remittance: pa.Table) -> pa.Table:
    """Claims by their remittance, and by their sequence there."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(claim["remittance_id"], remittance["remittance_id"].combine_chunks())
    if places.null_count:
        row = claim.slice(pc.index(pc.is_null(places), True).as_py(), 1).to_pylist()[0]
        _refuse_stranger("remittance_claim", row)
    order = np.lexsort((claim["claim_sequence"].to_numpy(), places.to_numpy()))
    return claim if (np.diff(order) > 0).all() else claim.take(pa.array(order))


def _refuse_imbalance(remittance: Remittance) -> None:
    import pyarrow.compute as pc

    judged = balance(remittance.arrow, remittance.paid_before)
    off = judged.filter(pc.invert(judged["is_balanced"]))
    if off.num_rows:
        more = f"; and {off.num_rows - 3} more" if off.num_rows > 3 else ""
        raise WorkbookError(
            "the remittance does not balance, so no 835 is written: "
            f"{'; '.join(map(imbalance, off.slice(0, 3).to_pylist()))}{more}; "
            "correct the amounts or the adjustments (.balance shows all)"
        )


def _refuse_missing(tables: Mapping[str, pa.Table]) -> None:
    import pyarrow.compute as pc

    for table, columns in REQUIRED.items():
        lacking = [column for column in columns if tables[table][column].null_count]
        if lacking:
            number = min(pc.index(pc.is_null(tables[table][column]), True).as_py() for column in lacking)
            row = tables[table].slice(number, 1).to_pylist()[0]
            missing = [column for column in lacking if row[column] is None]
            raise WorkbookError(
                f"an 835 must state {', '.join(missing)}, which row {number + 1} of table {table} "
                f"({_key(table, row)}) leaves null; fill it in and write again"
            )
    remittance = tables["remittance"]
    for row in remittance.filter(pc.less(remittance["payment_amount"], 0)).slice(0, 1).to_pylist():
        raise WorkbookError(
            f"remittance {row['remittance_id']} pays {row['payment_amount']}; an 835 cannot pay less than nothing: "
            "carry the balance forward with a provider adjustment (FB) and pay 0.00"
        )


def _refuse_strangers(below: Below) -> None:
    """A row of a line that is not there would be left out in silence, a line that comes twice written twice."""
    times = Counter(row["line_number"] for row in below["remittance_line"])
    for row in below["remittance_line"]:
        if times[row["line_number"]] > 1:
            raise WorkbookError(
                f"table remittance_line has {_key('remittance_line', row)} more than once; its key must be unique"
            )
    for table in ("adjustment", "remark", "remittance_detail"):
        for row in below[table]:
            level = "claim" if row["line_number"] is None else "line"
            if row.get("level", level) != level or (level == "line" and row["line_number"] not in times):
                _refuse_stranger(table, row)


def _refuse_stranger(table: str, row: Row) -> None:
    raise WorkbookError(
        f"table {table} has {_key(table, row)}, which belongs to no remittance, claim or line; take the row out"
    )


def _refuse_details(details: list[Row], parties: set[str | None], elements: str) -> None:
    """A detail that has no place in the file is told, not left out: of which party, kind or element it is."""
    for d in details:
        where = f"table remittance_detail has a detail ({_key('remittance_detail', d)})"
        if d["about"] not in parties:
            raise WorkbookError(
                f"{where} about {d['about']!r}, whom no row of remittance_party names there; add the party, or "
                "take the detail out"
            )
        if d["kind"] not in DETAIL_KINDS:
            raise WorkbookError(f"{where} of kind {d['kind']!r}; an 835 carries {', '.join(DETAIL_KINDS)}")
        if d["kind"] == "element" and not re.fullmatch(rf"({elements})[0-9]{{2}}", d["qualifier"] or ""):
            raise WorkbookError(
                f"{where} for element {d['qualifier']!r}; elements of {elements.replace('|', ', ')} are written there"
            )


def _key(table: str, row: Row) -> str:
    return ", ".join(f"{name} {row[name]}" for name in REMITTANCE_TABLES[table].key)


def _payee(row: Row, parties: list[Row]) -> Row:
    payee = {**next((p for p in parties if p["role"] == "payee"), {}), "last_name": row["payee_name"]}
    if row["payee_npi"]:
        payee |= {"identifier_type": "XX", "identifier": row["payee_npi"]}
    if payee.get("identifier") is None:
        raise WorkbookError(
            f"an 835 must state payee_npi, which remittance {row['remittance_id']} leaves null; "
            "fill it in and write again"
        )
    return payee


def _header(row: Row, payee: Row, below: Below) -> Iterator[str]:
    parties, details = below["remittance_party"], below["remittance_detail"]
    paid_on, method = row["payment_date"], row["payment_method"]
    _refuse_details(details, {None, "group", "payer", "payee", *map(_called, parties)}, "BPR|TRN|LX")

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
    yield from _named_in_header("PE", payee, about("payee"))
    codes = {role: code for code, role in c.REMITTANCE_ROLES.items()}
    for party in parties:
        if party["role"] not in codes or party is not first[party["role"]]:  # a file may name one twice
            yield from _named_in_header(str(codes.get(party["role"], party["role"])), party, about(_called(party)))
    yield from without(told, "CUR", "REF")


def _called(party: Row) -> str:
    """What a detail about a party names it by: its role, with its number from the second on."""
    role: str = party["role"]
    return role if (party["sequence"] or 1) == 1 else f"{role}:{party['sequence']}"


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


def _claims(claims: Iterable[tuple[Row, Below]]) -> Iterator[str]:
    for position, (claim, below) in enumerate(claims):
        _refuse_strangers(below)
        details = below["remittance_detail"]
        group = [d for d in details if d["about"] == "group"]
        yield from _group(group) if group or position else [segment("LX", "1")]
        yield from _claim(claim, [d for d in details if d["about"] != "group"], below)


def _group(details: list[Row]) -> Iterator[str]:
    """LX, TS3 and TS2: what stands before the claims of a group; nothing where nothing was said."""
    if details:
        yield segment("LX", next((d["value"] for d in details if d["kind"] == "element"), "1"))
        yield from detail_segments([d for d in details if d["kind"] != "element"])


def _claim(claim: Row, details: list[Row], below: Below) -> Iterator[str]:
    adjustments, remarks = _by_line(below["adjustment"]), _by_line(below["remark"])
    by_line = _by_line(details)
    own = by_line[None]
    _refuse_details(own, {None}, "CLP|MIA|MOA")
    rest = elements_of(own)
    elements: list[Any] = [None] * 11
    elements[:5] = (claim["claim_id"], claim["claim_status_code"], claim["billed_amount"], claim["paid_amount"],
                    claim["patient_responsibility_amount"])  # fmt: skip
    for place, column in c.PAID_CLAIM_TEXT.items():
        elements[place - 1] = claim[column]
    yield segment("CLP", *elements, rest=rest)
    yield from adjustment_segments(adjustments[None])
    yield from _claim_names(claim, below["remittance_party"])
    yield from _claim_remarks(claim, [row["rarc"] for row in remarks[None]], rest)
    segments = [*detail_segments([d for d in own if d["kind"] != "date"])]
    yield from named(segments, "REF")
    for qualifier, column in c.PAID_CLAIM_DATES.items():
        if claim[column] is not None:
            yield segment("DTM", qualifier, claim[column])
    yield from _dates(own)
    for name in ("PER", "AMT", "QTY"):
        yield from named(segments, name)
    yield from without(segments, "REF", "PER", "AMT", "QTY")
    for line in below["remittance_line"]:
        number = line["line_number"]
        yield from _line(line, adjustments[number], [row["rarc"] for row in remarks[number]], by_line[number])


def _by_line(rows: list[Row]) -> defaultdict[int | None, list[Row]]:
    groups: defaultdict[int | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["line_number"]].append(row)
    return groups


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
    sent = [name for name in c.REMARKS if any(place.startswith(name) for place in rest)]
    for name in sent or (["MOA"] if remarks else []):
        elements: list[Any] = [None] * 24
        for place, rarc in zip(c.REMARKS[name], remarks, strict=False):
            elements[place - 1] = rarc
        remarks = []  # they stand in the first of two
        yield segment(name, *elements, rest=rest)


def _line(line: Row, adjustments: list[Row], remarks: list[str], details: list[Row]) -> Iterator[str]:
    _refuse_details(details, {None}, "SVC")
    code, revenue, rest = line["hcpcs_code"], line["revenue_code"], elements_of(details)
    procedure: tuple[str | None, ...] | None = None
    if code is not None:
        procedure = (qualifier_of(code), code, *(line["modifiers"] or "").split(COMPONENT))
    elif revenue is not None and "SVC01" not in rest:
        procedure, revenue = ("NU", revenue), None
    elif revenue is None and "SVC01" not in rest:
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


def _withheld(remittance: Row, payee: Row, rows: list[Row]) -> Iterator[str]:
    usual = date(remittance["payment_date"].year, 12, 31)

    def account(row: Row) -> tuple[str, date]:
        return row["provider_id"] or payee["identifier"], row["fiscal_period_end"] or usual

    for (provider, ends), run in groupby(rows, key=account):
        listed = list(run)
        for start in range(0, len(listed), 6):
            pairs: list[Element] = []
            for row in listed[start : start + 6]:
                pairs += [(row["reason_code"], row["reference"]), row["amount"]]
            yield segment("PLB", provider, ends, *pairs)
