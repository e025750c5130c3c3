"""`make bench`: measures, beside a peer or a hand-tuned baseline in the same run, and writes `benchmarks/results.md`.

Every figure is a process of its own, so that peak memory is its own; each is run several times and the median stands.
`make bench ARGS="--lines 100000 --megabytes 5"` is a quick look, `ARGS="--only files"` measures one section anew.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import national, pricing

RESULTS = Path(__file__).with_name("results.md")


def measure(
    task: str, *arguments: str, runs: int = 3, data: Path | None = None, shelf: Path | None = None
) -> dict[str, float]:
    """Run a task in processes of its own; returns the medians of seconds and peak MB, and what it counted."""
    found = []
    for number in range(runs):
        environment = dict(os.environ)
        if data:  # a data folder of its own: nothing is built yet
            environment["WORKBOOK_DATA"] = str(data / f"{task} {number}")
        if shelf:  # one that several tasks share
            environment["WORKBOOK_DATA"] = str(shelf)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "--task", task, *arguments],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{task} failed:\n{done.stderr[-3000:]}")
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return {
        "seconds": statistics.median(f["seconds"] for f in found),
        "low": min(f["seconds"] for f in found),
        "high": max(f["seconds"] for f in found),
        "megabytes": statistics.median(f["megabytes"] for f in found),
        "count": found[0]["count"],
    }


def run_task(task: str, arguments: list[str]) -> None:
    """Do one measured thing in this process and print its time, its peak memory and what it counted."""
    import warnings

    warnings.simplefilter("ignore")
    start = time.perf_counter()
    count = TASKS[task](*arguments)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes(), "count": count}))


def peak_megabytes() -> float:
    """The most memory this process held; Linux's ru_maxrss would begin with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _import_workbook() -> int:
    import workbook

    return len(workbook.__all__)


def _import_pandas() -> int:
    import pandas

    return len(pandas.__all__)


def _by_hand(folder: str, rules: str, coverage: str = "") -> int:
    from benchmarks.baseline import by_hand

    return by_hand(Path(folder), tuple(rules.split()), coverage=bool(coverage))


def _by_pandas(folder: str) -> int:
    from benchmarks.baseline import by_pandas

    return by_pandas(Path(folder))


def _intake(folder: str) -> int:
    import workbook as wb

    return wb.intake({p.stem: p for p in Path(folder).glob("claim*.parquet")}).line_count


def _by_great_expectations(folder: str) -> int:
    from benchmarks.baseline import by_great_expectations

    return by_great_expectations(Path(folder))


def _read_837(path: str) -> int:
    import workbook as wb

    return wb.read_claims(path).arrow["claim_line"].num_rows


def _stream_837(path: str) -> int:
    from workbook.claims.x12.read_837 import stream_837

    lines: list[int] = []
    stream_837(path, lambda claims: lines.append(claims.arrow["claim_line"].num_rows))
    return sum(lines)


def _read_835(path: str) -> int:
    import workbook as wb

    return wb.read_remittance(path).arrow["remittance_line"].num_rows


def _stream_835(path: str) -> int:
    from workbook.claims.x12.read_835 import stream_835

    lines: list[int] = []
    stream_835(path, lambda part: lines.append(part.arrow["remittance_line"].num_rows))
    return sum(lines)


def _oxedi(path: str) -> int:
    import oxedi

    return len(oxedi.parse_file(path).tables.to_pandas()["services"])


def _pyx12_835(path: str) -> int:
    import pyx12.x12file

    with Path(path).open(encoding="ascii") as stream:
        return sum(segment.get_seg_id() == "SVC" for segment in pyx12.x12file.X12Reader(stream))


def _pyx12(path: str) -> int:
    import pyx12.x12file

    with Path(path).open(encoding="ascii") as stream:
        return sum(segment.get_seg_id() == "SV1" for segment in pyx12.x12file.X12Reader(stream))


def _x12sdk(path: str) -> int:
    from x12sdk.io import X12ModelReader

    with X12ModelReader(path) as reader:
        return sum(1 for _ in reader.models())


def _lookup() -> int:
    import workbook as wb

    return len(wb.lookup("E11.42", on="2025-11-03").notes)


def _simple_icd() -> int:
    import simple_icd_10_cm as icd

    return len(icd.get_full_data("E11.42"))


def _search() -> int:
    import workbook as wb

    return len(wb.search("numb feet diabetes"))


def _add_ptp(*paths: str) -> int:
    from workbook.codes import reference
    from workbook.codes.load import add

    add(paths)
    return reference(["ptp"])["ptp"].num_rows


TASKS = {
    "lookup": _lookup, "simple-icd-10-cm": _simple_icd, "search": _search, "add ptp": _add_ptp,
    "import workbook": _import_workbook, "import pandas": _import_pandas, "audit": national.audit, "load pairs": national.load_pairs,
    "by hand": _by_hand, "by pandas": _by_pandas, "by great expectations": _by_great_expectations, "intake": _intake,
    "read 837": _read_837, "pyx12": _pyx12, "x12sdk": _x12sdk,
    **pricing.tasks(),
    "stream 837": _stream_837, "read 835": _read_835, "stream 835": _stream_835, "oxedi": _oxedi, "pyx12 835": _pyx12_835,
}  # fmt: skip


def main() -> None:
    """Measure all sections, or those that are named, and write the results; what is not measured stays as it was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    options, rest = parser.parse_known_args()
    if options.task:
        run_task(options.task, rest)
        return
    told = _told_before()
    for section in options.only:
        with tempfile.TemporaryDirectory() as name:
            told[section] = SECTIONS[section](Path(name), options.lines, options.megabytes)
        RESULTS.write_text(_page(told), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def _told_before() -> dict[str, str]:
    """Each section of the page as it stands."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    found = {}
    for part in text.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        found[title.strip()] = body.strip()
    return found


def _page(told: dict[str, str]) -> str:
    sections = "".join(f"\n## {title}\n\n{told[title]}\n" for title in SECTIONS if title in told)
    return (
        "# Measured\n\n"
        f"`make bench`, Python {platform.python_version()}, {platform.machine()}, 2 cores. Each figure is the median of processes "
        'of their own, imports and file reading included; machines are noisy, so read the ratios. `make bench ARGS="--only files"` '
        f"measures one section anew.\n{sections}"
    )


class _Rows:
    """A table of figures."""

    def __init__(self) -> None:
        self._rows = [("what", "seconds (lowest to highest)", "peak MB", "rate", "beside")]

    def add(self, what: str, m: dict[str, float], rate: str = "", beside: str = "") -> None:
        """Add what was measured."""
        seconds = f"{m['seconds']:.2f} ({m['low']:.2f} to {m['high']:.2f})"
        self._rows.append((what, seconds, f"{m['megabytes']:.0f}", rate, beside))

    def __str__(self) -> str:
        return "\n".join(
            "| " + " | ".join(row) + " |" + ("\n|" + " --- |" * 5 if n == 0 else "") for n, row in enumerate(self._rows)
        )


def _audit_section(folder: Path, lines: int, megabytes: int) -> str:
    table = _Rows()
    for what, m, count, beside in national.rows(folder, lines, measure):
        table.add(f"audit, {count:,} lines: {what}", m, f"{count / m['seconds']:,.0f} lines/s", beside)
    return str(table)


def _price_section(folder: Path, lines: int, megabytes: int) -> str:
    table = _Rows()
    for what, m, count, beside in pricing.rows(folder, lines, measure):
        table.add(f"prices, {count:,} lines: {what}", m, f"{count / m['seconds']:,.0f} lines/s", beside)
    return str(table)


def _intake_section(folder: Path, lines: int, megabytes: int) -> str:
    from benchmarks.universe import write_universe

    table, small, large = _Rows(), folder / "small", folder / "large"
    write_universe(small, lines // 4)
    write_universe(large, lines)
    quarter, whole = measure("intake", str(small), runs=1), measure("intake", str(large), runs=1)
    table.add(f"Parquet, {lines // 4:,} lines", quarter, f"{lines / 4 / quarter['seconds']:,.0f} lines/s")
    table.add(
        f"Parquet, {lines:,} lines", whole, f"{lines / whole['seconds']:,.0f} lines/s",
        f"{whole['megabytes'] / quarter['megabytes']:.2f} × the memory and {whole['seconds'] / quarter['seconds']:.1f} × "
        "the time for 4 × the lines",
    )  # fmt: skip
    return str(table)


def _files_section(folder: Path, lines: int, megabytes: int) -> str:
    from benchmarks.universe import write_835, write_837

    table, names = _Rows(), ("claims.837", "large.837", "answer.835", "large.835")
    claims, many_claims, answer, many_answers = (folder / name for name in names)
    writers = (
        (write_837, claims, 1),
        (write_837, many_claims, 10),
        (write_835, answer, 1),
        (write_835, many_answers, 10),
    )
    sizes = {path: write(path, megabytes * times) / 1e6 for write, path, times in writers}

    def rate(path: Path, m: dict[str, float]) -> str:
        return f"{sizes[path] / m['seconds']:.1f} MB/s"

    for kind, path, many, peers in (
        ("837", claims, many_claims, (("pyx12", "pyx12's reader, segments only", 3), ("x12sdk", "x12sdk's parser", 1))),
        ("835", answer, many_answers, (
            ("pyx12 835", "pyx12's reader, segments only", 3), ("oxedi", "oxedi (Rust), into its tables", 3),
            ("x12sdk", "x12sdk's parser", 1),
        )),
    ):  # fmt: skip
        own = measure(f"read {kind}", str(path))
        beside = [(says, measure(task, str(path), runs=runs)) for task, says, runs in peers]
        said = ", ".join(f"{m['seconds'] / own['seconds']:.1f} × {says.split()[0]}" for says, m in beside)
        table.add(
            f"{kind} of {sizes[path]:.0f} MB into tables, {own['count']:,} lines", own, rate(path, own), f"speed {said}"
        )
        for says, m in beside:
            table.add(says, m, rate(path, m))
        small, large = measure(f"stream {kind}", str(path), runs=1), measure(f"stream {kind}", str(many), runs=1)
        table.add(f"{kind} of {sizes[path]:.0f} MB streamed", small, rate(path, small))
        table.add(
            f"{kind} of {sizes[many]:.0f} MB streamed", large, rate(many, large),
            f"{large['megabytes'] / small['megabytes']:.2f} × the memory for {sizes[many] / sizes[path]:.0f} × the file",
        )  # fmt: skip
    return str(table)


def _codes_section(folder: Path, lines: int, megabytes: int) -> str:
    from benchmarks import search
    from benchmarks.universe import write_ptp

    table = _Rows()
    own, pandas = measure("import workbook", runs=7), measure("import pandas", runs=7)
    table.add("import workbook", own, "", f"{own['seconds'] / pandas['seconds']:.3f} × pandas")
    table.add("import pandas", pandas)
    cold, warm = measure("lookup", data=folder), measure("lookup", runs=5)
    package, first = measure("simple-icd-10-cm"), measure("search", runs=5)
    ptp = write_ptp(folder, lines * 17 // 10)
    loaded = measure("add ptp", *map(str, ptp), data=folder)
    table.add("a code looked up, nothing built yet (ICD-10-CM read from its package)", cold)
    table.add("a code looked up, warm", warm, "", f"{warm['seconds'] / package['seconds']:.2f} × simple-icd-10-cm")
    table.add("simple-icd-10-cm: import and one entry", package)
    table.add("a first search, warm", first)
    pairs = f"NCCI table of {loaded['count']:,} pairs loaded and read back"
    table.add(pairs, loaded, f"{loaded['count'] / loaded['seconds']:,.0f} rows/s")
    found = "".join(f"| {what} | {figure} |\n" for what, figure in search.measure())
    return f"{table}\n\nSearch, in one process:\n\n| what | figure |\n| --- | --- |\n{found}".rstrip()


SECTIONS: dict[str, Callable[[Path, int, int], str]] = {
    "files": _files_section, "intake": _intake_section, "audit": _audit_section, "price": _price_section,
    "codes": _codes_section,
}  # fmt: skip


if __name__ == "__main__":
    main()
