"""Where does each X12 segment begin and end? A file of any size as numbered lists of elements, in bounded memory.

The separators are whatever each interchange's ISA says: element (the character after "ISA"), component (ISA16),
repetition (ISA11, from version 00501) and terminator (the character after ISA16).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workbook.claims.x12.rows import Problems
from workbook.terms import WorkbookError

CHUNK_BYTES = 3 << 20
#: A segment longer than this has lost its terminator; it is given up as one so that memory stays bounded.
LONGEST_SEGMENT = 4 << 20
_HEADER_CHARACTERS = 400  # an ISA is 106 characters; senders that do not pad, or wrap lines, differ
_BLANK = " \t\r\n\x00\x1a\ufeff"  # \x1a ends files that crossed a mainframe; \ufeff is a byte-order mark
_SEPARATOR = r"[^A-Za-z0-9 \t\r\n]"  # not \s, which would refuse the control characters 1C to 1F
_ISA = re.compile(f"ISA(?={_SEPARATOR})")
_GROUP_HEADER = re.compile(
    rf"GS({_SEPARATOR})[A-Z]{{2}}\1(?:[^\r\n]*?\1){{6}}[0-9]{{6}}[A-Z0-9]* *({_SEPARATOR}|[\r\n])"
)
_COMPOSITE = re.compile(f"(?:SV1|SVC|SV3){_SEPARATOR}(?:HC|AD)({_SEPARATOR})")
_LATE_TERMINATOR = re.compile(rf"[\r\n]+({_SEPARATOR})(?=(?:GS|TA1)\W)")


class Delimiters(NamedTuple):
    """The four characters that separate the parts of one interchange; `repetition` is None before version 00501."""

    element: str
    component: str
    repetition: str | None
    terminator: str


#: (segment number from 1 at the file's first segment, elements with the segment's name first, delimiters)
Segment = tuple[int, list[str], Delimiters]


class Segments:
    """Segments that follow each other in one interchange: as they stand in the file (`text`) until they are cut.

    They are cut when their number, `lines` or `strings` is first asked for, which may be in another thread.
    """

    def __init__(self, text: str, terminator: str) -> None:
        self.text, self._terminator = text, terminator

    @cached_property
    def lines(self) -> bytes:
        """One segment on a line, in UTF-8: none is empty, begins with a blank or has a line break."""
        terminator, lines = self._terminator.encode(), self.text.encode()
        # line breaks stand after a segment, or where a mail gateway wrapped one
        breaks = b"\r\n".replace(terminator, b"")
        if len(terminator) == 1:
            lines = lines.translate(bytes.maketrans(terminator, b"\n"), breaks)
        else:
            lines = lines.translate(None, breaks).replace(terminator, b"\n")
        if b"\n " in lines or lines.startswith(b" "):
            lines = re.sub(rb"^ +", b"", lines, flags=re.MULTILINE)
        if b"\n\n" in lines:
            lines = re.sub(rb"\n\n+", b"\n", lines)
        self.text = ""
        return lines.strip(b"\n")

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    @cached_property
    def _count(self) -> int:
        return self.lines.count(b"\n") + 1 if self.lines else 0

    @cached_property
    def strings(self) -> list[str]:
        """Each segment as text."""
        return self.lines.decode().split("\n") if self.lines else []


#: segments, and the delimiters of their interchange
Run = tuple[Segments, Delimiters]


def read_segments(source: str | Path | BinaryIO, problems: Problems | None = None) -> Iterator[Segment]:
    """Stream the segments of an X12 file; see `read_runs` for what is read and what is refused."""
    first = 1
    for segments, delimiters in read_runs(source, problems):
        for number, segment in enumerate(segments.strings, first):
            yield number, segment.split(delimiters.element), delimiters
        first += len(segments)


def read_runs(source: str | Path | BinaryIO, problems: Problems | None = None) -> Iterator[Run]:
    """Stream runs of an X12 file: segments and their delimiters.

    Three megabytes are read at a time. A byte-order mark, line breaks after or inside segments, and interchanges with
    separators of their own are read; UTF-8 is tried first, then Latin-1. Raises WorkbookError when `source` is missing,
    a folder, empty, not X12 or has a first ISA that is cut short. What is odd but readable goes to `problems`.
    """
    name = str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "the data"))
    if problems is None:
        problems = Problems(name)
    stream = _open(Path(source), name) if isinstance(source, (str, Path)) else source
    try:
        for delimiters, text in _runs(_decode(stream, problems, name), problems, name):
            yield Segments(text, delimiters.terminator), delimiters
    finally:
        if stream is not source:
            stream.close()


def _open(path: Path, name: str) -> BinaryIO:
    if path.is_dir():
        raise WorkbookError(f"{name} is a folder; give an X12 file, or the folder to wb.read_claims")
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise WorkbookError(f"{name}: there is no such file; check the path (working folder: {Path.cwd()})") from None
    except OSError as error:
        raise WorkbookError(f"{name} cannot be read: {error.strerror}; check its permissions") from None


def _decode(stream: BinaryIO, problems: Problems, name: str) -> Iterator[str]:
    block = stream.read(CHUNK_BYTES)
    if block.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise WorkbookError(f"{name} is compressed, not X12; unpack it first")
    encoding = "utf-16" if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)()
    while True:
        try:
            yield decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            problems.add("the file is not UTF-8; it is read as Latin-1 from here on", severity="warning")
            block = decoder.getstate()[0] + block  # the first bytes of a character that the last block ended inside
            decoder = codecs.getincrementaldecoder("latin-1")()
            yield decoder.decode(block)
        if not block:
            return
        block = stream.read(CHUNK_BYTES)


def _runs(chunks: Iterator[str], problems: Problems, name: str) -> Iterator[tuple[Delimiters, str]]:
    """Yield (delimiters, text) where each text is whole segments of one interchange."""
    buffer, delimiters = _first_header(chunks, problems, name)
    skip = 1  # the header that the buffer begins with is known; look for the next one behind it
    for chunk in chain([""], chunks, [None]):
        buffer += chunk or ""
        begin = 0
        while found := _next_header(buffer, begin + skip, delimiters.terminator, is_last=chunk is None):
            start, following = found
            if following is None:  # a header that goes on in the next chunk
                break
            yield delimiters, buffer[begin:start].rstrip(_BLANK)
            begin, delimiters, skip = start, following, 1
        end = max(begin, buffer.rfind(delimiters.terminator, begin, found[0] if found else len(buffer)) + 1)
        if chunk is None or (end == begin and len(buffer) - begin > LONGEST_SEGMENT):
            if chunk is not None:
                problems.add(f"no segment terminator {delimiters.terminator!r} in {len(buffer) - begin:,} characters")
            end = len(buffer)
        if end > begin:
            yield delimiters, buffer[begin:end].rstrip(_BLANK)
            skip = 0
        buffer = buffer[end:]


def _next_header(buffer: str, position: int, terminator: str, *, is_last: bool) -> tuple[int, Delimiters | None] | None:
    """Find the next interchange from `position` on: its start, and its delimiters or None while it is cut off."""
    while (start := buffer.find("ISA", position)) >= 0:
        follows = _follows_terminator(buffer, start, terminator)
        if not is_last and len(buffer) - start < _HEADER_CHARACTERS:
            if follows or _ISA.match(buffer, start):
                return start, None
        # A header without a terminator before it is believed only when it has the exact layout.
        elif (delimiters := parse_header(buffer[start : start + _HEADER_CHARACTERS])) and (
            follows or buffer[start + 103 : start + 104] == delimiters.element
        ):
            return start, delimiters
        position = start + 3
    return None


def _follows_terminator(buffer: str, start: int, terminator: str) -> bool:
    before = buffer[max(0, start - 80) : start]
    return before.rstrip(_BLANK.replace(terminator, "")).endswith(terminator) or not before.strip(_BLANK)


def _first_header(chunks: Iterator[str], problems: Problems, name: str) -> tuple[str, Delimiters]:
    """Gather text up to and with the first interchange header; returns the text from there on and its delimiters."""
    buffer = ""
    for chunk in chunks:
        buffer = (buffer + chunk).lstrip(_BLANK)
        if len(buffer) >= 1 << 16:
            break
    if not buffer:
        raise WorkbookError(f"{name} is empty; an X12 file begins with ISA")
    if delimiters := parse_header(buffer[:_HEADER_CHARACTERS]):
        return buffer, delimiters
    if _ISA.match(buffer):
        raise WorkbookError(
            f"{name}: the ISA at its start is cut short or malformed; 16 elements, a component separator and a segment "
            "terminator were expected (106 characters); ask the sender for the whole file"
        )
    return _header_further_on(buffer, problems) or _header_left_out(buffer, problems) or _refuse(buffer, name)


def _header_further_on(buffer: str, problems: Problems) -> tuple[str, Delimiters] | None:
    for match in _ISA.finditer(buffer):
        start = match.start()
        if delimiters := parse_header(buffer[start : start + _HEADER_CHARACTERS]):
            problems.add(f"{start:,} characters before the first ISA are not X12 and were skipped", 1, "ISA")
            return buffer[start:], delimiters
    return None


def _header_left_out(buffer: str, problems: Problems) -> tuple[str, Delimiters] | None:
    match = _GROUP_HEADER.match(buffer)
    if match is None:
        return None
    composite = _COMPOSITE.search(buffer)
    delimiters = Delimiters(match[1], composite[1] if composite else ":", None, match[2])
    problems.add(
        f"the file begins with GS, not ISA: its separators were guessed (element {delimiters.element!r}, component "
        f"{delimiters.component!r}, segment {delimiters.terminator!r})",
        1,
        "GS",
    )
    return buffer, delimiters


def _refuse(buffer: str, name: str) -> tuple[str, Delimiters]:
    raise WorkbookError(
        f"{name} is not X12: it begins with {buffer[:12]!r} where ISA was expected; "
        "give an 837 or 835 file, or a folder of CSV or Parquet tables"
    )


def parse_header(text: str) -> Delimiters | None:
    """Read the separators from text that begins with an ISA segment; None when it does not hold a whole one."""
    if not _ISA.match(text):
        return None
    element = text[3]
    fields = text.split(element, 16)
    if len(fields) < 17 or len(fields[16]) < 2:
        return None
    component, terminator = fields[16][0], fields[16][1]
    if late := _LATE_TERMINATOR.match(fields[16][1:]):  # a line break stands before the real terminator
        terminator = late[1]
    if terminator.isalnum() or terminator in {element, component, " "} or component == element:
        return None
    repetition = fields[11] if fields[12] >= "00501" and len(fields[11]) == 1 and not fields[11].isalnum() else None
    return Delimiters(element, component, repetition, terminator)
