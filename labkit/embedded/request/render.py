"""From a handler's dict, or a `ServiceError`, to the bytes of the service's protocol, by the output shape."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel, Shape, StructureShape

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.models import service_model
from labkit.embedded.protocol.wire import HttpAnswer
from labkit.embedded.request.values import write_text, write_timestamp

_JSON = "application/x-amz-json-1.1"
_REST_JSON = "application/json"
_XML = "text/xml"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(operation: OperationModel, output: Mapping[str, Any], request_id: str) -> HttpAnswer:
    """The answer that carries ``output``."""
    return _RENDERERS[operation.service_model.protocol](operation, output, request_id)


def render_error(service: str, error: ServiceError, request_id: str) -> HttpAnswer:
    """The answer that carries an error of ``service``."""
    return _ERROR_RENDERERS[service_model(service).protocol](service, error, request_id)


# -- JSON ----------------------------------------------------------------------------------------------------------


def _render_json(operation: OperationModel, output: Mapping[str, Any], request_id: str) -> HttpAnswer:
    body = _json(operation.output_shape, output) if operation.output_shape else {}
    return _json_answer(200, _JSON, request_id, body)


def _json_answer(
    status: int, kind: str, request_id: str, body: Any, headers: Mapping[str, str] | None = None
) -> HttpAnswer:
    text = json.dumps(body, separators=(",", ":")).encode()
    return HttpAnswer(status, {"Content-Type": kind, "x-amzn-RequestId": request_id, **(headers or {})}, text)


def _json(shape: Shape, value: Any) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    return _JSON_WRITERS.get(shape.type_name, _as_it_is)(shape, value)


def _json_structure(shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        member.serialization.get("name", name): _json(member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None and "location" not in member.serialization
    }


def _json_timestamp(shape: Shape, value: datetime) -> Any:
    return write_timestamp(value, shape.serialization.get("timestampFormat", "unixTimestamp"))


def _as_it_is(shape: Shape, value: Any) -> Any:
    return value


_JSON_WRITERS: dict[str, Callable[[Any, Any], Any]] = {
    "structure": _json_structure,
    "list": lambda shape, value: [_json(shape.member, item) for item in value],
    "map": lambda shape, value: {key: _json(shape.value, item) for key, item in value.items()},
    "timestamp": _json_timestamp,
    "blob": lambda shape, value: base64.b64encode(value).decode(),
}


def _json_error(service: str, error: ServiceError, request_id: str) -> HttpAnswer:
    member = "Message" if service == "organizations" else "message"  # as the models of its errors have it
    body = {"__type": error.code, member: error.message, **error.fields}
    return _json_answer(error.status, _JSON, request_id, body)


# -- REST JSON -----------------------------------------------------------------------------------------------------


def _render_rest_json(operation: OperationModel, output: Mapping[str, Any], request_id: str) -> HttpAnswer:
    shape = operation.output_shape
    status = int(operation.http.get("responseCode", 200))
    if shape is None:
        return HttpAnswer(status, {"Content-Type": _REST_JSON, "x-amzn-RequestId": request_id}, b"")
    headers = {"Content-Type": _REST_JSON, "x-amzn-RequestId": request_id}
    for name, member in shape.members.items():
        if output.get(name) is None:
            continue
        if member.serialization.get("location") == "statusCode":
            status = int(output[name])
        elif member.serialization.get("location") == "header":
            headers[member.serialization["name"]] = write_text(member, output[name], "rfc822")
    return HttpAnswer(status, headers, b"" if status == 204 else _rest_payload(shape, output))


def _rest_payload(shape: StructureShape, output: Mapping[str, Any]) -> bytes:
    payload = shape.serialization.get("payload")
    if payload is None:
        return json.dumps(_json(shape, output), separators=(",", ":")).encode()
    member = shape.members[payload]
    value = output.get(payload)
    if value is None or member.type_name == "blob":
        return bytes(value or b"")
    return json.dumps(_json(member, value), separators=(",", ":")).encode()


def _rest_json_error(service: str, error: ServiceError, request_id: str) -> HttpAnswer:
    kind = "Service" if error.status >= 500 else "User"
    body = {"Type": kind, _member_of(service, error.code): error.message, **error.fields}
    body = {name: value for name, value in body.items() if value is not None}
    return _json_answer(error.status, _REST_JSON, request_id, body, {"x-amzn-ErrorType": error.code})


def _member_of(service: str, code: str) -> str:
    """The member that has an error's text: ``Message`` or ``message``, as the model of the error says."""
    shape = service_model(service).shape_for_error_code(code)
    return "Message" if shape is not None and "Message" in shape.members else "message"


# -- Query: XML ----------------------------------------------------------------------------------------------------


def _render_query(operation: OperationModel, output: Mapping[str, Any], request_id: str) -> HttpAnswer:
    shape = operation.output_shape
    result = ""
    if shape is not None:
        result = _element(shape.serialization.get("resultWrapper", f"{operation.name}Result"), _members(shape, output))
    body = result + _element("ResponseMetadata", _element("RequestId", request_id))
    return _xml_answer(operation.service_model.service_name, 200, f"{operation.name}Response", body, request_id)


def _xml_answer(service: str, status: int, root: str, body: str, request_id: str) -> HttpAnswer:
    namespace = service_model(service).metadata["xmlNamespace"]
    text = f'<{root} xmlns="{namespace}">{body}</{root}>'
    return HttpAnswer(status, {"Content-Type": _XML, "x-amzn-RequestId": request_id}, text.encode())


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _plain(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _members(shape: StructureShape, value: Mapping[str, Any]) -> str:
    return "".join(
        part
        for name, member in shape.members.items()
        if value.get(name) is not None
        for part in _xml(member, member.serialization.get("name", name), value[name])
    )


def _xml(shape: Shape, name: str, value: Any) -> Iterator[str]:
    """The element or elements (a flattened list) for one member."""
    if shape.type_name == "structure":
        yield _element(name, _members(shape, value))
    elif shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        item = name if flat else shape.member.serialization.get("name", "member")
        parts = [part for each in value for part in _xml(shape.member, item, each)]
        yield from parts if flat else [_element(name, "".join(parts))]
    elif shape.type_name == "map":
        yield _element(name, "".join(_entry(shape, key, item) for key, item in value.items()))
    else:
        yield _element(name, _plain(write_text(shape, value, "iso8601")))


def _entry(shape: Shape, key: str, value: Any) -> str:
    parts = [*_xml(shape.key, "key", key), *_xml(shape.value, "value", value)]
    return _element("entry", "".join(parts))


def _query_error(service: str, error: ServiceError, request_id: str) -> HttpAnswer:
    kind = "Receiver" if error.status >= 500 else "Sender"
    inner = _element("Type", kind) + _element("Code", _plain(error.code)) + _element("Message", _plain(error.message))
    body = _element("Error", inner) + _element("RequestId", request_id)
    return _xml_answer(service, error.status, "ErrorResponse", body, request_id)


_RENDERERS: dict[str, Callable[[OperationModel, Mapping[str, Any], str], HttpAnswer]] = {
    "json": _render_json,
    "rest-json": _render_rest_json,
    "query": _render_query,
}
_ERROR_RENDERERS: dict[str, Callable[[str, ServiceError, str], HttpAnswer]] = {
    "json": _json_error,
    "rest-json": _rest_json_error,
    "query": _query_error,
}
