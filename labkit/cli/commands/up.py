"""Start the embedded AWS if it is not up, and say where it answers.

It is a process of its own that listens on this machine only and stays until `labkit down`. One lab home has one
embedded AWS with one state; every notebook and terminal of that home shares it.

A free port is taken at the first start and kept after it, so that clients go on working.

Only accounts that exist can be named in a policy. Beside its own, the lab can be told of others, of which nothing is
known but their numbers.

On AWS a new function is Pending for some seconds, a changed policy is in force some seconds later, and functions that
are made at the same time can undo each other's change of a repository policy. Here everything is so at once, unless
the world is realistic: that stays chosen until --no-realistic. How many seconds something takes can be chosen by its
name, with --timing:

  pending      until a new or changed function is ready (at first 5)
  restoring    until an Inactive function that somebody invokes is ready again (40)
  propagation  until a changed policy is in force, and a new role can be assumed (10)
  race         in which Lambda, adding its statement, reads a repository policy as it was before a change (3)
  activating   until an image is back from ECR's archive (1200)
  idle         until a function that nobody invokes is Inactive, in every world (four weeks)

  labkit up
  labkit up --port 4566
  labkit up --realistic                  what takes seconds on AWS takes seconds here
  labkit up --realistic --timing propagation=30 --timing race=0
  labkit up --account 999988887777       and lets this account exist; may be repeated
  labkit --home /tmp/another-lab up
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit up``."""
    parser.add_argument("--port", type=int, help="the port to answer on (default: the last one, else a free one)")
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="N",
        help="12 digits: an account that exists outside the lab, so that policies can name it; may be repeated",
    )
    parser.add_argument(
        "--realistic",
        action=argparse.BooleanOptionalAction,
        help="let what takes time on AWS take time here, or not (default: as it was; at first not)",
    )
    parser.add_argument(
        "--timing",
        action="append",
        default=[],
        metavar="NAME=SECONDS",
        help="how long one of the above takes; may be repeated; 0: at once, and for idle: never",
    )


def run(args: argparse.Namespace) -> int:
    """Start the embedded AWS where it does not run, and let the accounts exist."""
    from labkit.embedded.process import client
    from labkit.embedded.process.here import OWN_PROCESS
    from labkit.embedded.state.timing import Timing
    from labkit.pull.organization import check_account

    for number in args.account:
        check_account(number)
    timing = dict(_timing(text) for text in args.timing)
    Timing.parse(timing)
    running = client.ensure(port=args.port, run_as=OWN_PROCESS)
    if timing or args.realistic is not None:
        client.let_time_pass(running.home, args.realistic, timing, OWN_PROCESS)
    for number in args.account:
        client.add_account(running.home, number, OWN_PROCESS)
    news = "is up" if running.started else "was up already"
    print(f"The embedded AWS {news} at {running.endpoint} (lab home {running.home}).")
    for number in args.account:
        print(f"The account {number} exists: policies can name it.")
    if args.realistic is not None or timing:
        settings = client.settings(running.home)
        print(f"Its world is {settings.pace}.")
        if timing.keys() - {"idle"} and not settings.realistic:
            print("What --timing says is kept, and counts once the world is realistic: labkit up --realistic.")
    return 0


def _timing(text: str) -> tuple[str, float]:
    from labkit.errors import UsageError

    name, _, seconds = text.partition("=")
    try:
        return name, float(seconds)
    except ValueError:
        raise UsageError(f"{text!r} is no timing: write it as in --timing propagation=30.") from None
