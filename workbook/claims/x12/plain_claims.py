"""Thousands of plain claims at once: a run of an 837 read column by column where nothing in it is out of the ordinary.

`_ClaimReader` of `read_837` says what an 837 means, segment by segment, and is the one to change. What stands here does
the same to whole columns, ten times faster, and only for a subscriber (HL 22) all of whose claims are plain: every
segment known and where it belongs, every value readable, no earlier payer, nothing to report. All others are left to
the reader. The parsers are the reader's own (`values`): each distinct value is parsed once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from workbook.claims.x12 import columns as c
from workbook.claims.x12.arrays import (
    Pieces,
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
from workbook.claims.x12.column_run import CONTROL, ColumnRun, on_file
from workbook.claims.x12.parties import Level
from workbook.claims.x12.rows import Names
from workbook.claims.x12.segments import Delimiters, Segments
from workbook.claims.x12.values import amount, day, facility_code, pointers, procedure, quantity, span

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Ints

#: kept whole as details wherever they stand in a claim or on a line
_DETAILS = (
    "CR1", "CR2", "CR3", "CR4", "CR5", "CR6", "CR7", "CR8", "CRC", "CUR", "DSB", "FRM", "HCP", "HSD", "IMM", "K3", "LQ",
    "MEA", "N2", "NTE", "OI", "PS1", "PWK", "QTY", "SV5", "SV6", "SV7", "TOO", "UR",
)  # fmt: skip
_ELSEWHERE = ("HL", "SBR", "PAT", "NM1", "N3", "N4", "DMG", "REF", "CLM", "DTP", "CL1", "AMT", "HI", "PRV", "LX")
_NAMES = (*CONTROL, *_ELSEWHERE, "SV1", "SV2", *_DETAILS)
_CODE = {name: number for number, name in enumerate(_NAMES)}
_ALLOWED = {
    c.HEADER: ("HL", "SBR", "PAT", "NM1", "N3", "N4", "DMG", "REF"),
    c.CLAIM: ("CLM", "DTP", "CL1", "AMT", "HI", "NM1", "N3", "N4", "PRV", "REF", *_DETAILS),
    c.LINE: ("LX", "SV1", "SV2", "DTP", "AMT", "NM1", "N3", "N4", "PRV", "REF", *_DETAILS),
}
_PARTIES_ABOVE = {22: ("IL", "PR"), 23: ("QC",)}
_TAKEN_OF_CLM = (1, 2, 5, 6, 7, *c.CLAIM_TEXT)
_SERVICES = {  # procedure, charge, unit basis, units, and all elements that have columns
    "SV1": (1, 2, 3, 4, (1, 2, 3, 4, 5, 7, 9)),
    "SV2": (2, 3, 4, 5, (1, 2, 3, 4, 5, 7)),
}
_PROCEDURE = ("hcpcs_code", "modifier_1", "modifier_2", "modifier_3", "modifier_4", "code_qualifier")
_POINTERS = tuple(f"diagnosis_pointer_{n}" for n in (1, 2, 3, 4))


@dataclass(frozen=True)
class Above:
    """What stands above a subscriber: the transaction's and the billing provider's levels, and how to read a claim."""

    claim_type: str
    purpose: str | None
    levels: Mapping[str, Level]

    def is_plain(self) -> bool:
        """Whether only submitter, receiver, billing and pay-to provider stand above, the billing one with its NPI."""
        roles = [role for level in self.levels.values() for role, _ in level.parties]
        named = {"submitter", "receiver", "billing", "pay_to", "pay_to_plan"}
        return (
            named.issuperset(roles)
            and self.billing_npi is not None
            and not any(level.columns for level in self.levels.values())
        )

    @property
    def billing_npi(self) -> str | None:
        """The billing provider's NPI."""
        who = next((p for level in self.levels.values() for role, p in level.parties if role == "billing"), {})
        return who.get("identifier") if who.get("identifier_type") == "XX" else None


class PlainClaims(ColumnRun):
    """A run of segments as columns: the subscribers that are plain (`spans`), and what their claims say."""

    names = _NAMES

    def __init__(self, segments: Segments, delimiters: Delimiters, *, is_whole: bool) -> None:
        """See `ColumnRun`; a family is a subscriber."""
        super().__init__(segments, delimiters, is_whole=is_whole)
        self._divide(is_whole)
        if len(self.starts):
            self.refuse_misplaced(_ALLOWED)
            self.refuse((self.level == 1).nonzero()[0])  # an HL that is none of the three
            self._refuse_odd_numbers()
            self._read_parties()
            self._read_claims()
            self._read_lines()
            self._read_dates()
            self._read_references()
            self._read_amounts()
            self._read_codes()
            self._read_leftovers()

    # Which segments belong together

    def _divide(self, is_whole: bool) -> None:
        """Find each subscriber's segments, and the claim, line and party that each segment is about."""
        import numpy as np
        import pyarrow.compute as pc

        count, hl = len(self.name), np.flatnonzero(self.name == _CODE["HL"])
        level = np.zeros(count, np.int64)
        level[hl] = 1
        levels = self.pieces.at(hl, 3)
        for known in (20, 22, 23):
            level[hl[flags(pc.equal(levels, str(known)))]] = known
        breaks = (self.name >= 0) & (self.name < len(CONTROL)) | (level == 20) | (level == 22)
        self.starts = np.flatnonzero(level == 22)
        edges = np.append(np.flatnonzero(breaks), count)
        self.stops = edges[np.searchsorted(edges, self.starts, "right")]
        # a claim that the file or another header cuts short is told as open by the reader
        ends = np.append(self.name, _CODE["HL"] if is_whole else -1)[self.stops]
        self.refused = ~np.isin(ends, (_CODE["HL"], _CODE["SE"]))
        last_break = last_set(breaks)
        inside = (last_break >= 0) & (level[last_break] == 22)
        self.family = np.where(inside, np.searchsorted(self.starts, last_break), -1)
        self.header, self.claim_at = last_set(breaks | (level > 0)), last_set(self.name == _CODE["CLM"])
        self.line_at, self.level = last_set(self.name == _CODE["LX"]), level
        in_claim = self.claim_at > self.header
        self.place = np.where(in_claim, np.where(self.line_at > self.claim_at, c.LINE, c.CLAIM), c.HEADER)
        named = self.name == _CODE["NM1"]
        openers = breaks | (level > 0) | (self.name == _CODE["CLM"]) | (self.name == _CODE["LX"])
        owner = last_set(named | openers)
        self.person_at = np.where((owner >= 0) & named[owner], owner, -1)

    def _refuse_odd_numbers(self) -> None:
        """Refuse the numbers of claims that come twice, or look like those the reader gives."""
        import numpy as np
        import pyarrow.compute as pc

        rows = np.flatnonzero(self.name == _CODE["CLM"])
        texts = self.pieces.at(rows, 1)
        is_odd = ~stands(texts) | flags(pc.match_substring(texts, "#")) | flags(pc.starts_with(texts, "segment-"))
        self._number_rows, self._numbers = rows, texts.to_pylist()
        if len(times := Counter(self._numbers)) < len(rows):
            is_odd |= np.array([times[text] > 1 for text in self._numbers])
        self.refuse(rows[is_odd])

    def refuse_given(self, names: Names) -> None:
        """Refuse claims whose number is among the names given already."""
        if len(self.starts) and (given := names.given(self._numbers)):
            self.refuse(self._number_rows[[text in given for text in self._numbers]])

    def claim_of(self, rows: Ints) -> Ints:
        """Which of the claims each row is about."""
        import numpy as np

        return np.searchsorted(self.claims, self.claim_at[rows])

    def line_of(self, rows: Ints) -> Ints:
        """The line of each row, or -1."""
        import numpy as np

        return np.where(self.place[rows] == c.LINE, np.searchsorted(self.lines, self.line_at[rows]), -1)

    # Parties

    def _read_parties(self) -> None:
        """Read every NM1 and what follows it as a row of claim_party, and refuse what has no place there."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, count, at = self.rows("NM1"), len(self.name), self.pieces.at
        self.parties = rows
        entities, places = at(rows, 1), self.place[rows]
        self.roles = pa.array([""] * len(rows), pa.string())
        for place in (c.HEADER, c.CLAIM, c.LINE):
            in_place = parsed(entities, partial(_role, c.ROLES[place]), pa.string())
            self.roles = pc.if_else(pa.array(places == place), pc.fill_null(in_place, ""), self.roles)
        is_above = places == c.HEADER
        for level, those in _PARTIES_ABOVE.items():
            is_above &= ~(flags(pc.is_in(entities, pa.array(those))) & (self.level[self.header[rows]] == level))
        self.refuse(rows[is_above | ~stands(entities)])
        opener = np.maximum(self.header[rows], np.maximum(self.claim_at[rows], self.line_at[rows]))
        self.refuse(rows[comes_again(opener, self.roles.dictionary_encode().indices.to_numpy().astype(np.int64))])
        # a row of the party table for each NM1, and which one a segment is about
        self.party = np.full(count, -1, np.int64)
        self.party[rows] = np.arange(len(rows))
        self.party = np.where(self.person_at >= 0, self.party[self.person_at], -1)
        told = self.person(rows)
        for name, found, longest in (("N3", c.STREET, 3), ("N4", c.CITY, 5)):
            at_party = self._about_party(name, longest)
            told |= {column: on_file(at(at_party, position)) for position, column in found.items()}
        at_party = self._about_party("PRV", 4)
        told["taxonomy_code"] = at(at_party, 3)
        known = flags(pc.is_in(at(at_party, 2), pa.array(["PXC", "ZZ"])))
        self.refuse(at_party[(at_party >= 0) & ~known])
        at_party = self._about_party("DMG", 1 << 20)
        told["birth_date"], told["sex"] = parsed(at(at_party, 2), day, pa.date32()), at(at_party, 3)
        self.birth_text = at(at_party, 2)
        self.refuse(at_party[stands(self.birth_text) & ~stands(told["birth_date"])])
        references = self.rows("REF")
        is_tax = flags(pc.is_in(at(references, 1), pa.array(c.TAX_IDS))) & (self.party[references] >= 0)
        self.plain_references = references[~is_tax]
        taxes = references[is_tax]
        self.refuse(taxes[self.pieces.sizes[taxes] != 3])
        at_party = self.by(self.party[taxes], taxes, len(rows))
        told["tax_id_type"], told["tax_id"] = at(at_party, 1), at(at_party, 2)
        self.refuse(at_party[(at_party >= 0) & ~stands(told["tax_id"])])
        self.told = told
        self.npi = pc.if_else(pc.equal(told["identifier_type"], "XX"), told["identifier"], None)

    def _about_party(self, name: str, longest: int) -> Ints:
        """For each party the segment of that name about it, or -1."""
        rows = self.rows(name)
        self.refuse(rows[(self.party[rows] < 0) | (self.pieces.sizes[rows] > longest)])
        rows = self.rows(name)
        return self.by(self.party[rows], rows, len(self.parties))

    # Claims

    def _read_claims(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        at = self.pieces.at
        self.claims = rows = self.rows("CLM")
        header, starts = self.header[rows], self.starts[self.family[rows]]
        self.is_dependent = self.level[header] == 23
        told = {column: at(rows, position) for position, column in c.CLAIM_TEXT.items()}
        told["patient_control_number"] = at(rows, 1)
        told["billed_amount"] = self.money(rows, 2)
        kinds = [pa.string()] * 3
        codes = parsed_parts(at(rows, 5), lambda t: facility_code(t, self.separators[0]), kinds)
        self.facility, self.facility_kind, told["frequency_code"] = codes[1:]
        for column, position, words in (
            ("provider_signature", 6, c.YES_NO),
            ("accepts_assignment", 7, c.ASSIGNMENT),
        ):
            told[column] = parsed(at(rows, position), words.get, pa.bool_())
        self.refuse(rows[~stands(told["patient_control_number"]) | stands(at(rows, 11))])
        # what the levels above give: a subscriber's and a dependent's party, coverage and relationship
        subscribers = self._by_level("IL", starts)
        patients = np.where(self.is_dependent, self._by_level("QC", header), subscribers)
        payers = self._by_level("PR", starts)
        coverage = self._by_header("SBR")
        self.refuse(self.rows("SBR")[self.level[self.header[self.rows("SBR")]] != 22])
        told |= {column: at(coverage[starts], position) for position, column in c.SUBSCRIBER.items()}
        relation = self._by_header("PAT")
        own = at(relation[header], 1)
        self.refuse(rows[stands(own) & ~self.is_dependent])
        upper = at(relation[starts], 1)
        self.refuse(rows[stands(upper)])
        told["patient_relationship"] = pc.coalesce(own, at(coverage[starts], 2))
        identifier, name = self.told["identifier"], self.told["last_name"]
        told["subscriber_id"] = value_of(identifier, subscribers)
        told["payer_id"], told["payer_name"] = value_of(identifier, payers), value_of(name, payers)
        told["patient_birth_date"] = value_of(self.told["birth_date"], patients)
        told["patient_sex"] = value_of(self.told["sex"], patients)
        told["patient_id"] = self._patient_ids(told["subscriber_id"], patients)
        self.refuse(rows[~stands(told["patient_id"])])
        institutional = self._by_claim(self.rows("CL1"))
        told |= {column: at(institutional, position) for position, column in c.INSTITUTIONAL.items()}
        told |= self._numbers_of(c.CLAIM, c.CLAIM_NPI, len(rows), self.claim_of)
        self.claim = told

    def _by_level(self, entity: str, headers: Ints) -> Ints:
        """For each of the HL rows the party of that kind under it, or -1."""
        import numpy as np
        import pyarrow.compute as pc

        chosen = flags(pc.equal(self.pieces.at(self.parties, 1), entity)) & (self.place[self.parties] == c.HEADER)
        at = np.full(len(self.name), -1, np.int64)
        at[self.header[self.parties[chosen]]] = np.flatnonzero(chosen)
        return at[headers]

    def _by_header(self, name: str) -> Ints:
        """For each segment that is an HL the segment of that name under it, or -1."""
        rows = self.rows(name)
        return self.by(self.header[rows], rows, len(self.name))

    def _by_claim(self, rows: Ints) -> Ints:
        return self.by(self.claim_of(rows), rows, len(self.claims))

    def _by_line(self, rows: Ints) -> Ints:
        return self.by(self.line_of(rows), rows, len(self.lines))

    def _patient_ids(self, members: pa.Array, patients: Ints) -> pa.Array:
        """As `Parties.patient_id`; null where there is none."""
        import numpy as np
        import pyarrow as pa

        ids = members.to_pylist()
        for claim in np.flatnonzero(self.is_dependent).tolist():
            party = int(patients[claim])
            if party < 0:
                ids[claim] = None
                continue
            last, first = (self.told[name][party].as_py() or "" for name in ("last_name", "first_name"))
            birth = self.birth_text[party].as_py() or ""
            digest = hashlib.sha256(f"{last}|{first}|{birth}".upper().encode()).hexdigest()
            is_known = ids[claim] is not None and (last or first or birth)
            ids[claim] = f"{ids[claim]}-{digest[:8]}" if is_known else None
        return pa.array(ids, pa.string())

    def _numbers_of(
        self, place: int, columns: Mapping[str, str], count: int, owner: Callable[[Ints], Ints]
    ) -> dict[str, pa.Array]:
        """The NPI columns of claims or lines: the first NPI among those whose role a column is for."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        given = (self.place[self.parties] == place) & stands(self.npi)
        given &= ~self.refused[self.family[self.parties]]
        found = {}
        for column in dict.fromkeys(columns.values()):
            roles = pa.array([role for role, named in columns.items() if named == column])
            chosen = np.flatnonzero(given & flags(pc.is_in(self.roles, roles)))[::-1]  # the first is set last
            at = np.full(count, -1, np.int64)
            at[owner(self.parties[chosen])] = chosen
            found[column] = value_of(self.npi, at)
        return found

    # Lines

    def _read_lines(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        at = self.pieces.at
        self.lines = rows = self.rows("LX")
        self.line_claim = self.claim_of(rows)
        self.line_number = numbered(self.line_claim)
        stated = at(rows, 1)
        self.refuse(rows[~flags(pc.equal(stated, pa.array(self.line_number).cast(pa.string())))])
        told: dict[str, pa.Array] = {}
        service = np.full(len(rows), -1, np.int64)
        for name in _SERVICES:
            found = self._by_line(self.rows(name))
            self.refuse(rows[(found >= 0) & (service >= 0)])
            service = np.where(found >= 0, found, service)
        self.refuse(rows[service < 0])
        is_first = self.name[service] == _CODE["SV1"]  # professional; the others are institutional

        def either(professional: int, institutional: int) -> pa.Array:
            return at(service, np.where(is_first, professional, institutional))

        def only(position: int, *, professional: bool) -> pa.Array:
            return at(np.where(is_first == professional, service, -1), position)

        places = [_SERVICES[name] for name in _SERVICES]
        codes, billed, bases, counts = (either(*pair) for pair in list(zip(*places, strict=True))[:4])
        told["billed_amount"] = parsed(billed, amount, pa.decimal128(12, 2))
        told["units"] = parsed(counts, quantity, pa.decimal128(12, 3))
        told["unit_basis"] = bases
        told["place_of_service"], told["revenue_code"] = only(5, professional=True), only(1, professional=False)
        told["is_emergency"] = parsed(only(9, professional=True), c.YES_NO.get, pa.bool_())
        refunded = only(7, professional=False)
        told["non_covered_amount"] = parsed(refunded, amount, pa.decimal128(12, 2))
        for text, value in ((refunded, "non_covered_amount"),):
            self.refuse(rows[stands(text) & ~stands(told[value])])
        component = self.separators[0]

        def columns_of(text: str) -> list[Any] | None:
            found = procedure(text, component) if text.count(component) < 6 else None
            return None if found is None else [found.get(name) for name in _PROCEDURE]

        def pointed(text: str) -> list[Any] | None:
            found = pointers(text, component)
            return None if found is None else [found.get(name) for name in _POINTERS]

        is_code, *parts = parsed_parts(codes, columns_of, [pa.string()] * len(_PROCEDURE))
        told |= dict(zip(_PROCEDURE, parts, strict=True))
        sent = only(7, professional=True)
        is_pointer, *parts = parsed_parts(sent, pointed, [pa.int64()] * len(_POINTERS))
        told |= dict(zip(_POINTERS, parts, strict=True))
        bad = ~stands(told["billed_amount"]) | ~stands(told["units"])
        bad |= self.pieces.is_only_blanks(service, 1) & is_first | self.pieces.is_only_blanks(service, 2) & ~is_first
        bad |= ~flags(pc.fill_null(is_code, True)) | ~flags(pc.fill_null(is_pointer, True))
        self.refuse(rows[bad])
        told |= self._numbers_of(c.LINE, c.LINE_NPI, len(rows), self.line_of)
        self.line = told
        charges = np.append(0, cents(told["billed_amount"])).cumsum()
        ends = np.searchsorted(self.line_claim, np.arange(len(self.claims)), "right")
        begins = np.searchsorted(self.line_claim, np.arange(len(self.claims)), "left")
        differs = charges[ends] - charges[begins] != cents(self.claim["billed_amount"])
        self.refuse(self.claims[differs | (ends == begins)])

    # Dates, references, amounts, codes: some have a column, the others are details

    def _read_dates(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.rows("DTP"), self.pieces.at
        use, form, sent = at(rows, 1), at(rows, 2), at(rows, 3)
        is_hour = flags(pc.equal(form, "TM"))
        both = pc.binary_join_element_wise(pc.fill_null(form, ""), pc.fill_null(sent, ""), "\n")
        is_date, first, last = parsed_parts(both, lambda t: span(*t.split("\n")), [pa.date32()] * 2)
        is_bad = ~flags(is_date) | flags(pc.less(last, first))
        self.refuse(rows[(is_bad & ~is_hour) | ~stands(use)])
        is_named = np.zeros(len(rows), bool)
        for (place, qualifier), columns in c.DATES.items():
            if place not in (c.CLAIM, c.LINE):
                continue
            chosen = flags(pc.equal(use, qualifier)) & (self.place[rows] == place) & ~is_hour
            is_named |= chosen
            told, by = (self.claim, self._by_claim) if place == c.CLAIM else (self.line, self._by_line)
            found = by(rows[chosen])
            where = np.where(found >= 0, np.searchsorted(rows, found), -1)
            told[columns[0]] = value_of(first, where)
            if len(columns) > 1:
                through = value_of(last, where)
                if place == c.LINE:
                    through = pc.if_else(pc.equal(through, told[columns[0]]), None, through)
                told[columns[1]] = through
        self.refuse(self.lines[~stands(self.line["service_from_date"])])
        self.refuse(rows[flags(pc.equal(use, "472")) & (self.place[rows] == c.CLAIM)])
        is_minute = flags(pc.equal(form, "DT"))
        kept = ~is_named | is_minute | is_hour
        text = pc.if_else(pa.array(is_minute | is_hour), sent, None)
        first = pc.if_else(pa.array(is_hour), None, first)
        last = pc.if_else(pc.equal(form, "RD8"), last, None)
        mask = pa.array(kept)
        self.tell(
            rows[kept], "date", use.filter(mask), value=text.filter(mask),
            from_date=first.filter(mask), through_date=last.filter(mask),
        )  # fmt: skip

    def _read_references(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.alive(self.plain_references), self.pieces.at
        use, sent = at(rows, 1), at(rows, 2)
        place = self.place[rows]
        bad = ~stands(use) | ~stands(sent) | (self.pieces.sizes[rows] != 3)
        self.refuse(rows[bad | ((place == c.HEADER) & (self.party[rows] < 0))])
        is_named = np.zeros(len(rows), bool)
        for (where, qualifier), column in c.REFERENCES.items():
            chosen = flags(pc.equal(use, qualifier)) & (place == where) & (self.party[rows] < 0) & ~bad
            is_named |= chosen
            told, by = (self.claim, self._by_claim) if where == c.CLAIM else (self.line, self._by_line)
            told[column] = at(by(rows[chosen]), 2)
        mask = pa.array(~is_named)
        self.tell(rows[~is_named], "reference", use.filter(mask), value=sent.filter(mask))

    def _read_amounts(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, at = self.rows("AMT"), self.pieces.at
        use, sent = at(rows, 1), self.money(rows, 2)
        self.refuse(rows[~stands(use)])
        named = [q for (place, q), column in c.AMOUNTS.items() if (place, column) == (c.CLAIM, "patient_paid_amount")]
        chosen = flags(pc.is_in(use, pa.array(named))) & (self.place[rows] == c.CLAIM)
        found = self._by_claim(rows[chosen])
        self.claim["patient_paid_amount"] = parsed(at(found, 2), amount, pa.decimal128(12, 2))
        mask = pa.array(~chosen)
        self.tell(rows[~chosen], "amount", use.filter(mask), amount=sent.filter(mask))

    def _read_codes(self) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = self.rows("HI")
        of, piece, texts = self.pieces.rest(rows, ())
        rows = rows[of]
        sent = self.pieces.flat.take(pa.array(self.pieces.first[rows] + piece))
        self.refuse(rows[~flags(pc.equal(sent, texts))])  # the reader takes a qualifier with its blanks
        parts = Pieces("\n".join(texts.to_pylist()).encode(), self.separators[0], has_blanks=self.has_blanks)
        every = np.arange(len(rows))
        qualifier, code = parts.at(every, 0), parts.at(every, 1)
        words = pc.fill_null(qualifier, "")
        is_diagnosis = flags(pc.is_in(words, pa.array(list(c.DIAGNOSIS_ROLES))))
        is_procedure = flags(pc.is_in(words, pa.array([q for q, s in c.PROCEDURE_QUALIFIERS.items() if s == "icd10"])))
        is_group = flags(pc.equal(words, "DR"))
        has_column = is_diagnosis | is_procedure | is_group
        is_old = flags(pc.is_in(words, pa.array([q for q, s in c.PROCEDURE_QUALIFIERS.items() if s == "icd9"])))
        has_dot = flags(pc.match_substring(pc.fill_null(code, ""), "."))
        as_sent = parts.flat.take(pa.array(parts.first))
        is_odd = ~flags(pc.equal(as_sent, qualifier)) | is_old
        self.refuse(rows[is_odd | (has_column & (has_dot | ~stands(code)))])
        mask = pa.array(is_diagnosis)
        told = parsed_parts(words.filter(mask), c.DIAGNOSIS_ROLES.__getitem__, [pa.string()] * 2)
        self.diagnoses = (rows[is_diagnosis], code.filter(mask), told[1], told[2], parts.at(every[is_diagnosis], 8))
        mask, day_text = pa.array(is_procedure), parts.at(every[is_procedure], 3)
        performed = parsed(day_text, day, pa.date32())
        self.refuse(rows[is_procedure][stands(day_text) & ~stands(performed)])
        self.procedures = (rows[is_procedure], code.filter(mask), performed)
        group_rows = rows[is_group]
        self._by_claim(group_rows)
        at = np.full(len(self.claims), -1, np.int64)
        at[self.claim_of(group_rows)] = np.flatnonzero(is_group)
        self.claim["ms_drg"] = value_of(code, at)
        other = ~has_column & ~is_odd
        self._tell_codes(rows[other], piece[other], words.filter(pa.array(other)), parts, every[other])

    def _tell_codes(self, rows: Ints, piece: Ints, qualifier: pa.Array, parts: Pieces, of: Ints) -> None:
        """Condition, occurrence, value and other codes of HI, as `OpenClaim` keeps them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        code, form, when, money = (parts.at(of, k) for k in (1, 2, 3, 4))
        both = pc.binary_join_element_wise(pc.fill_null(form, ""), pc.fill_null(when, ""), "\n")
        _, first, last = parsed_parts(both, lambda t: span(*t.split("\n")), [pa.date32()] * 2)
        sums = parsed(money, amount, pa.decimal128(12, 2))
        unread = stands(when) & ~stands(first)
        self.refuse(rows[unread | (stands(money) & ~stands(sums))])
        kind = parsed(qualifier, lambda q: c.CODE_KINDS.get(q, "code"), pa.string())
        is_code = pc.equal(kind, "code")
        first = pc.if_else(when.is_valid(), first, None)
        last = pc.if_else(pc.and_(when.is_valid(), pc.fill_null(pc.equal(form, "RD8"), False)), last, None)
        self.tell(
            rows, kind, pc.if_else(is_code, qualifier, code), piece, value=pc.if_else(is_code, code, None),
            from_date=first, through_date=last, amount=sums, about=pa.nulls(len(rows), pa.string()),
        )  # fmt: skip

    def _read_leftovers(self) -> None:
        """Elements that no column takes, and segments that have none."""

        self.tell_rest("CLM", self.rows("CLM"), _TAKEN_OF_CLM, "")
        for position, column in ((6, "provider_signature"), (7, "accepts_assignment")):
            self.tell_element("CLM", self.alive(self.claims[~stands(self.claim[column])]), position, "")
        subscribers, patients = self.rows("SBR"), self.rows("PAT")
        self.tell_rest("SBR", subscribers, (*c.SUBSCRIBER, 2), "subscriber")
        is_patient = self.level[self.header[patients]] == 23
        self.tell_rest("PAT", patients[is_patient], (1,), "patient")
        self.tell_rest("PAT", patients[~is_patient], (1,), "subscriber")
        self.tell_rest("DMG", self.rows("DMG"), (1, 2, 3), None)
        self.tell_rest("CL1", self.rows("CL1"), tuple(c.INSTITUTIONAL), "")
        for name, (*_, taken) in _SERVICES.items():
            self.tell_rest(name, self.rows(name), taken, "")
        self.tell_segments(self.rows(*_DETAILS))

    def about(self, rows: Ints) -> pa.Array:
        """The party that was named last."""
        return value_of(self.roles, self.party[rows])


def _role(names: Mapping[str, str], entity: str) -> str:
    return names.get(entity, entity)
