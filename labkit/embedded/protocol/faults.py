"""What AWS calls the same failure in its different protocols: one table.

The query protocol (STS, IAM) speaks of ``InvalidClientTokenId`` where the JSON protocols (ECR, Organizations, Lambda)
speak of ``UnrecognizedClientException``; the plain JSON protocol answers authentication failures with HTTP 400, the
others with 403.
"""

from __future__ import annotations

from typing import Literal

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.models import protocol_of

_JSON_CODES = {
    "missing": "MissingAuthenticationTokenException",
    "incomplete": "IncompleteSignatureException",
    "unknown key": "UnrecognizedClientException",
    "bad token": "UnrecognizedClientException",
    "mismatch": "InvalidSignatureException",
    "expired signature": "InvalidSignatureException",
    "expired token": "ExpiredTokenException",
    "denied": "AccessDeniedException",
    "unknown operation": "UnknownOperationException",
    "malformed": "SerializationException",
    "internal": "InternalFailure",
    "broken": "InvalidLabStateException",
}
_QUERY_CODES = {
    "missing": "MissingAuthenticationToken",
    "incomplete": "IncompleteSignature",
    "unknown key": "InvalidClientTokenId",
    "bad token": "InvalidClientTokenId",
    "mismatch": "SignatureDoesNotMatch",
    "expired signature": "SignatureDoesNotMatch",
    "expired token": "ExpiredToken",
    "denied": "AccessDenied",
    "unknown operation": "InvalidAction",
    "malformed": "MalformedInput",
    "internal": "InternalFailure",
    "broken": "InvalidLabState",
}
CODES = {"query": _QUERY_CODES, "json": _JSON_CODES, "rest-json": _JSON_CODES}

#: HTTP status of the failures that are about who is asking; all others are 400 (and "internal" 500).
_IDENTITY_STATUS = {"query": 403, "json": 400, "rest-json": 403}
_PLAIN_STATUS = {"malformed": 400, "unknown operation": 400, "internal": 500, "incomplete": 400, "broken": 400}

#: Why a request is not authentic.
SignatureProblem = Literal[
    "missing", "incomplete", "unknown key", "bad token", "mismatch", "expired signature", "expired token"
]


class SignatureError(Exception):
    """The request is not authentic. ``kind`` is looked up in `CODES`; the message is AWS's sentence."""

    def __init__(self, kind: SignatureProblem, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def fault(service: str, kind: str, message: str) -> ServiceError:
    """The error of this kind as the protocol of ``service`` words it."""
    protocol = protocol_of(service)
    status = _PLAIN_STATUS.get(kind, _IDENTITY_STATUS[protocol])
    return ServiceError(CODES[protocol][kind], message, status)


def too_large(limit: int, operation: str | None) -> ServiceError:
    """The error for a body of more than ``limit`` bytes; ``operation`` is None where only the body names it."""
    purpose = f" for the {operation} operation" if operation else ""
    return ServiceError("RequestEntityTooLargeException", f"Request must be smaller than {limit} bytes{purpose}", 413)


def signature_fault(service: str, error: SignatureError) -> ServiceError:
    """The error that the service answers for a request that is not authentic."""
    return fault(service, error.kind, error.message)
