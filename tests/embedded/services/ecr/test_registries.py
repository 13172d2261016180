"""Registry policies and account settings through the ECR API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.image.format.image import Image
from labkit.pull import policies
from tests.embedded.conftest import REGION, Cloud
from tests.embedded.lab_of_tests import PULL_DENIED, REGISTRY, WORKLOAD, Lab, refusal
from tests.embedded.registry_client import HOST, Registry

HEAD = "Invalid parameter at 'PolicyText' failed to satisfy constraint: "
NOT_A_POLICY = ("InvalidParameterException", 400, f"{HEAD}'Invalid registry policy provided'")
NO_PRINCIPAL = ("InvalidParameterException", 400, f"{HEAD}'Principal not found'")
MISSING = (
    "RegistryPolicyNotFoundException",
    400,
    f"Registry policy does not exist in the registry with id '{REGISTRY}'",
)
PULLER = f"arn:aws:iam::{WORKLOAD}:role/puller"


def document(**elements: Any) -> str:
    """A registry policy of one statement; an element that is None is left out."""
    statement = {
        "Sid": "replicas",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{WORKLOAD}:root"},
        "Action": ["ecr:ReplicateImage"],
        "Resource": [f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/*"],
        **elements,
    }
    left = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [left]})


TAKEN = {
    "one statement with Principal and Resource": document(),
    "any action of ECR: scope V2": document(Action=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource="*"),
    "all actions, for a service": document(Principal={"Service": "lambda.amazonaws.com"}, Action="ecr:*"),
    "everybody of an organization": document(
        Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}
    ),
    "an ARN that matches nothing (containers-roadmap #2675)": document(Resource="arn:aws:us-east-2:repository/x"),
    "an ARN of another service": document(Resource="arn:aws:s3:::bucket"),
}
REFUSED = {
    "a repository's policy: Resource is missing": document(Resource=None),
    "an action of another service": document(Action="s3:GetObject"),
    "no principal": document(Principal=None),
    "an account that does not exist": document(Principal={"AWS": "999999999999"}),
    "no JSON": "{",
    "no policy": "{}",
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_a_registry_policy_is_stored(ecr: Any, text: str):
    shown = ecr.put_registry_policy(policyText=text)
    assert shown["registryId"] == REGISTRY
    got = ecr.get_registry_policy()
    assert got["policyText"] == shown["policyText"]
    statement = json.loads(got["policyText"])["Statement"][0]
    assert {"Sid", "Effect", "Principal", "Action", "Resource"} <= statement.keys()


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
@pytest.mark.aws("terraform-provider-aws #40828", "high")
def test_what_is_no_registry_policy_is_refused_in_ecr_s_words(ecr: Any, text: str):
    assert refusal(ecr.put_registry_policy, policyText=text) == NOT_A_POLICY
    assert refusal(ecr.get_registry_policy) == MISSING


@pytest.mark.aws("Amazon ECR User Guide, registry permissions", "high")
def test_a_registry_policy_has_at_most_10240_characters(ecr: Any):
    room = 10_240 - len(document(Sid=""))
    ecr.put_registry_policy(policyText=document(Sid="a" * room))
    assert refusal(ecr.put_registry_policy, policyText=document(Sid="a" * (room + 1)))[0] == "InvalidParameterException"


@pytest.mark.aws("terraform-provider-aws #40933", "high")
def test_there_is_one_registry_policy_in_an_account_and_region(cloud: Cloud, ecr: Any):
    ecr.put_registry_policy(policyText=document(Sid="first"))
    ecr.put_registry_policy(policyText=document(Sid="second"))
    text = ecr.get_registry_policy()["policyText"]
    assert json.loads(text)["Statement"][0]["Sid"] == "second"
    elsewhere = cloud.client("registry", "ecr", "eu-west-1")
    assert refusal(elsewhere.get_registry_policy) == MISSING
    assert refusal(cloud.client("workload", "ecr").get_registry_policy)[0] == MISSING[0]
    assert ecr.delete_registry_policy() | {"ResponseMetadata": None} == {
        "registryId": REGISTRY,
        "policyText": text,
        "ResponseMetadata": None,
    }
    assert refusal(ecr.get_registry_policy) == refusal(ecr.delete_registry_policy) == MISSING


PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
HERE = f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/"
SAYS: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None, bool]] = {
    "nobody allows it": (None, None, False),
    "the registry policy allows it": ({}, None, True),
    "the repository policy allows it, the registry policy says nothing of it": (
        {"Action": "ecr:ReplicateImage"},
        {},
        True,
    ),
    "one denies what the other allows": ({"Effect": "Deny"}, {}, False),
    "the other one denies": ({}, {"Effect": "Deny"}, False),
    "an ARN that matches nothing": ({"Resource": "arn:aws:us-east-2:repository/*"}, None, False),
    "another repository": ({"Resource": f"{HERE}other"}, None, False),
    "all repositories": ({"Resource": f"{HERE}*"}, None, True),
}


def allowing(principal: Any, **changed: Any) -> dict[str, Any]:
    return {"Sid": "pull", "Effect": "Allow", "Principal": principal, "Action": PULL, **changed}


def arrange(lab: Lab, ecr: Any, name: str, principal: Any, registry: Any, repository: Any) -> None:
    """Set the two policies, each where there is one; only the registry's has a Resource."""
    if registry is not None:
        ecr.put_registry_policy(policyText=document(**allowing(principal, **{"Resource": "*", **registry})))
    if repository is not None:
        statement = allowing(principal, **repository)
        lab.allow(name, {"Version": "2012-10-17", "Statement": [statement]})


def answers(call: Any, **params: Any) -> bool:
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False
    return True


@pytest.mark.parametrize(("registry", "repository", "allowed"), SAYS.values(), ids=SAYS)
@pytest.mark.aws("Amazon ECR User Guide, registry permissions", "high")
def test_the_registry_policy_is_a_second_resource_policy_of_ecr_s_requests(
    cloud: Cloud, lab: Lab, ecr: Any, name: str, image: Image, registry: Any, repository: Any, allowed: bool
):
    lab.repository(name, image)
    arrange(lab, ecr, name, {"AWS": WORKLOAD}, registry, repository)
    theirs = lab.client("workload", "ecr")
    call = {"registryId": REGISTRY, "repositoryName": name, "imageIds": [{"imageTag": "0.0.1"}]}
    assert answers(theirs.batch_get_image, **call) is allowed
    docker = Registry(cloud, "workload", f"{HOST.format(REGISTRY, REGION)}/{name}")
    assert docker.on("GET", "manifests/0.0.1").status == (200 if allowed else 403)


@pytest.mark.parametrize(("registry", "repository", "allowed"), SAYS.values(), ids=SAYS)
@pytest.mark.aws("Amazon ECR User Guide, registry permissions: all ECR requests", "high")
def test_the_registry_policy_has_a_say_in_lambda_s_pull(
    lab: Lab, ecr: Any, name: str, image: Image, registry: Any, repository: Any, allowed: bool
):
    uri = lab.repository(name, image)
    principal = {"Service": "lambda.amazonaws.com", "AWS": f"arn:aws:iam::{WORKLOAD}:root"}
    arrange(lab, ecr, name, principal, registry, repository)
    if allowed:
        assert lab.create("workload", "f", uri)["FunctionName"] == "f"
    else:
        assert refusal(lab.create, profile="workload", name="f", uri=uri) == ("AccessDeniedException", 403, PULL_DENIED)


def test_a_registry_policy_can_deny_its_own_account(ecr: Any, repository: str):
    text = document(Effect="Deny", Principal="*", Action="ecr:DeleteRepository", Resource="*")
    ecr.put_registry_policy(policyText=text)
    code, _, sentence = refusal(ecr.delete_repository, repositoryName=repository)
    assert code == "AccessDeniedException"
    assert sentence.endswith("with an explicit deny in a resource-based policy")
    ecr.delete_registry_policy()
    ecr.delete_repository(repositoryName=repository)


def test_principals_of_a_registry_policy_exist_and_are_bound_to_their_ids(lab: Lab, ecr: Any):
    assert refusal(ecr.put_registry_policy, policyText=document(Principal={"AWS": PULLER})) == NO_PRINCIPAL
    iam = lab.client("workload", "iam")
    trust = json.dumps(policies.account_trust(WORKLOAD))
    role = iam.create_role(RoleName="puller", AssumeRolePolicyDocument=trust)["Role"]
    ecr.put_registry_policy(policyText=document(Principal={"AWS": PULLER}))
    iam.delete_role(RoleName="puller")
    iam.create_role(RoleName="puller", AssumeRolePolicyDocument=trust)
    statement = json.loads(ecr.get_registry_policy()["policyText"])["Statement"][0]
    assert statement["Principal"] == {"AWS": role["RoleId"]}


DEFAULTS = {"BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE", "REGISTRY_POLICY_SCOPE": "V2", "BLOB_MOUNTING": "DISABLED"}
SETTABLE = [
    ("BASIC_SCAN_TYPE_VERSION", "AWS_NATIVE", True),
    ("BASIC_SCAN_TYPE_VERSION", "CLAIR", False),
    ("REGISTRY_POLICY_SCOPE", "V2", True),
    ("REGISTRY_POLICY_SCOPE", "V1", False),
    ("BLOB_MOUNTING", "ENABLED", True),
    ("BLOB_MOUNTING", "PERHAPS", False),
    ("SOMETHING_ELSE", "V2", False),
]


@pytest.mark.parametrize(("name", "value", "taken"), SETTABLE)
def test_an_account_setting_takes_the_values_of_today(ecr: Any, name: str, value: str, taken: bool):
    if taken:
        ecr.put_account_setting(name=name, value=value)
        assert ecr.get_account_setting(name=name)["value"] == value
    else:
        assert refusal(ecr.put_account_setting, name=name, value=value)[:2] == ("InvalidParameterException", 400)
    for other, default in DEFAULTS.items():
        if other != name:
            assert ecr.get_account_setting(name=other)["value"] == default


def test_a_setting_that_there_is_not_cannot_be_read(ecr: Any):
    assert refusal(ecr.get_account_setting, name="SOMETHING_ELSE")[:2] == ("InvalidParameterException", 400)
