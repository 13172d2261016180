"""Users, groups and roles that a call names: found, or refused in AWS's words.

A name is looked up as it is written; whether a new one is free is asked whatever its case (IAM User Guide, "IAM
identifiers").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.records import principals
from labkit.embedded.records.principals import EntityRecord, Kind
from labkit.embedded.services.iam.errors import refusal
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

PARAMETERS: dict[Kind, str] = {"user": "UserName", "group": "GroupName", "role": "RoleName"}
"""The parameter that names an entity, by its kind."""


def entity(embedded: Embedded, call: Call, kind: Kind) -> EntityRecord:
    """The user, group or role that the call names, in the caller's account. Raises NoSuchEntity."""
    return named(embedded, call, kind, call.params[PARAMETERS[kind]])


def named(embedded: Embedded, call: Call, kind: Kind, name: str) -> EntityRecord:
    """The user, group or role of this name in the caller's account. Raises NoSuchEntity."""
    found = principals.find(embedded.database, call.account, kind, name)
    if found is None:
        raise refusal(f"no {kind}", name)
    return found


def modifiable_role(embedded: Embedded, call: Call) -> EntityRecord:
    """The role that the call names, unless it is linked to a service and only AWS may change it."""
    found = entity(embedded, call, "role")
    if found.linked_service is not None:
        raise refusal("protected role", found.name)
    return found


def own_user(embedded: Embedded, call: Call) -> EntityRecord:
    """The user that the call names, or the one who asks. Raises NoSuchEntity, and ValidationError for a session."""
    return named(embedded, call, "user", user_name(call))


def user_name(call: Call) -> str:
    """The user that the call names, or the one who asks; ValidationError for a session that names none."""
    name = call.params.get("UserName")
    if name is None and call.identity.is_session:
        raise refusal("no user name")
    return str(name or parse(call.identity.arn).name)
