"""The Tabular's XML is read whole, as an independent reader reads it, and any other XML is refused."""

import io
import zipfile

import pytest

from workbook.codes import lookup
from workbook.codes.load import add
from workbook.codes.load.tabular_xml import read_tabular
from workbook.codes.review import review_codes
from workbook.codes.tabular import nodes, notes, package, package_xml
from workbook.terms import WorkbookError

PLAIN = "<ICD10CM.tabular><version>2027</version><chapter><name>1</name><desc>One</desc>{}</chapter></ICD10CM.tabular>"


def test_every_node_is_as_the_package_itself_reads_it():
    icd = package()
    theirs = {code.replace(".", ""): code for code in icd.get_all_codes()}
    rows = nodes().to_pylist()
    assert [row["code"] for row in rows] == list(theirs)
    for row in rows:
        code = theirs[row["code"]]
        assert row["title"] == icd.get_description(code)
        if row["kind"] in ("subcategory", "code"):
            assert row["parent"] == icd.get_parent(code).replace(".", "")
            assert row["is_billable"] is icd.is_leaf(code)


def test_every_note_is_as_the_package_itself_reads_it():
    icd = package()
    ours: dict[tuple[str, str], list[str]] = {}
    for row in notes().to_pylist():
        ours.setdefault((row["code"], row["kind"]), []).append(row["text"])
    readers = {
        "includes": icd.get_includes, "inclusion_term": icd.get_inclusion_term, "excludes1": icd.get_excludes1,
        "excludes2": icd.get_excludes2, "code_first": icd.get_code_first, "code_also": icd.get_code_also,
        "use_additional": icd.get_use_additional_code, "note": icd.get_notes,
    }  # fmt: skip
    for code in icd.get_all_codes():
        own = code.replace(".", "")
        for kind, read in readers.items():
            found = read(code)
            assert ours.get((own, kind), []) == (found.split("\n") if found and isinstance(found, str) else found or [])
        assert ours.get((own, "seventh_character"), []) == list(icd.get_seven_chr_def(code).values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<ICD10CM.index/>", "root element is ICD10CM.index"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><ICD10CM.tabular/>', "document type or entities"),
        ("<ICD10CM.tabular/>", "no chapters"),
        (PLAIN.format("<section id='A00-A09'>"), "not whole XML"),
        (PLAIN.format("<diag><name>A00</name></diag>"), "A00 has no title"),
        (PLAIN.format("<diag><name>A00</name><desc>x</desc></diag>" * 2), "A00 stands in it twice"),
        (PLAIN.format("<notes><note>7th characters A do not apply here</note></notes>"), "is not known"),
        (PLAIN.format("<diag>" * 40), "more than 30 deep"),
        ("not xml", "not whole XML"),
    ],
)
def test_any_other_xml_is_refused_with_what_was_expected(tmp_path, text, says):
    with pytest.raises(WorkbookError, match=f"x.xml: .*{says}.*; expected the ICD-10-CM Tabular List"):
        read_tabular(io.BytesIO(text.encode()), "x.xml", tmp_path / "made.sqlite")


@pytest.mark.parametrize("zipped", [False, True])
def test_an_added_tabular_answers_with_its_own_notes_on_its_dates(shelf, tmp_path, zipped):
    text = package_xml().read_text(encoding="utf-8").replace("<version>2026</version>", "<version>2027</version>")
    text = text.replace("<desc>Cholera</desc>", "<desc>Cholera of 2027</desc>").replace("<name>E11.42", "<name>E11.4Z")
    text = text.replace("type 1 diabetes mellitus (E10.-)", "diabetes of 2027 (E10.-)")
    path = tmp_path / "icd10cm_tabular_2027.xml"
    path.write_text(text, encoding="utf-8")
    if zipped:
        with zipfile.ZipFile(tmp_path / "icd10cm-table-and-index-2027.zip", "w") as pack:
            pack.write(path, path.name)
            pack.writestr("icd10cm_index_2027.xml", "<ICD10CM.index/>")
        path = tmp_path / "icd10cm-table-and-index-2027.zip"
    [edition] = add(path)
    assert (edition.version, edition.is_whole) == ("Tabular-FY2027", True)
    assert lookup("A00", on="2026-10-01").title == "Cholera of 2027"
    assert lookup("A00", on="2026-09-30").title == "Cholera"
    assert (lookup("E11.42", on="2026-10-01").status, lookup("E11.4Z", on="2026-09-30").status) == (
        "no longer",
        "not yet",
    )
    assert "it begins 2026-10-01 in diagnosis Tabular-FY2027" in str(lookup("E11.4Z", on="2026-09-30"))
    assert "it ended 2026-09-30 with diagnosis FY2026-April" in str(lookup("E11.42", on="2026-10-01"))
    [problem] = review_codes(["E11.9", "E10.9"], on="2026-10-01").errors
    assert (problem.kind, problem.quote) == ("excludes1", "diabetes of 2027 (E10.-)")


def test_a_tabular_whose_name_and_version_differ_is_refused(shelf, tmp_path):
    path = tmp_path / "icd10cm_tabular_2027.xml"
    path.write_text(PLAIN.format("").replace("2027", "2026"))
    with pytest.raises(WorkbookError, match="version element says 2026, its name FY2027"):
        add(path)


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_zip_round_the_tabular_is_refused_and_leaves_nothing(shelf, tmp_path, damage):
    path = tmp_path / "icd10cm-table-and-index-2027.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("icd10cm_tabular_2027.xml", package_xml().read_text(encoding="utf-8")[:400_000])
    data = bytearray(path.read_bytes())
    if damage == "changed":
        data[len(data) // 2] ^= 0xFF
    path.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    with pytest.raises(WorkbookError, match=r"table-and-index-2027\.zip"):
        add(path)
    assert not list(shelf.rglob("*.sqlite"))
