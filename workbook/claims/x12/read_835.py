"""What did a payer answer? The payments, adjustments and remarks of 835 files as the remittance tables.

The loops of the 005010X221A1 guide, as far as the tables go:

    header ─ BPR TRN, 1000A N1*PR REF*2U, 1000B N1*PE
      2100 claim ─ CLP CAS NM1*QC MIA MOA DTM*232
        2110 line ─ SVC DTM*472 CAS REF*6R AMT*B6 LQ*HE
    PLB amounts that concern no single claim
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from workbook.claims.model import Remittance
from workbook.claims.x12.column_run import cut_runs, read_ahead
from workbook.claims.x12.envelope import Stretches, walk
from workbook.claims.x12.plain_payments import PlainPayments
from workbook.claims.x12.remittance_reader import RemittanceReader
from workbook.claims.x12.rows import Problems
from workbook.claims.x12.segments import Run


def read_remittance(paths: str | Path | Iterable[str | Path]) -> Remittance:
    """Read 835 files into the remittance tables; every CLP becomes a row, whatever is wrong with it.

    A remittance_id is TRN02 (TRN02#2, #3 … where it recurs in what is read). A line's number is REF*6R where that is a
    number not used before on its claim, else its position. What has no column is a row of remittance_detail, and who is
    named a row of remittance_party. Units that are not sent are one, as the guide has it. An amount the tables need but
    cannot read is 0.00, with an error.

    Faults inside a file are rows of `.problems`, among them every line, claim and transaction that does not balance.
    Raises WorkbookError when a file is missing, empty or not X12.
    """
    parts: list[Remittance] = []
    stream_835(paths, parts.append, batch=None)
    return parts[0]


def stream_835(
    paths: str | Path | Iterable[str | Path], each: Callable[[Remittance], None], batch: int | None = 20_000
) -> int:
    """Read 835 files of any size: `each` is given the paid claims in parts of so many; returns how many there were.

    Memory grows with the batch, not with the file (but for a name kept of each transaction). With `batch` None there is
    one part. A transaction's claims may stand in several parts; its row of `remittance` stands in the part in which it
    ends, and so does the verdict whether it balances, which counts the claims and provider adjustments of the earlier
    parts (`Remittance.paid_before`). Lines and claims are judged in their own part. See `read_remittance` for what is
    read and refused.
    """
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    problems = Problems()
    reader = RemittanceReader(problems, each, batch, source=", ".join(map(str, several)))
    columns = _ColumnReader(reader)
    for path in several:
        problems.file = str(path)
        walk(path, reader, problems, columns=columns)
        reader.settle()
    reader.hand_over()
    return reader.count


class _ColumnReader:
    """Reads the plain claims of large runs as columns, and puts them beside those of the reader."""

    def __init__(self, reader: RemittanceReader) -> None:
        self._reader = reader
        self._run: PlainPayments | None = None

    def gather(self, runs: Iterator[Run]) -> Iterator[Stretches]:
        """Cut each run before its last claim, which goes with the next: it may go on there."""
        for run, self._run in read_ahead(cut_runs(runs, "CLP"), PlainPayments):
            yield *run, self._run.spans() if self._run else ()

    def take(self, start: int, stop: int) -> bool:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        assert self._run
        self._reader.take(self._run, *self._run.claims_between(start, stop))
        return True

    def end_run(self) -> None:
        """See `workbook.claims.x12.envelope.ColumnReader`."""
        self._reader.end_run()
        self._run = None
