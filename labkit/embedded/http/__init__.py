"""HTTP on the loopback: the server, its connections, the gateway behind it, and the lab's own control requests."""
