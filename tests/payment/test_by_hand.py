"""Claims reckoned by hand from the rules before the steps were read, each with its arithmetic; the package must agree.

National amounts unless said otherwise; the relative values are those that ship. The deductible is met unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

import pyarrow as pa
import pytest

import workbook as wb
from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM, CLAIM_DIAGNOSIS, CLAIM_LINE, CLAIM_PARTY, CLAIM_TABLES, OTHER_PAYER
from workbook.codes.tables import PHYSICIAN_FEE
from workbook.encounters.practice.people import npi
from workbook.payment.tables import DENIAL
from workbook.terms import Edition, Span

PHYSICIANS, HOSPITAL = "1999999984", "1999999968"
SPRING = "2026-05-04"


@dataclass(frozen=True)
class Hand:
    """One claim and what was reckoned for it.

    A line is written as "97110-GP x2" (units), "00790-AA 129min" or "99213 $60" (charge; 5,000 unless said). Its answer is
    "allowed deductible coinsurance paid", the allowed amount alone, a refusal ("PR-50") or "no price"; one
    answer "together 65.99" is what the lines are allowed in all.
    """

    says: str
    lines: tuple[str, ...]
    answers: tuple[str, ...]
    day: str = "2025-11-03"
    place: str = "11"
    specialties: tuple[str, ...] = ()
    met: str = "300"
    bill: str = ""
    stay: dict[str, Any] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    assigned: bool = True
    terms: tuple[tuple[str, Any], ...] = ()


def hand(says: str, lines: str, answers: str, **more: Any) -> Hand:
    """A `Hand` whose lines and answers are written with commas between them."""
    return Hand(says, tuple(lines.split(", ")), tuple(answers.split(", ")), **more)


CLAIMS = [
    # 2.75 × 32.3465 = 88.95; 57 of it is what 200 left of 257; 20 % of 31.95 = 6.39; 25.56 less 2 % (0.51)
    hand("a visit, 57 of the deductible left", "99213", "88.95 57.00 6.39 25.05", met="200"),
    # 100 left: 88.95 and 11.05; 20 % of 32.67 − 11.05 = 4.32; 17.30 − 0.35
    hand("two lines use up what is left", "99213, 71046", "88.95 88.95 0.00 0.00, 32.67 11.05 4.32 16.95", met="157"),
    # a charge of 60 is less than 88.95; 20 % = 12.00; 48.00 − 0.96
    hand("a charge below the fee", "99213 $60", "60.00 0.00 12.00 47.04"),
    hand("a charge of nothing, and one below", "99213 $0, 99213 $-60", "0.00, no price"),
    # (1.92 + 0.47 + 0.14) × 33.4009 = 84.50; 16.90; 67.60 − 1.35
    hand("a visit in a hospital's department in 2026", "99214", "84.50 0.00 16.90 66.25", day=SPRING, place="22"),
    # (1.92 + 2.00 + 0.14) × 33.5675 = 136.28; 27.26; 109.02 − 2.18
    hand("of a qualifying APM participant", "99214", "136.28 0.00 27.26 106.84", day=SPRING, terms=(("is_apm_participant", True),)),
    # 1.3 × 1.5 + 1.35 × 1.081 + 0.1 × 0.592 = 3.46855; × 32.3465 = 112.20; 22.44; 89.76 − 1.80
    hand("in Alaska", "99213", "112.20 0.00 22.44 87.96", terms=(("locality", "02102-01"),)),
    # the facility's 1.97 × 32.3465 = 63.72; 12.74; 50.98 − 1.02
    hand("telehealth, the patient not at home", "99213-95", "63.72 0.00 12.74 49.96", place="02"),
    # as in the office; 17.79; 71.16 − 1.42
    hand("telehealth, the patient at home", "99213-95", "88.95 0.00 17.79 69.74", place="10"),
    # 31 is a facility: (1.92 + 0.89 + 0.14) × 33.4009 = 98.53; 32 is none: 3.43 × 33.4009 = 114.57
    hand("in a skilled nursing facility", "99309", "98.53 0.00 19.71 77.24", day=SPRING, place="31"),
    hand("in a nursing facility", "99309", "114.57 0.00 22.91 89.83", day=SPRING, place="32"),
    # 88.95 × 0.85 = 75.61; 15.12; 60.49 − 1.21
    hand("a nurse practitioner", "99213", "75.61 0.00 15.12 59.28", specialties=("363L00000X",)),
    # 3.52 × 32.3465 = 113.86 × 0.85 = 96.78; 19.36; 77.42 − 1.55
    hand("a shared visit that the practitioner bills", "99233-FS", "96.78 0.00 19.36 75.87", place="21", specialties=("363LF0000X",)),
    hand("a shared visit that the physician bills", "99233-FS", "113.86 0.00 22.77 89.27", place="21", specialties=("207R00000X",)),
    # 3.22 × 32.3465 = 104.16 × 0.75 = 78.12; 15.62; 62.50 − 1.25
    hand("a clinical social worker", "90834", "78.12 0.00 15.62 61.25", specialties=("1041C0700X",)),
    # 85 percent is of the fee schedule alone: 0.844 × 4 = 3.38, 10.56
    hand("a nurse practitioner's drug and test", "J3301 x4, 80053", "3.38, 10.56", specialties=("363L00000X",)),
    # 88.95 × 0.95 = 84.50; 16.90; 67.60 − 1.35
    hand("not participating, assigned", "99213", "84.50 0.00 16.90 66.25", terms=(("participates", False),)),
    # 95 percent is of the fee schedule alone
    hand("not participating, a drug and a test", "J3301 x4, 80053", "3.38 0.00 0.68 2.65, 10.56", terms=(("participates", False),)),
    # 29.06 + 22.21 = 51.27 × 0.95
    hand("not participating, therapy", "97110-GP x2", "48.71", day=SPRING, terms=(("participates", False),)),
    # no deductible, no coinsurance; 10.56 − 0.21; a charge of 8 is less: 8.00 − 0.16
    hand("a laboratory test", "80053", "10.56 0.00 0.00 10.35", met="0"),
    hand("a test charged below its rate", "80053 $8", "8.00 0.00 0.00 7.84", met="0"),
    # 29.380 × 60; 17.508 % = 308.63; 1,454.17 − 29.08
    hand("a drug whose price outran inflation", "J0897 x60", "1762.80 0.00 308.63 1425.09"),
    # 29.856 × 60; 17.885 % = 320.38; 1,470.98 − 29.42
    hand("the same a year later", "J0897 x60", "1791.36 0.00 320.38 1441.56", day="2026-11-03"),
    # 2.791 × 25 = 69.775 and × 10 = 27.91
    hand("a drug given and thrown away", "J9041 x25, J9041-JW x10", "69.78, 27.91"),
    hand("a drug of a quarter without a limit", "J3301", "no price", day="2025-05-05"),
    # 98.160 − 1.96
    hand("a vaccine", "90662", "98.16 0.00 0.00 96.20", met="0"),
    # 7 + 129 ÷ 15 = 15.6 × 20.3178 = 316.96; 63.39; 253.57 − 5.07; half of 316.96 for each who shares
    hand("anesthesia in person", "00790-AA-P3 129min", "316.96 0.00 63.39 248.50", place="22"),
    hand("anesthesia directed", "00790-QK 129min", "158.48 0.00 31.70 124.24", place="22"),
    hand("a nurse anesthetist directed", "00790-QX 129min", "158.48 0.00 31.70 124.24", place="22", specialties=("367500000X",)),
    hand("a nurse anesthetist alone", "00790-QZ 129min", "316.96", place="22", specialties=("367500000X",)),
    # (7 + 6) × 20.4976 = 266.47; 53.29; 213.18 − 4.26
    hand("anesthesia in 2026", "01402-AA 90min", "266.47 0.00 53.29 208.92", day=SPRING, place="22"),
    # 1.36 × 32.3465 = 43.99 × 1.5 = 65.985; 13.20; 52.79 − 1.06
    hand("both knees", "20610-50", "65.99 0.00 13.20 51.73", place="22"),
    hand("both knees in two lines", "20610-LT, 20610-RT", "together 65.99", place="22"),
    hand("both knees in two units", "20610 x2", "65.99", place="22"),
    # both knees count as one procedure, 65.99, and rank before 1.82 × 32.3465 = 58.87, which has half
    hand("both knees beside another procedure", "11042, 20610-50", "29.44, 65.99", place="22"),
    hand("both knees in two lines beside another", "11042, 20610-LT, 20610-RT", "together 95.43", place="22"),
    # indicator 2: 1.44 × 32.3465 = 46.58 is for both ears; indicator 3: 32.99 for each foot
    hand("both ears", "69210-50", "46.58"),
    hand("both ears in two lines charged 30 each", "69210-LT $30, 69210-RT $30", "together 46.58"),
    hand("both feet", "73630-50", "65.98"),
    # 1,257.63 × 1.5 = 1,886.45, charged 1,500
    hand("both knees replaced for less than the fee", "27447-50 $1500", "1500.00", place="22"),
    # 65.99 × 0.85
    hand("both knees by a nurse practitioner", "20610-50", "56.09", place="22", specialties=("363L00000X",)),
    # 3.97 × 33.4009 = 132.60 in full; half of 3.85 × 33.4009 = 128.59 and of 3.33 × 33.4009 = 111.22
    hand("three procedures", "17110-51, 10060-51, 11042", "55.61, 64.30, 132.60", day=SPRING),
    # the add-on is never reduced: 0.20 × 32.3465 = 6.47 × 5
    hand("an add-on beside two procedures", "11042, 17000, 17003 x5", "125.18, 33.16, 32.35"),
    hand("two surgeons of two specialties", "11042, 20610", "125.18, 63.40", specialties=("208600000X", "207X00000X")),
    hand("two surgeons of one specialty", "11042, 20610", "125.18, 31.70", specialties=("207X00000X", "207X00000X")),
    # 223.45; 177.69 less the base of 164.67
    hand("two endoscopies of a family", "45380-59, 45385", "13.02, 223.45", day=SPRING, place="22"),
    # the family is one procedure, 236.47, before 55.78
    hand("a family and another procedure", "45385, 45380-59, 11042", "223.45, 13.02, 27.89", day=SPRING, place="22"),
    # 20.43 × 33.4009 = 682.38 is more than 223.45 + 13.02: half of each
    hand("a family beside a greater procedure", "49594, 45385, 45380-59", "682.38, 111.73, 6.51", day=SPRING, place="22"),
    # 556.68, and half of 8.58 × 32.3465 = 277.53
    hand("a stent and the reading of a catheter", "92928, 93458-26-59", "556.68, 138.77", place="21"),
    # 34.71 × 33.4009 = 1,159.35 × 0.16
    hand("an assistant", "27447-80", "185.50", day=SPRING, place="22"),
    # 1,257.63 × 0.136 and not × 0.85 once more; 34.21; 136.83 − 2.74
    hand("a physician assistant assists", "27447-AS", "171.04 0.00 34.21 134.09", place="22", specialties=("363A00000X",)),
    # 725.86 × 0.16; half of 648.87 × 0.16
    hand("an assistant at two procedures", "49594-80, 47562-80", "116.14, 51.91", place="22"),
    # 1,886.45 × 0.16
    hand("an assistant on both sides", "27447-50-80", "301.83", place="22"),
    hand("an assistant who is never paid", "20610-80", "CO-54", place="22"),
    hand("an assistant paid on documents alone", "29881-80", "no price", place="22"),
    # 46.30 × 32.3465 = 1,497.64 × 0.625
    hand("two surgeons", "22558-62", "936.03", place="22"),
    hand("two surgeons paid on documents alone", "27447-62", "no price", place="22"),
    # 521.75 × 0.80 and × 0.20; in 2026 462.60 × 0.20 × 1.5
    hand("surgery without the care after", "66984-54", "417.40", place="22"),
    hand("the care after alone", "66984-55", "104.35"),
    hand("the care after for both eyes", "66984-50-55", "138.78", day=SPRING),
    # 1,257.63 × 0.10 and × 0.69; a code without a global period is paid in full
    hand("the care before alone", "27447-56", "125.76", place="22"),
    hand("back to the operating room", "27447-78", "867.76", place="22"),
    hand("back for what has no global period", "49594-78", "725.86", place="22"),
    hand("more than usual, and less", "27447-22, 29881-52", "no price, no price", place="22"),
    # the file's own row: 5.67 × 33.4009
    hand("a colonoscopy that was broken off", "45378-53", "189.38", day=SPRING),
    hand("another endoscopy that was broken off", "45380-53", "no price", day=SPRING),
    hand("an endoscopy beside another that was broken off", "45385-53, 45380", "no price, no price", place="22"),
    # 83.45, and 26.85 × 0.95; 213.81, and half of 57.25
    hand("two readings of one session", "76705-26, 74177-26", "25.51, 83.45", place="22"),
    hand("two images of one session", "76705-TC, 74177-TC", "28.63, 213.81"),
    hand("two readings of two sessions", "74177-26, 76705-26-59", "83.45, 26.85", place="22"),
    hand("two readers of one group", "74177-26, 76705-26", "83.45, 25.51", place="22", specialties=("2085R0202X", "207R00000X")),
    # 27.39 × 0.95
    hand("two readings of 2026", "76705-26, 74177-26", "26.02, 83.84", day=SPRING, place="22"),
    # 1.05 × 33.4009 in full, as its expense is higher; 0.665 × 33.4009 = 22.21 twice
    hand("therapy", "97110-GP x2, 97530-GP", "44.42, 35.07", day=SPRING),
    hand("therapy of two disciplines", "97110-GP, 97530-GO", "22.21, 35.07", day=SPRING, specialties=("225100000X", "225X00000X")),
    # 29.06; 5.81; 23.25 × 0.85 = 19.76 − 0.40
    hand("a therapist's assistant", "97110-GP-CQ", "29.06 0.00 5.81 19.36", day=SPRING),
    # 122.59, and 94.45 × 0.75; the tracing within 93000 is 6.15, of which a quarter goes: 13.91 − 1.54
    hand("two tests of the heart and vessels", "93971-TC, 93306-TC", "70.84, 122.59"),
    hand("an electrocardiogram beside an echocardiogram", "93000, 93306", "12.37, 187.93"),
    hand("two readings of the heart and vessels", "93306-26, 93971-26", "65.34, 20.05", place="22"),
    # 37.41, and 15.03 × 0.80
    hand("two tests of the eyes", "92134-TC, 92083-TC", "12.02, 37.41", day=SPRING),
    # 101.57 × 0.85; 180.82 − 15.24
    hand("an old scanner", "74176-TC-CT", "86.33"),
    hand("an old scanner, the whole test", "74176-CT", "165.58"),
    # 32.67 − 22.64 × 0.20; 22.64 × 0.90; the reading does not change
    hand("an X-ray on film", "71046-FX", "28.14"),
    hand("an X-ray on a cassette", "71046-TC-FY", "20.38"),
    hand("the reading of a film", "71046-26-FX", "10.03 0.00 2.01 7.86", place="22"),
    # no deductible; 15 % of 242.92 = 36.44; 206.48 − 4.13
    hand("a polyp removed at a screening", "45385-PT", "242.92 0.00 36.44 202.35", place="22", met="0"),
    # 15 % of 223.45 and of 13.02
    hand("two procedures at a screening of 2026", "45385-PT, 45380-PT-59", "223.45 0.00 33.52 186.13, 13.02 0.00 1.95 10.85", day=SPRING, place="22", met="0"),
    # 5.49 × 32.3465 − 3.55; 4.93 × 33.4009 − 3.29; 3.85 × 32.3465 − 2.49; 0.43 × 32.3465 − 0.28; 4.12 × 33.4009 − 2.75
    hand("a screening colonoscopy", "G0121", "177.58 0.00 0.00 174.03", place="22", met="0"),
    hand("one of a patient at high risk", "G0105", "164.67 0.00 0.00 161.38", day=SPRING, place="22", met="0"),
    hand("a screening mammogram", "77067", "124.53 0.00 0.00 122.04", met="0"),
    hand("counseling against tobacco", "99406", "13.91 0.00 0.00 13.63", met="0"),
    hand("a wellness visit", "G0439", "137.61 0.00 0.00 134.86", day=SPRING, met="0"),
    # 137.61 × 0.85 = 116.97 − 2.34
    hand("a wellness visit with a nurse practitioner", "G0439", "116.97 0.00 0.00 114.63", day=SPRING, met="0", specialties=("363L00000X",)),
    hand("the electrocardiogram of a welcome visit", "G0403", "13.91 13.91 0.00 0.00", met="0"),
    hand("no notice was given", "93000-GZ $45", "CO-50"),
    hand("excluded by law, with a notice or without", "93000-GY $45, 93010-GX-GY $45", "PR-96, PR-96"),
    hand("a notice that need not be given says that the law excludes it", "93000-GX $45", "PR-96"),
    hand("a notice, and no refusal", "93000-GA $45", "13.91 0.00 2.78 10.91"),
    # a notice alone refuses nothing on a hospital's claim either (MLN Matters MM7106)
    hand("a notice on a hospital's line", "G0463-GA $300", "128.87 0.00 25.77 101.04", bill="131"),
    hand("part of another service", "99024", "CO-97"),
    # the least of 175 − 120, 71.16 and 150 − 120, less 0.60
    hand("the first payer paid 120 of 150", "99213 $175", "88.95 0.00 0.00 29.40", first={"allowed": "150", "paid": "120"}),
    # 71.16 is less than 155 and 130; of 17.79 the 20 is more
    hand("the first payer paid 20", "99213 $175", "88.95 0.00 0.00 69.74", first={"allowed": "150", "paid": "20"}),
    # 71.16; 17.79 − 5
    hand("the first payer paid 5", "99213 $175", "88.95 0.00 12.79 69.74", first={"allowed": "150", "paid": "5"}),
    # obliged to accept 100: 100 − 95 = 5.00 − 0.10
    hand("all but 5 of what must be accepted was paid", "99213 $175", "88.95 0.00 0.00 4.90", first={"allowed": "150", "paid": "95", "obligated": "100"}),
    # no deductible met, so Medicare pays nothing; 88.95 − 80
    hand("the first payer paid 80 and the deductible is open", "99213 $175", "88.95 8.95 0.00 0.00", first={"allowed": "150", "paid": "80"}, met="0"),
    hand("the first payer paid 60, and the claim is not assigned", "99213 $175", "no price", assigned=False, first={"allowed": "150", "paid": "60"}, terms=(("participates", False),)),
    # the least of 103.10, 128.87 − 110, 300 − 110 and 300 − 25.77, less 0.38
    hand("a hospital's visit of which 110 was paid", "G0463 $300", "128.87 0.00 0.00 18.49", bill="131", first={"allowed": "200", "paid": "110"}),
    # the least of 12,360.14, 4,036.14, 50,000 and 58,324, less 80.72
    hand("a stay of which 10,000 was paid", "0120 $60000", "14036.14 0.00 0.00 3955.42", bill="111", first={"paid": "10000"}),
    # 128.87; 25.77; 103.10 − 2.06
    hand("a hospital's visit", "G0463", "128.87 0.00 25.77 101.04", bill="131"),
    # 136.02 × (0.6 × 0.88 + 0.4) = 126.23; 25.25; 100.98 − 2.02
    hand("where wages are low", "G0463", "126.23 0.00 25.25 98.96", day=SPRING, bill="131", terms=(("wage_index", "0.88"),)),
    # 911.71 ÷ 2; 91.17; 364.69 − 7.29; after anesthesia began all of it
    hand("stopped before anesthesia", "45378-73", "455.86 0.00 91.17 357.40", bill="131"),
    hand("stopped after anesthesia began", "45378-74", "911.71 0.00 182.34 714.78", bill="131"),
    # the second at half: 295.19 ÷ 2
    hand("two procedures in a hospital", "20610, 45380", "147.60, 1179.08", bill="131"),
    # 20 % would be 2,573.36; the limit is 1,676; 11,190.82 − 223.82
    hand("the copayment has a limit", "27447, 71046, G0463-25", "12866.82 0.00 1676.00 10967.00, 0.00, 0.00", bill="131"),
    # the deductible comes first and does not lower the limit: 12,866.82 − 257 − 1,676 = 10,933.82 − 218.68
    hand("the limit and the deductible", "27447", "12866.82 257.00 1676.00 10715.14", bill="131", met="0"),
    # the limit of 2026 is 1,736: 11,380.76 − 227.62
    hand("the limit of 2026", "27447", "13116.76 0.00 1736.00 11153.14", day=SPRING, bill="131"),
    hand("tests and tracing beside a visit", "G0463, 80053, 93005", "128.87, 0.00, 0.00", bill="131"),
    # alone, a test is paid by the laboratories' schedule and the tracing by its own rate
    hand("tests alone", "80053", "10.56 0.00 0.00 10.35", bill="131", met="0"),
    hand("a tracing alone", "93005", "59.40 0.00 11.88 46.57", bill="131"),
    # 15 % of 1,179.08 = 176.86; 1,002.22 − 20.04; a screening costs nothing: 911.71 − 18.23
    hand("a polyp removed in a hospital", "45385-PT", "1179.08 0.00 176.86 982.18", bill="131", met="0"),
    hand("a screening in a hospital", "G0121", "911.71 0.00 0.00 893.48", bill="131", met="0"),
    # 13,025.11 + 1,011.03 = 14,036.14, whatever was charged; − 1,676 = 12,360.14 − 247.20
    hand("a stay", "0120 $60000", "14036.14 1676.00 0.00 12112.94", bill="111"),
    hand("a stay charged below its rate", "0120 $5000", "14036.14 1676.00 0.00 12112.94", bill="111"),
    # the deductible of 2026: 12,300.14 − 246.00
    hand("a stay in 2026", "0120 $60000", "14036.14 1736.00 0.00 12054.14", day=SPRING, bill="111"),
    # 9,341.90 × 2 ÷ 3.8 (0.5263) and × 3 ÷ 3.8 (0.7895); − 1,676; 3,240.64 − 64.81 and 5,699.43 − 113.99
    hand("to a nursing facility after a day", "0120 $60000", "4916.64 1676.00 0.00 3175.83", bill="111", stay={"ms_drg": "291", "patient_status": "03", "days": 1}),
    hand("to another hospital after two days", "0120 $60000", "7375.43 1676.00 0.00 5585.44", bill="111", stay={"ms_drg": "291", "patient_status": "02", "days": 2}),
    hand("to another hospital on the first day", "0120 $60000", "4916.64", bill="111", stay={"ms_drg": "291", "patient_status": "02", "days": 0}),
    # 521: 2.8702 × 6,752.61 + 2.8702 × 524.15 = 20,885.76, 6 days; 0.5 + 0.5 × 3 ÷ 6 after the care of a facility, 3 ÷ 6 in a hospital
    hand("special pay to a nursing facility", "0120 $60000", "15664.32", bill="111", stay={"ms_drg": "521", "patient_status": "03", "days": 2}),
    hand("no special pay to another hospital", "0120 $60000", "10442.88", bill="111", stay={"ms_drg": "521", "patient_status": "02", "days": 2}),
    hand("home after a day", "0120 $60000", "9341.90 1676.00 0.00 7512.58", bill="111", stay={"ms_drg": "291", "days": 1}),
]  # fmt: skip


@cache
def renderers() -> dict[tuple[int, str], str]:
    """A renderer for each specialty and each place in a claim, so that two of one specialty are two people."""
    named = sorted({pair for told in CLAIMS for pair in enumerate(told.specialties)} | {(0, "")})
    return {pair: npi(f"{n:02}") for n, pair in enumerate(named)}


def renderer(told: Hand, place: int) -> str:
    return renderers()[place, told.specialties[place] if told.specialties else ""]


def line_of(claim_id: str, number: int, text: str, told: Hand) -> dict[str, Any]:
    first, *more = text.split()
    code, *modifiers = first.split("-")
    units, charge, minutes = (next((w.strip("x$min") for w in more if sign in w), None) for sign in ("x", "$", "min"))
    is_room = told.bill == "111"
    return {
        "claim_id": claim_id,
        "line_number": number,
        "service_from_date": date.fromisoformat(told.day),
        "hcpcs_code": None if is_room else code,
        "revenue_code": code if is_room else "0360" if told.bill else None,
        "units": Decimal(units or minutes or 1),
        "unit_basis": "MJ" if minutes else "UN",
        "billed_amount": Decimal(charge or 5000),
        "diagnosis_pointer_1": 1,
        "rendering_provider_npi": renderer(told, number - 1) if len(told.specialties) > 1 else None,
        **{f"modifier_{n}": modifier for n, modifier in enumerate(modifiers, 1)},
    }


def claim_of(claim_id: str, lines: list[dict[str, Any]], told: Hand) -> dict[str, Any]:
    day = date.fromisoformat(told.day)
    stay = {"ms_drg": "470", "patient_status": "01", "days": 2, **told.stay}
    through = date.fromordinal(day.toordinal() + stay.pop("days")) if told.bill == "111" else day
    hospital = {"statement_from_date": day, "statement_through_date": through, "type_of_bill": told.bill}
    if told.bill == "111":
        hospital |= {"admission_date": day, **stay}
    return {
        "claim_id": claim_id,
        "claim_type": "institutional" if told.bill else "professional",
        "billing_provider_npi": HOSPITAL if told.bill else PHYSICIANS,
        "rendering_provider_npi": None if told.bill else renderer(told, 0),
        "patient_id": claim_id.replace("C", "P"),
        "patient_birth_date": date(1958, 2, 11),
        "patient_sex": "F",
        "billed_amount": sum(line["billed_amount"] for line in lines),
        "place_of_service": None if told.bill else told.place,
        "claim_filing_code": "MA" if told.bill else "MB",
        "received_date": day,
        "frequency_code": "1",
        "accepts_assignment": told.assigned,
        "payer_sequence": "S" if told.first else "P",
        **(hospital if told.bill else {}),
    }


def claims_of(numbered: dict[int, Hand]) -> Claims:
    """Each `Hand` as a claim of a patient and, where it names specialties, of renderers who have them."""
    rows: dict[str, list[dict[str, Any]]] = {
        "claim": [],
        "claim_line": [],
        "claim_diagnosis": [],
        "claim_party": [],
        "other_payer": [],
    }
    for number, told in numbered.items():
        claim_id = f"C{number}"
        lines = [line_of(claim_id, n, text, told) for n, text in enumerate(told.lines, 1)]
        rows["claim"].append(claim_of(claim_id, lines, told))
        rows["claim_line"] += lines
        rows["claim_diagnosis"].append(
            {"claim_id": claim_id, "sequence": 1, "role": "principal", "diagnosis_code": "R002", "code_set": "icd10"}
        )
        for n, specialty in enumerate(told.specialties):
            rows["claim_party"].append(
                {"claim_id": claim_id, "line_number": n + 1 if n else None, "role": "rendering", "sequence": 1,
                 "identifier_type": "XX", "identifier": renderer(told, n), "taxonomy_code": specialty}
            )  # fmt: skip
        if told.first:
            paid = {f"{name}_amount": Decimal(amount) for name, amount in told.first.items()}
            rows["other_payer"].append({"claim_id": claim_id, "payer_id": "GHP", "payer_sequence": "P", **paid})
    tables = {"claim": CLAIM, "claim_line": CLAIM_LINE, "claim_diagnosis": CLAIM_DIAGNOSIS,
              "claim_party": CLAIM_PARTY, "other_payer": OTHER_PAYER}  # fmt: skip
    return Claims({name: table.from_rows(rows[name]) for name, table in tables.items()})


@cache
def remittance_of(terms: tuple[tuple[str, Any], ...]) -> Any:
    """All claims that are priced on the same terms, in one remittance."""
    chosen = {n: told for n, told in enumerate(CLAIMS) if told.terms == terms}
    met = {f"P{n}": told.met for n, told in chosen.items()}
    return wb.price(claims_of(chosen), deductible_met=met, **dict(terms))


def answer_of(remittance: Any, line: dict[str, Any], asked: str) -> str:
    """What the remittance says of a line, in the words that were asked for."""
    if asked == "no price":
        return "no price" if line["not_priced_reason"] else "priced"
    if asked[0] in "CP":
        found = remittance.arrow["adjustment"].to_pylist()
        own = [a for a in found if (a["claim_id"], a["line_number"]) == (line["claim_id"], line["line_number"])]
        return " ".join(f"{a['group_code']}-{a['carc']}" for a in own) if line["paid_amount"] == 0 else "paid"
    columns = ("allowed_amount", "deductible_amount", "coinsurance_amount", "paid_amount")
    return " ".join(str(line[column]) for column in columns[: len(asked.split())])


@pytest.mark.parametrize("number", [pytest.param(n, id=told.says) for n, told in enumerate(CLAIMS)])
def test_a_claim_reckoned_by_hand_is_priced_the_same(number):
    told = CLAIMS[number]
    remittance = remittance_of(told.terms)
    lines = [row for row in remittance.arrow_lines.to_pylist() if row["claim_id"] == f"C{number}"]
    lines.sort(key=lambda row: row["line_number"])
    if told.answers[0].startswith("together"):
        assert f"together {sum(row['allowed_amount'] for row in lines)}" == told.answers[0]
    else:
        assert tuple(map(answer_of, [remittance] * len(lines), lines, told.answers)) == told.answers
        assert len(lines) == len(told.answers)


def test_every_remittance_of_these_claims_balances():
    assert all(remittance_of(terms).is_balanced for terms in {told.terms for told in CLAIMS})


#: 99213 in CMS's files of 2024
OLD_FEE = {
    "hcpcs_code": "99213", "status_code": "A", "work_rvu": Decimal("1.30"), "nonfacility_pe_rvu": Decimal("1.33"),
    "facility_pe_rvu": Decimal("0.56"), "malpractice_rvu": Decimal("0.10"), "pctc_indicator": "0", "global_days": "XXX",
    "multiple_procedure_indicator": "0", "bilateral_indicator": "0", "effective_date": date(2024, 1, 1),
    "end_date": date(2024, 12, 31), "edition": "RVU24",
}  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        # 2.73 × 32.7442 = 89.39; 17.88; 71.51 − 1.43, and a day later 2.73 × 33.2875 = 90.87; 18.17; 72.70 − 1.45
        hand("the last day of the old factor", "99213", "89.39 0.00 17.88 70.08", day="2024-03-08"),
        hand("the first day of the new factor", "99213", "90.87 0.00 18.17 71.25", day="2024-03-09"),
        # 1.96 × 33.2875 = 65.24, 40 of the deductible of 240 left; 20 % of 25.24 = 5.05; 20.19 − 0.40
        hand("in a hospital", "99213", "65.24 40.00 5.05 19.79", day="2024-07-01", place="22", met="200"),
    ],
    ids=lambda told: told.says,
)
def test_a_visit_of_2024_has_the_factor_of_its_day(monkeypatch, told):
    room = import_module("workbook.payment.price")  # the room, not its verb
    real, loaded = (
        room.reference,
        [*room.editions(), Edition("physician_fee", "a test", "RVU24", Span(date(2024, 1, 1), date(2024, 12, 31)))],
    )

    def with_2024(names):
        tables = real(names)
        if "physician_fee" not in tables:
            return tables
        return tables | {
            "physician_fee": pa.concat_tables([tables["physician_fee"], PHYSICIAN_FEE.from_rows([OLD_FEE])])
        }

    monkeypatch.setattr(room, "reference", with_2024)
    monkeypatch.setattr(room, "editions", lambda: loaded)
    remittance = wb.price(claims_of({1: told}), deductible_met={"P1": told.met})
    [line] = remittance.arrow_lines.to_pylist()
    assert (answer_of(remittance, line, told.answers[0]),) == told.answers


def test_a_refusal_as_not_necessary_is_the_patients_where_a_notice_was_given():
    given = claims_of({1: hand("", "93000-GA $45, 93010 $45", ", ")})
    refused = [{"claim_id": "C1", "line_number": n, "group_code": "CO", "carc": "50"} for n in (1, 2)]
    remittance = wb.price(given, denials=DENIAL.from_rows(refused))
    found = [answer_of(remittance, line, "PR-50") for line in remittance.arrow_lines.to_pylist()]
    assert found == ["PR-50", "CO-50"]


def test_what_belongs_to_the_hospital_is_refused_to_the_physician_once_audited():
    codes = ("71046-TC", "71046", "93005", "93000", "96372", "71046-26")
    given = claims_of({n: hand("", code, "", place="22") for n, code in enumerate(codes)})
    met = {f"P{n}": 300 for n in range(len(codes))}
    remittance = wb.price(given, denials=wb.audit(given, price=False).denials, deductible_met=met)
    paid = {line["claim_id"]: line["paid_amount"] > 0 for line in remittance.arrow_lines.to_pylist()}
    assert [code for n, code in enumerate(codes) if paid[f"C{n}"]] == ["71046-26"]


def test_what_was_met_of_the_deductible_is_told_for_each_year():
    given = claims_of({1: hand("", "99213", "", day="2025-12-30"), 2: hand("", "99213", "", day="2026-01-05")})
    remittance = wb.price(given, deductible_met={"P1": {2025: 257}, "P2": {2025: 257, 2026: "200.50"}})
    found = {row["claim_id"]: str(row["deductible_amount"]) for row in remittance.arrow_lines.to_pylist()}
    assert found == {"C1": "0.00", "C2": "82.50"}  # 283 less 200.50


def sent_twice(first: str, second: str) -> Claims:
    """A claim received in November, and another of the same number that replaces it in December."""
    given = claims_of({1: hand("", first, ""), 2: hand("", second, "")})
    tables = {name: table.to_pylist() for name, table in given.arrow.items()}
    for row in tables["claim"]:
        row |= {"patient_id": "P1", "patient_control_number": "C1"}
    tables["claim"][1] |= {"frequency_code": "7", "original_claim_id": "R1", "received_date": date(2025, 12, 5)}
    return Claims({name: CLAIM_TABLES[name].from_rows(rows) for name, rows in tables.items()})


@pytest.mark.parametrize(
    ("first", "second", "met", "answers"),
    [
        # 157 of the deductible are left to the replacement alone
        ("99214", "99213", 100, ["88.95 88.95 0.00 0.00"]),
        # 3.87 × 32.3465 = 125.18 in full; half of 63.40 and of 109.98: the claim that was replaced is not ranked beside it
        ("11042, 20610", "11042, 20610, 17110", 300, ["125.18", "31.70", "54.99"]),
    ],
)
def test_a_claim_and_its_replacement_priced_together_count_once(first, second, met, answers):
    remittance = wb.price(sent_twice(first, second), deductible_met={"P1": met})
    lines = [row for row in remittance.arrow_lines.to_pylist() if row["claim_id"] == "C2"]
    assert [answer_of(remittance, line, asked) for line, asked in zip(lines, answers, strict=True)] == answers
    replaced = "claim C2 replaces or voids this one: it asks for no payment any more"
    assert set(remittance.not_priced["not_priced_reason"]) == {replaced}
    assert remittance.is_balanced
