"""What the verbs after the price begin with."""

import pytest

from tests.cli.terminal import run
from workbook.ui.demo import SENT


@pytest.fixture
def paid(capsys, tmp_path):
    """The 835 of the claim that was sent."""
    run(capsys, "price", SENT, "--out", tmp_path / "paid")
    return tmp_path / "paid" / "remittance.835"
