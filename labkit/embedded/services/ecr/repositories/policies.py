"""ECR repository policies: what may be set, by whose leave, and what is there.

A policy is refused before it is stored if AWS would refuse it (`labkit.embedded.services.ecr.documents`). The limit on
its length counts what was sent; a text that is too long never gets here. What is stored is written anew
(`labkit.pull.stored_policy`), with its users and roles bound to their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records import repositories
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.request.context import request_of
from labkit.embedded.services.ecr import documents
from labkit.embedded.services.ecr.lookup import named, repository_of, where
from labkit.iam import CheckEffect, CheckKind, Policies, Policy, evaluate

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def set_repository_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """SetRepositoryPolicy: replace the policy as a whole. Raises InvalidParameterException."""
    record = repository_of(embedded, call)
    text = str(call.params["policyText"])
    policy = documents.checked(embedded, text, documents.REPOSITORY)
    if not call.params.get("force") and _locks_out(embedded, call, record, policy):
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


def _locks_out(embedded: Embedded, call: Call, record: RepositoryRecord, policy: Policy) -> bool:
    """Does the new policy explicitly deny its author to set another one? (The error's text is not documented.)"""
    access = Access("ecr:SetRepositoryPolicy", record.arn, record.account)
    request = request_of(embedded, call, access)
    decision = evaluate(request, Policies(resource=policy))
    return decision.check(CheckKind.RESOURCE).effect is CheckEffect.EXPLICIT_DENY


def missing_policy(record: RepositoryRecord) -> ServiceError | None:
    """RepositoryPolicyNotFoundException where the repository has no policy, else None."""
    if record.policy is not None:
        return None
    text = f"Repository policy does not exist for {where(record.name, record.account)}"
    return ServiceError("RepositoryPolicyNotFoundException", text)


def _present(record: RepositoryRecord) -> str:
    if error := missing_policy(record):
        raise error
    return str(record.policy)
