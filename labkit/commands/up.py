"""Start the embedded AWS if it is not up, and say where it answers.

It is a process of its own that listens on this machine only and stays until `labkit down`. One lab home has one
embedded AWS with one state; every notebook and terminal of that home shares it.

  labkit up
  labkit --home /tmp/another-lab up
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``labkit up`` has no arguments of its own."""


def run(args: argparse.Namespace) -> int:
    """Start the embedded AWS where it does not run."""
    from labkit.embedded import client

    running = client.ensure()
    news = "is up" if running.started else "was up already"
    print(f"The embedded AWS {news} at {running.endpoint} (lab home {running.home}).")
    return 0
