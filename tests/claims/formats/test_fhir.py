"""Claims and paid claims leave as FHIR R4 that says what the tables say, and that a FHIR library accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.claims.formats.extracts import OUTPATIENT, SYNPUF, carrier, write
from tests.claims.formats.test_wide import outpatient
from tests.claims.x12.x12_snippets import CLINIC, claim_837, envelope, remittance_835, save
from workbook.claims.files import read_claims, read_remittance
from workbook.claims.formats.convert import read_any
from workbook.claims.formats.fhir import fhir_resources, write_fhir
from workbook.claims.formats.fhir_parts import service
from workbook.claims.formats.wide import read_wide
from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import CLAIM_TABLES, REMITTANCE_TABLES
from workbook.terms import WorkbookError


@pytest.fixture(scope="module")
def accepted() -> Callable[[dict[str, Any]], None]:
    """Checks a resource against its R4B model; R4 and R4B have the same Claim and ExplanationOfBenefit."""
    try:
        import_module("fhir.resources.R4B")
    except ImportError:
        pytest.skip("the package fhir.resources is not installed")

    def check(resource: dict[str, Any]) -> None:
        kind = resource["resourceType"]
        model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        model.model_validate(resource)

    return check


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return read_claims(save(tmp_path, envelope(claim_837())), received_date="2025-01-20")


def coding(concept: dict[str, Any]) -> tuple[str, str]:
    (one,) = concept["coding"]
    return one["system"], one["code"]


def test_a_claim_says_who_what_when_and_how_much(claims: Claims) -> None:
    (claim,) = fhir_resources(claims)
    assert (claim["resourceType"], claim["id"], claim["status"], claim["use"]) == ("Claim", "PCN1", "active", "claim")
    assert claim["created"] == "2025-01-20"
    assert claim["total"] == {"value": 125, "currency": "USD"}
    assert coding(claim["type"]) == ("http://terminology.hl7.org/CodeSystem/claim-type", "professional")
    assert claim["insurer"] == {"identifier": {"value": "10112"}, "display": "SAMPLE MEDICARE"}
    patient, coverage, billing = claim["contained"]
    assert (patient["birthDate"], patient["gender"]) == ("1950-01-02", "female")
    assert patient["name"] == [{"family": "EXAMPLE", "given": ["PAT"]}]
    assert coverage["subscriberId"] == "M0001"
    assert billing["identifier"] == [{"system": "http://hl7.org/fhir/sid/us-npi", "value": CLINIC}]


def test_a_line_points_to_diagnoses_that_stand_dotted_on_the_claim(claims: Claims) -> None:
    (claim,) = fhir_resources(claims)
    assert [(d["sequence"], coding(d["diagnosisCodeableConcept"])) for d in claim["diagnosis"]] == [
        (1, ("http://hl7.org/fhir/sid/icd-10-cm", "E11.42")), (2, ("http://hl7.org/fhir/sid/icd-10-cm", "Z79.4")),
    ]  # fmt: skip
    (item,) = claim["item"]
    assert item["sequence"] == 1
    assert set(item["diagnosisSequence"]) <= {1, 2}
    assert coding(item["locationCodeableConcept"])[1] == "11"
    assert item["net"] == {"value": 125, "currency": "USD"}


def test_an_institutional_claim_tells_its_bill_and_every_kind_of_diagnosis(tmp_path: Path) -> None:
    path = write(tmp_path / "outpatient.csv", OUTPATIENT, [outpatient("0250", "88.85", "2")])
    (claim,) = fhir_resources(read_wide(path))
    info = {coding(i["category"])[1]: coding(i["code"]) for i in claim["supportingInfo"]}
    assert info == {
        "typeofbill": ("https://www.nubc.org/CodeSystem/TypeOfBill", "131"),
        "discharge-status": ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "01"),
    }
    assert [(d["sequence"], coding(d["type"][0])[1]) for d in claim["diagnosis"]] == [
        (1, "principal"), (2, "other"), (3, "externalcauseofinjury"), (4, "patientreasonforvisit"),
    ]  # fmt: skip
    (item,) = claim["item"]
    assert coding(item["productOrService"])[1] == "not-applicable"  # a revenue code alone
    assert coding(item["revenue"]) == ("https://www.nubc.org/CodeSystem/RevenueCodes", "0250")
    assert coding(claim["procedure"][0]["procedureCodeableConcept"]) == (
        "http://www.cms.gov/Medicare/Coding/ICD10", "2W3CX1Z"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "qualifier", "system"),
    [
        ("J1100", None, "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
        ("0001F", None, "http://www.ama-assn.org/go/cpt"),
        ("D0120", "AD", "http://www.ada.org/cdt"),
        ("185349003", None, "http://snomed.info/sct"),
        ("1AA01", "HP", "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/ProspMedicareFeeSvcPmtGen/HIPPSCodes"),
    ],
)  # fmt: skip
def test_a_procedure_code_stands_in_its_own_system(code, qualifier, system):
    assert coding(service(code, qualifier)) == (system, code)


def test_icd_9_codes_have_their_dot_where_icd_9_has_it(tmp_path: Path) -> None:
    row = {
        "DESYNPUF_ID": "A", "CLM_ID": "1", "CLM_FROM_DT": "20080104", "HCPCS_CD_1": "G0008",
        "ICD9_DGNS_CD_1": "25000", "ICD9_DGNS_CD_2": "V5869", "ICD9_DGNS_CD_3": "E8859",
    }  # fmt: skip
    (claim,) = fhir_resources(read_wide(write(tmp_path / "carrier.csv", SYNPUF, [row], ",")))
    assert [coding(d["diagnosisCodeableConcept"])[1] for d in claim["diagnosis"]] == ["250.00", "V58.69", "E885.9"]


def test_a_paid_claim_says_what_was_submitted_allowed_adjusted_and_paid(tmp_path: Path) -> None:
    (benefit,) = fhir_resources(read_remittance(save(tmp_path, remittance_835(), "a.835")))
    assert (benefit["resourceType"], benefit["outcome"]) == ("ExplanationOfBenefit", "complete")
    assert benefit["identifier"] == [{"value": "ICN9"}]
    assert benefit["claim"] == {"identifier": {"value": "PCN1"}}
    assert [(coding(t["category"])[1], t["amount"]["value"]) for t in benefit["total"]] == [
        ("submitted", 125), ("benefit", 80), ("memberliability", 20)
    ]  # fmt: skip
    (item,) = benefit["item"]
    assert [(coding(a["category"])[1], a["amount"]["value"]) for a in item["adjudication"] if "reason" not in a] == [
        ("submitted", 125), ("eligible", 100), ("benefit", 80)
    ]  # fmt: skip
    reasons = [[c["code"] for c in a["reason"]["coding"]] for a in item["adjudication"] if "reason" in a]
    assert reasons == [["CO", "45"], ["PR", "2"], ["N130"]]
    assert benefit["payment"] == {
        "date": "2025-03-01", "amount": {"value": 80, "currency": "USD"}, "identifier": {"value": "CHECK77"}
    }  # fmt: skip


def test_ndjson_has_a_line_and_a_bundle_an_entry_for_each_claim(tmp_path: Path) -> None:
    claims = read_wide(carrier(tmp_path, {}, {"CLM_ID": "-9002"}))
    write_fhir(claims, tmp_path / "c.ndjson")
    write_fhir(claims, tmp_path / "c.json")
    lines = [json.loads(line) for line in (tmp_path / "c.ndjson").read_text().splitlines()]
    bundle = json.loads((tmp_path / "c.json").read_text())
    assert [line["id"] for line in lines] == ["-9001", "-9002"]
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert [entry["resource"] for entry in bundle["entry"]] == lines
    assert (tmp_path / "c.json").stat().st_mode & 0o777 == 0o600


def test_what_fhir_does_not_carry_is_named(claims: Claims, tmp_path: Path) -> None:
    lost = write_fhir(claims, tmp_path / "c.ndjson")
    assert "claim.claim_filing_code (1 rows)" in lost
    assert [text for text in lost if text.startswith("claim_party")]
    assert not [text for text in lost if "billed_amount" in text]


def test_a_line_of_no_claim_is_refused_and_nothing_is_written(claims: Claims, tmp_path: Path) -> None:
    orphan = Claims({**claims.arrow, "claim": claims.arrow["claim"].slice(0, 0)})
    with pytest.raises(WorkbookError, match="rows of table claim_diagnosis belong to no claim"):
        write_fhir(orphan, tmp_path / "c.ndjson")
    with pytest.raises(WorkbookError, match="there is no claim to write as FHIR"):
        write_fhir(Claims(), tmp_path / "c.ndjson")
    two = read_wide(carrier(tmp_path, {}, {"CLM_ID": "-9002"}))
    half = Claims({**two.arrow, "claim": two.arrow["claim"].slice(0, 1)})
    with pytest.raises(WorkbookError, match=r"rows of table .* belong to no claim \(the first has claim_id -9002\)"):
        write_fhir(half, tmp_path / "c.ndjson")
    assert not (tmp_path / "c.ndjson").exists()


def test_an_identifier_that_fhir_does_not_take_for_an_id_stays_an_identifier(tmp_path: Path) -> None:
    (claim,) = fhir_resources(read_wide(carrier(tmp_path, {"CLM_ID": "A/1 ü"})))
    assert "id" not in claim
    assert claim["identifier"][0] == {"value": "A/1 ü"}


@pytest.mark.parametrize("extract", ["carrier", "outpatient", "synpuf", "837", "835"])
def test_a_fhir_library_accepts_it(accepted: Callable[[dict[str, Any]], None], tmp_path: Path, extract: str) -> None:
    sparse = {"DESYNPUF_ID": "A", "CLM_ID": "1", "HCPCS_CD_1": "G0008", "ICD9_DGNS_CD_1": "25000"}
    read = {
        "carrier": lambda: read_wide(carrier(tmp_path, {}, {"LINE_NUM": "2", "CARR_NUM": ""}, {"CLM_ID": "x y"})),
        "outpatient": lambda: read_wide(
            write(tmp_path / "outpatient.csv", OUTPATIENT, [outpatient("0250", "88.85", "2")])
        ),
        "synpuf": lambda: read_wide(write(tmp_path / "carrier.csv", SYNPUF, [sparse], ",")),
        "837": lambda: read_claims(save(tmp_path, envelope(claim_837()))),
        "835": lambda: read_remittance(save(tmp_path, remittance_835(), "a.835")),
    }[extract]
    tables = read()
    for resource in fhir_resources(tables):
        accepted(resource)
    write_fhir(tables, tmp_path / "bundle.json")
    accepted(json.loads((tmp_path / "bundle.json").read_text()))


def test_tables_that_hold_almost_nothing_still_make_valid_resources(
    accepted: Callable[[dict[str, Any]], None],
) -> None:
    bare = {
        name: table.from_rows([{"claim_id": "C1", "line_number": None} if "line_number" in table.names else {"claim_id": "C1"}])
        for name, table in CLAIM_TABLES.items()
    }  # fmt: skip
    (claim,) = fhir_resources(Claims(bare))
    accepted(claim)
    assert claim["item"][0]["sequence"] == 1
    paid = {
        name: table.from_rows([{"remittance_id": "R1", "claim_sequence": 1} if "claim_sequence" in table.names else {"remittance_id": "R1"}])
        for name, table in REMITTANCE_TABLES.items()
    }  # fmt: skip
    (benefit,) = fhir_resources(Remittance(paid))
    accepted(benefit)
    assert benefit["item"][0]["sequence"] == 1


def test_a_claim_without_a_number_is_written_without_an_id() -> None:
    (claim,) = fhir_resources(Claims({"claim": CLAIM_TABLES["claim"].from_rows([{}])}))
    assert "id" not in claim


def test_every_public_file_becomes_resources_that_a_fhir_library_accepts(
    accepted: Callable[[dict[str, Any]], None], shared: Path
) -> None:
    seen = 0
    for path in sorted((shared / "x12").rglob("*")):
        try:
            resources = fhir_resources(read_any(path)) if path.is_file() else iter(())
            for resource in resources:
                accepted(resource)
                seen += 1
        except WorkbookError:
            continue  # no X12, or no transaction that is read
    assert seen > 1_000
