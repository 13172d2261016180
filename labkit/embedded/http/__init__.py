"""The door: a server on the loopback, the gateway, the lab's control requests.

Nothing but this folder knows HTTP connections, and nothing below knows which door a call came through. What a web page
may have sent is refused here, before anything of it is looked at.
"""
