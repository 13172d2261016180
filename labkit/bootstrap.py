"""From whatever Python started the lab to the Python of the project's ``.venv``.

Every start goes through here, so this module imports almost nothing and answers one question: is ``.venv``
complete? It is when its stamp, written at the very end of an installation, equals what would be written
now (folder, requirements) and its Python runs. Then the lab runs itself again in there, or, when it already is
in there, goes on to the command line. Otherwise :mod:`labkit.cli.installation` makes ``.venv`` first.

``LABKIT_NO_VENV=1`` runs the lab with the Python that started it, for places where the requirements are already
installed (a container, Binder).

Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "labkit-complete.txt")

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


def venv_python() -> str:
    """The path of the Python inside ``.venv``, whether it exists or not."""
    return os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else VENV + "/bin/python"


def stamp(version: tuple[int, int]) -> str:
    """What a complete ``.venv`` with Python ``version`` is stamped with: version, folder, requirements."""
    with open(os.path.join(ROOT, "requirements.txt"), encoding="utf-8") as requirements:
        return f"python {version[0]}.{version[1]}\nfolder {ROOT}\n{requirements.read()}"


def complete() -> bool:
    """Whether ``.venv`` is whole, up to date and has a Python that runs."""
    version = stamped_version()
    return version is not None and _read_stamp() == stamp(version) and _runs(version)


def stamped_version() -> tuple[int, int] | None:
    """The Python version on the stamp of ``.venv``, or None without a readable stamp."""
    words = _read_stamp().partition("\n")[0].split()
    if len(words) != 2 or words[0] != "python":
        return None
    major, _, minor = words[1].partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _main(argv: Sequence[str]) -> int:
    restarted = os.environ.pop(_RESTARTED, "")
    if os.environ.get("LABKIT_NO_VENV") == "1" or _inside():
        return _command_line(argv)
    if restarted:
        from labkit.errors import LabError

        raise LabError(f"the Python in {VENV} does not see its own environment; delete that folder and start again.")
    if not complete():
        if not argv or not _WITHOUT_INSTALLATION.isdisjoint(argv):
            return _command_line(argv)
        from labkit.cli import installation

        installation.install()
    return _restart(argv)


def _inside() -> bool:
    """Whether this very Python is the one of a complete ``.venv``."""
    version = sys.version_info[:2]
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV) and _read_stamp() == stamp(version)


def _command_line(argv: Sequence[str]) -> int:
    from labkit.cli.main import main as command_line

    return command_line(argv)


def _read_stamp() -> str:
    try:
        with open(STAMP, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _runs(version: tuple[int, int]) -> bool:
    """Whether the Python in ``.venv`` starts and has this version (about 10 ms; no ``subprocess`` import)."""
    check = f"import sys; sys.exit(sys.version_info[:2] != {version})"
    arguments = [venv_python(), "-I", "-S", "-c", check]
    try:
        if os.name == "nt":
            import subprocess

            return subprocess.call(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
        silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
        child = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=silent)
        return os.waitpid(child, 0)[1] == 0
    except OSError:
        return False


def _restart(argv: Sequence[str]) -> int:
    """Run the same command with the Python of ``.venv``; on POSIX this process becomes that one."""
    os.environ[_RESTARTED] = "1"
    arguments = [venv_python(), "-m", "labkit", *argv]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(arguments[0], arguments)  # noqa: S606
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child gets Ctrl-C as well and decides what it means
    return subprocess.call(arguments)
