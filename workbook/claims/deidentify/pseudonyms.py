"""Numbers without meaning in place of numbers that identify: the same one gets the same code in every table."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pyarrow as pa

_BYTES = 15  # 120 bits: among a thousand million numbers, two share a code once in 10^18 runs
#: how a pseudonym looks: nothing else in the tables is so long
PATTERN = "x[0-9a-f]{30}"
NPI_PATTERN = "[12][0-9]{9}"


def read_key(path: Path) -> bytes:
    """The key in a file, 64 hexadecimal digits; made (at random, mode 0600) when the file is not there.

    Raises WorkbookError when others may read the file, or it holds something else.
    """
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(32) + "\n")
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise WorkbookError(f"{path}: others may read this key; make it yours alone (chmod 600 {path})")
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not hexadecimal text"
        raise WorkbookError(f"{path}: no key can be read there ({why}); name a file that may be made") from None
    if len(key) != 32:
        raise WorkbookError(f"{path}: a key is 64 hexadecimal digits, this file holds {len(text)}")
    return key


class Pseudonyms:
    """The codes given so far. Without a key they are drawn at random, with one they are HMAC-SHA256 of the number."""

    def __init__(self, key: bytes | None) -> None:
        import pyarrow as pa

        self._key = key
        self._secret = key or secrets.token_bytes(32)  # for what need not be drawn: shifts, providers' numbers
        self.values: pa.Array = pa.array([], pa.string())
        self.codes: pa.Array = pa.array([], pa.string())

    def of(self, values: pa.Array) -> pa.Array:
        """The code of each value; null stays null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = values.dictionary_encode()
        found = encoded.dictionary
        places = pc.index_in(found, value_set=self.values)
        new = found.filter(places.is_null())
        if len(new):
            self.values = pa.concat_arrays([self.values, new])
            self.codes = pa.concat_arrays([self.codes, pa.array(self._draw(new), pa.string())])
            places = pc.index_in(found, value_set=self.values)
        return self.codes.take(places).take(encoded.indices)

    def _draw(self, values: pa.Array) -> list[str]:
        if self._key is None:
            noise, size = os.urandom(_BYTES * len(values)).hex(), 2 * _BYTES
            return ["x" + noise[i : i + size] for i in range(0, len(noise), size)]
        return ["x" + self._digest("number", value)[:_BYTES].hex() for value in values.to_pylist()]

    def _digest(self, purpose: str, value: str) -> bytes:
        return hmac.digest(self._secret, f"{purpose}|{value}".encode(), hashlib.sha256)

    def weeks(self, person: str) -> int:
        """By how many weeks, 1 to 52, this person's dates go back."""
        return int.from_bytes(self._digest("weeks", person)[:8]) % 52 + 1

    def npi(self, number: str) -> str:
        """A number that no provider has (it begins with 3 or 4; every NPI begins with 1 or 2), its check digit right.

        Two NPIs never share one: nine digits go through a keyed permutation (a Feistel network over 20,000 × 10,000).
        """
        left, right = divmod(int(number[:9]) - 100_000_000, 10_000)
        for turn in range(0, 10, 2):
            left = (left + int.from_bytes(self._digest(f"npi{turn}", str(right))[:8])) % 20_000
            right = (right + int.from_bytes(self._digest(f"npi{turn + 1}", str(left))[:8])) % 10_000
        body = str(300_000_000 + left * 10_000 + right)
        return body + str(-luhn_sum(body + "0") % 10)


def luhn_sum(number: str) -> int:
    """The Luhn sum of an NPI with its prefix 80840 (which adds 24); a right check digit makes it end in 0."""
    doubled = [sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(number)]
    return 24 + sum(doubled)
