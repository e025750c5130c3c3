"""A page is read strictly: what the reader does not know is an error that names file and line."""

import pytest

from workbook.engine import Column, Table, read_page
from workbook.terms import WorkbookError

GOOD = """---
id: A-001
in_force: {from: 2013-04-01}
---
# A title
Some prose.

```sql
select a.claim_id from claim a
```
## Given `mue`
| hcpcs_code | mue_value |
| --- | --- |
| G0463 | 1 |
"""


def page(tmp_path, text):
    path = tmp_path / "A-001.md"
    path.write_text(text, encoding="utf-8")
    return read_page(path, ("Given",))


def test_a_page_gives_front_matter_title_prose_select_and_tables(tmp_path):
    read = page(tmp_path, GOOD)
    assert read.front["id"] == "A-001"
    assert (read.top.heading, read.top.text.strip()) == ("A title", "Some prose.")
    assert (read.top.sql.strip(), read.top.sql_line) == ("select a.claim_id from claim a", 9)
    (given,) = read.of_kind("Given")
    assert (given.name, given.line, given.tables[0].rows, given.tables[0].lines) == (
        "mue",
        11,
        (("G0463", "1"),),
        (14,),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\nid", "id", "A-001.md, line 1: expected front matter between two lines of ---"),
        ("\n---\n# A", "\n# A", "A-001.md, line 1: the front matter has no closing ---"),
        ("id: A-001", "id: A-001\nid: A-002", "A-001.md, line 3: id stands twice"),
        ("## Given `mue`", "## Gibt `mue`", "A-001.md, line 11: unknown heading 'Gibt `mue`'; the headings are Given"),
        ("# A title\n", "", "A-001.md, line 5: expected a title (# …) after the front matter"),
        ("| hcpcs_code | mue_value |", "| hcpcs_code | hcpcs_code |", "A-001.md, line 12: a column stands twice"),
        (
            "## Given",
            "```sql\nselect 1\n```\n## Given",
            "A-001.md, line 11: a second SELECT under one heading; keep one",
        ),
    ],
)
def test_what_the_reader_does_not_know_is_an_error_with_file_and_line(tmp_path, old, new, message):
    with pytest.raises(WorkbookError) as caught:
        page(tmp_path, GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(message)


def test_a_cell_that_does_not_fit_its_column_names_its_line(tmp_path):
    table = Table("mue", "one", (), (Column("hcpcs_code", "text", ""), Column("mue_value", "quantity", "")))
    (given,) = page(tmp_path, GOOD.replace("| G0463 | 1 |", "| G0463 | one |")).of_kind("Given")
    with pytest.raises(WorkbookError, match=r"A-001\.md, line 14: mue_value is 'one', expected a quantity"):
        given.tables[0].as_table(table)
