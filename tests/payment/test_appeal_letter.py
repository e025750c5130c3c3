"""A draft of an appeal holds what the regulation asks for, marks what is not on file, and makes nothing up."""

import pytest

import workbook as wb
from tests.payment.ledgers import answer, claims_of
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES
from workbook.payment.appeal_letter import appeal_letter
from workbook.terms import WorkbookError

REFUSED = [("64", [("CO", "45", "20"), ("PR", "2", "16")]), ("0", [("CO", "50", "100")])]


def named(remittance, first="PAT", last="EXAMPLE", number="1S00E00AA01"):
    rows = {name: table.to_pylist() for name, table in remittance.arrow.items()}
    rows["remittance_party"].append(
        {
            "remittance_id": "R1",
            "claim_sequence": 1,
            "role": "patient",
            "sequence": 1,
            "first_name": first,
            "last_name": last,
            "identifier_type": "MI",
            "identifier": number,
        }
    )
    return Remittance({name: REMITTANCE_TABLES[name].from_rows(found) for name, found in rows.items()})


def letter(remittance=None, **options):
    return appeal_letter(remittance or named(answer("R1", [("C1", "1", REFUSED)])), "C1", on="2026-01-31", **options)


def test_a_medicare_request_holds_what_the_regulation_requires():
    text = letter().text
    for fact in (
        "Beneficiary's name: PAT EXAMPLE",
        "Medicare number: 1S00E00AA01",
        "date of service 2025-11-03",
        "code 99213",
        "Requested by: A PRACTICE",
        "CO-50 (The payer does not find the service medically necessary)",
    ):
        assert fact in text
    assert "line 1" not in text  # that one was paid
    assert letter().missing == ("why the decision is wrong", "rule or policy that applies", "enclosures", "signature")


def test_the_last_day_and_the_required_elements_are_said_beside_the_draft():
    assert letter().cautions == (
        "The contractor must have it by 2026-03-29.",
        "It must hold, by 42 CFR 405.944(b): beneficiary's name, Medicare number, services and dates of service, name of the party or representative.",
    )


def test_what_is_not_on_file_is_a_marked_blank():
    draft = letter(answer("R1", [("C1", "1", REFUSED)]))
    assert "Beneficiary's name: [FILL IN: beneficiary's name]" in draft.text
    assert draft.missing[:2] == ("beneficiary's name", "Medicare number")


def test_the_claim_gives_the_number_that_the_remittance_lacks():
    draft = letter(
        answer("R1", [("C1", "1", REFUSED)]), claims=claims_of({"C1": ["100", "100"]}, subscriber_id="1S00E00AA02")
    )
    assert "Medicare number: 1S00E00AA02" in draft.text


def test_a_late_request_asks_for_good_cause():
    assert (
        "that was 2 days ago: show good cause"
        in appeal_letter(named(answer("R1", [("C1", "1", REFUSED)])), "C1", on="2026-03-31").cautions[0]
    )


def test_another_payer_is_asked_without_medicares_regulations():
    draft = letter(named(answer("R1", [("C1", "1", REFUSED)], filing="CI")))
    assert "42 CFR" not in draft.text
    assert draft.level is None
    assert "the contract with A PAYER" in draft.cautions[0]


def test_a_denial_that_is_better_corrected_says_so():
    draft = letter(named(answer("R1", [("C1", "4", [("0", [("CO", "4", "100")])])])))
    assert "CO-4 is usually not appealed (correct)" in draft.cautions[2]


def unprocessable():
    rows = {
        name: table.to_pylist()
        for name, table in answer("R1", [("C1", "4", [("0", [("CO", "16", "100")])])]).arrow.items()
    }
    rows["remark"].append({"remittance_id": "R1", "claim_sequence": 1, "claim_id": "C1", "rarc": "MA130"})
    return Remittance({name: REMITTANCE_TABLES[name].from_rows(found) for name, found in rows.items()})


@pytest.mark.parametrize(
    ("remittance", "claim_id", "options", "says"),
    [
        (answer("R1", [("C1", "1", REFUSED)]), "C9", {}, "claim 'C9' is not in this remittance"),
        (answer("R1", [("C1", "1", REFUSED[:1])]), "C1", {}, "nothing of claim C1 was refused or cut"),
        (
            answer("R1", [("C1", "1", REFUSED)]),
            "C1",
            {"lines": [1]},
            "line 1 of claim C1 was not refused; refused are line 2",
        ),
        (unprocessable(), "C1", {}, "was unprocessable .remark MA130.: it gives no right of appeal"),
        (answer("R1", [("C1", "1", REFUSED)]), "C1", {"on": "soon"}, "on 'soon' is not a date"),
    ],
)
def test_what_cannot_be_appealed_is_refused_in_words(remittance, claim_id, options, says):
    with pytest.raises(WorkbookError, match=says):
        appeal_letter(remittance, claim_id, **options)


def test_a_draft_is_written_for_its_owner_as_text_or_as_a_page(tmp_path):
    draft = letter(named(answer("R1", [("C1", "1", REFUSED)]), last="<script>alert(1)</script>"))
    text, page = draft.write(tmp_path / "a.txt"), draft.write(tmp_path / "a.html")
    assert {p.stat().st_mode & 0o777 for p in (text, page)} == {0o600}
    assert text.read_text() == draft.text
    assert "<script>" not in page.read_text()
    assert "&lt;script&gt;" in draft._repr_html_()


def test_of_the_practices_refused_claims_only_the_unprocessable_ones_cannot_be_drafted():
    remittance = wb.read_remittance("sample_data/claims/remittance.835")
    unable = {r["claim_id"] for r in remittance.arrow["remark"].to_pylist() if r["rarc"] == "MA130"}
    claims = [a["claim_id"] for a in remittance.arrow["adjustment"].to_pylist() if a["carc"] in ("151", "236", "16")]
    found = set()
    for claim_id in dict.fromkeys(claims):
        try:
            assert appeal_letter(remittance, claim_id, on="2026-01-31").missing[0] == "why the decision is wrong"
        except WorkbookError:
            found.add(claim_id)
    assert found == unable & set(claims) and found
