"""ICD-10-CM as one table: every category and code of the edition that the simple-icd-10-cm package carries.

Importing that package parses the Tabular's XML (seconds, hundreds of megabytes), so it is read once into a Parquet
file in the user's data folder. Source of the content: CDC/NCHS, in the public domain.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from workbook.codes.store import data_folder
from workbook.codes.tables import DIAGNOSIS
from workbook.terms import Edition, Span, private_file

if TYPE_CHECKING:
    import pyarrow as pa

#: The package carries the April 2026 release of fiscal year 2026. It does not say which codes began in April, so
#: an April addition is taken as in force from October.
ICD_EDITION = Edition(
    table_name="diagnosis",
    source="CDC/NCHS ICD-10-CM, April 2026 release, from simple-icd-10-cm",
    version="FY2026-April",
    span=Span(date(2025, 10, 1), date(2026, 9, 30)),
)


@cache
def diagnosis_table() -> pa.Table:
    """Every ICD-10-CM category and code as rows of `DIAGNOSIS`; read from the cache, built when absent."""
    from importlib.metadata import version

    import pyarrow.parquet as pq

    path = data_folder() / f"diagnosis-{ICD_EDITION.version}-{version('simple-icd-10-cm')}.parquet"
    if not path.exists():
        table = DIAGNOSIS.from_rows(_read_package())
        with private_file(path) as stream:
            pq.write_table(table, stream)
    return pq.read_table(path)


def tabular() -> Any:
    """The simple-icd-10-cm package. Importing it takes seconds; ask `diagnosis_table` for what that holds."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads its files in a way that Python calls old
        import simple_icd_10_cm

    return simple_icd_10_cm


def _read_package() -> list[dict[str, Any]]:
    icd = tabular()
    return [
        {
            "diagnosis_code": code.replace(".", ""),
            "title": icd.get_description(code),
            "is_billable": icd.is_leaf(code),
            "effective_date": ICD_EDITION.span.effective_date,
            "end_date": ICD_EDITION.span.end_date,
            "edition": ICD_EDITION.version,
        }
        for code in dict.fromkeys(icd.get_all_codes())
        # five categories share their block's name (B20, F99, P84, R99, Z66): a block that is a category counts
        if icd.is_category(code) or not icd.is_chapter_or_block(code)
    ]
