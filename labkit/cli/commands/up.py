"""Start the embedded AWS if it is not up, and say where it answers.

It is a process of its own that listens on this machine only and stays until `labkit down`. One lab home has one
embedded AWS with one state; every notebook and terminal of that home shares it.

A free port is taken at the first start and kept after it, so that clients go on working.

  labkit up
  labkit up --port 4566
  labkit --home /tmp/another-lab up
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit up``."""
    parser.add_argument("--port", type=int, help="the port to answer on (default: the last one, else a free one)")


def run(args: argparse.Namespace) -> int:
    """Start the embedded AWS where it does not run."""
    from labkit.embedded.process import client

    running = client.ensure(port=args.port)
    news = "is up" if running.started else "was up already"
    print(f"The embedded AWS {news} at {running.endpoint} (lab home {running.home}).")
    return 0
