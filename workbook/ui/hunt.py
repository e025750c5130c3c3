"""Which claim of a hunt is open, which are marked, and what came of it."""

from __future__ import annotations

import traitlets as tl

from workbook.claims.forms import claim_form
from workbook.encounters.hunt import Hunt


class MarkState(tl.HasTraits):
    """A hunt for planted errors: the open claim, the marks, the score."""

    claim_id = tl.Unicode()
    is_marked = tl.Bool(False)  # the open claim
    marks = tl.List(tl.Unicode())
    form_html = tl.Unicode()
    summary = tl.Unicode("Read the claims and mark those that bear an error.")
    result_html = tl.Unicode()

    def __init__(self, hunt: Hunt) -> None:
        super().__init__()
        self.hunt = hunt
        self.observe(lambda _: self._open(), "claim_id")
        self.observe(lambda _: self._mark(), "is_marked")
        self.claim_id = hunt.claim_ids[0]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The claims to choose from, those that are marked with a sign."""
        return [(f"{'✗ ' if c in self.marks else ''}{c}", c) for c in self.hunt.claim_ids]

    def _open(self) -> None:
        self.form_html = claim_form(self.hunt.claims, self.claim_id)._repr_html_()
        self.is_marked = self.claim_id in self.marks

    def _mark(self) -> None:
        kept = [c for c in self.marks if c != self.claim_id]
        self.marks = [*kept, self.claim_id] if self.is_marked else kept

    def score(self, *, reveal: bool = False) -> None:
        """Compare the marks with what was planted, beside the rules; with `reveal` tell what it was."""
        found = self.hunt.compare(self.marks, reveal=reveal)
        self.summary = str(found)
        self.result_html = found._repr_html_()
