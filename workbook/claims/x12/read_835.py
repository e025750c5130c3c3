"""What did a payer answer? The payments, adjustments and remarks of 835 files as the remittance tables.

The loops of the 005010X221A1 guide, as far as the tables go:

    header ─ BPR TRN, 1000A N1*PR REF*2U, 1000B N1*PE
      2100 claim ─ CLP CAS NM1*QC MIA MOA DTM*232
        2110 line ─ SVC DTM*472 CAS REF*6R AMT*B6 LQ*HE
    PLB amounts that concern no single claim
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.balance import balance
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12 import columns as c
from workbook.claims.x12.compose import digits
from workbook.claims.x12.envelope import Handler, Transaction, walk
from workbook.claims.x12.imbalance import PAYMENT_ELEMENTS, imbalance
from workbook.claims.x12.parties import Person, Separators, complete, detail_of, leftovers, person_of
from workbook.claims.x12.rows import Names, Problems, RowBuffer
from workbook.claims.x12.values import amount, cell, code_and_modifiers, day, quantity, text

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
ZERO, ONE = Decimal("0.00"), Decimal("1.000")
_LINE_NUMBER = re.compile("0*[1-9][0-9]{0,8}")


def read_remittance(paths: str | Path | Iterable[str | Path]) -> Remittance:
    """Read 835 files into the remittance tables; every CLP becomes a row, whatever is wrong with it.

    A remittance_id is TRN02 (TRN02#2, #3 … where it recurs in what is read). A line's number is REF*6R where that is a
    number not used before on its claim, else its position. What has no column is a row of remittance_detail, and who is
    named a row of remittance_party. Units that are not sent are one, as the guide has it. An amount the tables need but
    cannot read is 0.00, with an error.

    Faults inside a file are rows of `.problems`, among them every line, claim and transaction that does not balance.
    Raises WorkbookError when a file is missing, empty or not X12.
    """
    problems = Problems()
    reader = _RemittanceReader(problems)
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    for path in several:
        problems.file = str(path)
        walk(path, reader, problems)
    tables = {name: rows.to_arrow() for name, rows in reader.tables.items()}
    reader.report_imbalance(balance(tables))
    return Remittance(tables, problems.to_arrow(), source=", ".join(map(str, several)))


class _RemittanceReader:
    """The transaction, claim and line that are open, and the tables filled so far."""

    kind = "835"

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.tables = {name: RowBuffer(table) for name, table in REMITTANCE_TABLES.items()}
        self._ids = Names()
        self._remittance: Row = {}
        self._claim: Row | None = None
        self._line: Row | None = None
        self._lines: list[Row] = []
        self._adjustments: list[Row] = []
        self._remarks: list[Row] = []
        #: (remittance_id, claim_sequence, line_number) → (file, segment number), to place what does not balance
        self._places: dict[tuple[Any, Any, Any], tuple[str, int]] = {}
        self._separators: Separators = (":", None)
        self._person: Person | None = None  # the party last named, while N3, N4, PER … may still follow
        self._about: str | None = None
        self._parties: list[Row] = []
        self._details: list[Row] = []
        self._group: list[Row] = []  # LX, TS3 and TS2 until the claim that follows
        self._handlers: dict[str, Handler] = dict.fromkeys(("CUR", "QTY", "RDM"), self._detail)
        self._handlers |= dict.fromkeys(("N3", "N4", "PER"), self._party_detail)
        self._handlers |= dict.fromkeys(("LX", "TS2", "TS3"), self._begin_group)
        self._handlers |= {
            "BPR": self._payment,
            "TRN": self._trace,
            "N1": self._party,
            "CLP": self._begin_claim,
            "CAS": self._adjustment,
            "NM1": self._name,
            "MIA": self._claim_remarks,
            "MOA": self._claim_remarks,
            "SVC": self._begin_line,
            "DTM": self._date,
            "REF": self._reference,
            "AMT": self._amount,
            "LQ": self._remark,
            "PLB": self._provider_adjustment,
        }

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin an 835."""
        self._separators = transaction.delimiters.component, transaction.delimiters.repetition
        self._person = self._about = None
        self._parties, self._details, self._group = [], [], []
        self._number = transaction.number
        self._remittance = {"payment_amount": None}
        self._claims = 0
        self._header_counts = Counter[Any]()
        self._party_named = ""
        return self._handlers

    def finish(self) -> None:
        """End the transaction."""
        self._close_claim()
        name, remittance = self._name_remittance(), self._remittance
        if remittance["payment_amount"] is None:
            self._fault("the payment (BPR02) is missing; it is 0.00 here", self._number, "BPR02")
            remittance["payment_amount"] = ZERO
        if remittance.get("payee_npi") is None:
            self._fault("the payee has no NPI (N1*PE with XX in N103)", self._number, "N104", severity="warning")
        self._places[name, None, None] = (self.problems.file, self._number)
        self._keep(self._parties, self._of_transaction(self._details + self._group))
        self.tables["remittance"].append(remittance)
        self._remittance = {}

    def _of_transaction(self, details: list[Row]) -> list[Row]:
        """Details of the transaction, without what a writer derives from its columns."""
        told = self._remittance
        usual = {
            "BPR01": "H" if told.get("payment_method") == "NON" else "I",
            "BPR03": "C",
            "TRN03": originator(told.get("payer_id") or told.get("payer_name") or ""),
        }
        produced = (None, "date", "405", told.get("payment_date"))
        return [
            d
            for d in details
            if usual.get(d["qualifier"], d) != d.get("value")
            and (d["about"], d["kind"], d["qualifier"], d.get("from_date")) != produced
        ]

    def _keep(self, parties: list[Row], details: list[Row]) -> None:
        """Move the parties and details of the transaction, or of the claim that is open, to the tables."""
        claim = self._claim or {}
        key = {"remittance_id": self._remittance["remittance_id"], "claim_sequence": claim.get("claim_sequence")}
        counts: Counter[Any] = Counter() if claim else self._header_counts
        for row, counted in [(p, p["role"]) for p in parties] + [(d, d.get("line_number")) for d in details]:
            counts[counted] += 1
            row |= key | {"sequence": counts[counted]}
        self.tables["remittance_party"].extend(list(parties))
        self.tables["remittance_detail"].extend(list(details))
        parties.clear()
        details.clear()

    def _tell(self, kind: str, qualifier: str | None, **facts: Any) -> None:
        """Keep a fact that has no column, about the line, claim or transaction that is open."""
        line = self._line["line_number"] if self._line else None
        self._details.append({"line_number": line, "about": self._about, "kind": kind, "qualifier": qualifier, **facts})

    def _detail(self, number: int, elements: list[str]) -> None:
        """Keep a segment that has no columns."""
        line = self._line["line_number"] if self._line else None
        self._details.append({"line_number": line, **detail_of(elements, self._about, self._separators)})

    def _rest(self, elements: list[str], taken: tuple[int, ...]) -> None:
        """Keep the elements of a segment that no column takes."""
        line = self._line["line_number"] if self._line else None
        self._details += [{"line_number": line, **row} for row in leftovers(elements, taken, None, self._separators)]

    def _party_detail(self, number: int, elements: list[str]) -> None:
        if self._person is None or not complete(self._person, elements):
            self._detail(number, elements)

    def _begin_group(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        self._person = self._about = None
        if elements[0] == "LX":
            self._group += [{"about": "group", "kind": "element", "qualifier": "LX01", "value": cell(elements, 1)}]
        else:
            self._group.append(detail_of(elements, "group", self._separators))

    def _name_remittance(self) -> str:
        """The remittance_id; settled when the first claim needs it, after which TRN is not looked at."""
        if "remittance_id" not in self._remittance:
            trace = self._remittance.get("trace_number")
            name = self._remittance["remittance_id"] = self._ids.unique(trace or f"segment-{self._number}")
            if trace is None:
                message = "TRN02 is missing; the remittance is named after its segment"
                self._fault(message, self._number, "TRN02")
            elif name != trace:
                message = f"TRN02 {trace} was read before; this remittance is {name}"
                self._fault(message, self._number, "TRN02", severity="warning")
        return str(self._remittance["remittance_id"])

    @property
    def open_claim(self) -> str | None:
        """The claim being read."""
        return self._claim["claim_id"] if self._claim else None

    def report_imbalance(self, found: pa.Table) -> None:
        """Report every transaction, claim and line that does not balance, as SNIP level 3 errors."""
        import pyarrow.compute as pc

        for row in found.filter(pc.invert(found["is_balanced"])).to_pylist():
            self.problems.file, number = self._places[row["remittance_id"], row["claim_sequence"], row["line_number"]]
            segment, element = PAYMENT_ELEMENTS[row["level"]]
            self.problems.add(imbalance(row), number, segment, element, level=3, claim_id=row["claim_id"])

    def _fault(self, message: str, number: int, element: str, *, level: int = 2, severity: str = "error") -> None:
        claim = self.open_claim
        self.problems.add(message, number, element[:-2], element, level=level, severity=severity, claim_id=claim)

    def _money(self, elements: list[str], position: int, number: int) -> Decimal:
        """Read an amount the tables need: 0.00 and an error when it is absent or cannot be read."""
        value = self._optional_money(elements, position, number)
        if value is not None:
            return value
        if not cell(elements, position):
            element = f"{elements[0]}{position:02}"
            self._fault(f"{element} is empty; an amount was expected, 0.00 is taken", number, element)
        return ZERO

    def _optional_money(self, elements: list[str], position: int, number: int) -> Decimal | None:
        value = amount(elements[position]) if len(elements) > position else None
        if value is None and (sent := cell(elements, position)):
            element = f"{elements[0]}{position:02}"
            self._fault(f"{element} {sent!r} is not an amount in dollars and cents", number, element, level=1)
        return value

    def _quantity(self, elements: list[str], position: int, number: int) -> Decimal | None:
        value = quantity(elements[position]) if len(elements) > position else None
        if value is None and (sent := cell(elements, position)):
            element = f"{elements[0]}{position:02}"
            message = f"{element} {sent!r} is not a quantity with at most three decimals; it is null here"
            self._fault(message, number, element, level=1)
        return value

    def _day(self, elements: list[str], position: int, number: int) -> date | None:
        value = cell(elements, position)
        result = day(value)
        if value and result is None:
            element = f"{elements[0]}{position:02}"
            self._fault(f"{element} {value!r} is not a date (CCYYMMDD); it is null here", number, element, level=1)
        return result

    # Header and loops 1000

    def _payment(self, number: int, elements: list[str]) -> None:
        self._number = number
        self._remittance["payment_amount"] = self._money(elements, 2, number)
        self._remittance["payment_method"] = text(elements, 4)
        self._remittance["payment_date"] = self._day(elements, 16, number)
        self._rest(elements, (2, 4, 16))

    def _trace(self, number: int, elements: list[str]) -> None:
        if "remittance_id" not in self._remittance:
            self._remittance["trace_number"] = text(elements, 2)
            self._rest(elements, (1, 2))

    def _party(self, number: int, elements: list[str]) -> None:
        self._party_named = cell(elements, 1)
        self._about = c.REMITTANCE_ROLES.get(self._party_named, self._party_named)
        self._person = {
            "role": self._about, "is_organization": True, "last_name": text(elements, 2),
            "identifier_type": text(elements, 3), "identifier": text(elements, 4),
        }  # fmt: skip
        self._parties.append(self._person)
        if self._party_named == "PR":
            self._remittance["payer_name"], self._remittance["payer_id"] = text(elements, 2), text(elements, 4)
        elif self._party_named == "PE":
            self._remittance["payee_name"] = text(elements, 2)
            self._remittance["payee_npi"] = text(elements, 4) if cell(elements, 3) == "XX" else None

    # Loop 2100: claims

    def _begin_claim(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        self._claims += 1
        claim: Row = {
            "remittance_id": self._name_remittance(),
            "claim_sequence": self._claims,
            "claim_id": text(elements, 1) or f"segment-{number}",
        }
        before = self._claims == 1 and len(self._group) == 1 and self._group[0]["value"] == "1"
        self._keep_header()
        self._claim = claim
        self._details = [] if before else self._group
        self._group = []
        self._claim_place = number
        self._patient_amount = ZERO
        if text(elements, 1) is None:
            self._fault("CLP01 is empty; the claim is named after its segment", number, "CLP01")
        claim["claim_status_code"] = text(elements, 2)
        if claim["claim_status_code"] is None:
            self._fault("CLP02, the claim's status, is empty", number, "CLP02")
        claim["billed_amount"] = self._money(elements, 3, number)
        claim["paid_amount"] = self._money(elements, 4, number)
        claim["patient_responsibility_amount"] = self._optional_money(elements, 5, number)
        claim |= {column: text(elements, position) for position, column in c.PAID_CLAIM_TEXT.items()}
        self._rest(elements, (1, 2, 3, 4, 5, *c.PAID_CLAIM_TEXT))

    def _keep_header(self) -> None:
        """What the header said, moved to the tables when the first claim begins."""
        self._person = self._about = None
        self._keep(self._parties, self._of_transaction(self._details))
        self._parties, self._details = [], []

    def _close_claim(self) -> None:
        """End the claim that is open and move its rows to the tables."""
        claim = self._claim
        if claim is None:
            return
        stated = claim["patient_responsibility_amount"]
        if stated is not None and stated != self._patient_amount:
            message = (
                f"CLP05 says the patient owes {stated}; the adjustments of group PR come to {self._patient_amount}"
            )
            self._fault(message, self._claim_place, "CLP05", level=3, severity="warning")
        key = (claim["remittance_id"], claim["claim_sequence"])
        self._places[*key, None] = (self.problems.file, self._claim_place)
        for line in self._lines:
            self._places[*key, line["line_number"]] = (self.problems.file, line.pop("place"))
            if line["service_date"] is None:
                line["service_date"] = claim.get("statement_from_date")  # it holds for the lines that state none
        self.tables["remittance_claim"].append(claim)
        for table, rows in (
            ("remittance_line", self._lines),
            ("adjustment", self._adjustments),
            ("remark", self._remarks),
        ):
            self.tables[table].extend(rows)
            rows.clear()
        self._keep(self._parties, self._details)
        self._claim = self._line = self._person = self._about = None

    def _row(self, **columns: Any) -> Row:
        """A row about the claim that is open, or about its open line."""
        assert self._claim is not None  # callers have looked
        line_number = self._line["line_number"] if self._line else None
        return {
            "remittance_id": self._claim["remittance_id"],
            "claim_sequence": self._claim["claim_sequence"],
            "claim_id": self._claim["claim_id"],
            "line_number": line_number,
            **columns,
        }

    def _adjustment(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._fault("CAS stands outside a claim", number, "CAS01")
            return
        group = text(elements, 1)
        if group is None:
            self._fault("CAS01, the adjustment's group, is empty", number, "CAS01")
        for position in range(2, len(elements), 3):  # up to six times: reason, amount, quantity
            carc = text(elements, position)
            if carc is None and not cell(elements, position + 1):
                continue
            value = self._money(elements, position + 1, number)
            row = self._row(level="line" if self._line else "claim", group_code=group, carc=carc, amount=value)
            row["quantity"] = self._quantity(elements, position + 2, number)
            self._adjustments.append(row)
            self._patient_amount += value if group == "PR" else ZERO

    def _name(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._detail(number, elements)
            return
        entity = cell(elements, 1)
        self._parties.append({**person_of(elements), "role": c.PAID_CLAIM_ROLES.get(entity, entity)})
        if entity == "QC":
            self._claim["patient_id"] = text(elements, 9)

    def _claim_remarks(self, number: int, elements: list[str]) -> None:
        if self._claim is not None:
            places = c.REMARKS[elements[0]]
            self._remarks += [self._row(rarc=rarc) for p in places if (rarc := text(elements, p))]
            self._rest(elements, places)

    # Loop 2110: lines

    def _begin_line(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._fault("SVC stands outside a claim", number, "SVC01")
            return
        self._line = self._person = self._about = None
        line = self._row(place=number, service_date=None)
        line["line_number"] = self._unused_number(len(self._lines) + 1)
        found = code_and_modifiers(cell(elements, 1), self._separators[0])
        if found is None and not cell(elements, 1).startswith("NU"):  # NU is a revenue code, without a procedure
            message = f"SVC01 {cell(elements, 1)!r} is not a HCPCS code (qualifier HC); it is null here"
            self._fault(message, number, "SVC01", level=5, severity="warning")
        line["hcpcs_code"], line["modifiers"] = found or (None, None)
        qualifier, _, revenue = cell(elements, 1).partition(self._separators[0])
        line["revenue_code"] = text(elements, 4) or (revenue if found is None and qualifier == "NU" else None)
        billed = code_and_modifiers(cell(elements, 6), self._separators[0])
        if billed and billed[0] and (billed[1] is None):
            line["billed_hcpcs_code"] = billed[0]
        line["billed_units"] = self._quantity(elements, 7, number)
        line["billed_amount"] = self._money(elements, 2, number)
        line["paid_amount"] = self._money(elements, 3, number)
        line["units"] = self._quantity(elements, 5, number) if cell(elements, 5) else ONE
        self._lines.append(line)
        self._line = line
        kept = (1,) if found is not None or qualifier == "NU" else ()
        self._rest(elements, (*kept, 2, 3, 4, 5, 7, *((6,) if line.get("billed_hcpcs_code") else ())))
        if found is not None and qualifier == "NU":
            self._tell("element", "SVC01", value=cell(elements, 1))

    def _unused_number(self, number: int) -> int:
        used = {line["line_number"] for line in self._lines}
        while number in used:
            number += 1
        return number

    def _date(self, number: int, elements: list[str]) -> None:
        use, known = cell(elements, 1), c.PAID_LINE_DATES if self._line is not None else c.PAID_CLAIM_DATES
        row = self._line if self._line is not None else self._claim
        value = self._day(elements, 2, number)
        if row is not None and use in known and row.get(known[use]) is None:
            row[known[use]] = value
        elif value is not None:
            self._tell("date", use, from_date=value)

    def _reference(self, number: int, elements: list[str]) -> None:
        use = cell(elements, 1)
        if self._line is not None and use == "6R" and "line_control_number" not in self._line:
            self._number_line(self._line, number, cell(elements, 2))
            if cell(elements, 2) != str(self._line["line_number"]):
                self._line["line_control_number"] = text(elements, 2)
            return
        if self._claim is None and use == "2U" and self._party_named == "PR" and not self._remittance.get("payer_id"):
            self._remittance["payer_id"] = text(elements, 2)
            return
        if self._person is None or not complete(self._person, elements):
            self._detail(number, elements)

    def _number_line(self, line: Row, number: int, stated: str) -> None:
        """Renumber the open line as REF*6R says, with what was read about it, unless that is no number or taken."""
        old = line["line_number"]
        new = int(stated) if _LINE_NUMBER.fullmatch(stated) else old
        if new == old:
            return
        if self._unused_number(new) != new:
            self._fault(f"REF*6R {stated!r} was used before on this claim", number, "REF02", severity="warning")
            return
        for row in (line, *self._adjustments, *self._remarks, *self._details):  # no other line has the old number
            if row.get("line_number") == old:
                row["line_number"] = new

    def _amount(self, number: int, elements: list[str]) -> None:
        use, value = cell(elements, 1), self._optional_money(elements, 2, number)
        if self._line is not None and use == "B6" and "allowed_amount" not in self._line:
            self._line["allowed_amount"] = value
        else:
            self._tell("amount", use, amount=value)

    def _remark(self, number: int, elements: list[str]) -> None:
        rarc = text(elements, 2)
        if self._claim is not None and rarc and cell(elements, 1) == "HE":
            self._remarks.append(self._row(rarc=rarc))
        else:
            self._detail(number, elements)

    # Footer

    def _provider_adjustment(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        ends = self._day(elements, 2, number)
        for position in range(3, len(elements), 2):  # up to six pairs: reason and reference, amount
            reason, _, reference = cell(elements, position).partition(self._separators[0])
            if not reason and not cell(elements, position + 1):
                continue
            if not reason:
                self._fault(f"PLB{position:02}, the adjustment's reason, is empty", number, f"PLB{position:02}")
            self.tables["provider_adjustment"].append(
                {
                    "remittance_id": self._name_remittance(),
                    "reason_code": reason or None,
                    "reference": reference.strip() or None,
                    "amount": self._money(elements, position + 1, number),
                    "fiscal_period_end": ends,
                }
            )


def originator(payer: str) -> str:
    """TRN03, ten characters: 9 (a number the sender chose) and nine digits that the payer's id or name always gives."""
    return f"9{digits(payer)}"
