"""Makes the invented practice's year from a seed, and writes it as files; the same seed gives the same bytes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from workbook.claims.files import write_csv
from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import CLAIM_TABLES
from workbook.claims.x12.write_835 import write_835
from workbook.claims.x12.write_837 import write_837
from workbook.encounters.practice import SEED
from workbook.encounters.practice.claims import Bundle, as_claims, clean_claims
from workbook.encounters.practice.paying import remittance_of, stakes
from workbook.encounters.practice.planting import Planted, plant_errors
from workbook.terms import WorkbookError, private_file

COLUMNS = ("claim_id", "line_number", "kind", "rule_id", "says", "changed", "amount_at_stake", "reckoned")


@dataclass(frozen=True)
class Practice:
    """The year: `clean` before any error, `claims` as sent, the payers' `remittance`, and what was planted."""

    clean: Claims
    claims: Claims
    remittance: Remittance
    planted: tuple[Planted, ...]
    at_stake: tuple[tuple[Decimal, str], ...]


_DRAWS = 5


def make_practice(seed: int = SEED) -> Practice:
    """The year of the seed. Raises WorkbookError when the pages ask for what cannot be."""
    clean, bundles, planted = _planted_year(seed)
    before, claims = as_claims(clean), as_claims(bundles)
    paid = remittance_of(claims, planted)
    return Practice(before, claims, paid, tuple(planted), tuple(stakes(claims, before, planted)))


def _planted_year(seed: int) -> tuple[list[Bundle], list[Bundle], list[Planted]]:
    """The claims of a year, clean and as sent; redrawn where chance left too few that can bear an error."""
    for redrawn in range(_DRAWS):
        drawn = seed + redrawn * 1_000_003
        clean = clean_claims(drawn)
        try:
            return clean, *plant_errors(clean, drawn)
        except WorkbookError:
            if redrawn == _DRAWS - 1:
                raise
    raise AssertionError("the last draw returns or raises")


def write_practice(folder: str | Path, seed: int = SEED) -> Practice:
    """Write the year into `folder`: professional.837, institutional.837, remittance.835, tables/, planted_errors.csv.

    Raises WorkbookError when the folder cannot be written.
    """
    place, made = Path(folder), make_practice(seed)
    try:
        (place / "tables").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(f"{place}: cannot be made a folder ({error.strerror}); choose another") from None
    for claim_type in ("professional", "institutional"):
        write_837(_only(made.claims, claim_type), place / f"{claim_type}.837")
    write_835(made.remittance, place / "remittance.835")
    write_csv(made.claims, place / "tables")
    with private_file(place / "planted_errors.csv") as stream:
        stream.write(_planted_csv(made).encode())
    return made


def _only(claims: Claims, claim_type: str) -> Claims:
    kept = {c["claim_id"] for c in claims.arrow["claim"].to_pylist() if c["claim_type"] == claim_type}
    rows: Bundle = {n: [r for r in t.to_pylist() if r["claim_id"] in kept] for n, t in claims.arrow.items()}
    return Claims({name: table.from_rows(rows[name]) for name, table in CLAIM_TABLES.items()})


def _planted_csv(made: Practice) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    for p, (amount, how) in zip(made.planted, made.at_stake, strict=True):
        out.writerow([p.claim_id, p.line_number, p.plant.kind, p.plant.rule_id, p.plant.says, p.changed, amount, how])
    return text.getvalue()
