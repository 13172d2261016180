"""Condition keys of how and when a request came (IAM User Guide, "AWS global condition context keys", properties of
the network and of the request).

aws:SourceIp is the peer's address, which is always one of the loopback here. The lab's endpoint speaks HTTP on
loopback, where AWS's speaks HTTPS: aws:SecureTransport is true, so that policies that demand it can be tried. A request
that a service forwards with the caller's credentials comes from that service: from which address, and how it names
itself, is not known. aws:CalledVia is absent there: Lambda is not among the services that it names.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.embedded.request.sources.asked import Asked, Source
from labkit.embedded.state.clock import iso
from labkit.iam.patterns import UNKNOWN


def _address(asked: Asked) -> str | None:
    return UNKNOWN if asked.call.origin.forwarded_by else asked.call.origin.peer


def _agent(asked: Asked) -> str | None:
    return UNKNOWN if asked.call.origin.forwarded_by else asked.call.origin.user_agent or None


SOURCES: Mapping[str, Source] = {
    "aws:currenttime": lambda asked: iso(asked.embedded.clock.now()),
    "aws:epochtime": lambda asked: str(int(asked.embedded.clock.now().timestamp())),
    "aws:referer": lambda asked: asked.call.origin.referer or None,
    "aws:requestedregion": lambda asked: asked.call.region,
    "aws:securetransport": lambda asked: "true",
    "aws:sourceip": _address,
    "aws:useragent": _agent,
    "aws:viaawsservice": lambda asked: "true" if asked.call.origin.forwarded_by else "false",
}
"""Keys of network and time."""
