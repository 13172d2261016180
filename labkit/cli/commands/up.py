"""Start the embedded AWS if it is not up, and say where it answers.

It is a process of its own that listens on this machine only and stays until `labkit down`. One lab home has one
embedded AWS with one state; every notebook and terminal of that home shares it.

A free port is taken at the first start and kept after it, so that clients go on working.

Only accounts that exist can be named in a policy. Beside its own, the lab can be told of others, of which nothing is
known but their numbers.

  labkit up
  labkit up --port 4566
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


def run(args: argparse.Namespace) -> int:
    """Start the embedded AWS where it does not run, and let the accounts exist."""
    from labkit.embedded.process import client
    from labkit.embedded.process.here import OWN_PROCESS
    from labkit.pull.organization import check_account

    for number in args.account:
        check_account(number)
    running = client.ensure(port=args.port, run_as=OWN_PROCESS)
    for number in args.account:
        client.add_account(running.home, number)
    news = "is up" if running.started else "was up already"
    print(f"The embedded AWS {news} at {running.endpoint} (lab home {running.home}).")
    for number in args.account:
        print(f"The account {number} exists: policies can name it.")
    return 0
