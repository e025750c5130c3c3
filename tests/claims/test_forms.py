"""A claim by its paper form's boxes: what stands in each, where the findings show, and that nothing in it can run."""

from __future__ import annotations

import re
import stat
import time
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import workbook as wb
from tests.claims.intake.intake_extract import D, claims_of, one_claim
from workbook.claims.forms import claim_form
from workbook.claims.forms.layout import FOLDER, layout_of, read_layout
from workbook.claims.tables import CLAIM_TABLES
from workbook.rules.tables import FINDING
from workbook.terms import WorkbookError

HOSTILE = "<script>alert(1)</script>"
SAMPLE = Path(__file__).parents[2] / "sample_data" / "claims" / "start-here.837"


class Page(HTMLParser):
    """What a page is made of: its ids, the links to them, its tables, and whether every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links, self.tags = [], [], []
        self.tables, self.unscoped, self.captions, self.open = 0, 0, 0, []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if tag == "a" else []
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and named.get("scope") not in ("col", "row")
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(view) -> str:
    """The view's HTML, once it is found whole: unique ids, links that lead somewhere, tables with captions and scopes."""
    text = view.body()
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert page.tables == page.captions and page.unscoped == 0
    assert "script" not in page.tags
    return text


def professional(**more):
    """One claim with a party in every place, two diagnoses and two lines of 60.10 and 40.20."""
    rows = one_claim("C1")
    rows["claim"][0] |= {
        "patient_control_number": "PCN-7", "payer_name": "EXAMPLE PLAN", "claim_filing_code": "MB",
        "subscriber_id": "1S00E00AA01", "patient_relationship": "18", "payer_sequence": "S",
        "rendering_provider_npi": "1999999976", "related_causes": "EM:AA", "accident_state": "AL",
        "frequency_code": "7", "original_claim_id": "ICN-1", "accepts_assignment": True, "benefits_assigned": "Y",
        "admission_date": date(2025, 3, 1), "referring_provider_npi": "1999999968", "patient_paid_amount": D("5.00"),
    }  # fmt: skip
    rows["claim_line"][0] |= {
        "modifier_1": "25", "modifier_2": "GC", "unit_basis": "MJ", "units": D("15.000"), "is_emergency": True,
        "place_of_service": "22", "rendering_provider_npi": None, "ordering_provider_npi": "1999999950",
    }  # fmt: skip
    rows["claim_line"][1] |= {
        "ndc": "00000000001", "ndc_quantity": D("1.500"), "ndc_unit": "ML", "unit_basis": "UN", "place_of_service": None,
        "service_through_date": None, "ordering_provider_npi": "1999999950",
    }  # fmt: skip
    rows["claim_party"] = [
        party("subscriber", "INVENTED", first_name="PAT", middle_name="Q", address_1="2 EXAMPLE STREET", city="BIRMINGHAM",
              state="AL", zip_code="352030001", phone="5555550100", birth_date=date(1958, 1, 31), sex="F"),
        party("billing", "INVENTED PRACTICE", tax_id="000000000", tax_id_type="EI", taxonomy_code="207Q00000X"),
        party("referring", "SENDER", first_name="SAM"),
        party("other_payer", "FIRST PLAN"), party("other_subscriber", "SPOUSE", first_name="LEE"),
    ]  # fmt: skip
    rows["claim_detail"] = [
        detail(1, "date", "431", from_date=date(2025, 3, 10)),
        detail(2, "date", "360", from_date=date(2025, 3, 11)),
        detail(3, "note", "ADD", value="SEEN AT HOME"),
        detail(4, "reference", "G2", value="LOCAL-9", about="billing"),
        detail(5, "reference", "G2", value="NOT-OURS", about="other_payer:1"),
        detail(6, "element", "SV111", value="Y", line_number=2),
        detail(7, "note", "ADD", value="OF THE OTHER PAYER", about="other_payer:1"),
    ]
    rows["other_payer"][0] |= {"payer_sequence": "P", "subscriber_id": "FP-1", "group_number": "G-1"}
    for table, row in more.items():
        rows[table][0] |= row
    return rows


def party(role, last_name, sequence=1, **more):
    return {"claim_id": "C1", "role": role, "sequence": sequence, "last_name": last_name, **more}


def detail(sequence, kind, qualifier, **more):
    return {"claim_id": "C1", "sequence": sequence, "kind": kind, "qualifier": qualifier, **more}


def institutional():
    rows = one_claim("C1")
    rows["claim"][0] |= {
        "claim_type": "institutional", "type_of_bill": "111", "statement_from_date": date(2025, 3, 1),
        "statement_through_date": date(2025, 3, 4), "admission_date": date(2025, 3, 1), "admission_type": "1",
        "patient_status": "01", "ms_drg": "470", "payer_sequence": "S", "payer_name": "MEDICARE", "payer_id": "MCR",
        "attending_provider_npi": "1999999976", "subscriber_id": "1S00E00AA01", "patient_relationship": "18",
    }  # fmt: skip
    rows["claim_line"][0] |= {"revenue_code": "0120", "hcpcs_code": None, "unit_basis": "DA", "units": D("3.000"),
                              "non_covered_amount": D("10.00")}  # fmt: skip
    rows["claim_line"][1] |= {"revenue_code": "0636", "non_covered_amount": D("2.50")}
    own = {"claim_id": "C1", "code_set": "icd10"}
    rows["claim_diagnosis"] = [
        {**own, "sequence": 1, "role": "principal", "diagnosis_code": "J189", "present_on_admission": "Y"},
        {**own, "sequence": 2, "role": "other", "diagnosis_code": "E1142", "present_on_admission": "N"},
        {**own, "sequence": 3, "role": "other", "diagnosis_code": "Z794"},
        {**own, "sequence": 1, "role": "admitting", "diagnosis_code": "R0602"},
        {**own, "sequence": 1, "role": "external_cause", "diagnosis_code": "W19XXXA"},
    ]
    rows["claim_procedure"] = [
        {"claim_id": "C1", "sequence": 1, "procedure_code": "0DTJ4ZZ", "procedure_date": date(2025, 3, 2)},
        {"claim_id": "C1", "sequence": 2, "procedure_code": "30233N1"},
    ]
    rows["claim_party"] = [
        party("payer", "MEDICARE"), party("subscriber", "INVENTED"), party("attending", "DOC", first_name="ANN"),
        party("other_payer", "FIRST PLAN"), party("other_subscriber", "SPOUSE"),
        party("other_payer", "THIRD PLAN", 2), party("other_subscriber", "PARENT", 2),
        party("billing", "INVENTED HOSPITAL", taxonomy_code="282N00000X"),
    ]  # fmt: skip
    rows["other_payer"] = [
        {"claim_id": "C1", "payer_id": "ONE", "payer_sequence": "P", "paid_amount": D("70.00"), "group_number": "G-1"},
        {"claim_id": "C1", "payer_id": "THREE", "payer_sequence": "T"},
        {"claim_id": "C1", "payer_id": "ONE", "line_number": 1, "paid_amount": D("70.00")},
    ]
    rows["claim_detail"] = [
        detail(1, "condition", "09"), detail(2, "condition", "D1"),
        detail(3, "occurrence", "A1", from_date=date(2025, 2, 1)),
        detail(4, "occurrence_span", "74", from_date=date(2025, 3, 2), through_date=date(2025, 3, 3)),
        detail(5, "value", "80", amount=D("3.00")),
        detail(6, "date", "435", value="202503011430", from_date=date(2025, 3, 1)),
        detail(7, "date", "096", value="0915"),
        detail(8, "reference", "EA", value="MR-1"),
        detail(9, "reference", "G1", value="AUTH-P", about="other_payer:1"),
    ]  # fmt: skip
    return rows


def boxes(rows, *numbers, line_number=None):
    form = claim_form(claims_of(rows))
    return {number: form.box(number, line_number) for number in numbers}


def finding(message="a fault", **more):
    return {"rule_id": "X-001", "severity": "error", "claim_id": "C1", "line_number": None, "message": message, **more}


# What stands in the boxes


def test_a_professional_claim_fills_the_boxes_of_its_patient_payers_and_provider():
    expected = {
        "top": "EXAMPLE PLAN", "1": "MB Medicare Part B", "1a": "1S00E00AA01",
        "2": "INVENTED, PAT, Q", "3": "1958-01-31\nF", "4": "INVENTED, PAT, Q",
        "5": "2 EXAMPLE STREET\nBIRMINGHAM AL 352030001\n5555550100", "6": "18 self", "8": "",
        "9": "SPOUSE, LEE", "9a": "G-1", "9d": "FIRST PLAN", "10a": "yes", "10b": "yes\nAL", "10c": "no",
        "11": "", "11a": "1958-01-31\nF", "11d": "yes", "13": "Y yes",
        "14": "431 2025-03-10", "15": "", "16": "from 2025-03-11", "17": "DN SENDER, SAM",
        "17b": "DN 1999999968\nDK 1999999950", "18": "from 2025-03-01", "19": "ADD SEEN AT HOME",
        "21": "A. E11.42\nB. Z79.4", "21 ind.": "0", "22": "7 replacement\nICN-1", "23": "",
        "25": "000000000\nemployer's number", "26": "PCN-7", "27": "yes", "28": "$100.30", "29": "$5.00", "30": "",
        "32": "", "33": "INVENTED PRACTICE", "33a": "1234567893", "33b": "ZZ 207Q00000X\nG2 LOCAL-9",
    }  # fmt: skip
    assert boxes(professional(), *expected) == expected


def test_a_line_fills_the_columns_of_box_24_and_takes_from_the_claim_what_it_does_not_say():
    first = {
        "24A": "2025-03-14 to 2025-03-15", "24B": "22", "24C": "yes", "24D": "99213 25 GC", "24E": "AB",
        "24F": "$60.10", "24G": "15\nminutes", "24H": "", "24J": "NPI 1999999976", "24 shaded": "",
    }  # fmt: skip
    second = {
        "24A": "2025-03-14", "24B": "11", "24C": "", "24D": "J1885", "24F": "$40.20", "24G": "1", "24H": "E Y",
        "24J": "NPI 1234567893", "24 shaded": "N4 00000000001 ML 1.5",
    }  # fmt: skip
    assert boxes(professional(), *first, line_number=1) == first
    assert boxes(professional(), *second, line_number=2) == second


def test_the_name_of_the_insured_is_never_taken_for_that_of_another_patient():
    rows = professional(claim={"patient_relationship": "19"})
    assert boxes(rows, "2", "4", "5") == {"2": "", "4": "INVENTED, PAT, Q", "5": ""}
    rows["claim_party"].append(party("patient", "CHILD", first_name="KIM"))
    assert boxes(rows, "2") == {"2": "CHILD, KIM"}


def test_the_first_of_several_earlier_payers_stands_in_box_9_and_the_others_are_counted():
    rows = professional()
    rows["other_payer"][0] |= {"group_number": None, "subscriber_id": None}
    rows["other_payer"].append({"claim_id": "C1", "payer_id": "TWO", "group_number": "G-2"})
    rows["claim_party"].append(party("other_subscriber", "PARENT", 2))
    assert boxes(rows, "9", "9a") == {"9": "SPOUSE, LEE\nPARENT", "9a": ""}  # G-2 is not the spouse's
    assert "1 more than the form has room for" in checked(claim_form(claims_of(rows)))


def test_the_principal_diagnosis_is_a_whichever_way_the_list_is_numbered():
    rows = professional()
    rows["claim_diagnosis"] = [
        {"claim_id": "C1", "code_set": "icd9", "sequence": n, "role": role, "diagnosis_code": code}
        for n, role, code in [(2, "other", "4019"), (1, "other", "2724"), (1, "principal", "3669")]
    ]
    assert boxes(rows, "21", "21 ind.") == {"21": "A. 3669\nB. 2724\nC. 4019", "21 ind.": "9"}


def test_an_original_claim_leaves_the_box_of_resubmission_blank_and_no_related_cause_is_not_a_no():
    rows = professional(claim={"frequency_code": "1", "original_claim_id": None, "related_causes": None})
    assert boxes(rows, "22", "10a") == {"22": "", "10a": ""}


def test_an_institutional_claim_fills_the_form_locators():
    expected = {
        "1": "INVENTED HOSPITAL", "3b": "MR-1", "4": "111", "6": "2025-03-01 to 2025-03-04", "8b": "INVENTED",
        "12": "2025-03-01", "13": "14", "14": "1 emergency", "16": "09", "17": "01", "18–28": "09\nD1",
        "31–34": "A1 2025-02-01", "35–36": "74 2025-03-02 2025-03-03", "39–41": "80 3.00",
        "47 total": "$100.30", "48 total": "$12.50", "56": "1234567893",  # 10.00 + 2.50
        "66": "0", "67": "J18.9, present on admission Y", "67A–Q": "A. E11.42, present on admission N\nB. Z79.4",
        "69": "R06.02", "70a–c": "", "71": "470", "72a–c": "W19.XXXA", "74": "0DTJ4ZZ 2025-03-02", "74a–e": "30233N1",
        "76": "NPI 1999999976\nDOC, ANN", "77": "", "81": "B3 282N00000X",
    }  # fmt: skip
    assert boxes(institutional(), *expected) == expected
    line = {"42": "0120", "44": "", "45": "2025-03-14 to 2025-03-15", "46": "3\ndays", "47": "$60.10", "48": "$10.00"}
    assert boxes(institutional(), *line, line_number=1) == line


def test_payers_stand_in_the_order_in_which_they_decide():
    expected = {
        "50": "FIRST PLAN\nMEDICARE\nTHIRD PLAN", "51": "ONE\nMCR\nTHREE", "54": "$70.00",
        "58": "SPOUSE\nINVENTED\nPARENT", "60": "1S00E00AA01", "62": "G-1", "63": "G1 AUTH-P",
    }  # fmt: skip
    assert boxes(institutional(), *expected) == expected
    text = checked(claim_form(claims_of(institutional())))
    assert re.findall(r"<th scope='row'>([ABC])</th><td>([^<]*)", text) == [
        ("A", "FIRST PLAN"), ("B", "MEDICARE"), ("C", "THIRD PLAN"),
    ]  # fmt: skip


def test_what_the_form_has_no_room_for_is_shown_and_counted():
    rows = institutional()
    rows["claim_detail"] = [detail(n, "condition", f"{n:02}") for n in range(1, 14)]  # 11 fit
    text = checked(claim_form(claims_of(rows)))
    assert ">01\n02\n03\n04\n05\n06\n07\n08\n09\n10\n11\n12\n13<" in text
    assert "2 more than the form has room for" in text


def test_a_claim_read_from_a_file_fills_its_form():
    form = claim_form(wb.read_claims(SAMPLE))
    assert form.box("2") == "INVENTED, PATIENT"
    assert form.box("33").splitlines()[:2] == ["INVENTED FAMILY PRACTICE", "1 EXAMPLE STREET"]
    assert form.box("24D", 1) == "99213 25"
    assert form.box("24E", 3) == "A"
    assert repr(form).endswith("$260.00, 3 lines")  # 190 + 45 + 25


# The pages that say which box shows which column


@pytest.mark.parametrize(("claim_type", "last"), [("professional", 33), ("institutional", 81)])
def test_every_number_of_the_form_has_its_box(claim_type, last):
    found = set()
    for box in layout_of(claim_type).boxes:
        if match := re.match(r"(\d+)(?:–(\d+))?", box.box):
            found |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    assert found == set(range(1, last + 1))


def test_a_box_without_a_source_says_why_and_only_such_a_box():
    for name in ("professional", "institutional", "dental"):
        for box in layout_of(name).boxes:
            assert bool(box.written or box.other) == (box.why_blank is None), box.box


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("claim.nothing", "bad.yaml, box 1: table claim has no column 'nothing'; it has claim_id"),
        ("nothing.claim_id", "bad.yaml, box 1: 'nothing.claim_id' is not of the form table[condition, …].column"),
        ("claim_party[rule=patient].last_name", "bad.yaml, box 1: table claim_party has no column 'rule'"),
        ("claim_party[role].last_name", "bad.yaml, box 1: 'role' is not a condition; write column=value"),
        ("claim_party[claim_line.units=1].last_name", "bad.yaml, box 1: 'claim_line.units=1' asks claim_line"),
    ],
)
def test_a_page_that_names_what_no_table_has_is_refused(tmp_path, bad, says):
    path = tmp_path / "bad.yaml"
    path.write_text(
        f'title: T\nword: Box\nsections:\n  - title: S\n    boxes: [{{box: "1", label: L, from: ["{bad}"]}}]\n',
        encoding="utf-8",
    )
    with pytest.raises(WorkbookError) as error:
        read_layout(path)
    assert str(error.value).startswith(says)


def test_a_page_that_has_a_box_twice_or_an_unknown_field_is_refused(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text(
        "title: T\nword: Box\nsections:\n  - title: S\n    boxes: [{box: a, label: L}, {box: a, label: L}]\n"
    )
    with pytest.raises(WorkbookError, match=r"twice\.yaml, box a: stands twice"):
        read_layout(path)
    path = tmp_path / "odd.yaml"
    path.write_text("title: T\nword: Box\nsections:\n  - title: S\n    boxes: [{box: a, label: L, form: x}]\n")
    with pytest.raises(WorkbookError, match=r"odd\.yaml, line 5, sections\.0\.boxes\.0\.form: there is no such field"):
        read_layout(path)


def test_each_page_ships_and_draws_an_empty_claim():
    assert sorted(path.name for path in FOLDER.glob("*.yaml")) == [
        "cms1500.yaml", "lines_only.yaml", "ub04.yaml", "words.yaml",
    ]  # fmt: skip
    for claim_type in ("professional", "institutional", "dental", "other"):
        rows = {name: [] for name in CLAIM_TABLES} | {"claim": [{"claim_id": "E", "claim_type": claim_type}]}
        assert "The claim has no line." in checked(claim_form(claims_of(rows)))


# Lines and continuation pages


def many(count, **more):
    rows = one_claim("C1")
    rows["claim"][0] |= more
    rows["claim_line"] = [rows["claim_line"][0] | {"line_number": n} for n in range(1, count + 1)]
    return rows


def test_fourteen_lines_stand_on_three_pages_of_six():
    text = checked(claim_form(claims_of(many(14))))
    captions = re.findall(r"<caption>(Service[^<]*)", text)
    assert captions == [
        "Service lines 1 to 6, page 1 of 3", "Service lines 7 to 12, page 2 of 3", "Service lines 13 to 14, page 3 of 3",
    ]  # fmt: skip
    assert "<details><summary>8 more lines on 2 continuation pages</summary>" in text


def test_an_institutional_form_has_twenty_two_lines_to_a_page():
    assert "1 more line on 1 continuation page" in checked(claim_form(claims_of(many(23, claim_type="institutional"))))
    assert "<details" not in checked(claim_form(claims_of(many(22, claim_type="institutional"))))


def test_a_finding_on_a_continuation_page_opens_it():
    assert "<details open>" in claim_form(claims_of(many(14)), findings=[finding(line_number=9)]).body()
    assert "<details>" in claim_form(claims_of(many(14)), findings=[finding(line_number=6)]).body()


def test_a_claim_of_a_thousand_lines_with_a_finding_on_each_is_drawn_in_seconds():
    claims = claims_of(many(999))
    found = [finding(line_number=n, column="hcpcs_code") for n in range(1, 1000)]
    began = time.perf_counter()
    text = claim_form(claims, findings=found).body()
    assert time.perf_counter() - began < 10
    assert text.count("Box 24D, Code and modifiers, line ") == 999


# Findings


def test_a_finding_outlines_the_box_of_its_column_and_links_to_it_and_back():
    form = claim_form(
        claims_of(professional()),
        findings=[
            finding("modifier 25 is not supported", line_number=1, column="modifier_1"),
            finding("no authorization", severity="review", column="claim.prior_authorization"),
            finding("billed twice", severity="warning", line_number=2),
            finding("no such thing"),
            finding("of another claim", claim_id="C9"),
            finding("a line that is not there", line_number=7, column="units"),
        ],
    )
    text = checked(form)
    outlined = dict(
        re.findall(
            r"<(?:td|div|th scope='row'|h2) id='claim-\w+?(?:-(\w[\w-]*))?' class='found'[^>]*>(.*?)</(?:td|dt|th|h2)>",
            text,
        )
    )
    assert outlined.keys() == {"24D-line-1", "23", "line-2", ""}
    assert "Finding 1: error</a>" in outlined["24D-line-1"]
    assert "Finding 2: review</a>" in outlined["23"]
    assert "Finding 3: warning</a>" in outlined["line-2"]
    assert "Finding 4: error</a>" in outlined[""] and "Finding 5: error</a>" in outlined[""]
    listed = re.findall(r"<li id='[^']*'><b>(\w+)</b> X-001: (.*?) \(<a href='#[^']*'>(.*?)</a>\)</li>", text)
    assert listed == [
        ("error", "modifier 25 is not supported", "Box 24D, Code and modifiers, line 1"),
        ("review", "no authorization", "Box 23, Authorization"),
        ("warning", "billed twice", "line 2"),
        ("error", "no such thing", "the whole claim"),
        ("error", "a line that is not there", "the whole claim; the claim has no line 7"),
    ]
    assert repr(form).endswith("; 5 findings")


def test_a_column_that_only_the_claim_shows_is_found_from_a_line_too():
    form = claim_form(claims_of(professional()), findings=[finding(line_number=1, column="ordering_provider_npi")])
    assert "(<a href='#" in form.body() and "Box 17b, Its NPI</a>" in form.body()


def test_a_payer_column_outlines_the_head_of_its_locator():
    text = checked(claim_form(claims_of(institutional()), findings=[finding(column="payer_id")]))
    assert re.search(r"<th scope='col' id='claim-\w+-51' class='found'>51 Payer&#x27;s number<a", text)


def test_what_an_audit_finds_stands_on_its_line():
    claims = wb.read_claims(SAMPLE)
    text = checked(claim_form(claims, findings=wb.audit(claims, rules=["PTP-002"]).findings))
    assert re.search(
        r"<b>error</b> PTP-002: 93010 is included in 93000 .*? \(<a href='#claim-\w+-line-3'>line 3</a>\)", text
    )


def test_the_evidence_of_a_finding_about_no_line_tells_its_box():
    claims = claims_of(professional())
    told = [
        finding(evidence='{"diagnosis_code": "J44", "shown_code": "J44"}'),
        finding(evidence='{"shown_code": "J44"}'),
        finding(evidence="no JSON"),
        finding(evidence='["diagnosis_code"]'),
    ]
    text = claim_form(claims, findings=told).body()
    places = re.findall(r"\(<a href='#[^']*'>([^<]*)</a>\)", text)
    assert places == ["Box 21, Diagnoses", "the whole claim", "the whole claim", "the whole claim"]


def test_no_finding_says_so_and_no_audit_says_nothing():
    assert "Nothing was found on this claim." in claim_form(claims_of(professional()), findings=[]).body()
    assert "ound on this claim" not in claim_form(claims_of(professional())).body()


def test_findings_may_be_a_frame_or_an_arrow_table_with_missing_line_numbers():
    rows = [
        finding(line_number=2, finding_id="1", evidence="{}", authority="a"),
        finding(finding_id="2", evidence="{}", authority="a"),
    ]
    table = FINDING.from_rows(rows)
    claims = claims_of(professional())
    expected = claim_form(claims, findings=rows).body()
    assert ">line 2</a>" in expected and ">the whole claim</a>" in expected
    for given in (table, wb.rules.Audit(table, FINDING.empty(), ()).findings, pd.DataFrame(rows), iter(rows)):
        assert claim_form(claims, findings=given).body() == expected
    floats = pd.DataFrame(rows).astype({"line_number": float}).to_dict("records")  # 2.0 and nan
    assert claim_form(claims, findings=floats).body() == expected


def test_a_finding_without_a_claim_is_refused():
    with pytest.raises(WorkbookError, match="finding 1 has no claim_id"):
        claim_form(claims_of(professional()), findings=[{"message": "m"}])


# Safe, and by itself


@pytest.mark.parametrize("claim_type", ["professional", "institutional", "dental", HOSTILE])
def test_what_a_file_wrote_cannot_run(claim_type):
    rows = institutional()
    for table, found in rows.items():
        for row in found:
            row |= {
                c.name: HOSTILE for c in CLAIM_TABLES[table].columns
                if c.type == "text" and c.name not in ("claim_id", "role", "kind", "qualifier", "about", "payer_sequence")
            }  # fmt: skip
            row["claim_id"] = f"C1'{HOSTILE}"
    rows["claim"][0]["claim_type"] = claim_type
    own = finding(HOSTILE, claim_id=f"C1'{HOSTILE}", rule_id=HOSTILE, severity=HOSTILE, column=HOSTILE)
    text = checked(claim_form(claims_of(rows), findings=[own]))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_page_stands_alone_and_is_private(tmp_path):
    form = claim_form(claims_of(professional()))
    path = form.to_html(tmp_path / "claim.html")
    text = path.read_text(encoding="utf-8")
    Page(text.partition(">")[2])
    assert text.startswith('<!doctype html><html lang="en">')
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|src=|@import|url\(", text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert form._repr_html_().endswith(form.body())
    with pytest.raises(WorkbookError, match="cannot be written"):
        form.to_html(tmp_path / "absent" / "claim.html")


def test_no_box_is_told_apart_by_colour():
    assert not re.search(
        r"#[0-9a-f]{3,6}\b|rgb|(?<![-\w])color\s*:|background",
        claim_form(claims_of(professional()))._repr_html_().partition("</style>")[0],
    )


# Claims without a form, and claims that are not there


def test_a_dental_claim_says_that_it_has_no_view_and_shows_its_lines():
    rows = professional(claim={"claim_type": "dental"}, claim_line={"hcpcs_code": "D0120"})
    form = claim_form(claims_of(rows))
    text = checked(form)
    assert "There is no view of this kind of claim yet; these are its lines" in text
    assert (form.box("f", 1), form.box("h", 1), form.box("d")) == ("D0120 25 GC", "$60.10", "$100.30")


def test_a_claim_is_named_where_there_are_several():
    claims = claims_of(one_claim("C1"), one_claim("C2"))
    assert claim_form(claims, "C2").claim["claim_id"] == "C2"
    with pytest.raises(WorkbookError) as error:
        claim_form(claims)
    assert str(error.value) == (
        "no claim is named; the 2 that were read begin C1, C2; name one, as in claim_form(claims, 'C1')"
    )
    with pytest.raises(WorkbookError, match="there is no claim 'C3'; the 2 that were read begin C1, C2"):
        claim_form(claims, "C3")
    with pytest.raises(WorkbookError, match="no claim is named; none was read"):
        claim_form(claims_of())


def test_a_box_or_line_that_is_not_there_is_refused():
    form = claim_form(claims_of(professional()))
    with pytest.raises(WorkbookError, match="has no Box '99'; it has top, 1, 1a"):
        form.box("99")
    with pytest.raises(WorkbookError, match="has no Box '24F'"):
        form.box("24F")
    with pytest.raises(WorkbookError, match="claim C1 has no line 5"):
        form.box("24F", 5)


def test_amounts_are_shown_to_the_cent():
    rows = professional(claim={"billed_amount": Decimal("1234567.80")})
    assert boxes(rows, "28") == {"28": "$1,234,567.80"}
