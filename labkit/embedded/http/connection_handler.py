"""The handler of one connection: request after request is read, worked on by threads of its pool, and answered.

The event loop's thread, in which this runs, waits for sockets only, and the threads of the pools never do: a step of an
exchange is given pieces of the body that are there already, or reads a piece of a file that can be sent at once. So a
client that is silent, sends a byte a minute, or stops reading takes up a socket and at most a few pieces of memory.

A body is handed on in pieces of a mebibyte; while one is worked on, the next one is gathered. What an answer leaves of
it is read and dropped *after* the answer has been sent: a client that stops sending when it is refused is served at
once, and one that reads no answer before it has sent everything (Python's ``requests``) still finds its answer instead
of a broken connection.

Container clients try HTTPS first. A TLS greeting is answered like any malformed request, with an HTTP status line, by
which docker, containerd, skopeo and podman know that plain HTTP is spoken here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any, Protocol, cast

import h11

from labkit.embedded.http import steps
from labkit.embedded.http.bodies import Body, LargeBody, body_of
from labkit.embedded.http.connection import IDLE_TIMEOUT, PROGRESS_TIMEOUT, ClientGoneError, Connection
from labkit.embedded.http.heads import RefusedHeadError, read_head
from labkit.embedded.protocol.wire import PIECE, Exchange, HttpAnswer, HttpRequest, text_answer


class Application(Protocol):
    """What the HTTP server serves."""

    def exchange(self, head: HttpRequest) -> Exchange:
        """A request on its way to its answer."""

    def thread_pool(self, head: HttpRequest) -> str:
        """Which threads work on it."""


@dataclass(frozen=True)
class ConnectionHandler:
    """One connection, and what answers on it. ``work(pool, step)`` has a thread of the pool do a step."""

    connection: Connection
    application: Application
    work: Callable[[str, Callable[[], Any]], Awaitable[Any]]
    closing: Callable[[], bool]
    """Whether the server is about to stop, so that every answer is the last on its connection."""

    async def run(self) -> None:
        """Answer requests until the client leaves, or says what is no HTTP."""
        try:
            while await self._request() and self.connection.next_request():
                pass
            await self.connection.end()
        except ClientGoneError:
            pass

    async def _request(self) -> bool:
        """Answer one request; False where there was none."""
        connection = self.connection
        connection.idle = True
        connection.wait_for(IDLE_TIMEOUT)
        try:
            event = await connection.event()
            if not isinstance(event, h11.Request):
                return False
            connection.idle = False
            head = read_head(event)
            work = partial(self.work, self.application.thread_pool(head))
            body = body_of(head, connection)
            await self._send(work, head, await self._answer(work, head, body))
            while not body.ended:
                body.taken()
                connection.wait_for(PROGRESS_TIMEOUT, renewed=True)
                await body.gather()
        except (h11.RemoteProtocolError, RefusedHeadError) as error:
            await self._refuse(error)
        return True

    # -- Requests ------------------------------------------------------------------------------------------------------

    async def _answer(self, work: Callable[..., Awaitable[Any]], head: HttpRequest, body: Body) -> HttpAnswer:
        """Hand the body on, until there is an answer; also what came before the client left."""
        exchange = self.application.exchange(head)
        self.connection.stop_waiting()
        begun = isinstance(body, LargeBody) or self.connection.http.they_are_waiting_for_100_continue
        answer: HttpAnswer | None = await work(partial(steps.begin, exchange)) if begun else None
        try:
            while answer is None:
                await self._tell_to_continue()
                self.connection.wait_for(PROGRESS_TIMEOUT, renewed=True)
                await body.gather()
                self.connection.stop_waiting()
                step = work(partial(steps.advance, exchange, body.taken(), begun=begun, ended=body.ended))
                answer, begun = await (step if body.ended else self._meanwhile(step, body)), True
        except (ClientGoneError, h11.RemoteProtocolError):
            await work(partial(steps.abandon, exchange, body.taken(), begun=begun))
            raise
        return answer

    async def _meanwhile(self, step: Awaitable[HttpAnswer | None], body: Body) -> HttpAnswer | None:
        """What a step answers. While it is done the next piece is gathered, as far as that comes."""
        working, gathering = asyncio.ensure_future(step), asyncio.ensure_future(body.gather())
        working.add_done_callback(lambda _: gathering.cancel())
        await asyncio.wait((gathering,))
        answer = await working
        if answer is None and not gathering.cancelled():
            gathering.result()
        return answer

    async def _tell_to_continue(self) -> None:
        if self.connection.http.they_are_waiting_for_100_continue:
            told = h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
            await self.connection.send(self.connection.http.send(told) or b"")

    async def _refuse(self, error: h11.RemoteProtocolError | RefusedHeadError) -> None:
        """Say what is wrong with the request, unless the client has just left in the middle of it."""
        if self.connection.eof or self.connection.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        status = error.status if isinstance(error, RefusedHeadError) else error.error_status_hint
        sentence = str(error).rstrip(".")
        answer = text_answer(status, f"{sentence}. This port speaks plain HTTP/1.1.\n")
        await self.connection.send(self._whole(answer, last=True))

    # -- Answers -------------------------------------------------------------------------------------------------------

    async def _send(self, work: Callable[..., Awaitable[Any]], head: HttpRequest, answer: HttpAnswer) -> None:
        last = self.closing() or self.connection.http.they_are_waiting_for_100_continue
        if isinstance(answer.body, bytes):
            whole = memoryview(self._whole(answer, head_only=head.method == "HEAD", last=last))
            for first in range(0, len(whole), PIECE):
                await self.connection.send(whole[first : first + PIECE])
            return
        try:
            await self.connection.send(self._begun(answer, last=last))
            place = memoryview(bytearray(PIECE if head.method != "HEAD" else 0))
            while size := await work(partial(answer.body.read_into, place)):
                data = h11.Data(data=cast(bytes, place[:size]))
                await self.connection.send(*self.connection.http.send_with_data_passthrough(data) or ())
        finally:
            answer.body.close()
        self.connection.http.send(h11.EndOfMessage())

    def _whole(self, answer: HttpAnswer, *, head_only: bool = False, last: bool) -> bytes:
        """The bytes of an answer whose body is there."""
        begun, http = self._begun(answer, last=last), self.connection.http
        body = b"" if head_only else http.send(h11.Data(data=cast(bytes, answer.body)))
        http.send(h11.EndOfMessage())
        return begun + (body or b"")

    def _begun(self, answer: HttpAnswer, *, last: bool) -> bytes:
        headers = [("Date", _date(int(time.time()))), *answer.complete_headers.items()]
        if last:
            headers.append(("Connection", "close"))
        response = h11.Response(status_code=answer.status, headers=headers, reason=answer.phrase)
        return self.connection.http.send(response) or b""


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
