"""Each kind of official file is known by its header or shape, and its rows and dates of service are read as printed."""

from datetime import date
from decimal import Decimal

import pytest

from tests.codes.load.conftest import add_ons, anweb, mue, order, ptp, rvu
from workbook.codes import lookup
from workbook.codes.load import add
from workbook.codes.reference import edition_on, reference


def rows_of(table, **wanted):
    rows = reference([table])[table].to_pylist()
    return [row for row in rows if all(row[k] == v for k, v in wanted.items())]


def test_a_ptp_file_serves_from_its_earliest_date_to_the_end_of_its_quarter(shelf, write):
    text = ptp(("G0101", "Q0091", "20190101", "*", "1"), ("G0105", "G0121", "20200401", "20250630", "0"))
    [edition] = add(write("ccipra-v323r0-f1.txt", text))
    assert (edition.table_name, edition.version) == ("ptp", "PTP-practitioner-2026Q4")  # version 32.3
    assert (edition.span.effective_date, edition.span.end_date) == (date(2019, 1, 1), date(2026, 12, 31))
    [active] = rows_of("ptp", column_one_code="G0101", edition=edition.version)
    assert (active["modifier_indicator"], active["setting"]) == ("1", "practitioner")
    assert (active["effective_date"], active["end_date"]) == (date(2019, 1, 1), date(2026, 12, 31))
    [deleted] = rows_of("ptp", column_one_code="G0105", edition=edition.version)
    assert deleted["end_date"] == date(2025, 6, 30)


def test_a_ptp_header_may_be_one_line(shelf, write):
    text = (
        "Column 1\tColumn 2\t*=in existence prior to 1996\tEffective Date\tDeletion Date *=no data\t"
        "Modifier 0=not allowed 1=allowed 9=not applicable\tPTP Edit Rationale\nG0101\tQ0091\t*\t19960101\t*\t1\tX\n"
    )
    [edition] = add(write("ccioph-v322r0-f4.txt", text))
    assert (edition.table_name, edition.version) == ("ptp/hospital", "PTP-hospital-2026Q3")


def test_the_four_parts_of_a_ptp_edition_may_be_added_one_by_one(shelf, write):
    for n in (1, 2, 3):
        text = ptp((f"G010{n}", "Q0091", f"2019010{n}", "*", "1"))
        [edition] = add(write(f"ccipra-v323r0-f{n}.txt", text, zipped=f"practitioner-ptp-edits-ccipra-v323r0-f{n}.zip"))
    assert not edition.is_whole
    many = [(f"G{n:04d}", f"J{m:04d}", "20240101", "*", "0") for n in range(100) for m in range(1000)]
    [edition] = add(write("ccipra-v323r0-f4.txt", ptp(*many)))
    assert edition.is_whole
    assert edition.span.effective_date == date(2019, 1, 1)
    assert len(rows_of("ptp", edition=edition.version)) == 3 + 100_000
    assert edition_on("ptp", date(2026, 11, 1)) == edition


@pytest.mark.parametrize(
    "name, setting, listed",
    [
        ("MCR_MUE_PractitionerServices_Eff_10-01-2026.csv", "practitioner", "mue"),
        ("MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.csv", "hospital", "mue/hospital"),
        ("MCR_MUE_DMESupplierServices_Eff_10-01-2026.csv", "dme", "mue/dme"),
    ],
)
def test_an_mue_file_serves_its_quarter_for_its_setting(shelf, write, name, setting, listed):
    [edition] = add(write(name, mue("Some", ("G0101", 1, 2), ("J1100", 120, 3), ("G0103", 2, 1))))
    assert (edition.table_name, edition.version) == (listed, f"MUE-{setting}-2026Q4")
    [row] = rows_of("mue", hcpcs_code="J1100", edition=edition.version)
    assert (row["mue_value"], row["mai"], row["setting"]) == (Decimal(120), "3", setting)
    assert (row["effective_date"], row["end_date"]) == (date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize("year", [2025, 2026])
def test_relative_values_are_found_by_header_words_in_both_layouts(shelf, write, year):
    text = rvu(("G0101", "", "0.45", "0.60"), ("G0103", "26", "1.2345", "0"), year=year)
    [edition] = add(write(f"PPRRVU{year}_Oct.csv", text))
    assert edition.version == f"RVU{year - 2000}D"
    assert (edition.span.effective_date, edition.span.end_date) == (date(year, 10, 1), date(year, 12, 31))
    plain, professional = rows_of("physician_fee", edition=edition.version)
    assert (plain["modifier"], plain["work_rvu"], plain["nonfacility_pe_rvu"]) == (
        None,
        Decimal("0.45"),
        Decimal("0.6"),
    )
    assert (plain["endoscopic_base_code"], plain["imaging_family"], plain["team_indicator"]) == ("G0105", "99", "0")
    assert (plain["preoperative_share"], plain["intraoperative_share"]) == (Decimal("0.1"), Decimal("0.8"))
    assert (professional["modifier"], professional["work_rvu"]) == ("26", Decimal("1.2345"))


def test_the_files_of_one_release_zip_are_added_together_and_what_is_not_read_is_passed_over(shelf, write):
    fees = rvu(("G0101", "", "0.45", "0.60"), year=2026, month="January")
    write("PPRRVU2026_Jan_nonQPP.csv", fees, zipped="RVU26A.zip")
    write("PPRRVU2026_Jan_QPP.csv", fees.replace("32.3465", "33.5675"), zipped="RVU26A.zip")
    write("readme.txt", "Read this first", zipped="RVU26A.zip")
    gpci = (
        "ADDENDUM E,,,,,,,\r\n,,,,,,,\r\nMedicare Administrative Contractor (MAC),State,Locality Number,Locality Name,"
        "2026 PW GPCI (without 1.0 Floor),2026 PW GPCI (with 1.0 Floor),2026 PE GPCI,2026 MP GPCI\r\n"
        "10112,AL,0,ALABAMA*,0.98,1,0.87,0.58\r\n,,,,,,,\r\n*A footnote.,,,,,,,\r\n"
    )
    added = add(write("GPCI2026.csv", gpci, zipped="RVU26A.zip"))
    assert {e.version for e in added} == {"RVU26A", "GPCI2026"}
    [row] = rows_of("locality", locality="10112-00", edition="GPCI2026")
    assert (row["label"], row["work_gpci"], row["practice_expense_gpci"]) == ("ALABAMA", Decimal(1), Decimal("0.87"))
    assert len(rows_of("locality", locality="NATIONAL")) == 2  # up to 2025-12-31 as shipped, and in 2026


def test_an_order_file_serves_its_fiscal_year(shelf, write):
    text = order(("A00", False, "Cholera"), ("A000", True, "Cholera due to Vibrio cholerae 01, biovar cholerae"))
    [edition] = add(write("icd10cm_order_2027.txt", text))
    assert edition.version == "ICD-10-CM-FY2027"
    assert (edition.span.effective_date, edition.span.end_date) == (date(2026, 10, 1), date(2027, 9, 30))
    category, code = rows_of("diagnosis", edition=edition.version)
    assert (category["diagnosis_code"], category["is_billable"]) == ("A00", False)
    assert (code["is_billable"], code["title"]) == (True, "Cholera due to Vibrio cholerae 01, biovar cholerae")


def test_an_april_order_file_serves_from_april(shelf, write):
    [edition] = add(write("icd10cm-order-April-2025.txt", order(("A00", False, "Cholera"), ("A000", True, "Cholera"))))
    assert (edition.version, edition.span.effective_date) == ("ICD-10-CM-FY2025-April", date(2025, 4, 1))


def test_a_procedure_order_file_is_not_taken_for_diagnoses(shelf, write):
    text = order(("001", False, "Central Nervous System, Bypass"), ("0016070", True, "Bypass to Nasopharynx"))
    [edition] = add(write("icd10pcs_order_2027.txt", text))
    assert (edition.table_name, edition.version) == ("procedure", "ICD-10-PCS-FY2027")
    assert [r["procedure_code"] for r in rows_of("procedure")] == ["001", "0016070"]


def test_level_two_codes_are_read_without_modifiers_dental_codes_or_continuations(shelf, write):
    text = anweb(
        ("A1", "7", "A modifier", "20250101", ""),
        ("D0120", "3", "A dental code", "20250101", ""),
        ("G0101", "3", "Ca screen;pelvic/breast exam", "19980101", ""),
        ("G0101", "4", "", "19980101", ""),
        ("J1100", "3", "Dexamethasone sodium phos", "20010101", "20261115"),
    )
    [edition] = add(write("HCPC2026_OCT_ANWEB.txt", text))
    assert (edition.table_name, edition.version) == ("hcpcs", "HCPCS-2026Q4")
    rows = rows_of("hcpcs", edition=edition.version)
    assert [(r["hcpcs_code"], r["label"], r["end_date"]) for r in rows] == [
        ("G0101", "Ca screen;pelvic/breast exam", date(2026, 12, 31)),
        ("J1100", "Dexamethasone sodium phos", date(2026, 11, 15)),
    ]
    assert rows_of("hcpcs", hcpcs_code="99213")[0]["end_date"] is None  # our own labels of level I stay


def test_add_on_codes_have_their_primary_codes_by_date(shelf, write):
    text = add_ons((1, "G2211", "99213", "2024001", ""), (2, "Q0091", "CCCCC", "2013091", "2025365"))
    [edition] = add(write("AOC_V2026Q4-MCR.txt", text))
    assert (edition.version, edition.span.effective_date) == ("AOC-2026Q4", date(2013, 4, 1))  # day 91 of 2013
    first, second = rows_of("add_on", edition=edition.version)
    assert (first["add_on_code"], first["primary_code"], first["edit_type"]) == ("G2211", "99213", "1")
    assert (second["primary_code"], second["end_date"]) == ("CCCCC", date(2025, 12, 31))


def test_the_real_gpci_file_gives_the_shipped_localities(shelf, shared):
    before = {r["locality"]: r for r in rows_of("locality", edition="GPCI2025")}
    [edition] = add(shared / "cms" / "GPCI2025.csv")
    assert edition.is_whole
    assert (edition.span.effective_date, edition.span.end_date) == (date(2025, 1, 1), date(2025, 12, 31))
    after = {r["locality"]: r for r in rows_of("locality", edition="GPCI2025") if r["locality"] != "NATIONAL"}
    assert len(after) == 109
    for locality, row in after.items():
        for name in ("work_gpci", "practice_expense_gpci", "malpractice_gpci", "state"):
            assert row[name] == before[locality][name], (locality, name)
    assert len(rows_of("locality", locality="NATIONAL")) == 3  # 2024 and 2026 as shipped, 2025 beside the loaded ones


def test_the_real_relative_value_rows_are_the_same_from_csv_and_from_fixed_width(shelf, shared, write):
    names = ("PPRRVU2025_layout_sample.csv", "PPRRVU2025_layout_sample.txt")
    [from_csv] = add(shared / "cms" / names[0])
    rows = rows_of("physician_fee", edition=from_csv.version)
    text = (shared / "cms" / names[1]).read_text(encoding="latin-1")
    [from_text] = add(write("PPRRVU25_OCT.txt", text))
    assert (from_csv.version, from_text.version) == ("RVU25D", "RVU25D")
    assert len(rows) == 15
    assert rows_of("physician_fee", edition="RVU25D") == rows
    assert not from_csv.is_whole  # fifteen rows are an extract


def fixed_width(code, team_to_base):
    """A PPRRVU line as CMS sets it (invented amounts); positions 116 to 132 are given."""
    return (
        f"{code:<7}{'Invented words':<50}A  12.56   7.00NA   7.00    1.99  21.55 21.550090.09.84.07{team_to_base} "
        "33.4009 090 99      0.00   0.00   0.00"
    )


def test_the_fixed_width_layout_of_2026_has_the_pricing_indicator_and_the_endoscopic_base_in_their_places(shelf, write):
    text = "\r\n".join([fixed_width("G0105", "300009      45378"), fixed_width("G0104", "202109           ")])
    [edition] = add(write("PPRRVU2026_Apr_nonQPP.txt", text))
    assert edition.version == "RVU26B"
    day = date(2026, 4, 1)  # the rows that ship are of RVU26B too, and serve the year around this quarter
    scope, screening = rows_of("physician_fee", edition="RVU26B", effective_date=day)
    assert (scope["endoscopic_base_code"], scope["team_indicator"], scope["imaging_family"]) == ("45378", "0", "99")
    assert (scope["global_days"], scope["postoperative_share"]) == ("090", Decimal("0.07"))
    assert (screening["endoscopic_base_code"], screening["bilateral_indicator"]) == (None, "0")


def test_a_fixed_width_file_with_something_where_the_layout_is_blank_is_refused(shelf, write):
    with pytest.raises(Exception, match=r"PPRRVU27_JAN\.txt"):
        add(write("PPRRVU27_JAN.txt", fixed_width("G0105", "3000097     45378")))


def test_the_real_anesthesia_file_has_a_factor_for_every_locality(shelf, shared):
    [edition] = add(shared / "cms" / "ANES2025.csv")
    assert (edition.version, edition.is_whole) == ("ANES2025", True)
    assert rows_of("anesthesia_factor", locality="02102-01")[0]["label"] == "ALASKA"
    assert rows_of("anesthesia_factor", locality="02102-01")[0]["conversion_factor"] == Decimal("27.86")
    localities = {r["locality"] for r in rows_of("locality")} - {"NATIONAL"}
    assert {r["locality"] for r in rows_of("anesthesia_factor")} == localities


def test_the_real_imaging_caps_need_their_release_told(shelf, shared):
    path = shared / "cms" / "OPPSCAP_layout_sample.csv"
    with pytest.raises(Exception, match="say so with --effective and --end"):
        add(path)
    add(path, effective_date="2025-10-01", end_date="2025-12-31")
    rows = rows_of("imaging_cap")
    assert [(r["locality"], r["modifier"], r["nonfacility_amount"]) for r in rows] == [
        ("01112-05", "TC", Decimal("150.69")),
        ("01112-09", "TC", Decimal("152.38")),
    ]


def test_southern_california_stands_under_the_contractor_that_gpci_gives_it(shelf, write):
    text = "HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\nG0279,TC,C,01112,18,150.69,150.69\n"
    [edition] = add(write("OPPSCAP_Oct.csv", text, zipped="RVU25D.zip"))
    assert edition.version == "OPPSCAP-25D"
    assert rows_of("imaging_cap")[0]["locality"] == "01182-18"


def test_a_loaded_icd_edition_answers_for_its_own_dates_and_says_that_its_notes_are_unknown(shelf, write):
    from workbook.codes import lookup
    from workbook.codes.review import review_codes

    text = order(("A00", False, "Cholera"), ("A000", True, "Cholera of 2027"))
    add(write("icd10cm_order_2027.txt", text))
    assert (lookup("A00.0", on="2026-10-01").status, lookup("A00.0", on="2026-10-01").title) == (
        "valid",
        "Cholera of 2027",
    )
    assert lookup("E11.42", on="2026-10-01").status == "not known"  # two rows are an extract
    assert lookup("E11.42", on="2026-09-30").status == "valid"
    assert lookup("A00.0", on="2026-10-01").notes == ()
    review = review_codes(["A00.0", "E11.42"], on="2026-10-01")
    assert [p.kind for p in review] == ["not known", "notes not known"]


def test_a_whole_list_of_level_ii_answers_for_no_cpt_number(shelf, write):
    rows = [(f"A{number:04d}", "3", "Invented", "20200101", "") for number in range(6000)]
    [edition] = add(write("HCPC2026_OCT_ANWEB.txt", anweb(*rows), zipped="october-2026-alpha-numeric-hcpcs-file.zip"))
    assert (edition.table_name, edition.is_whole) == ("hcpcs", True)
    assert lookup("HCPCS A0017", on="2026-10-15").status == "valid"
    assert lookup("HCPCS A9999", on="2026-10-15").status == "unknown"
    assert lookup("12345", on="2026-10-15").status == "not known"
