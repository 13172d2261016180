"""Condition keys that a request carries by who makes it and by whose resource it is about: no policy has to ask.

One table, from a key to what finds its value in the principal (None: the key is not there). Whoever makes a request
from less than AWS would know takes them from here: cases in files, pulls, the embedded AWS.

    an IAM principal   PrincipalArn (of a session the role's), PrincipalAccount, PrincipalType; a user's username;
                       userid where the unique id is known
    a service          PrincipalServiceName and PrincipalServiceNamesList; its PrincipalArn and PrincipalAccount are
                       there too, but their values are not documented: `unknown_of`
    nobody             PrincipalAccount, PrincipalType and userid are the word for it

Source: IAM User Guide, "AWS global condition context keys", availability and values of each key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from labkit.iam import arn as arns
from labkit.iam.action_table.reading import key
from labkit.iam.patterns import ContextValue
from labkit.iam.request import ANONYMOUS, ROLE, ROOT, SERVICE, SESSION, USER, Principal, Request

NOBODY = "anonymous"
_TYPES = {ROOT: "Account", USER: "User", ROLE: "AssumedRole", SESSION: "AssumedRole", ANONYMOUS: "Anonymous"}


def _arn(who: Principal) -> str | None:
    if not who.is_iam:
        return None
    return who.arn if who.is_federated_user else who.role_arn or who.arn


def _account(who: Principal) -> str | None:
    return NOBODY if who.kind == ANONYMOUS else who.account


def _type(who: Principal) -> str | None:
    return "FederatedUser" if who.is_federated_user else _TYPES.get(who.kind)


def _is_service(who: Principal) -> str | None:
    if who.kind == ANONYMOUS:
        return None
    return "true" if who.kind == SERVICE else "false"


def _user_id(who: Principal) -> str | None:
    """The unique id: of a session with its name behind it, of a federated user the account and the name."""
    if who.kind in (ANONYMOUS, ROOT):
        return _account(who)
    if who.is_federated_user:
        return f"{who.account}:{arns.parse(who.arn).name}"
    return (f"{who.id}:{arns.parse(who.arn).name}" if who.kind == SESSION else who.id) if who.id else None


CARRIED_KEYS: Mapping[str, Callable[[Principal], ContextValue | None]] = {
    "aws:PrincipalAccount": _account,
    "aws:PrincipalArn": _arn,
    "aws:PrincipalIsAWSService": _is_service,
    "aws:PrincipalServiceName": lambda who: who.name if who.kind == SERVICE else None,
    "aws:PrincipalServiceNamesList": lambda who: (who.name,) if who.kind == SERVICE else None,
    "aws:PrincipalType": _type,
    "aws:userid": _user_id,
    "aws:username": lambda who: arns.parse(who.arn).name if who.kind == USER else None,
}
"""From a key's name to what finds its value."""

_UNDOCUMENTED = frozenset({"aws:principalaccount", "aws:principalarn"})


def carried_by(who: Principal, resource_account: str | None = None) -> dict[str, ContextValue]:
    """The keys that ``who`` carries, and whose resource it is where that is known."""
    found = {name: value for name, find in CARRIED_KEYS.items() if (value := find(who)) is not None}
    return {**found, "aws:ResourceAccount": resource_account} if resource_account else found


def completed(request: Request) -> Request:
    """The request as AWS has it: with the keys that it carries and that its context does not give.

    A key that can have several values (``labkit.iam.action_table``) is a list, also where the context gives one text.
    """
    who, given = request.principal, request.keys
    owner = request.resource_account if request.resource != "*" else None
    carried = {name: value for name, value in carried_by(who, owner).items() if name.lower() not in given}
    context = {name: _listed(name, value) for name, value in request.context.items()}
    unknown = request.unknown | (unknown_of(who) - given.keys())
    return Request(who, request.action, request.resource, request.resource_account, {**context, **carried}, unknown)


def _listed(name: str, value: str | Sequence[str]) -> str | Sequence[str]:
    row = key(name)
    return [value] if isinstance(value, str) and row is not None and row.multivalued else value


def unknown_of(who: Principal) -> frozenset[str]:
    """Keys in lower case that ``who`` carries on AWS with values that are not documented."""
    return _UNDOCUMENTED if who.kind == SERVICE else frozenset()
