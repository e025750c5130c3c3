"""An 835 in plain words: the sums, what each code means, and what is said where it does not add up."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest

import workbook as wb
from tests.claims.test_forms import HOSTILE, SAMPLE, Page, checked
from workbook.claims.forms import remittance_view
from workbook.claims.model import Remittance
from workbook.claims.tables import REMITTANCE_TABLES

D = Decimal
KEY = {"remittance_id": "R1", "claim_sequence": 1, "claim_id": "C1"}


def rows():
    """One claim of 100.00: the contract takes 30.00, the patient owes 14.00, 56.00 is paid; 6.00 is held back."""
    return {
        "remittance": [{
            "remittance_id": "R1", "payer_id": "P1", "payer_name": "EXAMPLE PAYER", "payee_npi": "1999999984",
            "payee_name": "INVENTED PRACTICE", "payment_amount": D("50.00"), "payment_method": "ACH",
            "payment_date": date(2025, 11, 17), "trace_number": "T-1",
        }],
        "remittance_claim": [{
            **KEY, "claim_status_code": "1", "billed_amount": D("100.00"), "paid_amount": D("56.00"),
            "patient_responsibility_amount": D("14.00"), "patient_id": "1S00E00AA01", "payer_claim_id": "ICN-1",
        }],
        "remittance_line": [
            {**KEY, "line_number": 1, "service_date": date(2025, 11, 3), "hcpcs_code": "G0463", "modifiers": "25:GC",
             "billed_amount": D("60.00"), "allowed_amount": D("40.00"), "paid_amount": D("32.00"), "units": D("1.000")},
            {**KEY, "line_number": 2, "service_date": date(2025, 11, 3), "hcpcs_code": "J1885",
             "billed_hcpcs_code": "J1886", "billed_amount": D("40.00"), "allowed_amount": D("30.00"),
             "paid_amount": D("24.00"), "units": D("2.500"), "service_through_date": date(2025, 11, 4)},
        ],
        "adjustment": [
            {**KEY, "line_number": 1, "level": "line", "group_code": "CO", "carc": "45", "amount": D("20.00")},
            {**KEY, "line_number": 1, "level": "line", "group_code": "PR", "carc": "2", "amount": D("8.00")},
            {**KEY, "line_number": 2, "level": "line", "group_code": "CO", "carc": "45", "amount": D("10.00")},
            {**KEY, "line_number": 2, "level": "line", "group_code": "PR", "carc": "ZZZ", "amount": D("6.00")},
        ],
        "remittance_party": [
            {**KEY, "role": "patient", "sequence": 1, "last_name": "INVENTED", "first_name": "PAT"},
            {**KEY, "role": "rendering", "sequence": 1, "last_name": "DOC"},
        ],
        "remark": [{**KEY, "line_number": 2, "rarc": "M53"}, {**KEY, "rarc": "ZZ9"}],
        "provider_adjustment": [
            {"remittance_id": "R1", "reason_code": "WO", "reference": "OLD-1", "amount": D("6.00")},
        ],
    }  # fmt: skip


def view_of(given):
    return remittance_view(Remittance({n: t.from_rows(given.get(n, [])) for n, t in REMITTANCE_TABLES.items()}))


def cells(text):
    """Every table of the page: caption → its rows of texts."""
    return {
        unescape(caption): [
            [unescape(c) for c in re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row)] for row in re.findall("<tr>(.*?)</tr>", body, re.S)
        ]
        for caption, body in re.findall(r"<caption>(.*?)</caption>.*?<tbody>(.*?)</tbody>", text, re.S)
    }  # fmt: skip


def test_a_payment_is_shown_from_its_header_to_its_last_code():
    text = checked(view_of(rows()))
    for name, value in {
        "Payer": "EXAMPLE PAYER\nP1", "Paid to": "INVENTED PRACTICE\n1999999984", "Payment": "$50.00",
        "How": "ACH electronic transfer", "When": "2025-11-17", "Trace number": "T-1",
    }.items():  # fmt: skip
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text
    assert cells(text) == {
        "Claims": [
            ["C1", "INVENTED, PAT\n1S00E00AA01", "ICN-1", "1 decided as the first payer", "$100.00", "$70.00", "CO $30.00, PR $14.00", "$14.00", "$56.00",
             "it adds up"],
        ],
        "Lines of claim C1": [
            ["1", "2025-11-03", "G0463 25 GC", "1", "$60.00", "$40.00", "CO-45 $20.00\nPR-2 $8.00", "$32.00",
             "it adds up"],
            ["2", "2025-11-03 to 2025-11-04", "J1885 (billed J1886)", "2.5", "$40.00", "$30.00",
             "CO-45 $10.00\nPR-ZZZ $6.00", "$24.00", "it adds up"],
        ],
        "Adjustments of claim C1, and why": [
            [f"line {line}", group, {"CO": contract, "PR": patient}[group], carc, means, amount]
            for contract in ["Contract: the provider must not collect it from the patient"]
            for patient in ["Patient responsibility: the patient or another insurer owes it"]
            for line, group, carc, means, amount in [
                (1, "CO", "45", "The charge is above what the fee schedule or the contract allows", "$20.00"),
                (1, "PR", "2", "The patient's coinsurance, a share in percent", "$8.00"),
                (2, "CO", "45", "The charge is above what the fee schedule or the contract allows", "$10.00"),
                (2, "PR", "ZZZ", "not in the workbook's list; the payer's own list says what it means", "$6.00"),
            ]
        ],
        "Remarks on claim C1": [
            ["line 2", "M53", "The days or units of service are missing or not valid"],
            ["the claim", "ZZ9", "not in the workbook's list; the payer's own list says what it means"],
        ],
        "Adjustments beside the claims (a positive amount lowers the payment)": [
            ["WO", "recovery of an overpayment", "OLD-1", "$6.00"],
        ],
    }  # fmt: skip


def test_the_sums_are_said_in_sentences():
    text = view_of(rows()).body()
    # 56.00 − 6.00 = 50.00; 100.00 − 30.00 − 14.00 = 56.00
    assert (
        "Claims paid $56.00, less adjustments beside the claims $6.00, is $50.00; the payment is $50.00: it adds up."
    ) in text
    assert (
        "Billed $100.00, less adjustments $44.00 (CO $30.00, PR $14.00), is $56.00; paid $56.00: it adds up. "
        "The patient owes $14.00."
    ) in text
    assert repr(view_of(rows())) == "Remittance: 1 claim, $50.00 paid, all of it adds up"


def test_what_does_not_add_up_is_said_at_its_level():
    given = rows()
    given["remittance_line"][1]["paid_amount"] = D("25.00")  # 40.00 − 16.00 = 24.00
    given["remittance"][0]["payment_amount"] = D("49.00")
    view = view_of(given)
    text = checked(view)
    assert repr(view) == "Remittance: 1 claim, $49.00 paid, 2 places where it does not add up"
    assert [row[-1] for row in cells(text)["Lines of claim C1"]] == ["it adds up", "it does NOT add up, off by $1.00"]
    assert "the payment is $49.00: it does NOT add up, off by -$1.00." in text


def test_a_patient_amount_that_is_not_the_sum_of_group_pr_is_named():
    given = rows()
    given["remittance_claim"][0]["patient_responsibility_amount"] = D("10.00")
    assert "The patient owes $10.00; the adjustments of group PR are $14.00." in view_of(given).body()
    given["remittance_claim"][0]["patient_responsibility_amount"] = None
    assert "It does not say what the patient owes; the adjustments of group PR are $14.00." in view_of(given).body()


def test_an_allowed_amount_that_a_line_lacks_is_not_added_up():
    given = rows()
    given["remittance_line"][0]["allowed_amount"] = None
    assert cells(view_of(given).body())["Claims"][0][5] == "–"


def test_a_reversal_and_its_correction_are_two_decisions_on_one_claim():
    given = rows()
    back = {**given["remittance_claim"][0], "claim_status_code": "22"}
    back |= {n: -back[n] for n in ("billed_amount", "paid_amount", "patient_responsibility_amount")}
    given["remittance_claim"].append(back | {"claim_sequence": 2})
    given["adjustment"] += [{**a, "claim_sequence": 2, "line_number": None, "level": "claim", "amount": -a["amount"]}
                            for a in given["adjustment"]]  # fmt: skip
    given["remittance"][0]["payment_amount"] = D("-6.00")  # 56.00 − 56.00 − 6.00
    text = checked(view_of(given))
    assert [row[3] for row in cells(text)["Claims"]] == [
        "1 decided as the first payer",
        "22 an earlier payment taken back",
    ]
    assert (
        "Billed -$100.00, less adjustments -$44.00 (CO -$30.00, PR -$14.00), is -$56.00; paid -$56.00: it adds up."
        in text
    )
    assert "It was decided as a whole, not by line." in text


def test_a_meaning_is_that_of_the_payments_day_or_says_from_when_it_is_known():
    view = view_of(rows())
    known = "The patient's deductible"
    assert view.meaning("carc", "1", date(2025, 11, 17)) == known
    assert view.meaning("carc", "1") == known
    assert view.meaning("carc", "1", date(2002, 9, 13)) == f"{known} (as known from 2015-01-01)"


def test_a_notebook_shows_the_first_claims_and_the_page_all(tmp_path):
    given = rows()
    (claim,) = given["remittance_claim"]
    given["remittance_claim"] = [{**claim, "claim_sequence": n, "claim_id": f"C{n}"} for n in range(1, 31)]
    view = view_of(given)
    brief, page = view._repr_html_(), view.to_html(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Claim C25:" in brief and "Claim C26:" not in brief
    assert "… and 5 more claims; to_html(path) writes all." in brief
    assert "Claim C30:" in page and "more claims" not in page
    assert "default-src 'none'" in page


def test_a_remittance_without_claims_or_without_a_header_is_not_dropped():
    header_only = rows() | {n: [] for n in ("remittance_claim", "remittance_line", "adjustment", "remark")}
    assert "Claims paid $0.00, less adjustments beside the claims $6.00, is -$6.00" in view_of(header_only).body()
    headless = view_of(rows() | {"remittance": []})
    assert "Claim C1: 1 decided" in checked(headless)
    assert "the payment is –: there is no payment to compare with." in headless.body()
    assert "No payment was read." in view_of({}).body()


def test_what_a_remittance_wrote_cannot_run():
    given = rows()
    for table, found in given.items():
        for row in found:
            row |= {c.name: HOSTILE for c in REMITTANCE_TABLES[table].columns if c.type == "text"}
    text = view_of(given).body()
    assert "script" not in Page(text).tags
    assert "<script" not in text and text.count("&lt;script&gt;") > 20


def test_a_priced_remittance_is_shown_like_any_other():
    claims = wb.read_claims(SAMPLE)
    view = remittance_view(wb.price(claims))
    assert repr(view).endswith("all of it adds up")
    assert "Claim VISIT-001: 1 decided as the first payer" in checked(view)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("managed-care.835", "Remittance: 2 claims, $945.00 paid, all of it adds up"),  # 450 + 495
        ("medicare-part-a.835", "Remittance: 2 claims, $150,000.00 paid, all of it adds up"),
    ],
)
def test_public_remittances_are_shown(shared, name, says):
    folder = shared / "x12" / "LinuxForHealth+x12" / "src" / "tests" / "resources" / "835_005010X221A1"
    view = remittance_view(wb.read_remittance(folder / name))
    checked(view)
    assert repr(view) == says
