"""A wide carrier extract into claim tables: `python -m benchmarks.wide 1000000` prints seconds and peak memory.

The extract has all columns of the public layout, one to six lines a claim, one to eight diagnoses. With two numbers the
second is how many files of that size the extract has.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.claims.formats.extracts import CARRIER, CARRIER_LINE

CODES = ["E119", "I10", "Z0000", "M545", "J069", "N390", "R079", "E785", "K219", "F329", "G4733", "I2510"]


def write_extract(path: Path, lines: int, first_claim: int = 1) -> int:
    """Write an extract of so many lines; returns the number of the next claim."""
    chance = random.Random(first_claim)
    written, claim = 0, first_claim
    with path.open("w", encoding="utf-8") as stream:
        stream.write("|".join(CARRIER) + "\n")
        while written < lines:
            codes = chance.sample(CODES, chance.randint(1, 8))
            charges = [chance.randint(100, 99_999) for _ in range(min(chance.randint(1, 6), lines - written))]
            day = f"{chance.randint(1, 28):02d}-{chance.choice(['JAN', 'FEB', 'OCT'])}-2024"
            head = {
                **CARRIER_LINE, "BENE_ID": str(-claim % 50_000), "CLM_ID": f"-{claim}", "CLM_FROM_DT": day,
                "CLM_THRU_DT": day, "NCH_CARR_CLM_SBMTD_CHRG_AMT": f"{sum(charges) / 100:.2f}",
                "PRNCPAL_DGNS_CD": codes[0], "ICD_DGNS_CD2": "", "ICD_DGNS_VRSN_CD2": "",
            }  # fmt: skip
            for number, code in enumerate(codes, 1):
                head |= {f"ICD_DGNS_CD{number}": code, f"ICD_DGNS_VRSN_CD{number}": "0"}
            for number, charge in enumerate(charges, 1):
                row = head | {
                    "LINE_NUM": str(number), "LINE_SBMTD_CHRG_AMT": f"{charge / 100:.2f}", "LINE_1ST_EXPNS_DT": day,
                    "LINE_LAST_EXPNS_DT": day, "LINE_ICD_DGNS_CD": chance.choice(codes),
                    "HCPCS_CD": chance.choice(["G0463", "J1100", "G0008"]),
                }  # fmt: skip
                stream.write("|".join(row.get(name, "") for name in CARRIER) + "\n")
            written += len(charges)
            claim += 1
    return claim


def read_extract(path: Path) -> None:
    """Read an extract in this process and print what it took."""
    from workbook.claims.formats import read_wide

    start = time.perf_counter()
    claims = read_wide(path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tables = sum(table.nbytes for table in claims.arrow.values()) / 2**20
    print(f"{claims}: {seconds:.1f} s, peak {peak:,.0f} MiB, of which the tables {tables:,.0f} MiB")


def main(lines: int, files: int = 1) -> None:
    """Write an extract and read it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        claim = 1
        for number in range(files):
            claim = write_extract(Path(folder) / f"carrier_{number}.csv", lines, claim)
        subprocess.run([sys.executable, "-m", "benchmarks.wide", "--read", folder], check=True)


if __name__ == "__main__":
    if sys.argv[1] == "--read":
        read_extract(Path(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
