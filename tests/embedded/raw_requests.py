"""Requests written by botocore's models, without botocore's checks: whatever is put in is sent.

botocore's own serializers refuse or trip over values that do not fit a shape; a client that is wrong, or hostile, does
not ask them. So the three protocols are written here, by the values' own types where they do not fit the shape's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from botocore.model import OperationModel, Shape

#: A text that stands for a number that no float can hold.
ENDLESS = "@1e999@"


def request_of(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any]:
    """Method, target, headers and body of a call, as `tests.embedded.conftest.Cloud.call` takes them."""
    return _WRITERS[operation.service_model.protocol](operation, params)


def _query(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any]:
    form = {"Action": operation.name, "Version": operation.service_model.api_version}
    form.update(_flat(operation.input_shape, dict(params), ""))
    body = urlencode(form, errors="surrogatepass").encode()
    return {"headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "body": body}


def _flat(shape: Shape | None, value: Any, prefix: str) -> Iterator[tuple[str, str]]:
    dot = f"{prefix}." if prefix else ""
    if isinstance(value, Mapping) and shape is not None and shape.type_name == "map":
        for number, (key, item) in enumerate(value.items(), start=1):
            yield f"{dot}entry.{number}.key", str(key)
            yield from _flat(shape.value, item, f"{dot}entry.{number}.value")
    elif isinstance(value, Mapping):
        members = getattr(shape, "members", {})
        for name, item in value.items():
            member = members.get(name)
            wire = member.serialization.get("name", name) if member is not None else name
            yield from _flat(member, item, f"{dot}{wire}")
    elif isinstance(value, list):
        member = getattr(shape, "member", None)
        for number, item in enumerate(value, start=1):
            yield from _flat(member, item, f"{dot}member.{number}")
        if not value:
            yield prefix, ""
    else:
        yield prefix, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _json(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any]:
    metadata = operation.service_model.metadata
    headers = {
        "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
        "X-Amz-Target": f"{metadata['targetPrefix']}.{operation.name}",
    }
    return {"headers": headers, "body": _dumped(params)}


def _dumped(value: Any) -> bytes:
    text = json.dumps(value, default=lambda other: base64.b64encode(other).decode())
    return text.replace(f'"{ENDLESS}"', "1e999").encode()


def _rest(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any]:
    shape = operation.input_shape
    members = shape.members if shape is not None else {}
    path, query, headers, body = operation.http["requestUri"], [], {}, {}
    for name, value in params.items():
        member = members.get(name)
        place = member.serialization.get("location") if member is not None else None
        wire = member.serialization.get("name", name) if member is not None else name
        if place == "uri":
            path = path.replace(f"{{{wire}}}", quote(_text(value), safe="", errors="surrogatepass"))
        elif place == "querystring":
            query += [(wire, _text(item)) for item in (value if isinstance(value, list) else [value])]
        elif place == "header":
            headers[wire] = _text(value).encode("latin-1", "replace").decode("latin-1").translate(_NO_BREAKS)
        else:
            body[wire] = value
    payload = shape.serialization.get("payload") if shape is not None else None
    whole = body.get(payload, b"") if payload else body
    target = path if not query else f"{path}{'&' if '?' in path else '?'}{urlencode(query, errors='surrogatepass')}"
    content = whole if isinstance(whole, bytes) else _dumped(whole) if whole or not payload else b""
    return {"method": operation.http["method"], "target": target, "headers": headers, "body": content}


_NO_BREAKS = dict.fromkeys(range(32))  # an HTTP library cannot send them in a header

_WRITERS: dict[str, Callable[[OperationModel, Mapping[str, Any]], dict[str, Any]]] = {
    "query": _query,
    "json": _json,
    "rest-json": _rest,
}
