"""Cases to code and their keys, and the year of an invented practice."""

from __future__ import annotations

import argparse
from pathlib import Path

from workbook.cli.arguments import Actions, AddVerb


def declare_cases(verb: AddVerb) -> None:
    """Declare `workbook cases` list, show and check."""
    parser = verb("cases", None, "List the cases to code, show the note of one, or check cases that you wrote.")
    actions = parser.add_subparsers(dest="action", required=True)
    for declare in (_declare_list, _declare_show, _declare_check):
        declare(actions)


def _declare_list(actions: Actions) -> None:
    actions.add_parser("list", help="every case, template of cases and exercise in one line").set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    from workbook.encounters.case import encounters
    from workbook.encounters.exercise import exercises
    from workbook.encounters.variants import variants

    for catalogue in (encounters(), variants(), exercises()):
        print(catalogue)
    return 0


def _declare_show(actions: Actions) -> None:
    parser = actions.add_parser("show", help="the notes of cases, never their keys")
    parser.set_defaults(run=_show)
    parser.add_argument(
        "cases", nargs="+", metavar="CASE",
        help="an id such as ENC-001, MOD-012 or VAR-001-7 (template and seed), or a page of your own",
    )  # fmt: skip


def _show(options: argparse.Namespace) -> int:
    from workbook.encounters.case import encounter, load_encounter
    from workbook.encounters.exercise import exercise, load_exercise

    for name in options.cases:
        is_exercise = Path(name).name.upper().startswith("MOD-")
        if name.endswith((".yaml", ".yml")):
            case = load_exercise(name) if is_exercise else load_encounter(name)
        else:
            case = exercise(name) if is_exercise else encounter(name)
        print(f"{case.id} · {case.title}\n{case.facts}\n\n{case.note}")
    return 0


def _declare_check(actions: Actions) -> None:
    parser = actions.add_parser("check", help="can the keys of these pages be trusted?")
    parser.set_defaults(run=_check)
    parser.add_argument(
        "cases", nargs="+", metavar="PAGE", help="pages such as ENC-001.yaml, VAR-001.yaml or MOD-001.yaml"
    )


def _check(options: argparse.Namespace) -> int:
    from workbook.encounters.case_review import review_cases

    doubts = review_cases(options.cases)
    for doubt in doubts:
        print(doubt)
    errors = sum(doubt.is_error for doubt in doubts)
    print(f"cases: {len(options.cases):,}; errors: {errors:,}; to look at: {len(doubts) - errors:,}")
    return 1 if errors else 0


def declare_practice(verb: AddVerb) -> None:
    """Declare `workbook practice`."""
    parser = verb("practice", _practice, "Make a year of an invented practice: claims, payments and planted errors.")
    parser.add_argument("folder", metavar="DIR", help="where to write; what is there by these names is replaced")
    parser.add_argument("--seed", type=int, metavar="N", help="another seed makes another year (default: as shipped)")


def _practice(options: argparse.Namespace) -> int:
    from workbook.encounters.practice import SEED
    from workbook.encounters.practice.write import write_practice

    made = write_practice(options.folder, SEED if options.seed is None else options.seed)
    print(f"{made.claims}\n{made.remittance}\n{len(made.planted)} errors planted; written into {options.folder}")
    return 0
