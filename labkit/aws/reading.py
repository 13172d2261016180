"""What a pull decision needs of a caller, read from its account: policies and the permissions boundary.

Everything is read with List… and Get… calls. Where the reader may not look, the answer says so (``Unreadable``) and
nothing is assumed.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from labkit.errors import LabError
from labkit.iam import Policies, Policy, Principal
from labkit.iam import arn as arns


class Unreadable(LabError):  # noqa: N818
    """Something that the reader's own permissions do not let it read; the message names the missing permission."""


def unreadable(what: str, error: ClientError) -> Unreadable:
    """Return the error for what AWS does not let the reader read, in AWS's words."""
    return Unreadable(f"{what} cannot be read: {error.response['Error']['Message']}")


def _document(raw: Any) -> str:
    """IAM's documents come as dicts from boto3, or URL-encoded from elsewhere."""
    return json.dumps(raw) if isinstance(raw, dict) else unquote(raw)


def caller_policies(iam: Any, principal: Principal) -> Policies:
    """Identity policies and permissions boundary of a user, role or session, by its account's IAM.

    Raises Unreadable. Service control policies are not among them: they belong to the organization.
    """
    arn = principal.role_arn or principal.arn
    named = arns.split(arn)
    if named is None or named.resource_type not in ("user", "role"):
        return Policies()
    try:
        return _role(iam, named.name) if named.resource_type == "role" else _user(iam, named.name)
    except ClientError as error:
        raise unreadable(f"The policies of {arn}", error) from None


def _role(iam: Any, name: str) -> Policies:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    attached = [p["PolicyArn"] for page in pages for p in page["AttachedPolicies"]]
    inline = [
        n for page in iam.get_paginator("list_role_policies").paginate(RoleName=name) for n in page["PolicyNames"]
    ]
    documents = [
        Policy.parse(_document(iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]), each)
        for each in inline
    ]
    boundary = iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return _policies(iam, documents, attached, boundary)


def _user(iam: Any, name: str) -> Policies:
    attached = [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]]
    documents = [
        Policy.parse(_document(iam.get_user_policy(UserName=name, PolicyName=each)["PolicyDocument"]), each)
        for each in iam.list_user_policies(UserName=name)["PolicyNames"]
    ]
    for group in iam.list_groups_for_user(UserName=name)["Groups"]:
        group_name = group["GroupName"]
        attached += [p["PolicyArn"] for p in iam.list_attached_group_policies(GroupName=group_name)["AttachedPolicies"]]
        documents += [
            Policy.parse(_document(iam.get_group_policy(GroupName=group_name, PolicyName=each)["PolicyDocument"]), each)
            for each in iam.list_group_policies(GroupName=group_name)["PolicyNames"]
        ]
    boundary = iam.get_user(UserName=name)["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return _policies(iam, documents, attached, boundary)


def _policies(iam: Any, documents: list[Policy], attached: list[str], boundary: str | None) -> Policies:
    identity = documents + [_managed(iam, arn) for arn in attached]
    return Policies(identity=identity, boundary=_managed(iam, boundary) if boundary else None)


def _managed(iam: Any, arn: str) -> Policy:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return Policy.parse(_document(document), arns.parse(arn).name)
