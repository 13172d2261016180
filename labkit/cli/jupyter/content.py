"""The folder that JupyterLab serves: the checkout itself, or a copy that belongs to the reader.

An installed labkit has its notebooks among the packages of its Python, where nobody is to write. So ``labkit lab``
copies them into the lab home and opens them there. A newer labkit brings newer ones: they take the place of copies that
are as they were copied; what the reader has changed stays. To begin one anew, delete it: the next start copies it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from labkit.ground import project
from labkit.ground.files import write_atomically
from labkit.ground.home import Home

_COPIED = "copied.json"  # each file's digest when it was copied, by its path


def served(home: Home) -> Path:
    """The folder with ``notebooks`` in it, made or brought up to date where it is a copy. Raises OSError."""
    return up_to_date(Path(project.CONTENT), home.content) if project.INSTALLED else Path(project.CONTENT)


def up_to_date(source: Path, copy: Path) -> Path:
    """Bring ``copy`` up to date with ``source`` and return it; files that were changed in it stay as they are."""
    before = _copied(copy)
    after = {name: _digest(source / name) for name in _files(source)}
    for name, digest in after.items():
        target = copy / name
        there = _digest(target) if target.exists() else None
        if there in (None, before.get(name)) and there != digest:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, (source / name).read_bytes(), 0o644)
        elif there != digest:
            after[name] = before.get(name, "")
    write_atomically(copy / _COPIED, json.dumps(after, indent=1).encode(), 0o644)
    return copy


def _files(folder: Path) -> Iterator[str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return (path.relative_to(folder).as_posix() for path in found if "__pycache__" not in path.parts)


def _copied(copy: Path) -> Mapping[str, str]:
    """What was copied before; nothing where that cannot be told, so that every file that is there stays."""
    try:
        found = json.loads((copy / _COPIED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
