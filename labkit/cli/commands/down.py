"""Stop the embedded AWS of this lab home, with the processes and containers that its functions keep warm.

Its state stays on disk and is there again after the next start: by `labkit up`, and by every other command and notebook
that needs it. To throw the state away, `labkit reset`.

Where none is up, that is said, and is no failure. One that hangs is ended in any case.

  labkit down
  labkit --home /tmp/another-lab down

Exits with 0 in all these cases.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``labkit down`` has no arguments of its own."""


def run(args: argparse.Namespace) -> int:
    """Stop the embedded AWS; that it does not run is no failure."""
    from labkit.embedded.process import client

    if client.stop():
        print("The embedded AWS has stopped.")
    else:
        print("The embedded AWS was not up.")
    return 0
