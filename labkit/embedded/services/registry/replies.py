"""Answers of the registry: bytes that are there already, or a stretch of a file that is sent piece by piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from labkit.embedded.protocol.slow_clients import ClientSocket
from labkit.embedded.state.blobs import CHUNK

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; ``body`` has its whole length, or its headers tell the length of what it yields."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Stretch = b""

    def send(self, start_response: Callable[..., Any], *, head: bool) -> Iterable[bytes]:
        """Answer through WSGI; without the body where only the head was asked for."""
        headers = {"Docker-Distribution-Api-Version": "registry/2.0", **self.headers}
        if self.status != HTTPStatus.NO_CONTENT:
            headers.setdefault("Content-Length", str(len(self.body)))
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(headers.items()))
        if isinstance(self.body, bytes):
            return [] if head else [self.body]
        if head:
            self.body.close()
            return []
        return self.body


class Stretch:
    """Some bytes of a file, read while they are sent. It is closed at its end, or by a server that stops before."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._first = 0
        self._left = self._file.seek(0, 2)

    def __len__(self) -> int:
        return self._left

    def narrow(self, first: int, last: int) -> None:
        """Keep the bytes from ``first`` to ``last``, both included."""
        self._first, self._left = first, last - first + 1

    def __iter__(self) -> Iterator[bytes]:
        with self._file:
            self._file.seek(self._first)
            while self._left and (piece := self._file.read(min(CHUNK, self._left))):
                self._left -= len(piece)
                yield piece

    def send_to(self, client: ClientSocket) -> None:
        """Send them by way of one small buffer, the way of the lab's own server.

        With sendfile this process would do less, and the client more, since it would be the first to touch the bytes:
        a client that computes digests, as all of them do, is the one that the transfer waits for.
        """
        buffer = memoryview(bytearray(min(CHUNK, self._left)))
        self._file.seek(self._first)
        while self._left and (size := self._file.readinto(buffer[: self._left])):
            self._left -= size
            client.sendall(buffer[:size])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte that a ``Range`` header asks for of ``size`` bytes.

    None for a header that is to be ignored (RFC 9110, "Range"); more than one range is ignored too. Raises ValueError
    where there is no such byte.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(size - 1, int(last or size - 1))
        if last and int(last) < start:
            return None
    if start > end:
        raise ValueError("There is no such byte.")
    return start, end
