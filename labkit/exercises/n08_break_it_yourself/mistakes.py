"""Policies of the scenarios with one mistake each, and what a repaired one must come to.

A mistake is a row of ``MISTAKES``: the policy with it, the pulls that a repaired policy must admit or refuse, and whom
that is to let in. ``broken`` gives the policy. All of them are tried with one repository and one function, those of the
cross-account scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from labkit.errors import UsageError
from labkit.exercises.checking.mentions import membership_at
from labkit.exercises.checking.pulls import SECOND_ACCOUNT, Intention, Pull
from labkit.lab.article import OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.organization import Membership
from labkit.pull.policies import PULL_ACTIONS, PolicyDocument

FUNCTION, REPOSITORY = OTHER_ACCOUNT.function, OTHER_ACCOUNT.repository

STRANGER = "999999999999"
"""An account of another organization."""
_ELSEWHERE = Membership("o-elsewhere000", ("o-elsewhere000/r-else/ou-else-somewhere0/",))


class Mistake(NamedTuple):
    """A policy with one mistake (None: the repository has none), and what a repaired one must come to and mean."""

    broken: Callable[[Lab], PolicyDocument | None]
    pulls: Callable[[Lab, Membership], tuple[Pull, ...]]
    intended: Callable[[Lab], Intention]


# -- The mistakes --------------------------------------------------------------------------------------------------


def _wildcard(lab: Lab) -> PolicyDocument:
    document = policies.cross_account(lab.workload.account)
    service = document["Statement"][1]
    service["Condition"] = {"StringEquals": service["Condition"]["StringLike"]}
    return document


def _wrong_account(lab: Lab) -> PolicyDocument:
    return policies.cross_account(lab.registry.account)


def _principal_org_id(lab: Lab) -> PolicyDocument:
    document = policies.organization(lab.organization_id)
    callers, service = document["Statement"]
    service["Condition"] = dict(callers["Condition"])
    return document


def _path_without_end(lab: Lab) -> PolicyDocument:
    return policies.organization_paths(lab.organization_path.rstrip("*").rstrip("/"))


def _one_statement(lab: Lab) -> PolicyDocument:
    document = policies.cross_account(lab.workload.account)
    return {**document, "Statement": document["Statement"][1:]}


def _no_policy(_lab: Lab) -> None:
    return None


def _explicit_deny(lab: Lab) -> PolicyDocument:
    document = policies.organization(lab.organization_id)
    deny = {
        "Sid": "NobodyFromOutside",
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(PULL_ACTIONS),
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": lab.organization_id}},
    }
    return {**document, "Statement": [*document["Statement"], deny]}


def narrowed_scp(account: str) -> PolicyDocument:
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
        Pull(f"functions of {STRANGER}, of another organization", FUNCTION, STRANGER, False, _ELSEWHERE),
    )


def by_organization(lab: Lab, here: Membership) -> tuple[Pull, ...]:
    """The pulls of a policy for the organization: accounts in it (``here``) are admitted, those outside refused."""
    account = lab.workload.account
    return (
        Pull(f"the function {FUNCTION} of {account}", FUNCTION, account, True, here),
        Pull(f"functions of {SECOND_ACCOUNT}, in the same organization", FUNCTION, SECOND_ACCOUNT, True, here),
        Pull(f"functions of {STRANGER}, of another organization", FUNCTION, STRANGER, False, _ELSEWHERE),
        Pull("functions of 888888888888, of no organization", FUNCTION, "888888888888", False),
    )


def _by_path(lab: Lab, _here: Membership) -> tuple[Pull, ...]:
    unit = lab.organization_path.rstrip("*")
    paths = {unit: True, f"{unit}ou-{unit.split('/')[1].removeprefix('r-')}-below000/": True}
    paths |= {lab.other_path.rstrip("*"): False, _ELSEWHERE.paths[0]: False}
    return tuple(
        Pull(f"functions of an account in {path}", FUNCTION, SECOND_ACCOUNT, admit, membership_at(path))
        for path, admit in paths.items()
    )


def _is_workload(lab: Lab) -> Intention:
    account = lab.workload.account
    return lambda requester: requester.account == account


def is_member(lab: Lab) -> Intention:
    """What a policy for the organization intends: whoever is in it may pull."""
    org = lab.organization_id
    return lambda requester: requester.membership.org_id == org


def _is_in_unit(lab: Lab) -> Intention:
    unit = lab.organization_path.rstrip("*")
    return lambda requester: any(path.startswith(unit) for path in requester.membership.paths)


MISTAKES: Mapping[str, Mistake] = {
    "wildcard": Mistake(_wildcard, _by_account, _is_workload),
    "wrong-account": Mistake(_wrong_account, _by_account, _is_workload),
    "principal-org-id": Mistake(_principal_org_id, by_organization, is_member),
    "path-without-end": Mistake(_path_without_end, _by_path, _is_in_unit),
    "one-statement": Mistake(_one_statement, _by_account, _is_workload),
    "execution-role": Mistake(_no_policy, _by_account, _is_workload),
    "explicit-deny": Mistake(_explicit_deny, by_organization, is_member),
}


def mistake_named(name: str) -> Mistake:
    """The mistake of that name. Raises UsageError."""
    if name not in MISTAKES:
        raise UsageError(f"There is no break {name!r}. There are {', '.join(MISTAKES)}.")
    return MISTAKES[name]


def broken(lab: Lab, name: str) -> PolicyDocument | None:
    """The policy with the mistake of that name; None where the repository has none. Raises UsageError."""
    return mistake_named(name).broken(lab)
