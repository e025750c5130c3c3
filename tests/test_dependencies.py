"""One list of dependencies: `pyproject.toml`; `environment.yml` and `constraints.txt` agree with it."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMED_BY_THE_USER = ["jupyterlab", "pandas", "ipywidgets", "great-expectations", "nbval"]


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def requirements():
    texts = PROJECT["dependencies"] + [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
    return [r for r in map(Requirement, texts) if canonicalize_name(r.name) != canonicalize_name(PROJECT["name"])]


def conda_pip_block():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (block,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    return block


def test_the_conda_environment_names_exactly_the_dependencies_of_the_project():
    block = conda_pip_block()
    assert block[0] == "-c constraints.txt"
    assert block[-1] == "-e .[test]"
    assert sorted(block[1:-1]) == sorted(PROJECT["dependencies"])
    assert [Requirement(text).name for text in block[1:6]] == NAMED_BY_THE_USER


def test_every_dependency_has_a_pin_that_it_allows():
    pinned = pins()
    for requirement in requirements():
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), str(requirement)


def test_what_is_installed_here_is_what_is_pinned():
    installed = {canonicalize_name(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}
    different = {n: (installed[n], v) for n, v in pins().items() if n in installed and installed[n] != v}
    assert different == {}


def test_every_dependency_has_its_line_in_the_decisions():
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    assert [r.name for r in requirements() if f"`{r.name}`" not in decisions] == []


@pytest.mark.parametrize("name", ["pyproject.toml", "environment.yml", "constraints.txt", "Makefile"])
def test_no_registry_host_and_no_path_of_a_machine_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "file:" not in text
