"""Claims as they come: judge an extract, check X12, turn one form into another, take out what identifies a person."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbook.cli.arguments import AddVerb, add_json, add_paths, add_received
from workbook.cli.files import is_broken, read_claims, say_problems, tables_on_disk, tell_rows
from workbook.terms import WorkbookError, parse_date


def declare_intake(verb: AddVerb) -> None:
    """Declare `workbook intake`."""
    parser = verb(
        "intake", _intake, "Judge whether an extract is fit to audit; a folder of Parquet files may be of any size."
    )
    add_paths(parser)
    add_received(parser, "; an 837 does not say")
    add_json(parser)


def _intake(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.ui.show import intake_text

    if tables_on_disk(options.paths):
        if options.received:
            parse_date(options.received, "received_date")
        result = wb.intake(options.paths[0], progress=tell_rows if sys.stderr.isatty() else None)
        if sys.stderr.isatty():
            print(file=sys.stderr)
    else:
        claims = read_claims(options.paths, options.received)
        say_problems(claims)
        result = wb.intake(claims)
    if options.json:
        print(to_json({"verdict": result.verdict, "checks": result.checks.to_dict("records")}))
    else:
        print(intake_text(result))
    return 0 if result.verdict == "fit" else 1


def declare_check(verb: AddVerb) -> None:
    """Declare `workbook check`."""
    parser = verb("check", _check, "Check 837 and 835 files by SNIP level: syntax, guide, situations, code sets.")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="an 837 or 835 file, or a folder of them")
    add_json(parser, "the problems")


def _check(options: argparse.Namespace) -> int:
    from workbook.claims.files import check_x12
    from workbook.engine.export import to_json

    found = check_x12(options.paths).to_pylist()
    errors = sum(p["severity"] == "error" for p in found)
    if options.json:
        print(to_json(found))
        return 1 if errors else 0
    file = None
    for p in found:
        if p["file"] != file:
            file = p["file"]
            print(f"{file}\n  {'segment':>7}  {'element':<8}  level  severity  claim")
        place = f"{p['segment_number'] or '–':>7}  {p['element'] or p['segment'] or '':<8}"
        print(f"  {place}  {p['level']:>5}  {p['severity']:<8}  {p['claim_id'] or ''}\n           {p['message']}")
    print(f"errors: {errors:,}; warnings: {len(found) - errors:,}")
    return 1 if errors else 0


def declare_convert(verb: AddVerb) -> None:
    """Declare `workbook convert`."""
    parser = verb("convert", _convert, "Turn claims or a remittance into CSV, Parquet, XLSX, FHIR or X12.")
    parser.add_argument("source", nargs="?", help="an 837, an 835, a folder of tables, or a wide CSV or Parquet file")
    parser.add_argument("target", nargs="?", help="a folder, or a file that ends in .xlsx .ndjson .json .835 .837")
    parser.add_argument("--map", metavar="FILE", help="the layout of a wide extract: a page of yours or a known name")
    parser.add_argument("--as", dest="kind", choices=["csv", "parquet", "xlsx", "fhir", "835", "837"])
    parser.add_argument("--problems", metavar="FILE", type=Path, help="write what was found while reading, as CSV")
    parser.add_argument("--template", action="store_true", help="print a layout page to start your own from")


def _convert(options: argparse.Namespace) -> int:
    from workbook.claims.formats import TEMPLATE, convert
    from workbook.engine.export import write_people_csv

    if options.template:
        print(TEMPLATE.read_text(encoding="utf-8"), end="")
        return 0
    if options.target is None:
        raise WorkbookError("convert needs what to read and what to write: workbook convert claims.837 claims.xlsx")
    tables = convert(options.source, options.target, options.map, options.kind)
    say_problems(tables)
    if options.problems:
        write_people_csv(tables.arrow_problems, options.problems)
    print(f"{tables}\nwrote {options.target}")
    return 1 if is_broken(tables) else 0


def declare_deidentify(verb: AddVerb) -> None:
    """Declare `workbook deidentify`."""
    parser = verb("deidentify", _deidentify, "Take what identifies a person out of claims and remittances.")
    parser.add_argument("paths", nargs="+", metavar="SRC", help="837 or 835 files, or folders of them or of tables")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new folder, for tables and report")
    parser.add_argument(
        "--dates", choices=["year", "shift"], default="year", help="years alone (Safe Harbor), or shift"
    )
    parser.add_argument("--key", metavar="FILE", help="a key, made if it is not there, to link several runs")
    parser.add_argument("--keep", choices=["npi", "payer"], nargs="+", default=[], help="numbers to leave as they are")
    parser.add_argument("--drop", metavar="TABLE.COLUMN", nargs="+", default=[], help="further columns to leave out")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet", help="of the tables written")


def _deidentify(options: argparse.Namespace) -> int:
    from workbook.claims.deidentify import deidentify, read_sources

    claims, remittance = read_sources(options.paths)
    sources = [source for source in (claims, remittance) if source is not None]
    for source in sources:
        say_problems(source)
    result = deidentify(
        claims, remittance, dates=options.dates, key=options.key, keep=options.keep, drop=options.drop
    )  # fmt: skip
    result.write(options.out, options.format)
    print(result.report.to_text(), end="")
    print(f"wrote {len(result.tables)} tables and report.txt, .html and .json into {options.out}", file=sys.stderr)
    return 1 if any(is_broken(source) for source in sources) else 0
