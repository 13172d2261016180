"""The files around a state, kept with a snapshot and brought back: blobs, and code whose image is not there any more.

Blobs never change, so that both sides have them as hard links, which take no room of their own and stay when the other
is deleted; where the disk knows no links they are copied. All are named by digest: what is there already is right.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.clock import SystemClock
from labkit.embedded.state.database import Database
from labkit.ground.files import discard, disk_trouble, sync_folder
from labkit.ground.home import Home
from labkit.image.format.errors import ManifestError
from labkit.image.format.manifest import parse

_NAMED = (
    "SELECT digest FROM image UNION SELECT digest FROM image_part UNION SELECT digest FROM layer "
    "UNION SELECT value FROM function, json_each(blobs) UNION SELECT value FROM function, json_each(running)"
)


def blobs_of(folder: Path) -> BlobStore:
    """The blobs of a snapshot's folder."""
    return BlobStore(folder, SystemClock().now)


def keep_files(home: Home, db: Database, into: Path) -> list[str]:
    """Keep what the state names and is there; returns the digests of the blobs."""
    ours, theirs = _blobs_of_lab(home), blobs_of(into)
    digests = sorted(row[0] for row in db.all(_NAMED) if row[0] in ours)
    for digest in digests:
        _link(ours.path(digest), theirs.path(digest))
    for row in db.all("SELECT DISTINCT ready FROM function WHERE ready IS NOT NULL"):
        name = row["ready"].removeprefix("sha256:")
        code = _code_of_lab(home) / name
        if code.is_dir() and not _can_be_unpacked(row["ready"], ours):
            shutil.copytree(code, into / "code" / name, symlinks=True)
    return digests


def _can_be_unpacked(digest: str, blobs: BlobStore) -> bool:
    try:
        manifest = parse(blobs.read(digest))
    except (OSError, ManifestError):
        return False
    return all(each.digest in blobs for each in (manifest.config, *manifest.layers))


def _link(source: Path, target: Path) -> None:
    """Let a file that never changes be there under a second name; copied where the disk knows no links."""
    if target.exists() and target.samefile(source):
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        _link_or_copy(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if disk_trouble(error):
            raise
        shutil.copyfile(source, target)


def bring_files(home: Home, folder: Path, digests: Sequence[str]) -> None:
    """Let the lab have the blobs of these digests and the code of a snapshot's folder again. Raises OSError."""
    ours, theirs = _blobs_of_lab(home), blobs_of(folder)
    for digest in digests:
        _link(theirs.path(digest), ours.path(digest))
    for parent in {ours.path(digest).parent for digest in digests}:
        sync_folder(parent)
    for code in (folder / "code").glob("*"):
        _bring_code(code, _code_of_lab(home) / code.name)


def _bring_code(source: Path, target: Path) -> None:
    if target.exists():
        return
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        shutil.copytree(source, temporary, symlinks=True)
        temporary.rename(target)
    finally:
        discard(temporary)


def _blobs_of_lab(home: Home) -> BlobStore:
    return blobs_of(home.embedded / "images")


def _code_of_lab(home: Home) -> Path:
    return home.embedded / "functions" / "code"
