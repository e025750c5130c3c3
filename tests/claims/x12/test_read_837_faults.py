"""What an 837 gets wrong is told, at its place; no claim is lost on the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.claims.x12.x12_snippets import (
    CLAIM,
    CLINIC,
    HOSPITAL_CLAIM,
    LINE,
    PROVIDER,
    SUBSCRIBER,
    claim_837,
    envelope,
    messages,
    problems,
    remittance_835,
    rows,
    save,
)
from workbook.claims.model import Claims
from workbook.claims.x12.read_837 import read_837
from workbook.terms import WorkbookError


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read the body of an 837, or a whole file."""

    def reader(content: list[str] | str, guide: str = "005010X222A2", **choices: Any) -> Claims:
        text = content if isinstance(content, str) else envelope(content, guide=guide)
        return read_837(save(tmp_path, text), **choices)

    return reader


def test_lines_that_do_not_sum_to_the_claim_are_a_balancing_error(read: Any) -> None:
    claims = read(claim_837(claim=["CLM*PCN1*130***11:B:1*Y*A*Y*Y", CLAIM[1]]))
    message = "CLM02 says 130.00; its one line comes to 125.00, off by -5.00"
    assert problems(claims) == [("error", 3, 11, "CLM02", "PCN1", message)]


@pytest.mark.parametrize("amount", ["12.345", "1e3", "NaN", "1,000", "abc", "10000000000", "--5"])
def test_an_amount_that_is_none_is_null_and_reported(read: Any, amount: str) -> None:
    claims = read(claim_837(claim=[f"CLM*PCN1*{amount}***11:B:1*Y*A*Y*Y", CLAIM[1]]))
    assert claims.arrow["claim"]["billed_amount"].to_pylist() == [None]
    message = f"CLM02 {amount!r} is not an amount in dollars and cents; it is null here"
    assert problems(claims) == [("error", 1, 11, "CLM02", "PCN1", message)]


@pytest.mark.parametrize("sent", ["D8*20250230", "D8*250114", "D8*2025-01-14", "RD8*20250114", "D6*250114", "D8*"])
def test_a_date_that_is_none_is_null_and_reported(read: Any, sent: str) -> None:
    claims = read(claim_837(lines=[*LINE[:2], f"DTP*472*{sent}"]))
    assert claims.arrow["claim_line"]["service_from_date"].to_pylist() == [None]
    assert [p[:5] for p in problems(claims)] == [
        ("error", 1, 15, "DTP03", "PCN1"),
        ("error", 2, 13, "DTP03", "PCN1"),  # the line is left without a date
    ]


def test_dates_that_end_before_they_begin_are_kept_and_reported(read: Any) -> None:
    claims = read(claim_837(lines=[*LINE[:2], "DTP*472*RD8*20250116-20250114"]))
    assert rows(claims, "claim_line")[0]["service_from_date"] == date(2025, 1, 16)
    assert messages(claims) == ["the dates end (2025-01-14) before they begin (2025-01-16)"]


def test_a_bad_birth_date_is_null_and_reported(read: Any) -> None:
    claims = read([s.replace("DMG*D8*19500102", "DMG*D8*19501302") for s in claim_837()])
    assert "patient_birth_date" not in rows(claims, "claim")[0]
    assert messages(claims) == ["DMG02 '19501302' is not a date of birth (CCYYMMDD); it is null here"]


def test_a_claim_without_lines_is_a_row_with_an_error(read: Any) -> None:
    claims = read(claim_837(lines=[]))
    assert len(rows(claims, "claim")) == 1
    assert problems(claims) == [("error", 2, 11, "CLM01", "PCN1", "the claim has no service line")]


def test_a_line_without_a_service_is_a_row_with_an_error(read: Any) -> None:
    claims = read(claim_837(lines=["LX*1", "DTP*472*D8*20250114"]))
    assert claims.arrow["claim_line"]["billed_amount"].to_pylist() == [None]
    assert messages(claims) == ["line 1 has no SV1, SV2 or SV3"]


def test_line_numbers_stay_unique(read: Any) -> None:
    lines = [s for lx in ("LX*2", "LX*2", "LX*A") for s in (lx, *LINE[1:])]
    claims = read(claim_837(claim=["CLM*PCN1*375***11:B:1*Y*A*Y*Y", CLAIM[1]], lines=lines))
    assert claims.arrow["claim_line"]["line_number"].to_pylist() == [2, 3, 4]
    assert messages(claims) == ["LX01 '2' is not a new line number", "LX01 'A' is not a new line number"]


def test_a_second_service_under_one_lx_is_a_line_of_its_own(read: Any) -> None:
    lines = [*LINE, *LINE[1:]]
    claims = read(claim_837(claim=["CLM*PCN1*250***11:B:1*Y*A*Y*Y", CLAIM[1]], lines=lines))
    assert claims.arrow["claim_line"]["line_number"].to_pylist() == [1, 2]
    assert messages(claims) == ["SV1 has no LX of its own"]


def test_a_billing_provider_without_an_npi_is_an_error(read: Any) -> None:
    body = [s.replace(f"XX*{CLINIC}", "24*123456789") for s in claim_837()]
    claims = read(body)
    assert "billing_provider_npi" not in rows(claims, "claim")[0]
    assert messages(claims) == ["the billing provider has no NPI (NM1*85 with XX in NM108)"]


def test_a_claim_outside_its_loops_is_a_row_with_an_error(read: Any) -> None:
    claims = read([*PROVIDER, *CLAIM, *LINE])
    assert rows(claims, "claim")[0]["claim_id"] == "PCN1"
    assert "CLM stands outside a subscriber or patient loop (HL 22 or 23)" in messages(claims)


def test_a_claim_without_a_control_number_is_named_after_its_segment(read: Any) -> None:
    claims = read(claim_837(claim=["CLM**125***11:B:1*Y*A*Y*Y", CLAIM[1]]))
    assert rows(claims, "claim")[0]["claim_id"] == "segment-11"
    assert messages(claims) == ["CLM01 is empty; the claim is named after its segment"]


def test_the_wrong_component_separator_is_named(read: Any) -> None:
    claims = read(claim_837(lines=["LX*1", "SV1*HC>99213*125*UN*1***1", LINE[2]]))
    assert messages(claims) == ["SV101 'HC>99213' is not separated by ':', as ISA16 says; its code is null here"]


def test_a_procedure_that_is_no_hcpcs_code_is_null_and_reported(read: Any) -> None:
    claims = read(claim_837(lines=["LX*1", "SV1*ER:12345*125*UN*1***1", LINE[2]]))
    assert problems(claims)[0][:2] == ("warning", 5)
    assert claims.arrow["claim_line"]["hcpcs_code"].to_pylist() == [None]


@pytest.mark.parametrize("pointers", ["13", "0", "A", "1>2", "1.0"])
def test_a_pointer_beyond_the_diagnoses_is_null_and_reported(read: Any, pointers: str) -> None:
    claims = read(claim_837(lines=["LX*1", f"SV1*HC:99213*125*UN*1***{pointers}", LINE[2]]))
    assert messages(claims) == [f"SV107 {pointers!r} does not point to diagnoses 1 to 12; null here"]


def test_unknown_segments_are_counted_once_a_file_and_free_text_is_kept(read: Any) -> None:
    claims = read(claim_837("NTE*ADD*ONE", "NTE*ADD*TWO", "K3*X", "ZZZ*1", "ZZZ*2", "MEA*X"))
    assert [(p[0], p[5]) for p in problems(claims)] == [
        ("warning", "segment name 'ZZZ' is not known here; skipped 2 times, first at segment 16"),
    ]
    assert [d["value"] for d in rows(claims, "claim_detail")] == ["ONE", "TWO", "K3*X", "MEA*X"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SE*14*0001", "SE*15*0001", "SE01 says 15; 14 segments from ST to SE were counted"),
        ("SE*14*0001", "SE*14*0002", "SE02 is 0002; ST02 says 0001"),
        ("GE*1*1", "GE*2*1", "GE01 says 2; 1 transactions were counted"),
        ("GE*1*1", "GE*1*9", "GE02 is 9; GS06 says 1"),
        ("IEA*1*000000001", "IEA*3*000000001", "IEA01 says 3; 1 groups were counted"),
        ("IEA*1*000000001", "IEA*1*000000008", "IEA02 is 000000008; ISA13 says 000000001"),
        ("SE*14*0001~\n", "", "transaction 0001 (begun at segment 3) has no SE; it ends where segment 16 begins"),
        ("GE*1*1~\n", "", "group 1 (begun at segment 2) has no GE; it ends where segment 17 begins"),
        ("GS*HC", "GS*", None),
        ("ISA*00*   ", "ISA*00*", "ISA02 has 7 characters where 10 were expected"),
    ],
)
def test_envelope_faults_are_told(read: Any, old: str, new: str, message: str | None) -> None:
    claims = read(envelope(claim_837()).replace(old, new, 1))
    assert len(rows(claims, "claim")) == 1
    assert messages(claims) == ([message] if message else [])


def test_trailers_without_headers_are_told(read: Any) -> None:
    claims = read(envelope(claim_837()) + "SE*1*1~GE*1*1~IEA*1*1~")
    assert messages(claims) == [
        "SE without an ST before it",
        "GE without a GS before it",
        "IEA without an ISA before it",
    ]


def test_a_file_cut_short_says_where(read: Any) -> None:
    text = envelope(claim_837())
    claims = read(text[: text.index("DTP*472") - 6])
    assert claims.arrow["claim_line"]["hcpcs_code"].to_pylist() == ["99213"]
    assert problems(claims)[0] == (
        "error", 1, 14, None, "PCN1",
        "the file ends inside claim PCN1, transaction 0001, after segment 14 (SV1): SE, GE and IEA are missing, so it was "
        "probably cut short; ask for the whole file",
    )  # fmt: skip


def test_claims_without_an_st_are_read_and_told(read: Any) -> None:
    text = envelope(claim_837()).replace("ST*837*0001*005010X222A2~\n", "")
    claims = read(text)
    assert [r["claim_id"] for r in rows(claims, "claim")] == ["PCN1"]
    assert messages(claims)[0] == "'HL' stands outside every transaction (no ST); read as transaction 837"


def test_a_group_that_is_missing_is_told(read: Any) -> None:
    text = envelope(claim_837())
    claims = read("~\n".join(s for s in text.split("~\n") if not s.startswith(("GS", "GE"))))
    assert len(rows(claims, "claim")) == 1
    assert messages(claims) == ["ST without a GS before it", "IEA01 says 1; 0 groups were counted"]


def test_a_sentence_among_segments_is_not_repeated_in_full(read: Any) -> None:
    claims = read(claim_837("JANE DOE LIVES AT 12 ELM STREET"))
    assert messages(claims) == ["segment name 'JANE …' is not known here; skipped 1 times, first at segment 13"]


def test_every_interchange_of_a_file_is_read(read: Any) -> None:
    second = envelope(["BHT*1", *claim_837(claim=["CLM*PCN2*125***11>B>1*Y*A*Y*Y"])], component=">", terminator="!")
    claims = read(envelope(claim_837()) + second.replace("HC:", "HC>"))
    assert claims.arrow["claim"]["claim_id"].to_pylist() == ["PCN1", "PCN2"]
    assert claims.arrow["claim_line"]["hcpcs_code"].to_pylist() == ["99213", "99213"]
    assert problems(claims) == []


def test_a_remittance_among_claims_is_skipped_with_a_warning(read: Any) -> None:
    claims = read(envelope(claim_837()) + remittance_835())
    message = "transaction 835 (remittance) is not a claim; skipped"
    assert [(p[0], p[5]) for p in problems(claims)] == [("warning", message)]


def test_a_file_without_claims_is_an_error(read: Any) -> None:
    claims = read(remittance_835())
    message = "transaction 835 (remittance) is not a claim; skipped"
    assert [(p[0], p[5]) for p in problems(claims)] == [("error", message)]


def test_an_837_without_a_claim_is_an_error(read: Any) -> None:
    assert messages(read([*PROVIDER, *SUBSCRIBER])) == ["the file's 837 transactions hold no claim (CLM)"]


def test_predeterminations_are_read_and_told_apart(read: Any) -> None:
    claims = read(claim_837(), guide="005010X291")
    assert messages(claims) == ["guide 005010X291: predeterminations of benefits, not claims for payment"]


def test_an_unknown_guide_is_read_as_what_it_resembles(read: Any) -> None:
    claims = read([*PROVIDER, *SUBSCRIBER, *HOSPITAL_CLAIM, "LX*1", "SV2*0250**500*UN*1"], guide="006020X999")
    assert rows(claims, "claim")[0]["claim_type"] == "institutional"
    assert messages(claims)[0] == "guide 006020X999 is not known here; read as the 837 it resembles"


def test_004010_claims_are_read(read: Any) -> None:
    body = claim_837(claim=["CLM*PCN1*125***11::1*Y*A*Y*Y", "HI*BK:25000"])
    text = envelope(body, guide="004010X098A1").replace("ST*837*0001*004010X098A1", "ST*837*0001")
    claims = read(text)
    assert rows(claims, "claim")[0]["claim_type"] == "professional"
    assert problems(claims) == []


def test_a_missing_file_stops_the_reading(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="there is no such file"):
        read_837([save(tmp_path, envelope(claim_837())), tmp_path / "gone.837"])
