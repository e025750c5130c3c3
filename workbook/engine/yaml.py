"""Reads YAML that a person wrote, so that every fault in it can name its file, its line and its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from ruamel.yaml.comments import CommentedMap

    Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> CommentedMap:
    """Read a file that is one mapping. Raises WorkbookError with file and line when it is not, or repeats a key."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise WorkbookError(f"{path.name}: there is no such file at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbookError(f"{path.name}: cannot be read as UTF-8 text ({error})") from None


def parse_yaml(text: str, where: str) -> CommentedMap:
    """Read text that is one mapping; `where` names its file in errors."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        page = YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem or "not YAML").splitlines()[0]
        raise WorkbookError(f"{where}, line {line}: {problem}") from None
    except (YAMLError, ValueError) as error:
        raise WorkbookError(f"{where}: not YAML ({error})") from None
    if not isinstance(page, CommentedMap):
        raise WorkbookError(f"{where}, line 1: expected fields such as id: and title:, found {type(page).__name__}")
    return page


def line_of(page: CommentedMap, location: Sequence[str | int]) -> int:
    """The line (from 1) of the deepest part of `location` that stands on the page."""
    from ruamel.yaml.comments import CommentedMap

    node: Any = page
    line = 0
    for part in location:
        try:
            position = node.lc.key(part) if isinstance(node, CommentedMap) else node.lc.item(part)
            line, node = position[0], node[part]
        except (AttributeError, IndexError, KeyError, TypeError):
            break
    return line + 1


def plain(node: Any) -> Any:
    """The page's values without their positions; lists become tuples."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return tuple(plain(value) for value in node)
    if isinstance(node, str):
        return str(node)
    return float(node) if isinstance(node, float) else node


def validated(model: type[Model], page: CommentedMap, where: str) -> Model:
    """Check a page against a pydantic model. Raises WorkbookError with a line for every fault."""
    from pydantic import ValidationError

    try:
        return model.model_validate(plain(page))
    except ValidationError as error:
        raise faults_error(page, where, ((fault["loc"], _in_words(fault)) for fault in error.errors())) from None


def faults_error(page: CommentedMap, where: str, faults: Iterable[tuple[Sequence[str | int], str]]) -> WorkbookError:
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
