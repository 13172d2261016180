"""What is said on one line: request after request, each read, worked on by threads of its lane, and answered.

The event loop's thread, in which this runs, waits for sockets only, and the threads of the lanes never do: a step of an
exchange is given pieces of the body that are there already, or reads a piece of a file that can be sent at once. So a
client that is silent, sends a byte a minute, or stops reading takes up a socket and at most a few pieces of memory.

A body is handed on in pieces of a mebibyte. What an answer leaves of it is read and dropped *after* the answer has been
sent: a client that stops sending when it is refused is served at once, and one that reads no answer before it has sent
everything (Python's ``requests``) still finds its answer instead of a broken connection.

Container clients try HTTPS first. A TLS greeting is answered like any malformed request, with an HTTP status line, by
which docker, containerd, skopeo and podman know that plain HTTP is spoken here.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any, Protocol, cast

import h11

from labkit.embedded.http import steps
from labkit.embedded.http.heads import RefusedHeadError, read_head
from labkit.embedded.http.line import IDLE, PAUSE, ClientGoneError, Line
from labkit.embedded.protocol.wire import PIECE, Exchange, HttpAnswer, HttpRequest, Stretch, text_answer


class Application(Protocol):
    """What stands behind the door."""

    def exchange(self, head: HttpRequest) -> Exchange:
        """A request on its way to its answer."""

    def lane(self, head: HttpRequest) -> str:
        """Which threads work on it."""


@dataclass(frozen=True)
class Conversation:
    """One line, and what answers on it. ``work(lane, step)`` has a thread of the lane do a step."""

    line: Line
    application: Application
    work: Callable[[str, Callable[[], Any]], Awaitable[Any]]
    closing: Callable[[], bool]
    """Whether the server is about to stop, so that every answer is the last on its line."""

    async def hold(self) -> None:
        """Answer requests until the client leaves, or says what is no HTTP."""
        try:
            while await self._request():
                self.line.http.start_next_cycle()
            await self.line.end()
        except ClientGoneError:
            pass

    async def _request(self) -> bool:
        """Answer one request; whether another one may follow."""
        line = self.line
        line.idle = True
        line.wait_for(IDLE)
        try:
            event = await line.event()
            if not isinstance(event, h11.Request):
                return False
            line.idle = False
            head = read_head(event)
            step = partial(self.work, self.application.lane(head))
            answer = await self._answer(step, head)
            await self._send(step, head, answer)
            await self._drop_body()
        except (h11.RemoteProtocolError, RefusedHeadError) as error:
            await self._refuse(error)
        return line.http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}

    # -- Requests ------------------------------------------------------------------------------------------------------

    async def _answer(self, work: Callable[..., Awaitable[Any]], head: HttpRequest) -> HttpAnswer:
        """Hand the body on, until there is an answer; also what came before the client left."""
        exchange = self.application.exchange(head)
        body = _Body(self.line)
        begun = (head.announced or 0) > PIECE or self.line.http.they_are_waiting_for_100_continue
        answer: HttpAnswer | None = await work(partial(steps.begin, exchange)) if begun else None
        try:
            while answer is None:
                self._tell_to_continue()
                await body.gather()
                self.line.wait_for_nobody()
                advance = partial(steps.advance, exchange, body.taken(), begun=begun, ended=body.ended)
                answer, begun = await work(advance), True
        except (ClientGoneError, h11.RemoteProtocolError):
            await work(partial(steps.abandon, exchange, body.taken(), begun=begun))
            raise
        return answer

    def _tell_to_continue(self) -> None:
        if self.line.http.they_are_waiting_for_100_continue:
            told = h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
            self.line.write(self.line.http.send(told) or b"")

    async def _drop_body(self) -> None:
        if self.line.http.their_state is h11.SEND_BODY:
            body = _Body(self.line)
            while not body.ended:
                await body.gather()
                body.taken()

    async def _refuse(self, error: h11.RemoteProtocolError | RefusedHeadError) -> None:
        """Say what is wrong with the request, unless the client has just left in the middle of it."""
        if self.line.said_all or self.line.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        status = error.status if isinstance(error, RefusedHeadError) else error.error_status_hint
        sentence = str(error).rstrip(".")
        for part in self._parts(text_answer(status, f"{sentence}. This port speaks plain HTTP/1.1.\n"), last=True):
            await self.line.send(part)

    # -- Answers -------------------------------------------------------------------------------------------------------

    async def _send(self, work: Callable[..., Awaitable[Any]], head: HttpRequest, answer: HttpAnswer) -> None:
        last = self.closing() or self.line.http.they_are_waiting_for_100_continue
        if isinstance(answer.body, Stretch):
            try:
                await self.line.send(self._begun(answer, last=last))
                while head.method != "HEAD" and (piece := await work(answer.body.read)):
                    await self.line.send(self.line.http.send(h11.Data(data=piece)) or b"")
            finally:
                answer.body.close()
            self.line.http.send(h11.EndOfMessage())
        else:
            for part in self._parts(answer, head_only=head.method == "HEAD", last=last):
                await self.line.send(part)

    def _parts(self, answer: HttpAnswer, *, head_only: bool = False, last: bool) -> Iterator[bytes]:
        """The bytes of an answer whose body is there; the head with the beginning, so that one packet carries both."""
        body, http = b"" if head_only else cast(bytes, answer.body), self.line.http
        yield self._begun(answer, last=last) + (http.send(h11.Data(data=body[:PIECE])) or b"")
        for first in range(PIECE, len(body), PIECE):
            yield http.send(h11.Data(data=body[first : first + PIECE])) or b""
        http.send(h11.EndOfMessage())

    def _begun(self, answer: HttpAnswer, *, last: bool) -> bytes:
        headers = [("Date", _date(int(time.time()))), *answer.complete_headers.items()]
        if last:
            headers.append(("Connection", "close"))
        response = h11.Response(status_code=answer.status, headers=headers, reason=answer.phrase)
        return self.line.http.send(response) or b""


class _Body:
    """The body of a request as it comes."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._pieces: list[bytes | bytearray] = []
        self.ended = False

    async def gather(self) -> None:
        """Wait until there is a piece worth handing on, or the end."""
        self._line.wait_for(PAUSE)
        left = PIECE
        while left > 0 and not self.ended:
            event = await self._line.event()
            if isinstance(event, h11.Data):
                self._pieces.append(event.data)
                left -= len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.ended = True
            else:
                raise ClientGoneError

    def taken(self) -> list[bytes | bytearray]:
        """What has been gathered, which is forgotten here."""
        pieces, self._pieces = self._pieces, []
        return pieces


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
