"""Each of the article's policies with one thing wrong: diagnosed, mended, proved, and nobody else let in.

Nothing here is told what is wrong: the causes are found, and the fix is made of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import REPOSITORY_POLICY
from labkit.diagnosis.result import Diagnosis
from labkit.pull import policies
from tests.diagnosis.fixing.made import MEMBER, ORGANIZATION, REGISTRY, STRANGER, UNIT, WORKLOAD, document, facts

ARTICLE = {
    "same account": (policies.same_account(), REGISTRY),
    "cross account": (policies.cross_account(WORKLOAD), WORKLOAD),
    "organization": (policies.organization(ORGANIZATION), WORKLOAD),
    "organization paths": (policies.organization_paths(f"{UNIT}*"), WORKLOAD),
}
OPERATORS = (
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "ArnLike",
    "ForAnyValue:StringEquals",
    "Null",
)
VALUES = {
    "org": ("o-exampleorgld", "o-quiteanother1", ORGANIZATION.upper(), "*", f"{ORGANIZATION}*"),
    "path": (UNIT, UNIT.rstrip("/"), UNIT.replace("1111", "2222"), f"{ORGANIZATION}/*", "ou-ab12-11111111/*", "*"),
    "arn": (
        f"arn:aws:lambda:*:{STRANGER}:function:*",
        f"arn:aws:lambda:us-east-1:{WORKLOAD}:function:*",
        f"arn:aws:lambda:*:{WORKLOAD}:function:other",
        f"arn:aws:lambda:*:{WORKLOAD}:function:f:*",
        f"arn:aws:iam::{WORKLOAD}:role/Execution",
        f"arn:aws-cn:lambda:*:{WORKLOAD}:function:*",
        f"arn:aws:lambda:*:{WORKLOAD}:Function:*",
        WORKLOAD,
    ),
}
PRINCIPALS = (
    {"Service": "edgelambda.amazonaws.com"},
    {"Service": "lambda.eu-central-1.amazonaws.com"},
    {"Service": ["ecs-tasks.amazonaws.com", "codebuild.amazonaws.com"]},
    {"AWS": f"arn:aws:iam::{STRANGER}:root"},
    {"AWS": f"arn:aws:iam::{WORKLOAD}:role/Other"},
    {"AWS": "AROAEXAMPLEEXAMPLE123"},
)
ACTIONS = (
    "ecr:BatchGetImage",
    ["ecr:GetDownloadUrlForLayer"],
    ["ecr:BatchGetImages", "ecr:GetDownloadUrlForLayer"],
    ["ecr:BatchGetImage", "ecr:GetDownloadURLForLayers"],
    ["ecr:PutImage"],
)


def mutations() -> Iterator[Any]:
    for name, (policy, account) in ARTICLE.items():
        for place, statement in enumerate(policy["Statement"]):
            for number, elements in enumerate(_mutations(statement)):
                changed = deepcopy(policy)
                changed["Statement"][place] = {k: v for k, v in (statement | elements).items() if v is not None}
                yield pytest.param(changed, account, id=f"{name}-{place}-{number}")
            if len(policy["Statement"]) > 1:
                rest = {**policy, "Statement": [each for each in policy["Statement"] if each is not statement]}
                yield pytest.param(rest, account, id=f"{name}-without-{place}")
            yield pytest.param(
                {**policy, "Statement": [*policy["Statement"], statement | {"Sid": "No", "Effect": "Deny"}]},
                account,
                id=f"{name}-{place}-denied",
            )


def _mutations(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from ({"Principal": each} for each in PRINCIPALS)
    yield from ({"Action": each} for each in ACTIONS)
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            yield from ({"Condition": {each: {key: value}}} for each in OPERATORS)
            yield {"Condition": {"Null": {key: "true"}}}
            other = key.replace("Source", "?").replace("Principal", "Source").replace("?", "Principal")
            yield {"Condition": {operator: {other: value}}}
            kind = "org" if key.endswith("OrgID") else "path" if key.endswith("OrgPaths") else "arn"
            yield from ({"Condition": {operator: {key: each}}} for each in VALUES[kind])


def answered(policy: Any, account: str) -> Diagnosis:
    stored = document(REPOSITORY_POLICY, REGISTRY, "app", policy, stored=True)
    known = facts(None, account=account, membership=MEMBER, repository_membership=MEMBER)
    return diagnose(known.having(repository_policy=stored))


@pytest.mark.parametrize(("policy", "account"), list(mutations()))
def test_whatever_is_wrong_is_found_and_mended_and_nobody_unrelated_is_let_in(policy: Any, account: str):
    found = answered(policy, account)
    if found.verdict == "can":
        assert not found.causes or all(each.certainty != "certain" for each in found.causes)
        return
    assert found.verdict == "cannot"
    assert found.fix is not None
    assert found.fix.proved, found.causes
    (change,) = found.fix.changes
    after = answered(change.after, account)
    assert (after.verdict, after.causes) == ("can", ())
    opened = {each.probe for each in found.fix.opens if each.after and not each.before and not each.asked_for}
    assert not [each for each in opened if "no organization" in each or "anybody" in each or each.startswith("ecr:")]
    kept = json.loads(change.after)["Statement"]
    assert len(kept) >= len(policy["Statement"])
