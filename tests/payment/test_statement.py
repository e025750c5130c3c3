"""A patient's statement on paper says what the remittance says, to the cent, and nobody else may read it."""

from decimal import Decimal

from pypdf import PdfReader

import workbook as wb
from tests.rules.test_audit import claims
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_PARTY
from workbook.payment.statement_page import pages


def statement(lines=1, last="EXAMPLE"):
    given = claims([{"hcpcs_code": "99213"}] * lines)
    party = {"claim_id": "C1", "sequence": 1, "is_organization": False}
    parties = CLAIM_PARTY.from_rows(
        [
            {**party, "role": "subscriber", "first_name": "PAT", "last_name": last},
            {**party, "role": "billing", "is_organization": True, "last_name": "SAMPLE CLINIC"},
        ]
    )
    return wb.statement(wb.price(Claims({**given.arrow, "claim_party": parties}), deductible_met={"P1": 257}), "P1")


def test_a_page_has_names_services_shares_and_the_sum():
    (page,) = pages(statement())
    for text in (
        "From: SAMPLE CLINIC",
        "Patient: PAT EXAMPLE P1",
        "You owe $17.79",
        "$69.74",
        "coinsurance $17.79",
        "Page 1 of 1",
    ):
        assert text in page


def test_a_long_statement_has_more_pages_each_service_once_and_the_sum_at_the_end():
    made = pages(statement(40))
    assert len(made) == 4  # 11 services of three lines a page
    assert sum(page.count("coinsurance $17.79") for page in made) == 40
    assert ['font-size="12"' in page for page in made] == [False, False, False, True]  # the sum stands on the last page
    assert f"You owe ${Decimal('17.79') * 40}" in made[0]


def test_no_text_leaves_the_page():
    import re

    for page in pages(statement(40)):
        assert max(map(float, re.findall(r' y="([\d.]+)"', page))) < 792 - 54


def test_what_a_claim_says_is_escaped():
    (page,) = pages(statement(last="<script>x</script>"))
    assert "<script" not in page


def test_a_statement_of_one_page_is_a_pdf_for_its_owner(tmp_path):
    path = statement().to_pdf(tmp_path / "statement.pdf")
    [page] = PdfReader(path).pages
    assert [float(x) for x in page.mediabox] == [0, 0, 612, 792]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_statement_of_several_pages_is_one_pdf(tmp_path):
    read = PdfReader(statement(40).to_pdf(tmp_path / "statement.pdf"))
    assert len(read.pages) == 4
    assert "You owe $711.60" in read.pages[3].extract_text()


def test_a_page_for_a_browser_loads_nothing_and_names_whom_it_is_for(tmp_path):
    text = statement().to_html(tmp_path / "statement.html").read_text()
    assert "<p>For: PAT EXAMPLE</p>" in text
    assert "default-src 'none'" in text and "http" not in text.replace("http-equiv", "")
