"""Storage classes: images go into the archive and come back.

Amazon ECR API Reference, UpdateImageStorageClass; Amazon ECR User Guide, "Archiving an image". An archived image cannot
be pulled: 404, and how it is worded is not recorded, so it is answered as for an image that is not there. Restoring
takes up to 20 minutes; here it is done at once, unless the world is to take its time.

That an image cannot be archived while an index that is not archived names it is documented for lifecycle policies, and
taken to hold here; so is that one that is just being restored cannot be sent back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.services.ecr.images import states
from labkit.embedded.services.ecr.images.catalog import identifiers, required
from labkit.embedded.services.ecr.images.image import ACTIVATING, ACTIVE, ARCHIVED, RepositoryKey, StoredImage
from labkit.embedded.services.ecr.lookup import key_of, named, repository_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def update_image_storage_class(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UpdateImageStorageClass. Raises ImageNotFoundException and ImageStorageClassUpdateNotSupportedException."""
    record, image_id = repository_of(embedded, call), call.params["imageId"]
    key, image = key_of(record), required(embedded, record, image_id)
    if call.params["targetStorageClass"] == "ARCHIVE":
        _archive(embedded, key, image)
    elif image.status == ARCHIVED:
        takes = embedded.settings.times.of("activating")
        states.restore(embedded.database, key, image.digest, embedded.clock.now(), takes)
    changed = required(embedded, record, {"imageDigest": image.digest})
    tags = [image_id["imageTag"]] if "imageTag" in image_id else []
    return {**named(record), "imageId": identifiers(image.digest, tags)[0], "imageStatus": changed.status}


def _archive(embedded: Embedded, key: RepositoryKey, image: StoredImage) -> None:
    if image.status == ARCHIVED:
        return
    parents = (embedded.images.find(key, digest=digest) for digest in embedded.images.parents(key, image.digest))
    if image.status == ACTIVATING or any(parent and parent.status == ACTIVE for parent in parents):
        text = "The requested image storage class update is not supported."
        raise ServiceError("ImageStorageClassUpdateNotSupportedException", text)
    states.archive(embedded.database, key, image.digest, embedded.clock.now())
