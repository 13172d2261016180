"""The policies that apply to a request, by kind, and the names of the kinds and of what each can say.

Source: IAM User Guide, "Policies and permissions in IAM", policy types; AWS Organizations User Guide, "SCP
evaluation", "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from labkit.errors import PolicyError, UsageError
from labkit.iam.document import Policy

Levels = Sequence[Sequence[Policy]]


class CheckKind(Enum):
    """The kinds of policy, named as in AWS's access troubleshooting."""

    PRINCIPAL = "PRINCIPAL"
    RESOURCE = "RESOURCE"
    PERMISSIONS_BOUNDARY = "PERMISSIONS_BOUNDARY"
    SESSION = "SESSION"
    SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
    RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"
    VPC_ENDPOINT = "VPC_ENDPOINT"


class CheckEffect(Enum):
    """What one kind of policy says; NO_IMPACT where none of that kind applies."""

    ALLOW = "ALLOW"
    IMPLICIT_DENY = "IMPLICIT_DENY"
    EXPLICIT_DENY = "EXPLICIT_DENY"
    NO_IMPACT = "NO_IMPACT"


class Policies(NamedTuple):
    """The policies that apply to a request.

    ``boundary`` None and ``session`` empty: there is none. ``scp`` and ``rcp`` are levels from the root to the account,
    each a list of policies; None: none are attached, as in an organization's management account, which both spare.
    ``registry`` is the policy of an ECR registry, which has a say in every request for one of its repositories beside
    the repository's own (Amazon ECR User Guide, "Private registry permissions"): both are resource policies.
    ``vpc_endpoint`` is the policy of the VPC endpoint through which the request went; None: it went through none.
    """

    identity: Sequence[Policy] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: Sequence[Policy] = ()
    scp: Levels | None = None
    rcp: Levels | None = None
    registry: Policy | None = None
    vpc_endpoint: Policy | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Policies:
        """The policies of the vector format: identity, resource, boundary, session, scp, rcp, registry, vpc_endpoint.

        Raises UsageError, and PolicyError for a document that its kind of policy cannot be.
        """
        if not isinstance(value, Mapping):
            raise UsageError("The policies are not a JSON object with identity, resource and so on.")
        if unknown := sorted(set(value) - set(cls._fields)):
            raise UsageError(f"Unknown kind of policy {unknown[0]!r}; known are {', '.join(sorted(cls._fields))}.")
        return cls(
            _many(value.get("identity"), "identity", "Resource"),
            _one(value.get("resource"), "resource", "Principal"),
            _one(value.get("boundary"), "boundary", "Resource"),
            _many(value.get("session"), "session", "Resource"),
            _levels(value.get("scp"), "scp"),
            _levels(value.get("rcp"), "rcp"),
            _one(value.get("registry"), "registry", "Principal", "Resource"),
            _one(value.get("vpc_endpoint"), "vpc_endpoint", "Principal", "Resource"),
        )


def _one(document: Any, name: str, *demanded: str) -> Policy | None:
    """The document, which may be in a list by itself; None where there is none."""
    found = _many(document, name, *demanded)
    if len(found) > 1:
        raise UsageError(f"There are {len(found)} {name} policies; there can be only one.")
    return found[0] if found else None


def _many(documents: Any, name: str, *demanded: str) -> tuple[Policy, ...]:
    """The documents of a list (or the one); every statement must have the ``demanded`` elements."""
    if documents is None:
        return ()
    listed = documents if isinstance(documents, list) else [documents]
    policies = []
    for number, each in enumerate(listed, 1):
        label = name if len(listed) == 1 else f"{name} {number}"
        try:
            policies.append(_fitting(Policy.parse(each, label), demanded))
        except PolicyError as error:
            raise PolicyError(f"In the {label} policy: {error}") from None
    return tuple(policies)


def _fitting(policy: Policy, demanded: Sequence[str]) -> Policy:
    for statement in policy.statements:
        for element in demanded:
            if (statement.principal if element == "Principal" else statement.resource) is None:
                raise PolicyError(f"{statement.label} has no {element}, which this kind of policy needs.")
    return policy


def _levels(value: Any, name: str) -> Levels | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise UsageError(f"{name} must be a list of levels from the root to the account, each a list of policies.")
    return [_many(level, f"{name} at level {number}", "Resource") for number, level in enumerate(value, 1)]
