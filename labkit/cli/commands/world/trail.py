"""Show what was called in the lab, by whom, and how it was decided: the events of CloudTrail as a log, oldest first.

  labkit trail                     the newest 50 calls of all accounts
  labkit trail --denied -n 5       the last five that were denied, and by which policy
  labkit trail --follow            and those that come, until Ctrl-C
  labkit trail --account workload  of one account, by its profile or its 12 digits
  labkit trail --json              one JSON object a line, with CloudTrail's record as "event"

Where a function is refused across accounts, AWS tells whoever creates it one sentence, and the true denial only here:
in the call of ecr:BatchGetImage that Lambda made with the caller's credentials. On AWS it is found with
'aws cloudtrail lookup-events', minutes later; the lab answers that call too, and at once.

Invocations of functions are data events: they are marked, and LookupEvents does not show them. A call that two accounts
have an event of is shown once. Kept are the newest 10,000 events, for 90 days; the oldest go first. Events of the last
second that changed nothing are lost if the embedded AWS is killed. Starts nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.lab.trail import TrailEntry

_EVERY = 0.5  # seconds between two questions
_COLOURS = {"denied": "31", "failed": "33", "allowed": "32"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit trail``."""
    parser.add_argument("--follow", "-f", action="store_true", help="go on with what comes, until Ctrl-C")
    parser.add_argument("--account", "--profile", metavar="A", help="only of this account: a profile or 12 digits")
    parser.add_argument("--denied", action="store_true", help="only what was denied")
    parser.add_argument("-n", type=int, default=50, metavar="N", help="how many, at most 1000 (default: 50)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print the log; with --follow until it is interrupted, which is how it ends well."""
    from labkit.embedded.process import client
    from labkit.errors import UsageError

    if not 1 <= args.n <= 1000:
        raise UsageError(f"-n must be a number from 1 to 1000, not {args.n}.")
    wanted = {"most": args.n, "denied": args.denied, "account": client.account_named(None, args.account)}
    found = client.trail(None, wanted)
    _print(args, found)
    if not found["entries"] and not args.json:
        print(f"No call was {'denied' if args.denied else 'made'} yet{' in that account' if args.account else ''}.")
    try:
        while args.follow:
            time.sleep(_EVERY)
            found = client.trail(None, {**wanted, "most": 1000, "after": found["last"]})
            _print(args, found)
    except KeyboardInterrupt:
        return 0
    return 0


def _print(args: argparse.Namespace, found: Mapping[str, Any]) -> None:
    from labkit.lab.trail import Trail

    if args.json:
        for entry in found["entries"]:
            print(json.dumps(entry))
    else:
        for entry in Trail.of(found["entries"]):
            _show(entry)
    sys.stdout.flush()


def _show(entry: TrailEntry) -> None:
    first, second = entry.lines
    if sys.stdout.isatty():
        first = first.replace(entry.decision, f"\033[{_COLOURS[entry.decision]}m{entry.decision}\033[0m", 1)
    print(first)
    print(second)
