"""Claims read as columns are the claims that are read one by one, whatever is wrong with their neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claims.x12.mutations import mutated, segments_of
from tests.claims.x12.test_public_files import CLAIMS, PUBLIC
from workbook.claims.model import Claims
from workbook.claims.x12 import column_run, segments
from workbook.claims.x12 import read_837 as reader
from workbook.claims.x12.read_837 import read_837, stream_837

PRACTICE = sorted((Path(__file__).parents[3] / "sample_data" / "claims").glob("*.837"))
#: what a mutation puts in the place of an element
ODD = ("", " ", "0", "1", "-5", "12.345", "99999999999", "20250230", "20250101-20240101", "XX", "HC:99213", "A:B:C", "é",
       " 12", "ABK", "ABK:E11.9", "BH:11:D8:20250101", "BE:01:::12.50", "18", "RD8", "DT", "TM", "D8", "472", "G1", "F5",
       "NOT ON FILE", "MI", "PXC", "#2", "segment-9")  # fmt: skip


@pytest.fixture
def as_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read even small files as columns."""
    monkeypatch.setattr(column_run, "MANY_SEGMENTS", 0)


def extracts(text: str, claims: int) -> Iterator[list[str]]:
    """The envelope and header with some subscribers at a time, so that a mutation is seldom diluted."""
    segments = segments_of(text)
    begins = [n for n, s in enumerate(segments) if s.startswith("HL*") and s.split("*")[3] == "22"]
    head, tail = segments[: begins[0]], segments[-3:]
    for at in range(0, len(begins), claims):
        stop = begins[at + claims] if at + claims < len(begins) else len(segments) - 3
        yield [*head, *segments[begins[at] : stop], *tail]


def differences(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables in which the two ways of reading a file differ."""
    found: list[Claims] = []
    for many in (1 << 40, 0):
        monkeypatch.setattr(column_run, "MANY_SEGMENTS", many)
        found.append(read_837(path))
    one_by_one, columns = found
    tables = [name for name, table in one_by_one.arrow.items() if not table.equals(columns.arrow[name])]
    same = one_by_one.arrow_problems.equals(columns.arrow_problems)
    return tables if same else [*tables, "problem"]


@pytest.mark.parametrize("path", PRACTICE, ids=lambda path: path.name)
def test_the_practice_reads_the_same_both_ways(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(path, monkeypatch) == []


def test_a_claim_is_read_one_by_one_only_where_its_subscriber_has_a_drug_or_a_problem(
    as_columns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one: set[str] = set()
    close = reader._ClaimReader._close

    def noted(self: reader._ClaimReader) -> None:
        if self._claim:
            one_by_one.add(self._claim.claim_id)
        close(self)

    monkeypatch.setattr(reader._ClaimReader, "_close", noted)
    claims = read_837(PRACTICE)
    lines, problems = claims.arrow["claim_line"].to_pylist(), claims.arrow_problems.to_pylist()
    odd = {line["claim_id"] for line in lines if line["ndc"]} | {problem["claim_id"] for problem in problems}
    rows = claims.arrow["claim"].to_pylist()
    subscribers = {row["subscriber_id"] for row in rows if row["claim_id"] in odd}
    assert one_by_one <= {row["claim_id"] for row in rows if row["subscriber_id"] in subscribers}
    assert odd - {None} <= one_by_one


@pytest.mark.parametrize("fact", CLAIMS, ids=lambda fact: Path(fact["file"]).name)
def test_public_files_read_the_same_both_ways(fact: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(PUBLIC / fact["file"], monkeypatch) == []


@pytest.mark.parametrize("seed", range(12))
def test_mutated_claims_read_the_same_both_ways(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in PRACTICE:
        for number, extract in enumerate(extracts(path.read_text(encoding="utf-8"), 60)):
            changed = tmp_path / f"{number}.837"
            segments = mutated(extract, seed * 1000 + number, ODD)
            changed.write_text("~".join(segments) + "~", encoding="utf-8")
            assert differences(changed, monkeypatch) == [], changed


def test_streamed_batches_of_columns_join_to_the_whole(as_columns: None) -> None:
    import pyarrow as pa

    parts: list[Claims] = []
    count = stream_837(PRACTICE, parts.append, batch=50)
    whole = read_837(PRACTICE)
    assert len(parts) > 2 and count == whole.arrow["claim"].num_rows
    for name, table in whole.arrow.items():
        assert pa.concat_tables([part.arrow[name] for part in parts]).equals(table), name


@pytest.mark.parametrize("size", [700, 5_000, 64_000])
@pytest.mark.parametrize("line_end", ["", "\n", "\r\n", " \r\n"])
def test_a_file_read_in_chunks_of_any_size_gives_the_same_claims(
    size: int, line_end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_columns: None
) -> None:
    path = tmp_path / "claims.837"
    path.write_bytes(f"~{line_end}".join([*segments_of(PRACTICE[0].read_text(encoding="utf-8")), ""]).encode())
    whole = read_837(path)
    monkeypatch.setattr(segments, "CHUNK_BYTES", size)
    parts = read_837(path)
    for name, table in whole.arrow.items():
        assert table.equals(parts.arrow[name]), name
    assert whole.arrow_problems.equals(parts.arrow_problems)


def test_a_file_wrapped_at_eighty_characters_gives_the_same_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_columns: None
) -> None:
    text = PRACTICE[0].read_text(encoding="utf-8").replace("\n", "")
    (tmp_path / "one.837").write_text(text, encoding="utf-8")
    (tmp_path / "wrapped.837").write_text("\n".join(re.findall(".{1,80}", text)), encoding="utf-8")
    monkeypatch.setattr(segments, "CHUNK_BYTES", 5_000)
    one, wrapped = read_837(tmp_path / "one.837"), read_837(tmp_path / "wrapped.837")
    assert one.arrow["claim_line"].num_rows and one.arrow["claim_line"].equals(wrapped.arrow["claim_line"])


def test_a_claim_number_that_recurs_in_a_later_run_is_numbered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_columns: None
) -> None:
    several = list(extracts(PRACTICE[0].read_text(encoding="utf-8"), 3))[:2]
    (tmp_path / "twice.837").write_text("".join("~".join([*part, ""]) for part in [*several, *several]))
    monkeypatch.setattr(segments, "CHUNK_BYTES", 700)
    ids = read_837(tmp_path / "twice.837").arrow["claim"]["claim_id"].to_pylist()
    half = len(ids) // 2
    assert half > 2 and ids[half:] == [f"{claim_id}#2" for claim_id in ids[:half]]


def test_a_failure_in_a_thread_is_raised_where_the_file_is_read(
    monkeypatch: pytest.MonkeyPatch, as_columns: None
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(reader.PlainClaims, "__init__", fails)
    with pytest.raises(MemoryError, match="no room"):
        read_837(PRACTICE[0])
