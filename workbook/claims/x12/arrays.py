"""Columns for many rows at once: texts cut into pieces, each distinct text parsed once, rows numbered and joined.

A row number of -1 stands for "none" and gives null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Bools = np.ndarray[Any, np.dtype[np.bool_]]


_LINE_BREAK = 10


class Pieces:
    """Texts cut at a separator: `at(rows, k)` is piece k of each of those rows, null where it is absent or blank.

    No text is empty or has a line break, and the separator is one ASCII character. `has_blanks`: pieces may begin or
    end with blanks.
    """

    def __init__(self, texts: bytes, separator: str, *, has_blanks: bool) -> None:
        """The texts stand one on a line, in UTF-8."""
        import numpy as np
        import pyarrow as pa

        self.has_blanks = has_blanks
        self._texts = texts
        data = np.frombuffer(texts, np.uint8)
        cuts = np.flatnonzero((data == ord(separator)) | (data == _LINE_BREAK))
        total = len(cuts) + 1 if texts else 0
        ends = np.flatnonzero(data[cuts] == _LINE_BREAK)
        self.first = np.append(0, ends + 1) if texts else ends
        self._breaks = np.concatenate([[-1], cuts[ends], [len(data)]])
        self.sizes = np.diff(np.append(self.first, total))
        self._places = np.zeros(total + 1, np.int32)
        self._places[1:total] = cuts.astype(np.int32) - np.arange(len(cuts), dtype=np.int32)  # what was cut out is gone
        self._places[-1] = len(data) - len(cuts)
        self._is_empty = np.append(self._places[1:] == self._places[:-1], True)
        kept = texts.translate(None, f"{separator}\n".encode()) + b"\0\0\0"  # a name may be looked for at the end
        self._data = np.frombuffer(kept, np.uint8)
        self.flat = pa.StringArray.from_buffers(total, pa.py_buffer(self._places), pa.py_buffer(kept))

    def heads(self, names: Sequence[str]) -> Ints:
        """Which of the `names`, each two or three letters, the first piece of each text is; -1 for none of them."""
        import numpy as np

        begins, lengths = self._places[self.first], np.diff(self._places)[self.first]
        first, second, third = (self._data[begins + n].astype(np.int32) for n in range(3))
        found = first << 16 | second << 8 | np.where(lengths > 2, third, 0)
        known = np.array([int.from_bytes(name.ljust(3, "\0").encode()) for name in names], np.int32)
        order = np.argsort(known)
        place = order[np.minimum(np.searchsorted(known, found, sorter=order), len(names) - 1)]
        return np.where((known[place] == found) & (lengths > 1) & (lengths < 4), place, -1)

    def at(self, rows: Ints, k: int | Ints) -> pa.Array:
        """Piece `k` (the first is 0), or each row's own `k`, of each row; a row of -1 has none."""
        import numpy as np
        import pyarrow as pa

        absent = (k >= self.sizes[rows]) | (rows < 0) if len(self.first) else np.ones(len(rows), bool)
        if absent.all():
            return pa.nulls(len(rows), pa.string())
        at = self.first[rows] + k
        at[absent] = -1  # the last of `_is_empty` is for these
        is_empty = self._is_empty[at]
        if is_empty.all():
            return pa.nulls(len(rows), pa.string())
        return self._trimmed(self.flat.take(pa.array(at, mask=is_empty) if is_empty.any() else pa.array(at)))

    def texts(self, rows: Ints) -> list[str]:
        """The whole text of each row."""
        begins, ends = (self._breaks[rows] + 1).tolist(), self._breaks[rows + 1].tolist()
        return [self._texts[begin:end].decode() for begin, end in zip(begins, ends, strict=True)]

    def is_only_blanks(self, rows: Ints, k: int) -> Bools:
        """Which rows have a piece `k` that is not empty but has nothing except blanks."""
        import numpy as np

        if not self.has_blanks:
            return np.zeros(len(rows), bool)
        at = np.where((k >= self.sizes[rows]) | (rows < 0), -1, self.first[rows] + k)
        return ~self._is_empty[at] & ~stands(self.at(rows, k))

    def rest(self, rows: Ints, taken: Collection[int]) -> tuple[Ints, Ints, pa.Array]:
        """Every piece but the first that is not blank and not `taken`: which of the rows, which piece, its text."""
        import numpy as np
        import pyarrow as pa

        sizes = self.sizes[rows] - 1
        if not set(range(1, sizes.max(initial=0) + 1)).difference(taken):
            return rows[:0], rows[:0], pa.array([], pa.string())
        of = np.repeat(np.arange(len(rows)), sizes)
        piece = np.arange(len(of)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
        at = self.first[rows[of]] + piece
        wanted = ~np.isin(piece, list(taken)) & ~self._is_empty[at]
        of, piece = of[wanted], piece[wanted]
        text = self._trimmed(self.flat.take(pa.array(at[wanted])))
        is_there = stands(text)
        return of[is_there], piece[is_there], text.filter(pa.array(is_there))

    def _trimmed(self, text: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        if not self.has_blanks:
            return text
        text = pc.utf8_trim_whitespace(text)
        return pc.if_else(pc.equal(pc.binary_length(text), 0), None, text)


def flags(array: pa.Array) -> Bools:
    """A boolean array for numpy; null is no."""
    import pyarrow.compute as pc

    found: Bools = (pc.fill_null(array, False) if array.null_count else array).to_numpy(zero_copy_only=False)
    return found


def stands(array: pa.Array) -> Bools:
    """Which values are not null."""
    import numpy as np

    if not array.null_count:
        return np.ones(len(array), bool)
    found: Bools = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def parsed(texts: pa.Array, parse: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Each text as `parse` reads it; a distinct text is parsed once."""
    import pyarrow as pa

    found = texts.dictionary_encode()
    return pa.array([parse(text) for text in found.dictionary.to_pylist()], kind).take(found.indices)


def parsed_parts(texts: pa.Array, parse: Callable[[str], Any], kinds: Sequence[pa.DataType]) -> list[pa.Array]:
    """As `parsed`, for a parser that gives several values, or None; the first array says which it could read."""
    import pyarrow as pa

    found = texts.dictionary_encode()
    results = [parse(text) for text in found.dictionary.to_pylist()]
    columns = [pa.array([result is not None for result in results], pa.bool_())]
    columns += [pa.array([None if r is None else r[place] for r in results], kind) for place, kind in enumerate(kinds)]
    return [column.take(found.indices) for column in columns]


def cents(amounts: pa.Array) -> Ints:
    """Amounts with two decimals and 18 digits at most as whole cents; null is 0."""
    import numpy as np
    import pyarrow.compute as pc

    filled = pc.fill_null(amounts, 0)
    low_and_high = np.frombuffer(filled.buffers()[1] or b"", np.int64)  # 18 digits fit the low half of 128 bits
    return low_and_high[::2][filled.offset : filled.offset + len(filled)]


def from_cents(whole: Ints, is_null: Bools) -> pa.Array:
    """Whole cents as amounts of DECIMAL(18,2)."""
    import numpy as np
    import pyarrow as pa

    low_and_high = np.stack([whole, whole >> 63], axis=1)  # the high half is the sign's
    kind = pa.decimal128(18, 2)
    mask = pa.array(~is_null).buffers()[1]
    return pa.Array.from_buffers(kind, len(whole), [mask, pa.py_buffer(low_and_high)])


def last_set(at: Bools) -> Ints:
    """For each position the last one at or before it that is set, or -1."""
    import numpy as np

    return np.maximum.accumulate(np.where(at, np.arange(len(at)), -1))


def comes_again(*keys: Ints) -> Bools:
    """Which rows have the same keys as a row before them."""
    import numpy as np

    order = np.lexsort(keys[::-1])
    same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    found = np.zeros(len(order), bool)
    found[order[1:]] = same
    return found


def numbered(*keys: Ints) -> Ints:
    """The place of each row, from 1, among the rows with the same keys, in their order."""
    import numpy as np

    order = np.lexsort(keys[::-1])
    begins = np.ones(len(order), bool)
    if len(order) > 1:
        begins[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    place = np.arange(len(order))
    found = np.empty(len(order), np.int64)
    found[order] = place - np.maximum.accumulate(np.where(begins, place, 0)) + 1
    return found


def value_of(values: pa.Array, rows: Ints) -> pa.Array:
    """The value of each row; null for a row of -1."""
    import numpy as np
    import pyarrow as pa

    return (
        values.take(pa.array(np.maximum(rows, 0), mask=rows < 0)) if len(values) else pa.nulls(len(rows), values.type)
    )
