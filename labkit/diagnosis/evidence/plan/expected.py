"""What will be asked, as it is known before anything is: the plan in lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.plan.steps import STEPS
from labkit.diagnosis.evidence.plan.subject import CALLER, FROM_OUTSIDE, IDENTITY, MANAGEMENT, Step, Subject
from labkit.diagnosis.evidence.principals import Holder
from labkit.diagnosis.facts import Question
from labkit.pull.uri import ImageUri


class Expected(Subject):
    """A subject in which what only answers will tell has a placeholder."""

    @property
    def uri(self) -> ImageUri | None:
        """The image's URI, or that of the function that is asked first."""
        if not self.question.image:
            return ImageUri("<its account>", "<its region>", "<the function's repository>", "<its tag>")
        return super().uri

    @property
    def caller(self) -> Holder | None:
        """The caller, or whoever the profile is."""
        return super().caller if self.question.caller else Holder("role", "<the profile's role>", "")

    @property
    def role(self) -> Holder | None:
        """The execution role, or that of the function."""
        return super().role if self.question.execution_role else Holder("role", "<the function's role>", "")


class Planned(NamedTuple):
    """One call, or the calls of one kind, that will be made: the row, and its parameters as far as they are known."""

    step: Step
    params: dict[str, object]
    repeated: bool

    def __str__(self) -> str:
        step = self.step
        where = f" --region {step.region}" if step.region else ""
        times = f"  (for each {step.each})" if self.repeated else ""
        need = f"needs {step.action}" if step.action else "needs no permission"
        call = f"{step.service} {step.operation} {json.dumps(self.params)}{where}"
        return f"{step.side}: {call}{times}: {step.why}; {need}"


def planned(question: Question, names: Sequence[str]) -> Iterator[Planned]:
    """Every call that would be made for a question by these sides (and others), in order; nothing is called."""
    subject = Expected(question, Answers())
    first = next(step for step in STEPS if step.operation == IDENTITY)
    yield from (Planned(first._replace(side=name), {}, False) for name in names)
    for step in STEPS:
        if step.operation == IDENTITY or not _who_asks(step, names):
            continue
        if step.each:
            yield Planned(step, dict(step.shown), True)
            continue
        yield from (Planned(step, dict(each), False) for each in step.params(subject))


def _who_asks(step: Step, names: Sequence[str]) -> bool:
    """Whether there may be somebody: what is asked of one account only is asked by its own."""
    if step.side == CALLER:
        return bool(names)
    return step.side in names or step.side == MANAGEMENT or step.service in FROM_OUTSIDE
