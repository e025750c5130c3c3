"""Did anything slip through? Every text that is kept is searched for the values that were taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from workbook.claims.deidentify.pseudonyms import PATTERN, Pseudonyms

if TYPE_CHECKING:
    import pyarrow as pa

_APART = r"[^\p{L}\p{N}]+"
#: Shorter ones are not searched for: every code would match some. Forms keep words out of the columns for codes.
LEAST_LETTERS, LEAST_DIGITS, LEAST_MIXED = 4, 8, 6


class Hidden(NamedTuple):
    """Values that must not be found again; names and addresses are searched for by their words as well."""

    column: str
    values: pa.Array
    by_words: bool


def find_leaks(
    hidden: Iterable[Hidden], shown: Mapping[str, pa.Array], pseudonyms: Pseudonyms
) -> list[tuple[str, str]]:
    """(column that was taken out, column where a value of it is found); capitals and punctuation do not count."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found_in: dict[str, str] = {}
    for column, values in shown.items():
        for value in values.drop_null().to_pylist():
            for word in {_plain(value), *re.split(r"[^\w]+|_", value.upper())}:
                if len(word) >= _least(word):
                    found_in.setdefault(word, column)
    leaks: dict[tuple[str, str], None] = {}
    words = pa.array(found_in, pa.string())
    for column, values, by_words in hidden if found_in else ():
        upper = pc.utf8_upper(pc.unique(values.drop_null()))
        searched = [pc.replace_substring_regex(upper, _APART, "")]
        if by_words:
            searched.append(pc.list_flatten(pc.split_pattern_regex(upper, _APART)))
        for some in searched:
            for hit in pc.unique(some.filter(pc.is_in(some, value_set=words))).to_pylist():
                leaks[column, found_in[hit]] = None
    if not _are_new(pseudonyms):
        leaks["a number", "the pseudonyms"] = None
    return list(leaks)


def _least(word: str) -> int:
    return LEAST_LETTERS if word.isalpha() else LEAST_DIGITS if word.isdigit() else LEAST_MIXED


def _plain(value: str) -> str:
    return "".join(c for c in value.upper() if c.isalnum())


def _are_new(pseudonyms: Pseudonyms) -> bool:
    """No pseudonym is a number that stood in the input, none was given twice, and each looks like one."""
    import pyarrow.compute as pc

    codes = pseudonyms.codes
    if not len(codes):
        return True
    return (
        not pc.any(pc.is_in(codes, value_set=pseudonyms.values)).as_py()
        and len(pc.unique(codes)) == len(codes)
        and pc.all(pc.match_substring_regex(codes, f"^{PATTERN}$")).as_py()
    )
