"""The exercises of notebook 06: who may remove a repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labkit.exercises.checking.answers import WrittenPolicy, read_repository_policy
from labkit.exercises.checking.identity_policies import identity_policy, repository_arns
from labkit.exercises.checking.mentions import Mentions
from labkit.exercises.checking.pulls import SECOND_ACCOUNT, image_of
from labkit.exercises.checking.requesters import Requester, action_groups, effects_for, requesters_about, similar_names
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.iam import CheckEffect, Policy, Principal
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull.organization import OUTSIDER
from labkit.pull.uri import ImageUri

CLEANER = "Cleaner"
"""The role that the exercises give the broom to. The lab does not make it."""

_DELETE = "ecr:DeleteRepository"
_CALLS = ("ecr:DescribeRepositories", "ecr:ListTagsForResource", _DELETE)
_GUARD_CASES = 6


def least_cleaner(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """06: an identity policy with which a role removes lambda-another-account as the lab does, and nothing more of ECR.

    The lab finds a repository, reads its tags, and deletes it with its images. That ``force`` needs no action beside
    DeleteRepository is taken for granted: ECR deletes the images on the caller's behalf (API Reference,
    DeleteRepository), and no page was found that names another action.
    """
    own, refusal_of_others = repository_arns(image_of(lab, OTHER_ACCOUNT.repository), ORGANIZATION.repository)
    return identity_policy(policy, lab.registry.account, _CALLS, own, refusal_of_others)


def nobody_else_deletes(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """06: a repository policy with which nobody but the role Cleaner deletes the repository, whatever others may do.

    For the account's own principals that takes an explicit deny; of others nobody is allowed anything anyway.
    """
    parsed = read_repository_policy(policy)
    if isinstance(parsed, str):
        return unreadable(parsed, _GUARD_CASES)
    praise = (
        "Whom it spares still needs a policy that allows deleting, like that of exercise 1. Whoever may set or delete "
        "the repository's policy can still take the guard away first."
    )
    return verdict_on(_guard_cases(parsed, lab.registry.account, image_of(lab, OTHER_ACCOUNT.repository)), praise)


def _guard_cases(policy: Policy, account: str, image: ImageUri) -> Iterator[str]:
    groups = action_groups(policy)

    def effects_on(to: Requester) -> Mapping[str, CheckEffect]:
        return effects_for(to, image, policy, groups)

    def deletes(who: str) -> bool:
        return effects_on(Requester(Principal.aws(who), OUTSIDER)).get(_DELETE) is not CheckEffect.EXPLICIT_DENY

    session, admin = f"arn:aws:sts::{account}:assumed-role/{CLEANER}", f"arn:aws:iam::{account}:user/admin"
    yield "" if deletes(f"{session}/removal") else f"The role {CLEANER} may not delete the repository."
    yield f"The administrator {admin} may delete the repository." if deletes(admin) else ""
    same_start = deletes(f"{session}-2/removal")
    yield f"The role {CLEANER}-2, whose name only begins the same, may delete it." if same_start else ""
    subjects = Mentions(accounts=(account, SECOND_ACCOUNT), entities=("admin", CLEANER, *similar_names(CLEANER)))
    answers = [(requester, effects_on(requester)) for requester in requesters_about(policy, image.region, subjects)]
    of_account = [(requester, effects) for requester, effects in answers if requester.who.account == account]
    yield next(filter(None, (_deleting(*each, f"arn:aws:iam::{account}:role/{CLEANER}") for each in of_account)), "")
    yield next(filter(None, (_stopped(*each) for each in of_account)), "")
    yield next(filter(None, (_let_in(*each) for each in answers)), "")


def _deleting(requester: Requester, effects: Mapping[str, CheckEffect], cleaner: str) -> str:
    """Nothing where the one who cleans may delete and everybody else may not, else who comes out wrong."""
    denied = effects.get(_DELETE) is CheckEffect.EXPLICIT_DENY
    if requester.who.role_arn == cleaner:
        return f"{requester} may not delete the repository." if denied and not requester.keys else ""
    return "" if denied else f"{requester} may delete the repository."


def _stopped(requester: Requester, effects: Mapping[str, CheckEffect]) -> str:
    lost = [each for each, effect in effects.items() if effect is CheckEffect.EXPLICIT_DENY and each != _DELETE]
    return f"{requester} may no longer call {lost[0]}; only deleting was to be stopped." if lost else ""


def _let_in(requester: Requester, effects: Mapping[str, CheckEffect]) -> str:
    opened = [action for action, effect in effects.items() if effect is CheckEffect.ALLOW]
    return f"{requester} may call {opened[0]} by this policy alone, and might not before." if opened else ""
