"""What does an 835 say that no column holds, and which of its values cannot be read?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from workbook.claims.x12.parties import Separators, detail_of, leftovers
from workbook.claims.x12.rows import Problems
from workbook.claims.x12.values import amount, day, quantity, text

Row = dict[str, Any]
ZERO = Decimal("0.00")


def cells_of(elements: list[str], last: int) -> list[str]:
    """The elements of a segment without spaces round them, with "" where it ends before number `last`."""
    cells = [*map(str.strip, elements)]
    if len(cells) <= last:
        cells += [""] * (last + 1 - len(cells))
    return cells


class Values:
    """Reads amounts, quantities and days, and reports what cannot be read; `claim_id` is the claim it is of."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.claim_id: str | None = None

    def fault(self, message: str, number: int, element: str, *, level: int = 2, severity: str = "error") -> None:
        """Record what is wrong at `element` (CLP02) of segment `number`."""
        self._problems.add(
            message, number, element[:-2], element, level=level, severity=severity, claim_id=self.claim_id
        )

    def money(self, cells: list[str], position: int, number: int) -> Decimal:
        """Read an amount the tables need: 0.00 and an error when it is absent or cannot be read."""
        value = amount(cells[position])
        if value is not None:
            return value
        if not self._told_unreadable(cells, position, number, "an amount in dollars and cents"):
            element = f"{cells[0]}{position:02}"
            self.fault(f"{element} is empty; an amount was expected, 0.00 is taken", number, element)
        return ZERO

    def optional_money(self, cells: list[str], position: int, number: int) -> Decimal | None:
        """Read an amount that need not be there; null and an error when it cannot be read."""
        value = amount(cells[position])
        if value is None:
            self._told_unreadable(cells, position, number, "an amount in dollars and cents")
        return value

    def quantity(self, cells: list[str], position: int, number: int) -> Decimal | None:
        """Read a quantity that need not be there; null and an error when it cannot be read."""
        value = quantity(cells[position])
        if value is None:
            what = "a quantity with at most three decimals; it is null here"
            self._told_unreadable(cells, position, number, what)
        return value

    def day(self, cells: list[str], position: int, number: int) -> date | None:
        """Read a day that need not be there; null and an error when it cannot be read."""
        value = day(cells[position])
        if value is None:
            self._told_unreadable(cells, position, number, "a date (CCYYMMDD); it is null here")
        return value

    def _told_unreadable(self, cells: list[str], position: int, number: int, what: str) -> bool:
        """Report a value that is not what it should be; False when there is none."""
        if sent := cells[position]:
            element = f"{cells[0]}{position:02}"
            self.fault(f"{element} {sent!r} is not {what}", number, element, level=1)
        return bool(sent)


class Facts:
    """What has no column, of a transaction or of one of its claims: dates, references, amounts, codes, segments."""

    def __init__(self, values: Values, separators: Separators) -> None:
        self.values, self.separators = values, separators
        self.details: list[Row] = []
        self.about: str | None = None  # the party of the header that was named last
        self.line_number: int | None = None  # of the line that is open

    def tell(self, kind: str, qualifier: str | None, **facts: Any) -> None:
        """Keep a fact about the line, claim or transaction that is open."""
        told = {"line_number": self.line_number, "about": self.about, "kind": kind, "qualifier": qualifier, **facts}
        self.details.append(told)

    def tell_segment(self, elements: list[str]) -> None:
        """Keep a segment that has no columns."""
        self.details.append({"line_number": self.line_number, **detail_of(elements, self.about, self.separators)})

    def tell_rest(self, elements: list[str], taken: Collection[int]) -> None:
        """Keep the elements of a segment that no column takes."""
        rest = leftovers(elements, taken, None, self.separators)
        self.details += [{"line_number": self.line_number, **row} for row in rest]

    def tell_lost(self, number: int, elements: list[str], taken: Collection[int]) -> None:
        """Report the elements of a segment that have no place in the tables."""
        for row in leftovers(elements, taken, None, self.separators):
            message = f"{row['qualifier']} {row['value']!r} has no place in the tables; it is not kept"
            self.values.fault(message, number, row["qualifier"], severity="warning")

    def take_date(self, number: int, elements: list[str], row: Row, columns: Mapping[str, str]) -> None:
        """Read a DTM: into a column of the row that is still empty, or as a fact."""
        cells = cells_of(elements, 2)
        use, value = cells[1], self.values.day(cells, 2, number)
        column = columns.get(use)
        if column is not None and row.get(column) is None:
            row[column] = value
        elif value is not None:
            self.tell("date", use, from_date=value)
        if len(cells) > 3:
            self.tell_lost(number, cells, (1, 2))

    def take_amount(self, number: int, elements: list[str], row: Row, columns: Mapping[str, str]) -> None:
        """Read an AMT: into a column that the row does not name yet, or as a fact."""
        cells = cells_of(elements, 2)
        use, value = cells[1], self.values.optional_money(cells, 2, number)
        column = columns.get(use)
        if column is not None and column not in row:
            row[column] = value
        else:
            self.tell("amount", use, amount=value)
        if len(cells) > 3:
            self.tell_lost(number, cells, (1, 2))


def is_remark(elements: list[str]) -> bool:
    """Whether an LQ segment is one remark code (qualifier HE) and nothing else."""
    return bool(text(elements, 2)) and len(elements) <= 3 and elements[1].strip() == "HE"
