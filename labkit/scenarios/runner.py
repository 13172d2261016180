"""Playing scenarios: from a clean start, step by step, and away again with everything that was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws import functions, repositories, roles
from labkit.errors import LabError
from labkit.image.model import Image
from labkit.lab import Lab
from labkit.scenarios.model import Scenario, ScenarioResult, Stage, Step, StepResult, Undo, play

Report = Callable[[Scenario, Step, StepResult | None], None]


def quiet(_scenario: Scenario, _step: Step, _result: StepResult | None) -> None:
    """A report for those who want none."""


def run(lab: Lab, scenario: Scenario, image: Image, report: Report = quiet) -> ScenarioResult:
    """Plays one scenario and cleans up, also after a failure or Ctrl-C.

    ``report`` is called before each step (with None) and after it (with its result). A step that does not come out as
    expected ends the scenario. Raises UsageError, before anything is changed, when something stands in the way that
    the lab has not made.
    """
    reset(lab, scenario)
    stage = Stage(lab, scenario.name, image)
    results: list[StepResult] = []
    leftovers: list[str] = []
    try:
        for step in scenario.steps:
            report(scenario, step, None)
            results.append(play(step, stage))
            report(scenario, step, results[-1])
            if not results[-1].ok:
                break
    finally:
        leftovers = unwind(stage.undo)
    return ScenarioResult(scenario, tuple(results), tuple(leftovers))


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
    """Brings a scenario back to its start: its functions gone, its repository without a policy, its roles gone.

    Everything is looked at before anything is changed. Raises UsageError for what the lab has not made.
    """
    changes = list(_changes(lab, scenario))
    for change in changes:
        change()


def _changes(lab: Lab, scenario: Scenario) -> Iterable[Callable[[], object]]:
    ecr = lab.registry.client("ecr")
    if (repository := repositories.find(ecr, scenario.repository)) is not None:
        repositories.check_ours(ecr, repository)
        yield partial(repositories.set_policy, ecr, scenario.repository, None)
    for name, function in scenario.functions.items():
        if (actor := lab.actor(name)) is None:
            continue
        lambda_ = actor.client("lambda")
        if (found := functions.find(lambda_, function)) is not None:
            functions.check_ours(found)
            yield partial(functions.delete, lambda_, function)
    for name, role_names in scenario.roles.items():
        if (actor := lab.actor(name)) is None:
            continue
        iam = actor.client("iam")
        for role in role_names:
            if (known := roles.find(iam, role)) is not None:
                roles.check_ours(known)
                yield partial(roles.delete, iam, role)
