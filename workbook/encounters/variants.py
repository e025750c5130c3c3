"""Endless practice: a template page that declares what may vary, and the case it makes of each seed.

A template (`sample_data/variants/VAR-012.yaml`) is a case's page with three fields more:

- `choices`: name → a list of values, named values with what follows from them (`right: {digit: "1", modifier: RT}`), a
  range (`{from: 30, to: 74, step: 2}`), or some of a list (`{some: 2, of: [...]}`). They are drawn in their order.
- `derived`: name → what follows: a text, a function of `variant_values.FUNCTIONS`, or `first_of` (what first holds).
- `never`: conditions under which a draw is thrown away and drawn anew.

Everywhere else `{side}`, `{Side}` (with a capital) and `{side.modifier}` stand for what was drawn; a value that is one
such name alone is the drawn value itself, of any kind. A list item or a field with `when:` or `unless:` is there only
if the condition holds (`{side: left, stage: [1, 2], minutes: {from: 75}}`: all of it); `then:` says the value where
it is no mapping. `note` is a list of paragraphs, each a text or a list of sentences. A near miss that a draw makes
right, or says twice, falls away.

A choice that is added, moved or widened changes the cases of the page's seeds; rewording does not change their keys.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Annotated, Any

from pydantic import PrivateAttr, StringConstraints

from workbook.encounters import case as cases
from workbook.encounters.case import Catalogue, Encounter, Heading
from workbook.encounters.variant_values import FUNCTIONS, Again, Chosen, draw, holds, text
from workbook.engine.yaml import Fields, Items, faults_error, line_of, read_yaml, validated
from workbook.terms import WorkbookError

#: Where the templates live: beside the cases.
FOLDER = cases.FOLDER.parent / "variants"
WIDTH = 112
DRAWS = 1000
PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\}")
NAME = re.compile(r"[a-z][a-z0-9_]*")
CONDITIONS = ("when", "unless")
OWN_FIELDS = ("choices", "derived", "never")
DEEPEST = 16
Location = tuple[str | int, ...]
_GONE = object()


class Template(Heading):
    """A page of cases that differ by their seed; `draw(seed)` makes one."""

    id: Annotated[str, StringConstraints(pattern=r"^VAR-[0-9]{3}$")]
    _where: str = PrivateAttr("")
    _page: Fields = PrivateAttr(default_factory=lambda: Fields({}, {}))

    def draw(self, seed: int) -> Encounter:
        """The case of this seed, from 0 on: the same on every machine. A fault names file, line and field."""
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise WorkbookError(f"a seed is a whole number from 0 on, found {seed!r}")
        rendered = _Draw(self, seed).case_page()
        where = f"{self._where}, seed {seed}"
        made = validated(Encounter, rendered, where)
        if faults := list(cases.faults_of(made, made.id)):
            raise faults_error(rendered, where, faults)
        return made


def load_template(path: Path | str) -> Template:
    """Read one template. Raises WorkbookError (file, line, field) for what is missing or names what is not drawn."""
    path = Path(path)
    page = read_yaml(path)
    heading = Fields({name: page[name] for name in Template.model_fields if name in page}, page.lines)
    template = validated(Template, heading, path.name)
    faults = [*_section_faults(page, path.stem)] or [*_name_faults(page), *_unknown_names(page)]
    if faults:
        raise faults_error(page, path.name, faults)
    template._page, template._where = page, path.name
    return template


def variant(id: str, seed: int | None = None) -> Encounter:
    """One case of a template: `variant("VAR-012", 7)` or `variant("VAR-012-7")`; without a seed, seed 1."""
    wanted = str(id).strip().upper()
    name, number = wanted, seed
    if match := re.fullmatch(r"(VAR-[0-9]{3})-([0-9]+)", wanted):
        name, number = match[1], int(match[2])
        if seed is not None and seed != number:
            raise WorkbookError(f"{id} is seed {number}, and seed {seed} was asked for; say one of them")
    return _template(cases.path_of(name, _paths(), "template")).draw(1 if number is None else number)


def variants() -> Catalogue[Template]:
    """Every template of the workbook, sorted by id; `encounter("VAR-001", seed=7)` makes a case of one."""
    return Catalogue(map(_template, _paths().values()))


def _template(path: Path) -> Template:
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read(path: Path, changed: int) -> Template:
    return load_template(path)


def _paths() -> dict[str, Path]:
    return cases.pages_in(FOLDER, "VAR", "template", "load_template(path)")


def _section_faults(page: Fields, stem: str) -> Iterator[tuple[Location, str]]:
    if page["id"] != stem:
        yield ("id",), f"expected {stem}, the name of the file, found {page['id']}"
    for section, kind, says in (
        ("choices", dict, "names and what each is drawn from"), ("derived", dict, "names and what follows"),
        ("never", list, "a list of conditions"), ("note", list, "a list of paragraphs"),
    ):  # fmt: skip
        if section not in page and section in ("choices", "note"):
            yield (section,), "this field is missing"
        elif not isinstance(page.get(section, kind()), kind):
            yield (section,), f"expected {says}"


def _name_faults(page: Fields) -> Iterator[tuple[Location, str]]:
    for section in ("choices", "derived"):
        for name in page.get(section, {}):
            if not NAME.fullmatch(str(name)):
                yield (section, name), "a name is written in small letters, digits and _"
            elif section == "derived" and name in page["choices"]:
                yield (section, name), "this name is drawn already; choose another"


def _unknown_names(page: Fields) -> list[tuple[Location, str]]:
    known = {*page["choices"], *page.get("derived", {})}
    faults: list[tuple[Location, str]] = []

    def say(at: Location, name: str) -> None:
        root = name.split(".")[0]
        if root not in known and root.lower() not in known:
            close = difflib.get_close_matches(root.lower(), known, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            faults.append((at, f"{root} is not drawn; {hint}the names are {', '.join(sorted(known))}"))

    def walk(node: Any, at: Location) -> None:
        if isinstance(node, str):
            for name in PLACEHOLDER.findall(node):
                say(at, name)
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in CONDITIONS and isinstance(value, dict):
                    for name in value:
                        say((*at, key), str(name))
                walk(value, (*at, key))
        elif isinstance(node, list):
            for n, value in enumerate(node):
                if at == ("never",) and isinstance(value, dict):
                    for name in value:
                        say((*at, n), str(name))
                walk(value, (*at, n))

    walk(page, ())
    return faults


class _Draw:
    """What one seed drew, and the page it makes."""

    def __init__(self, template: Template, seed: int) -> None:
        self.template, self.seed = template, seed
        self.source = template._page
        random = Random(f"{template.id}:{seed}")  # noqa: S311 (practice, not a secret)
        for _ in range(DRAWS):
            try:
                if self._is_allowed(random):
                    return
            except Again:
                continue
        raise self._fault(("never",), f"no draw of {DRAWS} is allowed; loosen a condition")

    def _is_allowed(self, random: Random) -> bool:
        """Draw and work out every value; False when a condition of `never` holds."""
        self.values: dict[str, Any] = {}
        for name, choice in self.source["choices"].items():
            self.values[name] = self._told(("choices", name), draw, choice, random)
        for name, how in self.source.get("derived", {}).items():
            self.values[name] = self._derive(how, ("derived", name))
        return not any(self._holds(one, ("never", n)) for n, one in enumerate(self.source.get("never", ())))

    def case_page(self) -> Fields:
        """The page of the case: as the template's, with its values set in and each line where it stood."""
        kept = {name: value for name, value in self.source.items() if name not in OWN_FIELDS}
        rendered: Fields = self._render(Fields(kept, self.source.lines), ())
        rendered["id"] = f"{self.template.id}-{self.seed}"
        rendered["note"] = self._note(rendered["note"])
        if isinstance(misses := rendered.get("near_misses"), Items):
            rendered["near_misses"] = _without_repeats(misses, rendered.get("answer_key"))
        return rendered

    def _note(self, paragraphs: list[Any]) -> str:
        lines: list[str] = []
        for paragraph in paragraphs:
            sentences = paragraph if isinstance(paragraph, list) else [paragraph]
            if not all(isinstance(sentence, str) for sentence in sentences):
                raise self._fault(("note",), f"a paragraph is a text or a list of texts, found {paragraph!r}")
            if whole := " ".join(sentences).strip():
                lines += textwrap.wrap(whole, WIDTH, break_long_words=False, break_on_hyphens=False)
        return "\n".join(lines) + "\n"

    def _render(self, node: Any, at: Location, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise self._fault(at, "values name each other in a circle, or deeper than is read here")
        if isinstance(node, Chosen):
            return node.name
        if isinstance(node, str):
            return self._text(node, at, depth)
        if isinstance(node, dict):
            return self._fields(node, at, depth)
        if isinstance(node, list):
            kept = [(n, self._render(value, (*at, n), depth)) for n, value in enumerate(node)]
            kept = [(n, value) for n, value in kept if value is not _GONE]
            lines = node.lines if isinstance(node, Items) else [line_of(self.source, at)] * len(node)
            return Items([value for _, value in kept], [lines[n] for n, _ in kept])
        return node

    def _fields(self, node: dict[Any, Any], at: Location, depth: int) -> Any:
        for name in CONDITIONS:
            if name in node and self._holds(node[name], (*at, name)) != (name == "when"):
                return _GONE
        if "then" in node:
            if extra := set(node) - {*CONDITIONS, "then"}:
                raise self._fault(at, f"beside then: stand only when: and unless:, found {', '.join(map(str, extra))}")
            return self._render(node["then"], (*at, "then"), depth)
        rendered = {key: self._render(value, (*at, key), depth) for key, value in node.items() if key not in CONDITIONS}
        kept = {key: value for key, value in rendered.items() if value is not _GONE}
        lines = node.lines if isinstance(node, Fields) else dict.fromkeys(node, line_of(self.source, at))
        return Fields(kept, {key: lines[key] for key in kept})

    def _text(self, words: str, at: Location, depth: int) -> Any:
        if (whole := PLACEHOLDER.fullmatch(words)) and whole[1][0].islower():
            return self._render(self._find(whole[1], at, depth), at, depth + 1)

        def put(match: re.Match[str]) -> str:
            name = match[1]
            value = self._render(self._find(name[0].lower() + name[1:], at, depth), at, depth + 1)
            said: str = self._told(at, text, value)
            return said[:1].upper() + said[1:] if name[0].isupper() else said

        return PLACEHOLDER.sub(put, words)

    def _find(self, name: Any, at: Location, depth: int = 0) -> Any:
        """The value that a name with dots stands for; a number stands for itself."""
        if not isinstance(name, str):
            return name
        root, *parts = name.split(".")
        if root not in self.values:
            raise self._fault(at, f"{root} is not drawn yet; the names so far are {', '.join(self.values)}")
        value = self.values[root]
        for part in parts:
            value = value.fields if isinstance(value, Chosen) else value
            found = [value[key] for key in value if str(key) == part] if isinstance(value, dict) else []
            if not found:
                raise self._fault(at, f"{name}: what was drawn (seed {self.seed}) has no {part}")
            value = found[0]
        return self._render(value, at, depth + 1) if isinstance(value, str) else value

    def _derive(self, how: Any, at: Location) -> Any:
        if isinstance(how, dict) and len(how) == 1:
            ((name, arguments),) = how.items()
            if name == "first_of":
                return self._first_of(arguments, (*at, name))
            if name in FUNCTIONS:
                value = self._told((*at, name), FUNCTIONS[name], arguments, lambda one: self._find(one, (*at, name)))
                return self._render(value, at) if isinstance(value, str) else value
        return self._render(how, at)

    def _first_of(self, options: Any, at: Location) -> Any:
        if not isinstance(options, list):
            raise self._fault(at, "expected a list of values, each but the last with when: and then:")
        for n, option in enumerate(options):
            if (value := self._render(option, (*at, n))) is not _GONE:
                return value
        raise self._fault(at, "none of these holds; let the last stand without a condition")

    def _holds(self, condition: Any, at: Location) -> bool:
        if not isinstance(condition, dict) or not condition:
            raise self._fault(at, "a condition is {name: value}")
        return all(self._told(at, holds, wanted, self._find(name, at)) for name, wanted in condition.items())

    def _told(self, at: Location, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except ArithmeticError as error:
            raise self._fault(at, f"this cannot be worked out ({error})") from None
        except ValueError as error:
            raise self._fault(at, str(error)) from None

    def _fault(self, at: Location, say: str) -> WorkbookError:
        return faults_error(self.source, self.template._where, [(at, say)])


def _without_repeats(misses: Items, key: Any) -> Items:
    """The near misses that are wrong in this draw, each code once."""
    taken: set[str] = set()
    for item in key if isinstance(key, list) else ():
        taken |= {_code(item), *_alternatives(item)}
    kept: list[int] = []
    for n, miss in enumerate(misses):
        code = _code(miss)
        if not code or code not in taken:
            kept.append(n)
        taken.add(code)
    return Items([misses[n] for n in kept], [misses.lines[n] for n in kept])


def _code(item: Any) -> str:
    """The code of a key item or near miss; nothing where the page has no such text, which is told later."""
    code = item.get("code") if isinstance(item, dict) else None
    return code if isinstance(code, str) else ""


def _alternatives(item: Any) -> tuple[str, ...]:
    others = item.get("alternatives") if isinstance(item, dict) else None
    return tuple(map(str, others)) if isinstance(others, list) else ()
