"""How long a client is waited for that pauses in the middle of a request or of an answer.

Whoever is waited for takes a thread of the server. So everybody is waited for a moment, and much longer only while few
others are: there are threads left for the rest, and `labkit status` is answered, however many clients have stalled.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

LONGEST_PAUSE = 300
"""Seconds for which a client may pause (it may be busy with its own disk)."""

MOST_WAITED_FOR = 16
"""How many clients may pause for so long at the same time."""

_MOMENT = 1.0  # seconds for which everybody may pause
_waited_for = threading.BoundedSemaphore(MOST_WAITED_FOR)

_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


class ClientSocket:
    """What goes over the socket of a connection, in both directions. Raises TimeoutError when a client is given up."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._pausing = False

    @contextmanager
    def long_pauses(self) -> Iterator[None]:
        """While this is open the client may pause for long; otherwise the timeout of the socket counts."""
        usual = self._socket.gettimeout()
        self._socket.settimeout(_MOMENT)
        self._pausing = True
        try:
            yield
        finally:
            self._pausing = False
            self._socket.settimeout(usual)

    def recv(self, size: int) -> bytes:
        """At most ``size`` bytes; none at the end."""
        return self._tried(self._socket.recv, size)

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all of the bytes."""
        left = memoryview(data)
        while left:
            left = left[self._tried(self._socket.send, left) :]

    def _tried(self, step: Callable[[_Argument], _Result], argument: _Argument) -> _Result:
        try:
            return step(argument)
        except TimeoutError:
            if not (self._pausing and _waited_for.acquire(blocking=False)):
                raise
        try:
            self._socket.settimeout(LONGEST_PAUSE)
            return step(argument)
        finally:
            self._socket.settimeout(_MOMENT)
            _waited_for.release()
