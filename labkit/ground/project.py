"""Where labkit is: in a checkout with a ``.venv`` of its own, or installed as a package; and what ``.venv`` has.

In a checkout the notebooks, ``lambda_image`` and the lab home lie beside the package, and labkit makes ``.venv``. From
a wheel the first two come as data inside the package, the lab home is in the user's own folder, and nothing is made.

What is installed into ``.venv`` comes from lock files, each for a need (`FILES`). Each leaves a stamp at the very end
of its installation, so that one never undoes the other: it counts as long as it equals what would be written now
(Python version, folder, content of the file). Every start asks this, so this module imports almost nothing.
"""

from __future__ import annotations

import os
import sys

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_DATA = os.path.join(_PACKAGE, "data")

ROOT = os.path.dirname(_PACKAGE)
"""The folder that holds the package; in a checkout also the notebooks, the Dockerfile and the tests."""

INSTALLED = os.path.isdir(_DATA)
"""Whether this labkit comes from a wheel, which brings its data along; else it is a checkout."""

CONTENT = _DATA if INSTALLED else ROOT
"""The folder that holds ``notebooks`` and ``lambda_image``; only in a checkout may anything be written there."""

IMAGE_FOLDER = os.path.join(CONTENT, "lambda_image")
"""The folder of the article's Dockerfile and handler."""

HOME = os.path.expanduser("~/.local/state/labkit") if INSTALLED else os.path.join(ROOT, ".labkit")
"""The lab home where none is named."""

VENV = os.path.join(ROOT, ".venv")

LIVE, LAB, CHECKS, SLOW_CHECKS = "live", "lab", "checks", "slow-checks"
"""What a command may need: boto3; the whole lab; what the project's checks need; what slow tests need in addition."""

FILES = {
    LIVE: "requirements.txt",
    LAB: "requirements.txt",
    CHECKS: "tests/requirements.txt",
    SLOW_CHECKS: "tests/requirements-slow.txt",
}
"""The lock file of each need, below `ROOT`."""

_LOCKS = {LIVE: (LIVE,), LAB: (LAB,), CHECKS: (LAB, CHECKS), SLOW_CHECKS: (LAB, CHECKS, SLOW_CHECKS)}


def venv_python() -> str:
    """The path of the Python inside ``.venv``, whether it exists or not."""
    return os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else VENV + "/bin/python"


def stamp_path(lock: str) -> str:
    """The file that says that the ``lock``, one of `FILES`, is installed."""
    return os.path.join(VENV, f"labkit-has-{lock}.txt")


def stamp(lock: str, version: tuple[int, int]) -> str:
    """What a complete ``lock`` is stamped with in a Python of this ``version``: version, folder, requirements."""
    with open(os.path.join(ROOT, FILES[lock]), encoding="utf-8") as requirements:
        return f"python {version[0]}.{version[1]}\nfolder {ROOT}\n{requirements.read()}"


def missing(need: str) -> list[str]:
    """The locks that have to be installed for ``need``, in order; empty where all are. Asks the stamps alone."""
    return [lock for lock in _LOCKS[need] if not any(map(_is_stamped, (lock, LAB) if lock == LIVE else (lock,)))]


def complete(need: str) -> bool:
    """Whether ``.venv`` has all that ``need`` asks for, up to date, and a Python that runs."""
    version = stamped_version()
    return version is not None and not missing(need) and _runs(version)


def inside(need: str) -> bool:
    """Whether this very Python is the one of a ``.venv`` that is complete for ``need``."""
    is_venv = os.path.realpath(sys.prefix) == os.path.realpath(VENV)
    return is_venv and stamped_version() == sys.version_info[:2] and not missing(need)


def stamped_version() -> tuple[int, int] | None:
    """The Python version on the first readable stamp of ``.venv``, or None without one."""
    for lock in FILES:
        words = read_stamp(lock).partition("\n")[0].split()
        if len(words) == 2 and words[0] == "python":
            major, _, minor = words[1].partition(".")
            if major.isdigit() and minor.isdigit():
                return int(major), int(minor)
    return None


def _is_stamped(lock: str) -> bool:
    version = stamped_version()
    return version is not None and read_stamp(lock) == stamp(lock, version)


def read_stamp(lock: str) -> str:
    """What the stamp of a lock says; empty where there is none."""
    try:
        with open(stamp_path(lock), encoding="utf-8") as file:
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
