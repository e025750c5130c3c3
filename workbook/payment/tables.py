"""What pricing takes beside claims, and what it computes for every line."""

from __future__ import annotations

from workbook.engine.table import Column, Table

DENIAL = Table(
    "denial",
    "one line, or one whole claim, that the payer refuses",
    ("claim_id", "line_number", "carc"),
    (
        Column("claim_id", "text", "the claim", required=True),
        Column("line_number", "integer", "null for the whole claim"),
        Column("group_code", "text", "who bears it: CO contract, PR patient, OA other", required=True),
        Column("carc", "text", "claim adjustment reason code", required=True),
        Column("rarc", "text", "remittance advice remark code"),
        Column("rule_id", "text", "the rule that found it"),
    ),
)
PRICING_TERMS = Table(
    "pricing_terms",
    "the one row of terms on which claims are priced",
    (),
    (
        Column("locality", "text", "the Medicare payment locality, carrier-locality, NATIONAL, or ZIP", required=True),
        Column(
            "is_apm_participant", "boolean", "qualifying participants of an advanced alternative payment model bill"
        ),
        Column("wage_index", "rate", "of the hospital or surgical center; 1 nationally and when null"),
        Column("operating_cost_ratio", "rate", "the hospital's operating costs to its charges"),
        Column("capital_cost_ratio", "rate", "the hospital's capital costs to its charges"),
        Column("hospital_deductible_met", "boolean", "no stay has a deductible to pay any more; no when null"),
        Column("participates", "boolean", "the provider has agreed to accept assignment always; yes when null"),
    ),
)
DEDUCTIBLE_MET = Table(
    "deductible_met",
    "one patient and calendar year",
    ("patient_id", "calendar_year"),
    (
        Column("patient_id", "text", "the patient", required=True),
        Column("calendar_year", "integer", "the year", required=True),
        Column("amount", "money", "what of the Part B deductible was met before these claims", required=True),
    ),
)
HOSPITAL_DAYS_USED = Table(
    "hospital_days_used",
    "one patient",
    ("patient_id",),
    (
        Column("patient_id", "text", "the patient", required=True),
        Column("days", "integer", "hospital days of the benefit period used before these claims", required=True),
        Column("reserve_days", "integer", "lifetime reserve days used in earlier benefit periods; none when null"),
    ),
)
PLAN = Table(
    "plan",
    "the one commercial plan by whose terms claims are priced; no row for Medicare",
    (),
    (
        Column("plan_id", "text", "the plan", required=True),
        Column("title", "text", "its name", required=True),
        Column("fee_share", "rate", "what it allows, as a share of Medicare's fee", required=True),
        Column("deductible", "money", "what a member pays first, per calendar year", required=True),
        Column("coinsurance_rate", "rate", "the member's share of what the deductible leaves", required=True),
        Column("out_of_pocket_maximum", "money", "the most a member pays in a calendar year", required=True),
        Column("office_copay", "money", "flat amount for an office visit; null for none"),
        Column("emergency_copay", "money", "flat amount for an emergency visit; null for none"),
        Column("effective_date", "date", "first date of service", required=True),
        Column("end_date", "date", "last date of service", required=True),
    ),
)
SUPPLEMENT = Table(
    "supplement",
    "the one Medicare supplement that the patients have; no row for none",
    (),
    (
        Column("letter", "text", "the standard plan's letter", required=True),
        Column("deductible_share", "rate", "share of the Part B deductible that it pays", required=True),
        Column("coinsurance_share", "rate", "share of the Part B coinsurance that it pays", required=True),
        Column("hospital_deductible_share", "rate", "share of the Part A deductible that it pays", required=True),
        Column("excess_share", "rate", "share of what is charged above Medicare's amount that it pays", required=True),
        Column("office_copay", "money", "what it leaves of an office visit; null for nothing"),
        Column("emergency_copay", "money", "what it leaves of an emergency visit; null for nothing"),
    ),
)
LINE = Table(
    "line",
    "one service line, as the view payable_line gives it; each step adds its columns",
    ("claim_id", "line_number"),
    (
        Column("claim_id", "text", "the claim", required=True),
        Column("line_number", "integer", "the line", required=True),
        Column("claim_type", "text", "professional, institutional or dental"),
        Column("patient_id", "text", "the patient"),
        Column("billing_provider_npi", "text", "who bills"),
        Column("provider_npi", "text", "who performed it, or who bills"),
        Column("provider_taxonomy", "text", "the specialty of who performed it, a code of the provider taxonomy"),
        Column("service_date", "date", "first date of service"),
        Column("service_through_date", "date", "last date of service"),
        Column("received_date", "date", "when the payer received the claim"),
        Column("hcpcs_code", "text", "HCPCS code"),
        Column("modifier_1", "text", "two characters"),
        Column("modifier_2", "text", "two characters"),
        Column("modifier_3", "text", "two characters"),
        Column("modifier_4", "text", "two characters"),
        Column("place_of_service", "text", "two digits"),
        Column("service_zip", "text", "ZIP code of the place of service, or of who bills"),
        Column("locality", "text", "the payment locality, carrier-locality, or NATIONAL"),
        Column("units", "quantity", "how many"),
        Column("unit_basis", "text", "UN units, MJ minutes"),
        Column("billed_amount", "money", "charge"),
        Column("non_covered_amount", "money", "the part of the charge that a hospital itself calls not covered"),
        Column("ndc", "text", "National Drug Code, 11 digits"),
        Column("revenue_code", "text", "four digits, on an institutional line"),
        Column("frequency_code", "text", "1 original, 7 replacement, 8 void"),
        Column("original_claim_id", "text", "the payer's number of the claim that this one replaces or voids"),
        Column("claim_filing_code", "text", "the kind of payer: MB Medicare Part B, CI commercial, MC Medicaid"),
        Column("type_of_bill", "text", "of an institutional claim"),
        Column("accepts_assignment", "boolean", "the provider takes Medicare's amount as full payment"),
    ),
)
REGROUPED_DRG = Table(
    "regrouped_drg",
    "one inpatient hospital claim (bill 11x)",
    ("claim_id",),
    (
        Column("claim_id", "text", "the claim", required=True),
        Column("grouper_version", "text", "42.1 from April 2025, 43.0 from October 2025 …"),
        Column("ms_drg", "text", "the group its codes give; null where it was not grouped"),
        Column("why", "text", "why it was not grouped"),
        Column("deciding_diagnosis", "text", "the one other diagnosis without which the group is another"),
        Column("deciding_severity", "text", "what that diagnosis is: MCC or CC"),
        Column("ms_drg_without", "text", "the group without it"),
        Column("hac_diagnosis", "text", "the first diagnosis that counts as acquired in the hospital"),
        Column("hac_number", "text", "its category among Medicare's hospital-acquired conditions"),
    ),
)
PAYMENT_TABLES = {
    t.name: t for t in (DENIAL, PRICING_TERMS, DEDUCTIBLE_MET, HOSPITAL_DAYS_USED, PLAN, SUPPLEMENT, REGROUPED_DRG)
}
