"""Visit levels by decision making and by time: literal cases, the published traps among them."""

from datetime import date

import pytest

import workbook as wb
from workbook.encounters.em import _page, em_level, em_words
from workbook.terms import WorkbookError

DAY = "2025-10-14"


def level(setting="office", day=DAY, **given):
    if setting in ("office", "home"):
        given.setdefault("is_new", False)
    return em_level(day, setting, **given)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        # two of the three elements decide
        ("99212", {"problems": "self_limited", "risk": "none"}),
        ("99213", {"problems": {"self_limited": 2}, "risk": "over_the_counter"}),
        ("99213", {"problems": "stable_chronic", "risk": "low"}),
        ("99213", {"problems": "acute_uncomplicated", "data": {"tests": 2}, "risk": "none"}),
        ("99213", {"problems": "stable_acute", "risk": "over_the_counter"}),
        ("99214", {"problems": {"stable_chronic": 2}, "risk": "prescription_drug"}),
        ("99214", {"problems": "worsening_chronic", "data": {"tests": 3}, "risk": "low"}),
        ("99214", {"problems": "uncertain_new", "data": {"independent_interpretation": True}, "risk": "minimal"}),
        ("99214", {"problems": "systemic_acute", "risk": "prescription_drug"}),
        ("99214", {"problems": "complicated_injury", "risk": "minor_procedure_with_risk"}),
        ("99214", {"problems": "acute_uncomplicated", "data": {"discussion": True}, "risk": "social_determinants"}),
        ("99215", {"problems": "severe_chronic", "risk": "toxic_drug_monitoring"}),
        ("99215", {"problems": "threat_to_life", "risk": "hospital_care"}),
        ("99215", {"problems": "threat_to_life", "risk": "low",
                   "data": {"tests": 3, "independent_interpretation": True}}),
        ("99203", {"is_new": True, "problems": "acute_uncomplicated", "risk": "prescription_drug", "data": "limited"}),
        ("99204", {"is_new": True, "problems": "moderate", "risk": "moderate"}),
        ("99205", {"is_new": True, "problems": "high", "data": "extensive", "risk": "minimal"}),
        ("99202", {"is_new": True, "problems": "self_limited", "risk": "minimal"}),
        # a prescription drug alone does not make a moderate visit
        ("99213", {"problems": "stable_chronic", "risk": "prescription_drug"}),
        ("99213", {"problems": "acute_uncomplicated", "data": {"tests": 1}, "risk": "prescription_drug"}),
        ("99212", {"problems": "self_limited", "risk": "prescription_drug"}),
        # data: two items are limited, three moderate; the historian is one of three, and limited by himself
        ("99213", {"problems": "moderate", "data": {"tests": 1, "outside_notes": 1}, "risk": "minimal"}),
        ("99214", {"problems": "moderate", "data": {"tests": 1, "outside_notes": 1, "independent_historian": True},
                   "risk": "minimal"}),
        ("99213", {"problems": "moderate", "data": {"independent_historian": True}, "risk": "minimal"}),
        ("99212", {"problems": "moderate", "data": {"tests": 1}, "risk": "minimal"}),
        ("99214", {"problems": "moderate", "data": {"tests": 9}, "risk": "minimal"}),  # many tests are one category
        ("99215", {"problems": "high", "data": {"discussion": True, "independent_interpretation": True}, "risk": "low"}),
        # time, and the higher of the two
        ("99212", {"minutes": 10}),
        ("99212", {"minutes": 19}),
        ("99213", {"minutes": 20}),
        ("99214", {"minutes": 39}),
        ("99215", {"minutes": 40}),
        ("99202", {"is_new": True, "minutes": 29}),
        ("99203", {"is_new": True, "minutes": 30}),
        ("99204", {"is_new": True, "minutes": 59}),
        ("99205", {"is_new": True, "minutes": 60}),
        ("99214", {"problems": "stable_chronic", "risk": "low", "minutes": 32}),
        ("99214", {"problems": "moderate", "risk": "moderate", "minutes": 12}),
        ("99213", {"problems": "low", "risk": "low", "minutes": 5}),  # minutes below the least do not lower it
    ],
)  # fmt: skip
def test_the_office(code, given):
    assert level(**given).code == code


@pytest.mark.parametrize(
    ("code", "setting", "given"),
    [
        ("99282", "emergency", {"problems": "self_limited", "risk": "minimal"}),
        ("99283", "emergency", {"problems": "acute_uncomplicated", "risk": "prescription_drug"}),
        ("99284", "emergency", {"problems": "systemic_acute", "risk": "prescription_drug"}),
        ("99285", "emergency", {"problems": "threat_to_life", "risk": "hospital_care"}),
        ("99221", "hospital_initial", {"problems": "acute_uncomplicated_hospital", "risk": "prescription_drug"}),
        ("99221", "hospital_initial", {"problems": "self_limited", "risk": "minimal"}),
        ("99222", "hospital_initial", {"problems": "worsening_chronic", "risk": "prescription_drug"}),
        ("99223", "hospital_initial", {"minutes": 75}),
        ("99222", "hospital_initial", {"minutes": 74}),
        ("99231", "hospital_subsequent", {"minutes": 25}),
        ("99232", "hospital_subsequent", {"minutes": 35}),
        ("99233", "hospital_subsequent", {"minutes": 50}),
        ("99234", "hospital_same_day", {"minutes": 45}),
        ("99236", "hospital_same_day", {"problems": "threat_to_life", "risk": "hospital_care"}),
        ("99238", "hospital_discharge", {"minutes": 30}),
        ("99239", "hospital_discharge", {"minutes": 31}),
        ("99238", "hospital_discharge", {}),
        ("99304", "nursing_initial", {"minutes": 25}),
        ("99305", "nursing_initial", {"minutes": 49}),
        ("99306", "nursing_initial", {"minutes": 50}),
        ("99307", "nursing_subsequent", {"minutes": 19}),
        ("99308", "nursing_subsequent", {"minutes": 20}),
        ("99310", "nursing_subsequent", {"minutes": 45}),
        ("99316", "nursing_discharge", {"minutes": 45}),
        ("99341", "home", {"is_new": True, "minutes": 15}),
        ("99344", "home", {"is_new": True, "problems": "moderate", "risk": "moderate"}),
        ("99350", "home", {"minutes": 60}),
        ("99243", "office_consultation", {"minutes": 30}),
        ("99254", "hospital_consultation", {"problems": "moderate", "risk": "moderate"}),
        ("99291", "critical_care", {"minutes": 74}),
    ],
)
def test_the_other_settings(code, setting, given):
    assert level(setting, **given).code == code


@pytest.mark.parametrize(
    ("code", "prolonged", "payer", "given"),
    [
        ("99215", None, "Blue River PPO", {"minutes": 54}),
        ("99215", ("99417", 1), "Blue River PPO", {"minutes": 55}),
        ("99215", ("99417", 2), "Blue River PPO", {"minutes": 70}),
        ("99205", ("99417", 1), "Blue River PPO", {"is_new": True, "minutes": 75}),
        ("99215", None, "Medicare Part B", {"minutes": 68}),
        ("99215", ("G2212", 1), "Medicare Part B", {"minutes": 69}),
        ("99215", ("G2212", 2), "Medicare Part B", {"minutes": 84}),
        ("99205", None, "Medicare Part B", {"is_new": True, "minutes": 88}),
        ("99205", ("G2212", 1), "Medicare Part B", {"is_new": True, "minutes": 89}),
    ],
)
def test_prolonged_office_time_begins_later_for_medicare(code, prolonged, payer, given):
    found = level(payer=payer, **given)
    assert (found.code, found.prolonged) == (code, prolonged)


@pytest.mark.parametrize(
    ("setting", "minutes", "prolonged"),
    [
        ("hospital_initial", 90, ("G0316", 1)),
        ("hospital_subsequent", 65, ("G0316", 1)),
        ("hospital_same_day", 110, ("G0316", 1)),
        ("nursing_initial", 95, ("G0317", 1)),
        ("nursing_subsequent", 85, ("G0317", 1)),
        ("home", 110, ("G0318", 1)),
        ("hospital_initial", 89, None),
        ("emergency", None, None),
    ],
)
def test_prolonged_time_elsewhere_by_medicare(setting, minutes, prolonged):
    given = {"minutes": minutes} if minutes else {"problems": "high", "risk": "high"}
    assert level(setting, payer="Medicare Part B", **given).prolonged == prolonged


def test_prolonged_time_makes_time_the_basis_even_where_decision_making_reaches_the_level():
    found = level(problems="high", risk="high", minutes=70, payer="Medicare Part B")
    assert (found.code, found.basis, found.prolonged) == ("99215", "time", ("G2212", 1))


@pytest.mark.parametrize(
    ("minutes", "by_cpt", "by_medicare"),
    [(74, None, None), (75, 1, None), (103, 1, None), (104, 1, 1), (105, 2, 1), (134, 2, 2), (135, 3, 2)],
)
def test_more_critical_care_is_counted_from_75_minutes_and_by_medicare_when_30_are_whole(minutes, by_cpt, by_medicare):
    for payer, units in (("Blue River PPO", by_cpt), ("Medicare Part B", by_medicare)):
        found = level("critical_care", minutes=minutes, payer=payer)
        assert found.prolonged == (("99292", units) if units else None)


def test_the_minutes_of_a_nursing_facility_changed_with_2024():
    assert level("nursing_initial", "2023-12-31", minutes=45).code == "99306"
    assert level("nursing_initial", "2024-01-01", minutes=45).code == "99305"
    assert level("nursing_subsequent", "2023-12-31", minutes=15).code == "99308"
    assert level("nursing_subsequent", "2024-01-01", minutes=15).code == "99307"


@pytest.mark.parametrize(
    ("setting", "day", "given", "say"),
    [
        ("emergency", DAY, {"minutes": 40}, "time never chooses this code"),
        ("emergency", DAY, {"is_new": True, "problems": "low", "risk": "low"}, "the same for new and established"),
        ("office", DAY, {"is_new": None, "minutes": 20}, "say is_new=True or False"),
        ("office", "2020-12-31", {"minutes": 20}, "these rules begin on 2021-01-01"),
        ("emergency", "2022-12-31", {"problems": "low", "risk": "low"}, "these rules begin on 2023-01-01"),
        ("office", "2022-05-01", {"problems": "stable_acute", "risk": "low"}, "counts from 2023-01-01 on"),
        ("office", DAY, {}, "nothing was given to judge"),
        ("office", DAY, {"minutes": 9}, "less than the least code asks for"),
        ("office", DAY, {"minutes": 0}, "a whole number from 1"),
        ("office", DAY, {"minutes": True}, "a whole number from 1"),
        ("office", DAY, {"minutes": 2000}, "a whole number from 1"),
        ("office", DAY, {"problems": "low"}, "decision making needs risk"),
        ("office", DAY, {"risk": "low"}, "decision making needs problems"),
        ("office", DAY, {"problems": [], "risk": "low"}, "name at least one"),
        ("office", DAY, {"problems": "low", "risk": []}, "name at least one"),
        ("office", DAY, {"problems": {"stable_chronic": 0}, "risk": "low"}, "counted from 1 on"),
        ("office", DAY, {"problems": "stable_cronic", "risk": "low"}, "did you mean stable_chronic?"),
        ("office", DAY, {"problems": "low", "risk": "prescription"}, "did you mean prescription_drug?"),
        ("office", DAY, {"problems": "low", "data": {"test": 2}, "risk": "low"}, "did you mean tests?"),
        ("office", DAY, {"problems": "low", "data": {"tests": True}, "risk": "low"}, "tests is a count"),
        ("office", DAY, {"problems": "low", "data": {"discussion": 2}, "risk": "low"}, "discussion is True or False"),
        ("hospital_discharge", DAY, {"problems": "low", "risk": "low"}, "minutes alone choose this code"),
        ("critical_care", DAY, {"minutes": 29}, "below 30"),
        ("critical_care", DAY, {}, "below 30"),
        ("office_consultation", DAY, {"minutes": 30, "payer": "Medicare Part B"}, "does not take consultation codes"),
        ("ofice", DAY, {"minutes": 30}, "did you mean office?"),
    ],
)
def test_what_contradicts_itself_is_refused(setting, day, given, say):
    with pytest.raises(WorkbookError, match=say.replace("?", r"\?")):
        level(setting, day, **given)


def test_the_trace_names_every_element_its_step_and_its_authority():
    found = wb.em_level(DAY, is_new=False, problems="uncertain_new", data={"tests": 2}, risk="low", minutes=22)
    assert [(step.element, step.reaches) for step in found.trace] == [
        ("problems", "moderate"), ("data", "limited"), ("risk", "low"), ("decision making", "low: 99213"),
        ("time", "low: 99213"),
    ]  # fmt: skip
    assert all(step.authority for step in found.trace)
    assert found.basis == "decision making"
    assert "<td" in found._repr_html_() and repr(found).splitlines()[0] == "99213, by decision making"


def test_every_word_has_a_label_and_every_code_its_minutes_on_every_day():
    for kind in ("settings", "problems", "data", "risk"):
        assert all(em_words(kind).values())
    page = _page()
    for name, place in page["settings"].items():
        if place.get("by_time") is False or place.get("by_minutes"):
            continue
        for codes in filter(None, (place.get("codes"), place.get("new"), place.get("established"))):
            assert tuple(codes) == page["levels"], name
            least = [page["minutes"][code][0] for code in codes.values()]
            assert all(begins <= place["since"] for begins, _ in least)
            assert [minutes for _, minutes in least] == sorted(minutes for _, minutes in least)


def test_more_is_never_less():
    """Adding a fact or a minute never lowers the code."""
    problems, data = ["minimal", "low", "moderate", "high"], ["minimal", "limited", "moderate", "extensive"]
    for p in range(4):
        for d in range(4):
            for r in range(4):
                code = level(problems=problems[p], data=data[d], risk=problems[r]).code
                assert code == ["99212", "99213", "99214", "99215"][sorted((p, d, r))[1]]
    codes = [level(minutes=m).code for m in range(10, 200)]
    assert codes == sorted(codes)


def test_a_service_date_may_be_a_date():
    assert em_level(date(2025, 10, 14), is_new=True, minutes=45).code == "99204"
