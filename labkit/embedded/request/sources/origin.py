"""Condition keys of how and when a request came (IAM User Guide, "AWS global condition context keys", properties of
the network and of the request).

aws:SourceIp is the peer's address, which is always one of the loopback here. The lab's endpoint speaks HTTP on
loopback, where AWS's speaks HTTPS: aws:SecureTransport is true, so that policies that demand it can be tried. A request
that a service forwards with the caller's credentials comes from that service: from which address, and how it names
itself, is not known. aws:CalledVia is absent there: Lambda is not among the services that it names.

A request that comes through a VPC endpoint has no aws:SourceIp, but an address within the VPC. Of the endpoint nothing
is known here but what the lab was told; which services pass on whose endpoint it is, AWS lists elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labkit.embedded.request import endpoints
from labkit.embedded.request.endpoints import Endpoint
from labkit.embedded.request.sources.asked import Asked, Source
from labkit.embedded.state.clock import iso
from labkit.iam.patterns import UNKNOWN


def _address(asked: Asked) -> str | None:
    if asked.call.origin.forwarded_by:
        return UNKNOWN
    return None if _endpoint(asked) else asked.call.origin.peer


def _agent(asked: Asked) -> str | None:
    return UNKNOWN if asked.call.origin.forwarded_by else asked.call.origin.user_agent or None


def _endpoint(asked: Asked) -> Endpoint | None:
    return endpoints.through(asked.embedded.database, asked.call)


def _of_endpoint(read: Callable[[Endpoint], str | None]) -> Source:
    """What is known of the endpoint that the request came through; there is no such key where it came through none."""

    def value(asked: Asked) -> str | None:
        endpoint = _endpoint(asked)
        return None if endpoint is None else read(endpoint) or UNKNOWN

    return value


_not_told = _of_endpoint(lambda endpoint: None)


SOURCES: Mapping[str, Source] = {
    "aws:currenttime": lambda asked: iso(asked.embedded.clock.now()),
    "aws:epochtime": lambda asked: str(int(asked.embedded.clock.now().timestamp())),
    "aws:referer": lambda asked: asked.call.origin.referer or None,
    "aws:requestedregion": lambda asked: asked.call.region,
    "aws:securetransport": lambda asked: "true",
    "aws:sourceip": _address,
    "aws:sourcevpc": _of_endpoint(lambda endpoint: endpoint.vpc),
    "aws:sourcevpcarn": _not_told,
    "aws:sourcevpce": _of_endpoint(lambda endpoint: endpoint.vpce),
    "aws:useragent": _agent,
    "aws:viaawsservice": lambda asked: "true" if asked.call.origin.forwarded_by else "false",
    "aws:vpceaccount": _not_told,
    "aws:vpceorgid": _not_told,
    "aws:vpceorgpaths": _not_told,
    "aws:vpcsourceip": _not_told,
}
"""Keys of network and time."""
