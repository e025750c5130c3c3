"""Wide extracts in the columns of the public files become the claims that they say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from tests.claims.formats.extracts import (
    CARRIER,
    CARRIER_LINE,
    CLINIC,
    DOCTOR,
    OUTPATIENT,
    SYNPUF,
    SYNTHEA_CLAIMS,
    SYNTHEA_TRANSACTIONS,
    carrier,
    column,
    found,
    write,
)
from tests.claims.x12.x12_snippets import rows
from workbook.claims.formats.layout import TEMPLATE
from workbook.claims.formats.wide import read_wide
from workbook.terms import WorkbookError

SECOND_LINE = {
    "LINE_NUM": "2", "HCPCS_CD": "J1100", "HCPCS_1ST_MDFR_CD": "", "LINE_SBMTD_CHRG_AMT": "50", "LINE_SRVC_CNT": "4.5",
    "LINE_ICD_DGNS_CD": "E11.42", "LINE_LAST_EXPNS_DT": "",
}  # fmt: skip


def test_a_carrier_extract_becomes_claims_diagnoses_and_lines(tmp_path):
    path = carrier(tmp_path, {}, SECOND_LINE, {"CLM_ID": "-9002", "BENE_ID": "-102"})
    claims = read_wide(path)
    assert found(claims) == []
    assert column(claims, "claim", "claim_id") == ["-9001", "-9002"]
    assert rows(claims, "claim")[0] == {
        "claim_id": "-9001", "patient_control_number": "74655592568216", "claim_type": "professional",
        "payer_id": "00882", "claim_filing_code": "MB", "billing_provider_npi": CLINIC, "patient_id": "-101",
        "billed_amount": Decimal("150.75"), "statement_from_date": date(2024, 10, 27),
        "statement_through_date": date(2024, 10, 28), "accepts_assignment": True, "source_file": str(path),
    }  # fmt: skip
    assert rows(claims, "claim_line")[:2] == [
        {"claim_id": "-9001", "line_number": 1, "service_from_date": date(2024, 10, 27),
         "service_through_date": date(2024, 10, 28), "hcpcs_code": "G0463", "modifier_1": "25",
         "diagnosis_pointer_1": 2, "units": Decimal("1.000"), "billed_amount": Decimal("100.75"),
         "place_of_service": "11", "rendering_provider_npi": DOCTOR},
        {"claim_id": "-9001", "line_number": 2, "service_from_date": date(2024, 10, 27), "hcpcs_code": "J1100",
         "diagnosis_pointer_1": 1, "units": Decimal("4.500"), "billed_amount": Decimal("50.00"),
         "place_of_service": "11", "rendering_provider_npi": DOCTOR},
    ]  # fmt: skip


def test_the_principal_diagnosis_is_listed_once_though_the_extract_says_it_twice(tmp_path):
    claims = read_wide(carrier(tmp_path, {}, SECOND_LINE))
    assert rows(claims, "claim_diagnosis") == [
        {"claim_id": "-9001", "sequence": 1, "role": "principal", "diagnosis_code": "E1142", "code_set": "icd10"},
        {"claim_id": "-9001", "sequence": 2, "role": "other", "diagnosis_code": "I10", "code_set": "icd10"},
    ]


def test_icd_9_is_told_from_icd_10_by_the_version_beside_each_code(tmp_path):
    change = {"ICD_DGNS_CD2": "25000", "ICD_DGNS_VRSN_CD2": "9", "LINE_ICD_DGNS_CD": "25000"}
    assert column(read_wide(carrier(tmp_path, change)), "claim_diagnosis", "code_set") == ["icd10", "icd9"]


def test_the_columns_that_are_not_carried_are_named(tmp_path):
    (message,) = found(read_wide(carrier(tmp_path, {})), "warning")
    assert message.startswith("the layout carries no DML_IND, CLM_GRP_ID, FINAL_ACTION")
    assert "LINE_ALOWD_CHRG_AMT" in message


def test_an_older_extract_without_the_optional_columns_is_read(tmp_path):
    optional = {"CARR_CLM_CNTL_NUM", "CARR_CLM_BLG_NPI_NUM"}
    row = {name: value for name, value in CARRIER_LINE.items() if name not in optional}
    path = write(tmp_path / "carrier.csv", [name for name in CARRIER if name not in optional], [row])
    claims = read_wide(path)
    assert column(claims, "claim", "billing_provider_npi") == [None]
    assert found(claims) == ["claim.billing_provider_npi is empty in 1 rows, the first of them row 2"]
    told = "there is no column CARR_CLM_CNTL_NUM, CARR_CLM_BLG_NPI_NUM; what it would say is empty"
    assert told in found(claims, "warning")


def test_several_files_of_a_folder_are_one_extract(tmp_path):
    carrier(tmp_path, {}, name="carrier_1.csv")
    carrier(tmp_path, {**SECOND_LINE}, {"CLM_ID": "-9002"}, name="carrier_2.csv")
    claims = read_wide(tmp_path)
    assert column(claims, "claim_line", "claim_id") == ["-9001", "-9001", "-9002"]
    assert [f[-13:] for f in column(claims, "claim", "source_file")] == ["carrier_1.csv", "carrier_2.csv"]


def test_a_folder_of_two_layouts_is_not_guessed_at(tmp_path):
    carrier(tmp_path, {})
    write(tmp_path / "outpatient.csv", OUTPATIENT, [outpatient("0250", "1", "1")])
    with pytest.raises(WorkbookError, match="holds files of several layouts, rif_carrier and rif_outpatient"):
        read_wide(tmp_path)
    claims = read_wide(tmp_path, "rif_carrier")
    assert claims.arrow["claim"]["claim_type"].to_pylist() == ["professional"]
    assert "not read: it is no part of the layout" in found(claims, "warning")


def test_parquet_with_types_reads_as_csv_does(tmp_path):
    path = carrier(tmp_path, {"HCPCS_1ST_MDFR_CD": "LT"}, {**SECOND_LINE})
    table = arrow_csv.read_csv(path, parse_options=arrow_csv.ParseOptions(delimiter="|"))
    day = pa.array([date(2024, 10, 27)] * 2)
    for name in ("LINE_1ST_EXPNS_DT", "CLM_FROM_DT"):
        table = table.set_column(table.schema.get_field_index(name), name, day)
    number = table.schema.get_field_index("CARR_NUM")
    table = table.set_column(number, "CARR_NUM", pa.array(["00882"] * 2))
    pq.write_table(table, tmp_path / "carrier.parquet")
    assert str(table.schema.field("LINE_SBMTD_CHRG_AMT").type) == "double"
    csv, parquet = (read_wide(tmp_path / f"carrier.{kind}") for kind in ("csv", "parquet"))
    for name in ("claim_diagnosis", "claim_line"):
        assert csv.arrow[name] == parquet.arrow[name]
    assert csv.arrow["claim"].drop_columns("source_file") == parquet.arrow["claim"].drop_columns("source_file")


def outpatient(revenue: str, charge: str, line: str, **more: str) -> dict[str, str]:
    return {
        "BENE_ID": "-5", "CLM_ID": "-77", "CLM_FROM_DT": "24-JAN-2025", "CLM_THRU_DT": "25-JAN-2025",
        "CLM_FAC_TYPE_CD": "1", "CLM_SRVC_CLSFCTN_TYPE_CD": "3", "CLM_FREQ_CD": "1", "FI_NUM": "15444",
        "ORG_NPI_NUM": CLINIC, "AT_PHYSN_NPI": DOCTOR, "PTNT_DSCHRG_STUS_CD": "01", "CLM_TOT_CHRG_AMT": "888.85",
        "PRNCPAL_DGNS_CD": "S52501A", "PRNCPAL_DGNS_VRSN_CD": "0", "ICD_DGNS_CD1": "S52501A", "ICD_DGNS_VRSN_CD1": "0",
        "ICD_DGNS_CD25": "I10", "ICD_DGNS_VRSN_CD25": "0", "ICD_DGNS_E_CD1": "W1830XA", "ICD_DGNS_E_VRSN_CD1": "0",
        "RSN_VISIT_CD1": "M25531", "RSN_VISIT_VRSN_CD1": "0", "ICD_PRCDR_CD2": "2W3CX1Z", "PRCDR_DT2": "24-JAN-2025",
        "CLM_LINE_NUM": line, "REV_CNTR": revenue, "REV_CNTR_TOT_CHRG_AMT": charge, "REV_CNTR_UNIT_CNT": "1", **more,
    }  # fmt: skip


def test_an_outpatient_extract_becomes_an_institutional_claim(tmp_path):
    lines = [
        outpatient("0450", "800.00", "1", HCPCS_CD="G0380", REV_CNTR_DT="25-JAN-2025"),
        outpatient("0250", "88.85", "2"),
        outpatient("0001", "888.85", "3"),
    ]
    claims = read_wide(write(tmp_path / "outpatient.csv", OUTPATIENT, lines))
    assert found(claims) == []
    (claim,) = rows(claims, "claim")
    assert (claim["type_of_bill"], claim["frequency_code"], claim["patient_status"]) == ("131", "1", "01")
    assert claim["billed_amount"] == Decimal("888.85")  # 800.00 + 88.85
    assert [(r["role"], r["sequence"], r["diagnosis_code"]) for r in rows(claims, "claim_diagnosis")] == [
        ("principal", 1, "S52501A"), ("other", 2, "I10"), ("external_cause", 1, "W1830XA"),
        ("reason_for_visit", 1, "M25531"),
    ]  # fmt: skip
    assert rows(claims, "claim_procedure") == [
        {"claim_id": "-77", "sequence": 1, "procedure_code": "2W3CX1Z", "procedure_date": date(2025, 1, 24)}
    ]
    assert column(claims, "claim_line", "service_from_date") == [date(2025, 1, 25), date(2025, 1, 24)]
    assert column(claims, "claim_line", "revenue_code") == ["0450", "0250"]


def test_the_line_that_sums_the_others_up_is_left_out_and_told(tmp_path):
    claims = read_wide(
        write(tmp_path / "outpatient.csv", OUTPATIENT, [outpatient("0250", "1", "1"), outpatient("0001", "1", "2")])
    )
    warning = "1 rows make no claim_line: the layout leaves out those where REV_CNTR is 0001 or 001 or 1"
    assert warning in found(claims, "warning")


def test_a_synpuf_row_becomes_a_claim_with_its_thirteen_places_for_lines(tmp_path):
    row = {
        "DESYNPUF_ID": "00013D2EFD8E45D1", "CLM_ID": "887213386947664", "CLM_FROM_DT": "20080104",
        "CLM_THRU_DT": "20080104", "ICD9_DGNS_CD_1": "4019", "ICD9_DGNS_CD_2": "V5869", "PRF_PHYSN_NPI_1": DOCTOR,
        "HCPCS_CD_1": "G0008", "LINE_ALOWD_CHRG_AMT_1": "20.00", "LINE_NCH_PMT_AMT_1": "16.00",
        "LINE_ICD9_DGNS_CD_1": "V5869", "HCPCS_CD_13": "J1100", "LINE_ALOWD_CHRG_AMT_13": "5.00",
        "LINE_NCH_PMT_AMT_13": "0.00", "LINE_ICD9_DGNS_CD_13": "4019",
    }  # fmt: skip
    claims = read_wide(write(tmp_path / "DE1_0_2008_to_2010_Carrier_Claims_Sample_1A.csv", SYNPUF, [row], ","))
    assert found(claims) == []
    assert [(r["diagnosis_code"], r["code_set"]) for r in rows(claims, "claim_diagnosis")] == [
        ("4019", "icd9"), ("V5869", "icd9")
    ]  # fmt: skip
    assert rows(claims, "claim_line") == [
        {"claim_id": "887213386947664", "line_number": 1, "service_from_date": date(2008, 1, 4),
         "service_through_date": date(2008, 1, 4), "hcpcs_code": "G0008", "diagnosis_pointer_1": 2,
         "rendering_provider_npi": DOCTOR},
        {"claim_id": "887213386947664", "line_number": 13, "service_from_date": date(2008, 1, 4),
         "service_through_date": date(2008, 1, 4), "hcpcs_code": "J1100", "diagnosis_pointer_1": 1},
    ]  # fmt: skip
    assert [(r["line_number"], r["qualifier"], r["amount"]) for r in rows(claims, "claim_detail")] == [
        (1, "LINE_ALOWD_CHRG_AMT", Decimal("20.00")),
        (13, "LINE_ALOWD_CHRG_AMT", Decimal("5.00")),
        (1, "LINE_NCH_PMT_AMT", Decimal("16.00")),
        (13, "LINE_NCH_PMT_AMT", Decimal("0.00")),
    ]


def test_a_synpuf_line_without_a_procedure_is_still_a_line(tmp_path):
    row = {"DESYNPUF_ID": "A", "CLM_ID": "1", "CLM_FROM_DT": "20080104", "ICD9_DGNS_CD_1": "4019",
           "LINE_ICD9_DGNS_CD_2": "4019"}  # fmt: skip
    claims = read_wide(write(tmp_path / "carrier.csv", SYNPUF, [row], ","))
    assert [(r["line_number"], r["diagnosis_pointer_1"]) for r in rows(claims, "claim_line")] == [(2, 1)]


def test_what_a_layout_has_no_column_for_is_told_once(tmp_path):
    row = {"DESYNPUF_ID": "A", "CLM_ID": "1", "CLM_FROM_DT": "20080104", "HCPCS_CD_1": "G0008"}
    warnings = found(read_wide(write(tmp_path / "carrier.csv", SYNPUF, [row], ",")), "warning")
    assert "the layout has no column for billing_provider_npi, billed_amount of claim; there they are empty" in warnings
    assert "the layout has no column for units, billed_amount of claim_line; there they are empty" in warnings


def synthea(folder, **changes):
    claim = {
        "Id": "c-1", "PATIENTID": "p-1", "PROVIDERID": "o-1", "PRIMARYPATIENTINSURANCEID": "0",
        "DIAGNOSIS1": "44054006", "DIAGNOSIS2": "38341003", "SERVICEDATE": "2024-06-01T09:30:00Z",
        "SUPERVISINGPROVIDERID": "d-1", "HEALTHCARECLAIMTYPEID1": "1",
    }  # fmt: skip
    charge = {
        "ID": "t-1", "CLAIMID": "c-1", "CHARGEID": "0", "TYPE": "CHARGE", "AMOUNT": "100.50",
        "FROMDATE": "2024-06-01T09:30:00Z", "TODATE": "2024-06-01T09:45:00Z", "PROCEDURECODE": "185349003",
        "DIAGNOSISREF1": "44054006", "DIAGNOSISREF2": "2", "UNITS": "1",
    }  # fmt: skip
    second = {**charge, "ID": "t-2", "CHARGEID": "1", "AMOUNT": "20.25", "DIAGNOSISREF1": "", "DIAGNOSISREF2": ""}
    payment = {**charge, "ID": "t-3", "TYPE": "PAYMENT", "AMOUNT": "", "PAYMENTS": "100.50"}
    write(folder / "claims.csv", SYNTHEA_CLAIMS, [claim], ",")
    transactions = [{**charge, **changes}, payment, second]
    write(folder / "claims_transactions.csv", SYNTHEA_TRANSACTIONS, transactions, ",")


@pytest.mark.parametrize("given", ["folder", "file"])
def test_two_files_of_synthea_become_one_claim(tmp_path, given):
    synthea(tmp_path)
    claims = read_wide(tmp_path if given == "folder" else tmp_path / "claims.csv")
    assert found(claims) == []
    (claim,) = rows(claims, "claim")
    assert claim["billed_amount"] == Decimal("120.75")  # 100.50 + 20.25; the payment is no charge
    assert claim["claim_type"] == "professional"
    assert "payer_id" not in claim  # 0 is no insurance
    assert [(r["line_number"], r["line_control_number"], r.get("diagnosis_pointer_1"), r.get("diagnosis_pointer_2"))
            for r in rows(claims, "claim_line")] == [(1, "t-1", 1, 2), (2, "t-2", None, None)]  # fmt: skip
    assert column(claims, "claim_diagnosis", "code_set") == ["snomed", "snomed"]
    assert [(r["role"], r["identifier"]) for r in rows(claims, "claim_party")] == [
        ("billing", "o-1"), ("supervising", "d-1")
    ]  # fmt: skip
    assert "1 rows left out: the layout keeps those where TYPE is CHARGE" in found(claims, "warning")


def test_a_transaction_of_no_claim_is_a_problem(tmp_path):
    synthea(tmp_path, CLAIMID="c-9")
    claims = read_wide(tmp_path)
    assert found(claims) == ["row 2: its claim is not in claims, so it was not read"]
    assert column(claims, "claim_line", "line_control_number") == ["t-2"]


def test_a_page_of_ones_own_reads_dollars_and_american_dates(tmp_path):
    header = (
        "claim_no,status,billing_npi,member_id,payer,assigned,dx1,dx2,dx3,dx4,service_date,procedure,mod1,units,charge,"
        "dx_pointer"
    )
    lines = [
        'C1,PAID,1234567893,M1,P,Y,E11.9,i10,~,NULL,01/05/2025,G0463,,1,"$1,125.50",I10',
        "C1,FINAL,1234567893,M1,P,Y,E11.9,i10,~,NULL,1/6/2025,J1100,JZ,2.5,(5.00),1",
    ]
    path = tmp_path / "extract.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    claims = read_wide(path, TEMPLATE)
    assert found(claims) == []
    assert column(claims, "claim", "billed_amount") == [Decimal("1120.50")]  # 1,125.50 − 5.00
    assert column(claims, "claim_line", "service_from_date") == [date(2025, 1, 5), date(2025, 1, 6)]
    assert column(claims, "claim_line", "diagnosis_pointer_1") == [2, 1]
    assert column(claims, "claim_diagnosis", "diagnosis_code") == ["E119", "I10"]


def test_the_sum_of_lines_is_unknown_where_a_line_is(tmp_path):
    synthea(tmp_path, AMOUNT="a lot")
    claims = read_wide(tmp_path)
    assert column(claims, "claim", "billed_amount") == [None]
    assert column(claims, "claim_line", "billed_amount") == [None, Decimal("20.25")]


def test_carrier_lines_keep_the_order_of_the_file(tmp_path):
    many = [{"CLM_ID": f"-{n // 3}", "LINE_NUM": str(n % 3 + 1)} for n in range(3_000)]
    claims = read_wide(carrier(tmp_path, *many))
    assert column(claims, "claim", "claim_id") == [f"-{n}" for n in range(1_000)]
    assert column(claims, "claim_line", "line_number") == [1, 2, 3] * 1_000
    assert CARRIER_LINE["LINE_NUM"] == "1"
