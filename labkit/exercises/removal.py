"""The exercises of notebook 06: who may remove a repository."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.exercises.cases import (
    ECR_ACTIONS,
    SECOND_ACCOUNT,
    Answer,
    identity_policy,
    open_to,
    read_repository_policy,
    repository_arns,
)
from labkit.exercises.verdict import Verdict, unreadable, weighed
from labkit.iam import Policy, Principal
from labkit.lab import ORGANIZATION, OTHER_ACCOUNT, Lab
from labkit.organization import OUTSIDER
from labkit.policies import LAMBDA
from labkit.pull import ImageUri, caller_context, service_context

CLEANER = "Cleaner"
"""The role that the exercises give the broom to. The lab does not make it."""

_DELETE = "ecr:DeleteRepository"
_CALLS = ("ecr:DescribeRepositories", "ecr:ListTagsForResource", _DELETE)
_GUARD_CASES = 6


def least_cleaner(lab: Lab, policy: Answer) -> Verdict:
    """06: an identity policy with which a role removes lambda-another-account as the lab does, and nothing more of ECR.

    The lab finds a repository, reads its tags, and deletes it with its images: DeleteRepository is all that ``force``
    needs (Service Authorization Reference, "Actions defined by Amazon Elastic Container Registry").
    """
    own, others = repository_arns(_image(lab), ORGANIZATION.repository)
    return identity_policy(policy, lab.registry.account, _CALLS, own, others)


def nobody_else_deletes(lab: Lab, policy: Answer) -> Verdict:
    """06: a repository policy with which only the role Cleaner deletes the repository, whatever others may do."""
    parsed = read_repository_policy(policy)
    if isinstance(parsed, str):
        return unreadable(parsed, _GUARD_CASES)
    praise = "Whom it spares still needs a policy that allows deleting, like that of exercise 1."
    return weighed(_guard_cases(parsed, lab.registry.account, _image(lab)), praise)


def _guard_cases(policy: Policy, account: str, image: ImageUri) -> Iterator[str]:
    def left_to(who: Principal) -> list[str]:
        return open_to(who, caller_context(who, OUTSIDER), image, policy)

    cleaner = Principal.aws(f"arn:aws:sts::{account}:assumed-role/{CLEANER}/removal")
    other = Principal.aws(f"arn:aws:sts::{account}:assumed-role/{CLEANER}-2/removal")
    admin = Principal.aws(f"arn:aws:iam::{account}:user/admin")
    kept = left_to(admin)
    yield "" if _DELETE in left_to(cleaner) else f"The role {CLEANER} may not delete the repository."
    yield f"The administrator {admin} may delete the repository." if _DELETE in kept else ""
    yield f"The role {CLEANER}-2, whose name only begins the same, may delete it." if _DELETE in left_to(other) else ""
    lost = [action for action in ECR_ACTIONS if action not in (*kept, _DELETE)]
    yield f"The administrator may no longer {lost[0]}; only deleting was to be stopped." if lost else ""
    stranger = Principal.aws(f"arn:aws:iam::{SECOND_ACCOUNT}:role/{CLEANER}")
    function = f"arn:aws:lambda:{image.region}:{SECOND_ACCOUNT}:function:f"
    lambda_ = open_to(Principal.service(LAMBDA), service_context(function, OUTSIDER), image, policy)
    for who, opened in ((str(stranger), left_to(stranger)), (f"Lambda, for functions of {SECOND_ACCOUNT},", lambda_)):
        yield f"{who} may {opened[0]}, and might not before." if opened else ""


def _image(lab: Lab) -> ImageUri:
    return ImageUri.parse(lab.image_uri(OTHER_ACCOUNT.repository))
