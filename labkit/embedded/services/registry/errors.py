"""What the registry answers when it refuses: the errors of ECR's API in the form that container clients read.

The form and most codes are those of the OCI Distribution Specification ("Error codes"); texts are ECR's. Where reports
of users show the code that ECR itself uses, it is that one: MANIFEST_BLOB_UNKNOWN for an image whose layers or images
are missing, UNSUPPORTED with HTTP 405 for a manifest that it does not take, BLOB_UPLOAD_INVALID for a layer whose
digest is another one, TAG_INVALID for a tag that may not be moved, DENIED with HTTP 403 for what IAM denies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.wire import HttpAnswer


class Refusal(Exception):  # noqa: N818 - it is answered, not reported
    """The registry refuses, with an OCI error ``code``, a sentence, and an HTTP status."""

    def __init__(self, code: str, message: str, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = dict(headers or {})

    def answer(self) -> HttpAnswer:
        """The answer as clients read it."""
        body = json.dumps({"errors": [{"code": self.code, "message": self.message}]}, separators=(",", ":")).encode()
        return HttpAnswer(self.status, {"Content-Type": "application/json; charset=utf-8", **self.headers}, body)


_OF_ECR = {
    "AccessDeniedException": ("DENIED", 403),
    "RepositoryNotFoundException": ("NAME_UNKNOWN", 404),
    "ImageNotFound": ("MANIFEST_UNKNOWN", 404),
    "InvalidImageDigest": ("DIGEST_INVALID", 400),
    "ImageReferencedByManifestList": ("DENIED", 403),
    "LimitExceededException": ("DENIED", 403),
    "InvalidParameterException": ("UNSUPPORTED", 405),
    "ImageDigestDoesNotMatchException": ("DIGEST_INVALID", 400),
    "ImageTagAlreadyExistsException": ("TAG_INVALID", 400),
    "LayersNotFoundException": ("MANIFEST_BLOB_UNKNOWN", 400),
    "ReferencedImagesNotFoundException": ("MANIFEST_BLOB_UNKNOWN", 400),
    "UnableToGetUpstreamImageException": ("MANIFEST_UNKNOWN", 404),
    "UploadNotFoundException": ("BLOB_UPLOAD_UNKNOWN", 404),
}


def translated(error: ServiceError) -> Refusal:
    """An error of ECR's API as the registry tells it."""
    code, status = _OF_ECR.get(error.code, ("UNKNOWN", error.status))
    return Refusal(code, error.message, status)


def failed(failure: Mapping[str, str]) -> Refusal:
    """A failure that ECR's batch operations report for one image, as the registry tells it."""
    code, status = _OF_ECR.get(failure["failureCode"], ("MANIFEST_UNKNOWN", 404))
    return Refusal(code, failure["failureReason"], status)


def unsupported(method: str, path: str) -> Refusal:
    """For what this registry has not got."""
    return Refusal("UNSUPPORTED", f"This registry does not support {method} {path}", HTTPStatus.METHOD_NOT_ALLOWED)
