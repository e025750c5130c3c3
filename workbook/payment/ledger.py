"""What is owed, by whom, and what became of every charge: a ledger in which each entry's debits equal its credits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.engine import Column, Table, to_pandas
from workbook.engine.export import read_people_csv, write_people_csv
from workbook.engine.html import notebook_html, safe, table_html
from workbook.payment.accounts import RECEIVABLES, natures
from workbook.terms import WorkbookError, dollars

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ZERO = Decimal("0.00")

LEDGER = Table(
    "ledger",
    "one debit or credit of an entry",
    (),
    (
        Column("entry_id", "integer", "the entry, from 1; its debits equal its credits", required=True),
        Column("date", "date", "a charge's day of service, a payment's day, a record's day"),
        Column("claim_id", "text", "the claim; null for what concerns no single claim"),
        Column("line_number", "integer", "the line; null for the whole claim"),
        Column("account", "text", "an account of accounts.yaml", required=True),
        Column("party", "text", "whose account it is: the payer, or the patient"),
        Column("debit", "money", "US dollars; 0.00 on a credit", required=True),
        Column("credit", "money", "US dollars; 0.00 on a debit", required=True),
        Column("why", "text", "what happened, with its reason code where there is one", required=True),
        Column("source", "text", "the claim, the remittance, or the record that it rests on", required=True),
        Column("reference", "text", "the payer's number of the claim, or of a provider adjustment"),
        Column("reverses", "integer", "the entry that this one takes back"),
    ),
)


class Ledger:
    """The entries so far; it is never changed: posting gives a new one.

    `arrow` has the rows of `LEDGER`, `problems` what could not be posted as it was sent, each in one sentence.
    """

    def __init__(self, entries: pa.Table | None = None, problems: Iterable[str] = ()) -> None:
        self.arrow: pa.Table = LEDGER.empty() if entries is None else entries
        self.problems = tuple(problems)

    @cached_property
    def entries(self) -> pd.DataFrame:
        """The rows as a pandas frame."""
        return to_pandas(self.arrow)

    @cached_property
    def _sums(self) -> dict[tuple[str | None, str, str | None], Decimal]:
        """(claim_id, account, party) → balance, positive in the account's own nature."""
        sums: dict[tuple[str | None, str, str | None], Decimal] = defaultdict(lambda: ZERO)
        names = ("claim_id", "account", "party", "debit", "credit")
        for claim, account, party, debit, credit in zip(*(self.arrow[n].to_pylist() for n in names), strict=True):
            sums[claim, account, party] += (debit - credit) * natures()[account]
        return sums

    def balances(self, claim_id: str | None = None) -> dict[str, Decimal]:
        """The balance of every account, over all claims or of one, in US dollars."""
        found = dict.fromkeys(natures(), ZERO)
        for (claim, account, _), amount in self._sums.items():
            if claim_id in (None, claim):
                found[account] += amount
        return found

    def open_items(self) -> list[dict[str, Any]]:
        """What is still owed: claim_id, account, party, amount; credit balances are negative, zeros left out."""
        return [
            {"claim_id": claim, "account": account, "party": party, "amount": amount}
            for (claim, account, party), amount in self._sums.items()
            if account in RECEIVABLES and amount
        ]

    def write(self, path: str | Path) -> Path:
        """Write the entries as a CSV file (mode 0600) that `read_ledger` reads back; returns its path."""
        write_people_csv(self.arrow, Path(path))
        return Path(path)

    def __repr__(self) -> str:
        entries = len(set(self.arrow["entry_id"].to_pylist()))
        found = self.balances()
        owed = ", ".join(f"{name} {dollars(found[name])}" for name in (*RECEIVABLES, "refund due"))
        faults = f"; {len(self.problems):,} to look at (see .problems)" if self.problems else ""
        return f"{entries:,} {'entry' if entries == 1 else 'entries'}: {owed}{faults}"

    def _repr_html_(self) -> str:
        rows = [[name, dollars(amount)] for name, amount in self.balances().items()]
        said = "".join(f"<li>{safe(p)}</li>" for p in self.problems[:20])
        more = f"<p>… and {len(self.problems) - 20:,} more</p>" if len(self.problems) > 20 else ""
        table = table_html(["Account", "Balance"], rows, words=["Account"])
        return notebook_html(f"<p>{safe(repr(self))}</p>", table, f"<ul>{said}</ul>{more}" if said else "")


def read_ledger(path: str | Path) -> Ledger:
    """Read what `Ledger.write` wrote.

    Raises WorkbookError when the file is not there, lacks a column, holds an unknown account, or an entry of it does
    not balance.
    """
    import pyarrow as pa

    path = Path(path)
    if not path.is_file():
        raise WorkbookError(f"{path}: there is no such file; name a ledger.csv that was written before")
    found = read_people_csv(path, LEDGER)
    if lacking := [n for n in LEDGER.names if n not in found.column_names]:
        raise WorkbookError(f"{path}: the column {lacking[0]} is missing; a ledger has {', '.join(LEDGER.names)}")
    try:
        table = found.select(list(LEDGER.names)).cast(LEDGER.schema)
    except (pa.ArrowInvalid, ValueError) as error:
        raise WorkbookError(f"{path}: {str(error).splitlines()[0]}; write it anew with: workbook post") from None
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for number, row in enumerate(table.to_pylist(), 2):
        gap = next((n for n in ("entry_id", "account", "debit", "credit", "source") if row[n] is None), None)
        if gap:
            raise WorkbookError(f"{path}, row {number}: {gap} is empty; every row of a ledger has one")
        if row["account"] not in natures():
            raise WorkbookError(
                f"{path}, row {number}: no account is called {row['account']!r}; they are {', '.join(natures())}"
            )
        sums[row["entry_id"]] += row["debit"] - row["credit"]
    if off := next((e for e, amount in sums.items() if amount), None):
        raise WorkbookError(f"{path}: entry {off} does not balance: debits less credits are {dollars(sums[off])}")
    return Ledger(table)
