"""Checking an identity policy that a learner wrote: every action of ECR, on the repository it is for and on others.

The others are a few that every exercise names, and those that the answer itself leads to: what its patterns match, and
repositories of nearly the same ARN, in another region, another account, or with a name that differs a little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from labkit.exercises.checking.answers import WrittenPolicy, read_policy
from labkit.exercises.checking.mentions import STRANGERS_ACCOUNT, Keys, instances, other_keys
from labkit.exercises.checking.pulls import SECOND_ACCOUNT, and_more
from labkit.exercises.checking.requesters import ECR_ACTIONS, similar_names
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam import arn as arns
from labkit.pull.organization import OUTSIDER
from labkit.pull.question import caller_context
from labkit.pull.uri import ImageUri

_TOKEN = "ecr:GetAuthorizationToken"  # noqa: S105 - an action, not a token
_Found = list[tuple[str, str]]


def repository_arns(image: ImageUri, other: str) -> tuple[str, tuple[str, ...]]:
    """The ARN of a repository, and those of others: of another name, of another account, whose name begins the same."""
    refusal_of_others = (
        replace(image, repository=other),
        replace(image, account=SECOND_ACCOUNT),
        replace(image, repository=f"{image.repository}-2"),
    )
    return image.repository_arn, tuple(each.repository_arn for each in refusal_of_others)


def identity_policy(
    answer: WrittenPolicy, account: str, needed: Sequence[str], own: str, refusal_of_others: Sequence[str]
) -> Verdict:
    """Decides every action of ECR with the answer as the only identity policy of a role in the account.

    Exactly the ``needed`` actions may be allowed, on the repository ``own``, and none on any of ``others``: first those
    of another name, last, together with all that the answer leads to, the one whose name only begins the same. See
    ``repository_arns``.
    """
    policy = read_policy(answer)
    if isinstance(policy, Policy) and any(statement.principal is not None for statement in policy.statements):
        policy = "An identity policy has no Principal: it is for whoever it is attached to."
    if isinstance(policy, str):
        return unreadable(policy, len(needed) + 3)
    on_own = _allowed(policy, account, [own])
    missing = (
        "" if (action, own) in on_own else f"The role is not allowed to call {action} on {own}." for action in needed
    )
    more = [*(each for each in on_own if each[0] not in needed), *_token(policy, account)]
    excess = (
        _too_much(more),
        _too_much(_allowed(policy, account, refusal_of_others[:-1])),
        _too_much(_allowed(policy, account, [refusal_of_others[-1], *_elsewhere(policy, own)]))
        or _by_keys(policy, account, own, needed),
    )
    return verdict_on([*missing, *excess])


def _allowed(policy: Policy, account: str, resources: Iterable[str], keys: Keys = ()) -> _Found:
    return [
        (action, resource)
        for resource in resources
        for action in ECR_ACTIONS
        if action != _TOKEN and _may(policy, account, action, resource, keys)
    ]


def _token(policy: Policy, account: str, keys: Keys = ()) -> _Found:
    """A token is for no repository, so it is asked for with * alone."""
    return [(_TOKEN, "*")] if _may(policy, account, _TOKEN, "*", keys) else []


def _may(policy: Policy, account: str, action: str, resource: str, keys: Keys) -> bool:
    request = Request(_role(account), action, resource, account, {**_context(account, resource), **dict(keys)})
    return evaluate(request, Policies(identity=[policy])).allowed


def _role(account: str) -> Principal:
    return Principal.aws(f"arn:aws:iam::{account}:role/Deployer")


def _context(account: str, resource: str) -> dict[str, str | tuple[str, ...]]:
    """The role's own condition keys, and those of the repository, which any request to it carries.

    Source: IAM User Guide, "AWS global condition context keys", properties of the resource and of the request.
    """
    own, arn = caller_context(_role(account), OUTSIDER), arns.split(resource)
    return own | ({"aws:ResourceAccount": arn.account, "aws:RequestedRegion": arn.region} if arn else {})


def _elsewhere(policy: Policy, own: str) -> Iterator[str]:
    """Other repositories: what the answer's patterns match, and neighbours of its own in each field of the ARN."""
    listed = [text for each in policy.statements if each.resource for text in each.resource.wanted]
    found = [arns.split(instance) for text in listed for instance in instances(text)]
    here = arns.split(own)
    yield from (str(each) for each in found if each and here and each[:3] == here[:3] and each != here)
    if here:
        yield from (str(here._replace(region=region)) for region in ("us-east-1", "xx-unheard-1"))
        yield str(here._replace(account=STRANGERS_ACCOUNT))
        near = (*similar_names(here.resource_id), f"x/{here.resource_id}")
        yield from (str(here._replace(resource=f"{here.resource_type}/{name}")) for name in near)


def _by_keys(policy: Policy, account: str, own: str, needed: Sequence[str]) -> str:
    """What the role may besides where a request carries other keys that the answer asks for."""
    carried = {key.lower() for key in _context(account, own)}
    for statement in policy.statements:
        if keys := other_keys(statement, carried):
            on_own = [each for each in _allowed(policy, account, [own], keys) if each[0] not in needed]
            found = [*on_own, *_allowed(policy, account, _elsewhere(policy, own), keys), *_token(policy, account, keys)]
            if found:
                return f"With {keys[0][0]}: {_too_much(found)}"
    return ""


def _too_much(found: _Found) -> str:
    if not found:
        return ""
    action, resource = found[0]
    return f"The role is allowed to call {action} on {resource}{and_more(len(found) - 1, 'thing')}, and must not."
