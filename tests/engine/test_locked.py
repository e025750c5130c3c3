"""A page's SQL reaches nothing but the tables: refused when it is read, and once more by the engine."""

import pytest

from workbook.engine import open_engine, parse_select
from workbook.engine.run import SqlError
from workbook.engine.table import Column, Table
from workbook.terms import WorkbookError

FILES = ["read_csv('{}')", "read_csv_auto('{}')", "read_parquet('{}')", "parquet_scan('{}')", "read_json('{}')",
         "read_text('{}')", "read_blob('{}')", "glob('{}')", "sniff_csv('{}')", "parquet_metadata('{}')",
         "sqlite_scan('{}', 't')", "'{}'", "'{}.parquet'", "'https://example.com/t.csv'", '"{}"']  # fmt: skip
CATALOGUE = ["duckdb_settings()", "duckdb_secrets()", "pragma_table_info('t')", "pg_catalog.pg_settings",
             "information_schema.tables", "main.t", "query('select 1')", "query_table('t')", "range(10)",
             "generate_series(1, 10)", "system.main.duckdb_tables", "(describe t)", "(summarize t)", "t tablesample 5"]  # fmt: skip
PLACES = [
    "select s.a from {} s",
    "select t.a from t cross join {} s",
    "with q as (select s.a from {} s) select q.a from q",
    "select q.a from (select s.a from {} s) q",
    "select t.a from t where t.a in (select s.a from {} s)",
    "select t.a, (select max(s.a) from {} s) as b from t",
    "select t.a from t, lateral (select s.a from {} s) q",
    "select t.a from t union all select s.a from {} s",
    "select t.a from t order by (select min(s.a) from {} s)",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_select_reads_named_tables_alone_wherever_it_names_them(place, tmp_path):
    for source in [*FILES, *CATALOGUE]:
        with pytest.raises(WorkbookError, match=r"^card\.md, line 1: "):
            parse_select(place.format(source.format(tmp_path / "secret.csv")), "card.md")


@pytest.mark.parametrize(
    "call",
    ["getenv('HOME')", "current_setting('memory_limit')", "getvariable('x')", "nextval('s')", "read_text('/etc/hosts')",
     "reflect('java.lang.System', 'getenv', 'HOME')", "java_method('java.lang.System', 'exit', 1)", "current_user",
     "current_database()", "version()", "random()", "uuid()", "md5_number(t.a)", "$1"],
)  # fmt: skip
def test_a_function_that_reaches_outside_or_that_one_engine_alone_knows_is_refused(call):
    with pytest.raises(WorkbookError, match=r"^card\.md, line 1\d: "):
        parse_select(f"select\n  t.a,\n  {call} as b\nfrom t", "card.md", 10)


@pytest.mark.parametrize(
    "sql",
    ["copy t to '/tmp/x.csv'", "attach 'x.db'", "install httpfs", "load httpfs", "pragma database_list", "set threads = 1",
     "call pragma_version()", "export database 'x'", "create table x as select 1 as a", "insert into t values (1)",
     "delete from t", "update t set a = 1", "drop table t", "select t.a into x from t", "describe t", "show tables",
     "explain select t.a from t", "vacuum", "checkpoint", "select t.a from t; copy t to 'x.csv'",
     "with q as (delete from t returning a) select q.a from q",
     "with recursive q as (select 1 as a union all select q.a + 1 as a from q) select q.a from q"],
)  # fmt: skip
def test_a_page_holds_one_select_and_no_other_statement(sql):
    with pytest.raises(WorkbookError, match=r"^card\.md, line 1: "):
        parse_select(sql, "card.md")


def test_a_name_given_by_with_hides_no_table_from_what_is_said_to_be_read():
    shadowed = "with duckdb_settings as (select d.name from duckdb_settings d) select s.name from duckdb_settings s"
    assert parse_select(shadowed, "card.md").reads == {"duckdb_settings"}
    with pytest.raises(WorkbookError, match="WITH stands before the whole SELECT"):
        parse_select("select s.a from sqlite_master s where exists (with sqlite_master as (select 1 as a) select q.a "
                     "from sqlite_master q)", "card.md")  # fmt: skip


HOSTILE = ["select * from read_csv('{}')", "select * from '{}'", "select * from read_text('{}')", "select * from glob('{}')",
           "select * from read_blob('{}')", "attach '{}.db'", "copy (select 1 as a) to '{}.out'", "install httpfs", "load httpfs",
           "export database '{}.folder'", "set memory_limit = '1GB'", "set enable_external_access = true",
           "set lock_configuration = false", "pragma threads = 1", "select * from 'https://example.com/t.csv'",
           "select getenv('HOME')", "create secret s (type s3, key_id 'k', secret 's')"]  # fmt: skip


@pytest.fixture
def locked(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "given").mkdir()
    for part in range(2):
        pq.write_table(pa.table({"a": [part]}), tmp_path / "given" / f"{part}.parquet")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    engine = open_engine()
    engine.put("t", tmp_path / "given" / "*.parquet")
    engine.lock()
    yield engine
    engine.close()


@pytest.mark.parametrize("sql", HOSTILE)
def test_a_locked_engine_runs_nothing_that_reaches_outside_even_if_it_got_that_far(locked, tmp_path, sql):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(WorkbookError):
        locked.query(sql.format(tmp_path / "secret.csv"))
    assert sorted(tmp_path.iterdir()) == before


def test_a_locked_engine_reads_the_files_it_was_given_and_takes_arrow_but_no_further_file(locked, tmp_path):
    table = Table("u", "one", (), (Column("a", "integer", "a number"),))
    locked.put("u", table.from_rows([{"a": 5}]))
    locked.keep("v", "select sum(t.a) + min(u.a) as n from t cross join u")
    assert locked.query("select n from v")["n"].to_pylist() == [6]
    with pytest.raises(WorkbookError, match="reads no further file"):
        locked.put("w", tmp_path / "given" / "0.parquet")


def test_what_does_not_fit_the_limit_goes_into_a_private_folder_that_is_gone_afterwards(tmp_path):
    engine = open_engine(memory_limit="100MB", spill_folder=tmp_path)
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    engine.keep("t", "select i as a, hash(i) as b, hash(i, 1) as c from range(8000000) r(i)")  # 192 MB
    assert engine.query("select count(*) as n from (select distinct b, c from t) q")["n"].to_pylist() == [8_000_000]
    assert sum(f.stat().st_size for f in folder.iterdir()) > 50_000_000
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_when_neither_memory_nor_disk_is_enough_it_is_said_what_to_do(tmp_path):
    engine = open_engine(memory_limit="50MB", spill_folder=tmp_path, spill_limit="1MB")
    with pytest.raises(WorkbookError, match=r"need more memory.*memory_limit is 50MB; allow more of either"):
        engine.keep("t", "select i as a, hash(i) as b, hash(i, 1) as c from range(8000000) r(i)")
    engine.close()


def test_a_memory_limit_that_is_no_size_is_refused():
    with pytest.raises(WorkbookError, match="memory_limit 'lots': write it as 4GB or 500MB"):
        open_engine(memory_limit="lots")


def test_sql_that_cannot_run_names_its_line():
    engine = open_engine()
    with pytest.raises(SqlError, match='column "b"') as caught:
        engine.view("v", "select a,\n b\nfrom (select 1 as a) t")
    engine.close()
    assert caught.value.line == 2
