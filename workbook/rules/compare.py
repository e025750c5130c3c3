"""What changed between two audits: which findings are new, which are gone and which stand as before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.claims.table_files import check_names
from workbook.engine.export import read_people_csv
from workbook.rules.findings import REPEATED, schema
from workbook.rules.tables import FINDING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Comparison:
    """Findings by what became of them, each in the columns of `FINDING`; those that are gone as they stood earlier.

    A finding is the same when rule, claim, line and evidence are; its id is made of these. One that is not there now is
    `not_judged`, and not gone, where its rule did not run or could check nothing.
    """

    new: pa.Table
    gone: pa.Table
    unchanged: pa.Table
    not_judged: pa.Table

    def __repr__(self) -> str:
        told = f"{self.new.num_rows:,} new, {self.gone.num_rows:,} gone, {self.unchanged.num_rows:,} unchanged"
        unknown = self.not_judged.num_rows
        return told + (f", {unknown:,} not judged (their rules did not run or could check nothing)" if unknown else "")

    def to_arrow(self) -> pa.Table:
        """All of them, with what became of each in the column `change`."""
        import pyarrow as pa

        parts = {"new": self.new, "gone": self.gone, "unchanged": self.unchanged, "not judged": self.not_judged}
        return pa.concat_tables(
            rows.add_column(0, "change", pa.repeat(change, rows.num_rows)) for change, rows in parts.items()
        )


def compare(later: pa.Table, earlier: pa.Table | str | Path, judged: Collection[str]) -> Comparison:
    """Compare findings with those of an earlier audit, or of the findings.csv it wrote.

    `judged` are the ids of the rules that could now say whether there is a fault. Raises WorkbookError when the file is
    not one.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    before = earlier if isinstance(earlier, pa.Table) else _read(Path(earlier))
    stays = pc.is_in(later["finding_id"], before["finding_id"])
    absent = before.filter(pc.invert(pc.is_in(before["finding_id"], later["finding_id"])))
    known = pc.is_in(absent["rule_id"].cast(pa.string()), pa.array(sorted(judged), pa.string()))
    return Comparison(
        new=later.filter(pc.invert(stays)),
        gone=absent.filter(known),
        unchanged=later.filter(stays),
        not_judged=absent.filter(pc.invert(known)),
    )


def _read(path: Path) -> pa.Table:
    import pyarrow as pa

    found = read_people_csv(path, FINDING)
    check_names(found.column_names, FINDING, path)
    for field in FINDING.schema:
        if field.name not in found.column_names:  # one that may be empty, as check_names has seen
            found = found.append_column(field, pa.nulls(found.num_rows, field.type))
    columns = (found[f.name].dictionary_encode() if f.name in REPEATED else found[f.name] for f in schema())
    return pa.table([column.cast(f.type) for column, f in zip(columns, schema(), strict=True)], schema=schema())
