"""The folder of the project, and its ``.venv``: where they are, and whether ``.venv`` is complete.

It is when its stamp, written at the very end of an installation, equals what would be written now (Python version,
folder, requirements) and its Python runs. Every start asks this, so this module imports almost nothing.
"""

from __future__ import annotations

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
"""The folder that holds the package, the notebooks, the Dockerfile and the tests."""

IMAGE_FOLDER = os.path.join(ROOT, "lambda_image")
"""The folder of the article's Dockerfile and handler."""

HOME = os.path.join(ROOT, ".labkit")
"""The lab home where none is named."""

VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "labkit-complete.txt")


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


def inside() -> bool:
    """Whether this very Python is the one of a complete ``.venv``."""
    version = sys.version_info[:2]
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV) and _read_stamp() == stamp(version)


def stamped_version() -> tuple[int, int] | None:
    """The Python version on the stamp of ``.venv``, or None without a readable stamp."""
    words = _read_stamp().partition("\n")[0].split()
    if len(words) != 2 or words[0] != "python":
        return None
    major, _, minor = words[1].partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


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
