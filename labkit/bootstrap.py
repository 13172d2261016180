"""From whatever Python started the lab to one that has what the command needs.

Every start goes through here, and the table of commands (`labkit.cli.table`) says what each needs. What needs nothing
runs at once, in the Python that was typed: another one would only cost the time of starting it. For the others it
depends on where labkit is (`labkit.ground.project`):

    in a checkout   in ``.venv``, where the lab runs itself again; :mod:`labkit.cli.installation` makes or completes it
    installed       in the Python it was installed into; where packages are missing, the extra that brings them is named

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
_FOR_EXTRA = {
    project.LIVE: ("boto3",),
    project.LAB: ("boto3", "jupyterlab", "ipywidgets", "docker", "psutil", "rich"),
}
"""Packages by which one sees whether an extra of the installed labkit is there."""


def command() -> int:
    """The program ``labkit`` of an installed package; the exit code."""
    return main(sys.argv[1:])


def main(argv: Sequence[str]) -> int:
    """Run the command line ``argv`` where it has what it needs; the exit code."""
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
    from labkit.cli.table import LIVE_IF_THERE, NOTHING, need_of

    restarted = os.environ.pop(_RESTARTED, "")
    need = need_of(argv)
    if need == LIVE_IF_THERE:
        need = project.LIVE if not project.INSTALLED and project.complete(project.LIVE) else NOTHING
    if need == NOTHING or os.environ.get("LABKIT_NO_VENV") == "1":
        return _command_line(argv)
    if project.INSTALLED:
        _require(need)
        return _command_line(argv)
    if project.inside(need):
        return _command_line(argv)
    if restarted:
        from labkit.errors import LabError

        raise LabError(
            f"the Python in {project.VENV} does not see its own environment; delete that folder and start again."
        )
    if not project.complete(need):
        from labkit.cli import installation

        installation.install(need)
    return _restart(argv)


def _require(need: str) -> None:
    """Raises LabError, with what to install, where an installed labkit lacks what is needed."""
    from importlib.util import find_spec

    from labkit.errors import LabError

    if need not in _FOR_EXTRA:
        raise LabError("the checks of the project are not in this package; run them in a checkout of it.")
    if not all(map(find_spec, _FOR_EXTRA[need])):
        raise LabError(
            f"this command needs packages that are not here; install them with: pip install 'labkit[{need}]'"
        )


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
