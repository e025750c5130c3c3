"""Whether a case's key can be trusted: its codes on the date, its visit level, and the audit of the claim it makes.

A page that loads is well formed; this asks whether it is right. Used on the workbook's own cases and exercises and on
a teacher's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from workbook.claims.model import Claims
from workbook.encounters.case import FOLDER, Encounter, KeyItem, NearMiss, load_encounter
from workbook.encounters.charges import charge_master
from workbook.encounters.em import em_level_codes
from workbook.encounters.exercise import Exercise, load_exercise
from workbook.encounters.variants import load_template
from workbook.terms import WorkbookError

WORDS = (80, 400)
WORDS_OF_A_STEM = (30, 120)
#: How an authority begins: what it is, so that a reader can find it.
AUTHORITY = re.compile(
    r"ICD-10-CM Guidelines, (I\.[ABC]|II\b|III\b|IV\b|Appendix I)|ICD-10-CM (Tabular|Index), "
    r"|ICD-10-PCS Guidelines, [ABCD]\d|NCCI Policy Manual, ch\. [IVXL]+|CPM ch\. \d+, |BPM ch\. \d+, |NCD \d+"
    r"|\d+ (CFR|USC) |CPT E/M guidelines 2023 \(|CPT guidelines \(|HCPCS Level II \("
)
NEAR_MISSES = 2
#: Rules that find what a key may mean to say: a line with GZ states itself that it is going to be refused.
STATED = {"NEC-004"}
#: How many variants of a template are looked at.
VARIANTS = 20


@dataclass(frozen=True)
class Doubt:
    """One reason not to trust a case: `is_error` when the key is wrong as it stands, else a question to its author."""

    case: str
    say: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.case}: {'error' if self.is_error else 'look'}: {self.say}"


def review_cases(paths: Iterable[Path | str]) -> list[Doubt]:
    """Every doubt about the cases on these pages, in their order; a page that does not load is a doubt too.

    Of a template (VAR-001.yaml) the first variants are looked at, and the same doubt about several is said once.
    """
    doubts: list[Doubt] = []
    cases: list[Encounter] = []
    for path in map(Path, paths):
        try:
            cases += _cases_of(path)
        except WorkbookError as error:
            doubts += [Doubt(path.stem, line) for line in str(error).splitlines()]
    for case in cases:
        doubts += review_case(case)
    doubts += review_claims(cases)
    once = {(doubt.case[:7], doubt.say): doubt for doubt in reversed(doubts)}
    return sorted(once.values(), key=lambda doubt: (doubt.case, not doubt.is_error))


def _cases_of(path: Path) -> list[Encounter]:
    if path.stem.startswith("MOD-"):
        return [load_exercise(path)]
    if not path.stem.startswith("VAR-"):
        return [load_encounter(path)]
    template = load_template(path)
    return [template.draw(seed) for seed in range(1, VARIANTS + 1)]


def review_case(case: Encounter) -> list[Doubt]:
    """Every doubt about one case but what an audit says of its claim: page, diagnoses, visit and procedures."""
    return [*_of_the_page(case), *_of_the_diagnoses(case), *_of_the_visit(case), *_of_the_procedures(case)]


def _of_the_page(case: Encounter) -> Iterator[Doubt]:
    words, (fewest, most) = len(case.note.split()), WORDS_OF_A_STEM if isinstance(case, Exercise) else WORDS
    if not fewest <= words <= most:
        yield Doubt(case.id, f"the note has {words} words; {fewest} to {most} are read well")
    if len({(miss.code, miss.modifiers, miss.units) for miss in case.near_misses}) < max(
        NEAR_MISSES, len(case.near_misses)
    ):
        yield Doubt(case.id, f"{len(case.near_misses)} near misses; at least {NEAR_MISSES} are wanted, each once")
    cited = [(item.code, item.authority) for item in case.answer_key]
    cited += [(miss.code, miss.authority) for miss in case.near_misses if miss.authority]
    for code, authority in cited:
        if not AUTHORITY.match(authority):
            yield Doubt(case.id, f"{code}: {authority!r} does not begin as the authorities that are known do")
    keyed = [item.code for item in case.answer_key if item.kind == "diagnosis"]
    for code in {code for code in keyed if keyed.count(code) > 1}:
        yield Doubt(case.id, f"{code} is keyed twice")
    for miss in case.near_misses:
        for item in case.answer_key:
            if miss.is_line and miss.code in item.codes and (told := _told(miss, item)):
                yield Doubt(case.id, f"near miss {miss.code}: what it says tells {', '.join(told)}")


def _told(miss: NearMiss, item: KeyItem) -> list[str]:
    """What a near miss on a right code gives away before it is asked for: modifiers that are to be found."""
    missing, _ = item.compared(miss.modifiers or ())
    return sorted(set(missing) & set(re.findall(r"\w+", f"{miss.say} {miss.authority or ''}")))


def _of_the_diagnoses(case: Encounter) -> Iterator[Doubt]:
    """The conventions for the whole key, and for the key with each alternative in its place."""
    from workbook.codes.review import review_codes

    patient = {"age": case.patient.age, "sex": case.patient.sex}
    setting = "inpatient" if case.visit.is_stay else "outpatient"
    keys = [[*case.given_diagnoses, *(item.code for item in case.diagnoses)]]
    keys += [
        [other if code == item.code else code for code in keys[0]]
        for item in case.diagnoses
        for other in item.alternatives
    ]
    said = set()
    for key in filter(None, keys):
        for problem in review_codes(key, case.visit.service_date, patient, setting):
            if (problem.kind, problem.codes) not in said:
                said.add((problem.kind, problem.codes))
                yield Doubt(case.id, f"{', '.join(problem.codes)}: {problem}", problem.is_error)
    from workbook.codes import is_billable

    for miss in case.near_misses:
        if miss.kind == "diagnosis" and not is_billable(miss.code):
            yield Doubt(case.id, f"near miss {miss.code} is no complete code", is_error=False)


def _of_the_visit(case: Encounter) -> Iterator[Doubt]:
    if isinstance(case, Exercise):
        return
    leveled = [item for item in case.procedures if case.coding == "professional" and item.code in em_level_codes()]
    if leveled and case.em is None:
        yield Doubt(case.id, f"{leveled[0].code} is a visit, and there is no em: to say how its level was reached")
    if case.em is None or (level := case.em_level) is None:
        return
    visit = next((item for item in case.procedures if level.code in item.codes), None)
    if visit is None:
        keyed = ", ".join(item.code for item in leveled) or "none"
        yield Doubt(case.id, f"its elements reach {level}, and the key says {keyed}\n{level!r}")
    if level.prolonged and level.prolonged not in {(item.code, item.units) for item in case.procedures}:
        yield Doubt(case.id, f"its minutes earn {level.prolonged[0]} x{level.prolonged[1]}, which is not keyed")


def _of_the_procedures(case: Encounter) -> Iterator[Doubt]:
    if case.visit.is_stay:
        return
    charged, labels, modifiers = charge_master(), _labels("hcpcs"), _labels("modifier")
    for item in case.procedures:
        for code in item.codes:
            if code not in labels:
                yield Doubt(case.id, f"{code} has no label in sample_data/codes/hcpcs.csv")
        if item.code not in charged:
            yield Doubt(case.id, f"{item.code} has no charge in sample_data/codes/charges.csv")
        others = [other for several in item.modifier_alternatives.values() for other in several]
        for modifier in (*item.modifiers, *item.optional_modifiers, *others):
            if modifier not in modifiers:
                yield Doubt(case.id, f"{item.code}: modifier {modifier} is not in sample_data/codes/modifier.csv")
    for miss in case.near_misses:
        if miss.is_line and miss.code not in labels:
            yield Doubt(case.id, f"near miss {miss.code} has no label in sample_data/codes/hcpcs.csv")
        for modifier in miss.modifiers or ():
            if modifier not in modifiers:
                yield Doubt(case.id, f"near miss {miss.code}: {modifier} is not in sample_data/codes/modifier.csv")


@cache
def _labels(table: str) -> frozenset[str]:
    """The codes of a table, which stand in its first column."""
    with (FOLDER.parent / "codes" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return frozenset(row[0] for row in csv.reader(stream))


def review_claims(cases: Iterable[Encounter]) -> Iterator[Doubt]:
    """What an audit says of the claims of the keys, all at once."""
    import pyarrow as pa

    from workbook.encounters.to_claim import to_claim
    from workbook.rules.audit import audit

    made = [to_claim(case, charges=_charges(case.procedures)).arrow for case in cases]
    if not made:
        return
    tables = {name: pa.concat_tables(one[name] for one in made) for name in made[0]}
    for finding in audit(Claims(tables), price=False).arrow_findings.to_pylist():
        where = f" line {finding['line_number']}" if finding["line_number"] else ""
        say = f"its claim{where}: {finding['rule_id']} {finding['message']}"
        yield Doubt(
            finding["claim_id"], say, is_error=finding["severity"] == "error" and finding["rule_id"] not in STATED
        )


def _charges(items: Iterable[KeyItem]) -> dict[str, Decimal]:
    return {item.code: Decimal("100.00") for item in items} | charge_master()
