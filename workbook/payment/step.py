"""One payment step: a page with a SELECT that adds columns to every line, and the worked examples that test it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes import edition_rows
from workbook.codes.tables import EDITION, REFERENCE_TABLES
from workbook.engine import Column, Engine, Page, Section, Select, Table, parse_select, read_page
from workbook.engine.front import Authority, InForce, Strict
from workbook.engine.fuse import Given, Rows, RowTwiceError
from workbook.engine.table import TYPES
from workbook.engine.yaml import validated
from workbook.payment.parameters import parameter, parameter_names, table_of
from workbook.payment.tables import LINE, PAYMENT_TABLES
from workbook.terms import Citation, Span, WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = Path(__file__).with_name("steps")
#: the column that steps of reduction change
FEE = "fee_amount"
#: how the columns begin that tell what a step left of it
TRACE = "fee_after_"
#: in an example, the header of a changed column as it is after the step
AFTER = "→ "

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
    "locality": "NATIONAL",
    "units": Decimal(1),
    "unit_basis": "UN",
    "billed_amount": Decimal(150),
    "frequency_code": "1",
    # of steps: a line that the physician fee schedule prices
    "surgical_role": "surgeon",
    "session_key": "P1 1234567893 2025-11-03",
    "is_physician_fee": True,
    "dollars_per_rvu": Decimal("32.3465"),
    "payment_system": "physician",
}


class Adjustment(NamedTuple):
    """Which column of a line stands in a remittance under which group code and reason (CARC)."""

    column: str
    group_code: str
    carc: str


class _Added(Strict):
    type: str
    meaning: str


class _Front(Strict):
    id: str = Field(pattern=r"^\d{3}(_[a-z]+)+$")
    name: str
    applies_to: Literal["professional", "institutional", "all"]
    reads: tuple[str, ...]
    adds: dict[str, _Added] = Field(default_factory=dict)
    changes: tuple[str, ...] = ()
    concerns: str | None = None
    systems: tuple[str, ...] = ()
    adjusts: dict[str, Annotated[str, Field(pattern=r"^(CO|PR|OA|PI)-\w+$")]] = Field(default_factory=dict)
    in_force: InForce
    rounding: str
    authority: tuple[Authority, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Step:
    """One step of pricing: which columns it adds to a line or changes there, how, and by what authority.

    A step that changes columns returns the lines it changes, and leaves all others as they are. `concerns` asks
    whether there is any line to look at: when it returns no row the step is passed over. `systems` are the payment
    systems whose lines alone the step looks at.
    """

    id: str
    name: str
    title: str
    adds: tuple[Column, ...]
    changes: tuple[str, ...]
    adjusts: tuple[Adjustment, ...]
    in_force: Span
    rounding: str
    authority: tuple[Citation, ...]
    select: Select
    concerns: Select | None
    systems: tuple[str, ...]
    page: Page

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the step leaves on every line: those it adds, and its trace."""
        return (*self.adds, *self.trace)

    @property
    def trace(self) -> tuple[Column, ...]:
        """The column in which a step that changes the fee leaves it as it was after the step."""
        if FEE not in self.changes:
            return ()
        return (
            Column(
                f"{TRACE}{self.id[:3]}",
                "money",
                f"the fee after the step {self.name.lower()}, where that changed it",
            ),
        )

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
    returned = ("claim_id", "line_number", *front.adds, *front.changes)
    if select.columns != returned:
        raise page.error(page.top.sql_line, f"the SELECT returns {', '.join(returned)}, in that order")
    concerns = None
    own = ", ".join(f"'{system}'" for system in front.systems)
    if condition := front.concerns or (own and f"l.payment_system in ({own})"):
        concerns = parse_select(f"select 1 as one from line l where {condition}", page.name, page.line("concerns"))
        if unknown := sorted(concerns.reads - select.reads - {"line"}):
            raise page.error(page.line("concerns"), f"concerns reads {unknown[0]!r}, which the SELECT does not")
    known = {"line", *REFERENCE_TABLES, *parameter_names(), *PAYMENT_TABLES, *CLAIM_TABLES}
    if unknown := sorted(select.reads - known):
        raise page.error(
            page.top.sql_line, f"no table is called {unknown[0]!r}; the tables are {', '.join(sorted(known))}"
        )
    if strange := sorted(front.adjusts.keys() - front.adds.keys()):
        raise page.error(page.line("adjusts"), f"{strange[0]!r} is no column that the step adds")
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
        changes=front.changes,
        adjusts=tuple(Adjustment(column, *told.split("-")) for column, told in front.adjusts.items()),
        in_force=front.in_force.span,
        rounding=front.rounding,
        authority=tuple(a.citation for a in front.authority),
        select=select,
        concerns=concerns,
        systems=front.systems,
        page=page,
    )


@cache
def steps(folder: Path = FOLDER) -> tuple[Step, ...]:
    """The steps, in the order in which they run. Raises WorkbookError for a change of what no earlier step added."""
    found = tuple(map(read_step, sorted(folder.glob("[0-9]*.md"))))
    known = set(LINE.names)
    for step in found:
        if unknown := sorted(set(step.changes) - known):
            raise step.page.error(step.page.line("changes"), f"no earlier step adds {unknown[0]!r}")
        known |= {column.name for column in step.adds}
    return found


@cache
def adjustments() -> tuple[Adjustment, ...]:
    """What lies between billed and paid, in the order of the steps: with what is paid it adds up to what is billed."""
    return tuple(adjustment for step in steps() for adjustment in step.adjusts)


def run_steps(engine: Engine, rows: str, before: str = "999", wanted: Iterable[str] | None = None) -> None:
    """Run the steps whose number is less than `before` over the lines kept as `rows`; leaves them as `line`.

    A step that concerns no line leaves its columns null. With `wanted`, those columns and the key are left in the end:
    a step that none of them hangs on is not run, and a column goes as soon as no later step reads it, so that many
    lines need little room. `rows` goes when the lines are written anew. Raises WorkbookError when a step returns one
    line twice.
    """
    last = None if wanted is None else frozenset((*LINE.key, *wanted))
    run_chosen(engine, rows, [step for step in steps() if step.id < before], last)


def columns_read(wanted: Iterable[str]) -> frozenset[str]:
    """The columns of the lines as they are billed that the wanted columns hang on, and those that are wanted."""
    last = frozenset((*LINE.key, *wanted))
    return _needed(last, _leading_to(last, steps(), {}), {}) & frozenset(LINE.names)


def run_chosen(engine: Engine, rows: str, chosen: Iterable[Step], wanted: frozenset[str] | None = None) -> None:
    """Run these steps over the lines kept as `rows`, as `run_steps` does."""
    types = line_table().sql_types
    lines = Rows(engine, "line", rows, LINE.key, types)
    concerned: dict[str, bool] = {}
    left = list(chosen) if wanted is None else _leading_to(wanted, chosen, concerned)
    try:
        while left:
            if left[0].concerns and left[0].id not in concerned:
                concerned |= _concerned(lines, left)
                left = left if wanted is None else _leading_to(wanted, left, concerned)
                continue
            step = left.pop(0)
            after = None if wanted is None else _needed(wanted, left, concerned)
            added = [column for column in step.columns if after is None or column.name in after]
            if concerned.get(step.id, True):
                lines.give(step.id, step.select, [*map(_given_by, added), *_changed_by(step, types)], after)
            else:
                lines.give_nothing({column.name: TYPES[column.type] for column in added})
        lines.write(wanted)
    except RowTwiceError as error:
        raise _twice(error) from None


def _leading_to(wanted: frozenset[str], chosen: Iterable[Step], concerned: Mapping[str, bool]) -> list[Step]:
    """The steps that the wanted columns hang on; one that concerns nobody hangs on nothing."""
    needed, found = set(wanted), []
    for step in reversed(list(chosen)):
        if needed & set(_touched(step)):
            needed |= _mentioned(step) if concerned.get(step.id, True) else set()
            found.append(step)
    return found[::-1]


def _needed(wanted: frozenset[str], later: Iterable[Step], concerned: Mapping[str, bool]) -> frozenset[str]:
    """The columns that are wanted in the end, or that a later step reads."""
    return wanted.union(*(_mentioned(step) for step in later if concerned.get(step.id, True)))


def _mentioned(step: Step) -> frozenset[str]:
    return step.select.mentions | (step.concerns.mentions if step.concerns else frozenset())


def _concerned(lines: Rows, chosen: Sequence[Step]) -> dict[str, bool]:
    """Whether the first of these steps concerns any line, and each other of which that can be said as early."""
    first, *later = chosen
    assert first.concerns is not None
    line = set(line_table().names)
    if not first.concerns.mentions & line <= lines.written():
        lines.write()
    asked, known = [first], lines.written() - set(_touched(first))
    for step in later:
        if step.concerns and step.concerns.mentions & line <= known:
            asked.append(step)
        known -= set(_touched(step))
    answers = lines.any([step.concerns for step in asked if step.concerns])
    return {step.id: answer for step, answer in zip(asked, answers, strict=True)}


def _touched(step: Step) -> Iterable[str]:
    return (*step.changes, *(column.name for column in step.columns))


def _given_by(added: Column) -> Given:
    is_trace = added.name.startswith(TRACE)
    value = f"case when a.{FEE} <> l.{FEE} then a.{FEE} end" if is_trace else f"a.{added.name}"
    return Given(added.name, TYPES[added.type], value)


def _changed_by(step: Step, types: Mapping[str, str]) -> Iterator[Given]:
    return (Given(name, types[name], f"a.{name}") for name in step.changes)


def _twice(error: RowTwiceError) -> WorkbookError:
    [name] = (step.name.lower() for step in steps() if step.id == error.called)
    return WorkbookError(
        f"pricing made several lines of claim {error.key['claim_id']}, line {error.key['line_number']}, at the step "
        f"{name}: a loaded table has two rows for one code and date; find it with: workbook codes list, "
        "and remove it with: workbook codes remove"
    )


def line_table(before: Step | None = None) -> Table:
    """The table `line` as it stands before a step, or after the last one."""
    columns = list(LINE.columns)
    for step in steps():
        if before is not None and step.id >= before.id:
            break
        columns += step.columns
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
    changed = (Column(f"{AFTER}{name}", before[name].type, before[name].meaning) for name in step.changes)
    added = Table("added", "", (), (*step.adds, *changed))
    shown = section.tables[0]
    owners = {}
    for header in shown.header:
        if header not in before.names and header not in added.names:
            raise step.page.error(section.line, f"{header!r} is no column of line and none that the step gives")
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
            name = column.removeprefix(AFTER)
            unchanged = row.get(name) if name in step.changes else None
            expected[*key, column] = row[column]
            found[*key, column] = result[key][name] if key in result else unchanged
    return Worked(step.id, section.heading, expected, found)


def _given(step: Step) -> dict[str, pa.Table]:
    """The tables a step reads in its examples: those the page gives, else the real parameters, and empty tables."""
    tables = {**REFERENCE_TABLES, **PAYMENT_TABLES, **CLAIM_TABLES, **{n: table_of(n) for n in parameter_names()}}
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
