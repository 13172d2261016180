"""Answers by operation and by what they are about; an audit reads thousands of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.diagnosis.evidence.answers import Answer, Answers

_SUBJECTS = ("repositoryName", "PolicyId", "ParentId", "FunctionName")


class Indexed:
    """All answers, found by operation and subject: a repository, a policy, a unit, a function."""

    def __init__(self, answers: Answers) -> None:
        self._of: dict[str, list[Answer]] = defaultdict(list)
        self._about: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        for each in answers:
            self._of[each.operation].append(each)
            self._about[each.operation, subject_of(each)].append(each)

    def all(self, operation: str) -> tuple[Answer, ...]:
        """Every answer and refusal of an operation."""
        return tuple(self._of.get(operation, ()))

    def about(self, operation: str, subject: str) -> tuple[Answer, ...]:
        """Those about one thing, what was answered before what was refused."""
        return tuple(sorted(self._about.get((operation, subject), ()), key=lambda each: each.error is not None))

    def listed(self, operation: str, member: str) -> Iterator[Mapping[str, Any]]:
        """The objects in a list of all answers of an operation."""
        for each in self.all(operation):
            yield from objects(each, member)


def subject_of(answer: Answer) -> str:
    """What an answer is about, by its parameters or by itself; empty where neither says."""
    for name in _SUBJECTS:
        found = answer.params.get(name) or (answer.answer or {}).get(name)
        if isinstance(found, str):
            return found
    return ""


def objects(answer: Answer, member: str) -> list[Mapping[str, Any]]:
    """The objects in a list of an answer; empty where there is no such list."""
    return members_of(answer.answer or {}, member)


def members_of(value: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
    """The objects in a list of an object; empty where there is no such list."""
    listed = value.get(member)
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def text_in(value: Mapping[str, Any], member: str) -> str:
    """A text of an object; empty where there is none."""
    found = value.get(member)
    return found if isinstance(found, str) else ""
