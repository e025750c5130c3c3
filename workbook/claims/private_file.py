"""How are files with health information written? For their owner's eyes only (mode 0600), whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from workbook.terms import WorkbookError


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
