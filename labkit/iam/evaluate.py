"""The decision: every kind of policy that applies, combined as AWS combines them.

    an explicit deny anywhere                     denied
    RCPs, SCPs: some level allows nothing         denied
    a service or anonymous caller                 the resource policy must allow
    an IAM principal, another account's resource  identity (with boundary and session) and resource must allow
    an IAM principal, its own account's resource  identity (with boundary and session) or resource must allow;
                                                  how closely the resource policy names the principal decides
                                                  which of the others still limit it (``labkit.iam.principals``)

Each kind of policy gives one ``Check`` with an effect in the words of AWS's access troubleshooting.

Source: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic"; AWS Organizations User
Guide, "SCP evaluation", "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from labkit.errors import UsageError
from labkit.iam.document import Policy
from labkit.iam.match import Match, match_all
from labkit.iam.principals import Naming
from labkit.iam.request import ROOT, Request

Levels = Sequence[Sequence[Policy]]


class Kind(Enum):
    """The kinds of policy, named as in AWS's access troubleshooting."""

    PRINCIPAL = "PRINCIPAL"
    RESOURCE = "RESOURCE"
    PERMISSIONS_BOUNDARY = "PERMISSIONS_BOUNDARY"
    SESSION = "SESSION"
    SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
    RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"


class Effect(Enum):
    """What one kind of policy says; NO_IMPACT where none of that kind applies."""

    ALLOW = "ALLOW"
    IMPLICIT_DENY = "IMPLICIT_DENY"
    EXPLICIT_DENY = "EXPLICIT_DENY"
    NO_IMPACT = "NO_IMPACT"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that apply to a request.

    ``boundary`` None and ``session`` empty: there is none. ``scp`` and ``rcp`` are levels from the root to the account,
    each a list of policies; None: none are attached.
    """

    identity: Sequence[Policy] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: Sequence[Policy] = ()
    scp: Levels | None = None
    rcp: Levels | None = None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Policies:
        """The policies of the vector format: identity, resource, boundary, session, scp, rcp."""
        known = {"identity", "resource", "boundary", "session", "scp", "rcp"}
        if unknown := sorted(set(value) - known):
            raise UsageError(f"Unknown kind of policy {unknown[0]!r}; known are {', '.join(sorted(known))}.")

        def many(documents: Any, name: str) -> tuple[Policy, ...]:
            listed = documents if isinstance(documents, list) else [documents]
            return tuple(Policy.parse(each, name) for each in listed)

        def levels(name: str) -> Levels | None:
            return None if value.get(name) is None else [many(level, name) for level in value[name]]

        boundary = many(value.get("boundary") or [], "boundary")
        resource = value.get("resource")
        return cls(
            many(value.get("identity") or [], "identity"),
            None if not resource else Policy.parse(resource, "resource"),
            boundary[0] if boundary else None,
            many(value.get("session") or [], "session"),
            levels("scp"),
            levels("rcp"),
        )


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of policy evaluated for a request; ``naming`` is how closely the best Allow names the principal."""

    kind: Kind
    effect: Effect
    matches: tuple[Match, ...] = ()
    naming: Naming = Naming.EXACT

    @property
    def matched(self) -> tuple[Match, ...]:
        """The statements that apply."""
        return tuple(m for m in self.matches if m.matched)


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or denied, with the checks it was made of.

    ``blocked_by`` is the kind of policy that decided against, None when allowed.
    """

    request: Request
    allowed: bool
    checks: tuple[Check, ...]
    blocked_by: Kind | None = None

    def check(self, kind: Kind) -> Check:
        """The check of one kind of policy."""
        return next(check for check in self.checks if check.kind is kind)

    @property
    def denial(self) -> str | None:
        """AWS's access-denied sentence, or None when allowed or when AWS documents none (services)."""
        from labkit.iam.explain import denial

        return denial(self)

    @property
    def nearest_miss(self) -> Any:
        """The statement that came closest to allowing (or the one that denies) and what would have to change."""
        from labkit.iam.explain import nearest_miss

        return nearest_miss(self)

    def sentences(self) -> list[str]:
        """The decision in plain sentences, one a check that had something to say."""
        from labkit.iam.explain import sentences

        return sentences(self)

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON data, as ``labkit evaluate --json`` prints it."""
        from labkit.iam.explain import to_dict

        return to_dict(self)


def evaluate(request: Request, policies: Policies, resource_must_allow: bool = False) -> Decision:
    """Decides a request. ``resource_must_allow``: as for a role's trust policy, which nothing can replace."""
    checks = _checks(request, policies)
    blocked_by = _blocked_by(request, {check.kind: check for check in checks}, resource_must_allow)
    return Decision(request, blocked_by is None, checks, blocked_by)


def _checks(request: Request, policies: Policies) -> tuple[Check, ...]:
    who = request.principal
    limits = who.is_iam and who.kind != ROOT
    exempt = who.is_service_linked_role
    scp = policies.scp if who.is_iam and not exempt else None
    return (
        _identity(request, policies),
        _flat(Kind.RESOURCE, request, [policies.resource] if policies.resource else None),
        _flat(Kind.PERMISSIONS_BOUNDARY, request, [policies.boundary] if policies.boundary and limits else None),
        _flat(Kind.SESSION, request, policies.session if policies.session and limits else None),
        _levelled(Kind.SERVICE_CONTROL_POLICY, request, scp),
        _levelled(Kind.RESOURCE_CONTROL_POLICY, request, None if exempt else policies.rcp),
    )


def _identity(request: Request, policies: Policies) -> Check:
    if not request.principal.is_iam:
        return Check(Kind.PRINCIPAL, Effect.NO_IMPACT)
    if request.principal.kind == ROOT:
        return Check(Kind.PRINCIPAL, Effect.ALLOW)  # the root user needs no identity policy in its account
    return _flat(Kind.PRINCIPAL, request, policies.identity)


def _flat(kind: Kind, request: Request, policies: Sequence[Policy] | None) -> Check:
    """One layer of policies of which any may allow; None when there is no such layer."""
    if policies is None:
        return Check(kind, Effect.NO_IMPACT)
    return _layer(kind, [m for policy in policies for m in match_all(policy, request)])


def _layer(kind: Kind, matches: Sequence[Match]) -> Check:
    applying = [m for m in matches if m.matched]
    if any(not m.statement.allows for m in applying):
        return Check(kind, Effect.EXPLICIT_DENY, tuple(matches))
    if not applying:
        return Check(kind, Effect.IMPLICIT_DENY, tuple(matches), Naming.NOT)
    return Check(kind, Effect.ALLOW, tuple(matches), max(m.naming for m in applying))


def _levelled(kind: Kind, request: Request, levels: Levels | None) -> Check:
    """SCPs or RCPs: every level from the root to the account must allow, and none may deny."""
    if levels is None:
        return Check(kind, Effect.NO_IMPACT)
    layers = [_flat(kind, request, level) for level in levels]
    matches = tuple(m for layer in layers for m in layer.matches)
    effects = {layer.effect for layer in layers}
    worst = next(
        (e for e in (Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY) if e in effects),
        Effect.ALLOW,
    )
    return Check(kind, worst, matches)


# When several kinds deny, AWS names one; which one is not documented. The widest guard rail comes first here.
_DENY_ORDER = (
    Kind.SERVICE_CONTROL_POLICY,
    Kind.RESOURCE_CONTROL_POLICY,
    Kind.RESOURCE,
    Kind.PRINCIPAL,
    Kind.PERMISSIONS_BOUNDARY,
    Kind.SESSION,
)


def _blocked_by(request: Request, checks: dict[Kind, Check], resource_must_allow: bool) -> Kind | None:
    for kind in _DENY_ORDER:
        if checks[kind].effect is Effect.EXPLICIT_DENY:
            return kind
    if refused := _first_silent(checks, (Kind.RESOURCE_CONTROL_POLICY, Kind.SERVICE_CONTROL_POLICY)):
        return refused
    resource = checks[Kind.RESOURCE]
    granted = resource.effect is Effect.ALLOW
    if not request.principal.is_iam:
        return None if granted else Kind.RESOURCE
    own = (Kind.PRINCIPAL, Kind.PERMISSIONS_BOUNDARY, Kind.SESSION)
    if request.is_cross_account:
        return _first_silent(checks, own) or (None if granted else Kind.RESOURCE)
    if resource_must_allow and not granted:
        return Kind.RESOURCE
    still_limits = {Naming.EXACT: (), Naming.ROLE: own[1:]}.get(resource.naming, own) if granted else own
    return _first_silent(checks, still_limits)


def _first_silent(checks: dict[Kind, Check], kinds: Iterable[Kind]) -> Kind | None:
    """The first of the kinds that neither allows nor is absent."""
    return next((kind for kind in kinds if checks[kind].effect is Effect.IMPLICIT_DENY), None)
