"""Stop the embedded AWS of this lab home. Its state stays on disk and is there again after the next start.

labkit down
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``labkit down`` has no arguments of its own."""


def run(args: argparse.Namespace) -> int:
    """Stop the embedded AWS; that it does not run is no failure."""
    from labkit.embedded.process import client

    print("The embedded AWS has stopped." if client.stop() else "The embedded AWS was not up.")
    return 0
