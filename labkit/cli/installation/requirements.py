"""The packages of a lock file, and which of them are in ``.venv`` already.

A lock file names every package with its version, so nothing has to be resolved: groups of packages are installed one
after another, which shows how far it is, and what is there needs no second time after an interruption.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.ground import project
from labkit.ground.files import remove_tree

_GROUP = 12  # packages: few enough to see it move, many enough that starting the tool costs little
_NAMED = 4
_LIVE = {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}
"""boto3 and what it stands on."""


def wanted(lock: str) -> list[str]:
    """The lines of a lock, such as ``numpy==2.5.5 ; python_full_version >= '3.12'``."""
    text = Path(project.ROOT, project.FILES[lock]).read_text(encoding="utf-8")
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    return [line for line in lines if _name(line) in _LIVE] if lock == project.LIVE else lines


def groups(lock: str, site_packages: Path) -> Iterator[tuple[int, int, Sequence[str]]]:
    """The packages that are not there yet, in groups: how many lines of the lock come before, how many it has, and
    the lines of the group. A line for another system or Python is always among them; the tools leave it out.
    """
    lines = wanted(lock)
    there = _there(site_packages)
    missing = [line for line in lines if _release(line) not in there]
    before = len(lines) - len(missing)
    for start in range(0, len(missing), _GROUP):
        yield before + start, len(lines), missing[start : start + _GROUP]


def names(lines: Sequence[str]) -> str:
    """The packages of some lines, the first of them by name."""
    named = list(dict.fromkeys(map(_name, lines)))
    return ", ".join(named[:_NAMED]) + (f" and {len(named) - _NAMED} more" if len(named) > _NAMED else "")


def forget_unfinished(site_packages: Path) -> list[str]:
    """Take away the mark of every package that an interruption left incomplete, so that it is installed again.

    A package's RECORD lists its files with their sizes (Python Packaging User Guide, "Recording installed projects");
    pip and uv write it, or the file INSTALLER beside it, last. Returns the packages' names.
    """
    unfinished = [folder for folder in site_packages.glob("*.dist-info") if not _is_finished(folder)]
    for folder in unfinished:
        remove_tree(folder)
    return [folder.stem.partition("-")[0] for folder in unfinished]


def _is_finished(folder: Path) -> bool:
    if not (folder / "INSTALLER").is_file():
        return False
    try:
        with (folder / "RECORD").open(encoding="utf-8", newline="") as file:
            return all(_is_whole(folder.parent / path, size) for path, _, size in csv.reader(file))
    except (OSError, ValueError):
        return False


def _is_whole(path: Path, size: str) -> bool:
    if path.suffix == ".pyc":  # made after the package, and made again where it is missing
        return True
    return path.is_file() and (not size or path.stat().st_size == int(size))


def _there(site_packages: Path) -> set[str]:
    return {_normal(folder.stem.replace("-", "==")) for folder in site_packages.glob("*.dist-info")}


def _release(line: str) -> str:
    return _normal(line.partition(";")[0].strip())


def _name(line: str) -> str:
    return _release(line).partition("==")[0]


def _normal(release: str) -> str:
    """Name and version, the name as the index compares it (PEP 503)."""
    name, equals, version = release.partition("==")
    return re.sub(r"[-_.]+", "-", name).lower() + equals + version.lower()
