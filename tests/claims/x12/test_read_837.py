"""What an 837 says arrives in the tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.claims.x12.x12_snippets import (
    CLAIM,
    CLINIC,
    FACILITY,
    HOSPITAL_CLAIM,
    LINE,
    LINE_RENDERING,
    PROVIDER,
    REFERRING,
    RENDERING,
    SUBSCRIBER,
    claim_837,
    envelope,
    messages,
    problems,
    rows,
    save,
)
from workbook.claims.model import Claims
from workbook.claims.x12.read_837 import read_837, stream_837

INSTITUTIONAL = "005010X223A3"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read the body of an 837, or a whole file."""

    def reader(content: list[str] | str, guide: str = "005010X222A2", **choices: Any) -> Claims:
        text = content if isinstance(content, str) else envelope(content, guide=guide)
        return read_837(save(tmp_path, text), **choices)

    return reader


def test_a_professional_claim_fills_its_row(read: Any, tmp_path: Path) -> None:
    claims = read(claim_837(), received_date="2025-01-20")
    assert rows(claims, "claim") == [
        {
            "claim_id": "PCN1",
            "patient_control_number": "PCN1",
            "claim_type": "professional",
            "payer_id": "10112",
            "payer_name": "SAMPLE MEDICARE",
            "claim_filing_code": "MB",
            "billing_provider_npi": CLINIC,
            "patient_id": "M0001",
            "subscriber_id": "M0001",
            "patient_birth_date": date(1950, 1, 2),
            "patient_sex": "F",
            "billed_amount": Decimal("125.00"),
            "place_of_service": "11",
            "frequency_code": "1",
            "payer_sequence": "P",
            "patient_relationship": "18",
            "provider_signature": True,
            "accepts_assignment": True,
            "benefits_assigned": "Y",
            "release_of_information": "Y",
            "received_date": date(2025, 1, 20),
            "source_file": str(tmp_path / "claims.837"),
            "source_segment": 11,
        }
    ]
    assert problems(claims) == []


def test_received_date_stays_null_unless_it_is_given(read: Any) -> None:
    assert "received_date" not in rows(read(claim_837()), "claim")[0]


def test_a_service_line_fills_its_row(read: Any) -> None:
    lines = ["LX*1", "SV1*HC:99213:25:59:XU:GC*125.5*MJ*1.5*22**1:2:3:4", "DTP*472*RD8*20250114-20250116"]
    lines += ["LIN**N4*12345-6789-01", f"NM1*82*1*DOC*ANN****XX*{LINE_RENDERING}"]
    claims = read(claim_837(claim=["CLM*PCN1*125.50***11:B:1*Y*A*Y*Y", CLAIM[1]], lines=lines))
    assert rows(claims, "claim_line") == [
        {
            "claim_id": "PCN1", "line_number": 1, "hcpcs_code": "99213",
            "service_from_date": date(2025, 1, 14), "service_through_date": date(2025, 1, 16),
            "modifier_1": "25", "modifier_2": "59", "modifier_3": "XU", "modifier_4": "GC",
            "diagnosis_pointer_1": 1, "diagnosis_pointer_2": 2, "diagnosis_pointer_3": 3, "diagnosis_pointer_4": 4,
            "units": Decimal("1.500"), "unit_basis": "MJ", "billed_amount": Decimal("125.50"), "place_of_service": "22",
            "rendering_provider_npi": LINE_RENDERING, "ndc": "12345678901",
        }
    ]  # fmt: skip
    assert problems(claims) == []


def test_diagnoses_lose_their_dot_and_the_first_is_principal(read: Any) -> None:
    claims = read(claim_837(claim=[CLAIM[0], "HI*ABK:E11.42*ABF:Z794*ABF:I10"]))
    assert [
        (r["role"], r["sequence"], r["diagnosis_code"], r["code_set"]) for r in rows(claims, "claim_diagnosis")
    ] == [
        ("principal", 1, "E1142", "icd10"),
        ("other", 2, "Z794", "icd10"),
        ("other", 3, "I10", "icd10"),
    ]
    assert problems(claims) == [("warning", 2, 12, "HI01", "PCN1", "HI01 has a dot; codes carry none")]


def test_icd_9_qualifiers_are_told_apart(read: Any) -> None:
    claims = read(claim_837(claim=[CLAIM[0], "HI*BK:25000*BF:4019"]))
    assert [r["code_set"] for r in rows(claims, "claim_diagnosis")] == ["icd9", "icd9"]


def test_providers_go_to_the_claim_or_to_the_line(read: Any) -> None:
    claims = read(
        claim_837(
            f"NM1*DN*1*REF*ANN****XX*{REFERRING}", f"NM1*P3*1*OTHER*ANN****XX*{LINE_RENDERING}",
            f"NM1*82*1*DOC*ANN****XX*{RENDERING}", f"NM1*77*2*PLACE*****XX*{FACILITY}",
            lines=[*LINE, f"NM1*82*1*DOC*BOB****XX*{LINE_RENDERING}"],
        )
    )  # fmt: skip
    claim = rows(claims, "claim")[0]
    assert (claim["referring_provider_npi"], claim["rendering_provider_npi"]) == (REFERRING, RENDERING)
    assert claim["facility_npi"] == FACILITY
    assert rows(claims, "claim_line")[0]["rendering_provider_npi"] == LINE_RENDERING


def test_authorization_and_original_claim_are_kept(read: Any) -> None:
    claim = rows(read(claim_837("REF*G1*AUTH7", "REF*F8*ICN5", "REF*D9*X")), "claim")[0]
    assert (claim["prior_authorization"], claim["original_claim_id"]) == ("AUTH7", "ICN5")


@pytest.mark.parametrize(("sent", "kept"), [("A", True), ("C", False), ("B", None), ("", None)])
def test_assignment_is_accepted_only_when_the_claim_says_a(read: Any, sent: str, kept: bool | None) -> None:
    claims = read(claim_837(claim=[f"CLM*PCN1*125***11:B:1*Y*{sent}*Y*Y", CLAIM[1]]))
    assert claims.arrow["claim"]["accepts_assignment"].to_pylist() == [kept]


def test_a_dependent_has_an_id_of_the_subscriber_and_a_hash(read: Any) -> None:
    # sha256("SAMPLE|ROBIN|20150704") begins 2172ebf7
    patient = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*Sample*Robin", "DMG*D8*20150704*U"]
    claims = read([*PROVIDER, *SUBSCRIBER, *patient, *CLAIM, *LINE])
    claim = rows(claims, "claim")[0]
    assert (claim["patient_id"], claim["subscriber_id"]) == ("M0001-2172ebf7", "M0001")
    assert (claim["patient_birth_date"], claim["patient_sex"]) == (date(2015, 7, 4), "U")


def test_a_name_stands_in_the_table_of_parties_alone(read: Any) -> None:
    claims = read(claim_837(f"NM1*82*1*SECRETDOC*ANN****XX*{RENDERING}"))
    assert [r["last_name"] for r in rows(claims, "claim_party") if r["role"] == "rendering"] == ["SECRETDOC"]
    everything = [claims.arrow[name].to_pylist() for name in claims.arrow if name != "claim_party"]
    everything = str(everything) + str(messages(claims))
    assert not any(name in everything for name in ("EXAMPLE", "PAT'", "SECRETDOC"))


def test_the_next_subscriber_does_not_inherit_from_the_one_before(read: Any) -> None:
    second = ["HL*3*1*22*0", "SBR*P*18*******CI", "NM1*IL*1*NEXT*KIM****MI*M0002", "CLM*PCN2*125***11:B:1*Y*A*Y*Y"]
    claims = read([*claim_837(), *second, *LINE])
    claim = rows(claims, "claim")[1]
    assert (claim["patient_id"], claim["claim_filing_code"], claim["billing_provider_npi"]) == ("M0002", "CI", CLINIC)
    assert "payer_id" not in claim
    assert "patient_birth_date" not in claim


def test_a_subscriber_without_a_number_leaves_the_patient_unknown(read: Any) -> None:
    body = [s for s in claim_837() if not s.startswith("NM1*IL")]
    claims = read(body)
    assert rows(claims, "claim")[0]["patient_id"] == "unknown-PCN1"
    assert messages(claims) == ["the subscriber has no member number (NM109 of NM1*IL); the patient is unknown"]


def test_an_institutional_claim_fills_its_row(read: Any) -> None:
    codes = [
        "HI*ABK:I214:::::::Y",
        "HI*ABJ:R079",
        "HI*APR:R0602",
        "HI*ABN:W19XXXA",
        "HI*ABF:E119:::::::N*ABF:I10:::::::1",
    ]
    codes += ["HI*BBR:02703DZ:D8:20250111", "HI*BBQ:B2111ZZ:D8:20250112", "HI*DR:247", "HI*BE:80:::15"]
    lines = ["LX*1", "SV2*0250**200*DA*2", "LX*2", "SV2*0360*HC:92928:LD*300*UN*1", "DTP*472*D8*20250111"]
    claims = read([*PROVIDER, *SUBSCRIBER, *HOSPITAL_CLAIM, *codes, *lines], guide=INSTITUTIONAL)
    claim = rows(claims, "claim")[0]
    assert (claim["claim_type"], claim["type_of_bill"], claim["frequency_code"]) == ("institutional", "137", "7")
    assert (claim["statement_from_date"], claim["statement_through_date"]) == (date(2025, 1, 10), date(2025, 1, 12))
    assert (claim["admission_date"], claim["patient_status"], claim["ms_drg"]) == (date(2025, 1, 10), "01", "247")
    assert "place_of_service" not in claim
    found = [
        (r["role"], r["sequence"], r["diagnosis_code"], r.get("present_on_admission"))
        for r in rows(claims, "claim_diagnosis")
    ]
    assert found == [
        ("principal", 1, "I214", "Y"), ("admitting", 1, "R079", None), ("reason_for_visit", 1, "R0602", None),
        ("external_cause", 1, "W19XXXA", None), ("other", 2, "E119", "N"), ("other", 3, "I10", "1"),
    ]  # fmt: skip
    assert rows(claims, "claim_procedure") == [
        {"claim_id": "H1", "sequence": 1, "procedure_code": "02703DZ", "procedure_date": date(2025, 1, 11)},
        {"claim_id": "H1", "sequence": 2, "procedure_code": "B2111ZZ", "procedure_date": date(2025, 1, 12)},
    ]
    assert [
        (r["revenue_code"], r.get("hcpcs_code"), r["units"], r["unit_basis"]) for r in rows(claims, "claim_line")
    ] == [
        ("0250", None, Decimal("2.000"), "DA"),
        ("0360", "92928", Decimal("1.000"), "UN"),
    ]
    assert messages(claims) == [
        "no date of service on line 1; the statement covers 2025-01-10 to 2025-01-12; it is null here"
    ]


def test_a_statement_of_one_day_dates_its_lines(read: Any) -> None:
    claim = ["CLM*H1*200***13:A:1**A*Y*Y", "DTP*434*D8*20250110"]
    claims = read([*PROVIDER, *SUBSCRIBER, *claim, "LX*1", "SV2*0250**200*UN*2"], guide=INSTITUTIONAL)
    assert rows(claims, "claim_line")[0]["service_from_date"] == date(2025, 1, 10)
    assert problems(claims) == []


def test_a_dental_claim_dates_its_lines_and_counts_one_where_no_quantity_is_sent(read: Any) -> None:
    claim = ["CLM*D1*150***11:B:1*Y*A*Y*Y", "DTP*472*D8*20250203"]
    lines = ["LX*1", "SV3*AD:D1110*100****", "LX*2", "SV3*AD:D0220*50****2", "DTP*472*D8*20250204"]
    claims = read([*PROVIDER, *SUBSCRIBER, *claim, *lines], guide="005010X224A2")
    assert [(r["hcpcs_code"], r["service_from_date"], r["units"]) for r in rows(claims, "claim_line")] == [
        ("D1110", date(2025, 2, 3), Decimal("1.000")),
        ("D0220", date(2025, 2, 4), Decimal("2.000")),
    ]
    assert rows(claims, "claim")[0]["claim_type"] == "dental"


def test_earlier_payers_are_kept_apart_from_the_payer_of_the_claim(read: Any) -> None:
    other = [
        "SBR*P*18*******CI",
        "CAS*PR*1*10",
        "AMT*D*60",
        "NM1*IL*1*EXAMPLE*PAT****MI*X9",
        "NM1*PR*2*FIRST PLAN*****PI*PLAN1",
    ]
    other += ["REF*F8*THEIRS", f"NM1*82*1*DOC*ANN****XX*{RENDERING}"]
    lines = [*LINE, "SVD*PLAN1*60*HC:99213**1", "CAS*PR*2*15**3*5", "CAS*CO*45*35", "DTP*573*D8*20250201"]
    claims = read(claim_837("CN1*09*90", *other, lines=lines))
    assert rows(claims, "other_payer") == [
        {  # allowed: 60 paid + 10 on the claim + 15 + 5 on the line, left to the patient
            "claim_id": "PCN1", "payer_id": "PLAN1", "paid_amount": Decimal("60.00"), "allowed_amount": Decimal("90.00"),
            "obligated_amount": Decimal("90.00"), "payer_sequence": "P", "claim_filing_code": "CI",
            "patient_relationship": "18", "subscriber_id": "X9",
        },
        {  # allowed: 60 paid + 15 + 5
            "claim_id": "PCN1", "line_number": 1, "payer_id": "PLAN1", "paid_amount": Decimal("60.00"),
            "allowed_amount": Decimal("80.00"), "adjudicated_date": date(2025, 2, 1), "hcpcs_code": "99213",
            "units": Decimal("1.000"),
        },
    ]  # fmt: skip
    key = {"claim_id": "PCN1", "payer_id": "PLAN1"}
    assert rows(claims, "other_payer_adjustment") == [
        key | {"group_code": "PR", "carc": "1", "amount": Decimal("10.00")},
        key | {"line_number": 1, "group_code": "PR", "carc": "2", "amount": Decimal("15.00")},
        key | {"line_number": 1, "group_code": "PR", "carc": "3", "amount": Decimal("5.00")},
        key | {"line_number": 1, "group_code": "CO", "carc": "45", "amount": Decimal("35.00")},
    ]
    assert rows(claims, "claim_detail") == [
        {"claim_id": "PCN1", "sequence": 1, "about": "other_payer:1", "kind": "reference", "qualifier": "F8",
         "value": "THEIRS"},
    ]  # fmt: skip
    others = [(r["role"], r["sequence"]) for r in rows(claims, "claim_party") if r["role"].startswith("other")]
    assert others == [("other_subscriber", 1), ("other_payer", 1), ("other_payer_rendering", 1)]
    claim = rows(claims, "claim")[0]
    assert (claim["payer_id"], claim["claim_filing_code"]) == ("10112", "MB")
    assert "original_claim_id" not in claim
    assert "rendering_provider_npi" not in claim


def test_a_party_has_its_street_contact_tax_number_and_specialty(read: Any) -> None:
    billing = [
        "HL*1**20*1", "PRV*BI*PXC*207Q00000X", f"NM1*85*2*SAMPLE CLINIC*****XX*{CLINIC}", "N3*1 MAIN ST*SUITE 2",
        "N4*MONTGOMERY*AL*361040001", "REF*EI*999999999", "REF*G2*OLD7", "PER*IC*DESK*TE*3345550100*EX*12*FX*3345550101",
        "NM1*87*2", "N3*PO BOX 1", "N4*MONTGOMERY*AL*36104",
    ]  # fmt: skip
    claims = read([*billing, *SUBSCRIBER, *CLAIM, *LINE])
    by_role = {r["role"]: r for r in rows(claims, "claim_party")}
    assert by_role["billing"] == {
        "claim_id": "PCN1", "role": "billing", "sequence": 1, "is_organization": True, "last_name": "SAMPLE CLINIC",
        "identifier_type": "XX", "identifier": CLINIC, "tax_id_type": "EI", "tax_id": "999999999",
        "taxonomy_code": "207Q00000X", "address_1": "1 MAIN ST", "address_2": "SUITE 2", "city": "MONTGOMERY",
        "state": "AL", "zip_code": "361040001", "contact_name": "DESK", "phone": "3345550100", "phone_extension": "12",
        "fax": "3345550101",
    }  # fmt: skip
    assert by_role["pay_to"]["address_1"] == "PO BOX 1"
    assert (by_role["subscriber"]["birth_date"], by_role["subscriber"]["sex"]) == (date(1950, 1, 2), "F")
    assert [(d["about"], d["qualifier"], d["value"]) for d in rows(claims, "claim_detail")] == [
        ("billing", "G2", "OLD7")
    ]


def test_what_has_no_column_is_a_detail_of_its_claim_or_line_in_the_order_sent(read: Any) -> None:
    claim = [
        "CLM*PCN1*125***11:B:1*Y*A*Y*Y*P*AA:OA::AL", "DTP*431*D8*20250110", "DTP*439*D8*20250109", "AMT*F5*10",
        "REF*9F*R77", "REF*EA*CHART3", "NTE*ADD*FELL", "CRC*07*Y*01", "HI*ABK:E1142", "HI*BH:11:D8:20250101*BE:A1:::12.5",
    ]  # fmt: skip
    lines = [
        "LX*1", "SV1*HC:99213:25*125*UN*1***1**Y**Y", "DTP*472*D8*20250114", "REF*6R*L1", "LIN**N4*00002140701",
        "CTP****2.5*ML", "REF*VY*99", "NM1*DK*1*ORDERS*ANN****XX*1999999984", "N3*1 SIDE ST",
    ]  # fmt: skip
    claims = read(claim_837(claim=claim, lines=lines))
    row, line = rows(claims, "claim")[0], rows(claims, "claim_line")[0]
    assert (row["related_causes"], row["accident_state"], row["referral_number"]) == ("AA:OA", "AL", "R77")
    assert row["patient_paid_amount"] == Decimal("10.00")
    assert (line["is_emergency"], line["line_control_number"]) == (True, "L1")
    assert (line["ndc_quantity"], line["ndc_unit"], line["ordering_provider_npi"]) == (
        Decimal("2.500"), "ML", "1999999984",
    )  # fmt: skip
    details = [
        [d.get(k) for k in ("line_number", "sequence", "about", "kind", "qualifier", "value", "from_date", "amount")]
        for d in rows(claims, "claim_detail")
    ]
    assert details == [
        [None, 1, None, "element", "CLM10", "P", None, None],
        [None, 2, None, "date", "431", None, date(2025, 1, 10), None],
        [None, 3, None, "date", "439", None, date(2025, 1, 9), None],
        [None, 4, None, "reference", "EA", "CHART3", None, None],
        [None, 5, None, "note", "ADD", "FELL", None, None],
        [None, 6, None, "segment", "CRC", "CRC*07*Y*01", None, None],
        [None, 7, None, "occurrence", "11", None, date(2025, 1, 1), None],
        [None, 8, None, "value", "A1", None, None, Decimal("12.50")],
        [1, 1, None, "element", "SV111", "Y", None, None],
        [1, 2, "drug", "reference", "VY", "99", None, None],
    ]
    ordering = next(r for r in rows(claims, "claim_party") if r["role"] == "ordering")
    assert (ordering["line_number"], ordering["address_1"]) == (1, "1 SIDE ST")


def test_an_allowed_amount_that_was_sent_is_not_derived(read: Any) -> None:
    claims = read(claim_837("SBR*P*18*******CI", "CAS*PR*1*10", "AMT*D*60", "AMT*B6*75", "NM1*PR*2*P*****PI*PLAN1"))
    assert rows(claims, "other_payer")[0]["allowed_amount"] == Decimal("75.00")


def test_what_the_provider_must_accept_for_a_line_goes_to_that_line(read: Any) -> None:
    claims = read(claim_837(lines=[*LINE, "CN1*09*70", "SVD*PLAN1*60*HC:99213**1"]))
    assert rows(claims, "other_payer")[0]["obligated_amount"] == Decimal("70.00")


def test_a_recurring_control_number_is_numbered_across_files(tmp_path: Path) -> None:
    twice = [*claim_837(), *CLAIM, *LINE]
    paths = [save(tmp_path, envelope(twice), "a.837"), save(tmp_path, envelope(claim_837()), "b.837")]
    claims = read_837(paths)
    assert claims.arrow["claim"]["claim_id"].to_pylist() == ["PCN1", "PCN1#2", "PCN1#3"]
    assert claims.arrow["claim_line"]["claim_id"].to_pylist() == ["PCN1", "PCN1#2", "PCN1#3"]
    assert claims.arrow["claim"]["patient_control_number"].to_pylist() == ["PCN1"] * 3
    assert messages(claims) == [f"CLM01 PCN1 was read before; this claim is PCN1#{n}" for n in (2, 3)]
    assert claims.arrow_problems["file"].to_pylist() == [str(path) for path in paths]


def test_a_control_number_that_looks_numbered_stays_unique(read: Any) -> None:
    bodies = [s for name in ("PCN1#2", "PCN1", "PCN1") for s in (CLAIM[0].replace("PCN1", name), *LINE)]
    claims = read([*PROVIDER, *SUBSCRIBER, *bodies])
    assert claims.arrow["claim"]["claim_id"].to_pylist() == ["PCN1#2", "PCN1", "PCN1#3"]


def test_many_claims_cross_the_batches_in_order(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.claims.x12.rows.BATCH_ROWS", 4)
    many = [s for n in range(25) for s in (f"CLM*P{n}*125***11:B:1*Y*A*Y*Y", CLAIM[1], *LINE)]
    claims = read([*PROVIDER, *SUBSCRIBER, *many])
    assert claims.arrow["claim_line"]["claim_id"].to_pylist() == [f"P{n}" for n in range(25)]
    assert claims.arrow["claim_diagnosis"].num_rows == 50


def test_a_file_streams_in_batches_that_join_to_what_is_read_at_once(tmp_path: Path) -> None:
    body = claim_837()
    for number in range(2, 8):
        body += [f"CLM*PCN{number}*125***11:B:1*Y*A*Y*Y", f"NM1*82*1*DOC{number}*ANN****XX*{RENDERING}", *LINE]
    path = save(tmp_path, envelope([*body, "CLM*PCN1*125***11:B:1*Y*A*Y*Y", *LINE]))
    whole, parts = read_837(path), []
    assert stream_837(path, parts.append, batch=3) == 8
    assert [part.arrow["claim"].num_rows for part in parts] == [3, 3, 2]
    for name, table in whole.arrow.items():
        assert [row for part in parts for row in part.arrow[name].to_pylist()] == table.to_pylist(), name
    assert [row for part in parts for row in part.arrow_problems.to_pylist()] == whole.arrow_problems.to_pylist()
    assert whole.arrow_problems.num_rows == 1  # PCN1 comes twice, in different batches


def test_an_empty_stream_gives_one_empty_batch(tmp_path: Path) -> None:
    parts: list[Claims] = []
    assert stream_837(save(tmp_path, envelope([])), parts.append) == 0
    assert [part.arrow["claim"].num_rows for part in parts] == [0]
