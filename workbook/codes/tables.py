"""The reference tables: one row per code and span of dates, each row stamped with its edition."""

from __future__ import annotations

from workbook.engine.table import Column, Table

_DATED = (
    Column("effective_date", "date", "first date of service the row serves", required=True),
    Column("end_date", "date", "last date of service the row serves; null when open"),
    Column("edition", "text", "the release the row came from"),
    Column("source", "text", "where the fact was read"),
)


def _reference(name: str, grain: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table(name, grain, (*key, "effective_date"), (*columns, *_DATED))


DIAGNOSIS = _reference(
    "diagnosis",
    "one ICD-10-CM code or category and span of dates",
    ("diagnosis_code",),
    Column("diagnosis_code", "text", "undotted", required=True),
    Column("title", "text", "the Tabular's title"),
    Column("is_billable", "boolean", "complete enough to stand on a claim", required=True),
)
HCPCS = _reference(
    "hcpcs",
    "one HCPCS code and span of dates",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "CPT (level I, number only) or HCPCS level II", required=True),
    Column("label", "text", "what it is, in this project's own words"),
)
PTP = _reference(
    "ptp",
    "one NCCI procedure-to-procedure pair and span of dates",
    ("column_one_code", "column_two_code", "setting"),
    Column("column_one_code", "text", "the code that is paid", required=True),
    Column("column_two_code", "text", "the code that is denied beside it", required=True),
    Column(
        "modifier_indicator",
        "text",
        "0 never bypassed, 1 by an NCCI-associated modifier, 9 never in force",
        required=True,
    ),
    Column("setting", "text", "practitioner or hospital", required=True),
)
MUE = _reference(
    "mue",
    "one medically unlikely edit and span of dates",
    ("hcpcs_code", "setting"),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("mue_value", "quantity", "the most units payable", required=True),
    Column("mai", "text", "1 per claim line, 2 per day and absolute, 3 per day, payable on review", required=True),
    Column("setting", "text", "practitioner, hospital or dme", required=True),
)
PLACE_OF_SERVICE = _reference(
    "place_of_service",
    "one place of service and span of dates",
    ("place_of_service",),
    Column("place_of_service", "text", "two digits", required=True),
    Column("label", "text", "what the place is"),
    Column("is_facility", "boolean", "Medicare pays the facility rate there", required=True),
)
PHYSICIAN_FEE = _reference(
    "physician_fee",
    "one HCPCS code and modifier and span of dates",
    ("hcpcs_code", "modifier"),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("modifier", "text", "26, TC or 53 where the file has a row of its own; null otherwise"),
    Column("status_code", "text", "A active, R restricted, T injections, B bundled, C carrier-priced …", required=True),
    Column("work_rvu", "rate", "relative value units for the physician's work"),
    Column("nonfacility_pe_rvu", "rate", "practice expense outside a facility"),
    Column("facility_pe_rvu", "rate", "practice expense in a facility"),
    Column("malpractice_rvu", "rate", "malpractice insurance"),
    Column("pctc_indicator", "text", "how 26 and TC apply"),
    Column("global_days", "text", "000, 010, 090, XXX, ZZZ, MMM, YYY"),
    Column("preoperative_share", "rate", "part of the global fee"),
    Column("intraoperative_share", "rate", "part of the global fee"),
    Column("postoperative_share", "rate", "part of the global fee"),
    Column("multiple_procedure_indicator", "text", "which reduction applies"),
    Column("bilateral_indicator", "text", "which 150 percent rule applies"),
    Column("assistant_indicator", "text", "assistant at surgery"),
    Column("cosurgeon_indicator", "text", "co-surgeons"),
    Column("team_indicator", "text", "team surgery"),
    Column("endoscopic_base_code", "text", "base of the endoscopy family"),
    Column("imaging_family", "text", "diagnostic imaging family"),
)
LOCALITY = _reference(
    "locality",
    "one Medicare payment locality and span of dates",
    ("locality",),
    Column("locality", "text", "carrier-locality, 10112-00; NATIONAL has every index at 1", required=True),
    Column("label", "text", "the locality's name"),
    Column("state", "text", "postal abbreviation"),
    Column("work_gpci", "rate", "geographic index for work, floor applied", required=True),
    Column("practice_expense_gpci", "rate", "geographic index for practice expense", required=True),
    Column("malpractice_gpci", "rate", "geographic index for malpractice", required=True),
)
MODIFIER_USE = _reference(
    "modifier_use",
    "one range of codes that a modifier may stand on",
    ("modifier", "first_code"),
    Column("modifier", "text", "two characters", required=True),
    Column("first_code", "text", "first code of the range", required=True),
    Column("last_code", "text", "last code of the range", required=True),
)
NCCI_MODIFIER = _reference(
    "ncci_modifier",
    "one modifier that may bypass an NCCI pair",
    ("modifier",),
    Column("modifier", "text", "two characters", required=True),
    Column("kind", "text", "anatomical, global, or other", required=True),
)
COST_SHARE = _reference(
    "cost_share",
    "one code whose Part B cost share is not the usual one",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("deductible_applies", "boolean", "the Part B deductible applies", required=True),
    Column("coinsurance_applies", "boolean", "the 20 percent coinsurance applies", required=True),
)
EDITION = Table(
    "edition",
    "one loaded release of a reference table",
    ("table_name", "version"),
    (
        Column("table_name", "text", "the reference table", required=True),
        Column("version", "text", "the release", required=True),
        Column("source", "text", "where it came from"),
        Column("effective_date", "date", "first date of service it serves", required=True),
        Column("end_date", "date", "last date of service it serves; null when open"),
        Column("is_whole", "boolean", "no for a teaching set: an absent code is unknown", required=True),
        Column("sha256", "text", "of the file it was read from"),
        Column("loaded_on", "date", "when it was loaded"),
    ),
)
PROCEDURE = _reference(
    "procedure",
    "one ICD-10-PCS code or heading and span of dates",
    ("procedure_code",),
    Column("procedure_code", "text", "seven characters; three for a heading", required=True),
    Column("title", "text", "the order file's long title"),
    Column("is_billable", "boolean", "complete enough to stand on a claim", required=True),
)
ADD_ON = _reference(
    "add_on",
    "one NCCI add-on code, a primary code it may stand with, and span of dates",
    ("add_on_code", "primary_code"),
    Column("add_on_code", "text", "the code that never stands alone", required=True),
    Column("primary_code", "text", "a code it may be added to; CCCCC where the contractor decides", required=True),
    Column("edit_type", "text", "1 all primary codes are listed, 2 the contractor decides, 3 some are", required=True),
)
ANESTHESIA_FACTOR = _reference(
    "anesthesia_factor",
    "one Medicare payment locality and span of dates",
    ("locality",),
    Column("locality", "text", "carrier-locality, 10112-00", required=True),
    Column("label", "text", "the locality's name"),
    Column("conversion_factor", "rate", "dollars per anesthesia unit there", required=True),
)
IMAGING_CAP = _reference(
    "imaging_cap",
    "one HCPCS code and modifier in one locality and span of dates",
    ("hcpcs_code", "modifier", "locality"),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("modifier", "text", "TC or null"),
    Column("locality", "text", "carrier-locality, as the relative value files number it", required=True),
    Column("facility_amount", "money", "the most payable in a facility", required=True),
    Column("nonfacility_amount", "money", "the most payable elsewhere", required=True),
)

ZIP_LOCALITY = _reference(
    "zip_locality",
    "one five-digit ZIP code and span of dates",
    ("zip_code",),
    Column("zip_code", "text", "five digits", required=True),
    Column("state", "text", "postal abbreviation", required=True),
    Column("locality", "text", "carrier-locality, 10112-00", required=True),
    Column("rural_indicator", "text", "R rural, B super rural (ambulance), null urban"),
    Column("is_split", "boolean", "the nine-digit ZIP code decides", required=True),
)
COUNTY_LOCALITY = _reference(
    "county_locality",
    "one list of counties in a Medicare payment locality and span of dates",
    ("locality", "counties"),
    Column("locality", "text", "carrier-locality, 10112-00", required=True),
    Column("state", "text", "the state's name", required=True),
    Column("label", "text", "the fee schedule area's name"),
    Column("counties", "text", "the counties, as CMS lists them", required=True),
)
DRG = _reference(
    "drg",
    "one Medicare severity diagnosis-related group and span of dates",
    ("ms_drg",),
    Column("ms_drg", "text", "three digits", required=True),
    Column("title", "text", "what the group holds", required=True),
    Column("mdc", "text", "major diagnostic category; PRE before all"),
    Column("kind", "text", "MED or SURG"),
    Column("is_post_acute", "boolean", "the post-acute transfer policy applies"),
    Column("is_special_pay", "boolean", "the special transfer payment applies"),
    Column("weight", "rate", "relative weight that is paid, after the 10 percent cap"),
    Column("uncapped_weight", "rate", "relative weight before the cap; the same where no cap is printed"),
    Column("geometric_mean_stay", "rate", "days"),
    Column("arithmetic_mean_stay", "rate", "days"),
)
APC = _reference(
    "apc",
    "one HCPCS code under the hospital outpatient system and span of dates",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("status_indicator", "text", "how it is paid: S, T, V, N, J1 …", required=True),
    Column("apc", "text", "ambulatory payment classification"),
    Column("relative_weight", "rate", "of the classification"),
    Column("payment_rate", "money", "national rate before the wage index"),
    Column("copayment", "money", "national unadjusted copayment"),
    Column("minimum_copayment", "money", "minimum unadjusted copayment"),
)
ANESTHESIA_BASE = _reference(
    "anesthesia_base",
    "one anesthesia code and span of dates",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "CPT anesthesia code", required=True),
    Column("base_units", "rate", "uniform units for the procedure, before time", required=True),
)
DRUG_PRICE = _reference(
    "drug_price",
    "one drug that Part B pays by its average sales price, and span of dates",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column(
        "payment_limit", "quantity", "dollars for one unit of the code; the percentage on top is in it", required=True
    ),
    Column("coinsurance_percent", "rate", "the patient's; 20 unless the price rose faster than inflation"),
)
LABORATORY_FEE = _reference(
    "laboratory_fee",
    "one code and modifier of the clinical laboratory fee schedule and span of dates",
    ("hcpcs_code", "modifier"),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("modifier", "text", "QW where the file has a row of its own; null otherwise"),
    Column("fee_amount", "money", "national rate; null where the carrier sets it"),
)
DMEPOS_FEE = _reference(
    "dmepos_fee",
    "one code, its modifiers and one state or territory, and span of dates",
    ("hcpcs_code", "modifiers", "state"),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("modifiers", "text", "the modifiers that tell the fee, in their order, as NU or RRKF; null where none does"),
    Column("state", "text", "postal abbreviation of where the patient lives", required=True),
    Column("category", "text", "IN inexpensive, CR capped rental, OX oxygen, PO prosthetics …"),
    Column("ceiling", "money", "the most a fee outside rural areas may be"),
    Column("floor", "money", "the least a fee may be"),
    Column("fee_amount", "money", "the fee outside rural areas"),
    Column("rural_fee_amount", "money", "the fee in rural areas; null or 0 where it is not another"),
)
DMEPOS_RURAL_ZIP = _reference(
    "dmepos_rural_zip",
    "one five-digit ZIP code that counts as rural for DMEPOS fees and span of dates",
    ("zip_code",),
    Column("zip_code", "text", "five digits", required=True),
    Column("state", "text", "postal abbreviation", required=True),
)
SHORTAGE_AREA_ZIP = _reference(
    "shortage_area_zip",
    "one five-digit ZIP code on Medicare's list of automatic shortage area bonuses, for one kind, and span of dates",
    ("zip_code", "shortage_kind"),
    Column("zip_code", "text", "five digits", required=True),
    Column("shortage_kind", "text", "primary care (any physician) or mental health (psychiatrists)", required=True),
)
ASC_FEE = _reference(
    "asc_fee",
    "one code that Medicare pays ambulatory surgical centers, and span of dates",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("payment_indicator", "text", "A2, G2, J8 surgical, P2, R2 office-based, N1 packaged …", required=True),
    Column("is_discounted", "boolean", "halved beside a higher paid procedure of the session"),
    Column("relative_weight", "rate", "of the procedure"),
    Column("payment_rate", "money", "national rate before the wage index"),
)
REVENUE_CODE = _reference(
    "revenue_code",
    "one revenue code and span of dates",
    ("revenue_code",),
    Column("revenue_code", "text", "four digits", required=True),
    Column("needs_hcpcs", "boolean", "a line of an outpatient hospital bill needs a HCPCS code", required=True),
    Column("is_recognized", "boolean", "Medicare takes it on an outpatient bill", required=True),
    Column("is_diagnostic", "boolean", "diagnostic in the sense of the three-day payment window", required=True),
)
POA_EXEMPT = _reference(
    "poa_exempt",
    "one ICD-10-CM code and span of dates",
    ("diagnosis_code",),
    Column("diagnosis_code", "text", "undotted", required=True),
    Column("is_exempt", "boolean", "no mark of presence on admission; yes when null, as in the official list"),
)
CARC = _reference(
    "carc",
    "one claim adjustment reason code and span of dates",
    ("carc",),
    Column("carc", "text", "the code, without its group", required=True),
    Column("meaning", "text", "what it says"),
    Column("category", "text", "patient, contract, code, missing information, eligibility, coordination …"),
)
GROUP_CODE = _reference(
    "group_code",
    "one group of adjustments",
    ("group_code",),
    Column("group_code", "text", "CO, PR, OA or PI", required=True),
    Column("meaning", "text", "what it says", required=True),
    Column("who_bears_it", "text", "who may not be billed for it, or must pay it", required=True),
)
MODIFIER = _reference(
    "modifier",
    "one modifier",
    ("modifier",),
    Column("modifier", "text", "two characters", required=True),
    Column("label", "text", "what it is, in this project's own words", required=True),
    Column("when_right", "text", "when it is right", required=True),
    Column("family", "text", "visit, surgery, component, distinct, anesthesia …", required=True),
)
RARC = _reference(
    "rarc",
    "one remittance advice remark code and span of dates",
    ("rarc",),
    Column("rarc", "text", "M, MA or N and digits", required=True),
    Column("meaning", "text", "what it says"),
)
COVERAGE = _reference(
    "coverage",
    "one diagnosis that a coverage policy accepts or refuses for one procedure, and span of dates",
    ("policy_id", "hcpcs_code", "diagnosis_code"),
    Column("policy_id", "text", "the LCD, article or NCD: L33777, A57475, 190.18", required=True),
    Column("policy_title", "text", "its title"),
    Column("contractor", "text", "who decides by it; null nationally"),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("diagnosis_code", "text", "undotted", required=True),
    Column("is_covered", "boolean", "the diagnosis supports the procedure", required=True),
)
DIAGNOSIS_NOTE = _reference(
    "diagnosis_note",
    "one complete ICD-10-CM code and one note of the Tabular that it stands under or is named by",
    ("note_kind", "note", "part", "diagnosis_code"),
    Column(
        "note_kind",
        "text",
        "excludes1: not together; code_first: one of the named codes comes before the code under the note",
        required=True,
    ),
    Column("note", "text", "the node the note stands on, and its number there; nodes joined by a plus", required=True),
    Column("part", "text", "under: on the note's node or below it; named: the note points to it", required=True),
    Column("diagnosis_code", "text", "undotted", required=True),
)
DIAGNOSIS_LIMIT = _reference(
    "diagnosis_limit",
    "one stem of ICD-10-CM codes and one limit on where or on whom they may stand",
    ("limit_kind", "stem", "setting", "name"),
    Column(
        "limit_kind",
        "text",
        "external_cause, unacceptable_first, first_listed_only, age or sex",
        required=True,
    ),
    Column("stem", "text", "the limit holds for every code that begins so", required=True),
    Column("category", "text", "its first three characters", required=True),
    Column("name", "text", "age and sex: newborn, pediatric, maternity, adult; female, male"),
    Column("setting", "text", "unacceptable_first: inpatient or outpatient"),
    Column("lowest_age", "integer", "age: whole years"),
    Column("highest_age", "integer", "age: whole years"),
    Column("sex", "text", "sex: F or M, whose diagnosis it is"),
)
DRUG_PACKAGE = _reference(
    "drug_package",
    "one package of a drug and the code it is billed by, and span of dates",
    ("ndc", "hcpcs_code"),
    Column("ndc", "text", "national drug code, eleven digits", required=True),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("is_single_dose", "boolean", "what is left may not be given to another patient", required=True),
    Column("ndc_unit", "text", "ML, GR, UN, F2 or ME, in which the package is measured", required=True),
    Column("units_per_quantity", "quantity", "HCPCS units in one of these", required=True),
)
SCREENING = _reference(
    "screening",
    "one code of a preventive service that Medicare limits by time or age, and span of dates",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "HCPCS code", required=True),
    Column("service", "text", "the service; codes of one service count together", required=True),
    Column("months_between", "integer", "full months that must pass after the month of the last one"),
    Column("minimum_age", "integer", "years; null where no age is too young"),
    Column("maximum_age", "integer", "years, the last one that counts; null where no age is too old"),
)
PRACTITIONER = _reference(
    "practitioner",
    "one kind of practitioner, by how the codes of its specialty begin, and span of dates",
    ("taxonomy_prefix",),
    Column("taxonomy_prefix", "text", "how its codes of the provider taxonomy begin", required=True),
    Column("practitioner", "text", "who that is, in this project's own words", required=True),
    Column("fee_share", "rate", "what Medicare pays it of the physician fee", required=True),
    Column("is_physician", "boolean", "a physician as the shortage-area bonus means it", required=True),
    Column("must_accept_assignment", "boolean", "always takes Medicare's amount as full payment", required=True),
)
TEST_COMPONENT = _reference(
    "test_component",
    "one diagnostic test that has a code as a whole and codes of its own for its two parts",
    ("hcpcs_code",),
    Column("hcpcs_code", "text", "the whole test", required=True),
    Column("technical_code", "text", "carrying it out alone", required=True),
    Column("professional_code", "text", "reading it alone", required=True),
)

REFERENCE_TABLES = {
    t.name: t
    for t in (
        DIAGNOSIS, HCPCS, PTP, MUE, PLACE_OF_SERVICE, PHYSICIAN_FEE, LOCALITY, MODIFIER_USE, NCCI_MODIFIER,
        COST_SHARE, EDITION, PROCEDURE, ADD_ON, ANESTHESIA_FACTOR,
        IMAGING_CAP, ZIP_LOCALITY, COUNTY_LOCALITY, DRG, APC, CARC, RARC, COVERAGE,
        ANESTHESIA_BASE, DRUG_PRICE, LABORATORY_FEE, DMEPOS_FEE, DMEPOS_RURAL_ZIP, SHORTAGE_AREA_ZIP, ASC_FEE,
        GROUP_CODE, MODIFIER, DRUG_PACKAGE, SCREENING, REVENUE_CODE, POA_EXEMPT, DIAGNOSIS_NOTE, DIAGNOSIS_LIMIT,
        PRACTITIONER, TEST_COMPONENT,
    )
}  # fmt: skip
