"""After the payment: the ledger, what payers refused, an appeal, and what is owed, by whom and since when."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.cli.arguments import AddVerb, add_json, add_out, add_received
from workbook.cli.files import claims_if_named, is_broken, out_folder, read_remittance, say_written
from workbook.terms import WorkbookError, dollars

if TYPE_CHECKING:
    from workbook.payment import AppealDecision

_DECIDED = "claim_id, line_number, level, outcome, notice, filed, amount"


def declare_post(verb: AddVerb) -> None:
    """Declare `workbook post`."""
    parser = verb("post", _post, "Post claims and payers' answers (835) to a ledger, in the order given.")
    parser.add_argument("paths", nargs="*", metavar="CLAIMS", help="claims: files or a folder")
    parser.add_argument("--remittance", metavar="835", nargs="+", default=[], help="835 files, the oldest first")
    parser.add_argument("--ledger", metavar="FILE", type=Path, help="the ledger.csv of an earlier --out, to go on from")
    add_received(parser)
    add_json(parser)
    add_out(parser)


def _post(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.payment.ledger import read_ledger

    if not options.paths and not options.remittance:
        raise WorkbookError("post needs claims, or --remittance with 835 files, or both")
    folder = out_folder(options)
    earlier = read_ledger(options.ledger) if options.ledger else None
    claims = claims_if_named(options.paths, options.received)
    answers = [read_remittance([path]) for path in options.remittance]
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
        say_written(folder, "ledger.csv")
    broken = any(is_broken(x) for x in (claims, *answers) if x is not None)
    return 1 if ledger.problems or broken else 0


def _add_refused(parser: argparse.ArgumentParser) -> None:
    """The remittances that refuse, the claims and the day: what a denial is read from."""
    parser.add_argument("remittance", nargs="+", metavar="835", help="835 files")
    parser.add_argument("--claims", metavar="PATH", nargs="+", help="the claims, for what the 835 does not say")
    parser.add_argument("--decided", metavar="CSV", type=Path, help=f"decisions on appeals so far: {_DECIDED}")
    _add_on(parser)


def _decided(options: argparse.Namespace) -> list[AppealDecision]:
    from workbook.payment.appeal_path import read_appeal_decisions

    return read_appeal_decisions(options.decided) if options.decided else []


def _add_on(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", metavar="DATE", help="the day to reckon from (default: today)")


def declare_denials(verb: AddVerb) -> None:
    """Declare `workbook denials`."""
    parser = verb("denials", _denials, "List what payers refused: who can mend it, by which way, until when.")
    _add_refused(parser)
    add_json(parser)
    add_out(parser)


def _denials(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.payment.denials import until, way_of

    folder, remittance = out_folder(options), read_remittance(options.remittance)
    found = wb.denial_worklist(remittance, claims_if_named(options.claims), on=options.on, decided=_decided(options))
    rows = found.arrow.to_pylist()
    if options.json:
        print(to_json(rows))
    else:
        print(found)
        for r in rows[:50]:
            place = r["claim_id"] + (f" line {r['line_number']}" if r["line_number"] is not None else "")
            reason = f"{r['group_code']}-{r['carc']}" + (f" {r['rarcs']}" if r["rarcs"] else "")
            last = f"by {until(r)}" if r["due_date"] else until(r)
            print(f"  {dollars(r['denied_amount']):>12}  {place}  {reason}  {r['fixer']}: {way_of(r)}, {last}")
            print(f"                {r['action']}")
        if len(rows) > 50:
            print(f"  … and {len(rows) - 50:,} more (--out DIR writes them all)")
    if folder:
        found.write(folder / "denials.csv")
        say_written(folder, "denials.csv")
    return 1 if rows or is_broken(remittance) else 0


def declare_appeal(verb: AddVerb) -> None:
    """Declare `workbook appeal`."""
    parser = verb("appeal", _appeal, "Draft the next appeal of a refused claim; what is not on file is a marked blank.")
    parser.add_argument("--claim", metavar="ID", required=True, help="the claim")
    parser.add_argument("--line", metavar="N", type=int, nargs="+", help="only these lines (default: all refused)")
    parser.add_argument("--requester", metavar="NAME", help="who asks (default: the payee of the remittance)")
    _add_refused(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, help="write the draft: .txt or .html")


def _appeal(options: argparse.Namespace) -> int:
    import workbook as wb

    remittance = read_remittance(options.remittance)
    draft = wb.appeal_letter(
        remittance, options.claim, claims_if_named(options.claims), lines=options.line,
        requester=options.requester, on=options.on, decided=_decided(options),
    )  # fmt: skip
    for said in (*draft.cautions, *(f"to fill in: {m}" for m in draft.missing)):
        print(said, file=sys.stderr)
    if options.out:
        print(f"wrote {draft.write(options.out)}", file=sys.stderr)
    else:
        print(draft, end="")
    return 0


def declare_receivables(verb: AddVerb) -> None:
    """Declare `workbook receivables`."""
    parser = verb("receivables", _receivables, "What is owed, by whom and since when; with --month its numbers.")
    parser.add_argument("ledger", metavar="LEDGER.csv", type=Path, help="the ledger.csv of: workbook post … --out DIR")
    parser.add_argument("--month", metavar="YYYY-MM", help="the numbers of this month too; needs --remittance")
    parser.add_argument("--remittance", metavar="835", nargs="+", help="835 files, for the denial rates")
    parser.add_argument("--claims", metavar="PATH", nargs="+", help="claims to audit, for the clean claim rate")
    _add_on(parser)
    add_json(parser)
    add_out(parser)


def _receivables(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json
    from workbook.payment.ledger import read_ledger

    if options.month and not options.remittance:
        raise WorkbookError("--month needs --remittance with the month's 835 files, for the denial rates")
    folder, ledger = out_folder(options), read_ledger(options.ledger)
    ages, numbers = wb.receivables(ledger, on=options.on), None
    if options.month:
        claims = claims_if_named(options.claims)
        errors = wb.audit(claims, price=False).findings.query("severity == 'error'") if claims is not None else None
        stopped = None if errors is None else set(errors["claim_id"])
        numbers = wb.month_numbers(ledger, read_remittance(options.remittance), options.month, claims, stopped)
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
        say_written(folder, "receivables.csv")
    return 0
