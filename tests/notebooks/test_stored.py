"""The stored notebooks are what the package prints today, and could not pass if they were empty."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", "-p", "no:cacheprovider", "-W", "default", "-q"]


def nbval(*paths, cwd=ROOT, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-m", "pytest", *NBVAL, *map(str, paths)],
        cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_prints_what_is_stored(path):
    run = nbval(path)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


def faults(notebook):
    """Why a stored notebook could pass without being checked."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    outputs = [output for cell in code for output in cell["outputs"]]
    found = []
    if any(cell["execution_count"] is None for cell in code):
        found.append("a cell was not run")
    if sorted(cell["execution_count"] or 0 for cell in code) != list(range(1, len(code) + 1)):
        found.append("the cells were not run once from top to bottom")
    texts = [o for o in outputs if o["output_type"] == "stream" or {"text/plain", "text/html"} & o.get("data", {}).keys()]
    if len(texts) < 3:
        found.append("fewer than three outputs can be compared")
    if any(o["output_type"] == "error" for o in outputs):
        found.append("an error is stored")
    if "widgets" in notebook["metadata"]:
        found.append("widget state is stored")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_notebook_could_pass_unchecked(path):
    assert faults(json.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("place", range(len(NOTEBOOKS)), ids=lambda n: NOTEBOOKS[n].stem)
def test_a_notebook_leads_to_the_one_before_the_one_after_and_the_contents(place):
    last = "".join(json.loads(NOTEBOOKS[place].read_text(encoding="utf-8"))["cells"][-1]["source"])
    around = {"Previous": NOTEBOOKS[place - 1] if place else None, "Next": dict(enumerate(NOTEBOOKS)).get(place + 1)}
    for word, path in around.items():
        assert path is None or (f"[{word}: " in last and f"]({path.name})" in last)
    assert "[Contents](../README.md)" in last


def test_the_guard_sees_a_stripped_notebook():
    notebook = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook["metadata"]["widgets"] = {}
    assert len(faults(notebook)) == 4


class Formulas(HTMLParser):
    """The texts that MathJax would set as a formula: two dollar signs in one element, outside the classes it skips."""

    SKIPPED = {"pre", "code", "script", "style", "textarea"}
    EMPTY = {"br", "wbr", "hr", "img", "meta", "link", "input", "col"}

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        is_safe = tag in self.SKIPPED or "mathjax_ignore" in (dict(attrs).get("class") or "")
        if tag not in self.EMPTY:
            self.open.append((tag, is_safe))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.count("$") > 1 and not any(is_safe for _, is_safe in self.open):
            self.found.append(data)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_amount_of_dollars_is_set_as_a_formula(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = ["".join(o["data"]["text/html"]) for c in cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})]
    told = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    assert [text for part in shown for text in Formulas(part).found] == []
    assert [text for text in told if text.count("$") > 1] == []


def test_the_guard_sees_two_amounts_in_one_sentence():
    assert Formulas("<p>$260.00 billed, $74.08 paid</p>").found == ["$260.00 billed, $74.08 paid"]
    assert Formulas("<table><tr><td>$1.00</td><td>$2.00</td></tr></table>").found == []
    assert Formulas('<div class="mathjax_ignore"><p>$260.00 billed, $74.08 paid</p></div>').found == []


MUTANTS = {
    "a wrong fee": ("workbook/payment/parameters/conversion_factor.yaml", '"32.3465"', '"32.4365"'),
    "a rule that finds nothing": ("workbook/rules/cards/PTP-002.md", "and p.modifier_indicator = '1'", "and p.modifier_indicator = '7'"),
    "a score that is too kind": ("workbook/encounters/scoring.py", 'Decimal("0.5"), Decimal(0)', 'Decimal("0.5"), Decimal("0.3")'),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_the_package_turns_the_first_notebook_red(tmp_path, name):
    """The stored outputs must notice what matters: a copy of the package with one fault in it."""
    import shutil

    for part in ("workbook", "sample_data", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    path, old, new = MUTANTS[name]
    source = (tmp_path / path).read_text(encoding="utf-8")
    assert source.count(old) == 1
    (tmp_path / path).write_text(source.replace(old, new), encoding="utf-8")
    run = nbval(tmp_path / "notebooks" / "00_start_here.ipynb", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert run.returncode == 1, run.stdout[-3000:]
    assert "failed" in run.stdout
