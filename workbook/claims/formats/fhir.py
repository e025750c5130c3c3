"""Who reads FHIR? Claims leave as R4 Claims and remittances as ExplanationOfBenefits, in NDJSON or one Bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from workbook.claims.formats import fhir_claim, fhir_eob
from workbook.claims.formats.fhir_parts import Json, children
from workbook.claims.model import Claims, Remittance
from workbook.terms import WorkbookError, private_file

_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")


def write_fhir(tables: Claims | Remittance, path: str | Path) -> list[str]:
    """Write claims or a remittance as FHIR R4 (mode 0600): NDJSON, or a Bundle where `path` ends in .json.

    Returns what the resources do not carry, in words, such as "claim.delay_reason_code (3 rows)". Raises WorkbookError
    when there is nothing to write, a row belongs to no claim, or the file cannot be written.
    """
    target = Path(path)
    resources = fhir_resources(tables)
    first = next(resources, None)
    if first is None:
        raise WorkbookError("there is no claim to write as FHIR; the tables have no row")
    with private_file(target) as stream:
        bundled = target.suffix.lower() == ".json"
        if bundled:
            stream.write(b'{"resourceType": "Bundle", "type": "collection", "entry": [\n')
        separator = b""
        for resource in chain([first], resources):
            text = json.dumps({"resource": resource} if bundled else resource, ensure_ascii=False)
            stream.write(separator + text.encode())
            separator = b",\n" if bundled else b"\n"
        stream.write(b"\n]}\n" if bundled else b"\n")
    return not_carried(tables)


def fhir_resources(tables: Claims | Remittance) -> Iterator[Json]:
    """A Claim for each claim, or an ExplanationOfBenefit for each paid claim, in the order of the tables."""
    if isinstance(tables, Claims):
        below = {name: tables.arrow[name] for name in (*fhir_claim.CARRIED, "claim_party") if name != "claim"}
        for claim, rows in children(tables.arrow["claim"], below, ("claim_id",)):
            yield _identified(fhir_claim.claim_resource(claim, rows), claim["claim_id"])
        return
    remittances = {row["remittance_id"]: row for row in tables.arrow["remittance"].to_pylist()}
    below = {name: tables.arrow[name] for name in ("remittance_line", "adjustment", "remark")}
    for claim, rows in children(tables.arrow["remittance_claim"], below, ("remittance_id", "claim_sequence")):
        if claim["remittance_id"] not in remittances:
            raise WorkbookError(f"paid claim {claim['claim_id']}: no remittance is called {claim['remittance_id']!r}")
        remittance = remittances[claim["remittance_id"]]
        resource = fhir_eob.benefit_resource(claim, remittance, rows)
        yield _identified(resource, f"{claim['remittance_id']}-{claim['claim_sequence']}")


def not_carried(tables: Claims | Remittance) -> list[str]:
    """The columns with values that the resources do not carry, each with its number of rows."""
    carried: Mapping[str, set[str]] = fhir_claim.CARRIED if isinstance(tables, Claims) else fhir_eob.CARRIED
    found = []
    for name, table in tables.arrow.items():
        if name not in carried:
            but = ", but for the names of patient and billing provider" if name == "claim_party" else ""
            found += [f"{name} ({table.num_rows:,} rows{but})"] if table.num_rows else []
            continue
        for column in table.column_names:
            filled = table.num_rows - table[column].null_count
            if filled and column not in carried[name]:
                found.append(f"{name}.{column} ({filled:,} rows)")
    return found


def _identified(resource: Json, identifier: str | None) -> Json:
    """The resource with an id, where the tables' own identifier may be one."""
    head = {"resourceType": resource["resourceType"]}
    return {**head, "id": identifier, **resource} if identifier and _ID.fullmatch(identifier) else resource
