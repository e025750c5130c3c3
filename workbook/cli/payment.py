"""What should be paid, and what was: price claims, and hold the payers' answers against the price."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from workbook.cli.arguments import AddVerb, add_json, add_out, add_paths, add_received
from workbook.cli.files import is_broken, out_folder, read_claims, read_remittance, say_problems, say_written
from workbook.terms import WorkbookError, dollars

#: what a patient had used before the claims: in what it is counted, and what it is
USED_BEFORE = {
    "deductible_met": ("USD", "what the patient had met of the year's deductible; once for each patient"),
    "hospital_days_used": ("DAYS", "hospital days used of the benefit period that the first stay continues; likewise"),
    "reserve_days_used": ("DAYS", "lifetime reserve days used in earlier benefit periods; likewise"),
}


def declare_price(verb: AddVerb) -> None:
    """Declare `workbook price`."""
    parser = verb("price", _price, "Price claims as Medicare Part B would, and write the 835.")
    add_paths(parser)
    add_received(parser, "; an 837 does not say")
    add_json(parser)
    add_out(parser)
    parser.add_argument(
        "--locality",
        default="NATIONAL",
        help="carrier-locality, as in 10112-00; ZIP: by the claim's (default NATIONAL)",
    )
    parser.add_argument("--plan", help="a commercial plan in Medicare's place: BRONZE, GOLD, SILVER, or your own .yaml")
    for name, (metavar, what) in USED_BEFORE.items():
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, metavar=f"PATIENT={metavar}", action="append", default=[], help=what)
    parser.add_argument("--supplement", help="the letter of the Medicare supplement that the patients have")
    parser.add_argument("--nonparticipating", action="store_true", help="the provider does not participate: 95 percent")
    parser.add_argument("--wage-index", metavar="NUMBER", help="of the hospital or surgical center (default 1)")
    parser.add_argument("--as-if-on", metavar="DATE", help="price each claim as if its first day had been this one")
    parser.add_argument("--no-audit", action="store_true", help="price every line; deny nothing")


def _price(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv

    folder, claims = out_folder(options), read_claims(options.paths, options.received)
    say_problems(claims)
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
        deductible_met=_used_before(options, "deductible_met"),
        hospital_days_used=_used_before(options, "hospital_days_used"),
        reserve_days_used=_used_before(options, "reserve_days_used"),
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
        say_written(folder, "lines.csv")
        if result.arrow["remittance_claim"].num_rows:
            wb.write_835(result, folder / "remittance.835")
            say_written(folder, "remittance.835")
        else:
            print("no 835 was written: not one line could be priced or denied", file=sys.stderr)
    missing = any(r is not None for r in result.arrow_lines["not_priced_reason"].to_pylist())
    return 1 if missing or is_broken(claims) else 0


def _used_before(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """patient → what was used before the claims, as PATIENT=AMOUNT states it."""
    metavar, _ = USED_BEFORE[name]
    found: dict[str, Any] = {}
    for given in getattr(options, name):
        patient, sign, amount = given.rpartition("=")
        is_number = re.fullmatch(r"\d+" if metavar == "DAYS" else r"\d+(\.\d{1,2})?", amount, re.ASCII)
        if not (sign and patient and is_number):
            example = "MBI123=12" if metavar == "DAYS" else "MBI123=157.50"
            raise WorkbookError(f"--{name.replace('_', '-')} {given}: expected PATIENT={metavar}, as {example}")
        found[patient] = int(amount) if metavar == "DAYS" else amount
    return found


def _priced(row: dict[str, Any]) -> str:
    head = f"  {row['claim_id']} line {row['line_number']}  {row['hcpcs_code']}  billed {dollars(row['billed_amount'])}"
    if row["denial_carc"]:
        return f"{head}  denied {row['denial_group_code']}-{row['denial_carc']}"
    if row["not_priced_reason"]:
        return f"{head}  not priced: {row['not_priced_reason']}"
    from workbook.payment.remit import patient_amount

    patient = dollars(patient_amount(row))
    return f"{head}  allowed {dollars(row['allowed_amount'])}  patient {patient}  paid {dollars(row['paid_amount'])}"


def declare_variance(verb: AddVerb) -> None:
    """Declare `workbook variance`."""
    parser = verb("variance", _variance, "Hold what payers paid against the price, line by line.")
    parser.add_argument("paths", nargs="+", metavar="CLAIMS", help="claims: files or a folder")
    parser.add_argument("--remittance", metavar="835", nargs="+", required=True, help="835 files")
    parser.add_argument("--locality", default="NATIONAL", help="carrier-locality, as in 10112-00 (default NATIONAL)")
    parser.add_argument("--plan", help="the terms of a commercial plan: a name as in price, or your own .yaml")
    parser.add_argument("--tolerance", metavar="USD", default="0.00", help="a difference that is not worth a look")
    add_received(parser)
    add_json(parser)
    add_out(parser)


def _variance(options: argparse.Namespace) -> int:
    import workbook as wb
    from workbook.engine.export import to_json, write_people_csv

    folder, claims = out_folder(options), read_claims(options.paths, options.received)
    remittance = read_remittance(options.remittance)
    say_problems(claims)
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
        say_written(folder, "payment_variance.csv")
    return 0 if set(found.summary) <= {"as expected"} else 1
