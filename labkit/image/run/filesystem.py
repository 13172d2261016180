"""From layers to a directory: what a container runtime does before it starts an image, without one.

Layers are applied in order. A whiteout (``.wh.NAME``) removes what lower layers put there, an opaque marker
(``.wh..wh..opq``) all that lower layers put into its directory; neither touches what its own layer brings (OCI Image
Specification, "Image Layer Filesystem Changeset").

Nothing leaves the directory. Every name is walked part by part below the root, symbolic links on the way are followed
as inside a container, with the root as ``/``, and each link is written so that the host resolves it to the same place
inside: its target is made relative and cannot climb above the root. Since every link is safe when it is written and
directories do not move, every path through links stays inside. Files are always new: a link that stands in the way is
removed, never written through. Devices and pipes are left out, as Lambda has its own ``/dev``; owners, times and
set-uid bits are not kept, since the lab runs the function as whoever runs the lab.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labkit.image.format.archive import Blob, Member, members, opened
from labkit.image.format.errors import ImageTooLarge, LayerError

LIMIT = 10 * 1024**3
"""Lambda's quota for an uncompressed image in bytes (Lambda quotas, "Container image code package size")."""

_WHITEOUT, _OPAQUE, _RESERVED = ".wh.", ".wh..wh..opq", ".wh..wh."
_MAX_LINKS = 40  # as Linux


def unpack(layers: Iterable[Blob], into: Path, limit: int = LIMIT) -> None:
    """Apply ``layers`` (bytes or files, lowest first, gzip or plain tar) to the empty or new directory ``into``.

    Raises :class:`LayerError` for a damaged layer or one that tries to leave ``into``, and :class:`ImageTooLarge`
    when files would take more than ``limit`` bytes. What was written until then stays, for the caller to remove.
    """
    into.mkdir(parents=True, exist_ok=True)
    tree = _Tree(into.resolve(), limit)
    for layer in layers:
        tree.apply(layer)


def inside(root: Path, path: str) -> Path:
    """Return where the absolute path ``path`` of an image lies below its unpacked ``root``.

    Symbolic links are followed as in the container. Raises :class:`LayerError` for more than 40 links.
    """
    root = root.resolve()
    found, waiting, links = root, list(reversed(_parts(path))), 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            found = found.parent if found != root else root
        elif (found / part).is_symlink():
            links += 1
            target = str((found / part).readlink()).replace(os.sep, "/")
            if links > _MAX_LINKS:
                raise LayerError(f"Too many symbolic links on the way to {path!r}.")
            found = root if target.startswith("/") else found
            waiting += reversed(_parts(target))
        else:
            found = found / part
    return found


def _parts(name: str) -> list[str]:
    """Split a POSIX name into parts, refusing what this operating system would read as more than one part."""
    parts = [part for part in PurePosixPath(name).parts if part != "/" and not part.startswith("//")]
    for part in parts:
        if "\0" in part or (Path(part).name != part and part != ".."):
            raise LayerError(f"A layer has the name {name!r}, which cannot be written here.")
    return parts


@dataclass
class _Tree:
    """The directory being filled, and what the current layer has brought to it."""

    root: Path
    limit: int
    written: int = 0
    fresh: set[Path] = field(default_factory=set)

    def apply(self, layer: Blob) -> None:
        self.fresh = set()
        with opened(layer) as stream:
            for member in members(stream):
                try:
                    self._place(member)
                except (OSError, ValueError) as error:
                    raise LayerError(f"A layer's {member.info.name!r} cannot be written: {error}.") from error

    def _place(self, member: Member) -> None:
        parts = _parts(member.info.name)
        if ".." in parts:
            raise LayerError(f"A layer tries to leave the image: {member.info.name!r}.")
        if not parts:
            return
        parent, name = self._directory(parts[:-1]), parts[-1]
        if name.startswith(_WHITEOUT):
            self._whiteout(parent, name)
        elif write := _WRITERS.get(member.info.type):
            self._mark(parent / name)
            write(self, member, parent / name)

    def _mark(self, path: Path) -> None:
        while path != self.root and path not in self.fresh:
            self.fresh.add(path)
            path = path.parent

    def _directory(self, parts: list[str]) -> Path:
        """Return the real directory of a name below the root, made where it is missing."""
        path = inside(self.root, "/".join(parts))
        if not path.is_dir():
            for ancestor in [*reversed(path.relative_to(self.root).parents), path.relative_to(self.root)]:
                self._make(self.root / ancestor)
        return path

    def _make(self, path: Path) -> None:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            path.mkdir(mode=0o755)

    def _whiteout(self, parent: Path, name: str) -> None:
        if name == _OPAQUE:
            for child in list(parent.iterdir()):
                self._hide(child)
        elif not name.startswith(_RESERVED) and (hidden := name.removeprefix(_WHITEOUT)) not in ("", ".", ".."):
            self._hide(parent / hidden)

    def _hide(self, path: Path) -> None:
        """Remove what lower layers left at ``path``."""
        if path not in self.fresh:
            _remove(path)
        elif path.is_dir() and not path.is_symlink():
            for child in list(path.iterdir()):
                self._hide(child)

    def write_directory(self, member: Member, path: Path) -> None:
        self._make(path)
        path.chmod(0o700 | member.info.mode & 0o777)

    def write_file(self, member: Member, path: Path) -> None:
        _remove(path)
        with path.open("xb") as file:
            for chunk in member.chunks():
                self.written += len(chunk)
                if self.written > self.limit:
                    raise ImageTooLarge(self.limit)
                file.write(chunk)
        path.chmod(0o600 | member.info.mode & 0o777)

    def write_symlink(self, member: Member, path: Path) -> None:
        target = member.info.linkname
        if not target or "\0" in target:
            raise LayerError(f"A layer has a symbolic link without a target: {member.info.name!r}.")
        home = () if target.startswith("/") else path.parent.relative_to(self.root).parts
        place = self.root.joinpath(*_clamped([*home, *_parts(target)]))
        _remove(path)
        path.symlink_to(os.path.relpath(place, path.parent))

    def write_hardlink(self, member: Member, path: Path) -> None:
        parts = _parts(member.info.linkname)
        if ".." in parts or not parts:
            raise LayerError(f"A layer's hard link tries to leave the image: {member.info.linkname!r}.")
        source = inside(self.root, "/".join(parts[:-1])) / parts[-1]
        if source == path:
            return
        if source.is_symlink():
            raise LayerError(f"A layer has a hard link to a symbolic link: {member.info.linkname!r}.")
        _remove(path)
        path.hardlink_to(source)


_WRITERS = {
    tarfile.DIRTYPE: _Tree.write_directory,
    tarfile.REGTYPE: _Tree.write_file,
    tarfile.AREGTYPE: _Tree.write_file,
    tarfile.SYMTYPE: _Tree.write_symlink,
    tarfile.LNKTYPE: _Tree.write_hardlink,
}


def _clamped(parts: list[str]) -> list[str]:
    """Resolve ``..`` as a container does, where the parent of the root is the root."""
    kept: list[str] = []
    for part in parts:
        if part == "..":
            kept = kept[:-1]
        else:
            kept.append(part)
    return kept


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
