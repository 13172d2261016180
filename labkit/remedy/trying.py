"""The last proof, in a lab: the function is really created from the image, answers, and goes again."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError, WaiterError

from labkit.aws import functions
from labkit.diagnosis.facts import Question
from labkit.lab.article import EXECUTION_ROLE
from labkit.remedy.there import Accounts


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
        return _created(lambda_, question, function.name)
    except (ClientError, WaiterError) as error:
        return f"Really tried: the function {function.name} was refused or did not come up: {error}"


def _created(lambda_: Any, question: Question, name: str) -> str:
    assert question.function is not None  # noqa: S101 - looked at before
    role = question.execution_role or f"arn:aws:iam::{question.function.account}:role/{EXECUTION_ROLE}"
    functions.create(lambda_, name, role, question.image, "diagnosis")
    try:
        answer = _answer(lambda_, name)
    finally:
        functions.delete(lambda_, name)
    return f"Really done: the function {name} was created and answered {answer}; it was deleted again."


def _answer(lambda_: Any, name: str) -> str:
    functions.wait_until_active(lambda_, name)
    invocation = functions.invoke(lambda_, name)
    return repr(invocation.payload) if invocation.error is None else f"with an error: {invocation.payload}"
