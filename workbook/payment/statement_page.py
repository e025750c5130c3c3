"""A statement on paper: pages of letter size drawn as SVG on this machine, and put together as one PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING

from workbook.engine.html import safe
from workbook.terms import dollars

if TYPE_CHECKING:
    from workbook.payment.statement import Statement

#: US letter in points, its margin, and the height of a line of text
WIDTH, HEIGHT, MARGIN, LEADING = 612, 792, 54, 14
#: where the columns stand: left for words, right edge for amounts
COLUMNS = (("Date", 54, "start"), ("Service", 120, "start"), ("Charge", 352, "end"), ("Adjustment", 424, "end"),
           ("Plan paid", 490, "end"), ("You owe", 558, "end"))  # fmt: skip
#: how many characters of a service, and of a note, fit beside the amounts, and under them
SERVICE, NOTE = 36, 78
FIRST_ROW, LAST_ROW = 190, 700


def pages(statement: Statement) -> list[str]:
    """The statement as SVG, one text for each page; a service is not parted by a page's end."""
    parted: list[list[tuple[int, Sequence[str], str | None]]] = [[]]
    y = FIRST_ROW
    for cells, extra in _rows(statement):
        height = LEADING * (1 + len(extra)) + 4
        if y + height > LAST_ROW:
            parted.append([])
            y = FIRST_ROW
        parted[-1].append((y, cells, None))
        parted[-1] += [(y + LEADING * n, (), text) for n, text in enumerate(extra, 1)]
        y += height
    return [_page(statement, rows, n, len(parted)) for n, rows in enumerate(parted, 1)]


def to_pdf(statement: Statement) -> bytes:
    """The statement as a PDF of letter size."""
    import vl_convert
    from pypdf import PdfWriter

    whole, out = PdfWriter(), BytesIO()
    for page in pages(statement):
        whole.append(BytesIO(vl_convert.svg_to_pdf(page)))
    whole.write(out)
    return out.getvalue()


def _rows(statement: Statement) -> Iterator[tuple[Sequence[str], list[str]]]:
    """The cells of each service, and the lines of text that stand under them."""
    for x in statement.lines:
        service = wrap(f"{x.label} ({x.hcpcs_code})", SERVICE) or [""]
        owed = [
            f"{name} {dollars(amount)}"
            for name, amount in (("deductible", x.deductible), ("coinsurance", x.coinsurance))
            if amount
        ]
        said = [*owed, *([x.note] if x.note else [])]
        cells = (
            str(x.service_date or ""),
            service[0],
            dollars(x.billed),
            dollars(-x.adjusted),
            dollars(x.paid),
            dollars(x.owed),
        )
        yield cells, [*service[1:], *wrap("; ".join(said), NOTE)]


def _page(statement: Statement, rows: Sequence[tuple[int, Sequence[str], str | None]], number: int, count: int) -> str:
    texts = [
        _text(MARGIN, 72, "Statement of your account", size=18, bold=True),
        _text(MARGIN, 96, f"From: {statement.practice_name}") if statement.practice_name else "",
        _text(MARGIN, 112, f"Patient: {statement.patient_name or ''} {statement.patient_id}".replace("  ", " ")),
        _text(WIDTH - MARGIN, 72, f"Page {number} of {count}", anchor="end"),
        _text(MARGIN, 140, f"You owe {dollars(statement.owed)}", size=13, bold=True),
    ]
    texts += [_text(x, FIRST_ROW - 20, name, anchor=anchor, bold=True) for name, x, anchor in COLUMNS]
    rule = f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{FIRST_ROW - 14}" y2="{FIRST_ROW - 14}" stroke="#000"/>'
    for y, cells, under in rows:
        if under is not None:
            texts.append(_text(COLUMNS[1][1], y, under, size=8.5))
        texts += [_text(x, y, cell, anchor=anchor) for cell, (_, x, anchor) in zip(cells, COLUMNS, strict=False)]
    if number == count:
        texts.append(_text(WIDTH - MARGIN, LAST_ROW + 30, f"You owe {dollars(statement.owed)}", 12, "end", bold=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{rule}{"".join(texts)}</svg>'
    )


def _text(x: float, y: float, text: str, size: float = 9.5, anchor: str = "start", *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    clean = "".join(c for c in text if c.isprintable())
    style = f'font-family="sans-serif" font-size="{size}" text-anchor="{anchor}"{weight}'
    return f'<text x="{x}" y="{y}" {style}>{safe(clean)}</text>'
