"""Actions: their form, whether they exist, and what a wildcard in one covers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

from labkit.check import answers
from labkit.check.answers import Answer
from labkit.check.findings import Violation, closest_word, quoted
from labkit.check.generate import FILE, RENAMED
from labkit.check.located import LocatedStatement, LocatedText
from labkit.iam.patterns import Pattern

_VENDOR = re.compile(r"[A-Za-z0-9.-]+")
_NAME = re.compile(r"[A-Za-z0-9*?]+")
_RENAMED = {name.lower(): action for name, action in RENAMED.items()}
_CLOSE_PREFIX = 0.75
_TOKEN = "ecr:getauthorizationtoken"  # noqa: S105 - an action, not a token


@cache
def known_actions() -> dict[str, dict[str, str]]:
    """The actions of the services that the check knows: by prefix, then by name in lower case."""
    raw: dict[str, list[str]] = json.loads(FILE.read_text("utf-8"))
    return {prefix: {name.lower(): name for name in names} for prefix, names in raw.items()}


def covers(pattern: str, action: str) -> bool:
    """Whether an action of a policy, which may hold wildcards, covers an action; case does not matter."""
    return Pattern.compile(pattern, "glob-any-case").matches(action, {})


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about each action of a statement."""
    for element in ("Action", "NotAction"):
        for value in statement.values(element):
            yield from _form(value) or _service(value, statement) or _characters(value) or _existence(value)
    yield from _token(statement)


def _form(value: LocatedText) -> list[Violation]:
    answer = _refused(value.text)
    if value.text == "*" or answer is None:
        return []
    instead = "Write service:Name, such as ecr:BatchGetImage, or * for all."
    return [Violation("bad-action", value.pointer, f"{quoted(value.text)} is not an action.", instead, answer)]


def _refused(text: str) -> Answer | None:
    vendor, colon, name = text.partition(":")
    if not colon:
        return answers.PREFIX
    if ":" in name:
        return answers.COLONS
    return None if _VENDOR.fullmatch(vendor) else answers.vendor(vendor)


def _characters(value: LocatedText) -> list[Violation]:
    if value.text == "*" or _NAME.fullmatch(value.text.partition(":")[2]):
        return []
    problem = f"{quoted(value.text)} holds a character that no action has."
    return [Violation("odd-action", value.pointer, problem, "Write letters and digits, * and ? after the colon.")]


def _service(value: LocatedText, statement: LocatedStatement) -> list[Violation]:
    services, prefix = statement.kind.services, value.text.partition(":")[0].lower()
    if "ecr" in services and value.text.lower() == _TOKEN:
        instead = 'Allow it in an identity policy, with "Resource": "*".'
        return [Violation("foreign-action", value.pointer, "A log-in token belongs to no repository.", instead)]
    # ECR takes a lone *, a trust policy does not.
    if not services or prefix in services or (value.text == "*" and services == ("ecr",)) or _near(prefix):
        return []
    problem = f"{quoted(value.text)} is not an action of {services[0]}, and {statement.kind.label} can hold no other."
    instead = "Leave it out, or put it into an identity policy."
    return [Violation("foreign-action", value.pointer, problem, instead, answers.ASSUME_ROLE)]


def _near(prefix: str) -> str | None:
    """The known service that a prefix was probably meant to be, where it is none."""
    return None if prefix in known_actions() or prefix == "*" else closest_word(prefix, known_actions(), _CLOSE_PREFIX)


def _existence(value: LocatedText) -> list[Violation]:
    prefix, _, name = value.text.lower().partition(":")
    meant = _near(prefix)
    if meant:
        problem = f"There is no service {quoted(prefix)}."
        instead = f"Did you mean the prefix {meant}?"
    elif prefix not in known_actions() or any(covers(name, each) for each in known_actions()[prefix]):
        return []
    elif renamed := _RENAMED.get(value.text.lower()):
        problem = f"{quoted(value.text)} is an operation of the API, not an action."
        instead = f"The action that permits it is {renamed}."
    else:
        problem = f"{quoted(value.text)} covers no action that {prefix} has."
        close = closest_word(name, known_actions()[prefix])
        instead = f"Did you mean {prefix}:{known_actions()[prefix][close]}?" if close else "Look the action's name up."
    return [Violation("unknown-action", value.pointer, problem, instead)]


def _token(statement: LocatedStatement) -> Iterator[Violation]:
    resources = statement.values("Resource")
    named = [value for value in statement.values("Action") if value.text.lower() == _TOKEN]
    if statement.allows and named and resources and all(resource.text != "*" for resource in resources):
        problem = "A log-in token belongs to no repository, so the action is never asked for with a resource."
        yield Violation("token-needs-star", named[0].pointer, problem, 'Allow it in a statement with "Resource": "*".')
