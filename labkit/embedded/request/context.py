"""The global condition keys of a request (IAM User Guide, "AWS global condition context keys")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Identity
from labkit.embedded.protocol.wire import HttpRequest
from labkit.embedded.state.clock import iso
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.pull.organization import Membership

RequestKeys = dict[str, str | list[str]]


def request_context(embedded: Embedded, identity: Identity, request: HttpRequest, region: str) -> RequestKeys:
    """What is known of the caller and the request, whatever it asks for.

    aws:SourceIp is the peer's address, which is always one of the loopback here. The lab's endpoint speaks HTTP on
    loopback, where AWS's speaks HTTPS: aws:SecureTransport is true, so that policies that demand it can be tried.
    """
    now = embedded.clock.now()
    context: RequestKeys = {
        "aws:CurrentTime": iso(now),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalAccount": identity.account,
        "aws:PrincipalArn": identity.principal_arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": "AssumedRole" if identity.is_session else "User",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": request.peer,
        "aws:UserAgent": request.headers.get("user-agent", ""),
        "aws:userid": identity.user_id,
        "aws:ViaAWSService": "false",
    }
    if not identity.is_session:
        context["aws:username"] = parse(identity.arn).name
    if identity.issued:
        context["aws:TokenIssueTime"] = iso(identity.issued)
        context["aws:MultiFactorAuthPresent"] = "false"
    context.update({f"aws:PrincipalTag/{name}": value for name, value in identity.tags.items()})
    return {**context, **_keys(embedded.membership(identity.account), "Principal")}


def resource_context(embedded: Embedded, account: str) -> RequestKeys:
    """What is known of the account that owns the resource."""
    return {"aws:ResourceAccount": account, **_keys(embedded.membership(account), "Resource")}


def _keys(membership: Membership, family: str) -> Mapping[str, str | list[str]]:
    return {
        name: value if isinstance(value, str) else list(value) for name, value in membership.context(family).items()
    }


class Later(Mapping[str, "str | list[str]"]):
    """Condition keys that are gathered when somebody first asks for one; a call that needs none costs nothing."""

    def __init__(self, gather: Callable[[], RequestKeys]) -> None:
        self._gather = gather

    @cached_property
    def _keys(self) -> RequestKeys:
        return self._gather()

    def __getitem__(self, name: str) -> str | list[str]:
        return self._keys[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
