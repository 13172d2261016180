"""Decisions in the shapes of IAM's simulation: EvaluationResult and ResourceSpecificResult.

An action has one result; where resources are named it has one for each of them inside, and says itself the most
restrictive of their decisions with the statements and missing keys of all. EvalResourceName of the result itself is
the resource where one is named, as recorded, and ``*`` otherwise. EvalDecisionDetails are empty, as recorded for one
account: the names of its entries are not documented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from labkit.embedded.services.iam.simulation import sources
from labkit.embedded.services.iam.simulation.sources import Source
from labkit.iam import CheckEffect, CheckKind, Decision, Policies

_STORED = "IAM Policy"
_STRICTEST = ("explicitDeny", "implicitDeny", "allowed")
_SHOWN = (CheckKind.PRINCIPAL, CheckKind.RESOURCE)
_BOUNDARY, _SCP = CheckKind.PERMISSIONS_BOUNDARY, CheckKind.SERVICE_CONTROL_POLICY


class Simulated(NamedTuple):
    """What takes part in a simulation: the policies for the engine, and the ``shown`` sources, found by number.

    ``organization``: whether the account is in one, so that its policies have a say.
    """

    policies: Policies
    shown: Sequence[Source]
    organization: bool


def of_action(simulated: Simulated, action: str, decisions: Mapping[str, Decision]) -> dict[str, Any]:
    """The result of one action, by the decisions for its resources; ``*`` alone means that none were named."""
    each = [_of_resource(simulated, resource, decision) for resource, decision in decisions.items()]
    said = {one["EvalResourceDecision"] for one in each}
    result = {
        "EvalActionName": action,
        "EvalResourceName": next(iter(decisions)) if len(decisions) == 1 else "*",
        "EvalDecision": next(decision for decision in _STRICTEST if decision in said),
        "MatchedStatements": _once(one for part in each for one in part["MatchedStatements"]),
        "MissingContextValues": _once(one for part in each for one in part["MissingContextValues"]),
        **_guards(simulated, list(decisions.values())),
    }
    if list(decisions) == ["*"]:
        return result
    return {**result, "EvalDecisionDetails": {}, "ResourceSpecificResults": each}


def _of_resource(simulated: Simulated, resource: str, decision: Decision) -> dict[str, Any]:
    guards = _guards(simulated, [decision])
    guards.pop("OrganizationsDecisionDetail", None)
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": _word(decision),
        "MatchedStatements": [_shape(simulated, *found) for found in _deciding(decision)],
        "MissingContextValues": _missing(simulated, decision),
        **guards,
    }


def _word(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    denied = any(check.effect is CheckEffect.EXPLICIT_DENY for check in decision.checks)
    return "explicitDeny" if denied else "implicitDeny"


def _deciding(decision: Decision) -> list[tuple[int, int]]:
    """Source and number of the statements that have decided: those that deny, or, where it is allowed, that allow."""
    effect = {"allowed": "Allow", "explicitDeny": "Deny"}.get(_word(decision))
    matched = [match.statement for kind in _SHOWN for match in decision.check(kind).matched]
    return [(int(each.policy), each.index) for each in matched if each.effect == effect]


def _shape(simulated: Simulated, source: int, statement: int) -> dict[str, Any]:
    found = simulated.shown[source]
    # Of policies that IAM has, managed ones of a role, group and user alike, AWS was recorded to answer this type.
    kind = _STORED if found.is_inline or found.arn else found.kind
    return {"SourcePolicyId": found.id, "SourcePolicyType": kind, **sources.place(found, statement)}


def _missing(simulated: Simulated, decision: Decision) -> list[str]:
    resource = simulated.policies.resource
    policies = [*simulated.policies.identity, *([resource] if resource else [])]
    return [key for key in sources.keys_of(policies) if key.lower() not in decision.request.keys]


def _guards(simulated: Simulated, decisions: Sequence[Decision]) -> dict[str, Any]:
    """What a permissions boundary and the organization let through, where there are such."""
    found: dict[str, Any] = {}
    if simulated.policies.boundary is not None:
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": _lets(decisions, _BOUNDARY)}
    if simulated.organization:
        found["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": _lets(decisions, _SCP)}
    return found


def _lets(decisions: Sequence[Decision], kind: CheckKind) -> bool:
    return all(each.check(kind).effect in (CheckEffect.ALLOW, CheckEffect.NO_IMPACT) for each in decisions)


def _once(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
