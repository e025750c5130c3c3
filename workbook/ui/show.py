"""Claims, findings and intake results as plain text, for a terminal."""

from __future__ import annotations

from decimal import Decimal

from workbook.claims.intake.result import IntakeResult
from workbook.claims.model import Claims
from workbook.codes import dotted
from workbook.rules.audit import Audit
from workbook.terms import dollars


def claim_text(claims: Claims, limit: int = 5) -> str:
    """The first claims with their diagnoses and lines."""
    rows = [str(claims)]
    diagnoses, lines = (claims.arrow[t].to_pylist() for t in ("claim_diagnosis", "claim_line"))
    for claim in claims.arrow["claim"].slice(0, limit).to_pylist():
        codes = [dotted(d["diagnosis_code"]) for d in diagnoses if d["claim_id"] == claim["claim_id"]]
        rows.append(f"  {claim['claim_id']}: {dollars(claim['billed_amount'])}, diagnoses {', '.join(codes) or 'none'}")
        for r in (r for r in lines if r["claim_id"] == claim["claim_id"]):
            modifiers = "".join(f"-{r[f'modifier_{n}']}" for n in range(1, 5) if r[f"modifier_{n}"])
            pointers = ", ".join(str(r[f"diagnosis_pointer_{n}"]) for n in range(1, 5) if r[f"diagnosis_pointer_{n}"])
            rows.append(
                f"    line {r['line_number']}  {r['service_from_date']}  {r['hcpcs_code']}{modifiers}"
                f"  {_units(r['units'])}  {dollars(r['billed_amount'])}  for diagnosis {pointers or 'none'}"
            )
    if (more := claims.arrow["claim"].num_rows - limit) > 0:
        rows.append(f"  … and {more:,} more")
    return "\n".join(rows)


def _units(units: object) -> str:
    return "no units" if units is None else f"{units.normalize():f} unit{'s' if units != 1 else ''}"


def findings_text(audit: Audit, limit: int = 20) -> str:
    """The findings with their authority, then what was not checked and why."""
    rows = [str(audit)]
    found = audit.arrow_findings
    for f in found.slice(0, limit).to_pylist():
        place = f"{f['claim_id']}" + (f" line {f['line_number']}" if f["line_number"] is not None else "")
        stake = _stake(f["amount_at_stake"])
        rows.append(f"  {f['severity']:<7} {f['rule_id']:<8} {place}: {f['message']}{stake}")
        rows.append(f"          {f['authority']}" + (f" [{f['edition']}]" if f["edition"] else ""))
    if (more := found.num_rows - limit) > 0:
        rows.append(f"  … and {more:,} more (--out DIR writes them all)")
    if audit.not_checked:
        rows.append("Not checked:")
        rows += [f"  {text}" for text in audit.not_checked]
    return "\n".join(rows)


def _stake(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return f" Left behind {dollars(-amount)}." if amount < 0 else f" At stake {dollars(amount)}."


def intake_text(result: IntakeResult) -> str:
    """The verdict, and every check that did not pass."""
    faults = [c for c in result.checks.to_dict("records") if c["outcome"] != "passed"]
    said = [f"  {c['severity']}: {c['table']}: {c['check']}: {c['outcome']}. {c['why']}" for c in faults]
    return "\n".join([str(result), *said])
