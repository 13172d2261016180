"""Changes of every kind, with texts that are awkward in one language or another."""

from __future__ import annotations

import json
from typing import Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.result import Change
from labkit.pull import policies

REGISTRY, WORKLOAD, MANAGEMENT = "813835382529", "592444418872", "111122223333"
REGION = "eu-central-1"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/team/Deployer"
TEXTS = [
    *("${aws:username}", "$${x}", "$$${y}", "%{if}", "%%{z}", "$%{a}", "%${b}", "\\${c}", "#{d}", "$", "100%", "{{e}}"),
    *('a "quote"', "it's", "back\\slash", "\\", "`id`", "$(id)", "a --b", "</script>", "*/", "# no comment", "a: b"),
    *("tab\tnew\nline\rend", "esc\x1b[31m\x7f\x9b", "\u202eturned\u2066", "\u2028\ufeff\ufffe", "é 日本 😀", " - ", ""),
    *("yes", "null", "Null", "1e3", "2012-10-17", "<<'POLICY'", "POLICY", "'", "!", "&a", "*a", "|", "~", "true"),
]
AWKWARD = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Awkward",
            "Effect": "Allow",
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/${{aws:PrincipalTag/team}}/*",
            "Condition": {
                "StringLike": {f"aws:PrincipalTag/{text or 'empty'}": text for text in TEXTS},
                "ForAnyValue:StringEquals": {"aws:TagKeys": TEXTS},
                "Null": {"aws:SourceArn": "true"},
                "Bool": {"aws:SecureTransport": True},
                "NumericLessThan": {"aws:MultiFactorAuthAge": 300},
            },
        }
    ],
}
REGISTRY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Pull",
            "Effect": "Allow",
            "Principal": {"Service": policies.LAMBDA},
            "Action": "ecr:BatchGetImage",
            "Resource": f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/*",
        }
    ],
}


def changed(kind: str, account: str, name: str, data: Any, before: str | None = "{}", **more: Any) -> Change:
    """A change of a document to this content."""
    return Change(kind, account, name, before, json.dumps(data, indent=2, ensure_ascii=False), **more)


def _inline(name: str, attached_to: str, before: str | None = None) -> Change:
    return changed(f.IDENTITY_POLICY, WORKLOAD, name, AWKWARD, before, attached_to=attached_to, inline=True)


def _managed(kind: str, name: str, before: str | None = "{}") -> Change:
    return changed(kind, WORKLOAD, f"arn:aws:iam::{WORKLOAD}:policy/{name}", AWKWARD, before)


DOCUMENTS = {
    "repository": changed(f.REPOSITORY_POLICY, REGISTRY, "team/app", policies.cross_account(WORKLOAD)),
    "new policy": changed(f.REPOSITORY_POLICY, REGISTRY, "other", policies.cross_account(WORKLOAD), None),
    "registry": changed(f.REGISTRY_POLICY, REGISTRY, REGISTRY, REGISTRY_POLICY),
    "role": _inline("PullImages", ROLE, "{}"),
    "role by word": _inline("PullImages", "role/Other"),
    "user": _inline("PullAsUser", f"arn:aws:iam::{WORKLOAD}:user/ci"),
    "group": _inline("PullAsGroup", "group/builders"),
    "managed": _managed(f.IDENTITY_POLICY, "team/Deploy"),
    "new managed": changed(f.IDENTITY_POLICY, WORKLOAD, "Reader", AWKWARD, None),
    "boundary": _managed(f.BOUNDARY, "Limit"),
    "SCP": changed(f.SCP, MANAGEMENT, "Perimeter", AWKWARD, guard_rail=True),
    "SCP by id": changed(f.SCP, MANAGEMENT, "p-examplepolicy", AWKWARD, guard_rail=True),
    "RCP": changed(f.RCP, "", "Data 'perimeter'", AWKWARD, guard_rail=True),
    "endpoint": changed(f.VPC_ENDPOINT_POLICY, WORKLOAD, "vpce-0123456789abcdef0", AWKWARD),
    "trust": changed(f.TRUST_POLICY, WORKLOAD, ROLE, policies.lambda_trust()),
}
"""Documents that AWS keeps; every kind but session policies."""

SESSION = changed(f.SESSION_POLICY, WORKLOAD, "session", AWKWARD)


def call(account: str, service: str, operation: str, parameters: dict[str, Any]) -> Change:
    """A call as a change."""
    return Change(f.CALL, account, "app", call=(service, operation, parameters))


TRUST = {"RoleName": "Execution", "Path": "/lab/", "AssumeRolePolicyDocument": json.dumps(policies.lambda_trust())}
DIGEST = f"sha256:{'0' * 64}"
_IMAGE = {"registryId": REGISTRY, "repositoryName": "app"}
_ARCHIVED = {**_IMAGE, "imageId": {"imageTag": "1"}, "targetStorageClass": "STANDARD"}
RESOURCES_MADE = {
    "a role": call(WORKLOAD, "iam", "create-role", TRUST),
    "a repository": call(REGISTRY, "ecr", "create-repository", {"repositoryName": "made"}),
}
"""Calls for which there is a resource."""

ONCE = {
    "an archived image": call(REGISTRY, "ecr", "update-image-storage-class", _ARCHIVED),
    "a tag": call(REGISTRY, "ecr", "put-image", {**_IMAGE, "imageTag": "1-amd64", "imageDigest": DIGEST}),
    "a function": call(WORKLOAD, "lambda", "update-function-code", {"FunctionName": "f", "ImageUri": f"app@{DIGEST}"}),
    "an idle function": call(WORKLOAD, "lambda", "invoke", {"FunctionName": "f"}),
    "an image": call(REGISTRY, "docker", "push", {"image": "app:1"}),
}
"""Calls for which there is none."""

CALLS = {**RESOURCES_MADE, **ONCE}
EVERYTHING = {**DOCUMENTS, "session": SESSION, **CALLS}
