"""Which official code files the user has brought, and how each is read, checked and kept.

Others may use: `add`, `loaded`, `remove`, and `LAYOUTS` (the kinds of file, each declared in `layouts.py`).
Files are parsed once into Parquet in the user's data folder; nothing is ever written into the repository.
"""

from workbook.codes.load.add import add
from workbook.codes.load.layouts import LAYOUTS
from workbook.codes.load.shelf import loaded, remove

__all__ = ["LAYOUTS", "add", "loaded", "remove"]
