"""How do claims become an 837? Files of the 005010X222A1, X223A2 and X224A2 guides, from the claim tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from itertools import chain, groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_PARTY
from workbook.claims.x12 import columns as c
from workbook.claims.x12.claim_segments import Bundle, claim_segments
from workbook.claims.x12.compose import segment, spool, transaction, write_interchange
from workbook.claims.x12.gather import gathered
from workbook.claims.x12.party_segments import Row, detail_segments, elements_of, named, party_segments
from workbook.claims.x12.unwritten import refuse_unwritten
from workbook.terms import WorkbookError, private_file

if TYPE_CHECKING:
    import pyarrow as pa

GUIDES = {"professional": "005010X222A1", "institutional": "005010X223A2", "dental": "005010X224A2"}
_WHO = tuple(name for name in CLAIM_PARTY.names if name not in CLAIM_PARTY.key)
_CONTACT = {"contact_name": c.NOT_ON_FILE, "phone": c.NO_PHONE}
_PLACE = {"address_1": c.NOT_ON_FILE, "city": c.NOT_ON_FILE}


def write_837(claims: Claims, path: str | Path) -> None:
    """Write claims as an 837 file that only its owner may read (mode 0600); see `format_837`.

    Segments go to the file as they are made; it takes its place, over an older one, only when all is written.
    """
    with private_file(Path(path)) as stream:
        _write(claims, stream, Path(path).parent)


def format_837(claims: Claims) -> str:
    """Put claims into the text of an 837: an interchange for each run of claims of one type, in the order of the table.

    The same tables give the same text: control numbers derive from the content, the interchange bears the last date of
    service and the time 0000, and it is marked as a test (ISA15 is T). CLM01 is patient_control_number, or claim_id
    where there is none. What the guide wants and the tables lack (a name, a street, a contact) says "NOT ON FILE",
    which `wb.read_claims` reads as nothing.

    `wb.read_claims` reads it back to equal tables, but for source_file, source_segment and received_date, when the
    tables are as a reader fills them: claim_id is patient_control_number; submitter, receiver, billing provider,
    subscriber and payer are rows of claim_party; NPIs in claim and claim_line are those of parties; what an earlier
    payer allowed is what it paid and left to the patient.

    Raises WorkbookError when there is no claim, a claim has no line, a charge is null, a row belongs to no claim or
    line or is about a party that no row names, or a text holds a separator.
    """
    stream = BytesIO()
    _write(claims, stream, None)
    return stream.getvalue().decode()


def _write(claims: Claims, stream: IO[bytes], folder: Path | None) -> None:
    tables = claims.arrow
    if not tables["claim"].num_rows:
        raise WorkbookError("there is no claim to write; table claim has no row")
    days = iter(_last_days(tables))
    for claim_type, run in groupby(_bundles(tables), key=lambda b: b.claim["claim_type"]):
        _interchange(stream, folder, claim_type, run, next(days))


def _last_days(tables: Mapping[str, pa.Table]) -> list[date]:
    """For each run of claims of one type the last day that any of them bills: what is billed was done before."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    claim, line = tables["claim"], tables["claim_line"]
    types = claim["claim_type"].combine_chunks().dictionary_encode()
    codes = types.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    runs = pa.array(np.cumsum(np.concatenate([[0], np.diff(codes) != 0])))
    run_of_line = runs.take(pc.index_in(line["claim_id"], claim["claim_id"].combine_chunks()))
    day = pc.coalesce(line["service_through_date"], line["service_from_date"])
    parts = [(run_of_line, day), (runs, claim["statement_through_date"])]
    dated = pa.concat_tables([pa.table({"run": run, "day": on}) for run, on in parts])
    last = dated.group_by("run").aggregate([("day", "max")]).sort_by("run")["day_max"]
    return [day or date(2000, 1, 1) for day in last.to_pylist()]


def _interchange(stream: IO[bytes], folder: Path | None, claim_type: str, bundles: Iterator[Bundle], on: date) -> None:
    first, bundles = _peek(bundles)
    if claim_type not in GUIDES:
        raise WorkbookError(
            f"claim {first.claim['claim_id']} is of type {claim_type!r}; an 837 is written for {', '.join(GUIDES)}"
        )
    guide, sets = GUIDES[claim_type], 0
    together = ("transaction", "submitter", "receiver")
    with spool(folder) as body:
        for _, of_transaction in groupby(bundles, key=lambda b: (b.claim["purpose"], *_shared(b, *together))):
            sets += 1
            with spool(folder) as inside, transaction(body, "837", sets, guide):
                head, sent = _peek(of_transaction)
                inside.add(_batch(head, sent))
                body.add([segment("BHT", "0019", "00", inside.number, on, "0000", head.claim["purpose"] or "CH")])
                body.add_all_of(inside)
        sender, receiver = _submitter(first)["identifier"] or "SENDER", _receiver(first)["identifier"] or "PAYER"
        write_interchange(stream, "HC", guide, sender, receiver, on, body, sets)


def _peek(bundles: Iterator[Bundle]) -> tuple[Bundle, Iterator[Bundle]]:
    """The first of some claims, and all of them."""
    first = next(bundles)
    return first, chain([first], bundles)


def _batch(first: Bundle, bundles: Iterator[Bundle]) -> Iterator[str]:
    """Submitter, receiver, and the tree of billing providers, subscribers and patients."""
    yield from detail_segments(first.about("transaction"))
    for role, party in (("submitter", _submitter(first)), ("receiver", _receiver(first))):
        yield from party_segments(role, c.HEADER, party, first.about(role))
        yield from first.again(role)
    level = 0
    for _, of_provider in groupby(bundles, key=lambda b: _shared(b, "billing", "pay_to", "pay_to_plan")):
        head, provided = _peek(of_provider)
        level += 1
        provider = level
        yield segment("HL", provider, None, "20", "1")
        yield from _provider(head)
        for _, of_subscriber in groupby(provided, key=_subscriber_key):
            head, insured = _peek(of_subscriber)
            level += 1
            subscriber, has_dependents = level, "patient" in head.header
            yield segment("HL", subscriber, provider, "22", "1" if has_dependents else "0")
            yield from _subscriber(head)
            for _, of_patient in groupby(insured, key=_patient_key):
                head, treated = _peek(of_patient)
                if has_dependents:
                    level += 1
                    yield segment("HL", level, subscriber, "23", "0")
                    yield from _patient(head)
                for bundle in treated:
                    yield from claim_segments(bundle)


def _shared(bundle: Bundle, *roles: str) -> tuple[object, ...]:
    """What must be equal for two claims to stand below one loop: the parties of some roles, and details about them."""
    found = [tuple(bundle.header[role][name] for name in _WHO) if role in bundle.header else None for role in roles]
    told = [_said(bundle.about(role)) for role in roles]
    return (bundle.claim["billing_provider_npi"] if "billing" in roles else None, *found, *told)


def _said(details: list[Row]) -> tuple[object, ...]:
    return tuple((d["kind"], d["qualifier"], d["value"], d["from_date"], d["amount"]) for d in details)


def _subscriber_key(bundle: Bundle) -> tuple[object, ...]:
    told = tuple(bundle.claim[name] for name in c.SUBSCRIBER.values())
    is_self = "patient" not in bundle.header
    own = (
        tuple(bundle.claim[n] for n in ("patient_relationship", "patient_birth_date", "patient_sex")) if is_self else ()
    )
    ids = tuple(bundle.claim[name] for name in ("subscriber_id", "payer_id", "payer_name"))
    return (is_self, own, ids, told, *_shared(bundle, "subscriber", "payer"))


def _patient_key(bundle: Bundle) -> tuple[object, ...]:
    return (bundle.claim["patient_relationship"], *_shared(bundle, "patient"))


def _submitter(bundle: Bundle) -> Row:
    billing = bundle.header.get("billing") or {}
    stand_in = {"last_name": billing.get("last_name"), "identifier": bundle.claim["billing_provider_npi"]}
    return bundle.header.get("submitter") or _blank(is_organization=True, identifier_type="46", **stand_in, **_CONTACT)


def _receiver(bundle: Bundle) -> Row:
    stand_in = {"last_name": bundle.claim["payer_name"], "identifier": bundle.claim["payer_id"] or "PAYER"}
    return bundle.header.get("receiver") or _blank(is_organization=True, identifier_type="46", **stand_in)


def _blank(**known: object) -> Row:
    return {name: known.get(name) for name in _WHO}


def _provider(bundle: Bundle) -> Iterator[str]:
    details = bundle.about("billing")
    npi = bundle.claim["billing_provider_npi"]
    party = bundle.header.get("billing") or _blank(
        is_organization=True, identifier_type="XX" if npi else None, identifier=npi, **_PLACE
    )
    if party["taxonomy_code"]:
        yield segment("PRV", "BI", "PXC", party["taxonomy_code"])
    yield from named([*detail_segments(details)], "CUR")
    rest = [d for d in details if not (d["kind"] == "segment" and d["qualifier"] == "CUR")]
    yield from party_segments("billing", c.HEADER, {**party, "taxonomy_code": None}, rest)
    yield from bundle.again("billing")
    for role in ("pay_to", "pay_to_plan"):
        if role in bundle.header:
            yield from party_segments(role, c.HEADER, bundle.header[role], bundle.about(role))
            yield from bundle.again(role)


def _subscriber(bundle: Bundle) -> Iterator[str]:
    claim, is_self = bundle.claim, "patient" not in bundle.header
    details = bundle.about("subscriber")
    rest = elements_of(details)
    elements: list[Any] = [None] * 9
    for position, column in c.SUBSCRIBER.items():
        elements[position - 1] = claim[column]
    elements[1] = claim["patient_relationship"] if is_self else None
    yield segment("SBR", *elements, rest=rest)
    if is_self and (pat := segment("PAT", rest=rest)) != "PAT":
        yield pat
    party = bundle.header.get("subscriber") or _blank(
        is_organization=False, identifier=claim["subscriber_id"],
        identifier_type="MI" if claim["subscriber_id"] else None,
        **({"birth_date": claim["patient_birth_date"], "sex": claim["patient_sex"], **_PLACE} if is_self else {}),
    )  # fmt: skip
    yield from party_segments("subscriber", c.HEADER, party, details)
    payer = bundle.header.get("payer") or _blank(
        is_organization=True, last_name=claim["payer_name"], identifier=claim["payer_id"],
        identifier_type="PI" if claim["payer_id"] else None,
    )  # fmt: skip
    yield from party_segments("payer", c.HEADER, payer, bundle.about("payer"))
    yield from (*bundle.again("subscriber"), *bundle.again("payer"))


def _patient(bundle: Bundle) -> Iterator[str]:
    details = bundle.about("patient")
    rest = elements_of(details)
    yield segment("PAT", bundle.claim["patient_relationship"], rest=rest)
    yield from party_segments("patient", c.HEADER, bundle.header["patient"], details)
    yield from bundle.again("patient")


def _bundles(tables: Mapping[str, pa.Table]) -> Iterator[Bundle]:
    """Each claim with its rows of every table."""
    others = {name: table for name, table in tables.items() if name != "claim"}
    for claim, below in gathered(tables["claim"], others, ("claim_id",), "claim"):
        bundle = Bundle(claim, below)
        _refuse(bundle)
        refuse_unwritten(bundle)
        yield bundle


def _refuse(bundle: Bundle) -> None:
    claim_id = bundle.claim["claim_id"]
    if not bundle.lines:
        raise WorkbookError(f"claim {claim_id} has no line in table claim_line; an 837 needs one")
    if bundle.claim["billed_amount"] is None:
        raise WorkbookError(f"claim {claim_id} has no billed_amount (CLM02); fill it in and write again")
    for line in bundle.lines:
        if line["billed_amount"] is None:
            raise WorkbookError(
                f"line {line['line_number']} of claim {claim_id} has no billed_amount; fill it in and write again"
            )
