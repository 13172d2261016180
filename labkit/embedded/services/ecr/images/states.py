"""What is written down of an image when it is archived, restored or pulled. Each is part of the present write unit."""

from __future__ import annotations

from datetime import datetime, timedelta

from labkit.embedded.services.ecr.images.image import ACTIVATING, ACTIVE, ARCHIVED, RepositoryKey, StoredImage
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database

PULLS_NOTED = timedelta(hours=24)
"""ECR writes down at least once in so long that an image is pulled (API Reference, ImageDetail)."""


def archive(db: Database, key: RepositoryKey, digest: str, moment: datetime) -> None:
    """The image is in the archive from this moment on: it is there and cannot be pulled."""
    db.run(
        "UPDATE image SET status = ?, archived = ? WHERE repository = ? AND digest = ?",
        *(ARCHIVED, stored(moment), key.arn, digest),
    )


def restore(db: Database, key: RepositoryKey, digest: str, now: datetime, takes: timedelta = timedelta()) -> None:
    """The image comes back from the archive, and can be pulled once that has taken its time."""
    db.run(
        "UPDATE image SET status = ?, activated = ? WHERE repository = ? AND digest = ?",
        *(ACTIVATING if takes else ACTIVE, stored(now + takes), key.arn, digest),
    )


def note_pull(db: Database, key: RepositoryKey, image: StoredImage, now: datetime) -> None:
    """Write down that an image is pulled, as soon as the present unit has ended; not where that is known already."""
    if image.pulled_at is not None and now - image.pulled_at < PULLS_NOTED:
        return

    def write() -> None:
        with db.write():
            statement = "UPDATE image SET last_pulled = ? WHERE repository = ? AND digest = ?"
            db.run(statement, stored(now), key.arn, image.digest)

    db.afterwards(write)
