"""The three pages a practice is made from, read into what they declare; a fault names its file, line and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE
from workbook.encounters.charges import charge_master
from workbook.engine.front import Strict
from workbook.engine.yaml import Fields, faults_error, read_yaml, validated

FOLDER = Path(__file__).parent
LINE = re.compile(
    r"(?P<revenue_code>\d{4})?(?: ?(?P<hcpcs_code>[A-Z0-9]{5}))?(?P<modifiers>(?:-[A-Z0-9]{2})*)"
    r"(?: x(?P<units>\d+|D))?(?: @(?P<charge>\d+\.\d\d))?(?: -> (?P<points>\d(?: \d)*))?"
)
#: How a planted value may be reckoned from what stood there.
RECKONINGS = {"none", "first", "days", "more", "times", "other_check_digit"}
Between = tuple[int, int]
Fault = tuple[tuple[str | int, ...], str]


class Provider(Strict):
    """One who treats or bills; `npi` is its eighth and ninth digit."""

    npi: str
    last_name: str
    taxonomy: str
    first_name: str | None = None


class Payer(Strict):
    """One who pays, with the invented shares that stand in for a price; see `practice.yaml`."""

    id: str
    name: str
    weight: int
    ages: Between
    member: str
    allowed_share: Annotated[Decimal, BeforeValidator(Decimal)]
    patient_share: Annotated[Decimal, BeforeValidator(Decimal)]
    remitted_as: str | None = None


class Drug(Strict):
    """A package, and how many millilitres one billed unit takes from it."""

    ndc: str
    millilitres: Annotated[Decimal, BeforeValidator(Decimal)]


class Who(Strict):
    """Everything the page `practice.yaml` says."""

    year: int
    closed: tuple[date, ...]
    received_after_days: Between
    providers: dict[str, Provider]
    place: dict[str, str]
    contact: dict[str, str]
    tax_id: str
    payers: dict[str, Payer]
    hospital_filing: dict[str, str]
    hours: dict[str, str]
    names: dict[str, tuple[str, ...]]
    streets: tuple[str, ...]
    drugs: dict[str, Drug]


def _line(text: object) -> object:
    found = LINE.fullmatch(str(text))
    if found is None or not (found["revenue_code"] or found["hcpcs_code"]):
        raise ValueError("a line is written [0450] 99284-25 [x2] [@1150.00] [-> 1 2]")
    return found.groupdict()


class LineText(Strict):
    """A line as it is written in a variant."""

    revenue_code: str | None
    hcpcs_code: str | None
    modifiers: str
    units: str | None
    charge: str | None
    points: str | None


class Variant(Strict):
    """One way a visit may be coded."""

    diagnoses: tuple[str, ...]
    lines: tuple[Annotated[LineText, BeforeValidator(_line)], ...]
    note: str | None = None
    admitting: str | None = None
    reason: str | None = None
    external: str | None = None
    procedure: str | None = None
    ages: Between | None = None


class Then(Strict):
    """A second visit of an episode, so many days after the first."""

    days: Between
    variants: tuple[Variant, ...]


class Visit(Strict):
    """One kind of visit; the fields are explained at the head of `visits.yaml`."""

    name: str
    count: int
    by: str
    variants: tuple[Variant, ...]
    place: str = "11"
    payers: tuple[str, ...] = ("MB", "MC", "CI")
    ages: Between = (0, 124)
    sex: Literal["F", "M"] | None = None
    months: tuple[int, ...] = tuple(range(1, 13))
    new: bool = False
    like: str | None = None
    again: int = 366
    alone: int = 0
    referred_by: str | None = None
    then: Then | None = None
    bill: str | None = None
    drg: str | None = None
    stay: Between = (0, 0)
    admitted_before: int = 0
    admission: str = "1"

    @property
    def kind(self) -> str:
        """What `again` counts: the visits of this name, or of the name it is like."""
        return self.like or self.name


class Visits(Strict):
    """Everything the page `visits.yaml` says."""

    professional: tuple[Visit, ...]
    institutional: tuple[Visit, ...]


class Where(Strict):
    """Which claims can bear an error."""

    lines: tuple[str, ...]
    also: str | None = Field(None, alias="with")
    modifier: str | None = None
    dx: str | None = None
    at: int = 1
    type: Literal["professional", "institutional"] | None = None
    payers: tuple[str, ...] | None = None
    sex: Literal["F", "M"] | None = None
    ages: Between = (0, 124)
    bill: str | None = None
    poa: bool = False
    first: date = Field(date.min, alias="from")
    last: date = Field(date.max, alias="to")


class Do(Strict):
    """What is changed on a claim."""

    set: dict[str, Any] = Field({})
    claim: dict[str, Any] = Field({})
    diagnosis: dict[str, Any] = Field({})
    more_diagnosis: str | None = None
    add: dict[str, Any] | None = None
    drop: bool = False
    send_again: int | None = None


class Answer(Strict):
    """What a payer that notices replies."""

    group: Literal["CO", "OA", "PR"]
    carc: str
    rarc: str | None = None
    whole: bool = False


class Plant(Strict):
    """One kind of error; the fields are explained at the head of `plants.yaml`."""

    kind: str
    count: int
    rule_id: str
    says: str
    where: Where
    do: Do
    stake: Literal["line", "claim", "difference"]
    answer: Answer | None = None


class Plants(Strict):
    """Everything the page `plants.yaml` says."""

    plants: tuple[Plant, ...]


@cache
def who() -> Who:
    """The people, payers and providers of the practice."""
    return validated(Who, read_yaml(FOLDER / "practice.yaml"), "practice.yaml")


@cache
def visits() -> Visits:
    """The visits of its year. Raises WorkbookError for a provider, a payer or a charge that is not there."""
    return read_visits(read_yaml(FOLDER / "visits.yaml"))


@cache
def plants() -> tuple[Plant, ...]:
    """The errors planted on its claims. Raises WorkbookError for a column or a reckoning that there is not."""
    return read_plants(read_yaml(FOLDER / "plants.yaml"))


def read_visits(page: Fields) -> Visits:
    """Check a page of visits against the practice and its charges."""
    found = validated(Visits, page, "visits.yaml")
    groups = (("professional", found.professional), ("institutional", found.institutional))
    if faults := [f for name, group in groups for n, v in enumerate(group) for f in _visit_faults((name, n), v)]:
        raise faults_error(page, "visits.yaml", faults)
    return found


def read_plants(page: Fields) -> tuple[Plant, ...]:
    """Check a page of errors against the claim tables."""
    found = validated(Plants, page, "plants.yaml").plants
    if faults := [f for n, plant in enumerate(found) for f in _plant_faults(("plants", n, "do"), plant.do)]:
        raise faults_error(page, "plants.yaml", faults)
    return found


def _visit_faults(at: tuple[str | int, ...], visit: Visit) -> Iterator[Fault]:
    for field, key in (("by", visit.by), ("referred_by", visit.referred_by)):
        if key is not None and key not in who().providers:
            yield (*at, field), f"{key!r} is no provider of practice.yaml; it has {', '.join(who().providers)}"
    for n, key in enumerate(visit.payers):
        if key not in who().payers:
            yield (*at, "payers", n), f"{key!r} is no payer of practice.yaml; it has {', '.join(who().payers)}"
    variants = [(("variants",), visit.variants), (("then", "variants"), visit.then.variants if visit.then else ())]
    for inside, several in variants:
        for n, variant in enumerate(several):
            for m, line in enumerate(variant.lines):
                if line.charge is None and line.hcpcs_code not in charge_master():
                    say = (
                        f"{line.hcpcs_code or line.revenue_code} has no charge; add one to charges.csv or write @10.00"
                    )
                    yield (*at, *inside, n, "lines", m), say


def _plant_faults(at: tuple[str | int, ...], do: Do) -> Iterator[Fault]:
    parts = (("set", do.set, CLAIM_LINE), ("claim", do.claim, CLAIM), ("diagnosis", do.diagnosis, CLAIM_DIAGNOSIS),
             ("add", do.add or {}, CLAIM_LINE))  # fmt: skip
    for part, values, table in parts:
        for column, value in values.items():
            if column not in table.names:
                yield (*at, part, column), f"table {table.name} has no column {column}"
            if isinstance(value, dict) and not (len(value) == 1 and value.keys() <= RECKONINGS):
                yield (*at, part, column), f"a value is reckoned by one of {', '.join(sorted(RECKONINGS))}"
    if do.diagnosis and "sequence" not in do.diagnosis:
        yield (*at, "diagnosis"), "sequence says which diagnosis is changed; add it"
