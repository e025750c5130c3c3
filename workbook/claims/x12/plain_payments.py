"""Thousands of plain paid claims at once: a run of an 835 read column by column where nothing is out of the ordinary.

`PaidClaim` says what the segments of a claim mean, one by one, and is the one to change. What stands here does the same
to whole columns, and only for claims (CLP) that are plain: every segment known and where it belongs, every value
readable, every column given once, the patient's share adding up, nothing to report. All others are left to the reader.
Amounts that do not balance are judged afterwards, however a claim was read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from workbook.claims.x12 import columns as c
from workbook.claims.x12.arrays import (
    cents,
    comes_again,
    flags,
    last_set,
    numbered,
    parsed,
    parsed_parts,
    stands,
    value_of,
)
from workbook.claims.x12.column_run import CONTROL, ColumnRun
from workbook.claims.x12.facts import ZERO
from workbook.claims.x12.paid_claim import (
    LINE_NUMBER,
    ONE,
    TAKEN_OF_CLP,
    TAKEN_OF_SVC,
    procedure_billed,
    procedure_paid,
)
from workbook.claims.x12.segments import Delimiters, Segments
from workbook.claims.x12.values import amount, day, quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbook.claims.x12.arrays import Bools, Ints

#: kept whole as details wherever they stand in a claim or on a line
_DETAILS = ("CUR", "QTY", "RDM", "N3", "N4", "PER")
_ANYWHERE = ("CAS", "NM1", "DTM", "REF", "AMT", "LQ", *_DETAILS)
_ALLOWED = {c.HEADER: (), c.CLAIM: ("CLP", *c.REMARKS, *_ANYWHERE), c.LINE: ("SVC", *_ANYWHERE)}
_AFTER = ("CLP", "LX", "TS2", "TS3", "PLB", "SE")  # what may follow a claim


class PlainPayments(ColumnRun):
    """A run of segments as columns: the claims that are plain (`spans`), and what they say."""

    names = (*CONTROL, "LX", "TS2", "TS3", "PLB", "CLP", "SVC", *c.REMARKS, *_ANYWHERE)

    def __init__(self, segments: Segments, delimiters: Delimiters, *, is_whole: bool) -> None:
        """See `ColumnRun`; a family is a claim."""
        super().__init__(segments, delimiters, is_whole=is_whole)
        self._divide(is_whole)
        if len(self.starts):
            self.refuse_misplaced(_ALLOWED)
            self._read_claims()
            self._read_lines()
            self._read_adjustments()
            self._read_parties()
            self._read_dates()
            self._read_references()
            self._read_amounts()
            self._read_remarks()
            self.tell_rest("CLP", self.starts, TAKEN_OF_CLP, "")
            self.tell_segments(self.rows(*_DETAILS))

    def _divide(self, is_whole: bool) -> None:
        """Find each claim's segments, and the line that each segment is on."""
        import numpy as np

        (clp, svc), count = self.code("CLP", "SVC"), len(self.name)
        is_claim, is_line = self.name == clp, self.name == svc
        breaks = np.isin(self.name, self.code(*CONTROL, *_AFTER))
        self.starts, self.lines = np.flatnonzero(is_claim), np.flatnonzero(is_line)
        edges = np.append(np.flatnonzero(breaks), count)
        self.stops = edges[np.searchsorted(edges, self.starts, "right")]
        # a claim that the file or another header cuts short is told as open by the reader
        ends = np.append(self.name, clp if is_whole else -1)[self.stops]
        self.refused = ~np.isin(ends, self.code(*_AFTER))
        begin, line = last_set(breaks), last_set(is_line)
        is_inside = (begin >= 0) & is_claim[begin]
        self.family = np.where(is_inside, np.cumsum(is_claim) - 1, -1)
        self.place = np.where(is_inside, np.where(line > begin, c.LINE, c.CLAIM), c.HEADER)
        self.line_claim = self.family[self.lines]
        self._line = np.where(self.place == c.LINE, np.cumsum(is_line) - 1, -1)

    def _refuse_claims(self, is_odd: Bools) -> None:
        self.refused |= is_odd

    def _refuse_unread(self, rows: Ints, sent: pa.Array, found: pa.Array) -> None:
        """Refuse what was sent and could not be read."""
        self.refuse(rows[stands(sent) & ~stands(found)])

    # Claims and lines

    def _read_claims(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.starts, self.pieces.at
        told = {column: at(rows, position) for position, column in c.PAID_CLAIM_TEXT.items()}
        told |= {"claim_id": at(rows, 1), "claim_status_code": at(rows, 2)}
        told |= {"billed_amount": self.money(rows, 3), "paid_amount": self.money(rows, 4)}
        owed = at(rows, 5)
        told["patient_responsibility_amount"] = parsed(owed, amount, pa.decimal128(12, 2))
        self._refuse_unread(rows, owed, told["patient_responsibility_amount"])
        self._paid = cents(told["paid_amount"])
        is_reversal = flags(pc.equal(told["claim_status_code"], "22"))
        is_named = stands(told["claim_id"]) & stands(told["claim_status_code"])
        self._refuse_claims(~is_named | is_reversal & (cents(told["billed_amount"]) > 0))
        self.claim = told

    def _read_lines(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at, component = self.lines, self.pieces.at, self.separators[0]
        kinds = [pa.string()] * 3
        sent, billed, revenue = at(rows, 1), at(rows, 6), at(rows, 4)
        _, code, modifiers, named, is_whole = parsed_parts(
            sent, lambda text: procedure_paid(text, component), [*kinds, pa.bool_()]
        )
        self.refuse(rows[stands(sent) & ~stands(code) & ~stands(named)])
        _, billed_code, is_billed_whole = parsed_parts(
            billed, lambda text: procedure_billed(text, component), [pa.string(), pa.bool_()]
        )
        units, billed_units = at(rows, 5), at(rows, 7)
        told = {
            "hcpcs_code": code,
            "modifiers": modifiers,
            "revenue_code": pc.coalesce(revenue, named),
            "billed_hcpcs_code": billed_code,
            "billed_amount": self.money(rows, 2),
            "paid_amount": self.money(rows, 3),
            "units": parsed(units, quantity, pa.decimal128(12, 3)),
            "billed_units": parsed(billed_units, quantity, pa.decimal128(12, 3)),
        }
        self._refuse_unread(rows, units, told["units"])
        self._refuse_unread(rows, billed_units, told["billed_units"])
        told["units"] = pc.fill_null(told["units"], ONE)
        self.line = told
        self.tell_rest("SVC", rows, TAKEN_OF_SVC, "")
        is_more = ~flags(pc.fill_null(is_whole, True)) | stands(named) & stands(revenue)
        for position, chosen in ((1, is_more), (6, ~flags(pc.fill_null(is_billed_whole, True)))):
            self.tell_element("SVC", rows[chosen], position, "")

    def line_of(self, rows: Ints) -> Ints:
        """The line of each row, or -1."""
        found: Ints = self._line[rows]
        return found

    # What is said about a claim or a line

    def _read_adjustments(self) -> None:
        """Read every CAS: reasons that come in threes with an amount and a quantity."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        segments, at = self.rows("CAS"), self.pieces.at
        group = at(segments, 1)
        self.refuse(segments[~stands(group)])
        parts, of = [], np.arange(len(segments))
        for position in range(2, int(self.pieces.sizes[segments].max(initial=0)), 3):
            of = of[self.pieces.sizes[segments[of]] > position]
            rows = segments[of]
            carc, sent, counted = (at(rows, position + n) for n in range(3))
            is_there = stands(carc) | stands(sent) | stands(counted)
            if not is_there.all():
                mask = pa.array(is_there)
                carc, sent, counted = carc.filter(mask), sent.filter(mask), counted.filter(mask)
            parts.append((of[is_there], carc, sent, counted))
        if not parts:
            parts = [(of[:0], *(pa.nulls(0, pa.string()) for _ in range(3)))]
        of = np.concatenate([part[0] for part in parts])
        carc, sent, counted = (pa.concat_arrays([part[n] for part in parts]) for n in (1, 2, 3))
        if len(parts) > 1:
            order = np.argsort(of, kind="stable")
            of = of[order]
            carc, sent, counted = (column.take(pa.array(order)) for column in (carc, sent, counted))
        rows = segments[of]
        taken = parsed(sent, amount, pa.decimal128(12, 2))
        quantities = parsed(counted, quantity, pa.decimal128(12, 3))
        self.refuse(rows[~stands(taken)])
        self._refuse_unread(rows, counted, quantities)
        group = group if len(parts) == 1 and len(of) == len(segments) else group.take(pa.array(of))
        told = {"group_code": group, "carc": carc, "amount": taken, "quantity": quantities}
        told["level"] = pa.array(["claim", "line"]).take(pa.array((self.place[rows] == c.LINE).astype(np.int8)))
        self.adjustment = (rows, told)
        of_patient = np.append(0, np.where(flags(pc.equal(group, "PR")), cents(taken), 0)).cumsum()
        ends = np.searchsorted(rows, [self.starts, self.stops])
        owed = self.claim["patient_responsibility_amount"]
        differs = of_patient[ends[1]] - of_patient[ends[0]] != cents(owed)
        self._refuse_claims(stands(owed) & differs)

    def _read_parties(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.rows("NM1"), self.pieces.at
        entity = at(rows, 1)
        is_odd = ~stands(entity) | (self.pieces.sizes[rows] > 10) | stands(at(rows, 6))
        self.refuse(rows[is_odd])
        told = self.person(rows)
        entities = entity.dictionary_encode()
        roles = [c.PAID_CLAIM_ROLES.get(code, code) for code in entities.dictionary.to_pylist()]
        told["role"] = pa.array(roles, pa.string()).take(entities.indices)
        which = pc.fill_null(told["role"].dictionary_encode().indices, 0).to_numpy().astype(np.int64)
        told["sequence"] = numbered(self.family[rows], which)
        chosen = flags(pc.equal(entity, "QC"))
        patients = np.full(len(self.starts), -1, np.int64)
        patients[self.family[rows[chosen]]] = np.flatnonzero(chosen)  # the last who is named
        self.claim["patient_id"] = value_of(told["identifier"], patients)
        self.party = (rows, told)

    def _column(self, chosen: Ints, values: pa.Array, place: int) -> pa.Array:
        """For each claim, or for each line, the value of its one row among the chosen."""
        import numpy as np

        keys, count = (self.family, len(self.starts)) if place == c.CLAIM else (self._line, len(self.lines))
        found = np.full(count, -1, np.int64)
        found[keys[chosen]] = np.arange(len(chosen))
        self.refuse(chosen[found[keys[chosen]] != np.arange(len(chosen))])  # given twice
        return value_of(values, found)

    def _read_columns(
        self, rows: Ints, use: pa.Array, values: pa.Array, columns: Mapping[str, str], place: int
    ) -> Bools:
        """Put values whose qualifier is among the `columns` there; returns which."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        told = self.claim if place == c.CLAIM else self.line
        names = list(dict.fromkeys(columns.values()))
        column_of = np.array([*(names.index(name) for name in columns.values()), -1])
        which = column_of[pc.fill_null(pc.index_in(use, pa.array(list(columns))), -1).to_numpy()]
        which[self.place[rows] != place] = -1
        for number, column in enumerate(names):
            chosen = np.flatnonzero(which == number)
            told[column] = self._column(rows[chosen], values.take(pa.array(chosen)), place)
        found: Bools = which >= 0
        return found

    def _read_dates(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.rows("DTM"), self.pieces.at
        use, sent = at(rows, 1), at(rows, 2)
        days = parsed(sent, day, pa.date32())
        self._refuse_unread(rows, sent, days)
        self.refuse(rows[~stands(use) | (self.pieces.sizes[rows] > 3)])
        has_column = self._read_columns(rows, use, days, c.PAID_CLAIM_DATES, c.CLAIM)
        has_column |= self._read_columns(rows, use, days, c.PAID_LINE_DATES, c.LINE)
        of_claim = value_of(self.claim["statement_from_date"], self.line_claim)  # holds for the lines that state none
        self.line["service_date"] = pc.coalesce(self.line["service_date"], of_claim)
        left = ~has_column & stands(days)
        self.tell(rows[left], "date", use.filter(pa.array(left)), from_date=days.filter(pa.array(left)))

    def _read_references(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.rows("REF"), self.pieces.at
        use, sent = at(rows, 1), at(rows, 2)
        sizes = self.pieces.sizes[rows]
        is_number = (self.place[rows] == c.LINE) & flags(pc.equal(use, "6R"))
        self.refuse(rows[~stands(use) | is_number & (sizes > 3)])
        stated = self._column(rows[is_number], sent.filter(pa.array(is_number)), c.LINE)
        self._number_lines(stated)
        is_whole = ~is_number & (sizes == 3)
        mask = pa.array(is_whole)
        self.tell(rows[is_whole], "reference", use.filter(mask), value=sent.filter(mask))
        self.tell_segments(rows[~is_number & (sizes != 3)])

    def _number_lines(self, stated: pa.Array) -> None:
        """A line's number is what REF*6R says where that is a number, else its position."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        positions = numbered(self.line_claim)
        is_number = flags(pc.match_substring_regex(stated, f"^(?:{LINE_NUMBER.pattern})$"))
        texts = pc.if_else(pa.array(is_number), stated, "0")
        numbers = pc.cast(texts, pa.int64()).to_numpy()
        self.line_number = np.where(is_number, numbers, positions)
        self.refuse(self.lines[comes_again(self.line_claim, self.line_number)])
        is_said = flags(pc.equal(stated, pa.array(self.line_number).cast(pa.string())))
        self.line["line_control_number"] = pc.if_else(pa.array(is_said), None, stated)

    def _read_amounts(self) -> None:
        import pyarrow as pa

        rows, at = self.rows("AMT"), self.pieces.at
        use, sent = at(rows, 1), at(rows, 2)
        amounts = parsed(sent, amount, pa.decimal128(12, 2))
        self._refuse_unread(rows, sent, amounts)
        self.refuse(rows[~stands(use) | (self.pieces.sizes[rows] > 3)])
        left = ~self._read_columns(rows, use, amounts, c.PAID_LINE_AMOUNTS, c.LINE)
        self.tell(rows[left], "amount", use.filter(pa.array(left)), amount=amounts.filter(pa.array(left)))

    def _read_remarks(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        at = self.pieces.at
        rows = self.rows("LQ")
        code = at(rows, 2)
        is_remark = flags(pc.equal(at(rows, 1), "HE")) & stands(code) & (self.pieces.sizes[rows] == 3)
        self.tell_segments(rows[~is_remark])
        parts = [(rows[is_remark], code.filter(pa.array(is_remark)))]
        for name, places in c.REMARKS.items():
            rows = self.rows(name)
            self.tell_rest(name, rows, places, "")
            for place in places if len(rows) else ():
                code = at(rows, place)
                is_there = stands(code)
                parts.append((rows[is_there], code.filter(pa.array(is_there))))
        rows = np.concatenate([part[0] for part in parts])
        order = np.argsort(rows, kind="stable")
        self.remark = (rows[order], pa.concat_arrays([part[1] for part in parts]).take(pa.array(order)))

    # What was read

    def place_of(self, claim: int) -> int:
        """The number of the segment where a claim begins."""
        return self.number + int(self.starts[claim])

    def claims_between(self, start: int, stop: int) -> tuple[int, int]:
        """The first claim that begins at `start` or later, and the first at `stop` or later."""
        import numpy as np

        first, last = np.searchsorted(self.starts, [start, stop]).tolist()
        return first, last

    def paid(self, first: int, last: int) -> Decimal:
        """What the claims from number `first` to that before `last` pay, in US dollars."""
        return Decimal(int(self._paid[first:last].sum())) / 100 + ZERO
