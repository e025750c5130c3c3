"""How an official file is opened, recognised by its header or shape, and read in checked batches."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workbook.codes.load.cells import READERS
from workbook.codes.load.layouts import LAYOUTS, Field, Layout, Wide
from workbook.codes.load.sheets import SUFFIXES, as_csv
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

HEAD = 1 << 16
HEADER_ROWS = 40
BLOCK = 1 << 23
_OTHER_FILES = (".pdf", ".docx", ".doc", ".rtf", ".md", ".html", ".xml")


class NotACodeFileError(WorkbookError):
    """A file that is of no kind we read: in a zip of many files it is passed over."""


@dataclass(frozen=True)
class Source:
    """A file as downloaded, or one file inside a zip."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The name of the file itself, without its zip."""
        return Path(self.member).name if self.member else self.path.name

    def __str__(self) -> str:
        return f"{self.path.name}: {self.member}" if self.member else self.path.name

    @property
    def is_sheet(self) -> bool:
        """True for a spreadsheet, which is read as text."""
        return self.name.lower().endswith(SUFFIXES)

    @property
    def names(self) -> str:
        """Its names in lower case, the file's own first: what a release or setting can be told from."""
        return f"{self.name} {self.path.name if self.member else ''}".lower()

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the file's bytes. Raises WorkbookError when it cannot be read or its zip is damaged."""
        try:
            if self.member is None:
                with self.path.open("rb") as file, self._text(file) as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as pack, pack.open(self.member) as inside, self._text(inside) as text:
                    yield text
        except OSError as error:
            raise WorkbookError(f"{self}: cannot be read ({error.strerror or error}); check the path") from None
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise WorkbookError(f"{self}: the zip is damaged or cut short ({error}); download it again") from None

    def _text(self, stream: IO[bytes]) -> IO[bytes]:
        return as_csv(str(self), self.path, stream.read) if self.is_sheet else stream


def sources(path: Path) -> list[Source]:
    """The readable files of a path: itself, or what stands in its zip: csv, then txt, then xlsx."""
    if not path.is_file():
        raise WorkbookError(f"{path}: no such file; give a file as downloaded, a zip or what was in it")
    if path.stat().st_size == 0:
        raise WorkbookError(f"{path.name}: the file is empty; download it again")
    if path.suffix.lower() in SUFFIXES or not (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)):
        return [Source(path)]
    try:
        with zipfile.ZipFile(path) as pack:
            members = [m.filename for m in pack.infolist() if m.file_size and not m.is_dir()]
    except zipfile.BadZipFile as error:
        raise WorkbookError(f"{path.name}: the zip is damaged or cut short ({error}); download it again") from None
    readable = sorted(m for m in members if not m.lower().endswith(_OTHER_FILES) and "__MACOSX" not in m)
    if not readable:
        raise WorkbookError(
            f"{path.name}: no text, csv or xlsx file in the zip; seen: {', '.join(members) or 'nothing'}"
        )
    return [
        Source(path, m)
        for m in sorted(readable, key=lambda m: (m.lower().endswith(SUFFIXES), not m.lower().endswith(".csv")))
    ]


@dataclass(frozen=True)
class Recognised:
    """A source whose layout is known: where each field stands and where its rows begin."""

    source: Source
    layout: Layout
    positions: dict[str, int]
    skip: int
    width: int
    delimiter: str
    title: str

    @property
    def encoding(self) -> str:
        """The layout's own, but UTF-8 for what was a spreadsheet."""
        return "utf8" if self.source.is_sheet else self.layout.encoding


def words(text: str) -> str:
    """Header text as lower-case words: "HCPCS/\\nCPT Code" is "hcpcs cpt code"."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def recognise(source: Source) -> Recognised:
    """Tell what a file is from its header words or the shape of its lines; raises WorkbookError for any other file."""
    with source.open() as stream:
        head = stream.read(HEAD)
    text = head.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if len(head) == HEAD:
        text = text[: text.rfind("\n") + 1]
    near: tuple[int, Layout | None, str] = (0, None, "")
    for layout in LAYOUTS:
        if layout.named and not re.search(layout.named, source.names):
            continue
        if layout.is_fixed:
            if found := _by_shape(source, layout, text):
                return found
            continue
        for delimiter in ("\t", ","):
            rows = _rows(text, delimiter)
            for end in range(min(len(rows), HEADER_ROWS)):
                for start in range(end, max(-1, end - 6), -1):
                    header = _join(rows[start : end + 1])
                    positions, missing = _columns(layout, header)
                    if not missing:
                        return _with_header(source, layout, rows, end, header, positions, delimiter, text)
                    if len(positions) > near[0]:
                        near = (len(positions), layout, missing[0])
    _refuse(source, text, near)
    raise AssertionError


def _refuse(source: Source, text: str, near: tuple[int, Layout | None, str]) -> None:
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")[:80]
    if not first:
        raise WorkbookError(f"{source}: the file is empty; download it again")
    if near[1] is not None and near[0] > 1 and near[0] * 2 >= len(near[1].fields):
        raise WorkbookError(
            f"{source}: looks like {near[1].title}, but has no column {near[2]!r}; expected "
            f"{near[1].expected()}; add the file as downloaded"
        )
    kinds = "; ".join(dict.fromkeys(layout.title for layout in LAYOUTS))
    raise NotACodeFileError(f"{source}: not a code file that can be read. Expected one of: {kinds}. Seen: {first!r}")


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first rows with the number of file lines up to and with each."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            rows.append((reader.line_num, cells))
            if len(rows) > 3 * HEADER_ROWS:
                break
    except csv.Error:
        pass  # a cell longer than a header ever is: not this kind of file
    return rows


def _join(rows: list[tuple[int, list[str]]]) -> list[str]:
    width = len(rows[-1][1])
    return [words(" ".join(cells[i] for _, cells in rows if i < len(cells))) for i in range(width)]


def _columns(layout: Layout, header: list[str]) -> tuple[dict[str, int], list[str]]:
    positions, missing = {}, []
    for field in layout.fields:
        at = next((i for i, text in enumerate(header) if re.fullmatch(str(field.found), text)), None)
        if at is None:
            missing.append(str(field.found))
        else:
            positions[field.column] = at
    if layout.wide and not missing:
        repeated = {f"@{text}": i for i, text in enumerate(header) if re.fullmatch(layout.wide.header, text)}
        positions |= repeated
        if not repeated:
            missing.append(layout.wide.header)
    return positions, missing


def _with_header(
    source: Source, layout: Layout, rows: list[tuple[int, list[str]]], end: int, header: list[str],
    positions: dict[str, int], delimiter: str, text: str,
) -> Recognised:  # fmt: skip
    known = set(positions.values())
    for i, name in enumerate(header):
        if name and i not in known and not re.fullmatch(layout.ignored, name):
            raise WorkbookError(
                f"{source}, line {rows[end][0]}: unknown column {name!r} in {layout.title}; expected "
                f"{layout.expected()}; is this a newer layout?"
            )
    key = layout.fields[0]
    pattern = READERS[key.read][2] or key.allowed or ".+"
    for (before, _), (_, cells) in zip(rows[end:], rows[end + 1 :], strict=False):
        at = positions[key.column]
        if at < len(cells) and re.fullmatch(pattern, cells[at].strip()):
            return Recognised(source, layout, positions, before, len(header), delimiter, words(text))
    raise WorkbookError(f"{source}: {layout.title} with a header and no rows below it; download it again")


def _by_shape(source: Source, layout: Layout, text: str) -> Recognised | None:
    lines = [line for line in text.split("\n")[:50] if line.strip()]
    skip = 0
    while lines and lines[0].startswith("HDR"):
        lines.pop(0)
        skip += 1
    if not lines or not all(re.fullmatch(layout.shape or "", line) for line in lines):
        return None
    return Recognised(source, layout, {}, skip, 1, "\x01", words(text[:2000]))


def batches(found: Recognised, progress: Callable[[int], None] | None) -> Iterator[tuple[dict[str, Any], Any]]:
    """The file's rows as Arrow columns by our names, with each row's line in the file; every cell is checked."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    odd: list[Any] = []

    def odd_row(row: Any) -> str:
        odd.append(row)
        return "skip"

    names = [f"c{i}" for i in range(found.width)]
    wanted = names if found.layout.is_fixed else [names[i] for i in sorted(set(found.positions.values()))]
    line = found.skip + 1
    with found.source.open() as stream:
        for _ in range(found.skip):
            stream.readline()
        try:
            reader = arrow_csv.open_csv(
                stream,
                arrow_csv.ReadOptions(column_names=names, block_size=BLOCK, encoding=found.encoding),
                arrow_csv.ParseOptions(
                    delimiter=found.delimiter, quote_char=False if found.layout.is_fixed else '"',
                    invalid_row_handler=odd_row, ignore_empty_lines=False,
                ),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), include_columns=wanted, strings_can_be_null=False
                ),
            )  # fmt: skip
            for batch in reader:
                if odd:
                    _odd_row(found, odd[0])
                yield _checked(found, batch, line)
                line += batch.num_rows
                if progress:
                    progress(line - found.skip - 1)
        except pa.ArrowInvalid as error:
            raise WorkbookError(f"{found.source}: {str(error).splitlines()[0]}; add the file as downloaded") from None
    if odd:
        _odd_row(found, odd[0])


def _odd_row(found: Recognised, row: Any) -> None:
    wanted = row.text.strip().encode(found.encoding, "replace")
    with found.source.open() as stream:
        number = next((n for n, line in enumerate(stream, 1) if n > found.skip and line.strip() == wanted), None)
    raise WorkbookError(
        f"{found.source}, {f'line {number}' if number else repr(row.text[:60])}: {row.actual_columns} columns, "
        f"expected {row.expected_columns}; the file may be cut short: download it again"
    )


def _checked(found: Recognised, batch: pa.RecordBatch, first_line: int) -> tuple[dict[str, Any], Any]:
    """One batch: blank lines, footnotes and unwanted rows dropped, cells read."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    layout = found.layout
    raw: dict[str, Any] = {}
    for field in layout.fields:
        if isinstance(field.found, tuple):
            cells = pc.utf8_slice_codeunits(batch.column(0), field.found[0] - 1, field.found[1])
        else:
            cells = batch.column(f"c{found.positions[field.column]}")
        raw[field.column] = pc.utf8_trim_whitespace(cells)
    if layout.carried:
        cells = raw[layout.carried]
        raw[layout.carried] = pc.fill_null(pc.fill_null_forward(pc.if_else(pc.equal(cells, ""), None, cells)), "")
    keys = list(raw)
    has_more = pc.not_equal(raw[keys[1]], "")
    for name in keys[2:]:
        has_more = pc.or_(has_more, pc.not_equal(raw[name], ""))
    for name, pattern in layout.keep.items():
        has_more = pc.and_(has_more, pc.match_substring_regex(raw[name], pattern))
    lines = pa.array(np.arange(first_line, first_line + batch.num_rows, dtype=np.int32)).filter(has_more)
    read = {f.column: _read_column(found, f, raw[f.column].filter(has_more), lines) for f in layout.fields}
    if layout.joined:
        target, left, right = layout.joined
        joined = pc.binary_join_element_wise(read[left], read[right], "-")
        # southern California stands under its northern contractor in some files; GPCI's number is the one we use
        read[target] = pc.replace_substring_regex(joined, r"^01112-(17|18|7[1-4])$", r"01182-\1")
    if layout.appended:
        target, *parts = layout.appended
        whole = pc.binary_join_element_wise(*(pc.fill_null(read[part], "") for part in parts), "")
        read[target] = pc.if_else(pc.equal(whole, ""), None, whole)
    rows = {name: column for name, column in read.items() if not name.startswith("_")}
    if layout.wide:
        return _a_row_each(found, layout.wide, batch, has_more, rows, lines)
    if not layout.repeats:
        return rows, lines
    seen: set[tuple[Any, ...]] = set()
    said = zip(*(column.to_pylist() for column in rows.values()), strict=True)
    is_new = pa.array([not (row in seen or seen.add(row)) for row in said])  # type: ignore[func-returns-value]
    return {name: column.filter(is_new) for name, column in rows.items()}, lines.filter(is_new)


def _a_row_each(
    found: Recognised, wide: Wide, batch: pa.RecordBatch, wanted: Any, rows: dict[str, Any], lines: Any
) -> tuple[dict[str, Any], Any]:
    """The rows once for each group of columns that repeat, with its values; a row without any is not made."""
    import pyarrow as pa
    import pyarrow.compute as pc

    groups: dict[str, dict[str, int]] = {}
    for name, at in found.positions.items():
        if name.startswith("@"):
            told = re.fullmatch(wide.header, name[1:])
            assert told is not None
            groups.setdefault(told[1].upper(), {})[told[2]] = at
    made: list[pa.Table] = []
    for group, places in groups.items():
        columns = dict(rows)
        columns[wide.column] = pa.repeat(pa.scalar(group, pa.string()), len(lines))
        has_value = pa.repeat(False, len(lines))
        for suffix, ours in wide.values.items():
            if suffix in places:
                cells = pc.utf8_trim_whitespace(batch.column(f"c{places[suffix]}")).filter(wanted)
                columns[ours] = _read_column(found, Field(ours, "", wide.read), cells, lines)
            else:
                columns[ours] = pa.nulls(len(lines), found.layout.table.schema.field(ours).type)
            nought = pa.scalar(Decimal(0), columns[ours].type)
            has_value = pc.or_(has_value, pc.fill_null(pc.greater(columns[ours], nought), False))
        made.append(pa.table({**columns, "@line": lines}).filter(has_value))
    columns = {n: c.combine_chunks() for n, c in zip(made[0].column_names, pa.concat_tables(made).columns, strict=True)}
    at = columns.pop("@line")
    return columns, at


def _read_column(found: Recognised, field: Field, cells: Any, lines: Any) -> Any:
    """Read a column by its distinct values; the first that does not fit is refused with its line."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table, name = found.layout.table, field.column
    kind = pa.string() if name.startswith("_") else table.schema.field(name).type
    required = not name.startswith("_") and table[name].required
    reader, expects, _ = READERS[field.read]
    coded = cells.dictionary_encode()
    values = []
    for i, text in enumerate(coded.dictionary.to_pylist()):
        try:
            value = reader(text) if text else None
            fits = value is not None or not required
            fits = fits and not (field.allowed and text and not re.fullmatch(field.allowed, str(value)))
        except (ValueError, InvalidOperation, KeyError):
            fits = False
        if not fits:
            line = lines[pc.index(coded.indices, pa.scalar(i, coded.indices.type)).as_py()].as_py()
            raise WorkbookError(
                f"{found.source}, line {line}: {name.strip('_')} is {text!r}, expected "
                f"{expects}{f' of the form {field.allowed}' if field.allowed else ''}; add the file as downloaded"
            )
        values.append(value)
    return pa.array(values, kind).take(coded.indices)
