"""What a claim and a remittance look like as tables and on paper, and how they are read, written and judged fit.

Others may use: `Claims`, `Remittance`, `read_claims`, `write_837`, `read_remittance`, `write_835`, `intake`,
`deidentify`, `claim_form`, `remittance_view`, and the declarations in `workbook.claims.tables`.
"""
