"""What a learner sees and clicks in a notebook: state without widgets, and views without logic.

Others may use: `browse_cards`, `browse_codes`, `code_visit`, `find_the_error`, `follow_the_dollars`, `hunt_errors`.
"""

from workbook.ui.views import (
    browse_cards,
    browse_codes,
    code_visit,
    find_the_error,
    follow_the_dollars,
    hunt_errors,
)

__all__ = ["browse_cards", "browse_codes", "code_visit", "find_the_error", "follow_the_dollars", "hunt_errors"]
