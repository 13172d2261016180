"""What a check finds: violations of rules, findings with their places, and the report that holds them.

How a finding speaks of a text of the policy, and of the word that was probably meant, stands here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from labkit.check.answers import UNKNOWN, Answer
from labkit.check.kinds import DocumentKind
from labkit.check.rules import ERROR, NOTE, WARNING, Rule


class Violation(NamedTuple):
    """A rule that a policy breaks, as the rule's function says it; a ``Finding`` once its place in the text is known.

    ``pointer`` is a JSON pointer into the document; ``problem`` and ``instead`` are sentences. ``answer`` is IAM's to
    this very mistake, where it is known and is not the same for the whole rule (``labkit.check.answers``).
    ``severity`` is the rule's where it is empty: a note counts as an error where the policy is said to be for Lambda.
    """

    rule: str
    pointer: str
    problem: str
    instead: str
    answer: Answer | None = None
    severity: str = ""


_MOST_SHOWN = 100
_LONGEST_WORD = 200  # what is longer is no misspelling, and comparing takes time


def quoted(text: str) -> str:
    """A text of the policy as a finding shows it: in quotes, and cut where it is very long."""
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")


def closest_word(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The word of ``known`` that is closest to ``word``, None where none is at least ``cutoff`` (0 to 1) alike."""
    close = get_close_matches(word, list(known), 1, cutoff) if len(word) <= _LONGEST_WORD else []
    return close[0] if close else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which rule, where (``pointer``; ``line`` and ``column`` from 1), what is wrong, what to write.

    ``answer`` is what AWS says when it refuses this.
    """

    rule: Rule
    pointer: str
    line: int
    column: int
    problem: str
    instead: str
    answer: Answer = UNKNOWN
    raised: str = ""

    @property
    def severity(self) -> str:
        """The rule's, ``error``, ``warning`` or ``note``, or what it is ``raised`` to for what the policy is for."""
        return self.raised or self.rule.severity

    @property
    def aws(self) -> str:
        """AWS's own sentence when it refuses this; empty where it is not known, and for what AWS accepts."""
        return self.answer.text

    def to_dict(self) -> dict[str, Any]:
        """As JSON data, as ``labkit check --json`` prints it."""
        return {
            "id": self.rule.id,
            "severity": self.severity,
            "title": self.rule.title,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "problem": self.problem,
            "instead": self.instead,
            "aws": self.aws or None,
            "source": self.rule.source,
        }


class Refusal(NamedTuple):
    """Why AWS does not store a document: the rule, and AWS's sentence, or the check's own where it is not known."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about one policy in the order of the text; ``guessed``: the kind was taken from its content.

    ``kind`` is None for a text that is no JSON, and so no policy of any kind. ``why`` says what shows the kind, as the
    end of a sentence after "because". ``functions_of`` are the accounts of whose functions was asked, where the policy
    was said to be for Lambda's pulls. ``inside`` is where the policy stood in an answer of AWS's that was given, such
    as ``policyText``; the lines and columns are then those of the policy itself.
    """

    kind: DocumentKind | None
    guessed: bool
    findings: tuple[Finding, ...]
    inside: str = ""
    why: str = ""
    functions_of: tuple[str, ...] = ()

    def count(self, severity: str) -> int:
        """How many findings have that severity, ``error``, ``warning`` or ``note``."""
        return sum(finding.severity == severity for finding in self.findings)

    def passes(self, *, strict: bool = False) -> bool:
        """Whether nothing was found that AWS refuses; ``strict``: nothing but notes."""
        return not self.count(ERROR) and not (strict and self.count(WARNING))

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "kind": self.kind.name if self.kind else None,
            "guessed": self.guessed,
            "inside": self.inside or None,
            "why": self.why or None,
            "functions_of": list(self.functions_of),
            "errors": self.count(ERROR),
            "warnings": self.count(WARNING),
            "notes": self.count(NOTE),
            "findings": [finding.to_dict() for finding in self.findings],
        }
