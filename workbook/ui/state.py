"""What the learner has done so far; no widget in sight."""

from __future__ import annotations

from decimal import Decimal

import traitlets as tl

from workbook.claims.model import Claims
from workbook.encounters.case import Encounter
from workbook.encounters.effect import effect
from workbook.encounters.scoring import NOT_ANSWERED, check
from workbook.encounters.to_claim import to_claim
from workbook.payment.price import price
from workbook.rules.audit import Audit


class CodingState(tl.HasTraits):
    """A visit being coded: what was typed, and what was said of it."""

    diagnoses = tl.Unicode()
    procedures = tl.Unicode()
    feedback_html = tl.Unicode(f"<p>{NOT_ANSWERED}</p>")
    summary = tl.Unicode(NOT_ANSWERED)
    hint_level = tl.Int(0)
    hint_html = tl.Unicode()
    effect_html = tl.Unicode()

    def __init__(self, case: Encounter) -> None:
        super().__init__()
        self.case = case

    @property
    def answer(self) -> dict[str, str]:
        """What was typed, in the form that `wb.check` and `wb.to_claim` take."""
        return {"diagnoses": self.diagnoses, "procedures": self.procedures}

    def check(self) -> None:
        """Score what was typed."""
        feedback = check(self.case, self.answer)
        self.summary = str(feedback)
        self.feedback_html = feedback._repr_html_()
        self.hint_level = 0
        self.hint_html = self.effect_html = ""

    def hint(self) -> None:
        """Give the next hint: where to read, then the kind of code, then the code."""
        self.hint_level = min(self.hint_level + 1, 3)
        self.hint_html = check(self.case, self.answer).hint(self.hint_level)._repr_html_()

    def weigh(self) -> None:
        """What these codes would be paid beside the key's, and what an audit would say of them; takes seconds."""
        self.effect_html = effect(self.case, self.answer)._repr_html_()

    def claim(self) -> Claims:
        """The claim that these codes make."""
        return to_claim(self.case, self.answer)


class HuntState(tl.HasTraits):
    """A claim with an error in it: which line the learner suspects, and what the audit says of that line."""

    line_number = tl.Int(0)  # 0: none chosen yet
    verdict = tl.Unicode(NOT_ANSWERED)
    explanation = tl.Unicode()

    def __init__(self, claims: Claims, audit: Audit) -> None:
        super().__init__()
        self.claims = claims
        self.audit = audit

    @property
    def choices(self) -> list[tuple[str, int]]:
        """The lines to choose from, as (shown, line number)."""
        lines = self.claims.arrow["claim_line"].to_pylist()
        return [("choose a line", 0)] + [
            (f"line {r['line_number']}: {r['hcpcs_code']}", r["line_number"]) for r in lines
        ]

    def check(self) -> None:
        """Compare the choice with the findings."""
        self.explanation = ""
        if self.line_number == 0:
            self.verdict = NOT_ANSWERED
            return
        findings = self.audit.arrow_findings.to_pylist()
        own = [f for f in findings if f["line_number"] == self.line_number]
        self.verdict = "Found" if own else "Not this line"
        self.explanation = " ".join(f"{f['rule_id']}: {f['message']} ({f['authority']})" for f in own)
        if not own:
            self.explanation = (
                "No rule finds fault with it. Ask of each pair of lines: does one already hold the other?"
            )


class PaymentState(tl.HasTraits):
    """One claim being priced, under terms that can be changed."""

    is_corrected = tl.Bool(False)
    deductible_met = tl.Unicode("0")
    locality = tl.Unicode("NATIONAL")
    summary = tl.Unicode()
    waterfall_html = tl.Unicode()

    def __init__(self, claims: Claims, audit: Audit) -> None:
        super().__init__()
        self.claims = claims
        self.audit = audit
        self.reprice()
        self.observe(lambda _: self.reprice(), ["is_corrected", "deductible_met", "locality"])

    def reprice(self) -> None:
        """Price the claim again under the terms as they stand: as sent with its denials, or corrected."""
        claims = self._corrected() if self.is_corrected else self.claims
        patient = claims.arrow["claim"]["patient_id"][0].as_py()
        met = {patient: Decimal(self.deductible_met)} if Decimal(self.deductible_met) else None
        denials = None if self.is_corrected else self.audit.denials
        remittance = price(claims, denials=denials, locality=self.locality, deductible_met=met)
        fall = remittance.waterfall(claims.arrow["claim"]["claim_id"][0].as_py())
        self.summary = str(remittance)
        self.waterfall_html = fall._repr_html_()

    def _corrected(self) -> Claims:
        """The claim without the lines that the audit would deny, and its total taken anew."""
        import pyarrow.compute as pc

        from workbook.claims.tables import CLAIM

        denied = {d["line_number"] for d in self.audit.denials.to_pylist()}
        lines = self.claims.arrow["claim_line"]
        kept = lines.filter(pc.invert(pc.is_in(lines["line_number"], value_set=_integers(denied))))
        claim = {**self.claims.arrow["claim"].to_pylist()[0], "billed_amount": pc.sum(kept["billed_amount"]).as_py()}
        return Claims(
            {**self.claims.arrow, "claim": CLAIM.from_rows([claim]), "claim_line": kept}, source=self.claims.source
        )


def _integers(values: set[int]):
    import pyarrow as pa

    return pa.array(sorted(values), pa.int64())
