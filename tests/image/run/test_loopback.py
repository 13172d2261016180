import os
import socket

import pytest

from labkit.image.run import loopback
from labkit.image.run.loopback import LoopbackServer


@pytest.fixture
def server():
    server = LoopbackServer(lambda request: (200, {}, b"hello"))
    yield server
    server.close()


def ask(server, client):
    client.connect(("127.0.0.1", server.port))
    client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    try:
        return client.makefile("rb").read()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(("owner", "answered"), [(os.getuid(), True), (0, True), (os.getuid() + 4711, False)])
def test_only_the_same_user_and_root_are_answered(server, monkeypatch, owner, answered):
    monkeypatch.setattr(loopback, "user_of", lambda client, port: owner)
    with socket.socket() as client:
        assert ask(server, client).endswith(b"hello") is answered


def test_a_further_user_can_be_let_in(monkeypatch):
    monkeypatch.setattr(loopback, "user_of", lambda client, port: os.getuid() + 4711)
    server = LoopbackServer(lambda request: (200, {}, b"hello"), user=os.getuid() + 4711)
    with socket.socket() as client:
        assert ask(server, client).endswith(b"hello")
    server.close()


def test_where_the_system_does_not_tell_who_connects_everybody_local_is_answered(server, monkeypatch):
    monkeypatch.setattr(loopback, "user_of", lambda client, port: None)
    with socket.socket() as client:
        assert ask(server, client).endswith(b"hello")


def test_closing_ends_open_connections_and_can_be_repeated(server):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        server.close()
        server.close()
        assert client.makefile("rb").read().endswith(b"hello")
