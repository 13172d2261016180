"""The rules of a lifecycle policy: read from its text, and what ECR refuses of rules that are well formed.

Amazon ECR User Guide, "Lifecycle policy properties" and "Lifecycle policy evaluation rules" (2026). Three sentences are
ECR's own, from public logs: those about untagged, ANY, and TAGGED. The others are not recorded and say the rule.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from labkit.pull.lifecycle import schema

MOST_RULES = 50
"""How many rules a policy may have (Amazon ECR User Guide, "Amazon ECR service quotas")."""

LEAST_IN_ARCHIVE = 90
"""Days that an image stays in the archive before a rule may delete it."""

_MOST_WILDCARDS = 4
_UNREADABLE = "Could not map policyString into LifecyclePolicy."
_ORDER = ("rulePriority", "description", "selection", "action")
_SELECTION_ORDER = (
    *("tagStatus", "tagPatternList", "tagPrefixList", "storageClass", "countType", "countUnit", "countNumber"),
)


class LifecyclePolicyError(Exception):
    """A text that ECR would not store as a lifecycle policy; the message is what its validator says."""


@dataclass(frozen=True)
class Rule:
    """One rule. ``prefixes`` and ``patterns`` are empty unless ``tag_status`` is ``tagged``.

    ``number`` is countNumber: images that stay, or days. ``action`` is ``expire`` or ``transition``, ``storage_class``
    ``standard`` or ``archive``.
    """

    priority: int
    tag_status: str
    count_type: str
    number: int
    action: str
    storage_class: str = "standard"
    prefixes: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a policy, in the order of their priorities. Raises `LifecyclePolicyError`."""
    document = _document(text)
    rules = sorted((_rule(each) for each in document["rules"]), key=lambda rule: rule.priority)
    refused = next(_refusals(rules), None)
    if refused is not None:
        raise LifecyclePolicyError(refused)
    return tuple(rules)


def rewritten(text: str) -> str:
    """The text of a policy as ECR shows it: on one line, its members in one order. Raises `LifecyclePolicyError`."""
    shown = [
        _ordered({**each, "selection": _ordered(each["selection"], _SELECTION_ORDER)}, _ORDER)
        for each in _document(text)["rules"]
    ]
    return json.dumps({"rules": shown}, separators=(",", ":"), ensure_ascii=False)


def _document(text: str) -> Any:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise LifecyclePolicyError(_UNREADABLE) from None
    if not isinstance(document, dict):
        raise LifecyclePolicyError(_UNREADABLE)
    if found := schema.violations(document):
        raise LifecyclePolicyError("".join(f"{each}\n" for each in found))
    return document


def _rule(raw: dict[str, Any]) -> Rule:
    selection = raw["selection"]
    return Rule(
        raw["rulePriority"],
        selection["tagStatus"],
        selection["countType"],
        selection["countNumber"],
        raw["action"]["type"],
        selection.get("storageClass", "standard"),
        tuple(selection.get("tagPrefixList", ())),
        tuple(selection.get("tagPatternList", ())),
    )


def _refusals(rules: list[Rule]) -> Iterator[str]:
    """What is wrong with rules that are well formed, the first first."""
    if len(rules) > MOST_RULES:
        yield f"A lifecycle policy has at most {MOST_RULES} rules."
    if _repeated(rule.priority for rule in rules):
        yield "Each rule must have a rulePriority of its own."
    for rule in rules:
        yield from _about_tags(rule)
    for rule in rules:
        yield from _about_actions(rule)
    for storage_class in ("standard", "archive"):
        yield from _together([rule for rule in rules if rule.storage_class == storage_class])


def _about_tags(rule: Rule) -> Iterator[str]:
    if rule.tag_status == "tagged":
        if not rule.prefixes and not rule.patterns:
            yield "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED."
        if rule.prefixes and rule.patterns:
            yield "A rule has either a tagPrefixList or a tagPatternList."
    elif rule.prefixes or rule.patterns:
        yield "tagPrefixList and tagPatternList can only be specified when tagStatus=TAGGED."
    if any(pattern.count("*") > _MOST_WILDCARDS for pattern in rule.patterns):
        yield f"A tag pattern has at most {_MOST_WILDCARDS} wildcards."


def _about_actions(rule: Rule) -> Iterator[str]:
    if rule.count_type == "sinceImagePulled" and rule.action != "transition":
        yield "countType sinceImagePulled can only be used with the action transition."
    if rule.count_type == "sinceImageTransitioned":
        if rule.action != "expire":
            yield "countType sinceImageTransitioned can only be used with the action expire."
        if rule.number < LEAST_IN_ARCHIVE:
            yield f"Images stay in the archive for at least {LEAST_IN_ARCHIVE} days: countNumber is lower."


def _together(rules: list[Rule]) -> Iterator[str]:
    """What is wrong with the rules of one storage class, which are in the order of their priorities."""
    if sum(rule.tag_status == "untagged" for rule in rules) > 1:
        yield "Only one rule can select Untagged images per storage class."
    if any(rule.tag_status == "any" for rule in rules[:-1]):
        yield "Rule for tagStatus=ANY must have the lowest priority per storage class"
    selected = [(frozenset(rule.prefixes), frozenset(rule.patterns)) for rule in rules if rule.tag_status == "tagged"]
    if _repeated(selected):
        yield "Each rule of a storage class must select tags of its own."


def _repeated(values: Iterable[Any]) -> bool:
    return any(number > 1 for number in Counter(values).values())


def _ordered(members: dict[str, Any], order: Iterable[str]) -> dict[str, Any]:
    return {name: members[name] for name in order if name in members}
