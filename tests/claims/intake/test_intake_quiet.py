"""Intake is silent: nothing leaves the machine, no file stays behind and the user's own session is untouched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.claims.intake.intake_extract import clean
from workbook.claims.intake import intake


def test_a_context_that_the_user_had_made_is_current_again_afterwards() -> None:
    intake(clean())
    import great_expectations as gx
    from great_expectations.data_context.data_context.context_factory import project_manager

    own = gx.get_context(mode="ephemeral")
    intake(clean())
    assert project_manager.get_current_project() is own
    project_manager.set_project(None)


WATCHED = """
import json, os, sys
reached, written = [], []
def watch(event, args):
    is_probe = event == "socket.bind" and args[1][0] == "::1"  # urllib3 asks at import whether there is IPv6 here
    if event.startswith("socket.") and event != "socket.__new__" and not is_probe:
        reached.append(event)
    if event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and args[0] != os.devnull:
        written.append(str(args[0]))
    if event == "os.mkdir":
        written.append(str(args[0]))
sys.addaudithook(watch)
from workbook.claims.intake import intake
from workbook.claims.model import Claims
before = "great_expectations" in sys.modules
result = intake(Claims())
print(json.dumps({
    "before": before, "after": "great_expectations" in sys.modules, "verdict": result.verdict, "reached": reached,
    "left": [w for w in written if os.path.exists(w)], "telemetry": os.environ["GX_ANALYTICS_ENABLED"],
    "hidden": [n for n, m in sys.modules.items() if n.startswith("pyspark") and m is None],
}))
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `code` in an interpreter of its own, warnings as errors, at home in an empty folder."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")}
    environment = {**keep, "HOME": str(folder), "GX_ANALYTICS_ENABLED": "True", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_intake_is_silent_reaches_no_network_and_leaves_no_file(tmp_path: Path) -> None:
    done = run(WATCHED, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "before": False, "after": True, "verdict": "not fit", "reached": [], "left": [],
        "telemetry": "False", "hidden": [],
    }  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_great_expectations_is_not_imported_before_intake_runs(tmp_path: Path) -> None:
    code = (
        "import sys, workbook, workbook.claims.intake, workbook.claims.intake.suites, workbook.claims.intake.result\n"
    )
    done = run(code + "print('great_expectations' in sys.modules, 'pandas' in sys.modules)", tmp_path)
    assert (done.stdout.strip(), done.stderr) == ("False False", "")
