"""A run of segments as columns: what the columns of claims and of paid claims have in common.

Both leave to the reader whatever has something out of the ordinary, and both put what they read beside its rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeVar

from workbook.claims.x12 import columns as c
from workbook.claims.x12.arrays import Pieces, parsed, parsed_parts, stands
from workbook.claims.x12.parties import Separators, detail_of
from workbook.claims.x12.segments import Delimiters, Run, Segments
from workbook.claims.x12.values import amount
from workbook.engine.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

    from workbook.claims.x12.arrays import Bools, Ints

CONTROL = ("ISA", "GS", "ST", "SE", "GE", "IEA", "TA1")
#: a run, and whether it was cut before a family that follows
Cut = tuple[Segments, Delimiters, bool]
#: In a run that is shorter the families are read one by one: columns pay from some hundred on.
MANY_SEGMENTS = 2_000
_LONGEST = 32 << 20  # characters of a family that wait for its end
_AHEAD = 2  # runs that are read while another is put into tables; each takes some 40 MB

R = TypeVar("R", bound="ColumnRun")


class ColumnRun:
    """The segments of a run and their elements, and which of the families that they form can be read as columns.

    A family is what is taken or refused together. A subclass says which names it knows (`names`), of which family each
    segment is (`family`, -1 for none), and on which place it stands (`place`). Each family begins at one of `starts`
    and ends before one of `stops`; `refused` says which are left to the reader.
    """

    names: tuple[str, ...]
    number: int  # of the first segment in the file, once it is known
    starts: Ints
    stops: Ints
    family: Ints
    place: Ints
    refused: Bools

    def __init__(self, segments: Segments, delimiters: Delimiters, *, is_whole: bool) -> None:
        """`is_whole`: what follows the run is another family."""
        self.element = delimiters.element
        self.separators: Separators = (delimiters.component, delimiters.repetition)
        self.has_blanks = _has_blanks(segments.lines, delimiters)
        self.pieces = Pieces(segments.lines, delimiters.element, has_blanks=self.has_blanks)
        self.name = self.pieces.heads(self.names)
        self.details: list[dict[str, Any]] = []

    @classmethod
    def code(cls, *names: str) -> list[int]:
        """The numbers that stand for names of segments in `name`."""
        return [cls.names.index(name) for name in names]

    def refuse(self, rows: Ints) -> None:
        """Leave the families of these rows to the reader."""
        families = self.family[rows]
        self.refused[families[families >= 0]] = True

    def refuse_misplaced(self, allowed: Mapping[int, Collection[str]]) -> None:
        """Refuse segments that are not known, or stand where their name is not among those `allowed` at that place."""
        import numpy as np

        known = np.zeros((max(allowed) + 1, len(self.names) + 1), bool)  # the last is for names not known
        for place, names in allowed.items():
            known[place, self.code(*names)] = True
        self.refuse(np.flatnonzero(~known[self.place, self.name]))

    def rows(self, *names: str, place: int | None = None) -> Ints:
        """Where segments of these names stand in families that are not refused yet."""
        import numpy as np

        is_named = self.name == self.code(*names)[0] if len(names) == 1 else np.isin(self.name, self.code(*names))
        found = np.flatnonzero(is_named & (self.family >= 0))
        if place is not None:
            found = found[self.place[found] == place]
        return self.alive(found)

    def alive(self, rows: Ints) -> Ints:
        """Those of the rows whose family is not refused yet."""
        found: Ints = rows[~self.refused[self.family[rows]]]
        return found

    def by(self, keys: Ints, rows: Ints, count: int) -> Ints:
        """For each of `count` keys the row that has it, or -1; a key that comes twice is refused."""
        import numpy as np

        found = np.full(count, -1, np.int64)
        found[keys] = rows
        self.refuse(rows[found[keys] != rows])
        return found

    def money(self, rows: Ints, position: int) -> pa.Array:
        """An amount that must stand and be readable."""
        import pyarrow as pa

        found = parsed(self.pieces.at(rows, position), amount, pa.decimal128(12, 2))
        self.refuse(rows[~stands(found)])
        return found

    def person(self, rows: Ints) -> dict[str, pa.Array]:
        """The columns of a party that NM1 segments give."""
        import pyarrow as pa
        import pyarrow.compute as pc

        told: dict[str, pa.Array] = {column: self.pieces.at(rows, position) for position, column in c.NAME.items()}
        told["last_name"] = on_file(told["last_name"])
        kinds = self.pieces.at(rows, 2)
        is_kind = pc.is_in(kinds, pa.array(["1", "2"]))
        told["is_organization"] = pc.if_else(is_kind, pc.equal(kinds, "2"), pa.scalar(None, pa.bool_()))
        return told

    def about(self, rows: Ints) -> pa.Array:
        """The party that each of these details is about."""
        import pyarrow as pa

        return pa.nulls(len(rows), pa.string())

    def tell(self, rows: Ints, kind: str | pa.Array, qualifier: pa.Array, piece: Ints | int = 0, **facts: Any) -> None:
        """Keep details, each about the party that was named last; `about` may say otherwise."""
        import numpy as np

        if not len(rows):
            return
        about = facts.pop("about", None)
        told = {"kind": kind, "qualifier": qualifier, "about": self.about(rows) if about is None else about, **facts}
        self.details.append({"rows": rows, "piece": np.broadcast_to(piece, len(rows)), **told})

    def tell_segments(self, rows: Ints) -> None:
        """Keep segments that have no columns."""
        import pyarrow as pa

        def told(text: str) -> list[Any]:
            row = detail_of(text.split(self.element), None, self.separators)
            return [row["kind"], row["qualifier"], row["value"]]

        if not len(rows):
            return
        texts = pa.array(self.pieces.texts(rows), pa.string())
        _, kind, qualifier, value = parsed_parts(texts, told, [pa.string()] * 3)
        self.tell(rows, kind, qualifier, value=value)

    def tell_rest(self, name: str, rows: Ints, taken: Collection[int], about: str | None) -> None:
        """Keep what is left of segments; `about` names the party, "" nobody, None the party that was named last."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        of, piece, texts = self.pieces.rest(rows, taken)
        if not len(of):
            return
        component, repetition = self.separators
        if component != ":":
            texts = pc.replace_substring(texts, component, ":")
        if repetition and repetition != "^":
            texts = pc.replace_substring(texts, repetition, "^")
        longest = int(piece.max(initial=0)) + 1
        qualifier = pa.array([f"{name}{p:02}" for p in range(longest)], pa.string()).take(pa.array(piece))
        whom = None if about is None else pa.array(np.full(len(of), about or None, object), pa.string())
        self.tell(rows[of], "element", qualifier, piece, value=texts, about=whom)

    def tell_element(self, name: str, rows: Ints, position: int, about: str | None) -> None:
        """Keep one element of segments, as `tell_rest` does."""
        longest = int(self.pieces.sizes[rows].max(initial=0))
        self.tell_rest(name, rows, [at for at in range(longest) if at != position], about)

    def detail_table(self, table: Table) -> tuple[Ints, Ints, pa.Table]:
        """All details: of which segment each is, of which of its elements (0 for the whole), and its columns."""
        import numpy as np
        import pyarrow as pa

        none = np.zeros(0, np.int64)
        rows, pieces = (np.concatenate([none, *(told[name] for told in self.details)]) for name in ("rows", "piece"))
        columns = [typed(table, told, len(told["rows"])) for told in self.details]
        return rows, pieces, pa.concat_tables([table.empty(), *columns])

    def spans(self) -> list[tuple[int, int]]:
        """Where plain families stand: from the first segment of one to behind the last of those that follow it."""
        import numpy as np

        starts, stops = self.starts[~self.refused], self.stops[~self.refused]
        goes_on = stops[:-1] == starts[1:]
        first, last = np.append(True, ~goes_on)[: len(starts)], np.append(~goes_on, True)[: len(starts)]
        return list(zip(starts[first].tolist(), stops[last].tolist(), strict=True))


def _has_blanks(lines: bytes, delimiters: Delimiters) -> bool:
    """Whether an element or component of these segments may begin or end with a blank of any kind."""
    import numpy as np

    edge = ord("\n")
    data = np.frombuffer(b"\n%b\n" % lines, np.uint8)
    # blanks, and what may be part of one that is not ASCII: below 33 or above 126
    at = np.flatnonzero((data - np.uint8(33) > 126 - 33) & (data != edge))
    beside = np.append(data[at - 1], data[at + 1])
    return bool(np.isin(beside, [edge, ord(delimiters.element), ord(delimiters.component)]).any())


def on_file(text: pa.Array) -> pa.Array:
    """Texts, null where they say that there is none."""
    import pyarrow.compute as pc

    is_absent = pc.fill_null(pc.ends_with(text, c.NOT_ON_FILE), False)
    return pc.if_else(is_absent, None, text) if pc.any(is_absent).as_py() else text


def typed(table: Table, told: Mapping[str, Any], count: int) -> pa.Table:
    """A table from columns; a value that is no column stands in every row."""
    import numpy as np
    import pyarrow as pa

    columns = []
    for field in table.schema:
        column = told.get(field.name)
        if isinstance(column, np.ndarray):
            columns.append(pa.array(column, field.type))
        elif isinstance(column, pa.Array | pa.ChunkedArray):
            columns.append(column if column.type == field.type else column.cast(field.type))
        elif column is None:
            columns.append(pa.nulls(count, field.type))
        else:  # one value for all
            columns.append(pa.repeat(pa.scalar(column, field.type), count))
    return pa.Table.from_arrays(columns, schema=table.schema)


def merged(rows: tuple[pa.Table, Ints], columns: tuple[pa.Table, Ints]) -> tuple[pa.Table, Ints]:
    """Two parts of a table, each row with its place in the file, as one in the order of places; `rows` goes first."""
    import numpy as np
    import pyarrow as pa

    if not rows[0].num_rows:
        return columns
    places = np.concatenate([rows[1], columns[1]])
    order = np.argsort(places, kind="stable")
    return pa.concat_tables([rows[0], columns[0]]).take(pa.array(order)), places[order]


def cut_runs(runs: Iterator[Run], name: str, is_first: Callable[[list[str]], bool] | None = None) -> Iterator[Cut]:
    """Cut each run before its last family, which goes with the next: it may go on there.

    A family begins with a segment of that name for which `is_first` holds.
    """

    def begins(text: str, position: int, delimiters: Delimiters) -> bool:
        stop = text.find(delimiters.terminator, position)
        return text.startswith(f"{name}{delimiters.element}", position) and (
            is_first is None or (stop > 0 and is_first(text[position:stop].split(delimiters.element)))
        )

    held = ""
    before: Delimiters | None = None
    for segments, delimiters in runs:
        if held and before and delimiters != before:
            yield Segments(held, before.terminator), before, False
            held = ""
        join = delimiters.terminator if held and not held.endswith(delimiters.terminator) else ""
        text, before, held = f"{held}{join}{segments.text}", delimiters, ""
        position = len(text)
        while (position := text.rfind(f"{name}{delimiters.element}", 0, position)) > 0:
            if _follows(text, position, delimiters.terminator) and begins(text, position, delimiters):
                break
        if position > 0:
            yield Segments(text[:position], delimiters.terminator), delimiters, True
            held = text[position:]
        elif len(text) > _LONGEST or not begins(text, 0, delimiters):
            yield Segments(text, delimiters.terminator), delimiters, False
        else:
            held = text
    if held and before:
        yield Segments(held, before.terminator), before, False


def _follows(text: str, position: int, terminator: str) -> bool:
    """Whether what stands before the position, line breaks and blanks aside, is a terminator."""
    return text[max(0, position - 8) : position].rstrip(" \r\n".replace(terminator, "")).endswith(terminator)


def read_ahead(cuts: Iterator[Cut], kind: type[R]) -> Iterator[tuple[Run, R | None]]:
    """Each run with its columns, in order; None for a run that is short, or whose separators are not ASCII.

    Threads read the runs that come next meanwhile: most of the work lets go of the interpreter's lock.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    def read(segments: Segments, delimiters: Delimiters, is_whole: bool) -> R | None:
        if len(segments) < MANY_SEGMENTS or not "".join(filter(None, delimiters)).isascii():
            return None
        return kind(segments, delimiters, is_whole=is_whole)

    waiting: deque[tuple[Run, Future[R | None]]] = deque()
    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="columns") as threads:
        number = 1
        for cut in chain(cuts, repeat(None, _AHEAD)):
            if cut:
                waiting.append((cut[:2], threads.submit(read, *cut)))
            if waiting and (cut is None or len(waiting) > _AHEAD):
                run, future = waiting.popleft()
                if columns := future.result():
                    columns.number = number
                yield run, columns
                number += len(run[0])
