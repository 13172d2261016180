"""The decision: every kind of policy that applies, combined as AWS combines them.

    an explicit deny anywhere                     denied
    RCPs, SCPs: some level allows nothing         denied
    a service or anonymous caller                 the resource policy must allow
    an IAM principal, another account's resource  identity (with boundary and session) and resource must allow
    an IAM principal, its own account's resource  identity (with boundary and session) or resource must allow;
                                                  how closely the resource policy names the principal decides
                                                  which of the others still limit it (``_LIMITS``)

Each kind of policy gives one ``Check`` with an effect in the words of AWS's access troubleshooting.

Source: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic"; AWS Organizations User
Guide, "SCP evaluation", "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.iam.document import Policy
from labkit.iam.match import Match, match_all
from labkit.iam.policies import Kind, Levels, Policies
from labkit.iam.principals import Naming
from labkit.iam.request import ROOT, Request

if TYPE_CHECKING:
    from labkit.iam.counterfactual import Counterfactual
    from labkit.iam.nearest import Miss

__all__ = ["Check", "Decision", "Effect", "Kind", "Levels", "Policies", "evaluate"]


class Effect(Enum):
    """What one kind of policy says; NO_IMPACT where none of that kind applies."""

    ALLOW = "ALLOW"
    IMPLICIT_DENY = "IMPLICIT_DENY"
    EXPLICIT_DENY = "EXPLICIT_DENY"
    NO_IMPACT = "NO_IMPACT"


class Check(NamedTuple):
    """One kind of policy evaluated for a request; ``naming`` is how closely the best Allow names the principal."""

    kind: Kind
    effect: Effect
    matches: tuple[Match, ...] = ()
    naming: Naming = Naming.EXACT

    @property
    def matched(self) -> tuple[Match, ...]:
        """The statements that apply."""
        return tuple(m for m in self.matches if m.matched)


class Decision(NamedTuple):
    """Allowed or denied, with the checks it was made of.

    ``blocked_by`` is the kind of policy that decided against, None when allowed. ``policies`` and
    ``resource_must_allow`` are what ``evaluate`` was given beside the request.
    """

    request: Request
    allowed: bool
    checks: tuple[Check, ...]
    blocked_by: Kind | None
    policies: Policies
    resource_must_allow: bool = False

    def check(self, kind: Kind) -> Check:
        """The check of one kind of policy."""
        return next(check for check in self.checks if check.kind is kind)

    @property
    def denial(self) -> str | None:
        """AWS's access-denied sentence, or None when allowed or when AWS documents none (services)."""
        from labkit.iam.explain import denial

        return denial(self)

    @property
    def nearest_miss(self) -> Miss | None:
        """The statement that came closest to allowing (or the one that denies) and what would have to change."""
        from labkit.iam.nearest import nearest_miss

        return nearest_miss(self)

    @property
    def unknowns(self) -> tuple[str, ...]:
        """What AWS documents no result for, in sentences; empty nearly always."""
        from labkit.iam.explain import unknowns

        return unknowns(self)

    def counterfactual(self, key: str) -> Counterfactual | None:
        """A value of that condition key with which the decision would be the opposite; None when none is found."""
        from labkit.iam.counterfactual import counterfactual

        return counterfactual(self, key)

    def counterfactuals(self) -> tuple[Counterfactual, ...]:
        """For each condition key that the policies look at and that can flip the decision, a value that does."""
        from labkit.iam.counterfactual import counterfactuals

        return counterfactuals(self)

    def sentences(self) -> list[str]:
        """The decision in plain sentences, one a check that had something to say."""
        from labkit.iam.explain import sentences

        return sentences(self)

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON data, as ``labkit evaluate --json`` prints it."""
        from labkit.iam.explain import to_dict

        return to_dict(self)

    def __repr__(self) -> str:
        from labkit.iam.explain import paragraph

        return paragraph(self)

    def _repr_html_(self) -> str:
        from labkit.iam.html import decision_html

        return decision_html(self)


def evaluate(request: Request, policies: Policies, resource_must_allow: bool = False) -> Decision:
    """Decides a request. ``resource_must_allow``: as for a role's trust policy, which nothing can replace."""
    checks = _checks(request, policies)
    blocked_by = _blocked_by(request, dict(zip(_KINDS, checks, strict=True)), resource_must_allow)
    return Decision(request, blocked_by is None, checks, blocked_by, policies, resource_must_allow)


_KINDS = tuple(Kind)
_NO_IMPACT = {kind: Check(kind, Effect.NO_IMPACT) for kind in Kind}
# The root user needs no identity policy in its account, and has no boundary and no session policy.
_ROOT_ALLOWED = Check(Kind.PRINCIPAL, Effect.ALLOW)


def _checks(request: Request, policies: Policies) -> tuple[Check, ...]:
    """One check for each kind, in the order of ``Kind``."""
    who = request.principal
    is_iam, exempt = who.is_iam, who.is_service_linked_role
    limited = is_iam and who.kind != ROOT
    sessions = policies.session or (() if who.is_federated_user else None)
    return (
        _identity(request, policies) if is_iam else _NO_IMPACT[Kind.PRINCIPAL],
        _flat(Kind.RESOURCE, request, (policies.resource,) if policies.resource else None),
        _flat(Kind.PERMISSIONS_BOUNDARY, request, (policies.boundary,) if policies.boundary and limited else None),
        _flat(Kind.SESSION, request, sessions if limited else None),
        _levelled(Kind.SERVICE_CONTROL_POLICY, request, policies.scp if is_iam and not exempt else None),
        _levelled(Kind.RESOURCE_CONTROL_POLICY, request, None if exempt else policies.rcp),
    )


def _identity(request: Request, policies: Policies) -> Check:
    return _ROOT_ALLOWED if request.principal.kind == ROOT else _flat(Kind.PRINCIPAL, request, policies.identity)


def _flat(kind: Kind, request: Request, policies: Sequence[Policy] | None) -> Check:
    """One layer of policies of which any may allow; None when there is no such layer."""
    if policies is None:
        return _NO_IMPACT[kind]
    demanded = "Principal" if kind is Kind.RESOURCE else "Resource"
    matches = tuple([m for policy in policies for m in match_all(policy, request, demanded)])
    applying = [m for m in matches if m.matched]
    if not applying:
        return Check(kind, Effect.IMPLICIT_DENY, matches, Naming.NOT)
    if any(m.statement.effect == "Deny" for m in applying):
        return Check(kind, Effect.EXPLICIT_DENY, matches)
    return Check(kind, Effect.ALLOW, matches, max(m.naming for m in applying))


def _levelled(kind: Kind, request: Request, levels: Levels | None) -> Check:
    """SCPs or RCPs: every level from the root to the account must allow, and none may deny."""
    if not levels:
        return _NO_IMPACT[kind]
    layers = [_flat(kind, request, level) for level in levels]
    effects = {layer.effect for layer in layers}
    worst = next(effect for effect in _WORST_FIRST if effect in effects)
    return Check(kind, worst, tuple(m for layer in layers for m in layer.matches))


_WORST_FIRST = (Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY, Effect.ALLOW)

# When several kinds deny, AWS names one; which one is not documented. The widest guard rail comes first here.
_DENY_ORDER = (
    Kind.SERVICE_CONTROL_POLICY,
    Kind.RESOURCE_CONTROL_POLICY,
    Kind.RESOURCE,
    Kind.PRINCIPAL,
    Kind.PERMISSIONS_BOUNDARY,
    Kind.SESSION,
)
_GUARD_RAILS = (Kind.RESOURCE_CONTROL_POLICY, Kind.SERVICE_CONTROL_POLICY)
_OWN = (Kind.PRINCIPAL, Kind.PERMISSIONS_BOUNDARY, Kind.SESSION)
# What still limits a grant by a resource policy of the same account, by how closely it names the principal.
_LIMITS = {
    Naming.NOT: _OWN,
    Naming.ACCOUNT: _OWN,
    Naming.ROLE: (Kind.PERMISSIONS_BOUNDARY, Kind.SESSION),
    Naming.EXACT: (),
}


def _blocked_by(request: Request, checks: dict[Kind, Check], resource_must_allow: bool) -> Kind | None:
    for kind in _DENY_ORDER:
        if checks[kind].effect is Effect.EXPLICIT_DENY:
            return kind
    if refused := _first_silent(checks, _GUARD_RAILS):
        return refused
    resource = checks[Kind.RESOURCE]
    granted = resource.effect is Effect.ALLOW
    if not request.principal.is_iam:
        return None if granted else Kind.RESOURCE
    if request.is_cross_account:
        return _first_silent(checks, _OWN) or (None if granted else Kind.RESOURCE)
    if resource_must_allow and not granted:
        return Kind.RESOURCE
    return _first_silent(checks, _LIMITS[resource.naming] if granted else _OWN)


def _first_silent(checks: dict[Kind, Check], kinds: Iterable[Kind]) -> Kind | None:
    """The first of the kinds that neither allows nor is absent."""
    return next((kind for kind in kinds if checks[kind].effect is Effect.IMPLICIT_DENY), None)
