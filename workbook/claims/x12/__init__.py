"""How X12 segments become the claim and remittance tables, and back: 837P, 837I, 837D and 835."""
