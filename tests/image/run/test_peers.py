import os
import socket
import struct
import sys

import pytest

from labkit.image.run import peers

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell")


@pytest.fixture
def ports():
    """The two ports of a connection of this process: the client's, the server's."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        yield client.getsockname()[1], server.getsockname()[1]


@linux_only
def test_the_system_tells_whose_connection_it_is(ports):
    assert peers.user_of(*ports) == os.getuid()


@linux_only
def test_where_the_kernel_cannot_be_asked_the_list_of_connections_tells(ports, monkeypatch):
    monkeypatch.delattr(socket, "AF_NETLINK")
    assert peers.user_of(*ports) == os.getuid()


def test_another_users_connection_is_found_in_the_list(tmp_path, monkeypatch):
    home = f"{struct.unpack('=I', socket.inet_aton('127.0.0.1'))[0]:08X}"
    (tmp_path / "tcp").write_text(
        f"  sl  local_address rem_address ...\n   0: {home}:0001 {home}:0002 01 0 0 0 4711 0 1\n"
    )
    monkeypatch.delattr(socket, "AF_NETLINK", raising=False)
    monkeypatch.setattr(peers, "_CONNECTIONS", tmp_path / "tcp")
    assert peers.user_of(1, 2) == 4711
    assert peers.user_of(2, 1) is None


def test_nobody_is_told_where_the_system_has_neither(tmp_path, monkeypatch):
    monkeypatch.delattr(socket, "AF_NETLINK", raising=False)
    monkeypatch.setattr(peers, "_CONNECTIONS", tmp_path / "none")
    assert peers.user_of(1, 2) is None


def test_a_connection_that_is_not_there_belongs_to_nobody(ports):
    client, server = ports
    assert peers.user_of(server, client ^ 1) is None
