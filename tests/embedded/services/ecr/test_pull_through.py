"""Pull-through cache rules: as settings, as permissions that a pull needs, and what Lambda cannot have of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.image.format.image import Image
from labkit.pull import policies
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGISTRY, Lab, refusal
from tests.embedded.registry_client import HOST, Registry, error_of

PREFIX = "pub"
RULE = {"ecrRepositoryPrefix": PREFIX, "upstreamRegistryUrl": "public.ecr.aws"}
UPSTREAMS = {
    "public.ecr.aws": "ecr-public",
    "quay.io": "quay",
    "registry.k8s.io": "k8s",
    "registry-1.docker.io": "docker-hub",
    "ghcr.io": "github-container-registry",
    "registry.gitlab.com": "gitlab-container-registry",
    "cgr.dev": "chainguard",
    "lab.azurecr.io": "azure-container-registry",
    "111122223333.dkr.ecr.eu-west-1.amazonaws.com": "ecr",
}


@pytest.mark.parametrize(("url", "name"), UPSTREAMS.items())
def test_a_rule_names_the_registry_that_its_url_is_of(ecr: Any, url: str, name: str):
    made = ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=PREFIX, upstreamRegistryUrl=url)
    assert (made["upstreamRegistry"], made["registryId"]) == (name, REGISTRY)
    (shown,) = ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
    assert (shown["upstreamRegistry"], shown["upstreamRegistryUrl"]) == (name, url)
    assert (shown["createdAt"], shown["upstreamRepositoryPrefix"]) == (made["createdAt"], "ROOT")


REFUSED = {
    "a registry that ECR fetches nothing from": ({"upstreamRegistryUrl": "example.com"}, "UnsupportedUpstreamRegistry"),
    "another registry than its url's": ({"upstreamRegistry": "quay"}, "UnsupportedUpstreamRegistry"),
    "a prefix that has one": ({}, "PullThroughCacheRuleAlreadyExists"),
    "a prefix in capitals": ({"ecrRepositoryPrefix": "PUB"}, "InvalidParameter"),
}


@pytest.mark.parametrize(("changed", "code"), REFUSED.values(), ids=REFUSED)
def test_a_rule_that_cannot_be_made_is_refused(ecr: Any, changed: dict[str, str], code: str):
    ecr.create_pull_through_cache_rule(**RULE)
    call = {**RULE, **({"ecrRepositoryPrefix": "other"} if changed else {}), **changed}
    assert refusal(ecr.create_pull_through_cache_rule, **call)[:2] == (f"{code}Exception", 400)


def test_a_rule_is_changed_validated_and_deleted(cloud: Cloud, ecr: Any):
    missing = ("PullThroughCacheRuleNotFoundException", 400)
    call = {"ecrRepositoryPrefix": PREFIX}
    secret = "arn:aws:secretsmanager:eu-central-1:813835382529:secret:ecr-pullthroughcache/lab-abcdef"
    assert refusal(ecr.update_pull_through_cache_rule, **call, credentialArn=secret)[:2] == missing
    ecr.create_pull_through_cache_rule(**RULE)
    cloud.clock.move(hours=1)
    changed = ecr.update_pull_through_cache_rule(**call, credentialArn=secret)
    (shown,) = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=[PREFIX])["pullThroughCacheRules"]
    assert (shown["credentialArn"], shown["updatedAt"]) == (secret, changed["updatedAt"])
    assert (shown["updatedAt"] - shown["createdAt"]).seconds == 3600
    validated = ecr.validate_pull_through_cache_rule(**call)
    assert not validated["isValid"]
    assert "nothing is fetched" in validated["failure"]
    assert ecr.delete_pull_through_cache_rule(**call)["upstreamRegistryUrl"] == "public.ecr.aws"
    assert refusal(ecr.delete_pull_through_cache_rule, **call)[:2] == missing
    assert refusal(ecr.describe_pull_through_cache_rules, ecrRepositoryPrefixes=[PREFIX])[:2] == missing
    assert ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"] == []


@pytest.mark.differs("AWS fetches the image from the other registry", "the lab fetches nothing from anywhere")
def test_what_would_have_to_be_fetched_is_refused_with_a_sentence(cloud: Cloud, ecr: Any, lab: Lab, image: Image):
    call = {"repositoryName": f"{PREFIX}/lambda/python", "imageIds": [{"imageTag": "3.12"}]}
    ecr.create_pull_through_cache_rule(**RULE)
    code, _, text = refusal(ecr.batch_get_image, **call)
    assert (code, "nothing is fetched" in text) == ("UnableToGetUpstreamImageException", True)
    registry = Registry(cloud, repository=f"{HOST.format(REGISTRY, 'eu-central-1')}/{call['repositoryName']}")
    assert error_of(registry.on("GET", "manifests/3.12")) == (404, "MANIFEST_UNKNOWN", text)
    lab.repository(str(call["repositoryName"]), image, "other")
    (failure,) = ecr.batch_get_image(**call)["failures"]
    assert (failure["failureCode"], failure["failureReason"]) == ("UpstreamUnavailable", text)


NEEDED = {
    "the repository is not there": (False, "3.12", {"ecr:BatchImportUpstreamImage", "ecr:CreateRepository"}),
    "the image is not there": (True, "3.13", {"ecr:BatchImportUpstreamImage"}),
    "the image is in the cache": (True, "3.12", set()),
}


@pytest.mark.parametrize(("there", "tag", "needed"), NEEDED.values(), ids=NEEDED)
@pytest.mark.aws("Service Authorization Reference", "high")
def test_a_pull_through_the_cache_needs_more_permissions(
    cloud: Cloud, lab: Lab, ecr: Any, image: Image, there: bool, tag: str, needed: set[str]
):
    name = f"{PREFIX}/lambda/python"
    ecr.create_pull_through_cache_rule(**RULE)
    if there:
        lab.repository(name, image, "3.12")
    lab.role("registry", "puller", policies.account_trust(REGISTRY))
    got = lab.client("registry", "sts").assume_role(
        RoleArn=f"arn:aws:iam::{REGISTRY}:role/puller", RoleSessionName="ci"
    )["Credentials"]
    puller = cloud.client(session_keys(got), "ecr")
    found, allowed = set(), ["ecr:BatchGetImage"]
    while True:
        statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        lab.client("registry", "iam").put_role_policy(
            RoleName="puller",
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        try:
            puller.batch_get_image(repositoryName=name, imageIds=[{"imageTag": tag}])
            break
        except puller.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                break
            action = error.response["Error"]["Message"].partition("perform: ")[2].partition(" ")[0]
            found.add(action)
            allowed.append(action)
    assert found == needed


@pytest.mark.aws("Amazon ECR User Guide, pull through cache", "high")
def test_lambda_pulls_what_the_cache_has_and_fetches_nothing(lab: Lab, ecr: Any, image: Image):
    """alphagov/govuk-infrastructure #2748: a function loses its image when the cache lets it expire."""
    name = f"{PREFIX}/lambda/python"
    ecr.create_pull_through_cache_rule(**RULE)
    uri = f"{HOST.format(REGISTRY, 'eu-central-1')}/{name}:3.12"
    absent = (
        "InvalidParameterValueException",
        400,
        f"Source image {uri} does not exist. Provide a valid source image.",
    )
    assert refusal(lab.create, profile="registry", name="f", uri=uri) == absent
    lab.repository(name, image, "3.12")
    assert lab.create("registry", "f", uri)["FunctionName"] == "f"
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "3.12"}])
    assert refusal(lab.create, profile="registry", name="g", uri=uri) == absent


def test_a_rule_for_root_is_for_every_repository_that_no_other_is_for(cloud: Cloud, ecr: Any):
    from labkit.embedded.services.ecr.registries.cache_rules import rule_for

    for prefix in ("ROOT", "pub", "pub/lambda"):
        ecr.create_pull_through_cache_rule(**{**RULE, "ecrRepositoryPrefix": prefix})
    found = {
        name: rule and rule.prefix
        for name in ("pub/lambda/python", "pub/x", "public", "pub")
        for rule in [rule_for(cloud.embedded.database, REGISTRY, "eu-central-1", name)]
    }
    assert found == {"pub/lambda/python": "pub/lambda", "pub/x": "pub", "public": "ROOT", "pub": "ROOT"}
