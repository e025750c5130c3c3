"""What a clinical note is worth in codes: cases with a cited key, a learner's answer scored, and the claim it makes.

`practice/` is a year of an invented practice, with its own pages.

Others may use: `Encounter`, `encounter`, `encounters` and `load_encounter` (in `case`), `variants` (in `variants`),
`exercise` and `exercises` (in `exercise`), `Entry` and `read_answer` (in `answer`), `check` and `Feedback` (in
`scoring`), `effect` (in `effect`), `em_level` and `em_words` (in `em`), `to_claim` (in `to_claim`), `charge_master` (in
`charges`), `review_cases` (in `case_review`).
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbook.encounters.case import Catalogue, Encounter


class _Room(ModuleType):
    """This room bears the name of its verb: importing it would otherwise hide `wb.encounters()` behind the module."""

    def __call__(
        self,
        level: int | None = None,
        specialty: str | None = None,
        setting: str | None = None,
        coding: str | None = None,
    ) -> Catalogue[Encounter]:
        """The cases of the workbook: see `workbook.encounters.case.encounters`."""
        from workbook.encounters.case import encounters

        return encounters(level, specialty, setting, coding)


sys.modules[__name__].__class__ = _Room
