"""ARNs taken apart, partitions, and the hosts of registries."""

import pytest

from labkit.errors import UsageError
from labkit.iam.arn import RegistryHost, account_of, parse, partition_of, split

A = "813835382529"


@pytest.mark.parametrize(
    ("text", "resource_type", "resource_id", "name"),
    [
        (f"arn:aws:iam::{A}:role/Deployer", "role", "Deployer", "Deployer"),
        (f"arn:aws:iam::{A}:role/team/Deployer", "role", "team/Deployer", "Deployer"),
        (f"arn:aws:iam::{A}:root", "root", "", "root"),
        (f"arn:aws:sts::{A}:assumed-role/Deployer/me", "assumed-role", "Deployer/me", "me"),
        (f"arn:aws:ecr:eu-central-1:{A}:repository/lab/app", "repository", "lab/app", "app"),
        (f"arn:aws:lambda:eu-central-1:{A}:function:f:prod", "function", "f:prod", "f:prod"),
        ("arn:aws:iam::aws:policy/job-function/Billing", "policy", "job-function/Billing", "Billing"),
    ],
)
def test_a_resource_has_a_type_and_a_name(text, resource_type, resource_id, name):
    arn = parse(text)
    assert (arn.resource_type, arn.resource_id, arn.name) == (resource_type, resource_id, name)
    assert str(arn) == text


@pytest.mark.parametrize("text", ["", "arn:aws:iam", "f", f"aws:aws:iam::{A}:root:"])
def test_what_is_no_arn(text):
    assert split(text) is None
    assert account_of(text) is None
    with pytest.raises(UsageError, match="is not an ARN"):
        parse(text)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso")],
)
def test_a_region_is_in_one_partition(region, partition):
    assert partition_of(region).name == partition


@pytest.mark.parametrize(
    ("text", "partition", "region"),
    [
        (f"{A}.dkr.ecr.eu-central-1.amazonaws.com", "aws", "eu-central-1"),
        (f"{A}.dkr.ecr.cn-north-1.amazonaws.com.cn", "aws-cn", "cn-north-1"),
        (f"{A}.dkr.ecr.us-gov-west-1.amazonaws.com", "aws-us-gov", "us-gov-west-1"),
        (f"{A}.dkr-ecr.eu-central-1.on.aws", "aws", "eu-central-1"),
        (f"{A}.dkr-ecr.us-gov-west-1.on.aws", "aws-us-gov", "us-gov-west-1"),
        (f"{A}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "aws-cn", "cn-north-1"),
        (f"{A}.dkr.ecr-fips.us-east-1.amazonaws.com", "aws", "us-east-1"),
        (f"{A}.dkr-ecr-fips.us-east-1.on.aws", "aws", "us-east-1"),
    ],
)
def test_a_registry_is_one_by_whichever_door(text, partition, region):
    host = RegistryHost.parse(text)
    assert str(host) == text
    assert host.repository_arn("lab/app") == f"arn:{partition}:ecr:{region}:{A}:repository/lab/app"


@pytest.mark.parametrize(
    "text",
    [
        "public.ecr.aws",
        "docker.io",
        f"{A}.dkr.ecr.eu-central-1.amazonaws.com.cn",
        f"{A}.dkr.ecr.cn-north-1.amazonaws.com",
        f"{A}.dkr-ecr.eu-central-1.amazonaws.com",
        f"{A}.dkr.ecr.eu-central-1.on.aws",
        f"{A}.dkr-ecr.us-iso-east-1.",
        f"{A}.dkr.ecr.eu-central-1.amazonaws.com.evil.example",
        "123.dkr.ecr.eu-central-1.amazonaws.com",
        "",
    ],
)
def test_what_is_no_registry(text):
    assert RegistryHost.parse(text) is None
