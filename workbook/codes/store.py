"""Where the user's own data lives: one folder outside the repository, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """The user's data folder, made when absent (mode 0700). `WORKBOOK_DATA` moves it."""
    import platformdirs

    moved = os.environ.get("WORKBOOK_DATA")
    folder = Path(moved) if moved else Path(platformdirs.user_data_dir("workbook", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
