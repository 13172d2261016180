"""Actions: their form, whether they exist, and what a wildcard in one covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from labkit.check import answers
from labkit.check.answers import Answer
from labkit.check.findings import Violation, closest_word, quoted
from labkit.check.located import LocatedStatement, LocatedText
from labkit.iam import action_table
from labkit.iam.action_table import ActionRow
from labkit.iam.patterns import Pattern
from labkit.iam.rules import rcp_services
from labkit.iam.words.advice import advice, sentence
from labkit.pull.policies import PULL_ACTIONS

_VENDOR = re.compile(r"[A-Za-z0-9.-]+")
_NAME = re.compile(r"[A-Za-z0-9*?]+")
_CLOSE_PREFIX = 0.75
_CLOSE_ACTION = 0.8
_LISTED = rcp_services.LISTED_ON
_USUAL = 100  # characters of an action whose rows are remembered
_TOKEN = "ecr:getauthorizationtoken"  # noqa: S105 - an action, not a token


def covers(pattern: str, action: str) -> bool:
    """Whether an action of a policy, which may hold wildcards, covers an action; case does not matter."""
    return Pattern.compile(pattern, "glob-any-case").matches(action, {})


def grants(statement: LocatedStatement, action: str) -> bool:
    """Whether Action or NotAction of a statement covers an action."""
    if "NotAction" in statement.raw:
        return not any(covers(value.text, action) for value in statement.values("NotAction"))
    return any(covers(value.text, action) for value in statement.values("Action"))


def denied_service(statement: LocatedStatement) -> str:
    """What a service cannot do where this statement denies it; empty where no service that the lab knows does it."""
    if any(grants(statement, action) for action in PULL_ACTIONS):
        return "Lambda is denied"
    return "a service cannot assume the role" if grants(statement, "sts:AssumeRole") else ""


def misspelt(text: str) -> str:
    """The action of a pull that a text was probably meant to be, where it covers no action; empty where none is."""
    if not text.lower().startswith("ecr:") or covered(text) or "*" in text or "?" in text:
        return ""
    known = {action.lower(): action for action in PULL_ACTIONS}
    close = closest_word(text.lower(), known, _CLOSE_ACTION)
    nearest = closest_word(text.lower(), [row.name.lower() for row in action_table.actions("ecr")]) if close else None
    return known[close] if close and nearest == close else ""


def rows_of(statement: LocatedStatement) -> tuple[ActionRow, ...] | None:
    """The rows of all actions that a statement names; None where it may speak of others than the table's."""
    return _rows(frozenset(value.text.lower() for value in statement.values("Action")))


@lru_cache(maxsize=64)
def _rows(named: frozenset[str]) -> tuple[ActionRow, ...] | None:
    if not named or any(text.partition(":")[0] not in _services() for text in named):
        return None
    return tuple({row.name: row for text in named for row in covered(text)}.values())


def covered(pattern: str) -> tuple[ActionRow, ...]:
    """The rows of the table that an action of a policy covers; it may hold wildcards after the service."""
    return _remembered(pattern.lower()) if len(pattern) <= _USUAL else _covered(pattern)


@lru_cache(maxsize=512)
def _remembered(pattern: str) -> tuple[ActionRow, ...]:
    return _covered(pattern)


def _covered(pattern: str) -> tuple[ActionRow, ...]:
    row = action_table.action(pattern)
    if row or not ("*" in pattern or "?" in pattern):
        return (row,) if row else ()
    compiled = Pattern.compile(pattern, "glob-any-case")
    rows = action_table.actions(pattern.partition(":")[0])
    return tuple(row for row in rows if compiled.matches(row.name, {}))


@cache
def _services() -> frozenset[str]:
    return frozenset(action_table.services())


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about each action of a statement."""
    for element in ("Action", "NotAction"):
        for value in statement.values(element):
            yield from _form(value) or _service(value, statement) or _characters(value) or _existence(value)
    yield from _token(statement)
    yield from _unreached(statement)


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
    return None if prefix in _services() or prefix == "*" else closest_word(prefix, _services(), _CLOSE_PREFIX)


def _existence(value: LocatedText) -> list[Violation]:
    prefix = value.text.partition(":")[0].lower()
    meant, pulling = _near(prefix), misspelt(value.text)
    if pulling:
        problem = f"There is no action {quoted(value.text)}."
        instead = sentence(advice("misspelt-action", meant=pulling, action=value.text))
        return [Violation("misspelt-action", value.pointer, problem, instead)]
    if meant:
        problem = f"There is no service {quoted(prefix)}."
        instead = f"Did you mean the prefix {meant}?"
    elif prefix not in _services() or covered(value.text):
        return []
    elif permitting := action_table.operation(value.text):
        problem = f"{quoted(value.text)} is an operation of the API, not an action."
        instead = f"The action that permits it is {permitting}."
    else:
        problem = f"{quoted(value.text)} covers no action that {prefix} had on {action_table.day()}."
        known = {row.name.lower(): row.name for row in action_table.actions(prefix)}
        close = closest_word(value.text.lower(), known)
        instead = f"Did you mean {known[close]}?" if close else "Look the action's name up."
    return [Violation("unknown-action", value.pointer, problem, instead)]


def _unreached(statement: LocatedStatement) -> Iterator[Violation]:
    """Actions of a resource control policy that no such policy reaches."""
    for value in statement.values("Action") if statement.kind.name == "rcp" else ():
        if "*" not in value.text.partition(":")[0] and not rcp_services.reaches(value.text):
            problem = f"No resource control policy reaches {value.text}, after AWS's list of {_LISTED}."
            instead = "Write it into a service control policy, or into the policies of the resources."
            yield Violation("rcp-reaches-nothing", value.pointer, problem, instead)


def _token(statement: LocatedStatement) -> Iterator[Violation]:
    resources = statement.values("Resource")
    named = [value for value in statement.values("Action") if value.text.lower() == _TOKEN]
    if statement.allows and named and resources and all(resource.text != "*" for resource in resources):
        problem = "A log-in token belongs to no repository, so the action is never asked for with a resource."
        yield Violation("token-needs-star", named[0].pointer, problem, 'Allow it in a statement with "Resource": "*".')
