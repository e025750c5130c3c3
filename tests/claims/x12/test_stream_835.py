"""A remittance read in parts is the remittance read at once, and a transaction is judged over all its parts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from tests.claims.x12.x12_snippets import CLINIC, REMITTANCE, messages, remittance_835, save
from workbook.claims.model import Remittance
from workbook.claims.x12.read_835 import read_remittance, stream_835

CLAIM = REMITTANCE[7:]


def body(payment: str, claims: int, trace: str, *after: str) -> list[str]:
    """A transaction of so many claims, each charged 125 and paid 80."""
    header = [s.replace("*80*C*", f"*{payment}*C*").replace("CHECK77", trace) for s in REMITTANCE[:7]]
    each = [[s.replace("PCN1", f"{trace}-{n}") for s in CLAIM] for n in range(1, claims + 1)]
    return [*header, *(s for claim in each for s in claim), *after]


def parts(paths: list[Path], batch: int | None) -> list[Remittance]:
    found: list[Remittance] = []
    stream_835(paths, found.append, batch)
    return found


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Two files: 5 claims less 30 withheld, of which one line is off; 1 claim; and 3 claims paid 10 too much."""
    first = body("370", 5, "A", f"PLB*{CLINIC}*20251231*WO*30")
    first[-3:-1] = ["REF*6R*1", "AMT*B6*99"]
    first[first.index("CAS*CO*45*25")] = "CAS*CO*45*24"
    second = [*body("80", 1, "B"), "SE*19*0001", "ST*835*0002", *body("250", 3, "C")]
    return [save(tmp_path, remittance_835(first), "a.835"), save(tmp_path, remittance_835(second), "b.835")]


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5, 6, 8, 9, 10, None])
def test_parts_of_any_size_are_what_is_read_at_once(paths: list[Path], batch: int | None) -> None:
    held, found = read_remittance(paths), parts(paths, batch)
    for name, table in held.arrow.items():
        assert pa.concat_tables([part.arrow[name] for part in found]).to_pylist() == table.to_pylist(), name
    told = pa.concat_tables([part.arrow_problems for part in found])
    assert sorted(map(str, told.to_pylist())) == sorted(map(str, held.arrow_problems.to_pylist()))
    judged = [row for part in found for row in part.balance.to_dict("records")]
    assert sorted(map(str, judged)) == sorted(map(str, held.balance.to_dict("records")))
    assert {part.source for part in found} == {held.source}
    if batch:
        assert max(part.arrow["remittance_claim"].num_rows for part in found) <= batch
        assert len(found) == -(-9 // batch)


def test_a_transaction_is_judged_in_the_part_where_it_ends_by_all_its_claims(paths: list[Path]) -> None:
    found = parts(paths, 2)
    ends = [part.arrow["remittance"]["remittance_id"].to_pylist() for part in found]
    assert ends == [[], [], ["A", "B"], [], ["C"]]
    assert [part.paid_before for part in found] == [
        {}, {"A": Decimal(160)}, {"A": Decimal(320)}, {}, {"C": Decimal(160)},
    ]  # fmt: skip
    assert [m for part in found for m in messages(part) if m.startswith("remittance")] == [
        "remittance C is off by $10.00: its claims less provider adjustments come to $240.00, BPR02 says $250.00"
    ]


def test_an_imbalance_is_placed_in_its_own_file_whatever_part_tells_it(paths: list[Path]) -> None:
    for batch in (1, 4, None):
        found = [row for part in parts(paths, batch) for row in part.arrow_problems.to_pylist() if row["level"] == 3]
        places = [(Path(r["file"]).name, r["segment_number"], r["element"]) for r in found]
        assert sorted(places) == [("a.835", 11, "CLP04"), ("a.835", 14, "SVC03"), ("b.835", 23, "BPR02")]


def test_a_provider_adjustment_of_an_earlier_part_counts(tmp_path: Path) -> None:
    claims = body("150", 2, "A")
    at = claims.index("CLP*A-2*1*125*80*20*MB*ICN9")
    early = [*claims[:at], f"PLB*{CLINIC}*20251231*WO*10", *claims[at:]]  # out of its place, between two claims
    found = parts([save(tmp_path, remittance_835(early))], 1)
    assert [part.paid_before for part in found] == [{}, {"A": Decimal(70)}]
    assert all(part.is_balanced for part in found)


def test_a_file_without_a_remittance_is_one_empty_part(tmp_path: Path) -> None:
    found = parts([save(tmp_path, remittance_835().replace("ST*835", "ST*820"))], 2)
    assert [part.arrow["remittance_claim"].num_rows for part in found] == [0]
    assert messages(found[0]) == ["transaction 820 (premium payment) is not a remittance; skipped"]
