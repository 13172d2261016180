"""Images in the registry: manifests by tag or digest, the list of tags, and what refers to an image.

    GET, HEAD  ecr:BatchGetImage      PUT  ecr:PutImage      DELETE  ecr:BatchDeleteImage
    tags       ecr:ListImages         referrers  ecr:BatchGetImage (Amazon ECR API Reference, ListImageReferrers)

Manifests are few and small (at most 4 MiB, as ECR has it), so they are read whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import urlencode

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.wire import BodyTooLargeError, Exchange, HttpAnswer, Piece, gathered, whole_number
from labkit.embedded.services.ecr.images.image import StoredImage
from labkit.embedded.services.registry.blobs import checked_digest
from labkit.embedded.services.registry.errors import Refusal, failed
from labkit.embedded.services.registry.visits import Visit
from labkit.embedded.state.blobs import digest_of
from labkit.image.format.manifest import OCI_INDEX

LONGEST_MANIFEST = 4 << 20
"""The most bytes that a manifest may have."""
_MOST_TAGS = 1000
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def get_manifest(visit: Visit) -> HttpAnswer:
    """GET and HEAD: the manifest, byte for byte as it was pushed."""
    answer = visit.perform("BatchGetImage", imageIds=[_image_id(visit)])
    if answer["failures"]:
        raise failed(answer["failures"][0])
    image = answer["images"][0]
    digest = image["imageId"]["imageDigest"]
    headers = {
        "Content-Type": image["imageManifestMediaType"],
        "Docker-Content-Digest": digest,
        "ETag": f'"{digest}"',
    }
    return HttpAnswer(200, headers, image["imageManifest"].encode())


def put_manifest(visit: Visit) -> Exchange:
    """PUT: store a manifest, and let the tag point at it; pushing what is there already changes nothing."""
    image_id = _image_id(visit)
    if not _TAG.fullmatch(image_id.get("imageTag", "_")):
        raise Refusal("TAG_INVALID", f"'{image_id['imageTag']}' is not a tag of an image", 400)
    visit.allow("PutImage")
    manifest = yield from _manifest(visit)
    media_type = visit.request.headers.get("content-type", "").partition(";")[0].strip()
    params = {**image_id, "imageManifest": manifest}
    try:
        visit.perform("PutImage", **params, **({"imageManifestMediaType": media_type} if media_type else {}))
    except ServiceError as error:
        if error.code != "ImageAlreadyExistsException":
            raise
    digest = digest_of(manifest.encode())
    subject = (json.loads(manifest).get("subject") or {}).get("digest")
    headers = {"Location": f"/v2/{visit.name}/manifests/{digest}", "Docker-Content-Digest": digest}
    return HttpAnswer(201, {**headers, **({"OCI-Subject": subject} if subject else {})})


def delete_manifest(visit: Visit) -> HttpAnswer:
    """DELETE: by tag, the tag (and the image with its last tag); by digest, the image with all its tags."""
    failures = visit.perform("BatchDeleteImage", imageIds=[_image_id(visit)])["failures"]
    if failures:
        raise failed(failures[0])
    return HttpAnswer(202)


def list_tags(visit: Visit) -> HttpAnswer:
    """GET: the tags in the order of their letters, in pages of ``n`` behind the tag ``last``."""
    call = visit.allow("ListImages")
    with visit.embedded.database.read():
        tags = sorted(visit.embedded.images.tags(visit.key)) if visit.record else []
    visit.done(call)
    number, last = visit.query.get("n", str(_MOST_TAGS)), visit.query.get("last", "")
    most = whole_number(number)
    if most is None:
        raise Refusal("PAGINATION_NUMBER_INVALID", f"'{number}' is not a number of tags", 400)
    left = [tag for tag in tags if tag > last]
    shown = left[: min(most, _MOST_TAGS)]
    link = {}
    if shown and len(shown) < len(left):
        query = urlencode({"last": shown[-1], "n": number})
        link = {"Link": f'</v2/{visit.name}/tags/list?{query}>; rel="next"'}
    return _json({"name": visit.name, "tags": shown}, "application/json", link)


def list_referrers(visit: Visit) -> HttpAnswer:
    """GET: an index of the images whose ``subject`` is this one, of one artifact type where one is asked for."""
    digest = checked_digest(visit.arguments["digest"])
    call = visit.allow("BatchGetImage")
    with visit.embedded.database.read():
        images = visit.embedded.images.images(visit.key) if visit.record else []
    visit.done(call, imageIds=[{"imageDigest": digest}])
    found = list(_referrers(visit, images, digest))
    kind = visit.query.get("artifactType")
    if kind:
        found = [item for item in found if item.get("artifactType") == kind]
    headers = {"OCI-Filters-Applied": "artifactType"} if kind else {}
    return _json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}, OCI_INDEX, headers)


def _referrers(visit: Visit, images: list[StoredImage], subject: str) -> Iterator[dict[str, Any]]:
    for image in images:
        raw = visit.embedded.images.manifest(image)
        manifest = json.loads(raw)
        if (manifest.get("subject") or {}).get("digest") == subject:
            kind = manifest.get("artifactType") or image.artifact
            optional = {"artifactType": kind, "annotations": manifest.get("annotations")}
            yield {
                "mediaType": image.media_type,
                "digest": image.digest,
                "size": len(raw),
                **{name: value for name, value in optional.items() if value},
            }


def _image_id(visit: Visit) -> dict[str, str]:
    reference = visit.arguments["reference"]
    return {"imageDigest": checked_digest(reference)} if ":" in reference else {"imageTag": reference}


def _manifest(visit: Visit) -> Generator[None, Piece, str]:
    try:
        body = yield from gathered(visit.request, LONGEST_MANIFEST)
        return body.decode()
    except BodyTooLargeError:
        raise Refusal("MANIFEST_INVALID", f"A manifest has at most {LONGEST_MANIFEST} bytes", 413) from None
    except UnicodeDecodeError:
        text = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        raise Refusal("UNSUPPORTED", text, 405) from None


def _json(content: dict[str, Any], media_type: str, headers: dict[str, str]) -> HttpAnswer:
    return HttpAnswer(200, {"Content-Type": media_type, **headers}, json.dumps(content).encode())
