"""Claims and remittances as named tables, with whatever their readers found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbook.claims.tables import CLAIM_TABLES, PROBLEM, REMITTANCE_TABLES
from workbook.codes.lookup import dotted
from workbook.engine.html import notebook_html, safe, table_html
from workbook.engine.table import Table, to_pandas
from workbook.terms import WorkbookError, dollars

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class _Tables:
    """Named Arrow tables in declared shapes; each is also an attribute that gives a pandas frame."""

    _declared: Mapping[str, Table] = {}

    def __init__(
        self, tables: Mapping[str, pa.Table] | None = None, problems: pa.Table | None = None, source: str | None = None
    ) -> None:
        given = dict(tables or {})
        unknown = [name for name in given if name not in self._declared]
        if unknown:
            raise WorkbookError(f"no table is called {unknown[0]!r}; the tables are {', '.join(self._declared)}")
        self.arrow: dict[str, pa.Table] = {
            name: given[name].select(list(table.names)).cast(table.schema) if name in given else table.empty()
            for name, table in self._declared.items()
        }
        self.arrow_problems: pa.Table = PROBLEM.empty() if problems is None else problems
        self.source = source

    @classmethod
    def from_frames(cls, frames: Mapping[str, pd.DataFrame], source: str | None = None) -> _Tables:
        """Build from pandas frames, table name → frame; a column that is not given is null."""
        unknown = [name for name in frames if name not in cls._declared]
        if unknown:
            raise WorkbookError(f"no table is called {unknown[0]!r}; the tables are {', '.join(cls._declared)}")
        return cls({name: cls._declared[name].to_arrow(frame) for name, frame in frames.items()}, source=source)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in type(self)._declared:
            return to_pandas(self.arrow[name])
        raise AttributeError(f"{type(self).__name__} has no table {name!r}; it has {', '.join(type(self)._declared)}")

    @cached_property
    def problems(self) -> pd.DataFrame:
        """What the reader found wrong: file, segment number, segment, element, SNIP level, severity, message."""
        return to_pandas(self.arrow_problems)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tables) and self.arrow == other.arrow

    __hash__ = None  # type: ignore[assignment]

    def _summary(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._summary()

    def _repr_html_(self) -> str:
        return notebook_html(f"<p>{safe(self._summary())}</p>")


class Claims(_Tables):
    """Claims as tables.

    claim, claim_diagnosis, claim_procedure, claim_line, claim_party, claim_detail, other_payer, other_payer_adjustment.
    """

    _declared = CLAIM_TABLES

    def _summary(self) -> str:
        import pyarrow.compute as pc

        claim, line = self.arrow["claim"], self.arrow["claim_line"]
        total = pc.sum(claim["billed_amount"]).as_py()
        faults = self.arrow_problems.num_rows
        text = f"{_count(claim.num_rows, 'claim')}, {_count(line.num_rows, 'line')}, {dollars(total)} billed"
        return text + (f"; {_count(faults, 'problem')} found while reading" if faults else "")

    def _repr_html_(self) -> str:
        shown = 25
        codes: dict[str, list[str]] = {}
        for d in self.arrow["claim_diagnosis"].to_pylist():
            codes.setdefault(d["claim_id"], []).append(d["diagnosis_code"])
        lines = self.arrow["claim_line"]
        rows = [
            [r["claim_id"], r["line_number"], r["service_from_date"], r["hcpcs_code"], _joined(r, "modifier", ", "),
             "" if r["units"] is None else f"{r['units'].normalize():f}", dollars(r["billed_amount"]),
             ", ".join(_pointed(r, codes.get(r["claim_id"], [])))]
            for r in lines.slice(0, shown).to_pylist()
        ]  # fmt: skip
        header = ["Claim", "Line", "Date", "Code", "Modifiers", "Units", "Charge", "For diagnosis"]
        more = f"<p>… and {lines.num_rows - shown:,} more lines</p>" if lines.num_rows > shown else ""
        return notebook_html(f"<p>{safe(self._summary())}</p>", table_html(header, rows), more)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _joined(row: Mapping[str, Any], name: str, between: str) -> str:
    return between.join(row[f"{name}_{n}"] for n in range(1, 5) if row[f"{name}_{n}"])


def _pointed(row: Mapping[str, Any], codes: list[str]) -> list[str]:
    """The diagnoses a line points to, dotted; a pointer to nothing shows as its number."""
    pointers = [row[f"diagnosis_pointer_{n}"] for n in range(1, 5) if row[f"diagnosis_pointer_{n}"]]
    return [dotted(codes[p - 1]) if p <= len(codes) else f"{p}?" for p in pointers]


class Remittance(_Tables):
    """A payer's answer as tables.

    remittance, remittance_claim, remittance_line, adjustment, remark, provider_adjustment, remittance_party,
    remittance_detail.
    """

    _declared = REMITTANCE_TABLES

    def __init__(
        self, tables: Mapping[str, pa.Table] | None = None, problems: pa.Table | None = None, source: str | None = None,
        paid_before: Mapping[str, Decimal] | None = None,
    ) -> None:  # fmt: skip
        """Hold tables; `paid_before` is what `stream_835` handed over earlier of a transaction that ends here.

        remittance_id → what its claims pay less its provider adjustments, in US dollars.
        """
        super().__init__(tables, problems, source)
        self.paid_before = dict(paid_before or {})

    @cached_property
    def balance(self) -> pd.DataFrame:
        """Whether each transaction, claim and line balances, and by how much it is off.

        Columns: level, remittance_id, claim_sequence, claim_id, line_number, expected_amount, found_amount,
        off_by_amount, is_balanced. The three levels are those of the 005010X221A1 guide, section 1.10.2.1.
        """
        from workbook.claims.balance import balance

        return to_pandas(balance(self.arrow, self.paid_before))

    @property
    def is_balanced(self) -> bool:
        """True when every level of every transaction balances to the cent."""
        return bool(self.balance["is_balanced"].all())

    def _summary(self) -> str:
        import pyarrow.compute as pc

        claims = self.arrow["remittance_claim"]
        columns = ("billed_amount", "paid_amount", "patient_responsibility_amount")
        return remitted(claims.num_rows, *(pc.sum(claims[c]).as_py() for c in columns), is_balanced=self.is_balanced)


def remitted(
    claims: int, billed: Decimal | None, paid: Decimal | None, patient: Decimal | None, *, is_balanced: bool
) -> str:
    """Say in words what a remittance pays."""
    if not claims:
        return "no claim remitted"
    return (
        f"{_count(claims, 'claim')} remitted: {dollars(billed)} billed, {dollars(paid)} paid, "
        f"{dollars(patient)} owed by patients; {'balanced' if is_balanced else 'NOT balanced'}"
    )
