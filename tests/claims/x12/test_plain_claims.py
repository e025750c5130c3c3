"""Claims read as columns are the claims that are read one by one, whatever is wrong with their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claims.x12.mutations import mutated, segments_of
from tests.claims.x12.test_public_files import CLAIMS, PUBLIC
from workbook.claims.model import Claims
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
    monkeypatch.setattr(reader, "MANY_SEGMENTS", 0)


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
        monkeypatch.setattr(reader, "MANY_SEGMENTS", many)
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
