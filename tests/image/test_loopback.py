import os
import socket
import struct

import pytest

from labkit.image import loopback
from labkit.image.loopback import LoopbackServer


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
def test_only_the_same_user_and_root_are_answered(server, tmp_path, monkeypatch, owner, answered):
    home = f"{struct.unpack('=I', socket.inet_aton('127.0.0.1'))[0]:08X}"
    with socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        table = tmp_path / "tcp"
        ends = f"{home}:{client.getsockname()[1]:04X} {home}:{server.port:04X}"
        table.write_text(f"  sl  local_address rem_address ...\n   0: {ends} 01 0:0 00:00 00 {owner} 0 1\n")
        monkeypatch.setattr(loopback, "_CONNECTIONS", table)
        assert ask(server, client).endswith(b"hello") is answered


def test_where_the_system_does_not_tell_who_connects_everybody_local_is_answered(server, tmp_path, monkeypatch):
    monkeypatch.setattr(loopback, "_CONNECTIONS", tmp_path / "none")
    with socket.socket() as client:
        assert ask(server, client).endswith(b"hello")


def test_closing_ends_open_connections_and_can_be_repeated(server):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        server.close()
        server.close()
        assert client.makefile("rb").read().endswith(b"hello")
