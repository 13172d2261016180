"""From whatever Python started the lab to the Python of the project's ``.venv``.

Every start goes through here. Where ``.venv`` is complete (`labkit.ground.project`), the lab runs itself again in
there, or, when it already is in there, goes on to the command line. Otherwise :mod:`labkit.cli.installation` makes
``.venv`` first.

``LABKIT_NO_VENV=1`` runs the lab with the Python that started it, for places where the requirements are already
installed (a container, Binder).

Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from labkit.ground import project

_RESTARTED = "LABKIT_RESTARTED"
_WITHOUT_INSTALLATION = {"-h", "--help", "--version"}


def main(argv: Sequence[str]) -> int:
    """Run the command line ``argv`` in the project's environment, making it first where needed; the exit code."""
    from labkit.errors import LabError

    try:
        return _main(argv)
    except LabError as error:
        print(f"labkit: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nlabkit: interrupted; the next start goes on from here.", file=sys.stderr)
        return 130


def _main(argv: Sequence[str]) -> int:
    restarted = os.environ.pop(_RESTARTED, "")
    if os.environ.get("LABKIT_NO_VENV") == "1" or project.inside():
        return _command_line(argv)
    if restarted:
        from labkit.errors import LabError

        raise LabError(
            f"the Python in {project.VENV} does not see its own environment; delete that folder and start again."
        )
    if not project.complete():
        if not argv or not _WITHOUT_INSTALLATION.isdisjoint(argv):
            return _command_line(argv)
        from labkit.cli import installation

        installation.install()
    return _restart(argv)


def _command_line(argv: Sequence[str]) -> int:
    from labkit.cli.main import main as command_line

    return command_line(argv)


def _restart(argv: Sequence[str]) -> int:
    """Run the same command with the Python of ``.venv``; on POSIX this process becomes that one."""
    os.environ[_RESTARTED] = "1"
    arguments = [project.venv_python(), "-m", "labkit", *argv]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(arguments[0], arguments)  # noqa: S606
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child gets Ctrl-C as well and decides what it means
    return subprocess.call(arguments)
