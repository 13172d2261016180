"""``python -m labkit.embedded --home DIR [--port N]``: serve one lab home until SIGTERM, SIGINT or a stop request.

With ``--detached`` it writes one line to its standard output when it knows, ``ready`` or the sentence that says why
not, and lets go of it then.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from labkit.errors import LabError


def main() -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded", description="The embedded AWS of one lab home.")
    parser.add_argument("--home", type=Path, required=True, help="the lab home")
    parser.add_argument(
        "--port", type=int, help="the port on 127.0.0.1 (default: that of the last start, or a free one)"
    )
    parser.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
    return _serve(parser.parse_args())


def _serve(args: argparse.Namespace) -> int:
    from labkit.embedded.http import server
    from labkit.embedded.state import log
    from labkit.embedded.state.runtime import READY
    from labkit.ground.home import Home
    from labkit.image.run import orphans

    orphans.adopt()
    if args.detached:
        log.write_to(Home(args.home).log)
    else:
        log.write_to_terminal()
    try:
        server.run(args.home, args.port, lambda endpoint: _report(args.detached, READY, endpoint))
    except LabError as error:
        _report(args.detached, str(error), str(error))
        return error.exit_code
    return 0


def _report(detached: bool, line: str, text: str) -> None:
    if not detached:
        print(text, file=sys.stderr, flush=True)
        return
    with suppress(OSError):  # the starter has gone
        print(line, flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
