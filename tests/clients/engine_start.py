"""Become a Docker engine in network and mount namespaces of its own: ``unshare --net --mount python engine_start.py``.

Takes the descriptor of a socket, a port, and the engine's command. On that port of the new namespace's own loopback
it listens, and hands the listening socket to whoever is at the other end of the descriptor: so the engine finds the
registry at 127.0.0.1 as it would outside, and no other engine's bridge or firewall is in reach.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

_SET_FLAGS = 0x8914  # SIOCSIFFLAGS
_UP = 0x1


def raise_loopback() -> None:
    """Make 127.0.0.1 work in a network namespace that has just been made."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP))


def main() -> None:
    """Bring the loopback up, listen, hand over, become the engine."""
    descriptor, port, *command = sys.argv[1:]
    raise_loopback()
    listener = socket.socket()
    listener.bind(("127.0.0.1", int(port)))
    listener.listen(64)
    with socket.socket(fileno=int(descriptor)) as starter:
        socket.send_fds(starter, [b"listening"], [listener.fileno()])
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
