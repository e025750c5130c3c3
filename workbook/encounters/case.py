"""What a clinical encounter is: the note, the visit and the key it is scored against, read from one page each."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from workbook.encounters.em import EmLevel, asks_whether_new, em_level
from workbook.engine.yaml import faults_error, read_yaml, validated
from workbook.terms import WorkbookError

#: Where the cases live: sample_data/encounters beside the package, in the repository.
FOLDER = Path(__file__).resolve().parents[2] / "sample_data" / "encounters"

DIAGNOSIS_CODE = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?")
PROCEDURE_CODE = re.compile(r"[A-Z][0-9]{4}|[0-9]{4}[0-9FTU]")
INPATIENT_PROCEDURE = re.compile(r"[0-9BCDFGHX][0-9A-HJ-NP-Z]{6}")  # ICD-10-PCS: seven characters without I and O
MODIFIER = re.compile(r"[0-9A-Z]{2}")
Location = tuple[str | int, ...]


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _setting(value: str) -> str:
    if value not in SETTINGS:
        raise ValueError(f"a setting is one of {', '.join(SETTINGS)}")
    return value


def _credit(value: object) -> Decimal:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value in (0, 0.5):
        return Decimal(str(value))
    raise ValueError("credit is 0 or 0.5")


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_several)]
Count = Annotated[int, Field(ge=1, le=9999)]
#: Where care is given; the bank is spread over all of them.
SETTINGS = (
    "office", "telehealth", "home", "nursing facility", "emergency", "inpatient", "surgery", "anesthesia", "imaging",
    "laboratory", "therapy", "preventive",
)  # fmt: skip


class _Page(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Visit(_Page):
    """When and where the patient was seen, and whether for the first time in three years.

    A professional case names its place of service. A facility's names its type of bill instead; a stay (011x) has its
    day of discharge as the service date, and its day of admission and discharge status beside it.
    """

    service_date: date
    place_of_service: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None
    patient_is_new: bool = False
    type_of_bill: Annotated[str, StringConstraints(pattern=r"^0[0-9]{2}1$")] | None = None
    admitted: date | None = None
    patient_status: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None

    @property
    def is_stay(self) -> bool:
        """True for a facility's bill of an inpatient stay, which is coded by ICD-10-PCS and by its own guidelines."""
        return (self.type_of_bill or "").startswith("011")


class Patient(_Page):
    """An invented patient: age in years, sex and payer; no name."""

    age: Annotated[int, Field(ge=0, le=124)]
    sex: Literal["F", "M", "U"]
    payer: Text


class KeyItem(_Page):
    """One code of the key: where it stands, the words of the note that call for it, and the rule behind it.

    `alternatives` are codes accepted instead. For a procedure: `modifiers` must be there, each or one of its
    `modifier_alternatives`, `optional_modifiers` may be, `units` are minutes where `unit_basis` says so (anesthesia),
    `supports` are the keyed diagnoses the line points to.
    For a facility: `revenue_code` of a line, `present_on_admission` of a diagnosis of a stay.
    """

    code: Text
    place: Literal["first-listed", "secondary", "procedure"]
    evidence: Texts
    because: Text
    authority: Text
    optional: bool = False
    alternatives: tuple[Text, ...] = ()
    modifiers: tuple[Text, ...] = ()
    optional_modifiers: tuple[Text, ...] = ()
    modifier_alternatives: dict[Text, Texts] = {}
    units: Count = 1
    unit_basis: Literal["units", "minutes"] = "units"
    supports: tuple[Text, ...] = ()
    revenue_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    present_on_admission: Literal["Y", "N", "U", "W", "1"] | None = None

    @property
    def kind(self) -> str:
        """diagnosis or procedure."""
        return "procedure" if self.place == "procedure" else "diagnosis"

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that is right here: the keyed one first."""
        return (self.code, *self.alternatives)

    def compared(self, modifiers: Iterable[str]) -> tuple[list[str], list[str]]:
        """Of the modifiers on a line of this code: the keyed ones it lacks, and those it should not bear."""
        given = list(dict.fromkeys(modifiers))
        missing, accepted = [], set(self.optional_modifiers)
        for keyed in self.modifiers:
            found = [m for m in (keyed, *self.modifier_alternatives.get(keyed, ())) if m in given]
            missing += [] if found else [keyed]
            accepted.update(found[:1])
        return missing, [modifier for modifier in given if modifier not in accepted]


class EmElements(_Page):
    """What the note documents of a visit, in the words that `em_level` takes, and how it was judged."""

    setting: Text = "office"
    problems: dict[Text, Count] = {}
    data: dict[Text, int | bool] = {}
    risk: tuple[Text, ...] = ()
    minutes: Count | None = None
    because: Text

    def level(self, visit: Visit, payer: str) -> EmLevel:
        """The visit code that these elements support. Raises WorkbookError when they contradict each other."""
        is_new = visit.patient_is_new if asks_whether_new(self.setting) else None
        return em_level(
            visit.service_date, self.setting, is_new=is_new,
            problems=self.problems or None, data=self.data or None, risk=self.risk or None, minutes=self.minutes,
            payer=payer,
        )  # fmt: skip


class NearMiss(_Page):
    """A wrong code worth talking about; `credit` 0.5 is given in place of the keyed code `instead_of`.

    With `modifiers` or `units` it is the line alone that bears just these, so that its code may be right by the key;
    such a line earns what a right code with a wrong modifier or number of units always earns.
    """

    code: Text
    modifiers: tuple[Text, ...] | None = None
    units: Count | None = None
    credit: Annotated[Decimal, BeforeValidator(_credit)]
    say: Text
    authority: Text | None = None
    instead_of: Text | None = None

    @property
    def is_line(self) -> bool:
        """True when it is one line of the code, and not the code whatever stands on it."""
        return self.modifiers is not None or self.units is not None

    def is_like(self, modifiers: Iterable[str], units: int) -> bool:
        """Whether a line of its code with these modifiers and units is what it talks about."""
        return (self.modifiers is None or set(self.modifiers) == set(modifiers)) and self.units in (None, units)

    @property
    def kind(self) -> str:
        """diagnosis or procedure: a diagnosis has a dot, or three characters."""
        return "diagnosis" if "." in self.code or len(self.code) == 3 else "procedure"


class Heading(_Page):
    """What a catalogue shows of a case, or of a template of cases."""

    id: Text
    title: Text
    level: Literal[1, 2, 3]
    specialty: Text
    setting: Annotated[str, AfterValidator(_setting)]
    teaches: Annotated[tuple[Text, ...], Field(min_length=1)]


class Encounter(Heading):
    """One visit to code: it shows itself as its note, never with its key."""

    id: Annotated[str, StringConstraints(pattern=r"^ENC-[0-9]{3}$|^VAR-[0-9]{3}-[0-9]+$")]
    coding: Literal["professional", "facility"] = "professional"
    visit: Visit
    patient: Patient
    provider: Text | None = None
    note: Text
    answer_key: Annotated[tuple[KeyItem, ...], Field(min_length=1)]
    em: EmElements | None = None
    near_misses: tuple[NearMiss, ...] = ()

    @property
    def diagnoses(self) -> tuple[KeyItem, ...]:
        """The keyed diagnoses, first-listed first."""
        found = [item for item in self.answer_key if item.kind == "diagnosis"]
        return tuple(sorted(found, key=lambda item: item.place != "first-listed"))

    @property
    def procedures(self) -> tuple[KeyItem, ...]:
        """The keyed procedures, as they stand on the page."""
        return tuple(item for item in self.answer_key if item.kind == "procedure")

    @property
    def given_diagnoses(self) -> tuple[str, ...]:
        """Diagnoses that stand beside the note and are not asked for: an exercise's, and no other case's."""
        return ()

    @property
    def given_codes(self) -> tuple[str, ...]:
        """Procedure codes that stand beside the note, so that only their modifiers and units are asked for."""
        return ()

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield from (("id", self.id), ("title", self.title), ("level", self.level))

    def __str__(self) -> str:
        return repr(self)

    @property
    def em_level(self) -> EmLevel | None:
        """The visit code that the keyed elements support, with its trace; None for a case without one."""
        return self.em.level(self.visit, self.patient.payer) if self.em else None

    @property
    def facts(self) -> str:
        """Patient and visit in one line."""
        patient = self.patient
        parts = [f"{patient.age} years, {patient.sex}", patient.payer, *self._where()]
        return " · ".join([*parts, self.provider] if self.provider else parts)

    def _where(self) -> Iterator[str]:
        visit = self.visit
        if visit.is_stay:
            yield f"admitted {visit.admitted}, discharged {visit.service_date}"
        else:
            yield "new patient" if visit.patient_is_new else "established patient"
            yield f"seen {visit.service_date}"
        yield self._place()

    def _place(self) -> str:
        if self.coding == "facility":
            return f"code for the hospital, type of bill {self.visit.type_of_bill}"
        return f"place of service {self.visit.place_of_service}"

    def _repr_html_(self) -> str:
        return (
            f"<h3>{html.escape(self.id)} · {html.escape(self.title)}</h3><p>{html.escape(self.facts)}</p>"
            f'<pre style="white-space:pre-wrap;word-break:normal">{html.escape(self.note)}</pre>'
        )


Entries = TypeVar("Entries", bound=Heading)


class Catalogue(tuple[Entries, ...]):
    """The cases in the order of their ids; shows id, level, specialty, setting, title and what each teaches."""

    def __repr__(self) -> str:
        return "\n".join(f"{case.id}  level {case.level}  {case.specialty}: {case.title}" for case in self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{case.id}</td><td>{case.level}</td><td>{html.escape(case.specialty)}</td>"
            f"<td>{case.setting}</td><td>{html.escape(case.title)}</td>"
            f"<td>{html.escape(', '.join(case.teaches))}</td></tr>"
            for case in self
        )
        names = ("Case", "Level", "Specialty", "Setting", "Title", "Teaches")
        head = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


Page = TypeVar("Page", bound=Encounter)


def load_case(
    path: Path | str, model: type[Page], more: Callable[[Page], Iterable[tuple[Location, str]]] | None = None
) -> Page:
    """Read one page as a case of this kind; every fault, also those that `more` finds, is a line of the WorkbookError.

    A line names file, line, field and what is expected.
    """
    path = Path(path)
    page = read_yaml(path)
    case = validated(model, page, path.name)
    if faults := [*faults_of(case, path.stem), *(more(case) if more else ())]:
        raise faults_error(page, path.name, faults)
    return case


def load_encounter(path: Path | str) -> Encounter:
    """Read and check one case; every fault is a line of the WorkbookError: file, line, field, what is expected."""
    return load_case(path, Encounter)


def path_of(id: str, paths: Mapping[str, Path], what: str) -> Path:
    """The page of an id, in any case; an unknown id is refused with the ids there are."""
    wanted = str(id).strip().upper()
    if wanted not in paths:
        close = difflib.get_close_matches(wanted, paths, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise WorkbookError(f"there is no {what} {id!r}; {hint}the {what}s are {span(list(paths))}")
    return paths[wanted]


def pages_in(folder: Path, prefix: str, what: str, how: str) -> dict[str, Path]:
    """The pages of a folder by their ids, in order; a missing folder is refused, and `how` says what reads a page."""
    if not folder.is_dir():
        raise WorkbookError(
            f"the {what}s are missing: there is no folder {folder}; run the workbook from its repository, "
            f"or read {'an' if what[0] in 'aeiou' else 'a'} {what} of your own with {how}"
        )
    return {path.stem: path for path in sorted(folder.glob(f"{prefix}-*.yaml"))}


def encounter(id: str, seed: int | None = None) -> Encounter:
    """One case of the workbook by its id, `encounter("ENC-001")`; an unknown id is refused with the ids there are.

    `encounter("VAR-012", seed=7)`, or its id `encounter("VAR-012-7")`, is made from a template: each seed (a whole
    number from 0 on) is a case of its own, the same everywhere. Without a seed it is the first, seed 1. Only a VAR
    takes a seed.
    """
    if str(id).strip().upper().startswith("VAR"):
        from workbook.encounters.variants import variant

        return variant(str(id).strip().upper(), seed)
    if seed is not None:
        raise WorkbookError(
            f"{id} is one case without variants; leave out the seed, or name a template such as VAR-001"
        )
    return load_encounter(path_of(id, _paths(), "case"))


def encounters(
    level: int | None = None, specialty: str | None = None, setting: str | None = None, coding: str | None = None
) -> Catalogue[Encounter]:
    """The cases of the workbook, sorted by id; all of them, or those of a level, specialty, setting or kind of coding.

    Raises WorkbookError, with what there is, for a choice that no case has.
    """
    found = Catalogue(load_encounter(path) for path in _paths().values())
    for field, wanted in (("level", level), ("specialty", specialty), ("setting", setting), ("coding", coding)):
        if wanted is None:
            continue
        values = sorted({getattr(case, field) for case in found})
        if wanted not in values:
            raise WorkbookError(f"no case has the {field} {wanted!r}; there are {', '.join(map(str, values))}")
        found = Catalogue(case for case in found if getattr(case, field) == wanted)
    return found


def folded(text: str) -> str:
    """The words of `text` with single spaces between them, so that line breaks do not matter."""
    return " ".join(text.split())


def span(ids: list[str]) -> str:
    """The ids there are, short enough for an error."""
    return f"{ids[0]} to {ids[-1]} ({len(ids)})" if len(ids) > 8 else ", ".join(ids) or "none"


def _paths() -> dict[str, Path]:
    return pages_in(FOLDER, "ENC", "case", "load_encounter(path)")


def faults_of(case: Encounter, stem: str) -> Iterator[tuple[Location, str]]:
    """What contradicts itself in a case that is well formed: where it stands on the page, and what is expected."""
    if case.id != stem:
        yield ("id",), f"expected {stem}, the name of the file, found {case.id}"
    first = [item for item in case.answer_key if item.place == "first-listed"]
    if len(first) != (1 if case.diagnoses else 0):
        yield ("answer_key",), f"expected one first-listed diagnosis, found {len(first)}"
    if all(item.optional for item in case.answer_key):
        yield ("answer_key",), "expected at least one code that is not optional"
    for field, say in _visit_faults(case):
        yield ("visit", field), say
    if case.em:
        try:
            case.em.level(case.visit, case.patient.payer)
        except WorkbookError as error:
            yield ("em",), str(error)
    note, keyed = folded(case.note), {*(item.code for item in case.diagnoses), *case.given_diagnoses}
    for number, item in enumerate(case.answer_key):
        at = ("answer_key", number)
        for field, say in (*_code_faults(item, case), *_line_faults(item, keyed, case)):
            yield (*at, field), say
        for words in item.evidence:
            if folded(words) not in note:
                yield (*at, "evidence"), f"{words!r} does not stand word for word in the note"
    for number, miss in enumerate(case.near_misses):
        for field, say in _near_miss_faults(miss, case):
            yield ("near_misses", number, field), say


def _visit_faults(case: Encounter) -> Iterator[tuple[str, str]]:
    visit = case.visit
    if case.coding == "professional" and (visit.place_of_service is None or visit.type_of_bill):
        yield "place_of_service", "a professional case has a place of service and no type of bill"
    if case.coding == "facility" and (visit.type_of_bill is None or visit.place_of_service):
        yield "type_of_bill", "a facility's case has a type of bill and no place of service"
    if visit.is_stay != (visit.admitted is not None) or visit.is_stay != (visit.patient_status is not None):
        yield "admitted", "a stay, and only a stay, has its day of admission and its patient status"
    if visit.admitted and visit.admitted > visit.service_date:
        yield "admitted", f"the stay ends on {visit.service_date}, before it begins"


def _code_faults(item: KeyItem, case: Encounter) -> Iterator[tuple[str, str]]:
    form, example = DIAGNOSIS_CODE, "a diagnosis with its dot such as E11.42"
    if item.kind == "procedure" and case.visit.is_stay:
        form, example = INPATIENT_PROCEDURE, "a procedure of ICD-10-PCS such as 0SRC0J9"
    elif item.kind == "procedure":
        form, example = PROCEDURE_CODE, "a procedure such as 99213 or J3301"
    for field, codes in (("code", (item.code,)), ("alternatives", item.alternatives)):
        for code in codes:
            if not form.fullmatch(code):
                yield field, f"expected {example}, found {code!r}"


def _line_faults(item: KeyItem, keyed: set[str], case: Encounter) -> Iterator[tuple[str, str]]:
    if item.kind == "diagnosis":
        for field in ("modifiers", "optional_modifiers", "modifier_alternatives", "supports", "revenue_code"):
            if getattr(item, field):
                yield field, "only a procedure has this"
        if case.visit.is_stay != (item.present_on_admission is not None):
            yield "present_on_admission", "a diagnosis of a stay, and only of a stay, says it"
        return
    if item.present_on_admission:
        yield "present_on_admission", "only a diagnosis has this"
    for field in ("modifiers", "optional_modifiers"):
        for modifier in getattr(item, field):
            if not MODIFIER.fullmatch(modifier):
                yield field, f"expected two characters such as '25', found {modifier!r}"
    for modifier, others in item.modifier_alternatives.items():
        if modifier not in item.modifiers:
            yield "modifier_alternatives", f"{modifier} is none of the modifiers of this line"
        for other in others:
            if not MODIFIER.fullmatch(other):
                yield "modifier_alternatives", f"expected two characters such as '59', found {other!r}"
    if (case.coding == "facility" and not case.visit.is_stay) != (item.revenue_code is not None):
        yield "revenue_code", "a line of an outpatient facility's bill, and only that, has one"
    if case.coding == "facility":
        if item.supports:
            yield "supports", "a facility's lines point to no diagnosis"
    elif len(item.supports) > 4 or not (item.supports or case.given_diagnoses):
        yield "supports", f"expected one to four diagnoses of the key, found {len(item.supports)}"
    for code in item.supports:
        if code not in keyed:
            yield "supports", f"{code} is not a diagnosis of the key"


def _near_miss_faults(miss: NearMiss, case: Encounter) -> Iterator[tuple[str, str]]:
    if not any(form.fullmatch(miss.code) for form in (DIAGNOSIS_CODE, PROCEDURE_CODE, INPATIENT_PROCEDURE)):
        yield "code", f"expected a code such as E11.42 or 99213, found {miss.code!r}"
    for item in case.answer_key:
        if miss.code not in item.codes:
            continue
        if not miss.is_line:
            yield "code", f"{miss.code} is right by the key"
        elif not any(item.compared(miss.modifiers or ())) and miss.units in (None, item.units):
            yield "modifiers", f"{miss.code} with these modifiers and units is right by the key"
    keyed = {item.code for item in case.answer_key}
    if miss.credit and miss.instead_of not in keyed:
        yield "instead_of", f"a near miss with credit names the keyed code it stands in for, found {miss.instead_of!r}"
