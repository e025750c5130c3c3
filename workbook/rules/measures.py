"""What is compared between providers: one page each, a SELECT that counts a provider's items by level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field

from workbook.engine import Select, parse_select, read_page
from workbook.engine.front import Authority, Strict
from workbook.engine.yaml import validated
from workbook.terms import Citation, WorkbookError

FOLDER = Path(__file__).with_name("measures")
_RETURNS = {"provider_npi", "level", "count"}


class _Front(Strict):
    """The front matter of a measure."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    counts: str
    reads: tuple[str, ...] = Field(min_length=1)
    levels: tuple[str, ...] = Field(min_length=2)
    high: tuple[str, ...] = Field(min_length=1)
    authority: tuple[Authority, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Measure:
    """A curve over `levels`, lowest first, and a share: the items of the `high` levels among all."""

    id: str
    title: str
    counts: str
    levels: tuple[str, ...]
    high: tuple[str, ...]
    authority: tuple[Citation, ...]
    prose: str
    select: Select

    def __repr__(self) -> str:
        return f"{self.id}: {self.title} ({'; '.join(map(str, self.authority))})"


@cache
def measures() -> tuple[Measure, ...]:
    """Every measure, by its id. Raises WorkbookError that names file and line of a page that is not as it should be."""
    return tuple(read_measure(path) for path in sorted(FOLDER.glob("*.md")))


def measure(measure_id: str) -> Measure:
    """One measure. Raises WorkbookError when there is none of that id."""
    for found in measures():
        if found.id == measure_id:
            return found
    raise WorkbookError(f"no measure is called {measure_id!r}; there are {', '.join(m.id for m in measures())}")


def read_measure(path: Path) -> Measure:
    """Read and check one page."""
    page = read_page(path, ())
    front = validated(_Front, page.front, page.name)
    if front.id != path.stem:
        raise page.error(page.line("id"), f"id {front.id} does not match the file's name")
    if unknown := [level for level in front.high if level not in front.levels]:
        raise page.error(page.line("high"), f"{unknown[0]!r} is not among the levels")
    if page.top.sql is None:
        raise page.error(page.top.line, "expected a ```sql block under the title")
    select = parse_select(page.top.sql, page.name, page.top.sql_line)
    if set(select.columns) != _RETURNS:
        raise page.error(page.top.sql_line, f"the SELECT returns {', '.join(sorted(_RETURNS))} and nothing else")
    if undeclared := select.reads - set(front.reads):
        raise page.error(page.line("reads"), f"the SELECT reads {sorted(undeclared)[0]}, which `reads` does not name")
    return Measure(
        front.id, page.top.heading, front.counts, front.levels, front.high,
        tuple(a.citation for a in front.authority), page.top.text.strip(), select,
    )  # fmt: skip
