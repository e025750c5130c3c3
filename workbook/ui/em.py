"""A worksheet for the level of a visit: what was ticked, and the code that it supports."""

from __future__ import annotations

import html
from datetime import date

import traitlets as tl

from workbook.encounters.case import Encounter
from workbook.encounters.em import asks_whether_new, em_level
from workbook.terms import WorkbookError

MEDICARE, OTHER = "Medicare", "another payer"
NOTHING = "Nothing ticked yet"


class EmSheetState(tl.HasTraits):
    """One visit being judged: its elements or its minutes, and the level that follows at once."""

    service_date = tl.Unicode()
    setting = tl.Unicode("office")
    is_new = tl.Bool(False)
    payer = tl.Unicode(MEDICARE)
    problems = tl.Dict()  # word → how many
    data = tl.Dict()  # word → how many, or True
    risk = tl.List(tl.Unicode())
    minutes = tl.Int(0)  # 0: not stated
    summary = tl.Unicode(NOTHING)
    trace_html = tl.Unicode()
    key_html = tl.Unicode()

    def __init__(self, case: Encounter | None = None, service_date: str | date | None = None) -> None:
        super().__init__()
        self.case = case
        self.service_date = str(service_date or (case.visit.service_date if case else date(2025, 10, 14)))
        if case:
            self.is_new = case.visit.patient_is_new
            self.payer = MEDICARE if case.patient.payer.startswith(MEDICARE) else OTHER
            self.setting = case.em.setting if case.em else "office"
        self.observe(
            lambda _: self.judge(),
            ["service_date", "setting", "is_new", "payer", "problems", "data", "risk", "minutes"],
        )

    def judge(self) -> None:
        """Reckon the level anew; what contradicts itself says why."""
        problems = {word: count for word, count in self.problems.items() if count}
        data = {word: count for word, count in self.data.items() if count}
        if not (problems or data or self.risk or self.minutes):
            self.summary, self.trace_html = NOTHING, ""
            return
        is_new = self.is_new if asks_whether_new(self.setting) else None
        try:
            found = em_level(
                self.service_date, self.setting, is_new=is_new, problems=problems or None,
                data=data or None, risk=list(self.risk) or None, minutes=self.minutes or None, payer=self.payer,
            )  # fmt: skip
        except WorkbookError as error:
            self.summary, self.trace_html = str(error), ""
            return
        self.summary, self.trace_html = str(found), found.trace_html()

    def show_key(self) -> None:
        """How the case's key was judged, element by element."""
        if self.case is None or self.case.em is None or (level := self.case.em_level) is None:
            self.key_html = "<p>This visit has no level to judge.</p>"
            return
        self.key_html = f"<p>{html.escape(self.case.em.because)}</p>{level._repr_html_()}"
