"""The head of a request as it came over a socket: read by h11, refused here where it could be read in two ways."""

from __future__ import annotations

from collections.abc import Sequence

import h11

from labkit.embedded.protocol.wire import HttpRequest

# Headers that are lists, so that two of them are one (RFC 9110, "Field Lines and Combined Field Value").
_LISTS = frozenset(
    b"accept accept-charset accept-encoding accept-language cache-control connection forwarded if-match if-none-match "
    b"keep-alive pragma te trailer upgrade via x-forwarded-for".split()
)


class RefusedHeadError(Exception):
    """A head that is not to be answered by the application: ``status`` and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def read_head(request: h11.Request) -> HttpRequest:
    """The head of a request. Raises `RefusedHeadError`.

    Names with an underscore are dropped, since some read them as if it were a dash.
    """
    path, _, query = request.target.decode("ascii").partition("?")
    headers = _headers([(bytes(name), bytes(value)) for name, value in request.headers if b"_" not in name])
    if request.method == b"CONNECT" or not path.startswith("/"):
        raise RefusedHeadError(400, "A request names a path on this server.")
    if "transfer-encoding" in headers and ("content-length" in headers or request.http_version != b"1.1"):
        raise RefusedHeadError(400, "The length of the body is given in two ways.")
    return HttpRequest(request.method.decode("ascii"), path, query, headers, b"")


def _headers(given: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in given:
        key, text = name.decode("ascii"), value.decode("latin-1")
        if key in found and name not in _LISTS:
            raise RefusedHeadError(400, f"The header {key} is given twice.")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
