"""What did a payer answer? The payments, adjustments and remarks of 835 files as the remittance tables.

The loops of the 005010X221A1 guide, as far as the tables go:

    header ─ BPR TRN, 1000A N1*PR REF*2U, 1000B N1*PE
      2100 claim ─ CLP CAS NM1*QC MIA MOA DTM*232
        2110 line ─ SVC DTM*472 CAS REF*6R AMT*B6 LQ*HE
    PLB amounts that concern no single claim
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
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
_DENTAL = re.compile("D[0-9]{4}")
_TAKEN_OF_CLP = frozenset({1, 2, 3, 4, 5, *c.PAID_CLAIM_TEXT})
_TAKEN_OF_SVC = frozenset(range(1, 8))
_TAKEN_OF_NM1 = frozenset({1, 2, *c.NAME})


def read_remittance(paths: str | Path | Iterable[str | Path]) -> Remittance:
    """Read 835 files into the remittance tables; every CLP becomes a row, whatever is wrong with it.

    A remittance_id is TRN02 (TRN02#2, #3 … where it recurs in what is read). A line's number is REF*6R where that is a
    number not used before on its claim, else its position. What has no column is a row of remittance_detail, and who is
    named a row of remittance_party. Units that are not sent are one, as the guide has it. An amount the tables need but
    cannot read is 0.00, with an error.

    Faults inside a file are rows of `.problems`, among them every line, claim and transaction that does not balance.
    Raises WorkbookError when a file is missing, empty or not X12.
    """
    parts: list[Remittance] = []
    stream_835(paths, parts.append, batch=None)
    return parts[0]


def stream_835(
    paths: str | Path | Iterable[str | Path], each: Callable[[Remittance], None], batch: int | None = 20_000
) -> int:
    """Read 835 files of any size: `each` is given the paid claims in parts of so many; returns how many there were.

    Memory grows with the batch, not with the file (but for a name kept of each transaction). With `batch` None there is
    one part. A transaction's claims may stand in several parts; its row of `remittance` stands in the part in which it
    ends, and so does the verdict whether it balances, which counts the claims and provider adjustments of the earlier
    parts (`Remittance.paid_before`). Lines and claims are judged in their own part. See `read_remittance` for what is
    read and refused.
    """
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    problems = Problems()
    reader = _RemittanceReader(problems, each, batch, source=", ".join(map(str, several)))
    for path in several:
        problems.file = str(path)
        walk(path, reader, problems)
    reader.hand_over()
    return reader.count


class _RemittanceReader:
    """The transaction, claim and line that are open, and the tables filled so far."""

    kind = "835"

    def __init__(self, problems: Problems, each: Callable[[Remittance], None], batch: int | None, source: str) -> None:
        self.problems = problems
        self._each, self._batch, self._source = each, batch, source
        self.count = 0
        self._ids = Names()
        self._paid_before: dict[str, Decimal] = {}
        self._remittance: Row = {}
        self._claim: Row | None = None
        self._line: Row | None = None
        self._lines: list[Row] = []
        self._adjustments: list[Row] = []
        self._remarks: list[Row] = []
        self._separators: Separators = (":", None)
        self._person: Person | None = None  # the party last named, while N3, N4, PER … may still follow
        self._about: str | None = None
        self._parties: list[Row] = []
        self._details: list[Row] = []
        self._group: list[Row] = []  # LX, TS3 and TS2 until the claim that follows
        self._begin_part()
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

    def _begin_part(self) -> None:
        """Begin what is handed over next."""
        self.tables = {name: RowBuffer(table) for name, table in REMITTANCE_TABLES.items()}
        #: level → (file, segment number) of each row of its table, to place what does not balance
        self._places: dict[str, list[tuple[str, int]]] = {level: [] for level in PAYMENT_ELEMENTS}

    def hand_over(self) -> None:
        """Judge and give away what was read since the last time."""
        tables = {name: rows.to_arrow() for name, rows in self.tables.items()}
        self._report_imbalance(balance(tables, self._paid_before))
        self._each(Remittance(tables, self.problems.take(), self._source, self._paid_before))
        self._begin_part()
        name = self._remittance.get("remittance_id")
        self._paid_before = {name: self._paid} if name else {}

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin an 835."""
        self._separators = transaction.delimiters.component, transaction.delimiters.repetition
        self._person = self._about = None
        self._parties, self._details, self._group = [], [], []
        self._number = transaction.number
        self._remittance = {"payment_amount": None}
        self._payee_id = ""
        self._claims = 0
        self._paid = ZERO  # by the claims so far, less provider adjustments
        self._counts: dict[Any, int] = {}  # of the header's details
        self._roles: dict[str, int] = {}  # of the parties of the header, or of the claim that is open
        return self._handlers

    def finish(self) -> None:
        """End the transaction."""
        self._close_claim()
        self._name_remittance()
        remittance, named = self._remittance, self._remittance.keys()
        if remittance["payment_amount"] is None:
            self._fault("the payment (BPR02) is missing; it is 0.00 here", self._number, "BPR02")
            remittance["payment_amount"] = ZERO
        if "payer_name" not in named:
            self._fault("the payer is not named (N1*PR)", self._number, "N101")
        if "payee_name" not in named:
            self._fault("the payee is not named (N1*PE)", self._number, "N101")
        elif remittance["payee_npi"] is None:
            self._fault("the payee has no NPI (N1*PE with XX in N103)", self._number, "N104", severity="warning")
        self._places["transaction"].append((self.problems.file, self._number))
        self._details += self._group
        self._keep_header()
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

    def _keep_header(self) -> None:
        """Move what was said outside every claim to the tables."""
        if self._parties or self._details:
            self._keep(self._parties, self._of_transaction(self._details), None, self._counts)
        self._person = self._about = None
        self._parties, self._details = [], []

    def _keep(self, parties: list[Row], details: list[Row], claim: int | None, counts: dict[Any, int]) -> None:
        """Move parties and details of the transaction, or of one of its claims, to the tables."""
        name = self._remittance["remittance_id"]
        for row in parties:
            row["remittance_id"], row["claim_sequence"] = name, claim
        for row in details:
            line = row.get("line_number")
            counts[line] = row["sequence"] = counts.get(line, 0) + 1
            row["remittance_id"], row["claim_sequence"] = name, claim
        self.tables["remittance_party"].extend(parties)
        self.tables["remittance_detail"].extend(details)

    def _line_number(self) -> int | None:
        return self._line["line_number"] if self._line else None

    def _tell(self, kind: str, qualifier: str | None, **facts: Any) -> None:
        """Keep a fact that has no column, about the line, claim or transaction that is open."""
        line = self._line_number()
        self._details.append({"line_number": line, "about": self._about, "kind": kind, "qualifier": qualifier, **facts})

    def _detail(self, number: int, elements: list[str]) -> None:
        """Keep a segment that has no columns."""
        detail = detail_of(elements, self._about, self._separators)
        detail["line_number"] = self._line_number()
        self._details.append(detail)

    def _rest(self, elements: list[str], taken: Collection[int]) -> None:
        """Keep the elements of a segment that no column takes."""
        line = self._line_number()
        for row in leftovers(elements, taken, None, self._separators):
            row["line_number"] = line
            self._details.append(row)

    def _tell_lost(self, number: int, elements: list[str], taken: Collection[int]) -> None:
        """Say which elements of a segment have no place in the tables."""
        for row in leftovers(elements, taken, None, self._separators):
            message = f"{row['qualifier']} {row['value']!r} has no place in the tables; it is not kept"
            self._fault(message, number, row["qualifier"], severity="warning")

    def _party_detail(self, number: int, elements: list[str]) -> None:
        if self._person is None or not complete(self._person, elements):
            self._detail(number, elements)

    def _begin_group(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        self._person = self._about = None
        if elements[0] == "LX":
            value = text(elements, 1)
            self._group.append({"about": "group", "kind": "element", "qualifier": "LX01", "value": value})
            self._tell_lost(number, elements, (1,))
        else:
            self._group.append(detail_of(elements, "group", self._separators))

    def _name_remittance(self) -> str:
        """The remittance_id; settled when the first claim needs it, after which TRN is not looked at."""
        name: str | None = self._remittance.get("remittance_id")
        if name is not None:
            return name
        trace = self._remittance.get("trace_number")
        name = self._remittance["remittance_id"] = self._ids.unique(trace or f"segment-{self._number}")
        if trace is None:
            self._fault("TRN02 is missing; the remittance is named after its segment", self._number, "TRN02")
        elif name != trace:
            message = f"TRN02 {trace} was read before; this remittance is {name}"
            self._fault(message, self._number, "TRN02", severity="warning")
        return name

    @property
    def open_claim(self) -> str | None:
        """The claim being read."""
        return self._claim["claim_id"] if self._claim else None

    def _report_imbalance(self, found: pa.Table) -> None:
        """Report every transaction, claim and line that does not balance, as SNIP level 3 errors."""
        import pyarrow.compute as pc

        file = self.problems.file
        places = [place for level in PAYMENT_ELEMENTS for place in self._places[level]]  # in the order of `found`
        off = pc.indices_nonzero(pc.invert(found["is_balanced"]))
        for place, row in zip(off.to_pylist(), found.take(off).to_pylist(), strict=True):
            self.problems.file, number = places[place]
            segment, element = PAYMENT_ELEMENTS[row["level"]]
            self.problems.add(imbalance(row), number, segment, element, level=3, claim_id=row["claim_id"])
        self.problems.file = file

    def _fault(self, message: str, number: int, element: str, *, level: int = 2, severity: str = "error") -> None:
        claim = self.open_claim
        self.problems.add(message, number, element[:-2], element, level=level, severity=severity, claim_id=claim)

    def _money(self, cells: list[str], position: int, number: int) -> Decimal:
        """Read an amount the tables need: 0.00 and an error when it is absent or cannot be read."""
        value = amount(cells[position])
        if value is not None:
            return value
        if not self._told_unreadable(cells, position, number, "an amount in dollars and cents"):
            element = f"{cells[0]}{position:02}"
            self._fault(f"{element} is empty; an amount was expected, 0.00 is taken", number, element)
        return ZERO

    def _optional_money(self, cells: list[str], position: int, number: int) -> Decimal | None:
        value = amount(cells[position])
        if value is None:
            self._told_unreadable(cells, position, number, "an amount in dollars and cents")
        return value

    def _quantity(self, cells: list[str], position: int, number: int) -> Decimal | None:
        value = quantity(cells[position])
        if value is None:
            what = "a quantity with at most three decimals; it is null here"
            self._told_unreadable(cells, position, number, what)
        return value

    def _day(self, cells: list[str], position: int, number: int) -> date | None:
        value = day(cells[position])
        if value is None:
            self._told_unreadable(cells, position, number, "a date (CCYYMMDD); it is null here")
        return value

    def _told_unreadable(self, cells: list[str], position: int, number: int, what: str) -> bool:
        """Report a value that is not what it should be; False when there is none."""
        if sent := cells[position]:
            element = f"{cells[0]}{position:02}"
            self._fault(f"{element} {sent!r} is not {what}", number, element, level=1)
        return bool(sent)

    # Header and loops 1000

    def _payment(self, number: int, elements: list[str]) -> None:
        if self._remittance["payment_amount"] is not None:
            self._fault("a second BPR; the first one holds", number, "BPR02")
            self._detail(number, elements)
            return
        cells = _cells(elements, 16)
        self._number = number
        self._remittance["payment_amount"] = self._money(cells, 2, number)
        self._remittance["payment_method"] = cells[4] or None
        self._remittance["payment_date"] = self._day(cells, 16, number)
        self._rest(cells, (2, 4, 16))

    def _trace(self, number: int, elements: list[str]) -> None:
        if "trace_number" in self._remittance or "remittance_id" in self._remittance:
            self._fault("a second TRN, or one after the first claim; it is not looked at", number, "TRN02")
            self._detail(number, elements)
            return
        self._remittance["trace_number"] = text(elements, 2)
        self._rest(elements, (1, 2))

    def _party(self, number: int, elements: list[str]) -> None:
        """N1: the first payer and the first payee are those of the columns."""
        if self._claim is not None:
            self._fault("N1 stands inside a claim", number, "N101")
            self._detail(number, elements)
            return
        _, code, name, kind, identifier, *_ = _cells(elements, 4)
        role = c.REMITTANCE_ROLES.get(code, code)
        self._about = self._count_role(role)
        self._person = {
            "role": role, "sequence": self._roles[role], "is_organization": True, "last_name": name or None,
            "identifier_type": kind or None, "identifier": identifier or None,
        }  # fmt: skip
        self._parties.append(self._person)
        self._tell_lost(number, elements, (1, 2, 3, 4))
        if self._about == "payer":
            self._remittance["payer_name"], self._remittance["payer_id"] = name or None, identifier or None
        elif self._about == "payee":
            self._remittance["payee_name"] = name or None
            self._remittance["payee_npi"] = identifier or None if kind == "XX" else None
            self._payee_id = identifier

    def _count_role(self, role: str) -> str:
        """Count a party; returns what a detail about it names it by: its role, with its number from the second on."""
        sequence = self._roles[role] = self._roles.get(role, 0) + 1
        return role if sequence == 1 else f"{role}:{sequence}"

    # Loop 2100: claims

    def _begin_claim(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        if self._batch and self.count and self.count % self._batch == 0:
            self.hand_over()
        self.count += 1
        self._claims += 1
        cells = _cells(elements, 11)
        remittance_id = self._name_remittance()
        is_usual = self._claims == 1 and len(self._group) == 1 and self._group[0]["value"] == "1"
        self._keep_header()
        self._details, self._group = [] if is_usual else self._group, []
        claim_id = cells[1] or f"segment-{number}"
        self._key: Row = {"remittance_id": remittance_id, "claim_sequence": self._claims, "claim_id": claim_id}
        self._claim = claim = {**self._key, "claim_status_code": cells[2] or None}
        self._claim_place = number
        self._patient_amount = ZERO
        self._header_roles, self._roles = self._roles, {}
        self._numbers: set[int] = set()
        if not cells[1]:
            self._fault("CLP01 is empty; the claim is named after its segment", number, "CLP01")
        if not cells[2]:
            self._fault("CLP02, the claim's status, is empty", number, "CLP02")
        claim["billed_amount"] = billed = self._money(cells, 3, number)
        claim["paid_amount"] = self._money(cells, 4, number)
        claim["patient_responsibility_amount"] = self._optional_money(cells, 5, number)
        for position, column in c.PAID_CLAIM_TEXT.items():
            claim[column] = cells[position] or None
        if cells[2] == "22" and billed > 0:
            self._fault("CLP02 22 reverses a claim, but CLP03 is not negative", number, "CLP03", severity="warning")
        self._rest(cells, _TAKEN_OF_CLP)

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
        file, tables = self.problems.file, self.tables
        self._places["claim"].append((file, self._claim_place))
        for line in self._lines:
            self._places["line"].append((file, line.pop("place")))
            if line["service_date"] is None:
                line["service_date"] = claim.get("statement_from_date")  # it holds for the lines that state none
        self._paid += claim["paid_amount"]
        tables["remittance_claim"].append(claim)
        tables["remittance_line"].extend(self._lines)
        tables["adjustment"].extend(self._adjustments)
        tables["remark"].extend(self._remarks)
        self._keep(self._parties, self._details, claim["claim_sequence"], {})
        self._lines, self._adjustments, self._remarks, self._parties, self._details = [], [], [], [], []
        self._roles = self._header_roles
        self._claim = self._line = self._person = self._about = None

    def _adjustment(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._fault("CAS stands outside a claim", number, "CAS01")
            return
        length = len(elements)
        cells = _cells(elements, length + 1)  # the last amount and quantity may be left off
        group = cells[1] or None
        if group is None:
            self._fault("CAS01, the adjustment's group, is empty", number, "CAS01")
        line, level = (self._line["line_number"], "line") if self._line else (None, "claim")
        for position in range(2, length, 3):  # up to six times: reason, amount, quantity
            carc = cells[position] or None
            if carc is None and not cells[position + 1] and not cells[position + 2]:
                continue
            value = self._money(cells, position + 1, number)
            counted = self._quantity(cells, position + 2, number) if cells[position + 2] else None
            self._adjustments.append(
                {**self._key, "line_number": line, "level": level, "group_code": group, "carc": carc, "amount": value,
                 "quantity": counted}
            )  # fmt: skip
            if group == "PR":
                self._patient_amount += value

    def _name(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._detail(number, elements)
            return
        person = person_of(elements)
        code = cell(elements, 1)
        role = person["role"] = c.PAID_CLAIM_ROLES.get(code, code)
        self._count_role(role)
        person["sequence"] = self._roles[role]
        self._parties.append(person)
        if code == "QC":
            self._claim["patient_id"] = person.get("identifier")
        if len(elements) > 10 or elements[6:7] not in ([], [""]):
            self._tell_lost(number, elements, _TAKEN_OF_NM1)

    def _claim_remarks(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._detail(number, elements)
            return
        places = c.REMARKS[elements[0]]
        for place in places:
            if rarc := text(elements, place):
                self._remarks.append({**self._key, "line_number": self._line_number(), "rarc": rarc})
        self._rest(elements, places)

    # Loop 2110: lines

    def _begin_line(self, number: int, elements: list[str]) -> None:
        if self._claim is None:
            self._fault("SVC stands outside a claim", number, "SVC01")
            return
        cells = _cells(elements, 7)
        component = self._separators[0]
        code, modifiers, revenue, is_whole = _procedure(cells[1], component)
        if code is None and revenue is None and cells[1]:
            message = f"SVC01 {cells[1]!r} is not a HCPCS code (qualifier HC); it is null here"
            self._fault(message, number, "SVC01", level=5, severity="warning")
        self._line = self._person = self._about = None
        self._is_numbered = False
        #: how many rows of the claim stand before those of the line
        self._before_line = len(self._adjustments), len(self._remarks), len(self._details)
        billed, taken = None, _TAKEN_OF_SVC
        if not is_whole or (revenue and cells[4]):
            taken = taken - {1}
        if cells[6]:
            billed, with_modifiers, *_ = _procedure(cells[6], component)
            if with_modifiers or cells[6] != f"HC{component}{billed}":
                billed, taken = None if with_modifiers else billed, taken - {6}
        line: Row = {
            **self._key,
            "line_number": self._unused_number(len(self._lines) + 1),
            "place": number,
            "service_date": None,
            "hcpcs_code": code,
            "modifiers": modifiers,
            "revenue_code": cells[4] or revenue,
            "billed_hcpcs_code": billed,
            "billed_amount": self._money(cells, 2, number),
            "paid_amount": self._money(cells, 3, number),
            "units": self._quantity(cells, 5, number) if cells[5] else ONE,
            "billed_units": self._quantity(cells, 7, number) if cells[7] else None,
        }
        self._numbers.add(line["line_number"])
        self._lines.append(line)
        self._line = line
        if taken is not _TAKEN_OF_SVC or len(cells) > 8:
            self._rest(cells, taken)

    def _unused_number(self, number: int) -> int:
        while number in self._numbers:
            number += 1
        return number

    def _date(self, number: int, elements: list[str]) -> None:
        cells = _cells(elements, 2)
        use, value = cells[1], self._day(cells, 2, number)
        row = self._claim if self._line is None else self._line
        column = (c.PAID_CLAIM_DATES if self._line is None else c.PAID_LINE_DATES).get(use)
        if row is not None and column is not None and row.get(column) is None:
            row[column] = value
        elif value is not None:
            self._tell("date", use, from_date=value)
        if len(cells) > 3:
            self._tell_lost(number, cells, (1, 2))

    def _reference(self, number: int, elements: list[str]) -> None:
        _, use, value, *more = _cells(elements, 2)
        if self._line is not None and use == "6R" and not self._is_numbered:
            self._number_line(self._line, number, value)
            if more:
                self._tell_lost(number, elements, (1, 2))
        elif use == "2U" and self._about == "payer" and not more and not self._remittance.get("payer_id"):
            self._remittance["payer_id"] = value or None
        elif self._person is None or not complete(self._person, elements):
            self._detail(number, elements)

    def _number_line(self, line: Row, number: int, stated: str) -> None:
        """Renumber the open line as REF*6R says, with what was read about it, unless that is no number or taken."""
        self._is_numbered = True
        old = line["line_number"]
        if stated == str(old):
            return
        new = int(stated) if _LINE_NUMBER.fullmatch(stated) else old
        if new != old and new in self._numbers:
            self._fault(f"REF*6R {stated!r} was used before on this claim", number, "REF02", severity="warning")
        elif new != old:
            self._numbers.remove(old)
            self._numbers.add(new)
            line["line_number"] = new
            for rows, before in zip((self._adjustments, self._remarks, self._details), self._before_line, strict=True):
                for row in rows[before:]:
                    row["line_number"] = new
        if stated != str(line["line_number"]):
            line["line_control_number"] = stated or None

    def _amount(self, number: int, elements: list[str]) -> None:
        cells = _cells(elements, 2)
        use, value = cells[1], self._optional_money(cells, 2, number)
        if self._line is not None and use == "B6" and "allowed_amount" not in self._line:
            self._line["allowed_amount"] = value
        else:
            self._tell("amount", use, amount=value)
        if len(cells) > 3:
            self._tell_lost(number, cells, (1, 2))

    def _remark(self, number: int, elements: list[str]) -> None:
        rarc = text(elements, 2)
        if self._claim is None or not rarc or len(elements) > 3 or elements[1].strip() != "HE":
            self._detail(number, elements)
            return
        self._remarks.append({**self._key, "line_number": self._line_number(), "rarc": rarc})

    # Footer

    def _provider_adjustment(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        length = len(elements)
        cells = _cells(elements, max(length, 2))
        name, ends = self._name_remittance(), self._day(cells, 2, number)
        provider = cells[1] if cells[1] != self._payee_id else None
        for position in range(3, length, 2):  # up to six pairs: reason and reference, amount
            reason, _, reference = cells[position].partition(self._separators[0])
            if not cells[position] and not cells[position + 1]:
                continue
            if not reason:
                self._fault(f"PLB{position:02}, the adjustment's reason, is empty", number, f"PLB{position:02}")
            withheld = self._money(cells, position + 1, number)
            self._paid -= withheld
            self.tables["provider_adjustment"].append(
                {
                    "remittance_id": name,
                    "provider_id": provider or None,
                    "reason_code": reason.strip() or None,
                    "reference": reference.strip() or None,
                    "amount": withheld,
                    "fiscal_period_end": ends,
                }
            )


def _cells(elements: list[str], last: int) -> list[str]:
    """The elements of a segment without spaces round them, with "" where it ends before number `last`."""
    cells = [*map(str.strip, elements)]
    if len(cells) <= last:
        cells += [""] * (last + 1 - len(cells))
    return cells


@lru_cache(maxsize=1 << 16)
def _procedure(composite: str, component: str) -> tuple[str | None, str | None, str | None, bool]:
    """Read SVC01: its code, modifiers and revenue code (qualifier NU), and whether these say all that it says."""
    code, modifiers = code_and_modifiers(composite, component) or (None, None)
    if code is not None:
        whole = component.join([qualifier_of(code), code, *(modifiers or "").split(":")])
        return code, modifiers, None, composite == whole.rstrip(component)
    qualifier, _, revenue = composite.partition(component)
    return None, None, (revenue.strip() or None) if qualifier == "NU" else None, qualifier == "NU" or not composite


def qualifier_of(code: str) -> str:
    """SVC01-1 of a procedure: AD for a dental code (D and four digits), HC for any other."""
    return "AD" if _DENTAL.fullmatch(code) else "HC"


def originator(payer: str) -> str:
    """TRN03, ten characters: 9 (a number the sender chose) and nine digits that the payer's id or name always gives."""
    return f"9{digits(payer)}"
