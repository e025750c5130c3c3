"""Run the notebooks from top to bottom and store what they print: `make notebooks`.

Widget state is not stored: it holds what a person typed, and the cells make it anew.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"


def store(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}, store_widget_state=False).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = {"name": "python"}  # not the interpreter's version: that differs by machine
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for chosen in [Path(a) for a in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        store(chosen)
        print(f"stored {chosen.name}")
