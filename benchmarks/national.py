"""The audit of a universe: how long, in how much memory, and beside the same rules by hand, in pandas and as expectations.

The universe is claims as Parquet files, the reference tables are those that ship and an NCCI file of two million pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

#: the rules that every way of doing it runs
FIVE = ("PTP-001", "MUE-002", "DX-001", "SUM-001", "DUP-001")
PAIRS = 2_000_000
LIMITS = 14_000


def write_reference(folder: Path) -> None:
    """Write the reference tables in use as Parquet beside the claims, for those who do not ask the workbook."""
    import pyarrow.parquet as pq

    from workbook.codes import reference

    for name, table in reference(["ptp", "mue", "ncci_modifier", "modifier_use", "diagnosis"]).items():
        pq.write_table(table, folder / f"{name}.parquet")


def audit(folder: str, rules: str = "", price: str = "", memory_limit: str = "") -> int:
    """Audit the claims in a folder; returns the number of findings."""
    import workbook as wb

    result = wb.audit(
        {p.stem: p for p in Path(folder).glob("claim*.parquet")},
        rules=rules.split() or None, price=bool(price), memory_limit=memory_limit or None,
    )  # fmt: skip
    return result.arrow_findings.num_rows


def load_pairs(folder: str) -> int:
    """Load NCCI tables of `PAIRS` pairs and `LIMITS` limits, and write the reference tables into `folder`."""
    from benchmarks.universe import write_mue, write_ptp
    from workbook.codes.load import add

    add([*write_ptp(Path(folder), PAIRS), write_mue(Path(folder), LIMITS)])
    write_reference(Path(folder))
    return PAIRS


def rows(
    folder: Path, lines: int, measure: Callable[..., dict[str, float]]
) -> Iterator[tuple[str, dict[str, float], int, str]]:
    """Measure; gives what was done, its figures, the lines it was done to, and what it is to be read beside."""
    import shutil

    from benchmarks.universe import write_universe
    from workbook.rules.card import rules

    small, large, shelf = folder / "one", folder / "ten", folder / "shelf"
    for place, count in ((small, lines), (large, lines * 10)):
        write_universe(place, count)
    measure("load pairs", str(small), runs=1, shelf=shelf)
    for path in small.glob("*.parquet"):
        if not path.stem.startswith("claim"):
            shutil.copy(path, large / path.name)
    five, named = " ".join(FIVE), f"five rules ({', '.join(FIVE)})"

    def run(task: str, place: Path, *arguments: str, runs: int = 3) -> dict[str, float]:
        return measure(task, str(place), *arguments, runs=runs, shelf=shelf)

    bare, hand, ours = run("by hand", small, five), run("by hand", small, five, "coverage"), run("audit", small, five)
    yield f"{named} by hand in DuckDB SQL, no coverage", bare, lines, ""
    yield f"{named} by hand, with coverage", hand, lines, ""
    yield f"{named}", ours, lines, _beside_hand(ours, hand, bare)
    pandas, great = run("by pandas", small, runs=1), run("by great expectations", small, runs=1)
    yield f"{named} as pandas merges", pandas, lines, f"audit {pandas['seconds'] / ours['seconds']:.1f} × as fast"
    both = run("audit", small, "DX-001 SUM-001")
    yield "two of them (DX-001, SUM-001) as Great Expectations", great, lines, ""
    yield "the same two", both, lines, f"{great['seconds'] / both['seconds']:.1f} × as fast"
    bare10, hand10 = run("by hand", large, five, runs=1), run("by hand", large, five, "coverage", runs=1)
    ours10 = run("audit", large, five, runs=1)
    yield f"{named} by hand, no coverage", bare10, lines * 10, ""
    yield f"{named} by hand, with coverage", hand10, lines * 10, ""
    ten = f"{ours10['seconds'] / ours['seconds']:.1f} × the time for ten times the lines"
    yield f"{named}", ours10, lines * 10, f"{_beside_hand(ours10, hand10, bare10)}; {ten}"
    pandas10 = run("by pandas", large, runs=1)
    yield (
        f"{named} as pandas merges",
        pandas10,
        lines * 10,
        f"audit {pandas10['seconds'] / ours10['seconds']:.1f} × as fast",
    )
    count = sum(card.status == "active" for card in rules())
    whole, whole10 = run("audit", small), run("audit", large, runs=1)
    yield f"the whole catalogue, {count} rules, {whole['count']:,} findings", whole, lines, ""
    yield (
        f"the whole catalogue, {whole10['count']:,} findings", whole10, lines * 10,
        f"{whole10['seconds'] / whole['seconds']:.1f} × the time for ten times the lines",
    )  # fmt: skip
    tight = run("audit", large, "", "", "1GB", runs=1)
    yield (
        "the whole catalogue, memory_limit 1GB",
        tight,
        lines * 10,
        f"{tight['seconds'] / whole10['seconds']:.2f} × the time",
    )
    priced = run("audit", small, "", "price", runs=1)
    yield "the whole catalogue, every finding priced", priced, lines, ""


def _beside_hand(ours: dict[str, float], hand: dict[str, float], bare: dict[str, float]) -> str:
    if not ours["count"] == hand["count"] == bare["count"]:
        raise SystemExit(f"by hand {hand['count']} rows are found, by the audit {ours['count']}")
    return (
        f"{ours['seconds'] / hand['seconds']:.2f} × by hand, {ours['seconds'] / bare['seconds']:.2f} × without coverage"
    )
