"""Which diagnosis codes a person's words mean: ICD-10-CM titles and inclusion terms, ranked as a coder would choose.

An inverted index of word stems in numpy, built once into the user's data folder. Lay words and abbreviations come from
`lay_words.csv`: what is said, and what the Tabular says instead. No row of it names a code.
"""

from __future__ import annotations

import html
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.codes import search_index as words
from workbook.codes.lookup import dotted, undotted
from workbook.codes.search_index import index, lay_words, numbers, stem, stem_list, words_of
from workbook.engine.html import table_html

if TYPE_CHECKING:
    import numpy as np

_TYPE_2 = ("diabet", "type", "2")  #: Official Guidelines I.C.4.a.2: diabetes of no documented type is type 2
_MARK, _END = "\x01", "\x02"


@dataclass(frozen=True)
class Hit:
    """One code found. `matched` is the title or inclusion term that matched; `marked` is it as safe HTML."""

    code: str
    title: str
    score: float
    is_billable: bool
    matched: str
    marked: str

    def __str__(self) -> str:
        return f"{self.code} {self.title}" + ("" if self.is_billable else " (incomplete: see the codes below it)")


class Hits(list[Hit]):
    """Codes found, best first; shows itself as a table."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "No code found"

    def _repr_html_(self) -> str:
        rows = []
        for hit in self:
            matched = html.unescape(hit.marked.replace("<mark>", _MARK).replace("</mark>", _END))
            rows.append((hit.code, hit.title, "yes" if hit.is_billable else "no, incomplete", matched))
        header = ("code", "title", "billable", "matched words")
        table = table_html(header, rows, ("title", "matched words"))
        return table.replace(_MARK, "<mark>").replace(_END, "</mark>")


class Unit(NamedTuple):
    """One thing asked for: ways to say it, best first, each a factor and stems that should stand together."""

    weight: float
    ways: list[tuple[float, tuple[int, ...]]]


#: what an adjective adds to its noun's stem: chlamydia, chlamydial
_ADJECTIVES = frozenset({"al", "ar", "ic", "ou", "l", "r", "c", "um"})


@lru_cache(maxsize=4096)
def _meant(word: str) -> tuple[str, ...]:
    """The stems that a typed stem may mean: itself if it is known, else what it misspells and what begins with it."""
    known = numbers()
    if not 4 <= len(word) <= 40 or not word.isalpha() or word in words.lay_stems():
        return (word,)
    spelled = words.spelled_stems()
    first = bisect_left(spelled, word)
    begun = spelled[first : bisect_left(spelled, word + "~")]
    begun.sort(key=lambda s: (-_held(s), s))
    if word not in known:
        return tuple(dict.fromkeys([*_respelled(word, begun_too=bool(begun)), *begun[:6]])) or (word,)
    forms = [s for s in begun if s.removeprefix(word) in _ADJECTIVES]
    rare = [s for s in _respelled(word) if _held(s) >= 8 * _held(word)] if _held(word) < 10 else []
    return (word, *forms, *rare)


def _held(word: str) -> int:
    """How many texts hold a stem; a lay word counts as some."""
    number = numbers().get(word)
    return 30 if number is None else len(index().texts_with(number))


def _respelled(word: str, begun_too: bool = False) -> tuple[str, ...]:
    """The stem that a word most likely misspells, if any is near enough; nearer, if it may be a word's beginning."""
    import numpy as np

    found, spelled = index(), words.spelled_stems()
    letters, pairs = words.signature(word)
    apart = np.abs(found.letters - np.array(letters, np.int8)).sum(axis=1)
    apart = apart + np.bitwise_count(found.pairs ^ np.uint64(pairs))
    best: list[tuple[float, str]] = []
    for other in (spelled[n] for n in np.argsort(apart, kind="stable")[:24]):
        cost = min(float(words.distance(word, other)), words.distance(words.sound(word), words.sound(other)) + 0.3)
        enough = 1.0 if begun_too else 1.3 if len(word) < 5 else 2.3 if len(word) < 8 else 3.3
        if other != word and cost <= enough and not (begun_too and word[0] != other[0]):
            cost += 0.4 * (word[0] != other[0]) - 0.4 * (words.consonants(word) == words.consonants(other))
            best.append((cost - 0.12 * math.log10(_held(other) + 1), other))
    return (min(best)[1],) if best else ()


def _joined(stems: list[str]) -> list[str]:
    """`tooth ache` as `toothache` where the Tabular writes it so."""
    found: list[str] = []
    for key in stems:
        whole = stem(found[-1] + key) if found else ""
        if whole in numbers() and frozenset((found[-1], key)) not in lay_words():
            found.pop()
            key = whole
        found.append(key)
    return found


def _units(text: str) -> list[Unit]:
    """What a query asks for: its lay phrases first, longest first, then its other words."""
    choices = list(dict.fromkeys(_meant(s) for s in _joined([s for s, _, _ in words_of(text)][:16])))
    first = {choice[0]: choice for choice in choices}
    said = {s: choice for choice in choices for s in choice} | first
    phrases = [key for key in lay_words() if key <= (said if len(key) > 1 else first).keys()]
    units, used = [], set[tuple[str, ...]]()
    for key in sorted(phrases, key=lambda k: (-len(k), sorted(k))):
        mine = {said[s] for s in key}
        if mine & used or len(mine) < len(key):
            continue
        used |= mine
        meanings = lay_words()[key]
        literal = tuple(choice[0] for choice in choices if choice in mine)
        ways = [(1.0 - 0.02 * n, way) for n, way in enumerate(meanings)]
        units.append(_unit([*ways, (0.9, literal)] if literal not in meanings else ways))
    rest = (choice for choice in choices if choice not in used)
    units += [_unit([(1.0 if s == choice[0] else 0.88, (s,)) for s in choice]) for choice in rest]
    return [unit for unit in units if unit.ways]


def _unit(ways: Iterable[tuple[float, tuple[str, ...]]]) -> Unit:
    by_stem, weights = numbers(), index().weight
    known = [(factor, tuple(by_stem[s] for s in way)) for factor, way in ways if all(s in by_stem for s in way)]
    if not known:
        return Unit(4.0, [])
    return Unit(max(1.0, min(6.0, max(float(weights[n]) for n in known[0][1]))), known)


def _scores(units: list[Unit]) -> np.ndarray[Any, Any]:
    """A score for every text: how much of the query it answers, how little else it says, and its prior."""
    import numpy as np

    found = index()
    covered, said = np.zeros(len(found.node), np.float32), np.zeros(len(found.node), np.float32)
    for unit in units:
        best = np.zeros_like(covered)
        for factor, way in unit.ways:
            held = np.zeros_like(covered)
            whole = float(found.weight[list(way)].sum())
            for number in way:
                held[found.texts_with(number)] += found.weight[number] / whole
            np.maximum(best, factor * held * held, out=best)
        covered += unit.weight * best
        for number in {n for _, way in unit.ways for n in way}:
            said[found.texts_with(number)] += found.weight[number]
    covered /= sum(u.weight for u in units)
    asked = {n for unit in units for _, way in unit.ways for n in way}
    diabetes, kind, two = (numbers()[s] for s in _TYPE_2)
    if diabetes in asked and kind not in asked:
        type_2 = np.intersect1d(found.texts_with(kind), found.texts_with(two))
        covered[type_2] += 0.03
        said[type_2] += found.weight[two]
    exact = np.minimum(said / found.mass, 1.0)
    return np.where(covered > 0.05, covered * (0.6 + 0.4 * exact) + found.prior, -1.0)


def _ranked(units: list[Unit], limit: int, billable_only: bool) -> Iterator[tuple[int, int, float]]:
    """The best text of each node as (node, text, score). Of codes that differ in the 7th character only, the best."""
    import numpy as np

    found = index()
    scores = _scores(units)
    if billable_only:
        scores[~found.billable[found.node]] = -1.0
    near = np.flatnonzero(scores > 0)
    if len(near) > limit * 30:
        near = near[scores[near] >= np.partition(scores[near], -limit * 30)[-limit * 30]]
    seen = set[str]()
    for number in near[np.lexsort((near, -scores[near].round(4)))]:
        node = int(found.node[number])
        code = str(found.codes[node])
        if not seen & {code, code[:6] + "*"}:
            seen |= {code, code[:6] + "*"} if len(code) == 7 else {code}
            yield node, int(number), float(scores[number])


_CODE = re.compile(r"[A-Za-z]\d(?:[0-9A-Za-z](?:\.?[0-9A-Za-z]{1,4})?)?\.?")


def _coded(text: str) -> list[int]:
    """The nodes that a text names by code: a code and all below it when it stands alone, else the codes in it."""
    import numpy as np

    found = index()
    written = [undotted(w) for w in re.split(r"[\s,;|]+", text) if _CODE.fullmatch(w)]
    order = words.in_code_order()
    if len(written) == 1 and _CODE.fullmatch(text.strip()):
        first, last = np.searchsorted(found.codes[order], [written[0], written[0] + "~"])
        if first < last or len(written[0]) < 5:
            return [int(n) for n in order[first:last]]
        written = [written[0][:n] for n in range(len(written[0]) - 1, 2, -1)]  # no such code: what stands above it
    named = {w: int(np.searchsorted(found.codes[order], w)) for w in written if len(w) >= 3}
    return [int(order[at]) for w, at in named.items() if at < len(order) and found.codes[order[at]] == w]


def marked(text: str, stems: frozenset[str]) -> str:
    """A text as safe HTML, the words with one of these stems in <mark>."""
    parts, last = [], 0
    for key, start, end in words_of(text):
        if key in stems:
            parts += [html.escape(text[last:start]), f"<mark>{html.escape(text[start:end])}</mark>"]
            last = end
    return "".join(parts) + html.escape(text[last:])


def _hit(node: int, text: int, score: float, stems: frozenset[str]) -> Hit:
    found = index()
    matched = found.read(text)
    return Hit(
        code=dotted(str(found.codes[node])),
        title=found.read(int(found.title[node])),
        score=round(score, 4),
        is_billable=bool(found.billable[node]),
        matched=matched,
        marked=marked(matched, stems),
    )


def search(text: str, limit: int = 10, billable_only: bool = False) -> Hits:
    """The ICD-10-CM codes that words, abbreviations, a code or its beginning mean, best first, at most `limit`.

    Knows lay words, plurals and misspellings, in any order. Empty when nothing fits; never raises for odd text.
    """
    text = text[:300] if isinstance(text, str) else ""
    if not text.strip() or limit < 1:
        return Hits()
    found = index()
    coded = [n for n in _coded(text) if found.billable[n] or not billable_only][:limit]
    hits = Hits(_hit(n, int(found.title[n]), 2.0, frozenset()) for n in coded)
    if coded and _CODE.fullmatch(text.strip()):
        return hits
    units = _units(text)
    stems = frozenset(stem_list()[n] for unit in units for _, way in unit.ways for n in way)
    for node, number, score in _ranked(units, limit, billable_only) if units else ():
        if len(hits) >= limit:
            break
        if node not in coded:
            hits.append(_hit(node, number, score, stems))
    return hits
