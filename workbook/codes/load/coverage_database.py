"""The articles of CMS's Medicare Coverage Database, read as downloaded: which diagnoses support which procedure.

The export is a zip in a zip of several csv files. An article lists its procedures and its diagnoses in groups, and says
in prose which belong together; so only an article with one group of each is a fact, and the others are counted.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from workbook.codes import tables as t
from workbook.codes.load.cells import read_day
from workbook.codes.load.read import Source
from workbook.terms import WorkbookError

ARTICLES, PROCEDURES = "article.csv", "article_x_hcpc_code.csv"
COVERED, NOT_COVERED = "article_x_icd10_covered.csv", "article_x_icd10_noncovered.csv"
LINKS, CONTRACTORS = "article_x_contractor.csv", "contractor.csv"
#: file → the columns it is read by
NEEDED = {
    ARTICLES: ("article_id", "article_version", "title", "article_eff_date", "article_end_date", "display_id",
               "last_updated"),
    PROCEDURES: ("article_id", "article_version", "hcpc_code_id", "hcpc_code_group", "range"),
    COVERED: ("article_id", "article_version", "icd10_code_id", "icd10_covered_group", "range"),
    NOT_COVERED: ("article_id", "article_version", "icd10_code_id", "icd10_noncovered_group", "range"),
    LINKS: ("article_id", "article_version", "contractor_id"),
    CONTRACTORS: ("contractor_id", "contractor_bus_name"),
}  # fmt: skip
_NO_RANGE = ("", "N", "NO", "0", "NULL")


@dataclass
class _Article:
    """One version of an article; codes by group."""

    title: str
    name: str
    effective_date: date
    end_date: date | None
    contractors: list[str] = field(default_factory=list)
    procedures: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    covered: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    not_covered: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    has_range: bool = False

    @property
    def is_plain(self) -> bool:
        """True when which diagnosis belongs to which procedure does not stand in prose."""
        groups = (self.procedures, self.covered, self.not_covered)
        return not self.has_range and all(len(g) <= 1 for g in groups)


def coverage_source(path: Path) -> Source | None:
    """The export, or its inner zip; None when a path is another kind."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as pack:
        names = pack.namelist()
    if any(Path(n).name == ARTICLES for n in names):
        return Source(path)
    inner = [n for n in names if re.search(r"article_csv\.zip$", n.lower())]
    return Source(path, inner[0]) if inner else None


@dataclass(frozen=True)
class Export:
    """What was read of an export."""

    articles: tuple[_Article, ...]
    left_out: int
    effective_date: date
    end_date: date

    def tables(self, edition: str) -> Iterator[Any]:
        """Arrow tables of the coverage table, an article each."""
        import pyarrow as pa

        for one in self.articles:
            procedures = sorted({c for codes in one.procedures.values() for c in codes})
            rows = [
                (procedure, diagnosis, is_covered)
                for is_covered, groups in ((True, one.covered), (False, one.not_covered))
                for diagnosis in sorted({c for codes in groups.values() for c in codes})
                for procedure in procedures
            ]
            if not rows:
                continue
            hcpcs, diagnoses, covered = zip(*rows, strict=True)
            constant = {
                "policy_id": one.name, "policy_title": one.title, "contractor": "; ".join(one.contractors) or None,
                "effective_date": one.effective_date, "end_date": one.end_date, "edition": edition,
            }  # fmt: skip
            columns = {"hcpcs_code": hcpcs, "diagnosis_code": diagnoses, "is_covered": covered}
            yield pa.table(
                [
                    pa.array(columns[f.name], f.type)
                    if f.name in columns
                    else pa.repeat(pa.scalar(constant.get(f.name), f.type), len(rows))
                    for f in t.COVERAGE.schema
                ],
                schema=t.COVERAGE.schema,
            )


def read_export(source: Source) -> Export:
    """Read an export. Raises WorkbookError when a file or a column is lacking, or a date cannot be read."""
    with source.open() as stream:
        raw = io.BytesIO(stream.read())
    try:
        with zipfile.ZipFile(raw) as pack:
            return _read(source, pack)
    except zipfile.BadZipFile as error:
        raise WorkbookError(f"{source}: the zip is damaged or cut short ({error}); download it again") from None


def _read(source: Source, pack: zipfile.ZipFile) -> Export:
    members = {Path(n).name: n for n in pack.namelist()}
    lacking = [name for name in NEEDED if name not in members]
    if lacking:
        raise WorkbookError(
            f"{source}: articles of the Medicare Coverage Database, but {', '.join(lacking)} is not in it; expected "
            f"{', '.join(NEEDED)}; download it again"
        )

    def rows(name: str) -> Iterator[tuple[str, dict[str, str]]]:
        return _rows(f"{source}: {name}", pack, members[name], NEEDED[name])

    articles: dict[tuple[str, str], _Article] = {}
    updated = date.min
    for where, row in rows(ARTICLES):
        first, last = _day(where, row, "article_eff_date"), _day(where, row, "article_end_date")
        updated = max(updated, _day(where, row, "last_updated") or date.min)
        name = row["display_id"] or f"A{row['article_id']}"
        if first is None:
            raise WorkbookError(f"{where}: article {name} has no article_eff_date; download it again")
        articles[row["article_id"], row["article_version"]] = _Article(row["title"], name, first, last)
    for name, groups, group in (
        (PROCEDURES, "procedures", "hcpc_code_group"),
        (COVERED, "covered", "icd10_covered_group"),
        (NOT_COVERED, "not_covered", "icd10_noncovered_group"),
    ):
        code = NEEDED[name][2]
        for _, row in rows(name):
            one = articles.get((row["article_id"], row["article_version"]))
            if one is not None:
                one.has_range |= row["range"].upper() not in _NO_RANGE
                getattr(one, groups)[row[group]].append(row[code].replace(".", "").upper())
    names = {row["contractor_id"]: row["contractor_bus_name"] for _, row in rows(CONTRACTORS)}
    for _, row in rows(LINKS):
        one = articles.get((row["article_id"], row["article_version"]))
        who = names.get(row["contractor_id"])
        if one is not None and who and who not in one.contractors:
            one.contractors.append(who)
    told = [a for a in _dated(articles) if a.procedures and (a.covered or a.not_covered)]
    plain = tuple(a for a in told if a.is_plain)
    if not plain:
        raise WorkbookError(
            f"{source}: no article with one group of procedures and one of diagnoses; nothing was added"
        )
    if updated == date.min:
        raise WorkbookError(f"{source}: {ARTICLES} tells no last_updated; say how long it serves with --end")
    return Export(plain, len(told) - len(plain), min(a.effective_date for a in plain), updated)


def _dated(articles: dict[tuple[str, str], _Article]) -> Iterator[_Article]:
    """Every version of every article, each ended before the next begins; of two that begin together, the later."""
    versions: dict[str, list[tuple[int, _Article]]] = defaultdict(list)
    for (key, version), one in articles.items():
        versions[key].append((int(version) if version.isdigit() else 0, one))
    for found in versions.values():
        found.sort(key=lambda pair: pair[0])
        for (_, one), (_, following) in zip(found, [*found[1:], (0, None)], strict=True):
            if following is not None:
                before = following.effective_date - timedelta(days=1)
                one.end_date = min(one.end_date or before, before)
            if one.end_date is None or one.end_date >= one.effective_date:
                yield one


def _rows(
    where: str, pack: zipfile.ZipFile, member: str, needed: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, str]]]:
    csv.field_size_limit(sys.maxsize)  # an article's prose stands in one cell
    with pack.open(member) as stream:
        reader = csv.DictReader(io.TextIOWrapper(stream, encoding="cp1252", errors="replace", newline=""))
        seen = [name.strip().lower().removeprefix("ï»¿") for name in reader.fieldnames or []]
        lacking = [name for name in needed if name not in seen]
        if lacking:
            raise WorkbookError(
                f"{where}: has no column {', '.join(lacking)}; expected {', '.join(needed)}; seen {', '.join(seen)}"
            )
        reader.fieldnames = seen
        for row in reader:
            yield f"{where}, line {reader.line_num}", {name: (row[name] or "").strip() for name in needed}


def _day(where: str, row: dict[str, str], column: str) -> date | None:
    text = row[column]
    if not text or text.upper() == "NULL":
        return None
    try:
        return read_day(text.partition(" ")[0])
    except ValueError:
        raise WorkbookError(f"{where}: {column} is {text!r}; expected a date as 2026-04-01") from None
