"""Reads YAML that a person wrote, so that every fault in it can name its file, its line and its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


class Fields(dict[Any, Any]):
    """A mapping that knows the line (from 1) of each of its keys."""

    def __init__(self, values: dict[Any, Any], lines: dict[Any, int]) -> None:
        super().__init__(values)
        self.lines = lines


class Items(list[Any]):
    """A list that knows the line (from 1) of each of its items."""

    def __init__(self, values: list[Any], lines: list[int]) -> None:
        super().__init__(values)
        self.lines = lines


def read_yaml(path: Path) -> Fields:
    """Read a file that is one mapping. Raises WorkbookError with file and line when it is not, or repeats a key."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise WorkbookError(f"{path.name}: there is no such file at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbookError(f"{path.name}: cannot be read as UTF-8 text ({error})") from None


def parse_yaml(text: str, where: str) -> Fields:
    """Read text that is one mapping; `where` names its file in errors."""
    import yaml

    try:
        loader = _loader()(text)
        try:
            node = loader.get_single_node()
            page = _value(loader, node, where, set()) if node else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WorkbookError(f"{where}, line {line}: {error.problem or 'not YAML'}") from None
    except yaml.YAMLError as error:
        raise WorkbookError(f"{where}: not YAML ({str(error).splitlines()[0]})") from None
    except RecursionError:
        raise WorkbookError(f"{where}: lists stand in lists deeper than can be read") from None
    if not isinstance(page, Fields):
        found = "nothing" if page is None else type(page).__name__.lower()
        raise WorkbookError(f"{where}, line 1: expected fields such as id: and title:, found {found}")
    return page


@cache
def _loader() -> Any:
    """PyYAML's parser in C with the plain words of YAML 1.2, less those that codes look like.

    `no`, `on` and `12:30` are texts, and so are 0450 (a revenue code) and 3E03329 (a procedure of ICD-10-PCS).
    """
    import re

    import yaml

    class Loader(yaml.CSafeLoader):  # type: ignore[misc]  # PyYAML tells no types
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (as PyYAML declares it)

    for kind, pattern, first in (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
        ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
        ("float", r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+", list("-+.0123456789")),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), first)
    return Loader


def _value(loader: Any, node: Any, where: str, seen: set[int]) -> Any:
    import yaml

    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        try:
            return loader.construct_object(node)
        except ValueError as error:
            raise WorkbookError(f"{where}, line {line}: {node.value!r} cannot be read ({error})") from None
    if id(node) in seen:
        raise WorkbookError(f"{where}, line {line}: *aliases are not read here; write out what is meant")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return Items([_value(loader, n, where, seen) for n in node.value], [n.start_mark.line + 1 for n in node.value])
    values: dict[Any, Any] = {}
    lines: dict[Any, int] = {}
    for name, value in node.value:
        at = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            raise WorkbookError(f"{where}, line {at}: the name of a field is one word, not a list")
        key = _value(loader, name, where, seen)
        if key in values:
            raise WorkbookError(f"{where}, line {at}: {key} stands twice; keep one")
        values[key], lines[key] = _value(loader, value, where, seen), at
    return Fields(values, lines)


def line_of(page: Fields, location: Sequence[str | int]) -> int:
    """The line (from 1) of the deepest part of `location` that stands on the page."""
    node: Any = page
    line = 1
    for part in location:
        try:
            line, node = node.lines[part], node[part]
        except (AttributeError, IndexError, KeyError, TypeError):
            break
    return line


def plain(node: Any) -> Any:
    """The page's values without their positions; lists become tuples."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    return tuple(plain(value) for value in node) if isinstance(node, list) else node


def validated(model: type[Model], page: Fields, where: str) -> Model:
    """Check a page against a pydantic model. Raises WorkbookError with a line for every fault."""
    from pydantic import ValidationError

    try:
        return model.model_validate(plain(page))
    except ValidationError as error:
        raise faults_error(page, where, ((fault["loc"], _in_words(fault)) for fault in error.errors())) from None


def faults_error(page: Fields, where: str, faults: Iterable[tuple[Sequence[str | int], str]]) -> WorkbookError:
    """One error out of faults (location, what is wrong): each on a line of its own with file, line and field."""
    return WorkbookError(
        "\n".join(f"{where}, line {line_of(page, at)}, {'.'.join(map(str, at)) or 'page'}: {say}" for at, say in faults)
    )


def _in_words(fault: Any) -> str:
    found = fault["input"]
    match fault["type"]:
        case "missing":
            return "this field is missing"
        case "extra_forbidden":
            return "there is no such field; correct its name or remove it"
        case "string_type":
            return f"expected text, found {found!r}; put it in quotes"
        case "literal_error":
            return f"expected {fault['ctx']['expected']}, found {found!r}"
    return f"{fault['msg'].removeprefix('Value error, ')}; found {found!r}"
