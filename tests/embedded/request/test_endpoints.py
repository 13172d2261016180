"""A profile's own calls go as if through a VPC endpoint; nothing of Lambda's ever does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.request import endpoints
from labkit.errors import UsageError
from tests.embedded.conftest import Cloud
from tests.embedded.request.callers import ACCOUNT, Caller, allow, policy, refusal

VPCE = "vpce-0123456789abcdef0"
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
NO_ENDPOINT_POLICY = "because no VPC endpoint policy allows the {0} action"

#: Case 44: the policy of AWS's samples for an endpoint of ecr.api.
OF_AWS_SAMPLES = [
    {
        **EVERYONE,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab", "aws:ResourceOrgID": "o-lambdaecrlab"}},
    },
    {**EVERYONE, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}},
]


def through(cloud: Cloud, *statements: dict[str, Any], service: str = "ecr", **ids: str) -> None:
    text = policy(*statements) if statements else None
    endpoints.settle(cloud.embedded, {"profile": "workload", "service": service, "policy": text, **ids})


def test_an_endpoints_policy_limits_the_calls_of_its_account_to_its_service(cloud: Cloud):
    through(cloud, {**EVERYONE, "Action": "ecr:ListImages"})
    ecr = cloud.client("workload", "ecr")
    assert NO_ENDPOINT_POLICY.format("ecr:CreateRepository") in refusal(ecr.create_repository, repositoryName="mine")[2]
    caller = Caller(cloud, allow(["iam:*", "ecr:*"]))
    assert caller.client("iam").list_users()["Users"], "IAM is not called through it"
    assert "VPC endpoint policy" in refusal(caller.client("ecr").describe_repositories)[2]
    assert cloud.client("registry", "ecr").describe_repositories()["repositories"] == []
    through(cloud)
    assert ecr.create_repository(repositoryName="mine")["repository"]


def test_the_policy_of_awss_samples_lets_the_organization_call_itself_and_nobody_else(cloud: Cloud):
    through(cloud, *OF_AWS_SAMPLES)
    ecr = cloud.client("workload", "ecr")
    assert ecr.create_repository(repositoryName="mine")["repository"]
    outside = cloud.embedded.settings.accounts["outsider"]
    assert "endpoint policy" in refusal(ecr.list_images, registryId=outside, repositoryName="theirs")[2]


KEYS = [
    ({"StringEquals": {"aws:SourceVpce": VPCE}}, {"vpce": VPCE}, True),
    ({"StringEquals": {"aws:SourceVpce": VPCE}}, {}, False),
    ({"StringNotEquals": {"aws:SourceVpce": VPCE}}, {}, False),
    ({"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}, {"vpc": "vpc-0123456789abcdef0"}, True),
    ({"Null": {"aws:SourceIp": "true"}}, {}, True),
    ({"Null": {"aws:VpcSourceIp": "true"}}, {}, False),
]


@pytest.mark.parametrize(("condition", "ids", "holds"), KEYS)
def test_of_an_endpoint_is_known_what_was_told(
    cloud: Cloud, condition: dict[str, Any], ids: dict[str, str], holds: bool
):
    through(cloud, EVERYONE, **ids)
    ecr = Caller(cloud, allow("ecr:DescribeRepositories", Condition=condition)).client("ecr")
    if holds:
        assert ecr.describe_repositories()["repositories"] == []
    else:
        assert refusal(ecr.describe_repositories)[0] == "AccessDeniedException"


@pytest.mark.aws("re:Post, two who tested it", "medium")
def test_lambda_passes_no_endpoint_with_the_callers_credentials_nor_as_itself(cloud: Cloud):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="theirs")
    both = {"Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
    ecr.set_repository_policy(repositoryName="theirs", policyText=policy(both))
    through(cloud, {**EVERYONE, "Effect": "Deny"})
    caller = Caller(cloud, allow(["lambda:*", "iam:PassRole", "ecr:*"]))
    pulled = {"registryId": "813835382529", "repositoryName": "theirs", "imageIds": [{"imageTag": "1"}]}
    assert (
        "with an explicit deny in a VPC endpoint policy" in refusal(caller.client("ecr").batch_get_image, **pulled)[2]
    )
    image = {"ImageUri": "813835382529.dkr.ecr.eu-central-1.amazonaws.com/theirs:1"}
    function = {
        "FunctionName": "f",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/Caller",
        "PackageType": "Image",
        "Code": image,
    }
    assert "does not exist" in refusal(caller.client("lambda").create_function, **function)[2], "it may be pulled"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"profile": "nobody"}, "no profile named 'nobody'"),
    ({"service": "s3"}, "not for 's3'"),
    ({"vpce": "x"}, "'x' is no id such as vpce-"),
    ({"policy": "{"}, "the policy of a VPC endpoint. The text is not JSON: "),
    ({"policy": json.dumps({"Version": "2012-10-17", "Statement": [allow("ecr:*")]})}, "AWS would not take this"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_what_cannot_be_an_endpoint_is_one_sentence_and_changes_nothing(
    cloud: Cloud, wrong: dict[str, Any], sentence: str
):
    through(cloud, EVERYONE, vpce=VPCE)
    before = endpoints.settled(cloud.embedded)
    source = {"profile": "workload", "service": "ecr", "policy": policy(EVERYONE), **wrong}
    with pytest.raises(UsageError, match=sentence):
        endpoints.settle(cloud.embedded, source)
    assert endpoints.settled(cloud.embedded) == before
