"""What the rules of a lifecycle policy do with the images of a repository: data in, data out.

Amazon ECR User Guide, "Lifecycle policy evaluation rules" (2026):

- An image belongs to the first rule, by priority, that selects it by tags and storage class; no later one touches it,
  also where the first leaves it alone. A later rule still counts it among its images.
- Where an index that is not archived names an image, it stays.
- Age is counted from the push, or from the last restoring where there was one after it; sinceImagePulled counts from
  the last pull, where there was one since the image was restored.
- What refers to an image (a signature, as its ``subject``) goes, or goes into the archive, once the image has.

An image on its way back from the archive is taken to be out of it already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from labkit.pull.lifecycle.rules import Rule

EVERY = timedelta(hours=24)
"""An image goes within so long after a rule applies to it."""


@dataclass(frozen=True)
class Candidate:
    """What decides about an image. ``parents`` are the digests of the indexes of its repository that name it."""

    digest: str
    pushed: datetime
    tags: tuple[str, ...] = ()
    archived: datetime | None = None
    restored: datetime | None = None
    pulled: datetime | None = None
    in_archive: bool = False
    parents: frozenset[str] = frozenset()
    subject: str | None = None

    @property
    def storage_class(self) -> str:
        """``standard`` or ``archive``, as rules name it."""
        return "archive" if self.in_archive else "standard"

    @property
    def active_since(self) -> datetime:
        """When it was pushed, or restored after that."""
        return max(self.pushed, self.restored or self.pushed)


@dataclass(frozen=True)
class Step:
    """What is done with an image: ``expire`` or ``transition``, by the rule of this priority (None: as its subject)."""

    digest: str
    action: str
    priority: int | None
    moment: datetime


@dataclass(frozen=True)
class Fate:
    """What the rule that an image belongs to will do with it, if nothing changes.

    ``moment`` is when, for a rule by age, and ``pushes`` after how many more images that the rule selects, for one by
    number (0: at the next evaluation); the other of the two is None.
    """

    action: str
    priority: int
    moment: datetime | None
    pushes: int | None


_SINCE: Mapping[str, Callable[[Candidate], datetime | None]] = {
    "sinceImagePushed": lambda image: image.active_since,
    "sinceImagePulled": lambda image: max(image.active_since, image.pulled or image.active_since),
    "sinceImageTransitioned": lambda image: image.archived,
}


def evaluate(rules: Sequence[Rule], images: Iterable[Candidate], now: datetime) -> list[Step]:
    """What a policy does at one moment; ``images`` are all of a repository, in the order in which they were pushed."""
    known = list(images)
    active = {image.digest for image in known if not image.in_archive}
    taken: set[str] = set()
    steps = []
    for rule in sorted(rules, key=lambda each: each.priority):
        selected = [image for image in known if _selects(rule, image)]
        steps += [
            Step(image.digest, rule.action, rule.priority, now)
            for image in _beyond(rule, selected, now)
            if image.digest not in taken and not image.parents & active
        ]
        taken.update(image.digest for image in selected)
    return steps


def history(rules: Sequence[Rule], images: Iterable[Candidate], due: datetime, now: datetime) -> list[Step]:
    """What a policy does from its evaluation at ``due`` until now, with one every 24 hours, the earliest step first."""
    left = {image.digest: image for image in images}
    steps: list[Step] = []
    moment: datetime | None = due
    while moment is not None and moment <= now:
        fresh = evaluate(rules, left.values(), moment)
        fresh += _followers(left, {step.digest for step in fresh}, moment)
        for step in fresh:
            _apply(left, step)
        steps += fresh
        moment = moment + EVERY if fresh else _next_change(rules, left.values(), moment)
    return steps


def fates(rules: Sequence[Rule], images: Iterable[Candidate]) -> dict[str, Fate]:
    """What becomes of images, by digest; those that no rule takes are left out."""
    known = list(images)
    active = {image.digest for image in known if not image.in_archive}
    left, found = {image.digest: image for image in known if not image.parents & active}, {}
    for rule in sorted(rules, key=lambda each: each.priority):
        selected = sorted((image for image in known if _selects(rule, image)), key=lambda image: image.active_since)
        for place, image in enumerate(selected):
            if left.pop(image.digest, None) and (fate := _fate(rule, image, place - len(selected) + rule.number + 1)):
                found[image.digest] = fate
    return found


def _fate(rule: Rule, image: Candidate, pushes: int) -> Fate | None:
    if rule.count_type == "imageCountMoreThan":
        return Fate(rule.action, rule.priority, None, max(0, pushes))
    since = _SINCE[rule.count_type](image)
    return Fate(rule.action, rule.priority, since + _age(rule), None) if since else None


def _selects(rule: Rule, image: Candidate) -> bool:
    if rule.storage_class != image.storage_class:
        return False
    if rule.tag_status == "tagged":
        wanted = [*(_literal(prefix) + "*" for prefix in rule.prefixes), *map(_with_stars_only, rule.patterns)]
        return all(any(fnmatchcase(tag, pattern) for tag in image.tags) for pattern in wanted)
    return rule.tag_status == "any" or not image.tags


def _literal(text: str) -> str:
    return _with_stars_only(text).replace("*", "[*]")


def _with_stars_only(text: str) -> str:
    return text.replace("[", "[[]").replace("?", "[?]")


def _beyond(rule: Rule, selected: list[Candidate], now: datetime) -> list[Candidate]:
    """Those of the selected images that a rule is about, the oldest first."""
    ordered = sorted(selected, key=lambda image: image.active_since)
    if rule.count_type == "imageCountMoreThan":
        return ordered[: max(0, len(ordered) - rule.number)]
    return [image for image in ordered if (since := _SINCE[rule.count_type](image)) and since + _age(rule) < now]


def _age(rule: Rule) -> timedelta:
    return timedelta(days=min(rule.number, 10**6))


def _followers(images: Mapping[str, Candidate], taken: set[str], moment: datetime) -> Iterator[Step]:
    for image in images.values():
        if image.subject is None or image.digest in taken:
            continue
        subject = images.get(image.subject)
        if subject is None:
            yield Step(image.digest, "expire", None, moment)
        elif subject.in_archive and not image.in_archive:
            yield Step(image.digest, "transition", None, moment)


def _apply(images: dict[str, Candidate], step: Step) -> None:
    if step.action == "expire":
        del images[step.digest]
    else:
        images[step.digest] = replace(images[step.digest], in_archive=True, archived=step.moment)


def _next_change(rules: Sequence[Rule], images: Iterable[Candidate], moment: datetime) -> datetime | None:
    """The first evaluation after this one at which an image may have become too old for a rule; None for never."""
    known = list(images)
    ages = [
        since + _age(rule)
        for rule in rules
        if rule.count_type in _SINCE
        for image in known
        if _selects(rule, image) and (since := _SINCE[rule.count_type](image))
    ]
    later = [age for age in ages if age >= moment]
    return moment + EVERY * ((min(later) - moment) // EVERY + 1) if later else None
