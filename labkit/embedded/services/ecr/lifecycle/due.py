"""Lifecycle policies are carried out as the lab's clock goes on: images expire, or go into the archive.

A policy is evaluated 24 hours after it was put, and every 24 hours from then on. Where the clock was moved by more, all
evaluations that were due are made up for, so that every image goes, and is archived, at the moment at which it would
have been. What becomes of an image's layers is as with BatchDeleteImage. CloudTrail has an event of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from labkit.embedded.services.ecr.images import states
from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.ecr.lifecycle import state
from labkit.embedded.services.ecr.lifecycle.candidates import candidates
from labkit.embedded.services.ecr.lifecycle.events import executed
from labkit.embedded.services.ecr.lookup import collect
from labkit.iam.arn import parse as parse_arn
from labkit.pull.lifecycle.evaluation import EVERY, history
from labkit.pull.lifecycle.rules import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def is_due(embedded: Embedded) -> bool:
    """Whether a policy is to be evaluated."""
    now = embedded.clock.now()
    return bool(state.due(embedded.database, now, now + EVERY))


def catch_up(embedded: Embedded) -> None:
    """Carry out every policy that is due, in the unit that writes and is open."""
    now = embedded.clock.now()
    for repository, since in state.due(embedded.database, now, now + EVERY):
        if since > now:  # the clock has been set back
            state.evaluated(embedded.database, repository, None, now + EVERY)
        else:
            _carry_out(embedded, repository, since, now)
            last = since + EVERY * ((now - since) // EVERY)
            state.evaluated(embedded.database, repository, last, last + EVERY)
    collect(embedded)


def _carry_out(embedded: Embedded, repository: str, since: datetime, now: datetime) -> None:
    policy = state.find(embedded.database, repository)
    if policy is None:
        return
    arn = parse_arn(repository)
    key = RepositoryKey(arn.account, arn.region, arn.resource_id)
    rules, images = parse(policy.text), list(candidates(embedded, key))
    steps = history(rules, images, since, now)
    embedded.events.write(list(executed(arn, rules, steps, {image.digest: image for image in images})))
    for step in steps:
        if step.action == "expire":
            embedded.images.delete(key, step.digest)
        else:
            states.archive(embedded.database, key, step.digest, step.moment)
