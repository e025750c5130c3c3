"""What stands on each claim while entries are made, and which claim stands for one that it replaced or voided?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, count, takewhile
from typing import Any

from workbook.payment.accounts import CASH, DENIED, PATIENT, PAYER, REVENUE, natures
from workbook.payment.ledger import LEDGER, ZERO, Ledger
from workbook.terms import dollars

Row = dict[str, Any]
REPLACEMENT, VOID = "7", "8"
#: how an amount beside the claims is called; where it names a claim, it is no answer to it
BESIDE = "provider adjustment"
#: CLP02 of an answer that takes an earlier one back
REVERSAL = "22"
#: CLP02 of an answer that tells what would be paid, before anything was done
PREDETERMINED = "25"
#: how the source of what a person recorded begins
RECORD = "record: "
#: why a claim that was answered, but not posted itself, has its charge; a later run knows it by this
AS_STATED = "charge as the remittance states it"


@dataclass(frozen=True)
class Move:
    """An amount that debits an account, or credits it where negative."""

    line: int | None
    account: str
    amount: Decimal
    why: str
    party: str | None = None


class Books:
    """The entries while they are being made, with what stands on each claim."""

    def __init__(self, ledger: Ledger) -> None:
        self.rows: list[Row] = ledger.arrow.to_pylist()
        self.problems: list[str] = []
        self.as_stated: list[str] = []  # claims that were answered but not posted themselves, in this run
        self._stated: set[str] = set()  # such claims of every run
        self._last = max((r["entry_id"] for r in self.rows), default=0)
        #: claim and account → party and line → debits less credits
        self._balance: dict[tuple[str, str], dict[tuple[str | None, int | None], Decimal]] = defaultdict(
            lambda: defaultdict(lambda: ZERO)
        )
        self._of_claim: dict[str, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
        self._reversed: set[int] = set()
        self._sources: set[str] = set()
        self._claim_of_number: dict[str, str] = {}  # the payer's number of a claim → the claim
        self._replaced_by: dict[str, str] = {}
        self._later: dict[str, tuple[Row, list[Row]]] = {}  # claims that replace or void others, not posted yet
        for row in self.rows:
            self._index(row)

    def _index(self, row: Row) -> None:
        claim = row["claim_id"]
        self._sources.add(row["source"])
        if row["reverses"] is not None:
            self._reversed.add(row["reverses"])
        if claim is None:
            return
        self._balance[claim, row["account"]][row["party"], row["line_number"]] += row["debit"] - row["credit"]
        self._of_claim[claim][row["entry_id"]].append(row)
        if row["why"] == AS_STATED:
            self._stated.add(claim)
        if row["source"].startswith("835 ") and row["reference"]:
            self._claim_of_number[row["reference"]] = claim
        if row["account"] == REVENUE and row["reverses"] is not None:
            self._replaced_by[claim] = row["source"].removeprefix("claim ")

    def enter(
        self, moves: Iterable[Move], day: date | None, claim_id: str | None, source: str, reference: str | None = None,
        reverses: int | None = None,
    ) -> None:  # fmt: skip
        """Add one entry. Its moves sum to zero; an entry without an amount is not made."""
        moves = [m for m in moves if m.amount]
        if total := sum((m.amount for m in moves), ZERO):
            raise AssertionError(f"an entry of {source} is off by {total}")
        if not moves:
            return
        self._last += 1
        for move in moves:
            row = {
                "entry_id": self._last, "date": day, "claim_id": claim_id, "line_number": move.line,
                "account": move.account, "party": move.party, "debit": max(move.amount, ZERO),
                "credit": max(-move.amount, ZERO), "why": move.why, "source": source, "reference": reference,
                "reverses": reverses,
            }  # fmt: skip
            self.rows.append(row)
            self._index(row)

    def has_charge(self, claim_id: str) -> bool:
        """True when the claim's charge was posted."""
        return any(r["account"] == REVENUE for rows in self._of_claim.get(claim_id, {}).values() for r in rows)

    def with_number(self, number: str) -> list[str]:
        """The claims with a charge whose number that is: the number itself, and NUMBER#2, #3 … where it came again."""
        again = (f"{number}#{n}" for n in count(2))  # without end: it must not be unpacked
        return list(takewhile(self.has_charge, chain([number], again)))

    def claim_of(self, payer_number: str | None) -> str | None:
        """The claim that the payer knows by that number."""
        return self._claim_of_number.get(payer_number) if payer_number else None

    def claim_named_in(self, reference: str | None) -> str | None:
        """The claim whose payer's number is a reference, or a word of it, as some payers put more beside the number."""
        words = [reference, *reference.split()] if reference else []
        return next((claim for word in words if (claim := self.claim_of(word))), None)

    def is_answered_in(self, claim_id: str, source: str) -> bool:
        """Whether a remittance answers the claim already."""
        return any(rows[0]["source"] == source for rows in self._of_claim.get(claim_id, {}).values())

    def is_refused(self, claim_id: str, day: date | None) -> bool:
        """Whether a claim for services from that day on was refused as a whole, and nothing was done about it."""
        days = {r["date"] for rows in self._of_claim[claim_id].values() for r in rows if r["account"] == REVENUE}
        return day in days and self.stands(claim_id, DENIED) == self.charged(claim_id)

    def charged(self, claim_id: str) -> Decimal:
        """The charge that stands for a claim."""
        return self.stands(claim_id, REVENUE)

    def is_as_stated(self, claim_id: str) -> bool:
        """True when a claim was never posted itself: its charge is that which a remittance stated, now or before."""
        return claim_id in self._stated

    def is_to_be_replaced(self, claim_id: str) -> bool:
        """Whether a claim was sent to replace or void this one, and is not posted yet."""
        return self._waits_for(claim_id) is not None

    def has_source(self, source: str) -> bool:
        """True when something of this source was posted."""
        return source in self._sources

    def stands(self, claim_id: str, account: str) -> Decimal:
        """What stands on an account of a claim, positive in the account's nature."""
        total = sum(self._of(claim_id, account).values(), ZERO)
        return total * natures()[account] + ZERO  # never -0.00

    def party(self, claim_id: str, account: str) -> str | None:
        """Whose account it is: the party with an open balance, else the last one named."""
        found = [party for (party, _), amount in self._of(claim_id, account).items() if amount]
        named = [party for party, _ in self._of(claim_id, account)]
        return (found or named or [None])[-1]

    def open_lines(self, claim_id: str, account: str) -> list[tuple[str | None, int | None, Decimal]]:
        """(party, line, balance) of what is not zero on an account of a claim."""
        return [(party, line, amount) for (party, line), amount in self._of(claim_id, account).items() if amount]

    def _of(self, claim_id: str, account: str) -> dict[tuple[str | None, int | None], Decimal]:
        return self._balance.get((claim_id, account), {})

    # charges

    def add_claim(self, claim: Row, lines: list[Row]) -> None:
        """Post a claim's charge; one that replaces or voids another is kept until a payer answers it."""
        if self.has_charge(claim["claim_id"]):
            self._compare_charge(claim)
        elif claim["payer_sequence"] not in (None, "P") and self.has_charge(claim["patient_control_number"] or ""):
            return  # the same claim, sent on to a later payer: its charge stands already
        elif claim["frequency_code"] in (REPLACEMENT, VOID):
            self._later[claim["claim_id"]] = (claim, lines)
        else:
            self._charge(claim, lines)

    def _compare_charge(self, claim: Row) -> None:
        posted = self.stands(claim["claim_id"], REVENUE)
        if claim["claim_id"] not in self._replaced_by and posted != claim["billed_amount"]:
            self.problems.append(
                f"claim {claim['claim_id']} is in the ledger with {dollars(posted)}, and comes again with "
                f"{dollars(claim['billed_amount'])}; nothing was posted: send a change as a replacement (frequency 7)"
            )

    def _charge(self, claim: Row, lines: list[Row]) -> None:
        payer = claim["payer_id"] or claim["payer_name"]
        days = [line["service_from_date"] for line in lines if line["service_from_date"]]
        day = min(days) if days else claim["statement_from_date"] or claim["received_date"]
        charges = [(line["line_number"], line["billed_amount"]) for line in lines]
        self.charge(claim["claim_id"], payer, charges, claim["billed_amount"], day, "charge")
        if paid := claim["patient_paid_amount"]:
            patient, why = claim["patient_id"], "paid by the patient before the claim was sent"
            moves = [Move(None, CASH, paid, why, patient), Move(None, PATIENT, -paid, why, patient)]
            self.enter(moves, day, claim["claim_id"], f"claim {claim['claim_id']}")

    def charge(
        self, claim_id: str, payer: str | None, charges: list[tuple[int | None, Decimal]], total: Decimal,
        day: date | None, why: str,
    ) -> None:  # fmt: skip
        """Enter the charges of lines, and what the claim's total has beyond them."""
        rest = (None, total - sum((amount for _, amount in charges), ZERO))
        moves = [
            move
            for line, amount in [*charges, rest]
            for move in (Move(line, PAYER, amount, why, payer), Move(line, REVENUE, -amount, why, payer))
        ]
        self.enter(moves, day, claim_id, f"claim {claim_id}")

    # replacement, void, reversal

    def current(self, claim_id: str) -> str:
        """The claim that stands for this one today: the last that replaced it."""
        while self._replaced_by.get(claim_id, claim_id) != claim_id:
            claim_id = self._replaced_by[claim_id]
        return claim_id

    def _original(self, claim: Row) -> str | None:
        """The claim in the ledger that this one replaces or voids: by the payer's number, or the same CLM01."""
        control = claim["patient_control_number"]
        found = self._claim_of_number.get(claim["original_claim_id"] or "")
        if found is None and control and control != claim["claim_id"] and self.has_charge(control):
            found = control
        return self.current(found) if found else None

    def _waits_for(self, original: str) -> tuple[Row, list[Row]] | None:
        """The claim that was sent to replace or void `original`, and is not posted yet."""
        return next(((c, lines) for c, lines in self._later.values() if self._original(c) == original), None)

    def prepare(self, claim_id: str, day: date | None) -> str:
        """Make ready for a payer's answer to a claim; returns the claim that the answer is about.

        A replacement is posted now when it is the one that is answered, or when its original is answered again.
        """
        if claim_id in self._later:
            claim, lines = self._later[claim_id]
            original = self._original(claim)
            if original is not None:
                self.replace(original, day)
            elif claim["frequency_code"] == REPLACEMENT:
                self._tell_no_original(claim)
                del self._later[claim_id]
                self._charge(claim, lines)
        if self.answers(claim_id):
            self.replace(claim_id, day)
        return self.current(claim_id)

    def replace(self, original: str, day: date | None) -> None:
        """Take back the charge of a claim, and post that of the one that waits to replace it."""
        found = self._waits_for(original)
        if found is None:
            return
        claim, lines = found
        del self._later[claim["claim_id"]]
        source = f"claim {claim['claim_id']}"
        for entry, rows in list(self._of_claim[original].items()):
            cash = sum((r["debit"] - r["credit"] for r in rows if r["account"] == CASH), ZERO)
            is_ours = rows[0]["source"] == f"claim {original}" or (rows[0]["source"].startswith("835 ") and not cash)
            if is_ours and entry not in self._reversed and rows[0]["reverses"] is None:
                self.take_back(original, entry, day, source, f"replaced by claim {claim['claim_id']}")
        if claim["frequency_code"] == REPLACEMENT:
            self._charge(claim, lines)
            self._carry_payments(original, claim["claim_id"], day)
        if left := self.stands(original, PAYER):
            self.problems.append(
                f"claim {original} was replaced by {claim['claim_id']}, but its payment was not reversed: "
                f"{dollars(left)} stand on {PAYER}"
            )

    def _carry_payments(self, original: str, claim_id: str, day: date | None) -> None:
        """Move what the patient paid on a claim to the one that replaced it: taken back there, entered here."""
        for entry, rows in list(self._of_claim[original].items()):
            is_payment = rows[0]["source"] == f"{RECORD}patient payment"
            if not is_payment or entry in self._reversed or rows[0]["reverses"] is not None:
                continue
            moves = [Move(r["line_number"], r["account"], r["debit"] - r["credit"], r["why"], r["party"]) for r in rows]
            self.take_back(original, entry, day, f"claim {claim_id}", f"moved to claim {claim_id}")
            self.enter(moves, day, claim_id, rows[0]["source"])

    def take_back(
        self, claim_id: str, entry: int, day: date | None, source: str, why: str, reference: str | None = None
    ) -> None:
        """Enter the exact opposite of an entry."""
        moves = [
            Move(r["line_number"], r["account"], r["credit"] - r["debit"], f"{why}: {r['why']}", r["party"])
            for r in self._of_claim[claim_id][entry]
        ]
        self.enter(moves, day, claim_id, source, reference, entry)

    def restore_denials(self, claim_id: str, least: Decimal, day: date | None, source: str) -> None:
        """Take back what people did about a denial (written off, billed to the patient) until `least` stands denied."""
        for entry, rows in list(self._of_claim[claim_id].items())[::-1]:
            given_up = sum((r["credit"] for r in rows if r["account"] == DENIED), ZERO)
            is_record = rows[0]["source"].startswith(RECORD) and rows[0]["reverses"] is None
            if self.stands(claim_id, DENIED) >= least or not given_up or not is_record or entry in self._reversed:
                continue
            self.take_back(claim_id, entry, day, source, "decided after all")
            what = f"{rows[0]['source'].removeprefix(RECORD)} of {dollars(given_up)}"
            self.problems.append(f"claim {claim_id}: {what} was taken back, since the payer decided after all")

    def answers(self, claim_id: str) -> list[tuple[int, Decimal]]:
        """The payers' answers that were not taken back, the last first: (entry, cash in it)."""
        found = [
            (entry, sum((r["debit"] - r["credit"] for r in rows if r["account"] == CASH), ZERO))
            for entry, rows in self._of_claim.get(claim_id, {}).items()
            if rows[0]["source"].startswith("835 ") and not rows[0]["why"].startswith(BESIDE)
            if entry not in self._reversed and rows[0]["reverses"] is None
        ]
        return found[::-1]

    def finish(self) -> Ledger:
        """The finished ledger; it says which replacements no payer has answered yet."""
        for claim, lines in self._later.values():
            original = self._original(claim)
            if original is None:
                self._tell_no_original(claim)
                if claim["frequency_code"] == REPLACEMENT:
                    self._charge(claim, lines)
                continue
            what = "replaces" if claim["frequency_code"] == REPLACEMENT else "voids"
            self.problems.append(
                f"claim {claim['claim_id']} {what} {original} and is not posted before a payer answers it; "
                "give it again with the remittance that does"
            )
        if self.as_stated:
            one = len(self.as_stated) == 1
            self.problems.append(
                f"1 claim was answered but not posted itself ({self.as_stated[0]}); the charge is that which the "
                "remittance states"
                if one
                else f"{len(self.as_stated):,} claims were answered but not posted themselves ({self.as_stated[0]} "
                "first); their charges are those that the remittance states"
            )
        return Ledger(LEDGER.from_rows(self.rows), self.problems)

    def _tell_no_original(self, claim: Row) -> None:
        what, number = f"claim {claim['claim_id']} (frequency {claim['frequency_code']})", claim["original_claim_id"]
        named = f"the payer's claim {number}, which is not in the ledger; post that one and its remittance first"
        nothing = "no claim of the payer (REF*F8), and none in the ledger bears its number; find out which it is about"
        self.problems.append(f"{what} names {named if number else nothing}")
