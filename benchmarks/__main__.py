"""`make bench`: measures, beside a peer or a hand-tuned baseline in the same run, and writes `benchmarks/results.md`.

Every figure is a process of its own, so that peak memory is its own; each is run several times and the median stands.
`make bench ARGS="--lines 100000 --megabytes 5"` is a quick look.
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
from pathlib import Path

from benchmarks import national

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


def _by_hand(folder: str, rules: str) -> int:
    from benchmarks.baseline import by_hand

    return by_hand(Path(folder), tuple(rules.split()))


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


def _add_ptp(path: str) -> int:
    from workbook.codes import reference
    from workbook.codes.load import add

    add(path)
    return reference(["ptp"])["ptp"].num_rows


TASKS = {
    "lookup": _lookup, "simple-icd-10-cm": _simple_icd, "search": _search, "add ptp": _add_ptp,
    "import workbook": _import_workbook, "import pandas": _import_pandas, "audit": national.audit, "load pairs": national.load_pairs,
    "by hand": _by_hand, "by pandas": _by_pandas, "by great expectations": _by_great_expectations, "intake": _intake,
    "read 837": _read_837, "pyx12": _pyx12, "x12sdk": _x12sdk,
    "stream 837": _stream_837, "read 835": _read_835, "stream 835": _stream_835, "oxedi": _oxedi, "pyx12 835": _pyx12_835,
}  # fmt: skip


def main() -> None:
    """Measure everything and write the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--megabytes", type=int, default=20)
    options, rest = parser.parse_known_args()
    if options.task:
        run_task(options.task, rest)
        return
    with tempfile.TemporaryDirectory() as name:
        RESULTS.write_text(report(Path(name), options.lines, options.megabytes), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def report(folder: Path, lines: int, megabytes: int) -> str:
    """The results as a page."""
    from benchmarks import search
    from benchmarks.universe import write_835, write_837, write_ptp, write_universe

    file = folder / "claims.837"
    size = write_837(file, megabytes) / 1e6
    rows = [("what", "seconds (lowest to highest)", "peak MB", "rate", "beside")]

    def add(what: str, m: dict[str, float], rate: str, beside: str = "") -> None:
        rows.append(
            (what, f"{m['seconds']:.2f} ({m['low']:.2f} to {m['high']:.2f})", f"{m['megabytes']:.0f}", rate, beside)
        )

    own, pandas = measure("import workbook", runs=7), measure("import pandas", runs=7)
    add("import workbook", own, "", f"{own['seconds'] / pandas['seconds']:.3f} × pandas")
    add("import pandas", pandas, "")
    for what, m, count, beside in national.rows(folder, lines, measure):
        add(f"audit, {count:,} lines: {what}", m, f"{count / m['seconds']:,.0f} lines/s", beside)
    small, large = folder / "small", folder / "large"
    write_universe(small, lines // 4)
    write_universe(large, lines)
    fit, fit_quarter = measure("intake", str(large), runs=1), measure("intake", str(small), runs=1)
    add(
        f"intake check of Parquet, {lines // 4:,} lines",
        fit_quarter,
        f"{lines / 4 / fit_quarter['seconds']:,.0f} lines/s",
    )
    add(
        f"intake check of Parquet, {lines:,} lines", fit, f"{lines / fit['seconds']:,.0f} lines/s",
        f"{fit['megabytes'] / fit_quarter['megabytes']:.2f} × the memory and {fit['seconds'] / fit_quarter['seconds']:.1f} × "
        "the time for 4 × the lines",
    )  # fmt: skip
    read, raw, sdk = measure("read 837", str(file)), measure("pyx12", str(file)), measure("x12sdk", str(file), runs=1)
    add(
        f"837P of {size:.0f} MB into tables, {read['count']:,} lines",
        read,
        f"{size / read['seconds']:.1f} MB/s",
        f"{raw['seconds'] / read['seconds']:.1f} × pyx12's speed",
    )
    add("pyx12's reader, segments only", raw, f"{size / raw['seconds']:.1f} MB/s")
    add("x12sdk's parser", sdk, f"{size / sdk['seconds']:.1f} MB/s")
    large_file, remittance = folder / "large.837", folder / "answer.835"
    large_size, remittance_size = write_837(large_file, megabytes * 10) / 1e6, write_835(remittance, megabytes) / 1e6
    small_stream, stream = measure("stream 837", str(file), runs=1), measure("stream 837", str(large_file), runs=1)
    add(f"837P of {size:.0f} MB streamed in batches", small_stream, f"{size / small_stream['seconds']:.1f} MB/s")
    add(
        f"837P of {large_size:.0f} MB streamed in batches", stream, f"{large_size / stream['seconds']:.1f} MB/s",
        f"{stream['megabytes'] / small_stream['megabytes']:.2f} × the memory for {large_size / size:.0f} × the file",
    )  # fmt: skip
    answer, raw = measure("read 835", str(remittance)), measure("pyx12 835", str(remittance))
    rust, sdk = measure("oxedi", str(remittance)), measure("x12sdk", str(remittance), runs=1)
    add(
        f"835 of {remittance_size:.0f} MB into tables and balanced, {answer['count']:,} lines", answer,
        f"{remittance_size / answer['seconds']:.1f} MB/s", f"{raw['seconds'] / answer['seconds']:.1f} × pyx12's speed",
    )  # fmt: skip
    add("pyx12's reader, segments only", raw, f"{remittance_size / raw['seconds']:.1f} MB/s")
    add("oxedi (Rust), into its tables", rust, f"{remittance_size / rust['seconds']:.1f} MB/s")
    add("x12sdk's parser", sdk, f"{remittance_size / sdk['seconds']:.1f} MB/s")
    large_answer = folder / "large.835"
    large_size = write_835(large_answer, megabytes * 10) / 1e6
    small_stream, stream = (
        measure("stream 835", str(remittance), runs=1),
        measure("stream 835", str(large_answer), runs=1),
    )
    add(
        f"835 of {remittance_size:.0f} MB streamed in parts",
        small_stream,
        f"{remittance_size / small_stream['seconds']:.1f} MB/s",
    )
    add(
        f"835 of {large_size:.0f} MB streamed in parts", stream, f"{large_size / stream['seconds']:.1f} MB/s",
        f"{stream['megabytes'] / small_stream['megabytes']:.2f} × the memory for {large_size / remittance_size:.0f} × the file",
    )  # fmt: skip
    cold, warm = measure("lookup", data=folder), measure("lookup", runs=5)
    package, first = measure("simple-icd-10-cm"), measure("search", runs=5)
    ptp = folder / "ccipra-v322r0-f1.txt"
    write_ptp(ptp, lines * 17 // 10)
    loaded = measure("add ptp", str(ptp), data=folder)
    add("a code looked up, nothing built yet (ICD-10-CM read from its package)", cold, "")
    add("a code looked up, warm", warm, "", f"{warm['seconds'] / package['seconds']:.2f} × simple-icd-10-cm")
    add("simple-icd-10-cm: import and one entry", package, "")
    add("a first search, warm", first, "")
    add(
        f"NCCI file of {loaded['count']:,} pairs loaded and read back",
        loaded,
        f"{loaded['count'] / loaded['seconds']:,.0f} rows/s",
    )
    body = "\n".join(
        "| " + " | ".join(row) + " |" + ("\n|" + " --- |" * 5 if n == 0 else "") for n, row in enumerate(rows)
    )
    return (
        "# Measured\n\n"
        f"`make bench`, Python {platform.python_version()}, {platform.machine()}, 2 cores. Each figure is the median of processes of their own, "
        "imports and file reading included; machines are noisy, so read the ratios.\n\n" + body + "\n\n"
        "## Code search, in one process\n\n| what | figure |\n| --- | --- |\n"
        + "".join(f"| {what} | {figure} |\n" for what, figure in search.measure())
    )


if __name__ == "__main__":
    main()
