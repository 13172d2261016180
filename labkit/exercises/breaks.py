"""Notebook 08: policies of the scenarios with one mistake each, and what a repaired one must come to.

A break is a row of ``BREAKS``: the policy with its mistake, the pulls that a repaired policy must admit or refuse, and
whom it means.
``broken`` gives the policy. ``repaired`` reads what the repository has *now*, decides these pulls, and as its last case
creates the function for real, invokes it and deletes it again. The service control policy is the exception: it is no
policy of the repository, and is decided by calls of the workload account's administrator.

All of them are tried with one repository and one function, those of the cross-account scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from labkit.aws import functions, repositories, scps
from labkit.aws.propagation import patience
from labkit.errors import UsageError
from labkit.exercises.cases import SECOND_ACCOUNT, Meaning, Pull, repository_policy
from labkit.exercises.mentioned import at
from labkit.exercises.standing import place_of_workload
from labkit.exercises.verdict import Verdict, unreadable, weighed
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.lab.article import EXECUTION_ROLE, OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.decision import PullDecision
from labkit.pull.organization import Membership
from labkit.pull.policies import PULL_ACTIONS, Document
from labkit.pull.uri import ImageUri

SCENARIO = "break-it-yourself"
"""The value of the lab's tag on what notebook 08 makes."""
FUNCTION, REPOSITORY = OTHER_ACCOUNT.function, OTHER_ACCOUNT.repository

_STRANGER = "999999999999"
_ELSEWHERE = Membership("o-elsewhere000", ("o-elsewhere000/r-else/ou-else-somewhere0/",))


class Break(NamedTuple):
    """A policy with one mistake (None: the repository has none), and what a repaired one must come to and mean."""

    broken: Callable[[Lab], Document | None]
    pulls: Callable[[Lab, Membership], tuple[Pull, ...]]
    meaning: Callable[[Lab], Meaning]


# -- The mistakes --------------------------------------------------------------------------------------------------


def _wildcard(lab: Lab) -> Document:
    document = policies.cross_account(lab.workload.account)
    service = document["Statement"][1]
    service["Condition"] = {"StringEquals": service["Condition"]["StringLike"]}
    return document


def _wrong_account(lab: Lab) -> Document:
    return policies.cross_account(lab.registry.account)


def _principal_org_id(lab: Lab) -> Document:
    document = policies.organization(lab.organization_id)
    callers, service = document["Statement"]
    service["Condition"] = dict(callers["Condition"])
    return document


def _path_without_end(lab: Lab) -> Document:
    return policies.organization_paths(lab.organization_path.rstrip("*").rstrip("/"))


def _one_statement(lab: Lab) -> Document:
    document = policies.cross_account(lab.workload.account)
    return {**document, "Statement": document["Statement"][1:]}


def _no_policy(_lab: Lab) -> None:
    return None


def _explicit_deny(lab: Lab) -> Document:
    document = policies.organization(lab.organization_id)
    deny = {
        "Sid": "NobodyFromOutside",
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(PULL_ACTIONS),
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": lab.organization_id}},
    }
    return {**document, "Statement": [*document["Statement"], deny]}


def narrowed_scp(account: str) -> Document:
    """A service control policy: accounts pull images from the registry of this account only."""
    repositories_of = f"arn:aws:ecr:*:{account}:repository/*"
    deny = {"Sid": "OurRegistryOnly", "Effect": "Deny", "Action": list(PULL_ACTIONS), "NotResource": repositories_of}
    return {"Version": "2012-10-17", "Statement": [deny]}


# -- What a repaired policy must come to ---------------------------------------------------------------------------


def _by_account(lab: Lab, here: Membership) -> tuple[Pull, ...]:
    account = lab.workload.account
    return (
        Pull(f"the function {FUNCTION} of {account}", FUNCTION, account, True, here),
        Pull(f"a function of another name of {account}", "another-function", account, True, here),
        Pull(f"functions of {SECOND_ACCOUNT}, in the same organization", FUNCTION, SECOND_ACCOUNT, False, here),
        Pull(f"functions of {_STRANGER}, of another organization", FUNCTION, _STRANGER, False, _ELSEWHERE),
    )


def by_organization(lab: Lab, here: Membership) -> tuple[Pull, ...]:
    """The pulls of a policy for the organization: accounts in it (``here``) are admitted, those outside refused."""
    account = lab.workload.account
    return (
        Pull(f"the function {FUNCTION} of {account}", FUNCTION, account, True, here),
        Pull(f"functions of {SECOND_ACCOUNT}, in the same organization", FUNCTION, SECOND_ACCOUNT, True, here),
        Pull(f"functions of {_STRANGER}, of another organization", FUNCTION, _STRANGER, False, _ELSEWHERE),
        Pull("functions of 888888888888, of no organization", FUNCTION, "888888888888", False),
    )


def _by_path(lab: Lab, _here: Membership) -> tuple[Pull, ...]:
    unit = lab.organization_path.rstrip("*")
    places = {unit: True, f"{unit}ou-{unit.split('/')[1].removeprefix('r-')}-below000/": True}
    places |= {lab.other_path.rstrip("*"): False, _ELSEWHERE.paths[0]: False}
    return tuple(
        Pull(f"functions of an account in {path}", FUNCTION, SECOND_ACCOUNT, admit, at(path))
        for path, admit in places.items()
    )


def _is_workload(lab: Lab) -> Meaning:
    account = lab.workload.account
    return lambda probe: probe.account == account


def is_member(lab: Lab) -> Meaning:
    """The meaning of a policy for the organization: whoever is in it may pull."""
    org = lab.organization_id
    return lambda probe: probe.place.org_id == org


def _is_in_unit(lab: Lab) -> Meaning:
    unit = lab.organization_path.rstrip("*")
    return lambda probe: any(path.startswith(unit) for path in probe.place.paths)


BREAKS: Mapping[str, Break] = {
    "wildcard": Break(_wildcard, _by_account, _is_workload),
    "wrong-account": Break(_wrong_account, _by_account, _is_workload),
    "principal-org-id": Break(_principal_org_id, by_organization, is_member),
    "path-without-end": Break(_path_without_end, _by_path, _is_in_unit),
    "one-statement": Break(_one_statement, _by_account, _is_workload),
    "execution-role": Break(_no_policy, _by_account, _is_workload),
    "explicit-deny": Break(_explicit_deny, by_organization, is_member),
}


def _named(name: str) -> Break:
    if name not in BREAKS:
        raise UsageError(f"There is no break {name!r}. There are {', '.join(BREAKS)}.")
    return BREAKS[name]


# -- For the notebook ----------------------------------------------------------------------------------------------


def broken(lab: Lab, name: str) -> Document | None:
    """The policy with the mistake of that name; None where the repository has none. Raises UsageError."""
    return _named(name).broken(lab)


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
    row = _named(name)
    text = repositories.policy(lab.registry.client("ecr"), REPOSITORY)
    pulls = row.pulls(lab, place_of_workload(lab, text or ""))
    if text is None:
        return unreadable(f"The repository {REPOSITORY} has no policy.", len(pulls) + 2)
    image = ImageUri.parse(lab.image_uri(REPOSITORY))
    return _and_it_runs(lab, repository_policy(text, image, pulls, row.meaning(lab)))


class Call(NamedTuple):
    """One action on one resource by the workload account's administrator; ``allow`` is what it must come to."""

    action: str
    resource: str
    allow: bool


def repaired_scp(lab: Lab) -> Verdict:
    """08: the service control policies, as they are now, let the workload account pull from here and nowhere else."""
    image = ImageUri.parse(lab.image_uri(REPOSITORY))
    elsewhere = replace(image, account=_STRANGER).repository_arn
    calls = (
        *(Call(action, image.repository_arn, allow=True) for action in PULL_ACTIONS),
        *(Call(action, elsewhere, allow=False) for action in PULL_ACTIONS),
        Call("lambda:CreateFunction", "*", allow=True),
    )
    management = lab.actor("management")
    if management is None:
        return unreadable("This lab has no management profile, which could read the policy.", len(calls) + 1)
    levels = scps.in_force(management.client("organizations"), lab.workload.account)
    who = Principal.aws(lab.workload.arn)
    return _and_it_runs(lab, weighed(_limited(call, who, levels) for call in calls))


_EVERYTHING = Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def _limited(call: Call, who: Principal, levels: Any) -> str:
    """Nothing where service control policies leave an administrator what they must, else the reason."""
    request = Request(who, call.action, call.resource, who.account)
    if evaluate(request, Policies(identity=[_EVERYTHING], scp=levels)).allowed is call.allow:
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
    with patience(lambda_):
        functions.create(lambda_, FUNCTION, role, lab.image_uri(REPOSITORY), SCENARIO)
    try:
        functions.wait_until_active(lambda_, FUNCTION)
        return str(functions.invoke(lambda_, FUNCTION).payload)
    finally:
        functions.delete(lambda_, FUNCTION)
