"""Which texts ECR takes as lifecycle policies, and what it says of others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.pull.lifecycle.rules import LifecyclePolicyError, parse, rewritten

EXPIRE, ARCHIVE = {"type": "expire"}, {"type": "transition", "targetStorageClass": "archive"}
COUNT = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}
DAYS = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 3}
KEPT = {"tagStatus": "any", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90}
KEPT |= {"storageClass": "archive"}
UNTAGGED = {**COUNT, "tagStatus": "untagged"}


def tagged(**lists: Any) -> dict[str, Any]:
    return {**COUNT, "tagStatus": "tagged", **lists}


def policy(*selections: Any, action: Any = None, **members: Any) -> Any:
    """A policy of one rule for each selection, by priority."""
    action = action or EXPIRE
    rules = [
        {"rulePriority": number, "selection": selection, "action": action, **members}
        for number, selection in enumerate(selections, 1)
    ]
    return {"rules": rules}


TAKEN = {
    "a policy for tags with a prefix": policy(tagged(tagPrefixList=["v"]), description="keep the last thirty"),
    "by count": policy(COUNT),
    "by days": policy(DAYS),
    "into the archive by days": policy(DAYS, action=ARCHIVE),
    "into the archive by count": policy(COUNT, action=ARCHIVE),
    "into the archive by pulls": policy({**DAYS, "countType": "sinceImagePulled"}, action=ARCHIVE),
    "out of the archive": policy(KEPT),
    "the storage class is said": policy({**COUNT, "storageClass": "standard"}),
    "untagged, then any": policy(UNTAGGED, COUNT),
    "ANY once for each storage class": {
        "rules": [
            {"rulePriority": 1, "selection": DAYS, "action": ARCHIVE},
            {"rulePriority": 2, "selection": KEPT, "action": EXPIRE},
        ]
    },
    "four wildcards": policy(tagged(tagPatternList=["*test*1*2*3"])),
    "an empty list beside another": policy(tagged(tagPatternList=["a"], tagPrefixList=[])),
    "no rules": {"rules": []},
}
#: After "Lifecycle policy validation failure: ". In public logs of AWS's answers: those marked so; of the validator's
#: other sentences the form is known from such logs and moto's tests; what is ECR's own and not recorded says the rule.
ONE_OF_4 = "instance failed to match exactly one schema (matched 0 out of 4)\n"
ONE_OF_2 = "instance failed to match exactly one schema (matched 0 out of 2)\n"
NO_LIST = 'instance type (null) does not match any allowed primitive type (allowed: ["array"])\n'
REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "Could not map policyString into LifecyclePolicy."),
    "a list": ([], "Could not map policyString into LifecyclePolicy."),
    "no rules": ({}, 'object has missing required properties (["rules"])\n'),
    "null for lists (public log)": (policy({**COUNT, "tagPrefixList": None, "tagPatternList": None}), NO_LIST * 2),
    "no storage class for the archive (public log)": (
        policy({name: value for name, value in KEPT.items() if name != "storageClass"}),
        ONE_OF_4,
    ),
    "a unit of null (public log, of 2 forms then)": (policy({**COUNT, "countUnit": None}), ONE_OF_4),
    "a target of null (public log)": (policy(COUNT, action={**EXPIRE, "targetStorageClass": None}), ONE_OF_2),
    "a unit for a count": (policy({**COUNT, "countUnit": "days"}), ONE_OF_4),
    "no unit for days": (policy({**COUNT, "countType": "sinceImagePushed"}), ONE_OF_4),
    "hours": (policy({**DAYS, "countUnit": "hours"}), ONE_OF_4),
    "a count in the archive": (policy({**COUNT, "storageClass": "archive"}), ONE_OF_4),
    "an unknown count": (policy({**COUNT, "countType": ["x"]}), ONE_OF_4),
    "an unknown action": (policy(COUNT, action={"type": "delete"}), ONE_OF_2),
    "no target": (policy(COUNT, action={"type": "transition"}), ONE_OF_2),
    "nothing to count": (
        policy({**COUNT, "countNumber": 0}),
        "numeric instance is lower than the required minimum (minimum: 1, found: 0)\n",
    ),
    "an unknown status": (
        policy({**COUNT, "tagStatus": "all"}),
        'instance value ("all") not found in enum (possible values: ["tagged","untagged","any"])\n',
    ),
    "an unknown member": (
        policy(COUNT, priority=1),
        'object instance has properties which are not allowed by the schema: ["priority"]\n',
    ),
    "members missing": (
        {"rules": [{"selection": COUNT}]},
        'object has missing required properties (["action","rulePriority"])\n',
    ),
    "two rules for untagged (public log)": (
        policy(UNTAGGED, {**DAYS, "tagStatus": "untagged"}),
        "Only one rule can select Untagged images per storage class.",
    ),
    "ANY first (public log)": (
        policy(COUNT, UNTAGGED),
        "Rule for tagStatus=ANY must have the lowest priority per storage class",
    ),
    "ANY twice": (policy(COUNT, DAYS), "Rule for tagStatus=ANY must have the lowest priority per storage class"),
    "tagged without tags (public log)": (
        policy(tagged()),
        "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
    ),
    "prefixes of untagged": (
        policy({**UNTAGGED, "tagPrefixList": ["v"]}),
        "tagPrefixList and tagPatternList can only be specified when tagStatus=TAGGED.",
    ),
    "both lists": (
        policy(tagged(tagPrefixList=["v"], tagPatternList=["v*"])),
        "A rule has either a tagPrefixList or a tagPatternList.",
    ),
    "five wildcards": (policy(tagged(tagPatternList=["test*1*2*3*4*5*6"])), "A tag pattern has at most 4 wildcards."),
    "the same prefixes twice": (
        policy(tagged(tagPrefixList=["a", "b"]), tagged(tagPrefixList=["b", "a"])),
        "Each rule of a storage class must select tags of its own.",
    ),
    "one priority twice": (
        {"rules": policy(UNTAGGED)["rules"] * 2},
        "Each rule must have a rulePriority of its own.",
    ),
    "expire by pulls": (
        policy({**DAYS, "countType": "sinceImagePulled"}),
        "countType sinceImagePulled can only be used with the action transition.",
    ),
    "archive what is archived": (
        policy(KEPT, action=ARCHIVE),
        "countType sinceImageTransitioned can only be used with the action expire.",
    ),
    "out of the archive too early": (
        policy({**KEPT, "countNumber": 89}),
        "Images stay in the archive for at least 90 days: countNumber is lower.",
    ),
    "51 rules": (
        policy(*(tagged(tagPrefixList=[f"v{number}"]) for number in range(51))),
        "A lifecycle policy has at most 50 rules.",
    ),
}


@pytest.mark.parametrize("document", TAKEN.values(), ids=TAKEN)
def test_a_policy_is_read(document: Any):
    rules = parse(json.dumps(document))
    assert [rule.priority for rule in rules] == [each["rulePriority"] for each in document["rules"]]


@pytest.mark.parametrize(("document", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_policy_is_refused_with_a_sentence(document: Any, sentence: str):
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(LifecyclePolicyError) as refused:
        parse(text)
    assert str(refused.value) == sentence


def test_a_policy_is_shown_on_one_line_in_one_order():
    """As recorded by Cloud Custodian."""
    selection = {"countNumber": 10, "countUnit": "days", "countType": "sinceImagePushed", "tagStatus": "untagged"}
    rule = {"action": EXPIRE, "selection": selection, "rulePriority": 1, "description": "Remove untagged images."}
    assert rewritten(json.dumps({"rules": [rule]}, indent=2)) == (
        '{"rules":[{"rulePriority":1,"description":"Remove untagged images.","selection":{"tagStatus":"untagged",'
        '"countType":"sinceImagePushed","countUnit":"days","countNumber":10},"action":{"type":"expire"}}]}'
    )
