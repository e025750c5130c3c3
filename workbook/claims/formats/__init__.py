"""Other ways into and out of the claim tables: wide extracts mapped by a page, FHIR, spreadsheets, conversion.

Others may use: `convert`, `read_wide`, `layouts`, `TEMPLATE`, `write_fhir`, `write_xlsx`.
"""

from workbook.claims.formats.convert import convert
from workbook.claims.formats.fhir import write_fhir
from workbook.claims.formats.layout import TEMPLATE, layouts
from workbook.claims.formats.wide import read_wide
from workbook.claims.formats.xlsx import write_xlsx

__all__ = ["TEMPLATE", "convert", "layouts", "read_wide", "write_fhir", "write_xlsx"]
