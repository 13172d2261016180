"""The HTTP server: an event loop in one thread that has all the sockets, and the threads that do what requests ask for.

Threads belong to pools, so that what lasts keeps nobody else waiting: the lab's own requests are answered while every
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

from labkit.embedded.http.connection import Connection
from labkit.embedded.http.connection_handler import Application, ConnectionHandler

_LOG = logging.getLogger(__name__)
_POOLS = {"control": 2, "calls": 16, "layers": 8, "runs": 64}
_MOST_CONNECTIONS = 400  # select() on Windows takes 512 sockets
_BACKLOG = 1024
_RECEIVED = 1 << 16  # bytes taken from a socket at once; larger buffers are given back to the system and fetched again
_DEADLINES_EVERY = 1.0  # seconds between looks at who has been waited for long enough
_SHUTDOWN_TIMEOUT = 2.0  # seconds in which what is being worked on may still be answered


class HttpServer:
    """Serves an application on a socket that listens."""

    def __init__(self, application: Application, listener: socket.socket) -> None:
        self._application = application
        self._listener = listener
        self._threads = {pool: ThreadPoolExecutor(most, f"labkit-{pool}") for pool, most in _POOLS.items()}
        self._buffer = bytearray(_RECEIVED)
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._most = most_connections()
        self._closing = False
        self._stop: asyncio.Event

    @contextmanager
    def open(self) -> Iterator[None]:
        """Serve within. At the end what is being worked on is answered, if it does not take long."""
        opened: Future[asyncio.AbstractEventLoop] = Future()
        thread = threading.Thread(target=self._run, args=(opened,), name="labkit-http", daemon=True)
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
                _LOG.exception("the HTTP server failed")
                with suppress(Exception):
                    opened.set_exception(error)

    async def _serve(self, opened: Future[asyncio.AbstractEventLoop]) -> None:
        loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await loop.create_server(self._connection, sock=self._listener, backlog=_BACKLOG)
        opened.set_result(loop)
        watching = loop.create_task(self._watch_deadlines())
        await self._stop.wait()
        watching.cancel()
        server.close()
        await self._close()

    # -- Connections ---------------------------------------------------------------------------------------------------

    def _connection(self) -> Connection:
        return Connection(self._buffer, self._opened, self._closed)

    def _opened(self, connection: Connection) -> None:
        if len(self._connections) >= self._most and not self._make_room():
            connection.abort()
            return
        handler = ConnectionHandler(connection, self._application, self._work, lambda: self._closing)
        self._connections[connection] = asyncio.get_running_loop().create_task(self._handle(connection, handler))

    async def _handle(self, connection: Connection, handler: ConnectionHandler) -> None:
        try:
            await handler.run()
        except Exception:
            _LOG.exception("a connection failed")
        finally:
            connection.close()

    def _closed(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    def _make_room(self) -> bool:
        waiting = [connection for connection in self._connections if connection.is_waited_for]
        if not waiting:
            return False
        longest = min(waiting, key=lambda connection: (not connection.idle, connection.since))
        longest.abort()
        self._closed(longest)
        return True

    async def _watch_deadlines(self) -> None:
        while True:
            await asyncio.sleep(_DEADLINES_EVERY)
            now = asyncio.get_running_loop().time()
            for connection in [connection for connection in self._connections if connection.deadline < now]:
                connection.abort()

    async def _close(self) -> None:
        self._closing = True
        tasks = set(self._connections.values())
        for connection in [connection for connection in self._connections if connection.idle]:
            connection.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=_SHUTDOWN_TIMEOUT)
        for connection in list(self._connections):
            connection.abort()

    # -- Threads -------------------------------------------------------------------------------------------------------

    async def _work(self, pool: str, step: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads[pool], step)


def most_connections() -> int:
    """How many connections are held: half of the files that this process may have open, within bounds."""
    try:
        import resource
    except ImportError:  # Windows
        return _MOST_CONNECTIONS
    return max(32, min(_MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
