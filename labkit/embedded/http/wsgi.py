"""The gateway as a WSGI application (PEP 3333): for clients within the same process, and for any WSGI server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labkit.embedded.protocol.wire import PIECE, Exchange, HttpAnswer, HttpRequest

StartResponse = Callable[..., Any]


def head_of(environ: Mapping[str, Any]) -> HttpRequest:
    """Everything but the body of a WSGI request."""
    target = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
    path, _, query = target.partition("?")
    headers = {
        name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    peer = str(environ.get("REMOTE_ADDR", "127.0.0.1"))
    return HttpRequest(str(environ["REQUEST_METHOD"]), path or "/", query, headers, b"", peer)


def played(exchange: Exchange, head: HttpRequest, source: Any) -> HttpAnswer:
    """The answer of an exchange that is given the body from a file, such as ``wsgi.input``."""
    left = head.announced
    try:
        next(exchange)
        while left is None or left > 0:
            piece = source.read(PIECE if left is None else min(PIECE, left))
            if not piece:
                break
            left = None if left is None else left - len(piece)
            exchange.send(piece)
        exchange.send(b"")
    except StopIteration as answered:
        answer: HttpAnswer = answered.value
        return answer
    raise RuntimeError("The end of the body was not answered.")


def respond(answer: HttpAnswer, head: HttpRequest, start_response: StartResponse) -> Iterable[bytes]:
    """Answer through WSGI; without the body where only the head was asked for."""
    start_response(f"{answer.status} {answer.phrase}", list(answer.complete_headers.items()))
    if isinstance(answer.body, bytes):
        return [] if head.method == "HEAD" else [answer.body]
    if head.method == "HEAD":
        answer.body.close()
        return []
    return answer.body
