"""Where a SELECT runs: DuckDB in this process, or Spark when a universe outgrows one machine.

Both take Arrow tables in and give Arrow tables back; large inputs stay inside and only results come out.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbook.engine.select import to_spark
from workbook.engine.table import regrouped
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


class SqlError(WorkbookError):
    """A SELECT that the engine cannot run: what is wrong, and on which of its lines."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class Engine(Protocol):
    """What every engine can do."""

    name: str

    def put(self, name: str, data: Any) -> None:
        """Make `data` readable as `name`.

        It is an Arrow table, a path or glob of Parquet files, a DuckDB relation, or on Spark a DataFrame. Raises
        WorkbookError when it is none of these, or the files cannot be read.
        """

    def view(self, name: str, sql: str) -> None:
        """Make a SELECT readable as `name`; it runs each time it is read."""

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

    def lock(self) -> None:
        """From now on read nothing but what was put: no file, no network, no other setting."""

    def close(self) -> None:
        """Let everything go."""


def columns_of(engine: Engine, name: str) -> pa.Schema:
    """The columns of a table as Arrow types, without reading its rows."""
    return engine.query(f'select * from "{name}" limit 0').schema


def kind_of(data: Any) -> str:
    """What was handed over: arrow, parquet, pandas, duckdb, spark, or the name of another type."""
    if isinstance(data, str | Path):
        return "parquet"
    known = {
        ("pyarrow", "Table"): "arrow",
        ("pandas", "DataFrame"): "pandas",
        ("_duckdb", "DuckDBPyRelation"): "duckdb",
    }
    module, name = type(data).__module__.partition(".")[0], type(data).__name__
    if module == "pyspark" and name == "DataFrame":
        return "spark"
    return known.get((module, name)) or known.get((f"_{module}", name)) or name


def _refused(name: str, data: Any, takes: str) -> WorkbookError:
    return WorkbookError(f"{name}: a {kind_of(data)} cannot be read here; give {takes}")


class DuckDB:
    """DuckDB, embedded.

    `memory_limit` (for example "4GB", which it is unless given, or half the machine's memory if that is less) is
    honoured by spilling into a private folder, inside `spill_folder` if that is given, of at most `spill_limit` (half
    of what is free there unless given). It is removed when the engine is closed.
    """

    name = "duckdb"

    def __init__(
        self,
        memory_limit: str | None = None,
        spill_folder: str | Path | None = None,
        spill_limit: str | None = None,
    ) -> None:
        import duckdb

        if spill_folder is not None:
            Path(spill_folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        spill = tempfile.mkdtemp(prefix="workbook-", dir=spill_folder)  # mode 0700
        self._remove_spill = weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
        config: dict[str, Any] = {
            "preserve_insertion_order": False,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
        config["memory_limit"] = memory_limit = memory_limit or f"{min(_MOST_MEMORY, _memory() // 2)}B"
        try:
            self._connection = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            self._remove_spill()
            raise WorkbookError(f"memory_limit {memory_limit!r}: write it as 4GB or 500MB ({_first(error)})") from None
        self._connection.execute("set enable_progress_bar = false")
        # a table of rates by date has few rows: each line is compared with all of them, which sorts no line
        self._connection.execute("set nested_loop_join_threshold = 100")
        most = spill_limit or f"{shutil.disk_usage(spill).free // 2}B"
        self._connection.execute(f"set max_temp_directory_size = '{most}'")  # given to connect, it would not hold
        self._memory_limit = memory_limit
        self._names: dict[str, str] = {}  # name → what DuckDB drops it as
        self._files: list[str] = []
        self._is_locked = False

    def put(self, name: str, data: Any) -> None:
        """See `Engine.put`."""
        kind = kind_of(data)
        if kind == "parquet":
            self._put_files(name, str(data))
        elif kind == "arrow":
            self.drop(name)
            self._connection.register(name, data)
        elif kind == "duckdb":  # of another connection: its rows stream over, and may spill
            with self._told():
                self._connection.register("arriving", data.to_arrow_reader(100_000))
                self.keep(name, "select * from arriving")
                self._connection.unregister("arriving")
        else:
            raise _refused(name, data, "an Arrow table, a path of Parquet files or a DuckDB relation")
        self._names.setdefault(name, "view")

    def _put_files(self, name: str, path: str) -> None:
        if self._is_locked:
            raise WorkbookError(f"{name}: this engine reads no further file since rules ran on it; open another")
        pattern = f"{path.rstrip('/')}/**/*.parquet" if Path(path).is_dir() else path
        with self._told(f"{name}: {path} cannot be read as Parquet"):
            files = [row[0] for row in self._connection.execute("select file from glob(?)", [pattern]).fetchall()]
            if not files:
                raise WorkbookError(f"{name}: there is no Parquet file at {path}")
            self._connection.read_parquet(files).create_view(name, replace=True)
        self._files += files

    def view(self, name: str, sql: str) -> None:
        """See `Engine.view`."""
        with self._told():
            self._connection.execute(f'create or replace temp view "{name}" as {sql}')
        self._names[name] = "view"

    def keep(self, name: str, sql: str) -> None:
        """See `Engine.keep`."""
        with self._told():
            self._connection.execute(f'create or replace temp table "{name}" as {sql}')
        self._names[name] = "table"

    def query(self, sql: str) -> pa.Table:
        """See `Engine.query`."""
        with self._told():
            return self._connection.sql(sql).to_arrow_table()

    def batches(self, sql: str, rows: int) -> Iterator[pa.Table]:
        """See `Engine.batches`."""
        with self._told():
            yield from regrouped(self._connection.sql(sql).to_arrow_reader(rows), rows)

    def drop(self, name: str) -> None:
        """See `Engine.drop`."""
        if kind := self._names.pop(name, None):
            self._connection.execute(f'drop {kind} "{name}"')

    def tables(self) -> set[str]:
        """See `Engine.tables`."""
        return set(self._names)

    def lock(self) -> None:
        """See `Engine.lock`."""
        if not self._is_locked:
            self._connection.execute(f"set allowed_paths = {self._files!r}" if self._files else "select 1")
            self._connection.execute("set enable_external_access = false")
            self._connection.execute("set lock_configuration = true")
            self._is_locked = True

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()
        self._remove_spill()

    @contextmanager
    def _told(self, what: str = "the data cannot be used as they are") -> Iterator[None]:
        """Say in words what the data or the SQL does not allow, and when the memory limit is not enough."""
        import duckdb

        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise WorkbookError(
                f"the data need more memory, and more disk to spill into, than the engine may take "
                f"({_first(error)}); memory_limit is {self._memory_limit}; allow more of either, or take fewer files"
            ) from None
        except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
            line = re.search(r"^LINE (\d+):", str(error), re.MULTILINE)
            raise SqlError(_first(error), int(line[1]) if line else 1) from None
        except duckdb.Error as error:
            raise WorkbookError(f"{what}: {_first(error)}") from None


_MOST_MEMORY = 4 << 30  # what rows are handed over in comes on top


def _memory() -> int:
    """The machine's memory in bytes."""
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 2 * _MOST_MEMORY  # Windows has no sysconf


def _first(error: Exception) -> str:
    return str(error).splitlines()[0].partition("Error: ")[2] or str(error).splitlines()[0]


class Spark:
    """Spark, in local mode unless a session is given. Needs Java 17 or later and the `spark` extra."""

    name = "spark"

    def __init__(self, session: SparkSession | None = None) -> None:
        self._own = session is None
        self._session = session or _local_session()
        self._names: set[str] = set()
        self._before: dict[str, DataFrame | None] = {}

    def put(self, name: str, data: Any) -> None:
        """See `Engine.put`."""
        from pyspark.errors import AnalysisException

        kind = kind_of(data)
        if kind == "parquet":
            try:
                frame = self._session.read.parquet(str(data))
            except AnalysisException:
                raise WorkbookError(f"{name}: there is no Parquet file that can be read at {data}") from None
        elif kind == "spark":
            frame = data
        elif kind in ("arrow", "duckdb"):
            frame = self._session.createDataFrame(_plain(data if kind == "arrow" else data.to_arrow_table()))
        else:
            raise _refused(name, data, "an Arrow table, a path of Parquet files or a Spark DataFrame")
        self._name(name, frame)

    def _name(self, name: str, frame: DataFrame) -> None:
        """Name a frame; a temporary view of that name in the session's own is put back in the end."""
        catalog = self._session.catalog
        if name not in self._names and name not in self._before:
            known = catalog.tableExists(name) and catalog.getTable(name).isTemporary
            self._before[name] = self._session.table(name) if known else None
        frame.createOrReplaceTempView(name)
        self._names.add(name)

    def view(self, name: str, sql: str) -> None:
        """See `Engine.view`."""
        self._name(name, self._session.sql(to_spark(sql)))

    def keep(self, name: str, sql: str) -> None:
        """See `Engine.keep`."""
        frame = self._session.sql(to_spark(sql)).localCheckpoint()  # cuts the plan: it would grow with every step
        self._name(name, frame)

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

    def lock(self) -> None:
        """See `Engine.lock`: a page's SELECT names tables alone, which is checked when it is read."""

    def close(self) -> None:
        """Forget the tables; a session that was given stays open, with the views it had."""
        for name in self._names:
            self._session.catalog.dropTempView(name)
        for name, frame in self._before.items():
            if frame is not None:
                frame.createOrReplaceTempView(name)
        self._names.clear()
        if self._own:
            self._session.stop()


def _plain(table: pa.Table) -> pa.Table:
    """The table as Spark reads it: not the large_string that pandas hands over, nor an empty chunk before others."""
    import pyarrow as pa

    fields = [f.with_type(pa.string()) if pa.types.is_large_string(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields)).combine_chunks()


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
    """Open an engine by name: "duckdb" (memory_limit, spill_folder, spill_limit) or "spark" (session)."""
    engines: dict[str, type[DuckDB] | type[Spark]] = {"duckdb": DuckDB, "spark": Spark}
    if name not in engines:
        raise WorkbookError(f"no engine is called {name!r}; the engines are {', '.join(engines)}")
    return engines[name](**options)
