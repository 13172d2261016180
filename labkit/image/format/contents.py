"""What is where in an image, without unpacking it: the paths of its layers, and of what type each is.

COPY must know which directories a base has, or ``COPY lambda_function.py /var/task`` would make a file ``task``. Names
are read from the layers' headers, whiteouts applied (OCI Image Specification, "Image Layer Filesystem Changeset").
"""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterable

from labkit.image.format.archive import Blob, members, opened

_WHITEOUT, _OPAQUE, _RESERVED = ".wh.", ".wh..wh..opq", ".wh..wh."


def contents(layers: Iterable[Blob]) -> dict[str, bytes]:
    """Return the :mod:`tarfile` type of every path in ``layers``, lowest first; paths have no leading slash.

    Raises :class:`~labkit.image.format.errors.LayerError` for a damaged layer.
    """
    tree: dict[str, bytes] = {}
    for layer in layers:
        found, hidden = _read(layer)
        if hidden:
            tree = {path: kind for path, kind in tree.items() if not _is_hidden(path, hidden)}
        tree |= found
    return {**_folders(tree), **tree}


def _read(layer: Blob) -> tuple[dict[str, bytes], set[str]]:
    """Return what a layer brings, and what it hides: paths, with a slash at the end where only what is below."""
    found: dict[str, bytes] = {}
    hidden: set[str] = set()
    with opened(layer) as stream:
        for member in members(stream):
            path = posixpath.normpath("/" + member.info.name).lstrip("/")
            folder, name = posixpath.split(path)
            if name == _OPAQUE:
                hidden.add(folder + "/")
            elif name.startswith(_WHITEOUT) and not name.startswith(_RESERVED):
                hidden.add(posixpath.join(folder, name.removeprefix(_WHITEOUT)))
            elif path and not name.startswith(_RESERVED):
                found[path] = member.info.type
    return found, hidden


def _folders(paths: Iterable[str]) -> dict[str, bytes]:
    """Return the directories above ``paths``: some archives do not list them."""
    folders: dict[str, bytes] = {}
    for path in paths:
        while (path := posixpath.dirname(path)) and path not in folders:
            folders[path] = tarfile.DIRTYPE
    return folders


def _is_hidden(path: str, hidden: set[str]) -> bool:
    if path in hidden or "/" in hidden:
        return True
    above = posixpath.dirname(path)
    while above:
        if above in hidden or above + "/" in hidden:
            return True
        above = posixpath.dirname(above)
    return False
