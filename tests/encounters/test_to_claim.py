from datetime import date
from decimal import Decimal

import pytest

from workbook.encounters.case import encounter, encounters
from workbook.encounters.charges import charge_master
from workbook.encounters.to_claim import BILLING_NPI, FACILITY_NPI, REFERRING_NPI, RENDERING_NPI, to_claim
from workbook.terms import WorkbookError


def rows(claims, table):
    return claims.arrow[table].to_pylist()


def lines(claims):
    return [
        (row["hcpcs_code"], row["modifier_1"], row["units"], row["billed_amount"], row["diagnosis_pointer_1"])
        for row in rows(claims, "claim_line")
    ]


def test_the_key_becomes_one_professional_claim():
    claims = to_claim(encounter("ENC-001"))
    (claim,) = rows(claims, "claim")
    assert (claim["claim_id"], claim["claim_type"], claim["claim_filing_code"]) == ("ENC-001", "professional", "MB")
    assert (claim["billed_amount"], claim["received_date"]) == (
        Decimal("235.00"),
        date(2025, 10, 21),
    )  # 190 + 45; +7 days
    assert (claim["patient_birth_date"], claim["patient_sex"]) == (date(1959, 1, 1), "M")  # 66 on 2025-10-14
    assert (claim["place_of_service"], claim["facility_npi"], claim["frequency_code"]) == ("11", None, "1")
    assert lines(claims) == [("99213", "25", 1, Decimal("190.00"), 1), ("93000", None, 1, Decimal("45.00"), 1)]
    assert claims.arrow_problems.num_rows == 0


def test_units_multiply_the_charge():
    assert lines(to_claim(encounter("ENC-004"))) == [
        ("20610", "RT", 1, Decimal("150.00"), 1),
        ("J3301", None, 4, Decimal("32.00"), 1),  # 4 × 8
    ]


def test_diagnoses_are_undotted_first_listed_first_and_lines_point_to_their_own():
    claims = to_claim(encounter("ENC-005"))
    assert [(r["role"], r["sequence"], r["diagnosis_code"]) for r in rows(claims, "claim_diagnosis")] == [
        ("principal", 1, "Z0001"),
        ("other", 2, "M7711"),
    ]
    assert [(line[0], line[4]) for line in lines(claims)] == [("G0439", 1), ("99213", 2)]


def test_optional_codes_stay_off_the_claim_of_the_key():
    codes = [row["diagnosis_code"] for row in rows(to_claim(encounter("ENC-002")), "claim_diagnosis")]
    assert codes == ["S9032XA"]


def test_a_visit_outside_the_office_names_the_facility():
    (claim,) = rows(to_claim(encounter("ENC-007")), "claim")
    assert (claim["place_of_service"], claim["facility_npi"]) == ("22", FACILITY_NPI)


def test_a_learners_answer_becomes_the_claim_it_would_have_been():
    claims = to_claim(encounter("ENC-001"), ["I48.91", "R00.2", "99214", "93000 -> R00.2"])
    assert [row["diagnosis_code"] for row in rows(claims, "claim_diagnosis")] == ["I4891", "R002"]
    first, second = rows(claims, "claim_line")
    assert [first[f"diagnosis_pointer_{n}"] for n in (1, 2, 3)] == [1, 2, None]  # no arrow: all of them
    assert [second[f"diagnosis_pointer_{n}"] for n in (1, 2)] == [2, None]
    assert rows(claims, "claim")[0]["billed_amount"] == Decimal("315.00")  # 270 + 45


@pytest.mark.parametrize("blank", [[], "", {"diagnoses": [], "procedures": []}])
def test_a_blank_answer_makes_no_claim(blank):
    claims = to_claim(encounter("ENC-001"), blank)
    assert {table.num_rows for table in claims.arrow.values()} == {0}
    assert claims.arrow_problems.num_rows == 0


def test_what_cannot_be_read_is_a_problem_of_the_claim():
    claims = to_claim(encounter("ENC-001"), "R00.2, 99O13")
    assert [row["message"] for row in claims.arrow_problems.to_pylist()] == [
        "'99O13' has the letter O where a zero belongs; did you mean 99013?",
        "no procedure was entered, so the claim has no service line",
    ]


def test_charges_of_ones_own_are_used():
    claims = to_claim(encounter("ENC-001"), charges={"99213": Decimal("100"), "93000": Decimal("20.5")})
    assert rows(claims, "claim")[0]["billed_amount"] == Decimal("120.50")


def test_a_code_without_a_charge_is_refused_with_what_to_do():
    with pytest.raises(WorkbookError, match="J1000 has no charge; add a charge for it"):
        to_claim(encounter("ENC-001"), "R00.2 J1000-25")


def test_every_case_makes_a_claim_whose_lines_add_up():
    for case in encounters():
        claims = to_claim(case)
        (claim,) = rows(claims, "claim")
        assert claim["billed_amount"] == sum(row["billed_amount"] for row in rows(claims, "claim_line"))
        is_professional = claim["claim_type"] == "professional"
        assert all(bool(row["diagnosis_pointer_1"]) == is_professional for row in rows(claims, "claim_line"))
        assert all(bool(row["revenue_code"]) != is_professional for row in rows(claims, "claim_line"))
    assert len({rows(to_claim(case), "claim")[0]["subscriber_id"] for case in encounters()}) == len(encounters())


def test_a_stay_becomes_a_hospitals_claim_of_days_with_procedures_and_marks():
    case = encounter("ENC-046")  # a hip replaced, a clot that came later
    claims = to_claim(case)
    (claim,) = rows(claims, "claim")
    assert (claim["claim_type"], claim["type_of_bill"]) == ("institutional", "111")
    assert claim["admission_date"] == case.visit.admitted and claim["statement_through_date"] == case.visit.service_date
    assert [row["procedure_code"] for row in rows(claims, "claim_procedure")] == ["0SR904A"]
    marks = {row["diagnosis_code"]: row["present_on_admission"] for row in rows(claims, "claim_diagnosis")}
    assert (marks["M1611"], marks["I2699"]) == ("Y", "N")
    (days,) = rows(claims, "claim_line")
    assert (days["revenue_code"], days["unit_basis"]) == ("0120", "DA")
    assert days["units"] == (case.visit.service_date - case.visit.admitted).days


def test_a_hospitals_outpatient_lines_bear_revenue_codes_and_point_nowhere():
    claims = to_claim(encounter("ENC-041"), "N13.2, 99284-25, 74176, J1885")
    shown = {row["hcpcs_code"]: row["revenue_code"] for row in rows(claims, "claim_line")}
    assert shown["99284"] == "0450" and shown["J1885"] == "0636"
    assert rows(claims, "claim")[0]["type_of_bill"] == "131"


def test_minutes_of_anesthesia_are_minutes_on_the_claim():
    (line,) = rows(to_claim(encounter("ENC-060")), "claim_line")
    assert (line["hcpcs_code"], line["units"], line["unit_basis"]) == ("00790", 95, "MJ")


@pytest.mark.parametrize("npi", [BILLING_NPI, RENDERING_NPI, FACILITY_NPI, REFERRING_NPI, "1234567893"])
def test_the_invented_providers_have_a_right_check_digit(npi):
    doubled = [int(d) * (1 + (n % 2)) for n, d in enumerate(reversed("80840" + npi))]
    assert sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def test_a_charge_list_with_a_fault_names_the_line(tmp_path):
    path = tmp_path / "charges.csv"
    for text, say in [
        ("code,charge\n", "charges.csv, line 1: expected the columns hcpcs_code,charge"),
        ("hcpcs_code,charge\n99213,190\n99213,190\n", "charges.csv, line 3: 99213 stands twice"),
        (
            "hcpcs_code,charge\n99213,much\n",
            "charges.csv, line 2, 99213: expected a charge such as 190.00, found 'much'",
        ),
        ("hcpcs_code,charge\n99213,0\n", "charges.csv, line 2, 99213: a charge is more than 0, found 0"),
    ]:
        path.write_text(text)
        with pytest.raises(WorkbookError, match=say):
            charge_master(path)
    with pytest.raises(WorkbookError, match="the charges are missing: there is no file"):
        charge_master(tmp_path / "none.csv")


def test_charges_stand_above_medicares_national_fees_of_2025():
    charges = charge_master()
    # national non-facility fees, 2025: see the rules of the fee schedule
    for code, fee in {
        "99213": "88.95",
        "99214": "125.18",
        "45378": "327.67",
        "71046": "32.67",
        "45385": "435.38",
    }.items():
        assert charges[code] > Decimal(fee) * Decimal("1.5")
