"""What was predicted of a mistake, and whether it is repaired.

``repaired`` reads the policy that the repository has *now*, decides the pulls of the mistake's row, and as its last
case creates the function for real, invokes it and deletes it again. The service control policy is the exception: it is
no policy of the repository, and is decided by calls of the workload account's administrator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from labkit.aws import functions, repositories, scps
from labkit.aws.propagation import LONGEST, patience
from labkit.exercises.checking.answers import membership_of_workload
from labkit.exercises.checking.pulls import EVERYTHING, image_of, repository_policy
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.exercises.n08_break_it_yourself.mistakes import FUNCTION, REPOSITORY, STRANGER, mistake_named
from labkit.iam import Policies, Principal, Request, evaluate
from labkit.lab.article import EXECUTION_ROLE
from labkit.lab.lab import Lab
from labkit.pull.decision import PullDecision
from labkit.pull.policies import PULL_ACTIONS

SCENARIO = "break-it-yourself"
"""The value of the lab's tag on what notebook 08 makes."""

PREDICTIONS = ("the caller", "Lambda", "both", "nobody")


def predicted(prediction: str, decision: PullDecision) -> str:
    """Who is refused, beside what was predicted: "the caller", "Lambda", "both" or "nobody"; nothing else will do."""
    refused = _refused(decision)
    if prediction == "":
        return f"Refused: {refused}. You made no prediction."
    written = prediction.strip().casefold() if isinstance(prediction, str) else None
    meant = next((each for each in PREDICTIONS if each.casefold() == written), None)
    if meant is None:
        return f"Write one of: {', '.join(PREDICTIONS)}."
    right = ", and so it is" if meant == refused else ""
    return f"Refused: {refused}. You predicted {meant}{right}."


def _refused(decision: PullDecision) -> str:
    sides = {"the caller": decision.caller, "Lambda": decision.service}
    names = [name for name, decisions in sides.items() if not all(each.allowed for each in decisions)]
    return "both" if len(names) == 2 else (names or ["nobody"])[0]


def repaired(lab: Lab, name: str) -> Verdict:
    """08: the repository's policy, as it is now, does what the broken one should have done, and the function runs."""
    mistake = mistake_named(name)
    text = repositories.policy(lab.registry.client("ecr"), REPOSITORY)
    pulls = mistake.pulls(lab, membership_of_workload(lab, text or ""))
    if text is None:
        return unreadable(f"The repository {REPOSITORY} has no policy.", len(pulls) + 2)
    image = image_of(lab, REPOSITORY)
    return _and_it_runs(lab, repository_policy(text, image, pulls, mistake.intended(lab)))


class AdministratorCall(NamedTuple):
    """One action on one resource by the workload account's administrator; ``allow`` is what it must come to."""

    action: str
    resource: str
    allow: bool


def repaired_scp(lab: Lab) -> Verdict:
    """08: the service control policies, as they are now, let the workload account pull from here and nowhere else."""
    image = image_of(lab, REPOSITORY)
    elsewhere = replace(image, account=STRANGER).repository_arn
    calls = (
        *(AdministratorCall(action, image.repository_arn, allow=True) for action in PULL_ACTIONS),
        *(AdministratorCall(action, elsewhere, allow=False) for action in PULL_ACTIONS),
        AdministratorCall("lambda:CreateFunction", "*", allow=True),
    )
    management = lab.actor("management")
    if management is None:
        return unreadable("This lab has no management profile, which could read the policy.", len(calls) + 1)
    levels = scps.in_force(management.client("organizations"), lab.workload.account)
    who = Principal.aws(lab.workload.arn)
    return _and_it_runs(lab, verdict_on(_limited(call, who, levels) for call in calls))


def _limited(call: AdministratorCall, who: Principal, levels: Any) -> str:
    """Nothing where service control policies leave an administrator what they must, else the reason."""
    request = Request(who, call.action, call.resource, who.account)
    if evaluate(request, Policies(identity=[EVERYTHING], scp=levels)).allowed is call.allow:
        return ""
    must, is_now = ("allowed", "denied") if call.allow else ("denied", "allowed")
    return f"{call.action} on {call.resource} must be {must} to the workload account, and is {is_now}."


def _and_it_runs(lab: Lab, verdict: Verdict) -> Verdict:
    """The verdict with one more case: that the function is created and answers. Tried where all others hold."""
    if not verdict.solved:
        return replace(verdict, cases=verdict.cases + 1)
    try:
        answer = _run(lab)
    except ClientError as error:
        return Verdict(verdict.held, verdict.cases + 1, str(error))
    return Verdict(verdict.held + 1, verdict.cases + 1, f"The function was created and says: {answer}")


def _run(lab: Lab) -> str:
    """Creates the function, invokes it, and deletes it, so that it is in nobody's way."""
    lambda_ = lab.workload.client("lambda")
    role = f"arn:aws:iam::{lab.workload.account}:role/{EXECUTION_ROLE}"
    functions.delete(lambda_, FUNCTION)
    with patience(lambda_, 0 if lab.knows_at_once else LONGEST):
        functions.create(lambda_, FUNCTION, role, lab.image_uri(REPOSITORY), SCENARIO)
    try:
        functions.wait_until_active(lambda_, FUNCTION)
        return str(functions.invoke(lambda_, FUNCTION).payload)
    finally:
        functions.delete(lambda_, FUNCTION)
