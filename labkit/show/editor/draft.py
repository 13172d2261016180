"""A repository policy while it is being written: a text, what is wrong with it, how long it is, what it would change.

Pure: nothing here asks AWS. An empty text stands for "no policy", which is what deleting the policy leaves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from functools import cached_property
from typing import Any, NamedTuple

from labkit.check import DOCUMENT_KINDS, NOTE, Finding, check
from labkit.iam import Policy
from labkit.pull.stored_policy import canonical, same
from labkit.show.document import layout

_KIND = DOCUMENT_KINDS["ecr-repository"]
LONGEST_REPOSITORY_POLICY: int = _KIND.longest or 0
"""The characters that ECR takes, white space among them."""

ADDED, REMOVED, SAME, CUT = "added", "removed", "same", "cut"
_DIFF_KINDS = {"+": ADDED, "-": REMOVED, " ": SAME, "@": CUT}
DIFF_MARKS = {ADDED: "✚", REMOVED: "−", SAME: " ", CUT: "…"}


class DiffLine(NamedTuple):
    """One line of a difference: ``kind`` is added, removed, same, or cut (lines that are left out)."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{DIFF_MARKS[self.kind]} {self.text}".rstrip()


@dataclass(frozen=True)
class Draft:
    """A text on its way to become a repository's policy."""

    text: str

    @classmethod
    def of(cls, policy: Mapping[str, Any] | str | None) -> Draft:
        """The draft to begin with: a document or text laid out to read, or on one line where that would be too long."""
        if policy is None:
            return cls("")
        value = _json(policy) if isinstance(policy, str) else policy
        if not isinstance(value, Mapping):
            return cls(str(policy))
        spread = layout(value)
        return cls(spread if len(spread) <= LONGEST_REPOSITORY_POLICY else json.dumps(value, ensure_ascii=False))

    @property
    def is_empty(self) -> bool:
        """Whether the text stands for no policy."""
        return not self.text.strip()

    @property
    def lines(self) -> list[str]:
        """The lines of the text, as findings count them."""
        return self.text.split("\n")

    @property
    def size(self) -> int:
        """The length in characters, as ECR counts: white space included."""
        return len(self.text)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, in the order of the text: errors, which ECR refuses, and warnings, which it takes."""
        found = () if self.is_empty else check(self.text, _KIND).findings
        return tuple(each for each in found if each.rule.severity != NOTE)  # the decision beside it says more

    @cached_property
    def policy(self) -> Policy | None:
        """The policy that the text means, None for no policy. Raises PolicyError for a text that means none."""
        return None if self.is_empty else Policy.parse(self.text, "the repository policy")

    def means(self, applied: str | None) -> bool:
        """Whether this is the policy ``applied`` (None: no policy), however ECR has written it."""
        if applied is None or self.is_empty:
            return applied is None and self.is_empty
        if self.text == applied:
            return True
        clean = not any(finding.rule.id in ("json-syntax", "duplicate-key") for finding in self.findings)
        return clean and same(_json(self.text), _json(applied))

    def diff(self, applied: str | None) -> tuple[DiffLine, ...]:
        """What applying the text would change of ``applied``; how ECR writes a policy is no change."""
        return () if self.means(applied) else tuple(_diff(_spread(applied or ""), _spread(self.text)))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _spread(text: str) -> list[str]:
    """The lines to compare: as ECR writes them and laid out, so that its way of writing is no difference."""
    value = _json(text)
    return (layout(canonical(value)) if isinstance(value, dict) else text).split("\n") if text.strip() else []


def _diff(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    for number, line in enumerate(list(unified_diff(before, after, lineterm="", n=2))[2:]):
        kind = _DIFF_KINDS[line[0]]
        if kind != CUT:
            yield DiffLine(kind, line[1:])
        elif number:
            yield DiffLine(CUT, "")


def counted(diff: tuple[DiffLine, ...]) -> str:
    """A difference in one line, such as ``2 lines added, 1 removed``."""
    counts = Counter(line.kind for line in diff)
    added = f"{counts[ADDED]} line{'s' * (counts[ADDED] != 1)} added"
    return f"{added}, {counts[REMOVED]} removed" if diff else "no change"
