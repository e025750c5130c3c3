"""YAML is read by the plain words of YAML 1.2, less those that codes look like, and every fault in it names its file and line."""

from datetime import date

import pytest

from workbook.engine.yaml import line_of, parse_yaml, plain
from workbook.terms import WorkbookError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("Y", "Y"), ("12:30", "12:30"), ("1_000", "1_000"), ("0450", "0450"),
        ("true", True), ("False", False), ("", None), ("~", None), ("null", None), ("'null'", "null"),
        ("7", 7), ("-3", -3), ("0.20", 0.2), ("1e3", "1e3"), (".5", 0.5), ("E11.9", "E11.9"), ("3E03329", "3E03329"),
        ("2026-01-31", date(2026, 1, 31)), ("[1, [a]]", (1, ("a",))), ("{a: {b: 1}}", {"a": {"b": 1}}),
        ("|\n  two\n  lines\n", "two\nlines\n"), (">-\n  one\n  line\n", "one line"), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_a_word_is_a_person_takes_it_for(text, value):
    found = plain(parse_yaml(f"field: {text}", "a.yaml"))["field"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3", "a.yaml, line 3: a stands twice; keep one"),
        ("a: 1\nb: {c: 1,\n c: 2}", "a.yaml, line 3: c stands twice; keep one"),
        ("a: &x [1]\nb: *x", "a.yaml, line 1: *aliases are not read here; write out what is meant"),
        ("a: &x [*x]", "a.yaml, line 1: *aliases are not read here; write out what is meant"),
        ("a: *x", "a.yaml, line 1: found undefined alias"),
        ("a: 1\n? [b, c]\n: 2", "a.yaml, line 2: the name of a field is one word, not a list"),
        ("a: 1\nb: 2026-13-45", "a.yaml, line 2: '2026-13-45' cannot be read (month must be in 1..12)"),
        ("a: 1\nb: !!python/object:os.system x", "a.yaml, line 2: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object:os.system'"),
        ("a: [1,\nb: 2", "a.yaml, line 3: did not find expected ',' or ']'"),
        ("a: 1\n\tb: 2", "a.yaml, line 2: found a tab character that violates indentation"),
        ("- 1\n- 2", "a.yaml, line 1: expected fields such as id: and title:, found items"),
        ("", "a.yaml, line 1: expected fields such as id: and title:, found nothing"),
        ("a: 1\n---\nb: 2", "a.yaml, line 2: but found another document"),
        ("a: " + "[" * 3000 + "]" * 3000, "a.yaml: lists stand in lists deeper than can be read"),
        ("a: \x01", "a.yaml: not YAML (unacceptable character #x0001: control characters are not allowed)"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line(text, says):
    with pytest.raises(WorkbookError) as error:
        parse_yaml(text, "a.yaml")
    assert str(error.value) == says


def test_the_line_of_a_field_is_that_of_its_deepest_part_there_is():
    page = parse_yaml("a:\n  - b: 1\n    c: 2\n  -\n    d: 3\ne: 4", "a.yaml")
    lines = {at: line_of(page, at) for at in [("a",), ("a", 0), ("a", 0, "c"), ("a", 1, "x"), ("e",), ("x",), ()]}
    assert lines == {("a",): 1, ("a", 0): 2, ("a", 0, "c"): 3, ("a", 1, "x"): 5, ("e",): 6, ("x",): 1, (): 1}
