"""Code search: recall and latency of the workbook's own index beside SQLite FTS5 and a simple scan of every text.

`python -m benchmarks.search` prints the rows that `measure` returns. The queries are `tests/codes/search_queries.csv`.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

QUERIES = Path(__file__).parents[1] / "tests" / "codes" / "search_queries.csv"
Finder = Callable[[str], list[str]]


def queries() -> list[tuple[str, set[str], str]]:
    """The stored queries as (query, acceptable codes, split)."""
    with QUERIES.open(encoding="utf-8", newline="") as stream:
        return [(r["query"], set(r["expected"].split("|")), r["split"]) for r in csv.DictReader(stream)]


def ask(find: Finder, each: int = 1) -> str:
    """Recall among the first five by split, and the latencies of one search, over each so many of the queries."""
    find("warm up")
    taken, right = [], {"dev": [], "held": [], "fresh": []}
    for query, expected, split in queries()[::each]:
        start = time.perf_counter()
        found = find(query)
        taken.append((time.perf_counter() - start) * 1000)
        right[split].append(bool(expected & set(found[:5])))
    taken.sort()
    recall = ", ".join(f"{sum(found) / len(found):.3f} {split}" for split, found in right.items())
    middle, high = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    return f"recall@5 {recall}; p50 {middle:.1f} ms, p95 {high:.1f} ms"


def _texts() -> list[tuple[str, str]]:
    from workbook.codes import dotted
    from workbook.codes.search_index import read_texts

    found, texts = read_texts()
    return [(dotted(found[node][0]), text) for node, text, _ in texts]


def scan(texts: list[tuple[str, str]]) -> Finder:
    """Every text is read for every query: most words held first, then the shortest."""
    lowered = [(code, text.lower()) for code, text in texts]

    def find(query: str) -> list[str]:
        words = query.lower().split()
        ranked = sorted((-sum(w in text for w in words), len(text), code) for code, text in lowered)
        return list(dict.fromkeys(code for held, _, code in ranked[:40] if held))

    return find


def fts5(texts: list[tuple[str, str]], tokenizer: str) -> Finder:
    """SQLite's full-text search in memory, any word, ranked by bm25."""
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE VIRTUAL TABLE texts USING fts5(code UNINDEXED, text, tokenize='{tokenizer}')")
    base.executemany("INSERT INTO texts VALUES (?, ?)", texts)

    def find(query: str) -> list[str]:
        words = [w for w in re.findall(r"\w+", query) if tokenizer != "trigram" or len(w) > 2]
        if tokenizer == "trigram":
            words = [w[i : i + 3] for w in words for i in range(len(w) - 2)]
        if not words:
            return []
        match = " OR ".join(f'"{w}"' for w in words)
        rows = base.execute("SELECT code FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 40", (match,))
        return list(dict.fromkeys(code for (code,) in rows))

    return find


def measure() -> list[tuple[str, str]]:
    """Rows of what was measured and its figure."""
    from workbook.codes import search_index
    from workbook.codes.search import search

    start = time.perf_counter()
    search_index.build()
    built = time.perf_counter() - start
    search_index.index()
    search_index.index.cache_clear()
    start = time.perf_counter()
    search_index.index()
    loaded = time.perf_counter() - start
    size = search_index.index_path().stat().st_size / 1e6
    texts = _texts()
    return [
        ("search: own index", ask(lambda q: [h.code for h in search(q)])),
        ("search: own index, cold", f"built in {built:.1f} s, read in {loaded:.2f} s, {size:.1f} MB on disk"),
        ("search: what is searched", f"{len(texts):,} titles and terms, {len(queries())} queries"),
        ("search: SQLite FTS5, porter stems", ask(fts5(texts, "porter unicode61"))),
        ("search: SQLite FTS5, trigrams (every fifth query)", ask(fts5(texts, "trigram"), 5)),
        ("search: simple scan (every fifth query)", ask(scan(texts), 5)),
    ]


if __name__ == "__main__":
    for what, figure in measure():
        print(f"{what}: {figure}")
