"""Adds official code files: reads each, checks it, and only when all are good puts them on the shelf."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from workbook.codes import tables
from workbook.codes.load import dating, shelf
from workbook.codes.load.coverage_database import coverage_source, read_export
from workbook.codes.load.dating import Release
from workbook.codes.load.layouts import SETTINGS, Layout
from workbook.codes.load.read import NotACodeFileError, Recognised, Source, batches, recognise, sources
from workbook.codes.load.tabular_xml import build, tabular_source
from workbook.terms import OPEN_END, Edition, WorkbookError, parse_date, private_file

Progress = Callable[[int], None]


def add(
    paths: str | Path | Iterable[str | Path],
    keep_descriptors: bool = False,
    effective_date: date | str | None = None,
    end_date: date | str | None = None,
    progress: Progress | None = None,
) -> list[Edition]:
    """Add official code files as downloaded: zips, or the csv or txt inside them. Returns the editions added.

    The dates an edition serves come from the file; `effective_date` and `end_date`, both inclusive, overrule them.
    `progress` is called with the rows read. CPT descriptors are dropped (this project's own labels stand in for them
    where it has any) unless `keep_descriptors`: they are then kept in your data folder, under your licence. Raises
    WorkbookError, and changes nothing, when any file is not good.
    """
    given = (
        parse_date(effective_date, "effective date") if effective_date is not None else None,
        parse_date(end_date, "end date") if end_date is not None else None,
    )
    each = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    tabulars = {path: source for path in each if (source := tabular_source(path))}
    policies = {path: source for path in each if (source := coverage_source(path))}
    found = [f for path in each if path not in tabulars and path not in policies for f in _recognised(path)]
    staged: dict[tuple[str, str], shelf.Record] = {}
    names = {one.layout.table.name for one in found}
    names |= {name for name, some in (("diagnosis", tabulars), ("coverage", policies)) if some}
    passing = {table: shelf.named(table) for table in names}
    try:
        new = chain(  # lazily: what was read before a bad file is swept
            (_read_tabular(source, given) for source in tabulars.values()),
            (_read_policies(source, given, progress) for source in policies.values()),
            (_read(one, given, keep_descriptors, progress) for one in found),
        )
        for record in new:
            passing[record.table] |= {part.file for part in record.parts.values()}
            key = (record.table, record.version)
            if key in staged:
                record = replace(record, parts={**staged[key].parts, **record.parts})
            staged[key] = record
        editions = [_merged(record) for record in staged.values()]
        for record in editions:
            shelf.put(record)
    finally:
        for table, files in passing.items():
            shelf.sweep(table, files)
    from workbook.codes.reference import forget

    forget()
    return [record.edition() for record in editions]


def _recognised(path: Path) -> list[Recognised]:
    """What can be read in a path; a zip's other files are passed over when at least one can."""
    given = sources(path)
    found: dict[tuple[str, str], Recognised] = {}
    refused: NotACodeFileError | None = None
    for source in given:
        try:
            one = recognise(source)
        except NotACodeFileError as error:
            refused = refused or error
            continue
        found.setdefault((one.layout.name, _part(source)), one)  # csv and txt, or QPP and not, say the same
    if not found and refused:
        raise refused
    return list(found.values())


def _merged(record: shelf.Record) -> shelf.Record:
    """The new parts beside those of the same edition that are on the shelf already."""
    for held in shelf.records(record.table):
        if held.version == record.version and "all" not in record.parts and "all" not in held.parts:
            return replace(record, parts={**held.parts, **record.parts})
    return record


def _part(source: Source) -> str:
    found = re.search(r"r\d[-_](f\d)\b", source.names) or re.search(r"[-_](f\d)\.", source.names)
    return found[1] if found else "all"


def _scope(found: Recognised) -> str:
    """The setting a file is of, from its name or its title; a file that tells none is refused."""
    layout = found.layout
    if len(layout.scopes) < 2:
        return layout.scopes[0] if layout.scopes else ""
    for text in (found.source.names, found.title[:3000]):
        hits = [scope for scope in layout.scopes if re.search(SETTINGS[scope], text)]
        if len(hits) == 1:
            return hits[0]
    raise WorkbookError(
        f"{found.source}: {layout.title}, but for whom? Expected a name that tells {' or '.join(layout.scopes)}, as "
        "ccipra (practitioner) or ccioph (hospital); give the file the name it was downloaded with"
    )


def _release(found: Recognised, given: tuple[date | None, date | None]) -> Release:
    """The release and its dates, with what the user said in place of what the file says."""
    layout = found.layout
    told = layout.release(found.source.names, found.title)
    first, last = given
    if told is None and (first is None or last is None):
        raise WorkbookError(
            f"{found.source}: {layout.title}, but it does not tell which dates it serves; "
            "say so with --effective and --end, or give the file the name it was downloaded with"
        )
    if told is None:
        assert first is not None and last is not None
        told = Release(first.isoformat(), first, last)
    told = replace(told, effective_date=first or told.effective_date, end_date=last or told.end_date)
    if told.effective_date and told.end_date < told.effective_date:
        raise WorkbookError(f"{found.source}: ends {told.end_date}, before it begins on {told.effective_date}")
    return told


def _read(
    found: Recognised, given: tuple[date | None, date | None], keep_descriptors: bool, progress: Progress | None
) -> shelf.Record:
    """Read one file into a Parquet file beside the shelf's own, which no edition names yet."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    layout, scope, release = found.layout, _scope(found), _release(found, given)
    version, part, digest = (
        shelf.version_name(layout.name, scope, release.name),
        _part(found.source),
        _sha256(found.source),
    )
    constants: dict[str, Any] = {"edition": version, "setting": scope}
    if "effective_date" not in {f.column for f in layout.fields}:
        constants |= {"effective_date": release.effective_date, "end_date": release.end_date}
    file = f"{version}.{part}.{digest[:12]}.parquet"
    keys, lines, count = [], [], 0
    with (
        private_file(shelf.folder(layout.table.name) / file) as stream,
        pq.ParquetWriter(stream, layout.table.schema, compression="zstd") as writer,
    ):
        for columns, at in batches(found, progress):
            if layout.descriptor and not keep_descriptors:
                columns[layout.descriptor] = _own_labels(columns["hcpcs_code"])
            rows = _stamped(layout, columns, constants, len(at))
            writer.write_table(rows)
            count += len(at)
            lines.append(at)
            keys.append(_marks(layout, rows))
        if count == 0:
            raise WorkbookError(f"{found.source}: {layout.title} without a single row; download it again")
        marks = pa.concat_tables(keys).unify_dictionaries()
        del keys
        _refuse_overlaps(found, marks, pa.chunked_array(lines))
        if layout.extra:
            constant = {k: [v] for k, v in {**constants, **layout.extra}.items() if k in layout.table.names}
            writer.write_table(layout.table.from_columns(constant, 1))
    first = release.effective_date or pc.min(marks["effective_date"]).as_py()
    made = shelf.Part(file, str(found.source), digest, count, first, release.end_date)
    return shelf.Record(
        layout.table.name, version, scope, date.today(), {part: made}, layout.least, layout.parts
    )  # fmt: skip


def _own_labels(codes: Any) -> Any:
    """This project's own words for HCPCS codes, null where it has none."""
    import pyarrow as pa

    from workbook.codes.reference import curated

    own = {row["hcpcs_code"]: row["label"] for row in curated("hcpcs").to_pylist()}
    return pa.array([own.get(code) for code in codes.to_pylist()], pa.string())


def _read_tabular(source: Source, given: tuple[date | None, date | None]) -> shelf.Record:
    """Read the Tabular's XML into an SQLite file, which is the edition: its codes and its notes."""
    digest = _sha256(source)
    path = shelf.folder("diagnosis") / f"Tabular.{digest[:12]}.sqlite"
    with source.open() as stream:
        year, count = build(stream, str(source), path)
    told = dating.fiscal_year(source.names, f"fy {year}")
    if told is None or year not in told.name:
        path.unlink(missing_ok=path.name not in shelf.named("diagnosis"))
        raise WorkbookError(
            f"{source}: its version element says {year or 'nothing'}, its name {told.name if told else 'nothing'}; "
            "expected one fiscal year; give the file the name it was downloaded with"
        )
    first, last = given[0] or told.effective_date, given[1] or told.end_date
    if first is None or last < first:
        raise WorkbookError(f"{source}: ends {last}, before it begins on {first}")
    part = shelf.Part(path.name, str(source), digest, count, first, last)
    version = shelf.version_name("Tabular", "", told.name)
    return shelf.Record("diagnosis", version, "", date.today(), {"all": part}, 90_000, 1)


def _read_policies(source: Source, given: tuple[date | None, date | None], progress: Progress | None) -> shelf.Record:
    """Read the articles of the Medicare Coverage Database; those whose groups are told in prose are counted."""
    import pyarrow.parquet as pq

    digest, export = _sha256(source), read_export(source)
    first, last = given[0] or export.effective_date, given[1] or export.end_date
    if last < first:
        raise WorkbookError(f"{source}: ends {last}, before it begins on {first}")
    version = shelf.version_name("MCD", "", last.isoformat())
    file, count = f"{version}.all.{digest[:12]}.parquet", 0
    with (
        private_file(shelf.folder("coverage") / file) as stream,
        pq.ParquetWriter(stream, tables.COVERAGE.schema, compression="zstd") as writer,
    ):
        for rows in export.tables(version):
            writer.write_table(rows)
            count += len(rows)
            if progress:
                progress(count)
    left = "" if not export.left_out else (
        f" ({export.left_out} articles left out: which of their groups belong together stands in prose)"
    )  # fmt: skip
    part = shelf.Part(file, f"{source}{left}", digest, count, first, last)
    return shelf.Record("coverage", version, "", date.today(), {"all": part}, 1, 1)


def _stamped(layout: Layout, columns: dict[str, Any], constants: dict[str, Any], count: int) -> Any:
    import pyarrow as pa

    made = []
    for field in layout.table.schema:
        if field.name in columns:
            made.append(columns[field.name])
        elif constants.get(field.name) is not None:
            made.append(pa.repeat(pa.scalar(constants[field.name], field.type), count))
        else:
            made.append(pa.nulls(count, field.type))
    return pa.table(made, schema=layout.table.schema)


def _marks(layout: Layout, rows: Any) -> Any:
    """What overlaps are told by: the key without its setting, coded to be small, and the dates."""
    import pyarrow.compute as pc

    names = [k for k in layout.table.key if k not in ("effective_date", "setting")]
    rows = rows.select([*names, *layout.never_in_force[:1], "effective_date", "end_date"])
    for i in range(rows.num_columns - 2):
        rows = rows.set_column(i, rows.column_names[i], pc.fill_null(rows.column(i), "").dictionary_encode())
    return rows


def _refuse_overlaps(found: Recognised, rows: Any, lines: Any) -> None:
    """Refuse a file in which two spans of one key share a day. `rows` are `_marks`, `lines` their places."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    layout = found.layout
    if layout.never_in_force:
        column, value = layout.never_in_force
        in_force = pc.not_equal(rows[column].cast(pa.string()), value)
        rows, lines = rows.drop_columns([column]).filter(in_force), lines.filter(in_force)
    names = rows.column_names[:-2]
    codes = np.zeros(rows.num_rows, np.int64)
    for name in names:
        coded = rows[name].combine_chunks()
        codes = codes * (len(coded.dictionary) + 1) + coded.indices.to_numpy()
    first = rows["effective_date"].cast(pa.int32()).to_numpy()
    last = pc.fill_null(rows["end_date"], pa.scalar(OPEN_END, pa.date32())).cast(pa.int32()).to_numpy()
    order = np.lexsort((first, codes))
    codes, first, last = codes[order], first[order], last[order]
    clash = np.flatnonzero((codes[1:] == codes[:-1]) & (last[:-1] >= first[1:]))
    if len(clash):
        one, two = (int(order[clash[0] + i]) for i in (0, 1))
        both = " and ".join(
            f"{rows['effective_date'][i]} to {rows['end_date'][i].as_py() or 'open'} (line {lines[i]})"
            for i in (one, two)
        )
        key = " ".join(filter(None, (rows[n][one].as_py() for n in names)))
        raise WorkbookError(
            f"{found.source}: two spans of {key} overlap: {both}; expected one row a day; download the file again"
        )


def _sha256(source: Source) -> str:
    with source.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
