"""Who is at the other end of a connection on the loopback: the user id, where the system tells (Linux).

The kernel is asked for the one socket (``sock_diag``); where it cannot be, the list of all connections is read, which
takes milliseconds on a machine that has many.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from pathlib import Path

_CONNECTIONS = Path("/proc/net/tcp")
_LOOPBACK = socket.inet_aton("127.0.0.1")

# Linux's <linux/netlink.h>, <linux/sock_diag.h>, <linux/inet_diag.h>
_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ERROR = 4, 20, 1, 2
_HEADER = struct.Struct("=IHHII")
_QUERY = struct.Struct("=BBBxI")
_ANSWER_USER = struct.Struct("=I")
_ENDS_AT = _HEADER.size + 4  # behind the state
_USER_AT = _ENDS_AT + 48 + 12  # behind the socket's id and three counters
_NO_COOKIE = b"\xff" * 8


def user_of(client: int, server: int) -> int | None:
    """Return the id of the user whose port ``client`` is connected to the port ``server``, both on 127.0.0.1.

    None where the system does not tell.
    """
    with contextlib.suppress(OSError, AttributeError, struct.error):  # other systems have no AF_NETLINK
        return _asked(client, server)
    with contextlib.suppress(OSError):
        return _listed(client, server)
    return None


def _asked(client: int, server: int) -> int | None:
    ports = struct.pack(">HH", client, server)
    sockets = ports + _LOOPBACK + bytes(12) + _LOOPBACK + bytes(12) + bytes(4) + _NO_COOKIE
    body = _QUERY.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + sockets
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
        kernel.settimeout(1)
        kernel.send(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST, 0, 0) + body)
        answer = kernel.recv(4096)
    if _HEADER.unpack_from(answer)[1] == _ERROR or answer[_ENDS_AT : _ENDS_AT + 4] != ports:
        raise OSError("the kernel does not know the socket")  # or tells of one that only listens
    return int(_ANSWER_USER.unpack_from(answer, _USER_AT)[0])


def _listed(client: int, server: int) -> int | None:
    home = f"{struct.unpack('=I', _LOOPBACK)[0]:08X}"
    wanted = [f"{home}:{client:04X}", f"{home}:{server:04X}"]
    for row in map(str.split, _CONNECTIONS.read_text().splitlines()):
        if row[1:3] == wanted:
            return int(row[7])
    return None
