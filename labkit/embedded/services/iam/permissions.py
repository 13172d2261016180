"""What the operations of IAM need as permission: the action of their own name on a role, user, group or policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.services.permissions import request_tags
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def on_entity(kind: str, parameter: str) -> Needs:
    """An operation on a role, user or group that exists (its real ARN, path included) or is to exist."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        name = call.params.get(parameter) or parse(call.identity.arn).name
        arn = embedded.backend.arn_of(call.account, kind, name)
        arn = arn or f"arn:aws:iam::{call.account}:{kind}{call.params.get('Path', '/')}{name}"
        return [Access(f"iam:{call.operation}", arn, call.account, _iam_context(call))]

    return needs


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


ON_ROLE = on_entity("role", "RoleName")
ON_USER = on_entity("user", "UserName")
ON_GROUP = on_entity("group", "GroupName")
