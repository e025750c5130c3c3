"""The claim tables of plain subscribers, from the columns that `plain_claims` read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbook.claims.tables import CLAIM_TABLES
from workbook.claims.x12 import columns as c
from workbook.claims.x12.arrays import numbered, value_of
from workbook.claims.x12.column_run import merged, typed
from workbook.claims.x12.plain_claims import Above, PlainClaims
from workbook.claims.x12.rows import RowBuffer

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Ints


class PlainTables:
    """The claims of the spans of a run that were taken, each with what stands above it."""

    def __init__(self, run: PlainClaims, taken: Sequence[tuple[int, int, Above]]) -> None:
        import numpy as np

        self._run = run
        self._above: list[Above] = []
        places: dict[int, int] = {}
        of_family = np.full(len(run.starts), -1, np.int64)
        for start, stop, above in taken:
            if (place := places.setdefault(id(above), len(self._above))) == len(self._above):
                self._above.append(above)
            of_family[np.searchsorted(run.starts, start) : np.searchsorted(run.starts, stop)] = place
        of_family[run.refused] = -1
        self._above_of = of_family[run.family[run.claims]]
        self._is_kept = self._above_of >= 0

    def read(self, **same: Any) -> dict[str, tuple[pa.Table, Ints]]:
        """Each table, and for each of its rows the segment where its claim begins; all claims share `same`."""
        return {
            "claim": self._claim_table(same),
            "claim_line": self._line_table(),
            "claim_diagnosis": self._diagnosis_table(),
            "claim_procedure": self._procedure_table(),
            "claim_party": self._party_table(),
            "claim_detail": self._detail_table(),
        }

    def _table(self, name: str, claims: Ints, told: Mapping[str, Any]) -> tuple[pa.Table, Ints]:
        """A table of rows of these claims, without those of claims that are not kept."""
        import pyarrow as pa

        told = {"claim_id": value_of(self._run.claim["patient_control_number"], claims), **told}
        table, kept = typed(CLAIM_TABLES[name], told, len(claims)), self._is_kept[claims]
        places = self._run.number + self._run.claims[claims]
        return (table, places) if kept.all() else (table.filter(pa.array(kept)), places[kept])

    def _said_above(self, tell: Callable[[Above], Any], kind: pa.DataType) -> pa.Array:
        """For each claim what stands above it."""
        import pyarrow as pa

        return value_of(pa.array([tell(above) for above in self._above], kind), self._above_of)

    def _claim_table(self, same: Mapping[str, Any]) -> tuple[pa.Table, Ints]:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = self._said_above(lambda above: above.claim_type, pa.string())
        is_institutional = pc.equal(kind, "institutional")
        frequency = self._run.claim["frequency_code"]
        bill = pc.binary_join_element_wise(self._run.facility, pc.fill_null(frequency, ""), "")
        return self._table(
            "claim",
            np.arange(len(self._run.claims)),
            {
                **self._run.claim,
                "claim_type": kind,
                "purpose": self._said_above(lambda above: above.purpose, pa.string()),
                "billing_provider_npi": self._said_above(lambda above: above.billing_npi, pa.string()),
                "place_of_service": pc.if_else(is_institutional, None, self._run.facility),
                "type_of_bill": pc.if_else(is_institutional, bill, None),
                "source_segment": self._run.number + self._run.claims,
                **same,
            },
        )

    def _line_table(self) -> tuple[pa.Table, Ints]:
        return self._table("claim_line", self._run.line_claim, {**self._run.line, "line_number": self._run.line_number})

    def _diagnosis_table(self) -> tuple[pa.Table, Ints]:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, codes, roles, code_sets, present = self._run.diagnoses
        claims = self._run.claim_of(rows)
        lists = ("admitting", "reason_for_visit", "external_cause")  # principal and other are one list
        which = pc.fill_null(pc.index_in(roles, pa.array(lists)), -1).to_numpy().astype(np.int64)
        sequence = numbered(claims, which)
        kind = value_of(self._said_above(lambda above: above.claim_type, pa.string()), claims)
        is_listed = pc.and_(pc.equal(kind, "professional"), pa.array(which < 0))
        first = pc.if_else(pa.array(sequence == 1), "principal", "other")
        roles = pc.if_else(pc.fill_null(is_listed, False), first, roles)
        return self._table(
            "claim_diagnosis", claims,
            {"sequence": sequence, "role": roles, "diagnosis_code": codes, "code_set": code_sets,
             "present_on_admission": present},
        )  # fmt: skip

    def _procedure_table(self) -> tuple[pa.Table, Ints]:
        rows, codes, days = self._run.procedures
        claims = self._run.claim_of(rows)
        told = {"sequence": numbered(claims), "procedure_code": codes, "procedure_date": days}
        return self._table("claim_procedure", claims, told)

    def _under(self, rows: Ints) -> tuple[Ints, Ints]:
        """For rows of subscribers and dependents: each claim below each row's HL, and which of the rows."""
        import numpy as np

        headers = self._run.header[rows]
        order = np.argsort(headers, kind="stable")
        sorted_headers = headers[order]
        claims, found = [], []
        starts = self._run.starts[self._run.family[self._run.claims]]
        for of_claim, chosen in (
            (starts, np.arange(len(self._run.claims))),
            (self._run.header[self._run.claims], np.flatnonzero(self._run.is_dependent)),
        ):
            begins = np.searchsorted(sorted_headers, of_claim[chosen], "left")
            counts = np.searchsorted(sorted_headers, of_claim[chosen], "right") - begins
            claims.append(np.repeat(chosen, counts))
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            found.append(order[np.repeat(begins, counts) + within])
        return np.concatenate(claims), np.concatenate(found)

    def _spread(self, rows: Ints) -> tuple[Ints, Ints]:
        """The claims that rows are about: their own, or all below the subscriber or dependent; and which rows."""
        import numpy as np

        above = np.flatnonzero(self._run.place[rows] == c.HEADER)
        own = np.flatnonzero(self._run.place[rows] != c.HEADER)
        claims, found = self._under(rows[above])
        return np.concatenate([claims, self._run.claim_of(rows[own])]), np.concatenate([above[found], own])

    def _from_above(self, counts: list[int]) -> tuple[Ints, Ints]:
        """For things that stand above: each claim, with each of the things above it (so many for each `Above`)."""
        import numpy as np

        begins = np.cumsum([0, *counts])
        claims = np.flatnonzero(self._is_kept)
        many = np.array([*counts, 0], np.int64)[self._above_of[claims]]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        return np.repeat(claims, many), np.repeat(begins[self._above_of[claims]], many) + within

    def _party_table(self) -> tuple[pa.Table, Ints]:
        import numpy as np
        import pyarrow as pa

        run, people = self._run, []
        counts: list[int] = []
        for above in self._above:
            times: dict[str, int] = {}
            for role, person in (named for level in above.levels.values() for named in level.parties):
                times[role] = times.get(role, 0) + 1
                people.append({**person, "role": role, "sequence": times[role]})
            counts.append(len(people) - sum(counts))
        alive = np.flatnonzero(~run.refused[run.family[run.parties]])
        once = pa.array(np.ones(len(run.parties), np.int64))
        told = typed(CLAIM_TABLES["claim_party"], {**run.told, "role": run.roles, "sequence": once}, len(run.parties))
        return self._joined("claim_party", people, counts, told, run.parties, alive, np.zeros_like(run.parties))

    def _detail_table(self) -> tuple[pa.Table, Ints]:
        import numpy as np

        run = self._run
        above = [[detail for level in above.levels.values() for detail in level.details] for above in self._above]
        rows, pieces, told = run.detail_table(CLAIM_TABLES["claim_detail"])
        return self._joined(
            "claim_detail", [detail for details in above for detail in details], list(map(len, above)),
            told, rows, np.arange(len(rows)), pieces,
        )  # fmt: skip

    def _joined(
        self, name: str, above: list[dict[str, Any]], counts: list[int], told: pa.Table, rows: Ints, chosen: Ints,
        pieces: Ints,
    ) -> tuple[pa.Table, Ints]:  # fmt: skip
        """What stands above (so many rows for each `Above`), then what the `chosen` of the segments `rows` told.

        Of each claim in the order of the file: by segment, then by piece.
        """
        import numpy as np
        import pyarrow as pa

        upper = RowBuffer(CLAIM_TABLES[name])
        upper.extend(above)
        upper_claims, upper_which = self._from_above(counts)
        claims, which = self._spread(rows[chosen])
        which = chosen[which]
        claims = np.concatenate([upper_claims, claims])
        none = np.full(len(upper_which), -1)
        segments = np.concatenate([none, rows[which]])
        order = np.lexsort((np.concatenate([upper_which, pieces[which]]), segments, claims))
        lines = np.concatenate([none, self._run.line_of(rows[which])])[order]
        taken = np.concatenate([upper_which, len(above) + which])[order]
        table = pa.concat_tables([upper.to_arrow(), told]).take(pa.array(taken))
        columns = {column: table[column] for column in table.column_names if column != "claim_id"}
        columns["line_number"] = value_of(pa.array(self._run.line_number), lines)
        if name == "claim_detail":
            columns["sequence"] = numbered(claims[order], lines)
        return self._table(name, claims[order], columns)


def in_order(rows: Mapping[str, pa.Table], columns: Mapping[str, tuple[pa.Table, Ints]]) -> dict[str, pa.Table]:
    """Tables of claims read one by one, with those of claims read as `columns` where the file has them."""
    import pyarrow.compute as pc

    claims, found = rows["claim"], dict(rows)
    begins = claims["source_segment"].to_numpy()
    ids = claims["claim_id"].combine_chunks()
    for name, (table, places) in columns.items():
        own = begins[pc.index_in(rows[name]["claim_id"], ids).to_numpy()] if rows[name].num_rows else begins[:0]
        found[name], _ = merged((rows[name], own), (table, places))
    return found
