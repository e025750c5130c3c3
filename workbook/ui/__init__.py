"""What a learner sees and clicks in a notebook: state without widgets, and views without logic.

Others may use: `browse_codes`, `code_visit`, `find_the_error`, `follow_the_dollars`.
"""

from workbook.ui.views import browse_codes, code_visit, find_the_error, follow_the_dollars

__all__ = ["browse_codes", "code_visit", "find_the_error", "follow_the_dollars"]
