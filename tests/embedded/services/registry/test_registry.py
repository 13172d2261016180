"""The registry at ``/v2/``: who it lets in, what it finds by which name, and that each request is an IAM action."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.registry.visits import repository_named
from labkit.pull import policies
from tests.embedded.conftest import Cloud, MovedClock, session_keys
from tests.embedded.registry_client import HOST, REGISTRY, REPOSITORY, Registry, basic, digest_of, error_of

ARN = "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-same-account"
LAYER = b"a layer"
CHALLENGE = 'Basic realm="http://127.0.0.1:1/",service="ecr.amazonaws.com"'


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    cloud.client("registry", "ecr").create_repository(repositoryName="lambda-same-account")
    return Registry(cloud)


def user_with(cloud: Cloud, profile: str, document: dict[str, Any], name: str = "reader") -> dict[str, str]:
    """The keys of a new user of this account with this policy."""
    iam = cloud.client(profile, "iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def allow(*actions: str, but: str | None = None) -> dict[str, Any]:
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
    if but:
        statements.append({"Effect": "Deny", "Action": [but], "Resource": "*"})
    return {"Version": "2012-10-17", "Statement": statements}


# -- Logging in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("made-up"),
        basic("", user=""),
        {"Authorization": "Basic not base64"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Bearer token"},
    ],
)
@pytest.mark.aws("Amazon ECR User Guide, common errors", "high")
def test_who_has_no_valid_login_is_told_how_to_log_in(cloud: Cloud, headers: dict[str, str]):
    for path in ("/v2/", f"/v2/{REPOSITORY}/manifests/0.0.1"):
        answer = cloud.send("GET", path, headers)
        assert error_of(answer) == (401, "UNAUTHORIZED", "Not Authorized")
        assert answer.headers["WWW-Authenticate"] == CHALLENGE


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
def test_who_is_logged_in_is_told_that_this_is_a_registry(registry: Registry, path: str):
    answer = registry.cloud.send("GET", path, basic(registry.token))
    assert (answer.status, answer.headers["Docker-Distribution-Api-Version"]) == (200, "registry/2.0")


def test_the_user_of_a_login_is_aws(registry: Registry):
    assert registry.cloud.send("GET", "/v2/", basic(registry.token)).status == 200
    assert registry.cloud.send("GET", "/v2/", basic(registry.token, user="aws")).status == 401


@pytest.mark.aws("botocore's model; public logs", "high")
def test_a_login_ends_after_twelve_hours_and_says_so(registry: Registry, clock: MovedClock):
    clock.move(hours=11, minutes=59)
    assert registry.send("GET", "").status == 200
    clock.move(minutes=1)
    expired = (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
    assert error_of(registry.send("GET", "")) == expired
    assert error_of(registry.on("POST", "blobs/uploads/")) == expired


def test_a_login_outlives_the_session_that_asked_for_it_but_not_its_role(cloud: Cloud, clock: MovedClock):
    iam = cloud.client("registry", "iam")
    trust = json.dumps(policies.account_trust("813835382529"))
    arn = iam.create_role(RoleName="pusher", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="pusher", PolicyName="p", PolicyDocument=json.dumps(allow("ecr:*")))
    sts = cloud.client("registry", "sts")
    session = sts.assume_role(RoleArn=arn, RoleSessionName="session", DurationSeconds=900)["Credentials"]
    cloud.client("registry", "ecr").create_repository(repositoryName="lambda-same-account")
    registry = Registry(cloud, session_keys(session))
    clock.move(hours=2)
    sts.assume_role(RoleArn=arn, RoleSessionName="another")  # on which occasion ended sessions are forgotten
    assert registry.on("GET", "tags/list").status == 200
    iam.delete_role_policy(RoleName="pusher", PolicyName="p")
    denied = error_of(registry.on("GET", "tags/list"))
    assert denied[:2] == (403, "DENIED")
    assert denied[2].startswith(
        "User: arn:aws:sts::813835382529:assumed-role/pusher/session is not authorized to perform:"
    )
    iam.delete_role(RoleName="pusher")
    assert error_of(registry.on("GET", "tags/list"))[:2] == (401, "UNAUTHORIZED")


def test_a_login_ends_with_the_access_key_that_asked_for_it(cloud: Cloud):
    keys = user_with(cloud, "registry", allow("ecr:*"))
    reader = Registry(cloud, keys)
    assert reader.send("GET", "").status == 200
    iam, key = cloud.client("registry", "iam"), keys["aws_access_key_id"]
    iam.update_access_key(UserName="reader", AccessKeyId=key, Status="Inactive")
    assert reader.send("GET", "").status == 401
    iam.delete_access_key(UserName="reader", AccessKeyId=key)
    assert reader.send("GET", "").status == 401


@pytest.mark.differs(
    "proxyEndpoint is https://ACCOUNT.dkr.ecr.REGION.amazonaws.com", "docker has to reach the lab on this machine"
)
def test_a_token_is_for_the_address_that_docker_logs_in_to(cloud: Cloud):
    (data,) = cloud.client("registry", "ecr").get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == cloud.embedded.endpoint


# -- Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.aws("Amazon ECR User Guide, common errors", "high")
def test_a_repository_must_have_been_made(registry: Registry):
    text = "The repository with name 'nope' does not exist in the registry with id '813835382529'"
    for method, path in (
        ("GET", "tags/list"),
        ("GET", "manifests/1"),
        ("GET", f"blobs/{digest_of(LAYER)}"),
        ("POST", "blobs/uploads/"),
        ("PATCH", "blobs/uploads/6c1a6c9e-7a06-4f1a-8d6e-0f0f0f0f0f0f"),
        ("GET", f"referrers/{digest_of(LAYER)}"),
    ):
        assert error_of(registry.send(method, f"{REGISTRY}/nope/{path}")) == (404, "NAME_UNKNOWN", text)


@pytest.mark.parametrize(
    "name",
    ["lambda-same-account", "123.dkr.ecr.eu-central-1.amazonaws.com/r", HOST.format("813835382529", "moon-1") + "/r"],
)
def test_a_name_that_is_no_whole_name_of_ecr_is_answered_with_an_example_of_one(registry: Registry, name: str):
    example = f"127.0.0.1:1/{REPOSITORY}"
    text = f"'{name}' is not the whole name of an ECR repository, such as {example}"
    assert error_of(registry.send("GET", f"{name}/manifests/1")) == (404, "NAME_UNKNOWN", text)


def test_account_and_region_come_from_the_name(cloud: Cloud, registry: Registry):
    registry.push("1", LAYER)
    cloud.client("registry", "ecr", "us-east-1").create_repository(repositoryName="lambda-same-account")
    elsewhere = Registry(cloud, "registry", HOST.format("813835382529", "us-east-1") + "/lambda-same-account")
    assert error_of(elsewhere.on("GET", "manifests/1")) == (404, "MANIFEST_UNKNOWN", "Requested image not found")
    elsewhere.push("1", LAYER)
    found = cloud.client("registry", "ecr", "us-east-1").list_images(repositoryName="lambda-same-account")
    assert [item["imageTag"] for item in found["imageIds"]] == ["1"]


def test_a_repository_in_a_namespace_is_found(cloud: Cloud, registry: Registry):
    cloud.client("registry", "ecr").create_repository(repositoryName="team/blobs/uploads/app")
    registry.repository = f"{REGISTRY}/team/blobs/uploads/app"
    manifest = registry.push("1", LAYER)
    assert registry.on("GET", "manifests/1").body == manifest


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("GET", "_catalog"), ("DELETE", f"{REPOSITORY}/blobs/{digest_of(LAYER)}"), ("PUT", "x/tags/list")],
)
def test_what_the_registry_has_not_got_is_refused_by_name(registry: Registry, method: str, path: str):
    text = f"This registry does not support {method} /v2/{path}"
    assert error_of(registry.send(method, path)) == (405, "UNSUPPORTED", text)


# -- Permissions ---------------------------------------------------------------------------------------------------

UPLOAD = "{upload}"
REQUESTS = [
    ("HEAD", f"blobs/{digest_of(LAYER)}", "BatchCheckLayerAvailability"),
    ("GET", f"blobs/{digest_of(LAYER)}", "GetDownloadUrlForLayer"),
    ("HEAD", "manifests/1", "BatchGetImage"),
    ("GET", "manifests/1", "BatchGetImage"),
    ("GET", f"referrers/{digest_of(LAYER)}", "BatchGetImage"),
    ("PUT", "manifests/2", "PutImage"),
    ("DELETE", "manifests/1", "BatchDeleteImage"),
    ("GET", "tags/list", "ListImages"),
    ("POST", "blobs/uploads/", "InitiateLayerUpload"),
    ("POST", f"blobs/uploads/?mount={digest_of(LAYER)}&from={REGISTRY}/other", "InitiateLayerUpload"),
    ("POST", f"blobs/uploads/?digest={digest_of(LAYER)}", "InitiateLayerUpload"),
    ("POST", f"blobs/uploads/?digest={digest_of(LAYER)}", "UploadLayerPart"),
    ("POST", f"blobs/uploads/?digest={digest_of(LAYER)}", "CompleteLayerUpload"),
    ("GET", UPLOAD, "UploadLayerPart"),
    ("PATCH", UPLOAD, "UploadLayerPart"),
    ("DELETE", UPLOAD, "UploadLayerPart"),
    ("PUT", UPLOAD, "CompleteLayerUpload"),
    ("PUT", f"{UPLOAD}?digest={digest_of(LAYER)}", "UploadLayerPart"),
]


@pytest.mark.parametrize(("method", "path", "action"), REQUESTS)
@pytest.mark.aws("Amazon ECR User Guide, pushing an image", "high")
def test_each_request_needs_the_action_that_ecr_has_for_it(registry: Registry, method: str, path: str, action: str):
    registry.push("1", LAYER)
    upload = registry.begin().headers["Location"].removeprefix(f"/v2/{REPOSITORY}/")
    keys = user_with(registry.cloud, "registry", allow("ecr:*", but=f"ecr:{action}"))
    answer = Registry(registry.cloud, keys).on(method, path.replace(UPLOAD, upload), LAYER)
    assert answer.status == 403
    if method == "HEAD":
        assert answer.body == b""
        return
    assert error_of(answer) == (
        403,
        "DENIED",
        f"User: arn:aws:iam::813835382529:user/reader is not authorized to perform: ecr:{action} on resource: {ARN} "
        "with an explicit deny in an identity-based policy",
    )


def test_a_push_into_another_account_needs_the_repositorys_policy_too(registry: Registry):
    workload = Registry(registry.cloud, "workload")
    assert error_of(workload.on("POST", "blobs/uploads/")) == (
        403,
        "DENIED",
        "User: arn:aws:iam::592444418872:user/admin is not authorized to perform: ecr:InitiateLayerUpload on resource: "
        f"{ARN} because no resource-based policy allows the ecr:InitiateLayerUpload action",
    )


def test_the_articles_organization_policy_decides_who_can_pull(registry: Registry):
    cloud = registry.cloud
    manifest = registry.push("0.0.1", LAYER)
    members = [Registry(cloud, who) for who in ("workload", "development", "management")]
    strangers = [Registry(cloud, who) for who in ("neighbour", "outsider")]
    for other in (*members, *strangers):
        assert other.on("GET", "manifests/0.0.1").status == 403
    document = json.dumps(policies.organization("o-lambdaecrlab"))
    ecr = cloud.client("registry", "ecr")
    ecr.set_repository_policy(repositoryName="lambda-same-account", policyText=document)
    for member in members:
        assert member.on("GET", "manifests/0.0.1").body == manifest
        assert member.on("GET", f"blobs/{digest_of(LAYER)}").body == LAYER
        assert member.on("POST", "blobs/uploads/").status == 403
    for stranger in strangers:
        assert error_of(stranger.on("GET", "manifests/0.0.1"))[2].endswith(
            "because no resource-based policy allows the ecr:BatchGetImage action"
        )
        assert stranger.on("GET", f"blobs/{digest_of(LAYER)}").status == 403


def test_who_may_nothing_learns_nothing_of_which_repositories_there_are(registry: Registry):
    stranger = Registry(registry.cloud, "outsider")
    there, not_there = (stranger.send("GET", f"{REGISTRY}/{name}/tags/list") for name in ("lambda-same-account", "no"))
    assert (there.status, not_there.status) == (403, 403)
    assert there.body == not_there.body.replace(b"repository/no ", b"repository/lambda-same-account ")


@pytest.mark.parametrize(
    "host",
    [
        "813835382529.dkr.ecr.us-east-1.amazonaws.com",
        "813835382529.dkr.ecr-fips.us-east-1.amazonaws.com",
        "813835382529.dkr-ecr.us-east-1.on.aws",
    ],
)
def test_a_repository_is_one_by_whichever_door_of_its_registry(host: str):
    assert repository_named(f"{host}/r", "http://127.0.0.1:1") == RepositoryKey("813835382529", "us-east-1", "r")
