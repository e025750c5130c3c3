"""The demonstration runs in a terminal; tests/browser opens the notebooks."""

from tests.cli.terminal import run


def test_the_demonstration_runs(capsys):
    status, out, _ = run(capsys, "demo")
    assert status == 0
    assert "9. The patient's statement" in out
