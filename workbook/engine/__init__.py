"""Runs a SELECT over declared tables, the same text on DuckDB and on Spark.

Others may use: `open_engine`, `Engine`, `Table`, `Column`, `to_pandas`, `regrouped`, `read_page`, `parse_select`,
`add_views`, `show_views`.
The only room that imports duckdb, pyspark or sqlglot.
"""

from workbook.engine.page import Page, PageTable, Section, read_page
from workbook.engine.run import Engine, open_engine
from workbook.engine.select import Select, parse_select
from workbook.engine.table import TYPES, Column, Table, regrouped, to_pandas
from workbook.engine.views import add_views, base_tables, show_views, view_names

__all__ = [
    "TYPES", "Column", "Engine", "Page", "PageTable", "Section", "Select", "Table", "add_views", "base_tables",
    "open_engine", "parse_select", "read_page", "regrouped", "show_views", "to_pandas", "view_names",
]  # fmt: skip
