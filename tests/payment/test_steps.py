"""Each payment step gives what its worked examples say, to the cent."""

import pytest

from workbook.engine import open_engine
from workbook.payment.step import FOLDER, read_step, run_example, steps
from workbook.terms import WorkbookError

EXAMPLES = [pytest.param(s, e, id=f"{s.id} {e.heading}") for s in steps() for e in s.page.of_kind("Example")]


@pytest.mark.parametrize(("step", "section"), EXAMPLES)
def test_a_step_computes_what_its_worked_example_says(step, section):
    engine = open_engine("duckdb")
    try:
        worked = run_example(engine, step, section)
    finally:
        engine.close()
    assert worked.found == worked.expected


def test_every_column_a_step_adds_is_shown_in_an_example():
    for step in steps():
        shown = {h for section in step.page.of_kind("Example") for h in section.tables[0].header}
        assert {c.name for c in step.adds} - shown - {"malpractice_rvu", "multiple_procedure_indicator"} == set(), (
            step.id
        )


STEP = (FOLDER / "050_lesser_of_charge_and_fee.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("reads: [line]", "reads: [line, mue]", "line 5: reads says ['line', 'mue'], the SELECT reads ['line']"),
        ("type: money", "type: cash", "line 6: allowed_amount: type 'cash'; the types are text"),
        ("as allowed_amount", "as allowed", "line 18: the SELECT returns claim_id, line_number, allowed_amount, in that order"),
        ("from line l", "from lines l", "line 18: no table is called 'lines'"),
        ("rounding: none needed\n", "", "line 1, rounding: this field is missing"),
    ],
)  # fmt: skip
def test_a_broken_step_is_an_error_that_names_file_and_line(tmp_path, old, new, message):
    assert old in STEP
    path = tmp_path / "050_lesser_of_charge_and_fee.md"
    path.write_text(STEP.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorkbookError) as caught:
        read_step(path)
    assert message in str(caught.value)
