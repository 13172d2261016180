"""From an authenticated HTTP request to an operation and its parameters, by botocore's model of the service.

There is one reading of a request and no other: where two could exist (parameters in the URL and in the body, a name
given twice, an operation named in two places) the request is refused. Members that the model does not have are dropped,
as AWS drops them, so nothing that was not understood reaches a handler.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.model import OperationModel, Shape, StructureShape

from labkit.embedded.protocol.faults import fault
from labkit.embedded.protocol.models import operation_model, operation_names, service_model
from labkit.embedded.protocol.wire import HttpRequest
from labkit.embedded.request.query import QueryParameters
from labkit.embedded.request.values import ValueProblemError, read_json, read_text

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SIGNATURE_PREFIX = "X-Amz-"


def parse(request: HttpRequest, service: str) -> tuple[OperationModel, dict[str, Any]]:
    """Read which operation of ``service`` is called, and with which parameters.

    Raises `ServiceError` as the service's protocol answers it: unknown operation, or malformed request.
    """
    protocol = service_model(service).protocol
    try:
        operation, params = _PARSERS[protocol](request, service)
    except _UnknownOperationError as problem:
        raise fault(service, "unknown operation", str(problem)) from None
    except (ValueProblemError, _MalformedError) as problem:
        raise fault(service, "malformed", str(problem)) from None
    return operation, params


def named_operation(head: HttpRequest, service: str) -> str | None:
    """The operation that the head of a request names; None where only the body says it, or nothing does."""
    try:
        return str(_NAMERS[service_model(service).protocol](head, service).name)
    except (_MalformedError, _UnknownOperationError):
        return None


class _MalformedError(Exception):
    pass


class _UnknownOperationError(Exception):
    pass


def _find(service: str, name: str) -> OperationModel:
    if name not in operation_names(service):
        raise _UnknownOperationError(f"The service {service} has no operation named {name or '(nothing)'}.")
    return operation_model(service, name)


# -- JSON: X-Amz-Target and a body ---------------------------------------------------------------------------------


def _parse_json(request: HttpRequest, service: str) -> tuple[OperationModel, dict[str, Any]]:
    operation = _name_json(request, service)
    return operation, _structure(operation.input_shape, _load(request.body), "")


def _name_json(request: HttpRequest, service: str) -> OperationModel:
    prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
    if request.query or request.path != "/" or request.method != "POST":
        raise _MalformedError(f"A request to {service} is a POST to / without a query string.")
    if prefix != service_model(service).metadata["targetPrefix"]:
        raise _UnknownOperationError(f"X-Amz-Target does not name an operation of {service}.")
    return _find(service, name)


def _load(body: bytes) -> Any:
    """Read JSON; a name given twice, NaN, endless nesting and halves of characters are refused."""
    try:
        content = json.loads(body or b"{}", object_pairs_hook=_unique, parse_constant=_refuse)
        if b"\\ud" in body or b"\\uD" in body:  # a surrogate without its other half is no text
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _MalformedError("The request body is not a JSON document.") from None
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _MalformedError("The request body gives a name twice.")
    return dict(pairs)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _structure(shape: StructureShape | None, value: Any, where: str, location: str | None = None) -> dict[str, Any]:
    """The members of a structure; at the top (``location`` None or not) only those that the body carries."""
    if shape is None:
        return {}
    if not isinstance(value, dict):
        raise ValueProblemError(f"{where or 'The request'} is not a structure")
    params = {}
    for name, member in shape.members.items():
        found = value.get(member.serialization.get("name", name))
        if found is not None and member.serialization.get("location") is None:
            params[name] = _json_value(member, found, f"{where}.{name}" if where else name)
    return params


def _json_value(shape: Shape, value: Any, where: str) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "structure":
        return _structure(shape, value, where)
    if shape.type_name == "list":
        if not isinstance(value, list):
            raise ValueProblemError(f"{where} is not a list")
        return [_json_value(shape.member, item, f"{where}[{n}]") for n, item in enumerate(value) if item is not None]
    if shape.type_name == "map":
        if not isinstance(value, dict):
            raise ValueProblemError(f"{where} is not a map")
        return {
            key: _json_value(shape.value, item, f"{where}.{key}") for key, item in value.items() if item is not None
        }
    return read_json(shape, value, where)


# -- Query: a form, in the body or in the URL ----------------------------------------------------------------------


def _parse_query(request: HttpRequest, service: str) -> tuple[OperationModel, dict[str, Any]]:
    if "x-amz-target" in request.headers or request.path != "/":
        raise _MalformedError(f"A request to {service} is a form sent to /.")
    form = _form(request)
    model = service_model(service)
    name = form.pop("Action", "")
    version = form.pop("Version", model.api_version)
    if version != model.api_version:
        raise _UnknownOperationError(f"Could not find operation {name} for version {version}")
    operation = _find(service, name)
    return operation, QueryParameters(form).read(operation.input_shape)


def _name_query(request: HttpRequest, service: str) -> OperationModel:
    return _find(service, dict(_pairs(request.query)).get("Action", ""))


def _form(request: HttpRequest) -> dict[str, str]:
    in_url = [pair for pair in _pairs(request.query) if not pair[0].startswith(_SIGNATURE_PREFIX)]
    in_body = _pairs(_text(request.body))
    if in_url and in_body:
        raise _MalformedError("Parameters stand in the URL and in the body; send them in one place.")
    if in_body and request.method != "POST":
        raise _MalformedError("Only a POST carries a body.")
    form = dict(in_url or in_body)
    if len(form) != len(in_url or in_body):
        raise _MalformedError("The request gives a parameter twice.")
    if any(_CONTROL.search(value) for value in form.values()):
        raise _MalformedError("A parameter has a control character.")
    return form


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise _MalformedError("The request body is not UTF-8.") from None


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise _MalformedError("The parameters are not UTF-8.") from None


# -- REST JSON: method, path, query string, headers, body ----------------------------------------------------------

_Reader = Callable[..., Any]


@dataclass(frozen=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    operation: str
    weight: tuple[int, int]  # more literal text first

    def matches(self, request: HttpRequest, query: frozenset[tuple[str, str]]) -> re.Match[str] | None:
        return self.pattern.fullmatch(request.path) if self.method == request.method and self.query <= query else None


@cache
def _routes(service: str) -> list[_Route]:
    routes = [_route(operation_model(service, name)) for name in operation_names(service)]
    return sorted(routes, key=lambda route: route.weight, reverse=True)


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    parts = re.split(r"\{(\w+)(\+?)\}", path)
    pattern = ""
    for literal, name, greedy in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], ""], strict=True):
        pattern += re.escape(literal) + (f"(?P<{name}>{'.+' if greedy else '[^/]+'})" if name else "")
    weight = (len(query), sum(map(len, parts[::3])))
    return _Route(operation.http["method"], re.compile(pattern), frozenset(parse_qsl(query)), operation.name, weight)


def _parse_rest_json(request: HttpRequest, service: str) -> tuple[OperationModel, dict[str, Any]]:
    operation, labels = _match(request, service)
    return operation, _rest_params(operation.input_shape, request, labels, _pairs(request.query))


def _match(request: HttpRequest, service: str) -> tuple[OperationModel, dict[str, str]]:
    pairs = _pairs(request.query)
    if any(segment in ("", ".", "..") for segment in request.path.strip("/").split("/")):
        raise _MalformedError("The path has empty or dot segments.")
    if "x-amz-target" in request.headers or any(name in ("Action", "Version") for name, _ in pairs):
        raise _MalformedError("The operation is named by method and path, and by nothing else.")
    for route in _routes(service):
        if match := route.matches(request, frozenset(pairs)):
            return operation_model(service, route.operation), match.groupdict()
    raise _UnknownOperationError(f"The service {service} has no operation for {request.method} {request.path}.")


def _rest_params(
    shape: StructureShape | None, request: HttpRequest, labels: dict[str, str], pairs: list[tuple[str, str]]
) -> dict[str, Any]:
    if shape is None:
        return {}
    params = _rest_body(shape, request)
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        reader: _Reader = _LOCATIONS.get(member.serialization.get("location", ""), _nowhere)
        found = reader(member, wire_name, request, labels, pairs)
        if found is not None:
            params[name] = found
    return params


def _rest_body(shape: StructureShape, request: HttpRequest) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    if payload is None:
        return _structure(shape, _load(request.body), "")
    member = shape.members[payload]
    if member.type_name == "blob":
        return {payload: request.body} if request.body else {}
    return {payload: _json_value(member, _load(request.body), payload)} if request.body else {}


def _from_path(member: Shape, name: str, _: HttpRequest, labels: dict[str, str], __: Any) -> Any:
    try:
        text = unquote(labels[name], errors="strict")
    except UnicodeDecodeError:
        raise _MalformedError("The path is not UTF-8.") from None
    return read_text(member, text, name)


def _from_query(member: Shape, name: str, _: HttpRequest, __: Any, pairs: list[tuple[str, str]]) -> Any:
    values = [value for key, value in pairs if key == name]
    if member.type_name == "list":
        return [read_text(member.member, value, name) for value in values] or None
    if len(values) > 1:
        raise _MalformedError(f"The request gives {name} twice.")
    return read_text(member, values[0], name) if values else None


def _from_header(member: Shape, name: str, request: HttpRequest, *_: Any) -> Any:
    text = request.headers.get(name.lower())
    return None if text is None else read_text(member, text, name)


def _nowhere(*_: Any) -> None:
    return None


_LOCATIONS: dict[str, _Reader] = {"uri": _from_path, "querystring": _from_query, "header": _from_header}
_PARSERS: dict[str, Callable[[HttpRequest, str], tuple[OperationModel, dict[str, Any]]]] = {
    "json": _parse_json,
    "query": _parse_query,
    "rest-json": _parse_rest_json,
}
_NAMERS: dict[str, Callable[[HttpRequest, str], OperationModel]] = {
    "json": _name_json,
    "query": _name_query,
    "rest-json": lambda request, service: _match(request, service)[0],
}
