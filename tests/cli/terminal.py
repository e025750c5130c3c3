"""A verb as it is typed: its status, what it prints, and what it says on standard error."""

from pathlib import Path

from workbook.cli import main
from workbook.ui.demo import SENT

SEGMENTS = SENT.read_text(encoding="utf-8")
REMITTANCE = Path(__file__).parents[2] / "sample_data" / "claims" / "remittance.835"
PRACTICE = REMITTANCE.with_name("tables")


def run(capsys, *arguments):
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stopped:
        status = stopped.code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err + shown.out
    return status, shown.out, shown.err
