"""The images of a repository as the rules of a lifecycle policy see them."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from labkit.embedded.services.ecr.images.image import ACTIVATING, ARCHIVED, RepositoryKey, StoredImage
from labkit.pull.lifecycle.evaluation import Candidate

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def candidates(embedded: Embedded, key: RepositoryKey) -> list[Candidate]:
    """All images of a repository, in the order in which they were pushed."""
    tags: dict[str, list[str]] = defaultdict(list)
    for tag, digest in embedded.images.tags(key).items():
        tags[digest].append(tag)
    images = embedded.images.images(key)
    parents: dict[str, set[str]] = defaultdict(set)
    for image in images:
        for child in image.children:
            parents[child].add(image.digest)
    return [
        Candidate(
            image.digest,
            image.pushed_at,
            tuple(sorted(tags[image.digest])),
            image.archived_at,
            embedded.clock.now() if image.status == ACTIVATING else image.activated_at,
            image.pulled_at,
            image.status == ARCHIVED,
            frozenset(parents[image.digest]),
            _subject(embedded, image),
        )
        for image in images
    ]


def _subject(embedded: Embedded, image: StoredImage) -> str | None:
    """The digest of the image that this one refers to, such as what a signature signs; None where it cannot be read."""
    with suppress(OSError, ValueError):
        subject = json.loads(embedded.images.manifest(image)).get("subject")
        if isinstance(subject, dict) and isinstance(subject.get("digest"), str):
            return str(subject["digest"])
    return None
