"""The exercises about grants, notebooks 02 to 05: a policy to write for each, checked by deciding cases."""

from __future__ import annotations

from labkit.exercises.cases import SECOND_ACCOUNT, Answer, Meaning, Pull, repository_policy
from labkit.exercises.identities import identity_policy, repository_arns
from labkit.exercises.mentioned import at
from labkit.exercises.probes import Probe
from labkit.exercises.standing import place_of_workload, somewhere
from labkit.exercises.verdict import Verdict
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull.policies import PULL_ACTIONS
from labkit.pull.uri import ImageUri

_ELSEWHERE = "o-elsewhere000"
_STRANGER, _LONER = "888888888888", "777777777777"


def _image(lab: Lab, repository: str) -> ImageUri:
    return ImageUri.parse(lab.image_uri(repository))


def one_function(lab: Lab, policy: Answer) -> Verdict:
    """02: a repository policy that lets Lambda pull for the function test-same-account, and for no other."""
    account, name = lab.registry.account, SAME_ACCOUNT.function
    pulls = (
        Pull(f"the function {name} of {account}", name, account, admit=True),
        Pull(f"another function of {account}", "another-function", account, admit=False),
        Pull(f"the function {name}-2, whose name only begins the same", f"{name}-2", account, admit=False),
        Pull(f"the function {name} of another account", name, SECOND_ACCOUNT, admit=False),
    )

    def meaning(probe: Probe) -> bool:
        return (probe.account, probe.name) == (account, name)

    return repository_policy(policy, _image(lab, SAME_ACCOUNT.repository), pulls, meaning)


def lets_lambda_add(lab: Lab, policy: Answer) -> Verdict:
    """02: an identity policy with which Lambda adds its statement to lambda-same-account, and nothing more of ECR."""
    needed = ("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy")
    own, others = repository_arns(_image(lab, SAME_ACCOUNT.repository), OTHER_ACCOUNT.repository)
    return identity_policy(policy, lab.registry.account, needed, own, others)


def two_accounts(lab: Lab, policy: Answer) -> Verdict:
    """03: a repository policy that admits the workload account and a second one, and no third."""
    name, first = OTHER_ACCOUNT.function, lab.workload.account
    pulls = (
        Pull(f"functions of {first}", name, first, admit=True),
        Pull(f"functions of {SECOND_ACCOUNT}", name, SECOND_ACCOUNT, admit=True),
        Pull("functions of 999999999999", name, "999999999999", admit=False),
    )

    def meaning(probe: Probe) -> bool:
        return probe.account in (first, SECOND_ACCOUNT)

    return repository_policy(policy, _image(lab, OTHER_ACCOUNT.repository), pulls, meaning)


def least_caller(lab: Lab, policy: Answer) -> Verdict:
    """03: the ECR part of the identity policy that a caller in the workload account needs, and nothing more."""
    own, others = repository_arns(_image(lab, OTHER_ACCOUNT.repository), ORGANIZATION.repository)
    return identity_policy(policy, lab.workload.account, PULL_ACTIONS, own, others)


def all_but_one_account(lab: Lab, policy: Answer) -> Verdict:
    """04: a repository policy for the whole organization, except one of its accounts."""
    name, org = ORGANIZATION.function, lab.organization_id
    inside = place_of_workload(lab, policy)
    pulls = (
        Pull(f"functions of {lab.workload.account}", name, lab.workload.account, True, inside),
        Pull("functions of a member account that does not exist yet", name, "999999999999", True, inside),
        Pull(f"functions of the member {SECOND_ACCOUNT}", name, SECOND_ACCOUNT, False, inside),
        *_from_outside(name),
    )

    def meaning(probe: Probe) -> bool:
        return probe.place.org_id == org and probe.account != SECOND_ACCOUNT

    return repository_policy(policy, _image(lab, ORGANIZATION.repository), pulls, meaning)


def only_test_functions(lab: Lab, policy: Answer) -> Verdict:
    """04: a repository policy for the organization's functions whose name begins with test-."""
    org, account = lab.organization_id, lab.workload.account
    inside = place_of_workload(lab, policy)
    pulls = (
        Pull("the function test-organizations of the workload account", "test-organizations", account, True, inside),
        Pull("the function test-1 of another member account", "test-1", SECOND_ACCOUNT, True, inside),
        Pull("the function billing of the workload account", "billing", account, False, inside, of_function=True),
        *_from_outside("test-1"),
    )

    def meaning(probe: Probe) -> bool:
        return probe.place.org_id == org and (not probe.function or probe.name.startswith("test-"))

    return repository_policy(policy, _image(lab, ORGANIZATION.repository), pulls, meaning)


def directly_in_unit(lab: Lab, policy: Answer) -> Verdict:
    """05: a repository policy for the accounts directly in the granted unit, not for those in units below it."""
    unit = _unit(lab.organization_path)
    below = f"{unit}ou-{unit.split('/')[1].removeprefix('r-')}-below000/"

    def meaning(probe: Probe) -> bool:
        return probe.place.paths == (unit,)

    return _units(lab, policy, {unit: True, below: False, _unit(lab.other_path): False}, meaning)


def all_but_one_unit(lab: Lab, policy: Answer) -> Verdict:
    """05: a repository policy for the whole organization, except one unit and everything below it."""
    left_out, org = _unit(lab.other_path), lab.organization_id
    below = f"{left_out}ou-{left_out.split('/')[1].removeprefix('r-')}-below000/"
    root = "/".join(left_out.split("/")[:2]) + "/"

    def meaning(probe: Probe) -> bool:
        return probe.place.org_id == org and not probe.place.paths[0].startswith(left_out)

    units = {_unit(lab.organization_path): True, root: True, left_out: False, below: False}
    return _units(lab, policy, units, meaning)


def _unit(pattern: str) -> str:
    """The path of the unit that a pattern such as o-…/r-…/ou-…/* is about."""
    return pattern.rstrip("*")


def _units(lab: Lab, policy: Answer, units: dict[str, bool], meaning: Meaning) -> Verdict:
    pulls = [
        Pull(f"functions of an account in {path}", ORGANIZATION.function, "999999999999", admit, at(path))
        for path, admit in units.items()
    ]
    pulls += _from_outside(ORGANIZATION.function)
    return repository_policy(policy, _image(lab, ORGANIZATION.repository), pulls, meaning)


def _from_outside(function: str) -> tuple[Pull, ...]:
    """Who is refused wherever an organization is granted: another one, and whoever is in none."""
    return (
        Pull(f"functions of {_STRANGER}, of another organization", function, _STRANGER, False, somewhere(_ELSEWHERE)),
        Pull(f"functions of {_LONER}, of no organization", function, _LONER, admit=False),
    )
