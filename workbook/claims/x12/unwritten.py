"""Would an 837 leave out something that the tables say? What has no place in it is told, not dropped in silence."""

from __future__ import annotations

from collections import Counter

from workbook.claims.x12 import columns as c
from workbook.claims.x12.claim_segments import Bundle
from workbook.claims.x12.party_segments import Row
from workbook.terms import WorkbookError

#: Whom a file always names, with or without a row of claim_party; None is the claim or line itself.
_ALWAYS = (None, "transaction", "submitter", "receiver", "billing", "subscriber", "payer")
_CODES = ("condition", "occurrence", "occurrence_span", "value", "treatment", "code")
_KINDS = ("date", "reference", "amount", "note", "element", "segment")


def refuse_unwritten(bundle: Bundle) -> None:
    """Raise WorkbookError for a row of a claim that names a line, an earlier payer or a party that is not there."""
    lines: dict[int | None, set[str | None]] = {None: _parties_of_claim(bundle)}
    times = Counter(line["line_number"] for line in bundle.lines)
    for line in bundle.lines:
        lines[line["line_number"]] = _parties_of_line(bundle, line)
        if times[line["line_number"]] > 1:
            raise WorkbookError(
                f"claim {bundle.claim['claim_id']} has line {line['line_number']} more than once in table claim_line; "
                "number its lines"
            )
    for table, rows in bundle.rows.items():
        for row in rows:
            if row.get("line_number") not in lines:
                raise WorkbookError(
                    f"table {table} has a row of line {row['line_number']} of claim {row['claim_id']}, which has no "
                    "such line"
                )
    _refuse_details(bundle, lines)
    _refuse_payers(bundle)


def _parties_of_claim(bundle: Bundle) -> set[str | None]:
    """What a detail of the whole claim may be about."""
    claim, rows = bundle.claim, bundle.rows
    at_claim = [p for p in rows["claim_party"] if p["line_number"] is None]
    known = {*_ALWAYS, *map(called, at_claim), *(role for role, column in c.CLAIM_NPI.items() if claim[column])}
    payers = [row for row in rows["other_payer"] if row["line_number"] is None]
    for number, payer in enumerate(payers, 1):
        known |= {f"{p['role']}:{number}" for p in at_claim if p["sequence"] == number}
        if payer["payer_sequence"] is not None or payer["payer_id"] is not None:
            known.add(f"other_payer:{number}")
        if payer["subscriber_id"]:
            known.add(f"other_subscriber:{number}")
    return known


def _parties_of_line(bundle: Bundle, line: Row) -> set[str | None]:
    """What a detail of one line may be about."""
    number = line["line_number"]
    parties = [p for p in bundle.rows["claim_party"] if p["line_number"] == number]
    known = {None, "drug", *map(called, parties), *(role for role, column in c.LINE_NPI.items() if line[column])}
    payers = [row for row in bundle.rows["other_payer"] if row["line_number"] == number]
    for place, payer in enumerate(payers, 1):
        if payer["payer_id"] is not None or payer["paid_amount"] is not None:
            known.add(f"other_payer:{place}")
    return known


def called(party: Row) -> str:
    """What a detail about a party names it by: its role, with its number from the second on."""
    role: str = party["role"]
    return role if party["sequence"] == 1 else f"{role}:{party['sequence']}"


def _refuse_details(bundle: Bundle, lines: dict[int | None, set[str | None]]) -> None:
    for d in bundle.details:
        about, number = d["about"], d["line_number"]
        of_line = "" if number is None else f", line {number},"
        where = f"claim {d['claim_id']}{of_line} has a detail in table claim_detail ({d['kind']} {d['qualifier']})"
        if about not in lines[number]:
            raise WorkbookError(
                f"{where} about {about!r}, whom no row of table claim_party or other_payer names there; add the party, "
                "or take the detail out"
            )
        if d["kind"] not in (_KINDS if about or number else (*_KINDS, *_CODES)):
            raise WorkbookError(f"{where} of a kind that an 837 has no place for there; write it as one of {_KINDS}")


def _refuse_payers(bundle: Bundle) -> None:
    claim_id, payers = bundle.claim["claim_id"], bundle.rows["other_payer"]
    whole = sum(1 for row in payers if row["line_number"] is None)
    for party in bundle.parties:
        if party["role"] in c.OTHER_PAYER_ROLES.values() and party["sequence"] > whole:
            raise WorkbookError(
                f"claim {claim_id} has {party['role']} {party['sequence']} in table claim_party and {whole} earlier "
                "payers in table other_payer; add the payer's row"
            )
    known = {(row["line_number"], row["payer_id"]) for row in payers}
    for row in bundle.rows["other_payer_adjustment"]:
        if (row["line_number"], row["payer_id"]) not in known:
            of_line = "" if row["line_number"] is None else f", line {row['line_number']},"
            raise WorkbookError(
                f"claim {claim_id}{of_line} has an adjustment {row['group_code']} {row['carc']} of payer "
                f"{row['payer_id']} in table other_payer_adjustment and no row of it in table other_payer; add the row"
            )
