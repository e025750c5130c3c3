"""One payment step: a page with a SELECT that adds columns to every line, and the worked examples that test it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from workbook.codes import edition_rows
from workbook.codes.tables import EDITION, REFERENCE_TABLES
from workbook.engine import Column, Engine, Page, Section, Select, Table, parse_select, read_page
from workbook.engine.front import Authority, InForce, Strict
from workbook.engine.table import TYPES
from workbook.engine.yaml import validated
from workbook.payment.parameters import parameter, parameter_names
from workbook.payment.tables import LINE, PAYMENT_TABLES
from workbook.terms import Citation, Span

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = Path(__file__).with_name("steps")

#: what an example's line holds in the columns it does not show
CLEAN_LINE = {
    "claim_type": "professional",
    "patient_id": "P1",
    "billing_provider_npi": "1234567893",
    "provider_npi": "1234567893",
    "service_date": date(2025, 11, 3),
    "received_date": date(2025, 11, 10),
    "hcpcs_code": "99213",
    "place_of_service": "11",
    "units": Decimal(1),
    "unit_basis": "UN",
    "billed_amount": Decimal(150),
    "frequency_code": "1",
}


class _Added(Strict):
    type: str
    meaning: str


class _Front(Strict):
    id: str = Field(pattern=r"^\d{3}(_[a-z]+)+$")
    name: str
    applies_to: Literal["professional", "institutional", "all"]
    reads: tuple[str, ...]
    adds: dict[str, _Added]
    in_force: InForce
    rounding: str
    authority: tuple[Authority, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Step:
    """One step of pricing: which columns it adds to a line, how, and by what authority."""

    id: str
    name: str
    title: str
    adds: tuple[Column, ...]
    in_force: Span
    rounding: str
    authority: tuple[Citation, ...]
    select: Select
    page: Page

    def __repr__(self) -> str:
        return f"{self.id}: {self.title} ({'; '.join(map(str, self.authority))})"


def read_step(path: Path) -> Step:
    """Read and check one step. Raises WorkbookError that names file and line."""
    page = read_page(path, ("Given", "Example"))
    front = validated(_Front, page.front, page.name)
    if front.id != path.stem:
        raise page.error(page.line("id"), f"id {front.id} does not match the file's name")
    if page.top.sql is None:
        raise page.error(page.top.line, "expected a ```sql block under the title")
    select = parse_select(page.top.sql, page.name, page.top.sql_line)
    for name, added in front.adds.items():
        if added.type not in TYPES:
            raise page.error(page.line("adds"), f"{name}: type {added.type!r}; the types are {', '.join(TYPES)}")
    if select.columns != ("claim_id", "line_number", *front.adds):
        raise page.error(
            page.top.sql_line, f"the SELECT returns claim_id, line_number, {', '.join(front.adds)}, in that order"
        )
    known = {"line", *REFERENCE_TABLES, *parameter_names(), *PAYMENT_TABLES}
    if unknown := sorted(select.reads - known):
        raise page.error(
            page.top.sql_line, f"no table is called {unknown[0]!r}; the tables are {', '.join(sorted(known))}"
        )
    if select.reads != set(front.reads):
        raise page.error(
            page.line("reads"), f"reads says {sorted(front.reads)}, the SELECT reads {sorted(select.reads)}"
        )
    if not page.of_kind("Example"):
        raise page.error(page.top.line, "expected at least one worked example under `## Example: …`")
    return Step(
        id=front.id,
        name=front.name,
        title=page.top.heading,
        adds=tuple(Column(n, a.type, a.meaning) for n, a in front.adds.items()),
        in_force=front.in_force.span,
        rounding=front.rounding,
        authority=tuple(a.citation for a in front.authority),
        select=select,
        page=page,
    )


@cache
def steps(folder: Path = FOLDER) -> tuple[Step, ...]:
    """The steps, in the order in which they run."""
    return tuple(map(read_step, sorted(folder.glob("[0-9]*.md"))))


def run_step(engine: Engine, step: Step) -> None:
    """Add a step's columns to the table `line` in `engine`; a line the step does not return has them null."""
    engine.keep("added", step.select.sql)
    own = ", ".join(f"a.{column.name}" for column in step.adds)
    engine.keep(
        "line",
        f"select l.*, {own} from line l left join added a on a.claim_id = l.claim_id and a.line_number = l.line_number",
    )


def line_table(before: Step | None = None) -> Table:
    """The table `line` as it stands before a step, or after the last one."""
    columns = list(LINE.columns)
    for step in steps():
        if before is not None and step.id >= before.id:
            break
        columns += step.adds
    return Table("line", LINE.grain, LINE.key, tuple(columns))


@dataclass(frozen=True)
class Worked:
    """One worked example of a step and what running it gave: line key and column → value."""

    step_id: str
    heading: str
    expected: dict[tuple[str, int, str], Any]
    found: dict[tuple[str, int, str], Any]

    @property
    def holds(self) -> bool:
        """True when every column shown came out as the page says."""
        return self.expected == self.found


def run_example(engine: Engine, step: Step, section: Section) -> Worked:
    """Run one worked example of a step on an engine that holds no tables yet."""
    before = line_table(step)
    added = Table("added", "", (), step.adds)
    shown = section.tables[0]
    owners = {}
    for header in shown.header:
        if header not in before.names and header not in added.names:
            raise step.page.error(section.line, f"{header!r} is no column of line and none that the step adds")
        owners[header] = added if header in added.names else before
    rows = shown.parsed(owners)
    engine.put(
        "line", before.from_rows({**CLEAN_LINE, **{k: v for k, v in r.items() if owners[k] is before}} for r in rows)
    )
    for name, table in _given(step).items():
        engine.put(name, table)
    result = {(r["claim_id"], r["line_number"]): r for r in engine.query(step.select.sql).to_pylist()}
    expected, found = {}, {}
    for row in rows:
        key = (row["claim_id"], row["line_number"])
        for column in (h for h in shown.header if owners[h] is added):
            expected[*key, column] = row[column]
            found[*key, column] = result.get(key, {}).get(column)
    return Worked(step.id, section.heading, expected, found)


def _given(step: Step) -> dict[str, pa.Table]:
    """The tables a step reads in its examples: those the page gives, the real parameters, and empty ones."""
    tables = {**REFERENCE_TABLES, **PAYMENT_TABLES}
    given: dict[str, pa.Table] = {}
    for section in step.page.of_kind("Given"):
        if section.name not in tables or len(section.tables) != 1:
            raise step.page.error(section.line, f"expected one table called one of {', '.join(tables)}")
        given[section.name] = section.tables[0].as_table(tables[section.name])
    for name in step.select.reads - given.keys() - {"line"}:
        if name in parameter_names():
            given[name] = parameter(name).as_table()
        elif name == EDITION.name:
            given[name] = edition_rows([])
        else:
            given[name] = tables[name].empty()
    return given
