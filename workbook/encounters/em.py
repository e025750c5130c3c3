"""Which visit code a note supports: by the three elements of medical decision making, or by time, with the trace.

The facts are the page `em_levels.yaml`: what each documented fact counts for, the codes of each setting, the minutes by
date. The ladder is that of the CPT guidelines of 2021 (office) and 2023 (everywhere else): two of the three elements
must reach a level, and either decision making or time may decide, whichever is higher.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from workbook.engine.html import safe, table_html
from workbook.engine.yaml import plain, read_yaml
from workbook.terms import WorkbookError, parse_date

FILE = Path(__file__).with_name("em_levels.yaml")
ELEMENTS = ("problems", "data", "risk")
LONGEST = 24 * 60


class Step(NamedTuple):
    """One line of the trace: what was judged, what was found, the level or code it reaches, and the authority."""

    element: str
    found: str
    reaches: str
    authority: str


@dataclass(frozen=True, repr=False)
class EmLevel:
    """The visit code, what decided it ("decision making" or "time"), its level, prolonged service, and the trace.

    `prolonged` is the add-on code with its units, or None. `level` is None where minutes alone choose the code.
    """

    code: str
    basis: str
    level: str | None
    prolonged: tuple[str, int] | None
    trace: tuple[Step, ...] = field(repr=False)

    def __str__(self) -> str:
        more = f" with {self.prolonged[0]} x{self.prolonged[1]}" if self.prolonged else ""
        return f"{self.code}{more}, by {self.basis}"

    def __repr__(self) -> str:
        lines = [f"  {step.element}: {step.found} → {step.reaches} [{step.authority}]" for step in self.trace]
        return "\n".join([str(self), *lines])

    def trace_html(self) -> str:
        """The trace as a table."""
        header = ("Element", "Found", "Reaches", "Authority")
        return table_html(header, self.trace, words=header)

    def _repr_html_(self) -> str:
        return f'<p role="status"><strong>{safe(str(self))}</strong></p>{self.trace_html()}'


def em_level(
    service_date: date | str,
    setting: str = "office",
    *,
    is_new: bool | None = None,
    problems: str | Iterable[str] | Mapping[str, int] | None = None,
    data: str | Mapping[str, int | bool] | None = None,
    risk: str | Iterable[str] | None = None,
    minutes: int | None = None,
    payer: str | None = None,
) -> EmLevel:
    """The visit code that the documented elements or the minutes support on a date; the higher of the two decides.

    `setting` is one of `em_words("settings")`; `is_new` is asked for in the office and at home. `problems` is a word of
    `em_words("problems")`, several, or word → how many; `data` is word → count or True; `risk` a word or several; each
    may also be a step of its own ladder ("moderate"). `minutes` is the billing professional's own time on the day.
    `payer` matters to prolonged services, critical care and consultations: one that begins with Medicare follows CMS.
    Raises WorkbookError for an unknown word, a date before the rules, or input that contradicts itself.
    """
    page = _page()
    day = parse_date(service_date, "service_date")
    place = _setting(page, setting, day)
    by_medicare = bool(payer) and str(payer).casefold().startswith("medicare")
    if by_medicare and (instead := place.get("not_for_medicare")):
        raise WorkbookError(f"{place['label']}: {instead}")
    if asks_whether_new(setting) and is_new is None:
        raise WorkbookError(
            f"{place['label']}: say is_new=True or False; new and established patients have other codes"
        )
    if not asks_whether_new(setting) and is_new is not None:
        raise WorkbookError(
            f"{place['label']}: these codes are the same for new and established patients; leave out is_new"
        )
    time = _minutes(place, minutes)
    if choices := place.get("by_minutes"):
        if any(element is not None for element in (problems, data, risk)):
            raise WorkbookError(f"{place['label']}: minutes alone choose this code; leave out problems, data and risk")
        return _by_minutes(page, setting, choices, time, by_medicare)
    codes = place.get("codes") or place["new" if is_new else "established"]
    return _by_level(page, day, codes, _decision(page, day, problems, data, risk), time, by_medicare)


def em_words(kind: str) -> dict[str, str]:
    """What may be said of a visit and its plain label: kind is settings, problems, data or risk."""
    if kind not in ("settings", *ELEMENTS):
        raise WorkbookError(f"there is no list {kind!r}; the lists are settings, problems, data and risk")
    return {word: entry["label"] for word, entry in _page()[kind].items()}


def asks_whether_new(setting: str) -> bool:
    """Whether new and established patients have other codes in a setting."""
    return bool(_page()["settings"].get(setting, {}).get("asks_whether_new"))


def is_counted(word: str) -> bool:
    """Whether a word of `em_words("data")` takes a number; the others are there or not."""
    return bool(_page()["data"][word].get("counts"))


@cache
def _page() -> dict[str, Any]:
    page: dict[str, Any] = plain(read_yaml(FILE))
    return page


def _setting(page: Mapping[str, Any], setting: str, day: date) -> Mapping[str, Any]:
    place: Mapping[str, Any] = page["settings"][_known(page["settings"], setting, "setting")]
    if day < place["since"]:
        raise WorkbookError(f"{place['label']}: these rules begin on {place['since']}; {day} is judged by older ones")
    return place


def _known(entries: Mapping[str, Any], word: object, what: str, *more: str) -> str:
    if isinstance(word, str) and (word in entries or word in more):
        return word
    close = difflib.get_close_matches(str(word), [*entries, *more], n=1)
    hint = f"; did you mean {close[0]}?" if close else "."
    raise WorkbookError(f"{what} {word!r} is not known{hint} Choose of {', '.join([*more, *entries])}")


def _minutes(place: Mapping[str, Any], minutes: int | None) -> int | None:
    if minutes is None:
        return None
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= LONGEST:
        raise WorkbookError(f"minutes are a whole number from 1 to {LONGEST}, found {minutes!r}")
    if place.get("by_time") is False:
        raise WorkbookError(f"{place['label']}: time never chooses this code; leave out minutes")
    return minutes


def _by_minutes(
    page: Mapping[str, Any], setting: str, choices: Iterable[tuple[str, int]], time: int | None, by_medicare: bool
) -> EmLevel:
    authority = page["authority"]["time"]
    earned = [code for code, least in choices if (time or 0) >= least]
    if not earned:
        raise WorkbookError(
            f"{time or 'no'} minutes of critical care are below 30; report the visit by its own setting instead"
        )
    if setting != "critical_care":
        found = f"{time} minutes" if time else "no time stated"
        return EmLevel(earned[-1], "time", None, None, (Step("time", found, earned[-1], authority),))
    care = page["critical_care"]
    payer = "medicare" if by_medicare else "cpt"
    steps = [Step("time", f"{time} minutes", earned[-1], care["authority"]["cpt"])]
    first, further = care[f"{payer}_from"], None
    if time is not None and time >= first:
        units = (time - first) // 30 + 1
        further = (care["further"], units)
        steps.append(Step("further time", f"from {first} minutes", f"{further[0]} x{units}", care["authority"][payer]))
    return EmLevel(earned[-1], "time", None, further, tuple(steps))


def _by_level(
    page: Mapping[str, Any],
    day: date,
    codes: Mapping[str, str],
    decision: tuple[int, list[Step]] | None,
    time: int | None,
    by_medicare: bool,
) -> EmLevel:
    levels = page["levels"]
    steps: list[Step] = []
    reached: list[tuple[int, str]] = []
    if decision:
        rank, steps = decision
        code = codes[levels[rank]]
        reached.append((rank, "decision making"))
        steps = [*steps, Step("decision making", "two of three elements", f"{levels[rank]}: {code}",
                              page["authority"]["two_of_three"])]  # fmt: skip
    if time is not None:
        least = {level: _on(page["minutes"][code], day)[0] for level, code in codes.items()}
        earned = [rank for rank, level in enumerate(levels) if time >= least[level]]
        says = f"{levels[earned[-1]]}: {codes[levels[earned[-1]]]}" if earned else f"less than {min(least.values())}"
        steps.append(Step("time", f"{time} minutes", says, page["authority"]["time"]))
        if earned:
            reached.append((earned[-1], "time"))
    if not reached:
        if time is None:
            raise WorkbookError("say problems and risk (and data), or minutes; nothing was given to judge")
        raise WorkbookError(f"{time} minutes are less than the least code asks for, and no decision making was given")
    # Where both reach one code, decision making stands: prolonged service then needs time to be the basis.
    rank, basis = max(reached, key=lambda r: (codes[levels[r[0]]], r[1] == "decision making"))
    code = codes[levels[rank]]
    prolonged, step = _prolonged(page, day, code, time, by_medicare)
    if prolonged:
        basis, steps = "time", [*steps, step]
    return EmLevel(code, basis, levels[rank], prolonged, tuple(steps))


def _prolonged(
    page: Mapping[str, Any], day: date, code: str, time: int | None, by_medicare: bool
) -> tuple[tuple[str, int] | None, Any]:
    """The code for time past the highest level, where the minutes reach that level by themselves."""
    payer = "medicare" if by_medicare else "cpt"
    dated = page["prolonged"][payer].get(code)
    if time is None or dated is None:
        return None, None
    add_on, first = _on(dated, day)
    if time < first:
        return None, None
    units = (time - first) // 15 + 1
    found = f"{time} minutes, from {first}"
    return (add_on, units), Step("prolonged service", found, f"{add_on} x{units}", page["prolonged_authority"][payer])


def _on(dated: Iterable[tuple[Any, ...]], day: date) -> tuple[Any, ...]:
    """What stood on a day: the last row that had begun, without its date."""
    rows: list[tuple[Any, ...]] = [tuple(row[1:]) for row in dated if row[0] <= day]
    return rows[-1]


def _decision(
    page: Mapping[str, Any],
    day: date,
    problems: str | Iterable[str] | Mapping[str, int] | None,
    data: str | Mapping[str, int | bool] | None,
    risk: str | Iterable[str] | None,
) -> tuple[int, list[Step]] | None:
    if problems is None and data is None and risk is None:
        return None
    if problems is None or risk is None:
        lacks = "problems" if problems is None else "risk"
        raise WorkbookError(f"decision making needs {lacks}: say it, or leave all three out and give minutes")
    found = (_problems(page, day, problems), _data(page, data), _risk(page, risk))
    authority = page["authority"]["decision_making"]
    steps = [
        Step(element, says, page["ladders"][element][rank], authority)
        for element, (rank, says) in zip(ELEMENTS, found, strict=True)
    ]
    return sorted(rank for rank, _ in found)[1], steps


def _problems(page: Mapping[str, Any], day: date, given: str | Iterable[str] | Mapping[str, int]) -> tuple[int, str]:
    ladder, words = page["ladders"]["problems"], page["problems"]
    counts = _counted(given, "problems")
    if not counts:
        raise WorkbookError("problems: name at least one; a visit without a problem has no decision making")
    steps = []
    for word, count in counts.items():
        _known(words, word, "problem", *ladder)
        entry = words.get(word, {"level": word})
        if day < entry.get("since", day):
            raise WorkbookError(f"problem {word} counts from {entry['since']} on; {day} is before it")
        steps.append(ladder.index(entry["from_two"] if count > 1 and "from_two" in entry else entry["level"]))
    return max(steps), _listing(counts)


def _counted(given: str | Iterable[str] | Mapping[str, int], what: str) -> dict[str, int]:
    if isinstance(given, str):
        return {given: 1}
    if not isinstance(given, Mapping):
        listed = list(given)
        return {word: listed.count(word) for word in dict.fromkeys(listed)}
    for word, count in given.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise WorkbookError(f"{what}: {word} is counted from 1 on, found {count!r}")
    return dict(given)


def _listing(counts: Mapping[str, int | bool]) -> str:
    return ", ".join(word if n is True or n == 1 else f"{n} × {word}" for word, n in counts.items())


def _data(page: Mapping[str, Any], given: str | Mapping[str, int | bool] | None) -> tuple[int, str]:
    ladder, words = page["ladders"]["data"], page["data"]
    if given is None:
        return 0, "none given"
    if isinstance(given, str):
        return ladder.index(_known({}, given, "data", *ladder)), given
    items, kinds = 0, set()
    has_historian = False
    for word, count in given.items():
        entry = words[_known(words, word, "data")]
        if is_counted(word):
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise WorkbookError(f"data: {word} is a count from 0 on, found {count!r}")
            items += count
        elif not isinstance(count, bool):
            raise WorkbookError(f"data: {word} is True or False, found {count!r}")
        elif count and entry["category"] == 1:
            has_historian = True
        elif count:
            kinds.add(entry["category"])
    shown = {word: n for word, n in given.items() if n}
    steps = page["data_steps"]
    categories = len(kinds) + (items + has_historian >= steps["items_of_a_category"])
    if categories >= steps["categories_of_extensive"]:
        rank = 3
    elif categories:
        rank = 2
    else:  # limited: two tests or notes, or the historian alone
        rank = 1 if items >= steps["items_of_limited"] or has_historian else 0
    return rank, _listing(shown) or "none"


def _risk(page: Mapping[str, Any], given: str | Iterable[str]) -> tuple[int, str]:
    ladder, words = page["ladders"]["risk"], page["risk"]
    listed = [given] if isinstance(given, str) else list(given)
    if not listed:
        raise WorkbookError("risk: name at least one; 'none' and 'minimal' say that there is little")
    ranks = []
    for word in listed:
        _known(words, word, "risk", *ladder)
        ranks.append(ladder.index(words[word]["level"] if word in words else word))
    return max(ranks), ", ".join(listed)


@cache
def em_level_codes() -> frozenset[str]:
    """Every visit code that `em_level` can give, without the add-on codes of prolonged service."""
    page = _page()
    found = set(page["minutes"])
    for place in page["settings"].values():
        for kind in ("codes", "new", "established"):
            found |= set(place.get(kind, {}).values())
        found |= {code for code, _ in place.get("by_minutes", ())}
    return frozenset(found)
