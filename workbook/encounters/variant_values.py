"""What a template of cases may draw and work out: choices, conditions, and the few named functions for what follows.

Everything is data and integers; nothing on a page is run. A fault is a ValueError in words; the caller adds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from workbook.engine.yaml import Fields, Items

#: Minutes that the 8-minute rule asks for the first timed unit (CPM ch. 5, sec. 20.2); a whole unit is 15.
FIRST_UNIT, WHOLE_UNIT = 8, 15
DAY = 24 * 60
Number = int | Decimal


class Again(Exception):  # noqa: N818 (no error: the draw is thrown away)
    """What was drawn has no one right answer; another draw is wanted."""


class Chosen:
    """A named value of a choice, with what the page says follows from it."""

    def __init__(self, name: str, fields: Any) -> None:
        self.name, self.fields = name, fields


def below(random: Random, count: int) -> int:
    """A whole number from 0 to count - 1, by `random()`: the one draw that Python promises never to change."""
    return int(random.random() * count)


def draw(choice: Any, random: Random) -> Any:
    """One value of a choice: of a list, of named values, of a range (from, to, step), or `some` of a list."""
    if isinstance(choice, list) and choice:
        return choice[below(random, len(choice))]
    if not isinstance(choice, dict) or not choice:
        raise ValueError("a choice is a list, named values, a range (from, to, step), or some of a list (some, of)")
    if "from" in choice:
        return _of_range(choice, random)
    if "some" in choice:
        return _some(choice, random)
    name = list(choice)[below(random, len(choice))]
    return Chosen(str(name), choice[name])


def _of_range(choice: Mapping[str, Any], random: Random) -> Number:
    if not {"from", "to"} <= set(choice) <= {"from", "to", "step"}:
        raise ValueError(f"a range has from, to and perhaps step; found {', '.join(map(str, choice))}")
    first, last, step = (number(choice.get(name, 1)) for name in ("from", "to", "step"))
    if step <= 0 or last < first or (last - first) % step:
        raise ValueError(f"a range goes up in whole steps; {first} to {last} by {step} does not")
    return first + step * below(random, int((last - first) / step) + 1)


def _some(choice: Mapping[str, Any], random: Random) -> Items:
    """So many of a list, in the order of the page."""
    if set(choice) != {"some", "of"} or not isinstance(choice["of"], list):
        raise ValueError("some of a list is written some: 2, of: [first, second, third]")
    pool, wanted = choice["of"], choice["some"]
    if isinstance(wanted, dict):
        wanted = _of_range(wanted, random)
    if not isinstance(wanted, int) or not 0 <= wanted <= len(pool):
        raise ValueError(f"some is a number from 0 to {len(pool)}, found {wanted!r}")
    left = list(range(len(pool)))
    taken = sorted(left.pop(below(random, len(left))) for _ in range(wanted))
    return Items([pool[n] for n in taken], [pool.lines[n] for n in taken] if isinstance(pool, Items) else [1] * wanted)


def number(value: Any) -> Number:
    """A number of a page, decimals exact."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"expected a number, found {value!r}")
    return Decimal(str(value)) if isinstance(value, float) else value


def is_same(value: Any, wanted: Any) -> bool:
    """Whether a drawn value is the one that a condition names, or a drawn list has it."""
    if isinstance(value, list):
        return any(is_same(one, wanted) for one in value)
    return str(value.name if isinstance(value, Chosen) else value) == str(wanted)


def holds(wanted: Any, value: Any) -> bool:
    """Whether a value is the one named, one of those listed, or in the range {from, to}."""
    if isinstance(wanted, dict):
        if not wanted or not set(wanted) <= {"from", "to"}:
            raise ValueError("a condition on a number is {from: 2}, {to: 7} or {from: 2, to: 7}")
        known = number(value)
        return number(wanted.get("from", known)) <= known <= number(wanted.get("to", known))
    return any(is_same(value, one) for one in (wanted if isinstance(wanted, list) else [wanted]))


def text(value: Any) -> str:
    """A value as it stands in a sentence: a date as month/day, a list with commas."""
    if isinstance(value, Chosen):
        return value.name
    if isinstance(value, date):
        return f"{value:%m/%d}"
    if isinstance(value, list):
        return ", ".join(text(one) for one in value)
    if isinstance(value, dict) or value is None:
        raise ValueError("this value has parts; name one of them after a dot")
    return str(value)


def eight_minute_units(minutes: Mapping[str, int]) -> dict[str, int]:
    """Units of timed therapy by service, and their `total` (CPM ch. 5, sec. 20.2).

    The minutes of all services together say how many units: one from 8, a further one for every 15. Each service has
    its whole quarters of an hour; the units left go to the largest rests. Raises Again when two rests are equal for one
    unit.
    """
    total = (sum(minutes.values()) + WHOLE_UNIT - FIRST_UNIT) // WHOLE_UNIT
    units = {name: spent // WHOLE_UNIT for name, spent in minutes.items()}
    rests = sorted(((spent % WHOLE_UNIT, name) for name, spent in minutes.items()), reverse=True)
    left = total - sum(units.values())
    if 0 < left < len(rests) and rests[left - 1][0] == rests[left][0]:
        raise Again
    for _, name in rests[:left]:
        units[name] += 1
    return units | {"total": total}


# Each function takes what stands behind its name on the page and a way to find a drawn value (or a number as it is).
Find = Callable[[Any], Any]


def _numbers(arguments: Any, find: Find, count: int | None = None) -> list[Number]:
    if not isinstance(arguments, list) or (count is not None and len(arguments) != count):
        raise ValueError(f"expected a list of {count or 'some'} names or numbers, found {arguments!r}")
    return [number(find(one)) for one in arguments]


def _parts(arguments: Any, *names: str) -> Iterator[Any]:
    if not isinstance(arguments, dict) or set(arguments) != set(names):
        raise ValueError(f"expected the parts {', '.join(names)}, found {arguments!r}")
    yield from (arguments[name] for name in names)


def _sum(arguments: Any, find: Find) -> Number:
    return sum(_numbers(arguments, find), 0)


def _difference(arguments: Any, find: Find) -> Number:
    first, second = _numbers(arguments, find, 2)
    return first - second


def _product(arguments: Any, find: Find) -> Number:
    first, second = _numbers(arguments, find, 2)
    return first * second


def _divided_up(arguments: Any, find: Find) -> int:
    """How many whole ones hold the first: 45 by 10 is 5."""
    first, second = _numbers(arguments, find, 2)
    return -int(-first // second)


def _earned(arguments: Any, find: Find) -> int:
    """How many further units time earns: none below `from`, one there, another for `each` more."""
    spent, first, each = (number(find(part)) for part in _parts(arguments, "of", "from", "each"))
    return 0 if spent < first else int((spent - first) // each) + 1


def _eight_minutes(arguments: Any, find: Find) -> Fields:
    if not isinstance(arguments, dict):
        raise ValueError(f"expected services and their minutes, found {arguments!r}")
    units = eight_minute_units({str(name): int(number(find(spent))) for name, spent in arguments.items()})
    return Fields(units, dict.fromkeys(units, 1))


def _band(arguments: Any, find: Find) -> Any:
    """The value of the highest bound that is reached."""
    of, bounds = _parts(arguments, "of", "from")
    known = number(find(of))
    if not isinstance(bounds, dict):
        raise ValueError(f"expected bounds and their values, found {bounds!r}")
    reached = [(number(bound), value) for bound, value in bounds.items() if number(bound) <= known]
    if not reached:
        raise ValueError(f"{known} is below every bound")
    return max(reached, key=lambda pair: pair[0])[1]


def _table(arguments: Any, find: Find) -> Any:
    """The value in tables inside tables, one for each name in `by`."""
    by, rows = _parts(arguments, "by", "in")
    for name in by if isinstance(by, list) else [by]:
        value = find(name)
        found = [rows[key] for key in rows if is_same(value, key)] if isinstance(rows, dict) else []
        if not found:
            raise ValueError(f"the table has no {name} {text(value)!r}")
        rows = found[0]
    return rows


def _count(arguments: Any, find: Find) -> int:
    """How many a drawn list has."""
    if not isinstance(value := find(arguments), list):
        raise ValueError(f"{arguments} is no list")
    return len(value)


def _clock(arguments: Any, find: Find) -> str:
    """Minutes after midnight, added up, as a time of day: 485 is 08:05."""
    minute = int(sum(_numbers(arguments, find))) % DAY
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _before(arguments: Any, find: Find) -> date:
    """A date so many days before."""
    if not isinstance(arguments, list) or len(arguments) != 2 or not isinstance(start := find(arguments[0]), date):
        raise ValueError("before is [a date, days]")
    return start - timedelta(days=int(number(find(arguments[1]))))


#: name on the page → what it works out
FUNCTIONS: dict[str, Callable[[Any, Find], Any]] = {
    "sum": _sum, "difference": _difference, "product": _product, "divided_up": _divided_up, "earned": _earned,
    "eight_minutes": _eight_minutes, "band": _band, "table": _table, "count": _count, "clock": _clock,
    "before": _before,
}  # fmt: skip
