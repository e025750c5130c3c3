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
        C("supervising_provider_npi", "text", "who supervised"),
        C("attending_provider_npi", "text", "institutional: who has overall charge of the patient's care"),
        C("operating_provider_npi", "text", "institutional: who performed the principal procedure"),
        C("facility_npi", "text", "where the services were performed"),
        C("payer_sequence", "text", "P this payer decides first, S second, T third …"),
        C("patient_id", "text", "the patient; not the subscriber unless they are one person", required=True),
        C("subscriber_id", "text", "the member number of the insured"),
        C("group_number", "text", "the insured's group or policy"),
        C("group_name", "text", "its name"),
        C("insurance_type_code", "text", "why Medicare is secondary: 12 working aged, 43 disability …"),
        C("patient_relationship", "text", "of the patient to the insured: 18 self, 01 spouse, 19 child …"),
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
        C("admission_type", "text", "institutional: 1 emergency, 2 urgent, 3 elective …"),
        C("admission_source", "text", "institutional: where the patient came from"),
        C("patient_status", "text", "institutional: discharge status"),
        C("ms_drg", "text", "Medicare severity diagnosis-related group as billed"),
        C("accepts_assignment", "boolean", "the provider accepts the payer's amount"),
        C("provider_signature", "boolean", "professional: the provider's signature is on file"),
        C("benefits_assigned", "text", "Y the payer may pay the provider, N not, W not applicable"),
        C("release_of_information", "text", "Y signed by the patient, I informed consent by law"),
        C("related_causes", "text", "AA automobile, EM employment, OA other accident; joined by a colon"),
        C("accident_state", "text", "where an automobile accident was"),
        C("delay_reason_code", "text", "why the claim is late"),
        C("patient_paid_amount", "money", "what the patient has paid already"),
        C("prior_authorization", "text", "authorization number"),
        C("referral_number", "text", "referral number"),
        C("purpose", "text", "CH a claim to be paid, RP an encounter that is only reported"),
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
        C("code_set", "text", "icd10 or icd9; snomed where an extract has no other", required=True),
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
        C("code_qualifier", "text", "system of hcpcs_code where it is not HCPCS: HP HIPPS, AD dental, IV, ER, WK"),
        C("units", "quantity", "how many", required=True),
        C("unit_basis", "text", "UN units, MJ minutes"),
        C("billed_amount", "money", "charge of the line", required=True),
        C("non_covered_amount", "money", "institutional: part of the charge that is not covered"),
        C("place_of_service", "text", "two digits, where it differs from the claim's"),
        C("rendering_provider_npi", "text", "who performed it, where it differs from the claim's"),
        C("ordering_provider_npi", "text", "who ordered it"),
        C("referring_provider_npi", "text", "who referred, where it differs from the claim's"),
        C("supervising_provider_npi", "text", "who supervised, where it differs from the claim's"),
        C("is_emergency", "boolean", "the service was an emergency"),
        C("line_control_number", "text", "the provider's own number for the line"),
        C("ndc", "text", "national drug code, eleven digits"),
        C("ndc_quantity", "quantity", "how much of the drug"),
        C("ndc_unit", "text", "ML, GR, UN, F2 or ME"),
    ),
)  # fmt: skip
_PERSON = (
    C("is_organization", "boolean", "an organization, not a person"),
    C("last_name", "text", "last name, or the organization's name"),
    C("first_name", "text", "first name"),
    C("middle_name", "text", "middle name or initial"),
    C("name_suffix", "text", "Jr, III …"),
    C("identifier_type", "text", "what identifier is: XX NPI, MI member number, PI payer, FI tax number …"),
    C("identifier", "text", "as the claim names the party"),
    C("birth_date", "date", "of a patient or subscriber"),
    C("sex", "text", "F, M or U"),
    C("tax_id_type", "text", "EI employer's number, SY social security number"),
    C("tax_id", "text", "employer's or social security number"),
    C("taxonomy_code", "text", "specialty, ten characters"),
    C("address_1", "text", "street"),
    C("address_2", "text", "second line of the street"),
    C("city", "text", "city"),
    C("state", "text", "postal abbreviation"),
    C("zip_code", "text", "five or nine digits"),
    C("country", "text", "where it is not the United States"),
    C("contact_name", "text", "whom to ask"),
    C("phone", "text", "as sent"),
    C("phone_extension", "text", "as sent"),
    C("fax", "text", "as sent"),
    C("email", "text", "as sent"),
)
CLAIM_PARTY = Table(
    "claim_party",
    "one person or organization that a claim names; the only claim table that holds names and addresses",
    ("claim_id", "line_number", "role", "sequence"),
    (
        _CLAIM_ID,
        C("line_number", "integer", "null when the whole claim is meant"),
        C(
            "role", "text",
            "submitter, receiver, billing, pay_to, subscriber, patient, payer, rendering, referring, primary_care, "
            "supervising, attending, operating, other_operating, ordering, facility, pick_up, drop_off, assistant, "
            "other_payer, other_subscriber, …", required=True,
        ),
        C("sequence", "integer", "from 1, among parties of one role; other payers in their order", required=True),
        *_PERSON,
    ),
)  # fmt: skip
CLAIM_DETAIL = Table(
    "claim_detail",
    "one fact on a claim or a line that has no column of its own, so that nothing sent is lost",
    ("claim_id", "line_number", "sequence"),
    (
        _CLAIM_ID,
        C("line_number", "integer", "null when the whole claim is meant"),
        C("sequence", "integer", "from 1, in the order sent", required=True),
        C("about", "text", "the party it is about, as other_payer:2; null when the claim or line itself"),
        C(
            "kind", "text",
            "date, reference, amount, note, condition, occurrence, occurrence_span, value, treatment, code; "
            "element (of a segment that has columns) or segment (of another), as it stood", required=True,
        ),
        C("qualifier", "text", "which one: 431 onset of illness, EA medical record, A0 value code, SV111 element"),
        C("value", "text", "what it says, where it is text; a segment with the separators * : ^"),
        C("from_date", "date", "its day, or the first"),
        C("through_date", "date", "its last day"),
        C("amount", "money", "its amount"),
    ),
)  # fmt: skip
OTHER_PAYER = Table(
    "other_payer", "one earlier payer's result for a claim or a line", ("claim_id", "line_number", "payer_id"),
    (
        _CLAIM_ID,
        C("line_number", "integer", "null for the whole claim"),
        C("payer_id", "text", "the earlier payer"),
        C("payer_sequence", "text", "P it decides first, S second, T third …"),
        C("claim_filing_code", "text", "kind of insurance"),
        C("patient_relationship", "text", "of the patient to its insured"),
        C("subscriber_id", "text", "its member number of the insured"),
        C("group_number", "text", "its insured's group or policy"),
        C("allowed_amount", "money", "what it allowed"),
        C("paid_amount", "money", "what it paid"),
        C("obligated_amount", "money", "what the provider must accept as full payment"),
        C("adjudicated_date", "date", "when it decided"),
        C("group_name", "text", "its name"),
        C("insurance_type_code", "text", "as on a claim"),
        C("hcpcs_code", "text", "line: the code it decided on"),
        C("modifiers", "text", "line: joined by a colon, as in 26:59"),
        C("units", "quantity", "line: the units it paid"),
    ),
)  # fmt: skip
OTHER_PAYER_ADJUSTMENT = Table(
    "other_payer_adjustment",
    "one amount by which an earlier payer's payment differs from the charge",
    ("claim_id", "line_number", "payer_id", "group_code", "carc"),
    (
        _CLAIM_ID,
        C("line_number", "integer", "null for the whole claim"),
        C("payer_id", "text", "the earlier payer"),
        C("group_code", "text", "CO contract, PR patient, OA other, PI payer", required=True),
        C("carc", "text", "claim adjustment reason code", required=True),
        C("amount", "money", "positive lowers the payment", required=True),
        C("quantity", "quantity", "units adjusted"),
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
        C("facility_code", "text", "place of service or facility type, as billed"),
        C("frequency_code", "text", "1 original, 7 replacement, 8 void"),
        C("ms_drg", "text", "the group that was paid"),
        C("statement_from_date", "date", "first day of the claim"),
        C("statement_through_date", "date", "last day of the claim"),
        C("received_date", "date", "when the payer received the claim"),
    ),
)  # fmt: skip
REMITTANCE_LINE = Table(
    "remittance_line", "one paid line", ("remittance_id", "claim_sequence", "line_number"),
    (
        _REMITTANCE_ID,
        _CLAIM_SEQUENCE,
        _CLAIM_ID,
        _LINE,
        C("service_date", "date", "first date of service"),
        C("service_through_date", "date", "last date of service; null when it is the first"),
        C("revenue_code", "text", "institutional: four digits"),
        C("hcpcs_code", "text", "as adjudicated"),
        C("billed_hcpcs_code", "text", "as billed, where it was changed"),
        C("modifiers", "text", "joined by a colon, as in 26:59"),
        C("billed_amount", "money", "charge (SVC02)", required=True),
        C("allowed_amount", "money", "what the payer accepts as full payment"),
        C("paid_amount", "money", "payment (SVC03)", required=True),
        C("units", "quantity", "units paid"),
        C("billed_units", "quantity", "units billed, where they differ"),
        C("line_control_number", "text", "the provider's own number for the line"),
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
        C("provider_id", "text", "whose account it concerns (PLB01), where it is not the payee's"),
        C("reason_code", "text", "WO recovery, L6 interest, FB forwarding …", required=True),
        C("reference", "text", "what it refers to"),
        C("fiscal_period_end", "date", "last day of the provider's fiscal year"),
        C("amount", "money", "positive lowers the payment", required=True),
    ),
)  # fmt: skip
REMITTANCE_PARTY = Table(
    "remittance_party",
    "one person or organization that a remittance names; the only remittance table with people's names",
    ("remittance_id", "claim_sequence", "role", "sequence"),
    (
        _REMITTANCE_ID,
        C("claim_sequence", "integer", "null for the payer and the payee"),
        C(
            "role", "text",
            "payer, payee, patient, subscriber, corrected_subscriber, rendering, crossover, corrected_payer, "
            "other_subscriber", required=True,
        ),
        C("sequence", "integer", "from 1, among parties of one role", required=True),
        *_PERSON,
    ),
)  # fmt: skip
REMITTANCE_DETAIL = Table(
    "remittance_detail",
    "one fact of a remittance that has no column of its own, so that nothing sent is lost",
    ("remittance_id", "claim_sequence", "line_number", "sequence"),
    (
        _REMITTANCE_ID,
        C("claim_sequence", "integer", "null when the whole transaction is meant"),
        C("line_number", "integer", "null when the whole claim is meant"),
        C("sequence", "integer", "from 1, in the order sent", required=True),
        C("about", "text", "the party it is about; null when the claim or line itself"),
        C("kind", "text", "date, reference, amount, note, element or segment, as in claim_detail", required=True),
        C("qualifier", "text", "which one: B6 allowed, 6R line control number …"),
        C("value", "text", "what it says, where it is text"),
        C("from_date", "date", "its day"),
        C("through_date", "date", "its last day"),
        C("amount", "money", "its amount"),
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

CLAIM_TABLES = {
    t.name: t
    for t in (
        CLAIM, CLAIM_DIAGNOSIS, CLAIM_PROCEDURE, CLAIM_LINE, CLAIM_PARTY, CLAIM_DETAIL,
        OTHER_PAYER, OTHER_PAYER_ADJUSTMENT,
    )
}  # fmt: skip
REMITTANCE_TABLES = {
    t.name: t
    for t in (
        REMITTANCE, REMITTANCE_CLAIM, REMITTANCE_LINE, ADJUSTMENT, REMARK, PROVIDER_ADJUSTMENT,
        REMITTANCE_PARTY, REMITTANCE_DETAIL,
    )
}  # fmt: skip
