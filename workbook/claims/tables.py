"""The claim and remittance tables: one shape travels the whole way from the note to the statement."""

from __future__ import annotations

from workbook.engine.table import Column, Table

C = Column
_CLAIM_ID = C("claim_id", "text", "the claim, unique in what was read; see patient_control_number", required=True)
_CLAIM_SEQUENCE = C("claim_sequence", "integer", "the paid claim's position in its transaction, from 1", required=True)
_LINE = C("line_number", "integer", "the line's number on its claim, from 1", required=True)
_REMITTANCE_ID = C("remittance_id", "text", "the 835 transaction", required=True)

CLAIM = Table(
    "claim", "one claim", ("claim_id",),
    (
        _CLAIM_ID,
        C("patient_control_number", "text", "the provider's number for the claim (CLM01), as sent"),
        C("claim_type", "text", "professional, institutional or dental", required=True),
        C("payer_id", "text", "the destination payer's identifier"),
        C("payer_name", "text", "the destination payer's name"),
        C("claim_filing_code", "text", "kind of insurance: MB Medicare Part B, MC Medicaid, CI commercial …"),
        C("billing_provider_npi", "text", "who bills", required=True),
        C("rendering_provider_npi", "text", "who performed the services"),
        C("referring_provider_npi", "text", "who referred"),
        C("facility_npi", "text", "where the services were performed"),
        C("patient_id", "text", "the patient; not the subscriber unless they are one person", required=True),
        C("subscriber_id", "text", "the member number of the insured"),
        C("patient_birth_date", "date", "date of birth"),
        C("patient_sex", "text", "F, M or U"),
        C("billed_amount", "money", "total charge of the claim", required=True),
        C("place_of_service", "text", "two digits, for lines that name none"),
        C("type_of_bill", "text", "institutional: facility type, care, frequency"),
        C("frequency_code", "text", "1 original, 7 replacement, 8 void"),
        C("original_claim_id", "text", "the payer's number of the claim that is replaced or voided"),
        C("statement_from_date", "date", "institutional: first day billed"),
        C("statement_through_date", "date", "institutional: last day billed"),
        C("admission_date", "date", "first day of the stay"),
        C("patient_status", "text", "institutional: discharge status"),
        C("ms_drg", "text", "Medicare severity diagnosis-related group as billed"),
        C("accepts_assignment", "boolean", "the provider accepts the payer's amount"),
        C("prior_authorization", "text", "authorization number"),
        C("received_date", "date", "when the payer received the claim"),
        C("source_file", "text", "the file the claim was read from"),
        C("source_segment", "integer", "where the claim begins in that file"),
    ),
)  # fmt: skip
CLAIM_DIAGNOSIS = Table(
    "claim_diagnosis", "one diagnosis code on a claim", ("claim_id", "role", "sequence"),
    (
        _CLAIM_ID,
        C("sequence", "integer", "from 1; principal and other are one list, so a pointer is a sequence", required=True),
        C("role", "text", "principal, other, admitting, reason_for_visit or external_cause", required=True),
        C("diagnosis_code", "text", "undotted", required=True),
        C("code_set", "text", "icd10 or icd9", required=True),
        C("present_on_admission", "text", "Y, N, U, W or 1"),
    ),
)  # fmt: skip
CLAIM_PROCEDURE = Table(
    "claim_procedure", "one ICD-10-PCS code on a claim", ("claim_id", "sequence"),
    (
        _CLAIM_ID,
        C("sequence", "integer", "position, from 1; the principal procedure is 1", required=True),
        C("procedure_code", "text", "ICD-10-PCS, or ICD-9-CM before October 2015", required=True),
        C("procedure_date", "date", "when it was performed"),
    ),
)  # fmt: skip
CLAIM_LINE = Table(
    "claim_line", "one service line", ("claim_id", "line_number"),
    (
        _CLAIM_ID,
        _LINE,
        C("service_from_date", "date", "first date of service", required=True),
        C("service_through_date", "date", "last date of service; null when it is the first"),
        C("hcpcs_code", "text", "CPT (level I) or HCPCS level II"),
        C("modifier_1", "text", "two characters"),
        C("modifier_2", "text", "two characters"),
        C("modifier_3", "text", "two characters"),
        C("modifier_4", "text", "two characters"),
        C("revenue_code", "text", "institutional: four digits"),
        C("diagnosis_pointer_1", "integer", "position of the diagnosis the line is for"),
        C("diagnosis_pointer_2", "integer", "a further one"),
        C("diagnosis_pointer_3", "integer", "a further one"),
        C("diagnosis_pointer_4", "integer", "a further one"),
        C("units", "quantity", "how many", required=True),
        C("unit_basis", "text", "UN units, MJ minutes"),
        C("billed_amount", "money", "charge of the line", required=True),
        C("place_of_service", "text", "two digits, where it differs from the claim's"),
        C("rendering_provider_npi", "text", "who performed it, where it differs from the claim's"),
        C("ndc", "text", "national drug code, eleven digits"),
    ),
)  # fmt: skip
OTHER_PAYER = Table(
    "other_payer", "one earlier payer's result for a claim or a line", ("claim_id", "line_number", "payer_id"),
    (
        _CLAIM_ID,
        C("line_number", "integer", "null for the whole claim"),
        C("payer_id", "text", "the earlier payer"),
        C("allowed_amount", "money", "what it allowed"),
        C("paid_amount", "money", "what it paid"),
        C("obligated_amount", "money", "what the provider must accept as full payment"),
        C("adjudicated_date", "date", "when it decided"),
    ),
)  # fmt: skip
REMITTANCE = Table(
    "remittance", "one 835 transaction", ("remittance_id",),
    (
        _REMITTANCE_ID,
        C("payer_id", "text", "who pays"),
        C("payer_name", "text", "who pays"),
        C("payee_npi", "text", "who is paid"),
        C("payee_name", "text", "who is paid"),
        C("payment_amount", "money", "the payment (BPR02); may be 0", required=True),
        C("payment_method", "text", "ACH, CHK, NON …"),
        C("payment_date", "date", "when it is paid"),
        C("trace_number", "text", "check or transfer number"),
    ),
)  # fmt: skip
REMITTANCE_CLAIM = Table(
    "remittance_claim", "one paid claim", ("remittance_id", "claim_sequence"),
    (
        _REMITTANCE_ID,
        _CLAIM_SEQUENCE,
        _CLAIM_ID,
        C("claim_status_code", "text", "1 primary, 2 secondary, 3 tertiary, 4 denied, 22 reversal", required=True),
        C("billed_amount", "money", "total charge (CLP03)", required=True),
        C("paid_amount", "money", "payment (CLP04)", required=True),
        C("patient_responsibility_amount", "money", "what the patient owes (CLP05)"),
        C("claim_filing_code", "text", "kind of insurance"),
        C("payer_claim_id", "text", "the payer's number for the claim"),
        C("patient_id", "text", "the patient"),
    ),
)  # fmt: skip
REMITTANCE_LINE = Table(
    "remittance_line", "one paid line", ("remittance_id", "claim_sequence", "line_number"),
    (
        _REMITTANCE_ID,
        _CLAIM_SEQUENCE,
        _CLAIM_ID,
        _LINE,
        C("service_date", "date", "date of service"),
        C("hcpcs_code", "text", "as adjudicated"),
        C("modifiers", "text", "joined by a colon, as in 26:59"),
        C("billed_amount", "money", "charge (SVC02)", required=True),
        C("allowed_amount", "money", "what the payer accepts as full payment"),
        C("paid_amount", "money", "payment (SVC03)", required=True),
        C("units", "quantity", "units paid"),
    ),
)  # fmt: skip
ADJUSTMENT = Table(
    "adjustment", "one CAS amount", ("remittance_id", "claim_sequence", "line_number", "group_code", "carc"),
    (
        _REMITTANCE_ID,
        _CLAIM_SEQUENCE,
        _CLAIM_ID,
        C("line_number", "integer", "null when the whole claim is adjusted"),
        C("level", "text", "claim or line", required=True),
        C("group_code", "text", "CO contract, PR patient, OA other, PI payer", required=True),
        C("carc", "text", "claim adjustment reason code", required=True),
        C("amount", "money", "positive lowers the payment", required=True),
        C("quantity", "quantity", "units adjusted"),
    ),
)  # fmt: skip
REMARK = Table(
    "remark", "one remark code", ("remittance_id", "claim_sequence", "line_number", "rarc"),
    (
        _REMITTANCE_ID,
        _CLAIM_SEQUENCE,
        _CLAIM_ID,
        C("line_number", "integer", "null when it is about the whole claim"),
        C("rarc", "text", "remittance advice remark code", required=True),
    ),
)  # fmt: skip
PROVIDER_ADJUSTMENT = Table(
    "provider_adjustment", "one PLB amount", ("remittance_id", "reason_code", "reference"),
    (
        _REMITTANCE_ID,
        C("reason_code", "text", "WO recovery, L6 interest, FB forwarding …", required=True),
        C("reference", "text", "what it refers to"),
        C("amount", "money", "positive lowers the payment", required=True),
    ),
)  # fmt: skip
PROBLEM = Table(
    "problem", "one fault found while reading a file", (),
    (
        C("file", "text", "the file", required=True),
        C("segment_number", "integer", "counted from 1 at the file's first ISA"),
        C("segment", "text", "the segment's name"),
        C("element", "text", "the element, CLM02"),
        C("level", "integer", "SNIP level: 1 syntax, 2 guide, 3 balancing, 4 situation, 5 code sets"),
        C("severity", "text", "error or warning", required=True),
        C("claim_id", "text", "the claim it concerns"),
        C("message", "text", "what was found, what was expected", required=True),
    ),
)  # fmt: skip

CLAIM_TABLES = {t.name: t for t in (CLAIM, CLAIM_DIAGNOSIS, CLAIM_PROCEDURE, CLAIM_LINE, OTHER_PAYER)}
REMITTANCE_TABLES = {
    t.name: t for t in (REMITTANCE, REMITTANCE_CLAIM, REMITTANCE_LINE, ADJUSTMENT, REMARK, PROVIDER_ADJUSTMENT)
}
