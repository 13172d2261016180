"""HTTP: a server on the loopback, the gateway, the lab's control requests.

Nothing but this folder knows HTTP connections, and nothing below knows how a call came in. What a web page
may have sent is refused here, before anything of it is looked at.
"""
