"""The official files that can be added, one declaration each: its header words or positions, and its columns.

Columns are found by the words of their (stacked) header, never by position; a fixed-width file has positions alone, and
is told by the shape of its lines. A field whose name begins with "_" is read but not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbook.codes import tables as t
from workbook.codes.load import dating
from workbook.engine.table import Table

#: The part of a table that an edition replaces → the column and the pattern that mark it. The first of a table's
#: scopes stands under the table's own name among the editions (rule cards ask for that one); others as ptp/hospital.
SCOPES: Mapping[str, tuple[str, str]] = {
    "practitioner": ("setting", "^practitioner$"),
    "hospital": ("setting", "^hospital$"),
    "dme": ("setting", "^dme$"),
    "level II": ("hcpcs_code", "^[A-Z]"),
    "level I": ("hcpcs_code", "^[0-9]"),
}
PLAIN = ("", "practitioner", "level II")
#: scope → what a file's name has when it is of that scope
SETTINGS = {
    "practitioner": r"ccipra|practitioner|physician",
    "hospital": r"ccioph|hospital|opps|outpatient",
    "dme": r"dme|durable",
}


@dataclass(frozen=True)
class Field:
    """One column of ours: the header words (a pattern over lower-case words) or positions (from 1) it is found by.

    `read` names how a cell is read (`workbook.codes.load.cells.READERS`); `allowed` is a pattern for its text.
    """

    column: str
    found: str | tuple[int, int]
    read: str = "text"
    allowed: str | None = None


@dataclass(frozen=True)
class Wide:
    """Columns that repeat: `column` takes the group of `header` in capitals; `values` are our columns by their suffix.

    A row whose values are all empty or nought is not made.
    """

    column: str
    header: str
    values: Mapping[str, str]
    read: str = "dollars"


@dataclass(frozen=True)
class Layout:
    """One kind of official file.

    `least`: the fewest rows a whole one has; with fewer it is kept as an extract. `ignored`: header words that are
    known and not kept. `shape`: a pattern for a line of a fixed-width file. `keep`: column → pattern of the rows
    wanted. `joined`: a column and the two that make it, as 10112-00; `appended`: the same without a dash, blanks left
    out. `never_in_force`: column and value of rows that may overlap others. `extra`: a row of every edition.
    `named`: a pattern in the names of files whose columns alone do not tell them. `carried`: a column whose blanks
    mean the cell above. `repeats`: rows that say the same are one. `descriptor`: a column under licence, dropped
    unless it is asked for. `wide`: columns that repeat for each state, as AL (NR) and AL (R), become a row a state.
    """

    name: str
    title: str
    table: Table
    fields: tuple[Field, ...]
    release: Callable[[str, str], dating.Release | None]
    least: int
    ignored: str = "(?!)"
    shape: str | None = None
    scopes: tuple[str, ...] = ()
    parts: int = 1
    keep: Mapping[str, str] = field(default_factory=dict)
    joined: tuple[str, ...] = ()
    appended: tuple[str, ...] = ()
    never_in_force: tuple[str, ...] = ()
    extra: Mapping[str, object] | None = None
    encoding: str = "utf8"
    named: str | None = None
    carried: str | None = None
    repeats: bool = False
    descriptor: str | None = None
    wide: Wide | None = None

    @property
    def is_fixed(self) -> bool:
        """True when columns are found by position."""
        return self.shape is not None

    def expected(self) -> str:
        """The kind in words with what it is told by."""
        if self.is_fixed:
            return f"{self.title} (lines of fixed width)"
        found = [re.sub(r"\(\?:([^|)]*)[^)]*\)\??|\|.*|\.\*", r"\1", str(f.found)) for f in self.fields[:4]]
        return f"{self.title} (columns {', '.join(f.strip() for f in found)} …)"


CODE = "[0-9A-Z]{5}"
_LOCALITY = ("locality", "_carrier", "_locality")
_NATIONAL = {
    "locality": "NATIONAL", "label": "National (no geographic adjustment)", "work_gpci": 1,
    "practice_expense_gpci": 1, "malpractice_gpci": 1, "source": "Every index is 1: CMS's national payment amount",
}  # fmt: skip


def _fee(found: Mapping[str, str | tuple[int, int]]) -> tuple[Field, ...]:
    rates = {"rvu": "rate", "share": "rate"}
    patterns = {"hcpcs_code": CODE, "modifier": "[0-9A-Z]{2}", "status_code": "[A-Z]"}
    return tuple(
        Field(c, words, rates.get(c.rsplit("_", 1)[-1], "text"), patterns.get(c)) for c, words in found.items()
    )


_ORDER = (
    Field("diagnosis_code", (7, 13), allowed="[A-Z][0-9][0-9A-Z]{1,5}"),
    Field("is_billable", (15, 15), "flag"),
    Field("title", (78, 400)),
)
_CM = r"\d{5} [A-Z]\d[0-9A-Z][0-9A-Z ]{4} [01] .{60} \S.*"
_PCS = r"\d{5} [0-9A-HJ-NP-Z]{3}(?:[0-9A-HJ-NP-Z]{4}|    ) [01] .{60} \S.*"
_MODIFIER_WORDS = "modifier(?: 0.*| indicator)?"
_REASON_NOTES = "group.*|last modified.*|.*notes?|status"


def _reason(column: str, code: str, allowed: str) -> tuple[Field, ...]:
    return (
        Field(column, f"(?:{code}|code)", allowed=allowed),
        Field("meaning", "(?:.*description)"),
        Field("effective_date", "(?:start|effective)(?: date)?", "day"),
        Field("end_date", "(?:stop|end|deactivation|termination)(?: date)?", "day"),
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "PTP", "NCCI procedure-to-procedure edits", t.PTP,
        (
            Field("column_one_code", "column 1", allowed=CODE),
            Field("column_two_code", "column 2", allowed=CODE),
            Field("modifier_indicator", _MODIFIER_WORDS, allowed="[019]"),
            Field("effective_date", "effective date.*", "ymd"),
            Field("end_date", "deletion date.*", "ymd"),
        ),
        dating.ncci, 100_000, ignored=".*prior to 1996|.*rationale", scopes=("practitioner", "hospital"),
        parts=4, never_in_force=("modifier_indicator", "9"),
    ),
    Layout(
        "MUE", "NCCI medically unlikely edits", t.MUE,
        (
            Field("hcpcs_code", "hcpcs cpt code", allowed=CODE),
            Field("mue_value", ".*mue values?", "quantity"),
            Field("mai", "mue adjudication indicator.*", "first", "[123]"),
        ),
        dating.quarterly, 1_000, ignored=".*rationale", scopes=("practitioner", "hospital", "dme"),
    ),
    Layout(
        "RVU", "physician fee schedule relative values (PPRRVU)", t.PHYSICIAN_FEE,
        _fee({
            "hcpcs_code": "hcpcs", "modifier": "mod", "status_code": "status code", "work_rvu": "work rvu",
            "nonfacility_pe_rvu": "non fac(?:ility)? pe rvu", "facility_pe_rvu": "facility pe rvu",
            "malpractice_rvu": "mp rvu", "pctc_indicator": "pctc ind", "global_days": "glob days",
            "preoperative_share": "pre op", "intraoperative_share": "intra op", "postoperative_share": "post op",
            "multiple_procedure_indicator": "mult proc", "bilateral_indicator": "bilat surg",
            "assistant_indicator": "asst surg", "cosurgeon_indicator": "co surg", "team_indicator": "team surg",
            "endoscopic_base_code": "endo base", "imaging_family": "(?:diagnostic )?imaging family indicator",
        }),
        dating.physician_fee, 15_000, encoding="latin1",
        ignored=".*description|.*payment|.*na indicator|.*total|pric ind|conv factor|.*procedures|"
                "calculation flag|.*amount",
    ),
    Layout(
        "RVU", "physician fee schedule relative values (PPRRVU, fixed width)", t.PHYSICIAN_FEE,
        _fee({
            "hcpcs_code": (1, 5), "modifier": (6, 7), "status_code": (58, 58), "work_rvu": (60, 65),
            "nonfacility_pe_rvu": (67, 72), "facility_pe_rvu": (76, 81), "malpractice_rvu": (85, 89),
            "pctc_indicator": (103, 103), "global_days": (104, 106), "preoperative_share": (107, 109),
            "intraoperative_share": (110, 112), "postoperative_share": (113, 115),
            "multiple_procedure_indicator": (116, 116), "bilateral_indicator": (117, 117),
            "assistant_indicator": (118, 118), "cosurgeon_indicator": (119, 119), "team_indicator": (120, 120),
            "endoscopic_base_code": (128, 132), "imaging_family": (146, 147),
        }),
        dating.physician_fee, 15_000, encoding="latin1",
        # 121 is PRIC IND, since 2026; 122 to 127 are blank, or the layout is another
        shape=rf"{CODE}.{{52}}[A-Z][ +][ \d]{{3}}\.\d\d .{{54}}.      [ A-Z0-9]{{5}} .*",
    ),
    Layout(
        "GPCI", "geographic practice cost indices (GPCI)", t.LOCALITY,
        (
            Field("_carrier", "medicare administrative contractor.*", "carrier", r"\d{5}"),
            Field("_locality", "locality number", "two", r"\d{2}"),
            Field("label", "locality name", "name"),
            Field("state", "state", allowed="[A-Z]{2}"),
            Field("work_gpci", r"20\d\d pw gpci with 1 0 floor|20\d\d pw gpci", "rate"),
            Field("practice_expense_gpci", r"20\d\d pe gpci", "rate"),
            Field("malpractice_gpci", r"20\d\d mp gpci", "rate"),
        ),
        dating.calendar_year, 100, ignored=r".*without 1 0 floor.*", joined=_LOCALITY, extra=_NATIONAL,
    ),
    Layout(
        "ANES", "anesthesia conversion factors (ANES)", t.ANESTHESIA_FACTOR,
        (
            Field("_carrier", "contractor", "carrier", r"\d{5}"),
            Field("_locality", "locality", "two", r"\d{2}"),
            Field("label", "locality name", "name"),
            Field("conversion_factor", "(?:.*non qualifying apm )?national anes cf.*", "rate"),
        ),
        dating.calendar_year, 100, joined=_LOCALITY, ignored=r"(?:20\d\d )?qualifying apm.*",
    ),
    Layout(
        "OPPSCAP", "imaging caps at the hospital rate (OPPSCAP)", t.IMAGING_CAP,
        (
            Field("hcpcs_code", "hcpcs", allowed=CODE),
            Field("modifier", "mod", allowed="[0-9A-Z]{2}"),
            Field("_carrier", "carrier", "carrier", r"\d{5}"),
            Field("_locality", "locality", "two", r"\d{2}"),
            Field("facility_amount", "facility price", "cents"),
            Field("nonfacility_amount", "non facil(?:i)?ty price", "cents"),
        ),
        dating.physician_fee, 10_000, ignored="procstat", joined=_LOCALITY,
    ),
    Layout(
        "ICD-10-CM", "ICD-10-CM order file", t.DIAGNOSIS, _ORDER, dating.fiscal_year, 90_000, shape=_CM,
    ),
    Layout(
        "ICD-10-PCS", "ICD-10-PCS order file", t.PROCEDURE,
        (Field("procedure_code", (7, 13), allowed="[0-9A-HJ-NP-Z]{3,7}"), *_ORDER[1:]),
        dating.fiscal_year, 75_000, shape=_PCS,
    ),
    Layout(
        "HCPCS", "HCPCS Level II (ANWEB)", t.HCPCS,
        (
            Field("hcpcs_code", (1, 5), allowed=r"[A-Z]\d{4}"),
            Field("_record", (11, 11)),
            Field("label", (92, 119)),
            Field("effective_date", (277, 284), "ymd"),
            Field("end_date", (285, 292), "ymd"),
        ),
        dating.quarterly, 6_000, shape=r"(?:[A-Z]\d{4}|   [0-9A-Z]{2})\d{5}[3478].{265}[ \d]{16}.*",
        scopes=("level II",), keep={"_record": "^3$", "hcpcs_code": "^[^D]"}, encoding="latin1",
    ),
    Layout(
        "AOC", "NCCI add-on codes", t.ADD_ON,
        (
            Field("add_on_code", "add on code", allowed=CODE),
            Field("primary_code", "primary code", allowed=CODE),
            Field("edit_type", "aoc edit type", allowed="[123]"),
            Field("effective_date", "aoc edit effdt", "yddd"),
            Field("end_date", "aoc edit deldt", "yddd"),
        ),
        dating.ncci, 500, ignored="aoc deldt|primary code deldt|special instruction notes",
    ),
    Layout(
        "ZIP5", "ZIP codes to localities (ZIP5)", t.ZIP_LOCALITY,
        (
            Field("zip_code", (3, 7), allowed=r"\d{5}"),
            Field("state", (1, 2), allowed="[A-Z]{2}"),
            Field("_carrier", (8, 12), "carrier", r"\d{5}"),
            Field("_locality", (13, 14), "two", r"\d{2}"),
            Field("rural_indicator", (15, 15), allowed="[RB]"),
            Field("is_split", (21, 21), "flag"),
        ),
        dating.quarterly, 40_000, joined=_LOCALITY, shape=r"[A-Z]{2}\d{12}.{6}[01].{54}20\d\d[1-4]",
    ),
    Layout(
        "LOCCO", "counties of the localities (LOCCO)", t.COUNTY_LOCALITY,
        (
            Field("_carrier", "medicare admini?strative contractor.*", "carrier", r"\d{5}"),
            Field("_locality", "locality number", "two", r"\d{2}"),
            Field("state", "state"),
            Field("label", "fee schedule area", "name"),
            Field("counties", "counties"),
        ),
        dating.calendar_year, 100, joined=_LOCALITY, keep={"_carrier": r"^\d"}, carried="state", repeats=True,
    ),
    Layout(
        "MS-DRG", "MS-DRG weights (Table 5)", t.DRG,
        (
            Field("ms_drg", "ms drg", "three", r"\d{3}"),
            Field("is_post_acute", ".*post acute drg", "yes"),
            Field("is_special_pay", ".*special pay drg", "yes"),
            Field("mdc", "mdc"),
            Field("kind", "type"),
            Field("title", "ms drg title"),
            Field("uncapped_weight", "weights(?: before cap)?", "rate"),
            Field("weight", "weights 10 cap applied|weights", "rate"),
            Field("geometric_mean_stay", "geometric mean los", "rate"),
            Field("arithmetic_mean_stay", "arithmetic mean los", "rate"),
        ),
        dating.fiscal_year, 700, keep={"ms_drg": r"^\d{1,3}(?:\.0)?$"}, encoding="cp1252",
    ),
    Layout(
        "OPPS", "hospital outpatient payment (Addendum B)", t.APC,
        (
            Field("hcpcs_code", "hcpcs code", allowed=CODE),
            Field("status_indicator", "si", allowed="[A-Z][0-9]?"),
            Field("apc", "apc", "whole", r"\d{1,4}"),
            Field("relative_weight", "relative weight", "rate"),
            Field("payment_rate", "payment rate", "dollars"),
            Field("copayment", "national unadjusted copayment", "dollars"),
            Field("minimum_copayment", "minimum unadjusted copayment", "dollars"),
        ),
        dating.quarterly, 10_000, encoding="cp1252",
        ignored="short descriptor|note .*|.*expiration.*|indicates a change.*|.*coinsurance.*|adjusted beneficiary.*",
    ),
    Layout(
        "ANESBASE", "anesthesia base units", t.ANESTHESIA_BASE,
        (
            Field("hcpcs_code", "(?:cpt|hcpcs|cpt hcpcs|anesthesia)(?: codes?)?|codes?", "anesthesia", r"0[01]\d{3}"),
            Field("base_units", "(?:anesthesia |cms )?(?:base )?units?", "rate"),
        ),
        dating.calendar_year, 200, named=r"anes.*base|base.?unit", ignored=".*desc.*|.*label|asa.*", encoding="cp1252",
    ),
    Layout(
        "ASP", "drug payment limits (average sales price)", t.DRUG_PRICE,
        (
            Field("hcpcs_code", "hcpcs code", allowed=CODE),
            Field("payment_limit", "payment limit", "quantity"),
            Field("coinsurance_percent", "co ?insurance percentage", "percent"),
        ),
        dating.quarterly, 500, encoding="cp1252", keep={"payment_limit": r"\d"},
        ignored="short description|hcpcs code dosage|vaccine.*|blood.*|clotting.*|notes?",
    ),
    Layout(
        "CLFS", "clinical laboratory fee schedule", t.LABORATORY_FEE,
        (
            Field("hcpcs_code", "hcpcs", allowed=CODE),
            Field("modifier", "mod", allowed="[0-9A-Z]{2}"),
            Field("_indicator", "indicator", allowed="[A-Z]"),
            Field("fee_amount", "rate", "fee"),
        ),
        dating.quarterly, 1_000, encoding="cp1252", ignored="year|eff date|.*desc|extended ?longdesc",
    ),
    Layout(
        "DMEPOS", "DMEPOS fee schedule", t.DMEPOS_FEE,
        (
            Field("hcpcs_code", "hcpcs", allowed=CODE),
            Field("_mod", "mod", allowed="[0-9A-Z]{2}"),
            Field("_mod2", "mod ?2", allowed="[0-9A-Z]{2}"),
            Field("category", "catg"),
            Field("ceiling", "ceiling", "dollars"),
            Field("floor", "floor", "dollars"),
        ),
        dating.dmepos, 10_000, encoding="cp1252", ignored="juris|.*description",
        appended=("modifiers", "_mod", "_mod2"),
        wide=Wide("state", r"([a-z]{2}) (nr|r)", {"nr": "fee_amount", "r": "rural_fee_amount"}),
    ),
    Layout(
        "DMERURAL", "rural ZIP codes of the DMEPOS fees", t.DMEPOS_RURAL_ZIP,
        (
            Field("zip_code", "(?:dmepos )?rural zip ?codes?", "zip", r"\d{5}"),
            Field("state", "state", allowed="[A-Z]{2}"),
        ),
        dating.dmepos, 5_000, ignored="year.*|.*qtr|quarter",
    ),
    Layout(
        # Medicare's own lists, one a kind, were not seen: a list of your own says which kind each code is of
        "HPSA", "ZIP codes of automatic shortage area bonuses (zip_code, shortage_kind)", t.SHORTAGE_AREA_ZIP,
        (
            Field("zip_code", "zip ?codes?", "zip", r"\d{5}"),
            Field("shortage_kind", "shortage kind", allowed="primary care|mental health"),
        ),
        dating.calendar_year, 1, ignored="state|county.*", repeats=True,
    ),
    Layout(
        "ASC", "ambulatory surgical center fees (Addendum AA)", t.ASC_FEE,
        (
            Field("hcpcs_code", "hcpcs code", allowed=CODE),
            Field("is_discounted", "subject to multiple procedure discounting", "yes"),
            Field("payment_indicator", ".*payment indicator", allowed="[A-Z][0-9]?"),
            Field("relative_weight", ".*payment weight", "rate"),
            Field("payment_rate", ".*payment rate", "dollars"),
        ),
        dating.quarterly, 3_000, encoding="cp1252", ignored="short descriptor|note.*|.*comment.*|indicates.*",
    ),
    Layout(
        "POA", "diagnoses exempt from present on admission", t.POA_EXEMPT,
        (
            Field("_order", "ord.*"),
            Field("diagnosis_code", "poaexemptcode", "undotted", r"[A-Z][0-9][0-9A-Z.]{1,6}"),
        ),
        dating.fiscal_year, 30_000, ignored="description", encoding="cp1252",
    ),
    Layout(
        "CPT", "CPT codes under your licence", t.HCPCS,
        (Field("hcpcs_code", "(?:cpt|cpt code|code)", allowed=r"\d{4}[0-9FTU]"), Field("label", "(?:.*descript.*)")),
        dating.calendar_year, 5_000, scopes=("level I",), named="cpt", descriptor="label", encoding="cp1252",
    ),
    Layout(
        "CPT", "CPT codes under your licence (code and words on a line)", t.HCPCS,
        (Field("hcpcs_code", (1, 5), allowed=r"\d{4}[0-9FTU]"), Field("label", (7, 2000))),
        dating.calendar_year, 5_000, scopes=("level I",), named="cpt|ult|medu|shortu", descriptor="label",
        encoding="cp1252", shape=r"\d{4}[0-9FTU][ \t]\S.*",
    ),
    Layout(
        "CARC", "claim adjustment reason codes", t.CARC,
        _reason("carc", "carc|claim adjustment reason code", r"\d{1,3}|[A-Z]\d{1,2}"),
        dating.ncci, 200, named=r"carc|adjustment.?reason", ignored=_REASON_NOTES,
    ),
    Layout(
        "RARC", "remittance advice remark codes", t.RARC,
        _reason("rarc", "rarc|remittance advice remark code|remark code", r"(?:M|MA|N)\d{1,3}"),
        dating.ncci, 700, named=r"rarc|remark", ignored=_REASON_NOTES,
    ),
    Layout(
        "COVERAGE", "coverage policies (policy_id, hcpcs_code, diagnosis_code, is_covered)", t.COVERAGE,
        (
            Field("policy_id", "policy id"),
            Field("policy_title", "policy title"),
            Field("contractor", "contractor"),
            Field("hcpcs_code", "hcpcs code", allowed=CODE),
            Field("diagnosis_code", "diagnosis code", "undotted", "[A-Z][0-9][0-9A-Z]{1,5}"),
            Field("is_covered", "is covered", "yes"),
            Field("effective_date", "effective date", "day"),
            Field("end_date", "end date", "day"),
        ),
        dating.ncci, 1,
    ),
)  # fmt: skip
