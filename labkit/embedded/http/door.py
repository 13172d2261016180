"""The door: an event loop in one thread that has all the sockets, and the threads that do what requests ask for.

Threads belong to lanes, so that what lasts keeps nobody else waiting: the lab's own requests are answered while every
call waits for the disk, and calls are while functions run. Connections are bounded in number; where there are too many,
those go first that have been silent for longest, and never one that is being worked on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from labkit.embedded.http.conversation import Application, Conversation
from labkit.embedded.http.line import Line

_LOG = logging.getLogger(__name__)
_LANES = {"control": 2, "calls": 16, "layers": 8, "runs": 64}
_MOST_LINES = 400  # select() on Windows takes 512 sockets
_BACKLOG = 1024
_RECEIVED = 1 << 16  # bytes taken from a socket at once; larger buffers are given back to the system and fetched again
_LOOK_EVERY = 1.0  # seconds between looks at who has been waited for long enough
_LAST_ANSWERS = 2.0  # seconds in which what is being worked on may still be answered


class Door:
    """Serves an application on a socket that listens."""

    def __init__(self, application: Application, listener: socket.socket) -> None:
        self._application = application
        self._listener = listener
        self._threads = {lane: ThreadPoolExecutor(most, f"labkit-{lane}") for lane, most in _LANES.items()}
        self._buffer = bytearray(_RECEIVED)
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._most = most_lines()
        self._closing = False
        self._stop: asyncio.Event

    @contextmanager
    def open(self) -> Iterator[None]:
        """Serve within. At the end what is being worked on is answered, if it does not take long."""
        opened: Future[asyncio.AbstractEventLoop] = Future()
        thread = threading.Thread(target=self._run, args=(opened,), name="labkit-door", daemon=True)
        thread.start()
        loop = opened.result()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(self._stop.set)
            thread.join()
            for threads in self._threads.values():
                threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, opened: Future[asyncio.AbstractEventLoop]) -> None:
        # The same loop on every system; that of Windows would write into the shared buffer at any time.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            try:
                runner.run(self._serve(opened))
            except BaseException as error:
                _LOG.exception("the door failed")
                with suppress(Exception):
                    opened.set_exception(error)

    async def _serve(self, opened: Future[asyncio.AbstractEventLoop]) -> None:
        loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await loop.create_server(self._line, sock=self._listener, backlog=_BACKLOG)
        opened.set_result(loop)
        looking = loop.create_task(self._look())
        await self._stop.wait()
        looking.cancel()
        server.close()
        await self._close()

    # -- Lines ---------------------------------------------------------------------------------------------------------

    def _line(self) -> Line:
        return Line(self._buffer, self._opened, self._closed)

    def _opened(self, line: Line) -> None:
        if len(self._lines) >= self._most and not self._make_room():
            line.give_up()
            return
        conversation = Conversation(line, self._application, self._work, lambda: self._closing)
        self._lines[line] = asyncio.get_running_loop().create_task(self._hold(line, conversation))

    async def _hold(self, line: Line, conversation: Conversation) -> None:
        try:
            await conversation.hold()
        except Exception:
            _LOG.exception("a connection failed")
        finally:
            line.close()

    def _closed(self, line: Line) -> None:
        self._lines.pop(line, None)

    def _make_room(self) -> bool:
        waiting = [line for line in self._lines if line.is_waited_for]
        if not waiting:
            return False
        longest = min(waiting, key=lambda line: (not line.idle, line.since))
        longest.give_up()
        self._closed(longest)
        return True

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            now = asyncio.get_running_loop().time()
            for line in [line for line in self._lines if line.deadline < now]:
                line.give_up()

    async def _close(self) -> None:
        self._closing = True
        tasks = set(self._lines.values())
        for line in [line for line in self._lines if line.idle]:
            line.give_up()
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_ANSWERS)
        for line in list(self._lines):
            line.give_up()

    # -- Threads -------------------------------------------------------------------------------------------------------

    async def _work(self, lane: str, step: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads[lane], step)


def most_lines() -> int:
    """How many connections are held: half of the files that this process may have open, within bounds."""
    try:
        import resource
    except ImportError:  # Windows
        return _MOST_LINES
    return max(32, min(_MOST_LINES, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
