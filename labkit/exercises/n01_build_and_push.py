"""The exercises of notebook 01: a second tag, and the URI that never moves. Checked by reading the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from labkit.exercises.checking.verdict import Verdict, kind_of, unreadable, verdict_on
from labkit.lab.article import SAME_ACCOUNT, TAG
from labkit.lab.lab import Lab
from labkit.pull.uri import ImageUri, InvalidImageUri

_TAG_CASES, _URI_CASES = 3, 4
_NO_IMAGE = f"There is no image {SAME_ACCOUNT.repository}:{TAG} to compare with. Run the notebook from its start."


def second_tag(lab: Lab, tag: str) -> Verdict:
    """01: the image of lambda-same-account has a second tag, so that one digest has two names."""
    if not isinstance(tag, str):
        return unreadable(f"A tag is text, and this is {kind_of(tag)}.", _TAG_CASES)
    if not tag:
        return unreadable("There is nothing to check: the tag is empty.", _TAG_CASES)
    digests = _digests(lab)
    if TAG not in digests:
        return unreadable(_NO_IMAGE, _TAG_CASES)
    return verdict_on(_tag_cases(digests, tag), "Two tags, one digest: nothing had to be uploaded a second time.")


def _tag_cases(digests: Mapping[str, str], tag: str) -> Iterator[str]:
    known = ", ".join(sorted(digests))
    yield f"{TAG} is the first tag." if tag == TAG else ""
    yield "" if tag in digests else f"ECR knows no tag {tag} in {SAME_ACCOUNT.repository}; it knows {known}."
    same = digests.get(tag) == digests[TAG]
    yield "" if same else f"{tag} and {TAG} name two different images: their digests differ."


def by_digest(lab: Lab, uri: str) -> Verdict:
    """01: the image's URI by its digest, which names the same bytes for ever."""
    if not isinstance(uri, str):
        return unreadable(f"A URI is text, and this is {kind_of(uri)}.", _URI_CASES)
    if not uri:
        return unreadable("There is nothing to check: the URI is empty.", _URI_CASES)
    try:
        found = ImageUri.parse(uri)
    except InvalidImageUri as error:
        return unreadable(str(error), _URI_CASES)
    digest = _digests(lab).get(TAG)
    if digest is None:
        return unreadable(_NO_IMAGE, _URI_CASES)
    wanted = ImageUri.parse(lab.image_uri(SAME_ACCOUNT.repository))
    praise = "Whatever happens to the tag, this URI names the image that you have built."
    return verdict_on(_uri_cases(found, wanted, digest), praise)


def _uri_cases(found: ImageUri, wanted: ImageUri, digest: str) -> Iterator[str]:
    yield "" if found.digest else f"This names a tag ({found.tag}); tomorrow it may be another image."
    yield "" if found.registry == wanted.registry else f"The registry {found.registry} is not {wanted.registry}."
    here = found.repository == wanted.repository
    yield "" if here else f"This is the repository {found.repository}, not {wanted.repository}."
    yield "" if found.digest == digest else f"No image in {wanted.repository} has this digest under its first tag."


def _digests(lab: Lab) -> dict[str, str]:
    """The digest behind each tag of lambda-same-account; none where there is no such repository."""
    ecr: Any = lab.registry.client("ecr")
    pages = ecr.get_paginator("describe_images").paginate(repositoryName=SAME_ACCOUNT.repository)
    try:
        found = [image for page in pages for image in page["imageDetails"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryNotFoundException":
            raise
        return {}
    return {tag: image["imageDigest"] for image in found for tag in image.get("imageTags", [])}
