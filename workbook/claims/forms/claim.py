"""A claim as its paper form shows it, box by box, with what an audit found on the boxes it concerns."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.claims.forms.fill import Filled, Sheet, rows_of
from workbook.claims.forms.layout import Box, Section, layout_of
from workbook.claims.forms.view import View, counted, table_of
from workbook.claims.model import Claims
from workbook.engine.html import NO_MATHS, safe
from workbook.terms import WorkbookError, dollars

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Finding = Mapping[str, Any]


@dataclass(frozen=True)
class _Mark:
    """A finding, and the place on the form it concerns: an anchor, and that place in words."""

    number: int
    finding: Finding
    line_number: int | None
    anchor: str
    place: str

    @property
    def severity(self) -> str:
        return str(self.finding.get("severity") or "finding")


class ClaimForm(View):
    """One claim by its form's boxes. Shows itself in a notebook; `.to_html(path)` writes it as a page."""

    def __init__(self, claims: Claims, claim_id: str, findings: Iterable[Finding] | None) -> None:
        rows = rows_of(claims.arrow, claim_id)
        self.claim: dict[str, Any] = rows["claim"][0]
        self.layout = layout_of(self.claim["claim_type"])
        self.title = f"Claim {claim_id}: {self.layout.title}"
        self._sheet = Sheet(self.layout, rows)
        self._id = f"claim-{hashlib.sha256(claim_id.encode('utf-8', 'replace')).hexdigest()[:10]}"
        self._line_numbers = [row["line_number"] for row in self._sheet.lines]
        own = [f for f in findings or () if f["claim_id"] == claim_id]
        self._marks = None if findings is None else [self._mark(n, f) for n, f in enumerate(own, 1)]
        self._at: dict[str, list[_Mark]] = {}
        for mark in self._marks or ():
            self._at.setdefault(mark.anchor, []).append(mark)

    def box(self, number: str, line_number: int | None = None) -> str:
        """What stands in a box, one text a line, "" when it is blank; of a line when `line_number` is given.

        A payer's boxes give the payers one under the other. Raises WorkbookError for a box or line that is not there.
        """
        for section in self.layout.sections:
            if any(box.box == number for box in section.boxes) and (section.lines is None) == (line_number is None):
                return "\n".join(t for f in self._filled(section, line_number) if f.box.box == number for t in f.texts)
        known = ", ".join(box.box for box in self.layout.boxes)
        raise WorkbookError(
            f"{self.title} has no {self.layout.word} {number!r}; it has {known}; give line_number for those of a line"
        )

    def _filled(self, section: Section, line_number: int | None) -> list[Filled]:
        if line_number is None:
            return (
                self._sheet.claim(section)
                if not section.payers
                else [f for p in self._sheet.payers(section) for f in p]
            )
        if line_number not in self._line_numbers:
            raise WorkbookError(f"claim {self.claim['claim_id']} has no line {line_number}")
        return self._sheet.line(section, line_number)

    def __repr__(self) -> str:
        found = "" if self._marks is None else f"; {counted(len(self._marks), 'finding')}"
        total = dollars(self.claim["billed_amount"])
        return f"{self.title}: {total}, {counted(len(self._line_numbers), 'line')}{found}"

    def body(self) -> str:
        """The form as HTML: its boxes, its lines in pages as on paper, and the findings with links to their boxes."""
        return (
            f"<div class='wbform {NO_MATHS}'>{self._cell('h2', self._id, repr(self))}"
            f"{''.join(self._section(s) for s in self.layout.sections)}{self._findings()}</div>"
        )

    def _section(self, section: Section) -> str:
        if section.lines:
            return self._pages(section, section.lines)
        if section.payers:
            return self._payers(section, section.payers)
        boxes = "".join(self._box(filled) for filled in self._sheet.claim(section))
        return f"<h3>{safe(section.title)}</h3><dl>{boxes}</dl>"

    def _box(self, filled: Filled) -> str:
        box, anchor = filled.box, self._anchor(filled.box)
        over = len(filled.texts) - (box.slots or len(filled.texts))
        note = box.why_blank or (f"{over} more than the form has room for" if over > 0 else "")
        return (
            f"<div id='{anchor}'{self._outline(anchor)} style='grid-column:span {box.wide}'>"
            f"<dt><b>{safe(box.box)}</b> {safe(box.label)}{self._flags(anchor)}</dt>"
            + (f"<dd>{safe(_stacked(filled))}</dd>" if not box.why_blank else "")
            + (f"<dd class='note'>{safe(note)}</dd></div>" if note else "</div>")
        )

    def _pages(self, section: Section, size: int) -> str:
        """The lines in pages of `size`, as on paper; those after the first page fold, unless a finding is on them."""
        numbers = self._line_numbers
        count = -(-len(numbers) // size)
        pages = [self._page(section, numbers[n * size : (n + 1) * size], n + 1, count) for n in range(count)]
        if count < 2:
            return "".join(pages) or "<p>The claim has no line.</p>"
        later = set(numbers[size:])
        is_open = any(m.line_number in later for m in self._marks or ())
        return (
            f"{pages[0]}<details{' open' if is_open else ''}><summary>{counted(len(later), 'more line')} on "
            f"{counted(count - 1, 'continuation page')}</summary>{''.join(pages[1:])}</details>"
        )

    def _page(self, section: Section, numbers: Sequence[int], page: int, count: int) -> str:
        rows = "".join(
            "<tr>"
            + self._cell("th scope='row'", self._anchor(None, number), str(number))
            + "".join(
                self._cell("td", self._anchor(filled.box, number), _stacked(filled))
                for filled in self._sheet.line(section, number)
            )
            + "</tr>"
            for number in numbers
        )
        caption = f"{section.title} {numbers[0]} to {numbers[-1]}" + (f", page {page} of {count}" if count > 1 else "")
        head = "".join(f"<th scope='col'><b>{safe(b.box)}</b> {safe(b.label)}</th>" for b in section.boxes)
        return table_of(caption, f"<th scope='col'>Line</th>{head}", rows)

    def _payers(self, section: Section, room: int) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{chr(65 + n) if n < room else f'{n + 1}, more than the form has room for'}</th>"
            + "".join(f"<td>{safe(filled.box.why_blank or _stacked(filled))}</td>" for filled in boxes)
            + "</tr>"
            for n, boxes in enumerate(self._sheet.payers(section))
        )
        head = "".join(self._cell("th scope='col'", self._anchor(b), f"{b.box} {b.label}") for b in section.boxes)
        return table_of(section.title, f"<th scope='col'>Payer</th>{head}", rows)

    # Findings

    def _anchor(self, box: Box | None, line_number: int | None = None) -> str:
        place = "" if box is None else "-" + re.sub(r"\W+", "-", box.box)
        return f"{self._id}{place}" + ("" if line_number is None else f"-line-{line_number}")

    def _mark(self, number: int, finding: Finding) -> _Mark:
        """Where a finding belongs: the box that shows its column, else its line, else its evidence, else the claim."""
        line, column = _whole(finding.get("line_number")), finding.get("column") or ""
        on_line = line in self._line_numbers
        if column and on_line and (boxes := self.layout.showing(column, is_of_line=True)):
            return _Mark(number, finding, line, self._anchor(boxes[0], line), f"{self._named(boxes[0])}, line {line}")
        if column and (boxes := self.layout.showing(column, is_of_line=False)):
            return _Mark(number, finding, line, self._anchor(boxes[0]), self._named(boxes[0]))
        if on_line:
            return _Mark(number, finding, line, self._anchor(None, line), f"line {line}")
        for told in _evidence(finding) if line is None else ():
            if boxes := self.layout.showing(told, is_of_line=False):
                return _Mark(number, finding, line, self._anchor(boxes[0]), self._named(boxes[0]))
        gone = "" if line is None else f"; the claim has no line {line}"
        return _Mark(number, finding, line, self._id, f"the whole claim{gone}")

    def _named(self, box: Box) -> str:
        return f"{self.layout.word} {box.box}, {box.label}"

    def _outline(self, anchor: str) -> str:
        return " class='found'" if anchor in self._at else ""

    def _flags(self, anchor: str) -> str:
        return "".join(
            f"<a class='flag' href='#{self._id}-finding-{m.number}'>Finding {m.number}: {safe(m.severity)}</a>"
            for m in self._at.get(anchor, ())
        )

    def _cell(self, tag: str, anchor: str, text: str) -> str:
        name = tag.partition(" ")[0]
        return f"<{tag} id='{anchor}'{self._outline(anchor)}>{safe(text)}{self._flags(anchor)}</{name}>"

    def _findings(self) -> str:
        if self._marks is None:
            return ""
        items = "".join(
            f"<li id='{self._id}-finding-{m.number}'><b>{safe(m.severity)}</b> "
            f"{safe(str(m.finding.get('rule_id') or ''))}: {safe(str(m.finding.get('message') or ''))} "
            f"(<a href='#{m.anchor}'>{safe(m.place)}</a>)</li>"
            for m in self._marks
        )
        return f"<h3>Findings</h3>{f'<ol>{items}</ol>' if items else '<p>Nothing was found on this claim.</p>'}"


def claim_form(
    claims: Claims, claim_id: str | None = None, findings: Iterable[Finding] | pd.DataFrame | pa.Table | None = None
) -> ClaimForm:
    """Show one claim by the boxes of its paper form: CMS-1500 (02/12) when professional, UB-04 when institutional.

    `claim_id` may be left out when there is one claim. `findings` are rows with rule_id, severity, claim_id,
    line_number, message and, where one box is meant, column (a column of the claim tables, as "modifier_1"): an
    audit's `.findings`, whose evidence tells the box, or dictionaries. The drawing and the labels are our own; only the
    numbers are the form's.
    Raises WorkbookError when the claim is not there, or more than one could be meant.
    """
    known = claims.arrow["claim"]["claim_id"].to_pylist()
    chosen = known[0] if claim_id is None and len(known) == 1 else claim_id
    if chosen is None or chosen not in known:
        what = "no claim is named" if claim_id is None else f"there is no claim {claim_id!r}"
        begin = f"the {len(known):,} that were read begin {', '.join(known[:5])}" if known else "none was read"
        raise WorkbookError(f"{what}; {begin}; name one, as in claim_form(claims, {(known or ['C1'])[0]!r})")
    return ClaimForm(claims, chosen, None if findings is None else _rows(findings))


def _rows(findings: Any) -> list[Finding]:
    """Findings as dictionaries, a missing value None, from an Arrow table, a pandas frame or rows."""
    if hasattr(findings, "to_pylist"):
        rows: list[Finding] = findings.to_pylist()
    elif hasattr(findings, "columns"):
        import pyarrow as pa

        rows = pa.Table.from_pandas(findings, preserve_index=False).to_pylist()
    else:
        rows = list(findings)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping) or "claim_id" not in row:
            raise WorkbookError(f"finding {number} has no claim_id; give rows with rule_id, claim_id and message")
    return rows


def _evidence(finding: Finding) -> list[str]:
    """The columns that a finding of an audit names in its evidence, a JSON object; none where it has no such text."""
    try:
        told = json.loads(finding.get("evidence") or "{}")
    except (TypeError, ValueError):
        return []
    return list(told) if isinstance(told, dict) else []


def _whole(value: Any) -> int | None:
    """A line's number as pandas may give it, a float or a missing value."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _stacked(filled: Filled) -> str:
    return "\n".join(filled.texts)
