"""What comes before and after a scenario: a clean start, the setup, and away with everything that the lab has made.

Accounts that were moved in the embedded organization go back to their units, too (``put_accounts_back``).

``prepare`` is for notebooks, which make the steps themselves: a clean start and the setup, which stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws import functions, repositories, roles, scps
from labkit.aws.organizations import ensure_parent
from labkit.embedded.state import world
from labkit.errors import LabError, UsageError
from labkit.image.transfer import in_words
from labkit.lab.actor import Actor
from labkit.lab.article import EXECUTION_ROLE, LIMITED_ROLE, PULLING_ROLE, REPOSITORIES
from labkit.lab.lab import Lab
from labkit.scenarios.catalogue import SCENARIOS
from labkit.scenarios.model import Scenario, Scene, StepResult, Undo, play

T = TypeVar("T")


def prepare(lab: Lab, name: str) -> tuple[StepResult, ...]:
    """Brings a scenario to its start and does its setup: image pushed, execution roles made, no policy, no function.

    Says how far it is where AWS's base image must be pulled first. What it makes stays until ``clean_up``. Raises
    UsageError for an unknown name or for what the lab has not made, and LabError when a step of the setup fails or
    the base image cannot be pulled.
    """
    scenario = named(name)
    scenario.needs(lab)
    image = lab.build_image(pulling=in_words(print))
    reset(lab, scenario)
    scene = Scene(lab, scenario.name, image)
    results = tuple(play(step, scene) for step in scenario.setup)
    for result in results:
        if not result.ok:
            raise LabError(f"Cannot {result.step.title}: {result.facts['error']['message']}")
    return results


def named(name: str) -> Scenario:
    """The scenario of that name. Raises UsageError."""
    if name not in SCENARIOS:
        raise UsageError(f"There is no scenario {name!r}. The scenarios are {', '.join(SCENARIOS)}.")
    return SCENARIOS[name]


def clean_up(lab: Lab) -> tuple[str, ...]:
    """Removes everything that the lab has made in its accounts; returns what was removed, a line each.

    The service control policy goes first, then functions, then roles, then repositories. Raises UsageError for what
    the lab has not made, with nothing changed.
    """
    removals = _everything(lab)
    for removal in removals:
        removal.do()
    return tuple(removal.what for removal in removals)


def made(lab: Lab) -> tuple[str, ...]:
    """What the lab has made in its accounts and ``clean_up`` would remove, a line each. Raises UsageError like it."""
    return tuple(removal.what for removal in _everything(lab))


def _everything(lab: Lab) -> list[Removal]:
    own_roles = _roles(lab, EXECUTION_ROLE, LIMITED_ROLE, PULLING_ROLE)
    parts = [_service_control_policy(lab), _functions(lab), own_roles, _repositories(lab)]
    return list(dict.fromkeys(removal for part in parts for removal in part))


def unwind(undo: list[Undo]) -> list[str]:
    """Undoes everything, the latest first; one that fails does not keep the others from being undone.

    Returns what could not be undone, one sentence each.
    """
    failed: list[str] = []
    while undo:
        try:
            undo.pop()()
        except (ClientError, BotoCoreError, LabError) as error:
            failed.append(str(error))
    return failed


def reset(lab: Lab, scenario: Scenario) -> None:
    """Brings a scenario back to its start: its functions gone, its repository without a policy, its own roles gone.

    So is the service control policy, with which notebook 08 breaks every scenario. Everything is looked at before
    anything is changed. Raises UsageError for what the lab has not made.
    """
    changes = [*_service_control_policy(lab), *_functions(lab, scenario), *_scenario_roles(lab, scenario)]
    ecr = lab.registry.client("ecr")
    if (repository := repositories.find(ecr, scenario.repository)) is not None:
        repositories.check_ours(ecr, repository)
        changes.append(Removal("policy", partial(repositories.set_policy, ecr, scenario.repository, None)))
    for change in changes:
        change.do()


def put_accounts_back(lab: Lab) -> tuple[str, ...]:
    """Moves each account of the embedded organization to its first unit; returns the names of those that were away.

    On real accounts nothing is moved: where they belong is their owner's affair.
    """
    management = lab.actor("management")
    if lab.choices.are_real or management is None:
        return ()
    organizations = management.client("organizations")
    moved = (
        account.name
        for account in world.HOME_ORGANIZATION.accounts
        if (actor := lab.actor(account.name)) and ensure_parent(organizations, actor.account, account.parent)
    )
    return tuple(moved)


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that the lab has made and may remove: how to speak of it, and how to do it."""

    what: str
    do: Callable[[], object] = field(compare=False)


def _service_control_policy(lab: Lab) -> Iterator[Removal]:
    management = lab.actor("management")
    if management is None:
        return
    organizations = management.client("organizations")
    if scps.find(organizations):
        what = f"service control policy {scps.NAME} in {lab.organization_id}"
        yield Removal(what, partial(_lift, lab, organizations))


def _lift(lab: Lab, organizations: Any) -> None:
    """Removes the policy; in the embedded organization also what the lab has enabled for it."""
    scps.remove(organizations)
    if not lab.choices.are_real:
        scps.disable_if_unused(organizations)


def _functions(lab: Lab, *scenarios: Scenario) -> Iterator[Removal]:
    for scenario in scenarios or SCENARIOS.values():
        for actor, name in _present(lab, scenario.functions):
            lambda_ = actor.client("lambda")
            if (found := functions.find(lambda_, name)) is not None:
                functions.check_ours(found)
                yield Removal(f"function {name} in {actor.account}", partial(functions.delete, lambda_, name))


def _scenario_roles(lab: Lab, scenario: Scenario) -> Iterator[Removal]:
    for actor, names in _present(lab, scenario.roles):
        yield from _roles_of(actor, names)


def _roles(lab: Lab, *names: str) -> Iterator[Removal]:
    for actor in lab.actors():
        yield from _roles_of(actor, names)


def _roles_of(actor: Actor, names: Iterable[str]) -> Iterator[Removal]:
    iam = actor.client("iam")
    for name in names:
        if (found := roles.find(iam, name)) is not None:
            roles.check_ours(found)
            yield Removal(f"role {name} in {actor.account}", partial(roles.delete, iam, name))


def _repositories(lab: Lab) -> Iterator[Removal]:
    ecr = lab.registry.client("ecr")
    for name in REPOSITORIES:
        if (found := repositories.find(ecr, name)) is not None:
            repositories.check_ours(ecr, found)
            yield Removal(f"repository {name} in {lab.registry.account}", partial(repositories.delete, ecr, name))


def _present(lab: Lab, by_actor: Mapping[str, T]) -> Iterator[tuple[Actor, T]]:
    """The entries whose actor the lab has."""
    for name, value in by_actor.items():
        if (actor := lab.actor(name)) is not None:
            yield actor, value
