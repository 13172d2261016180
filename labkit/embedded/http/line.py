"""The line to one client: bytes of its socket as events of HTTP, and how long the client is waited for.

h11 makes events of the bytes; the event loop moves them. Nothing more is taken from a socket than somebody asks for
here, so a client that sends faster than its request is worked on waits, and what is held of it is bounded.

Whoever waits for the client says for how long (`Line.wait_for`). A client goes on as long as it makes progress, some
kilobytes at a time: one that drips bytes makes none.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, cast

import h11

LONGEST_HEAD = 1 << 17
"""The most bytes that a request line and its headers may have."""

IDLE, HEAD, PAUSE, FAREWELL = 900.0, 60.0, 300.0, 10.0
"""Seconds for which a client may be silent between requests, may take for a head, may pause within a body or an answer
(it may be busy with its own disk), and may take to notice that the connection ends."""

_PROGRESS = 1 << 14  # bytes
_MOST_UNSENT = 1 << 18  # bytes


class ClientGoneError(Exception):
    """The client has left, or has been given up."""


class Line(asyncio.BufferedProtocol):
    """One connection, as `labkit.embedded.http.conversation` uses it.

    ``buffer`` may be shared by all lines of a loop: what it holds is taken out at once.
    """

    def __init__(self, buffer: bytearray, opened: Callable[[Line], None], closed: Callable[[Line], None]) -> None:
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self.idle = True
        """Whether no request has begun."""
        self.since = 0.0
        """When the client last made progress, by the loop's clock."""
        self.deadline = math.inf
        """Until when it is waited for; without end while the lab itself is at work."""
        self.said_all = False
        """Whether the client has ended its side of the connection."""
        self._buffer, self._opened, self._closed = buffer, opened, closed
        self._transport: asyncio.Transport
        self._readable: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._held_back = self._gone = self._deaf = False
        self._received = 0

    # -- For whoever talks to the client -------------------------------------------------------------------------------

    def wait_for(self, seconds: float) -> None:
        """Wait for so long from now, or from the client's next progress on."""
        self.since = asyncio.get_running_loop().time()
        self.deadline = self.since + seconds
        self._received = 0

    @property
    def is_waited_for(self) -> bool:
        """Whether it is the client's turn."""
        return self.deadline < math.inf

    def wait_for_nobody(self) -> None:
        """The lab itself is at work."""
        self.deadline = math.inf

    async def event(self) -> Any:
        """The next event of HTTP. Raises `ClientGoneError`, and h11's RemoteProtocolError for what is no HTTP."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            await self._more()
            if self.idle and self._received:
                self.idle = False
                self.wait_for(HEAD)
        if self._received >= _PROGRESS and not self.idle:
            self.wait_for(PAUSE)
        return event

    def write(self, data: bytes) -> None:
        """Send a few bytes, such as a line."""
        self._transport.write(data)

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until the client has taken most of what it was sent. Raises `ClientGoneError`."""
        self._transport.write(data)
        if self._writable is not None:
            await self._writable
        if self._gone:
            raise ClientGoneError
        self.wait_for(PAUSE)

    async def end(self) -> None:
        """Close the connection so that the client finds what it was sent, even if it goes on sending for a while."""
        if self.http.their_state in (h11.SEND_BODY, h11.ERROR) and not (self._gone or self.said_all):
            self.wait_for(FAREWELL)
            self._deaf = True
            self._transport.write_eof()
            while not self._gone:
                await self._more()
        self._transport.close()

    def give_up(self) -> None:
        """Close the connection whatever it is doing."""
        self._transport.abort()

    async def _more(self) -> None:
        if self._gone:
            raise ClientGoneError
        self._readable = asyncio.get_running_loop().create_future()
        if self._held_back:
            self._held_back = False
            self._transport.resume_reading()
        await self._readable
        self._readable = None

    # -- What the event loop says --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a client."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT)
        self._opened(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        if self._deaf:
            return
        self.http.receive_data(cast(bytes, memoryview(self._buffer)[:nbytes]))
        self._received += nbytes
        if self._readable is None:
            self._held_back = True
            self._transport.pause_reading()
        _wake(self._readable)

    def eof_received(self) -> bool:
        """The client has said everything; it may still listen."""
        self.said_all = True
        if not self._deaf:
            self.http.receive_data(b"")
        _wake(self._readable)
        return not self._deaf

    def pause_writing(self) -> None:
        """The client reads slower than it is sent."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        _wake(self._writable)
        self._writable = None

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no client any more."""
        self._gone = True
        self._closed(self)
        _wake(self._readable)
        _wake(self._writable)


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
