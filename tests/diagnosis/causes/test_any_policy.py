"""Whatever the policies are: nothing is raised, who is refused has a cause, and who is let in has none."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes import find
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import BOUNDARY, IDENTITY_POLICY, RCP, REGISTRY_POLICY, SCP, Facts
from labkit.diagnosis.result import CALLER_SIDE, CAN, CANNOT, LAMBDA_SIDE
from tests.diagnosis.causes.given import (
    ORGANIZATION,
    OTHER,
    PATH,
    PULLS,
    REPOSITORY_ARN,
    WORKLOAD,
    across,
    document,
    layer,
    policy,
    within,
)

PRINCIPALS: tuple[Any, ...] = (
    {"AWS": "*"},
    {"AWS": WORKLOAD},
    {"AWS": OTHER},
    {"AWS": "AROADELETEDDELETED01"},
    {"AWS": f"arn:aws:iam::{WORKLOAD}:role/Deployer"},
    {"AWS": WORKLOAD, "Service": "lambda.amazonaws.com"},
    {"Service": ["lambda.amazonaws.com", "ecs.amazonaws.com"]},
    {"Service": "lambda.amazonaws.com"},
    {"Service": "edgelambda.amazonaws.com"},
)
ACTIONS: tuple[Any, ...] = (PULLS, *PULLS, "ecr:*", "*", "ecr:BatchGet*", "ecr:BatchGetImages", "ecr:PutImage")
KEYS = (
    *("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceIp", "aws:username"),
    *("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalArn", "aws:PrincipalIsAWSService"),
    *("aws:PrincipalTag/x", "ecr:ResourceTag/y", "aws:ResourceAccount", "aws:PrincipalServiceNamesList"),
)
OPERATORS = (
    *("StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "StringEqualsIgnoreCase", "ArnLike"),
    *("ArnNotLike", "Null", "Bool", "NumericLessThan", "IpAddress", "NotIpAddress"),
    *("ForAnyValue:StringLike", "ForAllValues:StringLike"),
)
VALUES: tuple[Any, ...] = (
    *(WORKLOAD, OTHER, ORGANIZATION, PATH, f"{PATH}*", "true", "false", "*", "o-*", "203.0.113.0/24"),
    *("${aws:SourceAccount}", f"arn:aws:lambda:*:{WORKLOAD}:function:*", ["a", "b"], []),
)
RESOURCES = ("*", REPOSITORY_ARN, f"arn:aws:ecr:us-east-1:{OTHER}:repository/x", "arn:aws:us-east-2:813835382529:*")


class Writer:
    """Writes policies by chance, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def _element(self, name: str, values: tuple[Any, ...]) -> dict[str, Any]:
        return {self.chance.choice((*[name] * 9, f"Not{name}")): self.chance.choice(values)}

    def _statement(self, *, principal: bool, resource: bool) -> dict[str, Any]:
        choice = self.chance.choice
        conditions = {
            choice(OPERATORS): {key: choice(VALUES) for key in self.chance.sample(KEYS, choice((1, 1, 2)))}
            for _ in range(choice((0, 0, 1, 1, 2)))
        }
        return {
            "Effect": choice(("Allow", "Allow", "Allow", "Deny")),
            **self._element("Action", ACTIONS),
            **(self._element("Principal", PRINCIPALS) if principal else {}),
            **(self._element("Resource", RESOURCES) if resource else {}),
            **({"Condition": conditions} if conditions else {}),
        }

    def policy(self, *, principal: bool = False, resource: bool = True) -> dict[str, Any]:
        several = range(self.chance.choice((1, 2, 3)))
        version = self.chance.choice(("2012-10-17", "2008-10-17"))
        return policy(*(self._statement(principal=principal, resource=resource) for _ in several), version=version)

    def facts(self) -> Facts:
        of_registry = {"registry_policy": document(REGISTRY_POLICY, self.policy(principal=True))}
        outside = {**self._statement(principal=False, resource=True), "Effect": "Deny", "Principal": "*"}
        more: tuple[dict[str, Any], ...] = (
            {"identity": layer(IDENTITY_POLICY, self.policy(), self.policy())},
            {"boundary": document(BOUNDARY, self.policy(), WORKLOAD)},
            {"scp": (layer(SCP, self.policy()), layer(SCP, self.policy()))},
            {"rcp": (layer(RCP, policy(outside)),)},
            {**of_registry, "registry_scope": self.chance.choice((None, "V1", "V2"))},
            {"question": {"operation": self.chance.choice(("create", "update", "restore"))}},
            {"question": {"caller": None}},
        )
        changes = [each for each in more if self.chance.random() < 0.15]
        content = self.policy(principal=True, resource=False) if self.chance.random() < 0.9 else None
        given = self.chance.choice((across, within))
        return given(content, **{name: value for each in changes for name, value in each.items()})


@pytest.mark.parametrize("seed", range(4))
def test_the_causes_of_any_policies_agree_with_the_evaluation(seed: int) -> None:
    writer = Writer(seed)
    for _ in range(30):
        facts = writer.facts()
        case, found = Case(facts), find(Case(facts))
        assert json.loads(json.dumps(diagnose(facts).to_dict()))["format"] == 1
        for party in (LAMBDA_SIDE, CALLER_SIDE):
            own = [each for each in found if each.party == party and each.id != "caller-cannot-add"]
            verdict = case.parties[party].verdict
            if verdict == CANNOT:
                assert own, (party, facts)
            elif verdict == CAN:
                assert not [each for each in own if each.stops == "pull"], (party, facts)
