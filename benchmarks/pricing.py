"""Prices of a generated universe, beside the fee and the reduction for several procedures written by hand in pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def price(folder: str) -> int:
    """Every step over every line."""
    from workbook.payment.price import price_lines

    return price_lines(folder).num_rows


def reduce(folder: str) -> int:
    """The fee with all its reductions, over every line."""
    from workbook.payment.price import price_lines

    return price_lines(folder, columns=("fee_amount", "not_priced_reason")).num_rows


def load_fees(folder: str, codes: str) -> int:
    """Load a physician fee file of so many codes, all but their number invented."""
    from tests.codes.load.conftest import rvu
    from workbook.codes.load import add

    path = Path(folder, "PPRRVU25_OCT.csv")
    path.write_text(rvu(*((f"{10000 + n:05d}", "", "1.30", "1.46") for n in range(int(codes)))), encoding="ascii")
    add(path)
    return int(codes)


def every_fee(day: str) -> int:
    """Every code in every locality, in and outside a facility."""
    from workbook.payment.fee import fee_schedule

    return fee_schedule(day).num_rows


def by_pandas(folder: str) -> int:
    """The physician fee, several procedures of a day at half, and 80 percent less 2: no other step, and floats."""
    import pandas as pd

    from workbook.codes import reference

    claims = pd.read_parquet(
        Path(folder, "claim.parquet"), columns=["claim_id", "patient_id", "rendering_provider_npi"]
    )
    columns = ["claim_id", "line_number", "service_from_date", "hcpcs_code", "units", "billed_amount"]
    lines = pd.read_parquet(Path(folder, "claim_line.parquet"), columns=columns).merge(claims, on="claim_id")
    fees = reference(["physician_fee"])["physician_fee"].to_pandas()
    fees = fees[fees["modifier"].isna() & fees["status_code"].isin(["A", "R", "T"]) & (fees["edition"] == "RVU25A")]
    units = fees[["work_rvu", "nonfacility_pe_rvu", "malpractice_rvu"]].astype(float).sum(axis="columns")
    fees = fees.assign(unit_fee=(units * 32.3465).round(2))[["hcpcs_code", "unit_fee", "multiple_procedure_indicator"]]
    lines = lines.merge(fees, on="hcpcs_code", how="left")
    day = ["patient_id", "rendering_provider_npi", "service_from_date"]
    ranked = lines[lines["multiple_procedure_indicator"] == "2"]
    rank = ranked.groupby(day)["unit_fee"].rank(method="first", ascending=False)
    fee = lines["unit_fee"] * lines["units"].astype(float)
    fee.loc[rank.index[rank > 1]] *= 0.5
    allowed = fee.clip(upper=lines["billed_amount"].astype(float))
    lines["paid"] = (allowed * 0.8 * 0.98).round(2)
    return len(lines)


def rows(
    folder: Path, lines: int, measure: Callable[..., dict[str, float]]
) -> Iterator[tuple[str, dict[str, float], int, str]]:
    """What was measured, the measure, the number of lines, and what it is beside."""
    from benchmarks.universe import write_universe

    small, large = folder / "small", folder / "large"
    write_universe(small, lines)
    write_universe(large, lines * 10)
    one, ten = (measure("price", str(path), runs=1) for path in (small, large))
    pandas, pandas10 = (measure("price by pandas", str(path), runs=1) for path in (small, large))
    fee, fees_of_ten = (measure("fee and reductions", str(path), runs=1) for path in (small, large))
    yield "fee and several procedures by hand in pandas", pandas, lines, ""
    yield "fee and reductions", fee, lines, f"{fee['seconds'] / pandas['seconds']:.1f} × the time of pandas"
    yield "the same by hand in pandas", pandas10, lines * 10, ""
    beside = (
        f"{fees_of_ten['seconds'] / pandas10['seconds']:.1f} × the time of pandas; "
        f"{fees_of_ten['seconds'] / fee['seconds']:.1f} × the time for ten times the lines"
    )
    yield "fee and reductions", fees_of_ten, lines * 10, beside
    yield "all steps", one, lines, f"{one['seconds'] / pandas['seconds']:.1f} × the time of pandas"
    beside = (
        f"{ten['seconds'] / one['seconds']:.1f} × the time and {ten['megabytes'] / one['megabytes']:.2f} × the "
        "memory for ten times the lines"
    )
    yield "all steps", ten, lines * 10, beside
    measure("load fees", str(folder), "17000", runs=1, shelf=folder / "shelf")
    fees = measure("every fee", "2025-11-03", runs=1, shelf=folder / "shelf")
    yield "17,000 codes in every locality and setting (lines are fees)", fees, int(fees["count"]), ""


def tasks() -> dict[str, Callable[..., Any]]:
    """The measured things by name."""
    return {
        "price": price,
        "fee and reductions": reduce,
        "price by pandas": by_pandas,
        "load fees": load_fees,
        "every fee": every_fee,
    }
