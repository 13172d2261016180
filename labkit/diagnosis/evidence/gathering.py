"""From what was asked and what was found, in a folder or in accounts, to the facts.

What is typed goes before what a pasted error says, and that before what the folder's index has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from labkit.diagnosis.asked import Asked, check_caller, given_facts, question_of
from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.reading import completed, function_of, read
from labkit.diagnosis.evidence.shapes import text
from labkit.diagnosis.facts import CREATE, RESTORE, UPDATE, Facts, Function, Question
from labkit.diagnosis.pasted import PastedError
from labkit.errors import UsageError
from labkit.iam import Principal
from labkit.iam import arn as arns

_FROM_INDEX = ("image", "function", "caller", "execution_role")


def with_error(asked: Asked, error: PastedError) -> Asked:
    """What was asked, completed by what a pasted error says."""
    found = {
        "image": error.image,
        "function": error.function_arn or error.function,
        "function_account": error.function_account,
        "region": error.region,
        "operation": error.operation,
        "caller": error.caller,
        "execution_role": error.execution_role,
    }
    return _completed(asked, found)


def with_index(asked: Asked, about: Mapping[str, Any]) -> Asked:
    """What was asked, completed by the question of a folder's index; its operation too, where it is the same image."""
    question = about.get("question")
    if not isinstance(question, Mapping):
        return asked
    found = {name: text(question, name) for name in _FROM_INDEX}
    if asked.image in ("", question.get("image")):
        found["operation"] = text(question, "operation")
    return _completed(asked, found)


def _completed(asked: Asked, found: Mapping[str, Any]) -> Asked:
    """Fills what is empty; a function is taken only where it is in the account that was typed."""
    account = arns.account_of(str(found.get("function") or ""))
    if asked.function_account and account not in (None, asked.function_account):
        found = {**found, "function": None}
    fresh = {name: value for name, value in found.items() if value and not getattr(asked, name)}
    if asked.function and "function_account" in fresh and arns.split(asked.function):
        del fresh["function_account"]
    return replace(asked, **fresh)


def facts_from(asked: Asked, answers: Answers, now: datetime | None = None, error: str = "") -> Facts:
    """The facts, from all answers and what was given beside them. Raises UsageError for what nobody could mean."""
    question = question_from(asked, answers)
    return read(question, answers, now, given_facts(asked, question)).having(error=error)


def question_from(asked: Asked, answers: Answers) -> Question:
    """The question, as far as the answers complete it: the caller is whoever asked, a function has an image and role.

    Where no operation was asked for, it is the update of a function that there is, its restoring where no image is
    named, and the creation of one that there is not. Raises UsageError for what nobody could mean.
    """
    question = question_of(replace(asked, caller=asked.caller or _whoever_asked(asked, answers)))
    function = function_of(answers, question.function) if question.function else None
    if not asked.operation:
        there = isinstance(function, Function)
        question = replace(question, operation=(UPDATE if asked.image else RESTORE) if there else CREATE)
    found = completed(question, function)
    check_caller(found)
    return found


def _whoever_asked(asked: Asked, answers: Answers) -> str:
    """The ARN of whose answers these are, in the function's account; empty where that is not known or not one."""
    account = asked.function_account or arns.account_of(asked.function) or ""
    found = {text(each, "Arn") for each in answers.all("sts", "get-caller-identity")}
    own = [arn for arn in found if _can_call(arn) and account in ("", arns.account_of(arn))]
    return own[0] if len(own) == 1 else ""


def _can_call(arn: str) -> bool:
    try:
        return bool(Principal.aws(arn))
    except UsageError:
        return False
