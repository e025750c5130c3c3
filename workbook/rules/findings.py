"""Turns the rows that a card found into findings: sentence, evidence, authority, edition, and an id that stays.

There may be millions of them: they are Arrow columns from end to end, and what repeats is kept once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbook.rules.card import Card, shown, template
from workbook.rules.tables import FINDING
from workbook.terms import Edition

if TYPE_CHECKING:
    import pyarrow as pa

#: columns that hold few different texts
REPEATED = ("rule_id", "severity", "carc", "authority", "edition")
_ROWS_AT_ONCE = 500_000
_NEEDS_ESCAPES = r"[^ !#-\[\]-~]"


def schema() -> pa.Schema:
    """The columns of `FINDING`, in which repeated texts are a dictionary."""
    import pyarrow as pa

    repeated = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([f.with_type(repeated) if f.name in REPEATED else f for f in FINDING.schema])


def to_findings(card: Card, rows: pa.Table, loaded: Sequence[Edition]) -> pa.Table:
    """What a card's rows (its SELECT's columns and service_date) say, in the columns of `schema()`, without stakes.

    The id is a hash of rule, claim, line and evidence; rows that say the same are one finding.
    """
    import pyarrow as pa

    batches = rows.combine_chunks().to_batches(max_chunksize=_ROWS_AT_ONCE)
    found = pa.concat_tables([schema().empty_table(), *(_batch(card, b, loaded) for b in batches)])
    ids = found["finding_id"].to_pylist()
    if len(first := dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))) < len(ids):
        found = found.take(sorted(first.values()))
    return found


def _batch(card: Card, rows: pa.RecordBatch, loaded: Sequence[Edition]) -> pa.Table:
    import pyarrow as pa

    used = [e for e in loaded if e.table_name in card.edition_names]
    line = rows["line_number"] if "line_number" in rows.schema.names else pa.nulls(rows.num_rows, pa.int64())
    evidence = _evidence(rows)
    texts = {
        "rule_id": card.id,
        "severity": card.severity,
        "carc": card.carc,
        "authority": "; ".join(map(str, card.authority)),
    }
    columns = {
        "finding_id": _ids(card.id, rows["claim_id"], line, evidence),
        "claim_id": rows["claim_id"],
        "line_number": line,
        "message": _message(card.says, rows),
        "evidence": evidence,
        "amount_at_stake": pa.nulls(rows.num_rows, FINDING.schema.field("amount_at_stake").type),
        "edition": _each(rows["service_date"], lambda day: "; ".join(str(e) for e in used if day in e.span) or None),
        **{name: pa.array([text], pa.string()).take(_zeros(rows.num_rows)) for name, text in texts.items()},
    }
    return pa.table([_as(columns[f.name], f.type) for f in schema()], schema=schema())


def _zeros(count: int) -> pa.Array:
    import pyarrow as pa

    return pa.repeat(pa.scalar(0, pa.int32()), count)


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)


def _each(column: pa.Array, say: Callable[[Any], str | None]) -> pa.Array:
    """The text that `say` gives each value, said once for each different one; null stays null."""
    import pyarrow as pa

    coded = column.dictionary_encode()
    return pa.array([say(v) for v in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _message(says: str, rows: pa.RecordBatch) -> pa.Array:
    """The finding's sentence: `says` with each row's values."""

    def text(name: str) -> pa.Array:
        column = rows[name]
        return (column if _is_text(column) else _each(column, shown)).fill_null("none")

    return _joined([part if is_word else text(part) for part, is_word in template(says)], rows.num_rows)


def _evidence(rows: pa.RecordBatch) -> pa.Array:
    """The row's values as JSON, by name; claim and line stand beside it."""
    import pyarrow.compute as pc

    parts: list[Any] = []
    for name in sorted(set(rows.schema.names) - {"claim_id", "line_number"}):
        column = rows[name]
        if not _is_text(column) or pc.any(pc.match_substring_regex(column, _NEEDS_ESCAPES)).as_py():
            value = _each(column, lambda v: json.dumps(_plain(v)))
        else:
            value = pc.binary_join_element_wise('"', column, '"', "")
        parts += [f'{", " if parts else "{"}"{name}": ', value.fill_null("null")]
    return _joined([*parts, "}"], rows.num_rows)


def _joined(parts: Sequence[Any], count: int) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if all(isinstance(part, str) for part in parts):
        return pa.repeat("".join(parts), count)
    return pc.binary_join_element_wise(*parts, "")


def _is_text(column: pa.Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(column.type))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def _ids(rule_id: str, claim: pa.Array, line: pa.Array, evidence: pa.Array) -> pa.Array:
    import pyarrow as pa

    rows = zip(claim.to_pylist(), line.to_pylist(), evidence.to_pylist(), strict=True)
    sha = hashlib.sha256
    return pa.array([sha(f"{rule_id}|{c}|{n}|{e}".encode()).hexdigest()[:12] for c, n, e in rows], pa.string())
