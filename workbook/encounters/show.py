"""How feedback looks in a notebook: the verdict in words, a row per code, the note with its evidence marked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workbook.encounters.scoring import Feedback, Item

MARKS = {
    "found": "background:var(--jp-layout-color3,#e0e0e0);color:var(--jp-ui-font-color0,#111)",
    "missing": "background:none;color:inherit;border-bottom:2px dashed var(--jp-ui-font-color1,#333)",
}
WORDS = {
    "right": "right", "half": "half right", "near miss": "near miss", "optional": "optional, accepted",
    "extra": "not in the key", "unreadable": "not readable",
}  # fmt: skip


class Span(NamedTuple):
    """A stretch of the note: found or missing, with the label that says so in words."""

    start: int
    end: int
    state: str
    label: str


def feedback_html(feedback: Feedback) -> str:
    """The verdict line, the table of codes and the marked note; a blank answer gives its one sentence alone."""
    verdict = f'<p role="status"><strong>{_safe(str(feedback))}</strong></p>'
    if not feedback.is_answered:
        return f'<p role="status">{_safe(str(feedback))}</p>'
    rows = "".join(_row(item) for item in feedback.items)
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Entered", "Kind", "Verdict", "Points", "Why", "Authority")
    )
    apart = "".join(
        f"<p>{title} to check:</p><ul>{''.join(f'<li>{_safe(text)}</li>' for text in wrong)}</ul>"
        for title, wrong in (("Pointers", feedback.pointers), ("POA marks", feedback.present_on_admission))
        if wrong
    )
    return (
        f"{verdict}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        + apart
        + f'<pre style="white-space:pre-wrap;word-break:normal">{marked_note(feedback)}</pre>'
    )


def lines_html(lines: Iterable[str]) -> str:
    """Sentences as a list."""
    return f"<ul>{''.join(f'<li>{_safe(line)}</li>' for line in lines)}</ul>"


def marked_note(feedback: Feedback) -> str:
    """The note, escaped: evidence of what was found highlighted, of what is missing underlined, each with a label."""
    note, spans = feedback.case.note, _spans(feedback)
    edges = sorted({0, len(note), *(span.start for span in spans), *(span.end for span in spans)})
    parts = []
    for start, end in pairwise(edges):
        states = [span.state for span in spans if span.start <= start and end <= span.end]
        text = _safe(note[start:end])
        state = "found" if "found" in states else "missing"
        parts.append(f'<mark data-evidence="{state}" style="{MARKS[state]}">{text}</mark>' if states else text)
        labels = dict.fromkeys(span.label for span in spans if span.end == end)
        parts += [f"<small>[{_safe(label)}]</small>" for label in labels]
    return "".join(parts)


def _spans(feedback: Feedback) -> list[Span]:
    found = [(words, "found", item.entered) for item in feedback.items for words in item.evidence]
    missing = [(words, "missing", f"to find: {item.kind}") for item in feedback.missing for words in item.evidence]
    spans = []
    for words, state, label in [*found, *missing]:
        if place := re.search(r"\s+".join(map(re.escape, words.split())), feedback.case.note):
            spans.append(Span(place.start(), place.end(), state, label))
    return spans


def _row(item: Item) -> str:
    points = f"{item.points.normalize():f}"
    cells = (item.entered, item.kind, WORDS[item.verdict], points, item.say, item.authority or "")
    return "<tr>" + "".join(f'<td style="text-align:left">{_safe(cell)}</td>' for cell in cells) + "</tr>"


def _safe(text: str) -> str:
    return html.escape(text)
