"""One rule card: what it finds, by what authority, its SELECT, and the worked examples that are its tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes.tables import REFERENCE_TABLES
from workbook.engine import Page, Section, Select, base_tables, parse_select, read_page, view_names
from workbook.engine.front import Authority, InForce, Strict
from workbook.engine.html import notebook_html, safe, table_html
from workbook.engine.views import read_view
from workbook.engine.yaml import validated
from workbook.rules.derived import DERIVED
from workbook.terms import Citation, Span, WorkbookError

FOLDER = Path(__file__).with_name("cards")
KINDS = ("Coverage", "Given", "Flagged", "Passes", "Near miss", "Not checked")
_FILES = "*-[0-9][0-9][0-9].md"
_PLACEHOLDER = re.compile(r"{(\w+)}")


class _Front(Strict):
    """The front matter of a card."""

    id: str = Field(pattern=r"^[A-Z]+-\d{3}$")
    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    status: Literal["active", "retired"]
    severity: Literal["error", "warning", "review"]
    applies_to: Literal["professional", "institutional", "all"]
    judges: Literal["claim", "line", "diagnosis"]
    reads: tuple[str, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    extract_has: tuple[str, ...] = ()
    in_force: InForce
    authority: tuple[Authority, ...] = Field(min_length=1)
    says: str
    group_code: Literal["CO", "PR", "OA", "PI"] | None = None
    carc: str | None = Field(default=None, pattern=r"^[A-Z]?\d{1,3}$")
    rarc: str | None = Field(default=None, pattern=r"^(M|MA|N)\d{1,3}$")
    scope: Literal["hospital", "dme"] | None = None
    stake: Literal["line", "unbilled", "unknown"] = "line"


#: reference tables that are loaded in parts; a card's `scope` says which part it reads, the practitioner's if none
SCOPED = ("ptp", "mue")
#: what a card may judge → the shared view that lists those things, and the columns that tell one from another
JUDGED = {
    "claim": ("service_claim", ("claim_id",)),
    "line": ("service_line", ("claim_id", "line_number")),
    "diagnosis": ("claim_diagnosis_dated", ("claim_id", "role", "sequence")),
}
#: other views with exactly one row for each of those things: a Coverage SELECT that goes through one needs no join
ALSO_LISTED = {"line": ("ptp_line", "mue_line"), "claim": (), "diagnosis": ("claim_diagnosis_patient",)}


@dataclass(frozen=True)
class Card:
    """A rule. Severity: error, a payer denies it; warning, likely wrong; review, a person must look.

    At stake is what its `line` (or claim) would be paid, or what is left behind with an `unbilled_code`, or `unknown`.
    """

    id: str
    name: str
    title: str
    status: str
    severity: str
    applies_to: str
    judges: str
    needs: tuple[str, ...]
    extract_has: tuple[str, ...]
    in_force: Span
    authority: tuple[Citation, ...]
    says: str
    group_code: str | None
    carc: str | None
    rarc: str | None
    scope: str | None
    stake: str
    prose: str
    select: Select
    coverage: Select | None
    page: Page

    @property
    def reference_tables(self) -> tuple[str, ...]:
        """The reference tables the card rests on, those behind its views too, in alphabetical order."""
        return tuple(sorted(base_tables(self.reads) & REFERENCE_TABLES.keys()))

    @property
    def reads(self) -> frozenset[str]:
        """The tables and views that its SELECTs name."""
        return self.select.reads | (self.coverage.reads if self.coverage else frozenset())

    @property
    def edition_names(self) -> tuple[str, ...]:
        """The names its reference tables have among the editions: mue, or mue/hospital for a card of that scope."""
        return tuple(edition_name(t, self.scope) for t in self.reference_tables if t != "edition")

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name what the card judges."""
        return JUDGED[self.judges][1]

    @property
    def denies(self) -> bool:
        """True when a payer would deny what the card finds."""
        return self.severity == "error" and self.carc is not None

    def with_sql(self, sql: str) -> Card:
        """The card with another SELECT. Raises WorkbookError when that may not run or lacks a column it must return."""
        where = f"{self.id}, changed"
        select = parse_select(sql, where)
        needed = [*self.key, *_PLACEHOLDER.findall(self.says)]
        if missing := [name for name in needed if name not in select.columns]:
            raise WorkbookError(f"{where}: the SELECT must return {missing[0]}; it returns {', '.join(select.columns)}")
        if unknown := sorted(select.reads - known_tables()):
            raise WorkbookError(f"{where}: no table is called {unknown[0]!r}; see `reads` on the cards for their names")
        return replace(self, select=select)

    def __repr__(self) -> str:
        return f"{self.id} {self.title} ({self.severity}; {'; '.join(map(str, self.authority))})"

    def _repr_html_(self) -> str:
        from markdown_it import MarkdownIt

        render = MarkdownIt("commonmark", {"html": False}).enable("table").render
        shown = self.page.of_kind("Given", "Flagged", "Passes", "Near miss", "Not checked")
        examples = "".join(
            f"<p><b>{safe(s.heading)}</b></p>{table_html(t.header, t.rows)}" for s in shown for t in s.tables
        )
        facts = f"severity {self.severity}; in force {self.in_force}; authority: {'; '.join(map(str, self.authority))}"
        return notebook_html(
            f"<p><b>{self.id}: {safe(self.title)}</b></p><p>{safe(facts)}</p>{render(self.prose)}"
            f"<details><summary>Its SQL</summary><pre>{safe(self.select.sql)}</pre></details>"
            f"<details><summary>Its worked examples ({len(shown)})</summary>{examples}</details>"
        )


def edition_name(table: str, scope: str | None) -> str:
    """The name of a reference table among the editions, where a card reads only the part of one scope."""
    return f"{table}/{scope}" if scope and table in SCOPED else table


def read_card(path: Path) -> Card:
    """Read and check one card. Raises WorkbookError that names file and line."""
    page = read_page(path, KINDS)
    front = validated(_Front, page.front, page.name)
    if front.id != path.stem:
        raise page.error(page.line("id"), f"id {front.id} does not match the file's name")
    if page.top.sql is None:
        raise page.error(page.top.line, "expected a ```sql block under the title")
    card = Card(
        id=front.id,
        name=front.name,
        title=page.top.heading,
        status=front.status,
        severity=front.severity,
        applies_to=front.applies_to,
        judges=front.judges,
        needs=front.needs,
        extract_has=front.extract_has,
        in_force=front.in_force.span,
        authority=tuple(a.citation for a in front.authority),
        says=front.says,
        group_code=front.group_code or ("CO" if front.carc else None),
        carc=front.carc,
        rarc=front.rarc,
        scope=front.scope,
        stake=front.stake,
        prose=page.top.text,
        select=parse_select(page.top.sql, page.name, page.top.sql_line),
        coverage=_coverage(page),
        page=page,
    )
    _check_front(card, front)
    _check(card, front)
    return card


def _coverage(page: Page) -> Select | None:
    sections = page.of_kind("Coverage")
    if not sections:
        return None
    if len(sections) > 1 or sections[0].sql is None:
        raise page.error(sections[-1].line, "Coverage is one heading with one SELECT")
    return parse_select(sections[0].sql, page.name, sections[0].sql_line)


def _check_front(card: Card, front: _Front) -> None:
    """Refuse fields that are right each by itself and not together."""
    page, last = card.page, front.in_force.to
    if last and last < front.in_force.start:
        raise page.error(page.line("in_force"), f"the last day {last} comes before the first")
    if front.status == "retired" and not last:
        raise page.error(
            page.line("status"), "a retired rule still applies to its dates: in_force needs its last day, to"
        )
    if front.carc and front.severity != "error":
        raise page.error(page.line("carc"), f"a payer denies only an error; the severity is {front.severity}")
    if not front.carc and (needless := [f for f in ("group_code", "rarc") if getattr(front, f)]):
        raise page.error(page.line(needless[0]), f"{needless[0]} says how a payer denies; give the carc too")
    view = JUDGED[card.judges][0]
    if unknown := [name for name in front.needs if name not in read_view(view).columns]:
        has = ", ".join(read_view(view).columns)
        raise page.error(page.line("needs"), f"{view} has no column {unknown[0]!r}; its columns are {has}")
    for place in front.extract_has:
        table, _, column = place.partition(".")
        known = CLAIM_TABLES[table].names if table in CLAIM_TABLES else read_view(view).columns if table == view else ()
        if not known or (column and column not in known):
            raise page.error(
                page.line("extract_has"), f"{place} is neither a claim table nor a column of one or of {view}"
            )


def _check(card: Card, front: _Front) -> None:
    page = card.page
    known = known_tables()
    reads = card.reads
    if unknown := sorted(set(front.reads) - known):
        raise page.error(
            page.line("reads"), f"no table is called {unknown[0]!r}; the tables are {', '.join(sorted(known))}"
        )
    if reads != set(front.reads):
        raise page.error(page.line("reads"), f"reads says {sorted(front.reads)}, the SELECT reads {sorted(reads)}")
    if missing := [k for k in card.key if k not in card.select.columns]:
        raise page.error(page.top.sql_line, f"a card that judges a {card.judges} returns {missing[0]}")
    if card.coverage and set(card.coverage.columns) != {*card.key, "why"}:
        raise page.error(page.of_kind("Coverage")[0].line, f"Coverage returns {', '.join(card.key)} and why")
    if card.stake == "unbilled" and not {"line_number", "unbilled_code"} <= set(card.select.columns):
        raise page.error(page.line("stake"), "a stake that is unbilled needs the columns line_number and unbilled_code")
    if absent := [p for p in _PLACEHOLDER.findall(card.says) if p not in card.select.columns]:
        raise page.error(
            page.line("says"), f"says names {{{absent[0]}}}; the SELECT returns {', '.join(card.select.columns)}"
        )
    for phrase in ("**What it finds.**", "**Why it matters.**", "**How to resolve.**"):
        if phrase not in card.prose:
            raise page.error(page.top.line, f"expected a paragraph that begins {phrase}")
    for kind in ("Flagged", "Passes", "Near miss"):
        if not page.of_kind(kind):
            raise page.error(page.top.line, f"expected at least one example under a heading `## {kind}: …`")
    given = {section.name for section in page.of_kind("Given")}
    if missing_given := [t for t in card.reference_tables if t not in given | {"edition"}]:
        raise page.error(page.top.line, f"expected `## Given \\`{missing_given[0]}\\`` for the examples to stand on")
    for section in page.of_kind("Given", "Flagged", "Passes", "Near miss", "Not checked"):
        _check_section(page, section)


def _check_section(page: Page, section: Section) -> None:
    if len(section.tables) != 1 or not section.tables[0].rows:
        raise page.error(section.line, f"expected one table with rows under {section.heading!r}")
    if section.kind == "Given" and section.name not in REFERENCE_TABLES:
        raise page.error(section.line, f"no reference table is called {section.name!r}: {', '.join(REFERENCE_TABLES)}")


def known_tables() -> set[str]:
    """The names that a card may read."""
    return CLAIM_TABLES.keys() | REFERENCE_TABLES.keys() | DERIVED.keys() | view_names()


_read = cache(read_card)


def rules(folder: Path = FOLDER) -> list[Card]:
    """The catalogue: every card, by id."""
    return [_read(path) for path in sorted(folder.glob(_FILES))]


def rule(rule_id: str, own: Iterable[Card] = ()) -> Card:
    """One card, shipped or of the user's `own`. Raises WorkbookError with the nearest ids when there is none."""
    from difflib import get_close_matches

    wanted = rule_id.strip().upper()
    for card in own:
        if card.id == wanted:
            return card
    ids = [path.stem for path in sorted(FOLDER.glob(_FILES))]
    if wanted not in ids:
        ids += [card.id for card in own]
        near = get_close_matches(wanted, ids, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`workbook rules list` names them all"
        raise WorkbookError(f"no rule is called {rule_id!r}; {hint}")
    return _read(FOLDER / f"{wanted}.md")


def choose(chosen: str | Iterable[str | Card] | None, own: Sequence[Card] = ()) -> list[Card]:
    """The card with this id, or those with these ids and given as such, or the whole catalogue and the user's `own`."""
    if chosen is None:
        return [*rules(), *own]
    chosen = [chosen] if isinstance(chosen, str) else chosen
    return list({c.id: c for c in (r if isinstance(r, Card) else rule(r, own) for r in chosen)}.values())


def template(says: str) -> list[tuple[str, bool]]:
    """The parts of `says` in order: (words, True) or (the name of a column, False)."""
    return [(part, n % 2 == 0) for n, part in enumerate(_PLACEHOLDER.split(says)) if part]


def shown(value: Any) -> str:
    """A value as a finding's sentence shows it: whole numbers without decimals."""
    from decimal import Decimal

    if isinstance(value, Decimal) and value == value.to_integral_value():
        return f"{value.to_integral_value():f}"
    return str(value)
