"""CloudFormation's templates are taken by cfn-lint, and say the very policies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.snippets import snippet
from labkit.diagnosis.formats.yaml import block
from labkit.pull import policies
from tests.diagnosis.formats.made import (
    CALLS,
    DOCUMENTS,
    EVERYTHING,
    ONCE,
    REGION,
    REGISTRY,
    SESSION,
    call,
    changed,
)
from tests.diagnosis.formats.test_snippets import DATA

PLACES = {
    "repository": ("AWS::ECR::Repository", "RepositoryPolicyText"),
    "new policy": ("AWS::ECR::Repository", "RepositoryPolicyText"),
    "registry": ("AWS::ECR::RegistryPolicy", "PolicyText"),
    "role": ("AWS::IAM::RolePolicy", "PolicyDocument"),
    "role by word": ("AWS::IAM::RolePolicy", "PolicyDocument"),
    "user": ("AWS::IAM::UserPolicy", "PolicyDocument"),
    "group": ("AWS::IAM::GroupPolicy", "PolicyDocument"),
    "managed": ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
    "new managed": ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
    "boundary": ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
    "SCP": ("AWS::Organizations::Policy", "Content"),
    "SCP by id": ("AWS::Organizations::Policy", "Content"),
    "RCP": ("AWS::Organizations::Policy", "Content"),
    "endpoint": ("AWS::EC2::VPCEndpoint", "PolicyDocument"),
    "trust": ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
}
"""Which resource a document belongs to, and in which of its properties it stands."""


def read(text: str) -> list[dict[str, Any]]:
    """The templates of a text."""
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which tests/requirements.txt has")
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_resource_holds_the_very_policy(name):
    [template] = read(snippet((DOCUMENTS[name],), "cloudformation", REGION))
    [found] = template["Resources"].values()
    kind, place = PLACES[name]
    assert found["Type"] == kind
    assert found["Properties"][place] == json.loads(DOCUMENTS[name].after)


def test_cfn_lint_takes_all_changes():
    api = pytest.importorskip("cfnlint.api", reason="needs cfn-lint of tests/requirements.txt")
    templates = snippet(tuple(EVERYTHING.values()), "cloudformation", REGION).split("\n---\n")
    assert len(templates) == 4
    found = [each for template in templates for each in api.lint_all(template)]
    assert [str(each) for each in found if each.rule.severity == "error"] == []


def test_all_changes_together_are_a_template_for_each_account():
    templates = read(snippet((*DOCUMENTS.values(), SESSION, *CALLS.values()), "cloudformation", REGION))
    assert len(templates) == 4
    found = [each for template in templates for each in template["Resources"].values()]
    assert len(found) == len(DOCUMENTS) + len(CALLS) - len(ONCE)


def test_a_repository_and_its_policy_are_one_resource():
    made = call(REGISTRY, "ecr", "create-repository", {"repositoryName": "app"})
    policy = changed(f.REPOSITORY_POLICY, REGISTRY, "app", policies.same_account(), None)
    [template] = read(snippet((made, policy), "cloudformation", REGION))
    properties = {"RepositoryName": "app", "RepositoryPolicyText": policies.same_account()}
    assert template["Resources"] == {"AppRepository": {"Type": "AWS::ECR::Repository", "Properties": properties}}


def test_what_is_there_already_stays_where_its_stack_goes():
    def policy(name: str) -> object:
        [template] = read(snippet((EVERYTHING[name],), "cloudformation", REGION))
        [found] = template["Resources"].values()
        return found.get("DeletionPolicy")

    assert {name: policy(name) for name in ("repository", "registry", "trust")} == dict.fromkeys(
        ("repository", "registry", "trust"), "Retain"
    )
    assert {policy(name) for name in ("new managed", "a repository", "a role")} == {None}


def test_what_is_not_known_is_a_parameter():
    [template] = read(snippet((DOCUMENTS["endpoint"],), "cloudformation", REGION))
    assert template["Parameters"]["LambdaVPCEndpointVpcId"]["Type"] == "AWS::EC2::VPC::Id"
    properties = template["Resources"]["LambdaVPCEndpoint"]["Properties"]
    assert properties["VpcId"] == {"Ref": "LambdaVPCEndpointVpcId"}
    assert properties["ServiceName"] == f"com.amazonaws.{REGION}.lambda"


@given(DATA)
def test_data_is_read_as_itself(data):
    assert read(f"a:{block({'b': data}, '  ')}\n") == [{"a": {"b": data}}]
