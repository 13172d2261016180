"""Stand-in for awslambdaric's native module of this name, where there is none (macOS, Windows).

Same four functions over one kept connection to the Runtime API (Lambda Developer Guide, "Using the Lambda runtime
API for custom runtimes"). Never imported on Linux, where awslambdaric brings its own.
"""

from __future__ import annotations

import http.client
import os

_PATH = "/2018-06-01/runtime/invocation/"
_connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def _request(method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202
    _connection.request(method, _PATH + path, body, headers or {})
    response = _connection.getresponse()
    answer = response.read()
    if response.status not in (200, 202):
        raise RuntimeError(f"Runtime API answered {path} with HTTP status {response.status}")
    return answer, response.headers


def initialize_client(user_agent: str) -> None:
    """Accept the user agent; the lab's Runtime API does not ask for it."""


def next() -> tuple[bytes, dict[str, object]]:
    """Wait for the next event and return its body and headers."""
    body, received = _request("GET", "next")
    headers: dict[str, object] = dict(received.items())
    return body, headers | {"Lambda-Runtime-Deadline-Ms": int(received["Lambda-Runtime-Deadline-Ms"])}


def post_invocation_result(request_id: str, body: bytes, content_type: str, invocation_id: str | None) -> None:
    """Post what the handler returned."""
    _request("POST", request_id + "/response", body, {"Content-Type": content_type})


def post_error(request_id: str, body: str, xray_cause: str, invocation_id: str | None) -> None:
    """Post the error that the handler raised."""
    _request("POST", request_id + "/error", body.encode(), {"Content-Type": "application/json"})
