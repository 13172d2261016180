"""The build context: which files of a folder a COPY may take, and in what shape they get into an image.

A name in COPY never leads out of the folder, not with ``..`` and not through a symbolic link. ``.dockerignore`` hides
files as Docker does (Docker manual, "Build context"): the last pattern that matches decides, ``!`` shows again.

What git does not keep is not taken from the machine either: a file is 0755 when it is executable and 0644 when it is
not, so that another umask does not make another image.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from labkit.errors import DockerfileError

_WILDCARD = re.compile(r"[*?\[]")
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[\^?[^\]]+\]|\\.|.", re.DOTALL)
_TOKENS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class BuildContext:
    """The folder ``root`` as the source of COPY and ADD."""

    root: Path

    def select(self, pattern: str) -> list[str]:
        """Return the names (relative, with slashes) that a source in COPY means, sorted.

        Raises :class:`DockerfileError` when there is none, when it is hidden, and when it leads out of the folder.
        """
        name = _clean(pattern)
        if _WILDCARD.search(name):
            wanted = _matcher(name)
            found = [path for path in self.walk("") if wanted.fullmatch(path)]
        else:
            found = [name] if name and not self.hidden(name) and self.path(name).exists() else [] if name else [""]
        if not found:
            raise DockerfileError(self._nothing(pattern, name))
        return sorted(found)

    def path(self, name: str) -> Path:
        """Return the real path of ``name``. Raises :class:`DockerfileError` when it is outside of the folder."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise DockerfileError(f"{name} leads out of the build context {self.root}; copy the file into it.")
        return path

    def walk(self, name: str) -> Iterator[str]:
        """Yield what is below the directory ``name``, hidden files left out, links not followed."""
        for entry in sorted(os.scandir(self.path(name)), key=lambda entry: entry.name):
            path = f"{name}/{entry.name}" if name else entry.name
            hidden = self.hidden(path)
            if not hidden:
                yield path
            if entry.is_dir(follow_symlinks=False) and not (hidden and self._hides_for_good):
                yield from self.walk(path)

    def hidden(self, name: str) -> bool:
        """Tell whether ``.dockerignore`` hides ``name``, itself or with a directory above it."""
        hidden = False
        names = [name, *(str(parent) for parent in PurePosixPath(name).parents if parent.name)]
        for shows, pattern in self._ignored:
            if any(pattern.fullmatch(candidate) for candidate in names):
                hidden = not shows
        return hidden

    @cached_property
    def _ignored(self) -> list[tuple[bool, re.Pattern[str]]]:
        file = self.root / ".dockerignore"
        if not file.is_file():
            return []
        lines = (
            line.strip()
            for line in file.read_text("utf-8-sig", "surrogateescape").splitlines()
            if not line.startswith("#")
        )
        patterns = ((line.startswith("!"), line.removeprefix("!").strip().strip("/")) for line in lines if line)
        return [(shows, _matcher(str(PurePosixPath(name)))) for shows, name in patterns if name]

    @property
    def _hides_for_good(self) -> bool:
        return not any(shows for shows, _ in self._ignored)

    def _nothing(self, pattern: str, name: str) -> str:
        if name and not _WILDCARD.search(name) and self.path(name).exists():
            return f"{pattern} is hidden by .dockerignore; take it out of there."
        return f"there is no {pattern} in the build context {self.root}; check the name or add the file."


def _clean(pattern: str) -> str:
    parts = [part for part in pattern.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts:
        raise DockerfileError(f"{pattern} leads out of the build context; copy the file into it.")
    return "/".join(parts)


def _matcher(pattern: str) -> re.Pattern[str]:
    """Return Go's ``filepath.Match`` pattern, with Docker's ``**``, as a regular expression."""
    try:
        return re.compile("".join(_regex(token[0]) for token in _TOKEN.finditer(pattern)), re.DOTALL)
    except re.error as error:
        raise DockerfileError(f"The pattern {pattern} is malformed: {error}.") from error


def _regex(token: str) -> str:
    if token in _TOKENS:
        return _TOKENS[token]
    if token.startswith("[") and len(token) > 2:
        return token
    return re.escape(token[1:] if token.startswith("\\") else token)
