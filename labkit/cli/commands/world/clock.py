"""Show the clock of the lab, or move it: credentials, images, functions and events grow older by that.

  labkit clock                what the clock shows, and how far it is ahead of this machine's
  labkit clock +30d           30 days later; also 2w, 2h, 45m, 90s, and several together: +1d12h
  labkit clock now            the time of this machine again

What becomes due by a move happens: temporary credentials expire, a function that nobody has invoked for weeks becomes
Inactive, images go as their lifecycle policy says. The clock only moves forward. 'now' takes back the moves, but not
what has happened by them: a function that has become Inactive stays so, an image that has gone stays away.

Requests are signed by the time of this machine, and are checked by it, so that every client goes on working.

Moving the clock starts the embedded AWS where it is not up, since what becomes due is done by it. To show the clock
nothing is started: the state of the lab home says how far it is ahead.

Exits with 2 where the time to move by cannot be understood; then nothing is changed.
"""

from __future__ import annotations

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit clock``."""
    parser.add_argument(
        "by", nargs="?", metavar="+30d|now", help="how far to move the clock; now: back to this machine's"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(more=[])


def run(args: argparse.Namespace) -> int:
    """Move the clock where that was asked for, and show it."""
    from labkit.embedded.process import client

    texts = [*filter(None, [args.by]), *args.more]  # -3d looks like an option, and gets its sentence from the clock
    reading = client.move_clock(None, " ".join(texts)) if texts else client.clock()
    print(json.dumps(reading.to_dict(), indent=2) if args.json else f"The lab's clock shows {reading!r}.")
    return 0
