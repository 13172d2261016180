"""Requests to simulate, made of the parameters of a call: who asks, for which actions, on what, in which context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.services.iam.errors import refusal
from labkit.iam import Principal, Request
from labkit.iam.arn import account_of, split
from labkit.pull.organization import ACCOUNT_ID

if TYPE_CHECKING:
    from labkit.embedded.protocol.calls import Call

_CALLERS = ("user", "role", "group")


def actions(call: Call) -> list[str]:
    """The actions, in their order. Raises InvalidInput for what is none, and for a wildcard."""
    named: list[str] = call.params["ActionNames"]
    for action in named:
        service, _, name = action.partition(":")
        if not service or not name or ":" in name or set("*?") & set(action):
            raise refusal("bad input", f"{action} is not an action: write service:Name, without wildcards.")
    return named


def resources(call: Call) -> list[str]:
    """The resources; ``*`` where none are named."""
    return call.params.get("ResourceArns") or ["*"]


def caller(call: Call, source: str | None) -> Principal:
    """Who asks: CallerArn, else the user or role whose policies are simulated, else somebody of the caller's account.

    A group stands for one of its users. Raises InvalidInput for what is no user, group or role.
    """
    arn = call.params.get("CallerArn") or source
    if arn is None:
        return _somebody(call.account)
    named = split(arn)
    known = named is not None and named.service == "iam" and named.resource_type in _CALLERS
    if named is None or not known or not ACCOUNT_ID.fullmatch(named.account):
        raise refusal("bad input", f"{arn} is not the ARN of a user, group or role.")
    return _somebody(named.account) if named.resource_type == "group" else Principal.aws(arn)


def _somebody(account: str) -> Principal:
    return Principal.aws(f"arn:aws:iam::{account}:user/somebody")


def owner(call: Call, who: Principal, resource: str) -> str | None:
    """The account that owns a resource. Without a resource policy there is nothing to ask in another account."""
    if "ResourcePolicy" not in call.params:
        return who.account
    given = call.params.get("ResourceOwner", "")
    account = given if ACCOUNT_ID.fullmatch(given) else account_of(given)
    return account_of(resource) or account or who.account


def context(call: Call) -> Mapping[str, str | list[str]]:
    """The condition keys that have a value, by name."""
    found: dict[str, str | list[str]] = {}
    for entry in call.params.get("ContextEntries", ()):
        name, values = entry.get("ContextKeyName"), entry.get("ContextKeyValues", [])
        if name and values:
            single = len(values) == 1 and not entry.get("ContextKeyType", "string").endswith("List")
            found[name] = values[0] if single else values
    return found


def request(call: Call, who: Principal, action: str, resource: str) -> Request:
    """One question for the engine."""
    return Request(who, action, resource, owner(call, who, resource), dict[str, Any](context(call)))
