"""Many clients at once, from several processes: who is measured is the server, never the load.

    python -m tests.benchmarks.embedded.load

A client keeps its connection, sends a request that was signed beforehand, waits for the answer, and sends the next one
at once; nothing is tried again. A process looks after its clients with one selector and does nothing else. Run alone,
this file says what the load can do against a server that answers without thinking.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CLIENTS, PROCESSES = 50, 5
_DEADLINE = 300.0  # seconds of one load, all in all
_MOST = 1 << 18  # bytes that are read at once
Plan = list[tuple[str, bytes]]


@dataclass
class Outcome:
    """What came of a load: times in seconds, by operation; what went wrong, by kind; connections closed on clients."""

    began: float = float("inf")
    ended: float = 0.0
    before: float = 0.0  # seconds of loads that came earlier
    times: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    processor: float = 0.0  # seconds that the server has computed meanwhile

    def add(self, other: Outcome) -> None:
        """Take in what another process saw at the same time."""
        self.began, self.ended = min(self.began, other.began), max(self.ended, other.ended)
        self._count(other)

    def follow(self, other: Outcome) -> None:
        """Take in what came of another load, in another turn."""
        self.before += other.ended - other.began
        self.began = self.ended = 0.0
        self.processor += other.processor
        self._count(other)

    def _count(self, other: Outcome) -> None:
        self.errors += other.errors
        self.closed += other.closed
        for name, times in other.times.items():
            self.times.setdefault(name, []).extend(times)

    @property
    def all_times(self) -> list[float]:
        """The times of all answered calls, sorted."""
        return sorted(time for times in self.times.values() for time in times)

    @property
    def rate(self) -> float:
        """Calls a second that succeeded."""
        return len(self.all_times) / (self.before + self.ended - self.began)

    @property
    def cost(self) -> float:
        """Seconds of the processor that the server took for a call; unlike the rate it does not depend on others."""
        return self.processor / max(1, len(self.all_times))

    def quantile(self, share: float) -> float:
        """Seconds within which that share of the calls was answered."""
        times = self.all_times
        return times[min(len(times) - 1, int(share * len(times)))]

    def p50(self, operation: str) -> float:
        """The median of one operation, in seconds."""
        return statistics.median(self.times[operation])

    def __str__(self) -> str:
        p50, p99 = self.quantile(0.5) * 1000, self.quantile(0.99) * 1000
        wrong = "".join(f"; {count} x {kind}" for kind, count in self.errors.most_common(3))
        return (
            f"{self.rate:7.0f} calls/s   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   "
            f"server {self.cost * 1000:5.2f} ms/call   errors {self.errors.total():4}   "
            f"connections closed {self.closed:4}{wrong}"
        )


class _Client:
    """One connection and the calls that it still has to make."""

    def __init__(self, address: tuple[str, int], plan: Plan, outcome: Outcome) -> None:
        self.address, self.plan, self.outcome = address, iter(plan), outcome
        self.socket: socket.socket | None = None
        self.buffer = bytearray()
        self.name, self.began = "", 0.0

    def send(self, selector: selectors.BaseSelector) -> bool:
        """Send the next request; False when there is none."""
        for name, request in self.plan:
            self.name = name
            self.buffer.clear()
            self.began = time.perf_counter()
            try:
                if self.socket is None:
                    self.socket = socket.create_connection(self.address, timeout=_DEADLINE)
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(self.socket, selectors.EVENT_READ, self)
                self.socket.sendall(request)
            except OSError as error:
                self._lost(selector, type(error).__name__)
            else:
                return True
        self._close(selector)
        return False

    def read(self, selector: selectors.BaseSelector) -> bool:
        """Read what there is; True when the answer is whole, or will never be."""
        assert self.socket is not None
        try:
            got = self.socket.recv(_MOST)
        except OSError as error:
            return self._lost(selector, type(error).__name__)
        self.buffer += got
        end = self.buffer.find(b"\r\n\r\n")
        head = bytes(self.buffer[:end]).lower() if end >= 0 else b""
        if not got:
            if b"connection: close" not in head:
                return self._lost(selector, "closed without an answer")
            self._close(selector)
        elif end < 0 or not _whole(head, self.buffer, end + 4):
            return False
        self._answered(head)
        if b"connection: close" in head:
            self._close(selector)
        return True

    def _answered(self, head: bytes) -> None:
        if head[9:10] == b"2":
            self.outcome.times.setdefault(self.name, []).append(time.perf_counter() - self.began)
        else:
            text = bytes(self.buffer[-200:]).decode(errors="replace").replace("\n", " ")
            self.outcome.errors[f"{self.name} {head[9:12].decode()} …{text}"] += 1

    def _lost(self, selector: selectors.BaseSelector, why: str) -> bool:
        self.outcome.closed += 1
        self.outcome.errors[why] += 1
        self._close(selector)
        return True

    def _close(self, selector: selectors.BaseSelector) -> None:
        if self.socket is not None:
            selector.unregister(self.socket)
            self.socket.close()
            self.socket = None


def _whole(head: bytes, buffer: bytearray, start: int) -> bool:
    """Whether the body after ``head`` has come as a whole."""
    place = head.find(b"content-length:")
    if place >= 0:
        return len(buffer) - start >= int(head[place + 15 :].split(b"\r\n", 1)[0])
    return b"chunked" in head and buffer.endswith(b"0\r\n\r\n")


def play(address: tuple[str, int], plans: Sequence[Plan]) -> Outcome:
    """The clients of one process, one a plan, until their plans are done or time is up."""
    outcome = Outcome()
    clients = [_Client(address, plan, outcome) for plan in plans]
    selector = selectors.DefaultSelector()
    outcome.began = time.perf_counter()
    deadline = outcome.began + _DEADLINE
    busy = sum(client.send(selector) for client in clients)
    while busy and time.perf_counter() < deadline:
        for key, _ in selector.select(1):
            client = key.data
            if client.read(selector) and not client.send(selector):
                busy -= 1
    outcome.ended = time.perf_counter()
    if busy:
        outcome.errors["no answer in time"] += busy
    selector.close()
    return outcome


def _work(address: tuple[str, int], plans: Sequence[Plan], start: Any, results: Any) -> None:
    start.wait()
    results.put(play(address, plans))


def load(address: tuple[str, int], plans: Sequence[Plan], processes: int = PROCESSES) -> Outcome:
    """Play the plans, one a client, from so many processes; returns what came of it."""
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=_work, args=(address, plans[number::processes], start, results), daemon=True)
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    total = Outcome()
    for _ in workers:
        total.add(results.get(timeout=2 * _DEADLINE))
    for worker in workers:
        worker.join()
    return total


# -- The load alone ------------------------------------------------------------------------------------------------

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b"x" * 400


def _answer_everything(listener: socket.socket) -> None:
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                selector.register(connection, selectors.EVENT_READ)
            elif key.fileobj.recv(_MOST):  # type: ignore[union-attr]
                key.fileobj.sendall(_ANSWER)  # type: ignore[union-attr]
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]


def alone(calls: int = 30_000) -> Outcome:
    """The load against a server that answers without thinking."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = multiprocessing.get_context("fork").Process(target=_answer_everything, args=(listener,), daemon=True)
        server.start()
        request = b"POST / HTTP/1.1\r\nhost: x\r\n\r\n" + b"x" * 600
        try:
            return load(listener.getsockname(), [[("nothing", request)] * (calls // CLIENTS)] * CLIENTS)
        finally:
            server.kill()
            server.join()


if __name__ == "__main__":
    print("the load against a server that answers without thinking:", alone())
