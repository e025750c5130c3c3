"""Does a remittance balance: service line, claim and transaction (005010X221A1, section 1.10.2.1)?

Line: charge − line adjustments = payment. Claim: charge − all adjustments = payment.
Transaction: sum of claim payments − provider adjustments = the payment. A claim without lines is judged by
its claim-level adjustments alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

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

    adjustment, claim = tables["adjustment"], tables["remittance_claim"]
    on_lines = adjustment.filter(pc.equal(adjustment["level"], "line"))
    paid = _sums(_with_earlier(claim, paid_before or {}), ("remittance_id",), "paid_amount")
    withheld = _sums(tables["provider_adjustment"], ("remittance_id",), "amount")
    transaction = _with_sum(tables["remittance"], ("remittance_id",), paid, "billed_amount")
    return pa.concat_tables(
        [
            _judged("transaction", transaction, ("remittance_id",), withheld, "payment_amount"),
            _judged("claim", claim, CLAIM_KEY, _sums(adjustment, CLAIM_KEY, "amount"), "paid_amount"),
            _judged("line", tables["remittance_line"], LINE_KEY, _sums(on_lines, LINE_KEY, "amount"), "paid_amount"),
        ]
    )


def _with_earlier(claim: pa.Table, paid_before: Mapping[str, Decimal]) -> pa.Table:
    """The claims' payments, and one more for what earlier parts paid."""
    import pyarrow as pa

    schema = pa.schema([("remittance_id", pa.string()), ("paid_amount", pa.decimal128(18, 2))])
    earlier = pa.table([list(paid_before), list(paid_before.values())], schema=schema)
    return pa.concat_tables([claim.select(schema.names).cast(schema), earlier])


def _sums(rows: pa.Table, key: tuple[str, ...], column: str) -> pa.Table:
    """The sum of `column` for each key, null where one of its amounts is."""
    import pyarrow.compute as pc

    options = pc.ScalarAggregateOptions(skip_nulls=False)
    return rows.group_by(list(key)).aggregate([(column, "sum", options)])


def _with_sum(rows: pa.Table, key: tuple[str, ...], sums: pa.Table, name: str) -> pa.Table:
    """Add to each row, in its order, the sum for its key; 0.00 where there was nothing to sum."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = sums.column_names[-1] if sums.column_names[-1].endswith("_sum") else sums.column_names[0]
    sums = sums.append_column("has_any", pa.array([True] * sums.num_rows, pa.bool_()))
    found = rows.append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    found = found.join(sums, list(key)).sort_by("row")
    total = pc.if_else(
        pc.is_valid(found["has_any"]), found[column].cast(pa.decimal128(18, 2)), pa.scalar(0, pa.decimal128(18, 2))
    )
    return rows.append_column(name, total)


def _judged(level: str, rows: pa.Table, key: tuple[str, ...], deductions: pa.Table, payment: str) -> pa.Table:
    """Compare what each row pays with its charge less the deductions of its key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = _with_sum(rows, key, deductions, "deducted")
    expected = pc.subtract(rows["billed_amount"], rows["deducted"])
    off = pc.subtract(rows[payment], expected)
    columns = {
        "level": pa.array([level] * rows.num_rows, pa.string()),
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
