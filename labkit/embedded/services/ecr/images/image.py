"""What an image is to the store: which repository it is in, what it is made of, and whether it can be pulled.

An image has a storage class. One in the archive is listed and described and cannot be pulled; it is restored by a call,
which takes up to 20 minutes, or by pushing it again (Amazon ECR User Guide, "Archiving an image").
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from labkit.embedded.state.clock import read_stored
from labkit.iam.arn import RegistryHost

ACTIVE, ARCHIVED, ACTIVATING = "ACTIVE", "ARCHIVED", "ACTIVATING"
"""The states of an image, as ECR names them."""


class RepositoryKey(NamedTuple):
    """Which repository: the account and region that it lives in, and its name."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The repository's ARN."""
        return RegistryHost(self.account, self.region).repository_arn(self.name)


@dataclass(frozen=True)
class StoredImage:
    """One image of a repository.

    ``size`` is what ECR shows: the bytes of its layers as they were pushed, whatever the manifest says of them (docker
    has pushed wrong sizes, and CNCF's registry takes them). ``blobs`` are the digests of its configuration and layers,
    ``children`` the images that an index names, ``artifact`` the media type of the configuration. ``archived_at`` and
    ``activated_at`` say when it was last archived and restored, ``pulled_at`` when a pull was last recorded.
    """

    digest: str
    media_type: str
    size: int
    pushed_at: datetime
    blobs: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    artifact: str | None = None
    status: str = ACTIVE
    archived_at: datetime | None = None
    activated_at: datetime | None = None
    pulled_at: datetime | None = None

    @property
    def pullable(self) -> bool:
        """Whether it can be pulled: it is neither in the archive nor on its way from there."""
        return self.status == ACTIVE


def image_of(row: sqlite3.Row, now: datetime) -> StoredImage:
    """The image of a row, with ``blobs`` and ``children`` as JSON lists, as it is at this moment."""
    restored = _moment(row["activated"])
    status = row["status"]
    if status == ACTIVATING and restored and restored <= now:
        status = ACTIVE
    return StoredImage(
        row["digest"],
        row["media_type"],
        row["size"],
        read_stored(row["pushed"]),
        tuple(json.loads(row["blobs"])),
        tuple(json.loads(row["children"])),
        row["artifact"],
        status,
        _moment(row["archived"]),
        None if status == ACTIVATING else restored,
        _moment(row["last_pulled"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else read_stored(text)
