"""AWS's own sentence about a denial, and AWS's names of the kinds of policy.

Sources: IAM User Guide, "Troubleshoot access denied error messages"; AWS Security Blog, "Enhanced access denied error
messages with policy ARNs" (January 2026): where a policy denies explicitly the sentence ends with its ARN, for the
kinds of `_BY_ARN` and within one account or organization.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from labkit.iam.document import Policy
from labkit.iam.policies import CheckEffect, CheckKind, Policies
from labkit.iam.request import FEDERATED
from labkit.iam.rules.own_rules import TRUST_POLICY
from labkit.iam.words.nearest import nearest

if TYPE_CHECKING:  # a decision can put itself into words, so at run time it stands above them
    from labkit.iam.decision import Decision

_POLICY_NAMES = {
    CheckKind.PRINCIPAL: "identity-based policy",
    CheckKind.RESOURCE: "resource-based policy",
    CheckKind.PERMISSIONS_BOUNDARY: "permissions boundary",
    CheckKind.SESSION: "session policy",
    CheckKind.SERVICE_CONTROL_POLICY: "service control policy",
    CheckKind.RESOURCE_CONTROL_POLICY: "resource control policy",
    CheckKind.VPC_ENDPOINT: "VPC endpoint policy",
}
_OF_SESSIONS = frozenset({"sts:tagsession", "sts:setsourceidentity"})
_BY_ARN: dict[CheckKind, Callable[[Policies], Iterable[Policy | None]]] = {
    CheckKind.PRINCIPAL: lambda policies: policies.identity,
    CheckKind.PERMISSIONS_BOUNDARY: lambda policies: (policies.boundary,),
    CheckKind.SESSION: lambda policies: policies.session,
    CheckKind.SERVICE_CONTROL_POLICY: lambda policies: [each for level in policies.scp or () for each in level],
    CheckKind.RESOURCE_CONTROL_POLICY: lambda policies: [each for level in policies.rcp or () for each in level],
}


def policy_name(kind: CheckKind) -> str:
    """AWS's name of a kind of policy, as in access-denied messages: ``identity-based policy`` and so on."""
    return _POLICY_NAMES[kind]


def name_in(decision: Decision, kind: CheckKind) -> str:
    """What that kind of policy is called for this request: the resource policy of a role is its trust policy."""
    rule = decision.rule
    own = rule.policy_name if rule is not None and kind is CheckKind.RESOURCE else ""
    return own or _POLICY_NAMES[kind]


def denial(decision: Decision) -> str | None:
    """AWS's access-denied sentence; None when allowed, and where AWS's words are not known.

    These are for callers that have an ARN to name; who comes with the token of an identity provider is told no more
    than the action. Of a trust policy AWS says the reason and no resource, but of what a session is to carry (tags, a
    source identity) the resource and no reason, as public logs show.
    """
    request, kind, rule = decision.request, decision.blocked_by, decision.rule
    if kind is not None and request.principal.kind == FEDERATED and request.action.startswith("sts:"):
        return f"Not authorized to perform {request.action}"
    if not request.principal.is_iam or decision.allowed:
        return None
    if kind is None:
        return rule.refusal(request.principal) if rule is not None and rule.quotes_aws else None
    said = f"User: {request.principal.arn} is not authorized to perform: {request.action}"
    if name_in(decision, kind) != TRUST_POLICY:
        return f"{said} on resource: {request.resource} {_because(decision, kind)}"
    if request.action.lower() in _OF_SESSIONS:
        return f"{said} on resource: {request.resource}"
    return f"{said} {_because(decision, kind)}"


def _because(decision: Decision, kind: CheckKind) -> str:
    name = name_in(decision, kind)
    if decision.check(kind).effect is not CheckEffect.EXPLICIT_DENY:
        return f"because no {name} allows the {decision.request.action} action"
    article = "the" if name == TRUST_POLICY else "an" if name[0] in "aeiou" else "a"
    arn = _denying_arn(decision, kind)
    return f"with an explicit deny in {article} {name}{f': {arn}' if arn else ''}"


def _denying_arn(decision: Decision, kind: CheckKind) -> str:
    """The ARN of the policy that denies; empty where it has none or AWS does not say it to this caller."""
    match = nearest(decision)
    if match is None or kind not in _BY_ARN:
        return ""
    policies = [policy for policy in _BY_ARN[kind](decision.policies) if policy and policy.arn]
    arn = next((each.arn for each in policies if any(match.statement is one for one in each.statements)), "")
    # The owner's organization and the caller's can be two; only within one AWS tells its policies' ARNs.
    foreign = kind is CheckKind.RESOURCE_CONTROL_POLICY and f"/{decision.request.keys.get('aws:principalorgid')}/"
    return "" if foreign and foreign not in arn else arn
