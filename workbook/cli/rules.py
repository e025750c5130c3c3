"""The rules: which of them claims break, how providers stand among their peers, and the catalogue of cards."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.cli.arguments import Actions, AddVerb, add_json, add_out, add_paths, add_received
from workbook.cli.files import claims_unless_on_disk, is_broken, out_folder, say_written

if TYPE_CHECKING:
    from workbook.rules.card import Card


def declare_audit(verb: AddVerb) -> None:
    """Declare `workbook audit`."""
    parser = verb(
        "audit", _audit, "Run the rule cards over claims (837 files, or a folder of 837, CSV or Parquet files)."
    )
    add_paths(parser)
    add_received(parser, "; an 837 does not say")
    add_json(parser)
    add_out(parser)
    parser.add_argument("--rules", metavar="ID", nargs="+", help="only these rule cards")
    parser.add_argument("--engine", choices=["duckdb", "spark"], default="duckdb", help="where the rules run")
    parser.add_argument("--cards", metavar="DIR", type=Path, help="a folder of rule cards of your own, to run as well")
    parser.add_argument(
        "--memory-limit", metavar="SIZE", help="4GB: what needs more goes to disk, for as long as it runs"
    )
    parser.add_argument(
        "--compare", metavar="EARLIER", type=Path, help="the findings.csv of an earlier --out: new, gone, same"
    )


def _audit(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv
    from workbook.ui.show import findings_text

    folder, claims = out_folder(options), claims_unless_on_disk(options.paths, options.received)
    result = wb.audit(
        options.paths[0] if claims is None else claims, rules=options.rules, engine=options.engine, cards=options.cards,
        received_date=options.received if claims is None else None, memory_limit=options.memory_limit,
        progress=_rule_progress if sys.stderr.isatty() else None,
    )  # fmt: skip
    compared = result.compare(options.compare) if options.compare else None
    if options.json:
        told = {"findings": result.arrow_findings.to_pylist(), "coverage": result.arrow_coverage.to_pylist()}
        if compared is not None:
            told["comparison"] = compared.to_arrow().to_pylist()
        print(to_json(told))
    else:
        print(claims if claims is not None else options.paths[0])
        print(findings_text(result))
        if compared is not None:
            print(f"Compared with {options.compare}: {compared}")
    if folder:
        tables = {"findings": result.arrow_findings, "coverage": result.arrow_coverage}
        if claims is not None:
            tables["problems"] = claims.arrow_problems
        if compared is not None:
            tables["comparison"] = compared.to_arrow()
        for name, table in tables.items():
            write_people_csv(table, folder / f"{name}.csv")
        say_written(folder, *(f"{name}.csv" for name in tables))
    return 1 if result.arrow_findings.num_rows or (claims is not None and is_broken(claims)) else 0


def _rule_progress(number: int, count: int, card: Card) -> None:
    end = "\n" if number == count else ""
    print(f"\r\033[Krule {number} of {count}: {card.id}", end=end, file=sys.stderr, flush=True)


def declare_peers(verb: AddVerb) -> None:
    """Declare `workbook peers`."""
    parser = verb("peers", _peers, "Compare each provider with the peers: visit levels, modifiers, diagnoses, hours.")
    add_paths(parser)
    parser.add_argument("--groups", metavar="CSV", type=Path, help="who is whose peer: provider_npi, peer_group")
    parser.add_argument("--measures", metavar="ID", nargs="+", help="only these measures")
    add_json(parser, "the shares")
    add_out(parser, "shares.csv and levels.csv")


def _peers(options: argparse.Namespace) -> int:
    import pyarrow as pa

    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv

    folder, claims = out_folder(options), claims_unless_on_disk(options.paths)
    result = wb.peers(options.paths[0] if claims is None else claims, groups=options.groups, only=options.measures)
    if options.json:
        print(to_json(result.shares.astype(object).where(result.shares.notna(), None).to_dict("records")))
    else:
        print(claims if claims is not None else options.paths[0])
        print(result)
        print(result.summary.to_string())
        for row in result.outliers.itertuples():
            print(
                f"  {row.verdict:<4} {row.measure}: provider {row.provider_npi} {row.share:.0%} of {row.items:,}, "
                f"peers' median {row.peer_median:.0%} ({row.peers:,} peers, {row.peer_group})"
            )
    if folder:
        for name, frame in (("shares", result.shares), ("levels", result.levels)):
            write_people_csv(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.csv")
        print(f"wrote shares.csv and levels.csv into {folder}", file=sys.stderr)
    return 1 if len(result.outliers) else 0


def declare_rules(verb: AddVerb) -> None:
    """Declare `workbook rules` list, show and page."""
    actions = verb("rules", None, "The catalogue of rule cards.").add_subparsers(dest="action", required=True)
    for declare in (_declare_list, _declare_show, _declare_page):
        declare(actions)


def _declare_list(actions: Actions) -> None:
    parser = actions.add_parser("list", help="every card in one line")
    parser.set_defaults(run=_list)
    parser.add_argument("--json", action="store_true")


def _list(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json

    if options.json:
        print(to_json([{"id": c.id, "title": c.title, "severity": c.severity, "status": c.status,
                        "authority": [str(a) for a in c.authority]} for c in wb.rules()]))  # fmt: skip
    else:
        for card in wb.rules():
            print(card)
    return 0


def _declare_show(actions: Actions) -> None:
    parser = actions.add_parser("show", help="one card, whole")
    parser.set_defaults(run=_show)
    parser.add_argument("id")


def _show(options: argparse.Namespace) -> int:
    import workbook as wb

    print(wb.rule(options.id).page.source)
    return 0


def _declare_page(actions: Actions) -> None:
    parser = actions.add_parser("page", help="the whole catalogue as one page for a browser")
    parser.set_defaults(run=_page)
    parser.add_argument("file", type=Path, metavar="FILE.html")


def _page(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.rules.index import write_index

    print(f"wrote {write_index(wb.rules(), options.file)}")
    return 0
