"""ECR images: put, read, listed, described, deleted, over the one `ImageStore`.

Amazon ECR API Reference: PutImage, BatchGetImage, DescribeImages, ListImages, BatchDeleteImage. Lists have the images
that can be pulled, unless they are asked for those in the archive (botocore's model, the filter's imageStatus).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.images import states
from labkit.embedded.services.ecr.images.image import ACTIVE, StoredImage
from labkit.embedded.services.ecr.images.store import (
    MOST_TAGS,
    BlobsMissingError,
    ChildrenMissingError,
    ImageExistsError,
    ImageRefusedError,
    ManifestInvalidError,
    TagImmutableError,
    TooManyTagsError,
    Wanted,
)
from labkit.embedded.services.ecr.lookup import (
    collect,
    in_steps,
    key_of,
    named,
    page,
    registry_of,
    repository_of,
    where,
)
from labkit.embedded.services.ecr.registries import cache_rules
from labkit.embedded.state.blobs import digest_of, is_digest

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
ImageId = Mapping[str, str]
"""``imageDigest``, ``imageTag``, or both, as ECR's requests name an image."""


def put_image(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutImage: store a manifest whose layers the repository has, and let a tag point at it."""
    record = repository_of(embedded, call)
    params = call.params
    manifest, tag = params["imageManifest"].encode(), params.get("imageTag")
    digest = digest_of(manifest)
    if tag is not None and not _TAG.fullmatch(tag):
        raise invalid("imageTag", f"must satisfy regular expression '{_TAG.pattern}'")
    if params.get("imageDigest", digest) != digest:
        raise ServiceError(
            "ImageDigestDoesNotMatchException",
            f"Image digest '{params['imageDigest']}' does not match the digest '{digest}' of the manifest",
        )
    immutable = tag is not None and tag_is_immutable(record.mutability, record.exclusions, tag)
    try:
        image = embedded.images.put(
            key_of(record), manifest, params.get("imageManifestMediaType"), tag, immutable=immutable
        )
    except ImageRefusedError as error:
        code, text = _REFUSALS[type(error)]
        names = {"repository": record.name, "registry": record.account, "tag": tag or "null", "digest": digest}
        raise ServiceError(code, text.format(error=error, **names)) from None
    return {"image": _image(embedded, record, image, tag)}


def batch_get_image(embedded: Embedded, call: Call) -> dict[str, Any]:
    """BatchGetImage: manifests as they were pushed, and a failure for each image that is not there.

    Raises UnableToGetUpstreamImageException where a pull-through cache rule would have to make the repository.
    """
    account, name = registry_of(call), call.params["repositoryName"]
    fetches = cache_rules.rule_for(embedded.database, account, call.region, name) is not None
    if fetches and embedded.repository(account, call.region, name) is None:
        raise ServiceError("UnableToGetUpstreamImageException", _REASONS["UpstreamUnavailable"])
    record = repository_of(embedded, call)
    accepted = call.params.get("acceptedMediaTypes")
    images, failures = [], []
    for image_id in call.params["imageIds"]:
        image = _find(embedded, record, image_id)
        if isinstance(image, str):
            unavailable = fetches and image == "ImageNotFound"
            failures.append(_failure(image_id, "UpstreamUnavailable" if unavailable else image))
        elif not image.pullable or (accepted and image.media_type not in accepted):
            failures.append(_failure(image_id, "ImageNotFound"))
        else:
            states.note_pull(embedded.database, key_of(record), image, embedded.clock.now())
            images.append(_image(embedded, record, image, image_id.get("imageTag")))
    return {"images": images, "failures": failures}


def describe_images(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeImages: sizes, tags and times. Raises ImageNotFoundException for an image that is not there."""
    record, wanted = repository_of(embedded, call), _wanted(call)
    named_images = call.params.get("imageIds")
    if named_images is not None:
        images = {image.digest: image for image in (required(embedded, record, each) for each in named_images)}
        details = [_detail(embedded, record, image) for image in images.values()]
        tagged = [each for each in details if wanted.tagged in (None, "imageTags" in each)]
        return page(call, "imageDetails", in_steps(tagged), 0)

    def fetch(after: int, most: int) -> list[tuple[int, dict[str, Any]]]:
        found = embedded.images.listed(key_of(record), after, most, wanted)
        return [(number, _detail(embedded, record, image)) for number, image in found]

    return page(call, "imageDetails", fetch, 0)


def list_images(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListImages: an entry for every tag, and one for every image without a tag."""
    key, wanted = key_of(repository_of(embedded, call)), _wanted(call)

    def fetch(after: tuple[int, str], most: int) -> list[tuple[tuple[int, str], ImageId]]:
        found = embedded.images.identifiers(key, after, most, wanted)
        return [((number, tag or ""), identifiers(digest, [tag] if tag else [])[0]) for number, digest, tag in found]

    return page(call, "imageIds", fetch, (0, ""))


def batch_delete_image(embedded: Embedded, call: Call) -> dict[str, Any]:
    """BatchDeleteImage: by tag, the tag (and the image with its last tag); by digest, the image with all tags."""
    record = repository_of(embedded, call)
    deleted: list[ImageId] = []
    failures = []
    for image_id in call.params["imageIds"]:
        image = _find(embedded, record, image_id)
        if isinstance(image, str):
            failures.append(_failure(image_id, image))
        elif parents := _parents(embedded, record, image, image_id.get("imageTag")):
            reason = f"Requested image referenced by manifest list: [{', '.join(parents)}]"
            failures.append({**_failure(image_id, "ImageReferencedByManifestList"), "failureReason": reason})
        else:
            deleted += _delete(embedded, record, image, image_id.get("imageTag"))
    collect(embedded)
    return {"imageIds": deleted, "failures": failures}


_MISSING = (
    "{what} with digests '[{{error}}]' required for pushing image into the repository with name '{{repository}}' "
    "in the registry with id '{{registry}}' do not exist"
)
_REFUSALS = {
    ManifestInvalidError: (
        "InvalidParameterException",
        "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{error}'",
    ),
    BlobsMissingError: ("LayersNotFoundException", _MISSING.format(what="Layers")),
    ChildrenMissingError: ("ReferencedImagesNotFoundException", _MISSING.format(what="Images")),
    ImageExistsError: (
        "ImageAlreadyExistsException",
        "Image with digest '{digest}' and tag '{tag}' already exists in the repository with name '{repository}' "
        "in registry with id '{registry}'",
    ),
    TooManyTagsError: (
        "LimitExceededException",
        "Adding tag '{tag}' to an image in the repository with name '{repository}' in registry with id '{registry}' "
        f"exceeds the maximum allowed number of tags per image which is '{MOST_TAGS}'",
    ),
    TagImmutableError: (
        "ImageTagAlreadyExistsException",
        "The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because "
        "the tag is immutable.",
    ),
}
_REASONS = {
    "ImageNotFound": "Requested image not found",
    "InvalidImageDigest": "Invalid request parameters: image digest should satisfy the regex "
    "'[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    "MissingDigestAndTag": "Invalid request parameters: both tag and digest cannot be null",
    "ImageTagDoesNotMatchDigest": "Requested image tag does not match the requested image digest",
    "ImageReferencedByManifestList": "Requested image referenced by manifest list",
    "UpstreamUnavailable": "The lab reaches no registry but its own: nothing is fetched by a pull through cache rule",
}


def _find(embedded: Embedded, record: RepositoryRecord, image_id: ImageId) -> StoredImage | str:
    """The image that an identifier names, or the ECR failure code that says why there is none."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    if digest is None and tag is None:
        return "MissingDigestAndTag"
    if digest is not None and not is_digest(digest):
        return "InvalidImageDigest"
    key = key_of(record)
    image = embedded.images.find(key, digest=digest, tag=tag)
    if image is None and digest and tag and embedded.images.find(key, digest=digest):
        return "ImageTagDoesNotMatchDigest"
    return image or "ImageNotFound"


def required(embedded: Embedded, record: RepositoryRecord, image_id: ImageId) -> StoredImage:
    """The image that an identifier names. Raises ImageNotFoundException."""
    image = _find(embedded, record, image_id)
    if isinstance(image, str):
        digest, tag = (image_id.get(name, "null") for name in ("imageDigest", "imageTag"))
        raise ServiceError(
            "ImageNotFoundException",
            f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within "
            + where(record.name, record.account),
        )
    return image


def _parents(embedded: Embedded, record: RepositoryRecord, image: StoredImage, tag: str | None) -> list[str]:
    """The indexes that would miss the image if it were deleted by this tag: none while another tag keeps it."""
    key = key_of(record)
    if tag is not None and embedded.images.tags_of(key, image.digest) != [tag]:
        return []
    return embedded.images.parents(key, image.digest)


def _delete(embedded: Embedded, record: RepositoryRecord, image: StoredImage, tag: str | None) -> list[ImageId]:
    key = key_of(record)
    if tag is not None:
        embedded.images.untag(key, tag)
        return identifiers(image.digest, [tag])
    tags = embedded.images.tags_of(key, image.digest)
    embedded.images.delete(key, image.digest)
    return identifiers(image.digest, tags)


def _image(embedded: Embedded, record: RepositoryRecord, image: StoredImage, tag: str | None) -> dict[str, Any]:
    return {
        **named(record),
        "imageId": identifiers(image.digest, [tag] if tag else [])[0],
        "imageManifest": embedded.images.manifest(image).decode(),
        "imageManifestMediaType": image.media_type,
    }


def _detail(embedded: Embedded, record: RepositoryRecord, image: StoredImage) -> dict[str, Any]:
    optional = {
        "imageTags": embedded.images.tags_of(key_of(record), image.digest),
        "artifactMediaType": image.artifact,
        "lastRecordedPullTime": image.pulled_at,
        "lastArchivedAt": image.archived_at,
        "lastActivatedAt": image.activated_at,
    }
    return {
        **named(record),
        "imageDigest": image.digest,
        "imageSizeInBytes": image.size,
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.media_type,
        "imageStatus": image.status,
        **{name: value for name, value in optional.items() if value},
    }


def identifiers(digest: str, tags: list[str]) -> list[ImageId]:
    """The identifiers of an image: one for each of these tags, or one without a tag."""
    return [{"imageDigest": digest, "imageTag": tag} for tag in tags] or [{"imageDigest": digest}]


def _failure(image_id: ImageId, code: str) -> dict[str, Any]:
    return {"imageId": dict(image_id), "failureCode": code, "failureReason": _REASONS[code]}


def _wanted(call: Call) -> Wanted:
    asked = call.params.get("filter") or {}
    status = asked.get("imageStatus", ACTIVE)
    tagged = {"TAGGED": True, "UNTAGGED": False}.get(asked.get("tagStatus", "ANY"))
    return Wanted(tagged, None if status == "ANY" else status)


def tag_is_immutable(mutability: str, exclusions: Iterable[Mapping[str, str]], tag: str) -> bool:
    """Must this tag stay, by ECR's ``imageTagMutability`` and its exclusion filters (with ``*``)?"""
    excluded = any(fnmatchcase(tag, item["filter"].replace("[", "[[]").replace("?", "[?]")) for item in exclusions)
    return {
        "IMMUTABLE": True,
        "IMMUTABLE_WITH_EXCLUSION": not excluded,
        "MUTABLE_WITH_EXCLUSION": excluded,
    }.get(mutability, False)
