"""What a lifecycle policy has done, as CloudTrail shows it: PolicyExecutionEvent, an event of the service itself.

Source: Amazon ECR User Guide, "Logging Amazon ECR actions with AWS CloudTrail", the example of a lifecycle policy
action: where 10 or more images expire, ECR sends several events. The policy's id, which the example has, is left out:
the lab's policies have none. How rules are put into words is known from that one example.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import uuid4

from labkit.embedded.request.recording.events import Event
from labkit.embedded.request.recording.names import MANAGEMENT
from labkit.embedded.state.clock import iso
from labkit.iam.arn import Arn
from labkit.pull.lifecycle.evaluation import Candidate, Step
from labkit.pull.lifecycle.rules import Rule

_MOST_IMAGES = 9  # of one event
_TYPE = "AWS::ECR::Repository"
_INTERNAL = "AWS Internal"
_COUNTS = {"imageCountMoreThan": "Image count more than"}
_DONE = {"expire": "expired", "transition": "archived"}


def executed(
    repository: Arn, rules: Sequence[Rule], steps: Sequence[Step], images: Mapping[str, Candidate]
) -> Iterator[Event]:
    """The events of these steps, which are in the order of their moments; ``images`` has each image by its digest."""
    for moment, group in groupby(steps, key=lambda step: step.moment):
        done = list(group)
        for begin in range(0, len(done), _MOST_IMAGES):
            yield _event(repository, rules, done[begin : begin + _MOST_IMAGES], images, moment)


def _event(
    repository: Arn, rules: Sequence[Rule], steps: Sequence[Step], images: Mapping[str, Candidate], moment: datetime
) -> Event:
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"accountId": repository.account, "invokedBy": _INTERNAL},
        "eventTime": iso(moment),
        "eventSource": "ecr.amazonaws.com",
        "eventName": "PolicyExecutionEvent",
        "awsRegion": repository.region,
        "sourceIPAddress": _INTERNAL,
        "userAgent": _INTERNAL,
        "requestParameters": None,
        "responseElements": None,
        "eventID": str(uuid4()),
        "readOnly": True,
        "resources": [{"ARN": str(repository), "accountId": repository.account, "type": _TYPE}],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": repository.account,
        "serviceEventDetails": _details(repository, rules, steps, images),
        "eventCategory": MANAGEMENT,
    }
    return Event(
        id=str(record["eventID"]),
        account=repository.account,
        region=repository.region,
        service="ecr",
        operation="PolicyExecutionEvent",
        moment=moment,
        record=json.dumps(record, separators=(",", ":")),
        category=MANAGEMENT,
        read_only=True,
        username=None,
        access_key=None,
        resource=str(repository),
        reason=" ".join(_sentences(steps)),
        resources=((_TYPE, str(repository)), (_TYPE, repository.resource_id)),
    )


def _sentences(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        by = "what it refers to has gone" if step.priority is None else f"rule {step.priority}"
        yield f"{step.digest} has {_DONE[step.action]}: {by}."


def _details(
    repository: Arn, rules: Sequence[Rule], steps: Sequence[Step], images: Mapping[str, Candidate]
) -> dict[str, Any]:
    used = {step.priority for step in steps}
    return {
        "repositoryName": repository.resource_id,
        "lifecycleEventPolicy": {"lifecycleEventRules": [_rule(rule) for rule in rules if rule.priority in used]},
        "lifecycleEventImageActions": [
            {"lifecycleEventImage": _image(images[step.digest]), "rulePriority": step.priority} for step in steps
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    selection = {
        "tagStatus": rule.tag_status.capitalize(),
        "tagPrefixList": list(rule.prefixes),
        "countType": _COUNTS.get(rule.count_type, rule.count_type),
        "countNumber": rule.number,
    }
    return {"rulePriority": rule.priority, "lifecycleEventSelection": selection, "action": rule.action}


def _image(image: Candidate) -> dict[str, Any]:
    return {
        "digest": image.digest,
        "tagStatus": "Tagged" if image.tags else "Untagged",
        "tagList": list(image.tags)[:100],
        "pushedAt": int(image.pushed.timestamp() * 1000),
    }
