"""What is still owed, by whom, and since when: receivables by age."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.engine import Column, Table, to_pandas
from workbook.engine.export import write_people_csv
from workbook.engine.html import notebook_html, safe, table_html
from workbook.payment.accounts import RECEIVABLES, REVENUE
from workbook.payment.ledger import Ledger
from workbook.terms import WorkbookError, dollars, parse_date

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ZERO = Decimal("0.00")
#: the oldest day of each class of age, and its name; the last class is open
AGES = ((30, "0–30"), (60, "31–60"), (90, "61–90"), (120, "91–120"))
OLDEST = "over 120"
CLASSES = (*(name for _, name in AGES), OLDEST)
CREDIT, UNDATED = "credit", "no date"

OPEN_ITEM = Table(
    "open_item",
    "what one party owes of one claim on one account",
    ("claim_id", "account", "party"),
    (
        Column("claim_id", "text", "the claim", required=True),
        Column("account", "text", "receivable from payer, receivable from patient, or denied claims", required=True),
        Column("party", "text", "the payer or the patient"),
        Column("service_date", "date", "the claim's first day of service"),
        Column("days", "integer", "days from it to the day of the list"),
        Column("age", "text", "its class of age; credit for a balance below zero, no date", required=True),
        Column("amount", "money", "what is owed; below zero a credit balance", required=True),
    ),
)


class Receivables:
    """Open items on a day. `arrow` has the rows of `OPEN_ITEM`."""

    def __init__(self, rows: pa.Table, on: date) -> None:
        self.arrow = rows
        self.on = on

    @cached_property
    def items(self) -> pd.DataFrame:
        """The rows as a pandas frame."""
        return to_pandas(self.arrow)

    def by_age(self, *columns: str) -> dict[tuple[str, ...], dict[str, Decimal]]:
        """The sums of each class of age for each value of `columns` (account, party), largest first."""
        found: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        for row in self.arrow.to_pylist():
            found[tuple(row[c] or "" for c in columns)][row["age"]] += row["amount"]
        return dict(sorted(found.items(), key=lambda item: -sum(item[1].values(), ZERO)))

    @property
    def total(self) -> Decimal:
        """All that is owed, less credit balances, in US dollars."""
        return sum(self.arrow["amount"].to_pylist(), ZERO)

    def write(self, path: str | Path) -> Path:
        """Write the open items as a CSV file for people (mode 0600); returns its path."""
        write_people_csv(self.arrow, Path(path))
        return Path(path)

    @property
    def _shown(self) -> tuple[str, ...]:
        """The classes of age that are shown; the undated only where there are any."""
        return (*CLASSES, CREDIT, *([UNDATED] if UNDATED in self.arrow["age"].to_pylist() else []))

    def _table(self, *columns: str) -> list[list[str]]:
        rows = []
        for key, sums in self.by_age(*columns).items():
            amounts = [sums.get(c, ZERO) for c in self._shown]
            rows.append([*key, *map(dollars, amounts), dollars(sum(amounts, ZERO))])
        return rows

    def __str__(self) -> str:
        rows = [["account", *self._shown, "total"], *self._table("account")]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows
        ]
        return "\n".join([repr(self), *lines])

    def __repr__(self) -> str:
        claims = len(set(self.arrow["claim_id"].to_pylist()))
        return f"Receivables on {self.on}: {dollars(self.total)} on {claims:,} claims"

    def _repr_html_(self) -> str:
        header = ["Account", "With", *self._shown, "Total"]
        rows, shown = self._table("account", "party"), 15
        more = f"<p>… and {len(rows) - shown:,} more in <code>.items</code></p>" if len(rows) > shown else ""
        table = table_html(header, rows[:shown], words=header[:2])
        return notebook_html(f"<p>{safe(repr(self))}</p>", self.svg(), table, more)

    @property
    def alt_text(self) -> str:
        """The picture in words."""
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for ages in self.by_age("account").values():
            for name, amount in ages.items():
                sums[name] += amount
        told = ", ".join(f"{name} days {dollars(sums[name])}" for name in CLASSES)
        return f"Receivables by age on {self.on}: {told}."

    def svg(self) -> str:
        """The picture as SVG, drawn on this machine: a bar for each class of age, parted by account."""
        import altair as alt
        import pandas as pd
        import vl_convert

        order = {account: n for n, account in enumerate(RECEIVABLES)}
        rows: list[dict[str, Any]] = [
            {
                "age": name,
                "account": account,
                "amount": float(ages.get(name, ZERO)),
                "order": order[account],
            }
            for (account,), ages in self.by_age("account").items()
            for name in CLASSES
        ]
        frame = pd.DataFrame(rows, columns=["age", "account", "amount", "order"])
        colours = ["#2b6ca3", "#e0a33a", "#8c4a4a"]
        bars = (
            alt.Chart(frame, width=520, height=200, title=f"Receivables by age on {self.on}")
            .mark_bar(stroke="#444")
            .encode(
                x=alt.X("age:N", sort=list(CLASSES), title="days since the service", axis=alt.Axis(labelAngle=0)),
                y=alt.Y("amount:Q", title="US dollars"),
                color=alt.Color(
                    "account:N",
                    title=None,
                    scale=alt.Scale(domain=list(RECEIVABLES), range=colours),
                    legend=alt.Legend(orient="top", columnPadding=30),  # a browser's letters are wider
                ),
                order="order:Q",
            )
        )
        picture = vl_convert.vegalite_to_svg(bars.to_json())
        style = "background:#fff;display:inline-block"
        return f'<div role="img" aria-label="{safe(self.alt_text)}" style="{style}">{picture}</div>'


def receivables(ledger: Ledger, on: date | str | None = None) -> Receivables:
    """What is owed on a day (today unless given), by age from the first day of service, payer, patient and denial.

    Entries after the day are left out. Denied claims are owed until someone corrects, appeals or writes them off.
    Raises WorkbookError for a malformed date, or a ledger without an entry to that day.
    """
    day = date.today() if on is None else parse_date(on, "on")
    until = up_to(ledger, day)
    if not until.arrow.num_rows:
        raise WorkbookError(f"the ledger has no entry up to {day}; post claims first, or name a later day")
    served: dict[str, date] = {}
    for row in until.arrow.to_pylist():
        if row["account"] == REVENUE and row["date"] and row["reverses"] is None:
            served[row["claim_id"]] = min(served.get(row["claim_id"], row["date"]), row["date"])
    rows = []
    for item in until.open_items():
        days = (day - served[item["claim_id"]]).days if item["claim_id"] in served else None
        age = CREDIT if item["amount"] < 0 else UNDATED if days is None else _age(days)
        rows.append({**item, "service_date": served.get(item["claim_id"]), "days": days, "age": age})
    rows.sort(key=lambda r: (-r["amount"], r["claim_id"]))
    return Receivables(OPEN_ITEM.from_rows(rows), day)


def _age(days: int) -> str:
    return next((name for last, name in AGES if days <= last), OLDEST)


def up_to(ledger: Ledger, day: date) -> Ledger:
    """The ledger as it stood at the end of a day; entries without a date are in it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    inside = pc.fill_null(pc.less_equal(ledger.arrow["date"], pa.scalar(day, pa.date32())), True)
    return Ledger(ledger.arrow.filter(inside))
