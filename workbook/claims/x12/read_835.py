"""What did a payer answer? The payments, adjustments and remarks of 835 files as the remittance tables.

The loops of the 005010X221A1 guide, as far as the tables go:

    header ─ BPR TRN, 1000A N1*PR REF*2U, 1000B N1*PE
      2100 claim ─ CLP CAS NM1*QC MIA MOA DTM*232
        2110 line ─ SVC DTM*472 CAS REF*6R AMT*B6 LQ*HE
    PLB amounts that concern no single claim
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.balance import balance
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.claims.x12 import columns as c
from workbook.claims.x12.column_run import cut_runs, merged
from workbook.claims.x12.compose import digits
from workbook.claims.x12.envelope import Handler, Run, Transaction, walk
from workbook.claims.x12.facts import ZERO, Facts, Row, Values, cells_of
from workbook.claims.x12.imbalance import PAYMENT_ELEMENTS, imbalance
from workbook.claims.x12.paid_claim import PaidClaim
from workbook.claims.x12.parties import Person, complete, detail_of
from workbook.claims.x12.plain_payments import PlainPayments, Stretch
from workbook.claims.x12.rows import Names, Problems, RowBuffer
from workbook.claims.x12.segments import Delimiters
from workbook.claims.x12.values import text

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Ints

#: table → the level at which its rows are judged
_LEVEL_OF = {"remittance": "transaction", "remittance_claim": "claim", "remittance_line": "line"}
#: In a run that is shorter the claims are read one by one: columns pay from some hundred claims on.
MANY_SEGMENTS = 2_000


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
    columns = _ColumnReader(reader)
    for path in several:
        problems.file = str(path)
        walk(path, reader, problems, columns=columns)
        reader.settle()
    reader.hand_over()
    return reader.count


class _RemittanceReader:
    """The transaction and claim that are open, and the tables filled so far."""

    kind = "835"

    def __init__(self, problems: Problems, each: Callable[[Remittance], None], batch: int | None, source: str) -> None:
        self.problems = problems
        self._each, self._batch, self._source = each, batch, source
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
        self._begin_part()
        self._begin_rows()
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

    def _begin_part(self) -> None:
        """Begin what is handed over next."""
        self._done: dict[str, list[pa.Table]] = {name: [] for name in REMITTANCE_TABLES}
        #: level → file and segment numbers of the rows of its table, to place what does not balance
        self._done_places: dict[str, list[tuple[str, Ints]]] = {level: [] for level in PAYMENT_ELEMENTS}

    def _begin_rows(self) -> None:
        self._rows = {name: RowBuffer(table) for name, table in REMITTANCE_TABLES.items()}
        #: for each row the segment where it begins, or the claim or transaction that it belongs to
        self._places: dict[str, list[int]] = {name: [] for name in REMITTANCE_TABLES}
        self._last_place = 0  # of a claim

    def _add(self, name: str, rows: list[Row], *places: int) -> None:
        """Add rows to a table; each has a place of its own, or all have one."""
        self._rows[name].extend(rows)
        self._places[name] += places if len(places) == len(rows) else places * len(rows)

    def settle(self) -> None:
        """Put the rows read since the last time, and the claims that were read as columns, in the order of the file."""
        import numpy as np

        columns = self._run.tables(self._stretches) if self._run and self._stretches else {}
        self._stretches = []
        for name, buffer in self._rows.items():
            if not buffer.count and name not in columns:
                continue
            rows = buffer.to_arrow(), np.array(self._places[name], np.int64)
            table, places = merged(rows, columns[name]) if name in columns else rows
            self._done[name].append(table)
            if level := _LEVEL_OF.get(name):
                self._done_places[level].append((self.problems.file, places))
        self._begin_rows()

    def hand_over(self) -> None:
        """Judge and give away what was read since the last time."""
        import pyarrow as pa

        self.settle()
        tables = {n: pa.concat_tables(t) if t else REMITTANCE_TABLES[n].empty() for n, t in self._done.items()}
        self._report_imbalance(balance(tables, self._paid_before))
        self._each(Remittance(tables, self.problems.take(), self._source, self._paid_before))
        self._begin_part()
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

    def _report_imbalance(self, found: pa.Table) -> None:
        """Report every transaction, claim and line that does not balance, as SNIP level 3 errors."""
        import numpy as np
        import pyarrow.compute as pc

        file = self.problems.file
        off = pc.indices_nonzero(pc.invert(found["is_balanced"])).to_pylist()
        done = [place for level in PAYMENT_ELEMENTS for place in self._done_places[level]]  # in the order of `found`
        ends = np.cumsum([len(numbers) for _, numbers in done])
        for at, row in zip(off, found.take(off).to_pylist() if off else (), strict=True):
            which = int(np.searchsorted(ends, at, "right"))
            self.problems.file, numbers = done[which]
            segment, element = PAYMENT_ELEMENTS[row["level"]]
            number = int(numbers[at - ends[which]])  # counted from its end
            self.problems.add(imbalance(row), number, segment, element, level=3, claim_id=row["claim_id"])
        self.problems.file = file

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
        self._add("remittance", [remittance], self._number)
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
        self._add("remittance_party", parties, place)
        self._add("remittance_detail", details, place)

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
        self._add("remittance_claim", [claim.row], place)
        self._add("remittance_line", claim.lines, *claim.line_places)
        self._add("adjustment", claim.adjustments, place)
        self._add("remark", claim.remarks, place)
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
            self._add("provider_adjustment", [row], number)


class _ColumnReader:
    """Reads the plain claims of large runs as columns, and puts them beside those of the reader."""

    def __init__(self, reader: _RemittanceReader) -> None:
        self._reader = reader
        self._run: PlainPayments | None = None

    def gather(self, runs: Iterator[Run]) -> Iterator[tuple[int, list[str], Delimiters, bool]]:
        """Cut each run before its last claim, which goes with the next: it may go on there."""
        return cut_runs(runs, lambda segment, element: segment.startswith(f"CLP{element}"))

    def spans(
        self, first: int, segments: list[str], delimiters: Delimiters, *, is_whole: bool
    ) -> list[tuple[int, int]]:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        self._run = None
        if len(segments) < MANY_SEGMENTS or not "".join(filter(None, delimiters)).isascii():
            return []
        self._run = PlainPayments(first, segments, delimiters, is_whole=is_whole)
        return self._run.spans()

    def take(self, start: int, stop: int) -> bool:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        assert self._run
        self._reader.take(self._run, *self._run.claims_between(start, stop))
        return True

    def end_run(self) -> None:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        self._reader.settle()
        self._run = None


def originator(payer: str) -> str:
    """TRN03, ten characters: 9 (a number the sender chose) and nine digits that the payer's id or name always gives."""
    return f"9{digits(payer)}"
