"""The sentences of Lambda and ECR about an image, and the causes that each of them fits.

One row a sentence: how it begins (found first, as plain text), the rest as a pattern with the names that stand in it,
the causes, the error code, and where the text was seen. Rows stand in the order in which they are asked: the exact
ones before those that go with another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

ACCESS_DENIED, INVALID = "AccessDeniedException", "InvalidParameterValueException"
_IMAGE = r"(?P<image>[^\"']{1,500}?)"
_WINDOW = 900
_MOST = 20

STATEMENT_MISSES = (
    "one-statement-for-both",
    "misspelt-action",
    "half-of-the-actions",
    "organization-key-on-wrong-side",
    "wildcard-in-equals",
    "organization-path-form",
    "not-in-organization",
    "organization-id-mismatch",
    "organization-path-mismatch",
    "condition-mismatch",
)
"""A statement names the party and misses; see also `LAMBDA_MISSES`."""
LAMBDA_MISSES = (*STATEMENT_MISSES, "source-arn-mismatch", "source-account-mismatch")
CALLER_MISSES = ("principal-recreated", "caller-statement-missing", *STATEMENT_MISSES)
"""Why a resource-based policy does not allow the caller."""
NO_PERMISSION = (
    "region-not-opened",
    "pull-through-cache",
    "explicit-deny",
    "registry-policy",
    "rcp",
    "scp",
    "boundary",
    "session-policy",
    "statement-lost",
    "replica-without-policy",
    "wrong-service-principal",
    "service-statement-missing",
    "caller-cannot-add",
    "principal-recreated",
    "caller-statement-missing",
    "caller-identity",
    *LAMBDA_MISSES,
    "execution-role-granted",
    "not-propagated",
    "parallel-creates",
)
"""All that Lambda's one sentence can mean: it is the same for every cause on either side."""
_GONE = ("image-missing", "image-deleted", "repository-missing")


class Sentence(NamedTuple):
    """One row: ``start`` begins it word for word, ``rest`` is the pattern of what follows."""

    start: str
    rest: str
    looks_like: tuple[str, ...]
    source: str
    code: str | None = None
    speaker: str = "lambda"
    operation: str | None = None


class Found(NamedTuple):
    """A sentence in a text, with the names that stand in it."""

    row: Sentence
    text: str
    names: dict[str, str]


SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "Lambda does not have permission to access the ECR image",
        r"\.?(?: Check the ECR permissions\.?)?",
        NO_PERMISSION,
        "aws/aws-sam-cli #8190; aws-samples/bedrock-access-gateway #127",
        ACCESS_DENIED,
    ),
    Sentence(
        "The function does not have permission to access the specified image",
        r"\.?",
        ("function-inactive", *NO_PERMISSION),
        "aws/aws-cdk #18473, #27007",
        operation="restore",
    ),
    Sentence(
        "The function is trying to use a deleted image",
        r"\.?",
        ("image-deleted", "function-inactive"),
        "Lambda Developer Guide, Lambda function states; aws-actions/aws-lambda-deploy #68",
        operation="restore",
    ),
    Sentence(
        "Source image ",
        _IMAGE + r" does not exist\.?(?: Provide a valid source image\.?)?",
        _GONE,
        "hashicorp/terraform #27963; aws/aws-cdk #24648",
        INVALID,
    ),
    Sentence(
        "Source image ",
        _IMAGE + r" is not valid\.?(?: Provide a valid source image\.?)?",
        ("image-uri", "other-region"),
        "grafana/loki #7218; aws-samples/bedrock-access-gateway #205; binxio/cfn-ses-provider #27",
        INVALID,
    ),
    Sentence(
        "Image repository must be in the same region",
        r"\.?",
        ("other-region",),
        "public notes of 2021 and 2022; today AWS says 'is not valid' (binxio/cfn-ses-provider #27)",
        INVALID,
    ),
    Sentence(
        "The image manifest",
        r"(?:, config)? or layer media type for the source image " + _IMAGE + r" is not supported\.?",
        ("image-index", "image-format"),
        "aws/aws-lambda-roadmap #82; serverless/serverless #12808, #12933; docker/buildx #1533",
        INVALID,
    ),
    Sentence(
        "UnsupportedImageLayerDetected",
        r"(?: - Layer Digest sha256:[0-9a-f]{1,64})?",
        ("image-format",),
        "bazel-contrib/rules_oci #777",
        "InvalidImage",
    ),
    Sentence(
        "SizeLimitExceeded",
        r"(?:: Uncompressed container image size exceeds 10 GiB limit)?",
        ("image-too-large",),
        "aws-samples/aws-genai-llm-chatbot #59, #38",
        "InvalidImage",
    ),
    Sentence(
        "Uncompressed container image size exceeds",
        r"(?: 10 GiB limit)?",
        ("image-too-large",),
        "aws-samples/aws-genai-llm-chatbot #59",
        "InvalidImage",
    ),
    Sentence(
        "exec format error",
        "",
        ("architecture",),
        "Lambda Developer Guide, troubleshoot container images",
        "Runtime.InvalidEntrypoint",
    ),
    Sentence(
        "The role defined for the function cannot be assumed by Lambda",
        r"\.?",
        ("role-not-assumable", "not-propagated"),
        "aws/aws-sdk-js #3498, #4408; hashicorp/waypoint #1292",
        INVALID,
    ),
    Sentence(
        "Cross-account pass role is not allowed",
        r"\.?",
        ("pass-role",),
        "aws/aws-toolkit-azure-devops #546",
        ACCESS_DENIED,
    ),
    Sentence(
        "Lambda can't decrypt the container image because KMS access is denied",
        r"\.?(?: Check the function's KMS key settings\.?)?",
        ("kms",),
        "aws/aws-cli #7601",
        "KMSAccessDeniedException",
    ),
    Sentence(
        "Lambda cannot initialize the provided container image",
        r"\.?(?: Verify the image\.?)?",
        ("image-deleted", "function-inactive", *NO_PERMISSION),
        "terraform-aws-modules/terraform-aws-lambda #377",
        "CodeArtifactUserFailedException",
        operation="restore",
    ),
    Sentence(
        "Invalid registry policy provided",
        "",
        ("registry-policy", "policy-not-accepted"),
        "hashicorp/terraform-provider-aws #40828",
        "InvalidParameterException",
        "ecr",
    ),
    Sentence(
        "Invalid repository policy provided",
        "",
        ("policy-not-accepted",),
        "aws/aws-cdk #24314",
        "InvalidParameterException",
        "ecr",
    ),
    Sentence(
        "failed to satisfy constraint: 'Principal not found'",
        "",
        ("policy-not-accepted", "not-propagated"),
        "hashicorp/terraform-provider-aws #39064",
        "InvalidParameterException",
        "ecr",
    ),
    Sentence(
        "Repository policy does not exist for the repository with name ",
        r"'(?P<repository>[^']{1,256})' in the registry with id '(?P<registry>[^']{1,20})'",
        ("statement-lost", "replica-without-policy", "service-statement-missing", "caller-statement-missing"),
        "ECR's model: RepositoryPolicyNotFoundException",
        "RepositoryPolicyNotFoundException",
        "ecr",
    ),
    Sentence(
        "The repository with name ",
        r"'(?P<repository>[^']{1,256})' does not exist in the registry with id '(?P<registry>[^']{1,20})'",
        ("repository-missing",),
        "Amazon ECR User Guide, troubleshooting errors with Docker commands",
        "RepositoryNotFoundException",
        "ecr",
    ),
    Sentence(
        "The image with imageId ",
        r"\{[^}]{1,300}\} does not exist within the repository with name '(?P<repository>[^']{1,256})'"
        r" in the registry with id '(?P<registry>[^']{1,20})'",
        ("image-missing", "image-deleted"),
        "ECR's model: ImageNotFoundException",
        "ImageNotFoundException",
        "ecr",
    ),
)


_STATE, _INVOKE = "Lambda's model: StateReasonCode, LastUpdateStatusReasonCode", "Lambda's model: errors of Invoke"
BARE_CODES: tuple[Sentence, ...] = (
    Sentence("ImageAccessDenied", r"\b", ("function-inactive", *NO_PERMISSION), _STATE, operation="restore"),
    Sentence("ImageDeleted", r"\b", ("image-deleted", "function-inactive"), _STATE, operation="restore"),
    Sentence("InvalidImage", r"\b", ("image-format", "image-too-large"), _STATE),
    Sentence("KMSKeyAccessDenied", r"\b", ("kms",), _STATE, operation="restore"),
    Sentence("KMSKeyNotFound", r"\b", ("kms",), _STATE, operation="restore"),
    Sentence("DisabledKMSKey", r"\b", ("kms",), _STATE, operation="restore"),
    Sentence("InvalidStateKMSKey", r"\b", ("kms",), _STATE, operation="restore"),
    Sentence("KMSAccessDeniedException", r"\b", ("kms",), _INVOKE, "KMSAccessDeniedException"),
    Sentence("KMSDisabledException", r"\b", ("kms",), _INVOKE, "KMSDisabledException"),
    Sentence("KMSInvalidStateException", r"\b", ("kms",), _INVOKE, "KMSInvalidStateException"),
    Sentence("KMSNotFoundException", r"\b", ("kms",), _INVOKE, "KMSNotFoundException"),
    Sentence(
        "Runtime.InvalidEntrypoint",
        r"\b",
        ("architecture",),
        "Lambda Developer Guide, troubleshoot container images",
        "Runtime.InvalidEntrypoint",
    ),
    Sentence("CodeArtifactUserFailedException", r"\b", ("function-inactive",), _INVOKE, operation="restore"),
    Sentence('"Idle"', "", ("function-inactive",), _STATE, operation="restore"),
)
"""Codes alone, asked where no sentence stands: a sentence says more than the code beside it."""


@cache
def _pattern(row: Sentence) -> re.Pattern[str]:
    """Compiled when the first text is read, so that importing this module stays free."""
    return re.compile(re.escape(row.start) + row.rest)


def found_in(line: str) -> list[Found]:
    """The sentences that stand in a text of one line, in the order of the table; without any the first bare code."""
    return _found(SENTENCES, line) or _found(BARE_CODES, line)[:1]


def _found(rows: Iterable[Sentence], line: str) -> list[Found]:
    places = [(row, _first(row, line)) for row in rows]
    return [Found(row, place[0], _names(place)) for row, place in places if place]


def _names(place: re.Match[str]) -> dict[str, str]:
    return {name: "".join(text.split()) for name, text in place.groupdict().items()}


def _first(row: Sentence, line: str) -> re.Match[str] | None:
    """Where a sentence stands for the first time; of what begins like it no more than 20 places are looked at."""
    at = -1
    for _ in range(_MOST):
        at = line.find(row.start, at + 1)
        if at < 0:
            return None
        found = _pattern(row).match(line, at, at + _WINDOW)
        if found:
            return found
    return None
