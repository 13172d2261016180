"""Small estates: a registry with some repositories in an organization of four accounts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.diagnosis.audit.estate import Estate, Member, Organization, Registry, Repository, StoredImage, Use
from labkit.diagnosis.audit.report import Report, audit
from labkit.iam import Policy
from labkit.image.format.manifest import OCI_MANIFEST
from labkit.pull.policies import PULL_ACTIONS

HOME, MEMBER, CLOSED, MANAGEMENT, FOREIGN = (
    *("813835382529", "592444418872", "111122223333", "100000000000", "999988887777"),
)
REGION, ORG, ROOT, TEAM = "eu-central-1", "o-abcdefghij", "r-abcd", "ou-abcd-11111111"
LAMBDA = {"Service": "lambda.amazonaws.com"}
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PUSH = ("ecr:*",)


def allow(principal: object, actions: object = PULL_ACTIONS, sid: str = "s", **condition: dict[str, Any]) -> Any:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions), "Condition": condition}


def deny(principal: object, sid: str = "d", **condition: dict[str, Any]) -> Any:
    return {**allow(principal, ["ecr:*"], sid, **condition), "Effect": "Deny"}


def text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def image(letter: str = "a", **fields: Any) -> StoredImage:
    """An image of six months ago."""
    usual = {"tags": ("1.0",), "media_type": OCI_MANIFEST, "pushed": NOW - timedelta(days=180)}
    return StoredImage(f"sha256:{letter * 64}", **{**usual, **fields})


def repository(*statements: Any, name: str = "app", **fields: Any) -> Repository:
    usual = {"policy": text(*statements) if statements else None, "lifecycle": None, "images": ()}
    return Repository(name, **{**usual, **fields})


def organization(**fields: Any) -> Organization:
    path = f"{ORG}/{ROOT}/{TEAM}/"
    members = (
        *(Member(HOME, "registry", "ACTIVE", path), Member(MEMBER, "workload", "ACTIVE", path)),
        *(Member(CLOSED, "old", "CLOSED", path), Member(MANAGEMENT, "management", "ACTIVE", f"{ORG}/{ROOT}/")),
    )
    usual = Organization(ORG, MANAGEMENT, members, {ROOT: "Root", TEAM: "team"}, None, None)
    return usual._replace(**fields)


def estate(*repositories: Repository, policy: Any = None, around: Any = "usual", **fields: Any) -> Estate:
    registry = Registry(HOME, REGION, policy, repositories)
    return Estate(registry, organization() if around == "usual" else around, **fields)


def use(letter: str = "a", account: str = MEMBER, name: str = "app") -> Use:
    return Use(
        f"arn:aws:lambda:{REGION}:{account}:function:f",
        f"sha256:{letter * 64}",
        f"arn:aws:ecr:{REGION}:{HOME}:repository/{name}",
    )


def report(*repositories: Repository, **fields: Any) -> Report:
    return audit(estate(*repositories, **fields), NOW)


def found(result: Report) -> set[str]:
    """The ids of what was found."""
    return {each.rule.id for each in result.findings}


def policy(document: dict[str, Any]) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": [document]}, "a guard rail")
