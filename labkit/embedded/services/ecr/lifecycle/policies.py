"""Lifecycle policies: put, read, deleted.

Amazon ECR API Reference: PutLifecyclePolicy, GetLifecyclePolicy, DeleteLifecyclePolicy. A policy that was not yet
evaluated was last evaluated in 1970, as a recorded answer shows (Cloud Custodian).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.lifecycle import state
from labkit.embedded.services.ecr.lifecycle.state import LifecyclePolicy
from labkit.embedded.services.ecr.lookup import named, repository_of, where
from labkit.pull.lifecycle.evaluation import EVERY
from labkit.pull.lifecycle.rules import LifecyclePolicyError, Rule, parse, rewritten

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_NEVER = datetime.fromtimestamp(0, UTC)


def put_lifecycle_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutLifecyclePolicy: replace the policy; it is evaluated within 24 hours. Raises InvalidParameterException."""
    record, text = repository_of(embedded, call), call.params["lifecyclePolicyText"]
    checked(text)
    state.put(embedded.database, record.arn, rewritten(text), embedded.clock.now() + EVERY)
    return {**named(record), "lifecyclePolicyText": rewritten(text)}


def get_lifecycle_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetLifecyclePolicy. Raises LifecyclePolicyNotFoundException."""
    record = repository_of(embedded, call)
    return _shown(record, policy_of(embedded, record))


def delete_lifecycle_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteLifecyclePolicy; answers what was there. Raises LifecyclePolicyNotFoundException."""
    record = repository_of(embedded, call)
    shown = _shown(record, policy_of(embedded, record))
    state.remove(embedded.database, record.arn)
    return shown


def checked(text: str) -> tuple[Rule, ...]:
    """The rules of a policy's text. Raises InvalidParameterException for one that ECR would not store."""
    try:
        return parse(text)
    except LifecyclePolicyError as error:
        raise invalid("LifecyclePolicyText", f"Lifecycle policy validation failure: {error}") from None


def policy_of(embedded: Embedded, record: RepositoryRecord) -> LifecyclePolicy:
    """The lifecycle policy of a repository. Raises LifecyclePolicyNotFoundException."""
    found = state.find(embedded.database, record.arn)
    if found is None:
        text = f"Lifecycle policy does not exist for {where(record.name, record.account)}"
        raise ServiceError("LifecyclePolicyNotFoundException", text)
    return found


def _shown(record: RepositoryRecord, policy: LifecyclePolicy) -> dict[str, Any]:
    return {
        **named(record),
        "lifecyclePolicyText": policy.text,
        "lastEvaluatedAt": policy.evaluated or _NEVER,
    }
