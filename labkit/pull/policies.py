"""The article's policies as functions of account, organization and path, and the policy that Lambda adds itself.

Every function returns a document as AWS takes it (a dict for ``json.dumps``), new each time.

Source: Lambda Developer Guide, "Create a Lambda function using a container image", Amazon ECR permissions; Amazon ECR
User Guide, "Private repository policies"; the article that the lab reproduces for the organization forms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.pull.stored_policy import same

PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
LAMBDA = "lambda.amazonaws.com"
RETRIEVAL_SID = "LambdaECRImageRetrievalPolicy"
CALLER_SID = "CrossAccountPermission"
SERVICE_SID = "LambdaECRImageCrossAccountRetrievalPolicy"

PolicyDocument = dict[str, Any]
_Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


def _statement(sid: str, principal: Mapping[str, Any], condition: _Condition | None = None) -> PolicyDocument:
    allow: PolicyDocument = {"Sid": sid, "Effect": "Allow", "Principal": dict(principal), "Action": list(PULL_ACTIONS)}
    return allow if condition is None else {**allow, "Condition": {k: dict(v) for k, v in condition.items()}}


def _document(*statements: PolicyDocument) -> PolicyDocument:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def same_account() -> PolicyDocument:
    """Lambda may pull for functions of the repository's own account: the smallest policy that works."""
    return _document(_statement(RETRIEVAL_SID, {"Service": LAMBDA}))


def cross_account(*accounts: str) -> PolicyDocument:
    """Callers of the accounts may create functions, and Lambda may pull for functions in those accounts."""
    roots = [f"arn:aws:iam::{account}:root" for account in accounts]
    sources = [f"arn:aws:lambda:*:{account}:function:*" for account in accounts]
    return _document(
        _statement(CALLER_SID, {"AWS": _single(roots)}),
        _statement(SERVICE_SID, {"Service": LAMBDA}, {"StringLike": {"aws:SourceArn": _single(sources)}}),
    )


def organization(*org_ids: str) -> PolicyDocument:
    """Callers and functions of every account of the organizations, now and later."""
    return _both({"StringEquals": {"aws:{}OrgID": _single(org_ids)}})


def organization_paths(*patterns: str) -> PolicyDocument:
    """Callers and functions of the accounts whose organization path matches one of the patterns."""
    return _both({"ForAnyValue:StringLike": {"aws:{}OrgPaths": list(patterns)}})


def _both(condition: _Condition) -> PolicyDocument:
    """One statement for callers, with Principal… keys, and one for the service, which carries Source… keys."""

    def keyed(family: str) -> _Condition:
        return {operator: {key.format(family): v for key, v in keys.items()} for operator, keys in condition.items()}

    return _document(
        _statement(CALLER_SID, {"AWS": "*"}, keyed("Principal")),
        _statement(SERVICE_SID, {"Service": LAMBDA}, keyed("Source")),
    )


def _single(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def lambda_trust() -> PolicyDocument:
    """The trust policy of an execution role: Lambda may assume it."""
    return _document({"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": [LAMBDA]}})


def account_trust(account: str) -> PolicyDocument:
    """The trust policy of a role that principals of the account may assume, where their identity policies let them."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return _document({"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": principal})


def _added_statement(region: str, account: str) -> PolicyDocument:
    # The order of the keys and actions is the order in which AWS writes them.
    return {
        "Condition": {"StringLike": {"aws:sourceArn": f"arn:aws:lambda:{region}:{account}:function:*"}},
        "Action": [
            "ecr:BatchGetImage",
            "ecr:DeleteRepositoryPolicy",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:SetRepositoryPolicy",
        ],
        "Principal": {"Service": [LAMBDA]},
        "Effect": "Allow",
        "Sid": RETRIEVAL_SID,
    }


def lambda_added_policy(region: str, account: str) -> str:
    """The policy text that Lambda writes to a repository without one, byte for byte as the article found it."""
    return json.dumps({"Statement": [_added_statement(region, account)], "Version": "2008-10-17"}, indent=2)


def add_lambda_statement(existing: str | None, region: str, account: str) -> str:
    """The policy text after Lambda has added its statement: appended, with everything else kept.

    What has that statement already, and is refused for another reason, stays as it is.
    """
    if existing is None:
        return lambda_added_policy(region, account)
    document = json.loads(existing)
    statements = document["Statement"]
    kept, added = statements if isinstance(statements, list) else [statements], _added_statement(region, account)
    if any(same({"Statement": each}, {"Statement": added}) for each in kept):
        return existing
    document["Statement"] = [*kept, added]
    return json.dumps(document, indent=2)
