"""The notebooks: open them in JupyterLab, or follow one visit through all they teach."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from workbook.cli.arguments import AddVerb

ROOT = Path(__file__).parents[2]
START = "notebooks/00_start_here.ipynb"


def declare_lab(verb: AddVerb) -> None:
    """Declare `workbook lab`."""
    verb("lab", _lab, "Open the notebooks in JupyterLab; further options, as --no-browser, go to JupyterLab.")


def _lab(options: argparse.Namespace) -> int:
    from workbook.codes import data_folder

    config = Path(__file__).parents[1] / "ui" / "jupyter"
    command = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{START}",
        "--LabApp.extension_manager=readonly", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--FileCheckpoints.checkpoint_dir={data_folder() / 'checkpoints'}",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    places = [str(config), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(places)}
    return subprocess.run([*command, *options.for_jupyterlab], env=environment, check=False).returncode  # noqa: S603


def declare_demo(verb: AddVerb) -> None:
    """Declare `workbook demo`."""
    verb("demo", _demo, "Follow one visit from its note to the patient's statement.")


def _demo(options: argparse.Namespace) -> int:
    from workbook.ui.demo import demo

    for number, (title, text) in enumerate(demo(), 1):
        print(f"\n{number}. {title}\n{'=' * (len(title) + 3)}\n{text}")
    return 0
