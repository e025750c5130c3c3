"""What every view of a form is: it shows itself in a notebook, and writes a page that needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from workbook.engine.html import page_html, safe
from workbook.terms import private_file

#: No colour says anything: a finding has a thick double line and words, and both follow the reader's own colours.
#: The doubled class outweighs what a notebook says of tables and lists.
_STYLE = """
.wbform{font-family:system-ui,sans-serif;font-size:13px;max-width:1180px}
.wbform dl{display:grid;grid-template-columns:repeat(12,minmax(0,1fr));margin:0;border:1px solid}
.wbform dl>div{border:1px solid;padding:2px 5px;min-height:2.9em;overflow-wrap:anywhere}
.wbform dt,.wbform th{font-weight:normal;font-size:11px;line-height:1.3}
.wbform dl dt{display:block;float:none;width:auto;margin:0}
.wbform dl dd{float:none;width:auto;margin:0;white-space:pre-line;line-height:1.3;font-family:ui-monospace,monospace}
.wbform dl dd.note{font-family:inherit;font-size:11px;font-style:italic}
.wbform .scroll{overflow-x:auto}
.wbform.wbform table{border-collapse:collapse;table-layout:auto;width:100%;margin:.4em 0}
.wbform.wbform caption{text-align:left;font-weight:bold;padding:.3em 0}
.wbform.wbform th,.wbform.wbform td{border:1px solid;padding:2px 5px;vertical-align:top;text-align:left}
.wbform.wbform td{white-space:pre-line}
.wbform.wbform td.sum{text-align:right}
.wbform h3{margin:.9em 0 .3em;font-size:14px}
.wbform .found{outline:4px double;outline-offset:-4px}
.wbform .flag{display:block;font-family:system-ui,sans-serif;font-weight:bold;font-size:11px}
.wbform :target{outline:4px dashed;outline-offset:-4px}
@media(max-width:700px){.wbform dl{grid-template-columns:1fr}.wbform dl>div{grid-column:span 1!important}}
"""


class View:
    """A page with a title; a subclass writes its body."""

    title: str

    def body(self) -> str:
        """The view as HTML, every text of the claim escaped."""
        raise NotImplementedError

    def brief(self) -> str:
        """What a notebook shows of it: the whole, where a subclass does not shorten it."""
        return self.body()

    def _repr_html_(self) -> str:
        return f"<style>{_STYLE}</style>{self.brief()}"

    def to_html(self, path: str | Path) -> Path:
        """Write the whole as one HTML file (mode 0600) that loads nothing; returns its path.

        Raises WorkbookError when the folder is absent or cannot be written to.
        """
        path = Path(path)
        page = page_html(self.title, self.body(), _STYLE)
        with private_file(path) as stream:
            stream.write(page.encode("utf-8", "replace"))
        return path


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts with its caption: the first cell of a row names the row; amounts stand to the right."""
    head = "".join(f"<th scope='col'>{safe(name)}</th>" for name in header)
    body = "".join(
        f"<tr><th scope='row'>{safe(row[0])}</th>"
        + "".join(f"<td{_side(cell)}>{safe(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return table_of(caption, head, body)


def table_of(caption: str, head: str, body: str) -> str:
    """A captioned table of cells already in HTML; it scrolls sideways on a narrow screen, by keyboard too."""
    return (
        f"<div class='scroll' role='region' tabindex='0' aria-label='{safe(caption)}'><table>"
        f"<caption>{safe(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 line, 2 lines."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _side(cell: str) -> str:
    return " class='sum'" if cell.startswith(("$", "-$")) else ""
