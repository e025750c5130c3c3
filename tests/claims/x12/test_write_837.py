"""Claims become an 837 that reads back to the same tables and that other readers accept."""

from __future__ import annotations

import io
import json
import logging
import stat
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pyx12.params
import pyx12.x12n_document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x12sdk.io import X12ModelReader

from tests.claims.x12.test_public_files import CLAIMS as PUBLIC_CLAIMS
from tests.claims.x12.test_public_files import PUBLIC
from tests.claims.x12.x12_snippets import (
    CLAIM,
    HOSPITAL_CLAIM,
    LINE,
    PROVIDER,
    RENDERING,
    SUBSCRIBER,
    claim_837,
    envelope,
    save,
)
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.claims.x12.read_837 import read_837
from workbook.claims.x12.write_837 import format_837, write_837
from workbook.encounters.case import encounter, encounters
from workbook.encounters.to_claim import to_claim
from workbook.terms import WorkbookError

logging.getLogger("pyx12").setLevel(logging.CRITICAL)
NOT_SENT = ("source_file", "source_segment", "received_date")


def content(claims: Claims, *, ordered: bool = True) -> dict[str, list[Any]]:
    """The tables without what no 837 states; unordered, without the numbers of details either."""
    found: dict[str, list[Any]] = {}
    for name, table in claims.arrow.items():
        hidden = NOT_SENT if ordered or name != "claim_detail" else (*NOT_SENT, "sequence")
        rows = [{k: v for k, v in row.items() if v is not None and k not in hidden} for row in table.to_pylist()]
        found[name] = sorted(rows, key=str)
    return found


def again(claims: Claims, folder: Path) -> Claims:
    write_837(claims, folder / "out.837")
    return read_837(folder / "out.837")


def pyx12_errors(text: str) -> set[str]:
    """What pyx12 rejects, as segment names (and ISA for what is no whole file), from its own acknowledgment."""
    answer = io.StringIO()
    fine = pyx12.x12n_document.x12n_document(pyx12.params.params(), io.StringIO(text), answer, None, None)
    told = [line.strip().split("*") for line in answer.getvalue().split("~")]
    return {part[1] for part in told if part[0] in ("IK3", "AK3")} | (set() if fine or answer.getvalue() else {"ISA"})


BILLING = [
    "HL*1**20*1", "PRV*BI*PXC*207Q00000X", f"{PROVIDER[1]}", "N3*1 MAIN STREET*SUITE 2", "N4*MONTGOMERY*AL*361040001",
    "REF*EI*999999999", "PER*IC*DESK*TE*3345550100*EX*12",
]  # fmt: skip
SENT_BY = ["BHT*0019*00*1*20250301*1200*CH", "NM1*41*2*SAMPLE CLINIC*****46*TIN9", "PER*IC*DESK*TE*3345550100",
           "NM1*40*2*SAMPLE MEDICARE*****46*10112"]  # fmt: skip
INSURED = [
    "HL*2*1*22*1", "SBR*S**GROUP7*PLAN NAME*12****CI", "NM1*IL*1*EXAMPLE*PAT*Q**JR*MI*M0001", "N3*2 SIDE STREET",
    "N4*MONTGOMERY*AL*36104", "DMG*D8*19500102*F", "REF*SY*123456789", "NM1*PR*2*SAMPLE MEDICARE*****PI*10112",
    "HL*3*2*23*0", "PAT*19", "NM1*QC*1*EXAMPLE*KIM", "N3*2 SIDE STREET", "N4*MONTGOMERY*AL*36104", "DMG*D8*20100304*F",
]  # fmt: skip
FULL = [
    *SENT_BY, *BILLING, *INSURED,
    "CLM*PCN1*135***11:B:7*Y*A*Y*Y*P*AA:OA::AL", "DTP*431*D8*20250110", "DTP*439*D8*20250109", "AMT*F5*10",
    "REF*F8*ICN9", "REF*G1*AUTH5", "REF*EA*CHART3", "NTE*ADD*FELL ON ICE", "CRC*E1*Y*L1", "HI*ABK:E1142*ABF:Z794",
    "NM1*DN*1*SENDS*ANN****XX*1555555550", f"NM1*82*1*DOC*ANN****XX*{RENDERING}", "PRV*PE*PXC*207R00000X",
    "NM1*77*2*SAMPLE HOSPITAL*****XX*1444444446", "N3*3 HILL ROAD", "N4*MONTGOMERY*AL*361040001",
    "SBR*P*18*G1******MC", "CAS*PR*1*10**2*5", "CAS*CO*45*35", "AMT*D*60", "OI***Y***Y",
    "NM1*IL*1*EXAMPLE*PAT****MI*X9", "NM1*PR*2*FIRST PLAN*****PI*PLAN1", "REF*2U*77",
    "LX*1", "SV1*HC:99213:25*125*UN*1***1:2**Y", "DTP*472*D8*20250114", "REF*6R*L1", "LIN**N4*00002140701",
    "CTP****2.5*ML", "NM1*DK*1*ORDERS*ANN****XX*1999999984", "SVD*PLAN1*60*HC:99213:25**1", "CAS*CO*45*65",
    "DTP*573*D8*20250201",
    "LX*2", "SV1*HC:00400:AA*10*MJ*45***1", "DTP*472*RD8*20250114-20250115",
]  # fmt: skip


def test_a_claim_with_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    claims = read_837(save(tmp_path, envelope(FULL)))
    assert content(again(claims, tmp_path)) == content(claims)


def test_an_institutional_claim_comes_back_as_it_was(tmp_path: Path) -> None:
    body = [
        *SENT_BY, *BILLING, *SUBSCRIBER, *HOSPITAL_CLAIM[:-1], "CL1*1*7*01", "HI*ABK:I214:::::::Y", "HI*ABJ:R079",
        "HI*APR:R079", "HI*ABN:W010XXA:::::::Y", "HI*DR:280", "HI*ABF:E1142:::::::N*ABF:I10:::::::W",
        "HI*BBR:02703DZ:D8:20250111", "HI*BBQ:4A023N7:D8:20250111", "HI*BI:71:RD8:20250101-20250105",
        "HI*BH:11:D8:20250109", "HI*BE:80:::3*BE:A1:::1632.5", "HI*BG:09*BG:21",
        "NM1*71*1*ATTENDS*ANN****XX*1333333338", "NM1*72*1*OPERATES*BO****XX*1987654328",
        "LX*1", "SV2*0120**300*DA*3**25", "LX*2", "SV2*0250*HC:J1885*200*UN*4", "DTP*472*D8*20250110",
    ]  # fmt: skip
    claims = read_837(save(tmp_path, envelope(body, guide="005010X223A2")))
    assert content(again(claims, tmp_path)) == content(claims)
    [claim] = content(claims)["claim"]
    assert (claim["attending_provider_npi"], claim["operating_provider_npi"]) == ("1333333338", "1987654328")
    assert [line.get("non_covered_amount") for line in content(claims)["claim_line"]] == [Decimal("25.00"), None]


def test_a_dental_claim_comes_back_as_it_was(tmp_path: Path) -> None:
    body = [
        *SENT_BY, *BILLING, *SUBSCRIBER, "CLM*D1*80***11:B:1*Y*A*Y*Y", "DTP*472*D8*20250114", "DN2*8*E****JP",
        "LX*1", "SV3*AD:D2150*80*11*10**1", "TOO*JP*12*L:O",
    ]  # fmt: skip
    claims = read_837(save(tmp_path, envelope(body, guide="005010X224A2")))
    assert content(again(claims, tmp_path))["claim_line"] == content(claims)["claim_line"]
    assert content(again(claims, tmp_path))["claim_detail"] == content(claims)["claim_detail"]


def test_claims_of_two_subscribers_share_what_they_have_in_common(tmp_path: Path) -> None:
    second = ["HL*3*1*22*0", "SBR*P*18*******MB", "NM1*IL*1*NEXT*KIM****MI*M0002", SUBSCRIBER[-1]]
    body = [*SENT_BY, *BILLING, *SUBSCRIBER, *CLAIM, *LINE, "CLM*PCN2*125***11:B:1*Y*A*Y*Y", *LINE, *second,
            "CLM*PCN3*125***11:B:1*Y*A*Y*Y", *LINE]  # fmt: skip
    claims = read_837(save(tmp_path, envelope(body)))
    text = format_837(claims)
    assert [line for line in text.split("~\n") if line.startswith("HL")] == ["HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0"]
    assert content(again(claims, tmp_path)) == content(claims)


def test_a_file_bears_the_last_day_that_it_bills_so_that_nothing_is_billed_before_it_is_done(tmp_path: Path) -> None:
    later = [segment.replace("20250114", "20250220") for segment in LINE]
    body = [*SENT_BY, *BILLING, *SUBSCRIBER, *CLAIM, *later, "CLM*PCN2*125***11:B:1*Y*A*Y*Y", *LINE]
    text = format_837(read_837(save(tmp_path, envelope(body))))
    assert [s.split("*")[4] for s in text.split("~\n") if s.startswith("BHT")] == ["20250220"]
    assert [s.split("*")[9] for s in text.split("~\n") if s.startswith("ISA")] == ["250220"]


#: File → why it does not come back row by row. Nothing that was sent is lost in any of them but where it says so.
DIFFERENT = {
    "x12_bad_segment_identifier.txt": "one subscriber's NM1 has a wrong name; the file written names one",
    "x12_bad_valid_code.txt": "NM101 of the billing provider is 117; the file written names one",
    "x12_loop_errors3_missing_loops.txt": "the billing provider is missing; the file written names one",
    "x12_missing_elements.txt": "NM102 of the receiver is missing; the file written says 2",
    "x12_missing_required_loop_in_one_repeat.txt": "the subscriber is missing; the file written names one",
    "pacdr-professional-external-example.edi": "no payer is named; the file written names one",
    "x12_complex.txt": "two transactions name one party twice",
}


@pytest.mark.parametrize("fact", [f for f in PUBLIC_CLAIMS if f["CLM"]], ids=lambda f: Path(f["file"]).name)
def test_a_public_file_comes_back_in_meaning(fact: dict[str, Any], tmp_path: Path) -> None:
    claims = read_837(PUBLIC / fact["file"])
    back = again(claims, tmp_path)
    assert back.arrow["claim"].num_rows == fact["CLM"]
    if Path(fact["file"]).name in DIFFERENT:
        assert content(back)["claim_line"] == content(claims)["claim_line"]
        assert content(back, ordered=False) != content(claims, ordered=False)  # else it has no place in the list
    else:
        assert content(back, ordered=False) == content(claims, ordered=False)


@pytest.mark.parametrize(
    "fact",
    # not those whose loops are wrong on purpose: pyx12 stops at other places of a file that has other segments
    [f for f in PUBLIC_CLAIMS if f["kind"] in ("837P", "837I") and f["CLM"] and "loop_errors" not in f["file"]],
    ids=lambda f: Path(f["file"]).name,
)
def test_pyx12_finds_no_fault_in_what_is_written_that_the_published_file_lacks(fact: dict[str, Any]) -> None:
    path = PUBLIC / fact["file"]
    text = path.read_text(encoding="latin-1")
    for later, known in (("005010X222A2", "005010X222A1"), ("005010X223A3", "005010X223A2")):  # pyx12 has these maps
        text = text.replace(later, known)
    faults = pyx12_errors(text)
    if faults != {"ISA"}:
        assert pyx12_errors(format_837(read_837(path))) <= faults


#: The first seven cases, one more of each setting, and all that a hospital bills.
SENT = sorted({
    *(case.id for case in encounters()[:7]), *{case.setting: case.id for case in encounters()}.values(),
    *(case.id for case in encounters(coding="facility")),
})  # fmt: skip


@pytest.mark.parametrize("name", SENT)
def test_the_claim_of_a_case_is_accepted_by_pyx12_and_x12sdk_and_comes_back(name: str, tmp_path: Path) -> None:
    claims = to_claim(encounter(name))
    text = format_837(claims)
    assert pyx12_errors(text) == set()
    with X12ModelReader(text) as reader:
        [model] = reader.models()
    claim = model.loop_2000a[0].loop_2000b[0].loop_2300[0]
    assert claim.clm_segment.total_claim_charge_amount == claims.arrow["claim"]["billed_amount"][0].as_py()
    back = again(claims, tmp_path)
    for table in ("claim_line", "claim_diagnosis", "claim_party"):
        assert content(back)[table] == content(claims)[table]


def test_the_file_is_for_its_owner_alone_and_the_same_tables_give_the_same_text(tmp_path: Path) -> None:
    claims = read_837(save(tmp_path, envelope(FULL)))
    write_837(claims, tmp_path / "out.837")
    assert stat.S_IMODE((tmp_path / "out.837").stat().st_mode) == 0o600
    assert (tmp_path / "out.837").read_text() == format_837(claims)


def test_what_the_tables_do_not_hold_is_said_to_be_not_on_file_and_read_as_nothing(tmp_path: Path) -> None:
    claims = read_837(save(tmp_path, envelope(claim_837())))
    bare = Claims({n: t for n, t in claims.arrow.items() if n != "claim_party"})
    text = format_837(bare)
    assert "NM1*85*2*NOT ON FILE*****XX*1234567893~\nN3*NOT ON FILE~\nN4*NOT ON FILE~\n" in text
    back = again(bare, tmp_path)
    assert {p.get("last_name") for p in content(back)["claim_party"] if p["role"] in ("billing", "subscriber")} == {
        None
    }
    assert content(back)["claim_line"] == content(bare)["claim_line"]


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("claim", "billed_amount", None, "claim PCN1 has no billed_amount"),
        ("claim_line", "billed_amount", None, "line 1 of claim PCN1 has no billed_amount"),
        (
            "claim_line",
            "claim_id",
            "GONE",
            "table claim_line has a row of claim_id GONE, which table claim does not have",
        ),
        ("claim", "claim_type", "pharmacy", "claim PCN1 is of type 'pharmacy'"),
        ("claim", "patient_control_number", "A*B", r"CLM01 would be 'A\*B', which holds '\*'"),
        ("claim_diagnosis", "diagnosis_code", "E11~", "HI would be 'E11~'"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(
    tmp_path: Path, table: str, column: str, value: object, message: str
) -> None:
    claims = read_837(save(tmp_path, envelope(claim_837())))
    rows = claims.arrow[table].to_pylist()
    rows[0][column] = value
    changed = Claims({**claims.arrow, table: CLAIM_TABLES[table].from_rows(rows)})
    with pytest.raises(WorkbookError, match=message):
        format_837(changed)


def test_a_specialty_says_whose_it_is(tmp_path: Path) -> None:
    referring = ["NM1*DN*1*SENDS*ANN****XX*1555555550", "PRV*RF*ZZ*207R00000X"]  # 004010 sent it for who refers
    rendering = [f"NM1*82*1*DOC*ANN****XX*{RENDERING}", "PRV*PE*PXC*207Q00000X"]
    text = format_837(read_837(save(tmp_path, envelope(claim_837(*referring, *rendering)))))
    assert "PRV*RF*PXC*207R00000X~" in text
    assert "PRV*PE*PXC*207Q00000X~" in text


def test_a_party_of_an_earlier_payer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    claims = read_837(save(tmp_path, envelope(claim_837())))
    stray = {"claim_id": "PCN1", "role": "other_payer", "sequence": 1, "last_name": "FIRST PLAN"}
    rows = [*claims.arrow["claim_party"].to_pylist(), stray]
    changed = Claims({**claims.arrow, "claim_party": CLAIM_TABLES["claim_party"].from_rows(rows)})
    with pytest.raises(WorkbookError, match="claim PCN1 has other_payer 1 in table claim_party and 0 earlier payers"):
        format_837(changed)


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("claim_detail", {"about": "rendering", "kind": "reference", "qualifier": "G2", "value": "X"},
         r"claim PCN1 has a detail in table claim_detail \(reference G2\) about 'rendering', whom no row"),
        ("claim_detail", {"about": "other_payer:1", "kind": "reference", "value": "X"}, "about 'other_payer:1', whom no"),
        ("claim_detail", {"line_number": 1, "about": "ordering", "kind": "note", "value": "X"},
         r"claim PCN1, line 1, has a detail .* about 'ordering', whom no row"),
        ("claim_detail", {"line_number": 1, "kind": "condition", "qualifier": "21"}, "of a kind that an 837 has no place"),
        ("claim_detail", {"line_number": 2, "kind": "note", "value": "X"}, "has a row of line 2 of claim PCN1, which has no"),
        ("other_payer_adjustment", {"payer_id": "P1", "group_code": "CO", "carc": "45", "amount": Decimal(1)},
         "claim PCN1 has an adjustment CO 45 of payer P1 .* and no row of it in table other_payer"),
        ("claim", {}, "table claim has claim_id PCN1 more than once"),
        ("claim_line", {"line_number": 1, "billed_amount": Decimal(1)}, "claim PCN1 has line 1 more than once"),
    ],
)  # fmt: skip
def test_a_row_without_a_place_in_the_file_is_refused_not_dropped(
    tmp_path: Path, table: str, row: dict[str, object], message: str
) -> None:
    claims = read_837(save(tmp_path, envelope(claim_837())))
    rows = [*claims.arrow[table].to_pylist(), {"claim_id": "PCN1", "sequence": 9, **row}]
    changed = Claims({**claims.arrow, table: CLAIM_TABLES[table].from_rows(rows)})
    with pytest.raises(WorkbookError, match=message):
        format_837(changed)


def test_tables_in_any_order_give_the_same_file(tmp_path: Path) -> None:
    body = [*SENT_BY, *BILLING, *SUBSCRIBER, *CLAIM, *LINE, "CLM*PCN2*125***11:B:1*Y*A*Y*Y", *LINE]
    claims = read_837(save(tmp_path, envelope(body)))
    other = {n: t if n == "claim" else t.sort_by([("claim_id", "descending")]) for n, t in claims.arrow.items()}
    assert other["claim_line"] != claims.arrow["claim_line"]
    assert format_837(Claims(other)) == format_837(claims)


def test_no_claim_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="there is no claim to write"):
        write_837(Claims(), tmp_path / "none.837")
    assert not (tmp_path / "none.837").exists()


# Any claims in the form in which a reader fills the tables come back exactly.

TEXT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-", min_size=1, max_size=12).map(
    lambda s: s.strip() or "X"
).filter(lambda s: s != "NOT ON FILE")  # fmt: skip
MAYBE = st.none() | TEXT
MONEY = st.decimals(0, 99_999, places=2).map(lambda d: d.quantize(Decimal("0.01")))
DAY = st.dates(date(2015, 10, 1), date(2026, 12, 31))
NPI = st.sampled_from(["1234567893", "1987654328", "1555555550"])


@st.composite
def people(draw: Any, role: str, kind: str = "XX", **fixed: Any) -> dict[str, Any]:
    organization = fixed.pop("is_organization", draw(st.booleans()))
    person = {
        "role": role, "sequence": 1, "is_organization": organization, "last_name": draw(TEXT), "identifier_type": kind,
        "identifier": draw(NPI), **fixed,
    }  # fmt: skip
    for column in ("first_name", "middle_name", "name_suffix", "address_1", "city", "phone", "contact_name"):
        person[column] = draw(MAYBE)
    if role not in ("subscriber", "payer", "submitter", "receiver"):
        person["taxonomy_code"] = draw(st.none() | st.just("207Q00000X"))
    return person


@st.composite
def claim_rows(draw: Any, number: int) -> dict[str, list[dict[str, Any]]]:
    claim_id = f"C{number}"
    kind = draw(st.sampled_from(["professional", "institutional"]))
    submitter, receiver = draw(people("submitter", "46")), draw(people("receiver", "46"))
    billing, payer = draw(people("billing")), draw(people("payer", "PI"))
    subscriber = draw(people("subscriber", "MI")) | {
        "birth_date": draw(st.none() | DAY),
        "sex": draw(st.sampled_from("FMU")),
    }
    parties = [submitter, receiver, billing, subscriber, payer]
    columns = {"professional": {"rendering": "rendering_provider_npi", "referring": "referring_provider_npi"},
               "institutional": {"attending": "attending_provider_npi"}}[kind]  # fmt: skip
    providers = [draw(people(role)) for role in columns if draw(st.booleans())]
    frequency = draw(st.sampled_from("178"))
    claim: dict[str, Any] = {
        "claim_id": claim_id, "patient_control_number": claim_id, "claim_type": kind,
        "payer_id": payer["identifier"], "payer_name": payer["last_name"], "claim_filing_code": draw(MAYBE),
        "billing_provider_npi": billing["identifier"], "patient_id": subscriber["identifier"],
        "subscriber_id": subscriber["identifier"], "payer_sequence": draw(st.sampled_from("PST")),
        "group_number": draw(MAYBE), "group_name": draw(MAYBE), "patient_relationship": "18",
        "patient_birth_date": subscriber["birth_date"], "patient_sex": subscriber["sex"], "billed_amount": draw(MONEY),
        "frequency_code": frequency, "accepts_assignment": draw(st.none() | st.booleans()),
        "benefits_assigned": draw(st.sampled_from("YN")), "release_of_information": draw(st.sampled_from("YI")),
        "prior_authorization": draw(MAYBE), "original_claim_id": draw(MAYBE), "referral_number": draw(MAYBE),
        "purpose": "CH", **{columns[p["role"]]: p["identifier"] for p in providers},
    }  # fmt: skip
    if kind == "professional":
        claim |= {
            "place_of_service": draw(st.sampled_from(["11", "22"])),
            "patient_paid_amount": draw(st.none() | MONEY),
        }
    else:
        first = draw(DAY)
        claim |= {"type_of_bill": f"13{frequency}", "statement_from_date": first,
                  "statement_through_date": first + timedelta(draw(st.integers(0, 9))), "patient_status": "01",
                  "admission_type": draw(MAYBE), "ms_drg": draw(st.none() | st.just("470"))}  # fmt: skip
    lines = [draw(line_rows(claim_id, at, kind)) for at in range(1, draw(st.integers(1, 4)) + 1)]
    diagnoses = [
        {"claim_id": claim_id, "sequence": 1, "role": "principal", "diagnosis_code": "E1142", "code_set": "icd10"}
    ]
    diagnoses += [
        {"claim_id": claim_id, "sequence": at, "role": "other", "diagnosis_code": code, "code_set": "icd10",
         "present_on_admission": draw(st.sampled_from([None, "Y", "N"])) if kind == "institutional" else None}
        for at, code in enumerate(draw(st.lists(st.sampled_from(["I10", "Z794", "R079"]), max_size=3)), 2)
    ]  # fmt: skip
    details = [
        {"claim_id": claim_id, "sequence": at, **detail}
        for at, detail in enumerate(
            [
                *({"kind": "date", "qualifier": q, "from_date": draw(DAY)} for q in draw(st.sets(st.sampled_from(["431", "454"])))),
                *({"kind": "reference", "qualifier": "EA", "value": draw(TEXT)} for _ in range(draw(st.integers(0, 2)))),
                *({"kind": "note", "qualifier": "ADD", "value": draw(TEXT)} for _ in range(draw(st.integers(0, 2)))),
            ], 1,
        )
    ]  # fmt: skip
    return {
        "claim": [claim], "claim_line": lines, "claim_diagnosis": diagnoses, "claim_detail": details,
        "claim_party": [{"claim_id": claim_id, **p} for p in [*parties, *providers]],
    }  # fmt: skip


@st.composite
def line_rows(draw: Any, claim_id: str, number: int, kind: str) -> dict[str, Any]:
    first = draw(DAY)
    days = draw(st.integers(0, 3))
    line: dict[str, Any] = {
        "claim_id": claim_id, "line_number": number, "service_from_date": first,
        "service_through_date": first + timedelta(days) if days else None, "hcpcs_code": draw(st.sampled_from(["99213", "J1885"])),
        "modifier_1": draw(st.sampled_from([None, "25", "RT"])), "units": draw(st.integers(1, 999).map(Decimal)),
        "unit_basis": draw(st.sampled_from(["UN", "MJ"])), "billed_amount": draw(MONEY),
        "line_control_number": draw(MAYBE), "ndc": draw(st.none() | st.just("00002140701")),
    }  # fmt: skip
    if line["ndc"]:
        line |= {"ndc_quantity": draw(st.none() | st.just(Decimal("2.5")))}
        line["ndc_unit"] = "ML" if line["ndc_quantity"] else None
    if kind == "professional":
        line |= {"diagnosis_pointer_1": 1, "place_of_service": draw(st.sampled_from([None, "22"]))}
    else:
        line |= {"revenue_code": "0450", "non_covered_amount": draw(st.none() | MONEY)}
    return line


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_claims_come_back_exactly(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    parts = [data.draw(claim_rows(number)) for number in range(data.draw(st.integers(1, 4)))]
    tables = {name: t.from_rows([r for p in parts for r in p.get(name, [])]) for name, t in CLAIM_TABLES.items()}
    claims = Claims(tables)
    folder = tmp_path_factory.mktemp("any")
    back = again(claims, folder)
    assert content(back) == content(claims)


def test_the_list_of_public_files_that_differ_names_files_that_are_there() -> None:
    if not PUBLIC.is_dir():
        pytest.skip("the public X12 files (../shared/x12) are not on this machine")
    names = {Path(f["file"]).name for f in json.loads((PUBLIC / "facts.json").read_text())}
    assert set(DIFFERENT) <= names
