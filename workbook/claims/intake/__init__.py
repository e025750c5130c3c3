"""Is this extract fit to audit? Great Expectations judges the claim tables, and the failing rows are named.

Others may use: `intake`. Great Expectations (3 seconds, 200 MB) is imported when `intake` runs, not before.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbook.claims.intake.result import IntakeResult
    from workbook.claims.model import Claims

__all__ = ["intake"]


def intake(claims: Claims, today: date | None = None) -> IntakeResult:
    """Judge whether `claims` are fit to audit: "fit", "fit with warnings" or "not fit", with the failing rows.

    Service dates after `today` (default: the date of the computer) are faults. Nothing is sent anywhere and no file is
    written. The result's `.rows` holds values of the extract, so treat it as you treat the extract.
    """
    from workbook.claims.intake.judge import judge

    return judge(claims, today or date.today())
