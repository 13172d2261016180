"""ECR repository policies: what may be set, by whose leave, and what is there.

A policy is refused before it is stored if AWS would refuse it (Amazon ECR User Guide, "Private repository policies",
and reports of users): malformed, with a Resource element, with actions of another service, with a principal of a wrong
form, or with a user or role that does not exist; one that is too long never gets here. The text is kept as it was sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from labkit.embedded.calls import Call, RepositoryRecord, ServiceError
from labkit.embedded.constraints import invalid
from labkit.embedded.ecr_registry import named, repository_of, where
from labkit.errors import PolicyError
from labkit.iam import Effect, Kind, Policies, Policy, Request, Statement, evaluate
from labkit.iam.principals import Entry

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LONGEST = 10_240
"""The most characters that a repository policy may have."""

_ACCOUNT = re.compile(r"\d{12}|arn:aws[a-z-]*:iam::\d{12}:root")
_IAM_ENTITY = re.compile(
    r"arn:aws[a-z-]*:(?:iam::(?P<owner>\d{12}):(?P<kind>user|role)/(?:[!-)+.-~]+/)?(?P<name>[\w+=,.@-]+)"
    r"|sts::(?P<sts>\d{12}):assumed-role/(?P<role>[\w+=,.@-]+)/[\w+=,.@-]+)"
)
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(?:\.cn)?")


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


def checked(embedded: Embedded, text: str) -> Policy:
    """The policy that a text means. Raises InvalidParameterException for one that ECR would not store."""
    try:
        policy = Policy.parse(text, "repository policy")
    except PolicyError:
        raise _not_a_policy() from None
    for statement in policy.statements:
        if not _fits_a_repository(statement):
            raise _not_a_policy()
    for statement in policy.statements:
        for entry in statement.principal or ():
            if entry.kind == "AWS" and not _exists(embedded, entry.text):
                raise invalid("PolicyText", "Principal not found")
    return policy


def _fits_a_repository(statement: Statement) -> bool:
    """Has the statement a Principal of a legal form, no Resource, and only actions of ECR?"""
    actions = [pattern.text for pattern in statement.action.patterns]
    return (
        statement.principal is not None
        and statement.resource is None
        and all(action == "*" or action.lower().startswith("ecr:") for action in actions)
        and all(_well_formed(entry) for entry in statement.principal)
    )


def _well_formed(entry: Entry) -> bool:
    if entry.kind == "Service":
        return _SERVICE.fullmatch(entry.text) is not None
    if entry.kind == "AWS":
        return entry.text == "*" or any(form.fullmatch(entry.text) for form in (_ACCOUNT, _IAM_ENTITY))
    return False


def _exists(embedded: Embedded, principal: str) -> bool:
    """Does the user or role exist? Accounts and ``*`` always do."""
    entity = _IAM_ENTITY.fullmatch(principal)
    if entity is None:
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
    return decision.check(Kind.RESOURCE).effect is Effect.EXPLICIT_DENY


def _present(record: RepositoryRecord) -> str:
    if record.policy is None:
        raise ServiceError(
            "RepositoryPolicyNotFoundException",
            f"Repository policy does not exist for {where(record.name, record.account)}",
        )
    return record.policy


def _not_a_policy() -> ServiceError:
    return invalid("PolicyText", "Invalid repository policy provided")
