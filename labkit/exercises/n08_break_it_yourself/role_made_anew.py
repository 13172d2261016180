"""The case of notebook 08 that has no mistake in it: a policy that names a role, and the role was made anew.

Whoever a policy names is bound to a unique id when the policy is saved (IAM User Guide, "AWS JSON policy elements:
Principal"). So the repair is to save it again with the name, and the check asks that it opens no more than it did.
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.aws import repositories
from labkit.exercises.checking.answers import read_repository_policy
from labkit.exercises.checking.pulls import EVERYTHING, Pull, decide_pull, image_of
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.exercises.n08_break_it_yourself.mistakes import FUNCTION, REPOSITORY
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam.principals import PrincipalEntry
from labkit.lab.lab import Lab
from labkit.pull.policies import PULL_ACTIONS

DEPLOYER = "LambdaDeployer"
"""The role that notebook 08 makes, deletes and makes again."""

_CASES = 4


def repaired_principal(lab: Lab) -> Verdict:
    """08: the repository's policy lets in the role that there is now, no other one of its account, and Lambda."""
    text = repositories.policy(lab.registry.client("ecr"), REPOSITORY)
    policy = read_repository_policy(text) if text else f"The repository {REPOSITORY} has no policy."
    if isinstance(policy, str):
        return unreadable(policy, _CASES)
    return verdict_on(_cases(lab, policy), "The policy names the role that there is now.")


def _cases(lab: Lab, policy: Policy) -> Iterator[str]:
    account = lab.workload.account
    gone = [entry for statement in policy.statements for entry in statement.principal or () if _is_left_over(entry)]
    yield f"Principal still has {gone[0]}, whom nobody is any more." if gone else ""
    yield "" if _may(lab, policy, DEPLOYER) else f"The role {DEPLOYER} may not pull."
    other = _may(lab, policy, "SomebodyElse")
    yield f"Any role of {account} may pull now, and it was {DEPLOYER} alone." if other else ""
    pull = decide_pull(Pull("the function", FUNCTION, account, True), image_of(lab, REPOSITORY), policy)
    yield "" if all(each.allowed for each in pull.service) else "Lambda may not pull any more."


def _is_left_over(entry: PrincipalEntry) -> bool:
    return entry.kind == "AWS" and entry.text.startswith(("AROA", "AIDA"))


def _may(lab: Lab, policy: Policy, role: str) -> bool:
    """Whether a role of the workload account that may do everything may pull with this policy."""
    who = Principal.aws(f"arn:aws:iam::{lab.workload.account}:role/{role}")
    arn = image_of(lab, REPOSITORY).repository_arn
    policies = Policies(identity=[EVERYTHING], resource=policy)
    return all(evaluate(Request(who, action, arn, lab.registry.account), policies).allowed for action in PULL_ACTIONS)
