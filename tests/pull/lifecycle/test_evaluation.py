"""What the rules of a lifecycle policy do with images: AWS's documented examples and rules, as vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.pull.lifecycle.evaluation import Candidate, evaluate, history
from labkit.pull.lifecycle.rules import parse

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def rule(priority: int, tags: str | list[str], counted: str, number: int, action: str = "expire") -> dict[str, Any]:
    """One rule; ``tags`` is a tag status, or patterns; ``counted`` a countType."""
    selection: dict[str, Any] = {"countType": counted, "countNumber": number}
    selection |= {"tagStatus": tags} if isinstance(tags, str) else {"tagStatus": "tagged", "tagPatternList": tags}
    if counted != "imageCountMoreThan":
        selection["countUnit"] = "days"
    if counted == "sinceImageTransitioned":
        selection["storageClass"] = "archive"
    done = {"type": action, **({"targetStorageClass": "archive"} if action == "transition" else {})}
    return {"rulePriority": priority, "selection": selection, "action": done}


def prefixed(priority: int, prefixes: list[str], number: int) -> dict[str, Any]:
    """A rule about tags that begin so, of which so many images stay."""
    made = rule(priority, prefixes, "imageCountMoreThan", number)
    made["selection"]["tagPrefixList"] = made["selection"].pop("tagPatternList")
    return made


def image(name: str, days: float, *tags: str, **more: Any) -> Candidate:
    """An image that was pushed so many days ago; dates are given as days too."""
    dates = {
        key: NOW - timedelta(days=value) for key, value in more.items() if key in ("archived", "restored", "pulled")
    }
    return Candidate(name, NOW - timedelta(days=days), tags, **{**more, **dates})


MORE, PUSHED, PULLED, ARCHIVED = "imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"
A, B, C = image("A", 10, "beta-1", "prod-1"), image("B", 9, "beta-2", "prod-2"), image("C", 8, "beta-3")
MANY = [image("A", 12, "alpha-1"), image("B", 11, "beta-1"), image("C", 10, "alpha-2", "beta-2")]
MANY += [image("D", 9, "alpha-3"), image("E", 8, "beta-3"), image("F", 7)]

VECTORS: dict[str, tuple[list[dict[str, Any]], list[Candidate], dict[str, int]]] = {
    "documented: expire what is older than 14 days": (
        [rule(1, ["prod*"], PUSHED, 14)],
        [image("A", 15, "prod"), image("B", 13, "production"), image("C", 15, "test"), image("D", 15)],
        {"A": 1},
    ),
    "documented: archive what was not pulled in 90 days": (
        [rule(1, "any", PULLED, 90, "transition")],
        [image("A", 100), image("B", 100, pulled=10), image("C", 100, pulled=95), image("D", 80)],
        {"A": 1, "C": 1},
    ),
    "documented: expire what is in the archive for more than 365 days": (
        [rule(1, "any", ARCHIVED, 365)],
        [
            image("A", 500, in_archive=True, archived=366),
            image("B", 500, in_archive=True, archived=364),
            image("C", 500, archived=400, restored=370),
        ],
        {"A": 1},
    ),
    "documented: keep one untagged image": (
        [rule(1, "untagged", MORE, 1)],
        [image("A", 3), image("B", 2), image("C", 1), image("D", 9, "tagged")],
        {"A": 1, "B": 1},
    ),
    "documented example A: what a higher rule spares, a lower one cannot take": (
        [rule(1, ["prod*"], MORE, 1), rule(2, ["beta*"], MORE, 1)],
        [A, B, C],
        {"A": 1},
    ),
    "documented example B: the same rules the other way round": (
        [rule(1, ["beta*"], MORE, 1), rule(2, ["prod*"], MORE, 1)],
        [A, B, C],
        {"A": 1, "B": 1},
    ),
    "documented: several prefixes in one rule must all be matched": ([prefixed(1, ["alpha", "beta"], 1)], MANY, {}),
    "documented: one prefix": ([prefixed(1, ["alpha"], 1)], MANY, {"A": 1, "C": 1}),
    "documented: all images": ([rule(1, "any", MORE, 1)], MANY, dict.fromkeys("ABCDE", 1)),
    "several patterns must all be matched, by any tags": (
        [rule(1, ["*pha-*", "beta*"], PUSHED, 1)],
        MANY,
        {"C": 1},
    ),
    "a star stands for any characters, and nothing else is special": (
        [rule(1, ["v*.?[1]"], PUSHED, 1)],
        [image("A", 5, "v1.2"), image("B", 5, "v1.?[1]")],
        {"B": 1},
    ),
    "rules are applied by priority, not as they are written": (
        [rule(9, "any", MORE, 1), rule(2, "untagged", PUSHED, 5)],
        [image("A", 6), image("B", 4), image("C", 3, "x"), image("D", 2, "y")],
        {"A": 2, "C": 9},
    ),
    "a lower rule counts images that it cannot touch": (
        [rule(1, ["keep*"], MORE, 9), rule(2, "any", MORE, 2)],
        [image("A", 9, "other"), image("B", 2, "keep-1"), image("C", 1, "keep-2")],
        {"A": 2},
    ),
    "exactly so old is not older": ([rule(1, "any", PUSHED, 5)], [image("A", 5), image("B", 5.001)], {"B": 1}),
    "age counts from the last restoring": (
        [rule(1, "any", PUSHED, 5)],
        [image("A", 100, archived=50, restored=2), image("B", 100, archived=50, restored=6)],
        {"B": 1},
    ),
    "a pull before the restoring does not count": (
        [rule(1, "any", PULLED, 5, "transition")],
        [image("A", 100, pulled=60, archived=50, restored=2), image("B", 100, restored=20, pulled=3)],
        {},
    ),
    "the youngest stay, by their last restoring": (
        [rule(1, "any", MORE, 1)],
        [image("A", 100, restored=1), image("B", 5)],
        {"B": 1},
    ),
    "of images pushed at one moment the first pushed goes": (
        [rule(1, "any", MORE, 1)],
        [image("A", 5), image("B", 5)],
        {"A": 1},
    ),
    "rules for active images leave the archive alone": (
        [rule(1, "any", MORE, 1)],
        [image("A", 9, in_archive=True, archived=3), image("B", 5)],
        {},
    ),
    "an index keeps its images": (
        [rule(1, "any", PUSHED, 5)],
        [image("A", 9, parents=frozenset("X")), image("X", 3, "index")],
        {},
    ),
    "an index that goes frees its images for the next evaluation": (
        [rule(1, "any", PUSHED, 5)],
        [image("A", 9, parents=frozenset("X")), image("X", 8, "index")],
        {"X": 1},
    ),
    "an archived index keeps nothing": (
        [rule(1, "any", PUSHED, 5)],
        [image("A", 9, parents=frozenset("X")), image("X", 9, in_archive=True, archived=1)],
        {"A": 1},
    ),
}


@pytest.mark.parametrize(("rules", "images", "expected"), VECTORS.values(), ids=VECTORS)
@pytest.mark.aws("Amazon ECR User Guide, lifecycle policies", "high")
def test_an_evaluation_takes_what_aws_says(
    rules: list[dict[str, Any]], images: list[Candidate], expected: dict[str, int]
):
    steps = evaluate(parse(json.dumps({"rules": rules})), images, NOW)
    assert {step.digest: step.priority for step in steps} == expected
    by_priority = {each["rulePriority"]: each["action"]["type"] for each in rules}
    assert all(step.action == by_priority[step.priority or 0] and step.moment == NOW for step in steps)


DAY = timedelta(days=1)


def done(rules: list[dict[str, Any]], images: list[Candidate], days: int) -> list[tuple[str, str, int]]:
    """Digest and action of what happens within so many days from tomorrow on, each with its day."""
    steps = history(parse(json.dumps({"rules": rules})), images, NOW + DAY, NOW + days * DAY)
    return [(step.digest, step.action, (step.moment - NOW).days) for step in steps]


HISTORIES: dict[str, tuple[list[dict[str, Any]], list[Candidate], int, list[tuple[str, str, int]]]] = {
    "each goes on the day after it is too old": (
        [rule(1, "any", PUSHED, 5)],
        [image("A", 2), image("B", 0.5), image("C", 0)],
        30,
        [("A", "expire", 4), ("B", "expire", 5), ("C", "expire", 6)],
    ),
    "nothing happens before its time": ([rule(1, "any", PUSHED, 5)], [image("A", 2)], 3, []),
    "into the archive, and away after a year in it": (
        [rule(1, "any", PULLED, 90, "transition"), rule(2, "any", ARCHIVED, 365)],
        [image("A", 0)],
        1000,
        [("A", "transition", 91), ("A", "expire", 457)],
    ),
    "an index goes first, its images a day later": (
        [rule(1, "any", PUSHED, 5)],
        [image("A", 9, parents=frozenset("X")), image("X", 8, "index")],
        30,
        [("X", "expire", 1), ("A", "expire", 2)],
    ),
    "a signature goes when what it signs has gone": (
        [rule(1, ["v*"], PUSHED, 5)],
        [image("A", 9, "v1"), image("S", 1, "sha256-a.sig", subject="A")],
        30,
        [("A", "expire", 1), ("S", "expire", 2)],
    ),
    "a signature is archived with what it signs": (
        [rule(1, ["v*"], PULLED, 5, "transition")],
        [image("A", 9, "v1"), image("S", 1, subject="A")],
        30,
        [("A", "transition", 1), ("S", "transition", 2)],
    ),
}


@pytest.mark.parametrize(("rules", "images", "days", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_time_that_passed_at_once_is_made_up_for_day_by_day(
    rules: list[dict[str, Any]], images: list[Candidate], days: int, expected: list[tuple[str, str, int]]
):
    assert done(rules, images, days) == expected


@pytest.mark.parametrize(("rules", "images", "days", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_it_makes_no_difference_in_how_many_moves_the_time_passes(
    rules: list[dict[str, Any]], images: list[Candidate], days: int, expected: list[tuple[str, str, int]]
):
    read, left, found = parse(json.dumps({"rules": rules})), {each.digest: each for each in images}, []
    for day in range(1, days + 1):
        for step in history(read, left.values(), NOW + day * DAY, NOW + day * DAY):
            found.append((step.digest, step.action, day))
            gone = left.pop(step.digest)
            if step.action == "transition":
                left[step.digest] = replace(gone, in_archive=True, archived=step.moment)
    assert sorted(found) == sorted(expected)


def test_a_century_is_made_up_for_in_a_moment():
    images = [image(f"{number}", number, "v1") for number in range(200)]
    rules = [rule(1, ["v*"], PUSHED, 30000, "transition"), rule(2, "any", ARCHIVED, 1000)]
    assert len(done(rules, images, 36500)) == 400
