"""Authorizing and executing a `Call`: the one way, whichever door it came through (the AWS API, the registry).

The policy engine decides; here it is given what has a say: the caller's policies and those of its organization, the
resource's policy and those of its owner's organization, and the context of request, caller and resource. What became
of a call is recorded for CloudTrail.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call, Operation
from labkit.embedded.protocol.faults import fault
from labkit.embedded.records import bindings
from labkit.embedded.request import endpoints, propagation
from labkit.embedded.request.context import request_of
from labkit.embedded.request.permissions import needed
from labkit.embedded.request.principals import is_service_linked
from labkit.embedded.request.recording import recorder
from labkit.iam import Decision, Policy, evaluate
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def execute(embedded: Embedded, call: Call, operation: Operation) -> dict[str, Any]:
    """Authorize and execute in one unit of the state: no policy changes in between, and a refused call leaves nothing.

    What only reads sees one snapshot; what writes is durable when this returns. An operation that ``locks_itself`` is
    executed as soon as it has been authorized, and opens units of its own. What time has brought about is done before.
    """
    embedded.catch_up(call.service)
    with recorder.refusals_noted(embedded, call):
        if operation.reads or operation.locks_itself:
            output = _read(embedded, call, operation)
            recorder.note(embedded, call, output=output)
            return output
        with embedded.database.write():
            authorize(embedded, call, operation)
            with propagation.noted(embedded, call, operation):
                output = operation.handler(embedded, call)
            embedded.uses.write()
            recorder.write(embedded, call, output)
            return output


def _read(embedded: Embedded, call: Call, operation: Operation) -> dict[str, Any]:
    with nullcontext() if operation.locks_itself else embedded.database.read():
        authorize(embedded, call, operation)
        return operation.handler(embedded, call)


def authorize(embedded: Embedded, call: Call, operation: Operation) -> None:
    """Raise the access denied `ServiceError`, with the engine's sentence, unless the caller has what the call needs."""
    with embedded.database.read():
        for access in needed(embedded, call, operation):
            decision = decide(embedded, call, access)
            call.decisions.append(decision)
            if not decision.allowed:
                raise fault(call.service, "denied", str(decision.denial))


def decide(embedded: Embedded, call: Call, access: Access) -> Decision:
    """Decide whether the caller may do this; never raises for a denial."""
    owner = access.account or call.account
    policies = call.identity.policies._replace(
        resource=_resource_policy(embedded, access),
        registry=_registry_policy(embedded, call, access, owner),
        rcp=None if is_service_linked(call.identity) else embedded.rcp(owner),
        vpc_endpoint=_endpoint_policy(embedded, call, access),
    )
    return evaluate(request_of(embedded, call, access), policies)


def _resource_policy(embedded: Embedded, access: Access) -> Policy | None:
    if access.policy == "trust":
        role = embedded.role(access.resource)
        trust = propagation.trust_policy(embedded, role)
        return Policy.parse(trust, role.name) if role and trust else None
    if access.policy == "repository" and access.account:
        arn = parse(access.resource)
        name = arn.resource_id if arn.is_a("ecr", "repository") else ""
        found = embedded.repository(access.account, arn.region, name)
        text = propagation.repository_policy(embedded, found)
        return Policy.parse(text, f"repository {name}") if text else None
    if access.policy == "function":
        text = bindings.policy_of(embedded.database, access.resource)
        return Policy.parse(text, "function policy") if text else None
    return None


def _registry_policy(embedded: Embedded, call: Call, access: Access, owner: str) -> Policy | None:
    """The policy of the registry, which ECR asks in every request (Amazon ECR User Guide, scope V2)."""
    is_ecr = access.action.startswith("ecr:")
    return propagation.registry_policy(embedded, owner, call.region) if is_ecr else None


def _endpoint_policy(embedded: Embedded, call: Call, access: Access) -> Policy | None:
    """The policy of the VPC endpoint that the request came through; it speaks of its own service's actions only."""
    endpoint = endpoints.through(embedded.database, call)
    if endpoint is None or not access.action.startswith(f"{endpoint.service}:"):
        return None
    return Policy.parse(endpoint.policy, "VPC endpoint policy")
