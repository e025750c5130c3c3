"""What claims does an 837 file hold? Its professional, institutional or dental claims as the claim tables.

The loops of the 005010X222 / X223 / X224 guides (and their 004010 forebears), as far as the tables go:

    2000A billing provider (HL 20) ─ 2010AA NM1*85
      2000B subscriber (HL 22) ─ SBR, 2010BA NM1*IL DMG, 2010BB NM1*PR
        2000C patient (HL 23) ─ NM1*QC DMG
          2300 claim ─ CLM DTP CL1 CN1 REF HI, 2310 NM1 providers
            2320 earlier payer ─ SBR CAS AMT, 2330 NM1*PR DTP*573
            2400 line ─ LX SV1 SV2 SV3 DTP*472, 2410 LIN, 2420 NM1*82
              2430 earlier payer's line ─ SVD CAS DTP*573
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from workbook.claims.model import Claims
from workbook.claims.tables import CLAIM_TABLES
from workbook.claims.x12.envelope import Handler, Transaction, walk
from workbook.claims.x12.open_claim import ZERO, EarlierPayer, OpenClaim, Row
from workbook.claims.x12.parties import Parties, npi
from workbook.claims.x12.rows import Names, Problems, RowBuffer
from workbook.claims.x12.values import cell, facility_code, text
from workbook.terms import parse_date

#: The guide's number inside ST03 or GS08 → claim type; X291, X292 are predeterminations, X298 to X300 data reporting.
CLAIM_TYPES = {
    "X222": "professional", "X098": "professional", "X291": "professional", "X298": "professional",
    "X223": "institutional", "X096": "institutional", "X292": "institutional", "X299": "institutional",
    "X224": "dental", "X097": "dental", "X300": "dental",
}  # fmt: skip
#: Segments of the guides that say nothing the tables keep.
_NOT_KEPT = re.findall(
    r"\w+",
    "BHT CR1 CR2 CR3 CR4 CR5 CR6 CR7 CR8 CRC CTP CUR DN1 DN2 DSB FRM HCP HSD IMM LE LQ LS MEA MIA MOA N2 N3 N4 OI PAT "
    "PER PRV PS1 PWK QTY SV4 SV5 SV6 SV7 TOO UR",
)
_ASSIGNMENT = {"A": True, "C": False}  # CLM07; B, accepted for laboratory services only, is neither
#: NM101 in loop 2310 → column; FA, LI and TL named the facility in 004010.
_PROVIDER_ROLES = {
    "82": "rendering_provider_npi",
    "DN": "referring_provider_npi",
    "P3": "referring_provider_npi",
    "77": "facility_npi",
    "FA": "facility_npi",
    "LI": "facility_npi",
    "TL": "facility_npi",
}
_HEADER, _CLAIM, _EARLIER_PAYER, _LINE, _EARLIER_PAYER_LINE = range(5)  # where a segment stands
#: (place, DTP01) of the dates the tables keep: 434 statement, 435 admission, 472 service, 573 adjudication.
_DATES = {
    (_CLAIM, "434"),
    (_CLAIM, "435"),
    (_CLAIM, "472"),
    (_LINE, "472"),
    (_EARLIER_PAYER, "573"),
    (_EARLIER_PAYER_LINE, "573"),
}


def read_837(paths: str | Path | Iterable[str | Path], received_date: date | str | None = None) -> Claims:
    """Read 837 files into the claim tables; every CLM becomes a row, whatever is wrong with it.

    A claim_id is CLM01; where it recurs in what is read, the later ones are CLM01#2, #3 …, with a warning. A
    patient_id is the subscriber's member number; a dependent's adds "-" and 8 hexadecimal digits of a hash of name and
    birth date, which keeps names out of the tables and does not make them anonymous. No 837 states a `received_date`:
    it is given to every claim. A line without a date takes the claim's where that is one day or, in a dental claim,
    stands in loop 2300.

    Faults inside a file are rows of `.problems`. Raises WorkbookError when a file is missing, empty or not X12.
    """
    received = parse_date(received_date, "received_date") if received_date is not None else None
    problems = Problems()
    reader = _ClaimReader(problems, received)
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    for path in several:
        problems.file = str(path)
        reader.begin_file()
        walk(path, reader, problems)
        reader.end_file()
    tables = {name: rows.to_arrow() for name, rows in reader.tables.items()}
    return Claims(tables, problems.to_arrow(), source=", ".join(map(str, several)))


class _ClaimReader:
    """The loops that are open, and the tables filled so far. See `TransactionReader` for how `walk` uses it."""

    kind = "837"

    def __init__(self, problems: Problems, received_date: date | None) -> None:
        self.problems, self.received_date = problems, received_date
        self.tables = {name: RowBuffer(table) for name, table in CLAIM_TABLES.items()}
        self._claim_ids = Names()
        self._claim: OpenClaim | None = None
        self.begin_file()
        self._handlers: dict[str, Handler] = dict.fromkeys(_NOT_KEPT, _ignore)
        self._handlers |= {
            "HL": self._hierarchy,
            "SBR": self._subscriber,
            "NM1": self._name,
            "DMG": self._demographics,
            "CLM": self._begin,
            "DTP": self._date,
            "CL1": self._institutional,
            "CN1": self._contract,
            "REF": self._reference,
            "HI": self._codes,
            "CAS": self._adjustment,
            "AMT": self._amount,
            "SVD": self._earlier_line,
            "LX": self._line,
            "LIN": self._drug,
            "SV1": self._professional_service,
            "SV2": self._institutional_service,
            "SV3": self._dental_service,
            "K3": self._free_text,
            "NTE": self._free_text,
        }

    def start(self, transaction: Transaction) -> Mapping[str, Handler]:
        """Begin an 837: nothing known yet but its separators and which guide it follows."""
        self._transactions += 1
        self._component = transaction.delimiters.component
        guide = next((g for g in CLAIM_TYPES if g in transaction.version), None)
        self._claim_type = CLAIM_TYPES[guide] if guide else None
        if guide in ("X291", "X292"):
            self.problems.add(
                f"guide {transaction.version}: predeterminations of benefits, not claims for payment",
                transaction.number, "ST", "ST03", level=2, severity="warning",
            )  # fmt: skip
        elif guide is None:
            self.problems.add(
                f"guide {transaction.version or '(none)'} is not known here; read as the 837 it resembles",
                transaction.number, "ST", "ST03", level=2, severity="warning",
            )  # fmt: skip
        self._parties = Parties()
        return self._handlers

    def finish(self) -> None:
        """End the transaction."""
        self._close()

    @property
    def open_claim(self) -> str | None:
        """The claim being read."""
        return self._claim.claim_id if self._claim else None

    def begin_file(self) -> None:
        """Count afresh what is reported once for each file."""
        self.free_text = Counter[str]()
        self._transactions = 0
        self._claims_before = self.tables["claim"].count

    def end_file(self) -> None:
        """Report free text, which the tables do not keep, and 837 transactions without a claim."""
        for name, count in self.free_text.items():
            message = f"{count} {name} segments (free text) are not kept"
            self.problems.add(message, segment=name, level=4, severity="warning")
        if self._transactions and self.tables["claim"].count == self._claims_before:
            self.problems.add("the file's 837 transactions hold no claim (CLM)", level=2)

    def _free_text(self, number: int, elements: list[str]) -> None:
        self.free_text[elements[0]] += 1

    # Loops 2000A to 2010: who bills, for whom, to which payer

    def _hierarchy(self, number: int, elements: list[str]) -> None:
        self._close()
        self._parties = self._parties.below(cell(elements, 3))

    def _subscriber(self, number: int, elements: list[str]) -> None:
        if self._claim:  # loop 2320: another payer, not the one this claim goes to
            self._claim.payers.append(EarlierPayer(None))
            self._place = _EARLIER_PAYER
        else:
            self._parties.filing_code = text(elements, 9)

    def _name(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._name_in_claim(self._claim, cell(elements, 1), elements)
        else:
            self._parties.name(elements)

    def _demographics(self, number: int, elements: list[str]) -> None:
        if not self._claim:
            self._parties.demographics(number, elements, self.problems)

    # Loops 2300 and 2310: the claim

    def _begin(self, number: int, elements: list[str]) -> None:
        self._close()
        control_number = text(elements, 1)
        claim_id = self._claim_ids.unique(control_number or f"segment-{number}")
        facility, qualifier, frequency = facility_code(cell(elements, 5), self._component)
        claim_type = self._claim_type or ("institutional" if qualifier == "A" else "professional")
        is_institutional = claim_type == "institutional"
        parties = self._parties
        row: Row = {
            "claim_id": claim_id,
            "patient_control_number": control_number,
            "claim_type": claim_type,
            "payer_id": parties.payer_id,
            "payer_name": parties.payer_name,
            "claim_filing_code": parties.filing_code,
            "billing_provider_npi": parties.billing_npi,
            "subscriber_id": parties.insured.member_id,
            "patient_birth_date": parties.patient.birth_date,
            "patient_sex": parties.patient.sex,
            "place_of_service": None if is_institutional else facility,
            "type_of_bill": f"{facility}{frequency or ''}" if is_institutional and facility else None,
            "frequency_code": frequency,
            "accepts_assignment": _ASSIGNMENT.get(cell(elements, 7)),
            "received_date": self.received_date,
            "source_file": self.problems.file,
            "source_segment": number,
        }
        self._claim = claim = OpenClaim(row, number, self._component, self.problems)
        self._place = _CLAIM
        row["billed_amount"] = claim.money(elements, 2, number, is_required=True)
        patient_id, why_not = parties.patient_id()
        row["patient_id"] = patient_id or f"unknown-{claim_id}"
        if why_not:
            claim.fault(why_not, number, "NM109")
        if control_number is None:
            claim.fault("CLM01 is empty; the claim is named after its segment", number, "CLM01")
        elif claim_id != control_number:
            message = f"CLM01 {control_number} was read before; this claim is {claim_id}"
            claim.fault(message, number, "CLM01", severity="warning")
        if parties.level not in ("22", "23"):
            claim.fault("CLM stands outside a subscriber or patient loop (HL 22 or 23)", number, "CLM01")

    def _name_in_claim(self, claim: OpenClaim, entity: str, elements: list[str]) -> None:
        if self._place == _CLAIM:
            role = _PROVIDER_ROLES.get(entity)
            if role and claim.row.get(role) is None:  # DN comes before P3 and is the one who referred
                claim.row[role] = npi(elements)
        elif self._place == _EARLIER_PAYER and entity == "PR":
            claim.payers[-1].payer_id = text(elements, 9)
        elif self._place == _LINE and entity == "82":
            claim.lines[-1]["rendering_provider_npi"] = npi(elements)

    def _date(self, number: int, elements: list[str]) -> None:
        claim, use = self._claim, cell(elements, 1)
        if claim is None or (self._place, use) not in _DATES:
            return
        days = claim.dates(elements, number)
        if days is None:
            return
        if use == "573":
            claim.payers[-1].adjudicated_date = days[0]
        elif use == "434":
            claim.row["statement_from_date"], claim.row["statement_through_date"] = days
        elif use == "435":
            claim.row["admission_date"] = days[0]
        elif self._place == _CLAIM:
            claim.service_dates = days
        else:
            line = claim.lines[-1]
            line["service_from_date"] = days[0]
            line["service_through_date"] = days[1] if days[1] != days[0] else None

    def _institutional(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.row["patient_status"] = text(elements, 3)

    def _contract(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim and cell(elements, 1) == "09":  # what the provider must accept from the earlier payer as full payment
            amount = claim.money(elements, 2, number)
            if self._place == _CLAIM:
                claim.obligated_amount = amount
            elif self._place == _LINE:
                claim.lines[-1]["obligated_amount"] = amount
                claim.has_obligated_line = True

    def _reference(self, number: int, elements: list[str]) -> None:
        if self._claim and self._place == _CLAIM:  # in loop 2330 the same qualifiers speak of the earlier payer
            column = {"G1": "prior_authorization", "F8": "original_claim_id"}.get(cell(elements, 1))
            if column:
                self._claim.row.setdefault(column, text(elements, 2))

    def _codes(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.add_codes(number, elements)

    # Loops 2320 and 2430: earlier payers

    def _adjustment(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or self._place not in (_EARLIER_PAYER, _EARLIER_PAYER_LINE):
            return
        payer = claim.payers[-1]
        payer.is_adjusted = True
        if cell(elements, 1) == "PR":
            for position in range(3, len(elements), 3):
                payer.patient_amount += claim.money(elements, position, number) or ZERO

    def _amount(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or self._place not in (_EARLIER_PAYER, _EARLIER_PAYER_LINE):
            return
        use = cell(elements, 1)
        if use == "B6":
            claim.payers[-1].allowed_amount = claim.money(elements, 2, number)
        elif use == "D" and self._place == _EARLIER_PAYER:
            claim.payers[-1].paid_amount = claim.money(elements, 2, number)

    def _earlier_line(self, number: int, elements: list[str]) -> None:
        claim = self._claim
        if claim is None or not claim.lines:
            return
        line = claim.lines[-1]
        payer = EarlierPayer(line["line_number"], text(elements, 1))
        payer.paid_amount = claim.money(elements, 2, number)
        payer.obligated_amount = line.pop("obligated_amount", None)
        claim.payers.append(payer)
        self._place = _EARLIER_PAYER_LINE

    # Loops 2400 to 2420: service lines

    def _line(self, number: int, elements: list[str]) -> None:
        if self._claim:
            self._claim.begin_line(number, cell(elements, 1))
            self._place = _LINE
        else:
            self.problems.add("LX stands outside a claim", number, "LX", level=2)

    def _service(self, number: int, elements: list[str]) -> tuple[OpenClaim, Row] | None:
        """The claim and the line that an SV1, SV2 or SV3 describes; a second one under one LX is a line of its own."""
        claim = self._claim
        if claim is None:
            self.problems.add(f"{elements[0]} stands outside a claim", number, elements[0], level=2)
            return None
        if self._place in (_LINE, _EARLIER_PAYER_LINE) and "billed_amount" not in claim.lines[-1]:
            return claim, claim.lines[-1]
        claim.fault(f"{elements[0]} has no LX of its own", number, f"{elements[0]}01", severity="warning")
        self._place = _LINE
        return claim, claim.begin_line(number, None)

    def _professional_service(self, number: int, elements: list[str]) -> None:
        if found := self._service(number, elements):
            claim, line = found
            line.update(claim.procedure(elements, 1, number))
            line["billed_amount"] = claim.money(elements, 2, number, is_required=True)
            line["unit_basis"] = text(elements, 3)
            line["units"] = claim.count(elements, 4, number, is_required=True)
            line["place_of_service"] = text(elements, 5)
            line.update(claim.pointers(elements, 7, number))

    def _institutional_service(self, number: int, elements: list[str]) -> None:
        if found := self._service(number, elements):
            claim, line = found
            line["revenue_code"] = text(elements, 1)
            line.update(claim.procedure(elements, 2, number))
            line["billed_amount"] = claim.money(elements, 3, number, is_required=True)
            line["unit_basis"] = text(elements, 4)
            line["units"] = claim.count(elements, 5, number, is_required=True)

    def _dental_service(self, number: int, elements: list[str]) -> None:
        if found := self._service(number, elements):
            claim, line = found
            claim.row["claim_type"] = "dental"
            line.update(claim.procedure(elements, 1, number))
            line["billed_amount"] = claim.money(elements, 2, number, is_required=True)
            line["place_of_service"] = text(elements, 3)
            # Absent means once, as on the paper form (ADA claim form, item 29b: the default is 01).
            line["units"] = claim.count(["SV3", *elements[1:6], cell(elements, 6) or "1"], 6, number)
            line["unit_basis"] = "UN"
            line.update(claim.pointers(elements, 11, number))

    def _drug(self, number: int, elements: list[str]) -> None:
        if self._claim and self._claim.lines and cell(elements, 2) == "N4":
            code = cell(elements, 3).replace("-", "")
            self._claim.lines[-1]["ndc"] = code or None
            if len(code) != 11 or not code.isdigit():
                message = f"LIN03 {code!r} is not a national drug code of eleven digits"
                self._claim.fault(message, number, "LIN03", level=5, severity="warning")

    def _close(self) -> None:
        """End the claim that is open and move its rows to the tables."""
        claim, self._claim = self._claim, None
        if claim is None:
            return
        claim.finish()
        self.tables["claim"].append(claim.row)
        self.tables["claim_line"].extend(claim.lines)
        self.tables["claim_diagnosis"].extend(claim.diagnoses)
        self.tables["claim_procedure"].extend(claim.procedures)
        self.tables["other_payer"].extend(claim.earlier_payer_rows())
        self._place = _HEADER


def _ignore(number: int, elements: list[str]) -> None:
    """Do nothing with a segment the tables have no place for."""
