"""What a learner sees and clicks in a notebook: state without widgets, and views without logic.

Others may use: `browse_cards`, `browse_codes`, `code_visit`, `em_worksheet`, `find_the_error`,
`follow_the_dollars`, `hunt_errors`, `judge`, `what_if`.
"""

from workbook.ui.questions import judge
from workbook.ui.views import (
    browse_cards,
    browse_codes,
    code_visit,
    em_worksheet,
    find_the_error,
    follow_the_dollars,
    hunt_errors,
    what_if,
)

__all__ = [
    "browse_cards", "browse_codes", "code_visit", "em_worksheet", "find_the_error", "follow_the_dollars", "hunt_errors",
    "judge", "what_if",
]  # fmt: skip
