"""What every page states at its head: strict fields, the dates in force, the authority."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from workbook.terms import Citation, Span


class Strict(BaseModel):
    """Fields of a page: an unknown one is an error, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class InForce(Strict):
    """`in_force: {from: 2013-04-01}`, with `to` when the rule has ended; both ends are in force."""

    start: date = Field(alias="from")
    to: date | None = None

    @property
    def span(self) -> Span:
        """As a span of dates."""
        return Span(self.start, self.to)


class Authority(Strict):
    """`- cite: "42 CFR 424.44"`, with `unverified: true` when its source was not read."""

    cite: str
    url: str | None = None
    unverified: bool = False

    @property
    def citation(self) -> Citation:
        """As a citation."""
        return Citation(self.cite, self.url, self.unverified)
