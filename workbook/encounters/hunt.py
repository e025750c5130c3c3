"""A hunt for planted errors: some patients of the invented practice, marks on their claims, and what was found.

The rules hunt over the same claims, so that a person's precision, recall and dollars stand beside theirs.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from workbook.claims.files import read_claims
from workbook.claims.model import Claims
from workbook.engine.html import notebook_html, safe, table_html
from workbook.rules.audit import Audit, audit
from workbook.terms import WorkbookError, dollars

PRACTICE = Path(__file__).parents[2] / "sample_data" / "claims"
#: In the hunt so many of a hundred claims bear an error, or more; in the practice about a fifth do.
SHARE_PLANTED = 40


@dataclass(frozen=True)
class Planted:
    """An error that was planted on a claim: what was done, which card is to find it, and what it is worth."""

    claim_id: str
    line_number: int | None
    kind: str
    rule_id: str
    says: str
    changed: str
    amount_at_stake: Decimal | None


@dataclass(frozen=True)
class Score:
    """What was marked, by claim: `found`, `missed`, and `false_alarms` where nothing was planted."""

    found: tuple[Planted, ...]
    missed: tuple[Planted, ...]
    false_alarms: tuple[str, ...]

    @property
    def precision(self) -> float | None:
        """Of the claims marked, the part that bear an error; None when none was marked."""
        marked = len({p.claim_id for p in self.found}) + len(self.false_alarms)
        return (marked - len(self.false_alarms)) / marked if marked else None

    @property
    def recall(self) -> float:
        """Of the planted errors, the part that was found."""
        return len(self.found) / (len(self.found) + len(self.missed))

    @property
    def amount_found(self) -> Decimal:
        """Dollars at stake in what was found, money owed and money left behind alike."""
        return _worth(self.found)

    @property
    def amount_planted(self) -> Decimal:
        """Dollars at stake in all that was planted."""
        return _worth((*self.found, *self.missed))

    def __repr__(self) -> str:
        precision = "nothing marked" if self.precision is None else f"precision {self.precision:.0%}"
        return (
            f"{len(self.found)} of {len(self.found) + len(self.missed)} errors found "
            f"({dollars(self.amount_found)} of {dollars(self.amount_planted)}); {precision}, recall {self.recall:.0%}"
        )


class Hunt:
    """Claims to read and mark. `claims` holds whole patients, for some errors only show beside another claim."""

    def __init__(self, claims: Claims, planted: Sequence[Planted]) -> None:
        self.claims = claims
        self.planted = tuple(planted)

    @property
    def claim_ids(self) -> list[str]:
        """The claims, in the order of the file."""
        found: list[str] = self.claims.arrow["claim"]["claim_id"].to_pylist()
        return found

    def score(self, marks: str | Iterable[str]) -> Score:
        """Score the claims that were marked: a list, or text such as "P0012, P0044".

        Case, order and repeats do not matter. Raises WorkbookError for a claim that is not in the hunt.
        """
        marked = re.split(r"[\s,;]+", marks) if isinstance(marks, str) else [str(mark) for mark in marks]
        known = {claim_id.upper(): claim_id for claim_id in self.claim_ids}
        chosen: dict[str, None] = {}
        for mark in filter(None, (m.strip() for m in marked)):
            if mark.upper() not in known:
                raise WorkbookError(f"{mark}: no claim of this hunt is called so; they are {', '.join(self.claim_ids)}")
            chosen[known[mark.upper()]] = None
        bearing = {planted.claim_id for planted in self.planted}
        return Score(
            tuple(p for p in self.planted if p.claim_id in chosen),
            tuple(p for p in self.planted if p.claim_id not in chosen),
            tuple(claim_id for claim_id in chosen if claim_id not in bearing),
        )

    @cached_property
    def audit(self) -> Audit:
        """What the rules find on the same claims."""
        return audit(self.claims, price=False)

    @cached_property
    def rules_score(self) -> Score:
        """The rules' score: a claim counts as marked where a finding is an error or a warning."""
        found = self.audit.arrow_findings
        pairs = zip(found["claim_id"].to_pylist(), found["severity"].to_pylist(), strict=True)
        return self.score(sorted({claim_id for claim_id, severity in pairs if severity != "review"}))

    def compare(self, marks: str | Iterable[str], *, reveal: bool = False) -> Comparison:
        """Your score beside the rules'; with `reveal` also what was planted on each claim."""
        return Comparison(self, self.score(marks), reveal)

    def __repr__(self) -> str:
        return f"{len(self.claim_ids)} claims to read; some of them bear an error"

    def _repr_html_(self) -> str:
        return notebook_html(f"<p>{safe(repr(self))}.</p>", self.claims._repr_html_())


@dataclass(frozen=True)
class Comparison:
    """A person's score beside that of the rules."""

    hunt: Hunt
    own: Score
    is_revealed: bool

    def __repr__(self) -> str:
        return f"You: {self.own}. The rules: {self.hunt.rules_score}."

    def _repr_html_(self) -> str:
        rules = self.hunt.rules_score
        rows = [
            ["Errors found", *(f"{len(s.found)} of {len(self.hunt.planted)}" for s in (self.own, rules))],
            ["Recall", *(f"{s.recall:.0%}" for s in (self.own, rules))],
            ["Precision", *("" if s.precision is None else f"{s.precision:.0%}" for s in (self.own, rules))],
            [
                "Dollars found",
                *(f"{dollars(s.amount_found)} of {dollars(s.amount_planted)}" for s in (self.own, rules)),
            ],
        ]
        told = table_html(["", "You", "The rules"], rows)
        alarms = ", ".join(self.own.false_alarms)
        if alarms:
            told += f"<p>Nothing was planted on {safe(alarms)}. What made you mark it?</p>"
        return notebook_html(told, self._planted() if self.is_revealed else "")

    def _planted(self) -> str:
        """What was planted, who found it, and what each rule said of it."""
        found = self.hunt.audit.arrow_findings.to_pylist()
        by_rules = set(self.hunt.rules_score.found)
        rows = []
        for planted in self.hunt.planted:
            said = [f"{f['rule_id']}: {f['message']}" for f in found if f["claim_id"] == planted.claim_id]
            who = [w for w, has in (("you", planted in self.own.found), ("the rules", planted in by_rules)) if has]
            rows.append(
                [planted.claim_id, planted.line_number, planted.says, " and ".join(who) or "nobody", " ".join(said[:2])]
            )
        header = ["Claim", "Line", "What is wrong", "Found by", "What the rules say"]
        return table_html(header, rows, words=["What is wrong", "Found by", "What the rules say"])


def hunt(seed: int = 1, claims: int = 20) -> Hunt:
    """Draw patients of the invented practice, so that at least so many `claims` are there; the same ones for a `seed`.

    At least two of five claims bear an error: more than in the practice, for the eye needs practice.
    """
    whole = read_claims(PRACTICE / "tables")
    planted = _read_planted()
    bearing = {p.claim_id for p in planted}
    patients: dict[str, list[str]] = {}
    table = whole.arrow["claim"]
    for patient, claim_id in zip(table["patient_id"].to_pylist(), table["claim_id"].to_pylist(), strict=True):
        patients.setdefault(patient, []).append(claim_id)
    if claims < 1:
        raise WorkbookError(f"claims={claims}: a hunt needs at least one claim")
    order = sorted(patients)
    random.Random(seed).shuffle(order)  # noqa: S311 (practice, not a secret)
    faulty = [p for p in order if bearing & set(patients[p])]
    clean = [p for p in order if not bearing & set(patients[p])]
    chosen: list[str] = []
    while len(chosen) < claims and (faulty or clean):
        with_error = len(bearing & set(chosen)) * 100 >= SHARE_PLANTED * len(chosen) and chosen
        source = clean if (with_error and clean) or not faulty else faulty
        chosen += patients[source.pop(0)]
    return Hunt(_only(whole, chosen), [p for p in planted if p.claim_id in set(chosen)])


def _only(claims: Claims, claim_ids: Iterable[str]) -> Claims:
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(list(claim_ids), pa.string())
    tables = {name: table.filter(pc.is_in(table["claim_id"], wanted)) for name, table in claims.arrow.items()}
    return Claims(tables, claims.arrow_problems.slice(0, 0), source=claims.source)


def _read_planted() -> list[Planted]:
    with (PRACTICE / "planted_errors.csv").open(encoding="utf-8", newline="") as stream:
        return [
            Planted(
                row["claim_id"], int(row["line_number"]) if row["line_number"] else None, row["kind"], row["rule_id"],
                row["says"], row["changed"], Decimal(row["amount_at_stake"]) if row["amount_at_stake"] else None,
            )
            for row in csv.DictReader(stream)
        ]  # fmt: skip


def _worth(planted: Iterable[Planted]) -> Decimal:
    return sum((abs(p.amount_at_stake) for p in planted if p.amount_at_stake is not None), Decimal("0.00"))
