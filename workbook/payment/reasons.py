"""What is a reason code to a practice: a denial or not, why it happened, who can mend it, and by which way?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbook.codes import reference
from workbook.engine.front import Authority, Strict
from workbook.engine.yaml import faults_error, read_yaml, validated
from workbook.terms import Citation

PAGE = Path(__file__).with_name("reasons.yaml")
NOT_CLASSIFIED = "not classified"

Kind = Literal["contractual", "reduction", "patient", "earlier payer", "pending", "denial"]
Fixer = Literal["front desk", "coder", "biller", "clinician", "payer", "nobody"]
Route = Literal["correct", "new claim", "appeal", "correct or appeal", "exception", "other payer", "patient", "none"]


class _Reason(Authority):
    carcs: tuple[str, ...] = Field(min_length=1)
    kind: Kind
    cause: str
    fixer: Fixer
    route: Route
    do: str


class _Remark(Strict):
    rarcs: tuple[str, ...] = Field(min_length=1)
    fixer: Fixer | None = None
    route: Route | None = None
    do: str | None = None


class _Page(Strict):
    title: str
    reasons: tuple[_Reason, ...] = Field(min_length=1)
    remarks: tuple[_Remark, ...] = ()


@dataclass(frozen=True)
class Reason:
    """What a practice makes of an adjustment: `kind` says whether it is a denial, `route` which way leads on."""

    carc: str
    meaning: str
    category: str
    kind: str
    cause: str
    fixer: str
    route: str
    do: str
    authority: Citation | None

    @property
    def is_classified(self) -> bool:
        """False for a reason code that the page does not know."""
        return self.authority is not None


def reason(carc: str, rarcs: Iterable[str] = ()) -> Reason:
    """The reason of a CARC, as its remark codes change it. One that is on no page is a denial, "not classified"."""
    found = reasons().get(carc) or _unknown(carc)
    for remark in (_remarks()[r] for r in rarcs if r in _remarks()):
        if found.kind not in ("denial", "reduction"):
            break
        found = replace(
            found,
            fixer=remark.fixer or found.fixer,
            route=remark.route or found.route,
            do=f"{remark.do} {found.do}" if remark.do and not remark.route else remark.do or found.do,
        )
    return found


def _unknown(carc: str) -> Reason:
    return Reason(
        carc=carc, meaning="not in the workbook's list", category=NOT_CLASSIFIED, kind="denial",
        cause="The workbook's pages do not know this reason code.", fixer="biller", route="correct or appeal",
        do=f"Look up CARC {carc} in the payer's list, then decide.", authority=None,
    )  # fmt: skip


@cache
def reasons() -> dict[str, Reason]:
    """Every reason of the page by its CARC."""
    known = {r["carc"]: r for r in reference(["carc"])["carc"].to_pylist() if r["category"]}
    found: dict[str, Reason] = {}
    for entry in _page().reasons:
        authority = entry.citation
        for carc in entry.carcs:
            row = known.get(carc, {})
            found[carc] = Reason(
                carc, row.get("meaning") or "", row.get("category") or entry.kind, entry.kind, entry.cause,
                entry.fixer, entry.route, entry.do, authority,
            )  # fmt: skip
    return found


@cache
def _page() -> _Page:
    raw = read_yaml(PAGE)
    page = validated(_Page, raw, PAGE.name)
    named = [c for entry in page.reasons for c in entry.carcs]
    if twice := sorted({c for c in named if named.count(c) > 1}):
        raise faults_error(raw, PAGE.name, [(("reasons",), f"CARC {twice[0]} stands in two entries; keep one")])
    return page


@cache
def _remarks() -> dict[str, _Remark]:
    return {rarc: remark for remark in _page().remarks for rarc in remark.rarcs}
