"""The verbs of the workbook for a terminal: `workbook audit claims.837 --out findings/`.

Exit status: 0 done and nothing found; 1 done, with findings or a failed intake; 2 wrong usage or unreadable input,
said in one line on standard error.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.terms import WorkbookError, dollars, parse_date

if TYPE_CHECKING:
    from workbook.claims.formats.convert import Streamed
    from workbook.claims.model import Claims, Remittance
    from workbook.rules.card import Card
    from workbook.terms import Edition

ROOT = Path(__file__).parents[1]
START = "notebooks/00_start_here.ipynb"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown and options.verb != "lab":
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options.for_jupyterlab = unknown
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what holds claims is removed on the way out
    try:
        status: int = options.run(options)
        return status
    except WorkbookError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; that is no fault
        return 0
    except KeyboardInterrupt:
        print("workbook: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbook", description="Learn, audit and price American medical claims.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: Callable[[Any], int], text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    verb("lab", _lab, "Open the notebooks in JupyterLab; further options, as --no-browser, go to JupyterLab.")
    verb("demo", _demo, "Follow one visit from its note to the patient's statement.")
    for name, run, text in (
        ("audit", _audit, "Run the rule cards over claims (837 files, or a folder of 837, CSV or Parquet files)."),
        ("price", _price, "Price claims as Medicare Part B would, and write the 835."),
        ("intake", _intake, "Judge whether an extract is fit to audit; a folder of Parquet files may be of any size."),
    ):
        added = verb(name, run, text)
        added.add_argument("paths", nargs="+", metavar="PATH", help="a file or a folder")
        added.add_argument("--received", metavar="DATE", help="when the payer received the claims; an 837 does not say")
        added.add_argument("--json", action="store_true", help="print the result as JSON")
        if name != "intake":
            added.add_argument("--out", metavar="DIR", type=Path, help="write the result into this folder")
    cases = verb("cases", _cases, "List the cases to code, show the note of one, or check cases that you wrote.")
    _add_cases(cases)
    checked = verb("check", _check, "Check 837 and 835 files by SNIP level: syntax, guide, situations, code sets.")
    checked.add_argument("paths", nargs="+", metavar="PATH", help="an 837 or 835 file, or a folder of them")
    checked.add_argument("--json", action="store_true", help="print the problems as JSON")
    audit = verbs.choices["audit"]
    audit.add_argument("--rules", metavar="ID", nargs="+", help="only these rule cards")
    audit.add_argument("--engine", choices=["duckdb", "spark"], default="duckdb", help="where the rules run")
    audit.add_argument("--cards", metavar="DIR", type=Path, help="a folder of rule cards of your own, to run as well")
    audit.add_argument(
        "--memory-limit", metavar="SIZE", help="4GB: what needs more goes to disk, for as long as it runs"
    )
    audit.add_argument(
        "--compare", metavar="EARLIER", type=Path, help="the findings.csv of an earlier --out: new, gone, same"
    )
    price = verbs.choices["price"]
    price.add_argument(
        "--locality",
        default="NATIONAL",
        help="carrier-locality, as in 10112-00; ZIP: by the claim's (default NATIONAL)",
    )
    price.add_argument("--plan", help="a commercial plan in Medicare's place: BRONZE, GOLD, SILVER, or your own .yaml")
    price.add_argument("--supplement", help="the letter of the Medicare supplement that the patients have")
    price.add_argument("--nonparticipating", action="store_true", help="the provider does not participate: 95 percent")
    price.add_argument("--wage-index", metavar="NUMBER", help="of the hospital or surgical center (default 1)")
    price.add_argument("--as-if-on", metavar="DATE", help="price each claim as if its first day had been this one")
    price.add_argument("--no-audit", action="store_true", help="price every line; deny nothing")
    peers = verb("peers", _peers, "Compare each provider with the peers: visit levels, modifiers, diagnoses, hours.")
    peers.add_argument("paths", nargs="+", metavar="PATH", help="a file or a folder")
    peers.set_defaults(received=None)
    peers.add_argument("--groups", metavar="CSV", type=Path, help="who is whose peer: provider_npi, peer_group")
    peers.add_argument("--measures", metavar="ID", nargs="+", help="only these measures")
    peers.add_argument("--json", action="store_true", help="print the shares as JSON")
    peers.add_argument("--out", metavar="DIR", type=Path, help="write shares.csv and levels.csv into this folder")
    _add_after_payment(verb)
    practice = verb("practice", _practice, "Make a year of an invented practice: claims, payments and planted errors.")
    practice.add_argument("folder", metavar="DIR", help="where to write; what is there by these names is replaced")
    practice.add_argument("--seed", type=int, metavar="N", help="another seed makes another year (default: as shipped)")
    _add_convert(verb("convert", _convert, "Turn claims or a remittance into CSV, Parquet, XLSX, FHIR or X12."))
    _add_deidentify(verb("deidentify", _deidentify, "Take what identifies a person out of claims and remittances."))
    _add_codes(verb("codes", _codes, "Look codes up, search them, and load official code files."))
    rules = verb("rules", _rules, "The catalogue of rule cards.").add_subparsers(dest="action", required=True)
    listed = rules.add_parser("list", help="every card in one line")
    listed.add_argument("--json", action="store_true")
    rules.add_parser("show", help="one card, whole").add_argument("id")
    page = rules.add_parser("page", help="the whole catalogue as one page for a browser")
    page.add_argument("file", type=Path, metavar="FILE.html")
    return parser


def _add_after_payment(verb: Callable[..., argparse.ArgumentParser]) -> None:
    """What comes after the payment: the ledger, the payer's answer held against the price, denials, appeals, ages."""
    posted = verb("post", _post, "Post claims and payers' answers (835) to a ledger, in the order given.")
    posted.add_argument("paths", nargs="*", metavar="CLAIMS", help="claims: files or a folder")
    posted.add_argument("--remittance", metavar="835", nargs="+", default=[], help="835 files, the oldest first")
    posted.add_argument("--ledger", metavar="FILE", type=Path, help="the ledger.csv of an earlier --out, to go on from")
    variance = verb("variance", _variance, "Hold what payers paid against the price, line by line.")
    variance.add_argument("paths", nargs="+", metavar="CLAIMS", help="claims: files or a folder")
    variance.add_argument("--remittance", metavar="835", nargs="+", required=True, help="835 files")
    variance.add_argument("--locality", default="NATIONAL", help="carrier-locality, as in 10112-00 (default NATIONAL)")
    variance.add_argument("--plan", help="the terms of a commercial plan: a name as in price, or your own .yaml")
    variance.add_argument("--tolerance", metavar="USD", default="0.00", help="a difference that is not worth a look")
    for added in (posted, variance):
        added.add_argument("--received", metavar="DATE", help="when the payer received the claims")
    denials = verb("denials", _denials, "List what payers refused: who can mend it, by which way, until when.")
    appeal = verb("appeal", _appeal, "Draft an appeal of a refused claim; what is not on file is a marked blank.")
    appeal.add_argument("--claim", metavar="ID", required=True, help="the claim")
    appeal.add_argument("--line", metavar="N", type=int, nargs="+", help="only these lines (default: all refused)")
    appeal.add_argument("--requester", metavar="NAME", help="who asks (default: the payee of the remittance)")
    for added in (denials, appeal):
        added.add_argument("remittance", nargs="+", metavar="835", help="835 files")
        added.add_argument("--claims", metavar="PATH", nargs="+", help="the claims, for what the 835 does not say")
        added.set_defaults(received=None)
    ages = verb("receivables", _receivables, "What is owed, by whom and since when; with --month its numbers.")
    ages.add_argument("ledger", metavar="LEDGER.csv", type=Path, help="the ledger.csv of: workbook post … --out DIR")
    ages.add_argument("--month", metavar="YYYY-MM", help="the numbers of this month too; needs --remittance")
    ages.add_argument("--remittance", metavar="835", nargs="+", help="835 files, for the denial rates")
    ages.add_argument("--claims", metavar="PATH", nargs="+", help="claims to audit, for the clean claim rate")
    ages.set_defaults(received=None)
    for added in (denials, appeal, ages):
        added.add_argument("--on", metavar="DATE", help="the day to reckon from (default: today)")
    for added in (posted, variance, denials, ages):
        added.add_argument("--json", action="store_true", help="print the result as JSON")
        added.add_argument("--out", metavar="DIR", type=Path, help="write the result into this folder")
    appeal.add_argument("--out", metavar="FILE", type=Path, help="write the draft: .txt or .html")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="?", help="an 837, an 835, a folder of tables, or a wide CSV or Parquet file")
    parser.add_argument("target", nargs="?", help="a folder, or a file that ends in .xlsx .ndjson .json .835 .837")
    parser.add_argument("--map", metavar="FILE", help="the layout of a wide extract: a page of yours or a known name")
    parser.add_argument("--as", dest="kind", choices=["csv", "parquet", "xlsx", "fhir", "835", "837"])
    parser.add_argument("--problems", metavar="FILE", type=Path, help="write what was found while reading, as CSV")
    parser.add_argument("--template", action="store_true", help="print a layout page to start your own from")


def _add_deidentify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="SRC", help="837 or 835 files, or folders of them or of tables")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new folder, for tables and report")
    parser.add_argument(
        "--dates", choices=["year", "shift"], default="year", help="years alone (Safe Harbor), or shift"
    )
    parser.add_argument("--key", metavar="FILE", help="a key, made if it is not there, to link several runs")
    parser.add_argument("--keep", choices=["npi", "payer"], nargs="+", default=[], help="numbers to leave as they are")
    parser.add_argument("--drop", metavar="TABLE.COLUMN", nargs="+", default=[], help="further columns to leave out")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet", help="of the tables written")


def _add_cases(parser: argparse.ArgumentParser) -> None:
    cases = parser.add_subparsers(dest="action", required=True)
    cases.add_parser("list", help="every case in one line")
    shown = cases.add_parser("show", help="the notes of cases, never their keys")
    shown.add_argument("cases", nargs="+", metavar="CASE", help="an id such as ENC-001, or a page of your own")
    checked = cases.add_parser("check", help="can the keys of these pages be trusted?")
    checked.add_argument("cases", nargs="+", metavar="PAGE", help="pages such as ENC-001.yaml")


def _add_codes(parser: argparse.ArgumentParser) -> None:
    codes = parser.add_subparsers(dest="action", required=True)
    lookup = codes.add_parser("lookup", help="what a code means, and whether it is valid on a date")
    lookup.add_argument("code", nargs="+", help="E11.9, 99213, LT, or with its system: CARC 45, POS 11, HCPCS J1100")
    lookup.add_argument("--on", required=True, metavar="DATE", help="the date of service")
    search = codes.add_parser("search", help="find a diagnosis code by the words of the note")
    search.add_argument("text", nargs="+")
    added = codes.add_parser("add", help="load official code files as downloaded; they stay in your data folder")
    added.add_argument("paths", nargs="+", metavar="FILE", help="a zip, or the csv or txt inside it")
    added.add_argument(
        "--keep-descriptors", action="store_true", help="keep the words of a CPT file that you hold a licence for"
    )
    added.add_argument("--effective", metavar="DATE", help="first date of service, where the file does not say")
    added.add_argument("--end", metavar="DATE", help="last date of service, where the file does not say")
    listed = codes.add_parser("list", help="which editions are in use, and the dates of service they serve")
    removed = codes.add_parser("remove", help="take a loaded edition away again")
    removed.add_argument("table")
    removed.add_argument("version")
    for own in (lookup, search, added, listed):
        own.add_argument("--json", action="store_true")


def _lab(options: argparse.Namespace) -> int:
    from workbook.codes import data_folder

    config = Path(__file__).with_name("ui") / "jupyter"
    command = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{START}",
        "--LabApp.extension_manager=readonly", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--FileCheckpoints.checkpoint_dir={data_folder() / 'checkpoints'}",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    places = [str(config), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(places)}
    return subprocess.run([*command, *options.for_jupyterlab], env=environment, check=False).returncode  # noqa: S603


def _demo(options: argparse.Namespace) -> int:
    from workbook.ui.demo import demo

    for number, (title, text) in enumerate(demo(), 1):
        print(f"\n{number}. {title}\n{'=' * (len(title) + 3)}\n{text}")
    return 0


def _read(options: argparse.Namespace) -> Claims:
    import workbook as wb

    return wb.read_claims(options.paths if len(options.paths) > 1 else options.paths[0], received_date=options.received)


def _read_unless_large(options: argparse.Namespace) -> Claims | None:
    """The claims, their reader's problems told; None for one folder of Parquet tables, which stay in the engine."""
    if "claim" in _tables_on_disk(options):
        return None
    claims = _read(options)
    _say_problems(claims)
    return claims


def _tables_on_disk(options: argparse.Namespace) -> dict[str, Path]:
    """The claim tables of one folder of Parquet: they may be of any size, and are not read as a whole."""
    from workbook.claims.table_files import parquet_tables_in
    from workbook.claims.tables import CLAIM_TABLES

    return parquet_tables_in(Path(options.paths[0]), CLAIM_TABLES) if len(options.paths) == 1 else {}


def _out(options: argparse.Namespace) -> Path | None:
    if options.out is None:
        return None
    try:
        options.out.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorkbookError(f"--out {options.out}: cannot be made a folder ({error.strerror})") from None
    return Path(options.out)


def _say_problems(claims: Claims | Remittance | Streamed) -> None:
    """What the reader found wrong, on standard error, so that a pipe carries the result alone."""
    for p in claims.arrow_problems.slice(0, 20).to_pylist():
        place = f"segment {p['segment_number']} ({p['element'] or p['segment']})" if p["segment_number"] else "file"
        print(f"{p['severity']}: {p['file']}, {place}: {p['message']}", file=sys.stderr)
    if (more := claims.arrow_problems.num_rows - 20) > 0:
        print(f"… and {more:,} more problems", file=sys.stderr)


def _tell_rows(what: str, rows: int) -> None:
    """Long work on a terminal: "1,000,000 rows read", over and over on one line."""
    print(f"\r{rows:,} rows {what} ", end="", file=sys.stderr, flush=True)


def _is_broken(claims: Claims | Remittance | Streamed) -> bool:
    """True when the reader found an error: a broken file is never a clean one."""
    return "error" in claims.arrow_problems["severity"].to_pylist()


def _audit(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv
    from workbook.ui.show import findings_text

    folder, claims = _out(options), _read_unless_large(options)
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
        print(f"wrote {', '.join(f'{name}.csv' for name in tables)} into {folder}", file=sys.stderr)
    return 1 if result.arrow_findings.num_rows or (claims is not None and _is_broken(claims)) else 0


def _peers(options: argparse.Namespace) -> int:
    import pyarrow as pa

    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv

    folder, claims = _out(options), _read_unless_large(options)
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


def _rule_progress(number: int, count: int, card: Card) -> None:
    end = "\n" if number == count else ""
    print(f"\r\033[Krule {number} of {count}: {card.id}", end=end, file=sys.stderr, flush=True)


def _price(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv

    folder, claims = _out(options), _read(options)
    _say_problems(claims)
    denials = None if options.no_audit else wb.audit(claims, price=False).denials
    result = wb.price(
        claims,
        denials=denials,
        locality=options.locality,
        plan=options.plan,
        supplement=options.supplement,
        as_if_on=options.as_if_on,
        participates=not options.nonparticipating,
        wage_index=options.wage_index,
    )
    if options.json:
        print(to_json({"lines": result.arrow_lines.to_pylist(), "assumptions": result.assumptions}))
    else:
        print(result)
        for row in result.arrow_lines.slice(0, 50).to_pylist():
            print(_priced(row))
        print("\n".join(result.assumptions))
    if folder:
        write_people_csv(result.arrow_lines, folder / "lines.csv")
        print(f"wrote lines.csv into {folder}", file=sys.stderr)
        if result.arrow["remittance_claim"].num_rows:
            wb.write_835(result, folder / "remittance.835")
            print(f"wrote remittance.835 into {folder}", file=sys.stderr)
        else:
            print("no 835 was written: not one line could be priced or denied", file=sys.stderr)
    missing = any(r is not None for r in result.arrow_lines["not_priced_reason"].to_pylist())
    return 1 if missing or _is_broken(claims) else 0


def _priced(row: dict[str, Any]) -> str:
    head = f"  {row['claim_id']} line {row['line_number']}  {row['hcpcs_code']}  billed {dollars(row['billed_amount'])}"
    if row["denial_carc"]:
        return f"{head}  denied {row['denial_group_code']}-{row['denial_carc']}"
    if row["not_priced_reason"]:
        return f"{head}  not priced: {row['not_priced_reason']}"
    from workbook.payment.remit import patient_amount

    patient = dollars(patient_amount(row))
    return f"{head}  allowed {dollars(row['allowed_amount'])}  patient {patient}  paid {dollars(row['paid_amount'])}"


def _read_remittance(paths: Sequence[str]) -> Remittance:
    import workbook as wb

    remittance = wb.read_remittance(list(paths))
    _say_problems(remittance)
    return remittance


def _claims_of(options: argparse.Namespace, paths: Sequence[str] | None) -> Claims | None:
    """The claims at `paths`, their reader's problems told; None when none are named."""
    if not paths:
        return None
    options.paths = list(paths)
    claims = _read(options)
    _say_problems(claims)
    return claims


def _say_written(folder: Path, *names: str) -> None:
    print(f"wrote {', '.join(names)} into {folder}", file=sys.stderr)


def _post(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.payment.ledger import read_ledger

    if not options.paths and not options.remittance:
        raise WorkbookError("post needs claims, or --remittance with 835 files, or both")
    folder = _out(options)
    earlier = read_ledger(options.ledger) if options.ledger else None
    claims = _claims_of(options, options.paths)
    answers = [_read_remittance([path]) for path in options.remittance]
    ledger = wb.post(earlier, claims, answers)
    for problem in ledger.problems:
        print(f"to look at: {problem}", file=sys.stderr)
    if options.json:
        print(to_json({"balances": ledger.balances(), "problems": ledger.problems}))
    else:
        print(ledger)
        for name, amount in ledger.balances().items():
            print(f"  {name:<26}{dollars(amount):>16}")
    if folder:
        ledger.write(folder / "ledger.csv")
        _say_written(folder, "ledger.csv")
    broken = any(_is_broken(x) for x in (claims, *answers) if x is not None)
    return 1 if ledger.problems or broken else 0


def _variance(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv

    folder, claims, remittance = _out(options), _read(options), _read_remittance(options.remittance)
    _say_problems(claims)
    found = wb.payment_variance(
        claims, remittance, tolerance=options.tolerance, locality=options.locality, plan=options.plan
    )
    rows = found.arrow.to_pylist()
    if options.json:
        print(to_json({"lines": rows, "assumptions": found.assumptions}))
    else:
        print(found)
        odd = [r for r in rows if r["outcome"] not in ("as expected", "not compared")]
        for r in odd[:50]:
            line = f"{r['claim_id']} line {r['line_number']}  {r['hcpcs_code']}"
            print(f"  {line}  {r['outcome']} {dollars(r['difference_amount'])}: {r['why']}")
        print("\n".join(found.assumptions))
    if folder:
        write_people_csv(found.arrow, folder / "payment_variance.csv")
        _say_written(folder, "payment_variance.csv")
    return 0 if set(found.summary) <= {"as expected"} else 1


def _denials(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json

    folder, remittance = _out(options), _read_remittance(options.remittance)
    found = wb.denial_worklist(remittance, _claims_of(options, options.claims), on=options.on)
    rows = found.arrow.to_pylist()
    if options.json:
        print(to_json(rows))
    else:
        print(found)
        for r in rows[:50]:
            place = r["claim_id"] + (f" line {r['line_number']}" if r["line_number"] is not None else "")
            reason = f"{r['group_code']}-{r['carc']}" + (f" {r['rarcs']}" if r["rarcs"] else "")
            until = f"by {r['due_date']}" if r["due_date"] else r["due_rule"]
            print(f"  {dollars(r['denied_amount']):>12}  {place}  {reason}  {r['fixer']}: {r['way']}, {until}")
            print(f"                {r['action']}")
        if len(rows) > 50:
            print(f"  … and {len(rows) - 50:,} more (--out DIR writes them all)")
    if folder:
        found.write(folder / "denials.csv")
        _say_written(folder, "denials.csv")
    return 1 if rows or _is_broken(remittance) else 0


def _appeal(options: argparse.Namespace) -> int:
    import workbook as wb

    remittance = _read_remittance(options.remittance)
    draft = wb.appeal_letter(
        remittance, options.claim, _claims_of(options, options.claims), lines=options.line,
        requester=options.requester, on=options.on,
    )  # fmt: skip
    for said in (*draft.cautions, *(f"to fill in: {m}" for m in draft.missing)):
        print(said, file=sys.stderr)
    if options.out:
        print(f"wrote {draft.write(options.out)}", file=sys.stderr)
    else:
        print(draft, end="")
    return 0


def _receivables(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.payment.ledger import read_ledger

    if options.month and not options.remittance:
        raise WorkbookError("--month needs --remittance with the month's 835 files, for the denial rates")
    folder, ledger = _out(options), read_ledger(options.ledger)
    ages, numbers = wb.receivables(ledger, on=options.on), None
    if options.month:
        claims = _claims_of(options, options.claims)
        errors = wb.audit(claims, price=False).findings.query("severity == 'error'") if claims is not None else None
        stopped = None if errors is None else set(errors["claim_id"])
        numbers = wb.month_numbers(ledger, _read_remittance(options.remittance), options.month, claims, stopped)
    if options.json:
        told = {
            m.id: {"value": m.value, "from": m.parts, "period": m.period, "formula": m.formula, "why_not": m.why_not}
            | {"authority": str(m.authority)}
            for m in (numbers.measures if numbers else ())
        }
        print(to_json({"items": ages.arrow.to_pylist(), "numbers": told}))
    else:
        print(str(ages) + (f"\n{numbers}" if numbers else ""))
    if folder:
        ages.write(folder / "receivables.csv")
        _say_written(folder, "receivables.csv")
    return 0


def _intake(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.ui.show import intake_text

    if _tables_on_disk(options):
        if options.received:
            parse_date(options.received, "received_date")
        result = wb.intake(options.paths[0], progress=_tell_rows if sys.stderr.isatty() else None)
        if sys.stderr.isatty():
            print(file=sys.stderr)
    else:
        claims = _read(options)
        _say_problems(claims)
        result = wb.intake(claims)
    if options.json:
        print(to_json({"verdict": result.verdict, "checks": result.checks.to_dict("records")}))
    else:
        print(intake_text(result))
    return 0 if result.verdict == "fit" else 1


def _convert(options: argparse.Namespace) -> int:
    from workbook.claims.formats import TEMPLATE, convert
    from workbook.engine.export import write_people_csv

    if options.template:
        print(TEMPLATE.read_text(encoding="utf-8"), end="")
        return 0
    if options.target is None:
        raise WorkbookError("convert needs what to read and what to write: workbook convert claims.837 claims.xlsx")
    tables = convert(options.source, options.target, options.map, options.kind)
    _say_problems(tables)
    if options.problems:
        write_people_csv(tables.arrow_problems, options.problems)
    print(f"{tables}\nwrote {options.target}")
    return 1 if _is_broken(tables) else 0


def _deidentify(options: argparse.Namespace) -> int:
    from workbook.claims.deidentify import deidentify, read_sources

    claims, remittance = read_sources(options.paths)
    sources = [source for source in (claims, remittance) if source is not None]
    for source in sources:
        _say_problems(source)
    result = deidentify(
        claims, remittance, dates=options.dates, key=options.key, keep=options.keep, drop=options.drop
    )  # fmt: skip
    result.write(options.out, options.format)
    print(result.report.to_text(), end="")
    print(f"wrote {len(result.tables)} tables and report.txt, .html and .json into {options.out}", file=sys.stderr)
    return 1 if any(_is_broken(source) for source in sources) else 0


def _practice(options: argparse.Namespace) -> int:
    from workbook.encounters.practice import SEED
    from workbook.encounters.practice.write import write_practice

    made = write_practice(options.folder, SEED if options.seed is None else options.seed)
    print(f"{made.claims}\n{made.remittance}\n{len(made.planted)} errors planted; written into {options.folder}")
    return 0


def _cases(options: argparse.Namespace) -> int:
    from workbook.encounters.case import encounter, encounters, load_encounter

    if options.action == "list":
        print(encounters())
        return 0
    if options.action == "show":
        for name in options.cases:
            case = load_encounter(name) if name.endswith((".yaml", ".yml")) else encounter(name)
            print(f"{case.id} · {case.title}\n{case.facts}\n\n{case.note}")
        return 0
    from workbook.encounters.case_review import review_cases

    doubts = review_cases(options.cases)
    for doubt in doubts:
        print(doubt)
    errors = sum(doubt.is_error for doubt in doubts)
    print(f"cases: {len(options.cases):,}; errors: {errors:,}; to look at: {len(doubts) - errors:,}")
    return 1 if errors else 0


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


def _codes(options: argparse.Namespace) -> int:
    return {"lookup": _lookup, "search": _search, "add": _add, "list": _list, "remove": _remove}[options.action](
        options
    )


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


def _add(options: argparse.Namespace) -> int:
    from workbook.codes.load import add

    told = sys.stderr.isatty()
    progress = partial(_tell_rows, "read") if told else None
    editions = add(options.paths, options.keep_descriptors, options.effective, options.end, progress)
    if told:
        print(file=sys.stderr)
    return _print_editions(editions, options.json)


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


def _remove(options: argparse.Namespace) -> int:
    from workbook.codes.load import remove

    remove(options.table, options.version)
    return 0


def _rules(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json

    if options.action == "show":
        print(wb.rule(options.id).page.source)
    elif options.action == "page":
        from workbook.rules.index import write_index

        print(f"wrote {write_index(wb.rules(), options.file)}")
    elif options.json:
        print(to_json([{"id": c.id, "title": c.title, "severity": c.severity, "status": c.status,
                        "authority": [str(a) for a in c.authority]} for c in wb.rules()]))  # fmt: skip
    else:
        for card in wb.rules():
            print(card)
    return 0


if __name__ == "__main__":
    sys.exit(main())
