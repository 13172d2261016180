"""The registry's policy beside the repository's: what the two together allow, and an Allow in it that is void.

Under the old scope, V1, it has no say in pulls; under the new one a statement reaches a repository by its Resource,
which ECR does not check when it stores the policy.

Source: Amazon ECR User Guide, "Private registry permissions"; aws/containers-roadmap, issue 2675.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from labkit.diagnosis.causes import beside
from labkit.diagnosis.causes.naming import label, named, place, title
from labkit.diagnosis.causes.sides import Side, resource_documents
from labkit.diagnosis.causes.statements.doubts import Doubt
from labkit.diagnosis.causes.statements.misses import refused as refusal
from labkit.diagnosis.causes.statements.targets import covers_party
from labkit.diagnosis.documents import policy_of
from labkit.diagnosis.facts import Document, NotKnown
from labkit.diagnosis.result import Cause
from labkit.iam import CheckEffect, CheckKind
from labkit.iam import arn as arns
from labkit.iam.match import Match
from labkit.iam.patterns import Pattern

_ALIKE = 0.8


def unallowed(side: Side) -> tuple[int, ...]:
    """The places of the requests that neither document allows.

    Empty also where that cannot be said: the repository's policy is not known, or AWS would not store it.
    """
    policy = side.case.facts.repository_policy
    allowed = all(each.check(CheckKind.RESOURCE).effect is CheckEffect.ALLOW for each in side.decisions)
    if isinstance(policy, NotKnown) or allowed:
        return ()
    if isinstance(policy, Document) and policy_of(policy) is None:
        return ()
    return side.unallowed(resource_documents(side.case))


def void_allow(side: Side, refused: Sequence[int], doubt: Doubt) -> Cause | None:
    """The cause where the registry's policy has an Allow for these requests that has no effect on the repository."""
    document = side.case.facts.registry_policy
    if not isinstance(document, Document):
        return None
    found = [list(_meant(side, side.matches(document)[each])) for each in refused]
    if not all(found):
        return None
    match = found[0][0]
    where = place(document, match.statement)
    evidence, why = _why(side, match)
    sentence = f"{refusal(side)}: {label(match.statement)} of {title(where)} is meant to allow it and does not: {why}."
    return named(
        "registry-policy",
        where,
        doubt.told(sentence),
        evidence,
        certainty=doubt.certainty,
        party=side.name,
        statement=match.statement.index,
    )


def _meant(side: Side, matches: Sequence[Match]) -> Iterator[Match]:
    """The Allows that only the registry's scope, or a Resource that is wrong, keeps from applying."""
    for match in matches:
        missed = side.failing(match)
        if not match.statement.allows or not covers_party(match):
            continue
        if not missed and not side.case.registry_counts:
            yield match
        if len(missed) == 1 and missed[0].element == "Resource" and _is_slip(missed[0].wanted, side):
            yield match


def _is_slip(patterns: Sequence[str], side: Side) -> bool:
    """Whether a Resource was meant for this repository: it is no repository's ARN here, or its name is close."""
    uri = side.case.uri
    if uri is None:
        return False
    wanted = arns.parse(uri.repository_arn)
    for each in patterns:
        arn = arns.split(each)
        if arn is None or not all(map(_fits, arn[:5], wanted[:5])) or arn.resource_type != wanted.resource_type:
            return True
        if SequenceMatcher(None, arn.resource_id, uri.repository).ratio() >= _ALIKE:
            return True
    return False


def _fits(pattern: str, text: str) -> bool:
    return Pattern.compile(pattern, "glob").matches(text, {})


def _why(side: Side, match: Match) -> tuple[tuple[str, ...], str]:
    if not side.case.registry_counts:
        return (
            "The scope of the registry's policy is V1.",
        ), "under the scope V1 a registry policy has no say in pulls"
    [missed] = side.failing(match)
    return beside.lines(missed), f"its Resource is not this repository's ARN but {', '.join(missed.wanted)}"
