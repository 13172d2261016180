"""Who is asked about a repository's policy beside the cases that an exercise names.

They are made of what each statement mentions, put together with those whom the exercise is about and with strangers
that no answer can know: every account with every function and every kind of caller, at every place. A requester is
decided by the policy of the repository alone, for all actions of ECR; whose own policies allow what does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from labkit.exercises.checking.mentions import (
    STRANGER,
    STRANGERS_ACCOUNT,
    Keys,
    Mentions,
    Roots,
    membership_at,
    mentions_of,
)
from labkit.iam import CheckEffect, CheckKind, Policies, Policy, Principal, Request, action_table, evaluate
from labkit.iam import arn as arns
from labkit.iam.request import ROLE, SESSION, USER
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.policies import LAMBDA
from labkit.pull.question import caller_context, service_context
from labkit.pull.uri import ImageUri

ECR_ACTIONS = tuple(row.name for row in action_table.actions("ecr"))
"""Every action of ECR."""

_SOMEWHERE = membership_at("o-unheardof00/r-root/ou-root-unheard0/")
_STRANGERS = Mentions(
    accounts=(STRANGERS_ACCOUNT,),
    functions=(STRANGER,),
    entities=(STRANGER,),
    memberships=(OUTSIDER, _SOMEWHERE),
    services=(LAMBDA, "ecs.amazonaws.com"),
    principals=(Principal.anonymous(),),
)
_CARRIED = frozenset(
    key.lower()
    for key in (
        *service_context(f"arn:aws:lambda:eu-central-1:{STRANGERS_ACCOUNT}:function:f", _SOMEWHERE),
        *caller_context(Principal.aws(STRANGERS_ACCOUNT), _SOMEWHERE),
    )
)


class Requester(NamedTuple):
    """Somebody who asks. A service does so for a function, by its ARN; ``membership`` is that of the account.

    ``keys`` are condition keys that nobody is known to carry: with them somebody may be stopped, but not let in.
    """

    who: Principal
    membership: Membership
    function: str = ""
    keys: Keys = ()

    @property
    def account(self) -> str:
        """The account of the function, else of the caller; empty for whoever has none."""
        return arns.account_of(self.function or self.who.arn) or ""

    @property
    def name(self) -> str:
        """The name of the function, without a version; empty for callers."""
        return arns.parse(self.function).resource_id.partition(":")[0] if self.function else ""

    @property
    def may_pull(self) -> bool:
        """Whether this is anybody who takes part in pulls: Lambda, or a caller."""
        return self.who.name == LAMBDA if self.function else self.who.is_iam

    @property
    def must_pull(self) -> bool:
        """Whether it takes part as it always does: not as the root user, and with no other keys."""
        return self.may_pull and not self.keys and bool(self.function or self.who.kind in (USER, ROLE, SESSION))

    @property
    def context(self) -> Mapping[str, str | tuple[str, ...]]:
        """The condition keys of its requests."""
        if self.function:
            own = service_context(self.function, self.membership) | {"aws:PrincipalServiceName": self.who.name}
        else:
            own = caller_context(self.who, self.membership) if self.who.is_iam else {}
        return own | dict(self.keys)

    def __str__(self) -> str:
        who = "Lambda" if self.who.name == LAMBDA else str(self.who)
        what = f" for the function {arns.parse(self.function).resource_id} of {self.account}" if self.function else ""
        where = f" in {self.membership.paths[0]}" if self.membership.paths else ""
        having = f" with {self.keys[0][0]}" if self.keys else ""
        return f"{who}{what}{where}{having}"


def requesters_about(policy: Policy, region: str, subjects: Mentions) -> Iterator[Requester]:
    """All requesters, without repetition: first the ``subjects``, whom the exercise is about."""
    subjects = subjects.with_all_of(_STRANGERS)
    roots = _roots(subjects.memberships)
    seen: set[Requester] = set()
    for pool in (subjects, *(subjects.with_all_of(mentions_of(each, roots, _CARRIED)) for each in policy.statements)):
        for requester in (*_plain(pool, region), *_with_keys(pool, region)):
            if requester not in seen:
                seen.add(requester)
                yield requester


def _roots(memberships: Sequence[Membership]) -> Roots:
    paths = [path.split("/") for membership in memberships for path in membership.paths]
    return {org: frozenset(root for other, root, *_ in paths if other == org) for org, *_ in paths}


def _plain(pool: Mentions, region: str) -> Iterator[Requester]:
    services = [Principal.service(name) for name in pool.services]
    for account in pool.accounts:
        functions = [f"arn:aws:lambda:{region}:{account}:function:{name}" for name in pool.functions]
        callers = [*(who for name in pool.entities for who in _called(account, name)), Principal.aws(account)]
        for membership in pool.memberships:
            yield from (Requester(who, membership) for who in callers)
            yield from (Requester(who, membership, function) for function in functions for who in services)
    yield from (Requester(who, membership) for who in pool.principals for membership in pool.memberships)


def _called(account: str, name: str) -> Iterator[Principal]:
    """A user, a role and a session of that role; the name may have a path."""
    role = f"arn:aws:iam::{account}:role/{name}"
    yield Principal.aws(f"arn:aws:iam::{account}:user/{name}")
    yield Principal.aws(role)
    yield Principal.session(f"arn:aws:sts::{account}:assumed-role/{name.rpartition('/')[2]}/session", role)


def _with_keys(pool: Mentions, region: str) -> Iterator[Requester]:
    return (requester._replace(keys=pool.keys) for requester in _plain(pool, region) if pool.keys)


def similar_names(name: str) -> tuple[str, ...]:
    """Names that differ a little from one: at the beginning, at the end, inside."""
    return f"x{name}", f"{name}x", f"{name}-2", f"{name[:-1]}_", f"{name[:3]}x{name[3:]}"


def neighbouring_memberships(membership: Membership) -> Iterator[Membership]:
    """Places that are nearly the same: above, beside and below; of the same path in another organization."""
    for path in membership.paths:
        org, root, *units = path.strip("/").split("/")
        if units:
            yield membership_at("/".join([org, root, *units[:-1]]) + "/")
            yield membership_at(f"{path.rstrip('/')}0/")
        for unit in ("unheard0", "unheard1"):
            yield membership_at(f"{path}ou-{root.removeprefix('r-')}-{unit}/")
        yield membership_at("/".join([f"{org}0", root, *units]) + "/")


def action_groups(policy: Policy) -> list[list[str]]:
    """The actions of ECR that a statement is about, those together that the same statements are about."""
    groups: dict[tuple[bool, ...], list[str]] = {}
    for action in ECR_ACTIONS:
        about = tuple(each.action.part(action, {}).matched for each in policy.statements)
        groups.setdefault(about, []).append(action)
    return [actions for about, actions in groups.items() if any(about)]


def effects_for(
    requester: Requester, image: ImageUri, policy: Policy, groups: Sequence[Sequence[str]]
) -> dict[str, CheckEffect]:
    """What the policy says to the requester about each action of the groups."""
    found: dict[str, CheckEffect] = {}
    context: Any = requester.context
    for actions in groups:
        request = Request(requester.who, actions[0], image.repository_arn, image.account, context)
        effect = evaluate(request, Policies(resource=policy)).check(CheckKind.RESOURCE).effect
        found |= dict.fromkeys(actions, effect)
    return found
