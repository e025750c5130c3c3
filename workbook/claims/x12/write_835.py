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
from workbook.claims.x12.compose import COMPONENT, Element, count, digits, interchange, lines_of, segment, transaction
from workbook.claims.x12.imbalance import imbalance
from workbook.terms import WorkbookError, private_file

Row = dict[str, Any]
GUIDE = "005010X221A1"
#: What the guide requires and the tables may leave null.
REQUIRED = {
    "remittance": ("payer_name", "payee_name", "payee_npi", "payment_method", "payment_date"),
    "remittance_claim": ("claim_status_code", "claim_filing_code", "payer_claim_id"),
    "remittance_line": ("hcpcs_code",),
    "adjustment": ("group_code", "carc"),
    "provider_adjustment": ("reason_code",),
}
#: The guide requires an address and a technical contact of the payer, and of the patient a last name, unless a pharmacy
#: bills. The tables hold none of them, and the file says so.
PAYER_CONTACT = ("N3*ADDRESS NOT ON FILE", "N4*NOT ON FILE", "PER*BL*CONTACT NOT ON FILE*TE*0000000000")
PATIENT_NAME = "NAME NOT ON FILE"
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
    from 1, units are not null, and rows stand in the order of claims and lines, those about a whole claim first.

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
        for name in ("remittance_line", "adjustment", "remark")
    }
    withheld = _by(tables["provider_adjustment"], "remittance_id")
    body: list[str] = []
    for position, row in enumerate(tables["remittance"], 1):
        name = row["remittance_id"]
        segments = [
            *_header(row),
            *_claims(sorted(claims[name], key=_sequence), details),
            *_withheld(row, withheld[name]),
        ]
        body += transaction("835", position, segments)
    first = tables["remittance"][0]
    sender, receiver = first["payer_id"] or "PAYER", first["payee_npi"]
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


def _header(row: Row) -> Iterator[str]:
    paid_on, method = row["payment_date"], row["payment_method"]
    handling = "H" if method == "NON" else "I"  # H notification only, I remittance information only
    yield segment("BPR", handling, row["payment_amount"], "C", method, *[None] * 11, paid_on)
    yield segment("TRN", "1", row["trace_number"] or row["remittance_id"], _payer_number(row))
    yield segment("DTM", "405", paid_on)
    yield segment("N1", "PR", row["payer_name"])
    yield from PAYER_CONTACT[:2]
    if row["payer_id"] is not None:
        yield segment("REF", "2U", row["payer_id"])
    yield PAYER_CONTACT[2]
    yield segment("N1", "PE", row["payee_name"], "XX", row["payee_npi"])


def _payer_number(row: Row) -> str:
    """TRN03, ten characters: 9 (a number the sender chose) and nine digits that payer_id, or the name, always gives."""
    return f"9{digits(row['payer_id'] or row['payer_name'])}"


def _claims(claims: list[Row], details: dict[str, defaultdict[Any, list[Row]]]) -> Iterator[str]:
    if claims:
        yield segment("LX", 1)
    for claim in claims:
        key = _claim_key(claim)
        adjustments = _by(details["adjustment"][key], "line_number")
        remarks = _by(details["remark"][key], "line_number")
        yield segment(
            "CLP",
            claim["claim_id"],
            claim["claim_status_code"],
            claim["billed_amount"],
            claim["paid_amount"],
            claim["patient_responsibility_amount"],
            claim["claim_filing_code"],
            claim["payer_claim_id"],
        )
        yield from _adjustments(adjustments[None])
        patient = claim["patient_id"]
        yield segment("NM1", "QC", "1", PATIENT_NAME, *[None] * 4, "MI" if patient else None, patient)
        yield from _claim_remarks(claim, [row["rarc"] for row in remarks[None]])
        for line in details["remittance_line"][key]:
            number = line["line_number"]
            yield from _line(line, adjustments[number], [row["rarc"] for row in remarks[number]])


def _claim_remarks(claim: Row, remarks: list[str]) -> Iterator[str]:
    if len(remarks) > 5:
        raise WorkbookError(
            f"claim {claim['claim_id']} has {len(remarks)} remarks that concern no line; "
            "an 835 has room for five (MOA03 to MOA07)"
        )
    if remarks:
        yield segment("MOA", None, None, *remarks)


def _line(line: Row, adjustments: list[Row], remarks: list[str]) -> Iterator[str]:
    code = line["hcpcs_code"]
    qualifier = "AD" if _DENTAL.fullmatch(code) else "HC"
    modifiers = (line["modifiers"] or "").split(COMPONENT)
    procedure = (qualifier, code, *modifiers)
    yield segment("SVC", procedure, line["billed_amount"], line["paid_amount"], None, count(line["units"]))
    if line["service_date"] is not None:
        yield segment("DTM", "472", line["service_date"])
    yield from _adjustments(adjustments)
    yield segment("REF", "6R", line["line_number"])
    if line["allowed_amount"] is not None:
        yield segment("AMT", "B6", line["allowed_amount"])
    for rarc in remarks:
        yield segment("LQ", "HE", rarc)


def _adjustments(rows: list[Row]) -> Iterator[str]:
    """One CAS for each run of rows of one group, or several: six reasons fit in one."""
    for group, run in groupby(rows, key=lambda row: row["group_code"]):
        for six in _sixes(list(run)):
            triplets = [cell for row in six for cell in (row["carc"], row["amount"], count(row["quantity"]))]
            yield segment("CAS", group, *triplets)


def _withheld(remittance: Row, rows: list[Row]) -> Iterator[str]:
    fiscal_year_end = date(remittance["payment_date"].year, 12, 31)
    for six in _sixes(rows):
        pairs: list[Element] = []
        for row in six:
            pairs += [(row["reason_code"], row["reference"]), row["amount"]]
        yield segment("PLB", remittance["payee_npi"], fiscal_year_end, *pairs)


def _sixes(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), 6):
        yield rows[start : start + 6]
