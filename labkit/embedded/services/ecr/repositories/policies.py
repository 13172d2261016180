"""ECR repository policies: what may be set, by whose leave, and what is there.

A policy is refused before it is stored if AWS would refuse it (Amazon ECR User Guide, "Private repository policies",
and reports of users): where `labkit.check` finds an error, and where a user or role does not exist. One that is too
long never gets here. The text is kept as it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.check import DOCUMENT_KINDS, check
from labkit.check.values import IAM_ENTITY
from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.services.ecr.lookup import named, repository_of, where
from labkit.embedded.state.records import RepositoryRecord
from labkit.iam import CheckEffect, CheckKind, Policies, Policy, Request, evaluate

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_KIND = DOCUMENT_KINDS["ecr-repository"]


def set_repository_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """SetRepositoryPolicy: replace the policy as a whole. Raises InvalidParameterException."""
    record = repository_of(embedded, call)
    text = str(call.params["policyText"])
    policy = checked(embedded, text)
    if not call.params.get("force") and _locks_out(call, record, policy):
        raise invalid(
            "PolicyText",
            "The policy would prevent you from setting another policy in the future; use force to set it",
        )
    embedded.set_repository_policy(record.account, record.region, record.name, text)
    return {**named(record), "policyText": text}


def get_repository_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetRepositoryPolicy. Raises RepositoryPolicyNotFoundException."""
    record = repository_of(embedded, call)
    return {**named(record), "policyText": _present(record)}


def delete_repository_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteRepositoryPolicy; answers the text that was there. Raises RepositoryPolicyNotFoundException."""
    record = repository_of(embedded, call)
    text = _present(record)
    embedded.set_repository_policy(record.account, record.region, record.name, None)
    return {**named(record), "policyText": text}


def acceptable(text: str) -> bool:
    """Whether ECR would store this text, if every user and role that it names exists."""
    return check(text, _KIND).passes()


def checked(embedded: Embedded, text: str) -> Policy:
    """The policy that a text means. Raises InvalidParameterException for one that ECR would not store."""
    if not acceptable(text):
        raise invalid("PolicyText", "Invalid repository policy provided")
    policy = Policy.parse(text, "repository policy")
    for statement in policy.statements:
        for entry in statement.principal or ():
            if entry.kind == "AWS" and not _exists(embedded, entry.text):
                raise invalid("PolicyText", "Principal not found")
    return policy


def _exists(embedded: Embedded, principal: str) -> bool:
    """Does the user or role exist? Accounts, ``*`` and federated users, who are nowhere listed, always do."""
    entity = IAM_ENTITY.fullmatch(principal)
    if entity is None or (entity["sts"] and not entity["role"]):
        return True
    if entity["role"]:
        return embedded.backend.arn_of(entity["sts"], "role", entity["role"]) is not None
    return embedded.backend.arn_of(entity["owner"], entity["kind"], entity["name"]) == principal


def _locks_out(call: Call, record: RepositoryRecord, policy: Policy) -> bool:
    """Does the new policy explicitly deny its author to set another one? (The error's text is not documented.)"""
    request = Request(
        call.identity.principal, "ecr:SetRepositoryPolicy", record.arn, record.account, context=call.context
    )
    decision = evaluate(request, Policies(resource=policy))
    return decision.check(CheckKind.RESOURCE).effect is CheckEffect.EXPLICIT_DENY


def _present(record: RepositoryRecord) -> str:
    if record.policy is None:
        raise ServiceError(
            "RepositoryPolicyNotFoundException",
            f"Repository policy does not exist for {where(record.name, record.account)}",
        )
    return record.policy
