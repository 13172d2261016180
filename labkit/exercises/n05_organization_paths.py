"""The exercises of notebook 05: the accounts directly in a unit, and an organization but for one unit."""

from __future__ import annotations

from labkit.exercises.checking.answers import WrittenPolicy
from labkit.exercises.checking.mentions import membership_at
from labkit.exercises.checking.pulls import (
    Intention,
    Pull,
    image_of,
    pulls_from_outside,
    repository_policy,
)
from labkit.exercises.checking.requesters import Requester
from labkit.exercises.checking.verdict import Verdict
from labkit.lab.article import ORGANIZATION
from labkit.lab.lab import Lab


def directly_in_unit(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """05: a repository policy for the accounts directly in the granted unit, not for those in units below it."""
    unit = _unit(lab.organization_path)
    below = f"{unit}ou-{unit.split('/')[1].removeprefix('r-')}-below000/"

    def intended(requester: Requester) -> bool:
        return requester.membership.paths == (unit,)

    return _units(lab, policy, {unit: True, below: False, _unit(lab.other_path): False}, intended)


def all_but_one_unit(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """05: a repository policy for the whole organization, except one unit and everything below it."""
    left_out, org = _unit(lab.other_path), lab.organization_id
    below = f"{left_out}ou-{left_out.split('/')[1].removeprefix('r-')}-below000/"
    root = "/".join(left_out.split("/")[:2]) + "/"

    def intended(requester: Requester) -> bool:
        return requester.membership.org_id == org and not requester.membership.paths[0].startswith(left_out)

    units = {_unit(lab.organization_path): True, root: True, left_out: False, below: False}
    return _units(lab, policy, units, intended)


def _unit(pattern: str) -> str:
    """The path of the unit that a pattern such as o-…/r-…/ou-…/* is about."""
    return pattern.rstrip("*")


def _units(lab: Lab, policy: WrittenPolicy, units: dict[str, bool], intended: Intention) -> Verdict:
    pulls = [
        Pull(f"functions of an account in {path}", ORGANIZATION.function, "999999999999", admit, membership_at(path))
        for path, admit in units.items()
    ]
    pulls += pulls_from_outside(ORGANIZATION.function)
    return repository_policy(policy, image_of(lab, ORGANIZATION.repository), pulls, intended)
