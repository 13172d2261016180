"""Small cases for the tests of causes: healthy facts in one account and across two, with one thing changed each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes import find
from labkit.diagnosis.facts import (
    CREATE,
    IDENTITY_POLICY,
    REPOSITORY_POLICY,
    TRUST_POLICY,
    Document,
    Facts,
    Image,
    Layer,
    Question,
    Repository,
)
from labkit.diagnosis.result import POSSIBLE, Cause
from labkit.iam import Principal
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST
from labkit.pull import policies
from labkit.pull.function import FunctionRef
from labkit.pull.organization import Membership

REGISTRY, WORKLOAD, OTHER = "813835382529", "592444418872", "111122223333"
REGION = "eu-central-1"
ORGANIZATION = "o-exampleorgid"
PATH = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"
PULLS = list(policies.PULL_ACTIONS)
DIGEST = f"sha256:{'5' * 64}"
URI = f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/lambda-test:0.0.1"
REPOSITORY_ARN = f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/lambda-test"
EXECUTION_ROLE = f"arn:aws:iam::{WORKLOAD}:role/Execution"

Policy = Mapping[str, Any]


def policy(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A document of these statements."""
    return {"Version": version, "Statement": list(statements)}


def allow(action: str | list[str], principal: Any = None, **more: Any) -> dict[str, Any]:
    """A statement that allows; without a principal it is one of an identity policy."""
    whom = {"Principal": principal} if principal is not None else {"Resource": "*"}
    return {"Effect": "Allow", **whom, "Action": action, **more}


def deny(action: str | list[str], principal: Any = None, **more: Any) -> dict[str, Any]:
    """The same, denying."""
    return {**allow(action, principal, **more), "Effect": "Deny"}


def document(kind: str, content: Policy | str, account: str = REGISTRY, name: str = "lambda-test") -> Document:
    """A document as it was read from AWS."""
    text = content if isinstance(content, str) else json.dumps(content)
    return Document(kind, account, name, text, stored=True)


def layer(kind: str, *contents: Policy) -> Layer:
    """Documents of one kind, of the workload's account."""
    found = (document(kind, each, WORKLOAD, f"{kind}-{number}") for number, each in enumerate(contents, 1))
    return Layer(tuple(found))


ADMINISTRATOR = layer(IDENTITY_POLICY, policy(allow("*")))
FOR_LAMBDA = layer(IDENTITY_POLICY, policy(allow(["lambda:*", "iam:PassRole"])))
IMAGE = Image(
    DIGEST,
    DOCKER_MANIFEST,
    layer_media_types=(DOCKER_LAYER,),
    config_media_type=DOCKER_CONFIG,
    architecture="amd64",
    size=1000,
    tags=("0.0.1",),
)


def across(content: Policy | None = None, **changes: Any) -> Facts:
    """A function of another account, all known and healthy; ``content`` is the repository's policy (None: it has none).

    ``question`` changes fields of the question, everything else fields of the facts.
    """
    return _facts(WORKLOAD, content, **{"identity": ADMINISTRATOR, **changes})


def within(content: Policy | None = None, **changes: Any) -> Facts:
    """A function of the repository's own account, whose caller has no rights in ECR."""
    return _facts(REGISTRY, content, **{"identity": FOR_LAMBDA, **changes})


def _facts(account: str, content: Policy | None, **changes: Any) -> Facts:
    caller = Principal.aws(f"arn:aws:iam::{account}:role/Deployer")._replace(id="AROAEXAMPLEEXAMPLE01")
    asked: dict[str, Any] = {"image": URI, "function": FunctionRef(account, REGION, "f"), "caller": caller}
    question = Question(**{**asked, "operation": CREATE, **changes.pop("question", {})})
    healthy: dict[str, Any] = {
        "repository_policy": document(REPOSITORY_POLICY, content) if content is not None else None,
        "membership": Membership(ORGANIZATION, (PATH,)),
        "repository_membership": Membership(ORGANIZATION, (PATH,)),
        "repository": Repository(replicated=False, pull_through=False, tags={}, lifecycle=""),
        "image": IMAGE,
        "session": Layer(),
        "execution_identity": Layer(),
        "function": None,
        "history": (),
        "trust": document(TRUST_POLICY, policies.lambda_trust(), account, "Execution"),
        **dict.fromkeys(("registry_policy", "rcp", "scp", "boundary", "vpc_endpoint")),
    }
    return Facts(question, **{**healthy, **changes})


def causes(facts: Facts) -> tuple[Cause, ...]:
    """The causes, those that are only possible among them."""
    return find(Case(facts))


def ids(facts: Facts) -> set[str]:
    """The ids of the causes that are named."""
    return {cause.id for cause in causes(facts) if cause.certainty != POSSIBLE}
