"""Claims and remittances as pages a person can read: a claim by its paper form's boxes, an 835 in plain words."""

from workbook.claims.forms.claim import ClaimForm, claim_form
from workbook.claims.forms.remittance import RemittanceView, remittance_view

__all__ = ["ClaimForm", "RemittanceView", "claim_form", "remittance_view"]
