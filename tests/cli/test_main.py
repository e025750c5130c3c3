"""The terminal: 0 nothing found, 1 findings, 2 one clear line on standard error; never a traceback."""

import subprocess
import sys

import pytest

import workbook as wb
from tests.cli.terminal import run
from tests.test_import import HEAVY
from workbook.ui.demo import SENT


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", SENT, "--rules", "PTP-999"], "no rule is called 'PTP-999'"),
        (["price", SENT, "--locality", "nowhere"], "locality 'nowhere' is not loaded"),
        (["price", SENT, "--as-if-on", "2025-13-01"], "as_if_on '2025-13-01' is not a date"),
        (["audit", SENT, "--received", "soon"], "'soon' is not a date"),
        (["codes", "lookup", "R00.2", "--on", "today"], "on 'today' is not a date"),
        (["rules", "show", "XXX"], "no rule is called 'XXX'"),
        (["audit", SENT, "--out", SENT], "cannot be made a folder"),
        (["audit"], "the following arguments are required: PATH"),
        (["adjudicate"], "invalid choice: 'adjudicate'"),
        (["audit", SENT, "--loud"], "unrecognized arguments: --loud"),
    ],
)  # fmt: skip
def test_wrong_usage_gets_one_clear_line_and_status_2(capsys, arguments, says):
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert says in err


def test_the_command_is_installed_and_silent_when_its_reader_leaves():
    piped = subprocess.run(
        f"{sys.executable} -m workbook.cli rules list | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert piped.stdout.startswith(wb.rules()[0].id)
    assert piped.stderr == ""


def test_the_verbs_are_declared_without_loading_a_heavy_library():
    code = f"import sys; from workbook.cli.parser import verb_parser; verb_parser(); print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
