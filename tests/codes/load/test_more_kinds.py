"""Localities, hospital groups, reason codes, coverage and licensed CPT files, and any of them as a spreadsheet."""

import datetime as dt
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from tests.codes.load.conftest import mue, ptp
from tests.codes.load.test_kinds import rows_of
from workbook.cli import main
from workbook.codes.load import add, loaded
from workbook.terms import WorkbookError

DRG_TITLE = (
    '"TABLE 5.\x97LIST OF MS-DRGS, RELATIVE WEIGHTING FACTORS,\nAND MEAN LENGTH OF STAY\x97FY 2025 Final Rule"'
    + "\t" * 9
)
DRG_HEAD = (
    "MS-DRG \tFY 2025 Final Post-Acute DRG\tFY 2025 Final Special Pay DRG\tMDC\tTYPE\tMS-DRG Title\t"
    "Weights - Before Cap\tWeights - 10% Cap Applied \tGeometric mean LOS\tArithmetic mean LOS"
)
ADDENDUM_B = (
    "Addendum B.-Final OPPS Payment by HCPCS Code for CY 2025,,,,,,,,,\r\n"
    "HCPCS Code,Short Descriptor,SI,APC,Relative Weight,Payment Rate,National Unadjusted Copayment,"
    'Minimum Unadjusted Copayment,"Note: Actual copayments would be lower due to the cap",* Indicates a Change\r\n'
)


def added_rows(table):
    """The rows of a table that do not ship."""
    return [row for row in rows_of(table) if row["edition"] != "teaching"]


def zip5(zip_code, state, carrier, locality, rural=" ", split="0"):
    """One line of ZIP5: state 1-2, ZIP 3-7, carrier 8-12, locality 13-14, rural 15, +4 flag 21, year and quarter 76-80."""
    return f"{state}{zip_code}{carrier}{locality}{rural}".ljust(20) + split + " B".ljust(54) + "20264\r\n"


@pytest.fixture
def sheet(tmp_path):
    """Write a spreadsheet of the given rows; None rows above are skipped, as CMS leaves them empty."""

    def made(name, rows, title="Sheet1"):
        book = openpyxl.Workbook()
        book.active.title = title
        for number, cells in enumerate(rows, 1):
            for at, value in enumerate(cells, 1):
                book.active.cell(number, at, value)
        book.create_sheet("Notes").append(["A short second sheet"])
        book.save(tmp_path / name)
        return tmp_path / name

    return made


def test_zip_codes_are_read_with_their_carrier_locality_and_quarter(shelf, write):
    text = (
        zip5("35004", "AL", "10112", "00")
        + zip5("90001", "CA", "01112", "18", split="1")
        + zip5("99501", "AK", "02102", "01", "B")
    )
    [edition] = add(write("ZIP5_lines.txt", text))
    assert (edition.version, edition.span.effective_date) == ("ZIP5-2026Q4", date(2026, 10, 1))
    alabama, los_angeles, alaska = rows_of("zip_locality")
    assert (alabama["locality"], alabama["rural_indicator"], alabama["is_split"]) == ("10112-00", None, False)
    assert (los_angeles["locality"], los_angeles["is_split"]) == ("01182-18", True)  # the number GPCI uses
    assert (alaska["locality"], alaska["rural_indicator"]) == ("02102-01", "B")


def test_the_official_county_file_is_read_whole(shelf, shared):
    [edition] = add(shared / "cms" / "25LOCCO.csv")
    assert (edition.version, edition.span.effective_date) == ("LOCCO-2025", date(2025, 1, 1))
    rows = rows_of("county_locality")
    # every line that begins with a contractor; one of them, 5302 99, stands there twice
    lines = (shared / "cms" / "25LOCCO.csv").read_text(encoding="latin-1").splitlines()
    assert len(rows) == len([line for line in lines if line[:1].isdigit()]) - 1
    assert [r["locality"] for r in rows if r["counties"] == "KERN"] == ["01112-54"]
    assert [r["state"] for r in rows if r["counties"] == "KERN"] == ["CALIFORNIA"]  # printed once, above
    assert [r["label"] for r in rows if r["locality"] == "09102-03"] == ["FORT LAUDERDALE"]
    assert [r["locality"] for r in rows if r["state"] == "ALABAMA"] == ["10112-00"]


def test_drg_weights_are_read_before_and_after_the_cap(shelf, write):
    rows = [
        "001\tNo\tNo\tPRE\tSURG\tHEART TRANSPLANT WITH MCC\t28.1664\t28.0000\t28.8\t37.4",
        "470\tYes\tNo\t08\tSURG\tMAJOR HIP AND KNEE JOINT REPLACEMENT\t1.8817\t1.8817\t1.8\t2.2",
        "Note: a footnote\t\t\t\t\t\t\t\t\t",
    ]
    [edition] = add(write("CMS-1808-F Table 5.txt", "\r\n".join([DRG_TITLE, DRG_HEAD, *rows, ""])))
    assert (edition.version, str(edition.span)) == ("MS-DRG-FY2025", "2024-10-01 to 2025-09-30")
    heart, hip = rows_of("drg", edition=edition.version)
    assert (heart["ms_drg"], heart["mdc"], heart["weight"], heart["uncapped_weight"]) == (
        "001", "PRE", Decimal("28"), Decimal("28.1664"),
    )  # fmt: skip
    assert (hip["is_post_acute"], hip["is_special_pay"], hip["geometric_mean_stay"]) == (True, False, Decimal("1.8"))


def test_outpatient_rates_are_read_without_descriptors(shelf, write):
    rows = 'G0101,Words,S,5732,0.4,"$1,040.10",.,$8.02,,\r\nJ1100,Words,N,,,,,,,*\r\n'
    [edition] = add(write("2025_October_Web_Addendum_B.csv", ADDENDUM_B + rows))
    assert (edition.version, edition.span.effective_date) == ("OPPS-2025Q4", date(2025, 10, 1))
    paid, packaged = rows_of("apc", edition="OPPS-2025Q4")
    assert (paid["apc"], paid["payment_rate"], paid["copayment"]) == ("5732", Decimal("1040.10"), None)
    assert paid["minimum_copayment"] == Decimal("8.02")
    assert (packaged["status_indicator"], packaged["payment_rate"]) == ("N", None)


@pytest.mark.parametrize(
    ("name", "table", "code", "other"),
    [("CARC_2026-10.csv", "carc", "45", "N362"), ("RARC_2026-10.csv", "rarc", "N362", "45")],
)
def test_reason_codes_are_told_apart_by_the_name_of_their_file(shelf, write, name, table, code, other):
    head = "Code,Description,Start Date,Last Modified,Stop Date,Notes\r\n"
    [edition] = add(write(name, f"{head}{code},Some words,01/01/1995,,,\r\nM99,Gone,1/2/2002,,12/31/2020,\r\n" if table == "rarc"
                          else f"{head}{code},Some words,01/01/1995,,,\r\nB5,Gone,1/2/2002,,12/31/2020,\r\n"))  # fmt: skip
    assert edition.table_name == table
    kept, gone = rows_of(table, edition=edition.version)
    assert (kept[table], kept["meaning"], kept["effective_date"]) == (code, "Some words", date(1995, 1, 1))
    assert gone["end_date"] == date(2020, 12, 31)
    with pytest.raises(WorkbookError, match="a header and no rows"):
        add(write(name, f"{head}{other},Some words,01/01/1995,,,\r\n"))


def test_a_coverage_list_serves_from_its_earliest_date(shelf, write):
    text = (
        "policy_id,policy_title,contractor,hcpcs_code,diagnosis_code,is_covered,effective_date,end_date\r\n"
        "L00001,Invented,10112,G0101,Z12.4,yes,2025-01-01,\r\nL00001,Invented,10112,G0101,E11.9,no,2025-01-01,2025-06-30\r\n"
    )
    [edition] = add(write("coverage_2026q4.csv", text))
    assert str(edition.span) == "2025-01-01 to 2026-12-31"
    yes, no = added_rows("coverage")
    assert (yes["diagnosis_code"], yes["is_covered"]) == ("Z124", True)
    assert (no["diagnosis_code"], no["is_covered"], no["end_date"]) == ("E119", False, date(2025, 6, 30))


@pytest.mark.parametrize(
    "text",
    ["CPT Code,Long Descriptor\r\n99213,Licensed words\r\n99999,More\r\n", "99213 Licensed words\r\n99999 More\r\n"],
)
def test_licensed_words_are_dropped_unless_they_are_asked_for(shelf, write, text, capsys):
    path = write("cpt_2026.csv" if "," in text else "CPT2026_LONGULT.txt", text)
    assert main(["codes", "add", str(path)]) == 0
    own, unlabelled = rows_of("hcpcs", edition="CPT-level_I-2026")
    assert own["hcpcs_code"] == "99213"
    assert own["label"] == "Established patient visit, low complexity"  # this project's own words
    assert unlabelled["label"] is None
    assert main(["codes", "add", "--keep-descriptors", str(path)]) == 0
    kept, more = rows_of("hcpcs", edition="CPT-level_I-2026")
    assert (kept["label"], more["label"]) == ("Licensed words", "More")


def test_level_two_codes_stand_beside_a_licensed_cpt_file(shelf, write):
    before = {r["hcpcs_code"] for r in rows_of("hcpcs") if r["hcpcs_code"][0].isalpha()}
    add(write("cpt_2026.csv", "Code,Descriptor\r\n99213,Licensed words\r\n"))
    assert {r["hcpcs_code"] for r in rows_of("hcpcs") if r["hcpcs_code"][0].isalpha()} == before != set()


def test_a_spreadsheet_is_read_as_its_text_would_be(shelf, sheet, write):
    rows = [
        line.split("\t")
        for line in ptp(("G0101", "Q0091", 20190101, "*", 1), ("G0105", "G0121", 20200401, 20250630, 0)).split("\r\n")[
            :-1
        ]
    ]
    number = [[int(c) if c.isdigit() else c or None for c in row] for row in rows]  # as Excel keeps them
    [edition] = add(sheet("ccipra-v323r0-f1.xlsx", number))
    found = rows_of("ptp", edition=edition.version)
    assert [(r["column_one_code"], r["modifier_indicator"], r["end_date"]) for r in found] == [
        ("G0101", "1", date(2026, 12, 31)), ("G0105", "0", date(2025, 6, 30)),
    ]  # fmt: skip


def test_dates_in_cells_and_a_spreadsheet_in_a_zip_are_read(shelf, sheet, tmp_path):
    head = [
        "policy_id",
        "policy_title",
        "contractor",
        "hcpcs_code",
        "diagnosis_code",
        "is_covered",
        "effective_date",
        "end_date",
    ]
    path = sheet(
        "coverage 2026q4.xlsx", [head, ["L1", None, None, "G0101", "Z12.4", "Y", dt.datetime(2025, 1, 1), None]]
    )
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as pack:
        pack.write(path, path.name)
    add(tmp_path / "pack.zip")
    [row] = added_rows("coverage")
    assert (row["effective_date"], row["policy_title"]) == (date(2025, 1, 1), None)


def test_a_fault_in_a_spreadsheet_is_told_with_its_row(shelf, sheet):
    rows = [
        line.split("\t")
        for line in ptp(("G0101", "Q0091", "20190101", "*", "1"), ("G0105", "G0121", "20250230", "*", "0")).split(
            "\r\n"
        )[:-1]
    ]
    with pytest.raises(WorkbookError, match=r"ccipra-v323r0-f1\.xlsx, line 8: effective_date is '20250230'"):
        add(sheet("ccipra-v323r0-f1.xlsx", rows))
    assert loaded() == []


def test_an_empty_spreadsheet_and_a_protected_one_are_refused(shelf, tmp_path, write):
    book = openpyxl.Workbook()
    book.save(tmp_path / "ccipra-v323r0-f1.xlsx")
    with pytest.raises(WorkbookError, match="the spreadsheet is empty"):
        add(tmp_path / "ccipra-v323r0-f1.xlsx")
    with pytest.raises(WorkbookError, match=r"cannot be read as a spreadsheet .* password"):
        add(
            write("locked.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "\0" * 2000)
        )  # an OLE file, as a protected one is


def test_text_is_preferred_to_the_spreadsheet_beside_it(shelf, sheet, write):
    name = "MCR_MUE_PractitionerServices_Eff_10-01-2026"
    write(f"{name}.csv", mue("Practitioner", ("G0101", 1, 2)), zipped="mue.zip")
    path = sheet(
        f"{name}.xlsx",
        [["HCPCS/\nCPT Code", "MUE Values", "MUE Adjudication Indicator", "MUE Rationale"], ["G0101", 9, "2 Day", "x"]],
    )
    with zipfile.ZipFile(path.parent / "mue.zip", "a") as pack:
        pack.write(path, path.name)
    add(path.parent / "mue.zip")
    assert [r["mue_value"] for r in rows_of("mue", hcpcs_code="G0101", edition="MUE-practitioner-2026Q4")] == [
        Decimal(1)
    ]
    add(path)
    assert [r["mue_value"] for r in rows_of("mue", hcpcs_code="G0101", edition="MUE-practitioner-2026Q4")] == [
        Decimal(9)
    ]


def coverage_export(folder, **changed):
    """current_article.zip as CMS makes it, a zip in a zip, with three invented articles; `changed` are whole files."""
    files = {
        "article": "article_id,article_version,title,article_type,article_eff_date,article_end_date,status,last_updated,"
        "display_id\n1,3,\"Billing, invented\",6,2025-01-15,,A,2026-07-01 10:00:00,A1\n"
        "1,4,Billing invented again,6,2026-01-01,,A,2026-07-02,A1\n2,1,In prose,6,2025-01-15,,A,2026-07-01,A2\n"
        "3,1,No diagnoses,6,2025-01-15,,A,2026-07-01,A3\n",
        "article_x_hcpc_code": "article_id,article_version,hcpc_code_id,hcpc_code_version,hcpc_code_group,range\n"
        "1,3,G0101,1,1,\n1,4,G0101,1,1,\n1,4,G0103,1,1,\n2,1,G0101,1,1,\n3,1,G0101,1,1,\n",
        "article_x_icd10_covered": "article_id,article_version,icd10_code_id,icd10_code_version,icd10_covered_group,range\n"
        "1,3,Z12.4,1,1,\n1,4,Z12.4,1,1,\n1,4,Z12.5,1,1,\n2,1,Z12.4,1,1,\n2,1,Z12.5,1,2,\n",
        "article_x_icd10_noncovered": "article_id,article_version,icd10_code_id,icd10_noncovered_group,range\n1,4,E11.9,1,\n",
        "article_x_contractor": "article_id,article_version,contractor_id\n1,4,10\n1,4,11\n",
        "contractor": "contractor_id,contractor_bus_name\n10,Invented MAC\n11,Other MAC\n",
    } | changed  # fmt: skip
    inner, outer = folder / "current_article_csv.zip", folder / "current_article.zip"
    for path, members in ((inner, files), (outer, None)):
        with zipfile.ZipFile(path, "w") as pack:
            for name, text in (members or {}).items():
                pack.writestr(f"{name}.csv", text)
            if members is None:
                pack.write(inner, inner.name)
                pack.writestr("readme.txt", "words")
    return outer


def test_an_article_with_one_group_of_each_is_joined_and_one_told_in_prose_is_counted(shelf, tmp_path):
    [edition] = add(coverage_export(tmp_path))
    assert (edition.version, str(edition.span)) == ("MCD-2026-07-02", "2025-01-15 to 2026-07-02")
    assert "1 articles left out" in edition.source
    rows = added_rows("coverage")
    assert {r["policy_id"] for r in rows} == {"A1"}
    told = {(r["hcpcs_code"], r["diagnosis_code"], r["is_covered"], r["effective_date"], r["end_date"]) for r in rows}
    new, old = date(2026, 1, 1), date(2025, 1, 15)
    assert told == {
        ("G0101", "Z124", True, old, date(2025, 12, 31)),
        *((p, d, d != "E119", new, date(2026, 7, 2)) for p in ("G0101", "G0103") for d in ("Z124", "Z125", "E119")),
    }
    assert {r["contractor"] for r in rows if r["effective_date"] == new} == {"Invented MAC; Other MAC"}
    assert add(tmp_path / "current_article_csv.zip")[0].version == edition.version  # the inner zip alone as well


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"contractor": "contractor_id\n10\n"}, "contractor.csv: has no column contractor_bus_name"),
        ({"article": "article_id,article_version,title,article_eff_date,article_end_date,last_updated,display_id\n"
                     "1,4,T,soon,,,A1\n"}, "article.csv, line 2: article_eff_date is 'soon'"),
        ({"article_x_icd10_covered": "article_id,article_version,icd10_code_id,icd10_covered_group,range\n",
          "article_x_icd10_noncovered": "article_id,article_version,icd10_code_id,icd10_noncovered_group,range\n"},
         "nothing was added"),
    ],
)  # fmt: skip
def test_a_coverage_export_that_lacks_something_is_refused_and_changes_nothing(shelf, tmp_path, changed, said):
    with pytest.raises(WorkbookError, match=said):
        add(coverage_export(tmp_path, **changed))
    assert added_rows("coverage") == []


def test_a_coverage_export_without_one_of_its_files_says_which(shelf, tmp_path):
    path = tmp_path / "current_article_csv.zip"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("article.csv", "article_id\n1\n")
    with pytest.raises(WorkbookError, match=r"article_x_hcpc_code\.csv, .* is not in it"):
        add(path)


def test_diagnoses_exempt_from_present_on_admission_are_read_undotted_from_their_short_year(shelf, write):
    text = 'OrdFY25\tPOAexemptCode\tDescription\n01236\tB90.0\tWords\n12128\tI69.065\t"Words, more"\n'
    [edition] = add(write("POAexemptCodesFY25.txt", text))
    assert (edition.version, str(edition.span)) == ("POA-FY2025", "2024-10-01 to 2025-09-30")
    assert [r["diagnosis_code"] for r in rows_of("poa_exempt", edition="POA-FY2025")] == ["B900", "I69065"]
    [april] = add(write("POAexemptCodesApr23.txt", text.replace("FY25", "Apr23")))
    assert (april.version, str(april.span)) == ("POA-FY2023-April", "2023-04-01 to 2023-09-30")
