"""Small handwritten X12 with invented people; every NPI has a right check digit (Luhn over 80840 and the number)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbook.claims.model import Claims, Remittance

CLINIC, RENDERING, REFERRING, FACILITY, LINE_RENDERING = (
    "1234567893", "1987654328", "1555555550", "1444444446", "1333333338",
)  # fmt: skip


def envelope(
    body: list[str], kind: str = "837", guide: str = "005010X222A2", group: str = "HC",
    element: str = "*", component: str = ":", terminator: str = "~", line_break: str = "\n", control: str = "000000001",
) -> str:  # fmt: skip
    """Put segments, written with * and :, into ISA to IEA with right counts and the given separators."""
    isa = [
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250301*1200*^*00501*",
        f"{control}*0*T*:",
    ]
    segments = [
        "".join(isa),
        f"GS*{group}*SENDER*RECEIVER*20250301*1200*1*X*{guide}",
        f"ST*{kind}*0001*{guide}" if kind == "837" else f"ST*{kind}*0001",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*1",
        f"IEA*1*{control}",
    ]
    table = str.maketrans({"*": element, ":": component})
    return "".join(f"{segment.translate(table)}{terminator}{line_break}" for segment in segments)


PROVIDER = ["HL*1**20*1", f"NM1*85*2*SAMPLE CLINIC*****XX*{CLINIC}"]
SUBSCRIBER = [
    "HL*2*1*22*0",
    "SBR*P*18*******MB",
    "NM1*IL*1*EXAMPLE*PAT****MI*M0001",
    "DMG*D8*19500102*F",
    "NM1*PR*2*SAMPLE MEDICARE*****PI*10112",
]
CLAIM = ["CLM*PCN1*125***11:B:1*Y*A*Y*Y", "HI*ABK:E1142*ABF:Z794"]
HOSPITAL_CLAIM = [
    "CLM*H1*500***13:A:7**A*Y*Y",
    "DTP*434*RD8*20250110-20250112",
    "DTP*435*DT*202501101530",
    "CL1*1*7*01",
]
LINE = ["LX*1", "SV1*HC:99213:25*125*UN*1***1:2", "DTP*472*D8*20250114"]


def claim_837(*extra: str, claim: list[str] | None = None, lines: list[str] | None = None) -> list[str]:
    """One subscriber's claim, the body of an 837; `extra` comes between the claim and its lines."""
    return [*PROVIDER, *SUBSCRIBER, *(CLAIM if claim is None else claim), *extra, *(LINE if lines is None else lines)]


REMITTANCE = [
    "BPR*I*80*C*CHK************20250301",
    "TRN*1*CHECK77*1999999999",
    "DTM*405*20250301",
    "N1*PR*SAMPLE MEDICARE",
    "REF*2U*10112",
    f"N1*PE*SAMPLE CLINIC*XX*{CLINIC}",
    "LX*1",
    "CLP*PCN1*1*125*80*20*MB*ICN9",
    "NM1*QC*1*EXAMPLE*PAT****MI*M0001",
    "MOA***MA01",
    "SVC*HC:99213:25*125*80**1",
    "DTM*472*20250114",
    "CAS*CO*45*25",
    "CAS*PR*2*20",
    "REF*6R*1",
    "AMT*B6*100",
    "LQ*HE*N130",
]


def remittance_835(body: list[str] | None = None, **choices: str) -> str:
    """One 835 with one claim of one line: 125 billed, 25 contractual, 20 coinsurance, 80 paid."""
    return envelope(REMITTANCE if body is None else body, "835", "005010X221A1", "HP", **choices)


def save(folder: Path, content: str | bytes, name: str = "claims.837") -> Path:
    """Write a snippet to a file and give its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(tables: Claims | Remittance, table: str) -> list[dict[str, Any]]:
    """The rows of a table, without what is null."""
    return [{k: v for k, v in row.items() if v is not None} for row in tables.arrow[table].to_pylist()]


def problems(tables: Claims | Remittance) -> list[tuple[Any, ...]]:
    """Severity, level, segment number, element, claim and message of each problem."""
    found = tables.arrow_problems.to_pylist()
    return [(r["severity"], r["level"], r["segment_number"], r["element"], r["claim_id"], r["message"]) for r in found]


def messages(tables: Claims | Remittance) -> list[str]:
    """The message of each problem."""
    found: list[str] = tables.arrow_problems["message"].to_pylist()
    return found
