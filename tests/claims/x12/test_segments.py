"""Segments come out of any file X12 allows, and out of many it does not."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import pytest

import workbook.claims.x12.segments as segments
from tests.claims.x12.x12_snippets import claim_837, envelope, save
from workbook.claims.x12.rows import Problems
from workbook.claims.x12.segments import Delimiters, read_segments
from workbook.terms import WorkbookError

PLAIN = envelope(["BHT*0019*00*1*20250301*1200*CH"])


def parts(content: str | bytes, problems: Problems | None = None) -> list[list[str]]:
    data = content if isinstance(content, bytes) else content.encode()
    return [elements for _, elements, _ in read_segments(BytesIO(data), problems)]


def messages(problems: Problems) -> list[str]:
    return problems.to_arrow()["message"].to_pylist()


def test_segments_are_numbered_from_one_and_split_into_elements() -> None:
    found = list(read_segments(BytesIO(PLAIN.encode())))
    assert [number for number, _, _ in found] == [1, 2, 3, 4, 5, 6, 7]
    assert found[3][1] == ["BHT", "0019", "00", "1", "20250301", "1200", "CH"]
    assert found[0][2] == Delimiters("*", ":", "^", "~")


@pytest.mark.parametrize("line_break", ["", "\n", "\r\n", "\n\n"])
def test_line_breaks_after_a_segment_do_not_matter(line_break: str) -> None:
    assert parts(PLAIN.replace("\n", line_break)) == parts(PLAIN)


@pytest.mark.parametrize(
    ("element", "component", "terminator"),
    [("|", "^", "!"), ("~", "^", "_"), ("\x1d", "\x1f", "\x1c"), ("*", ">", "'"), ("+", ":", "\\")],
)
def test_separators_are_those_of_the_isa(element: str, component: str, terminator: str) -> None:
    text = envelope(["SV1*HC:99213*1"], element=element, component=component, terminator=terminator)
    assert parts(text)[3] == ["SV1", f"HC{component}99213", "1"]


@pytest.mark.parametrize("terminator", ["\n", "\r"])
def test_a_line_break_may_be_the_terminator(terminator: str) -> None:
    text = envelope(["BHT*0019"], terminator=terminator, line_break="")
    assert [elements[0] for elements in parts(text)] == ["ISA", "GS", "ST", "BHT", "SE", "GE", "IEA"]


def test_a_carriage_return_before_a_newline_terminator_is_no_part_of_the_element() -> None:
    text = envelope(["BHT*0019"], terminator="\r\n", line_break="")
    assert parts(text)[3] == ["BHT", "0019"]


def test_a_terminator_that_begins_the_next_line_is_found() -> None:
    text = PLAIN.replace("~\n", "\n~")
    assert parts(text)[1][0] == "GS"


def test_a_file_wrapped_at_80_columns_reads_as_if_it_were_not() -> None:
    text = PLAIN.replace("\n", "")
    wrapped = "\n".join(text[start : start + 80] for start in range(0, len(text), 80))
    assert parts(wrapped)[1:] == parts(PLAIN)[1:]


def test_interchanges_may_each_have_their_own_separators() -> None:
    first = envelope(["BHT*first"])
    second = envelope(["BHT*second"], element="|", component=">", terminator="!", line_break="", control="000000002")
    third = envelope(["BHT*third"], element="~", terminator="*", control="000000003")
    bodies = [elements[1] for elements in parts(first + second + third) if elements[0] == "BHT"]
    assert bodies == ["first", "second", "third"]


@pytest.mark.parametrize("size", [1, 7, 105, 106, 107, 350])
def test_chunks_may_end_anywhere(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    second = envelope(["NM1*VISA*ISA"], element="|", component=">", terminator="!", control="000000002")
    whole = parts(PLAIN + second)
    monkeypatch.setattr(segments, "CHUNK_BYTES", size)
    assert parts(PLAIN + second) == whole
    assert len(whole) == 14


def test_a_last_segment_without_its_terminator_is_still_a_segment() -> None:
    assert parts(PLAIN.rstrip("~\n"))[-1] == ["IEA", "1", "000000001"]


def test_a_missing_terminator_between_interchanges_does_not_hide_the_second() -> None:
    text = PLAIN.rstrip("~\n") + "\n" + PLAIN
    assert [elements[0] for elements in parts(text)].count("ISA") == 2


def test_byte_order_mark_and_mainframe_end_of_file_mark_are_no_content() -> None:
    assert parts(b"\xef\xbb\xbf" + PLAIN.encode() + b"\x1a") == parts(PLAIN)


def test_utf_16_is_read_as_windows_tools_write_it() -> None:
    assert parts(PLAIN.encode("utf-16")) == parts(PLAIN)


def test_bytes_that_are_not_utf_8_are_read_as_latin_1_with_a_warning() -> None:
    problems = Problems("f.837")
    assert parts(envelope(["NM1*IL*1*MUÑOZ"]).encode("latin-1"), problems)[3][3] == "MUÑOZ"
    assert messages(problems) == ["the file is not UTF-8; it is read as Latin-1 from here on"]


def test_a_character_may_be_split_between_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "CHUNK_BYTES", 3)
    problems = Problems()
    assert parts(envelope(["NM1*IL*1*MUÑOZ"]), problems)[3][3] == "MUÑOZ"
    assert messages(problems) == []


def test_a_note_above_the_file_is_skipped_and_reported() -> None:
    problems = Problems()
    assert parts("Dear team, find the ISA below.\n\n" + PLAIN, problems) == parts(PLAIN)
    assert messages(problems) == ["32 characters before the first ISA are not X12 and were skipped"]


def test_a_file_that_begins_with_gs_is_read_with_guessed_separators_and_an_error() -> None:
    problems = Problems()
    text = envelope(claim_837(), component=">").split("~\n", 1)[1]
    delimiters = next(read_segments(BytesIO(text.encode()), problems))[2]
    assert delimiters == Delimiters("*", ">", None, "~")
    assert messages(problems)[0].startswith("the file begins with GS, not ISA: its separators were guessed")


def test_a_segment_that_never_ends_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "CHUNK_BYTES", 10_000)
    monkeypatch.setattr(segments, "LONGEST_SEGMENT", 70_000)
    problems = Problems()
    found = parts(PLAIN + "NTE*ADD*" + "x" * 300_000, problems)
    assert max(len(element) for elements in found for element in elements) < 90_000
    assert messages(problems)[0].startswith("no segment terminator '~' in 7")


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"gone\.837: there is no such file; check the path"):
        list(read_segments(tmp_path / "gone.837"))


def test_a_folder_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"is a folder; give an X12 file"):
        list(read_segments(tmp_path))


@pytest.mark.parametrize("content", [b"", b"\r\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WorkbookError, match=r"claims\.837 is empty; an X12 file begins with ISA"):
        list(read_segments(save(tmp_path, content)))


@pytest.mark.parametrize(
    "content", ["claim_id,claim_type\nC1,professional\n", "%PDF-1.7", "ISAAC NEWTON WAS HERE", "GS"]
)
def test_what_is_not_x12_is_refused_in_words(tmp_path: Path, content: str) -> None:
    with pytest.raises(WorkbookError, match=r"claims\.837 is not X12: it begins with .* where ISA was expected"):
        list(read_segments(save(tmp_path, content)))


@pytest.mark.parametrize("content", [PLAIN[:50], PLAIN[:105], PLAIN[:105] + "GS*HC"])
def test_an_isa_cut_short_is_refused_in_words(tmp_path: Path, content: str) -> None:
    with pytest.raises(WorkbookError, match="the ISA at its start is cut short or malformed"):
        list(read_segments(save(tmp_path, content)))


def test_a_compressed_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="is compressed, not X12; unpack it first"):
        list(read_segments(save(tmp_path, gzip.compress(PLAIN.encode()))))
