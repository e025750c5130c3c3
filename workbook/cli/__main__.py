"""`python -m workbook.cli` is `workbook`."""

import sys

from workbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
