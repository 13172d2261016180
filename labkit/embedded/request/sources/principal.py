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
from labkit.iam.arn import parse
from labkit.iam.patterns import ContextValue
from labkit.iam.request import ANONYMOUS, ROOT, SESSION, USER

_TYPES = {ROOT: "Account", USER: "User", SESSION: "AssumedRole", ANONYMOUS: "Anonymous"}


def _type(asked: Asked) -> str | None:
    who = asked.call.identity.principal
    return "FederatedUser" if who.is_federated_user else _TYPES.get(who.kind)


def _user_name(asked: Asked) -> str | None:
    identity = asked.call.identity
    return parse(identity.arn).name if identity.principal.kind == USER else None


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
    "aws:principalaccount": lambda asked: asked.call.account or None,
    "aws:principalarn": lambda asked: asked.call.identity.principal_arn or None,
    "aws:principalisawsservice": lambda asked: "false",
    "aws:principalorgid": _organization,
    "aws:principalorgmasteraccountid": _management,
    "aws:principalorgpaths": _paths,
    "aws:principaltype": _type,
    "aws:sourceidentity": lambda asked: asked.call.identity.source_identity,
    "aws:userid": lambda asked: asked.call.identity.user_id or None,
    "aws:username": _user_name,
    "aws:tokenissuetime": _issued,
    "aws:multifactorauthpresent": lambda asked: "false" if asked.call.identity.issued else None,
}
"""Keys of the principal and of its session."""

FAMILIES: Mapping[str, Family] = {"aws:principaltag": _tags}
"""The principal's tags."""
