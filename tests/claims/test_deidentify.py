"""What leaves the house says nothing about who the patient is, and still says what was done, billed and paid."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import stat
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.claims.deidentify_extract import CLINIC, DOCTOR, SECRETS, answer_to, cells, claims_of, rows_of
from tests.claims.x12.x12_snippets import claim_837, envelope, remittance_835, save
from workbook.claims.deidentify import Deidentified, deidentify, read_sources
from workbook.claims.deidentify.plan import load_plan
from workbook.claims.deidentify.pseudonyms import NPI_PATTERN, PATTERN, Pseudonyms, luhn_sum
from workbook.claims.files import read_claims, read_remittance
from workbook.claims.model import Claims, Remittance
from workbook.claims.tables import CLAIM, CLAIM_TABLES, REMITTANCE_TABLES
from workbook.claims.x12 import columns
from workbook.cli import main
from workbook.engine.table import Column, Table
from workbook.terms import WorkbookError

TODAY = date(2026, 11, 25)  # born in 1936 or before: 90 or older by the end of 2026


def run(*parts: dict[str, Any], **options: Any) -> Deidentified:
    return deidentify(claims_of(*(parts or (rows_of(),))), answer_to("CLAIM-A1"), today=TODAY, **options)


def column(result: Deidentified, place: str) -> list[Any]:
    table, name = place.split(".")
    found: list[Any] = result.tables[table][name].to_pylist()
    return found


# The page of decisions


def test_a_column_that_nobody_decided_about_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    wider = dataclasses.replace(CLAIM, columns=(*CLAIM.columns, Column("shoe_size", "text", "of the patient")))
    monkeypatch.setitem(CLAIM_TABLES, "claim", wider)
    with pytest.raises(WorkbookError, match=r"plan.yaml, table claim: shoe_size has no decision; correct the page"):
        load_plan.__wrapped__()


def test_every_column_of_every_table_has_its_decision() -> None:
    plan = load_plan()
    assert {name: list(columns) for name, columns in plan.tables.items() if name in CLAIM_TABLES} == {
        name: list(table.names) for name, table in CLAIM_TABLES.items()
    }
    assert list(plan.letters) == list("ABCDEFGHIJKLMNOPQR")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("drop A: payer_name group_name", "drop A: payer_name", "group_name has no decision"),
        (
            "drop A: payer_name group_name",
            "drop A: payer_name group_name claim_id",
            "column claim_id has two decisions",
        ),
        ("keep drg: ms_drg", "keep drgs: ms_drg", "'keep drgs' does not end in a form of the page"),
        (
            "keep: sequence\n    keep diagnosis_role: role",
            "keep: sequence role",
            "role is text, and keep names no form",
        ),
        ("birth C: patient_birth_date", "zip3 B: patient_birth_date", "of type date, which zip3 does not fit"),
        ("drop B: address_1", "drop Z: address_1", "'drop Z' does not end in a letter of the page"),
        ("drop B: address_1", "burn B: address_1", "'burn' is no decision"),
    ],
)
def test_a_fault_on_the_page_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    from workbook.claims.deidentify.plan import PLAN

    text = PLAN.read_text()
    assert old in text
    (tmp_path / "plan.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(WorkbookError, match=says):
        load_plan.__wrapped__(tmp_path / "plan.yaml")


def test_the_roles_and_kinds_that_the_reader_of_837_gives_are_known() -> None:
    patterns = load_plan().patterns
    roles = {role for place in columns.ROLES.values() for role in place.values()}
    assert [role for role in roles if not re.fullmatch(patterns["role"], role)] == []
    assert [kind for kind in columns.CODE_KINDS.values() if not re.fullmatch(patterns["kind"], kind)] == []


# What goes


@pytest.mark.parametrize("dates", ["year", "shift"])
def test_nothing_that_identifies_is_left_in_any_table_or_report(tmp_path: Path, dates: str) -> None:
    result = run(dates=dates)
    result.write(tmp_path / "out", "csv")
    written = "".join(path.read_text() for path in (tmp_path / "out").iterdir()).lower()
    assert [secret for secret in SECRETS if secret.lower() in written] == []


def test_parquet_files_hold_nothing_beside_their_tables(tmp_path: Path) -> None:
    run().write(tmp_path / "out")
    for path in (tmp_path / "out").glob("*.parquet"):
        raw = path.read_bytes().lower()
        assert [secret for secret in SECRETS if secret.lower().encode() in raw] == [], path.name
        assert pq.read_schema(path).metadata is None


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ("44114", "441"), ("44114-9876", "441"), ("441149876", "441"),
        ("03601", "000"),  # small in 2000 and 2020
        ("06320", "000"),  # small in 2000 alone
        ("36901", "000"), ("75398", "000"),  # small in 2020 alone: 17,596 people, nobody
        ("09012", "000"), ("00801", "000"),  # military mail; the Virgin Islands: no area of the 2020 count
        ("89101", "891"), ("4411", None), ("K1A 0B1", None), ("unknown", None),
    ],
)  # fmt: skip
def test_a_zip_code_keeps_three_digits_where_more_than_20_000_people_live(sent: str, left: str | None) -> None:
    rows = rows_of()
    rows["claim_party"][0]["zip_code"] = sent
    assert column(run(rows), "claim_party.zip_code") == [left]


def test_the_17_areas_of_the_guidance_and_the_18_of_the_2020_census_are_all_000() -> None:
    guidance = [
        "036",
        "059",
        "063",
        "102",
        "203",
        "556",
        "692",
        "790",
        "821",
        "823",
        "830",
        "831",
        "878",
        "879",
        "884",
        "890",
        "893",
    ]
    census_2020 = [
        "036",
        "059",
        "102",
        "202",
        "203",
        "204",
        "205",
        "369",
        "556",
        "692",
        "753",
        "772",
        "821",
        "823",
        "878",
        "879",
        "884",
        "893",
    ]
    assert (len(guidance), len(census_2020)) == (17, 18)
    # 17 + 18 - 12 in both = 23; and 106 prefixes of 1,000 have no area in the count: 1,000 - 894
    assert len(set(guidance) & set(census_2020)) == 12
    assert load_plan().zip3_000.issuperset([*guidance, *census_2020])
    assert len(load_plan().zip3_000) == 23 + 106


def test_a_year_stands_in_a_column_that_says_so() -> None:
    result = run()
    assert column(result, "claim_line.service_from_year") == [2025, 2025]
    assert column(result, "claim.patient_birth_year") == [1950]
    kinds = {str(field.type) for table in result.tables.values() for field in table.schema}
    assert not any(kind.startswith(("date", "timestamp")) for kind in kinds), kinds


@pytest.mark.parametrize(("born", "left"), [(1937, 1937), (1936, 1936), (1935, 1936), (1901, 1936)])
def test_everyone_of_90_or_older_is_in_one_group(born: int, left: int) -> None:
    rows = rows_of(patient_birth_date=date(born, 6, 1))
    rows["claim_party"][0]["birth_date"] = date(born, 6, 1)
    result = run(rows)
    assert column(result, "claim.patient_birth_year") == [left]
    assert column(result, "claim_party.birth_year") == [left]


def test_any_column_can_be_left_out_besides() -> None:
    result = run(drop=["claim.received_date", "claim_diagnosis.diagnosis_code"])
    assert column(result, "claim.received_year") == [None]
    assert str(result.tables["claim"].schema.field("received_year").type) == "int64"
    assert column(result, "claim_diagnosis.diagnosis_code") == [None]
    assert result.report.dropped == ("claim.received_date", "claim_diagnosis.diagnosis_code")


def test_a_date_so_old_that_it_tells_an_age_over_89_goes() -> None:
    rows = rows_of()
    rows["claim_detail"][0] |= {"from_date": date(1936, 12, 31), "through_date": date(1937, 1, 1)}
    result = run(rows)
    ends = [
        (a, b)
        for a, b in zip(
            column(result, "claim_detail.from_year"), column(result, "claim_detail.through_year"), strict=True
        )
        if b
    ]
    assert ends == [(None, 1937)]


def test_a_place_that_is_sent_as_an_amount_goes() -> None:
    details = run().tables["claim_detail"].to_pylist()
    amounts = {d["qualifier"]: d["amount"] for d in details if d["kind"] == "value"}
    assert amounts == {"A0": None, "80": Decimal("3.00")}  # A0 is a ZIP code, 80 covered days


# What stays


def test_codes_amounts_and_units_stay() -> None:
    result = run()
    assert sorted(column(result, "claim_line.hcpcs_code")) == ["99213", "J1885"]
    assert column(result, "claim_diagnosis.diagnosis_code") == ["E1142"]
    assert column(result, "claim_procedure.procedure_code") == ["0DTJ4ZZ"]
    assert sum(column(result, "claim_line.billed_amount")) == Decimal("100.30")
    assert column(result, "claim_party.state") == ["OH"]
    assert [d["value"] for d in result.tables["claim_detail"].to_pylist() if d["kind"] == "condition"] == ["17"]


def test_the_same_number_is_the_same_pseudonym_wherever_it_stands() -> None:
    result = run()
    claim = result.tables["claim"].to_pylist()[0]
    assert column(result, "claim_line.claim_id") == [claim["claim_id"]] * 2
    assert column(result, "remittance_claim.claim_id") == [claim["claim_id"]]
    assert column(result, "claim_party.identifier") == [claim["patient_id"]] == [claim["subscriber_id"]]
    assert column(result, "remittance_line.line_control_number")[0] in column(result, "claim_line.line_control_number")
    assert column(result, "remittance.payee_npi") == [claim["billing_provider_npi"]]
    assert column(result, "other_payer.payer_id") == [claim["payer_id"]] == column(result, "remittance.payer_id")
    assert column(result, "remittance.trace_number") == column(result, "adjustment.remittance_id")


def test_a_pseudonym_of_an_npi_passes_for_one_but_is_nobodys() -> None:
    number = column(run(), "claim.billing_provider_npi")[0]
    assert (len(number), number[0] in "34", luhn_sum(number) % 10) == (10, True, 0)


def test_npis_and_payers_are_kept_when_asked_for_and_nothing_else_in_their_place() -> None:
    result = run(rows_of(referring_provider_npi="2165550147"), keep=("npi", "payer"))
    claim = result.tables["claim"].to_pylist()[0]
    assert (claim["billing_provider_npi"], claim["rendering_provider_npi"]) == (CLINIC, DOCTOR)
    assert claim["referring_provider_npi"] is None  # ten digits, a wrong check digit: a telephone number
    assert claim["payer_id"] == "BUCKEYE-PAYS"
    assert "Kept as you asked: npi and payer numbers" in result.report.to_text()


def test_a_value_that_is_no_code_is_dropped_and_counted() -> None:
    result = run(rows_of(place_of_service="Gumdropville", patient_sex="F"))
    assert column(result, "claim.place_of_service") == [None]
    assert "claim.place_of_service: 1 of 1" in result.report.to_text()


# Shifted dates


def test_shifted_dates_keep_intervals_and_days_of_the_week() -> None:
    result = run(dates="shift")
    first, second = sorted(column(result, "claim_line.service_from_date"))
    assert (second - first).days == 3  # 14 to 17 March
    assert first.weekday() == date(2025, 3, 14).weekday()
    assert 7 <= (date(2025, 3, 14) - first).days <= 364
    assert column(result, "claim.received_date")[0] - first == timedelta(6)  # 20 March
    assert column(result, "remittance_line.service_date") == [first]
    assert column(result, "remittance.payment_date")[0] - first == timedelta(18)  # 1 April, one patient's alone
    assert first - column(result, "claim.patient_birth_date")[0] == date(2025, 3, 14) - date(1950, 3, 9)


def test_two_claims_of_a_patient_are_shifted_alike() -> None:
    result = deidentify(claims_of(rows_of(), rows_of("CLAIM-B2")), dates="shift", today=TODAY)
    assert len(set(column(result, "claim.received_date"))) == 1


def test_a_payment_for_several_patients_has_no_date_when_dates_are_shifted() -> None:
    claims = claims_of(rows_of(), rows_of("CLAIM-B2", patient="MEMBER-000888"))
    result = deidentify(claims, answer_to("CLAIM-A1", "CLAIM-B2"), dates="shift", today=TODAY)
    assert column(result, "remittance.payment_date") == [None]
    assert all(column(result, "remittance_line.service_date"))


def test_52_shifts_are_about_equally_frequent() -> None:
    pseudonyms = Pseudonyms(b"k" * 32)
    weeks = [pseudonyms.weeks(f"person {n}") for n in range(5200)]
    counts = [weeks.count(w) for w in range(1, 53)]
    assert sum(counts) == 5200
    assert min(counts) > 50 and max(counts) < 150  # 100 expected, standard deviation 9.9


def test_shifted_tables_are_claims_that_can_be_read_again(tmp_path: Path) -> None:
    rows = rows_of()
    rows["claim_detail"] = [row for row in rows["claim_detail"] if row["kind"] != "something new"]
    run(rows, dates="shift").write(tmp_path / "out", "csv")
    claims = read_claims(tmp_path / "out")
    assert claims.arrow["claim_line"].num_rows == 2
    assert "error" not in claims.arrow_problems["severity"].to_pylist()
    assert read_remittance(tmp_path / "out").arrow["remittance_claim"].num_rows == 1


def test_tables_of_years_are_not_taken_for_claims(tmp_path: Path) -> None:
    run().write(tmp_path / "out", "csv")
    with pytest.raises(WorkbookError, match="has no column 'patient_birth_year'"):
        read_claims(tmp_path / "out")


def test_the_order_of_rows_says_nothing_about_the_order_they_were_sent_in() -> None:
    sent = [f"CLAIM-{n:03}" for n in range(40)]
    result = deidentify(claims_of(*(rows_of(claim_id) for claim_id in sent)), today=TODAY)
    ids = column(result, "claim.claim_id")
    assert ids == sorted(ids)  # of random pseudonyms; 40 stay in the order sent once in 40! runs
    lines = [(row["claim_id"], row["line_number"]) for row in result.tables["claim_line"].to_pylist()]
    assert lines == [(claim_id, n) for claim_id in ids for n in (1, 2)]


# Keys


def test_without_a_key_two_runs_cannot_be_linked_and_with_one_they_can(tmp_path: Path) -> None:
    assert column(run(), "claim.patient_id") != column(run(), "claim.patient_id")
    key = tmp_path / "key"
    first, second = run(key=key, dates="shift"), run(key=key, dates="shift")
    assert first.tables == second.tables
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip().lower() not in first.report.to_text()


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ("ab" * 32, 0o644, r"others may read this key; make it yours alone \(chmod 600"),
        ("ab" * 16, 0o600, "a key is 64 hexadecimal digits, this file holds 32"),
        ("correct horse", 0o600, "it is not hexadecimal text"),
    ],
)
def test_a_key_that_will_not_do_is_refused(tmp_path: Path, text: str, mode: int, says: str) -> None:
    key = tmp_path / "key"
    key.write_text(text)
    key.chmod(mode)
    with pytest.raises(WorkbookError, match=says):
        run(key=key)


# The search for leftovers


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ndc": "00012345678"}, "claim_line.ndc holds a value that claim.patient_id holds too"),
        ({"hcpcs_code": "J4711"}, None),
    ],
)
def test_a_number_that_is_found_again_stops_the_run(change: dict[str, str], says: str | None) -> None:
    rows = rows_of(patient_id="000-1234-5678")
    rows["claim_line"][0] |= change
    if says is None:
        assert run(rows).tables
        return
    with pytest.raises(WorkbookError, match=says) as raised:
        run(rows)
    assert "12345678" not in str(raised.value)
    assert column(run(rows, drop=["claim_line.ndc"]), "claim_line.ndc") == [None, None]


def test_a_name_that_is_found_again_stops_the_run() -> None:
    rows = rows_of()
    rows["claim_party"][0]["address_1"] = "12 K0815 Street"
    rows["claim_party"][0]["last_name"] = "Smith"
    rows["claim_detail"].append(
        {"claim_id": "CLAIM-A1", "sequence": 95, "kind": "condition", "qualifier": "BG", "value": "SMITH"}
    )
    with pytest.raises(
        WorkbookError,
        match=r"claim_detail\.value \(condition\) .* claim_party\.last_name .*\(--drop claim_detail\.value\)",
    ):
        run(rows)


# The report


def test_the_report_says_which_method_it_can_claim(tmp_path: Path) -> None:
    assert run().report.is_safe_harbor
    assert run().report.to_text().splitlines()[2].startswith("Made for Safe Harbor, 45 CFR 164.514(b)(2)")
    for options in ({"dates": "shift"}, {"key": tmp_path / "key"}):
        report = run(**options).report
        assert not report.is_safe_harbor
        assert report.to_text().splitlines()[2].startswith("NOT Safe Harbor. Before this leaves your hands an expert")
    assert "A limited data set, 45 CFR 164.514(e), is something else" in run().report.to_text()
    assert "Actual knowledge, 45 CFR 164.514(b)(2)(ii)" in run().report.to_text()


def test_the_report_counts_what_was_done_with_its_letter(tmp_path: Path) -> None:
    run().write(tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    done = {(c["table"], c["column"]): (c["letter"], c["values"], c["left"]) for c in report["changes"]}
    assert done["claim_party", "last_name"] == ("A", 1, 0)
    assert done["claim_party", "zip_code"] == ("B", 1, 1)
    assert done["claim_line", "service_from_date"] == ("C", 2, 2)
    assert done["claim_party", "phone"] == ("D", 1, 0)
    assert done["claim_party", "fax"] == ("E", 1, 0)
    assert done["claim_party", "email"] == ("F", 1, 0)
    assert done["claim_party", "tax_id"] == ("G", 1, 0)
    assert done["claim_detail", "value (reference EA)"] == ("H", 1, 1)
    assert done["claim", "subscriber_id"] == ("I", 1, 1)
    assert done["claim", "patient_control_number"] == ("J", 1, 1)
    assert done["claim_detail", "value (reference 0B)"] == ("K", 1, 1)
    assert done["claim_detail", "value (note)"] == ("R", 1, 0)
    assert report["rows"]["claim_line"] == 2
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.startswith("<!doctype html>") and "http" not in page.replace("http-equiv", "")


# Any people at all

_LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÉÑ' -", min_size=1, max_size=12)
_NAME = st.builds("{}{}".format, st.sampled_from(["Zq", "Xw", "Vj", "Qk"]), _LETTERS).filter(
    lambda name: sum(c.isalpha() for c in name) >= 4
)
_NUMBER = st.from_regex(r"[A-Z0-9]{3}[-/ ]?[0-9]{5,9}", fullmatch=True)
_DAY = st.dates(date(2000, 1, 1), date(2026, 11, 1))


@st.composite
def _people(draw: st.DrawFn) -> list[dict[str, Any]]:
    numbers = draw(st.lists(_NUMBER, min_size=2, max_size=8, unique=True))
    return [
        {"claim_id": claim, "patient": patient, "name": draw(_NAME), "born": draw(st.dates(date(1900, 1, 1), TODAY)),
         "days": draw(st.tuples(_DAY, _DAY)), "zip": draw(st.from_regex("[0-9]{5}", fullmatch=True))}
        for claim, patient in zip(numbers[::2], numbers[1::2], strict=False)
    ]  # fmt: skip


def _claims_about(people: list[dict[str, Any]]) -> dict[str, Any]:
    parts = []
    for one in people:
        part = rows_of(one["claim_id"], one["patient"], patient_birth_date=one["born"])
        for line, day in zip(part["claim_line"], one["days"], strict=True):
            line |= {"service_from_date": day, "line_control_number": one["claim_id"] + "L"}
        part["claim_party"][0] |= {
            "last_name": one["name"], "identifier": one["patient"], "birth_date": one["born"], "zip_code": one["zip"],
            "contact_name": one["name"],
        }  # fmt: skip
        parts.append(part)
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_people(), st.sampled_from(["year", "shift"]))
def test_whoever_they_are_nothing_that_identifies_survives_and_everything_joins(
    people: list[dict[str, Any]], dates: str
) -> None:
    assume(len({one["name"] for one in people}) == len(people))
    rows = _claims_about(people)
    result = deidentify(claims_of(rows), answer_to(*(one["claim_id"] for one in people)), dates=dates, today=TODAY)
    found = set(cells(result.tables.values()))
    joined = "\n".join(found)
    for one in people:
        assert not {one["claim_id"], one["patient"], one["name"], one["zip"]} & found
        assert one["name"] not in joined and one["patient"] not in joined and one["claim_id"] not in joined
    ids = column(result, "claim.claim_id")
    assert len(set(ids)) == len(people)
    for table in ("claim_line", "claim_party", "claim_detail", "other_payer", "remittance_claim", "remittance_line"):
        if "claim_id" in result.tables[table].column_names:
            assert set(column(result, f"{table}.claim_id")) == set(ids), table
    born = "patient_birth_year" if dates == "year" else "patient_birth_date"
    years = [b if dates == "year" else b.year for b in column(result, f"claim.{born}")]
    assert all(TODAY.year - year <= 90 for year in years)
    assert sum(year > 1936 for year in years) <= sum(one["born"].year > 1936 for one in people)
    if dates == "shift":
        spans = {c: [] for c in ids}
        for line in sorted(result.tables["claim_line"].to_pylist(), key=lambda row: row["line_number"]):
            spans[line["claim_id"]].append(line["service_from_date"])
        assert sorted(b - a for a, b in spans.values()) == sorted(b - a for a, b in (one["days"] for one in people))


def _anything(rng: random.Random, kind: str) -> Any:
    """A value of a column's type, or none; texts are codes, ids, names and scraps in no matter which column."""
    texts = ["11", "F", "patient", "other_payer:2", "reference", "value", "A0", "EA", "XX", "44114", CLINIC, "99213",
             "icd10", "E1142", "Quackenbush", "MEMBER-000777", "a b", "\u0130\u00df", "=1+1", "x" * 300, "2025-03-14"]  # fmt: skip
    choices: dict[str, Any] = {
        "text": rng.choice(texts), "integer": rng.randint(1, 3), "boolean": rng.random() < 0.5,
        "money": Decimal(rng.randint(0, 10**9)) / 100, "quantity": Decimal(rng.randint(0, 10**6)) / 1000,
        "date": date(1890, 1, 1) + timedelta(rng.randint(0, 50_000)),
    }  # fmt: skip
    return None if rng.random() < 0.3 else choices[kind]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["year", "shift"]))
def test_whatever_stands_in_a_column_only_its_form_or_a_pseudonym_comes_out(seed: int, dates: str) -> None:
    rng = random.Random(seed)

    def some(tables: Mapping[str, Table]) -> dict[str, pa.Table]:
        return {
            name: table.from_rows(
                {c.name: _anything(rng, c.type) for c in table.columns} for _ in range(rng.randint(0, 4))
            )
            for name, table in tables.items()
        }

    claims, remittance = Claims(some(CLAIM_TABLES)), Remittance(some(REMITTANCE_TABLES))
    try:
        result = deidentify(claims, remittance, dates=dates, today=TODAY)
    except WorkbookError as error:
        assert "not de-identified" in str(error)  # a scrap stands in two places, which is the search's to find
        return
    patterns = load_plan().patterns
    never_kept = f"{PATTERN}|[34][0-9]{{9}}|[0-9]{{3}}"
    for name, table in result.tables.items():
        assert table.num_rows == (claims.arrow | remittance.arrow)[name].num_rows
        for place, decision in load_plan().tables[name].items():
            if place in table.column_names and str(table[place].type) == "string":
                form = "|".join(patterns.values()) if decision.action == "split" else patterns.get(decision.form, "")
                odd = [v for v in table[place].to_pylist() if v and not re.fullmatch(f"{form}|{never_kept}", v)]
                assert odd == [], f"{name}.{place}"


def test_nothing_at_all_is_de_identified_too() -> None:
    for dates in ("year", "shift"):
        result = deidentify(Claims(), Remittance(), dates=dates, today=TODAY)
        assert sum(result.report.rows.values()) == 0
    with pytest.raises(WorkbookError, match="give claims, a remittance or both"):
        deidentify()


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(100_000_000, 299_999_999), min_size=2, max_size=50))
def test_two_npis_never_share_a_pseudonym(bodies: set[int]) -> None:
    pseudonyms = Pseudonyms(None)
    made = [pseudonyms.npi(f"{body}0") for body in bodies]
    assert len(set(made)) == len(bodies)
    assert all(luhn_sum(number) % 10 == 0 and number[0] in "34" for number in made)
    assert NPI_PATTERN.startswith("[12]")


# In a terminal


def test_837_and_835_are_read_together_and_written_privately(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claim, answer = save(tmp_path, envelope(claim_837()), "a.837"), save(tmp_path, remittance_835(), "a.835")
    assert main(["deidentify", str(claim), str(answer), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "Made for Safe Harbor" in out and "EXAMPLE" not in out
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 16
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_a_folder_of_both_kinds_is_sorted_by_content(tmp_path: Path) -> None:
    save(tmp_path, envelope(claim_837()), "a.txt")
    save(tmp_path, remittance_835(), "b.txt")
    claims, remittance = read_sources([tmp_path])
    assert claims is not None and claims.arrow["claim"].num_rows == 1
    assert remittance is not None and remittance.arrow["remittance_claim"].num_rows == 1


def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claim = str(save(tmp_path, envelope(claim_837()), "a.837"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.csv").write_text("")
    (tmp_path / "empty").mkdir()
    other = str(save(tmp_path, envelope(["BHT*0022"], kind="270", guide="005010X279A1", group="HS"), "b.270"))
    for index in "12":
        run(dates="shift").write(tmp_path / f"tables{index}", "csv")
    tables = [str(tmp_path / "tables1"), str(tmp_path / "tables2")]
    new = str(tmp_path / "new")
    for arguments, says in [
        ([claim, "--out", str(tmp_path / "full")], "full is there and not empty; name a new folder"),
        ([claim, "--out", claim], "a.837 is there and not empty"),
        ([str(tmp_path / "missing.837"), "--out", new], "missing.837"),
        ([str(tmp_path / "empty"), "--out", new], "holds no X12 file and neither claim.csv nor remittance.csv"),
        ([other, "--out", new], "holds neither claims (837) nor a remittance (835)"),
        ([*tables, "--out", new], "holds claim tables, and so does another source"),
        ([claim, tables[0], "--out", new], "holds claim tables, and so does another source"),
        ([claim, "--out", new, "--drop", "claim.shoe_size"], "drop 'claim.shoe_size': there is no such column"),
    ]:
        assert main(["deidentify", *arguments]) == 2, arguments
        err = capsys.readouterr().err.strip().splitlines()
        assert len([line for line in err if line.startswith("workbook: ")]) == 1
        assert says in err[-1], err
    assert not Path(new).exists()
    assert not list(tmp_path.glob(".*")), "nothing half written stays behind"
