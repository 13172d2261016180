"""ECR's layer API: a layer is uploaded in parts, checked by its digest, and fetched through a signed URL.

Amazon ECR API Reference: InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, BatchCheckLayerAvailability,
GetDownloadUrlForLayer. Parts come in order; every part but the last has at least 5 MiB, none more than 20 MiB.

None of these is done in one unit of the state: they write files, wait for parts that still come, or write down only now
and then what they have told. Each opens units for what has to be in force together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.images.downloads import download_url
from labkit.embedded.services.ecr.lookup import key_of, named, repository_of, where
from labkit.embedded.state.blobs import is_digest
from labkit.embedded.state.uploads import Upload, UploadNotFoundError, WrongOffsetError

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

PART_SIZE = 10 * 1024 * 1024
"""The part size that InitiateLayerUpload proposes, in bytes."""
LEAST_PART = 5 * 1024 * 1024
MOST_PART = 20 * 1024 * 1024


def initiate_layer_upload(embedded: Embedded, call: Call) -> dict[str, Any]:
    """InitiateLayerUpload: a new upload for one repository; now and then an occasion to collect what is of no use."""
    record = repository_of(embedded, call)
    garbage = embedded.images.garbage
    if garbage.tidying_is_due:
        garbage.tidy(embedded.functions.needed_blobs)
    return {"uploadId": embedded.images.blobs.begin(record.arn).id, "partSize": PART_SIZE}


def upload_layer_part(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UploadLayerPart: append one part."""
    record = repository_of(embedded, call)
    upload = _upload(embedded, record, call)
    data: bytes = call.params["layerPartBlob"]
    first, last = call.params["partFirstByte"], call.params["partLastByte"]
    try:
        if len(data) != last - first + 1 or len(data) > MOST_PART:
            raise WrongOffsetError(upload.size)
        size = upload.append([data], offset=first)
    except WrongOffsetError as error:
        raise ServiceError(
            "InvalidLayerPartException",
            f"Invalid layer part upload for upload with id '{upload.id}' in {where(record.name, record.account)}",
            fields={**named(record), "uploadId": upload.id, "lastValidByteReceived": max(error.size - 1, 0)},
        ) from None
    except UploadNotFoundError:
        raise _unknown_upload(record, upload.id) from None
    return {**named(record), "uploadId": upload.id, "lastByteReceived": size - 1}


def complete_layer_upload(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CompleteLayerUpload: the upload becomes a layer of the repository if its digest is one of those given.

    Parts that are still coming are waited for, and the bytes are brought to the disk, before others have to wait.
    """
    record = repository_of(embedded, call)
    upload = _upload(embedded, record, call)
    digests = [digest for digest in call.params["layerDigests"] if is_digest(digest)]
    if not digests:
        raise invalid("layerDigests", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
    try:
        with upload.held() as digest:
            _check(upload, digest, digests)
            with embedded.database.write():
                record = repository_of(embedded, call)
                known = embedded.images.receive(key_of(record), upload.id, digest)
    except UploadNotFoundError:
        raise _unknown_upload(record, upload.id) from None
    if known:
        raise ServiceError(
            "LayerAlreadyExistsException",
            f"Layer with digest '{digest}' already exists in {where(record.name, record.account)}",
        )
    return {**named(record), "uploadId": upload.id, "layerDigest": digest}


def batch_check_layer_availability(embedded: Embedded, call: Call) -> dict[str, Any]:
    """BatchCheckLayerAvailability: which of these layers the repository already has."""
    record = repository_of(embedded, call)
    digests: list[str] = call.params["layerDigests"]
    held = embedded.images.promises(key_of(record), filter(is_digest, digests))
    failure = {"failureCode": "InvalidLayerDigest", "failureReason": "The layer digest is not a sha256 digest"}
    return {
        "layers": [_availability(embedded, digest, held) for digest in digests if is_digest(digest)],
        "failures": [{"layerDigest": digest, **failure} for digest in digests if not is_digest(digest)],
    }


def get_download_url_for_layer(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetDownloadUrlForLayer: a URL that whoever has it can fetch this one layer from, for an hour."""
    record = repository_of(embedded, call)
    digest = call.params["layerDigest"]
    if not embedded.images.holds(key_of(record), digest):
        raise ServiceError(
            "LayersNotFoundException",
            f"Layer with digest '{digest}' does not exist in {where(record.name, record.account)}",
        )
    return {"downloadUrl": download_url(embedded, digest), "layerDigest": digest}


def _check(upload: Upload, digest: str, promised: list[str]) -> None:
    if upload.size == 0:
        raise ServiceError("EmptyUploadException", f"The upload with id '{upload.id}' has no layer parts")
    if any(size < LEAST_PART for size in upload.parts[:-1]):
        raise ServiceError(
            "LayerPartTooSmallException", f"Layer parts must be at least {LEAST_PART} bytes, the last one excepted"
        )
    if digest not in promised:
        raise ServiceError(
            "InvalidLayerException", f"The digest of the uploaded layer, '{digest}', is none of the digests provided"
        )


def _availability(embedded: Embedded, digest: str, held: set[str]) -> dict[str, Any]:
    if digest not in held:
        return {"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}
    size = embedded.images.blobs.size(digest)
    return {"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": size}


def _upload(embedded: Embedded, record: RepositoryRecord, call: Call) -> Upload:
    upload_id = str(call.params["uploadId"])
    try:
        return embedded.images.blobs.upload(record.arn, upload_id)
    except UploadNotFoundError:
        raise _unknown_upload(record, upload_id) from None


def _unknown_upload(record: RepositoryRecord, upload_id: str) -> ServiceError:
    return ServiceError(
        "UploadNotFoundException",
        f"Upload with id '{upload_id}' could not be found for {where(record.name, record.account)}",
    )
