"""Throw the state of the embedded AWS away: repositories, images, roles, functions, policies. The accounts and the
organization are as at the first start again. Asks before it does so, unless told --yes.

  labkit reset
  labkit reset --yes        in scripts
"""

from __future__ import annotations

import argparse
import sys

from labkit.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit reset``."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Reset after a yes; 1 when the answer is no."""
    from labkit.embedded.process import client
    from labkit.ground.home import home_path

    home = home_path()
    if not args.yes and not _confirmed(f"Throw away everything in the embedded AWS of {home}? [y/N] "):
        print("Nothing was changed.")
        return 1
    client.reset(home)
    print(f"The embedded AWS of {home} is as new.")
    return 0


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("there is nobody to ask here; say --yes to reset without a question.")
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False
