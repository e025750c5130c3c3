"""Excludes1 and code-first notes as a reference table, so that a rule card can join them.

A note reads from one side to the other: codes stand `under` it (its node and all below), and codes are `named` by it.
Two codes of one claim break an Excludes1 note when one stands under it and the other is named by it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbook.codes.conventions import Demand, Pointer, demands_of, pointer
from workbook.codes.store import data_folder
from workbook.codes.tables import DIAGNOSIS_NOTE
from workbook.codes.tabular import Tabular, using
from workbook.terms import Edition, private_file

if TYPE_CHECKING:
    import pyarrow as pa

#: of this module's derivation: a change of it makes the tables that were kept on disk old
_FORM = 1


def diagnosis_note_table(edition: Edition, book: Tabular) -> pa.Table:
    """The notes of one edition as rows of `DIAGNOSIS_NOTE`; derived once (some seconds) and kept in the data folder."""
    import pyarrow.parquet as pq

    mark = edition.sha256[:16] if edition.sha256 else _package_version()
    path = data_folder() / f"icd10cm-notes-{edition.version}-{mark}-{_FORM}.parquet"
    if not path.exists():
        with private_file(path) as stream:
            pq.write_table(_derived(edition, book), stream)
    return pq.read_table(path, schema=DIAGNOSIS_NOTE.schema)


def _package_version() -> str:
    from importlib.metadata import version

    return version("simple-icd-10-cm")


def _derived(edition: Edition, book: Tabular) -> pa.Table:
    with using(book):
        codes = _Codes(book)
        found = [*_excludes1(book, codes), *_code_first(book, codes)]
    kinds, notes, parts, diagnoses = zip(*found, strict=True)
    return DIAGNOSIS_NOTE.from_columns(
        {
            "note_kind": list(kinds),
            "note": list(notes),
            "part": list(parts),
            "diagnosis_code": list(diagnoses),
            "effective_date": [edition.span.effective_date] * len(found),
            "end_date": [edition.span.end_date] * len(found),
            "edition": [edition.version] * len(found),
        },
        len(found),
    )


class _Codes:
    """The complete codes of an edition: those below a node, and those a note points to."""

    def __init__(self, book: Tabular) -> None:
        self._sorted = [row[0] for row in book.rows("select code from node where is_billable = 1 order by code")]
        self._complete = set(self._sorted)
        self._children = defaultdict(list)
        for code, parent in book.rows("select code, parent from node"):
            self._children[parent].append(code)

    def below(self, node: str) -> list[str]:
        found, waiting = [], [node]
        while waiting:
            code = waiting.pop()
            if code in self._complete:
                found.append(code)
            waiting += self._children.get(code, [])
        return found

    def named(self, pointed: Pointer) -> set[str]:
        found: set[str] = set()
        for reference in pointed.references:
            first, last = reference.first, reference.last + "~"
            found.update(self._sorted[bisect_left(self._sorted, first) : bisect_right(self._sorted, last)])
        return {code for code in found if code in pointed} if pointed.qualifier else found


_Row = tuple[str, str, str, str]


def _rows(kind: str, note: str, under: Iterable[str], named: Iterable[str]) -> Iterator[_Row]:
    yield from ((kind, note, "under", code) for code in under)
    yield from ((kind, note, "named", code) for code in named)


def _excludes1(book: Tabular, codes: _Codes) -> Iterator[_Row]:
    """A code that its own note points to is not set apart from the others that it points to."""
    for on, sequence, text in book.rows("select code, sequence, text from note where kind = 'excludes1'"):
        named = codes.named(pointer(text))
        under = [code for code in codes.below(on) if code not in named]
        if under and named:
            yield from _rows("excludes1", f"{on}/{sequence}", under, named)


def _code_first(book: Tabular, codes: _Codes) -> Iterator[_Row]:
    """Of codes that stand under a note that holds whatever the record says, all code-first notes together are one."""
    groups: dict[tuple[str, ...], tuple[list[Demand], list[str]]] = {}
    nodes = [row[0] for row in book.rows("select distinct code from note where kind = 'code_first'")]
    for code in sorted({code for node in nodes for code in codes.below(node)}):
        demands = demands_of(code, "code_first")
        if any(d.is_mandatory and not d.has_examples_only for d in demands):
            groups.setdefault(tuple(d.on for d in demands), (demands, []))[1].append(code)
    for nodes_of_group, (demands, under) in groups.items():
        named = set().union(*(codes.named(p) for d in demands for p in d.pointers))
        yield from _rows("code_first", "+".join(nodes_of_group), under, named)
