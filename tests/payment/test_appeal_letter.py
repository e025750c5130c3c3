"""A draft of an appeal holds what the regulation asks for, marks what is not on file, and makes nothing up."""

from datetime import date

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
    assert "amount refused $100.00" in text
    assert letter().missing == (
        "its address for appeals", "requester's address",
        "why the decision is wrong", "rule or policy that applies", "enclosures", "signature",
    )  # fmt: skip


def test_the_last_day_and_the_required_elements_are_said_beside_the_draft():
    assert letter().cautions == (
        "It must be received by 2026-03-30: 2026-03-29 is a Sunday; the next working day counts.",
        "It is to be decided within 60 days of its receipt.",
        "It must hold, by 42 CFR 405.944(b): beneficiary's name, Medicare number, services and dates of service, name of the party or representative.",
    )


def test_what_is_not_on_file_is_a_marked_blank():
    draft = letter(answer("R1", [("C1", "1", REFUSED)]))
    assert "Beneficiary's name: [FILL IN: beneficiary's name]" in draft.text
    assert draft.missing[1:3] == ("beneficiary's name", "Medicare number")


def test_the_claim_gives_the_number_that_the_remittance_lacks():
    draft = letter(
        answer("R1", [("C1", "1", REFUSED)]), claims=claims_of({"C1": ["100", "100"]}, subscriber_id="1S00E00AA02")
    )
    assert "Medicare number: 1S00E00AA02" in draft.text


def test_a_late_request_asks_for_good_cause():
    draft = appeal_letter(named(answer("R1", [("C1", "1", REFUSED)])), "C1", on="2026-04-01")
    assert draft.cautions[1].startswith("That was 2 days ago: show good cause (42 CFR 405.942(b))")
    assert "Why this request is late: [FILL IN: the good cause, with evidence]" in draft.text
    assert "Why this request is late" not in letter().text


def test_another_payer_is_asked_without_medicares_regulations():
    draft = letter(named(answer("R1", [("C1", "1", REFUSED)], filing="CI")))
    assert "42 CFR" not in draft.text
    assert draft.level is None
    assert "the contract with A PAYER" in draft.cautions[0]
    assert "at least 180 days from receipt of the denial (29 CFR 2560.503-1(h)(3)(i)" in draft.cautions[1]
    assert draft.cautions[1].endswith("external review: CMS, External Appeals).")


def test_a_denial_that_is_better_corrected_says_so():
    draft = letter(named(answer("R1", [("C1", "4", [("0", [("CO", "4", "100")])])])))
    assert "CO-4 is usually not appealed (correct)" in draft.cautions[3]


ONE = {"level": 1, "outcome": "unfavorable", "notice": "2026-01-12"}
TWO = {"level": 2, "outcome": "unfavorable", "notice": "2026-05-04"}


def test_the_second_level_asks_the_qic_and_names_what_was_decided():
    # the redetermination of 12 January, received on the 17th: 180 days on is 16 July
    draft = letter(decided=[ONE])
    assert (draft.heading, draft.level.due) == ("Request for a reconsideration", date(2026, 7, 16))
    for fact in (
        "To: [FILL IN: name and address of the QIC that the redetermination names]",
        "Redetermination of 2026-01-12: unfavorable, by A PAYER",
        "Medicare number: 1S00E00AA01",
        "under 42 CFR 405.960 to 405.964",
        "Documentation that the redetermination calls missing: [FILL IN: each item it names, and where it is enclosed]",
    ):
        assert fact in draft.text
    assert any("name of the contractor that made the redetermination" in c for c in draft.cautions)
    assert any("may be excluded at later ones (42 CFR 405.966" in c for c in draft.cautions)


def test_the_third_level_asks_for_a_hearing_and_what_remains_in_controversy():
    # the reconsideration of 4 May, received on the 9th: 60 days on is 8 July
    draft = appeal_letter(named(answer("R1", [("C1", "1", REFUSED)])), "C1", decided=[ONE, TWO], on="2026-05-20")
    assert (draft.heading, draft.level.due) == (
        "Request for a hearing before an administrative law judge",
        date(2026, 7, 8),
    )
    for fact in (
        "Redetermination of 2026-01-12: unfavorable, by A PAYER",
        "Reconsideration of 2026-05-04: unfavorable, by a qualified independent contractor (QIC)",
        "Requester's telephone: [FILL IN: requester's telephone]",
        "under 42 CFR 405.1000 to 405.1014",
        "Copies sent to: [FILL IN: the other parties that were sent the reconsideration]",
    ):
        assert fact in draft.text
    assert any("must be at least $200.00: the actual charge" in c for c in draft.cautions)
    assert "By the remittance at most $100.00 was refused on these lines, at charges." in draft.cautions


THREE = {"level": 3, "outcome": "unfavorable", "notice": "2026-08-03"}


def test_the_fourth_level_asks_the_council_and_names_the_parts_that_are_wrong():
    # the hearing decision of 3 August, received on the 8th: 60 days on is 7 October
    draft = appeal_letter(named(answer("R1", [("C1", "1", REFUSED)])), "C1", decided=[ONE, TWO, THREE], on="2026-09-01")
    assert (draft.heading, draft.level.due) == ("Request for review by the Medicare Appeals Council", date(2026, 10, 7))
    for fact in (
        "Beneficiary's name: PAT EXAMPLE",
        "Medicare number: 1S00E00AA01",
        "date of service 2025-11-03",
        "Hearing decision of 2026-08-03: unfavorable, by an administrative law judge (OMHA)",
        "Appeal number of the hearing: [FILL IN: OMHA appeal number on the decision]",
        "Requested by: A PRACTICE",
        "under 42 CFR 405.1100 to 405.1112",
        "Parts of the decision that are wrong: [FILL IN: each finding or conclusion, with its page]",
        "Copies sent to: [FILL IN: the other parties that were sent the decision]",
    ):
        assert fact in draft.text
    assert any(c.startswith("It must hold, by 42 CFR 405.1112(a) and (b): beneficiary's name") for c in draft.cautions)
    assert any("the Council looks at nothing else (42 CFR 405.1112(c))" in c for c in draft.cautions)


def test_a_judges_dismissal_is_taken_to_the_council_too():
    draft = letter(decided=[ONE, TWO, THREE | {"outcome": "dismissed"}])
    assert draft.heading == "Request for review of a dismissal (level 4)"
    assert "Hearing decision of 2026-08-03: dismissed" in draft.text


def test_a_court_is_for_a_lawyer_and_what_to_bring_is_said():
    four = {"level": 4, "outcome": "unfavorable", "notice": "2026-11-02"}
    with pytest.raises(WorkbookError) as error:
        letter(decided=[ONE, TWO, THREE, four])
    told = str(error.value)
    # the Council's decision of 2 November, received on the 7th: 60 days on is 6 January 2027
    for fact in (
        "Level 5, judicial review by a federal district court, of the notice of 2026-11-02",
        "It must be filed in court by 2027-01-06.",
        "A lawyer files a complaint, no letter is drafted",
        "Bring: the Council's decision",
    ):
        assert fact in told
    assert "\n" not in told


def test_addresses_on_file_are_in_the_letter():
    given = named(answer("R1", [("C1", "1", REFUSED)]))
    rows = {name: table.to_pylist() for name, table in given.arrow.items()}
    place = {"remittance_id": "R1", "city": "MONTGOMERY", "state": "AL", "zip_code": "36104"}
    rows["remittance_party"].append(place | {"role": "payee", "sequence": 1, "address_1": "1 MAIN STREET"})
    rows["remittance_party"][0] |= place | {"address_1": "2 ELM STREET"}
    given = Remittance({name: REMITTANCE_TABLES[name].from_rows(found) for name, found in rows.items()})
    draft = letter(given, decided=[ONE, TWO])
    assert "Requester's address: 1 MAIN STREET, MONTGOMERY, AL 36104" in draft.text
    assert "Beneficiary's address: 2 ELM STREET, MONTGOMERY, AL 36104" in draft.text
    # whoever else asks lives elsewhere
    assert "Requester's address: [FILL IN: requester's address]" in letter(given, requester="A LAWYER").text


def test_a_dismissal_is_asked_to_be_reviewed_not_the_claim():
    draft = letter(decided=[ONE | {"outcome": "dismissed"}])
    assert draft.heading == "Request for review of a dismissal (level 2)"
    assert "to review the dismissal of the request on the services listed above (42 CFR 405.974(b)(1)" in draft.text
    assert draft.level.due == date(2026, 3, 18)  # 17 January + 60


@pytest.mark.parametrize(
    ("decided", "says"),
    [
        ([ONE | {"outcome": "favorable"}], "is in your favor"),
        ([{"level": 1, "outcome": "pending", "filed": "2026-01-12"}], "is to decide by 2026-03-13"),
    ],
)
def test_no_draft_is_made_where_none_is_to_be_sent(decided, says):
    with pytest.raises(WorkbookError, match=f"{says}.*A draft is made of levels 1 to 4 only"):
        letter(decided=decided)


LATE = [("0", [("CO", "29", "100")])]


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
        (answer("R1", [("C1", "4", LATE)]), "C1", {}, "came after the time limit, which gives no right of appeal"),
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
            assert appeal_letter(remittance, claim_id, on="2026-01-31").missing[1] == "why the decision is wrong"
        except WorkbookError:
            found.add(claim_id)
    assert found == unable & set(claims) and found
