"""Mutated X12 files against the readers and writers: `python -m tests.claims.x12.fuzz 50000 [SEED]`.

Whatever a file holds, reading it gives tables and problems, or a WorkbookError; never another exception, a hang or
memory out of proportion. What was read is written again, or refused with a WorkbookError.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.claims.x12.test_public_files import FACTS, PUBLIC
from tests.claims.x12.x12_snippets import claim_837, envelope, remittance_835
from workbook.claims.x12.read_835 import read_remittance
from workbook.claims.x12.read_837 import read_837
from workbook.claims.x12.write_835 import format_835
from workbook.claims.x12.write_837 import format_837
from workbook.terms import WorkbookError

LONGEST_SEED = 20_000
_ODD = [b"", b"*", b"**", b":", b"~", b"^", b"\x00", b"\xff\xfe", b"-", b"99999999999999999999", b"ISA", b"SE*0*0~"]


def seeds() -> list[bytes]:
    """Files to begin from: the public claims and remittances where they are there, and small ones of our own."""
    own = [envelope(claim_837()).encode(), remittance_835().encode()]
    public = [PUBLIC / fact["file"] for fact in FACTS if fact["kind"].startswith(("837", "835"))]
    return own + [path.read_bytes() for path in public if path.stat().st_size <= LONGEST_SEED]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file with one to eight faults: segments dropped, doubled, swapped or cut, elements replaced, bytes changed."""
    for _ in range(chance.randint(1, 8)):
        segments = data.split(b"~")
        place, other = chance.randrange(len(segments)), chance.randrange(len(segments))
        match chance.randrange(7):
            case 0:
                del segments[place]
            case 1:
                segments.insert(other, segments[place])
            case 2:
                segments[place], segments[other] = segments[other], segments[place]
            case 3:
                segments = segments[: place + 1]
            case 4 | 5:
                elements = segments[place].split(b"*")
                at = chance.randrange(len(elements))
                elements[at] = chance.choice([*_ODD, segments[other][:40], elements[chance.randrange(len(elements))]])
                segments[place] = b"*".join(elements)
            case _:
                raw = bytearray(b"~".join(segments))
                if raw:
                    raw[chance.randrange(len(raw))] = chance.randrange(256)
                segments = bytes(raw).split(b"~")
        data = b"~".join(segments)
    return data


def run(count: int, seed: int) -> Counter[str]:
    """Try `count` mutated files; returns how each ended. An exception that is not ours is raised, with its file kept."""
    chance, found, corpus = random.Random(seed), Counter[str](), seeds()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.x12"
        for number in range(count):
            path.write_bytes(mutated(chance.choice(corpus), chance))
            for read, write in ((read_837, format_837), (read_remittance, format_835)):
                began = time.monotonic()
                try:
                    tables = read(path)
                    found["read"] += 1
                    write(tables)  # type: ignore[arg-type]
                    found["written"] += 1
                except WorkbookError:
                    found["refused"] += 1
                except Exception:
                    kept = Path(tempfile.gettempdir()) / f"fuzz-{seed}-{number}.x12"
                    kept.write_bytes(path.read_bytes())
                    print(f"the input is kept as {kept}", file=sys.stderr)
                    raise
                found["slow"] += time.monotonic() - began > 5
    return found


if __name__ == "__main__":
    counted = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{dict(counted)}, peak {peak} MB")
