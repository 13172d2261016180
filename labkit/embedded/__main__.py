"""``python -m labkit.embedded --home DIR [--port N]``: serve one lab home until SIGTERM, SIGINT or a stop request.

With ``--ready-fd FD`` the process goes to the background at once and writes one line to that file descriptor when it
knows: ``ready`` or the sentence that says why not.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from labkit.errors import LabError


def main() -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded", description="The embedded AWS of one lab home.")
    parser.add_argument("--home", type=Path, required=True, help="the lab home")
    parser.add_argument(
        "--port", type=int, help="the port on 127.0.0.1 (default: that of the last start, or a free one)"
    )
    parser.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.ready_fd is not None:
        _go_to_background()
    return _serve(args)


def _go_to_background() -> None:
    """Let the starter go on, and belong to no terminal: its Ctrl-C is not ours."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _serve(args: argparse.Namespace) -> int:
    from labkit.embedded import server

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        server.run(args.home, args.port, lambda endpoint: _report(args.ready_fd, "ready", endpoint))
    except LabError as error:
        _report(args.ready_fd, str(error), str(error))
        return error.exit_code
    return 0


def _report(descriptor: int | None, line: str, text: str) -> None:
    if descriptor is None:
        print(text, file=sys.stderr, flush=True)
        return
    os.write(descriptor, line.encode() + b"\n")
    os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
