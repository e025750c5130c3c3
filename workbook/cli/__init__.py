"""The verbs of the workbook for a terminal: `workbook audit claims.837 --out findings/`.

Exit status: 0 done and nothing found; 1 done, with findings or a failed intake; 2 wrong usage or unreadable input,
said in one line on standard error. Others may use: `main`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from workbook.cli.parser import verb_parser
from workbook.terms import WorkbookError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    parser = verb_parser()
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
