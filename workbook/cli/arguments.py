"""How is a verb declared, and how are the arguments that several verbs take?"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

#: What a verb does with its options; returns the exit status.
Run = Callable[[argparse.Namespace], int]
#: Declares a verb by its name, what it does (None where each of its actions says so) and its line of help; gives the
#: parser to add its arguments to.
AddVerb = Callable[[str, Run | None, str], argparse.ArgumentParser]
#: The actions of a verb, as `list` and `show` of `workbook rules`.
Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_paths(parser: argparse.ArgumentParser) -> None:
    """PATH…: the claims, as files or folders."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file or a folder")


def add_received(parser: argparse.ArgumentParser, more: str = "") -> None:
    """--received: the date of receipt of claims that do not state one."""
    parser.add_argument("--received", metavar="DATE", help=f"when the payer received the claims{more}")


def add_json(parser: argparse.ArgumentParser, what: str = "the result") -> None:
    """--json: for machines."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_out(parser: argparse.ArgumentParser, what: str = "the result") -> None:
    """--out: a folder, which `files.out_folder` makes."""
    parser.add_argument("--out", metavar="DIR", type=Path, help=f"write {what} into this folder")
