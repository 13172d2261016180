"""What if: change an input of the pull question, and see at once what Lambda would be answered and what would flip it.

``WhatIf`` is the view-model and the view. Without a widget it is plain Python:

    question = what_if(lab, "test-another-account", "lambda-another-account")
    question.change(account="111122223333")         some inputs; ``labkit.show.what_if.inputs.INPUTS`` has their names
    question.problems, question.decision            what does not make sense, what Lambda would be answered
    question.reversals, question.take("account")    values that would flip it, each proved by deciding; put one in
    question.reset()                                the lab's own values, read again

Nothing in the lab is changed. The one-line equivalent is ``lab.question(...).having(...).decide()``.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws.reading import Unreadable
from labkit.errors import LabError, UsageError
from labkit.lab.lab import Lab
from labkit.pull.decision import PullDecision
from labkit.pull.question import PullQuestion
from labkit.show.decision_html import sides_html
from labkit.show.messages import NO_MESSAGE, Message
from labkit.show.style import framed
from labkit.show.table import Table
from labkit.show.view import Draw, View
from labkit.show.what_if.inputs import INPUT_NAMES, INPUTS, Input, InputRules, InputValues
from labkit.show.what_if.reversals import Reversal, reversals

_OLDER = "There is no decision on these values until that is mended; shown is the one before."


class WhatIf(View):
    """A pull question with inputs to change. Made by ``what_if``.

    ``problems`` has a sentence for each input that does not do; while there is one, ``decision`` is the last that could
    be made and there are no ``reversals``. ``note`` says what could not be read of the lab.
    """

    def __init__(self, lab: Lab, function: str, repository: str, caller: boto3.Session, draw: Draw) -> None:
        super().__init__(draw)
        self._asked = (lab, caller, function, repository)
        self.message = NO_MESSAGE
        self._begin()

    def _begin(self) -> None:
        question, self.note = self._read()
        self._rules = InputRules(question)
        self._take(InputValues.of(question))

    def _read(self) -> tuple[PullQuestion, str]:
        """The lab's own question; and why it leaves out where the account stands, if it does."""
        lab, *who = self._asked
        try:
            return lab.question(*who), ""
        except Unreadable as error:
            return lab.question(*who, paths=False), f"{error} So the organization path is not known: write one."

    # The inputs

    def change(self, **values: str) -> PullDecision | None:
        """Changes some inputs and decides; returns the decision, or None while one of them does not do.

        Empty means derived, and for ``organization_id`` in no organization. Raises UsageError for an unknown name.
        """
        unknown = values.keys() - set(INPUT_NAMES)
        if unknown:
            raise UsageError(
                f"There is no input {', '.join(sorted(unknown))}. The inputs are {', '.join(INPUT_NAMES)}."
            )
        typed = {name: value.strip() for name, value in values.items()}
        self._take(replace(self.inputs, **{name: self._typed(name, value) for name, value in typed.items()}))
        return None if self.problems else self.decision

    def _typed(self, name: str, value: str) -> str:
        """What equals the derived value is derived, so that it follows when another input is changed."""
        return "" if value == self._rules.derived(self.inputs, name) else value

    def take(self, name: str) -> PullDecision | None:
        """Puts in the value that flips the decision; raises UsageError where this input has none."""
        reversal = next((reversal for reversal in self.reversals if reversal.name == name), None)
        if reversal is None:
            raise UsageError(f"No value of {name} is known that would flip the decision.")
        self._take(reversal.inputs)
        return self.decision

    def reset(self) -> Message:
        """Reads the lab again and puts its own values in; where that fails nothing is changed, and the error said."""
        try:
            self._begin()
            self.message = Message(True, "These are the lab's own values.")
        except (ClientError, BotoCoreError, LabError) as error:
            self.message = Message(False, str(error))
        self._redraw()
        return self.message

    def shown(self, name: str) -> str:
        """The value of an input, or what it is derived to be."""
        return self._rules.shown(self.inputs, name)

    def _take(self, inputs: InputValues) -> None:
        self.inputs, self.message = inputs, NO_MESSAGE
        self.problems = self._rules.problems(inputs)
        self.reversals: tuple[Reversal, ...] = ()
        if not self.problems:
            self.decision = self._rules.question(inputs).decide()
            self.reversals = reversals(self._rules, inputs, self.decision)
        self._redraw()

    # Showing it

    @property
    def title(self) -> str:
        """What is asked."""
        _lab, _caller, function, repository = self._asked
        return f"What if: may Lambda pull {repository} for {function}?"

    def text(self) -> str:
        """The inputs, what is wrong with them, the decision in sentences, and what would flip it."""
        rows = [(field.label, self.shown(field.name), _kind(self.inputs, field)) for field in INPUTS]
        parts = [self.title, self.note, repr(Table(("input", "value", ""), rows)), *self._complaints(), self.pending]
        mark = "✓" if self.decision.allowed else "✗"
        parts += [f"{mark} {self.decision.headline}", *(f"  {line}" for line in self.decision.sentences())]
        parts += [f"⇄ {reversal.sentence}" for reversal in self.reversals]
        return "\n".join(part for part in [*parts, repr(self.message)] if part)

    def _complaints(self) -> list[str]:
        labels = {field.name: field.label for field in INPUTS}
        return [f"✗ {labels[name]}: {problem}" for name, problem in self.problems.items()]

    @property
    def pending(self) -> str:
        """Why there is no decision on the inputs as they are; empty where there is one."""
        return _OLDER if self.problems else ""

    def html(self) -> str:
        """The same as one element."""
        rows = "".join(
            f'<tr><th scope="row">{field.label}</th><td><code>{escape(self.shown(field.name))}</code></td>'
            f'<td class="labkit-quiet">{_kind(self.inputs, field)}</td></tr>'
            for field in INPUTS
        )
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        table = f"<table><caption>{escape(self.title)}</caption><tbody>{rows}</tbody></table>"
        wrong = "".join(f'<p class="labkit-no">{escape(line)}</p>' for line in self._complaints())
        lines = "".join(f"<li>{escape(reversal.sentence)}</li>" for reversal in self.reversals)
        return framed(
            f"{table}{note}{wrong}{self.reversals_html()}{f'<ul>{lines}</ul>' if lines else ''}"
            f"{sides_html(self.decision.outline())}{self.message.html()}"
        )

    def reversals_html(self) -> str:
        """The heading above what would flip the decision, or why there is nothing to flip."""
        if self.problems:
            return f"<p>{self.pending}</p>"
        none = "" if self.reversals else " No single input that the policies speak of."
        return f"<p><b>What would flip it:</b>{none}</p>"


def _kind(inputs: InputValues, field: Input) -> str:
    """What an empty input means, in words."""
    return "" if getattr(inputs, field.name) else field.empty
