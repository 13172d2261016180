"""Uploads to the registry: in one request or in many, resumed, cancelled, or mounted from another repository.

    POST   ecr:InitiateLayerUpload; with the whole blob as for PUT      PATCH  ecr:UploadLayerPart
    PUT    ecr:CompleteLayerUpload, and with a body ecr:UploadLayerPart  GET, DELETE  ecr:UploadLayerPart
    POST that mounts   ecr:InitiateLayerUpload and ecr:CompleteLayerUpload on the repository that gets the layer,
                       ecr:GetDownloadUrlForLayer on the one that has it

Permissions are asked for before the first byte of a body is read; bytes are written and hashed as they come, with no
lock of the lab held. AWS mounts within one account and region, for registries with the setting BLOB_MOUNTING (Amazon
ECR User Guide, "Blob mounting in Amazon ECR"), and does not say by which permissions; those above make sure that nobody
gets at a layer by mounting it who could not fetch it. A mount that is not possible becomes an upload, as the OCI
Distribution Specification has it.
"""

from __future__ import annotations

import re
from collections.abc import Generator

from labkit.embedded.protocol.calls import Call
from labkit.embedded.protocol.wire import Exchange, HttpAnswer, Piece
from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.ecr.lookup import key_of, where
from labkit.embedded.services.ecr.registries.settings import BLOB_MOUNTING, value_of
from labkit.embedded.services.registry.blobs import checked_digest
from labkit.embedded.services.registry.errors import Refusal
from labkit.embedded.services.registry.visits import Visit, repository_named
from labkit.embedded.state.uploads import DigestMismatchError, Upload, UploadNotFoundError, WrongOffsetError

_CONTENT_RANGE = re.compile(r"(?:bytes )?([0-9]{1,18})-([0-9]{1,18})(?:/.*)?")


def start_upload(visit: Visit) -> Exchange:
    """POST: begin an upload; or the whole blob at once; or mount it."""
    query = visit.query
    if "mount" in query and "from" in query and (mounted := _mount(visit, query["mount"], query["from"])):
        return mounted
    if "digest" not in query:
        return _progress(visit, _begin(visit), 202)
    digest = checked_digest(query["digest"])
    part, completion = visit.allow("UploadLayerPart"), visit.allow("CompleteLayerUpload")
    upload = _begin(visit)
    yield from _append(visit, part, upload, None)
    return _complete(visit, completion, upload, digest)


def append_chunk(visit: Visit) -> Exchange:
    """PATCH: append the body, which continues where the upload stands."""
    part = visit.allow("UploadLayerPart")
    upload = _upload(visit)
    yield from _append(visit, part, upload, _offset(visit))
    return _progress(visit, upload, 202)


def finish_upload(visit: Visit) -> Exchange:
    """PUT: append the body, if there is one, and make the upload the blob of this digest."""
    completion = visit.allow("CompleteLayerUpload")
    part = visit.allow("UploadLayerPart") if _has_body(visit) else None
    digest = checked_digest(visit.query.get("digest", ""))
    upload = _upload(visit)
    if part:
        yield from _append(visit, part, upload, _offset(visit))
    return _complete(visit, completion, upload, digest)


def upload_status(visit: Visit) -> HttpAnswer:
    """GET: how far the upload has come."""
    visit.allow("UploadLayerPart")
    return _progress(visit, _upload(visit), 204)


def cancel_upload(visit: Visit) -> HttpAnswer:
    """DELETE: forget the upload."""
    visit.allow("UploadLayerPart")
    visit.embedded.images.blobs.cancel(visit.key.arn, _upload(visit).id)
    return HttpAnswer(204)


# -- Steps ---------------------------------------------------------------------------------------------------------


def _begin(visit: Visit) -> Upload:
    upload_id = visit.perform("InitiateLayerUpload")["uploadId"]
    return visit.embedded.images.blobs.upload(visit.key.arn, upload_id)


def _upload(visit: Visit) -> Upload:
    try:
        return visit.embedded.images.blobs.upload(visit.record.arn, visit.arguments["upload"])
    except UploadNotFoundError:
        raise _unknown(visit) from None


def _append(visit: Visit, allowed: Call, upload: Upload, offset: int | None) -> Generator[None, Piece, None]:
    try:
        part = upload.part(offset)
        while piece := (yield):
            offset = part.begins + part.size
            part.write(piece)
        part.end()
        last = max(part.begins, part.begins + part.size - 1)
        visit.done(allowed, uploadId=upload.id, partFirstByte=part.begins, partLastByte=last)
    except WrongOffsetError as error:
        text = f"First byte of the layer part is {offset} instead of {error.size}"
        raise Refusal("BLOB_UPLOAD_INVALID", text, 416, _place(visit, upload)) from None
    except UploadNotFoundError:
        raise _unknown(visit) from None


def _complete(visit: Visit, allowed: Call, upload: Upload, digest: str) -> HttpAnswer:
    images = visit.embedded.images
    try:
        with upload.held() as actual:
            if actual != digest:
                images.blobs.cancel(visit.key.arn, upload.id)
                raise DigestMismatchError(actual)
            with visit.embedded.database.write():  # a blob is there and belongs to its repository, or neither
                images.receive(key_of(visit.record), upload.id, digest)
        visit.done(allowed, uploadId=upload.id, layerDigests=[digest])
    except DigestMismatchError:
        text = "None of the provided layer digests match the calculated layer digest"
        raise Refusal("BLOB_UPLOAD_INVALID", text, 400) from None
    except UploadNotFoundError:
        raise _unknown(visit) from None
    return _created(visit, digest)


def _mount(visit: Visit, digest: str, name: str) -> HttpAnswer | None:
    """The answer to a mount that has been made, or None where it is not possible."""
    try:
        source = repository_named(name, visit.embedded.endpoint)
    except Refusal:
        return None
    call = visit.allow("InitiateLayerUpload")
    with visit.embedded.database.write():
        if not _may_mount(visit, source) or not visit.embedded.images.holds(source, digest):
            return None
        visit.embedded.images.link(visit.key, digest)
    visit.done(call)
    return _created(visit, digest)


def _may_mount(visit: Visit, source: RepositoryKey) -> bool:
    here = (visit.key.account, visit.key.region)
    if (source.account, source.region) != here or value_of(visit.embedded, *here, BLOB_MOUNTING) != "ENABLED":
        return False
    if not (visit.may("CompleteLayerUpload", visit.key) and visit.may("GetDownloadUrlForLayer", source)):
        return False
    return visit.record.arn == visit.key.arn


# -- Reading the request -------------------------------------------------------------------------------------------


def _has_body(visit: Visit) -> bool:
    return visit.request.announced != 0


def _offset(visit: Visit) -> int | None:
    text = visit.request.headers.get("content-range")
    if text is None:
        return None
    found = _CONTENT_RANGE.fullmatch(text.strip())
    first, last = map(int, found.groups()) if found else (0, -1)
    if last < first:
        raise Refusal("BLOB_UPLOAD_INVALID", f"'{text}' is not a range of bytes such as 0-1023", 400)
    length = visit.request.announced
    if length is not None and length != last - first + 1:
        raise Refusal("SIZE_INVALID", f"The layer part has {length} bytes, not those of the range {text}", 400)
    return first


# -- Answers -------------------------------------------------------------------------------------------------------


def _progress(visit: Visit, upload: Upload, status: int) -> HttpAnswer:
    return HttpAnswer(status, _place(visit, upload))


def _place(visit: Visit, upload: Upload) -> dict[str, str]:
    return {
        "Location": f"/v2/{visit.name}/blobs/uploads/{upload.id}",
        "Range": f"0-{max(0, upload.size - 1)}",
        "Docker-Upload-UUID": upload.id,
    }


def _created(visit: Visit, digest: str) -> HttpAnswer:
    return HttpAnswer(201, {"Location": f"/v2/{visit.name}/blobs/{digest}", "Docker-Content-Digest": digest})


def _unknown(visit: Visit) -> Refusal:
    upload = visit.arguments["upload"]
    text = f"Upload with id '{upload}' could not be found for {where(visit.key.name, visit.key.account)}"
    return Refusal("BLOB_UPLOAD_UNKNOWN", text, 404)
