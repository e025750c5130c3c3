"""Columns for many rows at once say what their rows say one by one."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

from workbook.claims.x12.arrays import Pieces, cents, from_cents, stands

LINES = "CLP*A1**5\nLX*1\nSVC* HC:é *\nSV*\nCLPX*2"


def test_a_piece_is_null_where_it_is_absent_or_blank() -> None:
    pieces = Pieces(LINES.encode(), "*", has_blanks=True)
    rows = np.array([0, 1, 2, 3, 4, -1])
    assert pieces.sizes.tolist() == [4, 2, 3, 2, 2]
    assert pieces.at(rows, 1).to_pylist() == ["A1", "1", "HC:é", None, "2", None]
    assert pieces.at(rows, 2).to_pylist() == [None] * 6
    assert pieces.at(rows, 3).to_pylist() == ["5", None, None, None, None, None]


def test_what_is_left_of_texts_is_every_piece_that_is_not_taken_and_not_blank() -> None:
    of, piece, texts = Pieces(LINES.encode(), "*", has_blanks=True).rest(np.arange(5), (1,))
    assert (of.tolist(), piece.tolist(), texts.to_pylist()) == ([0], [3], ["5"])
    assert Pieces(LINES.encode(), "*", has_blanks=True).rest(np.arange(5), (1, 2, 3))[2].to_pylist() == []


def test_a_text_is_given_whole() -> None:
    pieces = Pieces(LINES.encode(), "*", has_blanks=True)
    assert pieces.texts(np.arange(5)) == LINES.split("\n")


def test_a_name_is_found_whole_or_not_at_all() -> None:
    found = Pieces(LINES.encode(), "*", has_blanks=True).heads(("SVC", "LX", "CLP", "SV1"))
    assert found.tolist() == [2, 1, 0, -1, -1]


def test_no_text_has_no_pieces() -> None:
    pieces = Pieces(b"", "*", has_blanks=False)
    assert len(pieces.sizes) == 0 and pieces.at(np.array([-1]), 0).to_pylist() == [None]


def test_amounts_become_whole_cents_and_amounts_again() -> None:
    amounts = pa.array(
        [Decimal("-0.05"), None, Decimal("9999999999.99"), Decimal("-9999999999.99")], pa.decimal128(12, 2)
    )
    whole = cents(amounts.slice(1))
    assert whole.tolist() == [0, 999_999_999_999, -999_999_999_999]
    assert from_cents(cents(amounts), ~stands(amounts)).equals(amounts.cast(pa.decimal128(18, 2)))
