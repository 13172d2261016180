"""Services that are not there: answered in the protocol of the request, so that every client reads the sentence.

Which protocol that is shows in the request's form, as botocore's serializers write it; loading the models of all
services to know it would take seconds.

    Smithy-Protocol: rpc-v2-cbor    CBOR          X-Amz-Target    JSON
    a form sent to /                query (EC2 has an error of its own)
    anything else                   REST: XML for the services named below, JSON for all others
"""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.sax.saxutils import escape

from labkit.embedded.protocol.wire import HttpAnswer, HttpRequest

_REST_XML = frozenset({"s3", "s3express", "s3-outposts", "cloudfront", "route53"})
_FORM = "application/x-www-form-urlencoded"
_STATUS = 400


def not_there(request: HttpRequest, service: str, request_id: str) -> HttpAnswer:
    """The answer to a request for a service that the embedded AWS does not have; ``service`` is as it was signed."""
    text = f"The embedded AWS does not implement the service {service}."
    return _ANSWERS[protocol_of(request, service)](text, request_id)


def protocol_of(request: HttpRequest, service: str) -> str:
    """The protocol that a request speaks: cbor, json, ec2, query, rest-xml or rest-json."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if "x-amz-target" in request.headers:
        return "json"
    if service in _REST_XML:
        return "rest-xml"
    if request.path == "/" and (
        request.headers.get("content-type", "").startswith(_FORM) or "Action=" in request.query
    ):
        return "ec2" if service == "ec2" else "query"
    return "rest-json"


def _json(text: str, request_id: str) -> HttpAnswer:
    body = json.dumps({"__type": _UNKNOWN_JSON, "message": text}).encode()
    return _answer(request_id, "application/x-amz-json-1.1", body)


def _rest_json(text: str, request_id: str) -> HttpAnswer:
    body = json.dumps({"message": text}).encode()
    return _answer(request_id, "application/json", body, {"x-amzn-ErrorType": _UNKNOWN_JSON})


def _query(text: str, request_id: str) -> HttpAnswer:
    return _xml(
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{_UNKNOWN_XML}</Code><Message>{escape(text)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        request_id,
    )


def _ec2(text: str, request_id: str) -> HttpAnswer:
    return _xml(
        f"<Response><Errors><Error><Code>{_UNKNOWN_XML}</Code><Message>{escape(text)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>",
        request_id,
    )


def _rest_xml(text: str, request_id: str) -> HttpAnswer:
    """S3's form, which clients of the other services read as well."""
    return _xml(
        f"<Error><Code>{_UNKNOWN_XML}</Code><Message>{escape(text)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>",
        request_id,
    )


def _cbor(text: str, request_id: str) -> HttpAnswer:
    body = b"\xa2" + b"".join(_cbor_text(each) for each in ("__type", _UNKNOWN_JSON, "message", text))
    return _answer(request_id, "application/cbor", body, {"smithy-protocol": "rpc-v2-cbor"})


def _cbor_text(text: str) -> bytes:
    """A text of less than 64 KiB in CBOR (RFC 8949, major type 3, its length in two bytes)."""
    raw = text.encode()
    return b"\x79" + len(raw).to_bytes(2) + raw


def _xml(body: str, request_id: str) -> HttpAnswer:
    return _answer(request_id, "text/xml", body.encode())


def _answer(request_id: str, kind: str, body: bytes, more: dict[str, str] | None = None) -> HttpAnswer:
    return HttpAnswer(_STATUS, {"Content-Type": kind, "x-amzn-RequestId": request_id, **(more or {})}, body)


_UNKNOWN_JSON, _UNKNOWN_XML = "UnknownOperationException", "InvalidAction"
_ANSWERS: dict[str, Callable[[str, str], HttpAnswer]] = {
    "cbor": _cbor,
    "json": _json,
    "rest-json": _rest_json,
    "query": _query,
    "ec2": _ec2,
    "rest-xml": _rest_xml,
}
