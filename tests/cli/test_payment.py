"""Prices in a terminal, and what was paid beside them."""

import json
from decimal import Decimal

import pytest

import workbook as wb
from tests.cli.terminal import REMITTANCE, SEGMENTS, run
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


def test_what_a_patient_had_used_before_is_given_for_each(capsys):
    # a stay of three days in November 2025 after 89: the 90th costs 419; after 90 with 58 reserve days gone, two of 838
    stay, other = "INVENTED-CI-0026", "1S00E00AA84"
    arguments = ("price", REMITTANCE.with_name("institutional.837"), "--no-audit", "--json")
    days = ("--hospital-days-used", f"{stay}=89", "--hospital-days-used", f"{other}=12")
    _, out, _ = run(capsys, *arguments, *days)
    assert [stay_of(out, "H0097"), stay_of(out, "H0091")] == [("0.00", "419.00"), ("0.00", "0.00")]
    days = ("--hospital-days-used", f"{stay}=90", "--reserve-days-used", f"{stay}=58")
    _, out, _ = run(capsys, *arguments, *days)
    assert [stay_of(out, "H0097"), stay_of(out, "H0091")] == [("0.00", "1676.00"), ("1676.00", "0.00")]


def stay_of(out, claim_id):
    """(deductible, coinsurance) of all lines of a claim."""
    lines = [line for line in json.loads(out)["lines"] if line["claim_id"] == claim_id]
    columns = ("deductible_amount", "coinsurance_amount")
    return tuple(str(sum(Decimal(line[c]) for line in lines if line[c] is not None)) for c in columns)


def test_a_deductible_that_was_met_is_given(capsys):
    arguments = ("price", SENT, "--no-audit", "--json")
    _, out, _ = run(capsys, *arguments)
    patient = json.loads(out)["lines"][0]["patient_id"]
    _, met, _ = run(capsys, *arguments, "--deductible-met", f"{patient}=250.50")
    deductibles = [sum(Decimal(r["deductible_amount"] or 0) for r in json.loads(o)["lines"]) for o in (out, met)]
    assert deductibles[1] == Decimal("6.50") < deductibles[0]  # 257 less 250.50


@pytest.mark.parametrize(
    ("option", "given", "says"),
    [
        ("--deductible-met", "100", "--deductible-met 100: expected PATIENT=USD, as MBI123=157.50"),
        ("--hospital-days-used", "P1=1.5", "--hospital-days-used P1=1.5: expected PATIENT=DAYS, as MBI123=12"),
        ("--reserve-days-used", "=4", "--reserve-days-used =4: expected PATIENT=DAYS"),
        ("--reserve-days-used", "NOBODY=4", "reserve_days_used names patient 'NOBODY', who is on none of the claims"),
    ],
)
def test_what_cannot_be_used_before_is_refused_in_one_line(capsys, option, given, says):
    status, _, err = run(capsys, "price", SENT, "--no-audit", option, given)
    assert status == 2
    assert says in err and len(err.strip().splitlines()) == 1


def test_what_was_paid_is_held_against_the_price(capsys, paid):
    status, out, _ = run(capsys, "variance", SENT, "--remittance", paid)
    assert status == 1  # the reading was denied
    assert "line 3  93010  denied" in out
