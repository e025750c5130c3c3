"""How do charges, payers' answers, reversals and amounts beside claims become entries of the ledger?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from workbook.claims.balance import balance
from workbook.claims.model import Claims, Remittance
from workbook.payment.accounts import (
    CASH,
    CONTRACTUAL,
    DENIED,
    OTHER,
    PATIENT,
    PAYER,
    REFUND,
    account_of_plb,
    record_kind,
)
from workbook.payment.books import AS_STATED, BESIDE, PREDETERMINED, RECORD, REVERSAL, Books, Move, Row
from workbook.payment.ledger import ZERO, Ledger
from workbook.payment.reasons import reason
from workbook.terms import WorkbookError, dollars, money, parse_date

#: CLP02 of a payer that decided after others
LATER_PAYERS = ("2", "3", "20", "21")


def post(
    ledger: Ledger | None = None,
    claims: Claims | None = None,
    remittance: Remittance | Iterable[Remittance] | None = None,
) -> Ledger:
    """Post the charges of claims and the answers of payers, in the order given, and return the new ledger.

    A payer's answer moves each charge to cash, to the contractual adjustment, to the patient (group PR) or to denied
    claims; what is pending (CARC 133) stays receivable, and what earlier payers did (CARC 23) is theirs. A reversal
    takes back the entry it concerns. A later payer is first given what the earlier ones left to the patient. What was
    denied and is decided again without a reversal, by any payer, is no longer denied. Cash is always posted in full;
    what exceeds the amount outstanding is a refund due, and what is recovered (PLB WO) lowers it on the claim that is
    named. A claim that replaces or voids another (frequency 7, 8) takes
    that one's charge back when the payer answers it. What is in the ledger already is not posted twice.
    Predeterminations (status 25) are passed over: nothing was done yet that could be owed.

    `Ledger.problems` tells of remittances that do not balance (they are not posted), answers without a claim, amounts
    beyond what was outstanding, reason codes on no page. Amounts are US dollars.
    """
    books = Books(ledger or Ledger())
    for claim, lines in _with_lines(claims):
        books.add_claim(claim, lines)
    for answered in [remittance] if isinstance(remittance, Remittance) else remittance or ():
        _post_remittance(books, answered)
    return books.finish()


def record(
    ledger: Ledger, kind: str, claim_id: str, amount: Decimal | int | str, on: date | str, why: str | None = None
) -> Ledger:
    """Record what neither a claim nor a remittance tells: a patient's payment, a write-off, a refund.

    `kind` is one of `records` in accounts.yaml. Raises WorkbookError for another kind, an amount that is not above
    zero, a claim that is not in the ledger, a malformed date, or more than stands on the account.
    """
    to, day = record_kind(kind), parse_date(on, "on")
    books = Books(ledger)
    try:
        value = money(amount)
    except ArithmeticError:
        raise WorkbookError(f"amount {amount!r} is not an amount in dollars and cents") from None
    if value <= 0:
        raise WorkbookError(f"amount {dollars(value)}: record an amount above zero")
    if not books.has_charge(claim_id):
        raise WorkbookError(f"claim {claim_id!r} is not in the ledger; post it first")
    source = to.debit if to.debit == REFUND else to.credit
    stands = books.stands(claim_id, source)
    if kind != "patient payment" and value > stands:
        raise WorkbookError(f"{kind} of {dollars(value)}: on {source} of claim {claim_id} stand {dollars(stands)} only")
    party = books.party(claim_id, source)
    rows = [
        Move(None, to.debit, value, why or to.meaning, party),
        Move(None, to.credit, -value, why or to.meaning, party),
    ]
    books.enter(rows, day, claim_id, f"{RECORD}{kind}")
    return Ledger(books.finish().arrow, ledger.problems)


def _with_lines(claims: Claims | None) -> list[tuple[Row, list[Row]]]:
    if claims is None:
        return []
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in claims.arrow["claim_line"].to_pylist():
        lines[line["claim_id"]].append(line)
    found = [(claim, lines[claim["claim_id"]]) for claim in claims.arrow["claim"].to_pylist()]
    return sorted(found, key=lambda pair: pair[0]["payer_sequence"] not in (None, "P"))  # the first payer's come first


def _post_remittance(books: Books, remittance: Remittance) -> None:
    judged = balance(remittance.arrow, remittance.paid_before).to_pylist()
    unbalanced = {b["remittance_id"]: b for b in judged if not b["is_balanced"]}
    tables = {
        name: remittance.arrow[name].to_pylist() for name in ("remittance_line", "adjustment", "remittance_claim")
    }
    below: dict[str, dict[tuple[str, int], list[Row]]] = {}
    for name in ("remittance_line", "adjustment"):
        below[name] = defaultdict(list)
        for row in tables[name]:
            below[name][row["remittance_id"], row["claim_sequence"]].append(row)
    claims: dict[str, list[Row]] = defaultdict(list)
    for row in tables["remittance_claim"]:
        claims[row["remittance_id"]].append(row)
    beside: dict[str, list[Row]] = defaultdict(list)
    for row in remittance.arrow["provider_adjustment"].to_pylist():
        beside[row["remittance_id"]].append(row)
    for payment in remittance.arrow["remittance"].to_pylist():
        name = payment["remittance_id"]
        payer = payment["payer_id"] or payment["payer_name"]
        source = f"835 {name} of {payer}, {payment['payment_date']}, {dollars(payment['payment_amount'])}"
        if books.has_source(source):
            books.problems.append(f"remittance {name} was posted before; nothing of it was posted again")
            continue
        if off := unbalanced.get(name):
            books.problems.append(
                f"remittance {name} does not balance ({off['level']} {off['claim_id'] or name} is off by "
                f"{dollars(off['off_by_amount'])}) and was not posted; ask the payer for a correct one"
            )
            continue
        for claim in sorted(claims[name], key=lambda c: c["claim_sequence"]):
            key = (name, claim["claim_sequence"])
            if claim["claim_status_code"] == PREDETERMINED and not claim["paid_amount"]:
                books.problems.append(
                    f"claim {claim['claim_id']} in remittance {name} tells what would be paid (status 25, a "
                    "predetermination); nothing of it is owed, and nothing was posted"
                )
                continue
            _Answer(books, payment, claim, below["remittance_line"][key], below["adjustment"][key], source).post()
        for row in beside[name]:
            _post_beside(books, payment, row, source)


def _post_beside(books: Books, payment: Row, row: Row, source: str) -> None:
    """A provider adjustment: a positive amount lowers the payment. A recovery stands on the claim that it names."""
    account = account_of_plb(row["reason_code"])
    if account is None:
        books.problems.append(
            f"remittance {row['remittance_id']}: provider adjustment {row['reason_code']} of {dollars(row['amount'])} "
            f"is on no page; it stands on {OTHER}"
        )
    why, party = f"{BESIDE} {row['reason_code']}", payment["payer_id"] or payment["payer_name"]
    moves = [Move(None, account or OTHER, row["amount"], why, party), Move(None, CASH, -row["amount"], why, party)]
    claim = books.claim_named_in(row["reference"]) if account == REFUND else None
    books.enter(moves, payment["payment_date"], claim, source, row["reference"])


class _Answer:
    """One paid claim of a remittance, on its way into the ledger."""

    def __init__(
        self, books: Books, payment: Row, claim: Row, lines: list[Row], adjustments: list[Row], source: str
    ) -> None:
        self.books, self.claim, self.lines, self.source = books, claim, lines, source
        self.day, self.payer = payment["payment_date"], payment["payer_id"] or payment["payer_name"]
        self.label = f"claim {claim['claim_id']} in remittance {claim['remittance_id']}"
        after_others = any(reason(a["carc"]).kind == "earlier payer" for a in adjustments)
        self.is_later = claim["claim_status_code"] in LATER_PAYERS or after_others
        self.pending = ZERO
        self.moves = self._cash() + [m for a in adjustments if (m := self._adjustment(a))]

    def post(self) -> None:
        """Post the answer, or take back the one that it reverses."""
        if self.claim["claim_status_code"] == REVERSAL:
            self._reverse()
            return
        account = self.books.prepare(self._concerned(), self.day)
        if not self.books.has_charge(account):
            self._charge_as_stated(account)
        handed = self._handed(account) if self.is_later else []
        opened = self.books.open_lines(account, PAYER)
        handed += self._decided_again(account, opened, handed)
        opened += [(m.party, m.line, m.amount) for m in handed if m.account == PAYER]
        outstanding = sum((amount for _, _, amount in opened), ZERO) - self.pending
        if sum((m.amount for m in self.moves), ZERO) == outstanding:
            moves = self._settled(self.moves, opened)
        else:
            moves = self._as_far_as_it_goes(outstanding, opened)
        self._enter(account, [*handed, *moves])

    def _concerned(self) -> str:
        """Which of the claims with this number the answer is about: CLP01 is the sender's own, and may come again."""
        books, given, number = self.books, self.claim["claim_id"], self.claim["payer_claim_id"]
        same = books.with_number(given)
        fits = [c for c in same if books.charged(c) == self.claim["billed_amount"]]
        if waiting := [c for c in fits if not books.answers(c)]:
            return waiting[0]
        known = books.claim_of(number)
        if known and known in fits and not books.is_answered_in(known, self.source):
            return known  # the same claim again, in a later remittance
        again = [c for c in fits if books.is_refused(c, self._served()) and not books.is_answered_in(c, self.source)]
        if again:
            return again[0]  # refused as a whole, and decided anew
        is_new = number and same and not self.is_later and not any(map(books.is_to_be_replaced, same))
        if is_new and all(books.is_as_stated(c) and books.answers(c) for c in same):
            return f"{given}#{len(same) + 1}"  # another claim of the patient: none was posted, each is as stated
        return known if known and known in same else (fits or [given])[0]

    def _enter(self, account: str, moves: list[Move]) -> None:
        self.books.enter(moves, self.day, account, self.source, self.claim["payer_claim_id"])

    def _cash(self) -> list[Move]:
        """What is paid, line by line; what adjustments of the whole claim take off that stands on the claim."""
        paid = [Move(r["line_number"], CASH, r["paid_amount"], "paid", self.payer) for r in self.lines]
        rest = self.claim["paid_amount"] - sum((m.amount for m in paid), ZERO)
        return [*paid, Move(None, CASH, rest, "paid", self.payer)]

    def _adjustment(self, row: Row) -> Move | None:
        found, why = reason(row["carc"]), f"{row['group_code']}-{row['carc']}"
        if found.kind == "pending":
            self.pending += row["amount"]
            return None
        if found.kind == "earlier payer":
            return None
        if row["group_code"] == "PR":
            return Move(row["line_number"], PATIENT, row["amount"], why, self.claim["patient_id"])
        if found.kind == "denial":
            if not found.is_classified:
                self.books.problems.append(f"{self.label}: reason code {why} is on no page; it stands on {DENIED}")
            return Move(row["line_number"], DENIED, row["amount"], why, self.payer)
        return Move(row["line_number"], CONTRACTUAL, row["amount"], why, self.payer)

    def _charge_as_stated(self, account: str) -> None:
        if not self.claim["billed_amount"]:
            return
        self.books.as_stated.append(account)
        charges = [(r["line_number"], r["billed_amount"]) for r in self.lines]
        self.books.charge(account, self.payer, charges, self.claim["billed_amount"], self._served(), AS_STATED)

    def _served(self) -> date | None:
        """The first day of service that is stated, else the day of the payment."""
        days: list[date] = [r["service_date"] for r in self.lines if r["service_date"]]
        return min(days, default=self.day)

    def _handed(self, account: str) -> list[Move]:
        """What the earlier payers left to the patient, given to this one."""
        why = "left to the next payer"
        return [
            move
            for party, line, amount in self.books.open_lines(account, PATIENT)
            if amount > 0
            for move in (Move(line, PAYER, amount, why, self.payer), Move(line, PATIENT, -amount, why, party))
        ]

    def _decided_again(
        self, account: str, opened: list[tuple[str | None, int | None, Decimal]], handed: list[Move]
    ) -> list[Move]:
        """What was refused on the lines that are answered anew, without a reversal: given back to this payer.

        A claim that was unprocessable comes again as new, an appeal that is won is paid, the right payer follows the
        wrong one. No more is given than the answer has beyond what is outstanding.
        """
        outstanding = sum((a for _, _, a in opened), ZERO) + sum((m.amount for m in handed if m.account == PAYER), ZERO)
        beyond = sum((m.amount for m in self.moves), ZERO) + self.pending - outstanding
        answered, why = {m.line for m in self.moves if m.amount}, "decided again"
        refused = [
            (party, line, amount)
            for party, line, amount in self.books.open_lines(account, DENIED)
            if amount > 0 and (line is None or line in answered or None in answered)
        ]
        beyond = min(beyond, sum((amount for _, _, amount in refused), ZERO))
        self.books.restore_denials(account, beyond, self.day, self.source)
        beyond = min(beyond, self.books.stands(account, DENIED))
        found: list[Move] = []
        for party, line, amount in refused:
            if (taken := min(amount, beyond)) > 0:
                beyond -= taken
                found += [Move(line, PAYER, taken, why, self.payer), Move(line, DENIED, -taken, why, party)]
        return found

    def _settled(self, moves: Iterable[Move], opened: list[tuple[str | None, int | None, Decimal]]) -> list[Move]:
        """Each move beside the credit of the receivable that it settles."""
        return [x for m in moves for x in (m, self._against(m.line, -m.amount, m.why, opened))]

    def _against(
        self, line: int | None, amount: Decimal, why: str, opened: list[tuple[str | None, int | None, Decimal]]
    ) -> Move:
        of_line = [party for party, n, _ in opened if n == line]
        return Move(line, PAYER, amount, why, (of_line or [p for p, _, _ in opened] or [self.payer])[-1])

    def _as_far_as_it_goes(
        self, outstanding: Decimal, opened: list[tuple[str | None, int | None, Decimal]]
    ) -> list[Move]:
        """The answer does not fit what is outstanding: all cash, then the patient's share, denials, the contract's."""
        accounts = (CASH, PATIENT, DENIED, CONTRACTUAL)
        totals = {a: sum((m.amount for m in self.moves if m.account == a), ZERO) for a in accounts}
        why = {m.account: m.why for m in reversed(self.moves) if m.amount}
        left = max(outstanding, ZERO) - min(totals[CONTRACTUAL], ZERO)  # one below zero adds to the receivable
        moves: list[Move] = []
        for account, total in totals.items():
            taken = total if total < 0 else min(total, max(left, ZERO))
            left -= taken if account != CONTRACTUAL or total > 0 else ZERO
            party = self.claim["patient_id"] if account == PATIENT else self.payer
            moves.append(Move(None, account, total if account == CASH else taken, why.get(account, "paid"), party))
            if account == CASH and total > taken:
                moves.append(Move(None, REFUND, taken - total, "paid beyond what was outstanding", self.payer))
        settled = sum((m.amount for m in moves), ZERO)
        moves.append(self._against(None, -settled, "settled", opened))
        excess = -sum((m.amount for m in moves if m.account == REFUND), ZERO)
        if not self.is_later or left or excess:
            answered = sum(totals.values(), ZERO)
            self.books.problems.append(
                f"{self.label}: it answers for {dollars(answered)} where {dollars(outstanding)} are outstanding; "
                + (
                    f"{dollars(excess)} are a refund due"
                    if excess
                    else f"{dollars(left)} stay on {PAYER}"
                    if left
                    else "what goes beyond was not posted"
                )
            )
        return moves

    def _reverse(self) -> None:
        books, given = self.books, self.claim["claim_id"]
        own, known = (
            (given, books.current(given), *books.with_number(given)),
            books.claim_of(self.claim["payer_claim_id"]),
        )
        for claim_id in dict.fromkeys((known if known in own else given, *own)):
            for entry, cash in books.answers(claim_id):
                if cash == -self.claim["paid_amount"]:
                    books.take_back(claim_id, entry, self.day, self.source, "reversal", self.claim["payer_claim_id"])
                    books.restore_denials(claim_id, ZERO, self.day, self.source)
                    books.replace(claim_id, self.day)
                    return
        if not any(m.amount for m in self.moves):
            return
        paid = dollars(-self.claim["paid_amount"])
        books.problems.append(f"{self.label}: it reverses a payment of {paid} that was never posted")
        account = books.current(given)
        self._enter(account, self._settled(self.moves, books.open_lines(account, PAYER)))
        books.replace(given, self.day)
