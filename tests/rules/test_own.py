"""Cards of the user's own run beside ours, and are held to the same."""

from datetime import date
from decimal import Decimal

import pytest

import workbook as wb
from tests.rules.test_audit import claims, outcomes
from workbook.terms import WorkbookError

CARD = """---
id: OWN-001
name: charge-above-a-limit
status: active
severity: review
applies_to: all
judges: line
reads: [service_line]
in_force: {from: 2020-01-01}
authority:
  - cite: "House rule 7"
says: "{hcpcs_code} is charged at ${charge}."
---
# A charge above the house limit
**What it finds.** A line above 500 dollars. **Why it matters.** The house asks. **How to resolve.** Ask.

**Why it matters.** The house asks.

**How to resolve.** Ask.

```sql
select
    l.claim_id,
    l.line_number,
    l.hcpcs_code,
    l.billed_amount as charge
from service_line l
where l.billed_amount > 500
```

## Coverage
```sql
select l.claim_id, l.line_number, case when l.hcpcs_code is null then 'the line has no code' end as why
from service_line l
```

## Flagged: above it
| claim_id | line_number | billed_amount |
| --- | --- | --- |
| C1 | 1 | 500.01 |

## Passes: the limit itself
| claim_id | line_number | billed_amount |
| --- | --- | --- |
| C1 | 1 | 500.00 |

## Near miss: two lines that are above it together
| claim_id | line_number | billed_amount |
| --- | --- | --- |
| C1 | 1 | 300.00 |
| C1 | 2 | 300.00 |
"""


@pytest.fixture
def folder(tmp_path):
    def write(old="", new="", name="OWN-001.md"):
        assert old in CARD
        (tmp_path / name).write_text(CARD.replace(old, new, 1), encoding="utf-8")
        (tmp_path / "README.md").write_text("What stands here.")
        return tmp_path

    return write


def test_an_own_card_runs_beside_ours_with_findings_and_coverage(folder):
    given = claims([{"hcpcs_code": "99213", "billed_amount": Decimal("600.5")}, {"hcpcs_code": None}])
    audit = wb.audit(given, cards=folder(), price=False)
    assert len(audit.cards) == len(wb.rules()) + 1
    (own,) = [f for f in audit.arrow_findings.to_pylist() if f["rule_id"] == "OWN-001"]
    assert (own["line_number"], own["message"]) == (1, "99213 is charged at $600.50.")
    assert (own["authority"], own["severity"], own["carc"]) == ("House rule 7", "review", None)
    assert outcomes(audit, "OWN-001") == {("checked", None): 1, ("not checked", "the line has no code"): 1}


def test_an_own_card_can_be_chosen_by_its_id_and_alone(folder):
    audit = wb.audit(claims([{"hcpcs_code": "99213"}]), rules=["own-001"], cards=folder(), price=False)
    assert [card.id for card in audit.cards] == ["OWN-001"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: OWN-001", "id: PTP-001", r"OWN-001\.md, line 2: id PTP-001 does not match the file's name"),
        ("severity: review", "severity: grave", r"OWN-001\.md, line 5, severity: expected 'error'"),
        ("[service_line]", "[service_lines]", r"OWN-001\.md, line 8: no table is called 'service_lines'"),
        ("**What it finds.**", "It finds", r"OWN-001\.md, line 14: expected a paragraph that begins"),
        ("## Near miss", "## Passes", r"OWN-001\.md, line 14: expected at least one example .*Near miss"),
        ("l.billed_amount as charge", "l.billed as charge", r"OWN-001\.md, line 26: the SELECT cannot run: .*billed"),
        ("case when l.hcpcs_code", "case when l.hcpc", r"OWN-001\.md, line 33: the SELECT cannot run: .*hcpc"),
        ("where l.billed_amount", "were l.billed_amount", r"OWN-001\.md, line 28: the SQL does not parse"),
        ("from service_line l\nwhere", "from read_csv('x.csv') l\nwhere", r"OWN-001\.md, line 27: .* is not a declared table"),
        ("l.hcpcs_code,", "getenv('HOME') as hcpcs_code,", r"OWN-001\.md, line 25: getenv\(\) is not a function"),
        ("> 500", "> 600", r"OWN-001\.md, line 37: the example 'Flagged: above it' does not hold: it says \('C1', 1\), the card finds nothing"),
        ("> 500", ">= 500", r"OWN-001\.md, line 42: the example 'Passes: the limit itself' does not hold: it says nothing"),
        ("judges: line", "judges: line\nneeds: [colour]", r"OWN-001\.md, line 8: service_line has no column 'colour'; its columns are claim_id"),
        ("from: 2020-01-01", "from: 2020-01-01, to: 2019-01-01", r"OWN-001\.md, line 9: the last day 2019-01-01 comes before the first"),
        ("status: active", "status: retired", r"OWN-001\.md, line 4: a retired rule still applies .* needs its last day"),
        ("severity: review", 'severity: warning\ncarc: "16"', r"OWN-001\.md, line 6: a payer denies only an error; the severity is warning"),
        ("severity: review", 'severity: error\ncarc: "99999"', r"OWN-001\.md, line 6, carc: .*'99999'"),
        ("severity: review", "severity: error\nrarc: M76", r"OWN-001\.md, line 6: rarc says how a payer denies; give the carc too"),
        ("name: charge-above-a-limit", "name: lines-do-not-add-up", r"OWN-001\.md, line 3: the name lines-do-not-add-up is taken by SUM-001"),
        ("    l.line_number,", "    'a' as line_number,", r"OWN-001\.md, line 22: the SELECT returns line_number as string; in the tables it is int64"),
        ("severity: review", "severity: review\nstake: unbilled", r"OWN-001\.md, line 6: a stake that is unbilled needs the columns line_number and unbilled_code"),
        ("| 500.01 |", "| much |", r"OWN-001\.md, line 40: billed_amount is 'much', expected a money"),
    ],
)  # fmt: skip
def test_a_card_that_is_not_as_it_should_be_is_refused_with_file_and_line(folder, old, new, message):
    with pytest.raises(WorkbookError, match=message):
        wb.audit(claims([{"hcpcs_code": "99213"}]), cards=folder(old, new))


def test_an_id_that_ships_is_taken(folder):
    with pytest.raises(WorkbookError, match=r"SUM-001\.md, line 2: the id SUM-001 is taken"):
        wb.audit(claims([{"hcpcs_code": "99213"}]), cards=folder("id: OWN-001", "id: SUM-001", "SUM-001.md"))


def test_a_name_is_taken_by_another_card_of_the_folder(folder):
    folder()
    with pytest.raises(WorkbookError, match=r"OWN-002\.md, line 3: the name charge-above-a-limit is taken by OWN-001"):
        wb.audit(claims([{"hcpcs_code": "99213"}]), cards=folder("id: OWN-001", "id: OWN-002", "OWN-002.md"))


def test_a_card_that_fails_on_the_data_is_named(folder):
    place = folder("billed_amount > 500", "billed_amount > 500 and cast(l.hcpcs_code as integer) > 0")
    given = claims([{"hcpcs_code": "G0463", "billed_amount": Decimal(600)}])
    with pytest.raises(WorkbookError, match=r"^OWN-001: .*'G0463'"):
        wb.audit(given, rules=["OWN-001"], cards=place)


def test_a_retired_card_still_applies_to_its_dates(folder):
    place = folder("in_force: {from: 2020-01-01}", "in_force: {from: 2020-01-01, to: 2025-12-31}")
    text = (place / "OWN-001.md").read_text().replace("status: active", "status: retired")
    (place / "OWN-001.md").write_text(text)
    lines = [{"hcpcs_code": "99213", "billed_amount": Decimal(600)}]
    before, after = (wb.audit(claims(lines, day=date(year, 3, 2)), cards=place, price=False) for year in (2025, 2026))
    assert outcomes(before, "OWN-001") == {("checked", None): 1}
    assert [f["message"] for f in before.arrow_findings.to_pylist() if f["rule_id"] == "OWN-001"]
    assert outcomes(after, "OWN-001") == {("not applicable", "the rule was not in force"): 1}


def test_a_folder_without_cards_is_refused(tmp_path):
    with pytest.raises(WorkbookError, match="holds no rule card"):
        wb.audit(claims([{"hcpcs_code": "99213"}]), cards=tmp_path)
    with pytest.raises(WorkbookError, match="is not a folder of rule cards"):
        wb.audit(claims([{"hcpcs_code": "99213"}]), cards=tmp_path / "nowhere")
