"""A file that is not good is refused in words and changes nothing; editions replace each other by date."""

import json
import stat
import zipfile
from datetime import date
from itertools import pairwise

import pytest

from tests.codes.load.conftest import mue, ptp, rvu
from workbook.codes.load import add, loaded, remove
from workbook.codes.load.layouts import LAYOUTS
from workbook.codes.reference import curated, edition_on, editions, reference
from workbook.codes.tables import REFERENCE_TABLES
from workbook.terms import WorkbookError

PAIR = ("G0101", "Q0091", "20190101", "*", "1")
Q4 = "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv"
Q3 = "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"


def files(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("notes.txt", "Dear colleague,\nplease find", r"notes\.txt: not a code file .* Expected one of: NCCI .* Seen: 'Dear"),
        ("ccipra-v323r0-f1.txt", "", r"the file is empty; download it again"),
        ("blank.csv", "\n \n", r"the file is empty"),
        ("ccipra-v323r0-f1.txt", ptp(), r"a header and no rows"),
        ("ccipra-v323r0-f1.txt", ptp(PAIR, ("G0105", "G0121", "20250230", "*", "0")),
         r"line 8: effective_date is '20250230', expected a date as 20260401"),
        ("ccipra-v323r0-f1.txt", ptp(PAIR, ("G0105", "G0121", "", "*", "0")), r"line 8: effective_date is ''"),
        ("ccipra-v323r0-f1.txt", ptp(PAIR, ("G0105", "G0121", "20250101", "*", "7")), r"line 8: modifier_indicator is '7'"),
        ("ccipra-v323r0-f1.txt", ptp(PAIR, ("Total", "rows", "2", "", "")), r"line 8: column_one_code is 'Total'"),
        ("ccipra-v323r0-f1.txt", ptp(PAIR)[:-20] + "\r\nG0105\tG01", r"line 8: 2 columns, expected 7; .* cut short"),
        ("ccipra-v323r0-f1.txt", ptp(("G0101", "Q0091", "20190101", "20200630", "1"), (*PAIR[:2], "20200630", "*", "0")),
         r"two spans of G0101 Q0091 overlap: 2019-01-01 to 2020-06-30 \(line 7\) and 2020-06-30 to open \(line 8\)"),
        ("v323r0-f1.txt", ptp(PAIR), r"for whom\? Expected a name that tells practitioner or hospital"),
        ("ccipra.txt", ptp(PAIR), r"which dates it serves; say so with --effective and --end"),
        (Q4, mue("P", ("G0101", "many", 2)), r"line \d+: mue_value is 'many', expected a number"),
        (Q4, mue("P", ("G0101", 1, 2), ("G0101", 2, 2)), r"two spans of G0101 overlap"),
        (Q4, mue("P", ("G0101", 1, 2)).replace("MUE Rationale", "MUE Colour"), r"unknown column 'mue colour'"),
        ("PPRRVU2025_Oct.csv", rvu(("G0101", "", "1", "1")).replace(",WORK,", ",WERK,"),
         r"looks like physician fee schedule .* no column 'work rvu'"),
        ("tables.xlsx", "PK", r"tables\.xlsx: cannot be read as a spreadsheet .* download it again"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_good_is_refused_with_what_to_do_and_nothing_changes(shelf, write, name, text, words):
    with pytest.raises(WorkbookError, match=words):
        add(write(name, text))
    assert loaded() == []
    assert files(shelf) == []


def test_a_damaged_or_cut_zip_is_refused(shelf, write, tmp_path):
    many = [(f"G{n:04d}", f"J{m:04d}", "20240101", "*", "0") for n in range(50) for m in range(100)]
    whole = write("ccipra-v323r0-f1.txt", ptp(*many), zipped="good.zip").read_bytes()
    cut, damaged = tmp_path / "cut.zip", tmp_path / "damaged.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    middle = len(whole) // 2
    damaged.write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    for path in (cut, damaged):
        with pytest.raises(WorkbookError, match=rf"{path.name}.*damaged or cut short.*download it again"):
            add(path)
    assert files(shelf) == []


def test_a_zip_with_nothing_to_read_says_what_is_in_it(shelf, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as pack:
        pack.writestr("manual.pdf", "words")
    with pytest.raises(WorkbookError, match=r"no text, csv or xlsx file in the zip; seen: manual\.pdf"):
        add(tmp_path / "x.zip")


def test_when_the_second_file_is_bad_the_first_is_not_added_and_what_was_there_stays(shelf, write):
    add(write(Q4, mue("P", ("G0101", 1, 2))))
    before = files(shelf)
    with pytest.raises(WorkbookError):
        add([write(Q3, mue("P", ("G0101", 9, 2))), write("notes.txt", "words")])
    with pytest.raises(WorkbookError):
        add([write(Q3, mue("P", ("G0101", 9, 2))), write(Q4, mue("P", ("G0101", "x", 2)))])
    assert files(shelf) == before
    assert [e.version for e in loaded()] == ["MUE-practitioner-2026Q4"]


def test_adding_the_same_file_again_replaces_it_and_a_corrected_one_takes_its_place(shelf, write):
    path = write(Q4, mue("P", ("G0101", 1, 2)))
    [first] = add(path)
    assert add(path) == [first]
    [second] = add(write(Q4, mue("P", ("G0101", 5, 2))))
    assert second.sha256 != first.sha256
    values = [r["mue_value"] for r in reference(["mue"])["mue"].to_pylist() if r["edition"] == second.version]
    assert values == [5]
    assert len(files(shelf)) == 2


def test_what_is_kept_is_private_and_says_where_it_is_from(shelf, write):
    [edition] = add(write(Q4, mue("P", ("G0101", 1, 2)), zipped="mue-2026-q4.zip"))
    assert edition.source.startswith(f"mue-2026-q4.zip: {Q4}")
    assert edition.loaded_on == date.today()
    assert len(edition.sha256) == 64
    for path in shelf.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    stored = json.loads((shelf / "codes" / "mue" / "MUE-practitioner-2026Q4.json").read_text())
    assert stored["parts"]["all"]["rows"] == 1


def test_a_loaded_edition_wins_its_dates_and_what_ships_serves_the_others(shelf, write):
    [edition] = add(write("PPRRVU2025_Apr.csv", rvu(("99213", "", "7.77", "1.00"), month="April")))
    rows = [r for r in reference(["physician_fee"])["physician_fee"].to_pylist() if r["hcpcs_code"] == "99213"]
    spans = sorted((r["effective_date"], r["end_date"], r["edition"]) for r in rows)
    assert spans == [
        (date(2025, 1, 1), date(2025, 3, 31), "RVU25A"),
        (date(2025, 4, 1), date(2025, 6, 30), "RVU25B"),
        (date(2025, 7, 1), date(2025, 12, 31), "RVU25A"),
        (date(2026, 1, 1), date(2026, 12, 31), "RVU26B"),
    ]
    assert edition_on("physician_fee", date(2025, 5, 1)) == edition
    assert edition_on("physician_fee", date(2025, 7, 1)).version == "RVU25A-teaching"
    assert edition_on("physician_fee", date(2026, 1, 1)).version == "RVU26B-teaching"
    assert edition_on("physician_fee", date(2027, 1, 1)) is None


def test_quarters_sit_side_by_side_and_no_two_editions_of_a_table_share_a_day(shelf, write):
    add([write(Q3, mue("P", ("G0101", 1, 2))), write(Q4, mue("P", ("G0101", 2, 2)))])
    add(write("ccipra-v322r0-f1.txt", ptp(PAIR)))
    add(write("ccipra-v323r0-f1.txt", ptp(("G0101", "Q0091", "20200101", "*", "0"))))
    by_table = {}
    for edition in editions():
        by_table.setdefault(edition.table_name, []).append(edition.span)
    for name, spans in by_table.items():
        spans.sort(key=lambda s: s.effective_date)
        assert all(a.end_date < b.effective_date for a, b in pairwise(spans)), name
    assert edition_on("mue", date(2026, 8, 1)).version == "MUE-practitioner-2026Q3"
    # the newer history of pairs wins from its first date; the older one serves the year before it
    assert edition_on("ptp", date(2019, 6, 1)).version == "PTP-practitioner-2026Q3"
    assert edition_on("ptp", date(2026, 8, 1)).version == "PTP-practitioner-2026Q4"


def test_a_hospital_edition_leaves_the_practitioner_rows_and_edition_alone(shelf, write):
    before = [r for r in curated("ptp").to_pylist() if r["setting"] == "practitioner"]
    add(write("ccioph-v323r0-f1.txt", ptp(PAIR)))
    after = [r for r in reference(["ptp"])["ptp"].to_pylist() if r["setting"] == "practitioner"]
    assert after == before
    assert edition_on("ptp", date(2026, 1, 1)).version == "teaching-2026Q2"
    assert edition_on("ptp/hospital", date(2026, 1, 1)).version == "PTP-hospital-2026Q4"


def test_a_date_that_nothing_serves_has_no_edition(shelf, write):
    add(write(Q4, mue("P", ("G0101", 1, 2))))
    assert edition_on("mue", date(2027, 1, 1)) is None


def test_pairs_never_in_force_may_overlap_those_that_are(shelf, write):
    text = ptp(("G0101", "Q0091", "20190101", "20190101", "9"), PAIR)
    [edition] = add(write("ccipra-v323r0-f1.txt", text))
    assert sum(r["edition"] == edition.version for r in reference(["ptp"])["ptp"].to_pylist()) == 2


def test_the_user_may_say_the_dates(shelf, write):
    [edition] = add(write("practitioner.txt", ptp(PAIR)), effective_date="2026-01-01", end_date="2026-03-31")
    assert edition.version == "PTP-practitioner-2026-01-01"
    [row] = [r for r in reference(["ptp"])["ptp"].to_pylist() if r["edition"] == edition.version]
    assert (row["effective_date"], row["end_date"]) == (date(2026, 1, 1), date(2026, 3, 31))
    with pytest.raises(WorkbookError, match="before it begins"):
        add(write("practitioner.txt", ptp(PAIR)), effective_date="2026-01-01", end_date="2025-03-31")


def test_an_edition_can_be_removed_and_what_ships_serves_again(shelf, write):
    before = reference(["mue"])["mue"]
    [edition] = add(write(Q4, mue("P", ("G0101", 1, 2))))
    with pytest.raises(WorkbookError, match="mue MUE-2020 is not loaded; loaded for mue: MUE-practitioner-2026Q4"):
        remove("mue", "MUE-2020")
    remove("mue", edition.version)
    assert loaded() == []
    assert reference(["mue"])["mue"].equals(before)
    assert files(shelf) == []


def test_a_file_that_is_gone_from_the_shelf_is_named(shelf, write):
    add(write(Q4, mue("P", ("G0101", 1, 2))))
    next(shelf.rglob("*.parquet")).unlink()
    with pytest.raises(WorkbookError, match=rf"is gone; add {Q4} again, or remove mue MUE-practitioner-2026Q4"):
        reference(["mue"])
    remove("mue", "MUE-practitioner-2026Q4")
    assert reference(["mue"])["mue"].num_rows > 0


def test_progress_tells_the_rows_read(shelf, write):
    seen = []
    add(write("ccipra-v323r0-f1.txt", ptp(PAIR, ("G0105", "G0121", "20190101", "*", "0"))), progress=seen.append)
    assert seen[-1] == 2


def test_every_layout_reads_into_columns_its_table_has():
    for layout in LAYOUTS:
        assert layout.table is REFERENCE_TABLES[layout.table.name]
        for field in layout.fields:
            assert field.column.startswith("_") or field.column in layout.table.names
