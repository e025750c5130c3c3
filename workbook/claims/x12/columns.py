"""Which element of an 837 is which column: the reader reads these maps forwards, the writer backwards.

What has no column becomes a row of claim_detail, so these maps decide where a fact stands, never whether it is kept.
"""

from __future__ import annotations

HEADER, CLAIM, OTHER_PAYER, LINE, DRUG, LINE_PAYER = range(6)  # where a segment stands

#: NM101 → the role of the party, by place; a code that is not here is its own role
HEADER_ROLES = {
    "41": "submitter", "40": "receiver", "85": "billing", "87": "pay_to", "PE": "pay_to_plan",
    "IL": "subscriber", "PR": "payer", "QC": "patient",
}  # fmt: skip
CLAIM_ROLES = {
    "82": "rendering", "DN": "referring", "P3": "primary_care", "DQ": "supervising", "77": "facility",
    "71": "attending", "72": "operating", "ZZ": "other_operating", "PW": "pick_up", "45": "drop_off",
    "DD": "assistant",
    "FA": "facility", "LI": "facility", "TL": "facility",  # as 004010 named it
}  # fmt: skip
LINE_ROLES = CLAIM_ROLES | {"DK": "ordering", "QB": "purchased_service"}
OTHER_PAYER_ROLES = {
    "IL": "other_subscriber", "PR": "other_payer", "QC": "other_patient", "85": "other_payer_billing",
    **{code: f"other_payer_{role}" for code, role in CLAIM_ROLES.items()},
}  # fmt: skip
ROLES = {
    HEADER: HEADER_ROLES, CLAIM: CLAIM_ROLES, OTHER_PAYER: OTHER_PAYER_ROLES, LINE: LINE_ROLES, DRUG: LINE_ROLES,
    LINE_PAYER: LINE_ROLES,
}  # fmt: skip

#: role → the column that holds its NPI
CLAIM_NPI = {
    "rendering": "rendering_provider_npi", "referring": "referring_provider_npi",
    "primary_care": "referring_provider_npi", "supervising": "supervising_provider_npi", "facility": "facility_npi",
    "attending": "attending_provider_npi", "operating": "operating_provider_npi",
}  # fmt: skip
LINE_NPI = {
    "rendering": "rendering_provider_npi", "referring": "referring_provider_npi", "ordering": "ordering_provider_npi",
    "supervising": "supervising_provider_npi",
}  # fmt: skip

#: (place, DTP01) → the columns of its first and last day
DATES: dict[tuple[int, str], tuple[str, ...]] = {
    (CLAIM, "434"): ("statement_from_date", "statement_through_date"),
    (CLAIM, "435"): ("admission_date",),
    (LINE, "472"): ("service_from_date", "service_through_date"),
    (OTHER_PAYER, "573"): ("adjudicated_date",),
    (LINE_PAYER, "573"): ("adjudicated_date",),
}
REFERENCES = {
    (CLAIM, "G1"): "prior_authorization", (CLAIM, "F8"): "original_claim_id", (CLAIM, "9F"): "referral_number",
    (LINE, "6R"): "line_control_number",
}  # fmt: skip
AMOUNTS = {
    (CLAIM, "F5"): "patient_paid_amount", (OTHER_PAYER, "D"): "paid_amount", (OTHER_PAYER, "B6"): "allowed_amount",
    (LINE_PAYER, "B6"): "allowed_amount",
}  # fmt: skip

#: segment → {element: column}: text, as it stands
SUBSCRIBER = {1: "payer_sequence", 3: "group_number", 4: "group_name", 5: "insurance_type_code", 9: "claim_filing_code"}
CLAIM_TEXT = {8: "benefits_assigned", 9: "release_of_information", 20: "delay_reason_code"}
INSTITUTIONAL = {1: "admission_type", 2: "admission_source", 3: "patient_status"}
ASSIGNMENT = {"A": True, "C": False}  # CLM07; B, accepted for laboratory services only, is neither
YES_NO = {"Y": True, "N": False}

#: HI qualifier → (role, code set), from the code lists of HI01-1 in the 837 guides
DIAGNOSIS_ROLES = {
    "ABK": ("principal", "icd10"), "ABF": ("other", "icd10"), "ABJ": ("admitting", "icd10"),
    "APR": ("reason_for_visit", "icd10"), "ABN": ("external_cause", "icd10"),
    "BK": ("principal", "icd9"), "BF": ("other", "icd9"), "BJ": ("admitting", "icd9"),
    "PR": ("reason_for_visit", "icd9"), "BN": ("external_cause", "icd9"),
}  # fmt: skip
PROCEDURE_QUALIFIERS = {"BBR": "icd10", "BBQ": "icd10", "BR": "icd9", "BQ": "icd9"}
#: HI qualifier → kind of detail; any other is a code
CODE_KINDS = {"BG": "condition", "BH": "occurrence", "BI": "occurrence_span", "BE": "value", "TC": "treatment"}

#: NM1, N3, N4 and PER → {element: column} of a party
NAME = {3: "last_name", 4: "first_name", 5: "middle_name", 7: "name_suffix", 8: "identifier_type", 9: "identifier"}
STREET = {1: "address_1", 2: "address_2"}
CITY = {1: "city", 2: "state", 3: "zip_code", 4: "country"}
CONTACT = {"TE": "phone", "EX": "phone_extension", "FX": "fax", "EM": "email"}
TAX_IDS = ("EI", "SY")
#: what the guide requires and the tables may lack; the writer says so, and the reader takes it for nothing
NOT_ON_FILE, NO_PHONE = "NOT ON FILE", "0000000000"

# The 835

#: N101 of the header and NM101 of a claim → role
REMITTANCE_ROLES = {"PR": "payer", "PE": "payee"}
PAID_CLAIM_ROLES = {
    "QC": "patient", "IL": "subscriber", "74": "corrected_subscriber", "82": "rendering", "TT": "crossover",
    "PR": "corrected_payer", "GB": "other_subscriber",
}  # fmt: skip
#: CLP → {element: column}: text, as it stands
PAID_CLAIM_TEXT = {6: "claim_filing_code", 7: "payer_claim_id", 8: "facility_code", 9: "frequency_code", 11: "ms_drg"}
PAID_CLAIM_DATES = {"232": "statement_from_date", "233": "statement_through_date", "050": "received_date"}
PAID_LINE_DATES = {"472": "service_date", "150": "service_date", "151": "service_through_date"}
PAID_LINE_AMOUNTS = {"B6": "allowed_amount"}
#: where the remarks of a claim stand
REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}
