"""CreateFunction: what a new function looks like, and every way in which Lambda refuses one."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.embedded.state.blobs import digest_of
from labkit.image.format.image import Image
from labkit.image.format.manifest import DOCKER_MANIFEST, OCI_INDEX
from labkit.pull import policies
from tests.embedded.lab_of_tests import PATIENTLY, REGISTRY, ROLE, WORKLOAD, Lab, refusal, unique

HOST = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com"
ASSUME = "The role defined for the function cannot be assumed by Lambda."
INVALID = "InvalidParameterValueException"


@pytest.fixture(scope="module")
def uri(lab: Lab, image: Image) -> str:
    return lab.repository("create/shared", image)


@pytest.fixture
def name() -> str:
    return unique("create")


def created(lab: Lab, name: str, uri: str, **more: Any) -> dict[str, Any]:
    answer = lab.create("registry", name, uri, **more)
    lab.client("registry", "lambda").delete_function(FunctionName=name)
    return answer


def refused(lab: Lab, name: str, uri: str = f"{HOST}/never/looked-at:1", **more: Any) -> tuple[str, int, str]:
    """What CreateFunction answers to the article's request with these changes; None leaves a member out."""
    request = {"FunctionName": name, "Role": lab.role("registry"), "PackageType": "Image", "Code": {"ImageUri": uri}}
    params = {key: value for key, value in {**request, **more}.items() if value is not None}
    answer = refusal(lab.client("registry", "lambda").create_function, **params)
    assert refusal(lab.client("registry", "lambda").get_function, FunctionName=name)[0] == "ResourceNotFoundException"
    return answer


# -- What is made --------------------------------------------------------------------------------------------------


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_a_new_function_is_pending_and_has_the_shape_of_an_image_function(lab: Lab, name: str, uri: str, image: Image):
    answer = created(lab, name, uri)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", answer.pop("LastModified"))
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.pop("RevisionId"))
    assert answer == {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:{name}",
        "Role": f"arn:aws:iam::{REGISTRY}:role/{ROLE}",
        "CodeSize": 0,
        "CodeSha256": image.digest.removeprefix("sha256:"),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": "$LATEST",
        "PackageType": "Image",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_a_function_becomes_active_and_shows_its_image_by_digest(lab: Lab, name: str, uri: str, image: Image):
    lambda_ = lab.active("registry", name, uri, Tags={"lab": "yes"})
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=PATIENTLY)
    answer = lambda_.get_function(FunctionName=name)
    assert answer["Configuration"]["State"] == "Active"
    assert answer["Configuration"]["LastUpdateStatus"] == "Successful"
    assert "StateReason" not in answer["Configuration"]
    assert answer["Code"] == {
        "RepositoryType": "ECR",
        "ImageUri": uri,
        "ResolvedImageUri": f"{uri.rpartition(':')[0]}@{image.digest}",
    }
    assert answer["Tags"] == {"lab": "yes"}
    configuration = lambda_.get_function_configuration(FunctionName=name)
    assert configuration["CodeSha256"] == image.digest.removeprefix("sha256:")


def test_an_image_can_be_named_by_its_digest(lab: Lab, name: str, uri: str, image: Image):
    by_digest = f"{uri.rpartition(':')[0]}@{image.digest}"
    lambda_ = lab.active("registry", name, by_digest)
    code = lambda_.get_function(FunctionName=name)["Code"]
    assert code["ImageUri"] == code["ResolvedImageUri"] == by_digest


def test_what_was_chosen_is_shown(lab: Lab, name: str, uri: str):
    chosen: dict[str, Any] = {
        "Description": "greets",
        "Timeout": 900,
        "MemorySize": 10_240,
        "Architectures": ["arm64"],
        "EphemeralStorage": {"Size": 10_240},
        "Environment": {"Variables": {"NAME": "value"}},
        "ImageConfig": {"Command": ["other.handler"]},
    }
    answer = created(lab, name, uri, **chosen, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert answer["ImageConfigResponse"] == {"ImageConfig": chosen.pop("ImageConfig")}
    assert {key: answer[key] for key in chosen} == chosen


# -- What is refused -----------------------------------------------------------------------------------------------


@pytest.mark.aws("hashicorp/terraform #27963, aws-sdk-go #3736, aws-cdk #24648", "high")
def test_a_missing_tag_digest_or_repository_does_not_exist(lab: Lab, name: str, uri: str):
    repository = uri.rpartition(":")[0]
    for missing in (f"{repository}:9.9", f"{repository}@{digest_of(b'none')}", f"{HOST}/no/such-repository:0.0.1"):
        text = f"Source image {missing} does not exist. Provide a valid source image."
        assert refused(lab, name, missing) == (INVALID, 400, text)


@pytest.mark.parametrize(
    "wrong",
    [
        f"{HOST}/create/shared",
        "lambda-same-account:0.0.1",
        "public.ecr.aws/lambda/python:3.12",
        "docker.io/library/python:3.12",
        f"{REGISTRY}.dkr.ecr.eu-west-1.amazonaws.com/create/shared:0.0.1",
        f"{REGISTRY}.dkr.ecr-fips.eu-central-1.amazonaws.com/create/shared:0.0.1",
        f"{HOST}/create/shared@sha256:abc",
        "",
    ],
)
@pytest.mark.aws(
    "hashicorp/terraform #27963, grafana/loki #7218; the text for another region: binxio/cfn-ses-provider #27", "medium"
)
def test_a_uri_that_is_none_of_ecr_in_this_region_is_not_valid(lab: Lab, name: str, wrong: str):
    text = f"Source image {wrong} is not valid. Provide a valid source image."
    assert refused(lab, name, wrong) == (INVALID, 400, text)


@pytest.mark.aws("aws-lambda-roadmap #82, docker/buildx #1533", "high")
def test_an_index_is_not_supported(lab: Lab, name: str, image: Image):
    uri = lab.repository(name, image)
    entry = {"mediaType": DOCKER_MANIFEST, "size": len(image.manifest), "digest": image.digest}
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]})
    lab.client("registry", "ecr").put_image(repositoryName=name, imageManifest=index, imageTag="0.0.1")
    text = f"The image manifest, config or layer media type for the source image {uri} is not supported."
    assert refused(lab, name, uri) == (INVALID, 400, text)


@pytest.mark.parametrize(("part", "kind"), [("config", "application/vnd.cncf.helm.config.v1+json"), ("layers", "zstd")])
def test_an_artifact_that_is_no_image_is_not_supported(lab: Lab, name: str, image: Image, part: str, kind: str):
    uri = lab.repository(name, image)
    document = json.loads(image.manifest)
    (document[part] if part == "config" else document[part][0])["mediaType"] = kind
    lab.client("registry", "ecr").put_image(repositoryName=name, imageManifest=json.dumps(document), imageTag="0.0.1")
    assert refused(lab, name, uri)[2].endswith(f"for the source image {uri} is not supported.")


@pytest.mark.aws("hashicorp/waypoint #1292", "medium")
def test_a_role_that_does_not_exist_cannot_be_assumed(lab: Lab, name: str):
    nobody = f"arn:aws:iam::{REGISTRY}:role/Nobody"
    assert refused(lab, name, Role=nobody) == (INVALID, 400, ASSUME)


def trust(**changes: Any) -> dict[str, Any]:
    base = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    return {"Version": "2012-10-17", "Statement": [{**base, **changes}]}


TRUSTS = {
    "another service": (trust(Principal={"Service": "ec2.amazonaws.com"}), False),
    "an account only": (policies.account_trust(REGISTRY), False),
    "a deny": (trust(Effect="Deny"), False),
    "another account's functions": (trust(Condition={"StringEquals": {"aws:SourceAccount": WORKLOAD}}), False),
    "its own account's functions": (trust(Condition={"StringEquals": {"aws:SourceAccount": REGISTRY}}), True),
    "every function": (trust(), True),
}


@pytest.mark.parametrize("number", range(len(TRUSTS)), ids=TRUSTS)
@pytest.mark.aws("aws-sdk-js #3498, pulumi-aws-native #148", "high")
def test_the_trust_policy_decides_whether_lambda_may_assume_the_role(lab: Lab, name: str, uri: str, number: int):
    document, may = list(TRUSTS.values())[number]
    role = lab.role("registry", f"Trusts{number}", document)
    if may:
        assert created(lab, name, uri, Role=role)["Role"] == role
    else:
        assert refused(lab, name, uri, Role=role) == (INVALID, 400, ASSUME)


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_a_malformed_role_is_a_validation_error(lab: Lab, name: str):
    code, status, text = refused(lab, name, Role="r1")
    assert (code, status) == ("ValidationException", 400)
    pattern = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
    constraint = f"failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"
    assert text == f"1 validation error detected: Value 'r1' at 'role' {constraint}"


@pytest.mark.aws("aws-security-hub-findings-export #5", "high")
def test_a_caller_who_may_not_pass_the_role_is_refused(lab: Lab, name: str, uri: str):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]}
    lambda_ = lab.connect(lab.assume("registry", "MayNotPass", inline=document), "lambda")
    role = lab.role("registry")
    answer = refusal(lab.create, profile="registry", name=name, uri=uri, lambda_=lambda_)
    who = f"arn:aws:sts::{REGISTRY}:assumed-role/MayNotPass/Test"
    assert answer == (
        "AccessDeniedException",
        403,
        f"User: {who} is not authorized to perform: iam:PassRole on resource: {role} because no identity-based "
        "policy allows the iam:PassRole action",
    )


@pytest.mark.aws("aws-toolkit-azure-devops #546", "high")
def test_a_role_of_another_account_is_refused_as_such_whoever_calls(lab: Lab, name: str, uri: str):
    elsewhere = lab.role("workload")
    limited = lab.connect(lab.assume("registry", "MayCreate", "AWSLambda_FullAccess"), "lambda")
    for lambda_ in (lab.client("registry", "lambda"), limited):
        answer = refusal(lab.create, profile="registry", name=name, uri=uri, lambda_=lambda_, Role=elsewhere)
        assert answer == ("AccessDeniedException", 403, "Cross-account pass role is not allowed.")


def test_a_caller_who_may_not_create_functions_is_refused(lab: Lab, name: str, uri: str):
    lambda_ = lab.connect(lab.assume("registry", "MayNothing"), "lambda")
    code, status, text = refusal(lab.create, profile="registry", name=name, uri=uri, lambda_=lambda_)
    assert (code, status) == ("AccessDeniedException", 403)
    assert f"lambda:CreateFunction on resource: arn:aws:lambda:eu-central-1:{REGISTRY}:function:{name}" in text


@pytest.mark.aws("public logs of tools", "high")
def test_a_name_is_given_once(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri)
    answer = refusal(lab.create, profile="registry", name=name, uri=uri)
    assert answer == ("ResourceConflictException", 409, f"Function already exist: {name}")


@pytest.mark.parametrize(
    "more", [{"Runtime": "python3.12"}, {"Handler": "lambda_function.handler"}, {"Layers": ["arn:aws:lambda:x"]}]
)
@pytest.mark.aws("pulumi-aws #5439", "high")
def test_an_image_brings_its_own_runtime_and_handler(lab: Lab, name: str, more: dict[str, Any]):
    if "Layers" in more:
        more = {"Layers": [f"arn:aws:lambda:eu-central-1:{REGISTRY}:layer:l:1"]}
    text = "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
    assert refused(lab, name, **more) == (INVALID, 400, text)


@pytest.mark.parametrize("kind", [None, "Zip"])
@pytest.mark.aws("boto3 #2705", "high")
def test_a_zip_function_names_runtime_and_handler(lab: Lab, name: str, kind: str | None):
    text = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    assert refused(lab, name, PackageType=kind) == (INVALID, 400, text)


@pytest.mark.aws("boto3 #2705", "high")
def test_a_zip_function_is_not_made_from_an_image(lab: Lab, name: str):
    answer = refused(lab, name, PackageType="Zip", Runtime="python3.12", Handler="a.b")
    assert answer == (INVALID, 400, "Please provide a source for function code.")


@pytest.mark.differs("functions are made of zip files as well", "the lab is about images")
def test_a_real_zip_function_is_refused_and_told_why(lab: Lab, name: str):
    answer = refused(lab, name, PackageType="Zip", Runtime="python3.12", Handler="a.b", Code={"ZipFile": b"PK"})
    assert answer[:2] == (INVALID, 400)
    assert "image functions only" in answer[2]


def test_an_image_function_needs_an_image(lab: Lab, name: str):
    assert refused(lab, name, Code={}) == (INVALID, 400, "Please provide a source for function code.")


@pytest.mark.parametrize(
    ("more", "where", "bound"),
    [
        ({"Timeout": 901}, "timeout", "value less than or equal to 900"),
        ({"MemorySize": 10_241}, "memorySize", "value less than or equal to 10240"),
        ({"EphemeralStorage": {"Size": 10_241}}, "ephemeralStorage.size", "value less than or equal to 10240"),
        ({"Architectures": ["x86_64", "arm64"]}, "architectures", "length less than or equal to 1"),
        ({"Description": "d" * 257}, "description", "length less than or equal to 256"),
    ],
)
def test_quotas_are_validation_errors(lab: Lab, name: str, more: dict[str, Any], where: str, bound: str):
    code, status, text = refused(lab, name, **more)
    assert (code, status) == ("ValidationException", 400)
    assert f"at '{where}' failed to satisfy constraint: Member must have {bound}" in text


def test_a_name_above_64_characters_is_refused_in_the_words_of_a_validation_error(lab: Lab):
    answer = refusal(lab.create, profile="registry", name="n" * 65, uri=f"{HOST}/a:1")
    constraint = "failed to satisfy constraint: Member must have length less than or equal to 64"
    text = f"1 validation error detected: Value '{'n' * 65}' at 'functionName' {constraint}"
    assert answer == (INVALID, 400, text)


@pytest.mark.aws("Lambda Developer Guide, environment variables", "high")
def test_reserved_environment_variables_are_refused(lab: Lab, name: str):
    answer = refused(lab, name, Environment={"Variables": {"AWS_REGION": "mars-1", "MINE": "1"}})
    assert answer[:2] == (INVALID, 400)
    assert answer[2].endswith("Reserved keys used in this request: AWS_REGION")


@pytest.mark.aws("Lambda Developer Guide, quotas", "high")
def test_environment_variables_have_4_kib(lab: Lab, name: str):
    answer = refused(lab, name, Environment={"Variables": {"LONG": "x" * 4100}})
    assert answer[:2] == (INVALID, 400)
    assert "exceeded the 4KB limit" in answer[2] and "xxxx" in answer[2]
    events = lab.client("registry", "cloudtrail").lookup_events()["Events"]
    assert "exceeded the 4KB limit" in str(events) and "xxxx" not in str(events)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("VpcConfig", {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}),
        ("DeadLetterConfig", {"TargetArn": "arn:aws:sqs:eu-central-1:813835382529:dead"}),
        ("KMSKeyArn", "arn:aws:kms:eu-central-1:813835382529:key/1"),
        ("SnapStart", {"ApplyOn": "PublishedVersions"}),
    ],
)
@pytest.mark.differs(
    "functions have VPCs, layers, dead-letter queues, file systems",
    "they have no part in a pull; a setting is refused rather than ignored",
)
def test_what_the_lab_does_not_do_is_refused_rather_than_ignored(lab: Lab, name: str, member: str, value: Any):
    answer = refused(lab, name, **{member: value})
    assert answer[:2] == (INVALID, 400)
    assert member in answer[2]


@pytest.mark.aws("an inference: no source tells the order", "low")
def test_the_permission_is_looked_at_before_the_image(lab: Lab, name: str, image: Image):
    lambda_ = lab.connect(lab.assume("registry", "Limited", "AWSLambda_FullAccess"), "lambda")
    lab.repository(name)
    push(lab.client("registry", "ecr"), name, "there", image)
    answers = {
        refusal(lab.create, profile="registry", name=name, uri=f"{HOST}/{where}", lambda_=lambda_)
        for where in (f"{name}:there", f"{name}:not-there", "no-such-repository:1")
    }
    assert len(answers) == 1
    assert answers.pop()[:2] == ("AccessDeniedException", 403)
