"""The fee of a code is what the carriers print."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

import workbook as wb
from workbook.payment.fee import fee_schedule
from workbook.terms import WorkbookError

with (Path(__file__).parent / "carrier_prices_2025.csv").open(encoding="utf-8") as stream:
    CARRIER_PRICES = list(csv.DictReader(stream))


def test_every_fee_is_what_the_carriers_of_alabama_and_alaska_print():
    """Carrier price files are an independent second way: CMS computed them, nothing here did."""
    localities = sorted({f"{row['carrier']}-{row['locality']}" for row in CARRIER_PRICES})
    told = {
        (row["locality"], row["hcpcs_code"], row["modifier"], row["setting"]): row["amount"]
        for row in fee_schedule("2025-01-15", localities).to_pylist()
    }
    printed = {
        (f"{row['carrier']}-{row['locality']}", row["hcpcs_code"], row["modifier"] or None, setting): Decimal(
            row[f"{setting}_amount"]
        )
        for row in CARRIER_PRICES
        for setting in ("nonfacility", "facility")
    }
    assert {key: told.get(key) for key in printed} == printed
    assert len(CARRIER_PRICES) >= 120


def test_one_fee_and_the_whole_schedule_agree_and_what_has_no_fee_says_why():
    rows = [r for r in fee_schedule("2025-11-03", ["10112-00"]).to_pylist() if r["hcpcs_code"] in ("99213", "80053")]
    for row in rows:
        fee = wb.fee(row["hcpcs_code"], "2025-11-03", "10112-00", row["setting"])
        assert (fee.amount, fee.why_not) == (row["amount"], row["why_not"])
    assert len(rows) == 4


def test_before_2026_an_apm_participant_has_the_factor_of_all():
    assert wb.fee("99213", "2025-11-03", is_apm_participant=True).amount == Decimal("88.95")


@pytest.mark.parametrize(
    ("code", "setting", "modifiers", "amount"),
    [
        ("99213", "nonfacility", [], "88.95"),  # (1.30 + 1.35 + 0.10) × 32.3465
        ("99213", "facility", [], "63.72"),  # (1.30 + 0.57 + 0.10) × 32.3465
        ("99214", "nonfacility", [], "125.18"),  # 3.87 × 32.3465
        ("45378", "nonfacility", ["53"], "164.00"),  # the file's own row, 5.07 × 32.3465
        ("27447", "facility", [], "1257.63"),  # 38.88 × 32.3465
        ("71046", "nonfacility", ["26"], "10.03"),
        ("71046", "nonfacility", ["TC"], "22.64"),
        ("71046", "nonfacility", [], "32.67"),  # 10.03 + 22.64
        ("20610", "facility", ["50"], "65.99"),  # 43.99 × 1.5 = 65.985
        ("27447", "facility", ["80"], "201.22"),  # 1,257.63 × 0.16 = 201.2208
        ("66984", "facility", ["62"], "521.75"),  # 16.13 × 32.3465: no second surgeon is permitted, so all of it
        ("27447", "facility", ["AS"], "171.04"),  # 1,257.63 × 0.136 = 171.03768
        ("27447", "facility", ["54"], "993.53"),  # 1,257.63 × 0.79 = 993.5277
        ("27447", "facility", ["55"], "264.10"),  # 1,257.63 × 0.21 = 264.1023
        ("27447", "facility", ["78"], "867.76"),  # 1,257.63 × 0.69 = 867.7647
        ("71046", "nonfacility", ["FX"], "28.14"),  # 10.03 + 22.64 × 0.8 = 28.142
    ],
)
def test_national_amounts_of_2025(code, setting, modifiers, amount):
    assert wb.fee(code, "2025-11-03", setting=setting, modifiers=modifiers).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("code", "nonfacility", "facility"),
    [
        ("99203", "117.57", "71.48"),  # (1.60 + 1.76 + 0.16) and (1.60 + 0.38 + 0.16) × 33.4009
        ("99213", "95.19", "57.45"),
        ("99214", "135.61", "84.50"),
        ("99291", "308.96", "199.07"),
        ("93000", "15.36", "15.36"),
        ("20610", "68.81", "39.75"),
        ("45378", "378.10", "164.67"),
        ("45380", "479.97", "177.69"),
        ("64483", "264.87", "99.53"),
        ("90834", "113.90", "91.85"),
        ("92928", None, "463.94"),
        ("66984", None, "462.60"),
        ("27447", None, "1159.35"),
    ],
)
def test_national_amounts_of_2026_are_those_that_others_publish(code, nonfacility, facility):
    for setting, amount in (("nonfacility", nonfacility), ("facility", facility)):
        if amount:
            assert wb.fee(code, "2026-04-15", setting=setting).amount == Decimal(amount), setting


@pytest.mark.parametrize(
    ("code", "nonfacility", "facility"),
    [
        ("99214", "139.08", "85.01"),
        ("93000", "15.82", "15.82"),
        ("20610", "70.61", "39.87"),
        ("12002", "143.91", "57.33"),
        ("45380", "498.91", "179.10"),
    ],
)
def test_in_january_2026_the_fees_of_austin_are_what_others_reckon_from_the_january_file(code, nonfacility, facility):
    for setting, amount in (("nonfacility", nonfacility), ("facility", facility)):
        assert wb.fee(code, "2026-01-02", "04412-31", setting).amount == Decimal(amount), setting


def test_an_apm_participant_has_a_factor_of_its_own_in_2026():
    # 2.85 × 33.5675 = 95.667375
    assert wb.fee("99213", "2026-04-15", is_apm_participant=True).amount == Decimal("95.67")


def test_the_trace_names_every_reduction():
    assert wb.fee("27447", "2025-11-03", setting="facility", modifiers=["LT", "80"]).trace[-2:] == (
        "= 1257.63192, rounded to $1,257.63",
        "Assistants and two surgeons: $201.22",
    )


def test_who_does_not_participate_has_95_percent_and_a_limiting_charge():
    # 88.95 × 0.95 = 84.50; 88.95 × 1.0925 = 97.18, and 84.50 × 1.15 = 97.18
    fee = wb.fee("99213", "2025-11-03", participates=False)
    assert fee.amount == Decimal("84.50")
    assert fee.trace[-2:] == ("Participation: $84.50", "limiting charge: $97.18; of the rounded fee $97.18")
    # 0.87 × 33.4009 = 29.06: 31.748 and 27.61 × 1.15 = 31.7515
    fee = wb.fee("97110", "2026-05-04", participates=False)
    assert fee.trace[-1] == "limiting charge: $31.75; of the rounded fee $31.75"
    assert "limiting" not in str(wb.fee("99213", "2025-11-03").trace)


def test_the_trace_shows_the_arithmetic():
    fee = wb.fee("99213", "2025-11-03", "10112-00")
    assert fee.trace[1] == "practice expense: 1.35 RVU × 0.869 = 1.17315"
    assert fee.trace[-1] == "= 81.857670225, rounded to $81.86"


@pytest.mark.parametrize(
    ("code", "day", "modifiers", "reason"),
    [
        ("99213", "2023-12-31", [], "no conversion factor for 2023-12-31; loaded are 2024-01-01 to 2026-12-31"),
        ("99213", "2024-06-01", [], "no physician fee file is loaded for 2024-06-01"),
        ("99213", "2027-01-04", [], "no conversion factor for 2027-01-04; loaded are 2024-01-01 to 2026-12-31"),
        ("G0008", "2025-11-03", [], "status X: paid by another fee schedule, which is not modelled"),
        ("86663", "2025-11-03", [], "86663 is not in the loaded laboratory fee file"),
        ("J3301", "2025-08-04", [], "no drug payment limits are loaded for 2025-08-04"),
        ("00790", "2025-11-03", ["AA"], "anesthesia is paid by minutes (unit basis MJ)"),
        ("12345", "2025-11-03", [], "12345 is not in the loaded fee file"),
        ("20610", "2025-11-03", ["GZ"], "refused with reason CO-50"),
        ("27447", "2025-11-03", ["22"], "modifier 22: more work than usual is priced by report"),
        ("27447", "2025-11-03", ["62"], "a second surgeon is paid for 27447 on documents alone"),
        ("66984", "2025-11-03", ["80"], "an assistant at surgery is never paid for 66984"),
        ("99213", "2025-11-03", ["26"], "99213 has no fee of its own with modifier 26"),
    ],
)  # fmt: skip
def test_what_has_no_price_says_why_and_is_never_zero(code, day, modifiers, reason):
    fee = wb.fee(code, day, modifiers=modifiers)
    assert (fee.amount, fee.why_not) == (None, reason)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"locality": "10112"}, "locality '10112' is not loaded; write carrier-locality as in 10112-00, NATIONAL, or ZIP"),
        ({"setting": "office"}, "setting 'office'; the settings are nonfacility and facility"),
        ({"on": "soon"}, "on 'soon' is not a date"),
        ({"modifiers": list("abcde")}, "5 modifiers; a line holds four"),
        ({"modifiers": "50"}, "modifier '5': a modifier has two characters; write a list of them, as [\"LT\"]"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_in_words(options, message):
    with pytest.raises(WorkbookError) as caught:
        wb.fee(**{"hcpcs_code": "99213", "on": "2025-11-03", **options})
    assert str(caught.value).startswith(message)
