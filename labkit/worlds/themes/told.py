"""What the lab can say and nobody mends by a policy: documents that are none, other regions, other services, keys.

Where the embedded AWS cannot be in such a state, the world comes with what somebody has: a file, or a pasted text.
"""

from __future__ import annotations

from labkit.diagnosis.cause_table import TOLD
from labkit.worlds import texts
from labkit.worlds.model import Asked, Step, World
from labkit.worlds.steps import (
    SAME,
    across,
    alone,
    cache_rule,
    execution_role,
    policy_set,
    pushed,
    repository,
    sequence,
)

_EAST = "{registry}.dkr.ecr.us-east-1.amazonaws.com/team/orders:1.0"


def _somewhere(region: str) -> Step:
    parameters = {"repositoryName": "{repository}"}
    return Step("registry", "ecr", "create_repository", parameters, region=region)


def _file(name: str, title: str, text: str, cause: str) -> World:
    """A policy that somebody has in a file, and that ECR would not take; the repository has none so far."""
    return World(name, title, texts.DENIED, across(None), causes=frozenset({cause}), given={"repository_policy": text})


WORLDS = (
    World(
        "image-of-another-region",
        "The image is in Virginia, and the function in Frankfurt",
        texts.no_uri(_EAST),
        sequence(
            repository(SAME),
            execution_role("registry"),
            (_somewhere("us-east-1"),),
            pushed(region="us-east-1"),
            policy_set(SAME, region="us-east-1"),
        ),
        Asked("registry", _EAST),
        frozenset({"other-region"}),
        stranger="workload",
    ),
    World(
        "vendor-has-not-opened-the-region",
        "The image is a vendor's, who has not opened this region",
        texts.DENIED,
        across(),
        Asked(region="eu-south-1"),
        frozenset({"region-not-opened"}),
        given={"region_opened": False},
    ),
    World(
        "mirror-of-docker-hub",
        "The image is to come from Docker Hub through a pull-through cache, and Lambda does not wait for that",
        texts.no_image("{registry}.dkr.ecr.{region}.amazonaws.com/docker-hub/library/python:3.12"),
        alone(
            SAME,
            cache_rule("docker-hub"),
            (Step("registry", "ecr", "create_repository", {"repositoryName": "docker-hub/library/python"}),),
        ),
        Asked("registry", "{registry}.dkr.ecr.{region}.amazonaws.com/docker-hub/library/python:3.12"),
        frozenset({"pull-through-cache"}),
        stranger="workload",
    ),
    World(
        "built-on-a-mac",
        "The image was built for arm64, and the function runs on x86_64",
        "Runtime.InvalidEntrypoint: fork/exec /lambda-entrypoint.sh: exec format error",
        alone(SAME, push="arm64"),
        Asked("registry"),
        frozenset({"architecture"}),
        stranger="workload",
    ),
    World(
        "eleven-gigabytes",
        "The image has a layer of eleven gigabytes",
        "SizeLimitExceeded: Uncompressed container image size exceeds 10 GiB limit",
        alone(SAME, push="large"),
        Asked("registry"),
        frozenset({"image-too-large"}),
        stranger="workload",
        by=TOLD,
        pasted=True,
    ),
    _file(
        "comma-too-many",
        "The policy's file has a comma before a closing brace",
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},'
        ' "Action": "ecr:BatchGetImage",}]}',
        "policy-not-json",
    ),
    _file(
        "quotes-of-a-word-processor",
        "The policy was copied from a document with typographic quotes",
        "{\u201cVersion\u201d: \u201c2012-10-17\u201d, \u201cStatement\u201d: []}",
        "policy-not-json",
    ),
    _file(
        "resource-in-the-policy",
        "The policy has a Resource, which ECR does not take in a repository's policy",
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},'
        ' "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": "*"}]}',
        "policy-not-accepted",
    ),
    _file(
        "operator-in-small-letters",
        "The policy's operator is written with a small letter",
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},'
        ' "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],'
        ' "Condition": {"stringLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:*"}}}]}',
        "policy-not-accepted",
    ),
    World(
        "key-of-another-account",
        "Somebody of another account updates the function, and its key of KMS refuses",
        "An error occurred (KMSAccessDeniedException) when calling the Invoke operation: Lambda can't decrypt the "
        "container image because KMS access is denied. Check the function's KMS key settings.",
        across(),
        causes=frozenset({"kms"}),
        pasted=True,
    ),
    World(
        "agent-runtime",
        "An agent of Bedrock AgentCore pulls, which asks its execution role for the rights",
        "Access denied while validating ECR URI '{image}'. The execution role requires permissions for "
        "ecr:GetAuthorizationToken, ecr:BatchGetImage, and ecr:GetDownloadUrlForLayer operations.",
        across(),
        causes=frozenset({"other-puller"}),
        pasted=True,
    ),
)
