"""Other ways into and out of the claim tables: wide extracts mapped by a page, FHIR, spreadsheets, conversion.

Others may use: `read_wide`, `write_fhir`, `write_xlsx`, `convert`.
"""
