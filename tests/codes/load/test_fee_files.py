"""Drug limits, laboratory, equipment and surgical center fees, and anesthesia base units, as CMS publishes them."""

from datetime import date
from decimal import Decimal

import pytest

from tests.codes.load.test_kinds import rows_of
from workbook.codes.load import add
from workbook.terms import WorkbookError

ASP = (
    "Payment Allowance Limits for Medicare Part B Drugs,,,,,,,,,,\r\nInvented values,,,,,,,,,,\r\n"
    "HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit,Co-insurance Percentage,Vaccine AWP%,Vaccine Limit,"
    "Blood AWP%,Blood limit,Clotting Factor,Notes\r\n"
)
CLFS = (
    "2026 Clinical Diagnostic Laboratory Fee Schedule\r\nInvented values\r\n\r\n\r\n"
    "YEAR,HCPCS,MOD,EFF_DATE,INDICATOR,RATE,SHORTDESC,LONGDESC,EXTENDEDLONGDESC\r\n"
)
DMEPOS = (
    "DMEPOS fee schedule,,,,,,,,,,,\r\nInvented values,,,,,,,,,,,\r\n"
    "HCPCS,Mod,Mod2,JURIS,CATG,Ceiling,Floor,AL (NR),AL (R),PR (NR),PR (R),Description\r\n"
)
ADDENDUM_AA = (
    "Addendum AA\r\nCPT copyright\r\n\r\n\r\n"
    "HCPCS Code,,Short Descriptor,Subject to Multiple Procedure Discounting,April 2026 Payment Indicator,"
    "April 2026  Payment Weight  ,April 2026 Payment Rate\r\n"
)
ASP_NAME = "section 508 version of October 2026 Medicare Part B Payment Limit File 091626.csv"


def test_drug_limits_keep_three_decimals_and_the_patients_percentage(shelf, write):
    rows = "J1100,words,1 MG,0.099,20,,,,,,\r\nQ2041,words,x,577943.258,17.419%,,,,,,Inflation-adjusted\r\n,Footnote,,,,,,,,,\r\n"
    [edition] = add(write(ASP_NAME, ASP + rows))
    assert (edition.version, str(edition.span)) == ("ASP-2026Q4", "2026-10-01 to 2026-12-31")
    first, second = rows_of("drug_price", edition="ASP-2026Q4")
    assert (first["hcpcs_code"], first["payment_limit"]) == ("J1100", Decimal("0.099"))
    assert (second["payment_limit"], second["coinsurance_percent"]) == (Decimal("577943.258"), Decimal("17.419"))


def test_a_laboratory_rate_of_nought_is_the_carriers(shelf, write):
    rows = '2026,G0103,,20260101,N,18.50,w,"w, w","a; b, c"\r\n2026,G0328,QW,20260101,L,0,w,w,w\r\n'
    [edition] = add(write("PUF_CLFS_CY2026_Q2V1.csv", CLFS + rows))
    assert (edition.version, edition.span.effective_date) == ("CLFS-2026Q2", date(2026, 4, 1))
    national, carrier = rows_of("laboratory_fee", edition="CLFS-2026Q2")
    assert (national["modifier"], national["fee_amount"]) == (None, Decimal("18.50"))
    assert (carrier["modifier"], carrier["fee_amount"]) == ("QW", None)


def test_the_equipment_fees_of_all_states_become_a_row_a_state(shelf, write):
    rows = (
        'E0601,RR,,D,CR,"1,100.00",85.00,50.10,60.20,0.00,0.00,words\r\n'
        "E0601,RR,KE,D,CR,100.00,85.00,,,77.00,,words\r\nA4253,,,D,SU,9.00,7.00,8.00,0.00,8.50,0.00,words\r\n"
    )
    [edition] = add(write("DMEPOS25_JAN.csv", DMEPOS + rows))
    assert (edition.version, str(edition.span)) == ("DMEPOS-2025Q1", "2025-01-01 to 2025-03-31")
    found = {(r["hcpcs_code"], r["modifiers"], r["state"]): r for r in rows_of("dmepos_fee", edition="DMEPOS-2025Q1")}
    assert set(found) == {
        ("E0601", "RR", "AL"), ("E0601", "RRKE", "PR"), ("A4253", None, "AL"), ("A4253", None, "PR"),
    }  # fmt: skip
    rented = found["E0601", "RR", "AL"]
    assert (rented["category"], rented["ceiling"], rented["fee_amount"], rented["rural_fee_amount"]) == (
        "CR", Decimal(1100), Decimal("50.10"), Decimal("60.20"),
    )  # fmt: skip


def test_a_fee_that_is_no_amount_is_refused_with_its_line(shelf, write):
    rows = "E0601,RR,,D,CR,100.00,85.00,50.10,60.20,much,0.00,words\r\n"
    with pytest.raises(WorkbookError, match=r"DMEPOS25_JAN\.csv, line 4: fee_amount is 'much', expected an amount"):
        add(write("DMEPOS25_JAN.csv", DMEPOS + rows))


def test_the_rural_zip_codes_keep_their_noughts(shelf, write):
    text = "STATE,DMEPOS RURAL ZIP CODE,YEAR/QTR\r\nMA,1005,20251\r\nAL,35004,20251\r\n"
    [edition] = add(write("DME Rural ZIP Code Quarter 1 2025.csv", text))
    assert edition.version == "DMERURAL-2025Q1"
    assert [(r["zip_code"], r["state"]) for r in rows_of("dmepos_rural_zip")] == [("01005", "MA"), ("35004", "AL")]


def test_zip_codes_of_automatic_bonuses_serve_their_year_and_say_their_kind(shelf, write):
    text = "zip_code,shortage_kind\r\n1005,primary care\r\n36744,mental health\r\n36744,mental health\r\n"
    [edition] = add(write("HPSA ZIP codes 2026.csv", text))
    assert (edition.version, str(edition.span)) == ("HPSA-2026", "2026-01-01 to 2026-12-31")
    found = [(r["zip_code"], r["shortage_kind"]) for r in rows_of("shortage_area_zip")]
    assert found == [("01005", "primary care"), ("36744", "mental health")]


def test_a_zip_code_of_an_unknown_kind_of_shortage_is_refused(shelf, write):
    with pytest.raises(WorkbookError, match="shortage_kind is 'dental'"):
        add(write("HPSA ZIP codes 2026.csv", "zip_code,shortage_kind\r\n36744,dental\r\n"))


def test_surgical_center_rates_are_read_with_what_is_discounted(shelf, write):
    rows = 'G0105,,words,Y,A2,9.5,"$1,535.05"\r\nG0260,,words,N,N1,,\r\n'
    [edition] = add(write("April 2026 ASC Addendum AA.csv", ADDENDUM_AA + rows))
    assert (edition.version, edition.span.effective_date) == ("ASC-2026Q2", date(2026, 4, 1))
    paid, packaged = rows_of("asc_fee")
    assert (paid["payment_indicator"], paid["is_discounted"], paid["payment_rate"]) == ("A2", True, Decimal("1535.05"))
    assert (packaged["payment_indicator"], packaged["is_discounted"], packaged["payment_rate"]) == ("N1", False, None)


def test_base_units_are_read_and_a_code_without_its_noughts_is_mended(shelf, write):
    [edition] = add(
        write("2026 Anesthesia Base Units by CPT Code.csv", "Title\r\nCode,Base Unit\r\n790,7\r\n00142,4\r\n")
    )
    assert (edition.version, str(edition.span)) == ("ANESBASE-2026", "2026-01-01 to 2026-12-31")
    found = rows_of("anesthesia_base", edition="ANESBASE-2026")
    assert [(r["hcpcs_code"], r["base_units"]) for r in found] == [("00790", Decimal(7)), ("00142", Decimal(4))]


def test_of_two_anesthesia_factors_that_of_those_outside_payment_models_is_taken(shelf, write):
    text = (
        "Contractor,Locality,Locality Name,2026 Non-Qualifying APM National Anes CF of 20.4976,"
        "2026 Qualifying APM National Anes CF of 20.5998\r\n10112,00,ALABAMA,19.40,19.50\r\n"
    )
    [edition] = add(write("ANES2026.csv", text))
    assert edition.version == "ANES2026"
    assert [r["conversion_factor"] for r in rows_of("anesthesia_factor", edition="ANES2026")] == [Decimal("19.40")]


def test_a_group_without_a_weight_is_read_as_one_without(shelf, write):
    head = (
        "MS-DRG \tFY 2026 Final Post-Acute DRG\tFY 2026 Final Special Pay DRG\tMDC\tTYPE\tMS-DRG Title\t"
        "Weights - Before Cap\tWeights - 10% Cap Applied \tGeometric mean LOS\tArithmetic mean LOS"
    )
    rows = ["470\tYes\tNo\t08\tSURG\tHIP\t1.9\t1.9\t1.9\t2.2", "999\tNo\tNo\t \t**\tUNGROUPABLE\t.\t.\t.\t."]
    add(write("CMS-1833-F Table 5 FY2026.txt", "\r\n".join([head, *rows, ""])))
    [group] = rows_of("drg", edition="MS-DRG-FY2026", ms_drg="999")
    assert (group["weight"], group["geometric_mean_stay"]) == (None, None)
