"""The connection to one client: the bytes of its socket, read by h11, and how long the client is waited for.

The event loop moves the bytes. Nothing more is taken from a socket than somebody asks for here (`Connection.until`), so
a client that sends faster than its request is worked on waits, and what is held of it is bounded. The body of a large
request goes from the socket to where it is wanted without passing through h11 (`Connection.fill`): its length is known.

Whoever waits for the client says for how long. A client that makes progress, some kilobytes at a time, is waited for
anew; one that drips bytes makes none.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import h11

LONGEST_HEAD = 1 << 17
"""The most bytes that a request line and its headers may have."""

IDLE_TIMEOUT, HEAD_TIMEOUT, PROGRESS_TIMEOUT, CLOSE_TIMEOUT = 900.0, 60.0, 300.0, 10.0
"""Seconds for which a client may be silent between requests, may take for a head, may pause within a body or an answer
(it may be busy with its own disk), and may take to notice that the connection ends."""

_PROGRESS = 1 << 14  # bytes

_Found = TypeVar("_Found")


class ClientGoneError(Exception):
    """The client has left, or its connection was aborted."""


class Connection(asyncio.BufferedProtocol):
    """One connection, as `labkit.embedded.http.connection_handler` uses it.

    ``buffer`` may be shared by all connections of a loop: what it holds is taken out at once.
    """

    def __init__(
        self, buffer: bytearray, opened: Callable[[Connection], None], closed: Callable[[Connection], None]
    ) -> None:
        self.http = _new_http()
        self.idle = True
        """Whether no request has begun."""
        self.since = 0.0
        """When the client last made progress, by the loop's clock."""
        self.deadline = math.inf
        """Until when it is waited for; without end while the lab itself is at work."""
        self.left = 0
        """How many bytes of the body are still to be taken past h11."""
        self.eof = False
        """Whether the client has ended its side of the connection."""
        self._buffer, self._opened, self._closed = buffer, opened, closed
        self._transport: asyncio.Transport
        self._waiting: asyncio.Future[Any] | None = None
        self._find: Callable[[], Any] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._target: memoryview | None = None
        self._reading_paused = self._gone = self._discarding = self._bypassed = False
        self._received, self._renewal = 0, math.inf

    # -- How long the client is waited for -----------------------------------------------------------------------------

    def wait_for(self, seconds: float, *, renewed: bool = False) -> None:
        """Wait for so long from now; and again from each progress of the client on, if it is ``renewed`` by that."""
        self.since = asyncio.get_running_loop().time()
        self.deadline = self.since + seconds
        self._received, self._renewal = 0, seconds if renewed else math.inf

    def stop_waiting(self) -> None:
        """The lab itself is at work."""
        self.deadline = self._renewal = math.inf

    @property
    def is_waited_for(self) -> bool:
        """Whether it is the client's turn."""
        return self.deadline < math.inf

    def _note(self, received: int) -> None:
        self._received += received
        if self.idle:
            self.idle = False
            self.wait_for(HEAD_TIMEOUT)
        elif self._received >= _PROGRESS and self._renewal < math.inf:
            self.wait_for(self._renewal, renewed=True)

    # -- From the client -----------------------------------------------------------------------------------------------

    async def until(self, find: Callable[[], _Found | None]) -> _Found:
        """What ``find`` finds, asked whenever bytes have come. Raises what that raises, and `ClientGoneError`."""
        found = find()
        if found is not None:
            return found
        if self._gone:
            raise ClientGoneError
        self._waiting, self._find = asyncio.get_running_loop().create_future(), find
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        try:
            return cast(_Found, await self._waiting)
        finally:
            self._waiting = self._find = None

    async def event(self) -> Any:
        """The next event of HTTP. Raises `ClientGoneError`, and h11's RemoteProtocolError for what is no HTTP."""
        return await self.until(self.event_now)

    def event_now(self) -> Any:
        """The next event of HTTP, or None where more bytes are needed for one."""
        event = self.http.next_event()
        return None if event is h11.NEED_DATA else event

    def bypass(self, length: int) -> bytes:
        """Take a body of this length past h11 from now on (see `fill`); what h11 has of it already."""
        self._pause_reading()
        begun = self.http.trailing_data[0][:length]
        self.left, self._bypassed = length - len(begun), True
        return begun

    async def fill(self, target: memoryview) -> None:
        """Fill the target with the next bytes of the body, no more than are `left`. Raises `ClientGoneError`."""
        size, self._target = len(target), target
        try:
            await self.until(self._filled)
        finally:
            self.left -= size - len(self._target)
            self._target = None
            self._pause_reading()  # what comes next is the body's too, not h11's

    def _filled(self) -> bool | None:
        if not self._target:
            self._pause_reading()
            return True
        if self.eof:
            raise ClientGoneError
        return None

    def next_request(self) -> bool:
        """Whether another request may follow, for which all is ready then."""
        if self.http.our_state is not h11.DONE or self.left:
            return False
        if self._bypassed:
            self.http, self._bypassed = _new_http(), False
        elif self.http.their_state is h11.DONE:
            self.http.start_next_cycle()
        return self.http.their_state is h11.IDLE

    # -- To the client -------------------------------------------------------------------------------------------------

    async def send(self, *pieces: bytes | memoryview) -> None:
        """Send bytes, and wait until the system has taken all of them. Raises `ClientGoneError`."""
        self.wait_for(PROGRESS_TIMEOUT)
        for piece in pieces:
            self._transport.write(piece)
        if self._writable is not None:
            await self._writable
        if self._gone:
            raise ClientGoneError

    async def end(self) -> None:
        """Close the connection so that the client finds what it was sent, even if it goes on sending for a while."""
        sending = self.left or self.http.their_state in (h11.SEND_BODY, h11.ERROR)
        if sending and not (self._gone or self.eof or (self._bypassed and not self.left)):
            self.wait_for(CLOSE_TIMEOUT)
            self._discarding = True
            self._transport.write_eof()
            await self.until(lambda: self.eof or None)
        self.close()

    def close(self) -> None:
        """Close the connection as soon as the system has taken everything that was sent; nothing of it is dropped."""
        self._transport.close()

    def abort(self) -> None:
        """Close the connection whatever it is doing; what the system has not taken yet is dropped."""
        self._transport.abort()

    # -- What the event loop says --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a client."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)
        self.wait_for(IDLE_TIMEOUT)
        self._opened(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Where the next bytes go."""
        return cast(bytearray, self._target) if self._target else self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        if self._discarding:
            return
        if self._target:
            self._target = self._target[nbytes:]
        else:
            self.http.receive_data(cast(bytes, memoryview(self._buffer)[:nbytes]))
        self._note(nbytes)
        self._resume_waiter()

    def eof_received(self) -> bool:
        """The client has said everything; it may still listen."""
        self.eof = True
        if not (self._discarding or self._bypassed):
            self.http.receive_data(b"")
        self._resume_waiter()
        return not self._discarding

    def pause_writing(self) -> None:
        """The client reads slower than it is sent."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has taken all of it."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no client any more."""
        self._gone = True
        self._closed(self)
        self.resume_writing()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ClientGoneError())

    def _resume_waiter(self) -> None:
        """Ask whether what is waited for is there; where nothing is, read no further."""
        if self._waiting is None or self._find is None or self._waiting.done():
            self._pause_reading()
            return
        try:
            found = self._find()
        except Exception as error:
            self._waiting.set_exception(error)
        else:
            if found is not None:
                self._waiting.set_result(found)

    def _pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()


def _new_http() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
