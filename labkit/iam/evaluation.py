"""The decision: every kind of policy that applies, combined as AWS combines them.

    an action with a rule of its own              where that decides, no policy has a say
    an explicit deny anywhere                     denied
    SCPs: some level allows nothing               denied
    a VPC endpoint, and its policy allows nothing denied
    a service or anonymous caller                 the resource policy must allow
    an IAM principal, another account's resource  identity (with boundary and session) and resource must allow
    an IAM principal, its own account's resource  identity (with boundary and session) or resource must allow;
                                                  how closely the resource policy names the principal decides
                                                  which of the others still limit it (``_LIMITS``)

A level of RCPs always allows: RCPFullAWSAccess is attached to each and cannot be detached, so it counts where it is
not given; and RCPs reach the actions of some services only (``labkit.iam.rules.rcp_services``). Some resources' own
policy must allow in any case, as a role's trust policy (``labkit.iam.rules.own_rules``).

Each kind of policy gives one ``Check`` with an effect in the words of AWS's access troubleshooting.

Source: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic"; AWS Organizations User
Guide, "SCP evaluation", "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.iam.decision import Check, Decision
from labkit.iam.document import Policy
from labkit.iam.match import match_all
from labkit.iam.policies import CheckEffect, CheckKind, Levels, Policies
from labkit.iam.principals import Specificity
from labkit.iam.request import ROOT, Request
from labkit.iam.rules.own_rules import OwnRule, rule_of
from labkit.iam.rules.rcp_services import reaches


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decides a request."""
    rule = rule_of(request)
    if rule is not None and rule.decides(request.principal):
        allowed = rule.refusal(request.principal) is None
        return Decision(request, allowed, _NO_IMPACT, None, policies, rule)
    checks = _checks(request, policies)
    blocked_by = _blocked_by(request, checks, rule)
    return Decision(request, blocked_by is None, checks, blocked_by, policies, rule)


_KINDS = tuple(CheckKind)
_NO_IMPACT = tuple(Check(kind, CheckEffect.NO_IMPACT) for kind in _KINDS)
# Checks stand in the order of CheckKind and are found by their place: hashing an Enum costs more than comparing.
_PRINCIPAL, _RESOURCE, _BOUNDARY, _SESSION, _SCP, _RCP, _ENDPOINT = range(len(CheckKind))
# The root user needs no identity policy in its account, and has no boundary and no session policy.
_ROOT_ALLOWED = Check(CheckKind.PRINCIPAL, CheckEffect.ALLOW)


def _checks(request: Request, policies: Policies) -> tuple[Check, ...]:
    """One check for each kind, in the order of ``CheckKind``."""
    who = request.principal
    is_iam, exempt = who.is_iam, who.is_service_linked_role
    limited = is_iam and who.kind != ROOT
    sessions = policies.session or (() if who.is_federated_user else None)
    boundary = policies.boundary if limited else None
    bounded = boundary is not None
    rcp = policies.rcp if policies.rcp and not exempt and reaches(request.action) else None
    return (
        _identity(request, policies) if is_iam else _NO_IMPACT[_PRINCIPAL],
        _flat(_RESOURCE, request, _of_resource(policies), bounded),
        _flat(_BOUNDARY, request, (boundary,) if boundary else None),
        _flat(_SESSION, request, sessions if limited else None),
        _levelled(_SCP, request, policies.scp if is_iam and not exempt else None),
        _levelled(_RCP, request, rcp),
        _flat(_ENDPOINT, request, (policies.vpc_endpoint,) if policies.vpc_endpoint else None, bounded),
    )


def _of_resource(policies: Policies) -> Sequence[Policy] | None:
    if policies.registry is None:
        return (policies.resource,) if policies.resource else None
    return (policies.resource, policies.registry) if policies.resource else (policies.registry,)


def _identity(request: Request, policies: Policies) -> Check:
    return _ROOT_ALLOWED if request.principal.kind == ROOT else _flat(_PRINCIPAL, request, policies.identity)


def _flat(place: int, request: Request, policies: Sequence[Policy] | None, bounded: bool = False) -> Check:
    """One layer of policies of which any may allow; None when there is no such layer."""
    if policies is None:
        return _NO_IMPACT[place]
    demanded = "Principal" if place in _NAMING else "Resource"
    matches = tuple([m for policy in policies for m in match_all(policy, request, demanded, bounded)])
    applying = [m for m in matches if m.matched]
    if not applying:
        return Check(_KINDS[place], CheckEffect.IMPLICIT_DENY, matches, Specificity.NONE)
    if any(m.statement.effect == "Deny" for m in applying):
        return Check(_KINDS[place], CheckEffect.EXPLICIT_DENY, matches)
    return Check(_KINDS[place], CheckEffect.ALLOW, matches, max(m.specificity for m in applying))


def _levelled(place: int, request: Request, levels: Levels | None) -> Check:
    """SCPs or RCPs: every level from the root to the account must allow, and none may deny."""
    if not levels:
        return _NO_IMPACT[place]
    layers = [_level(place, request, level) for level in levels]
    effects = {layer.effect for layer in layers}
    worst = next(effect for effect in _WORST_FIRST if effect in effects)
    return Check(_KINDS[place], worst, tuple(m for layer in layers for m in layer.matches))


def _level(place: int, request: Request, level: Sequence[Policy]) -> Check:
    found = _flat(place, request, level)
    if place == _RCP and found.effect is CheckEffect.IMPLICIT_DENY:
        return _flat(place, request, [*level, RCP_FULL_AWS_ACCESS])
    return found


RCP_FULL_AWS_ACCESS = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]},
    "RCPFullAWSAccess",
)
"""What every level of RCPs holds (Organizations User Guide, "RCP evaluation")."""


def is_rcp_full_access(policy: Policy) -> bool:
    """Whether it is RCPFullAWSAccess, the one RCP that allows; it is AWS's own, and nobody else may write it."""
    [allowed] = RCP_FULL_AWS_ACCESS.statements
    return all(
        each.allows and each.action.wanted == allowed.action.wanted and not each.conditions
        for each in policy.statements
    )


_NAMING = (_RESOURCE, _ENDPOINT)  # policies that say whom they are for
_WORST_FIRST = (CheckEffect.EXPLICIT_DENY, CheckEffect.IMPLICIT_DENY, CheckEffect.ALLOW)

# When several kinds deny, AWS names one; which one is not documented. The widest guard rail comes first here.
_DENY_ORDER = (_SCP, _RCP, _ENDPOINT, _RESOURCE, _PRINCIPAL, _BOUNDARY, _SESSION)
_GUARD_RAILS = (_RCP, _SCP, _ENDPOINT)
_OWN = (_PRINCIPAL, _BOUNDARY, _SESSION)
_FOR_OTHERS = (*_GUARD_RAILS, _RESOURCE)  # services and anonymous callers have no policies of their own
_ACROSS = (*_GUARD_RAILS, *_OWN, _RESOURCE)
# In one account: what still limits a grant by the resource policy, by how closely it names the principal.
_WITHIN = {
    Specificity.NONE: (*_GUARD_RAILS, *_OWN),
    Specificity.ACCOUNT: (*_GUARD_RAILS, *_OWN),
    Specificity.ROLE: (*_GUARD_RAILS, _BOUNDARY, _SESSION),
    Specificity.EXACT: _GUARD_RAILS,
}


def _blocked_by(request: Request, checks: tuple[Check, ...], rule: OwnRule | None) -> CheckKind | None:
    for place in _DENY_ORDER:
        if checks[place].effect is CheckEffect.EXPLICIT_DENY:
            return _KINDS[place]
    for place in _must_speak(request, checks[_RESOURCE], rule):
        effect = checks[place].effect
        # Whoever must allow and says nothing denies; but a boundary or a guard rail that is not there limits nothing.
        if effect is CheckEffect.IMPLICIT_DENY or (place == _RESOURCE and effect is CheckEffect.NO_IMPACT):
            return _KINDS[place]
    return None


def _must_speak(request: Request, resource: Check, rule: OwnRule | None) -> tuple[int, ...]:
    """Whose silence denies the request, in the order in which AWS names them."""
    if not request.principal.is_iam:
        return _FOR_OTHERS
    if request.is_cross_account or (rule is not None and rule.both):
        return _ACROSS
    if resource.effect is CheckEffect.ALLOW:
        return _WITHIN[resource.specificity]
    return _FOR_OTHERS if rule is not None and rule.must_allow else _WITHIN[Specificity.NONE]
