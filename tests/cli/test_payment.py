"""Prices in a terminal, and what was paid beside them."""

import workbook as wb
from tests.cli.terminal import SEGMENTS, run
from workbook.ui.demo import SENT


def test_prices_are_written_as_a_balanced_835(capsys, tmp_path):
    status, out, _ = run(capsys, "price", SENT, "--locality", "10112-00", "--out", tmp_path)
    assert status == 0
    assert "VISIT-001 line 3  93010  billed $25.00  denied CO-236" in out
    assert wb.read_remittance(tmp_path / "remittance.835").is_balanced


def test_what_could_not_be_priced_is_said_and_no_835_is_written(capsys, tmp_path):
    old = tmp_path / "old.837"
    old.write_text(SEGMENTS.replace("20251014", "20061014"))
    status, out, err = run(capsys, "price", old, "--no-audit", "--out", tmp_path / "out")  # ICD-10-CM in 2006 is denied
    assert status == 1
    assert "not priced: no conversion factor for 2006-10-14; loaded are 2024-01-01 to 2026-12-31" in out
    assert "no 835 was written" in err
    assert not (tmp_path / "out" / "remittance.835").exists()


def test_what_was_paid_is_held_against_the_price(capsys, paid):
    status, out, _ = run(capsys, "variance", SENT, "--remittance", paid)
    assert status == 1  # the reading was denied
    assert "line 3  93010  denied" in out
