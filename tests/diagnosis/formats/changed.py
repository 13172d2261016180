"""Changes of every kind, with texts that are awkward in one language or another."""

from __future__ import annotations

import json
from typing import Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.result import Change
from labkit.pull import policies

REGISTRY, WORKLOAD, MANAGEMENT = "813835382529", "592444418872", "111122223333"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/team/Deployer"
TEXTS = ["%{if}", "${*}", "it's", 'a "quote"', "back\\slash", "é 日本", "x\ty"]
TRUST = json.dumps(policies.lambda_trust())
AWKWARD = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Awkward",
            "Effect": "Allow",
            "Action": "ecr:BatchGetImage",
            "Resource": "arn:aws:ecr:eu-central-1:813835382529:repository/${aws:PrincipalTag/team}/*",
            "Condition": {
                "StringLike": {"aws:PrincipalTag/a": TEXTS},
                "Bool": {"aws:SecureTransport": "true"},
            },
        }
    ],
}


def changed(kind: str, account: str, name: str, data: Any, **more: Any) -> Change:
    """A change of a document to this content."""
    return Change(kind, account, name, after=json.dumps(data, indent=2, ensure_ascii=False), **more)


DOCUMENTS = {
    "repository policy": changed(f.REPOSITORY_POLICY, REGISTRY, "team/app", policies.cross_account(WORKLOAD)),
    "registry policy": changed(
        *(f.REGISTRY_POLICY, REGISTRY, REGISTRY),
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Pull",
                    "Effect": "Allow",
                    "Principal": {"Service": policies.LAMBDA},
                    "Action": "ecr:BatchGetImage",
                    "Resource": f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/*",
                }
            ],
        },
    ),
    "inline policy of a role": changed(
        f.IDENTITY_POLICY, WORKLOAD, "LambdaContainerImages", AWKWARD, attached_to=ROLE, inline=True
    ),
    "inline policy of a user": changed(
        *(f.IDENTITY_POLICY, WORKLOAD, "LambdaContainerImages", AWKWARD),
        attached_to=f"arn:aws:iam::{WORKLOAD}:user/ci",
        inline=True,
    ),
    "managed policy": changed(f.IDENTITY_POLICY, WORKLOAD, f"arn:aws:iam::{WORKLOAD}:policy/Deploy", AWKWARD),
    "boundary": changed(f.BOUNDARY, WORKLOAD, f"arn:aws:iam::{WORKLOAD}:policy/Limit", AWKWARD),
    "SCP": changed(f.SCP, MANAGEMENT, "Perimeter", AWKWARD),
    "trust policy": changed(f.TRUST_POLICY, WORKLOAD, ROLE, policies.lambda_trust()),
}
CALLS = {
    "a role": Change(
        *(f.CALL, WORKLOAD, "Execution"),
        call=(
            "iam",
            "create-role",
            {"RoleName": "Execution", "AssumeRolePolicyDocument": TRUST},
        ),
    ),
    "a repository": Change(f.CALL, REGISTRY, "app", call=("ecr", "create-repository", {"repositoryName": "app"})),
    "an archived image": Change(
        *(f.CALL, REGISTRY, "app"),
        call=(
            *("ecr", "update-image-storage-class"),
            {"repositoryName": "app", "imageId": {"imageTag": "1"}, "targetStorageClass": "STANDARD"},
        ),
    ),
}
EVERYTHING = {**DOCUMENTS, **CALLS}
