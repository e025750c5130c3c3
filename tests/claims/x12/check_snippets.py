"""Whole small 837s and 835s in which nothing is wrong at levels 1 to 4, to be spoiled in one place at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.claims.x12.x12_snippets import CLINIC, RENDERING, envelope, save
from workbook.claims.x12.check import check

HEAD = [
    "BHT*0019*00*0123*20251120*1200*CH",
    "NM1*41*2*SENDER*****46*S1",
    "PER*IC*ANN*TE*5555555555",
    "NM1*40*2*RECEIVER*****46*R1",
    "HL*1**20*1",
    f"NM1*85*2*SAMPLE CLINIC*****XX*{CLINIC}",
    "N3*1 CLINIC ROAD",
    "N4*SPRINGFIELD*IL*627010000",
    "REF*EI*123456789",
]
SELF = [
    "HL*2*1*22*0",
    "SBR*P*18*******CI",
    "NM1*IL*1*EXAMPLE*PAT****MI*M0001",
    "N3*2 MAIN STREET",
    "N4*SPRINGFIELD*IL*62701",
    "DMG*D8*19500102*F",
    "NM1*PR*2*SAMPLE INSURANCE*****PI*10112",
]
CHILD = [
    "HL*2*1*22*1",
    "SBR*P********CI",
    "NM1*IL*1*EXAMPLE*PAT****MI*M0001",
    "NM1*PR*2*SAMPLE INSURANCE*****PI*10112",
    "HL*3*2*23*0",
    "PAT*19",
    "NM1*QC*1*EXAMPLE*KID",
    "N3*2 MAIN STREET",
    "N4*SPRINGFIELD*IL*62701",
    "DMG*D8*20150102*F",
]
VISIT = ["CLM*PCN1*125***11:B:1*Y*A*Y*Y", "HI*ABK:E1142*ABF:Z794"]
LINE = ["LX*1", "SV1*HC:99213*125*UN*1***1:2", "DTP*472*D8*20251014"]
FIRST_PAYER = [
    "SBR*P*18*******CI",
    "AMT*D*80",
    "OI***Y***Y",
    "NM1*IL*1*EXAMPLE*PAT****MI*M0001",
    "NM1*PR*2*FIRST INSURANCE*****PI*11111",
    "DTP*573*D8*20251101",
]
DECIDED = ["SVD*11111*80*HC:99213**1", "CAS*CO*45*45", "DTP*573*D8*20251101"]
PROFESSIONAL = [*HEAD, *SELF, *VISIT, *LINE]
DEPENDENT = [*HEAD, *CHILD, *VISIT, *LINE]
SECOND = [
    *HEAD, *(s.replace("SBR*P", "SBR*S") for s in SELF), *VISIT, *FIRST_PAYER, *LINE, *DECIDED
]  # fmt: skip
DENTAL = [*HEAD, *SELF, VISIT[0], "LX*1", "SV3*AD:D0120*125****1", "DTP*472*D8*20251014"]
ATTENDING = f"NM1*71*1*DOCTOR*ANN****XX*{RENDERING}"
INPATIENT = [
    *HEAD, *SELF,
    "CLM*H1*500***11:A:1**A*Y*Y",
    "DTP*096*TM*1200",
    "DTP*434*RD8*20251010-20251012",
    "DTP*435*DT*202510101530",
    "CL1*1*7*01",
    "HI*ABK:E1142:::::::Y",
    "HI*ABJ:E1142",
    "HI*ABF:Z794:::::::Y",
    ATTENDING,
    "LX*1",
    "SV2*0120**500*DA*2",
]  # fmt: skip
OUTPATIENT = [
    *HEAD, *SELF,
    "CLM*H2*500***13:A:1**A*Y*Y",
    "DTP*434*RD8*20251010-20251010",
    "CL1*3*1*01",
    "HI*ABK:E1142",
    ATTENDING,
    "LX*1",
    "SV2*0300*HC:80053*500*UN*1",
    "DTP*472*D8*20251010",
]  # fmt: skip
REMITTED = [
    "BPR*I*80*C*CHK************20251120",
    "TRN*1*CHECK77*1999999999",
    "DTM*405*20251120",
    "N1*PR*SAMPLE MEDICARE",
    "N3*3 PAYER STREET",
    "N4*SPRINGFIELD*IL*62701",
    "PER*BL*TECH*TE*5555555555",
    f"N1*PE*SAMPLE CLINIC*XX*{CLINIC}",
    "LX*1",
    "CLP*PCN1*1*125*80*20*MB*ICN9*11*1",
    "NM1*QC*1*EXAMPLE*PAT****MI*M0001",
    "SVC*HC:99213*125*80**1",
    "DTM*472*20251014",
    "CAS*CO*45*25",
    "CAS*PR*2*20",
    "AMT*B6*100",
]
#: name → guide, kind, group, body
BASES: dict[str, tuple[str, str, str, list[str]]] = {
    "professional": ("005010X222A1", "837", "HC", PROFESSIONAL),
    "dependent": ("005010X222A2", "837", "HC", DEPENDENT),
    "second": ("005010X222A2", "837", "HC", SECOND),
    "dental": ("005010X224A2", "837", "HC", DENTAL),
    "inpatient": ("005010X223A2", "837", "HC", INPATIENT),
    "outpatient": ("005010X223A3", "837", "HC", OUTPATIENT),
    "remittance": ("005010X221A1", "835", "HP", REMITTED),
}


def spoiled(base: str, *edits: str) -> list[str]:
    """A body after edits: "old => new" in the one segment that begins with old; "+ old => new" adds new behind it.

    "- old" takes the segment away; segments added together stand with " | " between them; $ after old is its end.
    """
    body = list(BASES[base][3])
    for edit in edits:
        old, _, new = edit.lstrip("+- ").partition(" => ")
        at = next(i for i, segment in enumerate(body) if f"{segment}$".startswith(old))
        old = old.rstrip("$")
        if edit.startswith("+"):
            body[at + 1 : at + 1] = new.split(" | ")
        elif edit.startswith("-"):
            del body[at]
        else:
            body[at] = body[at].replace(old, new, 1)
    return body


def written(folder: Path, base: str, body: list[str], **choices: str) -> Path:
    guide, kind, group, _ = BASES[base]
    return save(folder, envelope(body, kind, guide, group, **choices))


def found(path: Path, least: int = 1, most: int = 4) -> list[dict[str, Any]]:
    """The problems of these levels."""
    return [row for row in check(path).to_pylist() if least <= row["level"] <= most]
