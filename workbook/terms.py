"""What every room means by money, a date in force, a citation and an edition.

Imports nothing of ours, so that every room may use it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import BinaryIO

OPEN_END = date(9999, 12, 31)
CENT = Decimal("0.01")


class WorkbookError(Exception):
    """A fault its user can mend: the message says what, where, what was expected and what to do."""


class DateNotCoveredError(WorkbookError):
    """No dated value covers the date of service; a value is never carried into another year."""


def money(value: Decimal | int | str) -> Decimal:
    """Round `value` (US dollars) to the cent, halves away from zero, as Medicare's fee files are rounded."""
    return Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def dollars(value: Decimal | None) -> str:
    """Show an amount as a person writes it: 1234.5 is "$1,234.50"; a missing amount is "–"."""
    if value is None:
        return "–"
    amount = money(value)
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def parse_date(value: date | str, what: str = "date") -> date:
    """Read a date given as a `date` or as text in the form 2025-11-03; anything else is refused in words."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise WorkbookError(
            f"{what} {value!r} is not a date; write it as year-month-day, for example 2025-11-03"
        ) from None


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written with mode 0600; it takes its place, over an older one, only when all is written.

    Raises WorkbookError when the folder does not exist or does not let us write.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes mode 0600
    except OSError as error:
        raise WorkbookError(f"{path} cannot be written: {error.strerror}; choose a folder you may write to") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Span:
    """Dates in force, both ends inclusive; an end of None is open."""

    effective_date: date
    end_date: date | None = None

    def __contains__(self, on: date) -> bool:
        return self.effective_date <= on <= (self.end_date or OPEN_END)

    def __str__(self) -> str:
        return f"{self.effective_date} to {self.end_date}" if self.end_date else f"{self.effective_date} onward"


@dataclass(frozen=True)
class Citation:
    """The authority a rule or a number rests on; `unverified` says that its source was not read."""

    cite: str
    url: str | None = None
    unverified: bool = False

    def __str__(self) -> str:
        return f"{self.cite} (unverified)" if self.unverified else self.cite


@dataclass(frozen=True)
class Edition:
    """Which release of a reference table was used, and which dates of service it serves.

    `is_whole` is False for a teaching set: a code that is absent from it is unknown, not unregulated.
    """

    table_name: str
    source: str
    version: str
    span: Span
    is_whole: bool = True
    sha256: str | None = None
    loaded_on: date | None = None

    def __str__(self) -> str:
        return f"{self.table_name} {self.version} ({self.span})"
