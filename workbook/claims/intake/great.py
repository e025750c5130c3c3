"""How Great Expectations is run: quietly, in memory, offline, and only on the frames and checks it is handed."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbook.claims.intake.suites import Check

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


class Suite:
    """The checks of one table, to be made on one frame after the other."""

    def __init__(self, gx: Any, source: Any, table: str, checks: Sequence[Check]) -> None:
        self._asset = source.add_dataframe_asset(table)
        self._definition = self._asset.add_batch_definition_whole_dataframe(table)
        expectations = [_expectation(gx, position, check) for position, check in enumerate(checks)]
        self._suite = gx.ExpectationSuite(table, expectations=expectations)

    def validate(self, frame: pd.DataFrame) -> list[Any]:
        """Great Expectations' result of each check, in the order of the checks."""
        batch = self._definition.get_batch({"dataframe": frame})
        results = batch.validate(self._suite, result_format=_RESULT_FORMAT).results
        return sorted(results, key=lambda r: int(r.expectation_config.meta["position"]))


def _expectation(gx: Any, position: int, check: Check) -> Any:
    return getattr(gx.expectations, check.expectation)(
        **check.arguments,
        description=check.says,
        severity=_SEVERITIES[check.severity],
        meta={"position": position},
    )


def faults(validation: Any) -> Iterable[str]:
    """The messages of what went wrong inside Great Expectations: one record, or one for each metric."""
    info = validation.exception_info
    for record in [info] if "raised_exception" in info else info.values():
        if record["raised_exception"]:
            yield str(record["exception_message"]).strip().splitlines()[0]


@contextmanager
def session() -> Iterator[tuple[Any, Any]]:
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
