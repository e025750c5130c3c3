"""Each payment step gives what its worked examples say, to the cent."""

from decimal import Decimal

import pytest

from workbook.engine import open_engine
from workbook.payment.step import AFTER, FOLDER, read_step, run_chosen, run_example, steps
from workbook.terms import WorkbookError

EXAMPLES = [pytest.param(s, e, id=f"{s.id} {e.heading}") for s in steps() for e in s.page.of_kind("Example")]


@pytest.mark.parametrize(("step", "section"), EXAMPLES)
def test_a_step_computes_what_its_worked_example_says(step, section):
    engine = open_engine("duckdb")
    try:
        worked = run_example(engine, step, section)
        returned = engine.query(step.select.sql).num_rows and bool(step.changes)
        concerned = step.concerns is None or engine.query(step.concerns.sql).num_rows > 0
    finally:
        engine.close()
    assert worked.found == worked.expected
    assert concerned or not returned  # what `concerns` passes over, the SELECT would not have changed


def test_every_column_a_step_adds_is_shown_in_an_example():
    for step in steps():
        shown = {h for section in step.page.of_kind("Example") for h in section.tables[0].header}
        given = {c.name for c in step.adds} | {f"{AFTER}{name}" for name in step.changes}
        assert given - shown - {"malpractice_rvu", "multiple_procedure_indicator"} == set(), step.id


CHANGING = """---
id: 450_half
name: Half
applies_to: professional
reads: [line]
changes: [fee_amount]
in_force: {from: 2024-01-01}
rounding: to the cent
authority:
  - cite: "none: a test"
---
# Half of what has modifier 52
```sql
select l.claim_id, l.line_number, cast(l.fee_amount / 2 as decimal(12, 2)) as fee_amount
from line l where l.modifier_1 = '52'
```

## Example: one is halved, one is left
| claim_id | line_number | modifier_1 | fee_amount | → fee_amount |
| --- | --- | --- | --- | --- |
| C1 | 1 | 52 | 90.00 | 45.00 |
| C1 | 2 | | 90.00 | 90.00 |
| C1 | 3 | | | |
"""


def changing(tmp_path, text=CHANGING):
    path = tmp_path / "450_half.md"
    path.write_text(text, encoding="utf-8")
    return read_step(path)


def test_a_step_that_changes_the_fee_leaves_other_lines_and_tells_what_it_left(tmp_path):
    step = changing(tmp_path)
    engine = open_engine("duckdb")
    [section] = step.page.of_kind("Example")
    worked = run_example(engine, step, section)
    assert worked.found == worked.expected
    engine.put("given", engine.query("select * from line"))
    engine.drop("line")
    engine.keep("line_0", "select * from given")
    run_chosen(engine, "line_0", [step])
    rows = engine.query("select fee_amount, fee_after_450 from line order by line_number").to_pylist()
    engine.close()
    assert [(r["fee_amount"], r["fee_after_450"]) for r in rows] == [
        (Decimal("45.00"), Decimal("45.00")), (Decimal("90.00"), None), (None, None),
    ]  # fmt: skip


def test_a_step_that_changes_what_no_step_added_is_refused(tmp_path):
    changing(tmp_path)
    with pytest.raises(WorkbookError, match=r"450_half\.md, line 6: no earlier step adds 'fee_amount'"):
        steps(tmp_path)


STEP = (FOLDER / "400_lesser_of_charge_and_fee.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("reads: [line]", "reads: [line, mue]", "line 5: reads says ['line', 'mue'], the SELECT reads ['line']"),
        ("type: money", "type: cash", "line 6: allowed_amount: type 'cash'; the types are text"),
        ("as allowed_amount", "as allowed", "line 22: the SELECT returns claim_id, line_number, allowed_amount, contractual_amount, in that order"),
        ("from line l", "from lines l", "line 22: no table is called 'lines'"),
        ("rounding: none needed\n", "", "line 1, rounding: this field is missing"),
        ("in_force:", "concerns: exists (select 1 from mue)\nin_force:", "line 10: concerns reads 'mue', which the SELECT does not"),
    ],
)  # fmt: skip
def test_a_broken_step_is_an_error_that_names_file_and_line(tmp_path, old, new, message):
    assert old in STEP
    path = tmp_path / "400_lesser_of_charge_and_fee.md"
    path.write_text(STEP.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorkbookError) as caught:
        read_step(path)
    assert message in str(caught.value)
