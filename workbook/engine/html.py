"""A table as HTML in which every cell is escaped: what a claim file wrote must not run in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

safe = html.escape
#: Classes that MathJax of JupyterLab, and of exported pages, keeps out of: two amounts in a sentence are no formula.
NO_MATHS = "mathjax_ignore tex2jax_ignore"


def notebook_html(*parts: str) -> str:
    """What a notebook shows of a result (HTML already), in which a dollar sign is a dollar sign."""
    return f'<div class="{NO_MATHS}">{"".join(parts)}</div>'


def page_html(title: str, body: str, style: str = "") -> str:
    """A whole page around `body` (HTML already): it loads nothing and runs nothing."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>{safe(title)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def table_html(header: Sequence[str], rows: Iterable[Sequence[object]], words: Iterable[str] = ()) -> str:
    """An HTML table of texts; columns named in `words` hold prose and are set to the left."""
    left = set(words)
    style = [" style='text-align:left'" if name in left else "" for name in header]
    head = "".join(f"<th scope='col'{s}>{safe(name)}</th>" for name, s in zip(header, style, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{s}>{'' if c is None else safe(str(c))}</td>" for c, s in zip(row, style, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
