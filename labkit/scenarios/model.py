"""A scenario as data: ordered steps, each with who does it, what it does, and what must come of it.

    Scenario ── Steps ──run──> StepResults ──> ScenarioResult

A step's action gets the ``Scene`` and returns facts to report. A ``ClientError`` that says access denied makes the
outcome "denied", one that says that a value is wrong "refused", which are as good as any other where the step expects
them. Whatever an action makes on the scene it registers for undoing; the scene undoes in reverse order at the end,
also after a failure or Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from labkit.errors import LabError
from labkit.image.transfer import LineReport, silent
from labkit.lab.actor import Actor
from labkit.lab.builder import BuiltImage
from labkit.lab.lab import Lab
from labkit.pull.decision import PullDecision

DONE, DENIED, PULLED, INVOKED, REFUSED = "done", "denied", "pulled", "invoked", "refused"
FAILED, SKIPPED = "failed", "skipped"

# What an error of AWS makes of a step; any other is a failure.
_OUTCOMES = {
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "AccessDeniedFault"), DENIED),
    "InvalidParameterValueException": REFUSED,
}


Undo = Callable[[], object]


@dataclass
class Scene:
    """Where a scenario is played: the lab, the image, what to undo, and what steps leave for later steps.

    The image is of the lab's own engine. ``progress`` gets a line for each part of a build, a push or a pull.
    """

    lab: Lab
    scenario: str
    image: BuiltImage
    undo: list[Undo] = field(default_factory=list)
    actors: dict[str, Actor] = field(default_factory=dict)
    progress: LineReport = silent

    def actor(self, name: str) -> Actor | None:
        """An actor that a step has added (such as a role's session), else the lab's; None where there is none."""
        return self.actors.get(name) or self.lab.actor(name)


Action = Callable[[Scene, Actor], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a title, the name of the actor, the action, and the outcome that it must have.

    ``explain`` decides what was denied once more, to be shown; it may raise a LabError that says why it cannot.
    """

    title: str
    actor: str
    action: Action
    expect: str = DONE
    explain: Callable[[Scene, Actor], PullDecision] | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step; ``caller`` is the ARN that acted, ``facts`` what the action reports.

    ``decision`` explains a denial where the lab could explain it.
    """

    step: Step
    caller: str
    outcome: str
    facts: Mapping[str, Any]
    decision: PullDecision | None = None

    @property
    def ok(self) -> bool:
        """Whether the outcome is the expected one; a skipped step had nobody to do it and is no failure."""
        return self.outcome in (self.step.expect, SKIPPED)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data: step, as, outcome, expected where it is another, and the facts."""
        expected = {} if self.ok else {"expected": self.step.expect}
        return {"step": self.step.title, "as": self.caller, "outcome": self.outcome, **expected, **self.facts}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario: its name on the command line, its title, the names it uses, what it needs, and its steps.

    ``functions`` maps an actor to the function that the scenario makes in its account, ``roles`` to the roles that
    belong to this scenario alone (the execution role serves all of them). ``setup`` makes what the steps need: the
    repository with the image, and the execution roles. ``needs`` asks the lab for what it must know, and raises
    UsageError where it does not.
    """

    name: str
    title: str
    repository: str
    functions: Mapping[str, str]
    roles: Mapping[str, tuple[str, ...]]
    setup: tuple[Step, ...]
    steps: tuple[Step, ...]
    needs: Callable[[Lab], object] = Lab.actors

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Setup and steps, in their order."""
        return self.setup + self.steps


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """All steps that were done, and what cleaning up could not remove."""

    scenario: Scenario
    steps: tuple[StepResult, ...]
    leftovers: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every step was done with the expected outcome and everything was cleaned up."""
        complete = len(self.steps) == len(self.scenario.all_steps)
        return complete and not self.leftovers and all(step.ok for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data: scenario, ok, steps, and leftovers where there are any."""
        leftovers = {"leftovers": list(self.leftovers)} if self.leftovers else {}
        steps = [step.to_dict() for step in self.steps]
        return {"scenario": self.scenario.name, "ok": self.ok, "steps": steps, **leftovers}


def play(step: Step, scene: Scene) -> StepResult:
    """Does one step. Errors become its outcome; only a bug raises, and where AWS does not answer."""
    actor = scene.actor(step.actor)
    if actor is None:
        reason = f"there is no profile {step.actor!r} in this lab"
        return StepResult(step, step.actor, SKIPPED, {"reason": reason})
    try:
        return StepResult(step, actor.arn, *_settled(step, step.action(scene, actor)))
    except ClientError as error:
        outcome = _OUTCOMES.get(error.response["Error"]["Code"], FAILED)
        if outcome == REFUSED and step.expect != REFUSED:
            outcome = FAILED
        decision, why = (None, {}) if outcome == FAILED else _explained(step, scene, actor)
        return StepResult(step, actor.arn, outcome, {"error": error_facts(error), **why}, decision)
    except LabError as error:
        return StepResult(step, actor.arn, FAILED, {"error": {"message": str(error)}})


def _settled(step: Step, facts: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """An action that came to its end has the expected outcome, unless it should have been stopped."""
    return (DONE if step.expect in (DENIED, REFUSED) else step.expect), facts


def _explained(step: Step, scene: Scene, actor: Actor) -> tuple[PullDecision | None, dict[str, list[str]]]:
    """The decision of a step that was stopped and its reasons in sentences, or why there is none."""
    if step.explain is None:
        return None, {}
    try:
        decision = step.explain(scene, actor)
    except LabError as error:
        return None, {"why": [str(error)]}
    return decision, {"why": decision.sentences()}


def error_facts(error: ClientError) -> dict[str, Any]:
    """An AWS error as JSON data: code, HTTP status, message."""
    return {
        "code": error.response["Error"]["Code"],
        "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        "message": error.response["Error"]["Message"],
    }
