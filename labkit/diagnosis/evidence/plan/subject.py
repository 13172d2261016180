"""What is read and for whom: the question with what was answered so far, and a row of the table.

Whose profile asks is said by a side: ``registry`` is the account of the repository, ``workload`` that of the function
(and its execution role), ``caller`` that of the caller, ``management`` that of the organization.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.missing import Call
from labkit.diagnosis.evidence.principals import Holder
from labkit.diagnosis.evidence.shapes import text
from labkit.diagnosis.facts import Question
from labkit.pull.uri import ImageUri, InvalidImageUri

REGISTRY, WORKLOAD, CALLER, MANAGEMENT = "registry", "workload", "caller", "management"
IDENTITY = "get-caller-identity"
FROM_OUTSIDE = frozenset({"ecr", "lambda"})
"""Services that answer about what another account has, where the call names it."""


@dataclass(frozen=True)
class Subject:
    """What the question is about, and what has been answered so far."""

    question: Question
    answers: Answers

    @cached_property
    def uri(self) -> ImageUri | None:
        """The image's URI, where it names one in a private ECR repository."""
        try:
            return ImageUri.parse(self.question.image)
        except InvalidImageUri:
            return None

    @property
    def account(self) -> str:
        """The function's account; empty where it is not known."""
        return self.question.function.account if self.question.function else ""

    @property
    def caller(self) -> Holder | None:
        """The role or user whose policies apply to the caller."""
        return Holder.of_principal(self.question.caller) if self.question.caller else None

    @property
    def role(self) -> Holder | None:
        """The execution role."""
        return Holder.of(self.question.execution_role or "")

    def account_of(self, side: str) -> str:
        """The account of a side; empty where it is not known before it is asked."""
        if side == REGISTRY:
            return self.uri.account if self.uri else ""
        if side == CALLER:
            return (self.question.caller.account or "") if self.question.caller else ""
        if side == WORKLOAD:
            return self.account
        return next(iter(self.managements), "")

    @property
    def managements(self) -> tuple[str, ...]:
        """The management accounts of the organizations that the accounts are in, as far as they have been described."""
        described = self.answers.all("organizations", "describe-organization")
        found = (text(each, "Organization", "MasterAccountId") for each in described)
        return tuple(dict.fromkeys(each for each in found if each))


Params = Iterable[Mapping[str, Any]]


class Step(NamedTuple):
    """One row: who asks (a side), what, and why; ``params`` are those of each call that is made now.

    ``each`` says in words for what a row is repeated that an earlier answer names; ``shown`` are then the parameters as
    they are printed before. ``region``: where it differs from the question's. ``most``: how many entries are read.
    ``needs``: the action, where it is not the operation's own name, or none.
    """

    side: str
    service: str
    operation: str
    why: str
    params: Callable[[Subject], Params]
    each: str = ""
    shown: Mapping[str, Any] = {}
    region: str = ""
    most: int | None = None
    needs: str | None = None

    @property
    def action(self) -> str:
        """The action that the call needs; empty where it needs none."""
        return Call(self.service, self.operation).action if self.needs is None else self.needs
