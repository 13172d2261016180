"""Condition keys of who asks (IAM User Guide, "AWS global condition context keys", properties of the principal and of
the role session).

``aws:PrincipalArn`` of a session is the ARN of its role. ``aws:PrincipalTag`` has the tags of a user or role as they
are now, and those that a session was given, which go before. Nobody here signs in with a device, so temporary
credentials have ``aws:MultiFactorAuthPresent`` false and no age of it; long-term ones have neither.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.embedded.records import organization, tags
from labkit.embedded.request.sources.asked import Asked, Family, Source
from labkit.embedded.state.clock import iso
from labkit.iam.patterns import ContextValue
from labkit.iam.rules.carried_keys import CARRIED_KEYS


def _carried(name: str) -> Source:
    """What the principal carries by who it is; of the unique id in aws:userid the state knows more than it does."""
    find = CARRIED_KEYS[name]
    return lambda asked: find(asked.call.identity.principal)


_CARRIED = (
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalType",
    "aws:username",
)


def _issued(asked: Asked) -> str | None:
    issued = asked.call.identity.issued
    return iso(issued) if issued else None


def _organization(asked: Asked) -> str | None:
    return asked.embedded.membership(asked.call.account).org_id


def _paths(asked: Asked) -> ContextValue | None:
    return asked.embedded.membership(asked.call.account).paths or None


def _management(asked: Asked) -> str | None:
    place = organization.place(asked.embedded.database, asked.call.account)
    return place.management if place else None


def _tags(asked: Asked) -> Mapping[str, str]:
    identity = asked.call.identity
    return tags.merged(tags.of(asked.embedded.database, identity.entity), identity.tags)


SOURCES: Mapping[str, Source] = {
    **{name.lower(): _carried(name) for name in _CARRIED},
    "aws:principalorgid": _organization,
    "aws:principalorgmasteraccountid": _management,
    "aws:principalorgpaths": _paths,
    "aws:sourceidentity": lambda asked: asked.call.identity.source_identity,
    "aws:userid": lambda asked: asked.call.identity.user_id or None,
    "aws:tokenissuetime": _issued,
    "aws:multifactorauthpresent": lambda asked: "false" if asked.call.identity.issued else None,
}
"""Keys of the principal and of its session."""

FAMILIES: Mapping[str, Family] = {"aws:principaltag": _tags}
"""The principal's tags."""
