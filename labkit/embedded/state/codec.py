"""An operation's parameters as a request, and an answer as its output, by botocore's own serializers and parsers.

Calls are handed to moto in this form: written anew from parsed parameters, so that nothing of the request that
a client sent, its headers, its URL, its spelling, reaches moto.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from botocore.parsers import ResponseParser, create_parser
from botocore.serialize import Serializer, create_serializer

from labkit.embedded.protocol.calls import ServiceError

WireRequest = tuple[str, str, dict[str, str], bytes]
"""Method, path, headers, body."""


def write_request(operation: OperationModel, params: Mapping[str, Any]) -> WireRequest:
    """The request that botocore would send for these parameters, in the protocols that have no query string."""
    request = _serializer(operation.service_model.protocol).serialize_to_request(params, operation)
    headers = {name: str(value) for name, value in request["headers"].items()}
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body)
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    return request["method"], request["url_path"], headers, body if isinstance(body, bytes) else body.encode()


def read_answer(
    operation: OperationModel, status: int, headers: Mapping[str, Any], body: str | bytes
) -> dict[str, Any]:
    """The output in an answer; raises `ServiceError` when the answer is an error."""
    raw = body if isinstance(body, bytes) else body.encode()
    answer = {"status_code": status, "headers": HeadersDict(headers), "body": raw}
    output = _parser(operation.service_model.protocol).parse(answer, operation.output_shape)
    output.pop("ResponseMetadata", None)
    if status < 300:
        return dict(output)
    error = output.pop("Error", {})
    fields = {name: value for name, value in output.items() if name not in ("message", "Message")}
    raise ServiceError(
        str(error.get("Code", "ValidationError")), str(error.get("Message", "")), _client(status), fields
    )


def _client(status: int) -> int:
    """No status of 5xx: a client that gets one tries again, and would get the same answer."""
    return status if status < 500 else 400


@cache
def _serializer(protocol: str) -> Serializer:
    return create_serializer(protocol, include_validation=False)


@cache
def _parser(protocol: str) -> ResponseParser:
    return create_parser(protocol)
