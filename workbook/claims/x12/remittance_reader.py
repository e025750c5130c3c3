"""What does each segment of an 835 say? Its transactions one segment at a time, and its claims, however they are read.

What stands in a claim is read by `PaidClaim`; what stands above and between claims is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from workbook.claims.model import Remittance
from workbook.claims.x12 import columns as c
from workbook.claims.x12.compose import digits
from workbook.claims.x12.envelope import Handler, Transaction
from workbook.claims.x12.facts import ZERO, Facts, Row, Values, cells_of
from workbook.claims.x12.paid_claim import PaidClaim
from workbook.claims.x12.paid_tables import Stretch, paid_tables
from workbook.claims.x12.parties import Person, complete, detail_of
from workbook.claims.x12.plain_payments import PlainPayments
from workbook.claims.x12.remittance_part import RemittancePart
from workbook.claims.x12.rows import Names, Problems
from workbook.claims.x12.values import text


class RemittanceReader:
    """The transaction and claim that are open, and the tables filled so far.

    See `TransactionReader` for how `walk` uses it. `each` is given the claims in parts of `batch`; None is all at once.
    """

    kind = "835"

    def __init__(self, problems: Problems, each: Callable[[Remittance], None], batch: int | None, source: str) -> None:
        self.problems = problems
        self._each, self._batch = each, batch
        self.count = 0
        self._ids = Names()
        self._paid_before: dict[str, Decimal] = {}
        self._remittance: Row = {}
        self._values = Values(problems)
        self._header = Facts(self._values, (":", None))
        self._claim: PaidClaim | None = None
        self._person: Person | None = None  # the party of the header last named, while N3, N4, PER … may still follow
        self._parties: list[Row] = []
        self._group: list[Row] = []  # LX, TS3 and TS2 until the claim that follows
        self._part = RemittancePart(problems, source)
        self._last_place = 0  # of a claim, since what was read was last settled
        self._run: PlainPayments | None = None
        self._stretches: list[Stretch] = []  # of this run's claims, those that were read as columns
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

    # Parts: what is handed over together

    def settle(self) -> None:
        """Put the rows read since the last time, and the claims that were read as columns, in the order of the file."""
        self._part.settle(paid_tables(self._run, self._stretches) if self._run and self._stretches else {})
        self._stretches, self._last_place = [], 0

    def end_run(self) -> None:
        """Settle what was read of a run, which may then be forgotten."""
        self.settle()
        self._run = None

    def hand_over(self) -> None:
        """Judge and give away what was read since the last time."""
        self.settle()
        self._each(self._part.close(self._paid_before))
        name = self._remittance.get("remittance_id")
        self._paid_before = {name: self._paid} if name else {}

    def _hand_over_if_full(self) -> None:
        if self._batch and self.count and self.count % self._batch == 0:
            self.hand_over()

    def take(self, run: PlainPayments, first: int, last: int) -> None:
        """Take the claims from number `first` of a run to that before `last`, which were read as columns."""
        self._run = run
        self._close_claim()
        while first < last:
            self._hand_over_if_full()
            upto = min(last, first + self._batch - self.count % self._batch) if self._batch else last
            place = run.place_of(first)
            name, group = self._begin_claims(place)
            self._keep([], group, self._claims + 1, {}, place)
            self._stretches.append(Stretch(first, upto, name, self._claims + 1, len(group)))
            self.count += upto - first
            self._claims += upto - first
            self._paid += run.paid(first, upto)
            self._last_place = run.place_of(upto - 1)
            first = upto

    # Transactions

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin an 835."""
        self._header = Facts(self._values, (transaction.delimiters.component, transaction.delimiters.repetition))
        self._person = None
        self._parties, self._group = [], []
        self._number = transaction.number
        self._remittance = {"payment_amount": None}
        self._payee_id = ""
        self._claims = 0
        self._paid = ZERO  # by the claims so far, less provider adjustments
        self._counts: dict[Any, int] = {}  # of the header's details
        self._roles: dict[str, int] = {}  # of its parties
        return self._handlers

    def finish(self) -> None:
        """End the transaction."""
        self._close_claim()
        self._name_remittance()
        remittance, named, fault = self._remittance, self._remittance.keys(), self._values.fault
        if remittance["payment_amount"] is None:
            fault("the payment (BPR02) is missing; it is 0.00 here", self._number, "BPR02")
            remittance["payment_amount"] = ZERO
        if "payer_name" not in named:
            fault("the payer is not named (N1*PR)", self._number, "N101")
        if "payee_name" not in named:
            fault("the payee is not named (N1*PE)", self._number, "N101")
        elif remittance["payee_npi"] is None:
            fault("the payee has no NPI (N1*PE with XX in N103)", self._number, "N104", severity="warning")
        self._header.details += self._group
        self._keep_header(self._last_place + 1)
        self._part.add("remittance", [remittance], self._number)
        self._remittance = {}

    @property
    def open_claim(self) -> str | None:
        """The claim being read."""
        return self._values.claim_id

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

    def _keep_header(self, place: int) -> None:
        """Move what was said outside every claim to the tables, where a claim at `place` would stand."""
        header = self._header
        if self._parties or header.details:
            self._keep(self._parties, self._of_transaction(header.details), None, self._counts, place)
        self._person = header.about = None
        self._parties, header.details = [], []

    def _keep(
        self, parties: list[Row], details: list[Row], claim: int | None, counts: dict[Any, int], place: int
    ) -> None:
        """Move parties and details of the transaction, or of one of its claims, to the tables."""
        name = self._remittance["remittance_id"]
        for row in parties:
            row["remittance_id"], row["claim_sequence"] = name, claim
        for row in details:
            line = row.get("line_number")
            counts[line] = row["sequence"] = counts.get(line, 0) + 1
            row["remittance_id"], row["claim_sequence"] = name, claim
        self._part.add("remittance_party", parties, place)
        self._part.add("remittance_detail", details, place)

    def _name_remittance(self) -> str:
        """The remittance_id; settled when the first claim needs it, after which TRN is not looked at."""
        name: str | None = self._remittance.get("remittance_id")
        if name is not None:
            return name
        trace = self._remittance.get("trace_number")
        name = self._remittance["remittance_id"] = self._ids.unique(trace or f"segment-{self._number}")
        if trace is None:
            self._values.fault("TRN02 is missing; the remittance is named after its segment", self._number, "TRN02")
        elif name != trace:
            message = f"TRN02 {trace} was read before; this remittance is {name}"
            self._values.fault(message, self._number, "TRN02", severity="warning")
        return name

    # Header and loops 1000

    def _payment(self, number: int, elements: list[str]) -> None:
        if self._remittance["payment_amount"] is not None:
            self._values.fault("a second BPR; the first one holds", number, "BPR02")
            self._detail(number, elements)
            return
        cells = cells_of(elements, 16)
        self._number = number
        self._remittance["payment_amount"] = self._values.money(cells, 2, number)
        self._remittance["payment_method"] = cells[4] or None
        self._remittance["payment_date"] = self._values.day(cells, 16, number)
        self._here.tell_rest(cells, (2, 4, 16))

    def _trace(self, number: int, elements: list[str]) -> None:
        if "trace_number" in self._remittance or "remittance_id" in self._remittance:
            self._values.fault("a second TRN, or one after the first claim; it is not looked at", number, "TRN02")
            self._detail(number, elements)
            return
        self._remittance["trace_number"] = text(elements, 2)
        self._here.tell_rest(elements, (1, 2))

    def _party(self, number: int, elements: list[str]) -> None:
        """N1: the first payer and the first payee are those of the columns."""
        if self._claim:
            self._values.fault("N1 stands inside a claim", number, "N101")
            self._detail(number, elements)
            return
        _, code, name, kind, identifier, *_ = cells_of(elements, 4)
        role = c.REMITTANCE_ROLES.get(code, code)
        sequence = self._roles[role] = self._roles.get(role, 0) + 1
        about = self._header.about = role if sequence == 1 else f"{role}:{sequence}"
        self._person = {
            "role": role, "sequence": sequence, "is_organization": True, "last_name": name or None,
            "identifier_type": kind or None, "identifier": identifier or None,
        }  # fmt: skip
        self._parties.append(self._person)
        self._header.tell_lost(number, elements, (1, 2, 3, 4))
        if about == "payer":
            self._remittance["payer_name"], self._remittance["payer_id"] = name or None, identifier or None
        elif about == "payee":
            self._remittance["payee_name"] = name or None
            self._remittance["payee_npi"] = identifier or None if kind == "XX" else None
            self._payee_id = identifier

    @property
    def _here(self) -> Facts:
        """What is told now is about the claim that is open, or else about the transaction."""
        return self._claim or self._header

    def _detail(self, number: int, elements: list[str]) -> None:
        """Keep a segment that has no columns."""
        self._here.tell_segment(elements)

    def _party_detail(self, number: int, elements: list[str]) -> None:
        if self._claim or self._person is None or not complete(self._person, elements):
            self._detail(number, elements)

    def _begin_group(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        self._person = self._header.about = None
        if elements[0] == "LX":
            value = text(elements, 1)
            self._group.append({"about": "group", "kind": "element", "qualifier": "LX01", "value": value})
            self._header.tell_lost(number, elements, (1,))
        else:
            self._group.append(detail_of(elements, "group", self._header.separators))

    # Claims (loops 2100 and 2110)

    def _begin_claim(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        self._hand_over_if_full()
        name, group = self._begin_claims(number)
        self.count += 1
        self._claims += 1
        key = {"remittance_id": name, "claim_sequence": self._claims}
        self._claim = PaidClaim(self._values, self._header.separators, key, number, elements, group)

    def _begin_claims(self, place: int) -> tuple[str, list[Row]]:
        """Keep what stands before a claim; returns the remittance_id and the details of the group that begins there."""
        name = self._name_remittance()
        is_usual = self._claims == 0 and len(self._group) == 1 and self._group[0]["value"] == "1"
        self._keep_header(place)
        group, self._group = [] if is_usual else self._group, []
        return name, group

    def _close_claim(self) -> None:
        """End the claim that is open and move its rows to the tables."""
        claim, self._claim = self._claim, None
        if claim is None:
            return
        claim.finish()
        self._values.claim_id = None
        place = self._last_place = claim.number
        self._paid += claim.row["paid_amount"]
        self._part.add("remittance_claim", [claim.row], place)
        self._part.add("remittance_line", claim.lines, *claim.line_places)
        self._part.add("adjustment", claim.adjustments, place)
        self._part.add("remark", claim.remarks, place)
        self._keep(claim.parties, claim.details, claim.row["claim_sequence"], {}, place)

    def _adjustment(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.adjust(number, elements)
        else:
            self._values.fault("CAS stands outside a claim", number, "CAS01")

    def _name(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.name(number, elements)
        else:
            self._detail(number, elements)

    def _claim_remarks(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.take_remarks(elements)
        else:
            self._detail(number, elements)

    def _remark(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.take_remark(elements)
        else:
            self._detail(number, elements)

    def _begin_line(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.begin_line(number, elements)
        else:
            self._values.fault("SVC stands outside a claim", number, "SVC01")

    def _date(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.date(number, elements)
        else:
            self._header.take_date(number, elements, {}, {})

    def _amount(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.amount(number, elements)
        else:
            self._header.take_amount(number, elements, {}, {})

    def _reference(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.reference(number, elements)
            return
        _, use, value, *more = cells_of(elements, 2)
        if use == "2U" and self._header.about == "payer" and not more and not self._remittance.get("payer_id"):
            self._remittance["payer_id"] = value or None
        else:
            self._party_detail(number, elements)

    # Footer

    def _provider_adjustment(self, number: int, elements: list[str]) -> None:
        self._close_claim()
        length = len(elements)
        cells = cells_of(elements, max(length, 2))
        name, ends = self._name_remittance(), self._values.day(cells, 2, number)
        provider = cells[1] if cells[1] != self._payee_id else None
        for position in range(3, length, 2):  # up to six pairs: reason and reference, amount
            reason, _, reference = cells[position].partition(self._header.separators[0])
            if not cells[position] and not cells[position + 1]:
                continue
            if not reason:
                message = f"PLB{position:02}, the adjustment's reason, is empty"
                self._values.fault(message, number, f"PLB{position:02}")
            withheld = self._values.money(cells, position + 1, number)
            self._paid -= withheld
            row = {
                "remittance_id": name,
                "provider_id": provider or None,
                "reason_code": reason.strip() or None,
                "reference": reference.strip() or None,
                "amount": withheld,
                "fiscal_period_end": ends,
            }
            self._part.add("provider_adjustment", [row], number)


def originator(payer: str) -> str:
    """TRN03, ten characters: 9 (a number the sender chose) and nine digits that the payer's id or name always gives."""
    return f"9{digits(payer)}"
