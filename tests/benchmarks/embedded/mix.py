"""The calls of the load: which, and in which order.

They are signed before the load begins, so that the clients only send and read. Every call of the mix is expected to
succeed whatever the other clients do: a client's objects carry its own number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.embedded.signed_calls import LOGS, PULL, TRUST, Caller, signed

FUNCTION = {"FunctionName": "$", "PackageType": "Image", "Role": "$role", "Code": {"ImageUri": "$image"}}

#: One turn of a client: service, operation, parameters; six of the fifteen write. ``$`` stands for the object's name.
MIX: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("sts", "GetCallerIdentity", {}),
    ("iam", "CreateRole", {"RoleName": "$", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "GetRole", {"RoleName": "$"}),
    ("iam", "PutRolePolicy", {"RoleName": "$", "PolicyName": "logs", "PolicyDocument": LOGS}),
    ("iam", "GetRolePolicy", {"RoleName": "$", "PolicyName": "logs"}),
    ("iam", "TagRole", {"RoleName": "$", "Tags": [{"Key": "team", "Value": "a"}]}),
    ("iam", "ListRoles", {"MaxItems": 20}),
    ("ecr", "CreateRepository", {"repositoryName": "$"}),
    ("ecr", "DescribeRepositories", {"repositoryNames": ["$"]}),
    ("ecr", "SetRepositoryPolicy", {"repositoryName": "$", "policyText": PULL}),
    ("ecr", "GetRepositoryPolicy", {"repositoryName": "$"}),
    ("sts", "GetCallerIdentity", {}),
    ("iam", "GetRole", {"RoleName": "$"}),
    ("lambda", "CreateFunction", FUNCTION),
    ("lambda", "GetFunction", {"FunctionName": "$"}),
)

#: What fills a world, in the order of AWS's quotas: few roles, many users, more repositories and functions.
FILLING = {
    "role": ("iam", "CreateRole", {"RoleName": "$", "AssumeRolePolicyDocument": TRUST}),
    "user": ("iam", "CreateUser", {"UserName": "$"}),
    "repository": ("ecr", "CreateRepository", {"repositoryName": "$"}),
    "function": ("lambda", "CreateFunction", FUNCTION),
}


def mixed(caller: Caller, host: str, prefix: str, calls: int) -> list[tuple[str, bytes]]:
    """A client's calls, turn after turn of the mix: name and signed request of each."""
    rows = ((MIX[number % len(MIX)], f"{prefix}-{number // len(MIX)}") for number in range(calls))
    return [_written(caller, host, *row, name) for row, name in rows]


def filling(caller: Caller, host: str, prefix: str, counts: Mapping[str, int]) -> list[tuple[str, bytes]]:
    """Calls that make so many of each kind."""
    return [
        _written(caller, host, *FILLING[kind], f"{prefix}-{number}")
        for kind, count in counts.items()
        for number in range(count)
    ]


def _written(
    caller: Caller, host: str, service: str, operation: str, params: Mapping[str, Any], name: str
) -> tuple[str, bytes]:
    put = {"$": name, "$role": caller.role, "$image": caller.image}
    return operation, signed(caller, host, service, operation, _filled(params, put))


def _filled(value: Any, put: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, put) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, put) for item in value]
    return put.get(value, value) if isinstance(value, str) else value


def shares(total: int, parts: int) -> Iterator[int]:
    """``total`` in so many shares that differ by one at most."""
    return (total // parts + (number < total % parts) for number in range(parts))
