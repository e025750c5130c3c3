"""A file spoiled in one place is told there: its level, its segment, its element, what was found and expected."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.claims.x12.check_snippets import BASES, found, spoiled, written
from tests.claims.x12.x12_snippets import envelope, save
from workbook.claims.x12.check import TOLD_EACH, check
from workbook.claims.x12.guide import code_sets
from workbook.claims.x12.guide.pages import guides
from workbook.terms import Edition, Span, WorkbookError


def told(folder: Path, base: str, *edits: str, least: int = 1, most: int = 2) -> list[tuple[Any, ...]]:
    """Level, severity, segment number, element or segment, claim and message; ISA is segment 1, ST is 3."""
    rows = found(written(folder, base, spoiled(base, *edits)), least, most)
    return [
        (r["level"], r["severity"], r["segment_number"], r["element"] or r["segment"], r["claim_id"], r["message"])
        for r in rows
    ]


# ST is segment 3, so that BHT is 4; in the professional file CLM is 20, HI 21, LX 22, SV1 23, DTP 24.
@pytest.mark.parametrize(("base", "edits", "expected"), [
    # level 1: the standard
    ("professional", ["CLM*PCN1*125 => CLM*PCN1*12X"], (1, "error", 20, "CLM02", "PCN1", "CLM02 is '12X'; expected a number")),
    ("professional", ["CLM*PCN1 => CLM*" + "9" * 39], (1, "error", 20, "CLM01", "9" * 39, "CLM01 has 39 characters; expected 1 to 38")),
    ("professional", ["LX*1 => LX*1234567"], (1, "error", 22, "LX01", "PCN1", "LX01 has 7 characters; expected 1 to 6")),
    ("professional", ["DTP*472*D8*20251014 => DTP*472*D8*20251314"], (1, "error", 24, "DTP03", "PCN1", "DTP03 is not CCYYMMDD, as its qualifier D8 says")),
    ("professional", ["DTP*472*D8*20251014 => DTP*472*RD8*20251014"], (1, "error", 24, "DTP03", "PCN1", "DTP03 is not CCYYMMDD-CCYYMMDD, as its qualifier RD8 says")),
    ("professional", ["DMG*D8*19500102 => DMG*D8*19500231"], (1, "error", 18, "DMG02", None, "DMG02 is not CCYYMMDD, as its qualifier D8 says")),
    ("professional", ["BHT*0019*00*0123*20251120 => BHT*0019*00*0123*20250229"], (1, "error", 4, "BHT04", None, "BHT04 is not one; expected a date as CCYYMMDD")),
    ("professional", ["BHT*0019*00*0123*20251120*1200 => BHT*0019*00*0123*20251120*2460"], (1, "error", 4, "BHT05", None, "BHT05 is '2460'; expected a time as HHMM")),
    ("professional", ["N3*2 MAIN STREET => N3*2 MAIN\tSTREET"], (1, "error", 16, "N301", None, "N301 holds a control character; X12 allows none inside an element")),
    ("professional", ["N3*2 MAIN STREET => N3*2 MAIN STREËT"], (1, "warning", 16, "N301", None, "N301 holds a character outside X12's basic and extended sets; write it without accents")),
    ("professional", ["N3*2 MAIN STREET => N3*2 MAIN STREET "], (1, "warning", 16, "N301", None, "N301 ends in a space; leave spaces at the end out")),
    ("professional", ["N3*2 MAIN STREET => N3*2 MAIN STREET*"], (1, "warning", 16, "N3", None, "N3 ends in an empty element; leave it out")),
    ("professional", ["N3*2 MAIN STREET => N3*2 MAIN:STREET"], (1, "error", 16, "N301", None, "N301 holds a separator; one plain value was expected")),
    ("professional", ["N3*2 MAIN STREET => N3*2 MAIN STREET*UP*3"], (1, "error", 16, "N3", None, "N3 has 3 elements; at most 2 were expected")),
    ("professional", ["N4*SPRINGFIELD*IL*62701$ => N4*SPRINGFIELD*IL*62701**1"], (2, "error", 17, "N405", None, "N405 is filled; the guide does not use it")),
    ("second", ["CAS*CO*45*45 => CAS*CO*45*45**2"], (1, "error", 32, "CAS06", "PCN1", "CAS05 needs one of CAS06, CAS07; CAS06 is empty")),
    ("professional", ["+ N3*2 => XYZ*1"], (1, "error", 17, "XYZ", None, "'XYZ' is not a segment of the 837P")),
    # level 2: the guide
    ("professional", ["- BHT"], (2, "error", 3, "BHT", None, "BHT is missing in the transaction; the guide requires it")),
    ("professional", ["- PER"], (2, "error", 5, "PER", None, "PER*IC is missing in loop 1000A (submitter); the guide requires it")),
    ("professional", ["- NM1*PR"], (2, "error", 13, "NM1", None, "loop 2010BB (payer) is missing in loop 2000B (subscriber level); the guide requires it")),
    ("professional", ["- HI"], (2, "error", 20, "HI", "PCN1", "HI*ABK/BK is missing in loop 2300 (claim); the guide requires it")),
    ("professional", ["- DTP*472"], (2, "error", 22, "DTP", "PCN1", "DTP*472 is missing in loop 2400 (service line); the guide requires it")),
    ("professional", ["- LX"], (2, "error", 22, "SV1", "PCN1", "SV1 stands without LX before it, which opens loop 2400 (service line)")),
    ("professional", ["CLM*PCN1*125***11:B:1*Y => CLM*PCN1*125***11:B:1*"], (2, "error", 20, "CLM06", "PCN1", "CLM06 is missing; the guide requires it")),
    ("professional", ["CLM*PCN1*125***11:B => CLM*PCN1*125***11:A"], (2, "error", 20, "CLM05-2", "PCN1", "CLM05-2 is 'A'; expected B")),
    ("professional", ["CLM*PCN1*125***11:B:1*Y*A => CLM*PCN1*125***11:B:1*Y*Z"], (2, "error", 20, "CLM07", "PCN1", "CLM07 is 'Z'; expected A, B, C")),
    ("professional", ["SBR*P => SBR*X"], (2, "error", 14, "SBR01", None, "SBR01 is 'X'; expected A, B, C, D, E, F, G, H, P, S, T, U")),
    ("professional", ["SV1*HC:99213*125*UN => SV1*HC:99213*125*DA"], (2, "error", 23, "SV103", "PCN1", "SV103 is 'DA'; expected MJ, UN")),
    ("professional", ["+ HI => REF*F8*1 | REF*F8*2"], (2, "error", 22, "REF", "PCN1", "REF*F8 comes after HI*ABK/BK in loop 2300 (claim); it belongs before it")),
    ("professional", ["+ CLM => REF*F8*1 | REF*F8*2"], (2, "error", 22, "REF", "PCN1", "REF*F8 comes 2 times in loop 2300 (claim); at most 1 may stand there")),
    ("professional", ["SV1*HC:99213 => SV1*HC>99213"], (2, "error", 23, "SV101-1", "PCN1", "SV101-1 is 'HC>99213'; expected ER, HC, IV, WK; is '>' the component separator? ISA16 says otherwise")),
    ("professional", ["+ CLM => REF*ZZ*1"], (2, "error", 21, "REF", "PCN1", "REF*ZZ is not expected in loop 2300 (claim)")),
    ("professional", ["+ CLM => CL1*1*1*01"], (2, "error", 21, "CL1", "PCN1", "CL1 is not expected in loop 2300 (claim)")),
    ("professional", ["HL*2*1 => HL*3*1"], (2, "error", 13, "HL01", None, "HL01 is '3'; expected 2, the next number")),
    ("professional", ["LX*1 => LX*2"], (2, "error", 22, "LX01", "PCN1", "LX01 is '2'; expected 1, the next number")),
    ("inpatient", ["- DTP*434"], (2, "error", 20, "DTP", "H1", "DTP*434 is missing in loop 2300 (claim); the guide requires it")),
    ("inpatient", ["- CL1"], (2, "error", 20, "CL1", "H1", "CL1 is missing in loop 2300 (claim); the guide requires it")),
    ("inpatient", ["CLM*H1*500***11:A => CLM*H1*500***11:B"], (2, "error", 20, "CLM05-2", "H1", "CLM05-2 is 'B'; expected A")),
    ("remittance", ["CLP*PCN1*1 => CLP*PCN1*5"], (2, "error", 13, "CLP02", "PCN1", "CLP02 is '5'; expected 1, 19, 2, 20, 21, 22, 23, 25, 3, 4")),
    ("remittance", ["CAS*CO => CAS*CR"], (2, "error", 17, "CAS01", "PCN1", "CAS01 is 'CR'; expected CO, OA, PI, PR")),
    ("remittance", ["BPR*I*80*C*CHK => BPR*I*80*C*CSH"], (2, "error", 4, "BPR04", None, "BPR04 is 'CSH'; expected ACH, BOP, CHK, FWT, NON")),
    ("remittance", ["BPR*I => BPR*K"], (2, "error", 4, "BPR01", None, "BPR01 is 'K'; expected C, D, H, I, P, U, X")),
    ("remittance", ["+ AMT => PLB*1234567893*20251231*ZZ:1*5"], (2, "error", 20, "PLB03-1", None, "PLB03-1 is 'ZZ'; expected 50, 51, 72, 90, AH, AM, AP, B2, B3, BD, BN, C5 …")),
    ("remittance", ["- TRN"], (2, "error", 3, "TRN", None, "TRN is missing in the transaction; the guide requires it")),
    ("dental", ["SV3*AD => SV3*HC"], (2, "warning", 22, "SV301-1", "PCN1", "SV301-1 is 'HC'; expected AD")),
])  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(
    tmp_path: Path, base: str, edits: list[str], expected: tuple[Any, ...]
) -> None:
    assert expected in told(tmp_path, base, *edits)


@pytest.mark.parametrize("edits", [
    ["N3*2 MAIN STREET => N3*2 main street, #4 {rear} @home"],  # the extended set
    ["DMG*D8*19500102 => DMG*D8*19520229"],  # a leap year
    ["DTP*472*D8*20251014 => DTP*472*RD8*20251013-20251014"],
    ["SV1*HC:99213*125*UN*1 => SV1*HC:99213*-.5*UN*1.5"],
    ["+ CLM => REF*G1*A | REF*F8*B | REF*9F*C"],  # segments of one name come in any order
    ["+ HI => NM1*82*1*DOC*ANN****XX*1987654328 | NM1*DN*1*DOC*ANN****XX*1555555550"],  # as do loops of one position
    ["+ CLM => DTP*304*D8*20251001"],
    ["NM1*PR*2*SAMPLE INSURANCE*****PI*10112 => NM1*PR*2*" + "X" * 60 + "*****PI*10112"],
])  # fmt: skip
def test_what_comes_near_and_is_right_is_not_told(tmp_path: Path, edits: list[str]) -> None:
    assert told(tmp_path, "professional", *edits, most=4) == []


@pytest.mark.parametrize(("base", "edits", "expected"), [
    ("professional", ["HI*ABK:E1142 => HI*ABK:E114"], (5, "error", 21, "HI01-2", "PCN1", "HI01-2 is 'E114'; it is not complete on 2025-10-14; expected an ICD-10-CM code with every character")),
    ("professional", ["HI*ABK:E1142 => HI*ABK:E1199"], (5, "error", 21, "HI01-2", "PCN1", "HI01-2 is 'E1199'; expected an ICD-10-CM code that is valid on 2025-10-14 (FY2026-April)")),
    ("professional", ["CLM*PCN1*125***11 => CLM*PCN1*125***29"], (5, "error", 20, "CLM05-1", "PCN1", "CLM05-1 is '29'; expected a place of service that is valid on 2025-10-14 (CMS-2024)")),
    ("professional", ["N4*SPRINGFIELD*IL*62701$ => N4*SPRINGFIELD*XX*62701"], (5, "error", 17, "N402", None, "N402 is 'XX'; expected a state, territory or province by its postal abbreviation")),
    ("professional", ["N4*SPRINGFIELD*IL*62701$ => N4*SPRINGFIELD*IL*62701-1234"], (5, "error", 17, "N403", None, "N403 is '62701-1234'; expected a ZIP code of five or nine digits without a hyphen")),
    ("professional", ["+ HL*1 => PRV*BI*PXC*207Q00000"], (5, "error", 9, "PRV03", None, "PRV03 is '207Q00000'; expected a provider taxonomy code, ten characters that end in X")),
    ("remittance", ["CAS*CO*45 => CAS*CO*45"], None),
])  # fmt: skip
def test_a_code_is_held_against_its_system_on_the_date_of_service(
    tmp_path: Path, base: str, edits: list[str], expected: tuple[Any, ...] | None
) -> None:
    errors = [row for row in told(tmp_path, base, *edits, least=5, most=5) if row[1] == "error"]
    assert errors == ([expected] if expected else [])


def test_the_diagnoses_of_a_bill_are_judged_on_its_last_day(tmp_path: Path) -> None:
    stay = ["DTP*434*RD8*20251010-20251012 => DTP*434*RD8*20250928-20251002", "HI*ABK:E1142 => HI*ABK:E1199"]
    rows = told(tmp_path, "inpatient", *stay, least=5, most=5)
    assert [row[5] for row in rows if row[3] == "HI01-2"] == [
        "HI01-2 is 'E1199'; expected an ICD-10-CM code that is valid on 2025-10-02 (FY2026-April)"
    ]


def test_a_date_that_no_edition_serves_is_one_warning_and_never_a_pass(tmp_path: Path) -> None:
    old = ["DTP*472*D8*20251014 => DTP*472*D8*20160104", "HI*ABK:E1142*ABF:Z794 => HI*ABK:E1199*ABF:Z7999"]
    rows = told(tmp_path, "professional", *old, least=5, most=5)
    assert (
        5, "warning", None, None, None,
        "not checked: 2 times an ICD-10-CM code of 2016-01-04 to 2016-01-04; no whole edition of its list is loaded for "
        "that date",
    ) in rows  # fmt: skip
    assert not [row for row in rows if row[1] == "error"]


def test_a_whole_list_of_level_two_says_nothing_of_level_one_and_dental_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Edition("hcpcs", "invented", "2025-Q4", Span(date(2025, 10, 1), date(2025, 12, 31)), is_whole=True)
    monkeypatch.setattr(code_sets, "edition_on", lambda table, on: whole if table == "hcpcs" else None)
    for code, is_wrong in (("99213", False), ("D0120", False), ("A0001", True)):
        rows = told(tmp_path, "professional", f"SV1*HC:99213 => SV1*HC:{code}", least=5, most=5)
        wrong = [row[5] for row in rows if row[1] == "error"]
        expected = f"SV101-2 is '{code}'; expected a HCPCS code that is valid on 2025-10-14 (2025-Q4)"
        assert wrong == ([expected] if is_wrong else [])


def test_the_envelope_is_checked(tmp_path: Path) -> None:
    text = (
        envelope(spoiled("professional"), "837", "005010X222A1").replace("*0*T*:", "*9*X*:").replace("*1*X*0", "*1*T*0")
    )
    rows = [(r["level"], r["segment_number"], r["element"], r["message"]) for r in found(save(tmp_path, text), 1, 2)]
    assert rows == [
        (2, 1, "ISA14", "ISA14 is '9'; expected 0, 1"),
        (2, 1, "ISA15", "ISA15 is 'X'; expected P, T"),
        (2, 2, "GS07", "GS07 is 'T'; expected X"),
    ]


def test_a_transaction_is_of_its_groups_kind_and_guide(tmp_path: Path) -> None:
    text = envelope(spoiled("professional"), "837", "005010X222A1")
    other = text.replace("ST*837*0001*005010X222A1", "ST*837*0001*005010X222A2").replace("GS*HC", "GS*HP")
    assert [(r["level"], r["segment_number"], r["message"]) for r in found(save(tmp_path, other))] == [
        (2, 3, "ST01 is 837; GS01 says HP, where HC was expected"),
        (2, 3, "ST03 is '005010X222A2'; GS08 says '005010X222A1'; the same guide was expected"),
    ]


def test_a_control_number_that_recurs_is_told(tmp_path: Path) -> None:
    one = envelope(spoiled("professional"), "837", "005010X222A1")
    group = one[one.index("GS*") : one.index("IEA")]
    transaction = one[one.index("ST*") : one.index("GE*")]
    twice = one.replace(transaction, transaction * 2).replace("GE*1*1", "GE*2*1")
    rows = [(r["segment_number"], r["message"]) for r in found(save(tmp_path, twice))]
    assert rows == [(26, "ST02 '0001' was used before; a control number of its own was expected")]
    other = transaction.replace("*0001", "*0002")
    assert found(save(tmp_path, one.replace(transaction, transaction + other).replace("GE*1*1", "GE*2*1"))) == []
    groups = one.replace(group, group * 2).replace("IEA*1", "IEA*2")
    assert [r["element"] for r in found(save(tmp_path, groups))] == ["GS06"]
    assert [r["element"] for r in found(save(tmp_path, one * 2))] == ["ISA13"]


def test_separators_of_the_file_are_used(tmp_path: Path) -> None:
    path = written(tmp_path, "inpatient", spoiled("inpatient"), element="|", component=">", terminator="!")
    assert found(path) == []


def test_a_guide_without_a_page_is_told_and_not_passed(tmp_path: Path) -> None:
    rows = check(save(tmp_path, envelope(spoiled("professional"), "837", "004010X098A1"))).to_pylist()
    assert [(r["level"], r["severity"], r["element"]) for r in rows] == [(2, "warning", "ST03")]
    assert (
        rows[0]["message"] == "guide 004010X098A1 has no page here; only the envelope was checked; 005010 was expected"
    )


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    rows = check(save(tmp_path, envelope(["BHT*0022*13*1*20250101*1200"], "270", "005010X279A1", "HS"))).to_pylist()
    assert [r["message"] for r in rows] == [
        "transaction 270 (eligibility inquiry) is not checked; an 837 or 835 was expected"
    ]


def test_of_a_kind_twenty_are_told_and_the_rest_is_counted(tmp_path: Path) -> None:
    lines = [s for n in range(1, 26) for s in (f"LX*{n}", "SV1*HC:99213*5*ZZ*1***1", "DTP*472*D8*20251014")]
    body = [*spoiled("professional", "- LX", "- SV1", "- DTP*472"), *lines]
    rows = [r for r in found(written(tmp_path, "professional", body)) if r["element"] == "SV103"]
    assert len(rows) == TOLD_EACH + 1 == 21
    assert rows[-1]["segment_number"] is None
    assert rows[-1]["message"] == "5 more of this kind, 25 in all; the first was: SV103 is 'ZZ'; expected MJ, UN"


def test_a_file_of_noise_keeps_its_problems_few(tmp_path: Path) -> None:
    noise = [f"{chr(65 + a)}{chr(65 + b)}{c:02}" for a in range(26) for b in range(10) for c in range(30)]
    rows = found(written(tmp_path, "professional", [*spoiled("professional"), *noise]))
    assert len(rows) == TOLD_EACH + 1 == 21
    assert rows[-1]["message"] == (
        "7,780 more of this kind, 7,800 in all; the first was: 'AA00' is not a segment of the 837P"
    )


def test_problems_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    edits = ["- DMG", "SBR*P => SBR*X", "DTP*472*D8*20251014 => DTP*472*D8*2025"]
    numbers = [r["segment_number"] for r in found(written(tmp_path, "professional", spoiled("professional", *edits)))]
    assert numbers == sorted(numbers)


def test_a_message_never_says_a_name_an_address_or_a_member_number(tmp_path: Path) -> None:
    secret = "Q" * 81
    edits = [
        f"NM1*IL*1*EXAMPLE*PAT****MI*M0001 => NM1*IL*1*{secret}*{secret}****MI*{secret}",
        f"N3*2 MAIN STREET => N3*{secret}",
    ]
    rows = check(written(tmp_path, "professional", spoiled("professional", *edits))).to_pylist()
    assert {r["element"] for r in rows} >= {"NM103", "NM104", "NM109", "N301"}
    assert not [r for r in rows if "QQ" in r["message"]]


def test_a_segment_of_the_claim_behind_its_lines_is_told_once_and_reading_goes_on(tmp_path: Path) -> None:
    late = "+ DTP*472 => REF*G1*AUTH | LX*2 | SV1*HC:99213*5*UN*1***1 | DTP*472*D8*20251014"
    assert told(tmp_path, "professional", late) == []  # G1 has a place in a line as well
    rows = told(tmp_path, "professional", late.replace("REF*G1*AUTH", "REF*F8*ICN1"))
    assert rows == [
        (2, "error", 25, "REF", "PCN1", "REF*F8 comes after DTP*472 in loop 2300 (claim); it belongs before it"),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_no_disorder_raises(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    guide, kind, group, body = BASES[chance.choice(list(BASES))]
    disorder = [*body, *chance.sample(body, 6)]
    del disorder[chance.randrange(len(body))]
    if seed % 3:
        at, to = chance.randrange(len(disorder)), chance.randrange(len(disorder))
        disorder[at], disorder[to] = disorder[to], disorder[at]
    else:
        chance.shuffle(disorder)
    text = envelope(disorder, kind, guide, group)
    assert [row for row in found(save(tmp_path, text)) if row["severity"] == "error"]


def test_behind_the_head_of_an_unknown_loop_only_the_head_is_told(tmp_path: Path) -> None:
    rows = told(tmp_path, "professional", "NM1*85 => NM1*117")
    assert [row[5] for row in rows] == [
        "loop 2010AA (billing provider) is missing in loop 2000A (billing provider level); the guide requires it",
        "NM1*117 is not expected in loop 2000A (billing provider level)",
    ]


@pytest.mark.parametrize("content", ["", "hello", "ISA*00*"])
def test_what_is_no_x12_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(WorkbookError, match=r"claims\.837"):
        check(save(tmp_path, content))


def test_nothing_to_check_is_an_empty_table() -> None:
    assert check([]).num_rows == 0


@pytest.mark.parametrize("base", BASES)
def test_a_file_cut_anywhere_is_told_and_raises_nothing(tmp_path: Path, base: str) -> None:
    guide, kind, group, body = BASES[base]
    text = envelope(body, kind, guide, group)
    for end in range(150, len(text) - 20, 97):
        rows = check(save(tmp_path, text[:end])).to_pylist()
        assert [r for r in rows if r["severity"] == "error" and "missing" in r["message"]]


def test_every_guide_has_its_loops_in_words() -> None:
    assert {guide.name for guide in guides()} == {"837P", "837I", "837D", "835"}
    for guide in guides():
        assert guide.top.inside, guide.name
        assert guide.versions[0].startswith("005010X22")
