"""What an 835 says arrives in the tables, and what does not balance is told at its level."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.claims.x12.x12_snippets import (
    CLINIC,
    REMITTANCE,
    RENDERING,
    claim_837,
    envelope,
    messages,
    problems,
    remittance_835,
    rows,
    save,
)
from workbook.claims.model import Remittance
from workbook.claims.x12.read_835 import read_remittance
from workbook.terms import WorkbookError

D = Decimal


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read the body of an 835, or a whole file."""

    def reader(content: list[str] | str) -> Remittance:
        text = content if isinstance(content, str) else remittance_835(content)
        return read_remittance(save(tmp_path, text, "answer.835"))

    return reader


def changed(old: str, *new: str) -> list[str]:
    """The sample remittance with one segment replaced by others."""
    assert old in REMITTANCE
    return [s for segment in REMITTANCE for s in (new if segment == old else (segment,))]


def test_a_remittance_fills_its_tables(read: Any) -> None:
    remittance = read(REMITTANCE)
    key = {"remittance_id": "CHECK77", "claim_sequence": 1, "claim_id": "PCN1"}
    assert rows(remittance, "remittance") == [
        {
            "remittance_id": "CHECK77", "payer_id": "10112", "payer_name": "SAMPLE MEDICARE", "payee_npi": CLINIC,
            "payee_name": "SAMPLE CLINIC", "payment_amount": D("80.00"), "payment_method": "CHK",
            "payment_date": date(2025, 3, 1), "trace_number": "CHECK77",
        }
    ]  # fmt: skip
    assert rows(remittance, "remittance_claim") == [
        {
            **key, "claim_status_code": "1", "billed_amount": D("125.00"), "paid_amount": D("80.00"),
            "patient_responsibility_amount": D("20.00"), "claim_filing_code": "MB", "payer_claim_id": "ICN9",
            "patient_id": "M0001",
        }
    ]  # fmt: skip
    assert rows(remittance, "remittance_line") == [
        {
            **key, "line_number": 1, "service_date": date(2025, 1, 14), "hcpcs_code": "99213", "modifiers": "25",
            "billed_amount": D("125.00"), "allowed_amount": D("100.00"), "paid_amount": D("80.00"), "units": D("1.000"),
        }
    ]  # fmt: skip
    line = {**key, "line_number": 1, "level": "line"}
    assert rows(remittance, "adjustment") == [
        {**line, "group_code": "CO", "carc": "45", "amount": D("25.00")},
        {**line, "group_code": "PR", "carc": "2", "amount": D("20.00")},
    ]
    assert rows(remittance, "remark") == [{**key, "rarc": "MA01"}, {**key, "line_number": 1, "rarc": "N130"}]
    assert rows(remittance, "provider_adjustment") == []
    assert problems(remittance) == []
    assert remittance.is_balanced


def test_a_cas_holds_up_to_six_adjustments_for_claim_or_line(read: Any) -> None:
    six = "CAS*CO*45*1**253*2*3*97*4**50*5**29*6**151*7*2"  # 1 + 2 + 4 + 5 + 6 + 7 = 25
    remittance = read(changed("CAS*CO*45*25", six))
    found = [(r["carc"], r["amount"], r.get("quantity")) for r in rows(remittance, "adjustment")]
    assert found == [
        ("45", D("1.00"), None), ("253", D("2.00"), D("3.000")), ("97", D("4.00"), None), ("50", D("5.00"), None),
        ("29", D("6.00"), None), ("151", D("7.00"), D("2.000")), ("2", D("20.00"), None),
    ]  # fmt: skip
    assert remittance.is_balanced


def test_an_adjustment_before_the_first_line_is_the_claims(read: Any) -> None:
    body = [s for s in REMITTANCE if not s.startswith(("SVC", "DTM*472", "CAS", "REF*6R", "AMT", "LQ"))]
    body.insert(body.index("NM1*QC*1*EXAMPLE*PAT****MI*M0001"), "CAS*PR*1*20**2*25")
    remittance = read(body)
    assert [(r["level"], r.get("line_number"), r["carc"]) for r in rows(remittance, "adjustment")] == [
        ("claim", None, "1"),
        ("claim", None, "2"),
    ]
    assert remittance.is_balanced
    assert messages(remittance) == ["CLP05 says the patient owes 20.00; the adjustments of group PR come to 45.00"]


def test_a_line_number_is_what_6r_says_with_all_that_belongs_to_the_line(read: Any) -> None:
    remittance = read(changed("REF*6R*1", "REF*6R*7"))
    assert [r["line_number"] for r in rows(remittance, "remittance_line")] == [7]
    assert [r["line_number"] for r in rows(remittance, "adjustment")] == [7, 7]
    assert [r.get("line_number") for r in rows(remittance, "remark")] == [None, 7]


def test_lines_sent_in_another_order_keep_their_own_adjustments(read: Any) -> None:
    lines = [
        "SVC*HC:99213*50*40**1", "CAS*CO*45*10", "REF*6R*2",
        "SVC*HC:99214*75*40**1", "CAS*CO*45*15", "CAS*PR*2*20", "REF*6R*1",
    ]  # fmt: skip
    remittance = read([*REMITTANCE[:9], *lines])
    assert [(r["line_number"], r["hcpcs_code"]) for r in rows(remittance, "remittance_line")] == [
        (2, "99213"),
        (1, "99214"),
    ]
    assert [(r["line_number"], r["amount"]) for r in rows(remittance, "adjustment")] == [
        (2, D("10.00")), (1, D("15.00")), (1, D("20.00")),
    ]  # fmt: skip
    assert problems(remittance) == []


def test_a_line_number_that_recurs_or_is_no_number_is_the_position(read: Any) -> None:
    line = ["SVC*HC:99213*40*40**1", "REF*6R*1"]
    body = [*changed("BPR*I*80*C*CHK************20250301", "BPR*I*160*C*CHK************20250301")]
    body = [s.replace("CLP*PCN1*1*125*80", "CLP*PCN1*1*205*160") for s in body]
    remittance = read([*body, *line, line[0], "REF*6R*LINE3"])
    assert [r["line_number"] for r in rows(remittance, "remittance_line")] == [1, 2, 3]
    assert messages(remittance) == ["REF*6R '1' was used before on this claim"]


def test_a_line_without_a_date_takes_its_claims(read: Any) -> None:
    body = changed("DTM*472*20250114")
    body.insert(body.index("MOA***MA01"), "DTM*232*20250110")
    assert rows(read(body), "remittance_line")[0]["service_date"] == date(2025, 1, 10)


def test_units_that_are_not_sent_are_one(read: Any) -> None:
    remittance = read(changed("SVC*HC:99213:25*125*80**1", "SVC*HC:99213:25*125*80"))
    assert rows(remittance, "remittance_line")[0]["units"] == D("1.000")


def test_a_revenue_code_in_place_of_a_procedure_is_no_fault(read: Any) -> None:
    remittance = read(changed("SVC*HC:99213:25*125*80**1", "SVC*NU:0250*125*80"))
    assert "hcpcs_code" not in rows(remittance, "remittance_line")[0]
    assert problems(remittance) == []


def test_remarks_of_an_inpatient_claim_are_found(read: Any) -> None:
    remittance = read(changed("MOA***MA01", f"MIA*1****MA02{'*' * 15}N1*N2"))
    assert [r["rarc"] for r in rows(remittance, "remark")] == ["MA02", "N1", "N2", "N130"]


def test_provider_adjustments_come_in_pairs(read: Any) -> None:
    body = [*REMITTANCE, f"PLB*{CLINIC}*20251231*WO:ICN5*30.5*L6*-0.5*72:X*"]
    remittance = read(changed(REMITTANCE[0], REMITTANCE[0].replace("80", "50"))[:1] + body[1:])
    key = {"remittance_id": "CHECK77", "fiscal_period_end": date(2025, 12, 31)}
    assert rows(remittance, "provider_adjustment") == [
        key | {"reason_code": "WO", "reference": "ICN5", "amount": D("30.50")},
        key | {"reason_code": "L6", "amount": D("-0.50")},
        key | {"reason_code": "72", "reference": "X", "amount": D("0.00")},
    ]
    assert messages(remittance) == ["PLB08 is empty; an amount was expected, 0.00 is taken"]
    assert remittance.is_balanced  # 80 - 30.50 + 0.50 = 50


def test_an_imbalance_is_told_for_line_claim_and_transaction(read: Any) -> None:
    remittance = read(changed("CAS*CO*45*25", "CAS*CO*45*24"))
    assert problems(remittance) == [
        (
            "error", 3, 11, "CLP04", "PCN1",
            "claim PCN1 is off by -$1.00: its charge less adjustments comes to $81.00, CLP04 says $80.00",
        ),
        (
            "error", 3, 14, "SVC03", "PCN1",
            "line 1 of claim PCN1 is off by -$1.00: its charge less adjustments comes to $81.00, SVC03 says $80.00",
        ),
    ]  # fmt: skip
    transaction = read(changed(REMITTANCE[0], REMITTANCE[0].replace("80", "90")))
    assert problems(transaction) == [
        (
            "error", 3, 4, "BPR02", None,
            "remittance CHECK77 is off by $10.00: its claims less provider adjustments come to $80.00, BPR02 says $90.00",
        )
    ]  # fmt: skip


def test_a_reversal_balances_with_its_negative_amounts(read: Any) -> None:
    reversal = [
        "CLP*PCN1*22*-125*-80*-20*MB*ICN9",
        "NM1*QC*1",
        "SVC*HC:99213*-125*-80**1",
        "CAS*CO*45*-25",
        "CAS*PR*2*-20",
    ]
    remittance = read([REMITTANCE[0].replace("80", "0"), *REMITTANCE[1:], *reversal])
    assert remittance.is_balanced
    assert problems(remittance) == []


def test_claims_are_numbered_from_one_in_each_transaction(tmp_path: Path) -> None:
    again = ["CLP*PCN1*1*0*0**MB*ICN10"]
    paths = [save(tmp_path, remittance_835([*REMITTANCE, *again]), "a.835"), save(tmp_path, remittance_835(), "b.835")]
    remittance = read_remittance(paths)
    assert remittance.arrow["remittance"]["remittance_id"].to_pylist() == ["CHECK77", "CHECK77#2"]
    found = [(r["remittance_id"], r["claim_sequence"], r["claim_id"]) for r in rows(remittance, "remittance_claim")]
    assert found == [("CHECK77", 1, "PCN1"), ("CHECK77", 2, "PCN1"), ("CHECK77#2", 1, "PCN1")]
    assert messages(remittance) == ["TRN02 CHECK77 was read before; this remittance is CHECK77#2"]
    assert remittance.arrow_problems["file"].to_pylist() == [str(paths[1])]


def test_a_remittance_without_a_trace_is_named_after_its_segment(read: Any) -> None:
    remittance = read(changed("TRN*1*CHECK77*1999999999"))
    assert rows(remittance, "remittance")[0]["remittance_id"] == "segment-4"
    assert messages(remittance) == ["TRN02 is missing; the remittance is named after its segment"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (REMITTANCE[0], "BPR*I*X*C*CHK************20250301", "BPR02 'X' is not an amount in dollars and cents"),
        (
            REMITTANCE[0],
            "BPR*I*80*C*CHK************20251301",
            "BPR16 '20251301' is not a date (CCYYMMDD); it is null here",
        ),
        ("DTM*472*20250114", "DTM*472*250114", "DTM02 '250114' is not a date (CCYYMMDD); it is null here"),
        (REMITTANCE[7], "CLP*PCN1**125*80*20*MB*ICN9", "CLP02, the claim's status, is empty"),
        (REMITTANCE[7], "CLP**1*125*80*20*MB*ICN9", "CLP01 is empty; the claim is named after its segment"),
        ("CAS*CO*45*25", "CAS**45*25", "CAS01, the adjustment's group, is empty"),
        ("CAS*CO*45*25", "CAS*CO*45*25*A", "CAS04 'A' is not a quantity with at most three decimals; it is null here"),
        (REMITTANCE[10], "SVC*N4:123*125*80**1", "SVC01 'N4:123' is not a HCPCS code (qualifier HC); it is null here"),
        ("LX*1", "CAS*CO*45*25", "CAS stands outside a claim"),
        ("LX*1", "SVC*HC:99213*125*80", "SVC stands outside a claim"),
        (REMITTANCE[5], "N1*PE*SAMPLE CLINIC*FI*123456789", "the payee has no NPI (N1*PE with XX in N103)"),
        ("LX*1", "LXX*1", "segment name 'LXX' is not known here; skipped 1 times, first at segment 10"),
    ],
)
def test_faults_are_told_and_the_claim_is_kept(read: Any, old: str, new: str, message: str) -> None:
    remittance = read(changed(old, new))
    assert len(rows(remittance, "remittance_claim")) == 1
    assert message in messages(remittance)


def test_amounts_that_cannot_be_read_are_zero_with_an_error(read: Any) -> None:
    remittance = read(changed("CAS*CO*45*25", "CAS*CO*45*TWENTY"))
    assert rows(remittance, "adjustment")[0]["amount"] == D("0.00")
    assert not remittance.is_balanced


def test_a_payment_that_is_missing_is_zero_with_an_error(read: Any) -> None:
    remittance = read(REMITTANCE[1:])
    assert rows(remittance, "remittance")[0]["payment_amount"] == D("0.00")
    assert messages(remittance)[0] == "the payment (BPR02) is missing; it is 0.00 here"


def test_a_file_cut_short_keeps_what_it_has_and_says_so(read: Any) -> None:
    text = remittance_835()
    remittance = read(text[: text.index("CAS*PR")])
    assert len(rows(remittance, "remittance_line")) == 1
    assert messages(remittance)[0].startswith(
        "the file ends inside claim PCN1, transaction 0001, after segment 16 (CAS)"
    )


def test_any_separators_are_read(read: Any) -> None:
    plain, strange = (
        read(remittance_835()),
        read(remittance_835(element="|", component=">", terminator="!", line_break="")),
    )
    assert plain == strange


def test_a_byte_order_mark_latin_1_and_several_interchanges_are_read(tmp_path: Path) -> None:
    first = remittance_835([s.replace("SAMPLE MEDICARE", "CAFÉ PLAN") for s in REMITTANCE])
    second = remittance_835(
        [s.replace("CHECK77", "CHECK78") for s in REMITTANCE],
        element="|",
        component=">",
        terminator="!",
        control="2" * 9,
    )
    marked = read_remittance(save(tmp_path, b"\xef\xbb\xbf" + (first + second).encode(), "marked.835"))
    latin = read_remittance(save(tmp_path, (first + second).encode("latin-1"), "latin.835"))
    assert marked == latin
    assert [r["payer_name"] for r in rows(latin, "remittance")] == ["CAFÉ PLAN", "SAMPLE MEDICARE"]
    assert messages(marked) == []
    assert messages(latin) == ["the file is not UTF-8; it is read as Latin-1 from here on"]


def test_a_004010_remittance_is_read_as_far_as_the_tables_go(read: Any) -> None:
    text = remittance_835().replace("*^*00501*", "*U*00401*").replace("005010X221A1", "004010X091A1")
    assert read(text) == read(remittance_835())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (REMITTANCE[1], [REMITTANCE[1], "TRN*1*OTHER"], "a second TRN, or one after the first claim; it is not looked at"),
        (REMITTANCE[0], [REMITTANCE[0], REMITTANCE[0].replace("80", "90")], "a second BPR; the first one holds"),
        (REMITTANCE[3], [], "the payer is not named (N1*PR)"),
        (REMITTANCE[5], [], "the payee is not named (N1*PE)"),
        (REMITTANCE[9], ["N1*PR*OTHER PLAN"], "N1 stands inside a claim"),
        (REMITTANCE[11], [f"{REMITTANCE[11]}*1200"], "DTM03 '1200' has no place in the tables; it is not kept"),
        (REMITTANCE[15], [f"{REMITTANCE[15]}*D"], "AMT03 'D' has no place in the tables; it is not kept"),
        (REMITTANCE[8], ["NM1*QC*1*EXAMPLE*PAT**DR**MI*M0001"], "NM106 'DR' has no place in the tables; it is not kept"),
        (REMITTANCE[7], ["CLP*PCN1*22*125*80*20*MB*ICN9"], "CLP02 22 reverses a claim, but CLP03 is not negative"),
    ],
)  # fmt: skip
def test_what_would_be_lost_or_stands_out_of_its_place_is_told(
    read: Any, old: str, new: list[str], message: str
) -> None:
    remittance = read(changed(old, *new))
    assert message in messages(remittance)
    assert rows(remittance, "remittance")[0].get("payer_name") in ("SAMPLE MEDICARE", None)
    assert [r["payment_amount"] for r in rows(remittance, "remittance")] == [D("80.00")]


def test_what_stands_outside_a_claim_or_says_more_than_its_columns_is_kept_as_it_was(read: Any) -> None:
    body = changed("SVC*HC:99213:25*125*80**1", "SVC*HP:99213:25:::::WORDS*125*80**1*HC:99214:59")
    remittance = read([*body[:6], "MOA***MA07", *body[6:]])
    kept = [(d["qualifier"], d["value"]) for d in rows(remittance, "remittance_detail")]
    assert kept[1:] == [("MOA", "MOA***MA07"), ("SVC01", "HP:99213:25:::::WORDS"), ("SVC06", "HC:99214:59")]


def test_an_adjustment_of_another_provider_than_the_payee_says_whose_it_is(read: Any) -> None:
    plb = [f"PLB*{CLINIC}*20251231*WO*0", f"PLB*{RENDERING}*20251231*WO*0"]
    found = rows(read([*REMITTANCE, *plb]), "provider_adjustment")
    assert [row.get("provider_id") for row in found] == [None, RENDERING]


def test_claims_are_not_a_remittance(read: Any) -> None:
    remittance = read(envelope(claim_837()))
    assert messages(remittance) == ["transaction 837 (claim) is not a remittance; skipped"]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="there is no such file"):
        read_remittance(tmp_path / "gone.835")


def test_who_is_named_and_what_has_no_column_are_kept(read: Any) -> None:
    body = [
        "BPR*I*80*C*ACH*CTX*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20250301",
        "TRN*1*CHECK77*1512345678", "REF*EV*RECEIVER", "DTM*405*20250227", "N1*PR*SAMPLE MEDICARE*XV*10112",
        "N3*1 MAIN STREET", "N4*BALTIMORE*MD*21244", "REF*2U*10112X", "PER*CX*CALLS*TE*8005550100",
        "PER*BL*TECH*TE*8005550101", f"N1*PE*SAMPLE CLINIC*XX*{CLINIC}", "REF*TJ*999999999", "LX*7",
        f"TS3*{CLINIC}*11*20251231*1*125",
        "CLP*PCN1*1*125*80*20*MB*ICN9*11*1**470*2.1", "NM1*QC*1*EXAMPLE*PAT****MI*M0001",
        "NM1*74*1**PATTY", f"NM1*82*1*DOC*ANN****XX*{RENDERING}", "MOA*.5**MA01", "REF*EA*CHART3",
        "DTM*232*20250114", "DTM*050*20250120", "DTM*036*20251231", "AMT*AU*125", "QTY*CA*3",
        "SVC*HC:99213:25*125*80**1*HC:99214*2", "DTM*150*20250114", "DTM*151*20250115", "CAS*CO*45*25", "CAS*PR*2*20",
        "REF*6R*LINE-A", "REF*HPI*1999999984", "AMT*B6*100", "AMT*KH*0.5", "LQ*HE*N130",
    ]  # fmt: skip
    remittance = read(body)
    assert remittance.is_balanced
    parties = {r["role"]: r for r in rows(remittance, "remittance_party")}
    assert list(parties) == ["payer", "payee", "patient", "corrected_subscriber", "rendering"]
    assert (parties["payer"]["city"], parties["payer"]["contact_name"], parties["payer"]["phone"]) == (
        "BALTIMORE", "CALLS", "8005550100",
    )  # fmt: skip
    assert (parties["patient"]["claim_sequence"], parties["patient"]["first_name"]) == (1, "PAT")
    [claim], [line] = rows(remittance, "remittance_claim"), rows(remittance, "remittance_line")
    assert (claim["facility_code"], claim["frequency_code"], claim["ms_drg"]) == ("11", "1", "470")
    assert (claim["statement_from_date"], claim["received_date"]) == (date(2025, 1, 14), date(2025, 1, 20))
    assert (line["service_date"], line["service_through_date"]) == (date(2025, 1, 14), date(2025, 1, 15))
    assert (line["billed_hcpcs_code"], line["billed_units"], line["line_control_number"]) == (
        "99214",
        D("2.000"),
        "LINE-A",
    )
    told = [
        (d.get("claim_sequence"), d.get("line_number"), d.get("about"), d["kind"], d["qualifier"], d.get("value"))
        for d in rows(remittance, "remittance_detail")
    ]
    assert [t for t in told if t[0] is None] == [
        (None, None, None, "element", "BPR05", "CTX"), (None, None, None, "element", "BPR06", "01"),
        (None, None, None, "element", "BPR07", "999999992"), (None, None, None, "element", "BPR08", "DA"),
        (None, None, None, "element", "BPR09", "123456"), (None, None, None, "element", "BPR10", "1512345678"),
        (None, None, None, "element", "BPR12", "01"), (None, None, None, "element", "BPR13", "999988880"),
        (None, None, None, "element", "BPR14", "DA"), (None, None, None, "element", "BPR15", "98765"),
        (None, None, None, "element", "TRN03", "1512345678"), (None, None, None, "reference", "EV", "RECEIVER"),
        (None, None, None, "date", "405", None), (None, None, "payer", "reference", "2U", "10112X"),
        (None, None, "payer", "segment", "PER", "PER*BL*TECH*TE*8005550101"),
        (None, None, "payee", "reference", "TJ", "999999999"),
    ]  # fmt: skip
    assert [t for t in told if t[0] == 1] == [
        (1, None, "group", "element", "LX01", "7"),
        (1, None, "group", "segment", "TS3", f"TS3*{CLINIC}*11*20251231*1*125"),
        (1, None, None, "element", "CLP12", "2.1"), (1, None, None, "element", "MOA01", ".5"),
        (1, None, None, "reference", "EA", "CHART3"), (1, None, None, "date", "036", None),
        (1, None, None, "amount", "AU", None), (1, None, None, "segment", "QTY", "QTY*CA*3"),
        (1, 1, None, "reference", "HPI", "1999999984"), (1, 1, None, "amount", "KH", None),
    ]  # fmt: skip
