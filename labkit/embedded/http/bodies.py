"""The body of a request as it comes: in pieces of a mebibyte, each worked on while the next one is gathered."""

from __future__ import annotations

import h11

from labkit.embedded.http.connection import ClientGoneError, Connection
from labkit.embedded.protocol.wire import PIECE, HttpRequest, Piece


class Body:
    """A body that is small, or comes in chunks, as h11 reads it."""

    def __init__(self, connection: Connection) -> None:
        self.ended = False
        """Whether nothing of it is to come any more."""
        self._connection = connection
        self._parts: list[bytes | bytearray] = []
        self._size = 0

    async def gather(self) -> None:
        """Wait until there is a piece worth handing on, or the end; whoever is interrupted may go on later.

        Raises what `Connection.event` raises.
        """
        await self._connection.until(self._gathered)

    def _gathered(self) -> bool | None:
        while self._size < PIECE and not self.ended:
            event = self._connection.event_now()
            if event is None:
                return None
            if isinstance(event, h11.EndOfMessage):
                self.ended = True
            elif isinstance(event, h11.Data):
                self._parts.append(event.data)
                self._size += len(event.data)
            else:
                raise ClientGoneError
        return True

    def taken(self) -> Piece:
        """What has been gathered; when the next piece is taken, this one may be overwritten."""
        piece = b"".join(self._parts)
        self._parts, self._size = [], 0
        return piece


class LargeBody(Body):
    """A large body whose length is known: from the socket to two places that are handed on in turn."""

    def __init__(self, connection: Connection, length: int) -> None:
        super().__init__(connection)
        self._place, self._other = memoryview(bytearray(PIECE)), memoryview(bytearray(PIECE))
        begun = connection.bypass(length)
        self._place[: len(begun)] = begun
        self._size = len(begun)

    async def gather(self) -> None:
        """Wait until there is a piece, or the end. Raises `ClientGoneError`."""
        most = min(PIECE, self._size + self._connection.left)
        left = self._connection.left
        try:
            await self._connection.fill(self._place[self._size : most])
        finally:
            self._size += left - self._connection.left
        self.ended = not self._connection.left

    def taken(self) -> Piece:
        """What has been gathered; when the next piece is taken, this one may be overwritten."""
        piece = self._place[: self._size]
        self._place, self._other, self._size = self._other, self._place, 0
        return piece


def body_of(head: HttpRequest, connection: Connection) -> Body:
    """The body of a request whose head has just been read."""
    length = head.announced or 0
    return LargeBody(connection, length) if length > PIECE else Body(connection)
