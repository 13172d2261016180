"""Take back what 'labkit diagnose --apply' changed: the latest run, its last change first.

  labkit undo                                                                in the lab that runs
  labkit undo --registry-profile shared --workload-profile dev

A policy is restored only where it still is what was written; where somebody has changed it since, nothing is taken
back. Undo again to take back the run before.
"""

from __future__ import annotations

import argparse
import sys

from labkit.cli.commands.diagnosis.sources import add_sides, required, source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit undo``."""
    add_sides(parser.add_argument_group("whose accounts"))


def run(args: argparse.Namespace) -> int:
    """Take the latest run back; 1 where there is none."""
    from labkit.cli.terminal.printing import say
    from labkit.diagnosis.asked import Asked
    from labkit.ground.home import home_path
    from labkit.remedy.kept import newest
    from labkit.remedy.reached import of_source
    from labkit.remedy.undo import undo

    latest = newest(home_path())
    if latest is None:
        print("There is nothing to take back: --apply has changed nothing, or all of it was undone.", file=sys.stderr)
        return 1
    accounts = {each.account for each in latest.changes}
    whom = required(source(args, Asked(function_account=next(iter(sorted(accounts)), ""))))
    undo(latest, of_source(whom.openers, latest.region), say)
    return 0
