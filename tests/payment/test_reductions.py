"""What a page's examples cannot show: random sessions, reckoned a second time in plain Python, procedure by procedure."""

import importlib
import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import zip_longest

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from workbook.claims.tables import CLAIM_TABLES
from workbook.codes import reference
from workbook.codes.tables import PHYSICIAN_FEE
from workbook.engine import open_engine
from workbook.payment.price import run_all
from workbook.payment.step import run_steps

FACTOR = Decimal("32.3465")  # dollars per RVU in 2025
HALF = Decimal("0.5")
#: code → multiple procedure, bilateral indicator, endoscopic base, RVUs of work, practice expense, malpractice
SURGERY = {
    "S0001": ("2", "1", None, "5", "4", "1"),
    "S0002": ("2", "1", None, "4.37", "3.11", "0.52"),
    "S0003": ("2", "0", None, "6.5", "2.5", "1"),  # ties with S0001
    "S0004": ("2", "2", None, "1.2", "0.81", "0.07"),
    "S0005": ("2", "3", None, "2.13", "1.4", "0.2"),
    "S0010": ("2", "0", None, "3.26", "1.79", "0.43"),  # the base of the next three
    "S0011": ("3", "0", "S0010", "4.57", "2.38", "0.56"),
    "S0012": ("3", "0", "S0010", "3.56", "1.93", "0.47"),
    "S0013": ("3", "1", "S0010", "4.02", "2.2", "0.5"),
    "S0020": ("0", "0", None, "1.3", "1.35", "0.1"),
}
THERAPY = {
    "T0001": ("0.45", "0.43", "0.01"),
    "T0002": ("0.43", "0.40", "0.01"),
    "T0003": ("0.50", "0.43", "0.02"),  # the practice expense of T0001, a higher fee
    "T0004": ("0.44", "0.62", "0.01"),
}
#: code → RVUs of the technical and of the professional component
IMAGES = {"I0001": ("6.61", "2.58"), "I0002": ("1.72", "1.56"), "I0003": ("6.61", "1.10"), "I0004": ("0.93", "2.58")}
IMAGE_ROWS = {"4": IMAGES, "6": {f"K{code[1:]}": parts for code, parts in IMAGES.items()}}


def cents(amount):
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def fee_of(*rvus):
    return cents(sum(map(Decimal, rvus)) * FACTOR)


def fee_rows():
    """A fee file of invented codes."""
    common = {"status_code": "A", "effective_date": date(2025, 1, 1), "end_date": date(2025, 12, 31)}
    common |= {
        "assistant_indicator": "2",
        "cosurgeon_indicator": "2",
        "work_rvu": Decimal(0),
        "malpractice_rvu": Decimal(0),
    }
    for code, (multiple, bilateral, base, work, expense, malpractice) in SURGERY.items():
        yield {**common, "hcpcs_code": code, "multiple_procedure_indicator": multiple, "bilateral_indicator": bilateral,
               "endoscopic_base_code": base, "global_days": "010", "pctc_indicator": "0", "work_rvu": Decimal(work),
               "facility_pe_rvu": Decimal(expense), "nonfacility_pe_rvu": Decimal(expense),
               "malpractice_rvu": Decimal(malpractice)}  # fmt: skip
    for code, (work, expense, malpractice) in THERAPY.items():
        yield {**common, "hcpcs_code": code, "multiple_procedure_indicator": "5", "pctc_indicator": "7",
               "work_rvu": Decimal(work), "facility_pe_rvu": Decimal(expense), "nonfacility_pe_rvu": Decimal(expense),
               "malpractice_rvu": Decimal(malpractice)}  # fmt: skip
    for indicator, images in IMAGE_ROWS.items():
        for code, (technical, professional) in images.items():
            for modifier, work, expense in (
                (None, professional, technical), ("TC", "0", technical), ("26", professional, "0"),
            ):  # fmt: skip
                yield {**common, "hcpcs_code": code, "modifier": modifier, "multiple_procedure_indicator": indicator,
                       "pctc_indicator": "1", "imaging_family": "88" if indicator == "4" else "99",
                       "work_rvu": Decimal(work), "facility_pe_rvu": Decimal(expense),
                       "nonfacility_pe_rvu": Decimal(expense)}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def invented_fee_file():
    fees = PHYSICIAN_FEE.from_rows(fee_rows())
    with pytest.MonkeyPatch.context() as patch:
        module = importlib.import_module("workbook.payment.price")
        patch.setattr(module, "reference", lambda names: {**reference(names), "physician_fee": fees})
        yield


def put_sessions(engine, sessions):
    """Put sessions (lists of lines, each a dict of code, modifiers, units, charge), each of one patient and day."""
    rows = {"claim": [], "claim_line": []}
    for number, lines in sessions.items():
        for claim in sorted({line.get("claim", 0) for line in lines}):
            rows["claim"].append(
                {"claim_id": f"C{number}-{claim}", "claim_type": "professional", "patient_id": f"P{number}",
                 "billing_provider_npi": "1234567893", "place_of_service": "22", "received_date": date(2025, 11, 10)}
            )  # fmt: skip
        for n, line in enumerate(lines, 1):
            marks = {f"modifier_{m}": mark for m, mark in enumerate(line["modifiers"], 1)}
            rows["claim_line"].append(
                {"claim_id": f"C{number}-{line.get('claim', 0)}", "line_number": n, "service_from_date": date(2025, 11, 3),
                 "hcpcs_code": line["code"], "units": Decimal(line["units"]), "billed_amount": line["charge"], **marks}
            )  # fmt: skip
    for name, table in CLAIM_TABLES.items():
        engine.put(name, table.from_rows(rows.get(name, [])))


def priced(sessions):
    """Session → line number → what its line holds after the last step."""
    engine = open_engine()
    try:
        put_sessions(engine, sessions)
        result = run_all(engine).to_pylist()
    finally:
        engine.close()
    found = {}
    for row in result:
        found.setdefault(int(row["claim_id"][1:].split("-")[0]), {})[row["line_number"]] = row
    return found


def fees(rows):
    """Line number → fee, of one session."""
    return {n: row["fee_amount"] for n, row in sorted(rows.items())}


def sessions_of(line, most=6):
    """Ten sessions at a time, so that one pricing answers for all; no charge of a session is another's."""
    session = st.lists(line, min_size=1, max_size=most, unique_by=lambda x: x["charge"])
    return st.lists(session, min_size=10, max_size=10).map(lambda found: dict(enumerate(found)))


def lines(codes, modifiers, most_units=1):
    return st.fixed_dictionaries(
        {
            "code": st.sampled_from(sorted(codes)),
            "modifiers": st.sampled_from(modifiers),
            "units": st.integers(1, most_units),
            "charge": st.integers(0, 200_000).map(lambda n: Decimal(n) / 100),
        }
    )


SURGICAL = lines(
    SURGERY,
    [
        (),
        ("LT",),
        ("RT",),
        ("50",),
        ("59",),
        ("80",),
        ("AS",),
        ("80", "LT"),
        ("78",),
        ("78", "LT"),
        ("78", "RT"),
        ("78", "50"),
    ],
    3,
)
THERAPEUTIC = lines(THERAPY, [("GP",), ("GO",), ()], 4)
IMAGED = lines(IMAGES, [(), ("TC",), ("26",), ("59",)], 2)
CARDIAC = lines(IMAGE_ROWS["6"], [(), ("TC",), ("26",)], 2)
#: each example prices ten sessions, and names the one that fails: shrinking it would take minutes
FEW = settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])


# --- the second reckoning: nothing below knows the pages -------------------------------------------------------------


def reckon_surgery(lines):
    """Line number → fee of one session: sides, then families, then ranks, then assistants."""
    numbered = list(enumerate(lines, 1))
    returns = [(n, x) for n, x in numbered if "78" in x["modifiers"]]
    assists = [(n, x) for n, x in numbered if {"80", "AS"} & set(x["modifiers"])]
    operates = [p for p in numbered if p not in returns and p not in assists]
    paid = {}
    for group in (operates, assists):
        procedures = reckon_sides(group)
        ranked = [p for p in procedures if SURGERY[p["code"]][0] != "0"]
        paid |= reckon_ranks(reckon_families(ranked))
        paid |= {n: amount for p in procedures if p not in ranked for n, amount in p["amounts"].items()}
    paid |= reckon_returns(returns)
    for n, x in assists:
        if paid[n] is not None:
            paid[n] = cents(paid[n] * Decimal("0.16") * (Decimal("0.85") if "AS" in x["modifiers"] else 1))
    return paid


def reckon_returns(returns):
    """Line → fee: the operation alone, of which the file knows no share, so all of it; there is no 150 percent."""
    sided = [(n, x) for n, x in returns if SURGERY[x["code"]][1] == "1"]
    paid = {n: None if "50" in x["modifiers"] else fee_of(*SURGERY[x["code"]][3:]) * x["units"] for n, x in sided}
    for procedure in reckon_sides([p for p in returns if p not in sided]):
        paid |= procedure["amounts"]
    return paid


def reckon_sides(group):
    """Procedures: {"code", "amounts": line → fee, "count", "charge", "first": line}."""
    procedures, used = [], set()
    for code in SURGERY:
        bilateral, one = SURGERY[code][1], fee_of(*SURGERY[code][3:])
        both = {"1": Decimal("1.5"), "3": Decimal(2)}.get(bilateral, Decimal(1))
        mine = [(n, x) for n, x in group if x["code"] == code]
        left = [n for n, x in mine if "LT" in x["modifiers"] and x["units"] == 1]
        right = [n for n, x in mine if "RT" in x["modifiers"] and x["units"] == 1]
        charges = {n: x["charge"] for n, x in mine}
        for a, b in zip_longest(left, right) if bilateral in "012" else ():
            if a and b:
                first, second = sorted((a, b))
                total, charge = cents(one * both), charges[a] + charges[b]
                share = cents(total * charges[first] / charge) if charge else cents(total / 2)
                procedures.append({"code": code, "amounts": {first: share, second: total - share}, "count": 1,
                                   "charge": charge, "first": first})  # fmt: skip
                used |= {a, b}
        for n, x in mine:
            if n in used:
                continue
            amount, count = one * x["units"], x["units"]
            if "50" in x["modifiers"]:
                amount, count = (None if x["units"] > 2 else cents(one * both)), 1
            elif x["units"] == 2 and not {"LT", "RT"} & set(x["modifiers"]) and bilateral in "12":
                amount, count = cents(one * both), 1
            procedures.append({"code": code, "amounts": {n: amount}, "count": count, "charge": x["charge"], "first": n})
    return procedures


def reckon_families(procedures):
    """The same, with each family of endoscopies as one procedure."""
    known = [p for p in procedures if None not in p["amounts"].values()]
    members = [p for p in known if SURGERY[p["code"]][2]]
    if not members:
        return procedures
    others = [p for p in procedures if p not in members and not (p in known and p["code"] == "S0010")]
    base = fee_of(*SURGERY["S0010"][3:])

    def height(p):
        return -sum(p["amounts"].values()) / p["count"], -p["charge"], p["first"]

    amounts = {n: Decimal(0) for p in known if p["code"] == "S0010" for n in p["amounts"]}
    for place, p in enumerate(sorted(members, key=height)):
        one = fee_of(*SURGERY[p["code"]][3:])
        for n, amount in p["amounts"].items():
            each = amount / p["count"]
            less = each * (one - base) / one  # what one of them is worth without the look inside
            in_full = 1 if place == 0 else 0
            amounts[n] = cents(each * in_full + less * (p["count"] - in_full))
    bases = [p for p in known if p["code"] == "S0010"]
    charge = sum(p["charge"] for p in members + bases)
    return [*others, {"code": "family", "amounts": amounts, "count": 1, "charge": charge, "first": min(amounts)}]


def reckon_ranks(procedures):
    """Line → fee: one after the other, every unit a place."""
    if any(None in p["amounts"].values() for p in procedures):
        return {n: None for p in procedures for n in p["amounts"]}
    paid, place = {}, 0
    for p in sorted(procedures, key=lambda p: (-sum(p["amounts"].values()) / p["count"], -p["charge"], p["first"])):
        shares = [1 if place + k == 0 else HALF for k in range(p["count"])]
        place += p["count"]
        for n, amount in p["amounts"].items():
            paid[n] = None if place > 5 else cents(amount / p["count"] * sum(shares))
    return paid


def reckon_therapy(lines):
    """Line number → fee: every unit on its own, the highest practice expense first."""
    units = [
        (-Decimal(THERAPY[x["code"]][1]), -fee_of(*THERAPY[x["code"]]), n, x["code"])
        for n, x in enumerate(lines, 1)
        for _ in range(x["units"])
    ]
    paid = dict.fromkeys(range(1, len(lines) + 1), Decimal(0))
    for place, (_, _, n, code) in enumerate(sorted(units)):
        work, expense, malpractice = map(Decimal, THERAPY[code])
        paid[n] += fee_of(work, expense if place == 0 else expense * HALF, malpractice)
    return paid


def reckon_images(lines, images, technical_share, professional_share):
    """Line number → fee: the two components ranked each on its own, unit by unit."""
    parts = {"technical": [], "professional": []}
    paid = dict.fromkeys(range(1, len(lines) + 1), Decimal(0))
    for n, x in enumerate(lines, 1):
        technical, professional = images[x["code"]]
        whole, carried_out = fee_of(technical, professional), fee_of(technical)
        one = {"TC": (carried_out, Decimal(0)), "26": (Decimal(0), fee_of(professional))}
        amounts = next((one[m] for m in x["modifiers"] if m in one), (carried_out, whole - carried_out))
        for kind, amount in zip(parts, amounts, strict=True):
            if "59" in x["modifiers"]:
                paid[n] += amount * x["units"]
            else:
                parts[kind].append((-amount, -x["charge"], n, x["units"]))
    for kind, share in (("technical", technical_share), ("professional", professional_share)):
        for place, (amount, _, n, units) in enumerate(sorted(parts[kind])):
            in_full = 1 if place == 0 else 0
            paid[n] += cents(-amount * (in_full + share * (units - in_full)))
    return paid


# --- the tests -------------------------------------------------------------------------------------------------------


@FEW
@given(sessions_of(SURGICAL))
def test_sides_families_ranks_and_assistants_are_what_a_second_reckoning_finds(sessions):
    found = priced(sessions)
    for number, lines in sessions.items():
        assert fees(found[number]) == dict(sorted(reckon_surgery(lines).items())), lines


@FEW
@given(sessions_of(THERAPEUTIC))
def test_therapy_units_are_what_a_second_reckoning_finds(sessions):
    found = priced(sessions)
    for number, lines in sessions.items():
        assert fees(found[number]) == reckon_therapy(lines), lines


@FEW
@given(sessions_of(IMAGED))
def test_images_are_what_a_second_reckoning_finds(sessions):
    found = priced(sessions)
    for number, lines in sessions.items():
        assert fees(found[number]) == reckon_images(lines, IMAGES, HALF, Decimal("0.95")), lines


@FEW
@given(sessions_of(CARDIAC))
def test_cardiovascular_tests_are_what_a_second_reckoning_finds(sessions):
    found = priced(sessions)
    for number, lines in sessions.items():
        assert fees(found[number]) == reckon_images(lines, IMAGE_ROWS["6"], Decimal("0.75"), Decimal(1)), lines


@FEW
@given(sessions_of(st.one_of(SURGICAL, THERAPEUTIC, IMAGED, CARDIAC), most=8), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_their_split_over_claims_change_no_total(sessions, chance):
    once = {number: _each_once(lines) for number, lines in sessions.items()}
    mixed = {number: _mixed(lines, chance) for number, lines in once.items()}
    first, second = priced(once), priced(mixed)
    for number in once:
        totals = [sum(f for f in fees(found[number]).values() if f is not None) for found in (first, second)]
        reasons = [sorted(r["not_priced_reason"] or "" for r in found[number].values()) for found in (first, second)]
        assert totals[0] == totals[1], once[number]
        assert reasons[0] == reasons[1]


def _each_once(lines):
    """No code with the same modifiers twice: which left knee belongs to which right one is then no question."""
    return list({(x["code"], x["modifiers"]): x for x in lines}.values())


def _mixed(lines, chance):
    shuffled = chance.sample(lines, len(lines))
    return [{**x, "claim": chance.randint(0, 1)} for x in shuffled]


@FEW
@given(sessions_of(st.one_of(SURGICAL, THERAPEUTIC, IMAGED, CARDIAC), most=8))
def test_no_reduction_pays_more_than_every_side_and_unit_in_full(sessions):
    found = priced(sessions)
    for number, lines in sessions.items():
        for n, x in enumerate(lines, 1):
            row = found[number][n]
            assert (row["fee_amount"] is None) == (row["not_priced_reason"] is not None)
            sides = max(x["units"], 2 if "50" in x["modifiers"] else 1)
            assert row["fee_amount"] is None or 0 <= row["fee_amount"] <= row["unit_fee_amount"] * sides


def some_sessions():
    chance = random.Random(7)
    kinds = [(SURGERY, ["", "LT", "50", "80", "78"]), (THERAPY, ["GP", "CQ"]), (IMAGES, ["", "TC", "26", "FX"])]
    sessions = {}
    for number in range(12):
        codes, modifiers = kinds[number % 3]
        sessions[number] = [
            {"code": chance.choice(sorted(codes)), "modifiers": tuple(filter(None, [chance.choice(modifiers)])),
             "units": chance.randint(1, 2), "charge": Decimal(100 + n)}
            for n in range(chance.randint(1, 4))
        ]  # fmt: skip
    return sessions


def test_a_session_is_priced_alike_alone_and_among_others():
    """A step that concerns nobody is passed over: that must not show in what the lines hold."""
    sessions = some_sessions()
    together = priced(sessions)
    for number, lines in sessions.items():
        assert priced({number: lines})[number] == together[number]


def test_what_nobody_asked_for_goes_and_the_payment_is_the_same(monkeypatch):
    module = importlib.import_module("workbook.payment.price")
    paid = []
    for run in (run_steps, lambda engine, rows, wanted: run_steps(engine, rows)):
        monkeypatch.setattr(module, "run_steps", run)
        engine = open_engine()
        put_sessions(engine, some_sessions())
        module.keep_paid(engine)
        paid.append(engine.query("select * from line order by claim_id, line_number"))
        engine.close()
    few, all_columns = paid
    assert set(few.column_names) == {"claim_id", "line_number", "paid_amount"}
    assert few.equals(all_columns.select(few.column_names))
    assert few["paid_amount"].null_count < few.num_rows
