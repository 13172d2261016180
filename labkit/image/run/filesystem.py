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

Whatever the layers say, the time is proportional to their entries: what a name on the way means is looked up once
(`_Tree.known`), and a directory of the current layer is searched once for what lower layers left in it (`_Tree.bared`).
What an image may take altogether stands in :mod:`labkit.image.run.limits`.
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from labkit.ground.files import disk_trouble, remove_tree
from labkit.image.format.archive import Blob, Member, members, opened
from labkit.image.format.errors import DiskError, LayerError
from labkit.image.run.limits import ENTRIES, LIMIT, Budget

_WHITEOUT, _OPAQUE, _RESERVED = ".wh.", ".wh..wh..opq", ".wh..wh."
_MAX_LINKS = 40  # as Linux
_SHOWN = 200  # letters of a name in a sentence
_MAX_WALKED = 2048  # parts of a name and of all links on its way: more than 4,096 bytes could name


def unpack(layers: Iterable[Blob], into: Path, limit: int = LIMIT, entries: int = ENTRIES) -> None:
    """Apply ``layers`` (bytes or files, lowest first, gzip or plain tar) to the empty or new directory ``into``.

    Raises :class:`LayerError` for a damaged layer or one that tries to leave ``into``, ``ImageTooLarge`` when files
    would take more than ``limit`` bytes, ``ImageTooComplex`` for more than ``entries`` entries or absurd depths, and
    :class:`DiskError` where the disk has no room or fails. What was written until then stays, for the caller to remove.
    """
    into.mkdir(parents=True, exist_ok=True)
    root = into.resolve()
    tree = _Tree(root, Budget(root, limit, entries))
    for layer in layers:
        tree.apply(layer)


def inside(root: Path, path: str) -> Path:
    """Return where the absolute path ``path`` of an image lies below its unpacked ``root``.

    Symbolic links are followed as in the container. Raises :class:`LayerError` for more than 40 links, or links that
    are absurdly long.
    """
    root = root.resolve()
    return _walked(root, root, _parts(path))


def _walked(root: Path, start: Path, parts: list[str]) -> Path:
    """Follow ``parts`` from ``start``, both below ``root``, as `inside` does; ``root`` has no links on its way."""
    found, waiting, links, walked = start, parts[::-1], 0, 0
    while waiting:
        part = waiting.pop()
        walked += 1
        if part == "..":
            found = found.parent if found != root else root
        elif (found / part).is_symlink():
            links += 1
            target = str((found / part).readlink()).replace(os.sep, "/")
            found = root if target.startswith("/") else found
            waiting += reversed(_parts(target))
        else:
            found = found / part
        if links > _MAX_LINKS or walked > _MAX_WALKED:
            raise LayerError(f"Too many symbolic links on the way to {'/'.join(parts)[:_SHOWN]!r}.")
    return found


def _parts(name: str) -> list[str]:
    """Split a POSIX name into parts, refusing what this operating system would read as more than one part."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    for part in parts:
        if "\0" in part or (os.sep != "/" and Path(part).name != part and part != ".."):
            raise LayerError(f"A layer has the name {name[:_SHOWN]!r}, which cannot be written here.")
    return parts


@dataclass
class _Tree:
    """The directory being filled, and what the current layer has brought to it.

    ``known`` has the real directory of each name that was asked for, until something on the way may have changed;
    ``fresh`` is what the current layer brought, ``bared`` the directories that have nothing of lower layers any more.
    """

    root: Path
    budget: Budget
    known: dict[str, Path] = field(default_factory=dict)
    fresh: set[Path] = field(default_factory=set)
    bared: set[Path] = field(default_factory=set)

    def apply(self, layer: Blob) -> None:
        self.fresh, self.bared = set(), set()
        with opened(layer) as stream:
            for member in members(self.budget.metered(stream)):
                self.budget.take(member.left)
                try:
                    self._place(member)
                except (OSError, ValueError) as error:
                    if trouble := disk_trouble(error):
                        raise DiskError(f"The image cannot be unpacked below {self.root}: {trouble}.") from error
                    name = member.info.name[:_SHOWN]
                    raise LayerError(f"A layer's {name!r} cannot be written: {error}.") from error

    def _place(self, member: Member) -> None:
        parts = self._named(member.info.name, "A layer")
        if not parts:
            return
        parent, name = self._directory(parts[:-1]), parts[-1]
        if name.startswith(_WHITEOUT):
            self._whiteout(parent, name)
        elif write := _WRITERS.get(member.info.type):
            self._mark(parent / name)
            write(self, member, parent / name)

    def _named(self, name: str, what: str) -> list[str]:
        """Return the parts of an entry's name, which may neither leave the image nor be absurdly deep."""
        parts = _parts(name)
        if ".." in parts:
            raise LayerError(f"{what} tries to leave the image: {name[:_SHOWN]!r}.")
        self.budget.deep(name, len(parts) - 1)
        return parts

    def _mark(self, path: Path) -> None:
        while path != self.root and path not in self.fresh:
            self.fresh.add(path)
            path = path.parent

    def _directory(self, parts: list[str]) -> Path:
        """Return the real directory of a name below the root, made where it is missing."""
        path, name = self.root, "/".join(parts)
        if (found := self.known.get(name)) is not None:
            return found
        for end, part in enumerate(parts, 1):
            name = "/".join(parts[:end])
            if (found := self.known.get(name)) is None:
                found = self._made(_walked(self.root, path, [part]))
                self.known[name] = found
            path = found
        return path

    def _made(self, directory: Path) -> Path:
        """Make a directory, and those that it is in, where they are missing; each counts as an entry."""
        missing, path = [], directory
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for each in reversed(missing):
            self.budget.take(0)
            self.budget.deep(str(each), len(each.parts) - len(self.root.parts))
            self._make(each)
        return directory

    def _make(self, path: Path) -> None:
        if path.is_symlink() or not path.is_dir():
            self._clear(path)
            path.mkdir(mode=0o755)

    def _clear(self, path: Path) -> None:
        """Remove what stands at ``path``, if anything does."""
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
            self.known.clear()
        remove_tree(path)

    def _whiteout(self, parent: Path, name: str) -> None:
        if name == _OPAQUE:
            self._bare(parent)
        elif not name.startswith(_RESERVED) and (hidden := name.removeprefix(_WHITEOUT)) not in ("", ".", ".."):
            self._hide([parent / hidden])

    def _bare(self, directory: Path) -> None:
        """Remove what lower layers left in a directory."""
        if directory not in self.bared:
            self.bared.add(directory)
            self._hide(list(directory.iterdir()))

    def _hide(self, paths: list[Path]) -> None:
        """Remove what lower layers left at these paths and below."""
        for path in paths:  # it grows meanwhile
            if path not in self.fresh:
                self._clear(path)
            elif path not in self.bared and path.is_dir() and not path.is_symlink():
                self.bared.add(path)
                paths.extend(path.iterdir())

    def write_directory(self, member: Member, path: Path) -> None:
        self._make(path)
        path.chmod(0o700 | member.info.mode & 0o777)

    def write_file(self, member: Member, path: Path) -> None:
        self._clear(path)
        with path.open("xb") as file:
            for chunk in member.chunks():
                file.write(chunk)
        path.chmod(0o600 | member.info.mode & 0o777)

    def write_symlink(self, member: Member, path: Path) -> None:
        target = member.info.linkname
        if not target or "\0" in target:
            raise LayerError(f"A layer has a symbolic link without a target: {member.info.name[:_SHOWN]!r}.")
        home = () if target.startswith("/") else path.parent.relative_to(self.root).parts
        place = self.root.joinpath(*_clamped([*home, *_parts(target)]))
        self._clear(path)
        path.symlink_to(os.path.relpath(place, path.parent))

    def write_hardlink(self, member: Member, path: Path) -> None:
        name = member.info.linkname
        parts = self._named(name, "A layer's hard link")
        if not parts:
            raise LayerError("A layer has a hard link to the image's root.")
        known = self.known.get("/".join(parts[:-1]))
        source = (known or _walked(self.root, self.root, parts[:-1])) / parts[-1]
        if source == path:
            return
        if source.is_symlink():
            raise LayerError(f"A layer has a hard link to a symbolic link: {name[:_SHOWN]!r}.")
        self._clear(path)
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
        if part != "..":
            kept.append(part)
        elif kept:
            kept.pop()
    return kept
