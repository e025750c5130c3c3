"""ICD-10-CM as a reference table: every category and code of the Tabular with the dates of service it serves."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from workbook.codes.tables import DIAGNOSIS
from workbook.codes.tabular import RELEASE, nodes
from workbook.terms import Edition, Span

if TYPE_CHECKING:
    import pyarrow as pa

#: The package carries the April 2026 release of fiscal year 2026. It does not say which codes began in April, so
#: an April addition is taken as in force from October.
ICD_EDITION = Edition(
    table_name="diagnosis",
    source="CDC/NCHS ICD-10-CM, April 2026 release, from simple-icd-10-cm",
    version=RELEASE,
    span=Span(date(2025, 10, 1), date(2026, 9, 30)),
)


@cache
def diagnosis_table() -> pa.Table:
    """Every ICD-10-CM category and code as rows of `DIAGNOSIS`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = nodes()
    found = found.filter(pc.invert(pc.is_in(found["kind"], value_set=pa.array(["chapter", "block"]))))
    count = found.num_rows
    return DIAGNOSIS.from_columns(
        {
            "diagnosis_code": found["code"].to_pylist(),
            "title": found["title"].to_pylist(),
            "is_billable": found["is_billable"].to_pylist(),
            "effective_date": [ICD_EDITION.span.effective_date] * count,
            "end_date": [ICD_EDITION.span.end_date] * count,
            "edition": [ICD_EDITION.version] * count,
        },
        count,
    )
