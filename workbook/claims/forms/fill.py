"""What stands in each box of a claim's form: the claim's rows, looked up by the form's page and written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbook.claims.forms.layout import Box, Condition, Layout, Part, Section, Source
from workbook.claims.tables import CLAIM_TABLES
from workbook.codes.lookup import dotted
from workbook.engine.table import Column
from workbook.terms import dollars

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
Scope = dict[str, list[dict[str, Any]]]
_PAYER_ORDER = "PSTABCDEFGH"
_BY_LINE = {name for name, t in CLAIM_TABLES.items() if "line_number" in t.names} - {"claim_line"}


@dataclass(frozen=True)
class Filled:
    """A box and its texts, one under the other; none when the tables hold nothing for it."""

    box: Box
    texts: tuple[str, ...]


def rows_of(tables: Mapping[str, pa.Table], claim_id: str) -> Scope:
    """The rows of one claim from every claim table."""
    import pyarrow.compute as pc

    return {name: table.filter(pc.equal(table["claim_id"], claim_id)).to_pylist() for name, table in tables.items()}


class Sheet:
    """One claim on one form: what its boxes say for the claim, for each line and for each payer."""

    def __init__(self, layout: Layout, rows: Scope) -> None:
        self.layout = layout
        self._claim: Scope = {
            name: [r for r in found if r["line_number"] is None] if name in _BY_LINE else found
            for name, found in rows.items()
        }
        self._claim["claim_diagnosis"] = sorted(
            rows["claim_diagnosis"], key=lambda r: (r["role"] != "principal", r["sequence"])
        )  # the principal one and the others are one list
        self._other_payers = self._claim["other_payer"]
        self._claim["other_payer"] = self._other_payers[:1]  # a box of the claim speaks of the first, as on paper
        self.lines = sorted(rows["claim_line"], key=lambda r: r["line_number"])
        self._of_line: dict[int, Scope] = {
            row["line_number"]: {name: [] for name in _BY_LINE} | {"claim_line": [row]} for row in self.lines
        }
        for name in _BY_LINE:
            for row in rows[name]:
                if row["line_number"] in self._of_line:
                    self._of_line[row["line_number"]][name].append(row)

    def claim(self, section: Section) -> list[Filled]:
        """The boxes of a section that stands once."""
        return [self._filled(box, self.layout.parts[box.box], self._claim) for box in section.boxes]

    def line(self, section: Section, line_number: int) -> list[Filled]:
        """The boxes of one service line."""
        scope = self._claim | self._of_line[line_number]
        return [self._filled(box, self.layout.parts[box.box], scope) for box in section.boxes]

    def payers(self, section: Section) -> list[list[Filled]]:
        """The boxes of each payer in the order in which they decide: the one this claim goes to, and the others."""
        own = [self._filled(box, self.layout.parts[box.box], self._claim) for box in section.boxes]
        ranked = [(self._claim["claim"][0]["payer_sequence"], own)]
        for number, payer in enumerate(self._other_payers, 1):
            scope = self._claim | {
                "other_payer": [payer],
                "claim_party": [r for r in self._claim["claim_party"] if r["sequence"] == number],
                "claim_detail": [
                    {**r, "about": None} for r in self._claim["claim_detail"] if r["about"] == f"other_payer:{number}"
                ],
            }
            boxes = [self._filled(box, self.layout.other_parts[box.box], scope) for box in section.boxes]
            ranked.append((payer["payer_sequence"], boxes))
        return [boxes for _, boxes in sorted(ranked, key=lambda pair: _rank(pair[0]))]

    def _filled(self, box: Box, parts: tuple[Part, ...], scope: Scope) -> Filled:
        texts: list[str] = []
        for place, part in enumerate(parts):
            for source in part.sources:
                found = [text for row in _matching(source, scope) if (text := _text(box, source, row))]
                if found:
                    break
            else:
                continue
            if source.table == "claim_line":
                found = list(dict.fromkeys(found))  # what several lines say alike, a box of the claim says once
            if box.has and not place:
                found = ["yes" if box.has in found[0].split(":") else "no"]
            texts += [f"{part.prefix} {text}" if part.prefix else text for text in found]
        return Filled(box, tuple(_arranged(box, parts, texts, scope)))


def _rank(payer_sequence: str | None) -> int:
    return _PAYER_ORDER.find(payer_sequence) if payer_sequence and payer_sequence in _PAYER_ORDER else 99


def _matching(source: Source, scope: Scope) -> Iterator[Row]:
    """The rows a source asks for; a detail about a party is shown only where the party is asked for."""
    is_detail = source.table == "claim_detail" and all(c.column != "about" for c in source.conditions)
    for row in scope[source.table]:
        if is_detail and row["about"] is not None:
            continue
        if all(_holds(c, row if c.table == source.table else scope["claim"][0]) for c in source.conditions):
            yield row


def _holds(condition: Condition, row: Row) -> bool:
    return (str(row[condition.column]) in condition.values) == condition.is_equal


def _text(box: Box, source: Source, row: Row) -> str:
    shown = [_value(box, column, row) for column in source.columns if row[column.name] is not None]
    return source.between.join(text for text in shown if text)


def _value(box: Box, column: Column, row: Row) -> str:
    value = row[column.name]
    if box.shown == "letters" and column.type == "integer":
        return chr(64 + value) if 1 <= value <= 12 else f"{value}?"  # the form has the diagnoses A to L
    if column.type == "boolean":
        return "yes" if value else "no"
    if column.type == "money" and box.shown != "numbers":
        return dollars(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if column.type == "quantity" else f"{value:f}"
    if column.name == "diagnosis_code" and row["code_set"] == "icd10":
        return dotted(value)
    if box.shown == "hour":
        return str(value)[-4:][:2]  # HHMM, alone or after its day
    return box.words.get(str(value), str(value))


def _arranged(box: Box, parts: tuple[Part, ...], texts: list[str], scope: Scope) -> list[str]:
    """The texts as the box has them: lettered, added up, or a plain yes where there is any."""
    match box.shown:
        case "lettered":
            return [f"{chr(65 + n) if n < 26 else n + 1}. {text}" for n, text in enumerate(texts)]
        case "any":
            return ["yes"] if texts else []
        case "sum":
            source = parts[0].sources[0]
            amounts = [v for row in _matching(source, scope) if (v := row[source.columns[0].name]) is not None]
            return [dollars(sum(amounts, Decimal(0)))] if amounts else []
    return texts
