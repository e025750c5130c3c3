"""No mutated file makes a reader or writer raise anything but its own error; the long run is `tests/claims/x12/fuzz.py`."""

from __future__ import annotations

from tests.claims.x12.fuzz import run


def test_three_hundred_mutated_files_are_read_or_refused() -> None:
    found = run(300, seed=20251103)
    assert found["read"] + found["refused"] >= 600
    assert found["written"] > 0
    assert found["slow"] == 0
