"""Every layout page is whole, says where its column names are from, and a faulty page is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.claims.formats import extracts
from workbook.claims.formats.layout import TEMPLATE, layout_of, layouts, read_layout
from workbook.terms import WorkbookError

PUBLIC = {
    ("rif_carrier", "carrier"): extracts.CARRIER,
    ("rif_outpatient", "outpatient"): extracts.OUTPATIENT,
    ("synpuf_carrier", "carrier"): extracts.SYNPUF,
    ("synthea", "claims"): extracts.SYNTHEA_CLAIMS,
    ("synthea", "transactions"): extracts.SYNTHEA_TRANSACTIONS,
}


def page(tmp_path: Path, old: str = "", new: str = "") -> Path:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_layouts_of_the_package_are_these():
    assert list(layouts()) == ["rif_carrier", "rif_outpatient", "synpuf_carrier", "synthea"]
    assert {(name, file) for name, layout in layouts().items() for file in layout.files} == set(PUBLIC)


@pytest.mark.parametrize(("name", "file"), PUBLIC)
def test_every_column_that_a_layout_reads_stands_in_the_public_file(name, file):
    assert set(layouts()[name].needs(file)) <= set(PUBLIC[name, file])


def test_the_public_files_have_as_many_columns_as_their_publishers_say():
    assert len(extracts.SYNPUF) == len(set(extracts.SYNPUF)) == 142
    assert (len(extracts.SYNTHEA_CLAIMS), len(extracts.SYNTHEA_TRANSACTIONS)) == (31, 33)


@pytest.mark.parametrize("name", layouts())
def test_a_layout_says_where_its_names_are_from_and_what_nobody_could_check(name):
    assert layouts()[name].source
    assert layouts()[name].unverified


def test_the_template_is_a_page_that_can_be_used(tmp_path):
    assert read_layout(page(tmp_path)).needs("lines")[:2] == ["CLAIM_NO", "STATUS"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("grain: line", "grain: row", r"mine\.yaml, line 9, grain: expected 'claim' or 'line', found 'row'"),
        ("patient_id: MEMBER_ID", "pacient_id: MEMBER_ID", r"table claim takes no column pacient_id"),
        ("patient_id: MEMBER_ID", "claim_id: MEMBER_ID", r"takes no column claim_id \(claim_id is set under files\)"),
        ("  claim_line:", "  claim_lines:", r"tables lacks claim_line"),
        ("  claim_diagnosis:", "  claim_dx:", r"no table is called claim_dx"),
        ("{is: icd10}", "{is: icd10, column: X}", r"give exactly one of column, columns, first_of, is"),
        ("_amount: {sum_of_lines: billed_amount}", "_amount: {sum_of_lines: charge}", r"sum_of_lines: names a column of claim_line"),
        ("units: UNITS", "units: {diagnosis: UNITS}", r"diagnosis: is for the diagnosis pointers of claim_line"),
        ('separator: ","', 'separator: ";;"', r"separator"),
        ("    - repeat: 4", "    - repeat: 0", r"repeat: Input should be greater than or equal to 1"),
        ("role: {is: other}", "sequence: {is: '1'}", r"a block of claim_diagnosis lacks role"),
        ("_type: {is: professional}", "_type: {column: KIND, is: X}", r"give exactly one of"),
        ("ASSIGNED, values: {Y: \"yes\"", "ASSIGNED, values: {Y: \"y\"", r"claim\.accepts_assignment is boolean and 'y'"),
        ("%m/%d/%Y", "%m/%q/%Y", r"dates: '%m/%q/%Y' is no form of a date"),
        ("  lines:\n", "  my lines:\n", r"files: 'my lines' is no name"),
        ("\ntitle:", "\ntitel:", r"mine\.yaml, line 1, title: this field is missing"),
        ("grain: line", "grain: line\ngrain: line", r"mine\.yaml, line 10: grain stands twice; keep one"),
    ],
)  # fmt: skip
def test_a_faulty_page_is_refused_in_words(tmp_path, old, new, message):
    with pytest.raises(WorkbookError, match=message):
        read_layout(page(tmp_path, old, new))


def test_an_unknown_layout_names_the_known_ones():
    with pytest.raises(WorkbookError, match=r"carier: no layout is called so .* rif_carrier, rif_outpatient"):
        layout_of("carier")


def test_pointers_need_diagnoses_to_point_to(tmp_path):
    text = TEMPLATE.read_text(encoding="utf-8")
    start, end = text.index("  claim_diagnosis:"), text.index("  claim_line:")
    (tmp_path / "mine.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(WorkbookError, match="points to a diagnosis, and tables lacks claim_diagnosis"):
        read_layout(tmp_path / "mine.yaml")


def test_a_column_that_a_page_spells_in_two_ways_is_read_once(tmp_path):
    names = read_layout(page(tmp_path, "payer_id: PAYER", "payer_id: member_id")).needs("lines")
    assert len({name.upper() for name in names}) == len(names)
