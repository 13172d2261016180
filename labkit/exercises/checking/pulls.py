"""Checking a policy that a learner wrote: it is decided for a list of cases, as the embedded AWS would decide it.

All cases are decided; the first that comes out wrong gives the reason, in the words of the decision. Where a pull must
be refused, each side must refuse it by itself: a tight statement for one side must not hide an open one for the other.

A few cases are named by the exercise. The last one is for all others: whomever the answer mentions, and strangers, get
what the exercise means and nothing else of ECR (``labkit.exercises.checking.requesters``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.exercises.checking.answers import WrittenPolicy, read_repository_policy, somewhere_in
from labkit.exercises.checking.mentions import Mentions
from labkit.exercises.checking.requesters import (
    Requester,
    action_groups,
    effects_for,
    neighbouring_memberships,
    requesters_about,
    similar_names,
)
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.iam import CheckEffect, Decision, Policies, Policy, Principal
from labkit.iam.words.reasons import without_instead
from labkit.lab.lab import Lab
from labkit.pull.decision import PullDecision
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.policies import PULL_ACTIONS
from labkit.pull.question import PullQuestion, caller_context
from labkit.pull.uri import ImageUri

SECOND_ACCOUNT = "210987654321"
"""An account that nobody has in this lab: the exercises ask about it, nothing is called in it."""

_STRANGER, _LONER = "888888888888", "777777777777"
EVERYTHING = Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
"""What an administrator may do by its own policies: what the repository says is all that decides."""


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


Intention = Callable[[Requester], bool]
"""What an exercise means: whether Lambda (where the requester has a function) or a caller takes part in pulls."""


def repository_policy(answer: WrittenPolicy, image: ImageUri, pulls: Sequence[Pull], intended: Intention) -> Verdict:
    """Decides each pull with the answer as the repository's policy, and that all others get what the exercise means."""
    policy = read_repository_policy(answer)
    if isinstance(policy, str):
        return unreadable(policy, len(pulls) + 1)
    return verdict_on(repository_cases(policy, image, pulls, intended))


def repository_cases(policy: Policy, image: ImageUri, pulls: Sequence[Pull], intended: Intention) -> Iterator[str]:
    """The reasons of ``repository_policy``: one for each pull, and a last one for all others."""
    yield from (refusal_of_pull(each, image, policy) for each in pulls)
    yield refusal_of_others(policy, image, requesters_about(policy, image.region, subjects(pulls, image)), intended)


def and_more(count: int, what: str) -> str:
    """How many more there are beside the one that is named, in brackets; nothing where there are none."""
    return f" (and {count} {what}{'s' * (count != 1)} more)" if count else ""


def refusal_of_pull(case: Pull, image: ImageUri, policy: Policy) -> str:
    """Nothing where the pull comes out as it must, else the reason."""
    decision = decide_pull(case, image, policy)
    if not case.admit:
        return _let_in(case, decision)
    return "" if decision.allowed else f"It must admit {case.what}, and does not. {_why(decision)}"


def _let_in(case: Pull, decision: PullDecision) -> str:
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
    """What one side may do: pull, or call one of the two actions; nothing where it may neither, or is not asked."""
    return _pulling([decision.request.action for decision in side if decision.allowed])


def _pulling(allowed: Sequence[str]) -> str:
    if len(allowed) == len(PULL_ACTIONS):
        return "pull"
    return f"call {allowed[0]}" if allowed else ""


def refusal_of_others(policy: Policy, image: ImageUri, requesters: Iterable[Requester], intended: Intention) -> str:
    """Nothing where every requester may pull or not as the exercise means, and nobody may anything else."""
    groups = action_groups(policy)
    for requester in requesters:
        effects = effects_for(requester, image, policy, groups)
        granted = [action for action in effects if effects[action] is CheckEffect.ALLOW]
        more = [action for action in granted if action not in PULL_ACTIONS]
        if more:
            return f"It allows {more[0]}{and_more(len(more) - 1, 'action')}, which no pull needs."
        means = requester.may_pull and intended(requester)
        if granted and not means:
            return f"{requester} may {_pulling(granted)}, and must not."
        if means and requester.must_pull and len(granted) < len(PULL_ACTIONS):
            return f"{requester} may not pull, and must be able to."
    return ""


def subjects(pulls: Sequence[Pull], image: ImageUri) -> Mentions:
    """Whom the pulls are about, and their neighbours: functions of nearly the same name, places nearby."""
    admitted = dict.fromkeys(question.function for question in pulls if question.admit)
    return Mentions(
        accounts=(*(question.account for question in pulls), image.account),
        entities=("admin",),
        functions=(
            *(question.function for question in pulls),
            *(n for name in admitted for n in (*similar_names(name), name.upper())),
        ),
        memberships=(
            *(question.membership for question in pulls),
            *(near for question in pulls for near in neighbouring_memberships(question.membership)),
        ),
    )


def _caller(case: Pull) -> Principal:
    return Principal.aws(f"arn:aws:iam::{case.account}:user/admin")


def _function_arn(case: Pull, image: ImageUri) -> str:
    return f"arn:aws:lambda:{image.region}:{case.account}:function:{case.function}"


def decide_pull(case: Pull, image: ImageUri, policy: Policy) -> PullDecision:
    """The decision on a pull with this policy of the repository."""
    caller = _caller(case)
    question = PullQuestion(
        caller=caller,
        caller_policies=Policies(identity=[EVERYTHING]),
        caller_context=caller_context(caller, case.membership),
        function_arn=_function_arn(case, image),
        image=image,
        repository_policy=policy,
        membership=case.membership,
    )
    return question.decide()


def _why(decision: PullDecision) -> str:
    """The nearest miss of the side that refuses: the statement that came closest."""
    first = decision.denied[0]
    side = "Lambda" if first in decision.service else "The caller"
    miss = first.nearest_miss
    return f"{side} is refused. {without_instead(miss.sentence) if miss else 'No statement of the policy is for it.'}"


def pulls_from_outside(function: str) -> tuple[Pull, ...]:
    """Who is refused wherever an organization is granted: another one, and whoever is in none."""
    return (
        Pull(
            f"functions of {_STRANGER}, of another organization",
            function,
            _STRANGER,
            False,
            somewhere_in("o-elsewhere000"),
        ),
        Pull(f"functions of {_LONER}, of no organization", function, _LONER, admit=False),
    )


def image_of(lab: Lab, repository: str) -> ImageUri:
    """The image of a repository of the lab, under the tag that the notebooks give it."""
    return ImageUri.parse(lab.image_uri(repository))
