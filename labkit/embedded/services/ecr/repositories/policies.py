"""ECR repository policies: what may be set, by whose leave, and what is there.

A policy is refused before it is stored if AWS would refuse it (Amazon ECR User Guide, "Private repository policies",
and reports of users): where `labkit.check` finds an error, where it names an account that does not exist, and where a
user or role does not exist. The limit on its length counts what was sent; a text that is too long never gets here. What
is stored is written anew (`labkit.pull.stored_policy`), with its users and roles bound to their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.check.values import ACCOUNT, IAM_ENTITY
from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records import accounts, principals, repositories
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.lookup import named, repository_of, where
from labkit.iam import CheckEffect, CheckKind, Policies, Policy, Request, evaluate
from labkit.iam.arn import account_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_INVALID = "Invalid repository policy provided"
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
    return {**named(record), "policyText": repositories.set_policy(embedded.database, record.arn, text)}


def get_repository_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetRepositoryPolicy. Raises RepositoryPolicyNotFoundException."""
    record = repository_of(embedded, call)
    return {**named(record), "policyText": _present(record)}


def delete_repository_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteRepositoryPolicy; answers the text that was there. Raises RepositoryPolicyNotFoundException."""
    record = repository_of(embedded, call)
    text = _present(record)
    repositories.set_policy(embedded.database, record.arn, None)
    return {**named(record), "policyText": text}


def acceptable(text: str) -> bool:
    """Whether ECR would store this text, if every account, user and role that it names exists."""
    return refusal(text, _KIND) is None


def checked(embedded: Embedded, text: str) -> Policy:
    """The policy that a text means. Raises InvalidParameterException for one that ECR would not store."""
    if not acceptable(text):
        raise invalid("PolicyText", _INVALID)
    policy = Policy.parse(text, "repository policy")
    for principal in _aws_principals(policy):
        if ACCOUNT.fullmatch(principal):
            _require_account(embedded, account_of(principal) or principal)
        elif not _exists(embedded, principal):
            raise invalid("PolicyText", "Principal not found")
    return policy


def _aws_principals(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        for entry in statement.principal or ():
            if entry.kind == "AWS":
                yield entry.text


def _require_account(embedded: Embedded, account: str) -> None:
    if not accounts.known(embedded.database, account, "a repository policy"):
        raise invalid("PolicyText", _INVALID)


def _exists(embedded: Embedded, principal: str) -> bool:
    """Does the user or role exist? ``*`` and federated users, who are nowhere listed, always do."""
    entity = IAM_ENTITY.fullmatch(principal)
    if entity is None or (entity["sts"] and not entity["role"]):
        return True
    if entity["role"]:  # a session names its role without the path
        return principals.find(embedded.database, entity["sts"], "role", entity["role"]) is not None
    return principals.by_arn(embedded.database, principal) is not None


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
