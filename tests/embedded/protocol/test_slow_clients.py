"""Clients that pause: waited for a moment, and longer while few others are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from labkit.embedded.protocol import slow_clients
from labkit.embedded.protocol.slow_clients import ClientSocket

LONG = bytes(range(256)) * (1 << 16)  # more than a socket takes before somebody reads


class Places:
    """How many may be waited for; says when somebody is."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.taken = threading.Event()

    def acquire(self, blocking: bool) -> bool:
        assert not blocking
        if self.left:
            self.left -= 1
            self.taken.set()
            return True
        return False

    def release(self) -> None:
        self.left += 1


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    """One place; and a moment that is over at once."""
    made = Places(1)
    monkeypatch.setattr(slow_clients, "_waited_for", made)
    monkeypatch.setattr(slow_clients, "_MOMENT", 0.001)
    return made


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's and the client's end of a connection."""
    server, client = socket.socketpair()
    server.settimeout(0.002)
    with server, client:
        yield server, client


def received(client: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        data += client.recv(size)
    return bytes(data)


def test_a_client_that_pauses_is_waited_for(places: Places, ends: tuple[socket.socket, socket.socket]):
    server, client = ends
    line = ClientSocket(server)
    with ThreadPoolExecutor(1) as pool, line.long_pauses():
        heard = pool.submit(line.recv, 100)
        assert places.taken.wait(60)
        client.sendall(b"late")
        assert heard.result() == b"late"
        places.taken.clear()
        told = pool.submit(line.sendall, LONG)
        assert places.taken.wait(60)
        assert received(client, len(LONG)) == LONG
        told.result()
    assert (places.left, server.gettimeout()) == (1, 0.002)


def test_a_client_that_pauses_while_enough_others_do_is_given_up(
    places: Places, ends: tuple[socket.socket, socket.socket]
):
    server, client = ends
    line = ClientSocket(server)
    places.left = 0
    with line.long_pauses():
        client.sendall(b"at once")
        assert line.recv(100) == b"at once"
        with pytest.raises(TimeoutError):
            line.recv(100)
        with pytest.raises(TimeoutError):
            line.sendall(LONG)
    assert places.left == 0


def test_who_has_not_begun_a_request_is_not_waited_for(places: Places, ends: tuple[socket.socket, socket.socket]):
    with pytest.raises(TimeoutError):
        ClientSocket(ends[0]).recv(100)
    assert places.left == 1 and not places.taken.is_set()
