"""The exercises of notebook 01: a second tag, and the URI that never moves. Checked by reading the registry."""

from __future__ import annotations

from typing import Any

from labkit.exercises.verdict import Verdict, not_yet, solved
from labkit.lab import SAME_ACCOUNT, TAG, Lab
from labkit.pull import ImageUri, InvalidImageUri


def second_tag(lab: Lab, tag: str) -> Verdict:
    """01: the image of lambda-same-account has a second tag, so that one digest has two names."""
    if not tag:
        return not_yet("There is nothing to check: the tag is empty.")
    if tag == TAG:
        return not_yet(f"{TAG} is the first tag.")
    digests = _digests(lab)
    if tag not in digests:
        return not_yet(f"ECR knows no tag {tag} in {SAME_ACCOUNT.repository}; it knows {', '.join(sorted(digests))}.")
    if digests[tag] != digests[TAG]:
        return not_yet(f"{tag} and {TAG} name two different images: their digests differ.")
    return solved("Two tags, one digest: nothing had to be uploaded a second time.")


def by_digest(lab: Lab, uri: str) -> Verdict:
    """01: the image's URI by its digest, which names the same bytes for ever."""
    if not uri:
        return not_yet("There is nothing to check: the URI is empty.")
    try:
        found = ImageUri.parse(uri)
    except InvalidImageUri as error:
        return not_yet(str(error))
    if found.digest is None:
        return not_yet(f"This names a tag ({found.tag}); tomorrow it may be another image.")
    wanted = ImageUri.parse(lab.image_uri(SAME_ACCOUNT.repository))
    if (found.registry, found.repository) != (wanted.registry, wanted.repository):
        return not_yet(f"This is {found.repository} in {found.registry}, not {wanted.repository} in {wanted.registry}.")
    if found.digest != _digests(lab).get(TAG):
        return not_yet("The repository has no image with this digest under its first tag.")
    return solved("Whatever happens to the tag, this URI names the image that you have built.")


def _digests(lab: Lab) -> dict[str, str]:
    """The digest behind each tag of lambda-same-account."""
    ecr: Any = lab.registry.client("ecr")
    pages = ecr.get_paginator("describe_images").paginate(repositoryName=SAME_ACCOUNT.repository)
    found = [image for page in pages for image in page["imageDetails"]]
    return {tag: image["imageDigest"] for image in found for tag in image.get("imageTags", [])}
