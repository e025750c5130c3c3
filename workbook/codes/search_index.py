"""The words of ICD-10-CM: its titles and inclusion terms by word stem, and what lay words and misspellings may mean.

Built once into the user's data folder, as one file of numpy arrays. Only `workbook.codes.search` reads it.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.codes.store import data_folder
from workbook.codes.tabular import RELEASE, nodes, notes
from workbook.terms import private_file

if TYPE_CHECKING:
    import numpy as np

VERSION = 2  #: raise it when the index on disk changes its form
LAY_WORDS = Path(__file__).with_name("lay_words.csv")


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STOP = frozenset(
    re.findall(r"\w+", "a an and as at by for from in into of on or the to with due my i have has her his is")
)
_NEGATION = frozenset({"without", "no", "not"})
_IRREGULAR = {
    "feet": "foot", "teeth": "tooth", "lice": "lous", "women": "woman", "men": "man", "children": "child", "ii": "2",
    "calculi": "calculu", "disk": "disc", "fungi": "fungu", "bacterium": "bacteria", "iii": "3",
}  # fmt: skip
#: words that say little about what a code is: a title is not longer for having them
_WEAK = """unspecified nos other specified nec elsewhere classified site part type initial encounter closed organism
    mellitus episode single uncomplicated complication condition essential primary disease disorder multiple status"""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without accents, British ae and oe, plural and the endings -ness, -ing, -ed and -e."""
    word = unicodedata.normalize("NFKD", word.lower()).encode("ascii", "ignore").decode()
    word = re.sub(r"'s$", "", word).replace("'", "")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = word.replace("ae", "e").replace("oe", "e")
    if len(word) > 3:
        word = re.sub(r"ies$", "y", word)
        word = re.sub(r"(?<=x|s)es$|(?<=ch|sh)es$", "", word)
        word = re.sub(r"(?<=[^sui])s$", "", word)
    for ending in ("ness", "ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and re.search("[aeiouy]", rest):
            word = re.sub(r"([^lsz])\1$", r"\1", rest)
    word = re.sub(r"(?<=\w\w\w\w)e$", "", word)
    return re.sub(r"(?<=\w\w)y$", "i", word)


_WEAK_STEMS = frozenset(map(stem, _WEAK.split()))


def words_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Every word of a text that counts, as (stem, start, end); a stem that the text denies begins with ~."""
    denied = ""
    last = 0
    for match in _WORD.finditer(text.replace("’", "'")):
        word = match[0].lower()
        if any(c in ",;[" for c in text[last : match.start()]):
            denied = ""
        last = match.end()
        if word in _NEGATION:
            denied = word
        elif word not in _STOP and (key := stem(word)):
            yield ("~" + key if denied else key), match.start(), match.end()
            denied = denied if denied == "without" else ""


@cache
def lay_words() -> dict[frozenset[str], tuple[tuple[str, ...], ...]]:
    """What is said, as a set of stems, and the Tabular's ways to say it."""
    found: dict[frozenset[str], list[tuple[str, ...]]] = defaultdict(list)
    with LAY_WORDS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            key = frozenset(s for s, _, _ in words_of(row["said"]))
            for meaning in row["meant"].split("|"):
                stems = tuple(dict.fromkeys(s for s, _, _ in words_of(meaning)))
                if stems not in found[key]:
                    found[key].append(stems)
    return {key: tuple(meanings) for key, meanings in found.items()}


@cache
def lay_stems() -> frozenset[str]:
    """Every stem of what is said."""
    return frozenset().union(*lay_words())


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A word as it is heard, so that `neumonia` and `pneumonia` are one letter apart or none."""
    for written, heard in (("ph", "f"), ("sch", "sk"), ("ck", "k"), ("rh", "r"), ("th", "t"), ("y", "i"), ("x", "ks")):
        word = word.replace(written, heard)
    word = re.sub(r"^(p)(?=[nst])", "", word)
    word = re.sub(r"c(?=[ei])", "s", word).replace("c", "k").replace("z", "s")
    return re.sub(r"(.)\1", r"\1", word)


def consonants(word: str) -> str:
    """The consonants of a word as it is heard: most misspellings keep them."""
    return re.sub("[aeiou]", "", sound(word))


def distance(one: str, two: str) -> int:
    """Letters put in, left out, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


class Index(NamedTuple):
    """The texts (a title or a term of one node each), and for each stem the texts that hold it."""

    codes: np.ndarray[Any, Any]  # undotted code of each node
    billable: np.ndarray[Any, Any]
    node: np.ndarray[Any, Any]  # node of each text; a node's first text is its title
    title: np.ndarray[Any, Any]  # first text of each node
    text: np.ndarray[Any, Any]  # every text, UTF-8, end to end
    text_end: np.ndarray[Any, Any]
    prior: np.ndarray[Any, Any]  # how likely a coder wants this text, whatever was asked
    mass: np.ndarray[Any, Any]  # sum of the weights of a text's words
    stems: np.ndarray[Any, Any]  # every stem, sorted; UTF-8, line by line
    weight: np.ndarray[Any, Any]  # how much a stem tells
    postings: np.ndarray[Any, Any]
    posting_end: np.ndarray[Any, Any]
    spelled: np.ndarray[Any, Any]  # the stems a misspelling may mean, lay words among them
    letters: np.ndarray[Any, Any]  # letter counts of each, as it sounds
    pairs: np.ndarray[Any, Any]  # a 64-bit set of each one's letter pairs

    def read(self, text: int) -> str:
        """A text by its number."""
        start = self.text_end[text - 1] if text else 0
        return bytes(self.text[start : self.text_end[text]]).decode()

    def texts_with(self, number: int) -> np.ndarray[Any, Any]:
        """The numbers of the texts that hold a stem."""
        return self.postings[(self.posting_end[number - 1] if number else 0) : self.posting_end[number]]


def index_path() -> Path:
    """Where the index is kept: one file per release, package and list of lay words."""
    from importlib.metadata import version

    digest = hashlib.sha256(LAY_WORDS.read_bytes()).hexdigest()[:8]
    return data_folder() / f"icd10cm-search-{RELEASE}-{version('simple-icd-10-cm')}-{VERSION}-{digest}.npz"


@cache
def index() -> Index:
    """The index, built on first use (some seconds) and read from disk thereafter."""
    import numpy as np

    path = index_path()
    if not path.exists():
        built = build()
        with private_file(path) as stream:
            np.savez(stream, **built._asdict())
    with np.load(path, allow_pickle=False) as stored:
        return Index(**{name: stored[name] for name in Index._fields})


@cache
def numbers() -> dict[str, int]:
    """The number of each stem."""
    return {s: n for n, s in enumerate(bytes(index().stems).decode().split("\n"))}


@cache
def spelled_stems() -> list[str]:
    """The stems a misspelling may mean."""
    return bytes(index().spelled).decode().split("\n")


def read_texts() -> tuple[list[tuple[str, bool]], list[tuple[int, str, bool]]]:
    """The nodes as (code, is_billable), and their texts as (node, text, is a title)."""
    found: list[tuple[str, bool]] = []
    terms: dict[str, list[str]] = defaultdict(list)
    table = notes()
    for code, kind, text in zip(*(table[c].to_pylist() for c in ("code", "kind", "text")), strict=True):
        if kind in ("inclusion_term", "includes"):
            terms[code].append(text)
    texts = []
    table = nodes()
    columns = (table[c].to_pylist() for c in ("code", "title", "kind", "is_billable"))
    for code, title, kind, billable in zip(*columns, strict=True):
        if kind not in ("chapter", "block"):
            texts.append((len(found), title, True))
            texts += [(len(found), t, False) for t in dict.fromkeys(terms.get(code, ())) if t != title]
            found.append((code, billable))
    return found, texts


def _stems_of(text: str) -> dict[str, float]:
    """The stems of a text, each with its share of the text's mass; `gastro-esophageal` also as one word."""
    aside = [(m.start(), m.end()) for m in re.finditer(r"\([^)]*\)|\[[^]]*\]", text)]
    found: dict[str, float] = {}
    for key, start, _ in words_of(text):
        share = 0.05 if key[0] == "~" else 0.12 if key in _WEAK_STEMS else 1.0
        share *= 0.25 if any(a <= start < b for a, b in aside) else 1.0
        found[key] = max(share, found.get(key, 0.0))
    for joined in re.findall(r"\b\w+(?:-\w+)+\b", text):
        found.setdefault(stem(joined.replace("-", "")), 0.0)
    return found


def _prior(code: str, text: str, billable: bool, is_title: bool) -> float:
    """How likely a coder wants this text, whatever was asked: complete, general, first encounter, common chapter."""
    low = text.lower()
    prior = 0.03 * billable - 0.02 * (not is_title) - 0.004 * len(code)
    prior += 0.05 * bool(re.search(r"\bunspecified\b|\bnos\b|not specified", low)) - 0.04 * ("other " in low[:30])
    prior -= 0.08 * ("subsequent encounter" in low or "sequela" in low) + 0.03 * ("open fracture" in low)
    return prior - 0.05 * (code[0] in "OPVWXYT")


def build() -> Index:
    """Build the index from the Tabular."""
    import numpy as np

    found, texts = read_texts()
    holders: dict[str, list[int]] = defaultdict(list)
    shares = [_stems_of(text) for _, text, _ in texts]
    for number, stems in enumerate(shares):
        for key in stems:
            holders[key].append(number)
    names = sorted(holders)
    weight = {s: min(max(math.log(len(texts) / len(holders[s])), 1.5), 7.0) for s in names}
    weight |= {s: 0.8 for s in names if s in _WEAK_STEMS}
    encoded = [text.encode() for _, text, _ in texts]
    owner = np.array([n for n, _, _ in texts], np.int32)
    lay = {s for key, meanings in lay_words().items() for s in (*key, *(m for ms in meanings for m in ms))}
    spelled = sorted(s for s in {*names, *lay} if len(s) > 3 and s.isalpha())
    heard = [signature(s) for s in spelled]
    return Index(
        codes=np.array([c for c, _ in found], "U7"),
        billable=np.array([b for _, b in found]),
        node=owner,
        title=np.unique(owner, return_index=True)[1].astype(np.int32),
        text=np.frombuffer(b"".join(encoded), np.uint8),
        text_end=np.cumsum([len(e) for e in encoded]),
        prior=np.array([_prior(found[n][0], t, found[n][1], first) for n, t, first in texts], np.float32),
        mass=np.array([sum(weight[s] * p for s, p in stems.items()) + 0.1 for stems in shares], np.float32),
        stems=np.frombuffer("\n".join(names).encode(), np.uint8),
        weight=np.array([weight[s] for s in names], np.float32),
        postings=np.concatenate([np.array(holders[s], np.int32) for s in names]),
        posting_end=np.cumsum([len(holders[s]) for s in names]),
        spelled=np.frombuffer("\n".join(spelled).encode(), np.uint8),
        letters=np.array([h[0] for h in heard], np.int8),
        pairs=np.array([h[1] for h in heard], np.uint64),
    )


def signature(word: str) -> tuple[list[int], int]:
    """Letter counts and a 64-bit set of letter pairs of a word as it sounds: near words have near signatures."""
    heard = f"^{sound(word)}$"
    counts = [heard.count(c) for c in "abcdefghijklmnopqrstuvwxyz"]
    pairs = 0
    for a, b in pairwise(heard):
        pairs |= 1 << ((ord(a) * 31 + ord(b)) % 64)
    return counts, pairs


@cache
def stem_list() -> list[str]:
    """Every stem by its number."""
    return list(numbers())


@cache
def in_code_order() -> np.ndarray[Any, Any]:
    """The nodes sorted by code."""
    import numpy as np

    return np.argsort(index().codes, kind="stable")
