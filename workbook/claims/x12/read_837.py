"""What claims does an 837 file hold? Its professional, institutional or dental claims as the claim tables.

The loops of the 005010X222 / X223 / X224 guides (and their 004010 forebears), as far as the tables go:

    2000A billing provider (HL 20) ─ 2010AA NM1*85
      2000B subscriber (HL 22) ─ SBR, 2010BA NM1*IL DMG, 2010BB NM1*PR
        2000C patient (HL 23) ─ NM1*QC DMG
          2300 claim ─ CLM DTP CL1 CN1 REF HI, 2310 NM1 providers
            2320 earlier payer ─ SBR CAS AMT, 2330 NM1*PR DTP*573
            2400 line ─ LX SV1 SV2 SV3 DTP*472, 2410 LIN, 2420 NM1*82
              2430 earlier payer's line ─ SVD CAS DTP*573
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.claims.x12 import columns as c
from workbook.claims.x12.column_run import cut_runs, read_ahead
from workbook.claims.x12.envelope import Handler, Stretches, Transaction, walk
from workbook.claims.x12.open_claim import ZERO, EarlierPayer, OpenClaim, Row
from workbook.claims.x12.parties import (
    Parties,
    PartyBuffer,
    Person,
    Separators,
    complete,
    leftovers,
    npi,
    person_of,
    plain,
)
from workbook.claims.x12.plain_claims import Above, PlainClaims
from workbook.claims.x12.plain_tables import PlainTables, in_order
from workbook.claims.x12.rows import Names, Problems, RowBuffer
from workbook.claims.x12.segments import Run
from workbook.claims.x12.values import cell, code_and_modifiers, facility_code, text
from workbook.terms import parse_date

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Ints

#: The guide's number inside ST03 or GS08 → claim type; X291, X292 are predeterminations, X298 to X300 data reporting.
CLAIM_TYPES = {
    "X222": "professional", "X098": "professional", "X291": "professional", "X298": "professional",
    "X223": "institutional", "X096": "institutional", "X292": "institutional", "X299": "institutional",
    "X224": "dental", "X097": "dental", "X300": "dental",
}  # fmt: skip
#: Segments that have no column of their own: each is a row of claim_detail.
_DETAILS = re.findall(
    r"\w+",
    "CR1 CR2 CR3 CR4 CR5 CR6 CR7 CR8 CRC CUR DN1 DN2 DSB FRM HCP HSD IMM K3 LQ MEA MIA MOA N2 NTE OI PS1 PWK QTY "
    "SV4 SV5 SV6 SV7 TOO UR",
)
_TAKEN_OF_CLM = frozenset({1, 2, 5, 6, 7, 11, *c.CLAIM_TEXT})
_ABOUT_A_PARTY = ("N3", "N4", "PER", "PRV")
_NOT_KEPT = ("LE", "LS")  # brackets round loops


def read_837(paths: str | Path | Iterable[str | Path], received_date: date | str | None = None) -> Claims:
    """Read 837 files into the claim tables; every CLM becomes a row, whatever is wrong with it.

    A claim_id is CLM01; where it recurs in what is read, the later ones are CLM01#2, #3 …, with a warning. A
    patient_id is the subscriber's member number; a dependent's adds "-" and 8 hexadecimal digits of a hash of name and
    birth date, which does not make it anonymous. No 837 states a `received_date`:
    it is given to every claim. A line without a date takes the claim's where that is one day or, in a dental claim,
    stands in loop 2300.

    Whatever has no column is a row of claim_detail, and whoever is named a row of claim_party. Not kept are the batch's
    own BHT number and time.

    Faults inside a file are rows of `.problems`. Raises WorkbookError when a file is missing, empty or not X12.
    """
    parts: list[Claims] = []
    stream_837(paths, parts.append, received_date, batch=None)
    return parts[0]


def stream_837(
    paths: str | Path | Iterable[str | Path],
    each: Callable[[Claims], None],
    received_date: date | str | None = None,
    batch: int | None = 20_000,
) -> int:
    """Read 837 files of any size: `each` is given the claims in batches of about so many; returns how many there were.

    Memory grows with the batch, not with the file (but for a number kept of each control number that was read, so that
    one that recurs is known). With `batch` None there is one batch. See `read_837` for what is read and refused.
    """
    received = parse_date(received_date, "received_date") if received_date is not None else None
    problems = Problems()
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    reader = _ClaimReader(problems, received, each, batch, source=", ".join(map(str, several)))
    columns = _ColumnReader(reader)
    for path in several:
        problems.file = str(path)
        reader.begin_file()
        walk(path, reader, problems, columns=columns)
        reader.end_file()
    reader.hand_over()
    return reader.count


class _ClaimReader:
    """The loops that are open, and the tables filled so far. See `TransactionReader` for how `walk` uses it."""

    kind = "837"

    def __init__(
        self,
        problems: Problems,
        received_date: date | None,
        each: Callable[[Claims], None],
        batch: int | None,
        source: str,
    ) -> None:
        self.problems, self.received_date = problems, received_date
        self._each, self._batch, self._source = each, batch, source
        self._begin_batch_of_claims()
        self.claim_ids = Names()
        self._parties = Parties()
        self._claim: OpenClaim | None = None
        self._place = c.HEADER
        self._separators: Separators = (":", None)
        self._claim_type: str | None = None
        self._purpose: str | None = None
        self.count = 0
        self.columns_wait = False  # claims of this run were read as columns, and join the others at its end
        self._about: str | None = None  # the party of the open claim that was last named, or the earlier payer
        self._person: Person | None = None  # that party, while N3, N4, PER … may still follow
        self.begin_file()
        self._handlers: dict[str, Handler] = dict.fromkeys(_DETAILS, self._detail)
        self._handlers |= dict.fromkeys(_NOT_KEPT, _ignore)
        self._handlers |= dict.fromkeys(_ABOUT_A_PARTY, self._party_detail)
        self._handlers |= {
            "BHT": self._begin_batch, "HL": self._hierarchy, "SBR": self._subscriber, "PAT": self._patient,
            "NM1": self._name, "DMG": self._demographics, "CLM": self._begin, "DTP": self._date,
            "CL1": self._institutional, "CN1": self._contract, "REF": self._reference, "HI": self._codes,
            "CAS": self._adjustment, "AMT": self._amount, "SVD": self._earlier_line, "LX": self._line,
            "LIN": self._drug, "CTP": self._drug_quantity, "SV1": self._professional_service,
            "SV2": self._institutional_service, "SV3": self._dental_service,
        }  # fmt: skip

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin an 837: nothing known yet but its separators and which guide it follows."""
        self._transactions += 1
        self._separators = transaction.delimiters.component, transaction.delimiters.repetition
        guide = next((g for g in CLAIM_TYPES if g in transaction.version), None)
        self._claim_type = CLAIM_TYPES[guide] if guide else None
        if guide in ("X291", "X292"):
            self.problems.add(
                f"guide {transaction.version}: predeterminations of benefits, not claims for payment",
                transaction.number, "ST", "ST03", level=2, severity="warning",
            )  # fmt: skip
        elif guide is None:
            self.problems.add(
                f"guide {transaction.version or '(none)'} is not known here; read as the 837 it resembles",
                transaction.number, "ST", "ST03", level=2, severity="warning",
            )  # fmt: skip
        self._parties, self._purpose = Parties(), None
        return self._handlers

    def finish(self) -> None:
        """End the transaction."""
        self._close()

    @property
    def open_claim(self) -> str | None:
        """The claim being read."""
        return self._claim.claim_id if self._claim else None

    def _begin_batch_of_claims(self) -> None:
        self._done: dict[str, list[pa.Table]] = {name: [] for name in CLAIM_TABLES}
        self._waiting = 0
        self._begin_rows()

    def _begin_rows(self) -> None:
        self.tables: dict[str, RowBuffer | PartyBuffer] = {
            name: PartyBuffer() if name == "claim_party" else RowBuffer(table) for name, table in CLAIM_TABLES.items()
        }

    def above(self) -> Above | None:
        """What stands above the subscriber that comes next, after the claim before it; None if it must be read here."""
        self._close()
        if self._claim_type is None:
            return None
        levels = {name: level for name, level in self._parties.levels.items() if name in ("", "20")}
        above = Above(self._claim_type, self._purpose, levels)
        return above if above.is_plain() else None

    def settle(self, count: int = 0, columns: Mapping[str, tuple[pa.Table, Ints]] | None = None) -> None:
        """Put the rows read so far, and `count` claims that were read as columns, in the order of the file."""
        rows = {name: buffer.to_arrow() for name, buffer in self.tables.items()}
        self._begin_rows()
        for name, table in (in_order(rows, columns) if columns else rows).items():
            if table.num_rows:
                self._done[name].append(table)
        self.count += count
        self._waiting += count

    def hand_over(self) -> None:
        """Give away the claims and problems read since the last time."""
        import pyarrow as pa

        self.settle()
        tables = {n: pa.concat_tables(t) if t else CLAIM_TABLES[n].empty() for n, t in self._done.items()}
        self._each(Claims(tables, self.problems.take(), source=self._source))
        self._begin_batch_of_claims()

    def hand_over_if_full(self) -> None:
        """Give away the claims when there are enough for a batch."""
        if self._batch and self._waiting >= self._batch:
            self.hand_over()

    def begin_file(self) -> None:
        """Count afresh what is reported once for each file."""
        self._transactions, self._claims_before = 0, self.count

    def end_file(self) -> None:
        """Report 837 transactions without a claim."""
        self.settle()
        if self._transactions and self.count == self._claims_before:
            self.problems.add("the file's 837 transactions hold no claim (CLM)", level=2)

    def _line_number(self) -> int | None:
        """The line that a segment is on, or None when it is about the whole claim."""
        if self._place < c.LINE or not self._claim:
            return None
        number: int = self._claim.lines[-1]["line_number"]
        return number

    # Loops 1000 to 2010: who bills, for whom, to which payer

    def _begin_batch(self, number: int, elements: list[str]) -> None:
        self._purpose = text(elements, 6)

    def _hierarchy(self, number: int, elements: list[str]) -> None:
        self._close()
        self._parties.below(cell(elements, 3))

    def _subscriber(self, number: int, elements: list[str]) -> None:
        told = {column: text(elements, position) for position, column in c.SUBSCRIBER.items()}
        told["patient_relationship"] = text(elements, 2)
        if self._claim:  # loop 2320: another payer, not the one this claim goes to
            self._claim.payers.append(EarlierPayer(None, told=told))
            self._place, self._person = c.OTHER_PAYER, None
            self._about = f"other_payer:{self._payer_count()}"
            self._claim.tell_rest(elements, (*c.SUBSCRIBER, 2), self._about, None)
        else:
            level = self._parties.here
            level.columns |= told
            level.details += leftovers(elements, (*c.SUBSCRIBER, 2), "subscriber", self._separators)

    def _payer_count(self) -> int:
        assert self._claim is not None
        return sum(1 for payer in self._claim.payers if payer.line_number is None)

    def _patient(self, number: int, elements: list[str]) -> None:
        level = self._parties.here
        if relationship := text(elements, 1):
            level.columns["patient_relationship"] = relationship
        about = "patient" if self._parties.level == "23" else "subscriber"
        level.details += leftovers(elements, (1,), about, self._separators)

    def _name(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None:
            self._parties.name(elements)
            return
        entity, line = cell(elements, 1), self._line_number()
        role = c.ROLES[self._place].get(entity, entity)
        self._person = person_of(elements)
        sequence = None
        if self._place == c.OTHER_PAYER:
            sequence = self._payer_count()
            if role == "other_payer":
                claim.payers[-1].payer_id = text(elements, 9)
            elif role == "other_subscriber":
                claim.payers[-1].told["subscriber_id"] = text(elements, 9)
        self._about = claim.add_party(line, role, self._person, sequence)
        column = c.CLAIM_NPI.get(role) if self._place == c.CLAIM else c.LINE_NPI.get(role) if line else None
        row = claim.row if self._place == c.CLAIM else claim.lines[-1] if line else {}
        if column and row.get(column) is None:  # DN comes before P3 and is the one who referred
            row[column] = npi(elements)

    def _demographics(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._detail(number, elements)
        else:
            self._parties.more(number, elements, self.problems, self._separators)

    def _party_detail(self, number: int, elements: list[str]) -> None:
        if not self._claim:
            self._parties.more(number, elements, self.problems, self._separators)
        elif self._person is None or not complete(self._person, elements):
            self._detail(number, elements)

    def _detail(self, number: int, elements: list[str]) -> None:
        """Keep a segment that has no columns."""
        if self._claim:
            self._claim.tell_segment(elements, self._about, self._line_number())
        else:
            self._parties.more(number, elements, self.problems, self._separators)

    # Loops 2300 and 2310: the claim

    def _begin(self, number: int, elements: list[str]) -> None:
        self._close()
        control_number = text(elements, 1)
        claim_id = self.claim_ids.unique(control_number or f"segment-{number}")
        facility, qualifier, frequency = facility_code(cell(elements, 5), self._separators[0])
        claim_type = self._claim_type or ("institutional" if qualifier == "A" else "professional")
        is_institutional = claim_type == "institutional"
        parties = self._parties
        row: Row = dict(parties.claim_columns())
        row |= {
            "claim_id": claim_id,
            "patient_control_number": control_number,
            "claim_type": claim_type,
            "place_of_service": None if is_institutional else facility,
            "type_of_bill": f"{facility}{frequency or ''}" if is_institutional and facility else None,
            "frequency_code": frequency,
            "provider_signature": c.YES_NO.get(cell(elements, 6)),
            "accepts_assignment": c.ASSIGNMENT.get(cell(elements, 7)),
            "purpose": self._purpose,
            "received_date": self.received_date,
            "source_file": self.problems.file,
            "source_segment": number,
            **{column: text(elements, position) for position, column in c.CLAIM_TEXT.items()},
        }
        causes = [""] * 5
        if len(elements) > 11 and elements[11]:
            causes = [*(part.strip() for part in plain(elements[11], self._separators).split(":")), *causes]
            row["related_causes"] = ":".join(filter(None, causes[:3])) or None
            row["accident_state"] = causes[3] or None
        self._claim = claim = OpenClaim(row, number, self._separators, self.problems)
        self._place, self._about, self._person = c.CLAIM, None, None
        for level in parties.levels.values():
            for role, person in level.parties:
                claim.add_party(None, role, person)
            if level.details:
                claim.details += [dict(detail) for detail in level.details]
        taken = _TAKEN_OF_CLM
        if row["provider_signature"] is None:
            taken = taken - {6}
        if row["accepts_assignment"] is None:
            taken = taken - {7}
        claim.tell_rest(elements, taken, None, None)
        if causes[4]:
            claim.tell("element", "CLM11-5", None, None, value=causes[4])
        row["billed_amount"] = claim.money(elements, 2, number, is_required=True)
        why_not = row.pop("why_not")
        row["patient_id"] = row["patient_id"] or f"unknown-{claim_id}"
        if why_not:
            claim.fault(why_not, number, "NM109")
        if control_number is None:
            claim.fault("CLM01 is empty; the claim is named after its segment", number, "CLM01")
        elif claim_id != control_number:
            message = f"CLM01 {control_number} was read before; this claim is {claim_id}"
            claim.fault(message, number, "CLM01", severity="warning")
        if parties.level not in ("22", "23"):
            claim.fault("CLM stands outside a subscriber or patient loop (HL 22 or 23)", number, "CLM01")

    def _date(self, number: int, elements: list[str]) -> None:
        claim, use = self._claim, cell(elements, 1)
        if claim is None:
            self._detail(number, elements)
            return
        line, form = self._line_number(), cell(elements, 2)
        place = c.LINE if self._place == c.DRUG else self._place
        named = c.DATES.get((place, use))
        sent = cell(elements, 3)
        if form == "TM":  # an hour of the day, as of a discharge
            claim.tell("date", use, self._about, line, value=sent)
            return
        days = claim.dates(elements, number)
        if days is None:
            claim.tell_segment(elements, self._about, line)
            return
        if named is None and (place, use) == (c.CLAIM, "472"):
            claim.service_dates = days  # loop 2300 of a dental claim: of every line that states none
        if named is None or form == "DT":
            claim.tell(
                "date", use, self._about, line, value=sent if form == "DT" else None,
                from_date=days[0], through_date=days[1] if form == "RD8" else None,
            )  # fmt: skip
        if named is None:
            return
        if use == "573":
            claim.payers[-1].adjudicated_date = days[0]
            return
        row = claim.row if place == c.CLAIM else claim.lines[-1]
        row[named[0]] = days[0]
        if named == ("service_from_date", "service_through_date"):
            row[named[1]] = days[1] if days[1] != days[0] else None
        elif len(named) > 1:
            row[named[1]] = days[1]

    def _institutional(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.row |= {column: text(elements, position) for position, column in c.INSTITUTIONAL.items()}
            self._claim.tell_rest(elements, tuple(c.INSTITUTIONAL), None, None)

    def _contract(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or cell(elements, 1) != "09" or len(elements) > 3:
            self._detail(number, elements)
            return
        # what the provider must accept from the earlier payer as full payment
        amount = claim.money(elements, 2, number)
        if self._place == c.CLAIM:
            claim.obligated_amount = amount
        elif self._place == c.LINE:
            claim.lines[-1]["obligated_amount"] = amount
            claim.has_obligated_line = True

    def _reference(self, number: int, elements: list[str]) -> None:
        claim, use = self._claim, cell(elements, 1)
        if claim is None or (self._person is not None and complete(self._person, elements)):
            if claim is None:
                self._parties.more(number, elements, self.problems, self._separators)
            return
        column = None
        if self._person is None and len(elements) <= 3:  # after an NM1 the same qualifiers speak of that party
            column = c.REFERENCES.get((self._place, use))
        row = claim.row if self._place == c.CLAIM else claim.lines[-1] if self._place == c.LINE else {}
        if column and row.get(column) is None:
            row[column] = text(elements, 2)
        else:
            self._detail(number, elements)

    def _codes(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.add_codes(number, elements)

    # Loops 2320 and 2430: earlier payers

    def _adjustment(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or self._place not in (c.OTHER_PAYER, c.LINE_PAYER):
            self._detail(number, elements)
            return
        payer, group = claim.payers[-1], cell(elements, 1)
        payer.is_adjusted = True
        for position in range(2, len(elements), 3):
            amount = claim.money(elements, position + 1, number)
            quantity = claim.count(elements, position + 2, number)
            if group == "PR":
                payer.patient_amount += amount or ZERO
            if any(elements[position : position + 3]):
                told = {"group_code": group or None, "carc": text(elements, position)}
                payer.adjustments.append(told | {"amount": amount, "quantity": quantity})

    def _amount(self, number: int, elements: list[str]) -> None:
        claim, use = self._claim, cell(elements, 1)
        if claim is None:
            self._detail(number, elements)
            return
        place = c.LINE if self._place == c.DRUG else self._place
        column, amount = c.AMOUNTS.get((place, use)), claim.money(elements, 2, number)
        if column is None:
            claim.tell("amount", use, self._about, self._line_number(), amount=amount)
        elif place == c.CLAIM:
            claim.row[column] = amount
        else:
            setattr(claim.payers[-1], column, amount)

    def _earlier_line(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or not claim.lines:
            return
        line = claim.lines[-1]
        payer = EarlierPayer(line["line_number"], text(elements, 1))
        payer.paid_amount = claim.money(elements, 2, number)
        payer.obligated_amount = line.pop("obligated_amount", None)
        told = code_and_modifiers(cell(elements, 3), self._separators[0])
        if told:
            payer.told["hcpcs_code"], payer.told["modifiers"] = told
        payer.told["units"] = claim.count(elements, 5, number)
        claim.payers.append(payer)
        self._place, self._person = c.LINE_PAYER, None
        self._about = f"other_payer:{sum(1 for p in claim.payers if p.line_number == payer.line_number)}"
        claim.tell_rest(elements, (1, 2, 5) if told is None else (1, 2, 3, 5), self._about, payer.line_number)

    # Loops 2400 to 2420: service lines

    def _line(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.begin_line(number, cell(elements, 1))
            self._place, self._about, self._person = c.LINE, None, None
        else:
            self.problems.add("LX stands outside a claim", number, "LX", level=2)

    def _service(self, number: int, elements: list[str]) -> tuple[OpenClaim, Row] | None:
        """The claim and the line that an SV1, SV2 or SV3 describes; a second one under one LX is a line of its own."""
        claim = self._claim
        if claim is None:
            self.problems.add(f"{elements[0]} stands outside a claim", number, elements[0], level=2)
            return None
        if self._place in (c.LINE, c.DRUG, c.LINE_PAYER) and "billed_amount" not in claim.lines[-1]:
            return claim, claim.lines[-1]
        claim.fault(f"{elements[0]} has no LX of its own", number, f"{elements[0]}01", severity="warning")
        self._place, self._about, self._person = c.LINE, None, None
        return claim, claim.begin_line(number, None)

    def _rest_of_service(self, elements: list[str], taken: tuple[int, ...], procedure: int) -> None:
        assert self._claim is not None
        line = self._line_number()
        self._claim.tell_rest(elements, (*taken, procedure), None, line)
        composite = elements[procedure] if len(elements) > procedure else ""
        if composite.count(self._separators[0]) < 6:
            return
        for place, part in enumerate(composite.split(self._separators[0])[6:], 7):  # a description, the last of a range
            if part.strip():
                self._claim.tell("element", f"{elements[0]}{procedure:02}-{place}", None, line, value=part.strip())

    def _professional_service(self, number: int, elements: list[str]) -> None:
        if found := self._service(number, elements):
            claim, line = found
            line.update(claim.procedure(elements, 1, number))
            line["billed_amount"] = claim.money(elements, 2, number, is_required=True)
            line["unit_basis"] = text(elements, 3)
            line["units"] = claim.count(elements, 4, number, is_required=True)
            line["place_of_service"] = text(elements, 5)
            line.update(claim.pointers(elements, 7, number))
            line["is_emergency"] = c.YES_NO.get(cell(elements, 9))
            self._rest_of_service(elements, (2, 3, 4, 5, 7, 9), 1)

    def _institutional_service(self, number: int, elements: list[str]) -> None:
        if found := self._service(number, elements):
            claim, line = found
            line["revenue_code"] = text(elements, 1)
            line.update(claim.procedure(elements, 2, number))
            line["billed_amount"] = claim.money(elements, 3, number, is_required=True)
            line["unit_basis"] = text(elements, 4)
            line["units"] = claim.count(elements, 5, number, is_required=True)
            line["non_covered_amount"] = claim.money(elements, 7, number)
            self._rest_of_service(elements, (1, 3, 4, 5, 7), 2)

    def _dental_service(self, number: int, elements: list[str]) -> None:
        if found := self._service(number, elements):
            claim, line = found
            claim.row["claim_type"] = "dental"
            line.update(claim.procedure(elements, 1, number))
            line["billed_amount"] = claim.money(elements, 2, number, is_required=True)
            line["place_of_service"] = text(elements, 3)
            # Absent means once, as on the paper form (ADA claim form, item 29b: the default is 01).
            line["units"] = claim.count(["SV3", *elements[1:6], cell(elements, 6) or "1"], 6, number)
            line["unit_basis"] = "UN"
            line.update(claim.pointers(elements, 11, number))
            self._rest_of_service(elements, (2, 3, 6, 11), 1)

    def _drug(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or not claim.lines or self._place < c.LINE:
            return
        self._place, self._about, self._person = c.DRUG, "drug", None
        line = claim.lines[-1]
        if cell(elements, 2) != "N4" or line.get("ndc"):
            self._detail(number, elements)
            return
        code = cell(elements, 3).replace("-", "")
        line["ndc"] = code or None
        if len(code) != 11 or not code.isdigit():
            message = f"LIN03 {code!r} is not a national drug code of eleven digits"
            claim.fault(message, number, "LIN03", level=5, severity="warning")

    def _drug_quantity(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or self._place != c.DRUG or "ndc_quantity" in claim.lines[-1]:
            self._detail(number, elements)
            return
        line = claim.lines[-1]
        line["ndc_quantity"] = claim.count(elements, 4, number)
        line["ndc_unit"] = text(elements, 5)
        claim.tell_rest(elements, (4, 5), "drug", line["line_number"])

    def _close(self) -> None:
        """End the claim that is open and move its rows to the tables."""
        claim, self._claim = self._claim, None
        if claim is None:
            return
        claim.finish()
        self.count += 1
        self._waiting += 1
        parties = self.tables["claim_party"]
        assert isinstance(parties, PartyBuffer)
        for line, role, sequence, person in claim.parties:
            parties.add(claim.claim_id, line, role, sequence, person)
        parties.rest()
        for name, rows in (
            ("claim", [claim.row]), ("claim_line", claim.lines), ("claim_diagnosis", claim.diagnoses),
            ("claim_procedure", claim.procedures), ("other_payer", claim.earlier_payer_rows()),
            ("other_payer_adjustment", claim.adjustment_rows()), ("claim_detail", claim.detail_rows()),
        ):  # fmt: skip
            if rows:
                buffer = self.tables[name]
                assert isinstance(buffer, RowBuffer)
                buffer.extend(rows)
        self._place = c.HEADER
        if not self.columns_wait:
            self.hand_over_if_full()


class _ColumnReader:
    """Reads the plain subscribers of large runs as columns, and puts their claims beside those of the reader."""

    def __init__(self, reader: _ClaimReader) -> None:
        self._reader = reader
        self._run: PlainClaims | None = None
        self._taken: list[tuple[int, int, Above]] = []

    def gather(self, runs: Iterator[Run]) -> Iterator[Stretches]:
        """Cut each run before its last subscriber, which goes with the next: it may go on there."""
        for run, self._run in read_ahead(cut_runs(runs, "HL", _is_subscriber), PlainClaims):
            if self._run:
                self._run.refuse_given(self._reader.claim_ids)
            yield *run, self._run.spans() if self._run else ()

    def take(self, start: int, stop: int) -> bool:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        above = self._reader.above()
        if above is None:
            return False
        if self._taken and self._taken[-1][2] == above:
            above = self._taken[-1][2]
        self._taken.append((start, stop, above))
        self._reader.columns_wait = True
        return True

    def end_run(self) -> None:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        reader = self._reader
        if self._run and self._taken:
            same = {"received_date": reader.received_date, "source_file": reader.problems.file}
            tables = PlainTables(self._run, self._taken).read(**same)
            claims = tables["claim"][0]
            reader.claim_ids.give(claims["claim_id"].to_pylist())
            reader.settle(claims.num_rows, tables)
        self._taken, reader.columns_wait = [], False
        reader.hand_over_if_full()


def _is_subscriber(elements: list[str]) -> bool:
    """Whether an HL is of level 22."""
    return elements[3:4] == ["22"]


def _ignore(number: int, elements: list[str]) -> None:
    """Do nothing with a segment that says nothing."""
