"""Paid claims read as columns are those that are read one by one, whatever is wrong with their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claims.x12.mutations import mutated, segments_of
from tests.claims.x12.test_public_files import PUBLIC, REMITTANCES
from tests.claims.x12.x12_snippets import CLINIC, REMITTANCE, RENDERING, messages, remittance_835, save
from workbook.claims.model import Remittance
from workbook.claims.x12 import column_run
from workbook.claims.x12.paid_claim import PaidClaim
from workbook.claims.x12.read_835 import read_remittance, stream_835

PRACTICE = Path(__file__).parents[3] / "sample_data" / "claims" / "remittance.835"
#: what a mutation puts in the place of an element
ODD = (
    "", " ", "0", "1", "-5", "12.345", "99999999999", "20250230", "20250114", "XX", "HC:99213", "A:B:C", "é", " 12", "22",
    "PR", "CO", "HE", "6R", "472", "150", "151", "232", "050", "B6", "AU", "NU:0450", "AD:D1110", "HC:99213:25:59",
    "HP:99213", "HC:None", "01", "007", "2", "3", "QC", "74", "MI", "NOT ON FILE", "0500", "segment-9", "A^B",
)  # fmt: skip
#: what a mutation puts between segments
OTHERS = (
    "MOA***MA01", "MOA*.5**MA01***N1", f"MIA*1****MA02{'*' * 15}N1*N2", "LX*1", "LX*2", f"TS3*{CLINIC}*11*20251231*1*125",
    f"PLB*{CLINIC}*20251231*WO:A*0", "PER*CX*DESK*TE*8005550100", "QTY*CA*3", "RDM*BM*X", "N3*1 STREET", "CUR*PR*USD",
    "LQ*HE*N1", "LQ*RX*1", "CAS*PR*1*5*1*2*3", "CAS*CO*45*1**253*2*3*97*0", "CAS*OA*23*0", "CAS*PR", "NM1*74*1*A",
    "NM1*QC*1*B", f"NM1*82*2*GROUP*****XX*{RENDERING}*9", "NM1*TT*2*PLAN*****PI*1", "REF*6R*A7", "REF*6R*02", "REF*1K*X",
    "REF*EA*C1*D", "DTM*036*20250101", "DTM*232*20250103", "DTM*472*20250103", "DTM*050", "AMT*AU*5", "AMT*B6*7", "AMT*B6",
    "SVC*HC:99214*1*1**2*HC:99215:25*3", "SVC*NU:0450*1*1*0450", "SVC*HP:99214*1*1", "SVC**1*1*0450", "XYZ*1", "TA1*1",
    "CLP*Z*1*0*0**MB*I", "CLP*Z*22*5*0**MB*I", "CLP*Z*1*0*0**MB*I*11*1*X*470*2.1", "N1*PR*A", "TRN*1*A", "HL*1**20*1",
    "BPR*I*1*C*CHK************20250301", "SE*1*0001", "ST*835*0009", "GE*1*1",
)  # fmt: skip


def transactions(segments: list[str]) -> Iterator[list[str]]:
    """The segments of each transaction."""
    begins = [number for number, segment in enumerate(segments) if segment.startswith("ST*")]
    for begin, end in zip(begins, [*begins[1:], len(segments) - 2], strict=True):
        yield segments[begin:end]


def parts(path: Path, batch: int | None) -> list[Remittance]:
    found: list[Remittance] = []
    stream_835(path, found.append, batch)
    return found


def differences(path: Path, monkeypatch: pytest.MonkeyPatch, batch: int | None = None) -> list[str]:
    """The tables in which the two ways of reading a file differ."""
    both = []
    for many in (1 << 40, 0):
        monkeypatch.setattr(column_run, "MANY_SEGMENTS", many)
        both.append(parts(path, batch))
    assert len(both[0]) == len(both[1])
    found: list[str] = []
    for one_by_one, columns in zip(*both, strict=True):
        found += [name for name, table in one_by_one.arrow.items() if not table.equals(columns.arrow[name])]
        found += ["problem"] * (not one_by_one.arrow_problems.equals(columns.arrow_problems))
        found += ["paid_before"] * (one_by_one.paid_before != columns.paid_before)
    return found


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Read even small files as columns; gives the claims that are read one by one nevertheless."""
    found: list[str] = []
    finish = PaidClaim.finish

    def noted(self: PaidClaim) -> None:
        found.append(self.row["claim_id"])
        finish(self)

    monkeypatch.setattr(PaidClaim, "finish", noted)
    monkeypatch.setattr(column_run, "MANY_SEGMENTS", 0)
    return found


@pytest.mark.parametrize("batch", [None, 50])
def test_the_practice_reads_the_same_both_ways(batch: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(PRACTICE, monkeypatch, batch) == []


@pytest.mark.parametrize("fact", REMITTANCES, ids=lambda fact: Path(fact["file"]).name)
def test_public_files_read_the_same_both_ways(fact: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for batch in (None, 1):
        assert differences(PUBLIC / fact["file"], monkeypatch, batch) == []


@pytest.mark.parametrize("seed", range(40))
def test_mutated_remittances_read_the_same_both_ways(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = segments_of(PRACTICE.read_text(encoding="utf-8"))
    changed = [mutated(each, seed * 1000 + number, ODD, OTHERS) for number, each in enumerate(transactions(segments))]
    body = [segment for each in changed for segment in each]
    path = save(tmp_path, "~".join([*segments[:2], *body, *segments[-2:]]) + "~", "changed.835")
    assert differences(path, monkeypatch, None if seed % 2 else 60) == []


def test_no_claim_of_the_practice_is_read_one_by_one(one_by_one: list[str]) -> None:
    assert read_remittance(PRACTICE).arrow["remittance_claim"].num_rows == 595
    assert one_by_one == []


def paid(before: str, *after: str, add: tuple[str, ...] = ()) -> str:
    """Three claims, of which the second has one segment replaced by others and some added at its end."""
    header, claim = REMITTANCE[:7], REMITTANCE[7:]
    assert not before or before in claim
    second = [s for segment in claim for s in (after if segment == before else (segment,))]
    claims = [[s.replace("PCN1", f"PCN{n}") for s in each] for n, each in enumerate((claim, [*second, *add], claim), 1)]
    return remittance_835([header[0].replace("*80*C", "*240*C"), *header[1:], *(s for each in claims for s in each)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CLP*PCN1*1*125*80*20*MB*ICN9", ["CLP*PCN1*22*-125*-80*20*MB*ICN9*11*1**470*2.1"]),
        ("CLP*PCN1*1*125*80*20*MB*ICN9", ["CLP*PCN1*1*125*80**MB"]),
        ("CAS*CO*45*25", ["CAS*CO*45*1**253*2*3*97*22"]),
        ("CAS*CO*45*25", ["CAS*CO*45*24"]),  # does not balance
        ("CAS*CO*45*25", []),
        ("MOA***MA01", ["MOA*.5**MA01***N1", f"MIA*1****MA02{'*' * 15}N1*N2"]),
        ("MOA***MA01", ["CAS*OA*23*0", "DTM*232*20250110", "DTM*036*20251231", "AMT*AU*125", "QTY*CA*3", "REF*EA*X"]),
        ("MOA***MA01", [f"NM1*82*1*DOC*ANN****XX*{RENDERING}", "NM1*74*1**PATTY", "PER*CX*DESK*TE*8005550100"]),
        ("SVC*HC:99213:25*125*80**1", ["SVC*HC:99213:25*125*80"]),
        ("SVC*HC:99213:25*125*80**1", ["SVC*NU:0250*125*80*0250**HC:99214:59*2"]),
        ("SVC*HC:99213:25*125*80**1", ["SVC*AD:D1110*125*80**1"]),
        ("DTM*472*20250114", ["DTM*150*20250114", "DTM*151*20250115"]),
        ("DTM*472*20250114", []),
        ("REF*6R*1", ["REF*6R*LINE-A"]),
        ("REF*6R*1", ["REF*6R*2", "SVC*HC:99214*0*0", "REF*6R*1"]),  # lines in another order
        ("REF*6R*1", ["REF*6R*007", "REF*HPI*1999999984", "REF*LU*11*X"]),
        ("LQ*HE*N130", ["LQ*HE*N130", "LQ*HE*N1", "LQ*RX*70", "AMT*KH*0.5"]),
    ],
)  # fmt: skip
def test_what_a_claim_usually_says_is_read_as_columns(
    before: str, after: list[str], one_by_one: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, paid(before, *after), "answer.835")
    assert read_remittance(path).arrow["remittance_claim"]["claim_id"].to_pylist() == ["PCN1", "PCN2", "PCN3"]
    assert one_by_one == []
    assert differences(path, monkeypatch) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CLP*PCN1*1*125*80*20*MB*ICN9", ["CLP*PCN1**125*80*20*MB*ICN9"]),  # no status
        ("CLP*PCN1*1*125*80*20*MB*ICN9", ["CLP*PCN1*22*125*80*20*MB*ICN9"]),  # a reversal that is not negative
        ("CLP*PCN1*1*125*80*20*MB*ICN9", ["CLP*PCN1*1*125*80*19*MB*ICN9"]),  # the patient's share does not add up
        ("CLP*PCN1*1*125*80*20*MB*ICN9", ["CLP*PCN1*1*125*EIGHTY*20*MB*ICN9"]),
        ("CAS*CO*45*25", ["CAS*CO*45"]),
        ("CAS*CO*45*25", ["CAS**45*25"]),
        ("CAS*CO*45*25", ["CAS*CO*45*25*A"]),
        ("DTM*472*20250114", ["DTM*472*20250230"]),
        ("DTM*472*20250114", ["DTM*472*20250114*1200"]),
        ("DTM*472*20250114", ["DTM*472*20250114", "DTM*150*20250115"]),  # a column given twice
        ("AMT*B6*100", ["AMT*B6*100", "AMT*B6*90"]),
        ("REF*6R*1", ["REF*6R*1", "REF*6R*2"]),
        ("REF*6R*1", ["REF*6R*2", "SVC*HC:99214*0*0"]),  # the second line is number 2 already
        ("SVC*HC:99213:25*125*80**1", ["SVC*N4:123*125*80**1"]),
        ("NM1*QC*1*EXAMPLE*PAT****MI*M0001", ["NM1*QC*1*EXAMPLE*PAT**DR**MI*M0001"]),
        ("LQ*HE*N130", ["N1*PR*OTHER PLAN"]),
        ("LQ*HE*N130", ["XYZ*1"]),
        ("LQ*HE*N130", ["MOA***MA07"]),  # behind a line
    ],
)  # fmt: skip
def test_a_claim_with_something_out_of_the_ordinary_is_read_alone_and_its_neighbours_are_not(
    before: str, after: list[str], one_by_one: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, paid(before, *after), "answer.835")
    assert read_remittance(path).arrow["remittance_claim"]["claim_id"].to_pylist() == ["PCN1", "PCN2", "PCN3"]
    assert one_by_one == ["PCN2"]
    assert differences(path, monkeypatch) == []


def test_the_group_before_a_claim_is_kept_with_it_and_counted_first(one_by_one: list[str], tmp_path: Path) -> None:
    path = save(tmp_path, paid("LQ*HE*N130", "LX*7", f"TS3*{CLINIC}*11*20251231*1*125"), "answer.835")
    details = read_remittance(path).arrow["remittance_detail"].to_pylist()
    found = [(d["claim_sequence"], d["sequence"], d["about"], d["qualifier"]) for d in details if d["about"]]
    assert found == [(3, 1, "group", "LX01"), (3, 2, "group", "TS3")]
    assert one_by_one == []


def test_a_claim_that_is_cut_short_is_read_alone_and_told(one_by_one: list[str], tmp_path: Path) -> None:
    text = paid("")
    remittance = read_remittance(save(tmp_path, text[: text.rindex("CAS*PR")], "answer.835"))
    assert one_by_one == ["PCN3"]
    assert messages(remittance)[0].startswith("the file ends inside claim PCN3, transaction 0001, after segment 36")


@pytest.mark.parametrize("choices", [{"element": "|", "component": ">", "terminator": "!"}, {"terminator": "\n"}])
def test_any_separators_are_read_as_columns(
    choices: dict[str, str], one_by_one: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = [s.replace("HC:99213:25", "HC:99213:25:::::WORDS").replace("EXAMPLE", " CAFÉ ") for s in REMITTANCE]
    path = save(tmp_path, remittance_835(body, line_break="", **choices), "answer.835")
    parties = read_remittance(path).arrow["remittance_party"].to_pylist()
    assert [party["last_name"] for party in parties if party["role"] == "patient"] == ["CAFÉ"]
    assert one_by_one == []
    assert differences(path, monkeypatch) == []
