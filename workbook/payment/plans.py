"""Who pays instead of Medicare, or after it: commercial plans, each one page, and the Medicare supplements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from workbook.engine.front import Authority, Strict
from workbook.engine.yaml import read_yaml, validated
from workbook.terms import WorkbookError

FOLDER = Path(__file__).with_name("plans")
SUPPLEMENTS = Path(__file__).with_name("supplements.yaml")

_Number = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]


class _Plan(Strict):
    title: str
    fee_share: _Number
    deductible: _Number
    coinsurance_rate: _Number
    out_of_pocket_maximum: _Number
    office_copay: _Number | None = None
    emergency_copay: _Number | None = None
    effective_date: date
    end_date: date


class _Supplement(Strict):
    deductible_share: _Number
    coinsurance_share: _Number
    hospital_deductible_share: _Number
    excess_share: _Number
    office_copay: _Number | None = None
    emergency_copay: _Number | None = None


class _Supplements(Authority):
    plans: dict[str, _Supplement]


def plan_row(plan: str | Path) -> dict[str, Any]:
    """One plan as a row of `PLAN`: a shipped one by its name, or a page of the user's by its path.

    Raises WorkbookError with the names when there is none, and with file and line for a page that is not right.
    """
    path = plan if isinstance(plan, Path) else _path(plan)
    return {"plan_id": path.stem, **_row(validated(_Plan, read_yaml(path), path.name))}


def plan_names() -> list[str]:
    """The names of the shipped plans."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _path(name: str) -> Path:
    if name.lower().endswith((".yaml", ".yml")):
        return Path(name)
    if name.upper() not in plan_names():
        raise WorkbookError(
            f"no plan is called {name!r}; the plans are {', '.join(plan_names())}; your own is a path to its .yaml file"
        )
    return FOLDER / f"{name.upper()}.yaml"


def supplement_row(letter: str) -> dict[str, Any]:
    """One standard supplement as a row of `SUPPLEMENT`. Raises WorkbookError with the letters when there is none."""
    known = _supplements()
    if letter.upper() not in known:
        raise WorkbookError(f"no Medicare supplement is called {letter!r}; the letters are {', '.join(known)}")
    return {"letter": letter.upper(), **_row(known[letter.upper()])}


def supplement_letters() -> list[str]:
    """The letters of the standard supplements."""
    return list(_supplements())


@cache
def _supplements() -> dict[str, _Supplement]:
    return validated(_Supplements, read_yaml(SUPPLEMENTS), SUPPLEMENTS.name).plans


def _row(page: Strict) -> dict[str, Any]:
    numbers = {k for k, v in page.model_dump().items() if isinstance(v, str) and k != "title"}
    return {k: Decimal(v) if k in numbers else v for k, v in page.model_dump().items()}
