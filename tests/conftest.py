"""What every test stands on: a data folder of its own, and where the public files lie if they are there."""

import os
import tempfile
from pathlib import Path

import pytest

# Before anything of the workbook is imported: tests share one data folder per machine user and never touch theirs.
os.environ["WORKBOOK_DATA"] = os.environ.get("WORKBOOK_TEST_DATA") or str(
    Path(tempfile.gettempdir()) / "workbook-test-data"
)

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public files beside the repository; the test skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the public files (../shared) are not on this machine")
    return SHARED
