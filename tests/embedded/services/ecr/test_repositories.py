"""Repositories, other accounts' registries and login tokens through boto3, with AWS's codes and texts."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from labkit.aws.images import pull
from labkit.image.format.image import Image
from labkit.pull import policies
from tests.embedded.conftest import Cloud, MovedClock, session_keys
from tests.embedded.lab_of_tests import ACCOUNTS, REGISTRY, WORKLOAD, Lab, refusal


def missing(name: str, account: str = REGISTRY) -> tuple[str, int, str]:
    text = f"The repository with name '{name}' does not exist in the registry with id '{account}'"
    return "RepositoryNotFoundException", 400, text


# -- Repositories --------------------------------------------------------------------------------------------------


def test_a_repository_has_the_article_s_address(ecr: Any, name: str):
    made = ecr.create_repository(repositoryName=name)["repository"]
    assert made["repositoryUri"] == f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/{name}"
    assert made["repositoryArn"] == f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/{name}"
    assert ecr.describe_repositories(repositoryNames=[name])["repositories"] == [made]


def test_a_repository_is_made_once(ecr: Any, repository: str):
    code, status, _ = refusal(ecr.create_repository, repositoryName=repository)
    assert (code, status) == ("RepositoryAlreadyExistsException", 400)


@pytest.mark.parametrize("wrong", ["Upper", "-dash", "a//b", "a" * 257])
def test_a_name_that_ecr_does_not_take_is_refused(ecr: Any, wrong: str):
    code, status, _ = refusal(ecr.create_repository, repositoryName=wrong)
    assert (code, status) == ("InvalidParameterException", 400)


def test_what_is_not_there_is_called_not_found(ecr: Any, name: str):
    for call, more in (
        (ecr.get_repository_policy, {}),
        (ecr.delete_repository, {}),
        (ecr.initiate_layer_upload, {}),
        (ecr.describe_images, {}),
        (ecr.put_image, {"imageManifest": "{}"}),
    ):
        assert refusal(call, repositoryName=name, **more) == missing(name)


def test_a_repository_with_images_is_deleted_by_force_only(lab: Lab, ecr: Any, name: str, image: Image):
    lab.repository(name, image)
    code, status, text = refusal(ecr.delete_repository, repositoryName=name)
    assert (code, status) == ("RepositoryNotEmptyException", 400)
    assert text.endswith("cannot be deleted because it still contains images")
    ecr.delete_repository(repositoryName=name, force=True)
    assert refusal(ecr.describe_images, repositoryName=name) == missing(name)
    ecr.create_repository(repositoryName=name)
    assert ecr.describe_images(repositoryName=name)["imageDetails"] == []


def test_repositories_carry_tags(ecr: Any, name: str):
    tags = [{"Key": "lab", "Value": "yes"}]
    arn = ecr.create_repository(repositoryName=name, tags=tags)["repository"]["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "more", "Value": "1"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["lab"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "more", "Value": "1"}]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:ecr:eu-west-1:813835382529:repository/{}", "RepositoryNotFoundException"),
        ("arn:aws:ecr:eu-central-1:813835382529:repository/{}-not", "RepositoryNotFoundException"),
        ("arn:aws-cn:ecr:eu-central-1:813835382529:repository/{}", "RepositoryNotFoundException"),
        ("arn:aws:lambda:eu-central-1:813835382529:function:{}", "InvalidParameterException"),
        ("{}", "InvalidParameterException"),
    ],
)
def test_tags_are_given_to_the_very_repository_that_the_arn_names(ecr: Any, repository: str, arn: str, code: str):
    tags = [{"Key": "lab", "Value": "yes"}]
    assert refusal(ecr.tag_resource, resourceArn=arn.format(repository), tags=tags)[0] == code
    right = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/{repository}"
    assert ecr.list_tags_for_resource(resourceArn=right)["tags"] == []


def tagged(number: int, first: int = 0) -> list[dict[str, str]]:
    return [{"Key": f"key-{each}", "Value": "v"} for each in range(first, first + number)]


TAGS: dict[str, tuple[list[dict[str, str]], str | None]] = {
    "fifty": (tagged(50), None),
    "fifty-one": (tagged(51), "TooManyTagsException"),
    "one beyond the fifty with those that are there": (tagged(31, first=20), "TooManyTagsException"),
    "as many again, with other values": ([{**each, "Value": "w"} for each in tagged(20)], None),
    "a key of 128 characters": ([{"Key": "k" * 128, "Value": "v" * 256}], None),
    "a key that is too long": ([{"Key": "k" * 129, "Value": "v"}], "InvalidTagParameterException"),
    "a key of nothing": ([{"Key": "", "Value": "v"}], "InvalidTagParameterException"),
    "a value that is too long": ([{"Key": "k", "Value": "v" * 257}], "InvalidTagParameterException"),
    "a key that AWS keeps for itself": ([{"Key": "aws:k", "Value": "v"}], "InvalidTagParameterException"),
}


@pytest.mark.parametrize(("tags", "code"), TAGS.values(), ids=TAGS)
@pytest.mark.aws("ECR API Reference, TagResource", "high")
def test_a_repository_has_at_most_fifty_tags(ecr: Any, name: str, tags: list[dict[str, str]], code: str | None):
    made = ecr.create_repository(repositoryName=name, tags=tagged(20))["repository"]
    call = {"resourceArn": made["repositoryArn"], "tags": tags}
    if code is None:
        ecr.tag_resource(**call)
    else:
        assert refusal(ecr.tag_resource, **call)[:2] == (code, 400)
        if len(tags) != 31:
            assert refusal(ecr.create_repository, repositoryName=f"{name}-2", tags=tags)[0] == code
    found = {each["Key"] for each in ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]}
    assert found == {each["Key"] for each in tagged(20) + (tags if code is None else [])}
    assert [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]] == [name]


def test_a_repository_made_anew_has_no_tags_and_no_policy_of_the_old_one(lab: Lab, ecr: Any, name: str):
    arn = ecr.create_repository(repositoryName=name, tags=tagged(1))["repository"]["repositoryArn"]
    lab.allow(name, policies.same_account())
    ecr.delete_repository(repositoryName=name)
    ecr.create_repository(repositoryName=name)
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == []
    assert refusal(ecr.get_repository_policy, repositoryName=name)[0] == "RepositoryPolicyNotFoundException"


SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing said": (
        {},
        {
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        },
    ),
    "all said": (
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/mine"},
        },
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/mine"},
        },
    ),
}


@pytest.mark.parametrize(("asked", "shown"), SHAPES.values(), ids=SHAPES)
def test_a_repository_shows_what_it_was_made_with(
    ecr: Any, name: str, clock: MovedClock, asked: dict[str, Any], shown: dict[str, Any]
):
    made = ecr.create_repository(repositoryName=name, **asked)["repository"]
    assert made == {
        "repositoryArn": f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/{name}",
        "registryId": REGISTRY,
        "repositoryName": name,
        "repositoryUri": f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/{name}",
        "createdAt": clock.now(),
        **shown,
    }
    assert ecr.delete_repository(repositoryName=name)["repository"] == made


def test_kms_without_a_key_is_aws_s_own_key_of_the_region(ecr: Any, lab: Lab, name: str):
    kms = {"encryptionType": "KMS"}
    keys = [
        each.create_repository(repositoryName=name, encryptionConfiguration=kms)["repository"]
        for each in (ecr, lab.client("workload", "ecr"))
    ]
    keys.append(ecr.create_repository(repositoryName=f"{name}-2", encryptionConfiguration=kms)["repository"])
    first, other_account, second = (each["encryptionConfiguration"]["kmsKey"] for each in keys)
    assert first == second
    assert first.startswith(f"arn:aws:kms:eu-central-1:{REGISTRY}:key/")
    assert other_account.startswith(f"arn:aws:kms:eu-central-1:{WORKLOAD}:key/")


FILTERS = [{"filterType": "WILDCARD", "filter": "dev-*"}]
MODES: dict[str, tuple[dict[str, Any], bool]] = {
    "a mode with exclusions and filters": (
        {"imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": FILTERS},
        True,
    ),
    "a mode with exclusions and none": ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, False),
    "filters and a mode without": (
        {"imageTagMutability": "IMMUTABLE", "imageTagMutabilityExclusionFilters": FILTERS},
        False,
    ),
    "a mode that does not exist": ({"imageTagMutability": "SOMETIMES"}, False),
    "two wildcards in a filter": (
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "*-dev-*"}],
        },
        True,
    ),
    "three wildcards in a filter": (
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "*-*-*"}],
        },
        False,
    ),
    "six filters": (
        {"imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": FILTERS * 6},
        False,
    ),
}


@pytest.mark.parametrize(("mode", "taken"), MODES.values(), ids=MODES)
def test_filters_go_with_the_modes_that_are_named_for_them(
    ecr: Any, repository: str, mode: dict[str, Any], taken: bool
):
    call = ecr.put_image_tag_mutability
    if taken:
        answer = call(repositoryName=repository, **mode)
        assert {name: answer[name] for name in mode} == mode
    else:
        assert refusal(call, repositoryName=repository, **mode)[:2] == ("InvalidParameterException", 400)
        assert refusal(ecr.create_repository, repositoryName="other", **mode)[:2] == ("InvalidParameterException", 400)
    (found,) = ecr.describe_repositories()["repositories"]
    assert found["imageTagMutability"] == (mode["imageTagMutability"] if taken else "MUTABLE")


def test_a_registry_replicates_nothing(ecr: Any):
    answer = ecr.describe_registry()
    assert answer["registryId"] == REGISTRY
    assert answer["replicationConfiguration"] == {"rules": []}


# -- Another account's registry ------------------------------------------------------------------------------------


@pytest.mark.aws("IAM User Guide, cross-account policy evaluation", "high")
def test_registry_id_acts_in_the_owners_account_once_its_policy_allows(lab: Lab, ecr: Any, name: str, image: Image):
    lab.repository(name, image)
    theirs = lab.client("workload", "ecr")
    wanted = {"registryId": REGISTRY, "repositoryName": name}
    ids = [{"imageTag": "0.0.1"}]
    code, status, text = refusal(theirs.batch_get_image, **wanted, imageIds=ids)
    assert (code, status) == ("AccessDeniedException", 400)
    assert text == (
        f"User: arn:aws:iam::{WORKLOAD}:user/admin is not authorized to perform: ecr:BatchGetImage on resource: "
        f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/{name} because no resource-based policy allows the "
        "ecr:BatchGetImage action"
    )
    lab.allow(name, policies.cross_account(WORKLOAD))
    assert theirs.batch_get_image(**wanted, imageIds=ids)["images"][0]["registryId"] == REGISTRY
    assert pull(theirs, REGISTRY, name, "0.0.1").digest == image.digest
    assert refusal(theirs.initiate_layer_upload, **wanted)[0] == "AccessDeniedException"
    assert refusal(theirs.describe_images, repositoryName=name) == missing(name, WORKLOAD)


def test_the_organization_policy_decides_who_can_pull(lab: Lab, name: str, image: Image):
    lab.repository(name, image)
    lab.allow(name, policies.organization("o-lambdaecrlab"))
    may = {}
    for profile in ACCOUNTS:
        call = lab.client(profile, "ecr").batch_get_image
        try:
            call(registryId=REGISTRY, repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])
            may[profile] = True
        except lab.client(profile, "ecr").exceptions.ClientError:
            may[profile] = False
    members = {"registry", "workload", "management", "development"}
    assert may == {profile: profile in members for profile in ACCOUNTS}


# -- Login tokens --------------------------------------------------------------------------------------------------


def test_a_login_token_is_different_each_time_and_kept_as_a_fingerprint_only(lab: Lab, ecr: Any, cloud: Cloud):
    answers = [ecr.get_authorization_token()["authorizationData"][0] for _ in range(2)]
    logins = [base64.b64decode(each["authorizationToken"]).decode() for each in answers]
    assert all(login.startswith("AWS:") and len(login) > 100 for login in logins)
    assert logins[0] != logins[1]
    assert {each["proxyEndpoint"] for each in answers} == {cloud.embedded.endpoint}
    assert len(cloud.embedded.database.all("SELECT * FROM login_token")) == 2
    files = [path for path in lab.home.rglob("*") if path.is_file()]
    assert cloud.home.database in files
    for path in files:
        assert logins[0].removeprefix("AWS:").encode() not in path.read_bytes(), path


def test_a_role_s_login_token_keeps_no_secret_of_its_session(lab: Lab, cloud: Cloud):
    lab.role("registry", "pusher", policies.account_trust(REGISTRY))
    got = lab.client("registry", "sts").assume_role(
        RoleArn=f"arn:aws:iam::{REGISTRY}:role/pusher", RoleSessionName="ci"
    )["Credentials"]
    allow = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    lab.client("registry", "iam").put_role_policy(
        RoleName="pusher", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    cloud.client(session_keys(got), "ecr").get_authorization_token()
    (kept,) = cloud.embedded.database.all("SELECT * FROM login_token")
    assert json.loads(kept["session"])["arn"].endswith("assumed-role/pusher/ci")
    assert got["SecretAccessKey"] not in kept["session"]
    assert got["SessionToken"] not in kept["session"]
