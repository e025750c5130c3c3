"""Each shared view says what it gives, and gives it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes.tables import REFERENCE_TABLES
from workbook.engine import add_views, open_engine, view_names
from workbook.engine.views import FOLDER, base_tables

DAY = date(2025, 11, 3)


def line(number, code, units=1, claim_id="C1", **more):
    return {"claim_id": claim_id, "line_number": number, "service_from_date": DAY, "hcpcs_code": code,
            "units": Decimal(units), "billed_amount": Decimal(10), **more}  # fmt: skip


def rows_of(view, lines, claims=None, diagnoses=(), parties=(), **reference):
    claims = claims or [{"claim_id": "C1"}]
    base = {"claim_type": "professional", "patient_id": "P1", "billing_provider_npi": "1", "billed_amount": Decimal(0)}
    given = {"claim": [{**base, **c} for c in claims], "claim_line": lines, "claim_diagnosis": list(diagnoses)}
    given["claim_party"] = list(parties)
    engine = open_engine()
    for name, table in CLAIM_TABLES.items():
        engine.put(name, table.from_rows(given.get(name, [])))
    for name, table in REFERENCE_TABLES.items():
        engine.put(name, table.from_rows(reference.get(name, [])))
    add_views(engine, [view])
    rows = engine.query(f"select * from {view} order by all").to_pylist()
    engine.close()
    return rows


def test_every_view_opens_with_a_sentence_and_has_a_test_here():
    source = Path(__file__).read_text()
    for name in view_names():
        text = (FOLDER / f"{name}.sql").read_text()
        assert text.startswith("-- One row per ") and text.split("\n")[0].rstrip().endswith((".", "day", ":"))
        assert f'rows_of("{name}"' in source, f"{name} has no test"


def test_views_rest_on_claims_and_reference_tables_alone():
    assert base_tables(view_names()) <= CLAIM_TABLES.keys() | REFERENCE_TABLES.keys()


def test_a_service_line_takes_from_its_claim_what_it_does_not_say_itself():
    lines = [line(1, "99213"), line(2, "93000", place_of_service="22", rendering_provider_npi="9")]
    claims = [{"claim_id": "C1", "place_of_service": "11", "rendering_provider_npi": "5", "received_date": DAY}]
    one, two = rows_of("service_line", lines, claims)
    assert (one["place_of_service"], one["provider_npi"], one["service_through_date"], one["received_date"]) == (
        "11",
        "5",
        DAY,
        DAY,
    )
    assert (two["place_of_service"], two["provider_npi"], two["frequency_code"]) == ("22", "9", "1")


def test_a_claim_is_dated_by_its_lines_and_a_claim_without_lines_stays():
    lines = [
        line(1, "99213"),
        line(2, "93000", service_from_date=date(2025, 11, 1), service_through_date=date(2025, 11, 9)),
    ]
    one, two = rows_of("service_claim", lines, [{"claim_id": "C1"}, {"claim_id": "C2"}])
    assert (one["service_date"], one["service_through_date"], one["line_total_amount"]) == (
        date(2025, 11, 1),
        date(2025, 11, 9),
        20,
    )
    assert (two["service_date"], two["line_count"]) == (None, None)


def test_a_diagnosis_is_dated_by_its_claim():
    codes = [{"claim_id": "C1", "role": "principal", "sequence": 1, "diagnosis_code": "E119", "code_set": "icd10"}]
    (row,) = rows_of("claim_diagnosis_dated", [line(1, "99213")], diagnoses=codes)
    assert (row["diagnosis_code"], row["service_date"]) == ("E119", DAY)


def test_a_payable_line_knows_its_zip_its_bill_and_the_day_of_a_stay_without_dates():
    lines = [line(1, "99213"), line(1, None, claim_id="C2", service_from_date=None, revenue_code="0120")]
    claims = [{"claim_id": "C1"}, hospital("C2", "111", statement_from_date=DAY)]
    parties = [
        {"claim_id": "C1", "role": "billing", "sequence": 1, "zip_code": "35203"},
        {"claim_id": "C1", "role": "facility", "sequence": 1, "zip_code": "35004"},
    ]
    office, stay = rows_of("payable_line", lines, claims, parties=parties)
    assert (office["service_zip"], office["type_of_bill"]) == ("35004", None)
    assert (stay["service_date"], stay["type_of_bill"], stay["revenue_code"]) == (DAY, "111", "0120")


def test_a_payable_line_knows_what_its_claim_takes_back_and_that_a_bill_1x8_is_a_void():
    lines = [line(1, "99213"), line(1, "80053", claim_id="C2"), line(1, "80053", claim_id="C3")]
    claims = [
        {"claim_id": "C1", "frequency_code": "7", "original_claim_id": "ICN1"},
        hospital("C2", "138"),
        hospital("C3", "0131"),
    ]
    found = [(r["frequency_code"], r["original_claim_id"]) for r in rows_of("payable_line", lines, claims)]
    assert found == [("7", "ICN1"), ("8", None), ("1", None)]


@pytest.mark.parametrize(("days", "a_day"), [(1, 10), (3, 3), (4, 3)])  # 10 ÷ 3 = 3.33 → 3; 10 ÷ 4 = 2.5 → 3
def test_units_of_a_span_are_divided_by_its_days_and_rounded(days, a_day):
    (row,) = rows_of("mue_line", [line(1, "J3301", 10, service_through_date=date(2025, 11, 2 + days))])
    assert (row["units_a_day"], row["units_that_day"]) == (a_day, a_day)


def test_daily_units_add_up_over_lines_and_claims_of_one_patient_and_provider():
    lines = [line(1, "G0463"), line(2, "G0463", 2), line(1, "G0463", 4, "C2"), line(1, "G0463", 8, "C3")]
    claims = [{"claim_id": "C1"}, {"claim_id": "C2"}, {"claim_id": "C3", "patient_id": "P2"}]
    assert [r["units_that_day"] for r in rows_of("mue_line", lines, claims)] == [7, 7, 7, 8]


def test_pairs_are_of_different_codes_the_same_day_patient_and_provider_in_both_orders():
    lines = [
        line(1, "99213"),
        line(2, "99495"),
        line(3, "99213"),
        line(4, "99214", service_from_date=date(2025, 11, 4)),
    ]
    pairs = [(r["line_number_one"], r["line_number_two"]) for r in rows_of("visit_pair_same_day", lines)]
    assert sorted(pairs) == [(1, 2), (2, 1), (2, 3), (3, 2)]


def test_the_second_of_a_pair_is_a_visit_or_adds_to_one():
    lines = [line(1, "99213"), line(2, "93000"), line(3, "G2211")]
    pairs = {(r["code_one"], r["code_two"]) for r in rows_of("visit_pair_same_day", lines)}
    assert pairs == {("93000", "99213"), ("G2211", "99213"), ("99213", "G2211"), ("93000", "G2211")}


def hospital(claim_id, bill, **more):
    return {"claim_id": claim_id, "claim_type": "institutional", "type_of_bill": bill, **more}


def test_the_provider_of_a_hospitals_line_is_the_hospital_and_its_bill_says_which_limits_judge_it():
    lines = [
        line(1, "80053", rendering_provider_npi="9"),
        line(1, "80053", claim_id="C2"),
        line(1, "99213", claim_id="C3"),
    ]
    claims = [hospital("C1", "0131"), hospital("C2", "111"), {"claim_id": "C3", "rendering_provider_npi": "5"}]
    found = [(r["provider_npi"], r["ncci_setting"]) for r in rows_of("service_line", lines, claims)]
    assert found == [("1", "hospital"), ("1", None), ("5", "practitioner")]


def test_units_and_pairs_of_an_outpatient_bill_do_not_mix_with_those_of_a_stay():
    lines = [line(1, "A", 2), line(1, "A", 5, "C2"), line(2, "B", 1, "C2")]
    claims = [hospital("C1", "131"), hospital("C2", "111")]
    assert [r["units_that_day"] for r in rows_of("mue_line", lines, claims)] == [2, 5, 1]
    assert rows_of("ptp_listed", lines, claims, ptp=[{**PAIRS[0], "setting": "hospital"}]) == []


PAIRS = [
    {"column_one_code": "A", "column_two_code": "B", "modifier_indicator": "1", "setting": "hospital", "effective_date": DAY},
    {"column_one_code": "A", "column_two_code": "C", "modifier_indicator": "0", "setting": "practitioner", "effective_date": DAY},
    {"column_one_code": "B", "column_two_code": "C", "modifier_indicator": "9", "setting": "hospital", "effective_date": DAY},
]  # fmt: skip


def test_a_pair_is_judged_by_the_table_of_its_setting_and_never_by_indicator_9():
    lines = [line(1, "A"), line(2, "B"), line(3, "C")]
    of_hospital = rows_of("ptp_pair", lines, [hospital("C1", "131")], ptp=PAIRS)
    of_practitioner = rows_of("ptp_pair", lines, ptp=PAIRS)
    assert [(r["code_one"], r["code_two"], r["modifier_indicator"]) for r in of_hospital] == [("A", "B", "1")]
    assert [(r["code_one"], r["code_two"], r["modifier_indicator"]) for r in of_practitioner] == [("A", "C", "0")]


@pytest.mark.parametrize(
    ("day", "one", "two", "opened"),
    [
        (DAY, {}, {"modifier_3": "59"}, True),
        (DAY, {"modifier_1": "59"}, {}, True),
        (date(2019, 6, 30), {"modifier_1": "59"}, {}, False),
        (date(2019, 6, 30), {"modifier_1": "RT"}, {}, True),
        (DAY, {"modifier_1": "25"}, {}, False),
        (DAY, {}, {"modifier_1": "76"}, False),
    ],
)
def test_a_modifier_opens_a_pair_on_the_line_and_since_the_day_that_ncci_says(day, one, two, opened):
    lines = [line(1, "A", service_from_date=day, **one), line(2, "B", service_from_date=day, **two)]
    pairs = [{**PAIRS[0], "effective_date": date(2015, 1, 1)}]
    kinds = {"59": "distinct", "RT": "anatomical", "25": "global"}
    accepted = [{"modifier": m, "kind": k, "effective_date": date(2015, 1, 1)} for m, k in kinds.items()]
    found = rows_of("ptp_pair_opened", lines, [hospital("C1", "131")], ptp=pairs, ncci_modifier=accepted)
    assert [(r["line_number_one"], r["line_number_two"]) for r in found] == ([(1, 2)] if opened else [])


def test_a_line_says_why_none_of_its_pairs_was_judged():
    lines = [line(1, "A"), line(2, "B"), line(3, "Z"), line(1, "A", claim_id="C2"), line(1, "A", claim_id="C3")]
    claims = [hospital("C1", "131"), hospital("C2", "111"), hospital("C3", "131", patient_id="P2")]
    why = {(r["claim_id"], r["line_number"]): r["why"] for r in rows_of("ptp_line", lines, claims, ptp=PAIRS)}
    assert why == {
        ("C1", 1): None,
        ("C1", 2): None,
        ("C1", 3): "ptp: the teaching set has none of the line's pairs",
        ("C2", 1): "not applicable: not an outpatient hospital bill (12x, 13x or 14x)",
        ("C3", 1): "not applicable: no other code that day",
    }
    whole = [{"table_name": "ptp/hospital", "version": "all", "effective_date": DAY, "is_whole": True}]
    judged = rows_of("ptp_line", lines, claims, ptp=PAIRS, edition=whole)
    assert [r["why"] for r in judged if r["claim_id"] == "C1"] == [None, None, None]


@pytest.mark.parametrize(
    ("bill", "found"),
    [("131", ("13", "1")), ("0131", ("13", "1")), ("81A", ("81", "A")), ("13", (None, None)), (None, (None, None))],
)
def test_a_type_of_bill_is_taken_apart_with_its_leading_zero_or_without(bill, found):
    claims = [hospital("C1", bill, patient_status="1"), {"claim_id": "C2"}]
    (row,) = rows_of("institutional_claim", [], claims)
    assert (row["bill_kind"], row["bill_frequency"]) == found
    assert row["patient_status"] == "01"


def test_a_line_of_an_institutional_claim_has_its_bill_and_four_digits_of_revenue_code():
    lines = [line(1, "80053", revenue_code="300"), line(1, "99213", claim_id="C2")]
    (row,) = rows_of("institutional_line", lines, [hospital("C1", "131"), {"claim_id": "C2"}])
    assert (row["bill_kind"], row["revenue_code"], row["modifier_1"], row["service_through_date"]) == (
        "13",
        "0300",
        "",
        DAY,
    )


def test_a_line_has_the_unit_limit_of_its_setting_that_day():
    limits = [{"hcpcs_code": "A", "mue_value": Decimal(v), "mai": "3", "setting": s, "effective_date": DAY}
              for s, v in (("hospital", 2), ("practitioner", 1), ("dme", 9))]  # fmt: skip
    lines = [
        line(1, "A"),
        line(2, "A"),
        line(1, "A", claim_id="C2"),
        line(1, "A", claim_id="C3"),
        line(2, "B", claim_id="C3"),
    ]
    claims = [hospital("C1", "131"), hospital("C2", "111"), {"claim_id": "C3"}]
    found = [(r["units_that_day"], r["mue_value"]) for r in rows_of("mue_line", lines, claims, mue=limits)]
    assert found == [(2, 2), (2, 2), (1, None), (1, 1), (1, None)]


def test_a_line_has_the_status_indicator_of_its_code_on_its_day():
    rows = [{"hcpcs_code": "A", "status_indicator": "C", "effective_date": date(2022, 1, 1), "end_date": date(2025, 12, 31)},
            {"hcpcs_code": "A", "status_indicator": "J1", "effective_date": date(2026, 1, 1)}]  # fmt: skip
    lines = [line(1, "A"), line(2, "A", service_from_date=date(2026, 1, 1)), line(3, "B"), line(4, None)]
    found = rows_of("opps_line", lines, [hospital("C1", "131")], apc=rows)
    assert [r["status_indicator"] for r in found] == ["C", "J1", None, None]


def test_a_line_has_what_is_known_of_its_revenue_code_that_day():
    known = {"needs_hcpcs": True, "is_recognized": True, "is_diagnostic": False, "effective_date": DAY}
    lines = [line(1, "A", revenue_code="450"), line(2, "A", revenue_code="0451"), line(3, "A")]
    found = rows_of("revenue_line", lines, [hospital("C1", "131")], revenue_code=[{"revenue_code": "0450", **known}])
    assert [r["needs_hcpcs"] for r in found] == [True, None, None]


def test_every_provider_number_of_a_claim_has_its_part():
    claims = [{"claim_id": "C1", "rendering_provider_npi": "2", "referring_provider_npi": "3", "facility_npi": "4"}]
    found = [(r["provider_role"], r["npi"]) for r in rows_of("claim_npi", [], claims)]
    assert found == [("billing", "1"), ("facility", "4"), ("referring", "3"), ("rendering", "2")]


def test_every_provider_number_of_a_line_has_its_part():
    lines = [
        line(1, "A", rendering_provider_npi="2", ordering_provider_npi="3"),
        line(2, "B", referring_provider_npi="4"),
    ]
    found = [(r["line_number"], r["provider_role"], r["npi"]) for r in rows_of("line_npi", lines)]
    assert found == [(1, "ordering", "3"), (1, "rendering", "2"), (2, "referring", "4")]


def test_a_provider_number_stands_once_and_says_whether_it_can_be_an_npi():
    claims = [{"claim_id": c, "billing_provider_npi": "1234567893"} for c in ("C1", "C2")]
    parties = [
        {"claim_id": "C1", "role": "rendering", "sequence": 1, "identifier_type": kind, "identifier": number}
        for kind, number in (("XX", "1234567890"), ("FI", "999999999"))
    ]
    lines = [line(1, "A", ordering_provider_npi="12345678")]
    found = [(r["npi"], r["is_possible"]) for r in rows_of("provider_number", lines, claims, parties=parties)]
    assert found == [("12345678", False), ("1234567890", False), ("1234567893", True)]


@pytest.mark.parametrize(
    ("born", "age"), [(date(2025, 11, 3), 0), (date(2007, 11, 3), 18), (date(2007, 11, 4), 17), (None, None)]
)
def test_a_diagnosis_has_the_patients_age_in_whole_years(born, age):
    codes = [{"claim_id": "C1", "role": "principal", "sequence": 1, "diagnosis_code": "Z00110", "code_set": "icd10"}]
    claims = [{"claim_id": "C1", "patient_birth_date": born, "patient_sex": "F"}]
    (row,) = rows_of("claim_diagnosis_patient", [line(1, "99213")], claims, codes)
    assert (row["age"], row["patient_sex"], row["shown_code"], row["category"]) == (age, "F", "Z00.110", "Z00")


@pytest.mark.parametrize(
    ("kind", "bill", "setting"),
    [("institutional", "111", "inpatient"), ("institutional", "131", "outpatient"), ("institutional", None, None),
     ("professional", None, "outpatient")],
)  # fmt: skip
def test_a_diagnosis_is_given_to_an_inpatient_where_the_type_of_bill_says_so(kind, bill, setting):
    codes = [{"claim_id": "C1", "role": "principal", "sequence": 1, "diagnosis_code": "I10", "code_set": "icd10"}]
    claims = [{"claim_id": "C1", "claim_type": kind, "type_of_bill": bill}]
    (row,) = rows_of("claim_diagnosis_patient", [line(1, "99213")], claims, codes)
    assert row["setting"] == setting


def test_each_pointer_of_a_line_has_a_row_and_one_to_nothing_has_no_diagnosis():
    codes = [
        {"claim_id": "C1", "role": role, "sequence": n, "diagnosis_code": code, "code_set": "icd10"}
        for role, n, code in (("principal", 1, "I10"), ("other", 2, "E119"), ("admitting", 3, "R51"))
    ]
    lines = [
        line(1, "A", diagnosis_pointer_1=2, diagnosis_pointer_2=1),
        line(2, "B", diagnosis_pointer_1=3),
        line(3, "C"),
    ]
    found = [(r["line_number"], r["place"], r["shown_code"]) for r in rows_of("line_diagnosis", lines, None, codes)]
    assert found == [(1, 1, "E11.9"), (1, 2, "I10"), (2, 1, None)]


def test_each_modifier_has_a_row_and_a_line_without_any_has_one():
    lines = [line(1, "99213", modifier_1="25", modifier_3="95"), line(2, "93000")]
    found = [(r["line_number"], r["modifier"], r["has_visit_modifier"]) for r in rows_of("line_modifier", lines)]
    assert found == [(1, "25", 1), (1, "95", 1), (2, None, 0)]


def test_a_visit_has_its_kind_and_the_modifiers_that_set_it_apart():
    lines = [
        line(1, "99213", modifier_1="95", modifier_2="25"),
        line(2, "99232", modifier_1="24"),
        line(3, "92014"),
        line(4, "99291"),
        line(5, "20610", modifier_1="57"),
        line(6, None),
    ]
    found = [
        (r["visit_kind"], r["has_24"], r["has_25"], r["has_57"], r["has_ft"]) for r in rows_of("visit_line", lines)
    ]
    assert found == [("office", 0, 1, 0, 0), ("hospital", 1, 0, 0, 0), ("eye examination", 0, 0, 0, 0)]


def test_the_surgeons_own_services_leave_out_visits_tests_assistants_and_care_before_or_after_alone():
    lines = [
        line(1, "27447", modifier_1="RT", modifier_2="54"),
        line(2, "27447", modifier_1="RT", modifier_2="AS"),
        line(3, "66984", modifier_1="55"),
        line(4, "20610", modifier_1="79"),
        line(5, "99213"),
        line(6, "80053"),
    ]
    found = [(r["line_number"], r["has_54"], r["return_modifier"]) for r in rows_of("surgeon_line", lines)]
    assert found == [(1, 1, None), (4, 0, "79")]


def test_each_view_is_kept_once_however_many_views_read_it():
    engine = open_engine()
    for name, table in (CLAIM_TABLES | REFERENCE_TABLES).items():
        engine.put(name, table.empty())
    kept = []
    keep = engine.keep
    engine.keep = lambda name, sql: (kept.append(name), keep(name, sql))
    add_views(engine, view_names())
    engine.close()
    assert sorted(kept) == sorted(view_names())


def test_a_meeting_is_a_visit_an_eye_examination_or_surgery_and_no_test():
    lines = [line(n, code) for n, code in enumerate(["99213", "92014", "17110", "93010", "36415", "0042T", "99421"], 1)]
    assert [r["hcpcs_code"] for r in rows_of("face_to_face_line", lines)] == ["99213", "92014", "17110"]
    assert rows_of("face_to_face_line", lines, [{"claim_id": "C1", "frequency_code": "8"}]) == []


def test_anesthesia_by_time_says_who_gave_it_and_how_many_are_named():
    lines = [
        line(1, "00790", 95, modifier_1="QS", modifier_2="QK", unit_basis="MJ"),
        line(2, "00840", 40, modifier_1="AA", modifier_2="QZ", modifier_3="78"),
        line(3, "00840", 40, modifier_1="QK", modifier_2="GC"),
        line(4, "00790", 40),
        line(5, "01996"),
        line(6, "0042T"),
        line(7, "99213"),
    ]
    found = [
        (r["line_number"], r["giver"], r["giver_count"], r["has_repeat_modifier"], r["has_resident"])
        for r in rows_of("anesthesia_line", lines)
    ]
    assert found == [(1, "QK", 1, 0, 0), (2, "AA", 2, 1, 0), (3, "QK", 1, 0, 1), (4, None, 0, 0, 0)]


@pytest.mark.parametrize(
    ("code", "units", "minutes", "by_time"),
    [
        ("97110", 4, 53, 1),  # 4 × 15 − 7: the least that gives four units
        ("99215", 1, 40, 0),
        ("99223", 1, 75, 0),
        ("99292", 2, 60, 1),
        ("99291", 1, 30, 1),
        ("90837", 1, 53, 1),
        ("G2212", 3, 45, 1),
    ],
)
def test_a_line_with_a_time_stands_for_its_fewest_minutes(code, units, minutes, by_time):
    (row,) = rows_of("timed_line", [line(1, code, units)], [{"claim_id": "C1", "rendering_provider_npi": "2"}])
    assert (row["minutes"], row["is_defined_by_time"], row["is_shared_number"]) == (minutes, by_time, 0)


def test_what_an_assistant_gave_or_spans_days_has_no_minutes_and_the_billing_number_is_shared():
    lines = [
        line(1, "97110"),
        line(2, "97110", modifier_2="CQ"),
        line(3, "97110", service_through_date=date(2025, 11, 4)),
    ]
    found = [(r["line_number"], r["is_shared_number"]) for r in rows_of("timed_line", [*lines, line(4, "93000")])]
    assert found == [(1, 1)]


def test_a_service_line_names_the_kind_of_insurance_of_its_claim():
    lines = [line(1, "99213"), line(1, "99213", claim_id="C2")]
    claims = [{"claim_id": "C1", "claim_filing_code": "MB"}, {"claim_id": "C2"}]
    assert [r["claim_filing_code"] for r in rows_of("service_line", lines, claims)] == ["MB", None]


def test_a_professional_claim_has_the_one_who_performed_it_or_else_the_one_who_bills():
    claims = [
        {"claim_id": "C1", "rendering_provider_npi": "5"},
        {"claim_id": "C2"},
        {"claim_id": "C3", "claim_type": "institutional"},
    ]
    found = [(r["claim_id"], r["provider_npi"]) for r in rows_of("provider_claim", [], claims)]
    assert found == [("C1", "5"), ("C2", "1")]


def test_a_providers_specialty_is_the_one_that_claims_state_most_often():
    parties = [
        {"claim_id": claim, "role": role, "sequence": 1, "identifier_type": kind, "identifier": npi, "taxonomy_code": code}
        for claim, role, kind, npi, code in (
            ("C1", "rendering", "XX", "5", "207Q00000X"), ("C2", "rendering", "XX", "5", "207R00000X"),
            ("C3", "rendering", "XX", "5", "207R00000X"), ("C1", "billing", "XX", "1", "261QM1300X"),
            ("C1", "referring", "XX", "7", "207X00000X"), ("C2", "rendering", "FI", "9", "207X00000X"),
            ("C3", "rendering", "XX", "6", None),
        )
    ]  # fmt: skip
    found = [(r["provider_npi"], r["taxonomy_code"]) for r in rows_of("provider_specialty", [], parties=parties)]
    assert found == [("1", "261QM1300X"), ("5", "207R00000X")]
