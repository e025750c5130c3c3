"""Every cent between billed and paid stands in an adjustment, and what has no price says why."""

from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbook as wb
from tests.rules.test_audit import claims
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_LINE, OTHER_PAYER
from workbook.engine import open_engine
from workbook.payment.step import adjustments as step_adjustments
from workbook.payment.tables import DENIAL
from workbook.terms import WorkbookError

VISIT, ECG, READING, INJECTION = ({"hcpcs_code": c} for c in ("99213", "93000", "93010", "G0008"))


def adjustments(remittance, line=None):
    rows = remittance.arrow["adjustment"].to_pylist()
    return [(r["group_code"], r["carc"], str(r["amount"])) for r in rows if line in (None, r["line_number"])]


def test_a_visit_with_the_deductible_met_is_paid_69_74():
    # allowed 88.95; coinsurance 17.79; 71.16 less 2 % (1.42) = 69.74
    remittance = wb.price(claims([VISIT]), deductible_met={"P1": 257})
    assert adjustments(remittance) == [("CO", "45", "11.05"), ("PR", "2", "17.79"), ("CO", "253", "1.42")]
    (claim,) = remittance.arrow["remittance_claim"].to_pylist()
    assert (claim["paid_amount"], claim["patient_responsibility_amount"]) == (Decimal("69.74"), Decimal("17.79"))
    assert remittance.is_balanced


def test_a_visit_before_the_deductible_is_the_patients():
    remittance = wb.price(claims([VISIT]))
    assert adjustments(remittance) == [("CO", "45", "11.05"), ("PR", "1", "88.95")]
    assert remittance.arrow["remittance"]["payment_method"].to_pylist() == ["NON"]
    assert remittance.is_balanced


def test_a_charge_below_the_fee_is_the_allowed_amount():
    remittance = wb.price(claims([{**VISIT, "billed_amount": Decimal("80.00")}]), deductible_met={"P1": 257})
    assert adjustments(remittance) == [("PR", "2", "16.00"), ("CO", "253", "1.28")]


def test_a_denied_line_stands_in_the_remittance_with_its_reason_and_costs_the_patient_nothing():
    given = claims([VISIT, ECG, READING])
    remittance = wb.price(given, denials=wb.audit(given).denials, deductible_met={"P1": 257})
    assert adjustments(remittance, 3) == [("CO", "236", "100.00")]
    assert wb.statement(remittance, "P1").lines[2].owed == 0


def test_a_line_without_a_price_waits_beside_priced_ones_and_is_never_zero():
    remittance = wb.price(claims([VISIT, INJECTION]), deductible_met={"P1": 257})
    assert adjustments(remittance, 2) == [("OA", "133", "100.00")]
    assert remittance.not_priced["not_priced_reason"].tolist() == [
        "status X: paid by another fee schedule, which is not modelled"
    ]
    assert remittance.arrow["remittance_line"]["allowed_amount"].to_pylist() == [Decimal("88.95"), None]
    assert remittance.is_balanced


def test_a_claim_of_which_no_line_has_a_price_is_not_remitted_but_said():
    remittance = wb.price(claims([INJECTION]))
    assert remittance.arrow["remittance_claim"].num_rows == 0
    assert len(remittance.not_priced) == 1
    assert repr(remittance) == "no claim remitted; 1 of 1 lines not priced (see .not_priced)"


def test_a_total_that_is_not_the_sum_of_its_lines_is_adjusted_at_the_claim():
    remittance = wb.price(claims([VISIT], billed=Decimal(110)), deductible_met={"P1": 257})
    assert ("CO", "16", "10.00") in adjustments(remittance, None)
    assert remittance.arrow["remark"]["rarc"].to_pylist() == ["M54"]
    assert remittance.is_balanced


def test_wellness_visits_cost_the_patient_nothing():
    remittance = wb.price(claims([{"hcpcs_code": "G0439"}]))
    # charged 100, below the fee: allowed 100, nothing from the patient, 2 % withheld
    assert adjustments(remittance) == [("CO", "253", "2.00")]
    assert remittance.arrow["remittance_claim"]["patient_responsibility_amount"].to_pylist() == [Decimal("0.00")]


def test_the_deductible_is_used_up_over_claims_in_the_order_received():
    # 257 = 88.95 + 88.95 + 79.10; the last visit pays the rest: 88.95 − 79.10 = 9.85, 20 % = 1.97, 7.88 less 0.16 = 7.72
    base = claims([VISIT]).arrow
    head, line = base["claim"].to_pylist()[0], base["claim_line"].to_pylist()[0]
    ids = ["C3", "C1", "C2"]
    many = Claims(
        {
            "claim": CLAIM.from_rows(
                {**head, "claim_id": c, "received_date": date(2025, 11, 10 + n)} for n, c in enumerate(ids)
            ),
            "claim_line": CLAIM_LINE.from_rows({**line, "claim_id": c} for c in ids),
        }
    )
    remittance = wb.price(many)
    paid = dict(
        zip(*(remittance.arrow["remittance_claim"][c].to_pylist() for c in ("claim_id", "paid_amount")), strict=True)
    )
    assert paid == {"C3": 0, "C1": 0, "C2": Decimal("7.72")}


def test_a_therapy_assistant_costs_the_provider_and_not_the_patient():
    # allowed 28.79, coinsurance 5.76; of 23.03 the 15 % are 3.45; 19.58 less 2 % (0.39) = 19.19
    remittance = wb.price(claims([{"hcpcs_code": "97110", "modifier_1": "CQ"}]), deductible_met={"P1": 257})
    assert adjustments(remittance) == [("CO", "45", "74.66"), ("PR", "2", "5.76"), ("CO", "253", "0.39")]
    assert remittance.arrow["remittance_line"]["paid_amount"].to_pylist() == [Decimal("19.19")]
    assert remittance.is_balanced


def test_who_does_not_participate_is_paid_from_95_percent_and_told_the_limiting_charge():
    given = claims([VISIT], accepts_assignment=False)
    remittance = wb.price(given, participates=False, deductible_met={"P1": 257})
    [line] = remittance.arrow_lines.to_pylist()
    # 88.95 × 0.95 = 84.5025; 88.95 × 1.0925 = 97.177875; 84.50 × 1.15 = 97.175
    assert [str(line[c]) for c in ("allowed_amount", "limiting_charge_amount", "limiting_charge_in_two_steps")] == [
        "84.50", "97.18", "97.18",
    ]  # fmt: skip
    assert remittance.assumptions[0].endswith("the provider does not participate.")


def test_a_claim_that_is_not_assigned_is_paid_to_the_patient_who_owes_the_limiting_charge():
    visit = claims([{**VISIT, "billed_amount": Decimal(110)}], accepts_assignment=False)
    remittance = wb.price(visit, participates=False, deductible_met={"P1": 257})
    # 84.50 allowed: a fifth is 16.90, and 67.60 less 2 percent (1.35) goes to the patient; 97.18 - 84.50 = 12.68 more
    assert adjustments(remittance) == [
        ("CO", "45", "12.82"), ("PR", "2", "16.90"), ("PR", "45", "12.68"), ("PR", "253", "1.35"), ("PR", "100", "66.25"),
    ]  # fmt: skip
    assert remittance.is_balanced and remittance.arrow["remittance"]["payment_amount"].to_pylist() == [Decimal("0.00")]
    told = wb.statement(remittance, "P1")
    assert told.owed == Decimal("97.18") and "Medicare pays $66.25 of it to you" in repr(told)
    assert wb.post(None, visit, remittance).balances()["receivable from patient"] == told.owed
    assigned = claims([{**VISIT, "billed_amount": Decimal(110)}], accepts_assignment=True)
    paid = wb.price(assigned, participates=False, deductible_met={"P1": 257})
    assert paid.arrow["remittance"]["payment_amount"].to_pylist() == [Decimal("66.25")]


def test_anesthesia_of_who_does_not_participate_is_reduced_like_a_visit():
    line = {
        "hcpcs_code": "00790",
        "modifier_1": "AA",
        "units": Decimal(129),
        "unit_basis": "MJ",
        "billed_amount": Decimal(2000),
    }
    remittance = wb.price(claims([line], accepts_assignment=False), participates=False, deductible_met={"P1": 257})
    [row] = remittance.arrow_lines.to_pylist()
    # 15.6 × 20.3178 = 316.96; × 0.95 = 301.112; 316.96 × 1.0925 = 346.2788; of 301.11 the patient's fifth is 60.22
    assert [str(row[c]) for c in ("allowed_amount", "coinsurance_amount", "limiting_charge_amount")] == [
        "301.11", "60.22", "346.28",
    ]  # fmt: skip
    fall = remittance.waterfall("C1", 1)
    assert [(f.name, str(f.amount)) for f in fall.falls[:2]] == [
        ("Above the fee", "1683.04"),
        ("Participation", "15.85"),
    ]
    assert remittance.is_balanced


def test_how_a_fee_came_about_is_told_step_by_step():
    given = claims([{"hcpcs_code": "20610", "modifier_1": "50"}, {"hcpcs_code": "17110"}])
    # both sides 63.40 × 1.5 = 95.10, below the 109.98 beside it, so half of it: 47.55
    fall = wb.price(given, deductible_met={"P1": 257}).waterfall("C1", 1)
    assert [(f.name, str(f.before), str(f.after)) for f in fall.falls[:3]] == [
        ("Above the fee", "100.00", "63.40"),
        ("Both sides", "63.40", "95.10"),
        ("Several procedures", "95.10", "47.55"),
    ]


def test_old_claims_are_refused_their_price_unless_they_are_moved_on_request():
    old = claims(
        [VISIT, {**ECG, "service_from_date": date(2006, 10, 10)}], day=date(2006, 10, 3), received=date(2006, 11, 1)
    )
    refused = wb.price(old)
    assert set(refused.not_priced["not_priced_reason"]) == {
        "no conversion factor for 2006-10-03; loaded are 2024-01-01 to 2026-12-31",
        "no conversion factor for 2006-10-10; loaded are 2024-01-01 to 2026-12-31",
    }
    moved = wb.price(old, as_if_on="2025-11-03")
    assert moved.arrow_lines["service_date"].to_pylist() == [date(2025, 11, 3), date(2025, 11, 10)]
    assert (
        moved.arrow_lines["received_date"].to_pylist()
        == [date(2006, 11, 1) + timedelta(days=(date(2025, 11, 3) - date(2006, 10, 3)).days)] * 2
    )
    assert (
        moved.assumptions[-1] == "Asked for: each claim is priced as if its first day of service had been 2025-11-03."
    )


def test_other_payers_claims_are_priced_as_medicare_and_that_is_said():
    remittance = wb.price(claims([VISIT], claim_filing_code="CI"))
    assert "Claims with filing code CI are priced as if Medicare were the payer." in remittance.assumptions


def test_the_statement_owes_what_the_remittance_says_the_patient_owes():
    remittance = wb.price(claims([VISIT, ECG, INJECTION]), deductible_met={"P1": 150})
    owed = wb.statement(remittance, "P1").owed
    assert remittance.arrow["remittance_claim"]["patient_responsibility_amount"].to_pylist() == [owed]


def test_the_waterfall_falls_from_billed_to_paid_without_a_gap():
    remittance = wb.price(claims([VISIT, ECG, INJECTION]), deductible_met={"P1": 150})
    fall = remittance.waterfall("C1")
    assert fall.billed == 300
    assert [f.before for f in fall.falls] == [fall.billed, *[f.after for f in fall.falls[:-1]]]
    assert fall.falls[-1].after == fall.paid == remittance.arrow["remittance_claim"]["paid_amount"].to_pylist()[0]
    assert "status X: paid by another fee schedule, which is not modelled" in str(fall)


def test_a_refusal_that_the_patient_bears_falls_on_the_patient():
    given = claims([VISIT | {"modifier_1": "GY"}, ECG | {"modifier_1": "GZ"}])
    fall = wb.price(given).waterfall("C1")
    told = [(f.name, f.amount, f.borne_by) for f in fall.falls if f.amount]
    assert told == [("Denied", 100, "provider"), ("Denied", 100, "patient")]
    assert "411.404" in next(f.authority for f in fall.falls if f.borne_by == "patient")


def test_where_medicare_pays_the_patient_it_bears_nothing_of_what_the_provider_gets_back():
    fall = wb.price(
        claims([VISIT], accepts_assignment=False), deductible_met={"P1": 257}, participates=False
    ).waterfall("C1")
    told = [(str(f.amount), f.borne_by) for f in fall.falls if f.name == "Not assigned"]
    assert told == [
        ("-12.68", "provider"),
        ("12.68", "patient"),
        ("-1.35", "provider"),
        ("1.35", "patient"),
        ("66.25", "patient"),
    ]
    assert fall.paid == 0


def test_the_picture_says_in_words_what_it_shows():
    picture = wb.price(claims([VISIT]), deductible_met={"P1": 257}).waterfall("C1").svg()
    assert 'aria-label="Waterfall of claim C1, line 1, 99213: billed $100.00, less $11.05 above the fee' in picture
    assert "Claim C1, line 1, 99213: from billed to paid" in picture
    assert "<svg" in picture and "http" not in picture.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"locality": "99999-99"}, "locality '99999-99' is not loaded"),
        ({"as_if_on": "yesterday"}, "as_if_on 'yesterday' is not a date"),
        ({"plan": "PLATINUM"}, "no plan is called 'PLATINUM'; the plans are BRONZE, GOLD, SILVER"),
        ({"plan": "nowhere/my.yaml"}, "my.yaml: there is no such file at nowhere/my.yaml"),
        ({"supplement": "X"}, "no Medicare supplement is called 'X'; the letters are A, B, C, D, F, G, K, L, M, N"),
        ({"plan": "GOLD", "supplement": "G"}, "a supplement goes with Medicare"),
        ({"deductible_met": {"P9": 10}}, "deductible_met names patient 'P9', who is on none of the claims"),
        ({"deductible_met": {"P1": "all"}}, "deductible_met of patient 'P1' is 'all'; expected dollars and cents"),
        ({"deductible_met": {"P1": -5}}, "deductible_met of patient 'P1' is -5; expected dollars and cents, 0 or more"),
        ({"deductible_met": {"P1": {2025: "NaN"}}}, "deductible_met of patient 'P1' is 'NaN'"),
    ],
)
def test_a_wrong_question_is_refused_in_words(options, message):
    with pytest.raises(WorkbookError, match=message):
        wb.price(claims([VISIT]), **options)


CODES = ["99213", "99214", "93000", "93010", "G0439", "80053", "20610", "17000", "97110", "J3301", "ZZZZZ", "71046"]
MONEY = st.decimals(min_value=0, max_value=5000, places=2)


def after_another_payer(given_claims, paid):
    """The claims as they come to a second payer: `paid` (line number → amount) is what the first one paid."""
    claim = given_claims.arrow["claim"].to_pylist()
    before = [{"claim_id": "C1", "payer_id": "GHP", "payer_sequence": "P"}]
    before += [{"claim_id": "C1", "line_number": n, "payer_id": "GHP", "paid_amount": a} for n, a in paid.items()]
    return Claims(
        given_claims.arrow
        | {
            "claim": CLAIM.from_rows(c | {"payer_sequence": "S"} for c in claim),
            "other_payer": OTHER_PAYER.from_rows(before),
        },
        given_claims.arrow_problems,
        given_claims.source,
    )


def test_medicare_pays_second_the_least_of_three_amounts_and_the_835_says_what_the_first_payer_paid(tmp_path):
    # allowed 88.95, first payer paid 60 of 100: least of 40, 71.16 and the higher allowed (100) less 60 = 40
    second = after_another_payer(claims([VISIT]), {1: Decimal(60)})
    remittance = wb.price(second, deductible_met={"P1": 257})
    assert adjustments(remittance) == [("OA", "23", "60.00"), ("CO", "253", "0.80")]
    wb.write_835(remittance, tmp_path / "second.835")
    assert adjustments(wb.read_remittance(tmp_path / "second.835")) == adjustments(remittance)


def test_what_the_first_payer_paid_is_not_guessed():
    second = after_another_payer(claims([VISIT, ECG]), {1: Decimal(60)})
    said = wb.price(second).not_priced["not_priced_reason"].tolist()
    assert said == ["another payer comes first, and what it paid for the line is not stated"]


def test_a_plan_pays_by_its_own_terms_and_withholds_nothing():
    # SILVER: 125 percent of 88.95 = 111.19; the charge of 100 is less; copay 35
    remittance = wb.price(claims([VISIT, ECG]), plan="silver")
    assert adjustments(remittance, 1) == [("PR", "3", "35.00")]
    assert ("PR", "1") in {a[:2] for a in adjustments(remittance, 2)}
    assert "CO-253" not in {f"{a[0]}-{a[1]}" for a in adjustments(remittance)}
    assert "The plan SILVER" in " ".join(remittance.assumptions)
    assert "The plan SILVER pays" in str(remittance.waterfall("C1"))
    assert "The plan SILVER paid" in str(wb.statement(remittance, "P1"))


def test_the_waterfall_of_a_plan_cites_its_contract_and_no_law_of_medicare():
    # 93000: 13.91 × 1.30 = 18.08 under GOLD; its deductible takes it
    fall = wb.price(claims([ECG]), plan="gold").waterfall("C1", 1)
    assert [(f.name, f.borne_by) for f in fall.falls] == [
        ("Above the fee", "provider (contract)"),
        ("The plan's allowance", "The plan GOLD"),
        ("Deductible", "patient"),
        ("Coinsurance", "patient"),
    ]
    assert {f.authority.partition(" (")[0] for f in fall.falls} == {"the plan's contract with the provider"}


def test_a_plan_of_ones_own_is_a_page(tmp_path):
    page = tmp_path / "mine.yaml"
    page.write_text(
        "title: Mine\nfee_share: '1'\ndeductible: '0'\ncoinsurance_rate: '0'\nout_of_pocket_maximum: '0'\n"
        "effective_date: 2025-01-01\nend_date: 2025-12-31\n"
    )
    assert adjustments(wb.price(claims([VISIT]), plan=page)) == [("CO", "45", "11.05")]
    page.write_text(page.read_text().replace("'0'\ncoins", "free\ncoins"))
    with pytest.raises(WorkbookError, match=r"mine\.yaml, line 3, deductible"):
        wb.price(claims([VISIT]), plan=page)


def test_a_supplement_pays_the_patients_part_and_medicares_remittance_does_not_know_of_it():
    alone, with_n = (wb.price(claims([VISIT]), deductible_met={"P1": 257}, supplement=s) for s in (None, "N"))
    assert adjustments(alone) == adjustments(with_n)
    assert with_n.arrow_lines["supplement_amount"].to_pylist() == [Decimal("0.00")]  # 17.79 is under the 20 it leaves
    with_g = wb.price(claims([VISIT]), deductible_met={"P1": 257}, supplement="g")
    assert with_g.arrow_lines["supplement_amount"].to_pylist() == [Decimal("17.79")]
    assert "you owe $17.79  (your supplement pays $17.79 of it)" in str(wb.statement(with_g, "P1"))


def test_what_modifier_aq_claims_is_never_paid_in_silence():
    line = {**VISIT, "modifier_1": "AQ"}
    medicare, plan = (wb.price(claims([line]), plan=p).arrow_lines.to_pylist()[0] for p in (None, "SILVER"))
    assert (medicare["hpsa_bonus_amount"], medicare["hpsa_bonus_note"]) == (
        None, "the claim does not name the specialty of who performed the service",
    )  # fmt: skip
    assert (plan["hpsa_bonus_amount"], plan["hpsa_bonus_note"]) == (None, "the bonus is Medicare's")


def test_a_notice_decides_who_bears_a_refusal():
    lines = [{**VISIT, "modifier_1": m} for m in ("GZ", "GY", "GA")]
    necessity = DENIAL.from_rows([{"claim_id": "C1", "line_number": 3, "group_code": "CO", "carc": "50"}])
    remittance = wb.price(claims(lines), denials=necessity)
    assert adjustments(remittance) == [("CO", "50", "100.00"), ("PR", "96", "100.00"), ("PR", "50", "100.00")]
    assert wb.statement(remittance, "P1").owed == 200


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(st.tuples(st.sampled_from(CODES), MONEY, st.integers(1, 9), st.sampled_from([None, "26", "25", "50", "GA", "GY", "GZ", "PT"])),
                   min_size=1, max_size=6),
    payer=st.sampled_from(["Medicare", "SILVER", "BRONZE", "second to another", "second to another, BRONZE", "supplement N"]),
    denied=st.sets(st.integers(1, 6)),
    met=st.one_of(st.decimals(min_value=0, max_value=400, places=2), st.decimals(min_value=7000, max_value=9500, places=2)),
    off=st.decimals(min_value=-5, max_value=5, places=2),
)  # fmt: skip
def test_random_claims_balance_to_the_cent_and_their_statements_agree(lines, payer, denied, met, off):
    rows = [{"hcpcs_code": c, "billed_amount": b, "units": Decimal(u), "modifier_1": m} for c, b, u, m in lines]
    total = sum((r["billed_amount"] for r in rows), Decimal(0)) + off
    given_claims = claims(rows, billed=total)
    refused = DENIAL.from_rows(
        {"claim_id": "C1", "line_number": n, "group_code": "CO", "carc": "236"} for n in denied if n <= len(rows)
    )
    if payer.startswith("second to another"):
        given_claims = after_another_payer(
            given_claims, {n: (b / 2).quantize(Decimal("0.01")) for n, (_, b, _, _) in enumerate(lines, 1) if n % 3}
        )
    plan = payer.removeprefix("second to another, ")
    options = {"plan": plan} if plan.isupper() else {"supplement": "N"} if payer.startswith("supplement") else {}
    remittance = wb.price(given_claims, denials=refused, deductible_met={"P1": met}, **options)
    assert remittance.is_balanced
    for line in remittance.arrow_lines.to_pylist():
        assert all((line[a.column] or 0) >= 0 for a in step_adjustments() if a.column != "contractual_amount")
    for row in remittance.arrow["remittance_claim"].to_pylist():
        assert row["patient_responsibility_amount"] == wb.statement(remittance, "P1").owed
        patient = sum(r["amount"] for r in remittance.arrow["adjustment"].to_pylist() if r["group_code"] == "PR")
        assert row["patient_responsibility_amount"] == patient
    remitted = {r["claim_id"] for r in remittance.arrow["remittance_claim"].to_pylist()}
    assert remitted | set(remittance.not_priced["claim_id"]) == {"C1"}


def test_lines_priced_some_patients_at_a_time_are_what_one_remittance_says(monkeypatch):
    room = import_module("workbook.payment.price")  # the room, not its verb
    parts = [claims([VISIT, READING, INJECTION], received=date(2025, 11, day)).arrow for day in (8, 9, 10, 11)]
    names = [("C1", "P1"), ("C2", "P2"), ("C3", "P1"), ("C4", "P3")]
    head = [part["claim"].to_pylist()[0] for part in parts]
    given_claims = Claims(
        {
            "claim": CLAIM.from_rows(
                h | {"claim_id": c, "patient_id": p} for h, (c, p) in zip(head, names, strict=True)
            ),
            "claim_line": CLAIM_LINE.from_rows(
                row | {"claim_id": c}
                for part, (c, _) in zip(parts, names, strict=True)
                for row in part["claim_line"].to_pylist()
            ),
        }
    )
    monkeypatch.setattr(room, "LINES_AT_ONCE", 4)
    told = []
    found = room.price_lines(given_claims, progress=lambda done, of: told.append((done, of))).to_pylist()
    whole = wb.price(given_claims).arrow_lines.select(["claim_id", "line_number", *room.PRICED]).to_pylist()
    key = lambda row: (row["claim_id"], row["line_number"])  # noqa: E731
    assert sorted(found, key=key) == sorted(whole, key=key)
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("number", [1, None])
def test_lines_that_no_number_tells_apart_are_not_priced_and_others_are(number):
    """A denial, or another payer's payment, of line 1 could be of either."""
    room = import_module("workbook.payment.price")
    mixed = claims([VISIT, {**READING, "line_number": number}]) if number else claims([{**VISIT, "line_number": None}])
    other = claims([VISIT]).arrow
    rows = {
        name: [*mixed.arrow[name].to_pylist(), *({**row, "claim_id": "C2"} for row in other[name].to_pylist())]
        for name in ("claim", "claim_line")
    }
    both = Claims({"claim": CLAIM.from_rows(rows["claim"]), "claim_line": CLAIM_LINE.from_rows(rows["claim_line"])})
    found = room.price_lines(both).to_pylist()
    assert len(found) == len(rows["claim_line"])
    assert {r["not_priced_reason"] for r in found if r["claim_id"] == "C1"} == {
        "lines of the claim share a number, or have none: number them apart"
    }
    assert [r["not_priced_reason"] for r in found if r["claim_id"] == "C2"] == [None]
    assert {r["hcpcs_code"] for r in found} == {r["hcpcs_code"] for r in rows["claim_line"]}
    assert set(wb.price(both).not_priced["claim_id"]) == {"C1"}


def test_no_line_at_all_has_a_price_by_any_column():
    room = import_module("workbook.payment.price")
    nothing = Claims({"claim": CLAIM.empty(), "claim_line": CLAIM_LINE.empty()})
    for column in ("fee_after_220", "stay_amount", "paid_amount", "claim_id"):
        assert room.price_lines(nothing, columns=(column,)).num_rows == 0


def test_of_a_priced_line_any_columns_may_be_asked_and_no_others():
    room = import_module("workbook.payment.price")
    whole = wb.price(claims([VISIT, READING])).arrow_lines
    few = room.price_lines(claims([VISIT, READING]), columns=("line_number", "fee_amount", "not_priced_reason"))
    assert few.column_names == ["claim_id", "line_number", "fee_amount", "not_priced_reason"]
    assert few.sort_by("line_number").equals(whole.select(few.column_names))
    with pytest.raises(WorkbookError, match="a priced line has no column 'fee'; it has claim_id, line_number"):
        room.price_lines(claims([VISIT]), columns=("fee",))


def test_an_engine_that_is_given_holds_every_claim_after_its_lines_were_priced_in_parts(monkeypatch):
    room = import_module("workbook.payment.price")
    monkeypatch.setattr(room, "LINES_AT_ONCE", 1)
    engine = open_engine()
    first = room.price_lines(claims([VISIT, READING]), engine=engine).sort_by("line_number")
    assert engine.query("select claim_id from claim").num_rows == 1
    assert room.price_lines(claims([VISIT, READING]), engine=engine).sort_by("line_number").equals(first)
    engine.close()


def test_a_line_that_a_step_returns_twice_is_refused(monkeypatch):
    """As when a file of fees was loaded twice under two names."""
    module = import_module("workbook.payment.price")
    real = module.reference

    def with_a_copy(names):
        tables = real(names)
        twice = {"physician_fee": pa.concat_tables([tables["physician_fee"]] * 2)} if "physician_fee" in tables else {}
        return tables | twice

    monkeypatch.setattr(module, "reference", with_a_copy)
    with pytest.raises(WorkbookError, match=r"several lines of claim \w+, line 1, at the step .*workbook codes list"):
        wb.price(claims([VISIT]))
