"""Does a remittance balance: service line, claim and transaction (005010X221A1, section 1.10.2.1)?

Line: charge − line adjustments = payment. Claim: charge − all adjustments = payment.
Transaction: sum of claim payments − provider adjustments = the payment. A claim without lines is judged by
its claim-level adjustments alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from workbook.claims.x12.arrays import cents, from_cents, stands
from workbook.engine.table import Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

BALANCE = Table(
    "balance",
    "one line, claim or transaction of a remittance",
    (),
    (
        Column("level", "text", "line, claim or transaction", required=True),
        Column("remittance_id", "text", "the 835 transaction", required=True),
        Column("claim_sequence", "integer", "null for a transaction"),
        Column("claim_id", "text", "null for a transaction"),
        Column("line_number", "integer", "null for a claim or a transaction"),
        Column("expected_amount", "money", "charge less adjustments, or claim payments less provider adjustments"),
        Column("found_amount", "money", "the payment stated"),
        Column("off_by_amount", "money", "found less expected"),
        Column("is_balanced", "boolean", "to the cent", required=True),
    ),
)
LARGEST = Decimal(10**10)  # what DECIMAL(12,2) no longer holds
CLAIM_KEY = ("remittance_id", "claim_sequence")
LINE_KEY = (*CLAIM_KEY, "line_number")


def balance(tables: Mapping[str, pa.Table], paid_before: Mapping[str, Decimal] | None = None) -> pa.Table:
    """Judge each line, claim and transaction; returns one row of `BALANCE` for each: transactions, claims, lines.

    Each stand in the order of their table. An amount that is null makes the level it belongs to unbalanced, with a null
    difference; so does a sum of ten billion or more. `paid_before` is, for a remittance_id of which `tables` hold only
    the last part, what the claims of the parts before pay less their provider adjustments.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    remittance, claim, adjustment = tables["remittance"], tables["remittance_claim"], tables["adjustment"]
    on_lines = adjustment.filter(pc.equal(adjustment["level"], "line"))
    paid = _with_earlier(claim, paid_before or {})
    of_claims = _sums(remittance, paid, ("remittance_id",), "paid_amount")
    withheld = _sums(remittance, tables["provider_adjustment"], ("remittance_id",), "amount")
    of_claim = _sums(claim, adjustment, CLAIM_KEY, "amount")
    of_line = _sums(tables["remittance_line"], on_lines, LINE_KEY, "amount")
    transaction = remittance.append_column("billed_amount", of_claims)
    return pa.concat_tables(
        [
            _judged("transaction", transaction, withheld, "payment_amount"),
            _judged("claim", claim, of_claim, "paid_amount"),
            _judged("line", tables["remittance_line"], of_line, "paid_amount"),
        ]
    )


def _with_earlier(claim: pa.Table, paid_before: Mapping[str, Decimal]) -> pa.Table:
    """The claims' payments, and one more for what earlier parts paid."""
    import pyarrow as pa

    schema = pa.schema([("remittance_id", pa.string()), ("paid_amount", pa.decimal128(18, 2))])
    earlier = pa.table([list(paid_before), list(paid_before.values())], schema=schema)
    return pa.concat_tables([claim.select(schema.names).cast(schema), earlier])


def _sums(rows: pa.Table, others: pa.Table, key: tuple[str, ...], column: str) -> pa.Array:
    """For each row the sum of `column` over the others of its key: 0.00 where there is none, null where one is null."""
    import numpy as np
    import pyarrow.compute as pc

    own, theirs = _numbered(rows, others, key)
    distinct = own.unique()
    at, of = (pc.fill_null(pc.index_in(k, distinct, skip_nulls=True), -1).to_numpy() for k in (own, theirs))
    amounts = others[column].combine_chunks()
    total, is_unknown = np.zeros(len(distinct) + 1, np.int64), np.zeros(len(distinct) + 1, bool)
    np.add.at(total, of, cents(amounts))
    is_unknown[of[~stands(amounts)]] = True
    total[-1], is_unknown[-1] = 0, False  # a row without a key has none
    return from_cents(total[at], is_unknown[at])


def _numbered(rows: pa.Table, others: pa.Table, key: tuple[str, ...]) -> tuple[pa.Array, pa.Array]:
    """A number for the key of each row of both tables, the same for the same key; null where a part of it is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    number: pa.Array = pa.scalar(0, pa.int64())
    for name in key:
        both = pa.chunked_array([*rows[name].chunks, *others[name].chunks], rows.schema.field(name).type)
        distinct = both.unique()
        place = pc.index_in(both, distinct, skip_nulls=True).combine_chunks().cast(pa.int64())
        number = pc.add(pc.multiply(number, len(distinct)), place)
    return number.slice(0, rows.num_rows), number.slice(rows.num_rows)


def _judged(level: str, rows: pa.Table, deducted: pa.Array, payment: str) -> pa.Table:
    """Compare what each row pays with its charge less what is deducted from it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    expected = pc.subtract(rows["billed_amount"], deducted)
    off = pc.subtract(rows[payment], expected)
    columns = {
        "level": pa.repeat(level, rows.num_rows),
        "expected_amount": expected,
        "found_amount": rows[payment],
        "off_by_amount": off,
        "is_balanced": pc.fill_null(pc.equal(off, pa.scalar(0, off.type)), False),
    }
    columns |= {
        name: rows[name]
        for name in ("remittance_id", "claim_sequence", "claim_id", "line_number")
        if name in rows.column_names
    }
    for name in ("expected_amount", "off_by_amount"):  # a sum may be larger than a column holds
        fits = pc.less(pc.abs(columns[name]), pa.scalar(LARGEST, pa.decimal128(18, 2)))
        columns[name] = pc.if_else(fits, columns[name], pa.scalar(None, columns[name].type))
    return pa.table(
        {
            f.name: columns[f.name].cast(f.type) if f.name in columns else pa.nulls(rows.num_rows, f.type)
            for f in BALANCE.schema
        }
    )
