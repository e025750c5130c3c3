"""One visit followed from its note to the patient's statement, told stage by stage in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: The claim that the practice sent for the visit, with an error in it.
SENT = Path(__file__).parents[2] / "sample_data" / "claims" / "start-here.837"
#: The day on which the contractor received it; an 837 does not say.
RECEIVED = "2025-10-21"
#: What a beginner might enter: the suspected disease instead of the symptom.
FIRST_TRY = {"diagnoses": "I48.91", "procedures": "99213, 93000"}


def demo() -> Iterator[tuple[str, str]]:
    """Yield each stage as (title, text)."""
    import workbook as wb
    from workbook.claims.x12.write_835 import format_835
    from workbook.ui.show import claim_text, findings_text, intake_text

    case = wb.encounter("ENC-001")
    yield "The note", f"{case.title}. {case.facts}\n\n{case.note.strip()}"
    yield "A first try: I48.91, 99213, 93000", _feedback(wb.check(case, FIRST_TRY))
    yield "A second try: R00.2, 99213, 93000", _feedback(wb.check(case, {**FIRST_TRY, "diagnoses": "R00.2"}))
    claims = wb.read_claims(SENT, received_date=RECEIVED)
    yield f"The claim that the practice sent ({SENT.name})", claim_text(claims)
    yield "Intake: is it fit to audit?", intake_text(wb.intake(claims))
    audit = wb.audit(claims)
    yield "Audit", findings_text(audit)
    patient = claims.arrow["claim"]["patient_id"][0].as_py()
    remittance = wb.price(claims, denials=audit.denials, locality="10112-00", deductible_met={patient: 257})
    claim_id = claims.arrow["claim"]["claim_id"][0].as_py()
    yield (
        "Payment, line by line",
        "\n".join(str(remittance.waterfall(claim_id, n)) for n in claims.arrow["claim_line"]["line_number"].to_pylist())
        + "\n"
        + " ".join(remittance.assumptions),
    )
    yield (
        f"The remittance (835), {'balanced' if remittance.is_balanced else 'NOT BALANCED'}",
        format_835(remittance).strip(),
    )
    yield "The patient's statement", str(wb.statement(remittance, patient))


def _feedback(feedback: object) -> str:
    items = "\n".join(f"  {i.entered}: {i.verdict}. {i.say}" for i in feedback.items)
    return f"{feedback}\n{items}"
