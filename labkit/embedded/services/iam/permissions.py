"""What the operations of IAM need as permission: the action of their own name on a role, user, group or policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.records import principals
from labkit.embedded.records.principals import Kind
from labkit.embedded.services.iam.entities.lookup import PARAMETERS
from labkit.embedded.services.iam.entities.making import arn_of
from labkit.embedded.services.permissions import request_tags
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def on_entity(kind: Kind) -> Needs:
    """An operation on a role, user or group that exists (its real ARN, path included) or is to exist."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        return [Access(f"iam:{call.operation}", _arn(embedded, call, kind), call.account, _iam_context(call))]

    return needs


def on_renamed(kind: Kind) -> Needs:
    """An operation that may give a user or group another name: on what it is now, and on what it is to be."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        name = call.params[PARAMETERS[kind]]
        found = principals.find(embedded.database, call.account, kind, name)
        old = found.arn if found else arn_of(call.account, kind, "/", name)
        path = call.params.get("NewPath", found.path if found else "/")
        new = arn_of(call.account, kind, path, call.params.get(f"New{PARAMETERS[kind]}", name))
        return [Access(f"iam:{call.operation}", arn, call.account) for arn in dict.fromkeys((old, new))]

    return needs


def _arn(embedded: Embedded, call: Call, kind: Kind) -> str:
    name = call.params.get(PARAMETERS[kind]) or parse(call.identity.arn).name
    found = principals.find(embedded.database, call.account, kind, name)
    return found.arn if found else arn_of(call.account, kind, call.params.get("Path", "/"), name)


def _iam_context(call: Call) -> dict[str, str | list[str]]:
    keys = {"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"}
    context: dict[str, str | list[str]] = {
        key: call.params[parameter] for parameter, key in keys.items() if parameter in call.params
    }
    return {**context, **request_tags(call.params.get("Tags", []))}


def on_path(kind: str) -> Needs:
    """A listing acts on the path below which it lists."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        path = call.params.get("PathPrefix", "/")
        return [Access(f"iam:{call.operation}", f"arn:aws:iam::{call.account}:{kind}{path}", call.account)]

    return needs


def on_new_policy(embedded: Embedded, call: Call) -> list[Access]:
    """A managed policy that is to exist."""
    arn = f"arn:aws:iam::{call.account}:policy{call.params.get('Path', '/')}{call.params['PolicyName']}"
    return [Access("iam:CreatePolicy", arn, call.account, _iam_context(call))]


def on_policy(embedded: Embedded, call: Call) -> list[Access]:
    """A managed policy that exists."""
    return [Access(f"iam:{call.operation}", call.params["PolicyArn"], call.account)]


ON_ROLE = on_entity("role")
ON_USER = on_entity("user")
ON_GROUP = on_entity("group")
