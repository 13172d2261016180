"""One call of AWS's API and what came back; and all of them, to be looked up.

An `Answer` that a person saved says less than one that was collected: its parameters may be missing, or the account.
What is missing fits any, so long as only one answer fits, or its file's name says which it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

_WORDS = re.compile(r"[A-Za-z0-9]+")


class Answer(NamedTuple):
    """One call: ``service`` and ``operation`` as the aws CLI names them, ``params`` as the API does.

    ``account`` is who asked, ``region`` where; empty where that is not known. Either ``answer`` or ``error`` (Code and
    Message) is set. ``file`` is where it was read, for sentences.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    account: str = ""
    region: str = ""
    answer: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    file: str = ""

    @property
    def code(self) -> str:
        """The error's code; empty where AWS answered."""
        return str(self.error.get("Code", "")) if self.error is not None else ""

    @property
    def message(self) -> str:
        """The error's message; empty where AWS answered."""
        return str(self.error.get("Message", "")) if self.error is not None else ""

    def to_dict(self) -> dict[str, Any]:
        """As a record of a folder."""
        head = {"call": [self.service, self.operation, dict(self.params)]}
        what = {"answer": self.answer} if self.error is None else {"error": dict(self.error)}
        return {**head, "account": self.account, "region": self.region, **what}

    @classmethod
    def from_dict(cls, record: Any, file: str = "") -> Answer:
        """Reads a record of a folder. Raises ValueError with a sentence."""
        call = record.get("call") if isinstance(record, Mapping) else None
        if not (isinstance(call, list) and len(call) == 3 and isinstance(call[2], dict)):
            raise ValueError("its call is not a list of a service, an operation and its parameters")
        answer, error = record.get("answer"), record.get("error")
        if not isinstance(answer if error is None else error, dict):
            raise ValueError("it has neither an answer nor an error")
        where = (str(record.get("account") or ""), str(record.get("region") or ""))
        return cls(str(call[0]), str(call[1]), call[2], *where, None if error else answer, error, file)


class Answers:
    """All answers that there are, by what was asked."""

    def __init__(self, listed: Iterable[Answer] = ()) -> None:
        self._by_call: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        for each in listed:
            self.add(each)

    def add(self, answer: Answer) -> None:
        """One more."""
        self._by_call[answer.service, answer.operation].append(answer)

    def __iter__(self) -> Iterator[Answer]:
        for listed in self._by_call.values():
            yield from listed

    def all(self, service: str, operation: str) -> tuple[Answer, ...]:
        """Every answer of one operation."""
        return tuple(self._by_call.get((service, operation), ()))

    def find(
        self, service: str, operation: str, params: Mapping[str, Any], account: str = "", *, alone: bool = True
    ) -> Answer | None:
        """The answer of this call; None where it was not made.

        ``account`` is who asked, empty: anybody. An answer whose parameters are not all known is taken where its
        file's name has what is missing, or where (``alone``) no other could be meant. What was answered goes before
        what was refused.
        """
        found = self.every(service, operation, params, account, alone=alone)
        return min(found, key=lambda each: each.error is not None, default=None)

    def every(
        self, service: str, operation: str, params: Mapping[str, Any], account: str = "", *, alone: bool = True
    ) -> list[Answer]:
        """All answers that ``find`` chooses from: the call may have been made with more parameters, in several ways."""
        fitting = [each for each in self.all(service, operation) if _fits(each, params, account)]
        whole = [each for each in fitting if not _missing(each, params)]
        whole = whole or [each for each in fitting if _named(each, params)]
        return fitting if not whole and alone and len(fitting) == 1 else whole


def _fits(answer: Answer, params: Mapping[str, Any], account: str) -> bool:
    if account and answer.account and answer.account != account:
        return False
    return all(answer.params[name] == value for name, value in params.items() if name in answer.params)


def _missing(answer: Answer, params: Mapping[str, Any]) -> list[str]:
    return [name for name in params if name not in answer.params]


def _named(answer: Answer, params: Mapping[str, Any]) -> bool:
    """Whether the file's name has each missing value, or the name at the end of an ARN, as words of its own."""
    words = _WORDS.findall(answer.file.lower())
    return bool(words) and all(_within(_last(params[name]), words) for name in _missing(answer, params))


def _last(value: Any) -> list[str]:
    return _WORDS.findall(str(value).rpartition(":")[2].rpartition("/")[2].lower())


def _within(wanted: list[str], words: list[str]) -> bool:
    width = len(wanted)
    return width > 0 and any(words[i : i + width] == wanted for i in range(len(words) - width + 1))
