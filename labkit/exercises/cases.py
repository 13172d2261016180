"""Checking a policy that a learner wrote: it is decided for a list of cases, as the embedded AWS would decide it.

All cases are decided; the first that comes out wrong gives the reason, in the words of the decision. Where a pull must
be refused, each side must refuse it by itself: a tight statement for one side must not hide an open one for the other.
And nothing is allowed beyond what the exercise asks for, which is decided for every action of ECR.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labkit import pull
from labkit.check.actions import known
from labkit.errors import PolicyError
from labkit.exercises.verdict import Verdict, kind_of, unreadable, weighed
from labkit.iam import Decision, Policies, Policy, Principal, Request, evaluate
from labkit.iam.reasons import without_instead
from labkit.organization import OUTSIDER, Membership
from labkit.policies import LAMBDA, PULL_ACTIONS
from labkit.pull import ImageUri

Answer = Mapping[str, Any] | str
"""A policy as a dict or as JSON text. What else a learner may give is refused with a sentence."""

SECOND_ACCOUNT = "210987654321"
"""An account that nobody has in this lab: the exercises ask about it, nothing is called in it."""

Context = Mapping[str, str | tuple[str, ...]]
"""Condition keys and their values."""

_EVERYTHING = Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
ECR_ACTIONS = tuple(f"ecr:{name}" for name in known()["ecr"].values())
"""Every action of ECR."""
_TOKEN = "ecr:GetAuthorizationToken"  # noqa: S105 - an action, not a token


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull for a function of an account, made by its administrator; ``admit`` is what the policy must come to.

    ``of_function``: what is refused is the function, which only Lambda knows, so that the caller may be admitted.
    """

    what: str
    function: str
    account: str
    admit: bool
    membership: Membership = OUTSIDER
    of_function: bool = False


def repository_policy(answer: Answer, image: ImageUri, pulls: Sequence[Pull]) -> Verdict:
    """Decides each pull with the answer as the repository's policy, and that it allows nothing but pulling."""
    policy = read_repository_policy(answer)
    if isinstance(policy, str):
        return unreadable(policy, len(pulls) + 1)
    return weighed(repository_cases(policy, image, pulls))


def repository_cases(policy: Policy, image: ImageUri, pulls: Sequence[Pull]) -> Iterator[str]:
    """The reasons of ``repository_policy``: one for each pull, and a last one for what is allowed beside pulling."""
    yield from (pulled(each, image, policy) for each in pulls)
    yield _beyond_pulling(pulls, image, policy)


def repository_arns(image: ImageUri, other: str) -> tuple[str, tuple[str, ...]]:
    """The ARN of a repository, and those of others: of another name, of another account, whose name begins the same."""
    others = (
        replace(image, repository=other),
        replace(image, account=SECOND_ACCOUNT),
        replace(image, repository=f"{image.repository}-2"),
    )
    return image.repository_arn, tuple(each.repository_arn for each in others)


def identity_policy(answer: Answer, account: str, needed: Sequence[str], own: str, others: Sequence[str]) -> Verdict:
    """Decides every action of ECR with the answer as the only identity policy of a role in the account.

    Exactly the ``needed`` actions may be allowed, on the repository ``own``, and none on any of ``others``: first those
    of another name, last the one whose name only begins the same. See ``repository_arns``.
    """
    policy = read_policy(answer)
    if isinstance(policy, Policy) and any(statement.principal is not None for statement in policy.statements):
        policy = "An identity policy has no Principal: it is for whoever it is attached to."
    if isinstance(policy, str):
        return unreadable(policy, len(needed) + 3)

    def allowed(*resources: str) -> list[tuple[str, str]]:
        pairs = [(action, resource) for resource in resources for action in ECR_ACTIONS if action != _TOKEN]
        return [pair for pair in pairs if _allowed(account, *pair, policy)]

    on_own = allowed(own)
    more = [pair for pair in on_own if pair[0] not in needed]
    # A token is for no repository, so it is asked for with * alone.
    more += [(_TOKEN, "*")] if _allowed(account, _TOKEN, "*", policy) else []
    missing = ("" if (action, own) in on_own else f"The role may not {action} on {own}." for action in needed)
    excess = (more, allowed(*others[:-1]), allowed(others[-1]))
    return weighed([*missing, *map(_too_much, excess)])


def _allowed(account: str, action: str, resource: str, policy: Policy) -> bool:
    who = Principal.aws(f"arn:aws:iam::{account}:role/Deployer")
    return evaluate(Request(who, action, resource, account), Policies(identity=[policy])).allowed


def _too_much(pairs: Sequence[tuple[str, str]]) -> str:
    if not pairs:
        return ""
    action, resource = pairs[0]
    return f"The role may {action} on {resource}{_and_more(len(pairs) - 1, 'thing')}, and must not."


def _and_more(count: int, what: str) -> str:
    return f" (and {count} {what}{'s' * (count != 1)} more)" if count else ""


def read_repository_policy(answer: Answer) -> Policy | str:
    """The policy, or the reason why it is none that a repository can have."""
    policy = read_policy(answer)
    if isinstance(policy, str):
        return policy
    if any(statement.resource is not None for statement in policy.statements):
        return "ECR takes no Resource in a repository policy: the repository is the resource."
    if any(statement.principal is None for statement in policy.statements):
        return "A statement of a repository policy must say whom it is for, in Principal."
    return policy


def read_policy(answer: Answer) -> Policy | str:
    """The policy, or the reason why it is none."""
    if not isinstance(answer, str | Mapping):
        return f"A policy is a dict or JSON text, and this is {kind_of(answer)}."
    if not answer:
        return "There is nothing to check: the answer is empty."
    try:
        return Policy.parse(answer, "your policy")
    except PolicyError as error:
        return str(error)


def pulled(case: Pull, image: ImageUri, policy: Policy) -> str:
    """Nothing where the pull comes out as it must, else the reason."""
    decision = decide_pull(case, image, policy)
    if not case.admit:
        return _let_in(case, decision)
    return "" if decision.allowed else f"It must admit {case.what}, and does not. {_why(decision)}"


def _let_in(case: Pull, decision: pull.PullDecision) -> str:
    """Nothing where each side refuses each action by itself, else which does not."""
    caller, lambda_ = _granted(decision.caller), _granted(decision.service)
    if decision.allowed:
        return f"It must refuse {case.what}, and admits it."
    if lambda_:
        stopped = "" if caller or not decision.caller else "; only its caller is stopped"
        return f"Lambda may still {lambda_} for {case.what}{stopped}."
    if caller and not case.of_function:
        return f"The caller for {case.what} may still {caller}; only Lambda is stopped."
    return ""


def _granted(side: Sequence[Decision]) -> str:
    """What one side may do: pull, or one of the two actions; nothing where it may neither, or is not asked."""
    allowed = [decision.request.action for decision in side if decision.allowed]
    return "pull" if len(allowed) == len(PULL_ACTIONS) else "".join(allowed)


def _beyond_pulling(pulls: Sequence[Pull], image: ImageUri, policy: Policy) -> str:
    """Nothing where nobody of the pulls may do anything but pull, else what somebody may."""
    for who, context in (side for case in pulls for side in _sides(case, image)):
        more = [action for action in open_to(who, context, image, policy) if action not in PULL_ACTIONS]
        if more:
            return f"It allows {more[0]}{_and_more(len(more) - 1, 'action')}, which no pull needs."
    return ""


def _sides(case: Pull, image: ImageUri) -> Iterator[tuple[Principal, Context]]:
    """Lambda, and the caller where it is of another account, each with its condition keys."""
    yield Principal.service(LAMBDA), pull.service_context(_function_arn(case, image), case.membership)
    if case.account != image.account:
        caller = _caller(case)
        yield caller, pull.caller_context(caller, case.membership)


def open_to(who: Principal, context: Context, image: ImageUri, policy: Policy) -> list[str]:
    """What of ECR the repository's policy leaves to somebody whose own policies allow everything."""

    def may(action: str) -> bool:
        request = Request(who, action, image.repository_arn, image.account, context)
        return evaluate(request, Policies(identity=[_EVERYTHING], resource=policy)).allowed

    return [action for action in ECR_ACTIONS if may(action)]


def _caller(case: Pull) -> Principal:
    return Principal.aws(f"arn:aws:iam::{case.account}:user/admin")


def _function_arn(case: Pull, image: ImageUri) -> str:
    return f"arn:aws:lambda:{image.region}:{case.account}:function:{case.function}"


def decide_pull(case: Pull, image: ImageUri, policy: Policy) -> pull.PullDecision:
    """The decision on a pull with this policy of the repository."""
    caller = _caller(case)
    return pull.decide(
        caller=caller,
        caller_policies=Policies(identity=[_EVERYTHING]),
        caller_context=pull.caller_context(caller, case.membership),
        function_arn=_function_arn(case, image),
        image=image,
        repository_policy=policy,
        membership=lambda _account: case.membership,
    )


def _why(decision: pull.PullDecision) -> str:
    """The nearest miss of the side that refuses: the statement that came closest."""
    first = decision.denied[0]
    side = "Lambda" if first in decision.service else "The caller"
    miss = first.nearest_miss
    return f"{side} is refused. {without_instead(miss.sentence) if miss else 'No statement of the policy is for it.'}"
