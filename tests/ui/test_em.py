"""The worksheet of a visit's level: what is ticked decides at once, and contradictions are said."""

import workbook as wb
from workbook.ui import em_worksheet
from workbook.ui.em import NOTHING, OTHER, EmSheetState


def test_nothing_ticked_says_so():
    assert EmSheetState().summary == NOTHING


def test_each_tick_is_reckoned_at_once():
    sheet = EmSheetState(service_date="2025-10-14")
    sheet.problems = {"uncertain_new": 1}
    assert "decision making needs risk" in sheet.summary
    sheet.risk = ["prescription_drug"]
    assert sheet.summary == "99214, by decision making"
    sheet.problems = {"uncertain_new": 0, "stable_chronic": 1}
    assert sheet.summary == "99213, by decision making"
    sheet.minutes = 35
    assert sheet.summary == "99214, by time"
    assert "35 minutes" in sheet.trace_html


def test_a_setting_without_new_patients_ignores_that_box():
    sheet = EmSheetState()
    sheet.setting, sheet.is_new = "emergency", True
    sheet.problems, sheet.risk = {"threat_to_life": 1}, ["hospital_care"]
    assert sheet.summary == "99285, by decision making"
    sheet.minutes = 20
    assert "time never chooses this code" in sheet.summary and sheet.trace_html == ""


def test_a_case_brings_its_date_payer_and_setting_and_tells_its_key_when_asked():
    case = wb.encounter("ENC-001")
    sheet = EmSheetState(case)
    assert (sheet.service_date, sheet.payer, sheet.key_html) == ("2025-10-14", "Medicare", "")
    sheet.show_key()
    assert "99213" in sheet.key_html and "A new problem of uncertain prognosis" in sheet.key_html
    plain = EmSheetState(wb.encounter("ENC-004"))
    plain.show_key()
    assert "no level to judge" in plain.key_html


def test_prolonged_time_follows_the_payer():
    sheet = EmSheetState(service_date="2025-10-14")
    sheet.minutes = 60
    assert sheet.summary == "99215, by time"
    sheet.payer = OTHER
    assert sheet.summary == "99215 with 99417 x1, by time"


def test_the_view_prints_as_one_line_and_its_boxes_change_the_state():
    view = em_worksheet(wb.encounter("ENC-001"))
    assert repr(view) == "<worksheet of a visit's level>"
    counts = [box for part in view.children if hasattr(part, "children") for row in part.children
              for box in getattr(row, "children", ()) if hasattr(box, "max")]  # fmt: skip
    counts[0].value = 1
    assert view.state.problems == {"self_limited": 1}
