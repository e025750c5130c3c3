"""Claims with random faults, the same for the same seed: copies of the sample practice with cells changed at random."""

import random
from datetime import date, timedelta
from pathlib import Path

from workbook.claims.files import read_claims
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES

PRACTICE = Path(__file__).parents[2] / "sample_data" / "claims"


def faulty_claims(count: int, seed: int, share: float = 0.2) -> Claims:
    """`count` claims; in about `share` of all rows one cell is emptied, moved in time or taken from another row."""
    chance = random.Random(seed)
    source = {name: table.to_pylist() for name, table in read_claims(PRACTICE).arrow.items()}
    by_claim = {name: _by_claim(rows) for name, rows in source.items()}
    made = {name: [] for name in source}
    for number in range(count):
        drawn = chance.choice(source["claim"])["claim_id"]
        for name, rows in by_claim.items():
            for row in rows.get(drawn, []):
                own = {**row, "claim_id": f"{drawn}/{number}"}
                if own.get("patient_id"):
                    own["patient_id"] += f"/{number // chance.choice([1, 1, 2])}"
                if chance.random() < share:
                    _change(own, CLAIM_TABLES[name], source[name], chance)
                made[name].append(own)
    return Claims({name: CLAIM_TABLES[name].from_rows(rows) for name, rows in made.items()})


def _by_claim(rows):
    found = {}
    for row in rows:
        found.setdefault(row["claim_id"], []).append(row)
    return found


def _change(row, table, others, chance):
    name = chance.choice([c.name for c in table.columns if c.name not in table.key])
    how = chance.choice(["empty", "other", "move"])
    if how == "move" and isinstance(row[name], date):
        row[name] += timedelta(days=chance.choice([-4000, -400, -31, -1, 1, 31, 400]))
    else:
        row[name] = None if how == "empty" else chance.choice(others)[name]
