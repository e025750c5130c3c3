"""Codes: what one means on a date of service, which one fits the words of a note, and the official files in use."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from workbook.cli.arguments import Actions, AddVerb
from workbook.cli.files import tell_rows

if TYPE_CHECKING:
    from workbook.terms import Edition


def declare_codes(verb: AddVerb) -> None:
    """Declare `workbook codes` lookup, search, add, list and remove."""
    parser = verb("codes", None, "Look codes up, search them, and load official code files.")
    actions = parser.add_subparsers(dest="action", required=True)
    for declare in (_declare_lookup, _declare_search, _declare_add, _declare_list, _declare_remove):
        declare(actions)


def _declare_lookup(actions: Actions) -> None:
    parser = actions.add_parser("lookup", help="what a code means, and whether it is valid on a date")
    parser.set_defaults(run=_lookup)
    parser.add_argument("code", nargs="+", help="E11.9, 99213, LT, or with its system: CARC 45, POS 11, HCPCS J1100")
    parser.add_argument("--on", required=True, metavar="DATE", help="the date of service")
    parser.add_argument("--json", action="store_true")


def _lookup(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json

    entry = wb.lookup(" ".join(options.code), on=options.on)
    if options.json:
        print(to_json({"code": entry.code, "status": entry.status, "title": entry.title, "children": entry.children,
                       "near": entry.near, "facts": dict(entry.facts), "sections": dict(entry.sections()),
                       "edition": str(entry.edition) if entry.edition else None}))  # fmt: skip
    else:
        print(entry.text())
    return 0 if entry.status == "valid" else 1


def _declare_search(actions: Actions) -> None:
    parser = actions.add_parser("search", help="find a diagnosis code by the words of the note")
    parser.set_defaults(run=_search)
    parser.add_argument("text", nargs="+")
    parser.add_argument("--json", action="store_true")


def _search(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json

    hits = wb.search(" ".join(options.text))
    if options.json:
        print(to_json([{"code": h.code, "title": h.title, "is_billable": h.is_billable} for h in hits]))
    else:
        for hit in hits:
            print(hit)
    return 0 if hits else 1


def _declare_add(actions: Actions) -> None:
    parser = actions.add_parser("add", help="load official code files as downloaded; they stay in your data folder")
    parser.set_defaults(run=_add)
    parser.add_argument("paths", nargs="+", metavar="FILE", help="a zip, or the csv or txt inside it")
    parser.add_argument(
        "--keep-descriptors", action="store_true", help="keep the words of a CPT file that you hold a licence for"
    )
    parser.add_argument("--effective", metavar="DATE", help="first date of service, where the file does not say")
    parser.add_argument("--end", metavar="DATE", help="last date of service, where the file does not say")
    parser.add_argument("--json", action="store_true")


def _add(options: argparse.Namespace) -> int:
    from workbook.codes.load import add

    told = sys.stderr.isatty()
    progress = partial(tell_rows, "read") if told else None
    editions = add(options.paths, options.keep_descriptors, options.effective, options.end, progress)
    if told:
        print(file=sys.stderr)
    return _print_editions(editions, options.json)


def _declare_list(actions: Actions) -> None:
    parser = actions.add_parser("list", help="which editions are in use, and the dates of service they serve")
    parser.set_defaults(run=_list)
    parser.add_argument("--json", action="store_true")


def _list(options: argparse.Namespace) -> int:
    from workbook.codes import editions

    return _print_editions(sorted(editions(), key=lambda e: (e.table_name, e.span.effective_date)), options.json)


def _print_editions(found: Sequence[Edition], as_json: bool) -> int:
    from workbook.engine.export import to_json

    if as_json:
        print(to_json([{"table": e.table_name, "version": e.version, "effective_date": e.span.effective_date,
                        "end_date": e.span.end_date, "is_whole": e.is_whole, "source": e.source, "sha256": e.sha256,
                        "loaded_on": e.loaded_on} for e in found]))  # fmt: skip
        return 0
    for e in found:
        print(
            f"{e.table_name:<20} {e.version:<28} serves {e.span}  {'whole' if e.is_whole else 'teaching set or part'}"
        )
        print(f"{'':<20} {e.source}" + (f"  sha256 {e.sha256[:12]}…, loaded {e.loaded_on}" if e.sha256 else ""))
    return 0


def _declare_remove(actions: Actions) -> None:
    parser = actions.add_parser("remove", help="take a loaded edition away again")
    parser.set_defaults(run=_remove)
    parser.add_argument("table")
    parser.add_argument("version")


def _remove(options: argparse.Namespace) -> int:
    from workbook.codes.load import remove

    remove(options.table, options.version)
    return 0
