"""The curated tables say where each fact is from, and ship nothing that is not ours to ship."""

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from workbook.codes import editions, reference
from workbook.codes.reference import FOLDER
from workbook.codes.tables import REFERENCE_TABLES
from workbook.payment.step import adjustments
from workbook.rules import rules

ROOT = Path(__file__).parents[2]
CPT = re.compile(r"\b\d{4}[0-9FTU]\b")
CODE_ON_A_PAGE = re.compile(r"(?:\|\s*|code: \"?)(\d{4}[0-9FTU])\b(?![-.])")
NEAR_MISSES = re.compile(r"^near_misses:\n(?:[ -].*\n?)*", re.MULTILINE)
CURATED = sorted(path.stem for path in FOLDER.glob("*.csv") if path.stem in REFERENCE_TABLES)


@pytest.mark.parametrize("name", CURATED)
def test_a_curated_table_reads_and_its_key_is_unique(name):
    table = REFERENCE_TABLES[name]
    rows = reference([name])[name].to_pylist()
    assert rows
    counts = Counter(tuple(row[k] for k in table.key) for row in rows)
    assert [key for key, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("name", [n for n in CURATED if n not in ("edition", "physician_fee")])
def test_every_curated_row_says_where_it_was_read(name):
    assert all(row["source"] for row in reference([name])[name].to_pylist())


@pytest.mark.parametrize("name", [n for n in CURATED if n not in ("edition", "hcpcs")])
def test_every_curated_table_has_an_edition_with_its_dates(name):
    assert [e for e in editions() if e.table_name == name]


def test_spans_of_one_code_do_not_overlap():
    for name in CURATED:
        table, last = REFERENCE_TABLES[name], {}
        if name == "edition":
            continue
        for row in sorted(reference([name])[name].to_pylist(), key=lambda r: r["effective_date"]):
            key = tuple(row[k] for k in table.key if k != "effective_date")
            assert key not in last or (last[key] is not None and last[key] < row["effective_date"]), (name, key)
            last[key] = row["end_date"]


def without_zip_codes(text):
    """A page without the columns of its tables that hold ZIP codes, which look like procedure codes."""
    text = re.sub(r"## Given `\w+_zip`.*?(?=\n## )", "", text, flags=re.DOTALL)
    lines, header = [], []
    for line in text.split("\n"):
        cells = line.split("|")
        header = header if line.startswith("|") and header else cells if line.startswith("|") else []
        lines.append("|".join(c for n, c in enumerate(cells) if n >= len(header) or "zip" not in header[n]))
    return "\n".join(lines)


def test_zip_codes_are_told_from_procedure_codes():
    table = "| hcpcs_code | zip_code |\n| --- | --- |\n| 99213 | 36104 |\n\n| hcpcs_code |\n| --- |\n| 93000 |"
    assert re.findall(r"\d{5}", without_zip_codes(table)) == ["99213", "93000"]


def cpt_numbers_in_code_columns():
    """Every CPT number in a code column of a shipped CSV file, on a page or in a case, save a case's near misses."""
    found = set()
    for path in (ROOT / "sample_data").rglob("*.csv"):
        with path.open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                found |= {
                    v for k, v in row.items() if k and "code" in k and k != "diagnosis_code" and v and CPT.fullmatch(v)
                }
    for path in [*(ROOT / "workbook").rglob("*.md"), *(ROOT / "sample_data").rglob("*.yaml")]:
        text = NEAR_MISSES.sub("", without_zip_codes(path.read_text(encoding="utf-8")))
        found |= set(CODE_ON_A_PAGE.findall(text))
    return found


def cpt_numbers_of_near_misses():
    """Every CPT number that a case names only to say why it is not the code; it has the case's words for a label."""
    cases = [path.read_text(encoding="utf-8") for path in (ROOT / "sample_data").rglob("*.yaml")]
    return {code for text in cases for part in NEAR_MISSES.findall(text) for code in CODE_ON_A_PAGE.findall(part)}


def test_at_most_250_cpt_numbers_ship_and_each_has_a_label_of_our_own():
    labelled = {row["hcpcs_code"] for row in reference(["hcpcs"])["hcpcs"].to_pylist()}
    ranges = {
        r[c] for r in reference(["modifier_use"])["modifier_use"].to_pylist() for c in ("first_code", "last_code")
    }
    shipped = cpt_numbers_in_code_columns()
    assert 0 < len({c for c in shipped | labelled if CPT.fullmatch(c)}) <= 250
    assert shipped - labelled - ranges == set()


def test_near_misses_name_at_most_150_further_cpt_numbers():
    labelled = {row["hcpcs_code"] for row in reference(["hcpcs"])["hcpcs"].to_pylist()}
    assert 0 < len(cpt_numbers_of_near_misses() - labelled) <= 150


def test_no_dental_code_ships():
    for path in (ROOT / "sample_data").rglob("*.csv"):
        assert not re.search(r"^D\d{4},|,D\d{4},", path.read_text(encoding="utf-8"), re.M), path


def localities(edition):
    rows = reference(["locality"])["locality"].to_pylist()
    return {r["locality"]: r for r in rows if r["edition"] == edition}


def test_the_localities_of_2025_are_all_109_and_the_two_that_were_checked():
    rows = localities("GPCI2025")
    assert len(rows) == 109
    alabama, alaska = rows["10112-00"], rows["02102-01"]
    indices = ("work_gpci", "practice_expense_gpci", "malpractice_gpci")
    assert [str(alabama[i]) for i in indices] == ["1.0000", "0.8690", "0.5750"]
    assert [str(alaska[i]) for i in indices] == ["1.5000", "1.0810", "0.5920"]


def test_the_localities_of_2026_are_the_same_109_and_keep_the_floors_that_the_law_sets():
    rows = localities("GPCI2026")
    assert rows.keys() == localities("GPCI2025").keys()
    assert all(r["work_gpci"] >= 1 for r in rows.values())  # Consolidated Appropriations Act, 2026: through the year
    assert {r["locality"] for r in rows.values() if r["work_gpci"] == Decimal("1.5")} == {"02102-01"}  # Alaska
    frontier = [r for r in rows.values() if r["state"] in ("MT", "NV", "ND", "SD", "WY")]
    assert len(frontier) == 5 and all(r["practice_expense_gpci"] >= 1 for r in frontier)
    # the indices are averages: over the country they stay near 1, and change little in a year
    for index in ("work_gpci", "practice_expense_gpci", "malpractice_gpci"):
        last = localities("GPCI2025")
        assert all(abs(r[index] / last[key][index] - 1) < Decimal("0.25") for key, r in rows.items()), index


def test_the_localities_agree_with_the_official_file(shared):
    rows = localities("GPCI2025")
    with (shared / "cms" / "GPCI2025.csv").open(encoding="latin-1") as stream:
        official = [r for r in csv.reader(stream) if r and re.fullmatch(r"\d{5}", r[0].strip())]
    assert len(official) == 109
    for mac, state, number, _, work, expense, malpractice in official:
        own = rows[f"{mac.strip()}-{number.strip()}"]
        assert (own["state"], own["work_gpci"], own["practice_expense_gpci"], own["malpractice_gpci"]) == (
            state.strip(), *map(Decimal, (work, expense, malpractice)),
        )  # fmt: skip


def fees(edition):
    rows = reference(["physician_fee"])["physician_fee"].to_pylist()
    return {(r["hcpcs_code"], r["modifier"] or ""): r for r in rows if r["edition"] == edition}


def test_the_fee_rows_of_2026_are_of_the_same_codes_and_no_other_column_changed_than_the_values():
    old, new = fees("RVU25A"), fees("RVU26B")
    assert old.keys() == new.keys()
    values = {"work_rvu", "nonfacility_pe_rvu", "facility_pe_rvu", "malpractice_rvu"}
    dated = {"effective_date", "end_date", "edition"}
    changed = {c for key, row in old.items() for c in row if row[c] != new[key][c]}
    assert changed == values | dated


def test_the_work_of_2026_is_that_of_2025_less_the_efficiency_adjustment_or_was_valued_anew():
    old, new = fees("RVU25A"), fees("RVU26B")
    kept = Decimal("0.975")  # CY 2026 PFS final rule (CMS-1832-F): 2.5 percent less for what is not paid by time
    work = {key: (old[key]["work_rvu"], new[key]["work_rvu"]) for key in old}
    other = {code for (code, _), (a, b) in work.items() if b != a and abs(b - a * kept) > Decimal("0.01")}
    assert other == {"90833", "90834", "92928"}


def test_the_parts_of_a_test_of_2026_make_up_the_whole():
    own = fees("RVU26B")
    whole = [code for code, modifier in own if modifier == "TC" and own[code, ""]["status_code"] == "A"]
    for code in whole:
        for name in ("work_rvu", "nonfacility_pe_rvu", "facility_pe_rvu", "malpractice_rvu"):
            assert own[code, "26"][name] + own[code, "TC"][name] == own[code, ""][name], (code, name)
    assert len(whole) >= 15


def test_fee_rows_agree_with_the_october_file_where_both_have_the_code(shared):
    own = fees("RVU25A")
    with (shared / "cms" / "PPRRVU2025_layout_sample.csv").open(encoding="latin-1") as stream:
        rows = [r for r in csv.reader(stream) if re.fullmatch(r"[0-9A-Z]\d{3}[0-9A-Z]", r[0])]
    compared = 0
    for r in rows:
        if (row := own.get((r[0], r[1]))) is None:
            continue
        compared += 1
        mine = [row[c] for c in ("work_rvu", "nonfacility_pe_rvu", "facility_pe_rvu", "malpractice_rvu")]
        assert mine == [Decimal(r[i]) for i in (5, 6, 8, 10)], r[0]
        assert (row["status_code"], row["global_days"], row["multiple_procedure_indicator"]) == (r[3], r[14], r[18])
    assert compared >= 8


def test_the_fees_of_equipment_lie_between_floor_and_ceiling_and_rose_by_two_percent_in_2026():
    rows = reference(["dmepos_fee"])["dmepos_fee"].to_pylist()
    assert {r["state"] for r in rows} == {"AL"}
    assert {r["rural_fee_amount"] for r in rows} == {0}  # no list of rural ZIP codes ships
    cents = Decimal("0.02")
    for r in rows:
        if r["ceiling"] is not None:  # a floor is 85 percent of its ceiling
            assert abs(r["floor"] - r["ceiling"] * Decimal("0.85")) < cents, r
            assert r["floor"] <= r["fee_amount"] <= r["ceiling"], r
    of = {(r["hcpcs_code"], r["modifiers"], r["edition"]): r["fee_amount"] for r in rows}
    for code, modifiers, edition in of:
        if edition == "teaching-2026":
            last = of[code, modifiers, "teaching-2025Q4"]
            factor = 1 if code == "A4253" else Decimal("1.02")  # the fee of test strips did not rise
            assert abs(of[code, modifiers, edition] - last * factor) < cents, code
    assert len(of) == 2 * 28


def column(name, key):
    return {row[key] for row in reference([name])[name].to_pylist()}


def test_every_reason_code_on_a_rule_card_has_a_meaning():
    named = {str(card.carc) for card in rules() if card.carc}
    assert len(named) >= 5
    assert named - column("carc", "carc") == set()


def test_every_reason_code_that_pricing_writes_has_a_meaning():
    text = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "workbook" / "payment").glob("*.py"))
    named = set(re.findall(r'\("(?:CO|PR|OA)", "(\w+)"', text)) | {a.carc for a in adjustments()}
    liability = (ROOT / "workbook" / "payment" / "steps" / "015_liability.md").read_text(encoding="utf-8")
    named |= set(re.findall(r"(?:then|else) '(\d+)'", liability))
    assert {"1", "2", "3", "23", "45", "50", "96", "133", "253"} <= named
    assert named - column("carc", "carc") == set()


def test_every_remark_code_on_a_rule_card_or_in_a_remittance_has_a_meaning():
    text = (ROOT / "workbook" / "payment" / "remit.py").read_text(encoding="utf-8")
    named = {str(card.rarc) for card in rules() if card.rarc} | set(re.findall(r'"rarc": "(\w+)"', text))
    assert {"M54", "M76", "N362"} <= named
    assert named - column("rarc", "rarc") == set()


def test_an_add_on_code_and_what_it_is_added_to_have_labels_and_never_stand_for_each_other():
    rows = reference(["add_on"])["add_on"].to_pylist()
    add_ons, primaries = {r["add_on_code"] for r in rows}, {r["primary_code"] for r in rows}
    assert (add_ons | primaries) - column("hcpcs", "hcpcs_code") == set()
    assert not add_ons & primaries
    priced = reference(["physician_fee"])["physician_fee"].to_pylist()
    assert {r["global_days"] for r in priced if r["hcpcs_code"] in add_ons} == {"ZZZ"}  # the fee file's mark of one


def test_every_modifier_that_a_table_names_has_a_label():
    named = column("ncci_modifier", "modifier") | column("modifier_use", "modifier")
    named |= {m for m in column("physician_fee", "modifier") if m}
    assert len(named) > 40
    assert named - column("modifier", "modifier") == set()


def test_the_groups_of_adjustments_are_the_four_of_the_835():
    assert column("group_code", "group_code") == {"CO", "PR", "OA", "PI"}
