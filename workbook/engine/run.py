"""Where a SELECT runs: DuckDB in this process, or Spark when a universe outgrows one machine.

Both take Arrow tables in and give Arrow tables back; large inputs stay inside and only results come out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbook.engine.select import to_spark
from workbook.engine.table import regrouped
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession


class Engine(Protocol):
    """What every engine can do."""

    name: str

    def put(self, name: str, data: pa.Table | str | Path) -> None:
        """Make an Arrow table, or Parquet files named by a path or glob, readable as `name`."""

    def keep(self, name: str, sql: str) -> None:
        """Run a SELECT once and keep its rows as `name`."""

    def query(self, sql: str) -> pa.Table:
        """Run a SELECT and return its rows."""

    def batches(self, sql: str, rows: int) -> Iterator[pa.Table]:
        """Run a SELECT and yield its rows in their order, `rows` at a time, so that a large result needs no room."""

    def drop(self, name: str) -> None:
        """Let the rows kept as `name` go, so that large inputs leave room for what comes next."""

    def tables(self) -> set[str]:
        """The names that can be read."""

    def close(self) -> None:
        """Let everything go."""


@contextmanager
def _memory_told() -> Iterator[None]:
    """Say in words that what is asked for does not fit the memory limit."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        what = str(error).splitlines()[0].removeprefix("Out of Memory Error: ")
        raise WorkbookError(f"the data needs more memory than the engine may take ({what}); take fewer files") from None


class DuckDB:
    """DuckDB, embedded. `memory_limit` (for example "4GB") is honoured by spilling into `spill_folder`."""

    name = "duckdb"

    def __init__(self, memory_limit: str | None = None, spill_folder: str | Path | None = None) -> None:
        import duckdb

        config: dict[str, Any] = {"preserve_insertion_order": False}
        if memory_limit:
            config["memory_limit"] = memory_limit
        if spill_folder:
            config["temp_directory"] = str(spill_folder)
        self._connection = duckdb.connect(":memory:", config=config)
        self._connection.execute("set enable_progress_bar = false")
        self._names: set[str] = set()

    def put(self, name: str, data: pa.Table | str | Path) -> None:
        """See `Engine.put`."""
        if isinstance(data, str | Path):
            relation = self._connection.read_parquet(str(data))
            relation.create_view(name, replace=True)
        else:
            self._connection.register(name, data)
        self._names.add(name)

    def keep(self, name: str, sql: str) -> None:
        """See `Engine.keep`."""
        with _memory_told():
            self._connection.execute(f'create or replace temp table "{name}" as {sql}')
        self._names.add(name)

    def query(self, sql: str) -> pa.Table:
        """See `Engine.query`."""
        with _memory_told():
            return self._connection.sql(sql).to_arrow_table()

    def batches(self, sql: str, rows: int) -> Iterator[pa.Table]:
        """See `Engine.batches`."""
        with _memory_told():
            yield from regrouped(self._connection.sql(sql).to_arrow_reader(rows), rows)

    def drop(self, name: str) -> None:
        """See `Engine.drop`."""
        self._connection.execute(f'drop table if exists "{name}"')
        self._names.discard(name)

    def tables(self) -> set[str]:
        """See `Engine.tables`."""
        return set(self._names)

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()


class Spark:
    """Spark, in local mode unless a session is given. Needs Java 17 or later and the `spark` extra."""

    name = "spark"

    def __init__(self, session: SparkSession | None = None) -> None:
        self._own = session is None
        self._session = session or _local_session()
        self._names: set[str] = set()

    def put(self, name: str, data: pa.Table | str | Path) -> None:
        """See `Engine.put`."""
        if isinstance(data, str | Path):
            frame = self._session.read.parquet(str(data))
        else:
            frame = self._session.createDataFrame(_without_large_strings(data))
        frame.createOrReplaceTempView(name)
        self._names.add(name)

    def keep(self, name: str, sql: str) -> None:
        """See `Engine.keep`."""
        frame = self._session.sql(to_spark(sql)).localCheckpoint()  # cuts the plan: it would grow with every step
        frame.createOrReplaceTempView(name)
        self._names.add(name)

    def query(self, sql: str) -> pa.Table:
        """See `Engine.query`."""
        return self._session.sql(to_spark(sql)).toArrow()

    def batches(self, sql: str, rows: int) -> Iterator[pa.Table]:
        """See `Engine.batches`; what Spark returns is whole in memory."""
        for start in range(0, len(found := self.query(sql)), rows):
            yield found.slice(start, rows)

    def drop(self, name: str) -> None:
        """See `Engine.drop`."""
        self._session.catalog.dropTempView(name)
        self._names.discard(name)

    def tables(self) -> set[str]:
        """See `Engine.tables`."""
        return set(self._names)

    def close(self) -> None:
        """Forget the tables; a session that was given stays open."""
        for name in self._names:
            self._session.catalog.dropTempView(name)
        self._session.catalog.clearCache()
        self._names.clear()
        if self._own:
            self._session.stop()


def _without_large_strings(table: pa.Table) -> pa.Table:
    """Spark reads Arrow's string type, not the large_string that pandas hands over."""
    import pyarrow as pa

    fields = [f.with_type(pa.string()) if pa.types.is_large_string(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def _local_session() -> SparkSession:
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise WorkbookError("the spark engine is not installed; run: pip install -e '.[spark]'") from None
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[2]").appName("workbook")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
        "spark.sql.ansi.enabled": "true",
        "spark.driver.memory": "4g",
        "spark.sql.adaptive.enabled": "false",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkRuntimeError, FileNotFoundError) as error:
        raise WorkbookError(f"Spark could not start; it needs Java 17 or later on the path ({error})") from None


def open_engine(name: str = "duckdb", **options: Any) -> Engine:
    """Open an engine by name: "duckdb" (options memory_limit, spill_folder) or "spark" (option session)."""
    engines: dict[str, type[DuckDB] | type[Spark]] = {"duckdb": DuckDB, "spark": Spark}
    if name not in engines:
        raise WorkbookError(f"no engine is called {name!r}; the engines are {', '.join(engines)}")
    return engines[name](**options)
