"""Answers with something in them that AWS never says: nothing raises, whatever stands there instead."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.diagnosis.asked import Asked
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.folder import read_text
from labkit.diagnosis.evidence.gathering import facts_from
from labkit.diagnosis.facts import Facts
from labkit.pull import policies

REGISTRY, WORKLOAD = "813835382529", "592444418872"
IMAGE = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app:1"
CALLER, ROLE = f"arn:aws:iam::{WORKLOAD}:role/Deployer", f"arn:aws:iam::{WORKLOAD}:role/lambda-role"
FUNCTION = f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f"
POLICY = f"arn:aws:iam::{WORKLOAD}:policy/p"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EVENT = {
    "eventTime": "2026-01-15T12:00:00Z",
    "eventName": "SetRepositoryPolicy",
    "userIdentity": {"arn": CALLER},
    "requestParameters": {"repositoryName": "app", "policyText": "{}"},
    "recipientAccountId": REGISTRY,
}
MANIFEST = {"schemaVersion": 2, "config": {"mediaType": "x", "digest": "y"}, "layers": [{"mediaType": "l", "size": 1}]}
NAMED = {"registryId": REGISTRY, "repositoryName": "app"}
CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("ecr", "describe-repositories", {"repositoryNames": ["app"]}, {"repositories": [NAMED]}),
    ("ecr", "get-repository-policy", NAMED, {**NAMED, "policyText": json.dumps(policies.same_account())}),
    ("ecr", "get-registry-policy", {}, {"registryId": REGISTRY, "policyText": json.dumps(DOCUMENT)}),
    ("ecr", "get-account-setting", {"name": "REGISTRY_POLICY_SCOPE"}, {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"}),
    ("ecr", "describe-images", NAMED, {"imageDetails": [{**NAMED, "imageTags": ["1"], "imageDigest": "sha256:1"}]}),
    (
        "ecr",
        "batch-get-image",
        NAMED,
        {"images": [{**NAMED, "imageId": {"imageTag": "1"}, "imageManifest": json.dumps(MANIFEST)}]},
    ),
    ("ecr", "get-download-url-for-layer", NAMED, {"platform": {"architecture": "amd64"}}),
    ("ecr", "list-tags-for-resource", {}, {"tags": [{"Key": "a", "Value": "b"}]}),
    ("ecr", "get-lifecycle-policy", NAMED, {**NAMED, "lifecyclePolicyText": "{}"}),
    (
        "ecr",
        "describe-pull-through-cache-rules",
        {"registryId": REGISTRY},
        {"pullThroughCacheRules": [{"ecrRepositoryPrefix": "a"}]},
    ),
    (
        "lambda",
        "get-function",
        {"FunctionName": FUNCTION},
        {
            "Configuration": {"FunctionArn": FUNCTION, "State": "Active", "Architectures": ["arm64"], "Role": ROLE},
            "Code": {"ImageUri": IMAGE},
        },
    ),
    (
        "iam",
        "get-role",
        {"RoleName": "Deployer"},
        {
            "Role": {
                "RoleName": "Deployer",
                "Arn": CALLER,
                "RoleId": "AROA",
                "PermissionsBoundary": {"PermissionsBoundaryArn": POLICY},
                "Tags": [{"Key": "a", "Value": "b"}],
            }
        },
    ),
    (
        "iam",
        "get-role",
        {"RoleName": "lambda-role"},
        {"Role": {"RoleName": "lambda-role", "Arn": ROLE, "AssumeRolePolicyDocument": DOCUMENT}},
    ),
    ("iam", "list-attached-role-policies", {"RoleName": "Deployer"}, {"AttachedPolicies": [{"PolicyArn": POLICY}]}),
    ("iam", "list-role-policies", {"RoleName": "Deployer"}, {"PolicyNames": ["inline"]}),
    ("iam", "get-role-policy", {"RoleName": "Deployer", "PolicyName": "inline"}, {"PolicyDocument": DOCUMENT}),
    ("iam", "get-policy", {"PolicyArn": POLICY}, {"Policy": {"Arn": POLICY, "DefaultVersionId": "v1"}}),
    (
        "iam",
        "get-policy-version",
        {"PolicyArn": POLICY, "VersionId": "v1"},
        {"PolicyVersion": {"VersionId": "v1", "Document": DOCUMENT}},
    ),
    ("organizations", "describe-organization", {}, {"Organization": {"Id": "o-exampleorgid", "MasterAccountId": "1"}}),
    (
        "organizations",
        "list-roots",
        {},
        {"Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]},
    ),
    ("organizations", "list-parents", {"ChildId": WORKLOAD}, {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]}),
    (
        "organizations",
        "list-policies-for-target",
        {"TargetId": "r-ab12", "Filter": "SERVICE_CONTROL_POLICY"},
        {"Policies": [{"Id": "p-1", "Name": "n"}]},
    ),
    (
        "organizations",
        "describe-policy",
        {"PolicyId": "p-1"},
        {"Policy": {"PolicySummary": {"Id": "p-1"}, "Content": json.dumps(DOCUMENT)}},
    ),
    ("cloudtrail", "lookup-events", {}, {"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(EVENT)}]}),
    ("sts", "get-caller-identity", {}, {"Account": WORKLOAD, "Arn": CALLER, "UserId": "AROA:me"}),
]
ASKED = Asked(image=IMAGE, function=FUNCTION, caller=CALLER, execution_role=ROLE)
STRANGE = (None, 7, "x", [], {}, [None], {"a": None}, True)


def records() -> list[dict[str, Any]]:
    return [
        {"call": [service, operation, params], "account": "", "region": "", "answer": answer}
        for service, operation, params, answer in copy.deepcopy(CALLS)
    ]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, as the keys and numbers that lead there."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in members:
        yield (*path, name)
        yield from places(each, (*path, name))


def facts(listed: list[dict[str, Any]]) -> Facts:
    return facts_from(ASKED, Answers(answer for each in listed for answer in read_text(json.dumps(each), "x.json")))


@pytest.mark.parametrize("number", range(len(CALLS)), ids=[f"{call[1]} {number}" for number, call in enumerate(CALLS)])
def test_no_value_of_an_answer_makes_it_raise(number):
    for place in places(CALLS[number][3]):
        for strange in STRANGE:
            listed = records()
            inside = listed[number]["answer"]
            for name in place[:-1]:
                inside = inside[name]
            inside[place[-1]] = strange
            facts(listed)


@pytest.mark.parametrize("number", range(len(CALLS)), ids=[f"{call[1]} {number}" for number, call in enumerate(CALLS)])
def test_a_refusal_of_any_call_leaves_the_rest(number):
    for code in ("AccessDeniedException", "NoSuchEntity", ""):
        listed = records()
        del listed[number]["answer"]
        listed[number]["error"] = {"Code": code, "Message": "m"}
        diagnose(facts(listed))
