"""How Great Expectations is run: quietly, in memory, offline, and only on the frames and checks it is handed."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.frames import Judged, Sources, absence, judged
from workbook.claims.intake.result import IntakeResult, Outcome
from workbook.claims.intake.suites import OPTIONAL_TABLES, Check, suites
from workbook.claims.model import Claims
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pandas as pd

#: Positions of the failing rows, but no cell of theirs: values are taken, exact, from our own frame.
_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 0,
}
_SEVERITIES = {"error": "critical", "warning": "warning"}


def judge(claims: Claims, today: date) -> IntakeResult:
    """Run every check of `suites(today)` on `claims`."""
    if not isinstance(claims, Claims):
        raise WorkbookError(
            f"intake judges Claims, not {type(claims).__name__}; read a file with read_claims(path) first"
        )
    sources = Sources.of(claims)
    outcomes: list[Outcome] = []
    with _session() as (gx, source):
        for name, checks in suites(today).items():
            if name not in sources.tables:
                outcomes += [Outcome.could_not_run(check, absence(name)) for check in checks]
                continue
            if name in OPTIONAL_TABLES and not sources.tables[name].num_rows:
                continue
            table = judged(sources, name, checks)
            validations = _validate(gx, source, name, table.frame, checks)
            outcomes += [_outcome(c, v, table) for c, v in zip(checks, validations, strict=True)]
    counts = {name: table.num_rows for name, table in sources.tables.items()}
    return IntakeResult(outcomes, claims=counts.get("claim", 0), lines=counts.get("claim_line", 0))


@contextmanager
def _session() -> Iterator[tuple[Any, Any]]:
    """Great Expectations, and a source of pandas frames in an ephemeral context.

    A context that the user had made is current again afterwards.
    """
    gx = _great_expectations()
    factory = importlib.import_module("great_expectations.data_context.data_context.context_factory")
    try:
        before = factory.project_manager.get_current_project()
    except gx.exceptions.DataContextError:
        before = None
    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        yield gx, context.data_sources.add_pandas("intake")
    finally:
        factory.project_manager.set_project(before)


def _great_expectations() -> Any:
    """Import Great Expectations with its telemetry off, without third parties' warnings and without pyspark."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    if "great_expectations" in sys.modules:
        return sys.modules["great_expectations"]
    with warnings.catch_warnings(), _hidden("pyspark"):
        warnings.simplefilter("ignore")
        return importlib.import_module("great_expectations")


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Make `package` look as if it were not installed.

    Great Expectations imports pyspark.sql.connect, and pyspark 4 without grpc then calls sys.exit(0) where the main
    module has no file (`python -c`, workers of pytest-xdist). Intake judges pandas frames and needs no Spark.
    """
    loaded = {name: module for name, module in sys.modules.items() if name.split(".")[0] == package}
    sys.modules.update(dict.fromkeys([package, *loaded]))  # type: ignore[arg-type]
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(loaded)


def _validate(gx: Any, source: Any, name: str, frame: pd.DataFrame, checks: Sequence[Check]) -> list[Any]:
    """Great Expectations' result of each check, in the order of `checks`."""
    asset = source.add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": frame})
    expectations = [_expectation(gx, position, check) for position, check in enumerate(checks)]
    suite = gx.ExpectationSuite(name, expectations=expectations)
    results = batch.validate(suite, result_format=_RESULT_FORMAT).results
    return sorted(results, key=lambda r: int(r.expectation_config.meta["position"]))


def _expectation(gx: Any, position: int, check: Check) -> Any:
    return getattr(gx.expectations, check.expectation)(
        **check.arguments,
        description=check.says,
        severity=_SEVERITIES[check.severity],
        meta={"position": position},
    )


def _outcome(check: Check, validation: Any, table: Judged) -> Outcome:
    faults = list(_faults(validation.exception_info))
    if faults:
        reasons = [table.obstacles[c] for c in check.judged if c in table.obstacles] or faults[:1]
        return Outcome.could_not_run(check, "; ".join(dict.fromkeys(reasons)))
    found = validation.result
    positions = found.get("unexpected_index_list") or []
    checked = found.get("observed_value", found.get("element_count", 0) - found.get("missing_count", 0))
    return Outcome.of(check, bool(validation.success), checked, table.frame, positions)


def _faults(exception_info: Any) -> Iterable[str]:
    """The messages of what went wrong inside Great Expectations: one record, or one for each metric."""
    records = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    for record in records:
        if record["raised_exception"]:
            yield str(record["exception_message"]).strip().splitlines()[0]
