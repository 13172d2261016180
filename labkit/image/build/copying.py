"""COPY and ADD: from names in a Dockerfile to the entries of a layer (Dockerfile reference, "COPY").

Whether ``COPY file /var/task`` makes a file ``/var/task`` or one inside it depends on what is there already, so these
functions are told the tree: the paths of the image so far with their tarfile type.
"""

from __future__ import annotations

import posixpath
import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labkit.errors import DockerfileError
from labkit.image.build.build_context import BuildContext
from labkit.image.build.dockerfile import Instruction
from labkit.image.build.layer import Entry, directory, file, link

_REMOTE = re.compile(r"(?:https?|git|ssh|ftp)://|git@")
_OWNER = re.compile(r"(root|\d+)(?::(root|\d+))?")
_ARCHIVE = re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|.{257}ustar", re.DOTALL)


@dataclass(frozen=True)
class CopyRequest:
    """One COPY or ADD: its sources, its destination as written, and that as a path in the image."""

    instruction: Instruction
    sources: list[str]
    destination: str
    path: str

    @property
    def owner(self) -> tuple[int, int]:
        """Return the numbers that --chown names; only root has a name, as there is no /etc/passwd to ask."""
        text = self.instruction.flags.get("chown", "0:0")
        match = _OWNER.fullmatch(text)
        if not match:
            raise DockerfileError(f"--chown={text} needs a Docker engine; use numbers.")
        user = int(match[1].replace("root", "0"))
        return user, int((match[2] or str(user)).replace("root", "0"))

    @property
    def mode(self) -> int | None:
        """Return the mode that --chmod asks for, or None to keep each file's own."""
        text = self.instruction.flags.get("chmod")
        if text is None:
            return None
        if not re.fullmatch(r"[0-7]{3,4}", text):
            raise DockerfileError(f"--chmod={text} is not a mode such as 755; write it as a number.")
        return int(text, 8)


def entries(request: CopyRequest, context: BuildContext, tree: Mapping[str, bytes]) -> list[Entry]:
    """Return what the instruction puts into the image. Raises :class:`DockerfileError` when it cannot."""
    instruction = request.instruction
    if not request.sources:
        raise instruction.error("needs a source and a destination; complete the line.")
    try:
        found = _found(request, context, tree)
    except DockerfileError as error:
        raise instruction.error(f"{instruction.text}: {error}") from None
    except OSError as error:
        raise instruction.error(f"cannot read {error.filename}: {error.strerror}.") from error
    check_way(instruction, (way for path in found for way in parents(path)), tree)
    return list(found.values())


def parents(path: str) -> list[str]:
    """Return the directories above ``path``, topmost first, as paths without a leading slash."""
    return [str(parent) for parent in reversed(PurePosixPath(path).parents) if parent.name]


def check_way(instruction: Instruction, way: Iterable[str], tree: Mapping[str, bytes]) -> None:
    """Raise :class:`DockerfileError` when something that is not a directory stands in the way."""
    for path in way:
        if tree.get(path, tarfile.DIRTYPE) != tarfile.DIRTYPE:
            raise instruction.error(f"goes through /{path}, which is not a folder in the image; choose another one.")


def _found(request: CopyRequest, context: BuildContext, tree: Mapping[str, bytes]) -> dict[str, Entry]:
    names = [name for source in request.sources for name in _select(request, source, context)]
    folder = posixpath.basename(request.destination) in ("", ".", "..")
    into = folder or not request.path or tree.get(request.path) == tarfile.DIRTYPE
    if len(names) > 1 and not into:
        raise DockerfileError(f"with several sources {request.destination} must be a folder; end it with /.")
    found = {entry.path: entry for name in names for entry in _one(request, name, into, context)}
    if tree.get(request.path) == tarfile.DIRTYPE:
        found.pop(request.path, None)  # a folder that is there keeps its mode and owner
    return found


def _select(request: CopyRequest, source: str, context: BuildContext) -> list[str]:
    if _REMOTE.match(source):
        raise DockerfileError("taking it from the network needs a Docker engine; download it into the build context.")
    return context.select(source)


def _one(request: CopyRequest, name: str, into: bool, context: BuildContext) -> list[Entry]:
    """Return the entries of one source: a file by its name or the destination's, a directory's contents."""
    path = context.path(name)
    if not path.is_dir():
        target = posixpath.join(request.path, posixpath.basename(name)) if into else request.path
        return [_entry(request, path, target)]
    below = [(context.root / found, found.removeprefix(name).lstrip("/")) for found in context.walk(name)]
    top = [_entry(request, path, request.path)] if request.path else []
    return top + [_entry(request, found, posixpath.join(request.path, rest)) for found, rest in below]


def _entry(request: CopyRequest, path: Path, target: str) -> Entry:
    owner, mode = request.owner, request.mode
    if path.is_symlink():
        return link(target, path.readlink().as_posix(), owner)
    if path.is_dir():
        return directory(target, mode or 0o755, owner)
    if not path.is_file():
        raise DockerfileError(f"{path.name} is neither a file nor a folder; leave it out.")
    content = path.read_bytes()
    if request.instruction.name == "ADD" and _ARCHIVE.match(content):
        raise DockerfileError(f"ADD would unpack {path.name}, which needs a Docker engine; use COPY.")
    executable = path.stat().st_mode & 0o111
    return file(target, content, mode if mode is not None else 0o755 if executable else 0o644, owner)
