"""What an exercise in modifiers and units is: a short case whose diagnoses, and mostly whose codes, are given.

It is scored as every case is; what is wrong with a line whose code is right is told in the page's own words.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from workbook.encounters.answer import read_answer
from workbook.encounters.case import (
    FOLDER as CASES,
)
from workbook.encounters.case import (
    Encounter,
    KeyItem,
    Location,
    NearMiss,
    Text,
    Texts,
    _Page,
    load_case,
    pages_in,
    path_of,
)

#: Where the exercises live: sample_data/exercises beside the package, in the repository.
FOLDER = CASES.parent / "exercises"
SAID_BY_ANSWER = {"code", "modifiers", "units"}


class Given(_Page):
    """What is not asked for: the diagnoses, and the procedure codes where the exercise is about what stands on them."""

    diagnoses: Texts
    codes: tuple[Text, ...] = ()


class Line(KeyItem):
    """One line of the key; without `supports` it is for every diagnosis given."""

    place: Literal["procedure"] = "procedure"


class Slip(NearMiss):
    """A wrong line worth talking about, as a learner would type it: `answer: 97110-GP x3`."""

    answer: Text

    @model_validator(mode="before")
    @classmethod
    def _read(cls, page: Any) -> Any:
        if not isinstance(page, dict) or not isinstance(page.get("answer"), str):
            return page
        if said := SAID_BY_ANSWER & set(page):
            raise ValueError(f"answer says {', '.join(sorted(said))} already; remove what is said twice")
        entries = read_answer({"procedures": page["answer"]})
        if len(entries) != 1 or not entries[0].code or entries[0].points_to or entries[0].message:
            raise ValueError(f"answer is one line such as 99213-25 or J3301 x4, not {page['answer']!r}")
        entry = entries[0]
        return {"credit": 0, **page, "code": entry.code, "modifiers": entry.modifiers, "units": entry.units}


class Exercise(Encounter):
    """A stem of a few sentences with its diagnoses; it shows itself without its key."""

    id: Annotated[str, StringConstraints(pattern=r"^MOD-[0-9]{3}$")]
    specialty: Text = "modifiers and units"
    note: Text = Field(alias="stem")
    given: Given
    answer_key: Annotated[tuple[Line, ...], Field(min_length=1)]
    near_misses: tuple[Slip, ...] = ()

    @property
    def given_diagnoses(self) -> tuple[str, ...]:
        """The diagnoses that stand beside the stem, the first-listed one first."""
        return self.given.diagnoses

    @property
    def given_codes(self) -> tuple[str, ...]:
        """The procedure codes that stand beside the stem, so that only their modifiers and units are asked for."""
        return self.given.codes

    def _where(self) -> Iterator[str]:
        yield f"{self.visit.service_date}"
        yield self._place()

    def _repr_html_(self) -> str:
        return (
            f"<h3>{self.id} · {html.escape(self.title)}</h3><p>{html.escape(self.facts)}</p>"
            f"<p>{html.escape(self.note)}</p>{self._given_html('Diagnoses', self.given_diagnoses)}"
            f"{self._given_html('Codes', self.given_codes)}"
        )

    def _given_html(self, heading: str, codes: tuple[str, ...]) -> str:
        if not codes:
            return ""
        rows = "".join(f"<li>{html.escape(code)} {html.escape(self._title(code))}</li>" for code in codes)
        return f"<p>{heading}:</p><ul>{rows}</ul>"

    def _title(self, code: str) -> str:
        from workbook.codes import lookup

        asked = code if "." in code or code in self.given_diagnoses else f"HCPCS {code}"
        return lookup(asked, on=self.visit.service_date).title or ""


class Exercises(tuple[Exercise, ...]):
    """The exercises in the order of their ids; shows id, level, setting, title and what each teaches."""

    def __repr__(self) -> str:
        return "\n".join(f"{one.id}  level {one.level}  {one.setting}: {one.title}" for one in self)

    def _repr_html_(self) -> str:
        names = ("Exercise", "Level", "Setting", "Title", "Teaches")
        head = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
        rows = "".join(
            f"<tr><td>{one.id}</td><td>{one.level}</td><td>{one.setting}</td><td>{html.escape(one.title)}</td>"
            f"<td>{html.escape(', '.join(one.teaches))}</td></tr>"
            for one in self
        )
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def load_exercise(path: Path | str) -> Exercise:
    """Read and check one exercise; every fault is a line of the WorkbookError: file, line, field, what is expected."""
    return load_case(path, Exercise, _more_faults)


def exercise(id: str) -> Exercise:
    """One exercise in modifiers and units by its id, `exercise("MOD-012")`; an unknown id is refused with what is."""
    return load_exercise(path_of(id, _paths(), "exercise"))


def exercises() -> Exercises:
    """Every exercise of the workbook, sorted by id."""
    return Exercises(load_exercise(path) for path in _paths().values())


def _paths() -> dict[str, Path]:
    return pages_in(FOLDER, "MOD", "exercise", "load_exercise(path)")


def _more_faults(case: Exercise) -> Iterator[tuple[Location, str]]:
    keyed = {item.code for item in case.answer_key}
    for code in case.given_codes:
        if code not in keyed:
            yield ("given", "codes"), f"{code} is given, and no line of the key has it"
    seen = set()
    for number, miss in enumerate(case.near_misses):
        line = (miss.code, frozenset(miss.modifiers or ()), miss.units)
        if line in seen:
            yield ("near_misses", number, "answer"), f"{miss.answer} stands twice"
        seen.add(line)
