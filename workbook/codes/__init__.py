"""What a code means, and whether it is valid and billable on a date of service.

Others may use: `lookup`, `is_known`, `is_billable`, `dotted`, `undotted`, `Entry`, `reference`, `editions`,
`edition_on`, `edition_rows`, `read_csv`, `data_folder`, and the declarations in `workbook.codes.tables`.
"""

from workbook.codes.lookup import Entry, dotted, is_billable, is_known, lookup, undotted
from workbook.codes.reference import edition_on, edition_rows, editions, read_csv, reference
from workbook.codes.store import data_folder

__all__ = [
    "Entry", "data_folder", "dotted", "edition_on", "edition_rows", "editions", "is_billable", "is_known", "lookup",
    "read_csv", "reference", "undotted",
]  # fmt: skip
