"""Findings about images: which Lambda refuses, and which of those in use are gone, archived, or will be.

A lifecycle rule by age says when it takes an image; one by number takes it once so many newer ones are pushed. Either
is said to be soon where it happens within `SOON`, or with the next few pushes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from labkit.diagnosis.audit.estate import Estate, Repository, StoredImage, Use
from labkit.diagnosis.audit.findings import AuditFinding, finding
from labkit.diagnosis.facts import NotKnown
from labkit.iam.arn import RegistryHost
from labkit.image.format.manifest import (
    DOCKER_CONFIG,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
)
from labkit.pull.lifecycle.evaluation import Candidate, Fate, fates
from labkit.pull.lifecycle.rules import LifecyclePolicyError, parse

SOON = timedelta(days=30)
FEW = 3
"""Pushes with which an image that a rule by number takes next is said to go soon."""
LARGEST = 10 * 2**30
"""Bytes that an image may have, uncompressed (Lambda Developer Guide); ECR's figure is of compressed layers."""
_INDEXES = frozenset({DOCKER_LIST, OCI_INDEX})
_IMAGES = frozenset({DOCKER_MANIFEST, OCI_MANIFEST})
_CONFIGS = frozenset({DOCKER_CONFIG, OCI_CONFIG})
_SHOWN = 3


class _Refused(NamedTuple):
    """A reason for which Lambda refuses images: the rule, what one and several are called, and what to do."""

    rule: str
    one: str
    several: str
    instead: str


_INDEX = _Refused(
    "image-index",
    "image index",
    "image indexes",
    "Build for one platform with --provenance=false, or point functions at the digest of the one image in it.",
)
_FORMAT = _Refused(
    "image-format", "artifact that is no image", "artifacts that are no images", "Point no function at it."
)
_TOO_LARGE = _Refused(
    "image-too-large",
    "image of more than 10 GB",
    "images of more than 10 GB",
    "Make it smaller before a function uses it.",
)


def refused(image: StoredImage) -> _Refused | None:
    """Why Lambda refuses an image, as far as DescribeImages tells; None where it tells no reason."""
    if image.media_type in _INDEXES:
        return _INDEX
    if image.media_type is not None and image.media_type not in _IMAGES:
        return _FORMAT
    if image.artifact_type is not None and image.artifact_type not in _CONFIGS:
        return _FORMAT
    return _TOO_LARGE if (image.size or 0) > LARGEST else None


def findings(estate: Estate, now: datetime) -> Iterator[AuditFinding]:
    """What is wrong with the images of every repository."""
    registry = estate.registry
    uses = _uses(estate)
    for repository in () if isinstance(registry.repositories, NotKnown) else registry.repositories:
        if not isinstance(repository.images, NotKnown):
            yield from _refused(repository.name, repository.images)
            yield from _in_use(repository, repository.images, uses.get(repository.name, {}), uses.get("", {}), now)


def _uses(estate: Estate) -> Mapping[str, Mapping[str, Use]]:
    """The uses by repository and digest, the first of each; under the empty name those that do not tell theirs."""
    home = RegistryHost(estate.registry.account, estate.registry.region).repository_arn("")
    found: dict[str, dict[str, Use]] = defaultdict(dict)
    for use in estate.uses:
        if not use.repository or use.repository.startswith(home):
            found[use.repository.removeprefix(home)].setdefault(use.digest, use)
    return found


def _refused(repository: str, images: Sequence[StoredImage]) -> Iterator[AuditFinding]:
    found: dict[_Refused, list[StoredImage]] = defaultdict(list)
    for image in images:
        if (reason := refused(image)) is not None:
            found[reason].append(image)
    for reason, several in found.items():
        listed = ", ".join(_name(each) for each in several[:_SHOWN])
        more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
        count = f"1 {reason.one}" if len(several) == 1 else f"{len(several)} {reason.several}"
        sentence = f"{repository} has {count}, which Lambda refuses: {listed}{more}."
        yield finding(reason.rule, repository, sentence, reason.instead)


def _name(image: StoredImage) -> str:
    return image.tags[0] if image.tags else image.digest[:19]


def _in_use(
    repository: Repository,
    images: Sequence[StoredImage],
    told: Mapping[str, Use],
    untold: Mapping[str, Use],
    now: datetime,
) -> Iterator[AuditFinding]:
    here = {image.digest: image for image in images}
    ends = _fates(repository, images)
    for digest, use in {**{d: use for d, use in untold.items() if d in here}, **told}.items():
        image = here.get(digest)
        if image is None:
            yield _about("in-use-missing", repository, use, "is not there any more", _PUSH_AGAIN)
        elif image.status != "ACTIVE":
            yield _about("in-use-archived", repository, use, f"is {image.status}", _RESTORE)
        elif digest in ends:
            yield _ending(repository, use, ends[digest], now)


def _ending(repository: Repository, use: Use, fate: Fate, now: datetime) -> AuditFinding:
    verb = "expires" if fate.action == "expire" else "archives"
    done = "expire" if fate.action == "expire" else "go into the archive"
    if fate.moment is not None:
        soon, when = fate.moment <= now + SOON, f"on {max(fate.moment, now).date().isoformat()}"
    else:
        pushes = fate.pushes or 0
        soon, when = pushes <= FEW, f"once {pushes} more images are pushed" if pushes else "at the next evaluation"
    what = f"will {done} by rule {fate.priority} of the lifecycle policy, {when}"
    return _about(f"in-use-{verb}-soon" if soon else f"in-use-{verb}", repository, use, what, _KEEP)


_PUSH_AGAIN = "Push the image again, or point the function at one that is there: it stops once Lambda needs it anew."
_RESTORE = (
    "Restore it (aws ecr update-image-storage-class --target-storage-class STANDARD): it stops once Lambda needs it."
)
_KEEP = "Give the image a tag that no rule selects, raise the rule's number, or deploy a newer image first."


def _about(rule: str, repository: Repository, use: Use, what: str, instead: str) -> AuditFinding:
    sentence = f"The image {use.digest[:19]}… of {repository.name}, which {use.function} runs, {what}."
    return finding(rule, repository.name, sentence, instead, "", f"{use.function} {use.digest}")


def _fates(repository: Repository, images: Sequence[StoredImage]) -> Mapping[str, Fate]:
    """What becomes of the images; empty where the lifecycle policy or the dates are not known."""
    if not isinstance(repository.lifecycle, str):
        return {}
    try:
        rules = parse(repository.lifecycle)
    except LifecyclePolicyError:
        return {}
    return fates(rules, [_candidate(image, image.pushed) for image in images if image.pushed is not None])


def _candidate(image: StoredImage, pushed: datetime) -> Candidate:
    return Candidate(
        image.digest,
        pushed,
        image.tags,
        image.archived,
        image.restored,
        image.pulled,
        image.status == "ARCHIVED",
        subject=image.subject,
    )
