"""Whose dates are these? The patient of every row, so that all of one patient's dates are shifted alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def persons(claims: Mapping[str, pa.Table], remittance: Mapping[str, pa.Table]) -> dict[str, pa.Array]:
    """Table → the patient's id for each row: patient_id, or the claim's id where none is stated.

    A remittance's claim has the patient of the claim it answers, where that is given too. What concerns a whole
    remittance has a patient when all its claims have the same one, else null.
    """
    result: dict[str, pa.Array] = {}
    ids, patients = _none(), _none()
    if claims:
        ids = _column(claims["claim"], "claim_id")
        patients = _first(_column(claims["claim"], "patient_id"), ids)
        for name, table in claims.items():
            own = _column(table, "claim_id")
            result[name] = _first(_look_up(own, ids, patients), own)
    if remittance:
        paid = remittance["remittance_claim"]
        own = _column(paid, "claim_id")
        who = _first(_look_up(own, ids, patients), _column(paid, "patient_id"), own)
        places = _place(paid)
        of_one, the_one = _only_patients(_column(paid, "remittance_id"), who)
        for name, table in remittance.items():
            whole = _look_up(_column(table, "remittance_id"), of_one, the_one)
            has_claims = "claim_sequence" in table.column_names
            result[name] = _first(_look_up(_place(table), places, who), whole) if has_claims else whole
    return result


def _none() -> pa.Array:
    import pyarrow as pa

    return pa.array([], pa.string())


def _column(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks()


def _first(*choices: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.coalesce(*choices)


def _look_up(wanted: pa.Array, keys: pa.Array, values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return values.take(pc.index_in(wanted, value_set=keys, skip_nulls=True))


def _place(table: pa.Table) -> pa.Array:
    """remittance|sequence of the claim a row is about; null when it is about the whole remittance."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sequence = _column(table, "claim_sequence").cast(pa.string())
    return pc.binary_join_element_wise(_column(table, "remittance_id"), sequence, "|")


def _only_patients(remittances: pa.Array, who: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The remittances that are about one patient, and that patient."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pa.table({"id": remittances, "who": who}).group_by("id")
    counted = rows.aggregate([("who", "count_distinct", pc.CountOptions("all")), ("who", "min")])
    one = counted.filter(pc.equal(counted["who_count_distinct"], 1))
    return _column(one, "id"), _column(one, "who_min")
