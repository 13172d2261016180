"""The last proof, in a lab: the function is really created from the image, answers, and goes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from labkit.aws import functions, roles
from labkit.diagnosis.facts import Question
from labkit.pull.policies import lambda_trust
from labkit.remedy.there import Accounts

_SCENARIO = "diagnosis"
_TRIAL_ROLE = "labkit-diagnosis-trial"


def tried(question: Question, accounts: Accounts) -> str:
    """What came of creating the function (or, where it is there, of invoking it), as a sentence.

    The profile of the function's account does it. A function that was only the proof is deleted again.
    """
    function = question.function
    if function is None:
        return "No function is named, so that none was created."
    lambda_ = accounts.client(function.account, "lambda")
    try:
        if functions.find(lambda_, function.name) is not None:
            return f"Really done: the function {function.name} is there and answers {_answer(lambda_, function.name)}."
        with _role(accounts.client(function.account, "iam"), question) as role:
            return _created(lambda_, question, function.name, role)
    except (ClientError, WaiterError) as error:
        return f"Really tried: the function {function.name} was refused or did not come up: {error}"


def _created(lambda_: Any, question: Question, name: str, role: str) -> str:
    functions.create(lambda_, name, role, question.image, _SCENARIO)
    try:
        answer = _answer(lambda_, name)
    finally:
        functions.delete(lambda_, name)
    return f"Really done: the function {name} was created and answered {answer}; it was deleted again."


@contextmanager
def _role(iam: Any, question: Question) -> Iterator[str]:
    """The execution role; where nobody named one, a role for the trial, which goes again."""
    if question.execution_role is not None:
        yield question.execution_role
        return
    made = roles.ensure(iam, _TRIAL_ROLE, lambda_trust(), _SCENARIO)
    try:
        yield made.arn
    finally:
        roles.delete(iam, _TRIAL_ROLE)


def _answer(lambda_: Any, name: str) -> str:
    functions.wait_until_active(lambda_, name)
    invocation = functions.invoke(lambda_, name)
    return repr(invocation.payload) if invocation.error is None else f"with an error: {invocation.payload}"
