"""Each rule of situations.yaml is broken by one file, and by a file that comes near it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.claims.x12.check_snippets import BASES, found, spoiled, written
from workbook.claims.x12.guide.pages import FOLDER
from workbook.claims.x12.guide.situations import condition, is_npi, place
from workbook.engine.yaml import read_yaml
from workbook.terms import WorkbookError

RULES = {rule["id"]: rule for rule in read_yaml(FOLDER / "situations.yaml")["rules"]}
#: rule → base, edits that break it, edits that come near
CASES: dict[str, tuple[str, list[str], list[str]]] = {
    "parent-level": ("professional", ["HL*2*1* => HL*2*7*"], []),
    "patient-parent-level": ("dependent", ["HL*3*2* => HL*3*1*"], []),
    "childless-subscriber-has-claim": (
        "professional",
        ["- CLM", "- HI", "- LX", "- SV1", "- DTP"],
        ["+ DTP*472 => CLM*PCN2*10***11:B:1*Y*A*Y*Y | HI*ABK:E1142 | LX*1 | SV1*HC:99213*10*UN*1***1 | DTP*472*D8*20251014"],
    ),
    "parent-subscriber-has-patient": ("professional", ["HL*2*1*22*0 => HL*2*1*22*1"], []),
    "childless-subscriber-has-no-patient": ("dependent", ["HL*2*1*22*1 => HL*2*1*22*0"], []),
    "patient-is-self-or-named": ("professional", ["SBR*P*18* => SBR*P**"], []),
    "self-has-no-patient-level": ("dependent", ["SBR*P** => SBR*P*18*"], []),
    "subscriber-demographics": ("professional", ["- DMG"], ["DMG*D8*19500102*F => DMG*D8*19500102*U"]),
    "subscriber-street": ("professional", ["- N3*2 MAIN"], ["N3*2 MAIN STREET => N3*PO BOX 2"]),
    "subscriber-city": ("professional", ["- N4*SPRINGFIELD*IL*62701$"], []),
    "person-has-member-number": (
        "outpatient",
        ["NM1*IL*1*EXAMPLE*PAT****MI*M0001 => NM1*IL*1*EXAMPLE*PAT"],
        ["NM1*IL*1*EXAMPLE*PAT****MI*M0001 => NM1*IL*2*EXAMPLE INC"],
    ),
    "billing-npi": (
        "professional",
        ["NM1*85*2*SAMPLE CLINIC*****XX*1234567893 => NM1*85*2*SAMPLE CLINIC"],
        ["NM1*85*2*SAMPLE CLINIC*****XX*1234567893 => NM1*85*2*SAMPLE CLINIC", "+ NM1*PR => REF*G2*330127"],
    ),
    "billing-zip-nine": (
        "professional",
        ["N4*SPRINGFIELD*IL*627010000 => N4*SPRINGFIELD*IL*62701"],
        ["N4*SPRINGFIELD*IL*627010000 => N4*TORONTO*ON*M5V3L9*CA"],
    ),
    "facility-zip-nine": (
        "professional",
        ["+ HI => NM1*77*2*SAMPLE CLINIC | N3*3 ROAD | N4*SPRINGFIELD*IL*62701"],
        ["+ HI => NM1*77*2*SAMPLE CLINIC | N3*3 ROAD | N4*SPRINGFIELD*IL*627010000"],
    ),
    "institutional-facility-zip-nine": (
        "outpatient",
        ["+ NM1*71 => NM1*77*2*SAMPLE CLINIC | N3*3 ROAD | N4*SPRINGFIELD*IL*62701"],
        ["+ NM1*71 => NM1*77*2*SAMPLE CLINIC | N3*3 ROAD | N4*SPRINGFIELD*IL*627010000"],
    ),
    "billing-street": ("professional", ["N3*1 CLINIC ROAD => N3*P.O. Box 7"], ["N3*1 CLINIC ROAD => N3*1 BOX ROAD"]),
    "state-in-us": (
        "professional",
        ["N4*SPRINGFIELD*IL*62701$ => N4*SPRINGFIELD**62701"],
        ["N4*SPRINGFIELD*IL*62701$ => N4*VADUZ**9490*LI"],
    ),
    "zip-in-us": (
        "professional",
        ["N4*SPRINGFIELD*IL*62701$ => N4*SPRINGFIELD*IL"],
        ["N4*SPRINGFIELD*IL*62701$ => N4*VADUZ***LI"],
    ),
    "billing-tax-number": ("professional", ["REF*EI*123456789 => REF*EI*12-3456789"], ["REF*EI => REF*SY"]),
    "medicaid-taxonomy": (
        "professional",
        ["SBR*P*18*******CI => SBR*P*18*******MC"],
        ["SBR*P*18*******CI => SBR*P*18*******MC", "+ HL*1 => PRV*BI*PXC*207Q00000X"],
    ),
    "frequency-reference": ("professional", ["CLM*PCN1*125***11:B:1 => CLM*PCN1*125***11:B:7"], ["CLM*PCN1*125***11:B:1 => CLM*PCN1*125***11:B:7", "+ CLM => REF*F8*ICN1"]),
    "accident-date": (
        "professional",
        ["CLM*PCN1*125***11:B:1*Y*A*Y*Y => CLM*PCN1*125***11:B:1*Y*A*Y*Y**OA"],
        ["CLM*PCN1*125***11:B:1*Y*A*Y*Y => CLM*PCN1*125***11:B:1*Y*A*Y*Y**EM"],
    ),
    "auto-accident-state": (
        "professional",
        ["CLM*PCN1*125***11:B:1*Y*A*Y*Y => CLM*PCN1*125***11:B:1*Y*A*Y*Y**AA", "+ CLM => DTP*439*D8*20251013"],
        ["CLM*PCN1*125***11:B:1*Y*A*Y*Y => CLM*PCN1*125***11:B:1*Y*A*Y*Y**AA:::IL", "+ CLM => DTP*439*D8*20251013"],
    ),
    "earlier-payer": ("professional", ["SBR*P*18 => SBR*S*18"], ["SBR*P*18 => SBR*U*18"]),
    "medicare-secondary-reason": (
        "second",
        ["SBR*S*18*******CI => SBR*S*18*******MB"],
        ["SBR*S*18*******CI => SBR*S*18***12****MB"],
    ),
    "inpatient-visit-admission": (
        "professional",
        ["SV1*HC:99213*125*UN*1** => SV1*HC:99213*125*UN*1*21*"],
        ["CLM*PCN1*125***11 => CLM*PCN1*125***21", "+ CLM => DTP*435*D8*20251013"],
    ),
    "ambulance-transport": ("professional", ["CLM*PCN1*125***11 => CLM*PCN1*125***41"], ["CLM*PCN1*125***11 => CLM*PCN1*125***12"]),
    "ambulance-pick-up": (
        "professional",
        ["CLM*PCN1*125***11 => CLM*PCN1*125***41", "+ CLM => CR1***A*A*DH*12"],
        [
            "CLM*PCN1*125***11 => CLM*PCN1*125***41",
            "+ HI => NM1*PW*2 | N3*1 ROAD | N4*SPRINGFIELD*IL*62701 | NM1*45*2 | N3*2 ROAD | N4*SPRINGFIELD*IL*62701",
            "+ CLM => CR1****A*DH*12",
        ],
    ),
    "ambulance-drop-off": (
        "professional",
        [
            "CLM*PCN1*125***11 => CLM*PCN1*125***41",
            "+ HI => NM1*PW*2 | N3*1 ROAD | N4*SPRINGFIELD*IL*62701",
            "+ CLM => CR1****A*DH*12",
        ],
        [
            "CLM*PCN1*125***11 => CLM*PCN1*125***41",
            "+ HI => NM1*PW*2 | N3*1 ROAD | N4*SPRINGFIELD*IL*62701 | NM1*45*2 | N3*2 ROAD | N4*SPRINGFIELD*IL*62701",
            "+ CLM => CR1****A*DH*12",
        ],
    ),
    "onset-before-service": ("professional", ["+ CLM => DTP*431*D8*20251015"], ["+ CLM => DTP*431*D8*20251014"]),
    "independent-laboratory-clia": (
        "professional",
        ["CLM*PCN1*125***11 => CLM*PCN1*125***81"],
        ["CLM*PCN1*125***11 => CLM*PCN1*125***81", "+ CLM => REF*X4*14D0000001"],
    ),
    "inpatient-admission": ("inpatient", ["- DTP*435"], []),
    "inpatient-admission-hour": (
        "inpatient",
        ["DTP*435*DT*202510101530 => DTP*435*D8*20251010"],
        ["DTP*435*DT*202510101530 => DTP*435*D8*20251010", "CLM*H1*500***11 => CLM*H1*500***21"],
    ),
    "discharge-hour": ("inpatient", ["- DTP*096"], ["- DTP*096", "CL1*1*7*01 => CL1*1*7*30"]),
    "admitting-diagnosis": ("inpatient", ["- HI*ABJ"], ["- HI*ABJ", "CLM*H1*500***11 => CLM*H1*500***12"]),
    "point-of-origin": ("outpatient", ["CL1*3*1 => CL1*3*"], ["CL1*3*1 => CL1*3*9"]),
    "present-on-admission": (
        "inpatient",
        ["HI*ABF:Z794:::::::Y => HI*ABF:Z794"],
        ["HI*ABF:Z794:::::::Y => HI*ABF:Z794:::::::W"],
    ),
    "reason-for-visit": (
        "outpatient",
        ["CL1*3 => CL1*1", "SV2*0300 => SV2*0450"],
        ["CL1*3 => CL1*1", "SV2*0300 => SV2*0450", "+ HI*ABK => HI*APR:E1142"],
    ),
    "attending-provider": ("outpatient", ["- NM1*71"], ["- NM1*71", "SV2*0300*HC:80053 => SV2*0540*HC:A0429"]),
    "operating-physician": (
        "inpatient",
        ["+ HI*ABF => HI*BBR:0DTJ4ZZ:D8:20251010"],
        ["+ HI*ABF => HI*BBR:0DTJ4ZZ:D8:20251010", "+ NM1*71 => NM1*72*1*SURGEON*SUE****XX*1555555550"],
    ),
    "outpatient-line-date": (
        "outpatient",
        ["DTP*434*RD8*20251010-20251010 => DTP*434*RD8*20251010-20251011", "- DTP*472"],
        ["- DTP*472"],
    ),
    "line-within-statement": ("outpatient", ["DTP*472*D8*20251010 => DTP*472*D8*20251011"], []),
    "minutes-only-for-anesthesia": (
        "professional",
        ["SV1*HC:99213*125*UN => SV1*HC:99213*125*MJ"],
        ["SV1*HC:99213*125*UN => SV1*HC:00142*125*MJ"],
    ),
    "anesthesia-in-minutes": (
        "professional",
        ["SV1*HC:99213 => SV1*HC:00142"],
        ["SV1*HC:99213 => SV1*HC:01996"],
    ),
    "pointer-has-diagnosis": ("professional", ["SV1*HC:99213*125*UN*1***1:2 => SV1*HC:99213*125*UN*1***1:3"], []),
    "dental-pointer-has-diagnosis": (
        "dental",
        ["SV3*AD:D0120*125****1 => SV3*AD:D0120*125****1*****1"],
        ["SV3*AD:D0120*125****1 => SV3*AD:D0120*125****1*****1", "+ CLM => HI*ABK:K0262"],
    ),
    "unlisted-described": (
        "professional",
        ["SV1*HC:99213 => SV1*HC:J3490"],
        ["SV1*HC:99213 => SV1*HC:J3490:::::NAMED DRUG"],
    ),
    "drug-number": (
        "professional",
        ["+ DTP*472 => LIN**N4*0000-1234-56 | CTP****2*UN"],
        ["+ DTP*472 => LIN**N4*00001234567 | CTP****2*UN"],
    ),
    "drug-quantity": (
        "professional",
        ["+ DTP*472 => LIN**N4*00001234567"],
        ["+ DTP*472 => LIN**N4*00001234567 | CTP****2*ML"],
    ),
    "chiropractic-first-treatment": (
        "professional",
        ["SBR*P*18*******CI => SBR*P*18*******MB", "SV1*HC:99213 => SV1*HC:98940"],
        ["SV1*HC:99213 => SV1*HC:98940"],
    ),
    "mammography-certificate": (
        "professional",
        ["SV1*HC:99213 => SV1*HC:77067"],
        ["SV1*HC:99213 => SV1*HC:77067", "+ CLM => REF*EW*M123"],
    ),
    "service-not-in-the-future": (
        "professional",
        ["DTP*472*D8*20251014 => DTP*472*D8*20251121"],
        ["DTP*472*D8*20251014 => DTP*472*D8*20251120"],
    ),
    "service-after-birth": (
        "professional",
        ["DMG*D8*19500102 => DMG*D8*20251015"],
        ["DMG*D8*19500102 => DMG*D8*20251014"],
    ),
    "service-after-birth-of-dependent": (
        "dependent",
        ["DMG*D8*20150102 => DMG*D8*20251015"],
        ["DMG*D8*20150102 => DMG*D8*20251014"],
    ),
    "payer-order": ("second", ["SBR*P*18 => SBR*S*18"], ["SBR*P*18 => SBR*T*18"]),
    "payment-date": (
        "second",
        ["- DTP*573", "- SVD", "- CAS", "- DTP*573"],
        ["- DTP*573"],
    ),
    "adjustment-date": (
        "second",
        ["+ SBR*P => CAS*CO*45*45", "- AMT*D", "- SVD", "- CAS*CO*45*45", "- DTP*573", "- DTP*573", "+ SBR*P => CAS*CO*45*45"],
        ["+ SBR*P => CAS*CO*45*45"],
    ),
    "line-decision-payer": ("second", ["SVD*11111 => SVD*22222"], []),
    "transfer-account": (
        "remittance",
        ["BPR*I*80*C*CHK => BPR*I*80*C*ACH"],
        ["BPR*I*80*C*CHK************20251120 => BPR*I*80*C*ACH*CCP*01*111*DA*22*1999999999**01*333*DA*44*20251120"],
    ),
    "no-payment-no-amount": ("remittance", ["BPR*I*80*C*CHK => BPR*I*80*C*NON"], ["BPR*I*80*C*CHK => BPR*H*0*C*NON"]),
    "no-payment-is-notification": ("remittance", ["BPR*I*80*C*CHK => BPR*I*0*C*NON"], ["BPR*I*80*C*CHK => BPR*H*0*C*NON"]),
    "line-is-dated": ("remittance", ["- DTM*472"], ["- DTM*472", "+ NM1*QC => DTM*232*20251014"]),
    "line-span-is-whole": (
        "remittance",
        ["DTM*472 => DTM*150"],
        ["DTM*472 => DTM*150", "+ DTM*150 => DTM*151*20251015"],
    ),
    "reason-needs-remark": ("remittance", ["CAS*CO*45 => CAS*CO*16"], ["CAS*CO*45 => CAS*CO*16", "+ AMT => LQ*HE*N130"]),
    "icd-9-has-ended": (
        "professional",
        ["HI*ABK:E1142*ABF:Z794 => HI*BK:25060*BF:V5867"],
        ["HI*ABK:E1142*ABF:Z794 => HI*BK:25060*BF:V5867", "DTP*472*D8*20251014 => DTP*472*D8*20150930"],
    ),
    "icd-9-has-ended-for-bills": (
        "outpatient",
        ["HI*ABK:E1142 => HI*BK:25060"],
        ["HI*ABK:E1142 => HI*BK:25060", "DTP*434*RD8*20251010-20251010 => DTP*434*RD8*20150930-20150930", "- DTP*472"],
    ),
    "npi": (
        "professional",
        ["NM1*85*2*SAMPLE CLINIC*****XX*1234567893 => NM1*85*2*SAMPLE CLINIC*****XX*1234567890"],
        ["NM1*85*2*SAMPLE CLINIC*****XX*1234567893 => NM1*85*2*SAMPLE CLINIC*****XX*1679576722"],
    ),
    "payee-npi": ("remittance", ["N1*PE*SAMPLE CLINIC*XX*1234567893 => N1*PE*SAMPLE CLINIC*XX*1234567890"], ["N1*PE*SAMPLE CLINIC*XX*1234567893 => N1*PE*SAMPLE CLINIC*FI*123456789"]),
    "revenue-code": ("outpatient", ["SV2*0300 => SV2*300"], ["SV2*0300 => SV2*0301"]),
    "frequency-code": ("professional", ["CLM*PCN1*125***11:B:1 => CLM*PCN1*125***11:B:3"], ["CLM*PCN1*125***11:B:1 => CLM*PCN1*125***11:B:6"]),
}  # fmt: skip


def told(folder: Path, base: str, edits: list[str]) -> list[str]:
    """The ids of the rules that a file breaks."""
    messages = [row["message"] for row in found(written(folder, base, spoiled(base, *edits)), 4, 5)]
    return [rule["id"] for rule in RULES.values() if any(rule["say"] in message for message in messages)]


@pytest.mark.parametrize("base", BASES)
def test_the_files_to_be_spoiled_break_no_rule_and_no_guide(tmp_path: Path, base: str) -> None:
    assert found(written(tmp_path, base, spoiled(base))) == []


def test_every_rule_has_a_case() -> None:
    assert list(CASES) == list(RULES)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_broken(tmp_path: Path, rule: str) -> None:
    base, edits, _ = CASES[rule]
    assert rule in told(tmp_path, base, edits)


@pytest.mark.parametrize("rule", CASES)
def test_a_near_miss_breaks_no_rule_it_should_not(tmp_path: Path, rule: str) -> None:
    base, _, edits = CASES[rule]
    assert rule not in told(tmp_path, base, edits)


@pytest.mark.parametrize("rule", [rule for rule, (_, _, near) in CASES.items() if near])
def test_the_edits_of_a_near_miss_are_other_than_none(rule: str) -> None:
    base, broken, near = CASES[rule]
    assert spoiled(base) != spoiled(base, *near) != spoiled(base, *broken)


def test_every_rule_says_where_it_comes_from_and_how_grave_it_is() -> None:
    for rule in RULES.values():
        assert len(rule["why"]) > 10, rule["id"]
        assert rule.get("severity", "error") in ("error", "warning")


@pytest.mark.parametrize(("number", "expected"), [
    ("1234567893", True),  # 24 for 80840, and 67 - 24 = 43 for the digits: 67 + 3 = 70
    ("1234567894", False),
    ("123456789", False),
    ("3234567891", False),  # an NPI begins with 1 or 2
    ("12345678X3", False),
])  # fmt: skip
def test_the_check_digit_of_an_npi(number: str, expected: bool) -> None:
    assert is_npi(number) is expected


def test_a_place_is_a_segment_its_qualifiers_its_elements_and_a_component() -> None:
    at = place("2300/HI*ABK+BK:01,02-9")
    assert (at.loop, at.segment, at.keys, at.elements, at.part) == ("2300", "HI", {"ABK", "BK"}, (1, 2), 9)
    assert (place("CL103").segment, place("CL103").elements) == ("CL1", (3,))
    assert (place("SV1").segment, place("SV1").elements) == ("SV1", ())


@pytest.mark.parametrize("text", ["CLM05-3 equals 7", "clm05 is 7", "loop 2300 maybe", "present"])
def test_a_rule_that_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(WorkbookError, match="a guide's rule"):
        condition(text)
